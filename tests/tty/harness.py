# SPDX-License-Identifier: Apache-2.0
# harness.py - a person at a terminal, as a program: terminals, launches, and what must be left.
#
# Should:  see every process a launch makes, wherever it goes: this process is the subreaper of all
#          of them, so whatever outlives its parent becomes its child; after each test check that
#          none is left and that the terminal's mode is what it was.
# Mustn't: go by names: other tests run at the same time; wait without an end.
import ctypes
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
import traceback

PB, ROOT = os.environ.get("PB", ""), os.environ.get("ROOT", "")
SOON = 1.0  # by then everything has to be gone and the terminal as before
LONG = 5.0  # for what has to come, on a machine that does other things too
PR_SET_CHILD_SUBREAPER = 36


class Fail(Exception):
    """The reason of `not ok`."""


class OutOfTime(BaseException):
    """From the alarm: not to be taken for a failed check by anything but the runner."""


def check(holds, reason):
    if not holds:
        raise Fail(reason)


# --- processes ------------------------------------------------------------------------------------


def stat_of(pid):
    """The fields after the name: state, ppid, pgrp, session, ... None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
            return f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="latin-1") as f:
            return f.read().strip()
    except OSError:
        return "?"


def descendants(of=None):
    """Every process below this one, but for the dead that nobody has asked about yet."""
    children = {}
    for entry in os.listdir("/proc"):
        stat = stat_of(entry) if entry.isdigit() else None
        if stat:
            children.setdefault(int(stat[1]), []).append((int(entry), stat[0]))
    found, todo = [], [of or os.getpid()]
    while todo:
        for pid, state in children.get(todo.pop(), []):
            todo.append(pid)
            if state not in "ZX":
                found.append(pid)
    return found


def cpu_ticks(pid):
    stat = stat_of(pid)
    check(stat, "the launcher is gone")
    return int(stat[11]) + int(stat[12])


def left_behind():
    """Processes of the launches, without those this file made to hold the terminals."""
    holders = {t.leader for t in Terminal.open_ones if t.pid != t.leader}
    return [pid for pid in descendants() if pid not in holders]


def want_nothing_left(since=None):
    end = (since or time.monotonic()) + SOON
    while left := left_behind():
        names = " ".join(f"{name_of(pid)}({pid})" for pid in left)
        check(time.monotonic() < end, f"still alive after {SOON:.0f} s: {names}")
        time.sleep(0.01)


# --- one terminal ---------------------------------------------------------------------------------


def text(code):
    """Exit status as a shell says it."""
    return code if code >= 0 else 128 - code


class Terminal:
    """
    A pseudo-terminal with a command in its foreground. The session's leader is a process of ours,
    as a shell would be: were it the command, the kernel's SIGHUP to the foreground at its end
    would hide what the command left behind. `is_leader` makes it the command all the same.
    """

    open_ones = []

    def __init__(self, argv, size=(24, 80), stdin=None, stdout=None, stderr=None,
                 is_leader=False, survives_hangup=False, ignore=()):
        self.master, self.slave = os.openpty()
        self.is_hung_up = False
        self.buf = b""
        self.code = None
        self.resize(*size)
        self.saved = termios.tcgetattr(self.slave)
        self.argv, self.fds, self.ignore = argv, (stdin, stdout, stderr), ignore
        self.status, status = os.pipe()
        started, start = os.pipe()  # close-on-exec: its end says that the command runs
        self.leader = os.fork()
        if self.leader == 0:
            try:
                os.setsid()
                fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
                if is_leader:
                    self._exec()
                self._lead(status, start, survives_hangup)
            finally:
                os._exit(99)
        os.close(status)
        os.close(start)
        self.pid = self.leader
        Terminal.open_ones.append(self)
        if not is_leader:
            self.pid = struct.unpack("i", os.read(self.status, 4))[0]
        os.read(started, 1)
        os.close(started)
        self.start = time.monotonic()

    def _exec(self):
        for sig in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGTTOU):
            signal.signal(sig, signal.SIG_DFL)
        for sig in self.ignore:
            signal.signal(sig, signal.SIG_IGN)
        for fd in range(3):
            os.dup2(self.slave if self.fds[fd] is None else self.fds[fd], fd)
        os.execv(self.argv[0], self.argv)

    def _lead(self, status, start, survives_hangup):
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN if survives_hangup else signal.SIG_DFL)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(self.slave, os.getpid())
            os.write(status, struct.pack("i", os.getpid()))
            self._exec()
        # The master must be the other side's alone, or its close would be no hang-up; the same
        # goes for pipes.
        os.closerange(0, status)
        os.closerange(status + 1, 256)
        while True:
            _, how = os.waitpid(pid, os.WUNTRACED)
            os.write(status, struct.pack("i", how))
            while not os.WIFSTOPPED(how):
                signal.pause()

    # what is shown

    def pump(self, seconds=0.0):
        """Read what is there; False when there is nothing."""
        if self.is_hung_up or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.master, 65536)
        except OSError:
            return False
        self.buf += got
        return bool(got)

    def expect(self, pattern, seconds=LONG):
        """Wait for the bytes, and forget what came up to them."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.buf)):
            check(time.monotonic() < end,
                  f"no {pattern!r} within {seconds:g} s in {self.buf[-300:]!r}")
            self.pump(0.05)
        self.buf = self.buf[found.end():]
        return found

    def all_output(self):
        """Everything, once the command is gone."""
        while self.pump(0.05):
            pass
        return self.buf

    def type(self, data):
        check(os.write(self.master, data) == len(data), "the terminal took no input")

    # the command

    def _next_status(self):
        if self.pid != self.leader and select.select([self.status], [], [], 0)[0]:
            if data := os.read(self.status, 4):
                return struct.unpack("i", data)[0]
        try:  # the leader is gone, so it is our child by now
            pid, how = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return None
        return how if pid else None

    def wait(self, seconds=LONG, reads=True):
        """The exit status of the command; 128 and the signal's number when one ended it."""
        end = time.monotonic() + seconds
        while self.code is None:
            how = self._next_status()
            if how is not None:
                check(not os.WIFSTOPPED(how), "the command stopped")
                self.code = text(os.waitstatus_to_exitcode(how))
                break
            check(time.monotonic() < end, f"still running after {seconds:g} s: {self.buf[-200:]!r}")
            if not (reads and self.pump(0.01)):
                time.sleep(0.005)
        return self.code

    def want(self, code, seconds=LONG):
        got = self.wait(seconds)
        check(got == code, f"exit status {got}, not {code}: {self.all_output()[-200:]!r}")

    def wait_stopped(self, seconds=LONG):
        end = time.monotonic() + seconds
        while (how := self._next_status()) is None:
            check(time.monotonic() < end, "the command did not stop")
            time.sleep(0.01)
        check(os.WIFSTOPPED(how), "the command ended instead of stopping")

    def kill(self, sig):
        os.kill(self.pid, sig)

    # the terminal

    def resize(self, rows, cols):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ISIG | termios.ECHO)

    def is_restored(self):
        return self.is_hung_up or termios.tcgetattr(self.slave) == self.saved

    def want_mode(self, is_as_wanted, what, since=None, seconds=SOON):
        end = (since or time.monotonic()) + seconds
        while not is_as_wanted():
            check(time.monotonic() < end, f"the caller's terminal is not {what}")
            time.sleep(0.01)

    def want_raw(self, seconds=SOON):
        self.want_mode(self.is_raw, "raw", seconds=seconds)

    def want_restored(self, since=None):
        self.want_mode(self.is_restored, "as it was before", since)

    def restore(self):
        """What a shell does when its job stopped."""
        termios.tcsetattr(self.slave, termios.TCSANOW, self.saved)

    def pending_input(self):
        """What the next reader of the caller's terminal would find typed."""
        mode = termios.tcgetattr(self.slave)
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
        termios.tcsetattr(self.slave, termios.TCSANOW, mode)
        data = os.read(self.slave, 4096)
        self.restore()
        return data

    def hang_up(self):
        self.is_hung_up = True
        os.close(self.slave)
        os.close(self.master)

    def close(self):
        """Ends what is still there: only after a failed check is there anything."""
        for pid in {self.pid, self.leader, *descendants(self.leader), *descendants(self.pid)}:
            signal_if_there(pid, signal.SIGKILL)
        if not self.is_hung_up:
            self.hang_up()
        os.close(self.status)
        Terminal.open_ones.remove(self)


