/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_words.c - the kinds of system calls' arguments, and the constants of most of them.
 *
 * Should: have one line in call_kinds[] for each kind that calls.h names. Of several names of a
 *         value the first is written, and all are read. What is newer than a supported system's
 *         headers stands with its number.
 * Mustn't: name as a flag what is not bits of its own.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/personality.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "calls_values.h"

/* The C library's O_LARGEFILE is 0 where a long has 64 bits; the kernel's is not. */
#if defined(__aarch64__) || defined(__arm__)
#define LARGEFILE 0400000
#else
#define LARGEFILE 0100000
#endif

/* ---- sockets ---------------------------------------------------------------------------- */

static const struct call_word families[] = {
	CALL_WORD(AF_UNSPEC),     CALL_WORD(AF_UNIX),
	CALL_WORD(AF_INET),       CALL_WORD(AF_AX25),
	CALL_WORD(AF_IPX),        CALL_WORD(AF_APPLETALK),
	CALL_WORD(AF_NETROM),     CALL_WORD(AF_BRIDGE),
	CALL_WORD(AF_ATMPVC),     CALL_WORD(AF_X25),
	CALL_WORD(AF_INET6),      CALL_WORD(AF_ROSE),
	CALL_WORD(AF_DECnet),     CALL_WORD(AF_NETBEUI),
	CALL_WORD(AF_SECURITY),   CALL_WORD(AF_KEY),
	CALL_WORD(AF_NETLINK),    CALL_WORD(AF_PACKET),
	CALL_WORD(AF_ASH),        CALL_WORD(AF_ECONET),
	CALL_WORD(AF_ATMSVC),     CALL_WORD(AF_RDS),
	CALL_WORD(AF_SNA),        CALL_WORD(AF_IRDA),
	CALL_WORD(AF_PPPOX),      CALL_WORD(AF_WANPIPE),
	CALL_WORD(AF_LLC),        CALL_WORD(AF_IB),
	CALL_WORD(AF_MPLS),       CALL_WORD(AF_CAN),
	CALL_WORD(AF_TIPC),       CALL_WORD(AF_BLUETOOTH),
	CALL_WORD(AF_IUCV),       CALL_WORD(AF_RXRPC),
	CALL_WORD(AF_ISDN),       CALL_WORD(AF_PHONET),
	CALL_WORD(AF_IEEE802154), CALL_WORD(AF_CAIF),
	CALL_WORD(AF_ALG),        CALL_WORD(AF_NFC),
	CALL_WORD(AF_VSOCK),      CALL_WORD(AF_KCM),
	CALL_WORD(AF_QIPCRTR),    CALL_WORD(AF_SMC),
	CALL_WORD(AF_XDP),        {"AF_MCTP", 45},
	CALL_WORD(AF_LOCAL),      CALL_WORD(AF_FILE),
	CALL_WORD(AF_ROUTE),      CALL_END,
};

static const struct call_word socktypes[] = {
	CALL_WORD(SOCK_STREAM),    CALL_WORD(SOCK_DGRAM),
	CALL_WORD(SOCK_RAW),       CALL_WORD(SOCK_RDM),
	CALL_WORD(SOCK_SEQPACKET), CALL_WORD(SOCK_DCCP),
	CALL_WORD(SOCK_PACKET),    CALL_END,
};

static const struct call_word socktype_flags[] = {
	CALL_WORD(SOCK_NONBLOCK),
	CALL_WORD(SOCK_CLOEXEC),
	CALL_END,
};

