/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.c - the command: where it may be, its environment, execve, and why it failed.
 *
 * Should: prepare everything in the launcher, so that the child only calls execve; tell a missing
 * command from a missing interpreter, a missing loader and a wrong architecture.
 * Mustn't: pass on any variable of the caller's that was not asked for.
 */
#include "runner.h"
#include "sys.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "drysh.h"
#include "mnt.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- command (parent, pure) --------------------------------------------------------------- */

/* A variable of --env, or NULL. */
static const char *env_get(const struct spec *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->n_env; i++)
		if (!strncmp(s->env[i], name, len) && s->env[i][len] == '=')
			return s->env[i] + len + 1;
	return NULL;
}

static void env_build(struct run *r)
{
	const struct spec *s = r->spec;
	const char **envp = arena_alloc(s->arena, (s->n_env + 6) * sizeof(char *));
	size_t n = 0;

	if (!env_get(s, "PATH"))
		envp[n++] = "PATH=" DEFAULT_PATH;
	if (!env_get(s, "HOME"))
		envp[n++] = arena_printf(s->arena, "HOME=%s", r->plan->home ? r->plan->home : "/");
	if (!env_get(s, "HOSTNAME"))
		envp[n++] = arena_printf(s->arena, "HOSTNAME=%s", s->hostname);
	if (r->plan->has_tty && !env_get(s, "TERM"))
		envp[n++] = "TERM=xterm";
	for (size_t i = 0; i < s->n_env; i++)
		envp[n++] = s->env[i];
	r->plan->envp = envp;
}

/* As execvp(3): a name without '/' is looked for along PATH, an empty element is the directory. */
static void paths_build(struct run *r)
{
	const struct spec *s = r->spec;
	const char *path = env_get(s, "PATH");
	const char **paths;
	size_t n = 1;

	if (s->is_audit) {
		paths = arena_alloc(s->arena, 2 * sizeof(char *));
		paths[r->plan->n_paths++] = arena_printf(s->arena, "/proc/self/fd/%d", s->probe);
		r->plan->paths = paths;
		return;
	}
	if (!path)
		path = DEFAULT_PATH;
	for (const char *p = path; *p; p++)
		n += *p == ':';
	paths = arena_alloc(s->arena, (n + 1) * sizeof(char *));
	if (strchr(s->argv[0], '/')) {
		paths[r->plan->n_paths++] = s->argv[0];
		r->plan->paths = paths;
		return;
	}
	for (;;) {
		size_t len = strcspn(path, ":");

		paths[r->plan->n_paths++] = arena_printf(s->arena, "%.*s%s%s", (int)len, path,
							 len ? "/" : "./", s->argv[0]);
		if (!path[len])
			break;
		path += len + 1;
	}
	r->plan->paths = paths;
}

/*
 * Is it a terminal? Where the kernel cannot tell, the answer is an error: taken for "no", the caller's
 * terminal would go in as it is. EIO is a terminal that was hung up, and good for nothing.
 */
static int ask_tty(int fd, struct err *err)
{
	if (isatty(fd))
		return 1;
	if (errno == ENOTTY || errno == EINVAL || errno == EIO)
		return 0;
	return err_set(err, errno, "is descriptor %d a terminal", fd);
}

static int command_run(struct run *r, struct err *err)
{
	int rc;

	if (!r->spec->argv[0][0]) {
		err_say(err, "command: '' is no name of a program");
		err->exit = EXIT_NOT_FOUND;
		return -EINVAL;
	}
	rc = r->spec->tty == MODE_AUTO ? ask_tty(STDIN_FILENO, err) : 0;
	if (rc < 0)
		return rc;
	r->plan->has_tty = r->spec->tty == MODE_ON || rc;
	/*
	 * A terminal that nobody asked for must not come between `>file` and the file: it would add
	 * carriage returns, and mix both outputs. With -t it does, as Docker's. ENOTTY only: whatever
	 * else fails may be a terminal, and the caller's never goes in.
	 */
	for (int fd = 0; fd <= 2 && r->plan->has_tty && r->spec->tty == MODE_AUTO; fd++) {
		rc = ask_tty(fd, err);
		if (rc < 0)
			return rc;
		r->plan->passes_tty[fd] = !rc && errno == ENOTTY;
	}
	env_build(r);
	paths_build(r);
	return 0;
}

