# SPDX-License-Identifier: MIT
"""CPU time a request: one rule, a browser's fields, visits, pipelining, a million rules.

Rounds are interleaved: in each one every server is measured for a second or two, and the next round
goes the other way, so that whatever drifts on the machine drifts for all.
"""

from . import proc
from .load import BROWSER, Load, LoadError, must_be_right
from .heads import DEPTH, HEADS
from .rows import FAIL, Row, disturbed, least_check, median, ratio_check, user_us
from .servers import ServerError
from .workshop import RULES

WARM_UP = 0.2
FAILURES = (LoadError, ServerError, OSError)


def _measure(bench, server, samples, options, keys=None):
    """Adds a sample; two when others disturbed the first, unless that has happened too often."""
    taken = samples.setdefault(server.name, [])
    for _ in range(2):
        with Load(bench.shop, server, *options, keys=keys) as load:
            must_be_right(server.name, load.run(WARM_UP))
            taken.append(load.sample(bench.seconds))
        if not disturbed(taken[-1]) or sum(map(disturbed, taken)) > bench.rounds // 2:
            return


def _rounds(bench, servers, one):
    """Why servers failed, by name: a peer that fails costs its column only."""
    failed = {}
    for number in range(bench.rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            if server.name in failed:
                continue
            try:
                one(server)
            except FAILURES as error:
                bench.clock.say(f"    {server.name}: {error}")
                failed[server.name] = str(error)
    return failed


def _one_rule(bench, options, floor_mode="keep"):
    """Samples by server's name: started for each sample, so that no process is lucky for a row."""
    samples = {}

    def one(server):
        server.mode = floor_mode
        server.configure_one()
        server.boot()
        try:
            _measure(bench, server, samples, options)
        finally:
            server.stop()

    return samples, _rounds(bench, bench.servers(), one)


def _cells(row, samples, failed, cell):
    for name, reason in failed.items():
        samples.pop(name, None)
        row.cells[name] = "failed"
        if name == "detour":
            row.verdict, row.why = FAIL, reason
    row.samples = samples
    row.cells.update({name: cell(of) for name, of in samples.items()})


def _time_cell(samples):
    return f"{median(samples, 'us'):.2f} ({user_us(samples):.2f})"


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
    _cells(row, samples, failed, _time_cell)
    _against_floor(row, samples, 1.10)
    sizes = Row.beside("An answer's size", "bytes")
    sizes.cells = {name: f"{median(of, 'answer_bytes'):.0f}" for name, of in samples.items()}
    return [row, sizes]


def fields(bench):
    row = HEADS["fields"]()
    samples, failed = _one_rule(bench, [word for line in BROWSER for word in ("-H", line)])
    _cells(row, samples, failed, _time_cell)
    _against_floor(row, samples, 1.12)
    return [row]


def visit(bench):
    row = HEADS["visit"]()
    samples, failed = _one_rule(bench, ["-C"], floor_mode="close")
    _cells(row, samples, failed, _time_cell)
    _against_floor(row, samples, 1.10)
    return [row]


def pipeline(bench):
    row = HEADS["pipeline"]()
    samples, failed = _one_rule(bench, ["-P", str(DEPTH)])
    _cells(row, samples, failed, lambda of: f"{median(of, 'rate') / 1e3:,.0f} k")
    rates = {name: median(of, "rate") for name, of in samples.items()}
    if "detour" in rates and "nginx" in rates:
        times = rates["detour"] / rates["nginx"]
        row.judge((times >= 5, f"{times:.1f} x nginx's"))
    cpu = Row.beside("CPU a request, pipelined", "us (user)")
    cpu.cells = {name: _time_cell(of) for name, of in samples.items()}
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
        failed = _rounds(bench, servers, lambda server: _measure(bench, server, samples, [], keys))
        for server in servers[1:]:
            memory.cells[server.name] = f"{proc.pss(server.pids()) / RULES:.0f}"
    finally:
        for server in servers:
            server.stop()
    _cells(row, samples, failed, _time_cell)
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
