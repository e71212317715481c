# SPDX-License-Identifier: MIT
"""A real HAProxy beside Detour. What `detour convert --to haproxy` writes is given to HAProxy, and
thousands of generated URLs must have the same status and Location from both; then Detour reads what
it wrote, and must answer the same once more. A configuration as people write it is read, too.

Where answers differ there is a reason, and it is proven: both are asked again for the URL without
what makes the difference. Without haproxy all of this is skipped."""

import glob
import http.client
import os
import random
import re
import shutil
import subprocess
import tempfile
from urllib.parse import unquote

from apache import Client, free_port, targets
from data import DATA, read_csv, request_of
from server import Server, program, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
LEAST = 2000

CONFIG = """\
global
    maxconn 200
    default-path config
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 30s
frontend redirects
    bind 127.0.0.1:{port}
{lines}
    default_backend none
backend none
    http-request return status 404
"""


class HAProxy:
    """with HAProxy(folder, text) as haproxy: the text's @PORT@ becomes a free port."""

    def __init__(self, folder, text):
        self.address = ("127.0.0.1", free_port())
        self.config = os.path.join(folder, "running.cfg")
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(text.replace("@PORT@", str(self.address[1])))
        self.process = subprocess.Popen([HAPROXY, "-db", "-f", self.config], cwd=folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        if not wait_until(self.answers, 20) or self.process.poll() is not None:
            self.process.kill()
            raise RuntimeError("HAProxy did not start: " + self.process.stderr.read().decode()[:2000])

    def answers(self):
        if self.process.poll() is not None:
            return True
        try:
            client = Client(self.address)
            client.ask(("GET", "localhost", "/", ()))
            client.connection.close()
            return True
        except (OSError, http.client.HTTPException):
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stderr.close()


# ---- Comparing ----

SIGNS = {c: f"%{ord(c):02X}" for c in "\"<>^`{}|\\[]"}


def plain_signs(target):
    """The signs that a client should have escaped, escaped."""
    path, mark, query = target.partition("?")
    path = "".join(SIGNS.get(c, c) for c in path)
    return path + mark + "".join(f"%{ord(c):02X}" if c in "'<>\"\\" else c for c in query)


def said_twice(query):
    params = [part for part in query.split("&") if part]
    return "&".join(dict.fromkeys(params))


def escapes(target):
    return re.sub("%[0-9A-Fa-f]{2}", normal_escape, target)


def normal_escape(found):
    c = chr(int(found[0][1:], 16))
    return c if c.isascii() and (c.isalnum() or c in "-._~") else found[0].upper()


def no_dots(target):
    path, mark, query = target.partition("?")
    kept = []
    parts = path.split("/")[1:]
    for number, part in enumerate(parts):
        if part in (".", ".."):
            if part == ".." and kept:
                kept.pop()
            if number == len(parts) - 1:
                kept.append("")
        else:
            kept.append(part)
    return "/" + "/".join(kept) + mark + query


def without_port(host):
    return re.sub(r":\d+$", "", host)


# What is changed in a request so that the difference goes away, and why there is one.
WRITTEN = [
    (lambda m, h, t, f: (m, h, plain_signs(t), f),
     "signs that a client should escape: HAProxy compares them as they are"),
    (lambda m, h, t, f: (m, h, t.partition("?")[0] + ("?" + said_twice(t.partition("?")[2])
                                                      if "?" in t else ""), f),
     "a query that says a parameter twice, or an empty one: a map has it once"),
]
READ = WRITTEN[:1] + [
    (lambda m, h, t, f: (m, h, escapes(t), f),
     "escapes: HAProxy compares and sends the path as it was written, Detour its normal form"),
    (lambda m, h, t, f: (m, h, no_dots(t), f), "dot segments: Detour resolves them"),
    (lambda m, h, t, f: (m, h.lower().rstrip("."), t, f),
     "a host in capitals or with a final dot: HAProxy compares and sends it as it was written"),
    (lambda m, h, t, f: (m, without_port(h), t, f),
     "a port in the Host field: it is part of it for HAProxy"),
    (lambda m, h, t, f: (m, h, re.sub("//+", "/", t), f),
     "a Location that begins with two slashes: Detour writes /.// in front"),
    (lambda m, h, t, f: (m, h, t.rstrip("?"), f), "? with nothing behind it: Detour has no query then"),
    (lambda m, h, t, f: (m, h, t.partition("?")[0] + t.partition("?")[1] + re.sub("[?;]", "&", t.partition("?")[2]), f),
     "a ? or ; in the query: url_param takes it for the end of a parameter"),
]


def same_capture(one, other):
    """Two answers, but for how what was captured is escaped."""
    return one[0] == other[0] and unquote(one[1]).replace("+", " ") == unquote(other[1]).replace("+", " ")


class Pair:
    """Two servers, and how an answer of one is like the other's."""

    def __init__(self, one, other, changes):
        self.one, self.other, self.changes = Client(one), Client(other), changes
        self.kinds, self.same = {}, 0

    def explain(self, request, depth=0):
        """The kinds of difference; None when one is not known."""
        one, other = self.one.ask(request), self.other.ask(request)
        if one == other:
            return []
        if self.changes is READ and same_capture(one, other):
            return ["escapes in a Location: Detour sends the normal form, each capture escaped for its place"]
        if depth < 4:
            for change, kind in self.changes:
                changed = change(*request)
                if changed == request:
                    continue
                rest = self.explain(changed, depth + 1)
                if rest is not None:
                    return [kind, *rest]
        return None

    def compare(self, request):
        kinds = self.explain(request)
        if kinds is None:
            return f"{request}: {self.one.ask(request)}, {self.other.ask(request)}"
        self.same += not kinds
        for kind in set(kinds):
            self.kinds.setdefault(kind, []).append(request)
        return None


def run_set(tap, name, pair, requests):
    wrong = [found for found in map(pair.compare, requests) if found]
    total = len(requests)
    tap.ok(total >= LEAST, f"{name}: {total} URLs are asked", "too few")
    tap.ok(not wrong, f"{name}: {pair.same} answers are the same, "
           f"{total - pair.same - len(wrong)} differ for a known reason",
           f"{len(wrong)}\n" + "\n".join(wrong[:25]))
    redirects = sum(pair.one.ask(request)[0] != 404 for request in requests[::10])
    tap.ok(redirects * 10 > total / 8, f"{name}: a good part of them is answered by a rule",
           f"{redirects} of {len(requests[::10])}")
    for kind, found in sorted(pair.kinds.items(), key=lambda item: -len(item[1])):
        print(f"# {name}: {len(found):5} {kind}; as {found[0][1]}{found[0][2]}")


def convert(folder, sources, *args):
    """What convert says; the files are in the folder."""
    done = subprocess.run([program(), "convert", "--to", "haproxy", "-o",
                           os.path.join(folder, "redirects.cfg"), *args, *sources],
                          capture_output=True, text=True, check=False)
    counts = re.search(r"([\d,]+) rules? read, ([\d,]+) written, ([\d,]+) approximated, ([\d,]+) refused",
                       done.stderr)
    return tuple(int(count.replace(",", "")) for count in counts.groups()) if counts else (), done.stderr


def both_ways(tap, name, sources, requests, want, *args):
    """Written for HAProxy and compared; read again and compared."""
    requests = list(dict.fromkeys(requests))
    with tempfile.TemporaryDirectory(prefix="detour-haproxy-") as folder:
        counts, said = convert(folder, sources, *args)
        tap.equal(counts, want, f"{name}: rules read, written, approximated, refused")
        if counts != want:
            print("# " + said.replace("\n", "\n# "))
        written = os.path.join(folder, "redirects.cfg")
        with open(written, encoding="utf-8") as lines:
            text = CONFIG.replace("{port}", "@PORT@").replace("{lines}", lines.read())
        with Server(sources, *args) as detour:
            with HAProxy(folder, text) as haproxy:
                run_set(tap, f"{name}, written", Pair(haproxy.address, detour.address, WRITTEN), requests)
            with Server([written], "--format", "haproxy") as again:
                tap.ok(again.log.count(": error:") == 0, f"{name}: what is written can be read", again.log[:3000])
                run_set(tap, f"{name}, read again", Pair(again.address, detour.address, WRITTEN), requests)


# ---- The sets ----

FIELDS = [("GET", ()), ("POST", ()), ("HEAD", ()),
          ("GET", (("X-Mode", "a"),)), ("GET", (("X-Other", "bcd"),)), ("GET", (("X-Last", "the end"),)),
          ("GET", (("X-Sub", "it is in side this"),)), ("GET", (("Cookie", "uid=17; x=1"),)),
          ("GET", (("Cookie", "a=1; beta=1"),)), ("GET", (("User-Agent", "x GoogleBot/1"),)),
          ("GET", (("User-Agent", "a Bing b/2.0"),)), ("GET", (("User-Agent", "curl/8"),)),
          ("GET", (("Referer", "https://ok.example:8/x"),)), ("GET", (("Referer", "http://a.fine.example"),)),
          ("GET", (("Referer", "https://u.example/blog/1"),)), ("GET", (("Referer", "https://fine.example/"),)),
          ("GET", (("X-Early", "yes"),)), ("GET", (("User-Agent", "my iPhone"),)),
          ("GET", (("User-Agent", "Android"), ("Cookie", "session=1")))]


def generate(hosts, paths, few, rng, contexts):
    for target in targets(paths, rng, few):
        yield "GET", rng.choice(hosts), target, ()
    for method, fields in contexts:
        for path in paths:
            yield method, rng.choice(hosts), path, fields


OWN_PATHS = """/a /b /caf%C3%A9 /caf%c3%a9 /sp%20ace /it's /dir/ /dir /frag /frag2 /frag3 /own /own?x=2&z=3 /own2?x=2
/own3?q=1 /only /v6 /old /old/ /old/x /old/deep /old/deep/page /old/deep/er/x/y /older/x /olde /all /all/x /all2
/top /top/ /top/a /top//a /top2/x /Fold/Ab /fold2 /FOLD3/x/Y /Case/One /case/one/ /CASE/TWO /case/three/ /slash
/slash/ / /item/1 /item/a%26b /item/pass /item/1/in/a=b;c'd+e /blog/2020 /blog/2020/a/b /img1.png /img/a/b.png
/x/y/z/print /2020/01/a.php?utm_source=1&ref=2&k=3 /upper/Name?a=1&bc=2&c=3 /whole/12 /x.aspx /y.asp
/u/p/q?q=12 /m /q?id=1 /q?id=2&lang=de /q?lang=de&x&id=2 /q?go /q?go=1 /q?e= /q?e /q?e=1 /q?id=12
/search?s=a/b?c+d&x=1 /search?s=%26 /search /tag?t=a/b+c /tag?t= /only?a=1&b=2 /only?b=2&a=1 /only?a=1&b=2&c=3
/only?a=1&b=9 /only?a=1&b /only? /only?&& /page?n=1 /page?n=2 /page?m=4&n=4 /page?o=5&n=5&m=5 /page?n=1&n=1
/d?z=1 /t/x /port /plain /tls /where /self/x/y /post /notpost /head /cook /agent /ref /net /net2 /past /now
/leave/x /leave/me /leave/all /leave/all/x /health /gone /gone/a /gone/all/x /law /down /missing /cached /fields
/prio /prio?x=%zz&y=it's""".split()
OWN_HOSTS = ["h.example"] * 12 + ["g.example", "H.Example", "h.example.", "h.example:8080", "[::1]", "case.example",
                                  "case.example", "root.example", "r.example", "ab.multi.example", "a.shop.example",
                                  "shop.example", "dom.example", "x.dom.example", "t.saas.example",
                                  "a.t.saas.example", "a.b.two.example", "m.example", "a.example:80"]


def own(tap):
    rng = random.Random(26)
    requests = list(generate(OWN_HOSTS, OWN_PATHS, 6, rng, FIELDS))
    requests += [("GET", host, path, ()) for host in sorted(set(OWN_HOSTS)) for path in OWN_PATHS]
    path = os.path.join(HERE, "haproxy", "own.rules")
    rules = 104
    both_ways(tap, "own rules", [path], requests, (rules, rules, 0, 0))


def kong(tap):
    path = f"{DATA}/kong/_redirects"
    if not os.path.exists(path):
        tap.skip("Kong beside HAProxy", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        sources = [line.split()[0] for line in text if line.startswith("/")]
    paths = [re.sub(r":\w+", "3.4.x", source.replace("/*", "/some/page")).partition("?")[0] for source in sources]
    requests = list(generate(["developer.konghq.com", "localhost"], paths, 3, random.Random(323), FIELDS[:2]))
    both_ways(tap, "Kong", [path], requests, (323, 323, 0, 0))


GOVUK = ["dft", "decc_corwm", "dfe_media", "walesoffice", "nio", "hmrc", "dh_publications"]


def govuk(tap):
    files = [f"{DATA}/govuk/mappings/{name}.csv" for name in GOVUK]
    if not all(map(os.path.exists, files)):
        tap.skip("gov.uk beside HAProxy", f"no data in {DATA}")
        return
    rng = random.Random(2013)
    old = [request_of(row[0]) for path in files for row in read_csv(path)]
    chosen = rng.sample(old, 1500)
    requests = [("GET", host, target, ()) for host, target in chosen]
    for host, target in rng.sample(old, 250):
        path, mark, query = target.partition("?")
        for changed in (path.rstrip("/") + "/" + mark + query, target.upper(), path, target + "&x=1", path + "?x=1",
                        path + "/below" + mark + query, path[:-1] or "/", path + "?" + query[:-1]):
            requests.append(("GET", host, changed if changed.startswith("/") else "/", ()))
        requests.append(("GET", host + ":8080", target, ()))
        requests.append(("POST", "other.example", target, ()))
    count = len(old)
    both_ways(tap, "gov.uk", files, requests, (count, count, 0, 0))


SITE_PATHS = """/one /two /three/ /three /low /LOW /Mixed/Case /f /f/ /f/x /f/deep/y /fx /fxy/z /re/abc/12 /re/x/y.html /re/
/gone /removed/page /gone/too /gone/x /.git/x /x/.y /maintenance /a/maintenance/b /maintenance2 /api/v1 /api/v1/x
/api/v2/y /api/ /cut/a/x /cut/a/x/y /cut/b /site /site/x /legacy/12 /LEGACY/9 /legacy/x /Legacy /q?id=7 /q?x=1&id=a
/q?only=1 /q?only=3 /q?only=2&a=b /article/x /article/x/ /article/ /post /long /longer/x /late /late2 /health /x.css
/other /other/x / /plain/page""".split()
SITE_HOSTS = ["h.example"] * 8 + ["g.example", "old.example", "www.old.example", "OLD.example", "a.older.example",
                                  "shop.example", "www.shop.example", "alias.example", "www.alias.example",
                                  "ALIAS.example", "secure.example", "h.example:8080", "h.example."]


def site(tap):
    """A configuration that somebody may have written, read."""
    rng = random.Random(443)
    requests = list(generate(SITE_HOSTS, SITE_PATHS, 8, rng, FIELDS))
    requests += [("GET", host, path + query, ()) for host in sorted(set(SITE_HOSTS)) for path in SITE_PATHS
                 for query in ("", "?a=b")]
    requests = list(dict.fromkeys(requests))
    with tempfile.TemporaryDirectory(prefix="detour-haproxy-") as folder:
        for path in glob.glob(os.path.join(HERE, "haproxy", "*.*")):
            shutil.copy(path, folder)
        written = os.path.join(folder, "haproxy.cfg")
        with open(written, encoding="utf-8") as lines:
            text = lines.read()
        with HAProxy(folder, text) as haproxy, Server([written]) as detour:
            tap.ok(detour.log.count(": error:") == 0, "a site's own: it is read without an error", detour.log[:3000])
            run_set(tap, "a site's own", Pair(haproxy.address, detour.address, READ), requests)


def run(tap, names):
    if not HAPROXY:
        tap.skip("beside HAProxy", "no haproxy")
        return
    for test in (own, kong, govuk, site):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
