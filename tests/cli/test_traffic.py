#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""replay and diff: their JSON is as docs/json.md has it, and a real log is counted as an independent
reader counts it."""

import collections
import json
import os
import re
import sys
import tempfile

import tap
from test_json import members

ROOT = os.environ["DETOUR_SOURCE_ROOT"]
DATA = os.environ.get("DETOUR_TEST_DATA", os.path.join(ROOT, "..", "shared", "data"))
LOG = os.path.join(DATA, "apache-logs", "apache_logs")
RULES = """/favicon.ico /static/favicon.ico 301
/presentations/* https://slides.example/:splat 302
/style2.css /styles/main.css
/styles/main.css /s/main.css
/robots.txt - pass
/Blog/tags/puppet /x
/loop /loop2
/loop2 /loop
"""


def run(*args):
    status, out, errors = tap.detour(*args)
    return status, json.loads(out), errors


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def target(line):
    """The request's target, by a reader that shares nothing with ours; None: no request."""
    found = re.match(r'\S+ \S+ .*? \[[^\]]+\] "([A-Z]+) (\S+)(?: HTTP/[\d.]+)?" \d{3} ', line)
    return found[2] if found else None


def kind_of(path):
    if path == "/robots.txt":
        return "passed"
    if path == "/presentations" or path.startswith("/presentations/"):
        return "302"
    return {"/favicon.ico": "301", "/style2.css": "307", "/styles/main.css": "307",
            "/Blog/tags/puppet": "307", "/loop": "307", "/loop2": "307"}.get(path, "missed")


def real_log(test, folder):
    if not os.path.exists(LOG):
        test.skip("a real log", "no data at " + LOG)
        return
    rules = write(folder, "real.rules", RULES)
    with open(LOG, encoding="utf-8", errors="surrogateescape") as file:
        targets = [target(line) for line in file.read().splitlines()]
    want = collections.Counter(kind_of(one.split("?")[0]) for one in targets if one)
    misses = collections.Counter(one.split("#")[0] for one in targets
                                 if one and kind_of(one.split("?")[0]) == "missed")
    status, found, errors = run("replay", "--json", "--all", LOG, rules)
    totals = found["totals"]
    test.equal((status, errors), (0, ""), "a real log is read")
    test.equal(totals["lines"], len(targets), "every line is counted")
    test.equal(totals["requests"], sum(1 for one in targets if one), "so is every request")
    test.equal(totals["statuses"], {key: want[key] for key in ("301", "302", "307")}, "what is answered, by status")
    test.equal(totals["passed"], want["passed"], "what is passed")
    test.equal(totals["missed"], want["missed"], "what is missed")
    test.equal(sum(one["count"] for one in found["misses"]), want["missed"], "misses add up")
    plain = {url: count for url, count in misses.items() if re.fullmatch(r"[/\w.?=&-]+", url)}
    got = {one["url"]: one["count"] for one in found["misses"]}
    wrong = {url: (count, got.get(url)) for url, count in plain.items() if got.get(url) != count}
    test.ok(not wrong and len(plain) > 500, f"each of {len(plain)} missed URLs is counted right", str(wrong)[:500])
    test.equal(found["chains"][0]["count"], sum(one.split("?")[0] == "/style2.css" for one in targets if one),
               "the chain that visitors walk")


def replay_json(test, folder):
    rules = write(folder, "small.rules", RULES)
    log = write(folder, "small.log", "".join(
        f'192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET {path} HTTP/1.1" 200 1\n'
        for path in ("/style2.css", "/loop", "/blog/tags/puppet", "/none")) + "bad\n")
    status, found, errors = run("replay", "--json", "--all", log, rules)
    test.equal((status, errors), (0, ""), "replay --json")
    members(test, found, "detour replay")
    members(test, found["totals"], "Totals of a replay")
    members(test, found["bad_lines"][0], "Bad line")
    members(test, found["hits"][0], "Rule with hits")
    members(test, found["misses"][0], "Miss")
    near = next(one["near"] for one in found["misses"] if one["near"])
    members(test, near, "Nearest rule")
    test.equal((near["rule"]["line"], near["name"]), (6, "case"), "the rule that was meant")
    members(test, found["chains"][0], "Chain")
    members(test, found["chains"][0]["hops"][0], "Hop")
    test.equal(sorted(one["loop"] for one in found["chains"]), [False, True], "a chain and a loop")
    test.equal(len(found["never_hit"]) + found["rules_hit"], found["rules"], "each rule is hit or not")
    status, found, _ = run("replay", "--json", log, rules)
    test.ok(found["never_hit"] is None, "without --all those never hit are only counted")


def diff_json(test, folder):
    old = write(folder, "old.rules", "/a /b\n/c /d 301\n/e /f until=2030-01-01T00:00Z\n")
    new = write(folder, "new.rules", "/a /x\n/c /d 302\n/g /h\n")
    log = write(folder, "diff.log", '192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1\n')
    status, found, errors = run("diff", "--json", "--log", log, old, new)
    test.equal((status, errors), (1, ""), "diff --json of sets that differ: status 1")
    members(test, found, "detour diff")
    members(test, found["log"], "Log of a comparison")
    members(test, found["groups"][0], "Group")
    members(test, found["groups"][0]["examples"][0], "Example")
    members(test, found["groups"][0]["examples"][0]["a"], "Answer of one side")
    test.equal(sorted(found["kinds"]), ["added", "other", "removed", "status", "target"], "five kinds")
    members(test, found["kinds"]["added"], "Count of a kind")
    for kind in ("added", "removed", "status", "target"):
        test.ok(any(one["kind"] == kind for one in found["groups"]), f"a group is {kind}")
    status, found, _ = run("diff", "--json", old, old)
    test.equal((status, found["differ"], found["groups"]), (0, False, []), "a set does what it does")


def main():
    test = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        replay_json(test, folder)
        diff_json(test, folder)
        real_log(test, folder)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
