# SPDX-License-Identifier: MIT
"""Starts and stops the real program."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time

READY = re.compile(r"serving (\d+) rules? on http://(\S+?):(\d+)(?:, \S+)* with (\d+) workers?")


def program():
    return os.path.abspath(os.environ["DETOUR"])


def alive(pid):
    """False for a process that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    """All processes below one, as (pid, name)."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listing:
            for child in listing.read().split():
                with open(f"/proc/{child}/comm") as comm:
                    found.append((int(child), comm.read().strip()))
                found += children(int(child))
    except OSError:
        pass
    return found


def wait_until(condition, within=5.0):
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


class Server:
    """with Server("/a /b\\n") as server: ... ; rules is text, or a list of paths, or a dictionary of files'
    names and texts with "test.rules" in it."""

    def __init__(self, rules, *args, workers=1, env=None, wait=True, prefix=(), listen="127.0.0.1:0"):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-e2e-")
        self.rules_path = os.path.join(self.folder.name, "test.rules")
        paths = rules
        if isinstance(rules, str):
            rules = {"test.rules": rules}
        if isinstance(rules, dict):
            for name, text in rules.items():
                self.write(text, os.path.join(self.folder.name, name))
            paths = [self.rules_path]
        self.command = [*prefix, program(), "serve", "--listen", listen, "--workers", str(workers),
                        *args, *paths]
        self.lines = []
        self.env = {**os.environ, **(env or {})}
        self.start()
        if wait and not self.wait_ready():
            self.stop()
            raise RuntimeError("the server did not start:\n" + self.log)

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, env=self.env,
                                        stderr=subprocess.PIPE, start_new_session=True)
        self.reader = threading.Thread(target=self.read_log, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def read_log(self, pipe):
        for line in pipe:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def write(self, text, path=None):
        """Replaces the rules as a careful editor does."""
        path = path or self.rules_path
        with open(path + ".new", "w", encoding="utf-8") as out:
            out.write(text)
        os.rename(path + ".new", path)

    @property
    def log(self):
        return "\n".join(self.lines)

    def wait_log(self, text, within=10.0, count=1):
        return wait_until(lambda: self.log.count(text) >= count, within)

    def wait_ready(self, within=60.0):
        def ready():
            match = READY.search(self.log)
            if match:
                self.rule_count = int(match[1])
                self.address = (match[2].strip("[]").replace("0.0.0.0", "127.0.0.1"), int(match[3]))
                return True
            return self.process.poll() is not None
        wait_until(ready, within)
        return hasattr(self, "address")

    def reload(self):
        """SIGHUP, and waits until the new rules answer."""
        seen = self.log.count("rules now") + self.log.count("were refused")
        self.process.send_signal(signal.SIGHUP)
        return wait_until(
            lambda: self.log.count("rules now") + self.log.count("were refused") > seen, 20)

    def pids(self, name):
        return [pid for pid, comm in children(self.process.pid) if comm.startswith(name)]

    def workers(self):
        return self.pids("detour-worker")

    def stop(self, how=signal.SIGTERM, within=20):
        """Ends it; gives its exit status, or None when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            status = None
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.reader.join(5)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.process.stderr.close()
        self.folder.cleanup()

    def sanitizer_report(self):
        """What ASan or UBSan had to say, if anything."""
        for mark in ("ERROR: AddressSanitizer", "runtime error:", "LeakSanitizer"):
            if mark in self.log:
                return self.log
        return ""
