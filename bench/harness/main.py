# SPDX-License-Identifier: MIT
"""The command line, and the order of things: install, build, generate, measure row by row, report.

A row that fails says so in the table and the others go on; the table is written after each row, so
that whatever ends the run leaves what was measured.
"""

import argparse
import os
import signal
import sys
import time

from . import child, machine, packages, peers, report
from . import rows_matching, rows_memory, rows_snapshot, rows_speed, rows_swap, rows_tools
from .clock import Clock, OutOfTime
from .heads import HEADS
from .rows import Bench, disturbed
from .servers import LOAD_CPU, SERVER_CPU
from .workshop import Workshop

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Measured in this order: what is quick before what is long, should time run out.
ROWS = {
    "request": rows_speed.request,
    "fields": rows_speed.fields,
    "map": rows_speed.million,
    "visit": rows_speed.visit,
    "pipeline": rows_speed.pipeline,
    "regex": rows_matching.regex,
    "placeholders": rows_matching.placeholders,
    "prefixes": rows_matching.prefixes,
    "wildcards": rows_matching.wildcards,
    "conditions": rows_matching.conditions,
    "miss": rows_matching.miss,
    "compile": rows_snapshot.compile_,
    "regexcompile": rows_snapshot.regex_compile,
    "govuk": rows_snapshot.govuk,
    "replay": rows_tools.replay,
    "check": rows_tools.check,
    "allocations": rows_memory.allocations,
    "idle": rows_memory.idle,
    "swap": rows_swap.swap,
    "start": rows_snapshot.start,
}


def parse(arguments):
    servers = ", ".join(kind.name for kind in peers.ALL)
    program = os.path.join(ROOT, "build", "detour")
    folder = os.path.join(ROOT, "out", "bench")
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measures Detour beside its peers and the raw floor."
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="about two minutes: fewer, shorter samples")
    add("--only", action="append", choices=ROWS, metavar="ROW", help="a row: " + ", ".join(ROWS))
    add("--servers", metavar="NAMES", help="only these, with commas between, of " + servers)
    add("--detour", default=program, help="the program [build/detour]")
    add("--out", default=folder, help="work folder and results [out/bench]")
    add("--boost", action="store_true", help="go before other work on this machine (root)")
    add("--port", type=int, default=18400, help="first of twelve ports on 127.0.0.1 [18400]")
    add("--minutes", type=float, default=11.5, help="limit of the whole run [11.5]")
    return parser.parse_args(arguments)


def _measure(name, bench):
    """Rows, whatever happens; a row that failed carries the reason."""
    row = HEADS[name]()
    try:
        return ROWS[name](bench)
    except OutOfTime as error:
        row.why = str(error)
    except Exception as error:  # pylint: disable=broad-exception-caught
        row.why = f"{type(error).__name__}: {error}"
        if bench.clock.left() <= 0:
            row.why = "the run's time is used up"
    bench.clock.say(f"    {name}: {row.why}")
    return [row]


def _notes(rows, options, missing):
    samples = [sample for row in rows for of in row.samples.values() for sample in of]
    noisy = sum(map(disturbed, samples))
    notes = [
        f"Server on CPU {SERVER_CPU} with one worker, load on CPU {LOAD_CPU}; "
        f"medians of interleaved rounds, {time.strftime('%Y-%m-%d')}."
    ]
    if noisy:
        notes.append(
            f"Other work disturbed {noisy} of {len(samples)} samples; "
            "medians are of the others where three are left."
        )
    if missing:
        notes.append("Not installed: " + ", ".join(missing) + ".")
    if options.quick or options.servers or options.boost:
        notes.append("Not a full run: bench/run " + " ".join(sys.argv[1:]) + ".")
    return notes


def run(options):
    clock = Clock(options.minutes * 60)
    child.boost = options.boost
    os.sched_setaffinity(0, {LOAD_CPU})
    missing = packages.install(ROOT, clock)
    if "gcc" in missing:
        raise SystemExit("bench: no gcc")
    if os.access(options.detour, os.X_OK):
        peers.Detour.path = os.path.abspath(options.detour)
    else:
        clock.say(f"no program at {options.detour}: only its peers are measured")
    if options.servers:
        wanted = {"floor", *options.servers.split(",")}
        peers.ALL = tuple(kind for kind in peers.ALL if kind.name in wanted)
    shop = Workshop(ROOT, options.out, clock)
    shop.build()
    bench = Bench(
        shop=shop,
        clock=clock,
        port=options.port,
        rounds=3 if options.quick else 7,
        seconds=0.5 if options.quick else 0.8,
        quick=options.quick,
        test_data=os.environ.get("DETOUR_TEST_DATA", os.path.join(ROOT, "..", "shared", "data")),
    )
    described = machine.describe(peers.Detour.path)
    measured, rows, text = {}, [], ""
    for name in ROWS:
        if options.only and name not in options.only:
            continue
        clock.say(name)
        measured[name] = _measure(name, bench)
        rows = [row for head in HEADS for row in measured.get(head, [])]
        notes = _notes(rows, options, missing)
        text = report.write(options.out, rows, described, notes, vars(options))
    clock.say(f"results in {options.out}")
    print(text)
    return rows


def _end(_number, _frame):
    raise SystemExit(130)  # servers and generators are ended on the way out


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        run(options)
    except KeyboardInterrupt:
        return 130
    return 0
