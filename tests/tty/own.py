# SPDX-License-Identifier: Apache-2.0
# own.py - a terminal of the workload's own: what it is, what its keys do, that no byte is lost.
#
# Should:  look at the terminal from both sides.
# Mustn't: take the echo of what was typed for an answer: answers are computed inside.
import hashlib
import os
import signal
import tempfile
import termios
import time

from harness import ALL, FIRST, INIT, SOON, check, cpu_ticks, pillbox, sh, test


@test("stdin is a terminal: /dev/pts/0 with the caller's size", in_short=FIRST, each=INIT)
def own_pty(*opts):
    t = sh("tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all-three; read x; exit 7",
           *opts, size=(33, 77))
    t.expect(rb"/dev/pts/0\r\n33 77\r\nall-three\r\n")
    t.want_raw()
    t.type(b"\n")
    t.want(7)


@test("the launcher is the session's leader")
def leader():
    t = sh("tty; exit 7", is_leader=True)
    t.expect(rb"/dev/pts/0\r\n")
    t.want(7)


@test("/dev/console, /dev/tty and the terminal's name inside", in_short=FIRST, each=INIT)
def console(*opts):
    t = sh("stat -c %t:%T /dev/console; stat -c %t:%T /dev/pts/0; tty </dev/console;"
           "readlink /proc/self/fd/0; echo A$((1+1)) >/dev/console; echo B$((1+1)) >/dev/tty;"
           "ls /dev/pts", *opts)
    t.want(0)
    lines = t.all_output().decode().split()
    check(lines == ["88:0", "88:0", "/dev/console", "/dev/pts/0", "A2", "B2", "0", "ptmx"],
          f"it says {lines}")


@test("the controlling terminal is the workload's own", in_short=FIRST)
def facts():
    t = pillbox(command=["/bin/probe", "facts"])
    t.want(0)
    facts = dict(x.split("=", 1) for x in t.all_output().decode().split("\r\n") if "=" in x)
    check(facts["ttyname.0"] == "/dev/pts/0", f"ttyname is {facts['ttyname.0']}")
    check(facts["sid"] == facts["pgrp"] == facts["tcpgrp"],
          f"session {facts['sid']}, group {facts['pgrp']}, foreground {facts['tcpgrp']}")


@test("a new size arrives, with SIGWINCH", in_short=FIRST, each=INIT)
def resize(*opts):
    t = sh("trap 'stty size' WINCH; trap 'exit 3' INT; echo ready; while :; do sleep 0.05; done",
           *opts)
    t.expect(b"ready")
    for rows, cols in ((50, 120), (3, 7), (24, 80)):
        t.resize(rows, cols)
        t.expect(b"%d %d\r\n" % (rows, cols))
    t.type(b"\x03")
    t.want(3)


@test("Ctrl-C ends a command that has no handler", in_short=FIRST)
def ctrl_c():
    t = sh("echo ready; sleep 99; echo no")
    t.expect(b"ready")
    t.want_raw()
    t.type(b"\x03")
    t.want(130)


@test("Ctrl-C reaches a handler", each=INIT)
def ctrl_c_handler(*opts):
    t = sh("trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done", *opts)
    t.expect(b"ready")
    t.want_raw()
    t.type(b"\x03")
    t.want(9)


@test("Ctrl-\\ ends with SIGQUIT")
def ctrl_backslash():
    # Not by way of `sh`, which ignores SIGQUIT; raw means that the command was started.
    t = pillbox(command=["/bin/sleep", "99"])
    t.want_raw()
    t.type(b"\x1c")
    t.want(131)


@test("Ctrl-Z with nobody inside to undo it does nothing", each=INIT)
def ctrl_z_alone(*opts):
    t = pillbox(*opts, command=["/bin/cat"])
    t.want_raw()
    t.type(b"one\n")
    t.expect(rb"one\r\none\r\n")
    t.type(b"\x1a")
    time.sleep(0.1)
    t.type(b"two\n")
    t.expect(rb"two\r\ntwo\r\n")
    t.type(b"\x04")
    t.want(0)