static const struct call_word socklevels[] = {
	CALL_WORD(IPPROTO_IP),
	CALL_WORD(SOL_SOCKET),
	CALL_WORD(IPPROTO_ICMP),
	CALL_WORD(IPPROTO_TCP),
	CALL_WORD(IPPROTO_UDP),
	CALL_WORD(IPPROTO_DCCP),
	CALL_WORD(IPPROTO_IPV6),
	CALL_WORD(IPPROTO_ICMPV6),
	CALL_WORD(IPPROTO_SCTP),
	CALL_WORD(IPPROTO_UDPLITE),
	CALL_WORD(IPPROTO_RAW),
	{"SOL_ATALK", 258},
	{"SOL_NETROM", 259},
	{"SOL_ROSE", 260},
	CALL_WORD(SOL_DECNET),
	CALL_WORD(SOL_X25),
	CALL_WORD(SOL_PACKET),
	CALL_WORD(SOL_ATM),
	CALL_WORD(SOL_AAL),
	CALL_WORD(SOL_IRDA),
	CALL_WORD(SOL_NETBEUI),
	CALL_WORD(SOL_LLC),
	CALL_WORD(SOL_DCCP),
	CALL_WORD(SOL_NETLINK),
	CALL_WORD(SOL_TIPC),
	CALL_WORD(SOL_RXRPC),
	CALL_WORD(SOL_PPPOL2TP),
	CALL_WORD(SOL_BLUETOOTH),
	CALL_WORD(SOL_PNPIPE),
	CALL_WORD(SOL_RDS),
	CALL_WORD(SOL_IUCV),
	CALL_WORD(SOL_CAIF),
	CALL_WORD(SOL_ALG),
	CALL_WORD(SOL_NFC),
	CALL_WORD(SOL_KCM),
	CALL_WORD(SOL_TLS),
	CALL_WORD(SOL_XDP),
	{"SOL_MPTCP", 284},
	{"SOL_MCTP", 285},
	{"SOL_SMC", 286},
	{"SOL_VSOCK", 287},
	{"SOL_IP", 0},
	{"SOL_TCP", 6},
	{"SOL_UDP", 17},
	{"SOL_IPV6", 41},
	{"SOL_ICMPV6", 58},
	{"SOL_SCTP", 132},
	{"SOL_RAW", 255},
	CALL_END,
};

static const struct call_word netlinks[] = {
	CALL_WORD(NETLINK_ROUTE),      CALL_WORD(NETLINK_UNUSED),
	CALL_WORD(NETLINK_USERSOCK),   CALL_WORD(NETLINK_FIREWALL),
	CALL_WORD(NETLINK_SOCK_DIAG),  CALL_WORD(NETLINK_NFLOG),
	CALL_WORD(NETLINK_XFRM),       CALL_WORD(NETLINK_SELINUX),
	CALL_WORD(NETLINK_ISCSI),      CALL_WORD(NETLINK_AUDIT),
	CALL_WORD(NETLINK_FIB_LOOKUP), CALL_WORD(NETLINK_CONNECTOR),
	CALL_WORD(NETLINK_NETFILTER),  CALL_WORD(NETLINK_IP6_FW),
	CALL_WORD(NETLINK_DNRTMSG),    CALL_WORD(NETLINK_KOBJECT_UEVENT),
	CALL_WORD(NETLINK_GENERIC),    CALL_WORD(NETLINK_SCSITRANSPORT),
	CALL_WORD(NETLINK_ECRYPTFS),   CALL_WORD(NETLINK_RDMA),
	CALL_WORD(NETLINK_CRYPTO),     CALL_WORD(NETLINK_SMC),
	CALL_WORD(NETLINK_INET_DIAG),  CALL_END,
};

/* ---- files ------------------------------------------------------------------------------ */

static const struct call_word accmodes[] = {
	CALL_WORD(O_RDONLY),
	CALL_WORD(O_WRONLY),
	CALL_WORD(O_RDWR),
	CALL_END,
};

static const struct call_word oflags[] = {
	CALL_WORD(O_TMPFILE),
	CALL_WORD(O_SYNC),
	CALL_WORD(O_CREAT),
	CALL_WORD(O_EXCL),
	CALL_WORD(O_NOCTTY),
	CALL_WORD(O_TRUNC),
	CALL_WORD(O_APPEND),
	CALL_WORD(O_NONBLOCK),
	CALL_WORD(O_DSYNC),
	CALL_WORD(O_ASYNC),
	CALL_WORD(O_DIRECT),
	{"O_LARGEFILE", LARGEFILE},
	CALL_WORD(O_DIRECTORY),
	CALL_WORD(O_NOFOLLOW),
	CALL_WORD(O_NOATIME),
	CALL_WORD(O_CLOEXEC),
	CALL_WORD(O_PATH),
	{"O_NDELAY", O_NONBLOCK},
	CALL_END,
};

static const struct call_word fdflags[] = {
	CALL_WORD(O_NONBLOCK),
	CALL_WORD(O_DIRECT),
	CALL_WORD(O_CLOEXEC),
	CALL_END,
};

static const struct call_word atflags[] = {
	CALL_WORD(AT_SYMLINK_NOFOLLOW), CALL_WORD(AT_SYMLINK_FOLLOW),
	CALL_WORD(AT_NO_AUTOMOUNT),     CALL_WORD(AT_EMPTY_PATH),
	CALL_WORD(AT_STATX_FORCE_SYNC), CALL_WORD(AT_STATX_DONT_SYNC),
	{"AT_RECURSIVE", 0x8000},       CALL_END,
};

