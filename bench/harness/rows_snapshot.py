# SPDX-License-Identifier: MIT
"""The snapshot: how fast it opens, how fast it is made, how small it is."""

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

from . import child
from .heads import HEADS
from .servers import SERVER_CPU
from .workshop import HUGE, RULES

STARTS = 5


def _compile(bench, out, *arguments, limit=60, may_refuse=False):
    """(wall seconds, CPU seconds) of detour compile on one CPU."""
    argv = [bench.server("detour").path, "compile", "-o", out, *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=bench.clock.limit(limit),
        check=False,
        start_new_session=True,
        preexec_fn=child.on_cpu(SERVER_CPU),
    )
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0 and not (may_refuse and os.path.exists(out)):
        raise RuntimeError("detour compile failed: " + done.stderr.decode(errors="replace")[-300:])
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start(bench):
    row = HEADS["start"]()
    server = bench.server("detour")
    if server is None:
        return [row]
    rules = HUGE // 10 if bench.quick else HUGE
    snapshot = bench.shop.data("start.snapshot")
    text = bench.shop.generate("start.rules", "detour", rules, 1, keep=False)
    bench.clock.say(f"    compiling {rules:,} rules")
    wall, _ = _compile(bench, snapshot, text, limit=150)
    os.unlink(text)  # a gigabyte that nobody needs any more
    with open(bench.shop.keys(), encoding="ascii") as file:
        key, target, _ = file.readline().rstrip("\n").split("\t")
    server.configure_snapshot(snapshot)
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
    wall = {place: statistics.median(run[0] for run in of) for place, of in runs.items()}
    cpu = {place: statistics.median(run[1] for run in of) for place, of in runs.items()}
    row.data = {"runs": runs, "bytes": size}
    row.cells["detour"] = "; ".join(
        f"{RULES / wall[place]:,.0f} to {name} ({wall[place]:.2f} s, CPU {cpu[place]:.2f} s)"
        for place, name in (("memory", "memory"), ("disk", "disk with fsync"))
    )
    took = f"{wall['memory']:.2f} s to memory; {size / RULES:.0f} bytes a rule"
    row.judge((wall["memory"] <= 1.0, took))
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
