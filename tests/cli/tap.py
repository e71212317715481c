# SPDX-License-Identifier: MIT
"""TAP for the tests of the program: results to stdout, the program under test from $DETOUR."""

import os
import subprocess


def program():
    return os.path.abspath(os.environ["DETOUR"])


def detour(*args, cwd=None, env=None, **kwargs):
    """Runs the program; gives (status, stdout, stderr) as text."""
    kwargs.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run([program(), *args], cwd=cwd, env={**os.environ, **(env or {})}, timeout=60,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **kwargs)
    out = done.stdout.decode(errors="surrogateescape") if done.stdout is not None else ""
    return done.returncode, out, done.stderr.decode(errors="surrogateescape")


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, fine, name, details=""):
        self.count += 1
        self.failed += not fine
        safe = name.replace("#", "\\#").encode(errors="replace").decode()
        print(f"{'ok' if fine else 'not ok'} {self.count} - {safe}")
        if not fine:
            for line in str(details).splitlines():
                print("#   " + line.encode(errors="replace").decode())

    def equal(self, got, want, name):
        self.ok(got == want, name, f"expected: {want!r}\ngot:      {got!r}")

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0
