/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_sockets.c - sockets of families that a sandbox seldom needs, and netlink.
 *
 * Should:  ask for what the kernel checks, and change nothing: a value is written back as it is.
 * Mustn't: load more modules into the host's kernel than it takes to show that one can be.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "probe.h"

/* ---- families -------------------------------------------------------------------------------- */

#define SOCKET(name, family, type, protocol, got)               \
	static void name(struct attempt *a)                     \
	{                                                       \
		if (try_socket(a, family, type, protocol) >= 0) \
			worked(a, got);                         \
	}

SOCKET(raw_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP, "a raw socket")
/* Of protocol 0: it receives nothing until it is bound. */
SOCKET(packet_socket, AF_PACKET, SOCK_RAW, 0, "a packet socket")
SOCKET(vsock_socket, AF_VSOCK, SOCK_STREAM, 0, "a socket to the hypervisor")
SOCKET(alg_socket, AF_ALG, SOCK_SEQPACKET, 0, "a socket of the kernel's crypto code")
SOCKET(xdp_socket, AF_XDP, SOCK_RAW, 0, "an XDP socket")
SOCKET(generic_netlink, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, "a generic netlink socket")

/* The first that opens is enough: each may load a module into the host, which stays there. */
static void rare_socket(struct attempt *a)
{
	static const struct {
		const char *name;
		int family, type, protocol;
	} rare[] = {
		{"AF_CAN", AF_CAN, SOCK_RAW, 1},
		{"AF_BLUETOOTH", AF_BLUETOOTH, SOCK_SEQPACKET, 0},
		{"AF_TIPC", AF_TIPC, SOCK_SEQPACKET, 0},
		{"AF_RDS", AF_RDS, SOCK_SEQPACKET, 0},
		{"AF_SMC", AF_SMC, SOCK_STREAM, 0},
		{"AF_KCM", AF_KCM, SOCK_SEQPACKET, 0},
		{"AF_QIPCRTR", AF_QIPCRTR, SOCK_DGRAM, 0},
		{"AF_RXRPC", AF_RXRPC, SOCK_DGRAM, AF_INET},
		{"AF_NFC", AF_NFC, SOCK_SEQPACKET, 0},
		{"AF_PHONET", AF_PHONET, SOCK_DGRAM, 0},
		{"AF_MCTP", AF_MCTP, SOCK_DGRAM, 0},
		{"AF_X25", AF_X25, SOCK_SEQPACKET, 0},
		{"AF_AX25", AF_AX25, SOCK_SEQPACKET, 0},
		{"AF_LLC", AF_LLC, SOCK_STREAM, 0},
		{"AF_APPLETALK", AF_APPLETALK, SOCK_DGRAM, 0},
	};

	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (try_socket(a, rare[i].family, rare[i].type, rare[i].protocol) >= 0) {
			worked(a, "%s, among families that few need", rare[i].name);
			return;
		}
}

/* ---- netlink --------------------------------------------------------------------------------- */

