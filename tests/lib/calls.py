#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""calls.py - are the system calls that a step says it makes the ones that it makes?

usage: calls.py [--pty] PILLBOX ROOTFS [OPTION...]     --pty: with a terminal as its input

Runs `strace -f pillbox run --explain`: the narration stands in the trace, so every call belongs to
the step that was told last. Prints `ID NAME` for each call that a wanted step names and `ID` for a
step that was seen at all, so that several runs can be joined.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

# What a text calls by its library's name, or leaves open: the system calls that it can be.
ALIASES = {
    "open": {"open", "openat", "openat2"},
    "write": {"write"},
    "fork": {"clone", "clone3", "fork", "vfork"},
    "fchmod": {"fchmod", "fchmodat"},
    "fchown": {"fchown", "fchownat"},
    "dup2": {"dup2", "dup3"},
}
SKIP_IDS = {"exec"}  # ends the narration


def run(pillbox, rootfs, options, *more):
    return [pillbox, "run", *options, *more, rootfs, "--", "/bin/true"]


def main():
    args = sys.argv[1:]
    stdin = subprocess.DEVNULL
    if args[0] == "--pty":
        args.pop(0)
        _, stdin = os.openpty()
    pillbox, rootfs, *options = args
    plan = json.loads(subprocess.run(run(pillbox, rootfs, options, "--dry-run=json"), check=True,
                                     stdin=stdin, stdout=subprocess.PIPE).stdout)
    named = {s["id"]: {n for line in s["calls"] for n in re.findall(r"\b([a-z_0-9]+)\(", line)}
             for s in plan["steps"] if s["wanted"]}
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "-qq", "-o", trace.name] +
                       run(pillbox, rootfs, options, "--explain"), check=True,
                       stdin=stdin, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        made, now, is_start = {}, None, False
        for line in trace:
            call = re.match(r"\d+ +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed)", line)
            told = re.search(r'write\(2, "(.*?)", \d+', line)
            if told:
                if is_start and told.group(1) in named:
                    now = told.group(1)
                is_start = told.group(1) == r"\n"
            elif call and now:
                made.setdefault(now, set()).add(call.group(1))
    for step, names in named.items():
        if step in SKIP_IDS:
            continue
        print(step)
        for name in sorted(names):
            if ALIASES.get(name, {name}) & made.get(step, set()):
                print(step, name)


main()
