#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trace.py - does a launch keep the rules about paths and mounts? Asked of its system calls.

usage: trace.py [--doctor] [--as USER] ROOTFS COMMAND [ARG...]     COMMAND is a `pillbox run ...` of ROOTFS

Root runs it: nobody else can read the memory of a process that is not dumpable, and so no path.
Runs the command under strace, as USER, and follows each process up to its execve, with what each descriptor
stands for. Prints `calls=N`, `attached=N`, and `RULE: CALL` for each call that breaks a rule; status 1
when one does.

--doctor: afterwards, breaks each rule in the trace by one call put in, taken out or moved, and prints
`doctor NAME: RULE` where the rules notice, `doctor NAME: missed` where they don't (status 1).

The rules, of which `rules` below has the reasons:
  no-path      a call that takes a path and changes something is not made at all
  one-name     what is made, linked, removed or chowned: one name, in a descriptor of our own mount
  attach       move_mount goes from a descriptor to a descriptor
  flags-first  ... and the mount has had its flags before
  remount      mount_setattr is by descriptor (but for the propagation of /); no mount(2), no MS_REMOUNT
  resolve      a path in the rootfs is only ever walked by openat2 with RESOLVE_IN_ROOT or _BENEATH
  inside       after the pivot nothing is opened but what is planned
  detach       umount2 is of ".", lazily; pivot_root is of "." and "."; chdir is to "/"
  order        no_new_privs, then the filter, then execve; nothing but little between those
"""
import os
import re
import subprocess
import sys
import tempfile

NO_PATH = {"mount", "mkdir", "mknod", "symlink", "link", "rename", "unlink", "rmdir", "chown", "lchown",
           "chmod", "creat", "umount", "chroot", "swapon", "truncate", "utime", "utimes", "setxattr",
           "removexattr"}
# Where the name is, and the descriptor that it is in
ONE_NAME = {"mkdirat": (1, 0), "mknodat": (1, 0), "symlinkat": (2, 1), "linkat": (3, 2),
            "renameat": (3, 2), "renameat2": (3, 2), "unlinkat": (1, 0), "fchownat": (1, 0),
            "fchmodat": (1, 0)}
MAKE_IN = {"own", "overlay"}
WALKED = {"root", "overlay"}
# Between the filter and execve: what hands over, and closes
AFTER_FILTER = {"close", "close_range", "write", "read", "sendmsg", "recvmsg", "poll", "rt_sigprocmask",
                "rt_sigaction", "exit_group", "munmap", "prctl", "seccomp", "fcntl", "ioctl", "dup3",
                "restart_syscall", "kill", "getppid", "execve"}


class Call:
    def __init__(self, pid, name, args, ret):
        self.pid, self.name, self.args, self.ret = pid, name, args, ret

    def __str__(self):
        return "%s(%s) = %s" % (self.name, ", ".join(self.args), self.ret)

    def fd(self, i):
        m = re.match(r"-?\d+", self.args[i])
        return int(m.group()) if m else None  # AT_FDCWD

    def text(self, i):
        m = re.match(r'"((?:[^"\\]|\\.)*)"', self.args[i])
        return m.group(1) if m else None

    def result(self):
        m = re.search(r"/\* (\d+) in strace's PID NS", self.ret)  # a pid as the sandbox counts
        if m:
            return int(m.group(1))
        m = re.match(r"-?\d+", self.ret)
        return int(m.group()) if m else -1


def split_args(text):
    """Arguments at the top level: commas in braces, brackets and strings don't count."""
    args, depth, start, quoted, i = [], 0, 0, False, 0
    while i < len(text):
        c = text[i]
        if quoted:
            if c == "\\":
                i += 1
            elif c == '"':
                quoted = False
        elif c == '"':
            quoted = True
        elif c in "{[(":
            depth += 1
        elif c in "}])":
            depth -= 1
        elif c == "," and depth == 0:
            args.append(text[start:i].strip())
            start = i + 1
        i += 1
    args.append(text[start:].strip())
    return [a for a in args if a]


