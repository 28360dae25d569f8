/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - the option table, and the help text made from it.
 *
 * Should: tell each option once. Names and values are those of `docker run`, so that nobody learns
 *	   a second vocabulary.
 * Mustn't: parse; and no reader of the table may keep a list of its own.
 */
#include <errno.h>
#include <string.h>

#include "options_set.h"

/* A line of names, one of help, one of where it belongs. */
/* clang-format off */
const struct option_def options[] = {
	/* what to run */
	{ .name = "preset", .metavar = "NAME", .choices = "docker hardened strict",
	  .help = "Start from these defaults: docker, hardened (the default) or strict.",
	  .group = GROUP_START, .phase = PHASE_PRESET, .set = opt_preset },
	{ .name = "from-compose", .metavar = "SERVICE|service=NAME[,...]", .excl = "from",
	  .help = "Take the settings of a service of a Compose file; other options go over them, and "
		  "ROOTFS - is its x-rootfs. Fields: file=, env-file=, profile=, project-directory=, "
		  "project-name=.",
	  .group = GROUP_START, .set = opt_nothing, .front = front_compose },
	{ .name = "from-docker", .metavar = "'docker run ...'", .bare = "-", .is_line = true,
	  .excl = "from",
	  .help = "Take the settings of a docker run line, given as one word, or behind ROOTFS and --; "
		  "ROOTFS stands for its image, and other options go over it.",
	  .group = GROUP_START, .set = opt_nothing, .front = front_docker },
	{ .name = "name", .metavar = "NAME",
	  .help = "Name the sandbox, in reports and as its control group.",
	  .group = GROUP_START, .step = "cgroup", .set = opt_name },
	{ .name = "hostname", .metavar = "NAME",
	  .help = "Set the host name inside; the default is --name, or pillbox.",
	  .group = GROUP_START, .step = "hostname", .set = opt_hostname },
	{ .name = "domainname", .metavar = "NAME",
	  .help = "Set the NIS domain name inside.",
	  .group = GROUP_START, .step = "hostname", .set = opt_domainname },
	{ .name = "add-host", .metavar = "NAME:IP",
	  .help = "Name an address in /etc/hosts, which then is a read-only file of pillbox's own.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "secrets", .set = opt_add_host },
	{ .name = "dns", .metavar = "IP",
	  .help = "Name a server in /etc/resolv.conf, which then is a read-only file of pillbox's "
		  "own.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "secrets", .set = opt_dns },
	{ .name = "dns-search", .metavar = "DOMAIN",
	  .help = "Look names up in this domain too; . means none.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "secrets", .set = opt_dns_search },
	{ .name = "dns-option", .metavar = "OPTION",
	  .help = "Set an option of resolv.conf(5), such as ndots:2.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "secrets", .set = opt_dns_option },
	{ .name = "dns-opt", .metavar = "OPTION",
	  .help = "The same as --dns-option.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "secrets", .set = opt_dns_option },
	{ .name = "workdir", .letter = 'w', .metavar = "DIR",
	  .help = "Start the command in this directory of the sandbox; the default is /.",
	  .group = GROUP_START, .step = "cwd", .set = opt_workdir },
	{ .name = "env", .letter = 'e', .metavar = "NAME[=VALUE]",
	  .help = "Set an environment variable, or pass on the caller's where no value is given.",
	  .group = GROUP_START, .count = COUNT_MANY, .step = "command", .set = opt_env },
	{ .name = "env-file", .metavar = "FILE", .files = "file",
	  .help = "Read environment variables from a file of NAME=VALUE lines; --env overrides it.",
	  .group = GROUP_START, .count = COUNT_MANY, .phase = PHASE_FILE, .step = "command",
	  .set = opt_env_file },
	{ .name = "network", .metavar = "MODE", .choices = "none host",
	  .help = "Give the sandbox a loopback interface only (none, the default), or the host's "
		  "own network (host), which is weaker.",
	  .group = GROUP_START, .step = "clone", .set = opt_network },
	{ .name = "preserve-fds", .metavar = "N",
	  .help = "Hand file descriptors 3 to 2+N of the caller to the command.",
	  .group = GROUP_START, .step = "fds", .set = opt_preserve_fds },
	{ .name = "rm",
	  .help = "Accepted for Docker's sake: nothing of a sandbox ever stays.",
	  .group = GROUP_START, .set = opt_nothing },

	/* root and files */
	{ .name = "read-only", .excl = "root",
	  .help = "Show ROOTFS read-only; the default but for --preset docker.",
	  .group = GROUP_FILES, .step = "root-ro", .set = opt_read_only },
	{ .name = "writable", .excl = "root",
	  .help = "Let the sandbox write to its root; the changes are kept in memory and vanish.",
	  .group = GROUP_FILES, .step = "root-bind", .set = opt_writable },
	{ .name = "overlay", .metavar = "DIR", .files = "dir", .excl = "root",
	  .help = "Let the sandbox write to its root and keep the changes in this directory.",
	  .group = GROUP_FILES, .step = "root-bind", .set = opt_overlay },
	{ .name = "volume", .letter = 'v', .metavar = "SRC:DST[:OPTIONS]", .files = "file",
	  .help = "Show a file or directory of the host at DST; options: ro, rw, noexec, suid, "
		  "dev.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "mounts", .set = opt_volume },
	{ .name = "mount", .metavar = "type=TYPE,target=DST[,...]",
	  .help = "Mount with named fields: type=bind with source= and readonly, or type=tmpfs "
		  "with tmpfs-size= and tmpfs-mode=.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "mounts", .set = opt_mount },
	{ .name = "tmpfs", .metavar = "DST[:OPTIONS]",
	  .help = "Put an empty writable file system in memory at DST; options: size=, mode=, "
		  "uid=, gid=, nr_inodes=, ro, exec, suid, dev.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "mounts", .set = opt_tmpfs },
	{ .name = "shm-size", .metavar = "BYTES",
	  .help = "Set the size of /dev/shm; the default is 64m.",
	  .group = GROUP_FILES, .step = "dev", .set = opt_shm_size },
	{ .name = "device", .metavar = "SRC[:DST]", .files = "file",
	  .help = "Show a device of the host in /dev, for reading and writing.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "dev", .set = opt_device },
	{ .name = "secret", .metavar = "src=FILE|env=NAME|content=TEXT[,...]",
	  .help = "Put a file, a variable of the caller's or a text at /run/secrets/NAME, "
		  "read-only; fields: target= (a name, or an absolute path), uid=, gid=, mode=.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "secrets", .set = opt_secret },
	{ .name = "config", .metavar = "src=FILE|env=NAME|content=TEXT[,...]",
	  .help = "The same at /NAME, readable by all; with target= at that path.",
	  .group = GROUP_FILES, .count = COUNT_MANY, .step = "secrets", .set = opt_config },

	/* users and groups */
	{ .name = "user", .letter = 'u', .metavar = "USER[:GROUP]",
	  .help = "Run as this user and group: ids, or names from the sandbox's own passwd and "
		  "group.",
	  .group = GROUP_IDS, .step = "user", .set = opt_user },
	{ .name = "group-add", .metavar = "GROUP",
	  .help = "Be in this group too.",
	  .group = GROUP_IDS, .count = COUNT_MANY, .step = "user", .set = opt_group_add },
	{ .name = "userns", .metavar = "MODE", .choices = "auto single range",
	  .help = "Map the caller's subordinate ids (range), one id only (single), or what there "
		  "is (auto, the default).",
	  .group = GROUP_IDS, .step = "ids", .set = opt_userns },
	{ .name = "nested-userns",
	  .help = "Allow user namespaces inside, and so the kernel's code behind them.",
	  .group = GROUP_IDS, .step = "sysctl", .set = opt_nested_userns },

	/* rights */
	{ .name = "cap-add", .metavar = "NAME[,NAME...]",
	  .help = "Add capabilities; ALL means all of them.",
	  .group = GROUP_RIGHTS, .count = COUNT_MANY, .step = "caps", .set = opt_cap_add },
	{ .name = "cap-drop", .metavar = "NAME[,NAME...]",
	  .help = "Drop capabilities; ALL leaves those of --cap-add.",
	  .group = GROUP_RIGHTS, .count = COUNT_MANY, .step = "caps", .set = opt_cap_drop },
	{ .name = "security-opt", .metavar = "NAME=VALUE",
	  .choices = "no-new-privileges seccomp= apparmor= systempaths=unconfined",
	  .help = "Set no-new-privileges[=true|false], seccomp=FILE|unconfined, "
		  "apparmor=NAME|unconfined or systempaths=unconfined.",
	  .group = GROUP_RIGHTS, .count = COUNT_KEYED, .step = "filter-compile",
	  .set = opt_security_opt },
	{ .name = "no-cache",
	  .help = "Compile the seccomp profile anew: neither take it from the cache directory nor "
		  "keep it there.",
	  .group = GROUP_RIGHTS, .step = "filter-compile", .set = opt_no_cache },
	{ .name = "landlock", .metavar = "MODE", .choices = "auto on off",
	  .help = "Restrict files by Landlock: on, off, or auto: where no AppArmor profile is.",
	  .group = GROUP_RIGHTS, .step = "landlock", .set = opt_landlock },
	{ .name = "tcp", .metavar = "MODE", .choices = "any none",
	  .help = "Allow TCP as --network does (any, the default but for --preset strict), or take "
		  "it away altogether, the sandbox's own loopback included (none).",
	  .group = GROUP_RIGHTS, .step = "landlock", .set = opt_tcp },
	{ .name = "allow-missing", .metavar = "NAME[,NAME...]",
	  .choices = "cgroup apparmor landlock",
	  .help = "Run without these controls where the host lacks them, and say NOT ENFORCED.",
	  .group = GROUP_RIGHTS, .count = COUNT_MANY, .step = "lsm-check",
	  .set = opt_allow_missing },
	{ .name = "privileged",
	  .help = "Refused, with a word on what to ask for instead.",
	  .group = GROUP_RIGHTS, .set = opt_privileged },

	/* limits */
	{ .name = "memory", .letter = 'm', .metavar = "BYTES",
	  .help = "Limit memory: a number with k, m or g behind it, at least 6m.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_memory },
	{ .name = "memory-reservation", .metavar = "BYTES",
	  .help = "Protect this much memory from being reclaimed.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_memory_reservation },
	{ .name = "memory-swap", .metavar = "BYTES",
	  .help = "Limit memory and swap together; -1 leaves swap unlimited.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_memory_swap },
	{ .name = "cpus", .metavar = "NUMBER",
	  .help = "Limit CPU time to that of so many CPUs.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpus },
	{ .name = "cpu-quota", .metavar = "MICROSECONDS",
	  .help = "Limit CPU time to so much in each period; -1 means no limit.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpu_quota },
	{ .name = "cpu-period", .metavar = "MICROSECONDS",
	  .help = "Set the length of a period for --cpu-quota, 1000 to 1000000; 100000 is usual.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpu_period },
	{ .name = "cpu-shares", .metavar = "N",
	  .help = "Weigh CPU time against other groups, 2 to 262144; 1024 is usual.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpu_shares },
	{ .name = "cpuset-cpus", .metavar = "LIST",
	  .help = "Run on these CPUs only, such as 0-3,7.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpuset_cpus },
	{ .name = "cpuset-mems", .metavar = "LIST",
	  .help = "Use memory of these nodes only.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_cpuset_mems },
	{ .name = "pids-limit", .metavar = "N",
	  .help = "Limit the number of processes and threads; -1 means no limit.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_pids_limit },
	{ .name = "blkio-weight", .metavar = "N",
	  .help = "Weigh block I/O against other groups, 10 to 1000.",
	  .group = GROUP_LIMITS, .step = "cgroup", .set = opt_blkio_weight },
	{ .name = "device-read-bps", .metavar = "PATH:BYTES", .files = "file",
	  .help = "Limit reading from this block device, such as /dev/sda:1m, in bytes a second.",
	  .group = GROUP_LIMITS, .count = COUNT_MANY, .step = "cgroup",
	  .set = opt_device_read_bps },
	{ .name = "device-write-bps", .metavar = "PATH:BYTES", .files = "file",
	  .help = "Limit writing to this block device, in bytes a second.",
	  .group = GROUP_LIMITS, .count = COUNT_MANY, .step = "cgroup",
	  .set = opt_device_write_bps },
	{ .name = "device-read-iops", .metavar = "PATH:N", .files = "file",
	  .help = "Limit reading from this block device, in requests a second.",
	  .group = GROUP_LIMITS, .count = COUNT_MANY, .step = "cgroup",
	  .set = opt_device_read_iops },
	{ .name = "device-write-iops", .metavar = "PATH:N", .files = "file",
	  .help = "Limit writing to this block device, in requests a second.",
	  .group = GROUP_LIMITS, .count = COUNT_MANY, .step = "cgroup",
	  .set = opt_device_write_iops },
	{ .name = "blkio-weight-device", .metavar = "PATH:N", .files = "file",
	  .help = "Weigh I/O on this block device against other groups, 10 to 1000.",
	  .group = GROUP_LIMITS, .count = COUNT_MANY, .step = "cgroup",
	  .set = opt_blkio_weight_device },
	{ .name = "ulimit", .metavar = "NAME=SOFT[:HARD]",
	  .help = "Set a resource limit of setrlimit(2), such as nofile=1024:4096; -1 is "
		  "unlimited.",
	  .group = GROUP_LIMITS, .count = COUNT_KEYED, .step = "limits", .set = opt_ulimit },
	{ .name = "sysctl", .metavar = "KEY=VALUE",
	  .help = "Set a kernel parameter that belongs to a namespace of the sandbox.",
	  .group = GROUP_LIMITS, .count = COUNT_KEYED, .step = "sysctl", .set = opt_sysctl },
	{ .name = "oom-score-adj", .metavar = "N",
	  .help = "Be killed earlier (up to 1000) or later (down to -1000) when memory runs out.",
	  .group = GROUP_LIMITS, .step = "oom", .set = opt_oom_score_adj },

	/* terminal and processes */
	{ .name = "tty", .letter = 't', .excl = "tty",
	  .help = "Give the command a terminal of its own, as stdin, stdout and stderr. The default when "
		  "stdin is a terminal; then those that are redirected stay so.",
	  .group = GROUP_TTY, .step = "tty", .set = opt_tty },
	{ .name = "no-tty", .excl = "tty",
	  .help = "Give the command no terminal.",
	  .group = GROUP_TTY, .step = "tty", .set = opt_no_tty },
	{ .name = "interactive", .letter = 'i',
	  .help = "Accepted for Docker's sake: stdin is always connected.",
	  .group = GROUP_TTY, .set = opt_nothing },
	{ .name = "init", .excl = "init",
	  .help = "Run a tiny init as process 1, which reaps and forwards signals; the default.",
	  .group = GROUP_TTY, .step = "init", .set = opt_init },
	{ .name = "no-init", .excl = "init",
	  .help = "Run the command itself as process 1.",
	  .group = GROUP_TTY, .step = "init", .set = opt_no_init },
	{ .name = "stop-signal", .metavar = "SIGNAL",
	  .help = "Send this signal when pillbox is asked to end; the default is TERM.",
	  .group = GROUP_TTY, .set = opt_stop_signal },
	{ .name = "stop-timeout", .metavar = "SECONDS",
	  .help = "Kill the sandbox when it has not ended so long after that; the default is 10.",
	  .group = GROUP_TTY, .set = opt_stop_timeout },

	/* teaching */
	{ .name = "dry-run", .metavar = "FORM", .bare = "text", .choices = "text json sh dot",
	  .help = "Say what would be done, with every value, and do nothing: as text, as json, as a "
		  "shell script (sh) or as a drawing for Graphviz (dot).",
	  .group = GROUP_TEACH, .set = opt_dry_run },
	{ .name = "explain", .metavar = "STEP", .bare = "",
	  .help = "Tell each step while it is done: what, why here, by which system calls, and what "
		  "the kernel shows afterwards; with a STEP only that one, in depth.",
	  .group = GROUP_TEACH, .set = opt_explain },
	{ .name = "step",
	  .help = "The same, and wait for Enter before each step; a shell outside or inside the "
		  "half-built sandbox is a key away.",
	  .group = GROUP_TEACH, .set = opt_step },
	{ .name = "skip", .metavar = "STEP[,STEP...]",
	  .help = "Leave a step out on purpose, to see what it is for.",
	  .group = GROUP_TEACH, .count = COUNT_MANY, .set = opt_skip },

	/* reports */
	{ .name = "verify",
	  .help = "Compare the sandbox with the plan, from outside, before the command starts.",
	  .group = GROUP_REPORT, .step = "verify", .set = opt_verify },
	{ .name = "stats", .metavar = "FORMAT", .bare = "text", .choices = "text json",
	  .help = "Report at the end, on stderr, what the sandbox used: time, CPU, memory, "
		  "processes, I/O; as text, or as one line of JSON.",
	  .group = GROUP_REPORT, .step = "cgroup-plan", .set = opt_stats },
	{ .name = "explain-denials",
	  .help = "Print each system call that the filter refuses or logs, once: its arguments, the "
		  "rule, and what would allow it. The call is refused all the same.",
	  .group = GROUP_REPORT, .step = "notify", .set = opt_explain_denials },
	{ .name = "verbose", .excl = "report",
	  .help = "Report each step.",
	  .group = GROUP_REPORT, .set = opt_verbose },
	{ .name = "quiet", .letter = 'q', .excl = "report",
	  .help = "Print errors only, no notes.",
	  .group = GROUP_REPORT, .set = opt_quiet },
};
/* clang-format on */

const size_t options_len = ARRAY_SIZE(options);

const char *option_group_title(enum option_group group)
{
	static const char *const titles[GROUP_COUNT] = {
		[GROUP_TEACH] = "Learning",
		[GROUP_START] = "What to run",
		[GROUP_FILES] = "Root and files",
		[GROUP_IDS] = "Users and groups",
		[GROUP_RIGHTS] = "Rights",
		[GROUP_LIMITS] = "Limits",
		[GROUP_TTY] = "Terminal and processes",
		[GROUP_REPORT] = "Reports",
	};

	return titles[group];
}

/* Words of `text` between the columns `indent` and 79; the cursor stands at `indent`. */
static void wrap(FILE *out, const char *text, int indent)
{
	int at = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > indent && at + 1 + len > 79) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		}
		at += fprintf(out, "%s%.*s", at > indent ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void help_line(FILE *out, const struct option_def *def)
{
	const int column = 30;
	int len = def->letter ? fprintf(out, "  -%c, ", def->letter) : fprintf(out, "      ");

	len += fprintf(out, "--%s", def->name);
	if (def->metavar)
		len += fprintf(out, def->bare ? "[=%s]" : " %s", def->metavar);
	if (len + 2 > column) {
		fputc('\n', out);
		len = 0;
	}
	fprintf(out, "%*s", column - len, "");
	wrap(out, def->help, column);
}

void options_lines(FILE *out, const struct option_def *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		help_line(out, &table[i]);
}

int options_help(FILE *out)
{
	fputs("Usage: pillbox run [options] ROOTFS [--] [COMMAND [ARG...]]\n\n"
	      "Run COMMAND (default: /bin/sh) in the directory ROOTFS as a hardened sandbox.\n",
	      out);
	for (int group = 0; group < GROUP_COUNT; group++) {
		fprintf(out, "\n%s:\n", option_group_title((enum option_group)group));
		for (size_t i = 0; i < options_len; i++)
			if ((int)options[i].group == group)
				help_line(out, &options[i]);
	}
	fputs("\nOptions end at ROOTFS. A size is a number with b, k, m, g or t behind it.\n", out);
	return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
