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

from .peers import RuleSet
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
    """A server with this file of rules, on the number'th port."""
    server = RuleSet(bench.shop, bench.port + number, label)
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


def _key(rule, number, groups):
    """A path with its Location, by Python's reading of the expression."""
    location = f"/to/{number}"
    if groups:
        found = re.search(rule.text, rule.path, re.IGNORECASE if rule.nocase else 0)
        location += "/" + (found.group(1) or "")
    return f"{rule.path}\t{location}\n"


def real_regexes(shop, count):
    """(rules, keys, misses): files. Each rule has a word of its own in it, which misses lack."""
    paths = [shop.data(f"real.{count}.{what}") for what in ("detour", "keys", "misses")]
    rules = list(_genregex(shop).rules(count))
    groups = [re.compile(rule.text).groups > 0 for rule in rules]
    chooser = random.Random(307)
    with open(paths[0], "w", encoding="ascii") as out:
        for number, rule in enumerate(rules):
            target = f"/to/{number}" + ("/$1" if groups[number] else "")
            out.write(f"~{'*' if rule.nocase else ''}{rule.text} {target} 307\n")
    with open(paths[1], "w", encoding="ascii") as keys, open(paths[2], "w", encoding="ascii") as miss:
        for number in chooser.choices(range(count), k=SAMPLE):
            keys.write(_key(rules[number], number, groups[number]))
            miss.write(re.sub(r"[wW](\d+)", r"v\1", rules[number].path) + "\n")
    return paths