def read_trace(lines):
    calls, waiting = [], {}
    for line in lines:
        m = re.match(r"(\d+) +(.*)", line.rstrip("\n"))
        if not m:
            continue
        pid, rest = int(m.group(1)), m.group(2)
        if rest.endswith("<unfinished ...>"):
            waiting[pid] = rest[:-len("<unfinished ...>")].rstrip()
            continue
        m = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
        if m:
            rest = waiting.pop(pid, "") + m.group(1)
        m = re.match(r"(\w+)\((.*)\)\s+= (.*)", rest)
        if m:
            args = m.group(2).replace(" => {", ", {")
            calls.append(Call(pid, m.group(1), split_args(args), m.group(3)))
    return calls


class Process:
    """What each descriptor of a process stands for: own (a mount made here), overlay (the root as a
    layer, where things may be made, but whose links are the rootfs' own), root, host, other."""

    def __init__(self, parent=None, is_child=False):
        self.fds = dict(parent.fds) if parent else {}
        self.own_devs = dict(parent.own_devs) if parent else {}
        self.types = {}        # of what fsopen gave
        self.devs = {}
        self.cwd = parent.cwd if parent else "host"
        self.ready = set()     # detached mounts that have their flags
        self.is_child = is_child
        self.is_inside = False
        self.nnp = self.filtered = False
        self.late = []         # after the filter; wrong when this is who becomes the command

    def kind(self, fd):
        if fd is None:
            return self.cwd
        return self.own_devs.get(self.devs.get(fd)) or self.fds.get(fd, "other")


# After the pivot, by path: the root and the working directory, mount points for Landlock's rules, the
# terminal by its name, and what /proc tells the process about itself.
def planned(call, path, targets):
    return (path in {"/", "."} or path in targets or path in {"/dev", "/proc", "/sys"} or
            re.match(r"/proc/(self|thread-self|\d+)/", path) is not None or
            re.match(r"/dev/(tty|pts/\d+|console)$", path) is not None)


def opened(p, c, rootfs):
    """The kind of what an open or open_tree gives."""
    if c.name == "open":
        where, path = "host" if not p.is_inside else "root", c.text(0)
    else:
        where, path = p.kind(c.fd(0)), c.text(1) or ""
        if path.startswith("/") and "IN_ROOT" not in str(c):
            where = "root" if p.is_inside else "host"
    if where == "host" and (path == rootfs or path.startswith(rootfs + "/")):
        return "root"
    return where


