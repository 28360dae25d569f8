# SPDX-License-Identifier: Apache-2.0
# end.py - ends and interruptions from outside: kill, stop, hang-up, at any moment.
#
# Should:  measure from the moment of the signal; every launch here has children that ignore what
#          can be ignored.
# Mustn't: signal anything but the launcher, or a process below it.
import os
import random
import signal
import time

from harness import (ALL, FIRST, INIT, Fail, check, descendants, name_of, pillbox, reap, sh, test,
                     want_nothing_left)

STUBBORN = ("trap '' TERM HUP INT; (setsid sleep 97 </dev/null >/dev/null 2>&1 &); sleep 97 & "
            "echo ready; while :; do sleep 0.1; done")


def kills(signals):
    return tuple((f"SIG{signal.Signals(s).name[3:]}{suffix}", (s, *opts))
                 for s in signals for suffix, opts in INIT)


FATAL = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)


@test("the launcher is ended by ", in_short=ALL, each=kills(FATAL[:2]))
@test("the launcher is ended by ", each=kills(FATAL[2:]))
def killed(sig, *opts):
    t = sh(STUBBORN, *opts)
    t.expect(b"ready")
    t.want_raw()
    start = time.monotonic()
    t.kill(sig)
    t.want(128 + sig)
    t.want_restored(start)
    want_nothing_left(start)


@test("the launcher is killed, being the session's leader", each=INIT)
def killed_leader(*opts):
    t = sh(STUBBORN, *opts, is_leader=True)
    t.expect(b"ready")
    t.want_raw()
    start = time.monotonic()
    t.kill(signal.SIGKILL)
    t.want(137)
    t.want_restored(start)
    want_nothing_left(start)


@test("the launcher is killed while stopped", each=INIT)
def killed_stopped(*opts):
    t = sh(STUBBORN, *opts)
    t.expect(b"ready")
    t.want_raw()
    t.kill(signal.SIGSTOP)
    t.wait_stopped()
    start = time.monotonic()
    t.kill(signal.SIGKILL)
    t.want(137)
    t.want_restored(start)
    want_nothing_left(start)


@test("the launcher is killed while nobody reads", each=INIT)
def killed_blocked(*opts):
    t = sh("trap '' HUP TERM; yes", *opts)
    time.sleep(0.3)
    t.want_raw()
    start = time.monotonic()
    t.kill(signal.SIGKILL)
    check(t.wait(reads=False) == 137, f"exit status {t.code}, not 137")
    t.want_restored(start)
    want_nothing_left(start)


@test("the launcher is killed: all are dead, though pid 1 took off its parent-death signal")
def killed_unleashed():
    # The kernel takes it off when ids change, as in su; then only the guard is left. There must
    # be an id to change to, so this one needs a range.
    script = "trap '' TERM HUP INT; echo ready; while :; do sleep 0.1; done"
    t = sh(f'exec su -s /bin/sh app -c "{script}"', "--no-init", "--preset", "docker", "-u", "0")
    t.expect(b"ready")
    t.want_raw()
    start = time.monotonic()
    t.kill(signal.SIGKILL)
    t.want(137)
    t.want_restored(start)
    want_nothing_left(start)


@test("SIGTERM asks the workload to end", in_short=FIRST, each=INIT)
def term(*opts):
    t = sh("trap 'echo got-it; exit 3' TERM; echo ready; while :; do sleep 0.05; done", *opts)
    t.expect(b"ready")
    t.want_raw()
    t.kill(signal.SIGTERM)
    t.expect(rb"got-it\r\n")
    t.want(3)


@test("a workload that ignores SIGTERM is killed after --stop-timeout", in_short=FIRST, each=INIT)
def stop_timeout(*opts):
    t = sh(STUBBORN, *opts)
    t.expect(b"ready")
    start = time.monotonic()
    t.kill(signal.SIGTERM)
    time.sleep(0.5)
    t.kill(signal.SIGTERM)  # a second one does not prolong it
    t.want(137)
    took = time.monotonic() - start
    check(0.9 < took < 2, f"it took {took:.1f} s, not 1")


@test("the guard is killed", each=INIT)
def guard_killed(*opts):
    t = sh("trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done", *opts)
    t.expect(b"ready")
    t.want_raw()
    guards = [p for p in descendants(t.pid) if name_of(p) == "pillbox-guard"]
    check(len(guards) == 1, f"{len(guards)} guards")
    os.kill(guards[0], signal.SIGKILL)
    if not opts:  # pid 1 still dies with the launcher: nothing is lost yet
        time.sleep(0.1)
        t.kill(signal.SIGTERM)
        t.want(3)
    else:
        t.want(137)
    t.want_restored()


