# SPDX-License-Identifier: MIT
"""A real Caddy beside Detour. Rules are written as a Caddyfile, Caddy serves it, and both are asked
thousands of URLs: each answer must have the same status and Location. The Caddyfile is then read back,
and asked again; and one that a person wrote is read and compared likewise.

Where they differ there is a reason, and it is looked for: see EXPLAINED. Without /usr/bin/caddy all of
this is skipped."""

import csv
import glob
import http.client
import os
import random
import re
import subprocess
import tempfile
from urllib.parse import unquote_to_bytes

from apache import AGENTS, Client, Peer, absolute, escapes_upper, free_port, same_bytes, targets
from data import DATA
from server import Server, program, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CADDY = "/usr/bin/caddy"
LEAST = 2000

OPTIONS = """\
{{
	admin off
	auto_https off
	http_port {http}
	https_port {https}
	log {{
		level ERROR
	}}
}}

"""


class Caddy(Peer):
    """with Caddy(text) as caddy: ... ; text has no global options."""

    def __init__(self, text):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-caddy-")
        self.address = ("127.0.0.1", free_port())
        self.text = OPTIONS.format(http=self.address[1], https=free_port()) + text
        path = os.path.join(self.folder.name, "Caddyfile")
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.text)
        home = {"HOME": self.folder.name, "XDG_DATA_HOME": self.folder.name,
                "XDG_CONFIG_HOME": self.folder.name}
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen([CADDY, "run", "--adapter", "caddyfile", "--config", path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log, env={**os.environ, **home})
        if not wait_until(self.answers, 30):
            self.stop()
            self.log.seek(0)
            raise RuntimeError("Caddy did not start: " + self.log.read().decode()[-2000:])


def convert(paths, *args):
    """(Caddyfile, report)."""
    done = subprocess.run([program(), "convert", "--to", "caddy", *args, *paths],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.stdout.decode(), done.stderr.decode(), done.returncode


# ---- Why they may differ ----

def plain(found):
    c = chr(int(found[1], 16))
    return c if c.isascii() and (c.isalnum() or c in "!$&'()*+,;=:@-._~") else found[0]


# What is changed in a path, and why the servers see it differently: both answer alike without it.
CHANGES = [
    (lambda path: re.sub("%([0-9A-Fa-f]{2})", plain, path),
     "escapes of signs: {path} is decoded, and what captures is not in normal form"),
    (lambda path: re.sub("%2[fF]", "/", path), "%2F: {path} is decoded, it is a slash there"),
    (lambda path: re.sub("%[0-9a-fA-F]{2}", lambda found: found[0].upper(), path),
     "escapes in lower case: an expression about {raw_path} sees them"),
    (lambda path: re.sub("(?<=/)[^/]+/\\.\\.(/|$)", "", re.sub("/\\.(?=/|$)", "", path)),
     ". and ..: a map of {path} does not resolve them (clients do)"),
    (lambda path: re.sub("//+", "/", path), "//: path matchers merge slashes, here they are two"),
    (lambda path: path.rstrip(". ") or "/", "dots at the end: path matchers do not see them"),
    (lambda path: re.sub("(%20|%2[eE]|\\.)+$", "", path) or "/",
     "dots at the end: path matchers do not see them"),
]


class Pair:
    def __init__(self, caddy, detour):
        self.caddy, self.detour = Client(caddy), Client(detour)
        self.kinds, self.same = {}, 0

    def ask(self, client, request):
        status, location = client.ask(request)
        return status, location

    def explain(self, request, depth=0):
        """The kinds of difference there are between the two answers; None when one is not known."""
        theirs, ours = self.ask(self.caddy, request), self.ask(self.detour, request)
        if ours == theirs:
            return []
        if ours[0] == theirs[0]:
            kind = spelling(request, theirs, ours)
            if kind:
                return [kind]
        return self.proven(request, theirs, depth) if depth < 4 else None

    def proven(self, request, theirs, depth):
        """A kind that goes away with what makes it."""
        method, host, target, fields = request
        path, question, query = target.partition("?")
        if theirs == (404, "") and re.search("%(?![0-9A-Fa-f]{2})", path):
            return ["a % that begins no escape: Caddy answers 400, here it is %25"]
        for change, kind in CHANGES:
            changed = (method, host, change(path) + question + query, fields)
            if changed[2] == target:
                continue
            others = self.explain(changed, depth + 1)
            if others is not None:
                return [kind, *others]
        return None

    def compare(self, request):
        kinds = self.explain(request)
        if kinds is None:
            return (f"{request}: Caddy {self.ask(self.caddy, request)}, "
                    f"Detour {self.ask(self.detour, request)}")
        self.same += not kinds
        for kind in set(kinds):
            self.kinds.setdefault(kind, []).append(request)
        return None


def decoded(location):
    return unquote_to_bytes(location.encode("latin-1")).rstrip(b"?")


def spelling(request, theirs, ours):
    """The kind of two Locations that mean the same; None when they do not."""
    a, d = absolute(request, theirs), absolute(request, ours)
    if a == d or theirs[1].rstrip("?") == ours[1]:
        return "an empty query: {uri} has its ?, here it is none"
    if escapes_upper(a).rstrip("?") == escapes_upper(d).rstrip("?"):
        return "escapes: Caddy sends them as the client wrote them, here they are upper case"
    if same_bytes(a).rstrip("?") == same_bytes(d).rstrip("?"):
        return "escapes: a byte that may be escaped or not, sent as the client wrote it"
    if theirs[1].lower() == ours[1].lower():
        return "{host}: Caddy sends it as the client wrote it, here it is lower case"
    if decoded(theirs[1]) == decoded(ours[1]):
        return "{path} and what path_regexp captures: Caddy sends it decoded, here its escapes stay"
    if theirs[1].replace("/.//", "//") == ours[1].replace("/.//", "//"):
        return "//: a path that begins with two slashes is written /.// here, Caddy names another host"
    return None


def run_set(tap, name, pair, requests, least=LEAST):
    wrong, seen = [], set()
    for request in requests:
        if request not in seen:
            seen.add(request)
            found = pair.compare(request)
            if found:
                wrong.append(found)
    total = len(seen)
    tap.ok(total >= least, f"{name}: {total} URLs are asked", "too few")
    known = total - pair.same - len(wrong)
    tap.ok(not wrong, f"{name}: {pair.same} answers are the same, {known} differ for a known reason",
           f"{len(wrong)}\n" + "\n".join(wrong[:40]))
    for kind, found in sorted(pair.kinds.items(), key=lambda item: -len(item[1])):
        print(f"# {name}: {len(found):5} {kind}; as {found[0][1]}{found[0][2]}")


def there_and_back(tap, name, paths, requests, *args):
    """Writes the rules, compares, reads what was written, compares again. Gives the report."""
    text, report, _ = convert(paths, *args)
    if not text:
        tap.ok(False, f"{name}: converts", report)
        return report
    with Caddy(text) as caddy:
        with Server(paths, *args) as detour:
            run_set(tap, name, Pair(caddy.address, detour.address), requests)
        with Server({"test.rules": caddy.text}, "--format", "caddy") as detour:
            run_set(tap, f"{name}, read back", Pair(caddy.address, detour.address), requests)
    return report


# ---- The sets ----

CONTEXTS = [("GET", ()), *AGENTS,
            ("GET", (("X-Mode", "a"),)), ("GET", (("X-Mode", "bb"),)), ("GET", (("X-Mode", "z"),)),
            ("GET", (("Cookie", "seen=; beta=yes!"),)), ("GET", (("Cookie", "beta=2; seen=1"),)),
            ("GET", (("Referer", "https://u@a.worse.example:8/x"),)), ("PUT", ())]
OWN_PATHS = """/plain /with%20blank /caf%C3%A9 /caf%c3%a9 /a%2Fb /a/b /signs/a+b,c;d=e&f(g)'h! /ci/Page /CI/page
/slashed /slashed/ /both /BOTH/ /dir /dir/x/y /dir/deep/x /dir/deep/exact /nocase/A /NoCase/b /item/12 /item/a%20b
/item/12/reviews/3 /de/docs/x/y /de/docs /img/a/b.png /2012/05/x/y.php /n/ab-12x /n/ab-12 /re/abc /RE/ABC
/deep/tail.html /fragment /dollar /drop /own-query /q /only /search /list/a /gone /gone/x /missing /censored
/closed /let/through /let/x /cached /headers /form /agent /cookie /mode /from /local /two/x /b/c /self /t /f
/s/12 /up /down /a /""".split()
OWN_QUERIES = ["?a=1", "?b=2&a=1", "?a=1&b=2&z", "?c", "?c=5", "?x=1", "?x=1&y=2", "?y=2&x=1", "?x=1&z=1",
               "?term=a%20b", "?k=v&term=x", "?view=all", "?term=", "?", "?a=2"]
OWN_HOSTS = ["h.example"] * 8 + ["www.one.example", "WWW.one.example", "two.example", "two.example:8080",
                                 "three.example", "x.three.example", "a.b.four.example", "four.example",
                                 "red.five.example", "a.b.five.example", "six.example", "one.example"]


def requests_of(hosts, paths, few, rng, contexts=(("GET", ()),)):
    for target in targets(paths, rng, few):
        for method, fields in contexts:
            yield method, rng.choice(hosts), target, fields


def own(tap):
    rng = random.Random(2015)
    requests = list(requests_of(OWN_HOSTS, OWN_PATHS, 14, rng))
    for context in CONTEXTS:
        requests += requests_of(["h.example"], OWN_PATHS, 1, rng, [context])
    for host in sorted(set(OWN_HOSTS)):
        requests += [("GET", host, path, ()) for path in OWN_PATHS]
    for target in ["/q", "/only", "/search", "/list/a", "/list/a/b", "/own-query", "/drop", "/plain", "/"]:
        requests += [("GET", "h.example", target + query, ()) for query in OWN_QUERIES]
    report = there_and_back(tap, "own rules", [os.path.join(HERE, "caddy", "own.rules")], requests)
    tap.ok(re.search(r" 0 approximated, 0 refused", report), "own rules: all are written", report)


def kong(tap):
    path = f"{DATA}/kong/_redirects"
    if not os.path.exists(path):
        tap.skip("kong beside Caddy", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        paths = [line.split()[0] for line in text if line.startswith("/")]
    paths = [re.sub(r":\w+", "x1", source).replace("/*", "/below/x") for source in paths]
    requests = list(requests_of(["developer.example", "x.example"], paths, 3, random.Random(7)))
    report = there_and_back(tap, "kong", [path], requests)
    tap.ok("323 written, 0 approximated, 0 refused" in report, "kong: all are written", report)


def govuk(tap):
    """Some thousands of rules of several hosts, with and without queries."""
    files = sorted(glob.glob(f"{DATA}/govuk/mappings/*.csv"))
    if not files:
        tap.skip("gov.uk beside Caddy", f"no data in {DATA}")
        return
    rng, rows = random.Random(42), []
    for name in ["attorneygeneral", "cabinetoffice", "communities", "dclg", "fco", "scotlandoffice", "mod"]:
        path = f"{DATA}/govuk/mappings/{name}.csv"
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as text:
                some = [row[:3] for row in csv.reader(text) if len(row) > 2 and row[2] in ("301", "410")]
            rows += rng.sample(some, min(len(some), 800))
    hosts = {re.split("[/?#]", old.partition("://")[2])[0] for old, _, _ in rows}
    print(f"# gov.uk: {len(rows)} rules of {len(hosts)} hosts")
    with tempfile.TemporaryDirectory(prefix="detour-govuk-") as folder:
        path = os.path.join(folder, "slice.csv")
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([["Old Url", "New Url", "Status"], *rows])
        requests = []
        for old, _, _ in rng.sample(rows, min(len(rows), 1100)):
            rest = old.partition("://")[2].partition("#")[0]
            host, slash, target = rest.partition("/")
            target = slash + target if slash else "/"
            bare, question, query = target.partition("?")
            if not re.fullmatch("[!-~]+", target):
                continue
            tail = rng.choice(["x", "/", "/below", "?", "?zz=1", "&zz=1" if query else ""])
            requests += [("GET", host, target, ()), ("GET", host, bare, ()),
                         ("GET", host, target + tail, ()),
                         ("GET", host, rng.choice([bare.upper(), bare + "/"]) + question + query, ())]
        report = there_and_back(tap, "gov.uk", [path], requests)
        tap.ok(re.search(r" 0 approximated, 0 refused", report), "gov.uk: all are written", report[-300:])


HAND_PATHS = """/ /old /OLD /old/ /blog /blog/ /blog/2012/05/x /blog/feed.xml /Blog/Archive /blog/archive/9
/docs /docs/ /docs/v1/a /docs/v1 /docs/v2/a /api/v1/users /api/v1/ /api /api/v2/x /legacy/page.php /page.php
/a.html /x/y.html /shop/item-12 /shop/item-12/more /shop/ /gone /gone/x /teapot /static/a.css /maps/one
/maps/two /maps/three /maps/re-12 /maps/else /files/a/b /who /jump /app /app/x /admin /admin/x /search
/multi/a /multi/b /multi/c /deep/er/path /deep /priv /temp /perm /see /img/logo.png /download/tool-1.2.zip
/wiki/Special%20Page /caf%C3%A9 /route/a /route/b /route/c /x/../old /contact""".split()
HAND_HOSTS = ["www.shop.example", "shop.example", "a.tenant.example", "tenant.example", "b.c.tenant.example",
              "special.tenant.example", "legacy.example", "other.example", "OLD.example", "mapped.example",
              "second.example"]


def hand(tap):
    with open(os.path.join(HERE, "caddy", "Caddyfile"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(HERE, "caddy", "common.caddy"), encoding="utf-8") as file:
        common = file.read()
    rng = random.Random(99)
    requests = [("GET", host, path, ()) for host in HAND_HOSTS for path in HAND_PATHS]
    requests += requests_of(HAND_HOSTS, HAND_PATHS, 22, rng)
    for context in CONTEXTS:
        requests += requests_of(HAND_HOSTS, HAND_PATHS, 1, rng, [context])
    for query in ["?id=7", "?id=8", "?q=a%20b&p=1", "?old=1", "?"]:
        requests += [("GET", "www.shop.example", path + query, ()) for path in HAND_PATHS]
    whole = text.replace("import common.caddy\n", common)
    with Caddy(whole) as caddy:
        with Server({"test.rules": OPTIONS.format(http=caddy.address[1], https=1) + text,
                     "common.caddy": common}, "--format", "caddy") as detour:
            run_set(tap, "a Caddyfile by hand", Pair(caddy.address, detour.address), requests)


def run(tap, names):
    if not os.path.exists(CADDY):
        tap.skip("beside Caddy", f"no {CADDY}")
        return
    for test in (own, kong, govuk, hand):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
