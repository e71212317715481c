# SPDX-License-Identifier: MIT
"""Regular expressions that cost too much: at a request, which answers as if they had not matched while others are
served; and at a compile, which ends while the old rules stay."""

import os
import subprocess
import tempfile
import threading
import time

from load import Load
from server import Server, program
from wire import Broken, Connection

EVIL = r"""
/good  https://example.com/good
~^/e1/(a+)+$            https://example.com/evil
~^/e2/([a-zA-Z]+)*$     https://example.com/evil
~^/e3/(a|aa)+$          https://example.com/evil
~^/e4/(a|a?)+$          https://example.com/evil
~^/e5/(.*a){20}$        https://example.com/evil
~^/e6/(x+x+)+y          https://example.com/evil
~^/e7/((a*)*)*$         https://example.com/evil
~^/e8/(?=(a+))a*b\1     https://example.com/evil
"""


def redos(tap):
    paths = [f"/e{i}/" + "a" * 8000 + "!" for i in range(1, 9)] + ["/e6/" + "x" * 8000, "/e5/" + "ba" * 4000 + "!"]
    with Server(EVIL, workers=2) as server:
        slowest, wrong = 0, []

        def attack():
            nonlocal slowest
            try:
                with Connection(server.address, 60) as connection:
                    for path in paths:
                        start = time.monotonic()
                        answer = connection.get(path)
                        slowest = max(slowest, time.monotonic() - start)
                        if answer.status not in (404, 307):
                            wrong.append(f"{path[:10]}: {answer}")
            except (Broken, OSError) as error:
                wrong.append(error)

        with Load(server.address, {"/good": "https://example.com/good"}, clients=4) as load:
            attackers = [threading.Thread(target=attack) for _ in range(3)]
            for attacker in attackers:
                attacker.start()
            for attacker in attackers:
                attacker.join()
        tap.equal(wrong[:5], [], "paths that make expressions explode are answered")
        tap.ok(slowest < 2, f"the slowest in {slowest * 1000:.0f} ms", slowest)
        tap.equal(load.errors[:5], [], "others are served meanwhile")
        tap.ok(load.answers > 10, "there was a load", load.answers)
        named = [line for line in server.lines if "match limit" in line]
        tap.ok(named and all(".rules:" in line for line in named), "a rule at its limit is named in the log", server.log)
        rules = [line.split(" this ")[0] for line in named]
        minutes = 2  # the test may run over the end of one
        tap.ok(all(rules.count(rule) <= minutes for rule in rules), "once a minute at most", "\n".join(named))
        with Connection(server.address) as connection:
            tap.equal(connection.get("/e1/aaa").location, "https://example.com/evil", "a path that is no trap matches")
        server.stop()
        tap.ok(not server.sanitizer_report(), "no sanitizer has a complaint", server.log)


def heavy(count):
    """Expressions that a scanner has to work for."""
    return "".join(f"~^/(x{i}|y{i}).{{0,40}}[a-f]{{1,30}}(p{i}|q{i}){{1,20}}/(.*)$ https://example.com/{i}/$3\n"
                   for i in range(count))


def compile_limits(tap):
    for flags, text, said in (
            (["--compile-time", "1"], heavy(40000), "--compile-time"),
            (["--compile-memory", "128m"], "".join(f"/p{i:0200} https://example.com/{i}\n" for i in range(600000)),
             "--compile-memory")):
        with Server("/a https://example.com/a\n", *flags) as server:
            if said == "--compile-memory" and os.environ.get("DETOUR_SANITIZED"):
                tap.skip("memory", "AddressSanitizer takes all of it")
                continue
            server.write(text)
            fine = server.reload()
            tap.ok(fine and said in server.log and "the old ones stay" in server.log,
                   f"{said}: the log says what was hit, the old rules stay", server.log)
            with Connection(server.address) as connection:
                tap.equal(connection.get("/a").location, "https://example.com/a", f"{said}: and answer")
            server.write("/a https://example.com/new\n")
            server.reload()
            with Connection(server.address) as connection:
                tap.equal(connection.get("/a").location, "https://example.com/new", f"{said}: the next ones are taken")


def swaps(tap):
    """Snapshots with expressions are made ready before they answer."""
    def rules(turn):
        return f"/a https://example.com/{turn}\n" + "".join(
            f"~^/r{i}/([0-9]+)$ https://example.com/{turn}/{i}/$1\n" for i in range(300))

    with Server(rules(0), workers=2) as server:
        wanted = {"/a": {f"https://example.com/{turn}" for turn in range(20)},
                  "/r7/1": {f"https://example.com/{turn}/7/1" for turn in range(20)}}
        with Load(server.address, wanted, clients=4) as load:
            done = 0
            for turn in range(1, 20):
                server.write(rules(turn))
                done += server.reload()
        tap.equal((load.errors[:5], done), ([], 19), "19 swaps of 300 expressions under load: every answer is right")
        server.stop()
        tap.ok(not server.sanitizer_report(), "no sanitizer has a complaint", server.log)
    with tempfile.TemporaryDirectory() as folder:
        source, snapshot = os.path.join(folder, "r.rules"), os.path.join(folder, "r.snap")
        with open(source, "w", encoding="utf-8") as out:
            out.write(rules(1))
        subprocess.run([program(), "compile", "-o", snapshot, source], check=True, stdout=subprocess.DEVNULL, timeout=60)
        with Server([snapshot]) as server, Connection(server.address) as connection:
            tap.equal(connection.get("/r299/5").location, "https://example.com/1/299/5", "from a snapshot file too")


def run(tap, names):
    for test in (redos, compile_limits, swaps):
        if not names or test.__name__ in names:
            test(tap)