# --- stopped and continued ------------------------------------------------------------------------


@test("stopped from outside and continued: the terminal is free meanwhile", in_short=FIRST,
      each=INIT)
def stopped(*opts):
    t = pillbox(*opts, command=["/bin/sh", "-c", "trap 'stty size' WINCH; echo ready; cat; cat"])
    t.expect(b"ready")
    for _ in range(3):
        t.want_raw()
        t.kill(signal.SIGTSTP)
        t.wait_stopped()
        check(t.is_restored(), "the caller's terminal is raw while the launcher is stopped")
        t.kill(signal.SIGCONT)
    t.want_raw()
    t.type(b"hello\n")
    t.expect(rb"hello\r\nhello\r\n")
    t.type(b"\x04")
    t.type(b"\x04")
    t.want(0)


@test("a new size while stopped arrives afterwards")
def stopped_resize():
    t = sh("trap 'stty size' WINCH; trap 'exit 3' INT; echo ready; while :; do sleep 0.05; done")
    t.expect(b"ready")
    t.want_raw()
    t.kill(signal.SIGTSTP)
    t.wait_stopped()
    t.resize(40, 100)
    t.kill(signal.SIGCONT)
    t.expect(rb"40 100\r\n")
    t.want_raw()
    t.type(b"\x03")
    t.want(3)


@test("SIGSTOP and SIGCONT: raw again, whatever a shell did in between")
def stopped_hard():
    t = pillbox(command=["/bin/cat"])
    t.want_raw()
    t.kill(signal.SIGSTOP)
    t.wait_stopped()
    t.restore()
    t.kill(signal.SIGCONT)
    t.want_raw()
    t.type(b"\x04")
    t.want(0)


# --- the terminal goes away -----------------------------------------------------------------------

HANGUPS = (
    ("", (False, ())),
    (", the shell stays", (True, ())),
    (", the launcher ignores SIGHUP", (True, (signal.SIGHUP,))),
)


@test("the terminal is hung up: the workload gets SIGHUP", in_short=ALL, each=HANGUPS)
def hang_up(survives, ignore):
    t = sh("echo ready; exec sleep 96", survives_hangup=survives, ignore=ignore)
    t.expect(b"ready")
    t.want_raw()
    t.hang_up()
    t.want(129)


@test("the terminal is hung up: who ignores it is killed after --stop-timeout", each=INIT)
def hang_up_ignored(*opts):
    t = sh(STUBBORN, *opts)
    t.expect(b"ready")
    t.want_raw()
    start = time.monotonic()
    t.hang_up()
    t.want(137)
    took = time.monotonic() - start
    check(took < 2.5, f"it took {took:.1f} s")


# --- at any moment of the start-up ----------------------------------------------------------------

RUNS = 60


def start_up_time(opts):
    times = []
    for _ in range(3):
        t = sh("echo ready; exec sleep 95", *opts)
        t.expect(b"ready")
        t.want_raw()
        times.append(time.monotonic() - t.start)
        t.kill(signal.SIGKILL)
        t.wait()
        want_nothing_left()
        t.close()
    return sorted(times)[1]


def at_every_moment(sig, script, opts, runs):
    """One signal per launch, spread evenly from exec to somewhat after the workload's start."""
    whole = start_up_time(opts) * 1.25
    early = 0
    spread = random.Random(1)
    for i in range(runs):
        delay = whole * (i + spread.random()) / runs
        t = sh(script, *opts)
        time.sleep(max(0, t.start + delay - time.monotonic()))
        start = time.monotonic()
        t.kill(sig)
        try:
            t.wait(reads=False)
            if sig != signal.SIGKILL:
                start = time.monotonic()
            t.want_restored(start)
            want_nothing_left(start)
        except Fail as e:
            raise Fail(f"run {i}, after {delay * 1000:.1f} ms: {e}") from None
        while t.pump():
            pass
        early += b"ready" not in t.buf
        t.close()
        reap()
    check(early >= runs // 10, f"only {early} of {runs} came before the workload's start")


@test(f"the launcher is killed at {RUNS} moments of the start-up", in_short=ALL, each=INIT)
def killed_early(*opts):
    at_every_moment(signal.SIGKILL, "trap '' TERM HUP INT; echo ready; sleep 95", opts, RUNS)


@test("SIGTERM at 20 moments of the start-up ends it", each=INIT)
def term_early(*opts):
    at_every_moment(signal.SIGTERM, "trap 'exit 3' TERM; echo ready; sleep 95 & wait", opts, 20)
