/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe-host.c - what the tests need to be there outside of the sandbox: `probe outside NAME ...`
 * sets it up, then runs a command, pillbox as a rule, in it.
 *
 * Should:  change this process and its children only; listen on the loopback only.
 * Mustn't: outlive the command, or hand it a descriptor that it should not have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int die(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 2;
}

/* The newest Landlock ABI of this kernel, or the errno's name. */
static int abi(char **args)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* VERSION */);

	(void)args;
	if (version < 0)
		puts(errno_name(errno));
	else
		printf("%ld\n", version);
	return 0;
}

/*
 * `layers N KIND COMMAND...`: N domains of Landlock. KIND fs: no device node may be made, which also
 * forbids every mount; tcp: no port may be bound.
 */
static int layers(char **args)
{
	uint64_t attr[2] = {1ULL << 6 /* MAKE_CHAR */, 0};
	int n = args[0] ? atoi(args[0]) : 0, fd;

	if (n < 1 || !args[1] || !args[2])
		return 2;
	if (!strcmp(args[1], "tcp")) {
		attr[0] = 0;
		attr[1] = 1; /* BIND_TCP */
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return die("no_new_privs");
	fd = (int)syscall(SYS_landlock_create_ruleset, attr, attr[1] ? 16 : 8, 0);
	if (fd < 0)
		return die("ruleset");
	while (n--)
		if (syscall(SYS_landlock_restrict_self, fd, 0))
			return die("restrict_self");
	close(fd);
	execvp(args[2], args + 2);
	return die(args[2]);
}

/* `handed COMMAND...`: descriptor 3 is a TCP socket without a name. */
static int handed(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || (fd != 3 && (dup2(fd, 3) < 0 || close(fd))))
		return die("socket");
	execvp(args[0], args);
	return die(args[0]);
}

static int listen_tcp(char *port, size_t size)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		return -1;
	snprintf(port, size, "%d", ntohs(addr.sin_port));
	return 0;
}

static int listen_abstract(char *name, size_t size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name, size, "pillbox-test-%d", getpid());
	memcpy(addr.sun_path + 1, name, strlen(name));
	return fd < 0 ||
			       bind(fd, (struct sockaddr *)&addr,
				    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
						strlen(name))) ||
			       listen(fd, 16)
		       ? -1
		       : 0;
}

/*
 * `listen COMMAND...`: somebody listens on TCP port @TCP@ of the loopback and on the abstract unix
 * socket @ABSTRACT@; both words are replaced among the arguments.
 */
static int listen_on(char **args)
{
	static char port[16], name[64];
	int status;
	pid_t pid;

	if (listen_tcp(port, sizeof(port)) || listen_abstract(name, sizeof(name)))
		return die("listen");
	for (char **a = args; *a; a++)
		if (!strcmp(*a, "@TCP@"))
			*a = port;
		else if (!strcmp(*a, "@ABSTRACT@"))
			*a = name;
	pid = fork();
	if (!pid) {
		execvp(args[0], args);
		_exit(die(args[0]));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return die("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* `odd COMMAND...`: with what is inherited, namespaced by nothing, and no default. */
static int odd(char **args)
{
	const struct sched_param none = {0};
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	if (personality(ADDR_NO_RANDOMIZE) < 0 || sched_setscheduler(0, SCHED_BATCH, &none) ||
	    sched_setaffinity(0, sizeof(one), &one) || prctl(PR_SET_TIMERSLACK, 77777, 0, 0, 0))
		return die("odd");
	execvp(args[0], args);
	return die(args[0]);
}

/* `keys COMMAND...`: a session keyring with a key; its number is printed first. */
static int keys(char **args)
{
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

	if (ring < 0 || syscall(SYS_add_key, "user", "pillbox-test", "hush", 4, ring) < 0)
		return die("keys");
	printf("mine=%ld\n", ring);
	fflush(stdout);
	execvp(args[0], args);
	return die(args[0]);
}

static const struct {
	const char *name;
	int (*run)(char **args);
	int min; /* arguments */
} scenes[] = {{"landlock-abi", abi, 0}, {"layers", layers, 3}, {"handed", handed, 1},
	      {"listen", listen_on, 1}, {"odd", odd, 1},       {"keys", keys, 1}};

int outside(char **args)
{
	int n = 0;

	while (args[0] && args[n + 1])
		n++;
	for (size_t i = 0; args[0] && i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (!strcmp(scenes[i].name, args[0]) && n >= scenes[i].min)
			return scenes[i].run(args + 1);
	fprintf(stderr, "usage: probe outside landlock-abi | layers N fs|tcp COMMAND... | "
			"handed COMMAND... | listen COMMAND...\n");
	return 2;
}