static const struct call_word accessflags[] = {
	CALL_WORD(AT_EACCESS),
	CALL_WORD(AT_SYMLINK_NOFOLLOW),
	CALL_WORD(AT_EMPTY_PATH),
	CALL_END,
};

static const struct call_word unlinkflags[] = {
	CALL_WORD(AT_REMOVEDIR),
	CALL_END,
};

static const struct call_word treeflags[] = {
	{"OPEN_TREE_CLONE", 1},
	CALL_WORD(AT_SYMLINK_NOFOLLOW),
	CALL_WORD(AT_NO_AUTOMOUNT),
	CALL_WORD(AT_EMPTY_PATH),
	{"AT_RECURSIVE", 0x8000},
	{"OPEN_TREE_CLOEXEC", O_CLOEXEC},
	CALL_END,
};

static const struct call_word at_cwd[] = {
	{"AT_FDCWD", (uint32_t)AT_FDCWD},
	CALL_END,
};

/* ---- processes -------------------------------------------------------------------------- */

static const struct call_word signals[] = {
	CALL_WORD(SIGHUP),  CALL_WORD(SIGINT),
	CALL_WORD(SIGQUIT), CALL_WORD(SIGILL),
	CALL_WORD(SIGTRAP), CALL_WORD(SIGABRT),
	CALL_WORD(SIGBUS),  CALL_WORD(SIGFPE),
	CALL_WORD(SIGKILL), CALL_WORD(SIGUSR1),
	CALL_WORD(SIGSEGV), CALL_WORD(SIGUSR2),
	CALL_WORD(SIGPIPE), CALL_WORD(SIGALRM),
	CALL_WORD(SIGTERM), CALL_WORD(SIGSTKFLT),
	CALL_WORD(SIGCHLD), CALL_WORD(SIGCONT),
	CALL_WORD(SIGSTOP), CALL_WORD(SIGTSTP),
	CALL_WORD(SIGTTIN), CALL_WORD(SIGTTOU),
	CALL_WORD(SIGURG),  CALL_WORD(SIGXCPU),
	CALL_WORD(SIGXFSZ), CALL_WORD(SIGVTALRM),
	CALL_WORD(SIGPROF), CALL_WORD(SIGWINCH),
	CALL_WORD(SIGIO),   CALL_WORD(SIGPWR),
	CALL_WORD(SIGSYS),  CALL_WORD(SIGIOT),
	CALL_WORD(SIGPOLL), CALL_END,
};

/* Not clone's: the bit is in the field of its signal. */
static const struct call_word clone_time[] = {
	{"CLONE_NEWTIME", 0x80},
	CALL_END,
};

static const struct call_word clone_flags[] = {
	CALL_WORD(CLONE_NEWUSER),
	CALL_WORD(CLONE_NEWNS),
	CALL_WORD(CLONE_NEWPID),
	CALL_WORD(CLONE_NEWNET),
	CALL_WORD(CLONE_NEWIPC),
	CALL_WORD(CLONE_NEWUTS),
	CALL_WORD(CLONE_NEWCGROUP),
	CALL_WORD(CLONE_VM),
	CALL_WORD(CLONE_FS),
	CALL_WORD(CLONE_FILES),
	CALL_WORD(CLONE_SIGHAND),
	{"CLONE_PIDFD", 0x1000},
	CALL_WORD(CLONE_PTRACE),
	CALL_WORD(CLONE_VFORK),
	CALL_WORD(CLONE_PARENT),
	CALL_WORD(CLONE_THREAD),
	CALL_WORD(CLONE_SYSVSEM),
	CALL_WORD(CLONE_SETTLS),
	CALL_WORD(CLONE_PARENT_SETTID),
	CALL_WORD(CLONE_CHILD_CLEARTID),
	CALL_WORD(CLONE_DETACHED),
	CALL_WORD(CLONE_UNTRACED),
	CALL_WORD(CLONE_CHILD_SETTID),
	CALL_WORD(CLONE_IO),
	CALL_END,
};

static const struct call_word personas[] = {
	CALL_WORD(PER_LINUX),
	CALL_WORD(PER_LINUX32),
	CALL_END,
};

