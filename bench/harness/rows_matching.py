# SPDX-License-Identifier: MIT
"""What a request costs with few rules and with many, for every way of matching; with conditions and
without; and when no rule matches."""

import os

from . import rulesets
from .heads import CONDITIONS, FEW, HEADS, HOSTS, MANY_REGEXES, NAMES, PREFIXES, REGEXES
from .rounds import time_cell
from .rows import FAIL, Row, median, ratio_check, user_us
from .rulesets import Case
from .workshop import RULES

# What the conditions ask for; sent to the rules without them too.
FIELDS = ("X-Mode: live", "Cookie: theme=dark; session=0123456789abcdef0123456789abcdef")


NO_MORE = 1.03  # what one and the same server may differ by from sample to sample


def _fill(row, samples, failed):
    """One cell for all cases of Detour's. True when none failed."""
    for name, reason in failed.items():
        samples.pop(name, None)
        row.verdict, row.why = FAIL, f"{name}: {reason}"
    row.samples = samples
    ours = [f"{name}: {time_cell(of)}" for name, of in samples.items() if "nginx" not in name]
    row.cells["detour"] = "; ".join(ours)
    theirs = [f"{time_cell(of)}{name[5:]}" for name, of in samples.items() if "nginx" in name]
    row.cells["nginx"] = "; ".join(theirs)
    return not failed


def _sizes(bench, kind, sizes):
    """Cases of one kind of rules, by how many there are."""
    shop = bench.shop
    return [
        Case(
            f"{size:,}",
            rulesets.detour(bench, number, shop.rules(kind, size), f"{kind}.{size}"),
            shop.rule_keys(kind, size),
        )
        for number, size in enumerate(sizes)
    ]


def _ratio(samples, many, few, bound, of=median):
    """A check of two cases by their CPU time."""
    key = ("us",) if of is median else ()
    what = "" if of is median else "user part "
    return ratio_check(what, of(samples[many], *key), of(samples[few], *key), bound, few)


def _few_and_many(bench, name, kind, many, bound):
    row = HEADS[name]()
    if bench.server("detour") is None:
        return [row]
    samples, failed = rulesets.measure(bench, _sizes(bench, kind, (FEW, many)))
    if _fill(row, samples, failed):
        row.judge(_ratio(samples, f"{many:,}", f"{FEW}", bound))
    return [row]


def placeholders(bench):
    return _few_and_many(bench, "placeholders", "names", NAMES, 1.5)


def prefixes(bench):
    return _few_and_many(bench, "prefixes", "prefixes", PREFIXES, 1.5)


def wildcards(bench):
    return _few_and_many(bench, "wildcards", "hosts", HOSTS, 1.3)


# ---- Regexes ----


def regex(bench):
    row = HEADS["regex"]()
    if bench.server("detour") is None:
        return [row]
    cases = _sizes(bench, "regex", REGEXES) + _nginx_regexes(bench)
    samples, failed = rulesets.measure(bench, cases)
    few, many = f"{FEW}", f"{MANY_REGEXES:,}"
    if _fill(row, samples, failed):
        checks = [_ratio(samples, many, few, 1.5), _ratio(samples, many, few, 2, user_us)]
        if "nginx" in samples:
            theirs, ours = median(samples["nginx"], "us"), median(samples[many], "us")
            checks.append((ours * 300 <= theirs, f"1/{theirs / ours:.0f} of nginx"))
        row.judge(*checks)
    return [row, _real(bench)]


def _nginx_regexes(bench):
    """With pcre_jit, as its documentation advises, and without, which turns out to be faster here."""
    cases = []
    rules = bench.shop.rules("regex", MANY_REGEXES, "nginx")
    keys = bench.shop.rule_keys("regex", MANY_REGEXES)
    for number, jit in enumerate((True, False)):
        server = bench.server("nginx")
        if server is None:
            return []
        server.port = bench.port + number  # the floor and Detour with one rule are not there
        server.folder = os.path.join(server.folder, f"jit.{number}")
        os.makedirs(server.folder, exist_ok=True)
        server.configure_regexes(rules, jit)
        cases.append(Case("nginx" if jit else "nginx without pcre_jit", server, keys))
    return cases


def _real(bench):
    """The same of all kinds, anywhere in the path, and every one of them is asked for."""
    row = Row(
        "The same with regexes as people write them",
        f"{MANY_REGEXES:,} at most 1.5 x {FEW}",
        "us (user)",
    )
    cases = []
    for number, size in enumerate((FEW, MANY_REGEXES)):
        rules, keys, _ = rulesets.real_regexes(bench.shop, size)
        server = rulesets.detour(bench, number, rules, f"real.{size}")
        cases.append(Case(f"{size:,}", server, keys))
    samples, failed = rulesets.measure(bench, cases)
    few, many = f"{FEW}", f"{MANY_REGEXES:,}"
    if _fill(row, samples, failed):
        row.judge(_ratio(samples, many, few, 1.5))
    return row


# ---- Conditions ----


def conditions(bench):
    row = HEADS["conditions"]()
    if bench.server("detour") is None:
        return [row]
    cases = [
        Case(
            name,
            rulesets.detour(bench, number, bench.shop.rules(kind, CONDITIONS), kind, FIELDS),
            bench.shop.rule_keys(kind, CONDITIONS),
        )
        for number, (name, kind) in enumerate((("without", "plain"), ("with", "conditions")))
    ]
    samples, failed = rulesets.measure(bench, cases)
    if _fill(row, samples, failed):
        row.judge(_ratio(samples, "with", "without", 1.5))
    return [row]


# ---- Misses ----


def _miss_sets(bench):
    """(name, rules, keys, misses)"""
    shop = bench.shop
    yield f"{RULES:,} exact", shop.map("detour"), shop.keys(), shop.keys("misses")
    for name, kind, size in (("placeholders", "names", NAMES), ("regexes", "regex", MANY_REGEXES)):
        keys, misses = (shop.rule_keys(kind, size, what) for what in ("keys", "misses"))
        yield f"{size:,} {name}", shop.rules(kind, size), keys, misses
    yield (f"{MANY_REGEXES:,} written by people", *rulesets.real_regexes(shop, MANY_REGEXES))


def miss(bench):
    row = HEADS["miss"]()
    if bench.server("detour") is None:
        return [row]
    cases, names = [], []
    for number, (name, rules, keys, misses) in enumerate(_miss_sets(bench)):
        server = rulesets.detour(bench, number, rules, f"miss.{number}")
        cases.append(Case(f"{name}, hit", server, keys))
        cases.append(Case(f"{name}, miss", server, misses, ("-s", "404")))
        names.append(name)
    samples, failed = rulesets.measure(bench, cases)
    if _fill(row, samples, failed):
        checks = []
        for name in names:
            hit, missed = (median(samples[f"{name}, {what}"], "us") for what in ("hit", "miss"))
            checks.append((missed <= NO_MORE * hit, f"{missed / hit:.2f} x a hit of {name}"))
        row.judge(*checks)
    return [row]