@test("job control in a shell inside: Ctrl-Z, bg, fg, Ctrl-C, Ctrl-D", in_short=FIRST, each=INIT)
def job_control(*opts):
    t = pillbox("-e", "PS1=% ", *opts, command=["/bin/sh", "-i"])
    t.expect(b"% ")
    t.want_raw()
    # Ctrl-Z once the job says that it runs, not while the shell is still busy with it
    t.type(b"sh -c 'echo R$((1+1)); exec sleep 98'\n")
    t.expect(rb"R2\r\n")
    t.type(b"\x1a")
    t.expect(b"Stopped")
    t.expect(b"% ")
    t.type(b"bg; jobs | grep -c Running; echo B$((1+1))\n")
    t.expect(rb"\n1\r\nB2\r\n")
    t.type(b"fg; echo status=$?\n")
    t.expect(rb"\nsh -c .*\r\n")
    time.sleep(0.3)  # it says so before it hands over the terminal
    t.type(b"\x03")
    t.type(b"echo C$((1+1))\n")
    t.expect(rb"C2\r\n")
    t.type(b"(exit 5)\n")
    t.expect(rb"\(exit 5\)\r\n")
    t.expect(b"% ")  # the prompt after it: a key between two prompts can get lost in the shell
    t.type(b"\x04")
    t.want(5)


@test("Ctrl-D is the end of input", in_short=FIRST, each=INIT)
def ctrl_d(*opts):
    t = sh("cat >/dev/null; echo E$((1+1)); cat", *opts)
    t.want_raw()
    t.type(b"\x04")
    t.expect(rb"E2\r\n")
    t.type(b"half\x04")
    t.expect(rb"halfhalf")
    t.type(b"\x04")
    t.want(0)


# --- other standard input and output --------------------------------------------------------------


def with_input(data, script, *opts):
    r, w = os.pipe()
    t = sh(script, *opts, stdin=r)
    os.close(r)
    t.pump(0.2)
    check(t.is_restored(), "the caller's terminal is raw, though input does not come from it")
    os.write(w, data)
    os.close(w)
    return t


@test("-t with a pipe as stdin", in_short=FIRST, each=INIT)
def pipe(*opts):
    t = with_input(b"one\ntwo\n", "tty; cat; echo E$((1+1))", "-t", *opts)
    t.want(0)
    out = t.all_output().split()
    check(out[0] == b"/dev/pts/0", f"no terminal: {out}")
    check(out[-3:] == [b"one", b"two", b"E2"], f"the end is not there: {out}")


@test("-t with a pipe whose last line has no end")
def pipe_half():
    t = with_input(b"one\ntwo", "cat; echo E$((1+1))", "-t")
    t.want(0)
    check(t.all_output().split()[-1] == b"twoE2", f"it shows {t.buf!r}")


@test("-t with nothing to read")
def null():
    t = sh("cat; echo E$((1+1))", "-t", stdin=os.open("/dev/null", os.O_RDONLY))
    t.want(0)
    with_input(b"", "cat", "-t").want(0)


@test("a pipe as stdin, without -t: no terminal inside")
def pipe_no_tty():
    t = with_input(b"word\n", "tty; cat; echo >/dev/tty")
    t.want(1)
    check(b"not a tty\r\nword\r\n" in t.all_output(), f"it shows {t.buf!r}")
    check(b"/dev/pts" not in t.buf, f"it shows {t.buf!r}")


@test("--no-tty: the workload has no terminal to open", in_short=FIRST, each=INIT)
def no_tty(*opts):
    t = sh("ls /dev/pts/0 /dev/console 2>/dev/null; echo x >/dev/tty || echo ready; read x; exit 4",
           "--no-tty", *opts)
    t.expect(rb"ready\r\n")
    check(b"/dev/" not in t.buf, f"it shows {t.buf!r}")
    check(t.is_restored(), "the caller's terminal was changed")
    t.type(b"\n")
    t.want(4)


def read_all(fd):
    got = b""
    while part := os.read(fd, 65536):
        got += part
    os.close(fd)
    return got


NUMBERS = b"".join(b"%d\n" % i for i in range(1, 2001))


@test("stdout is a pipe: it goes past the terminal, which has stdin and stderr", in_short=FIRST,
      each=INIT)