/* Ask, and take the kernel's answer for the call's: true: it did what was asked, or told. */
static bool netlink_ask(struct attempt *a, int protocol, unsigned type, const void *body,
			size_t len)
{
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} m = {.head = {.nlmsg_len = (unsigned)NLMSG_LENGTH(len),
			.nlmsg_type = (unsigned short)type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = try_socket(a, AF_NETLINK, SOCK_RAW, protocol);

	if (fd < 0)
		return false;
	if (len)
		memcpy(NLMSG_DATA(&m.head), body, len);
	if (TRY(a, sendto, fd, &m, m.head.nlmsg_len, 0, &kernel, sizeof(kernel)) < 0)
		return false;
	/* It is answered before sendto(2) comes back. */
	if (recv(fd, &m, sizeof(m), MSG_DONTWAIT) < (ssize_t)sizeof(m.head))
		a->ret = -EAGAIN;
	else if (m.head.nlmsg_type == NLMSG_ERROR)
		a->ret = ((const struct nlmsgerr *)NLMSG_DATA(&m.head))->error;
	return a->ret >= 0;
}

/* The loopback's MTU, as it is: the kernel asks for the right before it looks at the value. */
static void netlink_route(struct attempt *a)
{
	struct {
		struct ifinfomsg info;
		struct rtattr attr;
		int mtu;
	} lo = {.info = {.ifi_index = 1}, .attr = {RTA_LENGTH(sizeof(int)), IFLA_MTU}};
	struct ifreq r = {.ifr_name = "lo"};
	int fd = try_socket(a, AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0 || TRY(a, ioctl, fd, SIOCGIFMTU, &r) < 0)
		return;
	lo.mtu = r.ifr_mtu;
	if (netlink_ask(a, NETLINK_ROUTE, RTM_NEWLINK, &lo, sizeof(lo)))
		worked(a, "the loopback's MTU was set to what it was");
}

/* Every message to nf_tables needs the right, this one too, which only asks for a number. */
static void netlink_netfilter(struct attempt *a)
{
	struct nfgenmsg m = {.version = NFNETLINK_V0};

	if (netlink_ask(a, NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, &m,
			sizeof(m)))
		worked(a, "nf_tables takes our messages");
	else if (a->ret == -EINVAL)
		held(a, BY_KERNEL, "this kernel has no nf_tables");
}

static void netlink_xfrm(struct attempt *a)
{
	unsigned flags = 0;

	if (netlink_ask(a, NETLINK_XFRM, XFRM_MSG_GETSADINFO, &flags, sizeof(flags)))
		worked(a, "IPsec's tables take our messages");
}

/* A record without text: too short to be written, which is seen after the check of the right. */
static void netlink_audit(struct attempt *a)
{
	if (netlink_ask(a, NETLINK_AUDIT, AUDIT_USER, NULL, 0) || a->ret == -EINVAL)
		worked(a, "the audit log takes our records");
}

/* Those of the host are told in namespaces only that the host's user namespace owns. */
static void netlink_uevent(struct attempt *a)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = try_socket(a, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || TRY(a, bind, fd, &addr, sizeof(addr)) < 0)
		return;
	if (!fact_first_user_ns() && ns_is_own(NS_NET) == 1)
		held(a, BY_NAMESPACE, "only of devices in a network namespace of its own");
	else if (!fact_first_user_ns() && ns_is_own(NS_NET) < 0)
		not_applicable(a, "whose devices cannot be told: no --target=ns.net=, or no /proc");
	else
		worked(a, "hears of the host's devices as they come and go");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct attack attacks_sockets[] = {
	{.id = "socket-raw", .what = "open a raw IP socket",
	 .gives = "packets with any header, a forged sender among them",
	 .weight = 3, .caps = CAP(NET_RAW), .ns = IN(NET), .cure = "--cap-drop NET_RAW",
	 .run = raw_socket},
	{.id = "socket-packet", .what = "open a packet socket",
	 .gives = "every frame on the wire, and a module with a record (CVE-2017-7308, CVE-2020-14386)",
	 .weight = 4, .caps = CAP(NET_RAW), .ns = IN(NET), .cure = "--cap-drop NET_RAW",
	 .run = packet_socket},
	{.id = "socket-xdp", .what = "open an XDP socket",
	 .gives = "frames past the network stack, by rings shared with the kernel",
	 .weight = 3, .caps = CAP(NET_RAW), .ns = IN(NET), .cure = "--cap-drop NET_RAW",
	 .run = xdp_socket},
	{.id = "socket-vsock", .what = "open a socket to the hypervisor",
	 .gives = "services of the hypervisor, which no network namespace ends",
	 .weight = 4, .cure = "--preset hardened", .run = vsock_socket},
	{.id = "socket-alg", .what = "open a socket of the kernel's crypto",
	 .gives = "old parsing code and crypto modules, loaded on demand",
	 .weight = 3, .cure = "--preset hardened", .run = alg_socket},
	{.id = "socket-rare", .what = "open a socket of a rare family",
	 .gives = "little tested kernel modules (CAN, TIPC, RDS ...), loaded on demand",
	 .weight = 4, .seconds = 30, /* to load the modules, on an emulated processor */
	 .cure = "--preset hardened", .run = rare_socket},
	{.id = "netlink-route-change", .what = "reconfigure the network by netlink",
	 .gives = "routes and queues: traffic led astray, and code with many faults so far",
	 .weight = 4, .caps = CAP(NET_ADMIN), .ns = IN(NET), .cure = "--cap-drop NET_ADMIN",
	 .run = netlink_route},
	{.id = "netlink-netfilter", .what = "talk to nf_tables",
	 .gives = "the code that most kernel exploits of late went through (CVE-2024-1086)",
	 .weight = 7, .caps = CAP(NET_ADMIN), .ns = IN(NET), .cure = "--cap-drop NET_ADMIN",
	 .run = netlink_netfilter},
	{.id = "netlink-xfrm", .what = "talk to IPsec's tables",
	 .gives = "keys and policies of IPsec, and code with a record (CVE-2017-7184)",
	 .weight = 5, .caps = CAP(NET_ADMIN), .ns = IN(NET), .cure = "--cap-drop NET_ADMIN",
	 .run = netlink_xfrm},
	{.id = "netlink-audit", .what = "write to the audit log",
	 .gives = "forged records in the log that is to show an attack",
	 .weight = 4, .caps = CAP(AUDIT_WRITE), .in_first = true, .ns = IN(USER),
	 .cure = "--cap-drop AUDIT_WRITE", .run = netlink_audit},
	{.id = "netlink-generic", .what = "open a generic netlink socket",
	 .gives = "dozens of kernel interfaces, some loaded on demand",
	 .weight = 2, .cure = "--preset hardened", .run = generic_netlink},
	{.id = "netlink-uevent", .what = "listen to the host's devices",
	 .gives = "what is plugged in and mounted, by name",
	 .weight = 1, .ns = IN(NET), .cure = "--network none", .run = netlink_uevent},
	{0},
};
/* clang-format on */
