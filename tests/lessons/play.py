#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""play - type a lesson's commands into a shell on a terminal and compare what is printed.

usage: play.py [--guest yes|no|REASON] [--only-guest] [--show] LESSON.md...

In a lesson, a block ```console holds commands and what they print:
    $ COMMAND           is typed; lines below it that start with `> ` continue it
    text                must be printed so. `...` in it is any text, a line `...` alone is any
                        lines, none too. Blanks are as good as tabs and as other blanks.
In a block ```console guest the commands need cgroup v2, delegated to the user: --guest says
whether they are typed here (yes), or why not. --only-guest leaves out lessons without such a block.
--show prints what was really printed instead of comparing: to write a lesson by.

Every lesson gets one shell, as its reader has: interactive, with job control, on a terminal of 80
columns, in a home directory of its own, with the tree of $ROOTFS as ~/rootfs.

Its reader is `ada` on `den`, uid and gid 1001, home /home/ada, with the 65536 subordinate ids from
100000 on. Who plays it is somebody else: these words stand for what is true here.

Should:  print `ok - `, `not ok - ` and `skip - ` lines; after `not ok`, what was expected and got.
Mustn't: wait for a command for ever, or take what was not printed yet for silence.
"""
import os
import re
import select
import signal
import subprocess
import sys
import time

LIMIT = float(os.environ.get("LESSON_LIMIT", "30"))  # seconds for one command
START = "\036"  # the prompt is START STATUS END: nothing else prints these
END = "\037"


class Step:
    """One command, with what it should print."""

    def __init__(self, line, is_guest):
        self.command, self.expected, self.is_guest = [line], [], is_guest

    def name(self):
        more = " ..." if len(self.command) > 1 else ""
        return "$ " + self.command[0] + more


def read_lesson(path):
    """The Steps of a lesson. A block that starts with no `$ ` line is a mistake in the page."""
    steps, block = [], None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if line.startswith("```"):
                block = line[3:].split() if block is None else None
                step = None
            elif not block or block[0] != "console":
                continue
            elif line.startswith("$ "):
                step = Step(line[2:], block[1:] == ["guest"])
                steps.append(step)
            elif step is None:
                raise SystemExit(f"not ok - {path}:{number}: output without a command")
            elif line.startswith("> ") and not step.expected:
                step.command.append(line[2:])
            else:
                step.expected.append(line)
    if not steps or block is not None:
        raise SystemExit(f"not ok - {path}: no commands, or a block without an end")
    return steps


# --- who plays ----------------------------------------------------------------------------------


def sub_range(path, user):
    """The first subordinate id of the user; any other number will not do for a lesson."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, start, count = line.strip().split(":")
            if name in (user, str(os.getuid())) and int(count) >= 65536:
                return int(start)
    raise SystemExit(f"not ok - lessons: {user} has no 65536 subordinate ids in {path}")


def words_of(user, home):
    uids, gids = sub_range("/etc/subuid", user), sub_range("/etc/subgid", user)
    either = lambda *values: "(?:" + "|".join(sorted({re.escape(str(v)) for v in values})) + ")"
    return {
        "/home/ada": re.escape(home),
        "ada": re.escape(user),
        "den": re.escape(os.uname().nodename),
        "1001": either(os.getuid(), os.getgid()),
        "100000": either(uids, gids, 100000),  # or the period in cpu.max
        "100999": either(uids + 999, gids + 999),  # 1000 in a sandbox
    }


# --- comparing ----------------------------------------------------------------------------------


def line_pattern(line, words):
    """One expected line as an expression."""
    parts = re.split(r"(\.\.\.|\s+|/home/ada\b|\b(?:ada|den|1001|100000|100999)\b)", line.strip())
    out = ""
    for part in parts:
        if part == "...":
            out += ".*"
        elif part.isspace():
            out += r"\s+"
        else:
            out += words.get(part) or re.escape(part)
    return re.compile(r"\s*" + out + r"\s*")


