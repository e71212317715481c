# SPDX-License-Identifier: MIT
"""CPU time a request: one rule, a browser's fields, visits, pipelining, a million rules."""

from . import proc
from .load import BROWSER
from .heads import DEPTH, HEADS
from .rounds import fill_cells, interleave, take, time_cell
from .rows import Row, least_check, median, ratio_check, user_us
from .workshop import RULES


def _one_rule(bench, options, floor_mode="keep"):
    """Samples by server's name: started for each sample, so that no process is lucky for a row."""
    samples = {}

    def one(server):
        server.mode = floor_mode
        server.configure_one()
        server.boot()
        try:
            take(bench, server, samples.setdefault(server.name, []), options)
        finally:
            server.stop()

    return samples, interleave(bench, bench.servers(), one)


def _times(samples):
    return {name: median(of, "us") for name, of in samples.items()}


def _against_floor(row, samples, bound):
    times = _times(samples)
    if "detour" in times:
        floor = ratio_check("", times["detour"], times["floor"], bound, "the floor")
        row.judge(floor, least_check(times))


def request(bench):
    row = HEADS["request"]()
    samples, failed = _one_rule(bench, [])
    fill_cells(row, samples, failed, time_cell)
    _against_floor(row, samples, 1.10)
    sizes = Row.beside("An answer's size", "bytes")
    sizes.cells = {name: f"{median(of, 'answer_bytes'):.0f}" for name, of in samples.items()}
    return [row, sizes]


def fields(bench):
    row = HEADS["fields"]()
    samples, failed = _one_rule(bench, [word for line in BROWSER for word in ("-H", line)])
    fill_cells(row, samples, failed, time_cell)
    _against_floor(row, samples, 1.12)
    return [row]


def visit(bench):
    row = HEADS["visit"]()
    samples, failed = _one_rule(bench, ["-C"], floor_mode="close")
    fill_cells(row, samples, failed, time_cell)
    _against_floor(row, samples, 1.10)
    return [row]


def pipeline(bench):
    row = HEADS["pipeline"]()
    samples, failed = _one_rule(bench, ["-P", str(DEPTH)])
    fill_cells(row, samples, failed, lambda of: f"{median(of, 'rate') / 1e3:,.0f} k")
    rates = {name: median(of, "rate") for name, of in samples.items()}
    if "detour" in rates and "nginx" in rates:
        times = rates["detour"] / rates["nginx"]
        row.judge((times >= 5, f"{times:.1f} x nginx's"))
    cpu = Row.beside("CPU a request, pipelined", "us (user)")
    cpu.cells = {name: time_cell(of) for name, of in samples.items()}
    return [row, cpu]


CANNOT = "cannot: compares rule by rule"


def million(bench):
    """The same processes in all rounds: nginx needs seconds to start."""
    row = HEADS["map"]()
    memory = Row.beside("Memory with them", "bytes a rule")
    start = Row.beside("Start with them (Detour: from text)", "s to the first answer")
    servers = bench.servers(["floor", "detour", "nginx", "haproxy"])
    key, target, _ = bench.shop.probe()
    samples = {}
    try:
        for server in servers:
            bench.clock.say(f"    starting {server.name}")
            server.configure_map(1)
            seconds, _ = server.boot(key, target)
            if server.name != "floor":
                start.cells[server.name] = f"{seconds:.2f}"
        keys = bench.shop.keys()

        def one(server):
            take(bench, server, samples.setdefault(server.name, []), [], keys)

        failed = interleave(bench, servers, one)
        for server in servers[1:]:
            memory.cells[server.name] = f"{proc.pss(server.pids()) / RULES:.0f}"
    finally:
        for server in servers:
            server.stop()
    fill_cells(row, samples, failed, time_cell)
    row.cells.update(h2o=CANNOT, lighttpd=CANNOT)
    row.data.update(memory=memory.cells, start=start.cells)
    _judge_million(row, samples)
    return [row, memory, start]


def _judge_million(row, samples):
    if "detour" not in samples:
        return
    times = _times(samples)
    checks = [ratio_check("", times["detour"], times["floor"], 1.15, "the floor")]
    if "nginx" in samples:
        ours, theirs = user_us(samples["detour"]), user_us(samples["nginx"])
        checks.append(ratio_check("user part ", ours, theirs, 0.35, "nginx's"))
    row.judge(*checks)
