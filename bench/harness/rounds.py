# SPDX-License-Identifier: MIT
"""Interleaved rounds: in each one every server is measured for a second or less, and the next round
goes the other way, so that whatever drifts on the machine drifts for all."""

from .load import Load, LoadError, must_be_right
from .rows import FAIL, disturbed, median, user_us
from .servers import ServerError

WARM_UP = 0.2
FAILURES = (LoadError, ServerError, OSError)


def take(bench, server, taken, options, keys=None):
    """Adds a sample; two when others disturbed the first, unless that has happened too often."""
    for _ in range(2):
        with Load(bench.shop, server, *options, keys=keys) as load:
            must_be_right(server.name, load.run(min(WARM_UP, bench.seconds / 3)))
            taken.append(load.sample(bench.seconds))
        if not disturbed(taken[-1]) or sum(map(disturbed, taken)) > bench.rounds // 2:
            return


def interleave(bench, entries, one):
    """Calls one(entry) in rounds. Why entries failed, by name: a peer that fails costs its column
    only."""
    failed = {}
    for number in range(bench.rounds):
        for entry in entries if number % 2 == 0 else reversed(entries):
            if entry.name in failed:
                continue
            try:
                one(entry)
            except FAILURES as error:
                bench.clock.say(f"    {entry.name}: {error}")
                failed[entry.name] = str(error)
    return failed


def time_cell(samples):
    return f"{median(samples, 'us'):.2f} ({user_us(samples):.2f})"


def fill_cells(row, samples, failed, cell):
    for name, reason in failed.items():
        samples.pop(name, None)
        row.cells[name] = "failed"
        if name == "detour":
            row.verdict, row.why = FAIL, reason
    row.samples = samples
    row.cells.update({name: cell(of) for name, of in samples.items()})