def matches(expected, got, words):
    """Lines against lines, `...` alone being any number of them."""
    if not expected:
        return not got
    if expected[0].strip() == "...":
        return any(matches(expected[1:], got[i:], words) for i in range(len(got) + 1))
    if not got or not line_pattern(expected[0], words).fullmatch(got[0]):
        return False
    return matches(expected[1:], got[1:], words)


# --- the shell ----------------------------------------------------------------------------------


class Shell:
    def __init__(self, home):
        env = {name: os.environ[name] for name in os.environ
               if name in ("PATH", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")}
        env.update(HOME=home, TERM="dumb", LC_ALL="C", PS2="", HISTFILE="")
        self.master, slave = os.openpty()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                tty = os.open(os.ttyname(slave), os.O_RDWR)  # the session's terminal from now on
                for fd in (0, 1, 2):
                    os.dup2(tty, fd)
                os.closerange(3, 256)
                os.chdir(home)
                os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], env)
            finally:
                os._exit(127)
        os.close(slave)
        self.run(["stty -echo rows 24 cols 80; PS1='\\036$?\\037'"])

    def run(self, lines):
        """Type it; the lines that came before the next prompt. None: it did not come."""
        os.write(self.master, ("\n".join(lines) + "\n").encode())
        data, end = "", time.monotonic() + LIMIT
        while not re.search(START + r"\d+" + END + r"$", data):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                return None
            try:
                data += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError:  # the shell is gone
                return None
        data = re.sub(START + r"\d+" + END, "", data).replace("\r", "")
        return data.rstrip("\n").split("\n") if data.strip("\n") else []

    def close(self):
        """As when a window is closed: everything in it gets SIGHUP."""
        os.close(self.master)
        for number in (signal.SIGHUP, signal.SIGKILL):
            for _ in range(50):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
                time.sleep(0.02)
            os.kill(self.pid, number)
        os.waitpid(self.pid, 0)


# --- one lesson ---------------------------------------------------------------------------------


def say_difference(expected, got):
    for title, lines in (("expected", expected), ("got", got)):
        print(f"  {title}:")
        for line in lines:
            print(f"    {line}")


def play(path, guest, show):
    """Exit status of one lesson."""
    name = os.path.basename(path).split("-")[0]
    home = os.path.join(os.environ["STAGE"], name)
    os.mkdir(home, 0o700)  # as Debian makes them
    if os.environ.get("ROOTFS"):
        subprocess.run(["cp", "-a", os.environ["ROOTFS"], home + "/rootfs"], check=True)
    words = words_of(os.environ["USER"], home)
    shell, failed = Shell(home), 0
    for step in read_lesson(path):
        title = f"{name}: {step.name()}"
        if step.is_guest and guest != "yes":
            print(f"skip - {title}: {guest}")
            continue
        got = shell.run(step.command)
        if show and got is not None:
            print("\n".join(["$ " + "\n> ".join(step.command)] + got))
        elif got is None:
            print(f"not ok - {title}: no end after {LIMIT:.0f} s, or the shell ended")
            failed = 1
            break
        elif matches(step.expected, got, words):
            print(f"ok - {title}")
        else:
            print(f"not ok - {title}: it prints something else")
            say_difference(step.expected, got)
            failed = 1
        sys.stdout.flush()
    shell.close()
    return failed


def main(argv):
    guest, only_guest, show = "yes", False, False
    while argv and argv[0].startswith("--"):
        option = argv.pop(0)
        if option == "--guest":
            guest = argv.pop(0)
        elif option == "--only-guest":
            only_guest = True
        elif option == "--show":
            show = True
        else:
            raise SystemExit(__doc__)
    failed = 0
    for path in argv:
        if not only_guest or any(step.is_guest for step in read_lesson(path)):
            failed |= play(path, guest, show)
    return failed


sys.exit(main(sys.argv[1:]))
