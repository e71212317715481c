# SPDX-License-Identifier: MIT
"""Configurations that Detour writes, in a real Apache: both are asked the same URLs, and each answer must
have the same status and Location, or differ for a reason that apache.py knows. Then what was written is
read again, and asked once more.

The sets: rules of our own of every kind, in a server's file and in a .htaccess; Kong's; a slice of
gov.uk's, pages by the thousand in RewriteMaps."""

import csv
import glob
import http.client
import os
import random
import re
import subprocess
import tempfile
from urllib.parse import quote, urlsplit

from apache import APACHE, MODULES, QUERIES, Apache, Pair, run_set, targets
from data import DATA, IN_PATH
from server import Server, program

HERE = os.path.dirname(os.path.abspath(__file__))
REPORT = re.compile(r"([\d,]+) rules? read, ([\d,]+) written, ([\d,]+) approximated, ([\d,]+) refused")


class Written:
    """What `detour convert --to apache -o NAME` makes of rules."""

    def __init__(self, paths, name, *args):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-convert-")
        self.path = os.path.join(self.folder.name, name)
        done = subprocess.run([program(), "convert", "--to", "apache", "-o", self.path, *args, *paths],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.said = done.stderr + done.stdout
        found = REPORT.search(self.said)
        if not found or not os.path.exists(self.path):
            raise RuntimeError("nothing was written:\n" + self.said)
        self.read, self.written, self.near, self.refused = (int(n.replace(",", "")) for n in found.groups())
        self.files = {}
        for file in os.listdir(self.folder.name):
            with open(os.path.join(self.folder.name, file), encoding="utf-8") as text:
                self.files[file] = text.read()
        self.text = self.files.pop(name)
        self.directory = name.endswith(".htaccess")

    def apache(self):
        return Apache(self.text) if self.directory else Apache(more=self.text, files=self.files)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def twice(tap, name, paths, file, requests, lost=0, without="(?!)"):
    """Written and asked, read again and asked. lost: rules that are refused when they are read again, and
    the paths that they are for."""
    with Written(paths, file, "--keep-going") as written:
        tap.equal((written.refused, written.near), (0, 0), f"{name}: {written.written} rules are written")
        with written.apache() as apache:
            with Server(paths, "--keep-going") as detour:
                run_set(tap, name, Pair(apache.address, detour.address), requests)
            with Server([written.path], "--format", "apache", "--keep-going") as detour:
                errors = detour.log.count(": error:")
                tap.ok(errors == lost, f"{name}: what was written is read again, but for {lost} rules",
                       detour.log[:3000])
                requests = [request for request in requests if not re.search(without, request[2])]
                run_set(tap, f"{name}, read again", Pair(apache.address, detour.address), requests)


# ---- Rules of our own ----

PATHS = """/plain /plain/deep /slash /with%20blank /caf%C3%A9 /odd;x /percent /frag /frag/drop /case /CASE/ /Case/two
/noslash /noslash/ /see /mail /dollar /q%22uote /secret /gone /gone/x /legal /down /cache /cache/two
/blog/kept /blog/kept/x /blog /blog/a/b /shop /shop/cart/7 /drop/x /item/42 /item/a%20b /de/photos/x/y
/two/a/b /two/a/b/ /img7.png /img/a/b.png /docs/a/b/print /into/a-b.c /into/a%26b /2004/05/cats.php /x.bak
/deep/y.bak /old/new /older/thing /x/old-page/7/more / /a /only /q /search /empty /m /c /h /u /r /ip
/ex /ex/a /ex/health /ex/status /ex/status/7 /blog/archive/about /blog/archive/1999 /first/page /s /status
/health""".split()
SERVER_PATHS = "/esc/a /esc/a%20b /esc/%C3%A9 /esc/all/a/b /esc/all/ /esc/frag/x%20y /esc/both/q".split()
HOSTS = """one.example ONE.example. a.sub.example b.a.sub.example sub.example dom.example x.dom.example
ulm.guide.example a.b.guide.example guide.example port.example:8080 port.example sec.example up.example
late.example h.example h.example:80""".split()
OWN_QUERIES = QUERIES + ["?a=1&b=2", "?b&a=1", "?a=2", "?a=1", "?x=1", "?y=2&x=1", "?x=1&y=2&z=3", "?q=a%20b+c",
                         "?q=", "?e=", "?e", "?e=1", "?v=7&x=%26", "?a=11&b=2", "?xa=1&b=2"]
FIELDS = [(), (("Cookie", "a=1; beta=yes"),), (("Cookie", "beta=x9; c=2"),), (("Cookie", "xbeta=yes; old=; beta=no"),),
          (("X-Mode", "a"),), (("X-Mode", "b12c"),), (("X-Mode", "b12"),), (("X-Mode", "a"), ("X-No", "1")),
          (("User-Agent", "Mozilla/5.0 (compatible; GOOGLEBOT/2.1)"),), (("User-Agent", "curl/8.0"),),
          (("User-Agent", "Bingbot"),), (("User-Agent", "not bing"),),
          (("Referer", "https://example.com/x"),), (("Referer", "http://a.example.net:81/"),),
          (("Referer", "http://example.net/"),), (("Referer", "http://example.com.evil.example/"),),
          (("Referer", "https://page.example/x/1"),), (("Referer", "http://u@example.com?x"),)]


def own_requests(paths, few):
    rng = random.Random(7)
    requests = [("GET", rng.choice(["h.example", "h.example", "h.example", rng.choice(HOSTS)]), target, ())
                for target in targets(paths, rng, few)]
    requests += [("GET", host, path, ()) for host in HOSTS for path in ["/", "/a", "/only", "/x/y", "/s", "/health", "/a/b?c=d"]]
    requests += [("GET", "h.example", path + query, ()) for path in paths for query in OWN_QUERIES]
    requests += [(method, "h.example", path, fields) for path in ["/m", "/c", "/h", "/u", "/r", "/ip", "/plain"]
                 for fields in FIELDS for method in ["GET", "POST"]]
    return requests


def own(tap):
    here = os.path.join(HERE, "apache")
    rules = [f"{here}/convert.rules", f"{here}/convert-server.rules"]
    twice(tap, "own rules, server", rules, "redirects.conf", own_requests(PATHS + SERVER_PATHS, 8),
          lost=2, without=r"^/+(\./|x/\.\./)?r(/|\?|$)")
    twice(tap, "own rules, .htaccess", rules[:1], ".htaccess", own_requests(PATHS, 8), lost=3,
          without=r"^/+(\./|x/\.\./)?r(/|\?|$)|old-")


# ---- Rules of others ----

def kong(tap):
    path = f"{DATA}/kong/_redirects"
    if not os.path.exists(path):
        tap.skip("Kong's rules in Apache", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        sources = [line.split()[0] for line in text if line.strip() and not line.startswith("#")]
    paths = [re.sub(r":\w+", "3.4.x", source.replace("/*", "/some/page")) for source in sources]
    rng = random.Random(11)
    requests = [("GET", "developer.konghq.com", target, ()) for target in targets(paths, rng, 2)]
    twice(tap, "Kong, server", [path], "kong.conf", requests)
    twice(tap, "Kong, .htaccess", [path], ".htaccess", requests)


GOVUK = 6000  # rules at least


def govuk_slice():
    """Some of the files, of several hosts, with rows of every kind."""
    files, rows = [], 0
    for path in sorted(glob.glob(f"{DATA}/govuk/mappings/*.csv"), key=lambda path: (os.path.getsize(path) % 7919, path)):
        with open(path, encoding="utf-8", newline="") as text:
            count = sum(1 for _ in csv.reader(text)) - 1
        if 20 <= count <= 3000:
            files.append(path)
            rows += count
        if rows >= GOVUK:
            break
    return files


def govuk_targets(paths, rng):
    for path in paths:
        with open(path, encoding="utf-8", newline="") as text:
            rows = [row[0].strip() for row in csv.reader(text)][1:]
        for url in rng.sample(rows, min(len(rows), 2600 // len(paths))):
            parts = urlsplit(url)
            target = quote(parts.path or "/", safe=IN_PATH + "%")
            query = "?" + quote(parts.query, safe=IN_PATH + "%&=?/") if parts.query else ""
            yield parts.netloc, target + query
            yield parts.netloc, rng.choice([target + query + "x", target.upper() + query, target + "/" + query, target,
                                            target + "?x=1", target + query + "&z=1", "/other" + target])
            if rng.random() < 0.1:
                yield "other.example", target + query


def govuk(tap):
    files = govuk_slice()
    if not files:
        tap.skip("gov.uk's rules in Apache", f"no data in {DATA}")
        return
    rng = random.Random(3)
    requests = [("GET", host, target, ()) for host, target in govuk_targets(files, rng)]
    twice(tap, f"gov.uk, {len(files)} files", files, "govuk.conf", requests)


def run(tap, names):
    if not os.path.exists(APACHE) or not os.path.exists(f"{MODULES}/mod_rewrite.so"):
        tap.skip("written for Apache", f"no {APACHE}")
        return
    for test in (own, kong, govuk):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")


