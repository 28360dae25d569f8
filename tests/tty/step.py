# SPDX-License-Identifier: Apache-2.0
# step.py - --step in a real terminal: the keys, both shells, and the end of it at any prompt.
#
# Should:  see the effect of each key outside of what --step prints.
import re
import signal
import time

from harness import ALL, FIRST, Fail, check, pillbox, test, want_nothing_left

PROMPT = rb"\[q\]uit: "


def stepped(*opts, command=("/bin/sh", "-c", "exit 7")):
    t = pillbox("--step", *opts, command=list(command))
    t.expect(PROMPT)
    return t


def go_to(t, step):
    """Answer with Enter until the prompt before `step` is there."""
    for _ in range(80):
        if re.search(rb"(?m)^%s +\S" % step, t.seen):
            return
        t.type(b"\n")
        t.seen = t.expect(rb"(?s)(.*)" + PROMPT).group(1)
    check(False, f"no prompt before {step.decode()}")


def to(step, *opts):
    t = pillbox("--step", *opts, command=["/bin/sh", "-c", "exit 7"])
    t.seen = t.expect(rb"(?s)(.*)" + PROMPT).group(1)
    go_to(t, step)
    return t


@test("--step: Enter at each prompt, to the command's own status", in_short=ALL,
      each=(("", ()), (" --no-tty", ("--no-tty",)), (" --no-init", ("--no-init",))))
def enter(*opts):
    t = stepped(*opts)
    for n in range(80):
        t.type(b"\n")
        try:
            t.expect(PROMPT, 1)
        except Fail:  # no prompt any more: the command ran
            break
    t.want(7)
    check(n > 25, f"only {n} prompts")


@test("--step: c goes on without asking", in_short=FIRST)
def goes_on():
    t = stepped()
    t.type(b"c\n")
    t.want(7)


@test("--step: q ends it, and nothing is left", each=(
    (" at the first step", (b"host",)), (" in the sandbox", (b"pivot",)),
    (" just before the command", (b"exec",))))
def quits(step):
    t = to(step)
    start = time.monotonic()
    t.type(b"q\n")
    t.want(125)
    t.want_restored(start)
    want_nothing_left(start)


@test("--step: Ctrl-C, Ctrl-D and SIGKILL end it, and nothing is left", each=(
    (": Ctrl-C", (b"\x03", 125)), (": Ctrl-D", (b"\x04", 125)), (": SIGKILL", (None, 137))))
def ended(key, code):
    t = to(b"caps")
    start = time.monotonic()
    if key:
        t.type(key)
    else:
        t.kill(signal.SIGKILL)
    t.want(code)
    t.want_restored(start)
    want_nothing_left(start)


@test("--step: l lists the steps and where we are", in_short=FIRST)
def lists():
    t = to(b"pivot")
    t.type(b"l\n")
    t.expect(rb"   dev  [^\n]*\n(?s:.*)=> pivot  (?s:.*)   exec ")
    t.type(b"q\n")
    t.want(125)


@test("--step: s is a shell on the host that sees the sandbox's process", in_short=FIRST)
def host_shell():
    t = to(b"pivot")
    t.type(b"s\n")
    t.expect(rb"host\$ ")
    t.type(b"echo pid-$((1+1)): $(grep NSpid /proc/$PILLBOX_PID/status | tr '\\t' ' ')\n")
    t.expect(rb"pid-2: NSpid: \d+ 1\r\n")
    # 3 is what ls reads the directory through: nothing of the launcher's is open
    t.type(b"echo fds-$((1+1)): $(ls /proc/self/fd | tr '\\n' ' ')\n")
    t.expect(rb"fds-2: 0 1 2 3 ?\r\n")
    t.type(b"exit\n")
    t.expect(PROMPT)
    t.type(b"c\n")
    t.want(7)


@test("--step: i is a shell in the half-built sandbox, before and after a step", in_short=FIRST,
      each=((" --no-tty", ("--no-tty",)), (" of its own", ())))
def inside_shell(*opts):
    t = to(b"pivot", *opts)
    t.type(b"i\n")
    t.expect(rb"inside\$ ")
    t.type(b"echo pid-$((1+1)) $$; ls -d /bin/busybox-none; cd /; ls | wc -l\n")
    t.expect(rb"pid-2 \d+\r\n")
    t.type(b"exit\n")
    t.expect(PROMPT)
    t.type(b"\n")
    t.expect(PROMPT)
    t.type(b"i\n")
    t.expect(rb"inside\$ ")
    # After pivot the root is ours: the probe is there, and nothing of the host.
    t.type(b"test -x /bin/probe && ! test -e /etc/debian_version && echo ours-$((1+1))\n")
    t.expect(rb"ours-2\r\n")
    t.type(b"exit\n")
    t.expect(PROMPT)
    t.type(b"c\n")
    t.want(7)


@test("--step: i says when no shell can run inside")
def no_inside():
    t = stepped()
    t.type(b"i\n")
    t.expect(rb"No shell inside: there is no sandbox yet")
    t.expect(PROMPT)
    t.type(b"q\n")
    t.want(125)


@test("--step: the launcher is killed while a shell runs inside", in_short=FIRST)
def killed_in_shell():
    t = to(b"pivot", "--no-tty")
    t.type(b"i\n")
    t.expect(rb"inside\$ ")
    start = time.monotonic()
    t.kill(signal.SIGKILL)
    t.want(137)
    want_nothing_left(start)
