# SPDX-License-Identifier: MIT
"""The rows that have a bound, by name, in the order of the table."""

from functools import partial

from .rows import Row
from .workshop import HUGE, RULES

DEPTH = 16  # of a pipeline
RATE = 40_000  # requests a second during a swap

FEW = 10
NAMES = 100_000
PREFIXES = 1_000_000
HOSTS = 100_000
CONDITIONS = 1_000
REGEXES = (FEW, 1_000, 10_000)
MANY_REGEXES = REGEXES[-1]
REPLAY_LINES = 3_000_000
REPLAY_RULES = 100_000
CHECK_RULES = RULES

_PEERS = "less than every peer"
_TIME = "us (user)"

HEADS = {
    "request": partial(
        Row,
        "CPU a request: keep-alive, 64 connections, 1 rule",
        f"at most 1.10 x the floor; {_PEERS}",
        _TIME,
    ),
    "fields": partial(
        Row,
        "The same with a browser's 12 header fields",
        f"at most 1.12 x the floor; {_PEERS}",
        _TIME,
    ),
    "map": partial(
        Row,
        f"CPU a request: {RULES:,} exact rules, random keys",
        "at most 1.15 x the floor; user part at most 0.35 x nginx's",
        _TIME,
    ),
    "visit": partial(
        Row,
        "CPU a visit: connect, one request, close",
        f"at most 1.10 x the floor; {_PEERS}",
        _TIME,
    ),
    "pipeline": partial(Row, f"Pipelined by {DEPTH}", "at least 5 x nginx's", "requests a second"),
    "regex": partial(
        Row,
        "CPU a request: regexes, the last one matches",
        f"{MANY_REGEXES:,} at most 1.5 x {FEW}, user part 2 x; at most 1/300 of nginx",
        _TIME,
    ),
    "placeholders": partial(
        Row, "CPU a request: rules with placeholders", f"{NAMES:,} at most 1.5 x {FEW}", _TIME
    ),
    "prefixes": partial(
        Row,
        "CPU a request: dir/* rules, paths of 8 segments",
        f"{PREFIXES:,} at most 1.5 x {FEW}",
        _TIME,
    ),
    "wildcards": partial(
        Row, "CPU a request: wildcard hosts", f"{HOSTS:,} at most 1.3 x {FEW}", _TIME
    ),
    "conditions": partial(
        Row,
        f"CPU a request: {CONDITIONS:,} rules with header, cookie, address and window",
        "at most 1.5 x the same rules without",
        _TIME,
    ),
    "miss": partial(
        Row, "CPU a request that no rule matches", "no more than one that a rule matches, within 3 %", _TIME
    ),
    "regexcompile": partial(
        Row, f"Compile {MANY_REGEXES:,} regexes as people write them", "at most 10 s", "s"
    ),
    "swap": partial(
        Row,
        f"Swap of {RULES:,} rules under load ({RATE:,} requests/s): worst request",
        "at most 2 x the worst without a swap; no connection broken, no request lost",
    ),
    "start": partial(
        Row, f"Start with a compiled snapshot of {HUGE:,} rules", "answering within 50 ms", "ms"
    ),
    "compile": partial(
        Row,
        f"Compile {RULES:,} rules, text to snapshot, one core",
        "at least 1,000,000 rules a second",
        "rules a second",
    ),
    "govuk": partial(
        Row, "Snapshot size on the gov.uk map", "at most 100 bytes a rule", "bytes a rule"
    ),
    "replay": partial(
        Row,
        f"Replay an access log of {REPLAY_LINES:,} lines against {REPLAY_RULES:,} rules, one core",
        "at least 1,000,000 lines a second",
        "lines a second",
    ),
    "check": partial(Row, f"Check {CHECK_RULES:,} rules, one core", "at most 10 s", "s"),
    "idle": partial(
        Row, "User memory of an idle keep-alive connection", "at most 256 bytes", "bytes"
    ),
    "allocations": partial(Row, "Allocations a request in steady state", "0"),
}
