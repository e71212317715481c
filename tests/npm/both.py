# SPDX-License-Identifier: MIT
"""What the three comparisons share: running the program, asking the server, making URLs."""

import os
import re
import subprocess
import tempfile

from apache import Client
from server import Server, program

LEAST = 2000
DIAGNOSTIC = re.compile(r"^(?P<file>[^\n:]*):(?P<line>\d+)(?::\d+)?: (?P<kind>error|refused|approximated)"
                        r": .*\[(?P<name>[a-z0-9-]+)\]$", re.M)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as text:
        return text.read()


def convert(text, name, to, *options):
    """Writes text to a file of this name and converts it; gives what was written, and for each line
    that has an error (or is refused by the writer) the names of the reasons."""
    with tempfile.TemporaryDirectory(prefix="detour-npm-") as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(text)
        done = subprocess.run([program(), "convert", "--keep-going", "--all", "--to", to, *options, path],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120, check=False)
    reasons = {}
    for found in DIAGNOSTIC.finditer(done.stderr.decode(errors="replace")):
        reasons.setdefault(int(found["line"]), set()).add(found["name"])
    return done.stdout.decode(errors="surrogateescape"), reasons


class Detour:
    """The server with one file."""

    def __init__(self, text, name, fmt):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-npm-")
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(text)
        self.server = Server([path], "--format", fmt, "--country-header", "X-Country")
        self.client = Client(self.server.address)

    def ask(self, host, target, fields=()):
        return self.client.ask(("GET", host, target, fields))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.client.connection:
            self.client.connection.close()
        self.server.__exit__()
        self.folder.cleanup()


TAILS = ["", "/", "/below", "/below/x.y", "x", ".html", "/a;b", "/a,b'!&=@~", "/index.html", "/x/", "-",
         "/2024/05", ".php", "/en", "/x/y/z/"]


def neighbours(path, rng, few):
    """A path and some that are near it; nothing that a normal form would change."""
    near = [path + tail for tail in TAILS] + ["/x" + path, path.upper(), path[:-1] or "/", path + path]
    return [path, *rng.sample(near, min(few, len(near)))]


def fill(pattern, rng):
    """A path for a source of any of the dialects."""
    path = re.sub(r"\{([^{}]*)\}\??", lambda found: rng.choice([found[1], ""]), pattern)
    path = re.sub(r"/?:\w+(\([^()]*(\([^()]*\)[^()]*)*\))?[*+?]?",
                  lambda found: rng.choice(["/word", "/a1", "/2024"]) if found[0][0] == "/"
                  else rng.choice(["word", "7"]), path)
    path = re.sub(r"\([^()]*\)[*+?]?", lambda found: rng.choice(["word", "12", "a/b"]), path)
    path = re.sub(r"\*", lambda found: rng.choice(["rest", "a/b", ""]), path)
    return re.sub(r"\\(.)", r"\1", path)


def merged(location, query):
    """The Location with the request's query, in which the target's own names win."""
    if not query:
        return location
    rest, hash_, fragment = location.partition("#")
    path, mark, own = rest.partition("?")
    names = {part.partition("=")[0] for part in own.split("&")} if mark else set()
    more = [part for part in query.split("&") if part.partition("=")[0] not in names]
    together = "&".join(([own] if own else []) + more)
    return path + ("?" + together if together else "") + hash_ + fragment
