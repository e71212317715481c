# SPDX-License-Identifier: MIT
"""How a server is started, asked for its first answer, and ended, whichever it is.

A server runs on one CPU of its own, in a process group of its own: ending the group ends all that
it started and nothing else. peers.py says how each one is configured.
"""

import os
import shutil
import signal
import socket
import subprocess
import time

from . import child, proc

SERVER_CPU = 0
LOAD_CPU = min(1, (os.cpu_count() or 1) - 1)
HOST = "www.example.ai"

# The one rule of the simplest case: as long as a rule of the synthetic map.
PATH = "/docs/section-123/page-456789-some-nice-title"
TARGET = "https://www.example.com/new/docs/section-123/page-456789-the-new-title-here"


class ServerError(RuntimeError):
    """It did not start, or did not answer as it must."""


def ask(port, path, timeout, fields=()):
    """(status, Location, bytes of the answer) of one request on a connection of its own; path may
    name another host: http://HOST/PATH."""
    host = HOST
    if path.startswith("http://"):
        host, _, path = path.removeprefix("http://").partition("/")
        path = "/" + path
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *fields, "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
    head = answer.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    words = head[0].split(" ")
    location = [line[9:].strip() for line in head[1:] if line.lower().startswith("location:")]
    return words[1] if len(words) > 1 else "", location[0] if location else "", len(answer)


class Server:
    """One server under test. Subclasses write a configuration and say the command."""

    name = ""
    program = ""
    idle_limit = 1_000_000  # connections that it can be given

    def __init__(self, shop, port):
        self.shop = shop
        self.port = port
        self.folder = os.path.join(shop.folder, "run", self.name)
        self.process = None
        self.environment = {}
        self.fields = ()  # of requests, besides Host
        os.makedirs(self.folder, exist_ok=True)

    # ---- What a subclass says ----

    def configure_one(self):
        """One rule: PATH to TARGET."""
        raise NotImplementedError

    def configure_map(self, version):
        """The synthetic map of a million rules."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def prepare_swap(self, version):
        """Lays the other version beside the one that is served; not timed."""
        raise NotImplementedError

    def swap(self):
        """Puts it in place and says so to the server; quick."""
        raise NotImplementedError

    # ---- Helpers ----

    @classmethod
    def installed(cls):
        return shutil.which(cls.program) is not None

    def file(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="ascii") as out:
            out.write(text)
        return self.file(name)

    def place(self, source, name):
        """The same file under another name, without a copy."""
        if os.path.exists(self.file(name)):
            os.unlink(self.file(name))
        os.link(source, self.file(name))
        return self.file(name)

    # ---- Life ----

    def start(self):
        """The time just before exec, on the monotonic clock."""
        with open(self.file("log"), "ab") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=child.on_cpu(SERVER_CPU),
            )
        return begin

    def first_answer(self, begin, path, target, limit, pause=0.001):
        """Seconds from begin until path is answered with 307 and target, and the answer's size."""
        while time.monotonic() - begin < limit:
            if self.process.poll() is not None:
                status = self.process.returncode
                raise ServerError(f"{self.name} ended with {status}, see {self.file('log')}")
            try:
                status, location, size = ask(self.port, path, limit, self.fields)
            except OSError:
                time.sleep(pause)
                continue
            seconds = time.monotonic() - begin
            if (status, location) != ("307", target):
                raise ServerError(f"{self.name} answers {path} with {status} {location}")
            return seconds, size
        raise ServerError(f"{self.name} did not answer within {limit:.0f} s")

    def boot(self, path=PATH, target=TARGET, limit=60):
        """Starts it and waits: (seconds, bytes of the answer). When it fails, nothing stays."""
        begin = self.start()
        try:
            return self.first_answer(begin, path, target, self.shop.clock.limit(limit))
        except BaseException:
            self.stop()
            raise

    def pids(self):
        return proc.descendants(self.process.pid)

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(5)
