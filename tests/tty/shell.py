# SPDX-License-Identifier: Apache-2.0
# shell.py - pillbox as a job of an interactive shell on the caller's terminal.
#
# Should:  use keys and the shell's own words (bg, fg, jobs), as a person does.
# Mustn't: depend on anybody's shell settings.
import os
import signal
import time

from harness import (ALL, FIRST, INIT, PB, ROOT, SOON, Terminal, check, descendants, name_of,
                     stat_of, test, want_nothing_left)

PROMPT = rb"PROMPT>"


class Shell(Terminal):
    def __init__(self):
        super().__init__(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"],
                         is_leader=True)
        self.type(b"PS1='PROM''PT>'\n")
        self.expect(PROMPT)

    def launch(self, script, *opts, end=""):
        """A launch as a job; the script must not hold what it prints, or the echo would match."""
        line = [PB, "run", "--stop-timeout", "1", *opts, ROOT, "--", "sh", "-c", f"'{script}'", end]
        self.type(" ".join(line).encode() + b"\n")

    def launcher(self):
        """The shell's own child; the others are below it."""
        jobs = [p for p in descendants(self.pid) if (stat_of(p) or "??")[1] == str(self.pid)]
        check(len(jobs) == 1, f"jobs: {[name_of(p) for p in jobs]}")
        return jobs[0]

    def say(self, line, pattern):
        self.type(line + b"\n")
        return self.expect(pattern)

    def leave(self):
        self.type(b"exit 0\n")
        self.want(0)


TICKS = "echo R$((1+1)); i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); echo tick$i; done"


@test("no terminal inside: Ctrl-C reaches the whole job", in_short=FIRST)
def ctrl_c():
    s = Shell()
    s.launch("echo R$((1+1)); sleep 94; echo after$((1+1))", "--no-tty")
    s.expect(b"R2")
    s.type(b"\x03")
    s.expect(PROMPT)
    check(b"after2" not in s.buf, "the shell inside went on")
    s.say(b"echo rc=$?", b"rc=130")
    s.leave()


@test("no terminal inside: Ctrl-Z, bg, fg, Ctrl-C", in_short=FIRST, each=INIT)
def ctrl_z(*opts):
    s = Shell()
    s.launch(TICKS, "--no-tty", *opts)
    s.expect(b"tick3")
    s.type(b"\x1a")
    s.expect(b"Stopped")
    s.expect(PROMPT)
    time.sleep(0.2)
    while s.pump():
        pass
    s.buf = b""
    s.pump(0.3)
    check(b"tick" not in s.buf, f"the workload runs on: {s.buf!r}")
    s.say(b"bg", b"tick[0-9]+\r")
    s.say(b"fg", b"tick[0-9]+\r")
    if opts:  # on pid 1 a signal without a handler does nothing
        os.kill(s.launcher(), signal.SIGTERM)
    else:
        s.type(b"\x03")
    s.expect(PROMPT)
    s.say(b"jobs; echo J$((1+1))", rb"J\$\(\(1\+1\)\)\r\nJ2")
    s.leave()


@test("no terminal inside: the launcher is killed, the shell goes on", each=INIT)
def killed_no_tty(*opts):
    s = Shell()
    s.launch("trap : HUP INT TERM; echo R$((1+1)); sleep 94", "--no-tty", *opts)
    s.expect(b"R2")
    os.kill(s.launcher(), signal.SIGKILL)
    s.expect(PROMPT)
    s.say(b"echo rc=$?", b"rc=137")
    s.leave()


@test("the launcher is killed as a job: the shell has its terminal", in_short=ALL, each=INIT)
def killed_job(*opts):
    s = Shell()
    s.launch("trap : HUP INT TERM; echo R$((1+1)); sleep 94", *opts)
    s.expect(b"R2")
    s.want_raw()
    start = time.monotonic()
    os.kill(s.launcher(), signal.SIGKILL)
    s.expect(PROMPT)
    s.want_restored(start)
    while below := descendants(s.pid):
        check(time.monotonic() - start < 1, f"still alive: {[name_of(p) for p in below]}")
    s.say(b"echo al$((1+1))ive", b"al2ive")
    s.leave()
    want_nothing_left()


@test("stopped from outside, as a job, and fg", each=INIT)
def stopped_job(*opts):
    s = Shell()
    s.launch("echo R$((1+1)); cat", *opts)
    s.expect(b"R2")
    s.want_raw()
    os.kill(s.launcher(), signal.SIGTSTP)
    s.expect(b"Stopped")
    s.expect(PROMPT)
    check(not s.is_raw(), "the shell's terminal is raw")
    s.say(b"echo sh$((1+1))", b"sh2")
    s.type(b"fg\n")
    s.want_raw()
    s.type(b"abc\n")
    s.expect(rb"abc\r\nabc\r\n")
    s.type(b"\x04")
    s.expect(PROMPT)
    s.leave()


@test("a job in the background leaves the terminal alone; fg gives it the keys", in_short=FIRST)
def background():
    s = Shell()
    s.launch("sleep 0.3; echo B$((1+1)); read x; echo got-$x-$((1+1)); exit 5", "-t", end="&")
    s.expect(rb"B2\r+\n")  # a terminal that is not raw adds one
    check(not s.is_raw(), "a background job made the terminal raw")
    s.say(b"echo sh$((1+1))", b"sh2")
    s.type(b"fg\n")
    s.expect(b"fg\r\n")
    s.want_raw(2 * SOON)  # no signal tells of it: the launcher looks once a second
    s.type(b"word\n")
    s.expect(rb"got-word-2\r\n")
    s.expect(PROMPT)
    s.say(b"echo rc=$?", b"rc=5")
    s.leave()


@test("a job in the background is ended by kill %1", each=INIT)
def background_kill(*opts):
    s = Shell()
    s.launch("trap : HUP; echo B$((1+1)); exec sleep 94", "-t", "--stop-signal", "KILL", *opts,
             end="&")
    s.expect(rb"B2\r+\n")  # a terminal that is not raw adds one
    s.say(b"kill %1; wait %1; echo rc=$?", b"rc=137")
    check(s.is_restored(), "the terminal's mode was changed")
    s.leave()


@test("in a pipeline, stdin the terminal: the reader ends it, by SIGPIPE or with -t by a hang-up",
      each=(("", ()), (", -t", ("-t",))))
def pipeline(*opts):
    s = Shell()
    script = "seq 1 100000; sleep 94" if opts else "seq 1 100000"
    s.launch(script, *opts, end="| head -n 2; echo P$((1+1))")
    s.expect(rb"1\r\n2\r\n(.*\r?\n)*P2")
    s.want_restored()
    s.leave()