static const struct call_word persona_flags[] = {
	CALL_WORD(UNAME26),          CALL_WORD(ADDR_NO_RANDOMIZE),  CALL_WORD(FDPIC_FUNCPTRS),
	CALL_WORD(MMAP_PAGE_ZERO),   CALL_WORD(ADDR_COMPAT_LAYOUT), CALL_WORD(READ_IMPLIES_EXEC),
	CALL_WORD(ADDR_LIMIT_32BIT), CALL_WORD(SHORT_INODE),        CALL_WORD(WHOLE_SECONDS),
	CALL_WORD(STICKY_TIMEOUTS),  CALL_WORD(ADDR_LIMIT_3GB),     CALL_END,
};

/* ---- memory ----------------------------------------------------------------------------- */

static const struct call_word prots[] = {
	CALL_WORD(PROT_READ),
	CALL_WORD(PROT_WRITE),
	CALL_WORD(PROT_EXEC),
	{"PROT_SEM", 0x8},
	CALL_WORD(PROT_GROWSDOWN),
	CALL_WORD(PROT_GROWSUP),
	CALL_END,
};

static const struct call_word map_types[] = {
	CALL_WORD(MAP_SHARED),
	CALL_WORD(MAP_PRIVATE),
	CALL_WORD(MAP_SHARED_VALIDATE),
	{"MAP_DROPPABLE", 0x8},
	CALL_END,
};

static const struct call_word map_flags[] = {
	CALL_WORD(MAP_FIXED),     CALL_WORD(MAP_ANONYMOUS),
	{"MAP_32BIT", 0x40},      CALL_WORD(MAP_GROWSDOWN),
	CALL_WORD(MAP_DENYWRITE), CALL_WORD(MAP_EXECUTABLE),
	CALL_WORD(MAP_LOCKED),    CALL_WORD(MAP_NORESERVE),
	CALL_WORD(MAP_POPULATE),  CALL_WORD(MAP_NONBLOCK),
	CALL_WORD(MAP_STACK),     CALL_WORD(MAP_HUGETLB),
	CALL_WORD(MAP_SYNC),      CALL_WORD(MAP_FIXED_NOREPLACE),
	CALL_WORD(MAP_ANON),      CALL_END,
};

static const struct call_word madvices[] = {
	CALL_WORD(MADV_NORMAL),      CALL_WORD(MADV_RANDOM),
	CALL_WORD(MADV_SEQUENTIAL),  CALL_WORD(MADV_WILLNEED),
	CALL_WORD(MADV_DONTNEED),    CALL_WORD(MADV_FREE),
	CALL_WORD(MADV_REMOVE),      CALL_WORD(MADV_DONTFORK),
	CALL_WORD(MADV_DOFORK),      CALL_WORD(MADV_MERGEABLE),
	CALL_WORD(MADV_UNMERGEABLE), CALL_WORD(MADV_HUGEPAGE),
	CALL_WORD(MADV_NOHUGEPAGE),  CALL_WORD(MADV_DONTDUMP),
	CALL_WORD(MADV_DODUMP),      CALL_WORD(MADV_WIPEONFORK),
	CALL_WORD(MADV_KEEPONFORK),  CALL_WORD(MADV_COLD),
	CALL_WORD(MADV_PAGEOUT),     {"MADV_POPULATE_READ", 22},
	{"MADV_POPULATE_WRITE", 23}, {"MADV_DONTNEED_LOCKED", 24},
	{"MADV_COLLAPSE", 25},       {"MADV_HWPOISON", 100},
	{"MADV_SOFT_OFFLINE", 101},  {"MADV_GUARD_INSTALL", 102},
	{"MADV_GUARD_REMOVE", 103},  CALL_END,
};

static const struct call_word memfd_flags[] = {
	CALL_WORD(MFD_CLOEXEC),   CALL_WORD(MFD_ALLOW_SEALING), CALL_WORD(MFD_HUGETLB),
	{"MFD_NOEXEC_SEAL", 0x8}, {"MFD_EXEC", 0x10},           CALL_END,
};

/* ---- mounts ----------------------------------------------------------------------------- */

