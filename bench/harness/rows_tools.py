# SPDX-License-Identifier: MIT
"""The tools beside the server: replaying an access log, checking a million rules. One core each."""

import gzip
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from . import child
from .heads import CHECK_RULES, HEADS, REPLAY_LINES, REPLAY_RULES
from .servers import SERVER_CPU

VARIED = 0.2  # of the lines, those that ask for something else than the log did


def _run(bench, *arguments, limit, codes=(0,)):
    """Seconds that a run of the program took on one CPU."""
    argv = [bench.server("detour").path, *arguments]
    with tempfile.TemporaryFile() as said:
        begin = time.monotonic()
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            preexec_fn=child.on_cpu(SERVER_CPU),
        )
        try:
            process.wait(bench.clock.limit(limit))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        wall = time.monotonic() - begin
        if process.returncode not in codes:
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise RuntimeError(f"detour {arguments[0]} failed: " + text[-300:])
    return wall


def _section(number):
    return number * 7919 % 1000


def _log(bench, source):
    """The real log again and again; some lines ask for a rule of the map, some for what none answers."""
    path = bench.shop.data(f"replay.{REPLAY_LINES}.log")
    if os.path.exists(path):
        return path
    with open(source, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    chance = random.Random(307)
    target = re.compile(r'"([A-Z]+) (/[^ ?]*)')

    def varied(found):
        if chance.random() < 0.7:
            number = chance.randrange(2 * REPLAY_RULES)
            page = f"/docs/section-{_section(number):03}/page-{number:06}-some-nice-title"
            return f'"{found[1]} {page}'
        return f'"{found[1]} {found[2]}{chance.randrange(2000)}'

    with open(path + ".part", "w", encoding="utf-8", errors="surrogateescape") as out:
        for at in range(REPLAY_LINES):
            line = lines[at % len(lines)]
            if at >= len(lines) and chance.random() < VARIED:
                line = target.sub(varied, line, count=1)
            out.write(line + "\n")
    os.rename(path + ".part", path)
    return path


def _compressed(path):
    if not os.path.exists(path + ".gz"):
        with open(path, "rb") as plain, gzip.open(path + ".gz.part", "wb", 6) as out:
            shutil.copyfileobj(plain, out, 1 << 20)
        os.rename(path + ".gz.part", path + ".gz")
    return path + ".gz"


def replay(bench):
    row = HEADS["replay"]()
    source = os.path.join(bench.test_data, "apache-logs", "apache_logs")
    if bench.server("detour") is None:
        return [row]
    if not os.path.exists(source):
        row.why = f"no data at {source}"
        return [row]
    rules = bench.shop.map("detour", rules=REPLAY_RULES)
    plain = _log(bench, source)
    runs = {}
    for name, path in (("plain", plain), ("gzip", _compressed(plain))):
        runs[name] = [_run(bench, "replay", path, rules, limit=60) for _ in range(3)]
    speed = {name: REPLAY_LINES / statistics.median(of) for name, of in runs.items()}
    row.data = {"lines": REPLAY_LINES, "bytes": os.path.getsize(plain), "seconds": runs}
    row.cells["detour"] = f"{speed['plain']:,.0f}; gzip {speed['gzip']:,.0f}"
    row.judge((speed["plain"] >= 1_000_000, f"{statistics.median(runs['plain']):.2f} s, rules read too"))
    return [row]


def check(bench):
    row = HEADS["check"]()
    if bench.server("detour") is None:
        return [row]
    rules = bench.shop.map("detour", rules=CHECK_RULES)
    runs = [_run(bench, "check", rules, limit=60, codes=(0, 1)) for _ in range(1 if bench.quick else 3)]
    took = statistics.median(runs)
    row.data = {"rules": CHECK_RULES, "seconds": runs}
    row.cells["detour"] = f"{took:.2f}"
    row.judge((took <= 10, f"{CHECK_RULES:,} rules"))
    return [row]
