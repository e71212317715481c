#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""house.py SOURCE_ROOT [DETOUR]: the house itself is tested. Layers and documents are as they say, and
the test runner takes no broken test for a good one. Prints TAP."""

import importlib.machinery
import importlib.util
import subprocess
import sys

SOURCE = sys.argv[1]

# What a test printed, the status it ended with, and what that comes to: passed, failed, skipped.
RUNS = [
    ("all pass", "1..2\nok 1 - a\nok 2 - b\n", 0, (2, 0, 0)),
    ("the plan comes last", "ok 1 - a\nok 2 - b\n1..2\n", 0, (2, 0, 0)),
    ("one fails", "1..2\nok 1 - a\nnot ok 2 - b\n# why\n", 1, (1, 1, 0)),
    ("one fails, the status says nothing of it", "1..1\nnot ok 1 - a\n", 0, (0, 1, 0)),
    ("all pass, the status says otherwise (a leak)", "1..1\nok 1 - a\n", 23, (1, 1, 0)),
    ("cut short", "1..3\nok 1 - a\n", -6, (1, 1, 0)),
    ("cut short with a good status", "1..3\nok 1 - a\n", 0, (1, 1, 0)),
    ("more than planned", "1..1\nok 1 - a\nok 2 - b\n", 0, (2, 1, 0)),
    ("no plan", "ok 1 - a\n", 0, (1, 1, 0)),
    ("nothing printed", "", 0, (0, 1, 0)),
    ("nothing printed, killed", "", -11, (0, 1, 0)),
    ("out of time", "1..2\nok 1 - a\n", None, (1, 1, 0)),
    ("out of time when all was done", "1..1\nok 1 - a\n", None, (1, 1, 0)),
    ("skipped as TAP has it", "1..2\nok 1 - a # SKIP no data\nok 2 - b\n", 0, (1, 0, 1)),
    ("skipped as cmocka has it", "1..2\nnot ok 1 # SKIP a\nok 2 - b\n", 0, (1, 0, 1)),
    ("all of it skipped", "1..0 # SKIP no data here\n", 0, (0, 0, 1)),
    ("given up", "1..2\nok 1 - a\nBail out! no port\n", 1, (1, 2, 0)),
    ("a name with a number sign", "1..1\nok 1 - a #1\n", 0, (1, 0, 0)),
    ("a name that begins with ok", "okay\n1..1\nok 1 - ok\n", 0, (1, 0, 0)),
]

count = 0


def result(name, problem):
    global count
    count += 1
    print(f"{'not ok' if problem else 'ok'} {count} - {name}", flush=True)
    for line in (problem or "").splitlines():
        print(f"# {line}", flush=True)


def script(name, *args):
    """A script of ours as one result; what it printed is the problem when it is not content."""
    done = subprocess.run([f"{SOURCE}/scripts/{name}", *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    result(name, (done.stdout.decode(errors="replace") or "failed") if done.returncode else None)


def runner():
    loader = importlib.machinery.SourceFileLoader("run_tests", f"{SOURCE}/scripts/run-tests")
    spec = importlib.util.spec_from_loader("run_tests", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def main():
    sys.dont_write_bytecode = True
    script("check-layers")
    script("check-docs", *sys.argv[2:])
    outcome = runner().Outcome
    test = {"name": "x", "suite": ["detour:unit"], "protocol": "tap"}
    for name, output, status, want in RUNS:
        got = outcome(test, output, "", status, 0.0)
        counts = (got.passed, len(got.failed), len(got.skipped))
        result(f"run-tests: {name}", None if counts == want else f"{counts} instead of {want}: {got.failed}")
    print(f"1..{count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
