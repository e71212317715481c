# SPDX-License-Identifier: MIT
"""Drives the load generator, and turns one of its runs into figures.

The generator keeps its connections open between runs, so CPU time is read when nothing is on its
way: a sample holds all the work of its requests and no other.
"""

import json
import select
import subprocess
import time

from . import child, proc
from .servers import LOAD_CPU, PATH, SERVER_CPU, TARGET

# What Firefox sends; with Host they are twelve.
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Referer: https://search.example.org/search?q=redirect+server",
    "Connection: keep-alive",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.1.1234567890.1700000000",
    "Upgrade-Insecure-Requests: 1",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: cross-site",
)


class LoadError(RuntimeError):
    """The generator failed, or a server answered wrongly: there is no figure then."""


class Load:
    """A generator with its connections. Use as a context."""

    def __init__(self, shop, server, *options, keys=None):
        what = ["-k", keys] if keys else ["-u", PATH, "-l", TARGET]
        if server.name == "floor":
            what.append("-x")
        self.shop = shop
        self.server = server
        self.process = subprocess.Popen(
            [shop.tool("loadgen"), "-p", str(server.port), *what, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=child.on_cpu(LOAD_CPU),
        )
        if self._line(30) != b"ready\n":
            self.close()
            raise LoadError(f"the load generator cannot reach {server.name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _line(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], self.shop.clock.limit(seconds))
        return self.process.stdout.readline() if ready else b""

    def close(self):
        self.process.kill()
        self.process.wait(5)
        self.process.stdin.close()
        self.process.stdout.close()

    def begin(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def end(self, seconds):
        line = self._line(seconds)
        if not line:
            raise LoadError(f"no result from the load on {self.server.name}")
        return json.loads(line)

    def run(self, seconds):
        self.begin(f"run {seconds}")
        return self.end(seconds + 10)

    def count(self, requests):
        self.begin(f"count {requests}")
        return self.end(70)

    def sample(self, seconds):
        """One run with the server's CPU time a request beside it."""
        pids = self.server.pids()
        cpu, server_cpu = proc.cpu_time(pids), proc.cpu_use(SERVER_CPU)
        begin = time.monotonic()
        result = self.run(seconds)
        wall = time.monotonic() - begin
        cpu = proc.cpu_time(pids).minus(cpu)
        after = proc.cpu_use(SERVER_CPU)
        must_be_right(self.server.name, result)
        requests = result["requests"]
        result.update(
            us=cpu.total * 1e6 / requests,
            user_us=cpu.user() * 1e6 / requests,
            rate=requests / result["seconds"],
            answer_bytes=result["bytes"] / requests,
            server_busy=cpu.total / wall,
            foreign=max(0.0, after.busy - server_cpu.busy - cpu.total) / wall,
            stolen=(after.stolen - server_cpu.stolen) / wall,
        )
        return result


def must_be_right(name, result):
    """A wrong answer ends the row: speed without right answers is no figure."""
    kinds = ("bad_status", "bad_location", "broken", "lost", "refused")
    wrong = {kind: result[kind] for kind in kinds if result[kind]}
    if result["requests"] == 0 or wrong:
        raise LoadError(f"{name}: {result['requests']} answers, wrong: {wrong}")