def check(calls, rootfs, targets, launcher):
    """(rule, call) of each that breaks one, and how many mounts were attached."""
    found, attached = [], 0
    procs = {launcher: Process()}
    done = set()

    def broken(rule):
        found.append((rule, str(c)))

    started = False
    for c in calls:
        if c.name == "execve" and c.pid == launcher and not started:
            started = True
            continue
        if c.pid in done:
            continue
        p = procs.setdefault(c.pid, Process())
        ok = c.result() >= 0
        if c.name in {"clone3", "clone", "fork", "vfork"} and c.result() > 0:
            is_child = "CLONE_NEWNS" in str(c)
            new = Process(p, is_child or p.is_child)
            new.nnp, new.filtered, new.is_inside = p.nnp, p.filtered, p.is_inside
            new.devs = dict(p.devs)
            old = procs.get(c.result())
            # Its first calls may stand before the parent's clone returned.
            if old is None or not old.fds:
                procs[c.result()] = new
            continue

        if c.name in NO_PATH:
            broken("remount" if "MS_REMOUNT" in str(c) else "no-path")
        if c.name in ONE_NAME:
            name, where = c.text(ONE_NAME[c.name][0]), c.fd(ONE_NAME[c.name][1])
            kind = p.kind(where)
            if name is None or (name == "" and "AT_EMPTY_PATH" not in str(c)) or "/" in name or \
                    name in {".", ".."} or (p.is_child and kind not in MAKE_IN) or kind == "root":
                broken("one-name")
        if c.name in {"open", "openat", "openat2"} and ("O_CREAT" in str(c)):
            name = c.text(0 if c.name == "open" else 1)
            if p.is_child and (c.name == "open" or "/" in name or p.kind(c.fd(0)) not in MAKE_IN or
                               "O_NOFOLLOW" not in str(c)):
                broken("one-name")
        if c.name == "move_mount":
            if c.text(1) != "" or c.text(3) != "" or "F_EMPTY_PATH" not in str(c) or \
                    "T_EMPTY_PATH" not in str(c):
                broken("attach")
            if c.fd(0) not in p.ready:
                broken("flags-first")
            if ok:
                attached += 1
        if c.name == "mount_setattr":
            is_private = c.text(1) == "/" and "attr_set=0, attr_clr=0" in str(c)
            if not (is_private or (c.text(1) == "" and "AT_EMPTY_PATH" in str(c))):
                broken("remount")
            if ok and c.fd(0) is not None and ("attr_set=0," not in str(c) or "MS_PRIVATE" in str(c)):
                p.ready.add(c.fd(0))
        if "attr_clr=" in str(c) and "attr_clr=0" not in str(c):
            broken("remount")  # nothing is ever taken off a mount

        if c.name in {"open", "openat", "openat2", "open_tree", "stat", "lstat", "newfstatat",
                      "readlink", "readlinkat", "access", "faccessat", "faccessat2", "statfs"}:
            first = c.name in {"open", "stat", "lstat", "readlink", "access", "statfs"}
            path = c.text(0 if first else 1) or ""
            kind = opened(p, c, rootfs) if not first or c.name == "open" else \
                ("root" if p.is_inside else "host")
            is_walk = c.name == "openat2" and ("RESOLVE_IN_ROOT" in str(c) or
                                               "RESOLVE_BENEATH" in str(c))
            is_walk |= "O_CREAT|O_EXCL" in str(c)  # and one name: above
            if kind in WALKED and path and not is_walk and not path.startswith("/proc/") and \
                    path != rootfs and not p.is_inside and path != "/":
                broken("resolve")
            if p.is_inside and path.startswith("/") and not planned(c, path, targets):
                broken("inside")
            if p.is_inside and p.kind(c.fd(0)) in WALKED and path and not path.startswith("/") and \
                    not is_walk and not first:
                broken("inside")
            if ok and c.name in {"open", "openat", "openat2"}:
                p.fds[c.result()] = kind
                p.devs.pop(c.result(), None)
                p.ready.discard(c.result())
            if ok and c.name == "open_tree":
                # A copy of what? It has its flags when it is a copy that gets them.
                p.fds[c.result()] = kind
                p.devs.pop(c.result(), None)
                p.ready.discard(c.result())
        if c.name == "newfstatat" and c.text(1) == "" or c.name == "fstat":
            m = re.search(r"st_dev=makedev\(([^)]*)\)", str(c))
            if m and c.fd(0) is not None:
                p.devs[c.fd(0)] = m.group(1)
                if p.fds.get(c.fd(0)) in {"own", "overlay"}:
                    p.own_devs[m.group(1)] = p.fds[c.fd(0)]
        if c.name == "fsopen" and ok:
            p.types[c.result()] = c.text(0)
        if c.name == "fsmount" and ok:
            p.fds[c.result()] = "overlay" if p.types.get(c.fd(0)) == "overlay" else "own"
            p.devs.pop(c.result(), None)
            (p.ready.add if c.args[2] != "0" else p.ready.discard)(c.result())
        if c.name in {"close"} and ok:
            p.fds.pop(c.fd(0), None)
            p.devs.pop(c.fd(0), None)
            p.ready.discard(c.fd(0))
        if c.name in {"dup", "dup2", "dup3", "fcntl"} and ok and \
                (c.name != "fcntl" or "F_DUPFD" in str(c)):
            p.fds[c.result()] = p.kind(c.fd(0))
            p.devs[c.result()] = p.devs.get(c.fd(0))
            (p.ready.add if c.fd(0) in p.ready else p.ready.discard)(c.result())
        if c.name == "recvmsg" and ok:
            for fd in re.findall(r"cmsg_data=\[(\d+)", str(c)):
                p.fds[int(fd)] = "root"  # the id-mapped tree
                p.ready.discard(int(fd))

        if c.name == "fchdir" and ok:
            p.cwd = p.kind(c.fd(0))
        if c.name == "chdir" and p.is_child:
            if c.text(0) != "/":
                broken("detach")
            elif ok:
                p.cwd = "root" if p.is_inside else "host"
        if c.name == "umount2" and (c.text(0) != "." or "MNT_DETACH" not in str(c)):
            broken("detach")
        if c.name == "pivot_root":
            if c.text(0) != "." or c.text(1) != ".":
                broken("detach")
            p.is_inside = ok
        if c.name == "prctl" and c.args[0] == "PR_SET_NO_NEW_PRIVS":
            if p.filtered and "--nnp" in targets:
                p.late.append(str(c))
            p.nnp = ok
        if c.name == "seccomp" and c.args[0] == "SECCOMP_SET_MODE_FILTER" and p.is_child:
            if not p.nnp and "--nnp" in targets:
                broken("order")
            p.filtered = True
        elif p.is_child and p.filtered and p.nnp and c.name not in AFTER_FILTER:
            p.late.append(str(c))
        if c.name == "execve" and p.is_child:
            if not p.is_inside or not p.filtered:
                broken("order")
            if ok:
                found += [("order", late) for late in p.late]
                done.add(c.pid)
    if not done:
        found.append(("order", "the command was never executed"))
    return found, attached