def stdout_pipe(*opts):
    r, w = os.pipe()
    t = sh("seq 1 2000; tty <&2 >&2; read x; echo E$x >&2; exit 3", *opts, stdout=w)
    os.close(w)
    t.expect(rb"/dev/pts/0\r+\n")
    t.type(b"word\n")
    t.expect(rb"word\r+\nEword\r+\n")  # the echo, too
    got = read_all(r)
    t.want(3)
    check(got == NUMBERS, f"it ends with {got[-40:]!r}")
    check(not t.all_output(), f"on the terminal: {t.buf[:100]!r}")


@test("stderr is a pipe: it goes past the terminal")
def stderr_pipe():
    r, w = os.pipe()
    t = sh("tty; seq 1 2000 >&2; exit 3", stderr=w)
    os.close(w)
    got = read_all(r)
    t.want(3)
    check(got == NUMBERS, f"it ends with {got[-40:]!r}")
    check(t.all_output() == b"/dev/pts/0\r\n", f"on the terminal: {t.buf[:100]!r}")


@test("stdout and stderr are pipes: /dev/tty and the echo are still seen", each=INIT)
def both_pipes(*opts):
    (r, w), (r2, w2) = os.pipe(), os.pipe()
    t = sh("echo out; echo err >&2; echo ask$((1+1)) >/dev/tty; read x; exit 3", *opts,
           stdout=w, stderr=w2)
    os.close(w)
    os.close(w2)
    t.expect(rb"ask2\r+\n")
    t.want_raw()
    t.type(b"word\n")
    t.expect(rb"word\r+\n")
    t.want(3)
    got = read_all(r), read_all(r2)
    check(got == (b"out\n", b"err\n"), f"they got {got}")
    check(t.is_restored(), "the caller's terminal is left raw")


@test("stdout is a pipe: the mode that a pager sets meanwhile stays", each=INIT)
def pager(*opts):
    for sets_mode in (True, False):
        r, w = os.pipe()
        t = sh("read x", *opts, stdout=w)
        os.close(w)
        t.want_raw()
        if sets_mode:
            mode = t.saved = termios.tcgetattr(t.slave)  # what want() wants to find at the end
            mode[3] |= termios.ISIG
            termios.tcsetattr(t.slave, termios.TCSANOW, mode)
        t.type(b"\n")
        read_all(r)
        t.want(0)


@test("stdout is a file: what a program sees is that file, at its offset")
def stdout_file():
    with tempfile.TemporaryFile() as f:
        f.write(b"before\n")
        f.flush()
        sh("echo inside; test -t 1 || echo no terminal", stdout=f.fileno()).want(0)
        f.seek(0)
        got = f.read()
    check(got == b"before\ninside\nno terminal\n", f"it has {got!r}")


@test("-t: stdout is the workload's terminal, though it is a pipe outside")
def stdout_pipe_t():
    r, w = os.pipe()
    t = sh("tty; test -t 1 && echo yes; exit 3", "-t", stdout=w)
    os.close(w)
    got = read_all(r)
    t.want(3)
    check(got == b"/dev/pts/0\r\nyes\r\n", f"it got {got!r}")


@test("stdout's reader went away: SIGPIPE, or with -t a hang-up")
def stdout_gone():
    for opts, status in ([], 141), (["-t"], 129):
        r, w = os.pipe()
        t = pillbox(*opts, command=["/bin/yes"], stdout=w)
        os.close(w)
        os.read(r, 10)
        os.close(r)
        t.want(status)


# --- bytes ----------------------------------------------------------------------------------------


@test("100,000 lines, complete and in order", in_short=FIRST, each=INIT)
def flood(*opts):
    t = sh("seq 1 100000; printf last-without-end", *opts)
    t.want(0, 20)
    lines = t.all_output().split(b"\r\n")
    check(lines.pop() == b"last-without-end", "the last line is lost")
    wrong = next((i for i, line in enumerate(lines, 1) if line != b"%d" % i), None)
    check(wrong is None, f"line {wrong} is {lines[(wrong or 1) - 1]!r}")
    check(len(lines) == 100000, f"{len(lines)} lines")


@test("the last words of 20 short commands", each=INIT)
def last_words(*opts):
    for i in range(20):
        t = sh(f"printf word-$(({i}+1000))", *opts)
        t.want(0)
        check(t.all_output() == b"word-%d" % (i + 1000), f"run {i}: it shows {t.buf!r}")
        t.close()


