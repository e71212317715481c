# SPDX-License-Identifier: MIT
"""dart.dev's redirects over real connections: what each of the 446 means is worked out here anew, from
the file's text and not by Detour, and thousands of paths must be answered as the first that matches."""

import itertools
import json
import os
import random
import re

from apache import Client, variants
from data import DATA
from server import Server

def alternatives(glob):
    """The globs without braces that one stands for."""
    found = re.search(r"\{([^{}]*)\}", glob)
    if not found:
        return [glob]
    return list(itertools.chain.from_iterable(
        alternatives(glob[:found.start()] + part + glob[found.end():]) for part in found[1].split(",")))


def segment(text):
    """One segment of a glob as an expression."""
    out = ""
    for piece in re.findall(r"\\.|:\w+|\*+|.", text):
        if piece[0] == "*":
            out += "[^/]+" if piece == text else "[^/]*"
        elif piece[0] == ":" and len(piece) > 1:
            out += f"(?P<{piece[1:]}>[^/]+)"
        else:
            out += re.escape(piece[-1])
    return out


def expression(glob):
    """A glob without braces as an expression, segment by segment."""
    out = ""
    parts = glob.split("/")[1:]
    for at, part in enumerate(parts):
        rest = re.fullmatch(r":(\w+)\*", part)
        if rest:
            out += f"(?:/(?P<{rest[1]}>.*))?"
        elif part == "**":
            out += "(?:/.*)?" if at + 1 < len(parts) else "/.*"
        else:
            out += "/" + segment(part)
    return re.compile(out)


def fill(target, groups):
    """The destination with its captures; a ";" that comes from a path would mean something in a query."""
    path, question, query = target.partition("?")
    path, query = (re.sub(r":(\w+)\*?", lambda found: (groups[found[1]] or "") if found[1] in groups
                          else found[0], part) for part in (path, query))
    return path + question + query.replace(";", "%3B")


class Redirect:
    def __init__(self, row):
        self.target, self.status = row["destination"], row["type"]
        self.regex = "regex" in row
        globs = alternatives(row.get("source", ""))
        self.tests = [re.compile(row["regex"])] if self.regex else [expression(glob) for glob in globs]
        self.samples = ["/page.html", "/a/b."] if self.regex else [
            re.sub(r":\w+\*?", "word", glob).replace("**", "x/y").replace("*", "some-thing").replace("\\", "")
            for glob in globs]

    def answer(self, path):
        """The Location for a path; None when it does not match."""
        for test in self.tests:
            match = test.search(path) if self.regex else test.fullmatch(path)
            if match and self.regex:
                return fill(self.target, {str(n): text for n, text in enumerate(match.groups(), 1)})
            if match:
                return fill(self.target, match.groupdict())
        return None


def first_match(redirects, path):
    for redirect in redirects:
        location = redirect.answer(path)
        if location is not None:
            return redirect.status, location
    return 404, ""


def dart(tap):
    path = f"{DATA}/dart/firebase.json"
    if not os.path.exists(path):
        tap.skip("dart.dev", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        redirects = [Redirect(row) for row in json.load(text)["hosting"]["redirects"]]
    rng = random.Random(446)
    asked = {sample for redirect in redirects for sample in redirect.samples}
    for sample in sorted(asked):
        asked.update(rng.sample([v for v in variants(sample, rng) if "%" not in v and "/." not in v], 4))
    with Server([path]) as detour:
        tap.equal(detour.rule_count, 446, "dart.dev: all 446 redirects are rules")
        client, wrong = Client(detour.address), []
        for target in sorted(asked):
            want = first_match(redirects, target)
            got = client.ask(("GET", "dart.dev", target, ()))
            if got[0] == want[0] and got[1].replace("/.//", "//") == want[1]:
                continue
            wrong.append(f"{target}: {got}, not {want}")
        tap.ok(len(asked) >= 2000, f"dart.dev: {len(asked)} paths are asked")
        tap.ok(not wrong, "dart.dev: each is answered as the first redirect that matches",
               f"{len(wrong)}\n" + "\n".join(wrong[:30]))
        client.connection.close()


def run(tap, _names):
    dart(tap)