# ---- broken on purpose --------------------------------------------------------------------------

def doctors(calls, is_nnp):
    """NAME, the rule that has to notice, the calls with something wrong in them."""
    pivot = next(i for i, c in enumerate(calls) if c.name == "pivot_root")
    pid = calls[pivot].pid
    root = calls[pivot - 1].args[0]  # fstat of the new root stands before it
    mine = [i for i, c in enumerate(calls) if c.pid == pid]
    moves = [i for i in mine if calls[i].name == "move_mount"]
    setattr_ = max(i for i in mine if i < moves[0] and calls[i].name == "mount_setattr")
    filters = [i for i, c in enumerate(calls) if c.name == "seccomp" and "SET_MODE_FILTER" in str(c) and
               i > pivot]
    root = next(c.args[0] for c in reversed(calls[:pivot]) if c.pid == pid and c.name == "fchdir")

    def with_call(at, name, *args, ret="0", who=None):
        return calls[:at] + [Call(who or pid, name, list(args), ret)] + calls[at:]

    def changed(at, i, value):
        c = calls[at]
        args = list(c.args)
        args[i] = value
        return calls[:at] + [Call(c.pid, c.name, args, c.ret)] + calls[at + 1:]

    yield "mount by path", "no-path", with_call(pivot, "mount", '"x"', '"/a"', '"tmpfs"', "0", "NULL")
    yield "a remount", "remount", with_call(pivot, "mount", '""', '"/a"', "NULL", "MS_REMOUNT|MS_BIND", "NULL")
    for name in ("mkdir", "mknod", "symlink", "unlink", "chown", "rmdir", "rename", "link", "chmod"):
        yield name + " by path", "no-path", with_call(pivot, name, '"/etc/x"', "0755")
    yield "mkdirat by path", "one-name", with_call(pivot, "mkdirat", "AT_FDCWD", '"/a"', "0755")
    yield "mkdirat of two names", "one-name", with_call(pivot, "mkdirat", root, '"a/b"', "0755")
    if not any(c.name == "fsopen" and c.text(0) == "overlay" for c in calls):
        yield "mkdirat in the rootfs", "one-name", with_call(pivot, "mkdirat", root, '"a"', "0755")
        yield "unlinkat in the rootfs", "one-name", with_call(pivot, "unlinkat", root, '"a"', "0")
        yield "symlinkat in the rootfs", "one-name", with_call(pivot, "symlinkat", '"x"', root, '"a"')
        yield "mknodat in the rootfs", "one-name", with_call(pivot, "mknodat", root, '"a"', "S_IFCHR")
        yield "fchownat in the rootfs", "one-name", with_call(pivot, "fchownat", root, '"a"', "0", "0", "0")
        yield "a file made in the rootfs", "one-name", \
            with_call(pivot, "openat", root, '"a"', "O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW", "0644", ret="90")
    yield "openat in the rootfs", "resolve", with_call(pivot, "openat", root, '"etc"', "O_PATH", ret="90")
    yield "stat in the rootfs", "resolve", with_call(pivot, "newfstatat", root, '"etc"', "{}", "0")
    yield "openat2 without RESOLVE_IN_ROOT", "resolve", \
        with_call(pivot, "openat2", root, '"etc"', "{flags=O_PATH, resolve=RESOLVE_NO_MAGICLINKS}", "24", ret="90")
    yield "move_mount to a path", "attach", changed(moves[-1], 3, '"/proc/x"')
    yield "no flags before move_mount", "flags-first", \
        [c for i, c in enumerate(calls) if not (c.pid == pid and i < moves[0] and c.name == "mount_setattr" and
                                                c.args[0] == calls[setattr_].args[0])]
    yield "flags after move_mount", "flags-first", with_call(
        pivot, "open_tree", root, '""', "OPEN_TREE_CLONE|AT_EMPTY_PATH", ret="91")[:pivot + 1] + \
        [Call(pid, "move_mount", ["91", '""', root, '""', "MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH"], "0"),
         Call(pid, "mount_setattr", ["91", '""', "AT_EMPTY_PATH", "{attr_set=MOUNT_ATTR_RDONLY, attr_clr=0}"], "0")] + \
        calls[pivot:]
    yield "mount_setattr by path", "remount", with_call(
        pivot, "mount_setattr", root, '"proc"', "0", "{attr_set=MOUNT_ATTR_RDONLY, attr_clr=0}")
    yield "a flag taken off", "remount", with_call(
        pivot, "mount_setattr", root, '""', "AT_EMPTY_PATH", "{attr_set=0, attr_clr=MOUNT_ATTR_RDONLY}")
    after = pivot + 4
    yield "a library of the tree", "inside", with_call(after, "openat", "AT_FDCWD", '"/lib/libnss_files.so"', "O_RDONLY",
                                                       ret="90")
    yield "a file of the tree", "inside", with_call(after, "open", '"/etc/passwd"', "O_RDONLY", ret="90")
    yield "umount2 by path", "detach", with_call(pivot + 1, "umount2", '"/old"', "MNT_DETACH")
    yield "pivot_root by path", "detach", changed(pivot, 1, '"/old"')
    yield "chdir by path", "detach", with_call(after, "chdir", '"/work"')
    if is_nnp:
        yield "no filter", "order", [c for i, c in enumerate(calls) if i not in filters]
        yield "no_new_privs after the filter", "order", with_call(
            filters[-1] + 1, "prctl", "PR_SET_NO_NEW_PRIVS", "1", who=calls[filters[-1]].pid)
        yield "a call after the filter", "order", with_call(
            filters[-1] + 1, "setresuid", "0", "0", "0", who=calls[filters[-1]].pid)


