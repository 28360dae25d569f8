/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.c - network and host name: the loopback interface of the new network namespace, and uts.
 *
 * Should: bring up `lo` and nothing else.
 * Mustn't: be reached with --network host.
 */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drysh.h"
#include "verify.h"

static bool net_lo_wanted(const struct run *r)
{
	return r->spec->net == NET_NONE;
}

static int net_lo_run(struct run *r, struct err *err)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	(void)r;
	if (fd < 0)
		return err_set(err, errno, "socket for lo");
	if (ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return err_set(err, errno, "bring up lo");
	return 0;
}

/* Only an interface that is up has its address in the routing table (fib_trie; no other file tells). */
static int lo_is_up(const struct run *r, struct err *err)
{
	auto_free char *text = NULL;
	char path[64];
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/net/fib_trie", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 1 << 20, &text, &len);
	if (rc < 0)
		return err_set(err, -rc, "routes of the sandbox");
	return strstr(text, "127.0.0.1") ? 0 : err_say(err, "the sandbox's lo is down");
}

/* /proc/PID/net/dev lists the interfaces of that process' namespace: two header lines, then lo. */
static int net_lo_verify(const struct run *r, struct err *err)
{
	auto_free char *text = NULL;
	char path[64];
	size_t len;
	unsigned lines = 0;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/net/dev", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 1 << 20, &text, &len);
	if (rc < 0)
		return err_set(err, -rc, "interfaces of the sandbox");
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	if (!strstr(text, " lo:"))
		return err_say(err, "the sandbox has no lo");
	if (lines != 3)
		return err_say(err, "the sandbox sees %u interfaces, not only lo", lines - 2);
	return lo_is_up(r, err);
}

static void net_lo_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_need(out, "ip", "iproute2");
	sh_line(out, "ip link set lo up");
}

const struct step step_net_lo = {
	.id = "net-lo",
	.what = "bring up the loopback interface of the new network namespace; there is no other",
	.why = "needs CAP_NET_ADMIN in the user namespace that owns the network namespace, so before caps",
	.refs = "network_namespaces(7), netdevice(7)",
	.calls = "ioctl(socket, SIOCSIFFLAGS, {\"lo\", IFF_UP | IFF_RUNNING})",
	.side = CHILD,
	.wanted = net_lo_wanted,
	.by = "--network none",
	.sh = net_lo_sh,
	.run = net_lo_run,
	.verify = net_lo_verify,
	.hints = (const struct hint[]){{EAFNOSUPPORT, "this kernel has no IPv4"}, {0, NULL}},
};

static int hostname_run(struct run *r, struct err *err)
{
	const char *name = r->spec->hostname, *domain = r->spec->domainname;

	if (sethostname(name, strlen(name)) < 0)
		return err_set(err, errno, "--hostname %s", name);
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		return err_set(err, errno, "--domainname %s", domain);
	return 0;
}

static void hostname_show(const struct run *r, struct show *out)
{
	show(out, "hostname", "%s", r->spec->hostname);
	if (r->spec->domainname)
		show(out, "domainname", "%s", r->spec->domainname);
}

static void hostname_sh(const struct run *r, struct sh *out)
{
	sh_need(out, "hostname", "hostname");
	sh_line(out, "hostname -- %s", sh_quote(r, r->spec->hostname));
	if (r->spec->domainname) /* of the same package */
		sh_line(out, "domainname -- %s", sh_quote(r, r->spec->domainname));
}

const struct step step_hostname = {
	.id = "hostname",
	.what = "set the host name of the new uts namespace; the domain name, when asked",
	.why = "needs CAP_SYS_ADMIN in the user namespace that owns the uts namespace, so before caps",
	.refs = "sethostname(2), setdomainname(2), uts_namespaces(7)",
	.calls = "sethostname(NAME)\nwith --domainname: setdomainname(NAME)",
	.side = CHILD,
	.show = hostname_show,
	.sh = hostname_sh,
	.run = hostname_run,
};
