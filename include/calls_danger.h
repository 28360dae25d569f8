/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_danger.h - what single system calls have been good for in attacks, one clause each.
 *
 * Only calls_table.c includes this: a row there has no room for the sentence, and several calls
 * share one. A clause that begins with "with" is about some arguments only.
 */
#ifndef PILLBOX_CALLS_DANGER_H
#define PILLBOX_CALLS_DANGER_H

/* Much kernel behind one door */
#define DANGER_BPF \
	"runs programs in the kernel; its verifier let bad ones pass (CVE-2020-8835, CVE-2021-3490)"
#define DANGER_IO_URING \
	"opens files and sockets past every filter, and was often broken (CVE-2022-29582, CVE-2023-2598)"
#define DANGER_PERF "large and reachable by everyone; gave root (CVE-2013-2094)"
#define DANGER_KEYS "keys are in no namespace; a counter that overflowed gave root (CVE-2016-0728)"
#define DANGER_USERFAULTFD "stops the kernel in the middle of a copy, which makes races easy to win"
#define DANGER_VMSPLICE "an unchecked address gave root (CVE-2008-0600)"
#define DANGER_REMAP \
	"rearranges pages within a mapping; deprecated, and hardly anything uses or tests it"
#define DANGER_NUMA "gave away kernel memory (CVE-2017-7616)"
#define DANGER_NUMA_LOOK "shows where pages lie, other processes' too (CVE-2017-14140)"
#define DANGER_LDT "makes segments, the ground of old kernel bugs (CVE-2017-17053)"
#define DANGER_VM86 "enters 16-bit mode, kernel code that hardly anything uses or tests"
#define DANGER_USELIB "an old loader of libraries; a race in it gave root (CVE-2004-1235)"
#define DANGER_FANOTIFY \
	"sees, and may hold up, what everyone does on a file system, outside of the sandbox too"
#define DANGER_DCOOKIE "names files of the whole machine"

/* Another view of the system */
#define DANGER_CLONE \
	"with a CLONE_NEW flag it is as good as unshare; CLONE_NEWUSER gave root (CVE-2013-1858)"
#define DANGER_CLONE3 "as clone, with its flags in memory, where no filter can look"
#define DANGER_UNSHARE \
	"a user namespace opens most of the kernel to an ordinary user (CVE-2022-0185, CVE-2022-0492)"
#define DANGER_SETNS "enters namespaces of others, the host's through a leaked descriptor"
#define DANGER_CHROOT "a second chroot is the classic way out of the first"
#define DANGER_PIVOT "exchanges the root below running processes"
#define DANGER_MOUNT \
	"covers or reveals what is sealed; a mounted cgroup file system was a way out (CVE-2022-0492)"
#define DANGER_UMOUNT "reveals what is masked"
#define DANGER_MOUNT_NEW "mounts past a filter that knows only mount(2) (CVE-2021-41133)"
#define DANGER_FSOPEN "mounts past a filter that knows only mount(2); gave root (CVE-2022-0185)"
#define DANGER_HANDLE_OPEN \
	"opens any file of a file system by its number, past mounts: the Docker escape of 2014"
#define DANGER_HANDLE_NAME "tells file numbers, which open_by_handle_at takes"
#define DANGER_MKNOD "with a device type it makes a way to a device, the host's disk for instance"

/* Other processes */
#define DANGER_PTRACE \
	"controls other processes; gave root (CVE-2019-13272), and before Linux 4.8 went round filters"
#define DANGER_VM_READ "reads the memory of other processes, secrets included"
#define DANGER_VM_WRITE "writes into the memory of other processes"
#define DANGER_VM_ADVISE "pages out the memory of other processes, which helps to time them"
#define DANGER_PIDFD_GETFD "takes open files out of other processes"
#define DANGER_KCMP "compares kernel addresses, a help against their randomisation"

/* What the arguments decide */
#define DANGER_IOCTL \
	"with TIOCSTI or TIOCLINUX it types into the terminal (CVE-2017-5226, CVE-2019-10063)"
#define DANGER_SOCKET \
	"with a rare family it reaches rarely tested code; AF_PACKET gave root (CVE-2017-7308)"
#define DANGER_SOCKETCALL "makes any socket: its arguments are in memory, where no filter can look"
#define DANGER_PERSONALITY \
	"with ADDR_NO_RANDOMIZE or READ_IMPLIES_EXEC it weakens the programs it starts (CVE-2009-1895)"
#define DANGER_MEMFD "makes files that can be executed although every writable mount is noexec"

/* The machine as a whole */
#define DANGER_MODULE "puts code of the caller's into the kernel"
#define DANGER_MODULE_OUT "takes code out of the kernel, protections included"
#define DANGER_KEXEC "puts another kernel in the place of this one"
#define DANGER_REBOOT "stops the machine"
#define DANGER_SWAP "changes where the machine's memory is written to"
#define DANGER_ACCT "writes a record of every process of the machine"
#define DANGER_QUOTA "changes the quotas of the host's file systems"
#define DANGER_SYSLOG "reads the host's kernel log, addresses included"
#define DANGER_CLOCK "sets the clock of the machine: certificates, logs, other tenants"
#define DANGER_HOSTNAME "renames the machine where there is no UTS namespace"
#define DANGER_VHANGUP "hangs up the caller's terminal"
#define DANGER_PORTS "reaches the hardware, past the kernel"

#endif
