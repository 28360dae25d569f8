/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_options.c - the command line: tables of good and bad lines, and what the good ones store.
 *
 * A bad line names the words that its message must have, so that a refusal for another reason
 * than the one meant does not pass.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nearest.h"
#include "options.h"

#define ARGS_MAX 32

static struct arena arena;
static struct spec spec;
static struct err err;

static void setup(void)
{
	memset(&err, 0, sizeof(err));
	memset(&spec, 0, sizeof(spec));
	cr_assert_eq(arena_init(&arena, &err), 0);
	spec.arena = &arena;
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

/* Parse and finish; the words are NULL-terminated. */
static int run(char *const *argv)
{
	int argc = 0, rc;

	while (argv[argc])
		argc++;
	rc = options_parse(&spec, argc, argv, &err);
	return rc ? rc : spec_finish(&spec, &err);
}

static int run_words(const char *const *words)
{
	char *argv[ARGS_MAX + 1] = {NULL};

	for (size_t i = 0; words[i]; i++)
		argv[i] = strdup(words[i]);
	return run(argv);
}

#define RUN(...) run_words((const char *const[]){__VA_ARGS__, NULL})

TestSuite(options, .init = setup, .fini = teardown);

/* One option with its value in front of a ROOTFS. */
struct good {
	const char *option, *value; /* value NULL: a flag */
};

/* clang-format off */
static const struct good good[] = {
	{ "--preset", "docker" }, { "--preset", "hardened" }, { "--preset", "strict" },
	{ "--name", "a" }, { "--name", "-x" }, { "--name", "Web_1.2+3-4" }, { "--hostname", "h" },
	{ "--hostname", "a.b-c_d.9" },
	{ "--hostname", "1234567890123456789012345678901234567890123456789012345678901234" },
	{ "-w", "/" }, { "--workdir", "/a//b/./c/" }, { "-w", "/with space\n" }, { "-e", "A=" },
	{ "-e", "A=B=C" }, { "-e", "PILLBOX_TEST_ABSENT" }, { "-e", "a.b=\xff\xfe" }, { "-u", "0" },
	{ "-u", "1" }, { "-u", "1:2" }, { "-u", "4294967294:4294967294" }, { "-u", "root" },
	{ "-u", "_apt:nogroup" }, { "-u", "www-data:33" }, { "-u", "pc$:pc$" },
	{ "--group-add", "audio" }, { "--group-add", "29" }, { "--userns", "auto" },
	{ "--userns", "single" }, { "--userns", "range" }, { "--network", "none" },
	{ "--network", "host" }, { "--preserve-fds", "0" }, { "--preserve-fds", "7" },
	{ "--rm", NULL }, { "-i", NULL }, { "--read-only", NULL }, { "--writable", NULL },
	{ "--overlay", "dir" }, { "-v", "/a:/b" }, { "-v", "./a:/b:ro" },
	{ "-v", "/a:/b:rw,noexec,nosuid,nodev" }, { "-v", "/a:/b:ro,rprivate" },
	{ "-v", "../a:/b" }, { "-v", "/a:/run/x" }, { "-v", "/a:/procfs" },
	{ "-v", "/a:/run/secretsx" }, { "-v", "/a:/line\nbreak" },
	{ "--mount", "type=bind,source=/a,target=/b" }, { "--mount", "type=bind,src=a,dst=/b,ro" },
	{ "--mount", "destination=/b,src=/a,readonly=true,type=bind" },
	{ "--mount", "type=bind,\"src=/a,b\",dst=/b" },
	{ "--mount", "type=bind,src=/a,dst=/b,bind-propagation=rprivate" },
	{ "--mount", "type=tmpfs,dst=/b" },
	{ "--mount", "type=tmpfs,target=/b,tmpfs-size=1m,tmpfs-mode=0700,exec" },
	{ "--tmpfs", "/x" }, { "--tmpfs", "/x:size=1g,mode=1777,uid=1,gid=2,nr_inodes=10k" },
	{ "--tmpfs", "/x:rw,noexec,exec,nosuid,suid,dev,nodev" }, { "--tmpfs", "/tmp" },
	{ "--shm-size", "1" }, { "--shm-size", "1.5g" }, { "--shm-size", "64M" },
	{ "--secret", "src=a/b" }, { "--secret", "env=TOKEN" },
	{ "--secret", "source=/k,target=key" },
	{ "--secret", "src=/k,target=..x,uid=0,gid=0,mode=0440" },
	{ "--secret", "content=a,target=x" }, { "--secret", "content=,target=/a/b" },
	{ "--secret", "src=/k,target=/run/secrets/x" }, { "--config", "src=/a/b" },
	{ "--config", "\"content=a,b\n\",target=c/d,mode=0755" }, { "--domainname", "example.org" },
	{ "--add-host", "db:192.0.2.7" }, { "--add-host", "db=2001:db8::7" },
	{ "--add-host", "db:[::1]" }, { "--add-host", "db=[::1]" }, { "--add-host", "db:::1" },
	{ "--dns", "192.0.2.53" }, { "--dns", "::1" }, { "--dns-search", "." },
	{ "--dns-search", "corp.example" }, { "--dns-option", "ndots:2" }, { "--dns-opt", "use-vc" },
	{ "--device", "/dev/fuse" }, { "--device", "/dev/fuse:/dev/net/tun:rwm" },
	{ "--device", "/dev/fuse:rw" }, { "--device", "/dev/fuse:/mnt/fuse:mrw" }, { "--cap-add", "NET_RAW" },
	{ "--cap-add", "cap_net_raw" }, { "--cap-add", "chown,Kill" }, { "--cap-drop", "ALL" },
	{ "--cap-drop", "all" }, { "--security-opt", "no-new-privileges" },
	{ "--security-opt", "no-new-privileges:true" },
	{ "--security-opt", "no-new-privileges=false" }, { "--security-opt", "seccomp=x.json" },
	{ "--security-opt", "seccomp:unconfined" }, { "--security-opt", "apparmor=unconfined" },
	{ "--security-opt", "apparmor:docker-default" },
	{ "--security-opt", "systempaths=unconfined" }, { "-m", "6m" }, { "-m", "6291456" },
	{ "-m", "6291456b" }, { "-m", "1T" }, { "-m", "0.5gb" }, { "--memory-reservation", "6m" },
	{ "--memory-swap", "-1" }, { "--cpus", "0.01" }, { "--cpus", "2" }, { "--cpus", ".5" },
	{ "--cpus", "1.123456789" }, { "--cpu-shares", "2" }, { "--cpu-shares", "262144" },
	{ "--cpu-quota", "-1" }, { "--cpu-quota", "0" }, { "--cpu-quota", "1000" },
	{ "--cpu-period", "0" }, { "--cpu-period", "1000" }, { "--cpu-period", "1000000" },
	{ "--device-read-bps", "/dev/sda:1" }, { "--device-write-bps", "/dev/sda:1.5mb" },
	{ "--device-read-bps", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1:1m" },
	{ "--device-read-iops", "/dev/sda:1" }, { "--device-write-iops", "/dev/x:4294967294" },
	{ "--blkio-weight-device", "/dev/sda:10" }, { "--blkio-weight-device", "/dev/sda:1000" },
	{ "--stats", NULL }, { "--stats=text", NULL }, { "--stats=json", NULL },
	{ "--cpuset-cpus", "0" }, { "--cpuset-cpus", "0-3,7" }, { "--cpuset-mems", "0,1" },
	{ "--pids-limit", "1" }, { "--pids-limit", "-1" }, { "--pids-limit", "4194304" },
	{ "--blkio-weight", "10" }, { "--blkio-weight", "1000" }, { "--ulimit", "nofile=1024" },
	{ "--ulimit", "nofile=1024:2048" }, { "--ulimit", "core=-1" }, { "--ulimit", "core=0:-1" },
	{ "--sysctl", "net.ipv4.ip_forward=1" }, { "--sysctl", "kernel.sem=1 2 3 4" },
	{ "--sysctl", "fs.mqueue.msg_max=10" }, { "--sysctl", "kernel.domainname=x.y" },
	{ "--oom-score-adj", "-1000" }, { "--oom-score-adj", "1000" }, { "--oom-score-adj", "0" },
	{ "--init", NULL }, { "--no-init", NULL }, { "-t", NULL }, { "--no-tty", NULL },
	{ "--tty=true", NULL }, { "-it", NULL }, { "--stop-signal", "TERM" },
	{ "--stop-signal", "sigint" }, { "--stop-signal", "9" }, { "--stop-signal", "RTMIN+3" },
	{ "--stop-signal", "SIGRTMAX-1" }, { "--stop-signal", "64" }, { "--stop-timeout", "0" },
	{ "--stop-timeout", "3600" }, { "--landlock", "on" }, { "--landlock", "off" },
	{ "--landlock", "auto" }, { "--tcp", "any" }, { "--tcp", "none" },
	{ "--allow-missing", "cgroup" },
	{ "--allow-missing", "apparmor,landlock" }, { "--nested-userns", NULL },
	{ "--verify", NULL }, { "--verbose", NULL }, { "-q", NULL },
};
/* clang-format on */

Test(options, good_values)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		int rc;

		teardown();
		setup();
		rc = good[i].value ? RUN(good[i].option, good[i].value, "R")
				   : RUN(good[i].option, "R");
		cr_expect_eq(rc, 0, "%s %s: %s", good[i].option, good[i].value, err.msg);
		cr_expect_str_eq(spec.rootfs, "R");
	}
}