def main():
    args = sys.argv[1:]
    is_doctor = args[0] == "--doctor"
    args = args[is_doctor:]
    user, env = [], {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
    if args[0] == "--as":
        user = ["-u", args[1]] if args[1] else []
        args = args[2:]
    rootfs, *command = args
    targets = {"/tmp", "/run", "/var/tmp", "/dev/shm", "/dev/mqueue"}
    targets |= {m.split(":")[1] for m in command if re.match(r"/[^:]*:/", m)}
    targets |= {command[i + 1].split(":")[0] for i, a in enumerate(command) if a == "--tmpfs"}
    if "-w" in command:
        where = command[command.index("-w") + 1]
        targets |= {where[:i] for i, char in enumerate(where) if char == "/"} | {where}
    if "--preset" not in command or "docker" not in command:
        targets.add("--nnp")
    with tempfile.NamedTemporaryFile("r", errors="replace") as trace:
        run = subprocess.run(["strace", *user, "-f", "-qq", "-s", "4096", "-v", "--decode-pids=pidns", "-o", trace.name, *command],
                             stdin=subprocess.DEVNULL, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        lines = trace.readlines()
    calls = read_trace(lines)
    if not calls:
        sys.exit("strace: " + run.stderr.decode(errors="replace"))
    launcher = calls[0].pid
    found, attached = check(calls, rootfs, targets, launcher)
    print("status=%d\ncalls=%d\nattached=%d" % (run.returncode, len(calls), attached))
    for rule, call in found:
        print("%s: %s" % (rule, call[:300]))
    rc = bool(found)
    if is_doctor and not found:
        for name, rule, sick in doctors(calls, "--nnp" in targets):
            rules = {r for r, _ in check(sick, rootfs, targets, launcher)[0]}
            print("doctor %s: %s" % (name, rule if rule in rules else "missed (%s)" % ", ".join(rules)))
            rc |= rule not in rules
    sys.exit(rc)


main()