def signal_if_there(pid, sig):
    try:
        os.kill(pid, sig)
    except OSError:
        pass  # gone


def clear_away():
    """After a failed check: what it left must not fail the tests that follow."""
    end = time.monotonic() + SOON
    while (left := descendants()) and time.monotonic() < end:
        for pid in left:
            signal_if_there(pid, signal.SIGKILL)
        reap()
        time.sleep(0.005)
    reap()


def reap():
    """Bury what became our child and is dead; nobody else asks for it."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


# --- launches -------------------------------------------------------------------------------------


def pillbox(*opts, command, **how):
    return Terminal([PB, "run", "--stop-timeout", "1", *opts, ROOT, "--", *command], **how)


def sh(script, *opts, **how):
    """pillbox run OPTS ROOT -- sh -c SCRIPT, on a terminal of its own."""
    return pillbox(*opts, command=["/bin/sh", "-c", script], **how)


# --- the tests ------------------------------------------------------------------------------------

TESTS = []
INIT = (("", ()), (", --no-init", ("--no-init",)))


NEVER, FIRST, ALL = range(3)


def test(name, in_short=NEVER, each=(("", ()),)):
    """
    each: (suffix, arguments) of the variants. in_short: which of them further identities run, for
    whom there is not the time for everything.
    """
    def add(function):
        for i, (suffix, args) in enumerate(each):
            is_short = in_short == ALL or (in_short == FIRST and i == 0)
            TESTS.append((name + suffix, function, args, is_short))
        return function
    return add


def run_one(function, args):
    """The reason why it failed, or None."""
    reason = None
    try:
        function(*args)
        for terminal in Terminal.open_ones:
            terminal.wait()
            terminal.want_restored()
        want_nothing_left()
    except Fail as e:
        reason = str(e)
    except Exception as e:  # pylint: disable=broad-except # the tests after it still have to run
        where = traceback.extract_tb(e.__traceback__)[-1]
        reason = f"{type(e).__name__}: {e} ({os.path.basename(where.filename)}:{where.lineno})"
    finally:
        for terminal in list(Terminal.open_ones):
            terminal.close()
        clear_away()
    return reason


def main(identity, is_short, seconds):
    def alarm(*_):
        raise OutOfTime

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(seconds)
    only = os.environ.get("ONLY", "")  # a part of a name, when one test is worked on
    failed = 0
    for name, function, args, in_short in TESTS:
        if (is_short and not in_short) or only not in name:
            continue
        start = time.monotonic()
        try:
            reason = run_one(function, args)
        except OutOfTime:
            print(f"not ok - {identity}: {name}: the {seconds} s for all tests are over",
                  flush=True)
            return 1
        if reason:
            failed += 1
            print(f"not ok - {identity}: {name}: {reason}", flush=True)
        else:
            print(f"ok - {identity}: {name}", flush=True)
        if os.environ.get("TIMES"):
            print(f"  {time.monotonic() - start:.2f} s", flush=True)
    return 1 if failed else 0
