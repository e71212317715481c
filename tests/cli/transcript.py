#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""transcript.py [--update] FILE...: runs the commands of a transcript and compares what they print.

A transcript is text. What a person would see in a terminal stands between ```console and ``` in a
Markdown file (README.md is one), and in the whole of any other file:

    $ detour check bad.rules
    bad.rules:1:4: error: ...
    [1]

"$ " begins a command for sh, "> " goes on with it. Then comes what it prints, errors and results
together, and the exit status in brackets when it is not 0. A line of "..." stands for any lines. Lines
before the first command and those that begin with "# " at the start of a paragraph are prose.

Each file runs in a folder of its own, where examples/ is and build/detour is the program under test.
A file that asks 127.0.0.1:8307 gets a server with examples/news.rules, on a port of the tests' own.
Times, dates and the port are compared as "any". --update writes what came into the file.
"""

import difflib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import tap

PORTS = range(18500, 18540)
SERVED = "127.0.0.1:8307"


def plain(line):
    """The line without what is different each time."""
    line = re.sub(r"\b\d+\.\d{3} s\b", "N s", line.rstrip())
    line = re.sub(r"\b[\d,]+ rules a second\b", "N rules a second", line)
    line = re.sub(r"^Date: .*", "Date: ...", line)
    line = re.sub(r"\b127\.0\.0\.1:\d+", SERVED, line)
    return re.sub(r"\bprocess \d+", "process N", line)


def matches(want, got):
    """want may hold "...", as a whole line for any lines, or inside a line for any text."""
    if not want:
        return not got
    if want[0].strip() == "...":
        return any(matches(want[1:], got[skip:]) for skip in range(len(got) + 1))
    if not got:
        return False
    pattern = ".*".join(re.escape(part) for part in plain(want[0]).split("..."))
    return re.fullmatch(pattern, plain(got[0])) is not None and matches(want[1:], got[1:])


def blocks_of(name, lines):
    """(first, past the last) line numbers of what is to be run."""
    if not name.endswith(".md"):
        return [(0, len(lines))]
    blocks, start = [], None
    for number, line in enumerate(lines):
        if line.strip() == "```console":
            start = number + 1
        elif line.strip() == "```" and start is not None:
            blocks.append((start, number))
            start = None
    return blocks


def steps_of(lines, first, last):
    """(command, number of its first output line, past the last) for each command."""
    steps, at = [], first
    while at < last:
        if not lines[at].startswith("$ "):
            at += 1
            continue
        command = lines[at][2:]
        at += 1
        while at < last and lines[at].startswith("> "):
            command += "\n" + lines[at][2:]
            at += 1
        start = at
        while at < last and not lines[at].startswith("$ ") and not lines[at].startswith("# "):
            at += 1
        end = at
        while end > start and not lines[end - 1].strip():
            end -= 1
        steps.append((command, start, end))
    return steps


class Place:
    """A folder to run in, and a server when one is asked for."""

    def __init__(self, text):
        self.folder = tempfile.mkdtemp(prefix="detour-cli-")
        root = os.environ["DETOUR_SOURCE_ROOT"]
        shutil.copytree(os.path.join(root, "examples"), os.path.join(self.folder, "examples"))
        os.mkdir(os.path.join(self.folder, "build"))
        os.symlink(tap.program(), os.path.join(self.folder, "build", "detour"))
        self.server, self.port = None, None
        if SERVED in text:
            self.serve()

    def serve(self):
        for port in PORTS:
            self.server = subprocess.Popen(
                ["build/detour", "serve", "--quiet", "--workers", "1", "--listen", f"127.0.0.1:{port}",
                 "examples/news.rules"], cwd=self.folder, stderr=subprocess.DEVNULL)
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/404", timeout=2)
                except urllib.error.HTTPError:
                    if self.server.poll() is None:
                        self.port = port
                        return
                    break
                except OSError:
                    if self.server.poll() is not None:
                        break
                time.sleep(0.05)
            self.server.kill()
            self.server.wait()
        raise RuntimeError("no server on any port")

    def run(self, command):
        if self.port:
            command = command.replace(SERVED, f"127.0.0.1:{self.port}")
        env = {**os.environ, "PATH": self.folder + "/build:" + os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
               "TERM": "xterm"}
        env.pop("NO_COLOR", None)
        done = subprocess.run(["/bin/sh", "-c", command], cwd=self.folder, env=env, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = done.stdout.decode(errors="surrogateescape").replace("\r\n", "\n").split("\n")
        while lines and not lines[-1]:
            lines.pop()
        return lines + ([f"[{done.returncode}]"] if done.returncode else [])

    def close(self):
        if self.server and self.port:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=20)
        shutil.rmtree(self.folder)


def run_file(test, name, update):
    with open(name, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    lines = text.split("\n")
    steps = [step for first, last in blocks_of(name, lines) for step in steps_of(lines, first, last)]
    place = Place(text)
    changes = []
    try:
        for command, start, end in steps:
            got, want = place.run(command), lines[start:end]
            fine = matches(want, got)
            if not fine:  # with --update, lines that held "..." are written out: look at the diff
                changes.append((start, end, got))
            test.ok(fine or update, f"{os.path.basename(name)}: {command.splitlines()[0]}",
                    "\n".join(difflib.unified_diff(want, got, "expected", "got", lineterm="")))
    finally:
        place.close()
    if update and changes:
        for start, end, got in reversed(changes):
            lines[start:end] = got
        with open(name, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\n".join(lines))


def main():
    args = sys.argv[1:]
    update = "--update" in args
    test = tap.Tap()
    for name in (arg for arg in args if arg != "--update"):
        run_file(test, name, update)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