@test("a reader that comes late gets everything")
def late_reader():
    t = sh("seq 1 5000; echo ready-$((1+1)) >&2; exit 6")  # more than a terminal holds
    time.sleep(SOON)
    t.want(6)
    check(t.all_output().endswith(b"5000\r\nready-2\r\n"), f"it ends with {t.buf[-40:]!r}")
    check(t.buf.count(b"\n") == 5001, f"{t.buf.count(bytes([10]))} lines")


@test("a workload that ended before its reader came: all is kept for it")
def late_reader_small():
    t = sh("seq 1 700")
    t.wait(reads=False)
    check(t.all_output().endswith(b"700\r\n") and t.buf.count(b"\n") == 700, f"{t.buf[-40:]!r}")


@test("nobody reads: no hang, no busy loop", each=INIT)
def blocked_reader(*opts):
    t = sh("trap 'exit 9' TERM; yes & wait", *opts)
    time.sleep(0.5)
    before = cpu_ticks(t.pid)
    time.sleep(0.5)
    used = cpu_ticks(t.pid) - before
    check(used <= 5, f"{used} ticks of processor time in half a second")
    start = time.monotonic()
    t.kill(signal.SIGTERM)
    code = t.wait(reads=False)
    check(code == 9, f"exit status {code}, not 9")
    check(time.monotonic() - start < 4, "it took more than 4 s")
    t.want_restored()


@test("a workload that has closed its terminal: no busy loop")
def nobody_inside():
    t = sh("exec </dev/null >/dev/null 2>&1; sleep 1.2", "--no-init")
    time.sleep(0.3)
    before = cpu_ticks(t.pid)
    time.sleep(0.5)
    used = cpu_ticks(t.pid) - before
    check(used <= 5, f"{used} ticks of processor time in half a second")
    t.want(0)


@test("every byte passes both ways", in_short=FIRST)
def transparent():
    every = bytes(range(256)) * 4
    t = sh("stty raw -echo; echo ready; head -c 1024")
    t.expect(b"ready\n")
    t.want_raw()
    t.type(every)
    t.want(0)
    check(t.all_output() == every, f"other bytes came back: {t.buf[:80]!r}")


@test("64 KiB typed at once arrive")
def paste():
    data = bytes(i * 7 % 251 for i in range(65536))
    t = sh("stty raw -echo; echo ready; head -c 65536 | md5sum; stty sane")
    t.expect(b"ready\n")
    t.want_raw()
    for at in range(0, len(data), 1024):
        t.type(data[at:at + 1024])
        t.pump()
    t.expect(hashlib.md5(data, usedforsecurity=False).hexdigest().encode())
    t.want(0)


# --- the caller's terminal is out of reach --------------------------------------------------------

UNFILTERED = ("--security-opt", "seccomp=unconfined")
ESCAPES = (
    (": own terminal", ()),
    (": own terminal, no filter", UNFILTERED),
    (": own terminal, docker preset", ("--preset", "docker")),
    (": --no-tty", ("--no-tty",)),
    (": --no-tty, no filter", ("--no-tty", *UNFILTERED)),
    (": --no-tty, --no-init, no filter", ("--no-tty", "--no-init", *UNFILTERED)),
)


@test("TIOCSTI types nothing on the caller's terminal", in_short=ALL, each=ESCAPES)
def tiocsti(*opts):
    for name in ("tiocsti", "tiocsti-high"):
        t = pillbox(*opts, command=["/bin/probe", "try", name])
        t.want(0)
        out = t.all_output()
        check(f"{name}=".encode() in out, f"the attempt was not made: {out!r}")
        if "--no-tty" in opts:
            check(b"=OK" not in out, f"it worked: {out!r}")
        typed = t.pending_input()
        check(not typed, f"typed on the caller's terminal: {typed!r}")
        t.close()


@test("what the workload does to its terminal does not reach the caller's")
def mode_stays():
    t = sh("stty raw -echo; stty rows 7 cols 9; exit 0")
    t.want(0)
    t.want_restored()
    check(os.get_terminal_size(t.slave) == (80, 24), "the caller's terminal has another size")
