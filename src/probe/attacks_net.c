/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_net.c - the network: what can be changed of it, and the ways into the host and out of it.
 *
 * Should:  write back what was read; connect datagram sockets, which looks up the route and sends
 * nothing.
 * Mustn't: send anything to anybody but the witness.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

/* ---- what the network lets change ------------------------------------------------------------ */

/* Write back what was read. With an ordinary socket: the call cares for no family. */
static void interface_flags(struct attempt *a)
{
	struct ifreq r = {.ifr_name = "lo"};
	int fd = try_socket(a, AF_UNIX, SOCK_DGRAM, 0);

	if (fd >= 0 && TRY(a, ioctl, fd, SIOCGIFFLAGS, &r) >= 0 &&
	    TRY(a, ioctl, fd, SIOCSIFFLAGS, &r) >= 0)
		worked(a, "the loopback's flags were set to what they were");
}

static void low_port(struct attempt *a)
{
	int fd = try_socket(a, AF_INET, SOCK_STREAM, 0);

	for (unsigned short port = 1023; fd >= 0 && port > 1000; port--) {
		struct sockaddr_in addr = {.sin_family = AF_INET,
					   .sin_port = htons(port),
					   .sin_addr = {htonl(INADDR_LOOPBACK)}};

		if (TRY(a, bind, fd, &addr, sizeof(addr)) >= 0) {
			worked(a, "port %u of the loopback", port);
			return;
		}
		if (a->ret != -EADDRINUSE)
			return;
	}
}

static void buffer_force(struct attempt *a)
{
	int fd = try_socket(a, AF_UNIX, SOCK_DGRAM, 0), size = 4096;

	if (fd >= 0 && TRY(a, setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) >= 0)
		worked(a, "a socket's buffer of any size");
}

/* Neither TUN nor TAP: EINVAL, after the check of the right (drivers/net/tun.c). */
static void tun_make(struct attempt *a)
{
	struct ifreq r = {.ifr_flags = IFF_NO_PI};
	int fd = try_open(a, "/dev/net/tun", O_RDWR);

	if (fd >= 0 && TRY(a, ioctl, fd, TUNSETIFF, &r) == -EINVAL)
		worked(a, "the kernel would make an interface");
}

/* Another's process id, which the kernel vouches for to the receiver. */
static void credentials_forge(struct attempt *a)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(struct ucred)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_CREDENTIALS}};
	struct ucred cred = {.pid = 1, .uid = getuid(), .gid = getgid()};
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	int fds[2];

	memcpy(CMSG_DATA(&control.head), &cred, sizeof(cred));
	if (TRY(a, socketpair, AF_UNIX, SOCK_DGRAM, 0, fds) >= 0 &&
	    TRY(a, sendmsg, fds[0], &m, 0) >= 0)
		worked(a, "a message in the name of process 1");
}

/* ---- the host, and beyond -------------------------------------------------------------------- */

static long connect_ip(struct attempt *a, int type, in_addr_t to, unsigned port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons((unsigned short)port),
				   .sin_addr = {htonl(to)}};
	int fd = try_socket(a, AF_INET, type, 0);

	return fd < 0 ? fd : TRY(a, connect, fd, &addr, sizeof(addr));
}

static void host_loopback(struct attempt *a)
{
	struct attempt other = {0};

	if (!targets.port) {
		not_applicable(a, "no --target=port= was given");
		return;
	}
	if (connect_ip(a, SOCK_STREAM, INADDR_LOOPBACK, targets.port) >= 0)
		worked(a, "port %u of the host's 127.0.0.1 took our connection", targets.port);
	/* A route or a firewall would refuse a datagram socket as well. */
	else if (a->nr == SYS_connect && a->ret == -EACCES &&
		 connect_ip(&other, SOCK_DGRAM, INADDR_LOOPBACK, targets.port) >= 0)
		held(a, BY_LSM, "TCP only: Landlock, or another security module");
}

static long connect_unix(struct attempt *a, const struct sockaddr_un *addr, size_t len)
{
	int fd = try_socket(a, AF_UNIX, SOCK_STREAM, 0);
	long rc = fd < 0 ? fd
			 : TRY(a, connect, fd, addr, offsetof(struct sockaddr_un, sun_path) + len);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* Does a socket of our own take us? Then what refused the host's looks at whose it is. */
static bool own_abstract(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(addr);
	struct attempt other = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* No name: the kernel makes one up. */
	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)) == 0 &&
	       listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&addr, &len) == 0 &&
	       connect_unix(&other, &addr, len - offsetof(struct sockaddr_un, sun_path)) >= 0;
}