static void command_show(const struct run *r, struct show *out)
{
	/* Names only: values are often passwords, and reports end up in logs. */
	for (const char *const *e = r->plan->envp; *e; e++)
		show(out, "environment", "%.*s", (int)strcspn(*e, "="), *e);
}

const struct step step_command = {
	.id = "command",
	.what = "prepare the arguments, the environment and the places where the command may be",
	.why = "in the launcher, because the child may not allocate; after user, which knows HOME",
	.refs = "execvp(3), environ(7)",
	.side = PARENT,
	.is_pure = true,
	.show = command_show,
	.run = command_run,
};

/* ---- exec (child) ------------------------------------------------------------------------- */

static int exec_run(struct run *r, struct err *err)
{
	int num = ENOENT;

	r->page->hot = 1;
	/* The audit's probe needs nothing from the rootfs, not even a name; its path is the second try. */
	if (r->spec->is_audit) {
		(void)execveat(r->spec->probe, "", (char *const *)(uintptr_t)r->spec->argv,
			       (char *const *)(uintptr_t)r->plan->envp, AT_EMPTY_PATH);
		num = errno;
	}
	for (size_t i = 0; i < r->plan->n_paths; i++) {
		(void)execve(r->plan->paths[i], (char *const *)(uintptr_t)r->spec->argv,
			     (char *const *)(uintptr_t)r->plan->envp);
		/* A later directory may have it; but one that was found and refused is the better news. */
		if (errno == EACCES)
			num = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR)
			num = errno;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			break;
	}
	r->page->hot = 0;
	return err_set(err, num, "%s", r->spec->argv[0]);
}

/* Was this entry of the environment asked for, and not made up by env_build()? */
static bool is_users(const struct spec *s, const char *entry)
{
	for (size_t i = 0; i < s->n_env; i++)
		if (s->env[i] == entry)
			return true;
	return false;
}

/*
 * Typed on the command line: then the string is still the process's own argument. What came from
 * the caller's environment or from a file was copied, and may be a secret.
 */
static bool is_typed(const struct spec *s, const char *entry)
{
	return entry >= s->args && entry < s->args + s->args_len;
}

/* Our own PATH takes the place of the caller's in the script; and it is no secret. */
static bool is_written(const struct spec *s, const char *entry)
{
	return !strncmp(entry, "PATH=", 5) || !is_users(s, entry) || is_typed(s, entry);
}

static void env_sh(const struct run *r, struct sh *out, const char *entry)
{
	size_t len = strcspn(entry, "=");
	const char *name = arena_strndup(r->spec->arena, entry, len);

	if (is_written(r->spec, entry) && sh_is_name(name))
		sh_line(out, "set -- \"$@\" %s=%s", name, sh_quote(r, entry + len + 1));
	else if (sh_is_variable(name))
		sh_line(out, "set -- \"$@\" %s=\"${%s?is not set}\"", name, name);
	else
		sh_note(out, "%s is left out: a shell cannot hand on a variable of this name.",
			name);
}

static void envs_sh(const struct run *r, struct sh *out)
{
	bool is_all_written = true;

	for (const char *const *e = r->plan->envp; *e; e++)
		is_all_written &= is_written(r->spec, *e);
	if (!is_all_written)
		sh_note(out,
			"What came from your environment or from a file is not written down here: it is "
			"taken from your environment. Others can see it in the list of processes for a "
			"moment.");
	sh_line(out, "set -- \"$@\" env -i");
	for (const char *const *e = r->plan->envp; *e; e++)
		env_sh(r, out, *e);
}