struct bad {
	const char *option, *value;
	const char *want; /* part of the message */
};

/* clang-format off */
static const struct bad bad[] = {
	{ "--preset", "dockr", "docker, hardened and strict" }, { "--preset", "", "--preset ''" },
	{ "--name", "", "not a name" }, { "--name", ".", "not a name" },
	{ "--name", "..", "not a name" }, { "--name", "a/b", "not a name" },
	{ "--name", "a\nb", "not a name" }, { "--name", "\xc3\xa4", "not a name" },
	{ "--name", ".a", "not a name" },
	{ "--name", "12345678901234567890123456789012345678901234567890123456789012345",
	  "not a name" },
	{ "--hostname", "", "not a host name" }, { "--hostname", "-a", "not a host name" },
	{ "--hostname", "a b", "not a host name" }, { "--hostname", "a/b", "not a host name" },
	{ "--hostname", "12345678901234567890123456789012345678901234567890123456789012345",
	  "65 bytes" },
	{ "-w", "", "absolute path" }, { "-w", "a", "absolute path" },
	{ "-w", "/a/../b", "absolute" }, { "-e", "", "name of the variable" },
	{ "-e", "=x", "name of the variable" }, { "--env-file", "", "empty" },
	{ "--env-file", "/nonexistent/x", "No such file" }, { "--env-file", "/", "directory" },
	{ "--env-file", "/dev/null", "not a regular file" }, { "-u", "", "empty user" },
	{ "-u", "01", "'01' is not an id" }, { "-u", "+1", "neither an id" },
	{ "-u", " 1", "neither an id" }, { "-u", "1 ", "neither an id" },
	{ "-u", "1x", "neither an id" }, { "-u", "-1", "neither an id" },
	{ "-u", "0x10", "neither an id" }, { "-u", "4294967295", "too large" },
	{ "-u", "4294967296", "too large" }, { "-u", "18446744073709551616", "too large" },
	{ "-u", ":5", "empty user" }, { "-u", "1:", "empty user" },
	{ "-u", "1:2:3", "neither an id" }, { "-u", ":", "empty user" },
	{ "-u", "a/b", "neither an id" }, { "-u", "a\n", "neither an id" },
	{ "-u", "$", "neither an id" }, { "--group-add", "", "empty user or group" },
	{ "--group-add", "01", "not an id" }, { "--userns", "host", "auto single range" },
	{ "--userns", "", "auto single range" }, { "--network", "bridge", "none host" },
	{ "--network", "none host", "none host" }, { "--preserve-fds", "-1", "whole number" },
	{ "--preserve-fds", "1001", "between 0 and 1000" }, { "--overlay", "", "empty" },
	{ "-v", "", "SRC:DST" }, { "-v", "/a", "SRC:DST" }, { "-v", ":/b", "source is missing" },
	{ "-v", "/a:", "target is missing" }, { "-v", "/a:b", "absolute path" },
	{ "-v", "/a:/..", "absolute path" }, { "-v", "/a:/", "root itself" },
	{ "-v", "/a:/./", "root itself" }, { "-v", "/a:/proc", "/proc is pillbox's own" },
	{ "-v", "/a:/proc/sys", "/proc is pillbox's own" },
	{ "-v", "/a:/sys/fs", "/sys is pillbox's" },
	{ "-v", "/a://dev/./shm", "/dev is pillbox's" },
	{ "-v", "/a:/run/secrets/x", "/run/secrets is" }, { "-v", "name:/b", "named volumes" },
	{ "-v", "/a:/b:", "empty field" }, { "-v", "/a:/b:rwx", "'rwx' is unknown" },
	{ "-v", "/a:/b:Z", "'Z' is unknown" }, { "-v", "/a:/b:ro,shared", "'shared' is unknown" },
	{ "-v", "/a:/b:ro:x", "'ro:x' is unknown" }, { "--mount", "", "empty field" },
	{ "--mount", "src=/a,dst=/b", "type=bind or type=tmpfs" },
	{ "--mount", "type=volume,dst=/b", "type=bind or type=tmpfs" },
	{ "--mount", "type=bind,dst=/b", "source is missing" },
	{ "--mount", "type=bind,src=,dst=/b", "source is missing" },
	{ "--mount", "type=bind,src=/a", "target is missing" },
	{ "--mount", "type=bind,src=/a,dst=/b,tmpfs-size=1m", "belongs to type=tmpfs" },
	{ "--mount", "type=tmpfs,src=/a,dst=/b", "no source" },
	{ "--mount", "type=bind,src=/a,src=/c,dst=/b", "two values for src" },
	{ "--mount", "type=bind,src=/a,dst=/b,readonly=maybe", "neither true nor false" },
	{ "--mount", "type=bind,src=/a,dst=/b,readnly", "'readnly' is unknown" },
	{ "--mount", "type=bind,src=/a,dst=/b,bind-propagation=shared", "always rprivate" },
	{ "--mount", "type=bind,\"src=/a,dst=/b", "quote is not closed" },
	{ "--mount", "type=bind,\"src=/a\"x,dst=/b", "behind a closing quote" },
	{ "--mount", "type=tmpfs,dst=/b,,", "empty field" },
	{ "--mount", "source", "'source' is unknown" }, { "--tmpfs", "", "target is missing" },
	{ "--tmpfs", "x", "absolute path" }, { "--tmpfs", "/x:size=50%", "not a size" },
	{ "--tmpfs", "/x:size=0", "no limit at all" }, { "--tmpfs", "/x:size=", "not a size" },
	{ "--tmpfs", "/x:mode=8", "octal" }, { "--tmpfs", "/x:mode=", "octal" },
	{ "--tmpfs", "/x:mode=17777", "octal" }, { "--tmpfs", "/x:uid=-1", "not an id" },
	{ "--tmpfs", "/x:gid=4294967295", "too large" },
	{ "--tmpfs", "/x:noexce", "'noexce' is unknown" },
	{ "--tmpfs", "/x:ro=1", "'ro=1' is unknown" },
	{ "--tmpfs", "/x:nr_inodes=0", "no limit at all" },
	{ "--shm-size", "0", "no limit at all" }, { "--shm-size", "-1", "not a size" },
	{ "--secret", "x", "x has no value" },
	{ "--secret", "target=x", "one of src=FILE" },
	{ "--secret", "src=a,env=B", "only one of" }, { "--secret", "content=a", "target= is" },
	{ "--secret", "src=a,content=", "only one of" },
	{ "--secret", "content=hush,hush2", "an unknown field behind" },
	{ "--secret", "content=hush,hush2=x", "an unknown field behind" },
	{ "--secret", "src=a,target=/dev/x", "/dev is pillbox's" },
	{ "--secret", "src=a,target=/", "root itself" },
	{ "--secret", "src=a,target=/run/secrets", "/run/secrets is" },
	{ "--secret", "src=a,target=/run/secrets/a/b", "/run/secrets is" },
	{ "--config", "content=", "target= is missing" },
	{ "--config", "src=a,target=../x", "without '..'" },
	{ "--config", "src=a,target=/proc/x", "/proc is pillbox's" },
	{ "--config", "src=/", "root itself" }, { "--config", "src=a,mode=8", "octal" },
	{ "--domainname", "", "not a domain" }, { "--domainname", "a b", "not a domain" },
	{ "--domainname", "12345678901234567890123456789012345678901234567890123456789012345",
	  "65 bytes" },
	{ "--add-host", "", "address is missing" }, { "--add-host", "db", "address is missing" },
	{ "--add-host", ":1.2.3.4", "not a host name" }, { "--add-host", "a b:1.2.3.4", "host name" },
	{ "--add-host", "db:", "not an address" }, { "--add-host", "db:1.2.3", "not an address" },
	{ "--add-host", "db:1.2.3.4\n6.6.6.6 x", "not an address" },
	{ "--add-host", "db\n:1.2.3.4", "not a host name" },
	{ "--add-host", "db:[1.2.3.4]", "not an address" }, { "--add-host", "db:[", "address" },
	{ "--add-host", "db:host-gateway", "no host-gateway" },
	{ "--add-host", "db:fe80::1%lo", "not an address" },
	{ "--dns", "", "not an address" }, { "--dns", "ns.example", "not an address" },
	{ "--dns-search", "", "not a domain" }, { "--dns-search", "a\nb", "not a domain" },
	{ "--dns-option", "", "not an option" }, { "--dns-opt", "ndots:1 x", "not an option" },
	{ "--device", "", "target is missing" }, { "--device", "dev/x", "target must be" },
	{ "--device", "/dev/fuse:r", "less than rw" }, { "--device", "/dev/fuse:/dev/f:m", "less than" },
	{ "--device", "/dev/fuse:/dev/f:x", "'x' is not" }, { "--device", "/dev/fuse:", "'' is not" },
	{ "--device", "/dev/null", "/dev/null is pillbox's" },
	{ "--device", "/dev/fuse:/dev/pts/9", "pillbox's own" },
	{ "--device", "/dev/fuse:/dev", "/dev is pillbox's" },
	{ "--device", "/dev/fuse:/proc/x", "/proc is pillbox's" },
	{ "--device", "/dev/fuse:/dev/../x", "absolute" },
	{ "--secret", "src=a,target=x/y", "not a file name" },
	{ "--secret", "src=a/", "not a file name" }, { "--secret", "src=..", "not a file name" },
	{ "--secret", "src=a,target=.", "not a file name" },
	{ "--secret", "src=a,mode=0999", "octal" }, { "--secret", "src=a,uid=x", "not an id" },
	{ "--secret", "src=a,type=mount", "'type' is unknown" }, { "--cap-add", "", "empty name" },
	{ "--cap-add", "chwon", "chwon is no capability" }, { "--cap-add", "CHOWN,", "empty name" },
	{ "--cap-drop", "CAP_", "no capability" }, { "--cap-add", "21", "21 is no capability" },
	{ "--cap-add", "CHOWN KILL", "no capability" }, { "--security-opt", "", "unknown" },
	{ "--security-opt", "label=disable", "unknown" },
	{ "--security-opt", "seccmp=x", "unknown" }, { "--security-opt", "seccomp", "missing" },
	{ "--security-opt", "seccomp=", "missing" }, { "--security-opt", "apparmor=", "missing" },
	{ "--security-opt", "apparmor=a b", "not a profile name" },
	{ "--security-opt", "apparmor=a//&b", "not a profile name" },
	{ "--security-opt", "no-new-privileges=yes", "true false" },
	{ "--security-opt", "systempaths=masked", "only systempaths=unconfined" },
	{ "-m", "", "not a size" }, { "-m", "10Q", "not a size" },
	{ "-m", "0", "below the minimum" }, { "-m", "1e9", "not a size" },
	{ "-m", "-1", "not a size" }, { "-m", " 5m", "not a size" }, { "-m", "5m ", "not a size" },
	{ "-m", "0x10", "not a size" }, { "-m", "1.5.2g", "not a size" },
	{ "-m", "18446744073709551616", "too large" }, { "-m", "99999999t", "too large" },
	{ "-m", "5m", "below the minimum" }, { "-m", "512", "below the minimum" },
	{ "--memory-reservation", "1m", "below the minimum" },
	{ "--memory-swap", "1g", "needs --memory" }, { "--memory-swap", "-2", "not a size" },
	{ "--cpus", "", "not a number of CPUs" }, { "--cpus", "0", "less than 0.01" },
	{ "--cpus", "0.009", "less than 0.01" }, { "--cpus", "1e3", "not a number of CPUs" },
	{ "--cpus", "1/2", "not a number of CPUs" }, { "--cpus", "1.", "not a number of CPUs" },
	{ "--cpus", "-1", "not a number of CPUs" }, { "--cpus", "1.5.2", "not a number of CPUs" },
	{ "--cpus", "18446744074", "more than 100000" },
	{ "--cpus", "0.1234567890", "not a number" }, { "--cpu-shares", "0", "between 2 and" },
	{ "--cpu-shares", "1", "between 2 and" }, { "--cpu-shares", "262145", "between 2 and" },
	{ "--cpu-shares", "0x10", "whole number" }, { "--cpuset-cpus", "", "list of numbers" },
	{ "--cpuset-cpus", "0-", "list of numbers" }, { "--cpuset-cpus", "3-1", "list of numbers" },
	{ "--cpuset-cpus", "0,", "list of numbers" },
	{ "--cpuset-cpus", "0, 1", "list of numbers" }, { "--cpuset-mems", "a", "list of numbers" },
	{ "--cpuset-cpus", "99999999999999999999", "list of numbers" },
	{ "--pids-limit", "0", "not even the first" }, { "--pids-limit", "-2", "whole number" },
	{ "--pids-limit", "1e3", "whole number" }, { "--pids-limit", "007", "whole number" },
	{ "--pids-limit", "99999999999999999999", "between" },
	{ "--cpu-quota", "999", "less than 1000" }, { "--cpu-quota", "-2", "whole number" },
	{ "--cpu-quota", "1e3", "whole number" }, { "--cpu-quota", "", "whole number" },
	{ "--cpu-quota", "99999999999999999999", "between" },
	{ "--cpu-period", "999", "between 1000 and 1000000" },
	{ "--cpu-period", "1000001", "between 1000 and" }, { "--cpu-period", "-1", "whole number" },
	{ "--device-read-bps", "", "behind PATH: is missing" },
	{ "--device-read-bps", "/dev/sda", "behind PATH: is missing" },
	{ "--device-read-bps", "/dev/sda:", "behind PATH: is missing" },
	{ "--device-read-bps", ":1m", "absolute path" },
	{ "--device-read-bps", "sda:1m", "absolute path" },
	{ "--device-read-bps", "/dev/sda:0", "nothing would ever end" },
	{ "--device-read-bps", "/dev/sda:-1", "not a size" },
	{ "--device-write-bps", "/dev/sda:1x", "not a size" },
	{ "--device-write-bps", "/dev/sda:1m:1m:", "behind PATH: is missing" },
	{ "--device-write-bps", "/dev/sda:99999999999999999999", "too large" },
	{ "--device-read-iops", "/dev/sda:0", "between 1 and" },
	{ "--device-read-iops", "/dev/sda:1k", "whole number" },
	{ "--device-write-iops", "/dev/sda:4294967295", "between 1 and" },
	{ "--device-write-iops", "/dev/sda:01", "whole number" },
	{ "--device-write-iops", "/dev/sda: 1", "whole number" },
	{ "--blkio-weight-device", "/dev/sda:9", "between 10 and 1000" },
	{ "--blkio-weight-device", "/dev/sda:1001", "between 10 and 1000" },
	{ "--blkio-weight-device", "/dev/sda:0", "between 10 and 1000" },
	{ "--blkio-weight-device", "500", "behind PATH: is missing" },
	{ "--stats=", NULL, "text json" }, { "--stats=xml", NULL, "text json" },
	{ "--blkio-weight", "9", "between 10 and 1000" },
	{ "--blkio-weight", "1001", "between 10" }, { "--ulimit", "nofile", "missing" },
	{ "--ulimit", "nofil=1", "no limit is called 'nofil'" },
	{ "--ulimit", "nofile=2:1", "above the hard" }, { "--ulimit", "nofile=", "is not a limit" },
	{ "--ulimit", "nofile=1:", "is not a limit" },
	{ "--ulimit", "nofile=1:2:3", "is not a limit" },
	{ "--ulimit", "nofile=-1:5", "above the hard" },
	{ "--ulimit", "nofile=-2", "is not a limit" }, { "--sysctl", "", "not the name" },
	{ "--sysctl", "net.x", "value is missing" }, { "--sysctl", "net.x=", "value is missing" },
	{ "--sysctl", "kernel.core_pattern=x", "namespace" },
	{ "--sysctl", "net.ipv4.ip_forward=1+kernel.core_pattern=x", "no sysctl needs" },
	{ "--sysctl", "net/../kernel/core_pattern=x", "not the name" },
	{ "--sysctl", "net..x=1", "not the name" }, { "--sysctl", ".net.x=1", "not the name" },
	{ "--sysctl", "net.x.=1", "not the name" }, { "--sysctl", "net.x=1\n2", "no sysctl needs" },
	{ "--sysctl", "NET.x=1", "not the name" }, { "--sysctl", "kernel.hostname=x", "namespace" },
	{ "--sysctl", "user.max_user_namespaces=9", "sets this one itself" },
	{ "--sysctl", "kernel.semx=1", "namespace" },
	{ "--oom-score-adj", "1001", "between -1000 and 1000" },
	{ "--oom-score-adj", "", "whole number" }, { "--oom-score-adj", "+5", "whole number" },
	{ "--oom-score-adj", "5x", "whole number" }, { "--stop-signal", "", "not a signal" },
	{ "--stop-signal", "0", "not a signal" }, { "--stop-signal", "32", "not a signal" },
	{ "--stop-signal", "65", "not a signal" }, { "--stop-signal", "TERMINATE", "not a signal" },
	{ "--stop-signal", "RTMIN-1", "not a signal" },
	{ "--stop-signal", "SIGSIGTERM", "not a signal" },
	{ "--stop-timeout", "-1", "whole number" }, { "--stop-timeout", "1.5", "whole number" },
	{ "--stop-timeout", "2000001", "between" }, { "--landlock", "yes", "auto on off" },
	{ "--tcp", "", "any none" }, { "--tcp", "off", "any none" },
	{ "--allow-missing", "seccomp", "cgroup apparmor" },
	{ "--allow-missing", "", "empty field" }, { "--allow-missing", "cgroup,", "empty field" },
	{ "--privileged", NULL, "switch off every control" },
	{ "--memmory", "5", "--memmory: unknown option" },
	{ "--memmory=5", NULL, "--memmory: unknown" }, { "-z", NULL, "-z: unknown option" },
	{ "-itz", NULL, "-z: unknown option" }, { "--init=false", NULL, "takes no value" },
	{ "--rm=", NULL, "takes no value" }, { "---m", NULL, "unknown option" },
	{ "--=x", NULL, "unknown option" },
};
/* clang-format on */