static void host_abstract(struct attempt *a)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(targets.abstract);

	if (!len) {
		not_applicable(a, "no --target=abstract= was given");
		return;
	}
	memcpy(addr.sun_path + 1, targets.abstract, len);
	if (connect_unix(a, &addr, 1 + len) >= 0)
		worked(a, "the host's @%s took our connection", targets.abstract);
	else if ((a->ret == -EPERM || a->ret == -EACCES) && own_abstract())
		held(a, BY_LSM, "own sockets only: Landlock's scope, or another security module");
}

static long connect_path(struct attempt *a, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	long rc;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	rc = connect_unix(a, &addr, strlen(path) + 1);
	about(a, path, W_OK);
	return rc;
}

static void host_sockets(struct attempt *a)
{
	static const char *const paths[] = {
		"/run/docker.sock",
		"/var/run/docker.sock",
		"/run/containerd/containerd.sock",
		"/run/podman/podman.sock",
		"/run/crio/crio.sock",
		"/run/systemd/private",
		"/run/dbus/system_bus_socket",
		"/run/systemd/journal/stdout",
		"/run/snapd.socket",
		"/run/libvirt/libvirt-sock",
		"/tmp/.X11-unix/X0",
	};

	const char *refused = NULL;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (connect_path(a, paths[i]) >= 0) {
			worked(a, "%s took our connection", paths[i]);
			return;
		}
		if (a->ret != -ENOENT && a->ret != -ENOTDIR && a->ret != -ECONNREFUSED)
			refused = paths[i];
	}
	if (refused)
		(void)connect_path(a, refused);
	else
		held(a, BY_ABSENT, "no socket of a container engine, systemd, D-Bus or X is here");
}

/* A datagram socket, which sends nothing */
static void route(struct attempt *a, in_addr_t to)
{
	if (connect_ip(a, SOCK_DGRAM, to, 80) >= 0)
		worked(a, "there is a route");
	else if (a->ret == -ENETUNREACH && ns_is_own(NS_NET) != 1)
		held(a, BY_ABSENT, "there is no route");
}

/* Addresses for documentation (RFC 5737) lead nowhere, but are routed like all others. */
static void internet_route(struct attempt *a)
{
	route(a, 0xc6336401 /* 198.51.100.1 */);
}

static void metadata_route(struct attempt *a)
{
	route(a, 0xa9fea9fe /* 169.254.169.254 */);
}

static void host_interfaces(struct attempt *a)
{
	int fd = try_socket(a, AF_UNIX, SOCK_DGRAM, 0), own = ns_is_own(NS_NET);

	for (int i = 1; fd >= 0 && i < 64; i++) {
		struct ifreq r = {.ifr_ifindex = i};

		if (TRY(a, ioctl, fd, SIOCGIFNAME, &r) < 0 && a->ret != -ENODEV)
			return;
		if (a->ret < 0 || !strcmp(r.ifr_name, "lo"))
			continue;
		if (own == 0)
			worked(a, "%.16s, for one", r.ifr_name);
		else if (own < 0)
			not_applicable(
				a,
				"whose %.16s is cannot be told: no --target=ns.net=, or no /proc",
				r.ifr_name);
		if (own != 1)
			return;
	}
	if (fd >= 0 && own == 1)
		held(a, BY_NAMESPACE, "only those of a network namespace of its own");
	else if (fd >= 0)
		held(a, BY_ABSENT, "there is none but the loopback");
}

/* ---- System V -------------------------------------------------------------------------------- */

static void host_segment(struct attempt *a)
{
	long at;

	if (targets.shm < 0 || !targets.word[0]) {
		not_applicable(a, "no --target=shm= was given");
		return;
	}
	at = TRY(a, shmat, targets.shm, NULL, SHM_RDONLY);
	if (at < 0 && at > -4096)
		return;
	if (!strncmp((const char *)at, targets.word, sizeof(targets.word)))
		worked(a, "read the host's word in segment %ld", targets.shm);
	else
		held(a, BY_NAMESPACE, "a segment of that number, but another one");
}