static const struct call_word mount_flags[] = {
	CALL_WORD(MS_MGC_VAL),     CALL_WORD(MS_RDONLY),    CALL_WORD(MS_NOSUID),
	CALL_WORD(MS_NODEV),       CALL_WORD(MS_NOEXEC),    CALL_WORD(MS_SYNCHRONOUS),
	CALL_WORD(MS_REMOUNT),     CALL_WORD(MS_MANDLOCK),  CALL_WORD(MS_DIRSYNC),
	{"MS_NOSYMFOLLOW", 256},   CALL_WORD(MS_NOATIME),   CALL_WORD(MS_NODIRATIME),
	CALL_WORD(MS_BIND),        CALL_WORD(MS_MOVE),      CALL_WORD(MS_REC),
	CALL_WORD(MS_SILENT),      CALL_WORD(MS_POSIXACL),  CALL_WORD(MS_UNBINDABLE),
	CALL_WORD(MS_PRIVATE),     CALL_WORD(MS_SLAVE),     CALL_WORD(MS_SHARED),
	CALL_WORD(MS_RELATIME),    CALL_WORD(MS_KERNMOUNT), CALL_WORD(MS_I_VERSION),
	CALL_WORD(MS_STRICTATIME), CALL_WORD(MS_LAZYTIME),  CALL_END,
};

static const struct call_word umount_flags[] = {
	CALL_WORD(MNT_FORCE),
	CALL_WORD(MNT_DETACH),
	CALL_WORD(MNT_EXPIRE),
	CALL_WORD(UMOUNT_NOFOLLOW),
	CALL_END,
};

/* ---- the kinds --------------------------------------------------------------------------- */

#define ALL_32 UINT32_MAX
#define CHOICES(bits, words) .field = (bits), .choices = (words)

const struct call_kind call_kinds[] = {
	{.name = "int", .base = CALL_INT},
	{.name = "fd", .base = CALL_INT},
	{.name = "pid", .base = CALL_INT},
	{.name = "uid", .base = CALL_ID},
	{.name = "gid", .base = CALL_ID},
	{.name = "mode", .base = CALL_OCT},
	{.name = "size", .base = CALL_DEC, .is_64 = true},
	{.name = "hex", .is_64 = true},
	{.name = "ptr", .is_64 = true, .zero = "NULL"},
	{.name = "path", .is_64 = true, .zero = "NULL"},
	{.name = "sockaddr", .is_64 = true, .zero = "NULL"},
	{.name = "at", .base = CALL_INT, CHOICES(ALL_32, at_cwd)},
	{.name = "family", .base = CALL_DEC, CHOICES(ALL_32, families)},
	{.name = "socktype", CHOICES(0xf, socktypes), .flags = socktype_flags},
	{.name = "socklevel", .base = CALL_DEC, CHOICES(ALL_32, socklevels)},
	{.name = "netlink", .base = CALL_DEC, CHOICES(ALL_32, netlinks)},
	{.name = "oflags", CHOICES(O_ACCMODE, accmodes), .flags = oflags},
	{.name = "fdflags", .flags = fdflags},
	{.name = "atflags", .flags = atflags},
	{.name = "accessflags", .flags = accessflags},
	{.name = "unlinkflags", .flags = unlinkflags},
	{.name = "treeflags", .flags = treeflags},
	{.name = "signal", .base = CALL_DEC, CHOICES(ALL_32, signals)},
	{.name = "cloneflags", CHOICES(0xff, signals), .flags = clone_flags},
	{.name = "unshare", .is_64 = true, CHOICES(0x80, clone_time), .flags = clone_flags},
	{.name = "personality", CHOICES(PER_MASK, personas), .flags = persona_flags},
	{.name = "prot", .is_64 = true, .flags = prots, .zero = "PROT_NONE"},
	{.name = "mapflags", .is_64 = true, CHOICES(MAP_TYPE, map_types), .flags = map_flags},
	{.name = "madvise", .base = CALL_DEC, CHOICES(ALL_32, madvices)},
	{.name = "memfd", .flags = memfd_flags},
	{.name = "msflags", .is_64 = true, .flags = mount_flags},
	{.name = "umflags", .flags = umount_flags},
	{.name = "fcntl", .base = CALL_DEC, CHOICES(ALL_32, call_fcntls)},
	{.name = "prctl", CHOICES(ALL_32, call_prctls)},
	{.name = "ptrace", .is_64 = true, CHOICES(UINT64_MAX, call_ptraces)},
	{.name = "keyctl", .base = CALL_DEC, CHOICES(ALL_32, call_keyctls)},
	{.name = "bpf", .base = CALL_DEC, CHOICES(ALL_32, call_bpfs)},
	{.name = "ioctl", CHOICES(ALL_32, call_ioctls)},
};
const size_t call_kinds_len = sizeof(call_kinds) / sizeof(call_kinds[0]);