/* The message as it is printed. */
static const char *message(void)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s%s%s", err.msg, err.raw ? "" : ": ",
		 err.raw ? "" : strerror(err.num));
	return text;
}

Test(options, bad_values)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int rc;

		teardown();
		setup();
		rc = bad[i].value ? RUN(bad[i].option, bad[i].value, "R") : RUN(bad[i].option, "R");
		cr_expect_lt(rc, 0, "%s '%s' was accepted", bad[i].option, bad[i].value);
		cr_expect(strstr(message(), bad[i].want), "%s '%s': '%s' does not say '%s'",
			  bad[i].option, bad[i].value, message(), bad[i].want);
		cr_expect_eq(err.exit, EXIT_SETUP);
	}
}

Test(options, contradictions)
{
	static const struct {
		const char *words[8];
		const char *want; /* NULL: fine */
	} lines[] = {
		{{"-m", "6m", "-m", "7m", "R"}, "-m 7m: contradicts -m 6m"},
		{{"-m", "6m", "--memory", "6m", "R"}, NULL},
		{{"--memory=6m", "-m7m", "R"}, "-m 7m: contradicts --memory 6m"},
		{{"--read-only", "--writable", "R"}, "--writable: contradicts --read-only"},
		{{"--overlay", "d", "--read-only", "R"}, "--read-only: contradicts --overlay d"},
		{{"--overlay", "d", "--writable", "R"}, "contradicts --overlay d"},
		{{"--init", "--no-init", "R"}, "--no-init: contradicts --init"},
		{{"-t", "--no-tty", "R"}, "--no-tty: contradicts -t"},
		{{"-q", "--verbose", "R"}, "--verbose: contradicts -q"},
		{{"--init", "--init", "R"}, NULL},
		{{"--stats", "--stats=text", "R"}, NULL},
		{{"--stats", "--stats=json", "R"}, "--stats json: contradicts --stats text"},
		{{"--cpus", "1", "--cpu-quota", "5000", "R"}, "--cpus: contradicts --cpu-quota"},
		{{"--cpu-period", "5000", "--cpus", "1", "R"}, "--cpus: contradicts --cpu-period"},
		{{"--cpus", "1", "--cpu-quota", "0", "R"}, NULL},
		{{"--preset", "strict", "--cpu-quota", "5000", "R"}, NULL},
		{{"--preset=strict", "--cpus=1", "--cpu-quota=5000", "R"}, "--cpus: contradicts"},
		{{"--device-read-bps", "/dev/a:1k", "--device-read-bps", "/dev/a:1024", "R"}, NULL},
		{{"--device-read-bps", "/dev/a:1k", "--device-read-bps", "/dev/b:2k", "R"}, NULL},
		{{"--device-read-bps", "/dev/a:1k", "--device-write-bps", "/dev/a:2k", "R"}, NULL},
		{{"--device-read-bps", "/dev/a:1k", "--device-read-bps", "/dev/a:2k", "R"},
		 "--device-read-bps /dev/a:2k: contradicts --device-read-bps /dev/a:1024"},
		{{"-t", "-t", "-i", "-it", "R"}, NULL},
		{{"--preset", "docker", "--preset", "strict", "R"}, "contradicts --preset docker"},
		{{"--preset", "strict", "--preset", "strict", "R"}, NULL},
		{{"--ulimit", "core=1", "--ulimit", "core=2", "R"}, "contradicts --ulimit core=1"},
		{{"--ulimit", "core=1", "--ulimit", "core=1", "R"}, NULL},
		{{"--ulimit", "core=1", "--ulimit", "nofile=2", "R"}, NULL},
		{{"--sysctl", "net.a=1", "--sysctl", "net.a=2", "R"},
		 "contradicts --sysctl net.a=1"},
		{{"--security-opt", "seccomp=a", "--security-opt", "seccomp:unconfined", "R"},
		 "contradicts"},
		{{"--security-opt", "no-new-privileges", "--security-opt", "seccomp=a", "R"}, NULL},
		{{"-v", "/a:/x", "-v", "/b:/x/", "R"}, "/x is the target of -v /a:/x too"},
		{{"-v", "/a:/x", "--tmpfs", "/x", "R"}, "/x is the target of -v /a:/x too"},
		{{"--secret", "src=a/k", "--secret", "src=b/k", "R"},
		 "/run/secrets/k is the target"},
		{{"--config", "src=a/k", "--config", "src=b/k", "R"}, "/k is the target of"},
		{{"--secret", "src=a,target=/run/secrets/k", "--secret", "src=k", "R"},
		 "/run/secrets/k is the target"},
		{{"--config", "src=a,target=/x", "-v", "/a:/x", "R"}, "/x is the target of -v"},
		{{"--config", "src=a,target=/x", "--tmpfs", "/x/y", "R"}, "/x/y is the target of"},
		{{"--config", "src=a,target=/x/y", "--tmpfs", "/x", "R"}, NULL},
		{{"--config", "src=a,target=/x", "--secret", "src=b,target=/x/y", "R"}, "/x/y is"},
		{{"--config", "src=a,target=/etc/hosts", "--add-host", "a:::1", "R"},
		 "/etc/hosts is the target of"},
		{{"-v", "/a:/etc/resolv.conf", "--dns", "::1", "R"}, "/etc/resolv.conf is the"},
		{{"--network", "host", "--dns-search", "a", "R"}, "--dns-search: needs --dns"},
		{{"--network", "host", "--dns-opt", "a", "--dns", "::1", "R"}, NULL},
		{{"--device", "/dev/fuse", "--device", "/dev/a:/dev/fuse", "R"},
		 "/dev/fuse is the target of"},
		{{"--network", "host", "--sysctl", "net.a=1", "R"}, "would change the host"},
		{{"-m", "64m", "--memory-swap", "32m", "R"}, "less than --memory"},
		{{"-m", "64m", "--memory-swap", "64m", "R"}, NULL},
		{{"-m", "64m", "--memory-reservation", "65m", "R"}, "more than --memory"},
		{{"--cap-add", "ALL", "--cap-drop", "all", "R"}, "contradicts --cap-add ALL"},
		{{"--preset", "strict", "--memory-swap", "1g", "R"}, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int rc;

		teardown();
		setup();
		rc = run_words(lines[i].words);
		if (!lines[i].want)
			cr_expect_eq(rc, 0, "%zu: %s", i, err.msg);
		else
			cr_expect(rc < 0 && strstr(err.msg, lines[i].want), "%zu: '%s'", i,
				  err.msg);
	}
}

Test(options, hints)
{
	static const struct {
		const char *option, *value, *want;
	} lines[] = {
		{"--memmory", "5", "--memory?"},
		{"--net", "none", "--network?"},
		{"--readonly", "R", "--read-only?"},
		{"--cpu", "1", "--cpus?"},
		{"--caps-add", "x", "--cap-add?"},
		{"--hlep", "x", "--help?"},
		{"--zzzzzzzz", "x", "lists the options"},
		{"--cap-add", "CAP_CHWON", "CHOWN?"},
		{"--cap-add", "net_rwa", "NET_RAW?"},
		{"--ulimit", "nofiles=1", "nofile?"},
		{"--security-opt", "secomp=x", "seccomp?"},
		{"--tmpfs", "/x:sise=1", NULL},
		{"--privileged", NULL, "--cap-add"},
		{"-v", "/a:/dev/shm", "--shm-size"},
		{"--sysctl", "kernel.hostname=x", "--hostname"},
		{"-m", "512", "a unit"},
		{"-v", "data:/b", "./data"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		teardown();
		setup();
		cr_expect_lt(RUN(lines[i].option, lines[i].value ? lines[i].value : "R", "R"), 0);
		if (lines[i].want)
			cr_expect(strstr(err.hint, lines[i].want), "%s: '%s'", lines[i].option,
				  err.hint);
	}
}

Test(options, operands)
{
	cr_assert_eq(RUN("R"), 0);
	cr_assert_eq(spec.argc, 1);
	cr_assert_str_eq(spec.argv[0], "/bin/sh");
	cr_assert_null(spec.argv[1]);
	setup();
	cr_assert_eq(RUN("R", "ls", "-m", "--", "x"), 0);
	cr_assert_eq(spec.argc, 4);
	cr_assert_str_eq(spec.argv[1], "-m");
	cr_assert_null(spec.argv[4]);
	setup();
	cr_assert_eq(RUN("--", "-R", "--", "--", "x"), 0);
	cr_assert_str_eq(spec.rootfs, "-R");
	cr_assert_eq(spec.argc, 2);
	cr_assert_str_eq(spec.argv[0], "--");
	setup();
	cr_assert_eq(RUN("R", "--"), 0);
	cr_assert_str_eq(spec.argv[0], "/bin/sh");
}

Test(options, bad_operands)
{
	cr_assert_lt(run((char *[]){NULL}), 0);
	cr_assert(strstr(err.msg, "ROOTFS: missing"));
	setup();
	cr_assert_lt(RUN("-it"), 0);
	cr_assert(strstr(err.msg, "ROOTFS: missing"));
	setup();
	cr_assert_lt(RUN(""), 0);
	cr_assert(strstr(err.msg, "empty"));
	setup();
	cr_assert_lt(RUN("R", ""), 0);
	cr_assert(strstr(err.msg, "COMMAND"));
	setup();
	cr_assert_lt(RUN("--memory"), 0);
	cr_assert(strstr(err.msg, "--memory: the value is missing"));
	setup();
	cr_assert_lt(RUN("-itm"), 0);
	cr_assert(strstr(err.msg, "-m: the value is missing"));
}

Test(options, help_comes_first)
{
	cr_assert_eq(RUN("--help"), OPTIONS_HELP);
	cr_assert_eq(RUN("-m", "x", "-h"), OPTIONS_HELP);
	cr_assert_eq(RUN("-ith"), OPTIONS_HELP);
	setup();
	cr_assert_eq(RUN("R", "--help"), 0);
}

Test(options, spellings)
{
	static const char *const lines[][4] = {
		{"-m", "64m", "R"},   {"-m64m", "R"},           {"-m=64m", "R"},
		{"-itm64m", "R"},     {"--memory", "64m", "R"}, {"--memory=64m", "R"},
		{"-itm", "64m", "R"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		teardown();
		setup();
		cr_assert_eq(run_words(lines[i]), 0, "%zu: %s", i, err.msg);
		cr_expect_eq(spec.limits.memory, 64ULL << 20);
	}
}

/* A preset's number of CPUs gives way; a value that may be left out takes no word of its own. */
Test(options, stored_limits)
{
	cr_assert_eq(RUN("--preset=strict", "--cpu-quota=5000", "--stats", "R"), 0, "%s", err.msg);
	cr_expect_eq(spec.limits.cpu_quota, 5000);
	cr_expect_eq(spec.limits.nano_cpus, LIMIT_UNSET);
	cr_expect_eq(spec.stats, STATS_TEXT);
	cr_expect_str_eq(spec.rootfs, "R");
	setup();
	cr_assert_eq(RUN("--preset=strict", "R"), 0);
	cr_expect_eq(spec.limits.nano_cpus, 1000000000);
	cr_expect_eq(spec.stats, STATS_NONE);
	setup();
	cr_assert_eq(RUN("--stats", "json", "x"), 0);
	cr_expect_str_eq(spec.rootfs, "json");
	setup();
	cr_assert_eq(RUN("--stats=json", "--device-read-bps", "/dev/disk/by-path/pci-0:1-a:1k",
			 "--blkio-weight-device=/dev/a:20", "--device-read-bps=/dev/a:5",
			 "--device-read-bps=/dev/a:5b", "R"),
		     0, "%s", err.msg);
	cr_expect_eq(spec.stats, STATS_JSON);
	cr_assert_eq(spec.limits.n_io, 3);
	cr_expect_str_eq(spec.limits.io[0].path, "/dev/disk/by-path/pci-0:1-a");
	cr_expect_eq(spec.limits.io[0].value, 1024);
	cr_expect_eq(spec.limits.io[1].kind, IO_WEIGHT);
	cr_expect_eq(spec.limits.io[2].kind, IO_READ_BPS);
	cr_expect_eq(spec.limits.io[2].value, 5);
}

Test(options, too_many_devices)
{
	char *argv[IO_REQS_MAX + 3] = {NULL};

	for (int i = 0; i < IO_REQS_MAX + 1; i++)
		cr_assert(asprintf(&argv[i], "--device-read-iops=/dev/d%d:1", i) > 0);
	argv[IO_REQS_MAX + 1] = strdup("R");
	cr_expect_lt(run(argv), 0);
	cr_expect(strstr(err.msg, "more than 128 limits of devices"), "%s", err.msg);
	setup();
	cr_expect_eq(run(argv + 1), 0);
}

Test(options, stored)
{
	cr_assert_eq(RUN("--cpus=1.5", "--pids-limit=-1", "--stop-signal=SIGRTMIN+1",
			 "--memory-swap=-1", "--oom-score-adj=-7", "--no-init",
			 "--allow-missing=cgroup,landlock", "--ulimit=nofile=5:-1", "R"),
		     0);
	cr_expect_eq(spec.limits.nano_cpus, 1500000000);
	cr_expect_eq(spec.limits.pids, LIMIT_MAX);
	cr_expect_eq(spec.limits.memory_swap, LIMIT_MAX);
	cr_expect_eq(spec.limits.memory, LIMIT_UNSET);
	cr_expect_eq(spec.stop_signal, SIGRTMIN + 1);
	cr_expect_eq(spec.oom_score_adj, -7);
	cr_expect_not(spec.has_init);
	cr_expect_eq(spec.allow_missing, MISSING_CGROUP | MISSING_LANDLOCK);
	cr_assert_eq(spec.n_ulimits, 1);
	cr_expect_eq(spec.ulimits[0].resource, RLIMIT_NOFILE);
	cr_expect_eq(spec.ulimits[0].soft, 5);
	cr_expect_eq(spec.ulimits[0].hard, UINT64_MAX);
}

Test(options, sysctl_path)
{
	cr_assert_eq(RUN("--sysctl", "net.ipv4.ping_group_range=0 5", "--name", "box", "R"), 0);
	cr_assert_str_eq(spec.sysctls[0].path, "net/ipv4/ping_group_range");
	cr_assert_str_eq(spec.sysctls[0].value, "0 5");
	cr_assert_str_eq(spec.hostname, "box");
}

Test(options, preset_is_below_options)
{
	cr_assert_eq(RUN("-u", "5", "--pids-limit", "7", "--preset", "strict", "R"), 0);
	cr_expect_str_eq(spec.user, "5");
	cr_expect_eq(spec.limits.pids, 7);
	cr_expect_eq(spec.preset, PRESET_STRICT);
}

static const struct mount_req *mount_at(const char *target)
{
	for (size_t i = 0; i < spec.n_mounts; i++)
		if (strcmp(spec.mounts[i].target, target) == 0)
			return &spec.mounts[i];
	return NULL;
}

Test(options, mounts_stored)
{
	const struct mount_req *m;

	cr_assert_eq(RUN("-v/a:/b//c/:ro,noexec", "--mount",
			 "noexec=false,type=tmpfs,dst=/t,tmpfs-mode=750", "--tmpfs",
			 "/tmp:size=1k,uid=3,exec,noexec,nr_inodes=9", "R"),
		     0);
	m = mount_at("/b/c");
	cr_assert_not_null(m);
	cr_expect(m->kind == MOUNT_BIND && m->is_readonly && !m->is_exec && !m->is_suid &&
		  !m->is_dev);
	cr_expect_str_eq(m->source, "/a");
	cr_expect_str_eq(m->origin, "-v /a:/b//c/:ro,noexec");
	m = mount_at("/t");
	cr_expect(m->kind == MOUNT_TMPFS && m->is_exec && m->has_mode && m->mode == 0750);
	m = mount_at("/tmp");
	cr_expect(m->size == 1024 && m->has_uid && m->uid == 3 && !m->has_gid && !m->is_exec);
	cr_expect_eq(m->inodes, 9);
	cr_expect_eq(spec.n_mounts, 5, "the user's /tmp replaces the preset's");
}

Test(options, quoted_mount)
{
	cr_assert_eq(RUN("--mount", "type=bind,\"src=/a,\"\"b\"\"\",dst=/b", "R"), 0);
	cr_assert_str_eq(mount_at("/b")->source, "/a,\"b\"");
}

Test(options, secret_names)
{
	cr_assert_eq(
		RUN("--secret", "src=/x/key.pem", "--secret", "env=TOKEN,mode=0440,uid=5", "R"), 0);
	cr_assert_eq(spec.n_secrets, 2);
	cr_expect_str_eq(spec.secrets[0].target, "key.pem");
	cr_expect_eq(spec.secrets[0].mode, 0400);
	cr_expect_str_eq(spec.secrets[1].target, "TOKEN");
	cr_expect(spec.secrets[1].has_uid && spec.secrets[1].uid == 5 && !spec.secrets[1].has_gid);
}

Test(options, configs)
{
	cr_assert_eq(RUN("--config", "src=/x/a.conf", "--config",
			 "\"content=b,\"\"c\"\"\",target=etc/b", "--secret",
			 "content=,target=/run/secrets/d", "R"),
		     0);
	cr_assert_eq(spec.n_secrets, 3);
	cr_expect_str_eq(spec.secrets[0].target, "/a.conf");
	cr_expect_eq(spec.secrets[0].mode, 0444);
	cr_expect(spec.secrets[0].is_public && !spec.secrets[2].is_public);
	cr_expect_str_eq(spec.secrets[1].target, "/etc/b");
	cr_expect_str_eq(spec.secrets[1].content, "b,\"c\"");
	cr_expect_str_eq(spec.secrets[2].target, "d");
}

/* What is in a secret's text is in no message, wherever the mistake is. */
Test(options, content_is_not_shown)
{
	static const char *const values[] = {
		"content=hush,target=/proc/x",
		"target=x,content=hush,mode=9",
		"content=hush",
		"content=a,hush,target=x",
		"content=hush,src=b,target=x",
		"content=hush,content=hush2,target=x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		teardown();
		setup();
		cr_expect_lt(RUN("--secret", values[i], "R"), 0, "%s", values[i]);
		cr_expect(!strstr(err.msg, "hush") && !strstr(err.hint, "hush"), "%s: %s",
			  values[i], err.msg);
	}
}

Test(options, name_files)
{
	cr_assert_eq(RUN("--hostname", "web", "--domainname", "example.org", "--add-host",
			 "db=[2001:db8::7]", "--add-host", "cache:192.0.2.7", "--dns", "192.0.2.53",
			 "--dns", "[::1]", "--dns-search", "a.example", "--dns-search", "b.example",
			 "--dns-opt", "ndots:2", "--dns-option", "use-vc", "R"),
		     0);
	cr_assert_eq(spec.n_secrets, 2);
	cr_expect_str_eq(spec.secrets[0].target, "/etc/hosts");
	cr_expect_str_eq(spec.secrets[0].content, "127.0.0.1\tlocalhost\n"
						  "::1\tlocalhost ip6-localhost ip6-loopback\n"
						  "fe00::\tip6-localnet\n"
						  "ff00::\tip6-mcastprefix\n"
						  "ff02::1\tip6-allnodes\n"
						  "ff02::2\tip6-allrouters\n"
						  "127.0.1.1\tweb.example.org web\n"
						  "2001:db8::7\tdb\n"
						  "192.0.2.7\tcache\n");
	cr_expect_str_eq(spec.secrets[1].target, "/etc/resolv.conf");
	cr_expect_str_eq(spec.secrets[1].content, "nameserver 192.0.2.53\n"
						  "nameserver ::1\n"
						  "search a.example b.example\n"
						  "options ndots:2 use-vc\n");
}

Test(options, devices)
{
	const struct mount_req *m;

	cr_assert_eq(RUN("--device", "/dev/fuse", "--device", "./tun:/dev/net/tun:rwm", "R"), 0);
	m = mount_at("/dev/fuse");
	cr_assert_not_null(m);
	cr_expect(m->is_device && m->is_dev && !m->is_exec && !m->is_suid);
	cr_expect_str_eq(m->source, "/dev/fuse");
	cr_expect_str_eq(mount_at("/dev/net/tun")->source, "./tun");
}

/* A file with this content, and its path. */
static const char *env_file(const char *text, size_t len)
{
	static char path[64];
	int fd;

	strcpy(path, "/tmp/pillbox-test-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	return path;
}

static int run_env_file(const char *text, size_t len)
{
	const char *path = env_file(text, len);
	int rc = RUN("-e", "B=line", "--env-file", path, "R");

	unlink(path);
	return rc;
}

Test(options, env_file_rules)
{
	static const char text[] = "\xef\xbb\xbf"
				   "A= x # no comment\n\n# comment\n  C=\"q\"\r\n"
				   "B=file\nPILLBOX_TEST_SET\nPILLBOX_TEST_ABSENT\nD=";

	setenv("PILLBOX_TEST_SET", "yes", 1);
	cr_assert_eq(run_env_file(text, sizeof(text) - 1), 0, "%s", err.msg);
	cr_assert_eq(spec.n_env, 5);
	cr_expect_str_eq(spec.env[0], "A= x # no comment");
	cr_expect_str_eq(spec.env[1], "C=\"q\"");
	cr_expect_str_eq(spec.env[2], "PILLBOX_TEST_SET=yes");
	cr_expect_str_eq(spec.env[3], "D=");
	cr_expect_str_eq(spec.env[4], "B=line", "--env overrides the file");
}

Test(options, env_file_errors)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} files[] = {
		{"A=1\n=x\n", 7, ":2: no variable name"},
		{"A=1\n\nexport B=2\n", 16, ":3: blank in the name"},
		{"A =1\n", 5, ":1: blank in the name"},
		{"A=1\nB=\0x\n", 9, ":2: a NUL byte"},
	};
	char *large = malloc(1100000);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		teardown();
		setup();
		cr_assert_lt(run_env_file(files[i].text, files[i].len), 0);
		cr_expect(strstr(err.msg, files[i].want), "'%s'", err.msg);
	}
	memset(large, 'x', 1100000);
	setup();
	cr_assert_lt(run_env_file(large, 1100000), 0);
	cr_expect(strstr(err.msg, "larger than 1 MiB"), "%s", err.msg);
	large[1] = '=';
	setup();
	cr_assert_lt(run_env_file(large, 131072), 0);
	cr_expect(strstr(err.msg, "longer than 131071"), "%s", err.msg);
	setup();
	cr_assert_eq(run_env_file(large, 131071), 0);
	free(large);
}

Test(options, env_never_printed)
{
	cr_assert_lt(RUN("-e", "=hunter2", "R"), 0);
	cr_assert_null(strstr(err.msg, "hunter2"));
}

/* n times `option` with head, a number and tail as its value; all live as long as the test. */
static char **many(const char *option, const char *head, const char *tail, size_t n)
{
	char **argv = calloc(2 * n + 2, sizeof(*argv));

	for (size_t i = 0; i < n; i++) {
		argv[2 * i] = strdup(option);
		cr_assert_geq(asprintf(&argv[2 * i + 1], "%s%zu%s", head, i, tail), 0);
	}
	argv[2 * n] = strdup("R");
	return argv;
}

/* A line as long as the kernel allows must not take long, nor fill the arena. */
Test(options, many_options, .timeout = 10)
{
	cr_assert_eq(run(many("-e", "A", "=", 100000)), 0, "%s", err.msg);
	cr_assert_eq(spec.n_env, 100000);
	setup();
	cr_assert_eq(run(many("-e", "A=", "", 100000)), 0);
	cr_assert_eq(spec.n_env, 1);
	cr_assert_str_eq(spec.env[0], "A=99999");
	setup();
	cr_assert_lt(run(many("--sysctl", "net.a", "=1", 100000)), 0);
	cr_expect(strstr(err.msg, "--sysctl: more than 4096 times"));
	setup();
	cr_assert_lt(run(many("-v", "/a:/b", "", 100000)), 0);
	cr_expect(strstr(err.msg, "more than 1000 mounts"));
	setup();
	cr_assert_lt(run(many("--secret", "src=/k", "", 100000)), 0);
	cr_expect(strstr(err.msg, "more than 1000 secrets"));
}

Test(options, long_values)
{
	char *long_word = malloc(131073);

	memset(long_word, 'a', 131072);
	long_word[131072] = '\0';
	cr_assert_eq(RUN("R", long_word), 0);
	for (size_t i = 0; i < options_len; i++) {
		char option[64];

		if (!options[i].metavar)
			continue;
		teardown();
		setup();
		snprintf(option, sizeof(option), "--%s", options[i].name);
		(void)RUN(option, long_word, "R"); /* must not crash, whatever it says */
		cr_expect_lt(strlen(err.msg), sizeof(err.msg));
	}
	free(long_word);
}

Test(options, table)
{
	for (size_t i = 0; i < options_len; i++) {
		const struct option_def *def = &options[i];
		size_t len = strlen(def->help);

		cr_expect(def->set && len > 10 && len < 200 && def->help[len - 1] == '.', "%s",
			  def->name);
		cr_expect_not(def->files && def->choices, "%s: one completion", def->name);
		cr_expect(def->metavar || def->count == COUNT_ONCE, "%s: a flag is no list",
			  def->name);
		for (size_t j = 0; j < i; j++) {
			cr_expect_str_neq(def->name, options[j].name);
			cr_expect(!def->letter || def->letter != options[j].letter, "-%c",
				  def->letter);
		}
	}
}

Test(options, help_names_every_option)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	cr_assert_eq(options_help(out), 0);
	fclose(out);
	for (size_t i = 0; i < options_len; i++) {
		char option[64];

		snprintf(option, sizeof(option), "--%s", options[i].name);
		cr_expect_not_null(strstr(text, option));
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 80, "%s", line);
	out = fopen("/dev/full", "we");
	cr_expect_lt(options_help(out), 0);
	fclose(out);
}

Test(nearest, distances)
{
	cr_expect_eq(edit_distance("", ""), 0);
	cr_expect_eq(edit_distance("abc", "ABC"), 0);
	cr_expect_eq(edit_distance("abc", ""), 3);
	cr_expect_eq(edit_distance("chwon", "chown"), 1);
	cr_expect_eq(edit_distance("memmory", "memory"), 1);
	cr_expect_eq(edit_distance("kitten", "sitting"), 3);
}