static void host_segments(struct attempt *a)
{
	struct shmid_ds info;
	long last = TRY(a, shmctl, 0, SHM_INFO, &info);

	if (last < 0)
		return;
	if (ns_is_own(NS_IPC) == 1) {
		held(a, BY_NAMESPACE, "only those of an ipc namespace of its own");
		return;
	}
	if (ns_is_own(NS_IPC) < 0) {
		not_applicable(a,
			       "whose they are cannot be told: no --target=ns.ipc=, or no /proc");
		return;
	}
	for (int i = 0; i <= last; i++)
		if (TRY(a, shmctl, i, SHM_STAT_ANY, &info) >= 0) {
			worked(a, "segment %ld: its size, owner and users", a->ret);
			return;
		}
	not_applicable(a, "there is no segment");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct attack attacks_net[] = {
	{.id = "interface-flags", .what = "set flags of a network interface",
	 .gives = "promiscuous mode, or the host cut off",
	 .weight = 4, .caps = CAP(NET_ADMIN), .ns = IN(NET), .cure = "--cap-drop NET_ADMIN",
	 .run = interface_flags},
	{.id = "bind-low-port", .what = "listen on a port below 1024",
	 .gives = "the place of a service that clients trust for its port",
	 .weight = 1, .caps = CAP(NET_BIND_SERVICE), .ns = IN(NET),
	 .cure = "--preset hardened", .run = low_port},
	{.id = "socket-buffer-force", .what = "raise a socket buffer past its limit",
	 .gives = "kernel memory beyond what the host allows",
	 .weight = 2, .caps = CAP(NET_ADMIN), .in_first = true, .cure = "--cap-drop NET_ADMIN",
	 .run = buffer_force},
	{.id = "tun-tap", .what = "make a network interface by /dev/net/tun",
	 .gives = "frames of any content, put into the kernel's parsers",
	 .weight = 3, .caps = CAP(NET_ADMIN), .ns = IN(NET), .cure = "--cap-drop NET_ADMIN",
	 .run = tun_make},
	{.id = "credentials-forge", .what = "send a message as another process",
	 .gives = "the trust that a daemon has in the sender's process id",
	 .weight = 3, .caps = CAP(SYS_ADMIN), .ns = IN(PID), .cure = "--cap-drop SYS_ADMIN",
	 .run = credentials_forge},
	{.id = "host-loopback", .what = "connect to a port of the host's 127.0.0.1",
	 .gives = "services that trust whoever comes from the same machine",
	 .weight = 6, .ns = IN(NET), .cure = "--network none", .run = host_loopback},
	{.id = "host-abstract", .what = "connect to an abstract socket of the host",
	 .gives = "daemons without files: X, D-Bus, containerd's shim (CVE-2020-15257)",
	 .weight = 7, .ns = IN(NET), .cure = "--network none", .run = host_abstract},
	{.id = "host-sockets", .what = "connect to a daemon's socket file",
	 .gives = "root on the host from a container engine, or the user's session",
	 .weight = 10, .cure = "--preset hardened", .run = host_sockets},
	{.id = "metadata-route", .what = "reach the cloud's metadata service",
	 .gives = "the machine's own credentials, on most clouds",
	 .weight = 6, .ns = IN(NET), .cure = "--network none", .run = metadata_route},
	{.id = "internet-route", .what = "find a route out of the machine",
	 .gives = "a way for stolen data to leave, and for orders to come in",
	 .weight = 4, .ns = IN(NET), .cure = "--network none", .run = internet_route},
	{.id = "host-interfaces", .what = "list the host's network interfaces",
	 .gives = "the host's networks, by name",
	 .weight = 1, .ns = IN(NET), .cure = "--network none", .run = host_interfaces},
	{.id = "host-segment", .what = "read a shared memory segment of the host",
	 .gives = "the memory that the user's programs share",
	 .weight = 6, .ns = IN(IPC), .cure = "--preset hardened", .run = host_segment},
	{.id = "host-segments", .what = "list the host's shared memory segments",
	 .gives = "who shares memory with whom",
	 .weight = 1, .ns = IN(IPC), .cure = "--preset hardened", .run = host_segments},
	{0},
};
/* clang-format on */
