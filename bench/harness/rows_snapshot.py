# SPDX-License-Identifier: MIT
"""The snapshot: how fast it opens, how fast it is made, how small it is."""

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass

from . import child, proc, rulesets
from .heads import HEADS, MANY_REGEXES
from .servers import SERVER_CPU
from .workshop import HUGE, RULES

STARTS = 5


@dataclass
class Compiled:
    """What a run of detour compile took."""

    wall: float
    cpu: float
    memory: int  # bytes, at most


def _wait(process, limit):
    """The process's end: (status, struct rusage of it and of what it waited for)."""
    end = time.monotonic() + limit
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise RuntimeError(f"detour compile did not end within {limit:.0f} s")
        time.sleep(0.001)


def _compile(bench, out, *arguments, limit=60, may_refuse=False):
    """A run of detour compile on one CPU."""
    argv = [bench.server("detour").path, "compile", "-o", out, *arguments]
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
        usage = _wait(process, bench.clock.limit(limit))
        wall = time.monotonic() - begin
        if process.returncode != 0 and not (may_refuse and os.path.exists(out)):
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise RuntimeError("detour compile failed: " + text[-300:])
    return Compiled(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def start(bench):
    row = HEADS["start"]()
    server = bench.server("detour")
    if server is None:
        return [row]
    rules = HUGE // 10 if bench.quick else HUGE
    snapshot = bench.shop.data("start.snapshot")
    text = bench.shop.generate("start.rules", "detour", rules, 1, keep=False)
    bench.clock.say(f"    compiling {rules:,} rules")
    wall = _compile(bench, snapshot, text, limit=150).wall
    os.unlink(text)  # a gigabyte that nobody needs any more
    with open(bench.shop.keys(), encoding="ascii") as file:
        key, target, _ = file.readline().rstrip("\n").split("\t")
    server.configure_rules(snapshot)
    times = []
    for _ in range(STARTS):
        begin = server.start()
        try:
            limit = bench.clock.limit(20)
            times.append(server.first_answer(begin, key, target, limit, pause=0.0002)[0])
        finally:
            server.stop()
    size = os.path.getsize(snapshot)
    os.unlink(snapshot)
    row.data = {"rules": rules, "seconds": times, "bytes": size, "compile_s": wall}
    took = statistics.median(times)
    row.cells["detour"] = f"{took * 1e3:.1f} ({size / 2**30:.2f} GiB, compiled in {wall:.0f} s)"
    span = f"{min(times) * 1e3:.1f} to {max(times) * 1e3:.1f} ms"
    row.judge((took <= 0.050 and rules == HUGE, f"{rules:,} rules, {span}"))
    return [row]


def compile_(bench):
    row = HEADS["compile"]()
    if bench.server("detour") is None:
        return [row]
    text = bench.shop.map("detour")
    runs = {}
    for place, parent in (("memory", "/dev/shm"), ("disk", bench.shop.folder)):
        folder = tempfile.mkdtemp(prefix="detour-bench-", dir=parent)
        try:
            out = os.path.join(folder, "snapshot")
            runs[place] = [_compile(bench, out, text) for _ in range(bench.rounds)]
            size = os.path.getsize(out)
        finally:
            shutil.rmtree(folder)
    wall = {place: statistics.median(run.wall for run in of) for place, of in runs.items()}
    cpu = {place: statistics.median(run.cpu for run in of) for place, of in runs.items()}
    row.data = {
        "runs": {place: [asdict(run) for run in of] for place, of in runs.items()},
        "bytes": size,
    }
    row.cells["detour"] = "; ".join(
        f"{RULES / wall[place]:,.0f} to {name} ({wall[place]:.2f} s, CPU {cpu[place]:.2f} s)"
        for place, name in (("memory", "memory"), ("disk", "disk with fsync"))
    )
    took = f"{wall['memory']:.2f} s to memory; {size / RULES:.0f} bytes a rule"
    row.judge((wall["memory"] <= 1.0, took))
    return [row]


def regex_compile(bench):
    row = HEADS["regexcompile"]()
    server = bench.server("detour")
    if server is None:
        return [row]
    snapshot = bench.shop.data("regex.snapshot")
    rules, keys, _ = rulesets.real_regexes(bench.shop, MANY_REGEXES)
    runs = [_compile(bench, snapshot, rules) for _ in range(1 if bench.quick else 3)]
    wall = statistics.median(run.wall for run in runs)
    memory = max(run.memory for run in runs)
    server.configure_rules(snapshot)
    start, _ = server.boot(*bench.shop.probe(keys)[:2])
    try:
        served = proc.pss(server.pids())
    finally:
        server.stop()
    size = os.path.getsize(snapshot)
    os.unlink(snapshot)
    row.data = {"runs": [asdict(run) for run in runs], "bytes": size, "start": start, "pss": served}
    row.cells["detour"] = (
        f"{wall:.2f}; {memory / 2**20:.0f} MiB at most, {size / 2**20:.0f} MiB of snapshot; "
        f"served from it after {start:.2f} s in {served / 2**20:.0f} MiB"
    )
    row.judge((wall <= 10, f"{wall:.2f} s, {memory / 2**20:.0f} MiB"))
    return [row]


def govuk(bench):
    row = HEADS["govuk"]()
    mappings = os.path.join(bench.test_data, "govuk", "mappings")
    if bench.server("detour") is None:
        return [row]
    if not os.path.isdir(mappings):
        row.why = f"no data at {mappings}"
        return [row]
    snapshot = bench.shop.data("govuk.snapshot")
    if os.path.exists(snapshot):
        os.unlink(snapshot)
    _compile(bench, snapshot, "--keep-going", "--format", "govuk-csv", mappings, may_refuse=True)
    rules = _lines(mappings) - 150  # rows with status 418 are refused
    size = os.path.getsize(snapshot)
    row.data = {"rules": rules, "bytes": size}
    row.cells["detour"] = f"{size / rules:.1f}"
    row.judge((size / rules <= 100, f"{size:,} bytes, {rules:,} rules"))
    return [row]


def _lines(folder):
    """Rows of all mappings; the first line of each file names the columns."""
    rows = 0
    for name in sorted(os.listdir(folder)):
        if name.endswith(".csv"):
            with open(os.path.join(folder, name), "rb") as file:
                rows += max(0, sum(1 for line in file if line.strip()) - 1)
    return rows
