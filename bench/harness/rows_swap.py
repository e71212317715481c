# SPDX-License-Identifier: MIT
"""A swap of a million rules under load: does any request notice?

64 keep-alive connections ask for random keys, and every answer must be the old or the new one. One
window follows the other, all of the same length, on the same connections: a quiet one, one with a
swap, a quiet one, and so on. Every swap changes every target, so the first new answer shows when
the swap was done, and an old answer to a request that was sent after it is an error.

The load has a rate, half of what a core can do or less: reading a million rules takes a second of
CPU time, and on a machine of two CPUs whose other one is the generator's, a server that was kept
saturated would leave the reader none, whatever the server is. Latencies count from the time at
which the request was due, so that a stall is seen by every request that it held up. A second
figure, without a verdict, is the same with a saturated server.
"""

import os
import statistics
import time

from .heads import HEADS, RATE
from .load import Load, must_be_right
from .rows import Row

WINDOWS = {"detour": (5.0, 5), "nginx": (14.0, 1)}  # seconds of a window, pairs of windows
SATURATED = (18.0, 1)  # Detour waits ten seconds for a free CPU before it takes some
BEFORE_SWAP = 0.3


def _window(load, server, seconds, swap):
    """One window. The harness wakes up at the same moments in a quiet one."""
    load.begin(f"run {seconds}")
    time.sleep(BEFORE_SWAP)
    asked = time.monotonic_ns()
    if swap:
        server.swap()
    else:
        os.kill(server.process.pid, 0)
    result = load.end(seconds + 15)
    result["swap_s"] = (result["swapped_ns"] - asked) / 1e9 if result["swapped_ns"] else None
    if swap and not result["swapped_ns"]:
        _settle(load, seconds)
    return result


def _settle(load, seconds):
    """A swap that is late must not be taken for the next one's."""
    for _ in range(2):
        if load.run(seconds)["swapped_ns"]:
            return


def _measure(bench, name, options, windows):
    """(quiet windows, swap windows), or None when it is not there."""
    server = bench.server(name)
    if server is None:
        return None
    seconds, pairs = windows
    pairs = 1 if bench.quick else pairs
    key, target, _ = bench.shop.probe()
    quiet, swapped = [], []
    server.configure_map(1)
    server.boot(key, target)
    try:
        with Load(bench.shop, server, *options, keys=bench.shop.keys()) as load:
            must_be_right(name, load.run(1.0))
            for pair in range(pairs):
                server.prepare_swap(2 if pair % 2 == 0 else 1)
                quiet.append(_window(load, server, seconds, swap=False))
                swapped.append(_window(load, server, seconds, swap=True))
                worst = [f"{windows[-1]['max_us']:.0f} us" for windows in (quiet, swapped)]
                took = swapped[-1]["swap_s"] or float("nan")
                bench.clock.say(
                    f"    {name}: worst {worst[0]} quiet, {worst[1]} with a swap of {took:.2f} s"
                )
    finally:
        server.stop()
    return quiet, swapped


def _worst(windows):
    return statistics.median(window["max_us"] for window in windows)


def _p999(windows):
    return statistics.median(window["p999_us"] for window in windows)


def _errors(windows):
    keys = ("broken", "lost", "refused", "bad_status", "bad_location", "stale")
    return {key: sum(window[key] for window in windows) for key in keys}


def _cell(quiet, swapped):
    errors = _errors(swapped)
    ended = sum(window["broken"] + window["closing"] for window in swapped)
    took = [window["swap_s"] for window in swapped if window["swap_s"] is not None]
    text = f"{_worst(swapped) / 1e3:.2f} ms ({_worst(quiet) / 1e3:.2f} quiet)"
    text += f", {ended} connections ended, {errors['lost']} requests lost"
    return text + (f", new after {statistics.median(took):.1f} s" if took else ", never swapped")


def _judge(row, quiet, swapped):
    errors = _errors(swapped)
    ended = sum(window["broken"] + window["closing"] for window in swapped)
    ratio = _worst(swapped) / _worst(quiet)
    wrong = sum(errors.values()) + ended
    done = all(window["swap_s"] is not None for window in swapped)
    usual, now = _p999(quiet), _p999(swapped)
    row.judge(
        (ratio <= 2, f"worst {ratio:.2f} x quiet (p99.9 {now:.0f} us, quiet {usual:.0f})"),
        (wrong == 0, f"{wrong} errors" if wrong else "no error"),
        (done, "every swap done" if done else "a swap was not done in its window"),
    )


def swap(bench):
    row = HEADS["swap"]()
    for name in ("detour", "nginx"):
        windows = _measure(bench, name, ["-r", str(RATE)], WINDOWS[name])
        if windows is None:
            continue
        row.cells[name] = _cell(*windows)
        row.data[name] = {"quiet": windows[0], "swapped": windows[1]}
        if name == "detour":
            _judge(row, *windows)
    rows = [row]
    if not bench.quick:
        full = Row.beside("The same with a saturated server", "")
        windows = _measure(bench, "detour", [], SATURATED)
        if windows is not None:
            full.cells["detour"] = _cell(*windows)
            full.data["detour"] = {"quiet": windows[0], "swapped": windows[1]}
            rows.append(full)
    return rows
