/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe-landlock.c - attempts of `probe try` about what Landlock decides: changes below a path, and
 * sockets.
 *
 * Should:  take every way to TCP that the kernel has, since Landlock's rules cover only some.
 * Mustn't: send anything to an address but the loopback's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const char *arg(char **args, int n)
{
	for (int i = 0; i <= n; i++)
		if (!args[i]) {
			fprintf(stderr, "probe: argument missing\n");
			_exit(2);
		}
	return args[n];
}

/* files */

static int do_rename(char **args)
{
	return rename(arg(args, 0), arg(args, 1));
}

static int do_link(char **args)
{
	return link(arg(args, 0), arg(args, 1));
}

static int do_symlink(char **args)
{
	return symlink("x", arg(args, 0));
}

static int do_mkfifo(char **args)
{
	return mkfifo(arg(args, 0), 0600);
}

static int do_rmdir(char **args)
{
	return rmdir(arg(args, 0));
}

static int do_truncate(char **args)
{
	return truncate(arg(args, 0), 0);
}

/* A device in a directory that may be written: 0:0 is a whiteout, which needs no capability. */
static int do_whiteout(char **args)
{
	return mknod(arg(args, 0), S_IFCHR | 0600, 0);
}

/* A request that no device knows: ENOTTY where ioctl is allowed. */
static int do_ioctl(char **args)
{
	int fd = open(arg(args, 0), O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -1 : ioctl(fd, 0x7f7f, 0);
}

/* sockets */

static const struct sockaddr *loopback(const char *port)
{
	static struct sockaddr_in addr;

	addr = (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return (const struct sockaddr *)&addr;
}

#define ADDR_LEN ((socklen_t)sizeof(struct sockaddr_in))

static int do_tcp_bind(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)args;
	return fd < 0 ? -1 : bind(fd, loopback("0"), ADDR_LEN);
}

static int do_tcp6_bind(char **args)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)args;
	return fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
}

static int do_tcp_connect(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : connect(fd, loopback(arg(args, 0)), ADDR_LEN);
}

/* A port without bind(2): the kernel picks one. */
static int do_tcp_listen(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)args;
	return fd < 0 ? -1 : listen(fd, 1);
}

/* A connection without connect(2). */
static int do_tcp_fastopen(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	return sendto(fd, "x", 1, MSG_FASTOPEN, loopback(arg(args, 0)), ADDR_LEN) < 0 ? -1 : 0;
}

static int do_mptcp_connect(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	return fd < 0 ? -1 : connect(fd, loopback(arg(args, 0)), ADDR_LEN);
}

static int do_mptcp_bind(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	(void)args;
	return fd < 0 ? -1 : bind(fd, loopback("0"), ADDR_LEN);
}

/* The same with a socket that was made outside: descriptor 3. */
static int do_handed_bind(char **args)
{
	(void)args;
	return bind(3, loopback("0"), ADDR_LEN);
}

static int do_handed_connect(char **args)
{
	return connect(3, loopback(arg(args, 0)), ADDR_LEN);
}

/* A datagram to oneself, there and back. */
static int do_udp(char **args)
{
	struct sockaddr_in addr = *(const struct sockaddr_in *)(const void *)loopback("0");
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	(void)args;
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&addr, len) != 1)
		return -1;
	errno = ETIMEDOUT;
	return poll(&p, 1, 2000) == 1 && recv(fd, &byte, 1, 0) == 1 ? 0 : -1;
}

const struct attempt attempts_landlock[] = {
	{"rename", "FROM TO", do_rename},
	{"link", "FROM TO", do_link},
	{"symlink", "PATH", do_symlink},
	{"mkfifo", "PATH", do_mkfifo},
	{"rmdir", "PATH", do_rmdir},
	{"truncate", "PATH", do_truncate},
	{"whiteout", "PATH", do_whiteout},
	{"ioctl", "PATH", do_ioctl},
	{"tcp-bind", NULL, do_tcp_bind},
	{"tcp6-bind", NULL, do_tcp6_bind},
	{"tcp-connect", "PORT", do_tcp_connect},
	{"tcp-listen", NULL, do_tcp_listen},
	{"tcp-fastopen", "PORT", do_tcp_fastopen},
	{"mptcp-connect", "PORT", do_mptcp_connect},
	{"mptcp-bind", NULL, do_mptcp_bind},
	{"handed-bind", NULL, do_handed_bind},
	{"handed-connect", "PORT", do_handed_connect},
	{"udp", NULL, do_udp},
	{NULL, NULL, NULL},
};