/*
 * The shell that becomes the command, or stays as pid 1 beside it. exec, so that a name is a program
 * and not a command of the shell's own.
 */
static void exec_sh(const struct run *r, struct sh *out)
{
	const struct spec *s = r->spec;

	sh_last(out);
	envs_sh(r, out);
	sh_note(out,
		"The last shell: no rights any more. It passes the baton, waits for it, and by then the "
		"new tree is all that there is.");
	sh_line(out, "exec \"$@\" /bin/sh -euc '");
	sh_line(out, "\tunset PWD OLDPWD SHLVL # set by this shell, not by us");
	sh_line(out, "\techo >&4; read -r _ <&3");
	sh_line(out, "\texec 3<&- 4>&-");
	if (s->has_init) {
		sh_line(out, "\t(exec \"$@\") || exit \"$?\"");
	} else {
		sh_line(out, "\texec \"$@\"");
	}
	sh_line(out, "' sh \\");
	for (size_t i = 0; i < s->argc; i++)
		sh_line(out, "\t%s%s", sh_quote(r, s->argv[i]), i + 1 < s->argc ? " \\" : "");
}

static void exec_show(const struct run *r, struct show *out)
{
	for (size_t i = 0; i < r->spec->argc; i++)
		show(out, "argv", "%s", r->spec->argv[i]);
}

const struct step step_exec = {
	.id = "exec",
	.what = "execute the command",
	.why = "last: `hot` in the shared page is set before and cleared after a failure, so the end of "
	       "the socket while it is set means that the command runs",
	.refs = "execve(2)",
	.calls = "execve(COMMAND, ARGV, ENVIRONMENT)",
	.side = CHILD,
	.is_vital = true,
	.show = exec_show,
	.sh = exec_sh,
	.run = exec_run,
	.hints =
		(const struct hint[]){
			{E2BIG,
			 "arguments and environment together are too long for the kernel; one argument has "
			 "at most 131,071 bytes"},
			{0, NULL}},
};

/* ---- why it failed (parent, afterwards) ---------------------------------------------------- */

