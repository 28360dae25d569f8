/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.c - things on the host, to see from inside whether they can be reached.
 *
 * Should:  be worth nothing to anybody, and be gone with this process.
 * Mustn't: be made inside the sandbox.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define KEYCTL_UNLINK 9
#define KEYCTL_SET_TIMEOUT 15
#define KEY_SECONDS 600 /* a key cannot be bound to our life */
#define KEY_SPEC_SESSION_KEYRING (-3)

static int tcp_listen(unsigned *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		return fd;
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static int abstract_listen(char *name, size_t size, const char *word)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len;

	(void)snprintf(name, size, "pillbox-witness-%s", word);
	len = strlen(name);
	memcpy(addr.sun_path + 1, name, len);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&addr,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) ||
	    listen(fd, 16))
		name[0] = '\0';
	return fd;
}

/* A terminal that nobody sits at */
static int terminal_make(struct targets *t)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlocked = 0;
	unsigned number;
	struct stat st;

	if (fd < 0 || ioctl(fd, TIOCSPTLCK, &unlocked) || ioctl(fd, TIOCGPTN, &number) ||
	    stat("/dev/pts", &st))
		return fd;
	t->pts = number;
	t->ptsdev = st.st_dev;
	return fd;
}

/*
 * Somebody to attack. It lives as long as we do, and takes the file away when we are killed: nothing
 * else of what we make outlives us.
 */
static pid_t sleeper(struct witness *w)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid) {
		close(ends[0]);
		w->life = ends[1];
		return pid;
	}
	close(ends[1]);
	(void)setsid(); /* what ends us from the terminal must not end it before */
	while (read(ends[0], &byte, 1) < 0)
		;
	if (w->targets.file[0])
		(void)unlink(w->targets.file);
	_exit(0);
}

/* A file of the caller's in /tmp: by its path a sandbox must not reach it. */
static void file_make(struct targets *t)
{
	int fd;

	(void)snprintf(t->file, sizeof(t->file), "/tmp/pillbox-witness-%s", t->word);
	fd = open(t->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, t->word, strlen(t->word)) < 0)
		t->file[0] = '\0';
	if (fd >= 0)
		close(fd);
}

static void segment_make(struct witness *w)
{
	struct targets *t = &w->targets;
	int id = shmget(IPC_PRIVATE, sizeof(t->word), IPC_CREAT | 0600);
	char *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (at == (void *)-1)
		return;
	memcpy(at, t->word, sizeof(t->word));
	/* Gone with us, who keep it attached; until then Linux finds it by its id (shmctl(2)). */
	(void)shmctl(id, IPC_RMID, NULL);
	t->shm = id;
	w->segment = at;
}

int witness_start(struct witness *w)
{
	struct targets *t = &w->targets;
	unsigned char random[8];

	*w = (struct witness){.sockets = {-1, -1}, .pty = -1, .targets = {.shm = -1, .pts = -1}};
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -errno;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(t->word + 2 * i, 3, "%02x", random[i]);
	file_make(t);
	t->pid = w->child = sleeper(w);
	w->sockets[0] = tcp_listen(&t->port);
	w->sockets[1] = abstract_listen(t->abstract, sizeof(t->abstract), t->word);
	w->pty = terminal_make(t);
	segment_make(w);
	t->key = syscall(SYS_add_key, "user", t->abstract, t->word, strlen(t->word),
			 KEY_SPEC_SESSION_KEYRING);
	if (t->key > 0)
		(void)syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, t->key, KEY_SECONDS, 0, 0);
	for (int i = 0; i < NS_KINDS; i++) {
		char path[64];
		struct stat st;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[i]);
		if (stat(path, &st) == 0)
			t->ns[i] = st.st_ino;
	}
	return t->pid < 0 ? -EAGAIN : 0;
}

void witness_end(struct witness *w)
{
	const struct targets *t = &w->targets;

	if (w->child > 0) {
		close(w->life); /* it takes the file away */
		(void)waitpid(w->child, NULL, 0);
	}
	for (int i = 0; i < 2; i++)
		if (w->sockets[i] >= 0)
			close(w->sockets[i]);
	if (w->pty >= 0)
		close(w->pty);
	if (w->segment)
		(void)shmdt(w->segment);
	if (t->key > 0)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, t->key, KEY_SPEC_SESSION_KEYRING, 0, 0);
}

void witness_print(const struct witness *w, void (*line)(const char *key_value, void *arg),
		   void *arg)
{
	const struct targets *t = &w->targets;
	const struct {
		const char *key;
		long value, min;
	} numbers[] = {{"pid", t->pid, 1}, {"port", t->port, 1}, {"shm", t->shm, 0},
		       {"key", t->key, 1}, {"pts", t->pts, 0},   {"ptsdev", (long)t->ptsdev, 1}};
	const struct {
		const char *key, *value;
	} texts[] = {{"abstract", t->abstract}, {"file", t->file}, {"word", t->word}};
	char buf[300];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].value >= numbers[i].min) {
			(void)snprintf(buf, sizeof(buf), "%s=%ld", numbers[i].key,
				       numbers[i].value);
			line(buf, arg);
		}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value[0]) {
			(void)snprintf(buf, sizeof(buf), "%s=%s", texts[i].key, texts[i].value);
			line(buf, arg);
		}
	for (int i = 0; i < NS_KINDS; i++)
		if (t->ns[i]) {
			(void)snprintf(buf, sizeof(buf), "ns.%s=%lu", ns_names[i],
				       (unsigned long)t->ns[i]);
			line(buf, arg);
		}
}
