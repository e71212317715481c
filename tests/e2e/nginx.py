# SPDX-License-Identifier: MIT
"""A real nginx beside Detour: configurations that Detour wrote, and one that people would write, are served by
nginx, asked thousands of URLs, and each answer must have the same status and Location as Detour's. Then Detour
reads what it wrote, and must answer as before.

Where they differ there is a reason, and it is looked for: see KINDS. Without /usr/sbin/nginx all of this is
skipped."""

import glob
import http.client
import os
import random
import re
import socket
import subprocess
import tempfile
from urllib.parse import unquote, urljoin, urlsplit

from apache import LEAST, QUERIES, Client, Peer, targets
from data import DATA, read_csv, request_of
from server import Server, program, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
NGINX = "/usr/sbin/nginx"

CONFIG = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    include {folder}/site.conf;
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx(Peer):
    """with Nginx(text, files): text is for http { }; port 80 in it is another one here."""

    def __init__(self, text, files=()):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-nginx-")
        self.address = ("127.0.0.1", free_port())
        text = re.sub(r"\blisten 80\b", f"listen 127.0.0.1:{self.address[1]}", text)
        self.write("nginx.conf", CONFIG.format(folder=self.folder.name))
        self.write("site.conf", text)
        for path in files:
            with open(path, encoding="utf-8") as more:
                self.write(os.path.basename(path), more.read())
        self.process = subprocess.Popen(
            [NGINX, "-p", self.folder.name, "-c", os.path.join(self.folder.name, "nginx.conf")],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not wait_until(self.answers, 30):
            self.stop()
            raise RuntimeError("nginx did not start: " + self.process.stderr.read().decode())

    def write(self, name, text):
        with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as out:
            out.write(text)


# ---- Why they may differ ----

def upper(text):
    return re.sub("%[0-9A-Fa-f]{2}", lambda found: found[0].upper(), text)


def plain(text):
    """Escapes in the normal form: what need not be escaped is not, what must be is."""
    def one(found):
        c = chr(int(found[0][1:], 16))
        return c if c.isascii() and (c.isalnum() or c in "-._~") else found[0].upper()
    text = re.sub("%[0-9A-Fa-f]{2}", one, text)
    return "".join(c if 0x21 <= ord(c) < 0x7f and c not in "\"<>\\^`{|}" else
                   "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


class Pair:
    """Both servers; known: the kinds of difference that may be."""

    def __init__(self, other, detour, kinds):
        self.other, self.detour, self.kinds_known = Client(other), Client(detour), kinds
        self.kinds, self.same = {}, 0

    def explain(self, request, theirs, ours):
        for kind, test in self.kinds_known:
            if test(self, request, theirs, ours):
                return kind
        return None

    def compare(self, request):
        theirs, ours = self.other.ask(request), self.detour.ask(request)
        if theirs == ours:
            self.same += 1
            return None
        kind = self.explain(request, theirs, ours)
        if not kind:
            return f"{request}: nginx {theirs}, Detour {ours}"
        self.kinds.setdefault(kind, []).append(request)
        return None


def changed(request, change):
    method, host, target, fields = request
    path, question, query = target.partition("?")
    return method, host, change(path) + question + query, fields


def goes_away(change):
    """The difference is not there for the URL in another spelling, and Detour answers that one as this."""
    def test(pair, request, theirs, ours):
        other = changed(request, change)
        if other[2] == request[2]:
            return False
        a, d = pair.other.ask(other), pair.detour.ask(other)
        return d == ours and (a == d or plain(a[1]) == plain(d[1]) and a[0] == d[0])
    return test


def spelling(pair, request, theirs, ours):
    return theirs[0] == ours[0] and plain(theirs[1]) == plain(ours[1])


def twice(pair, request, theirs, ours):
    names = [part.partition("=")[0] for part in request[2].partition("?")[2].split("&")]
    return len(set(names)) < len(names)


def normal(path):
    """As Detour's normal form: dot segments too."""
    path = re.sub("%2[Ee]", ".", path)
    parts, out = path.split("/")[1:], []
    for number, part in enumerate(parts):
        last = number + 1 == len(parts)
        if part in (".", ".."):
            if part == ".." and out:
                out.pop()
            if last:
                out.append("")
        else:
            out.append(part)
    return plain("/" + "/".join(out))


WRITTEN = [
    ("spelling: the client's own escapes are sent on as it wrote them", spelling),
    ("an odd spelling of a path that must be escaped: nginx compares what was sent", goes_away(normal)),
]


def compare_all(tap, name, pair, requests, least=LEAST):
    wrong, seen = [], set()
    for request in requests:
        if request not in seen:
            seen.add(request)
            found = pair.compare(request)
            if found:
                wrong.append(found)
    tap.ok(len(seen) >= least, f"{name}: {len(seen)} URLs are asked", "too few")
    known = sum(len(found) for found in pair.kinds.values())
    tap.ok(not wrong, f"{name}: {pair.same} answers are the same, {known} differ for a known reason",
           f"{len(wrong)}\n" + "\n".join(wrong[:40]))
    for kind, found in sorted(pair.kinds.items(), key=lambda item: -len(item[1])):
        print(f"# {name}: {len(found):5} {kind}; as {found[0][1]}{found[0][2]}")


# ---- The sets ----

def convert(tap, name, paths, folder, refused):
    """Writes rules as nginx's configuration, and gives its text."""
    out = os.path.join(folder, "redirects.conf")
    done = subprocess.run([program(), "convert", "--to", "nginx", "--keep-going", "-o", out, *paths],
                          capture_output=True, text=True, check=False)
    report = re.search(r"(\d+) rules? read (\d+) written (\d+) approximated (\d+) refused", done.stderr.replace(",", ""))
    tap.ok(report and int(report[4]) == refused and int(report[2]) > 0,
           f"{name}: {report[2] if report else 0} rules are written, {refused} are refused", done.stderr[-3000:])
    with open(out, encoding="utf-8") as text:
        return text.read(), out


def written(tap, name, paths, requests, refused=0, detour_args=()):
    """nginx with what Detour wrote, beside Detour with the rules; then Detour with what it wrote."""
    with tempfile.TemporaryDirectory(prefix="detour-nginx-") as folder:
        text, out = convert(tap, name, paths, folder, refused)
        with Server(paths, *detour_args) as detour:
            with Nginx(text) as nginx:
                compare_all(tap, name, Pair(nginx.address, detour.address, WRITTEN), requests)
            with Server([out], "--format", "nginx") as again:
                compare_all(tap, name + ", read again", Pair(again.address, detour.address, READ_AGAIN), requests)


READ_AGAIN = []

FIELDS = [("GET", ()), ("POST", ()), ("HEAD", ()), ("PUT", ()),
          ("GET", (("X-Mode", "a"),)), ("GET", (("X-Mode", "bcd"),)), ("GET", (("X-Mode", "c"),)),
          ("GET", (("Cookie", "a=1; beta=1; c=2"),)), ("GET", (("Cookie", "beta=2"),)),
          ("GET", (("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)"),)),
          ("GET", (("User-Agent", "x BingBot/2"),)), ("GET", (("Referer", "https://bad.example/x"),)),
          ("GET", (("Referer", "http://a.worse.example:81"),)), ("GET", (("Referer", "https://good.example/"),))]

EVERY_PATHS = """/news.html /NEWS.html /About /about /ABOUT /ABOUT/Team /about/team /caf%C3%A9 /caf%c3%a9 /plus+sign
/plus%2Bsign /semi;colon /semi%3Bcolon /a%20b /100%25 /quote%22s /fragment /absolute /dollar /mail /old /old/ /old/a/b
/older /old/deep /old/deep/x /base /base/a /base//evil.example /to-base/x /item/1 /item/ /item/1/2 /de/docs /de/docs/a/b
/docs/a/b/print /docs//print /img1.png /images/x.png /x.php /a/b.php /2026/01/some/page.htm /2026/1/x.htm /mixed/a
/MIXED/B/c /has/unanchoredxxx/in /whole/of/it /gone /legal /closed /nothing /nothing/x /case /CASE /Case/ /slash
/slash/ /Slash /both /BOTH/ /slash/a /slash/a/ /q /only /Only /ONLY /drop /keep /without /own /own-keep /own-frag
/form /hdr /ck /ua/x /ua /ref /ip /notip /health /except/a /except/health /except/status/x /pass/this /pass/that
/cached /fields /note /self /port /x /y /login /t/a /t /prio/high /prio/hi /prio/low /prio""".split()
EVERY_QUERIES = ["", "?", "?a=1", "?a=1&b=2", "?b=2&a=1", "?a=2", "?c", "?c=5", "?s=x%20y", "?s=a+b&a=2", "?x=1",
                 "?x=1&y=2", "?y=2&x=1", "?X=1", "?x=1&z=3", "?utm_source=x&a=1&utm_medium=y&gclid=3&b=2",
                 "?z=1&b=2&c=3", "?a=own&z=9", "?q=1", "?a=1&&b=2&", "?q"]
EVERY_HOSTS = ["h.example", "www.example.ai", "a.shop.example", "b.shop.example", "x.y.shop.example", "shop.example",
               "both.example", "a.both.example", "acme.saas.example", "a.b.saas.example", "saas.example",
               "plain.example", "ported.example", "ported.example:8080", "WWW.Example.AI", "www.example.ai:8080"]


def every_requests(rng):
    for path in EVERY_PATHS:
        for host in EVERY_HOSTS:
            yield "GET", host, path, ()
        for query in EVERY_QUERIES:
            yield "GET", rng.choice(EVERY_HOSTS), path + query, ()
            yield "GET", "h.example", path + query, ()
        for method, fields in FIELDS:
            yield method, "h.example", path, fields
    for target in targets(EVERY_PATHS, rng, 14):
        yield "GET", rng.choice(EVERY_HOSTS[:6]), target, ()


def every(tap):
    written(tap, "every construct", [os.path.join(HERE, "nginx", "every.rules")],
            list(every_requests(random.Random(77))))


def kong(tap):
    path = f"{DATA}/kong/_redirects"
    if not os.path.exists(path):
        tap.skip("Kong's redirects as nginx's", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        paths = [line.split()[0] for line in text if line.startswith("/")]
    rng = random.Random(5)
    asked = {re.sub(r":\w+|\*", lambda found: rng.choice(["x", "2.8.x", "a/b", ""]), p) for p in paths}
    asked = sorted(p for p in asked if " " not in p and p.isascii())
    requests = [("GET", "docs.example", target, ()) for target in targets(asked, rng, 5)]
    written(tap, "Kong", [path], requests, KONG_REFUSED)


KONG_REFUSED = 0
SLICE = ["hmrc", "ukef", "walesoffice", "nio", "dpm", "dft", "businesslink_improve", "treasury_gad"]


def govuk(tap):
    paths = [f"{DATA}/govuk/mappings/{name}.csv" for name in SLICE]
    if not os.path.exists(paths[0]):
        tap.skip("gov.uk as nginx's", f"no data in {DATA}")
        return
    rng = random.Random(11)
    rows = [request_of(old) for path in paths for old, _, status in read_csv(path) if status != "418"]
    requests = []
    for host, target in rng.sample(rows, 2500):
        path, question, query = target.partition("?")
        requests.append(("GET", host, target, ()))
        requests.append(("GET", host, rng.choice([path.upper(), path + "/", path + "x", path[:-1] or "/", path]) +
                         question + query, ()))
        requests.append(("GET", rng.choice(rows)[0], rng.choice([target, path, target + "&x=1", path + "?x=1"]), ()))
    written(tap, "gov.uk", paths, requests, GOVUK_REFUSED, ("--keep-going",))


GOVUK_REFUSED = 0

SITE_PATHS = """/ /map/exact /MAP/exact /map/abs /map/re/a/b /map/re/ /map/nc/x /MAP/NC/y /map/included /rw/a/b /rw/ /rwq/x
/rwabs /year/2026/x /year/26/x /exact /exact/ /prefix /prefixed /prefix/deep /prefix/deep/x /firm/a.gif /firm /re/12/a/b
/re/x/y /a/b.gif /a/b.JPG /x/app/y /app/x /files/old/a /files/x /gone/ /gone /nested/ /nested/in/x /nested/x /set/
/set/x /x /xy /t /t/x /some/page""".split()
SITE_HOSTS = ["one.example", "www.one.example", "other.example", "old.example", "a.old.example", "two.example",
              "x.two.example", "exact.two.example", "joe.users.example", "joe2.users.example", "tail.example",
              "tail.co.example"]
SITE_QUERIES = ["", "?", "?page=7", "?page=8&page=7", "?lang=de", "?x=1&lang=de", "?b=1", "?b=0", "?b", "?z=9"]
SITE_FIELDS = [("GET", ()), ("DELETE", ()), ("POST", ()), ("GET", (("X-Old", "yes"),)), ("GET", (("X-Old", "no"),)),
               ("GET", (("Cookie", "beta=1"),)), ("GET", (("User-Agent", "a Googlebot"),))]


def host_in_front(pair, request, theirs, ours):
    """absolute_redirect is on in some servers of the file."""
    found = re.match(r"http://[^/]*:\d+(/.*)$", theirs[1])
    return theirs[0] == ours[0] and found and found[1] == ours[1]


def as_sent(pair, request, theirs, ours):
    """$request_uri has dot segments and needless escapes."""
    return theirs[0] == ours[0] and resolved(theirs[1]) == resolved(ours[1])


def resolved(url):
    """What the client asks for next; several dot segments in one go."""
    parts = urlsplit(urljoin("http://x.example/", plain(url)))
    return parts._replace(path=normal(parts.path)).geturl()


def raw_bytes(pair, request, theirs, ours):
    return theirs[0] == ours[0] and unquote(theirs[1].encode("latin-1").decode("utf-8", "replace")) == unquote(ours[1])


def merged(pair, request, theirs, ours):
    """The same for the URL without its double slashes, which nginx merges."""
    other = changed(request, lambda path: re.sub("//+", "/", path))
    if other[2] == request[2] or "//" not in request[2]:
        return False
    a, d = pair.other.ask(other), pair.detour.ask(other)
    return a[0] == theirs[0] and (a == d or any(test(pair, other, a, d) for _, test in HAND if test is not merged))


def decoded(pair, request, theirs, ours):
    return theirs[0] == ours[0] and unquote(theirs[1]) == unquote(ours[1])


def escaped(pair, request, theirs, ours):
    """rewrite escapes what it captured once more."""
    return theirs[0] == ours[0] and upper(unquote(theirs[1])) == upper(ours[1])


def no_query(pair, request, theirs, ours):
    return theirs[0] == ours[0] and request[2].endswith("?") and theirs[1] == ours[1] + "?"


HAND = [
    ("a parameter twice: $arg_ is the first, here any will do", twice),
    ("? with nothing behind it: it is no query here", no_query),
    ("spelling: a path is sent on in normal form here", spelling),
    ("a decoded path: nginx sends $uri and what it captured as decoded bytes", decoded),
    ("a path without a host: nginx puts the server's in front, unless absolute_redirect is off", host_in_front),
    ("a path as it was sent: dot segments are resolved here", as_sent),
    ("bytes outside of ASCII: nginx sends them as they are, decoded", raw_bytes),
    ("//: nginx merges slashes", merged),
    ("escapes: nginx compares decoded bytes, %2B is + to it",
     lambda pair, request, theirs, ours: re.search("%2[BbFf]|%3[BbFf]", request[2])),
]


def site(tap):
    path = os.path.join(HERE, "nginx", "site.conf")
    with open(path, encoding="utf-8") as text:
        config = text.read()
    rng = random.Random(42)
    requests = [("GET", host, p + query, ()) for host in SITE_HOSTS for p in SITE_PATHS
                for query in rng.sample(SITE_QUERIES, 3)]
    requests += [(method, "one.example", p, fields) for p in SITE_PATHS for method, fields in SITE_FIELDS]
    requests += [("GET", rng.choice(SITE_HOSTS), target, ()) for target in targets(SITE_PATHS, rng, 12)]
    with Nginx(config, [os.path.join(HERE, "nginx", "more.map")]) as nginx:
        with Server([path], "--format", "nginx") as detour:
            compare_all(tap, "a site's own file", Pair(nginx.address, detour.address, HAND), requests)


def run(tap, names):
    if not os.path.exists(NGINX):
        tap.skip("beside nginx", f"no {NGINX}")
        return
    for test in (every, kong, govuk, site):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
