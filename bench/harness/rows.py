# SPDX-License-Identifier: MIT
"""A row of the table, and what all rows share: the context they are measured in, medians, verdicts.

A row's cells are text for people; its data is everything that was measured, for results.json.
"""

import statistics
from dataclasses import dataclass, field

from . import peers

PASS, FAIL, OPEN = "pass", "FAIL", "not measured"

# Work of others on the server's CPU, as a part of the time, from which on a sample is disturbed.
DISTURBED = 0.10


@dataclass
class Bench:
    """What every row is measured with."""

    shop: object
    clock: object
    port: int
    rounds: int
    seconds: float  # of a sample
    quick: bool
    test_data: str  # folder of real maps

    def servers(self, names=None):
        """Fresh servers, each on a port of its own; those that are not installed left out."""
        return [
            kind(self.shop, self.port + i)
            for i, kind in enumerate(peers.ALL)
            if kind.installed() and (names is None or kind.name in names)
        ]

    def server(self, name):
        found = self.servers([name])
        return found[0] if found else None


@dataclass
class Row:
    title: str
    bound: str = ""
    unit: str = ""
    cells: dict = field(default_factory=dict)
    verdict: str = OPEN
    why: str = ""
    samples: dict = field(default_factory=dict)  # of CPU time, by server
    data: dict = field(default_factory=dict)  # whatever else was measured

    @staticmethod
    def beside(title, unit):
        """A row that goes with another one: figures without a bound."""
        return Row(title, unit=unit, verdict="")

    def judge(self, *checks):
        """Each check is (holds, sentence); the row passes when all hold."""
        self.verdict = PASS if all(holds for holds, _ in checks) else FAIL
        self.why = "; ".join(sentence for _, sentence in checks)


def disturbed(sample):
    return sample["foreign"] + sample["stolen"] > DISTURBED


def calm(samples):
    """Those that others did not disturb when there are three or more of them, else all."""
    undisturbed = [sample for sample in samples if not disturbed(sample)]
    return undisturbed if len(undisturbed) >= 3 else samples


def median(samples, key):
    return statistics.median(sample[key] for sample in calm(samples))


def user_us(samples):
    """The kernel divides user from system time by sampling at its ticks, a few hundred a second:
    the parts are taken over all samples together, and applied to the median of the sum."""
    samples = calm(samples)
    total = sum(sample["us"] * sample["requests"] for sample in samples)
    user = sum(sample["user_us"] * sample["requests"] for sample in samples)
    return statistics.median(sample["us"] for sample in samples) * user / total


def ratio_check(what, value, base, bound, base_name):
    """value must be at most bound times base."""
    ratio = value / base if base else float("inf")
    return ratio <= bound, f"{what}{ratio:.2f} x {base_name}"


def least_check(values, name="detour"):
    """Less than every peer, and by how much less than the best of them."""
    others = {peer: values[peer] for peer in peers.PEERS if peer in values}
    if not others:
        return True, "no peer was measured"
    best = min(others, key=others.get)
    ratio = values[name] / others[best]
    return ratio < 1, f"{ratio:.2f} x the best peer ({best})"