/* Open a file as the sandbox saw it: below the bind that covers it, else in the rootfs. */
static int file_open(const struct run *r, const char *path)
{
	const struct spec *s = r->spec;

	for (size_t i = s->n_mounts; i-- > 0;) {
		const struct mount_req *m = &s->mounts[i];
		auto_close int base = -1;

		if (!path_below(path, m->target) || m->kind != MOUNT_BIND)
			continue;
		base = open(m->source, O_PATH | O_CLOEXEC);
		if (base < 0)
			return -errno;
		if (!path[strlen(m->target)])
			return open(m->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		return sys_openat2(base, path + strlen(m->target) + 1,
				   O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0,
				   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	}
	return sys_openat2(r->root_src, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

#if defined(__x86_64__)
#define ELF_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define ELF_MACHINE EM_AARCH64
#else
#error "pillbox knows x86-64 and arm64"
#endif

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {{EM_386, "32-bit x86"}, {EM_X86_64, "x86-64"}, {EM_ARM, "32-bit ARM"},
		     {EM_AARCH64, "arm64"},  {EM_RISCV, "RISC-V"},  {EM_PPC64, "64-bit PowerPC"},
		     {EM_S390, "s390"},      {EM_MIPS, "MIPS"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

/* The loader named by PT_INTERP, "" for a static program; -1: not readable as ELF64. */
static int elf_interpreter(int fd, char *buf, size_t size)
{
	Elf64_Ehdr e;

	buf[0] = '\0';
	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) || e.e_phentsize != sizeof(Elf64_Phdr))
		return -1;
	for (unsigned i = 0; i < e.e_phnum && i < 64; i++) {
		Elf64_Phdr p;

		if (pread(fd, &p, sizeof(p), (off_t)(e.e_phoff + i * sizeof(p))) != sizeof(p))
			return -1;
		if (p.p_type != PT_INTERP)
			continue;
		if (p.p_filesz < 2 || p.p_filesz > size ||
		    pread(fd, buf, p.p_filesz, (off_t)p.p_offset) != (ssize_t)p.p_filesz)
			return -1;
		buf[p.p_filesz - 1] = '\0';
		return 0;
	}
	return 0;
}

/* "#!/usr/bin/env python3\n" -> "/usr/bin/env" */
static void script_interpreter(const char *head, char *buf, size_t size)
{
	const char *p = head + 2;
	size_t len;

	p += strspn(p, " \t");
	len = strcspn(p, " \t\n");
	(void)snprintf(buf, size, "%.*s", (int)len, p);
}

static void explain_elf(const struct run *r, int fd, const char *path, struct err *err)
{
	char interp[PATH_MAX];
	Elf64_Ehdr e;
	int loader;

	if (pread(fd, &e, sizeof(e), 0) < (ssize_t)sizeof(Elf32_Ehdr))
		return;
	if (e.e_machine != ELF_MACHINE) {
		err_hint(err, "%s is a program for %s, and this machine is %s", path,
			 machine_name(e.e_machine), machine_name(ELF_MACHINE));
		return;
	}
	if (elf_interpreter(fd, interp, sizeof(interp)) < 0 || !interp[0])
		return;
	loader = file_open(r, interp);
	if (loader == -ENOENT)
		err_hint(err,
			 "%s is there, but its loader %s is not in the rootfs (a rootfs with /usr "
			 "merged needs the links /lib and /lib64)",
			 path, interp);
	if (loader >= 0)
		(void)close(loader);
}

static void explain_file(const struct run *r, int fd, const char *path, struct err *err)
{
	char head[256] = "";
	char interp[256];
	struct statvfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		err_hint(err, "%s is a directory", path);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		err_hint(err, "%s is not a regular file", path);
		return;
	}
	if (!(st.st_mode & 0111)) {
		err_hint(err, "%s is not executable: chmod +x it", path);
		return;
	}
	if (fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_NOEXEC) {
		err_hint(err, "%s is on a file system that is mounted noexec", path);
		return;
	}
	if (pread(fd, head, sizeof(head) - 1, 0) < 4)
		return;
	if (!memcmp(head, ELFMAG, SELFMAG)) {
		explain_elf(r, fd, path, err);
	} else if (head[0] == '#' && head[1] == '!') {
		int there;

		script_interpreter(head, interp, sizeof(interp));
		there = file_open(r, interp);
		if (there == -ENOENT)
			err_hint(err, "%s is a script, but its interpreter %s is not in the rootfs",
				 path, interp);
		if (there >= 0)
			(void)close(there);
	} else if (err->num == ENOEXEC) {
		err_hint(err, "%s is neither a program nor a script with #! in its first line",
			 path);
	}
}

void exec_explain(const struct run *r, struct err *err)
{
	bool is_found = false;

	for (size_t i = 0; i < r->plan->n_paths && !is_found; i++) {
		const char *path = r->plan->paths[i];
		auto_close int fd = file_open(r, path);

		is_found = fd >= 0 || fd == -EACCES;
		if (fd >= 0)
			explain_file(r, fd, path, err);
	}
	/* Found and yet ENOENT is a missing interpreter: 127 all the same, as in a shell. */
	err->exit = err->num == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXEC;
	if (err->num == E2BIG || err->num == ENOMEM)
		err->exit = EXIT_SETUP;
	if (!is_found && err->num == ENOENT && !strchr(r->spec->argv[0], '/'))
		err_hint(err, "no such program in the sandbox's PATH");
	else if (!is_found && err->num == ENOENT)
		err_hint(
			err,
			"no such file in the sandbox; a program of the host's is not visible inside");
}
