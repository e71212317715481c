# SPDX-License-Identifier: MIT
"""Rule sets side by side: a server for each, all started beforehand, and what a request costs.

Sizes of one kind are compared, so a sample is short and there are fewer of them than of the rows
that are compared with other servers to a few hundredths.
"""

import importlib.util
import os
import random
import re
from dataclasses import dataclass, replace

from .peers import ALL, RuleSet
from .rounds import interleave, take
from .workshop import SAMPLE


@dataclass
class Case:
    """What is asked of a server; two cases may share one."""

    name: str
    server: object
    keys: str
    options: tuple = ()  # of the load generator


def detour(bench, number, rules, label, fields=()):
    """A server with this file of rules, on a port behind those of all peers."""
    server = RuleSet(bench.shop, bench.port + len(ALL) + number, label)
    server.configure_rules(rules)
    server.fields = fields
    return server


def measure(bench, cases):
    """(samples by name, reasons of those that failed). The first case of a server must be one
    whose keys have their Location: it is what the server is waited for with."""
    bench = replace(bench, rounds=min(bench.rounds, 5), seconds=min(bench.seconds, 0.5))
    servers = {id(case.server): case for case in reversed(cases)}
    samples = {}

    def one(case):
        fields = [word for line in case.server.fields for word in ("-H", line)]
        taken = samples.setdefault(case.name, [])
        take(bench, case.server, taken, [*case.options, *fields], case.keys)

    try:
        for case in servers.values():
            case.server.boot(*bench.shop.probe(case.keys)[:2])
        return samples, interleave(bench, cases, one)
    finally:
        for case in servers.values():
            case.server.stop()


# ---- Regexes as people write them ----


def _genregex(shop):
    path = os.path.join(shop.sources, "genregex.py")
    spec = importlib.util.spec_from_file_location("genregex", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _location(number, rule):
    """What the rule answers its path with, by Python's reading of the expression; None: nothing."""
    found = re.search(rule.text, rule.path, re.IGNORECASE if rule.nocase else 0)
    if not found:
        return None
    return f"/to/{number}" + (f"/{found.group(1) or ''}" if found.re.groups else "")


def real_regexes(shop, count):
    """(rules, keys, misses): files. Each rule has a word of its own in it, which misses lack."""
    paths = [shop.data(f"real.{count}.{what}") for what in ("detour", "keys", "misses")]
    keys = []
    with open(paths[0], "w", encoding="ascii") as out:
        for number, rule in enumerate(_genregex(shop).rules(count)):
            group = "/$1" if re.compile(rule.text).groups else ""
            out.write(f"~{'*' if rule.nocase else ''}{rule.text} /to/{number}{group} 307\n")
            location = _location(number, rule)
            if location:
                keys.append((rule.path, location))
    sample = random.Random(307).choices(keys, k=SAMPLE)
    with open(paths[1], "w", encoding="ascii") as out:
        out.writelines(f"{path}\t{location}\n" for path, location in sample)
    with open(paths[2], "w", encoding="ascii") as out:
        out.writelines(re.sub(r"[wW](\d+)", r"v\1", path) + "\n" for path, _ in sample)
    return paths
