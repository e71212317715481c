# SPDX-License-Identifier: MIT
"""Vercel: the routes that its own code makes of vercel.json, applied to thousands of URLs."""

import json
import os
import random
import re
from urllib.parse import unquote, urljoin, urlsplit

from both import LEAST, Detour, convert, fill, merged, neighbours, read
from data import DATA

# Why Detour refuses a redirect that Vercel takes: docs/dialects/vercel.md has each.
DOCUMENTED = {
    "source-relative",  # a source without its first slash
    "source-regex",     # a named group inside of a pattern; what PCRE2 does not take
    "source-name",
    "target-capture",   # "$5" without a group 5, which Vercel leaves out
    "target-group", "target-relative", "target-scheme", "target-host", "target-open", "target-url",
    "target-backslash", "target-star",
    "status-unknown", "vercel-value", "vercel-query",
}

OWN = [
    {"source": "/a", "destination": "/b"},
    {"source": "/a", "destination": "/never"},
    {"source": "/slash/", "destination": "/with", "permanent": False},
    {"source": "/item/:id", "destination": "https://shop.example/p/:id", "statusCode": 301},
    {"source": "/two/:a/:b/end", "destination": "/:b/:a?x=:a#:b", "statusCode": 302},
    {"source": "/rest/:path*", "destination": "/new/:path*", "permanent": True},
    {"source": "/more/:path+", "destination": "/most/:path+", "permanent": True},
    {"source": "/maybe/:path?", "destination": "/sure/:path?", "permanent": True},
    {"source": "/post/:id(\\d{1,3})", "destination": "/p/:id", "permanent": True},
    {"source": "/old/(.*)", "destination": "/archive/$1", "permanent": True},
    {"source": "/y-:year(\\d+)-:month(\\d+)/x", "destination": "/:month-:year/", "permanent": False},
    {"source": "/file.:ext", "destination": "/files?type=:ext", "permanent": False},
    {"source": "/opt{/sub}?/x", "destination": "/o", "permanent": False},
    {"source": "/br{-:x}?", "destination": "/b-:x", "permanent": False},
    {"source": "/(en|de)/about", "destination": "/about?lang=$1", "permanent": False},
    {"source": "/esc\\:x\\(y\\)", "destination": "/escaped", "permanent": False},
    {"source": "/neg/((?!api/).*)", "destination": "/n/$1", "permanent": False},
    {"source": "/lazy/:a-:b", "destination": "/l/:a/:b", "permanent": False},
    {"source": "/h", "destination": "/host", "permanent": False, "has": [{"type": "host", "value": "a.example"}]},
    {"source": "/h/:x", "destination": "/:t/:x", "permanent": False,
     "has": [{"type": "host", "value": "(?<t>[^.]+)\\.shop\\.example"}]},
    {"source": "/r/(.*)", "destination": "/:t/$1", "permanent": False,
     "has": [{"type": "host", "value": "(?<t>[^.]+)\\.shop\\.example"}]},
    {"source": "/hosts", "destination": "/several", "permanent": False,
     "has": [{"type": "host", "value": "(?:www\\.)?b\\.example"}]},
    {"source": "/below", "destination": "/d", "permanent": False,
     "has": [{"type": "host", "value": {"suf": ".c.example"}}]},
    {"source": "/field", "destination": "/f1", "permanent": False,
     "has": [{"type": "header", "key": "X-Mode", "value": "(?:on|of.*)"}]},
    {"source": "/field", "destination": "/f2", "permanent": False,
     "missing": [{"type": "header", "key": "X-Mode"}, {"type": "cookie", "key": "uid", "value": "7"}]},
    {"source": "/field", "destination": "/f3", "permanent": False, "has": [{"type": "cookie", "key": "uid"}]},
    {"source": "/land", "destination": "/de", "permanent": False,
     "has": [{"type": "header", "key": "x-vercel-ip-country", "value": {"inc": ["DE", "AT"]}}]},
    {"source": "/q", "destination": "/q/:id", "permanent": False,
     "has": [{"type": "query", "key": "id"}, {"type": "query", "key": "kind", "value": "book"}]},
    {"source": "/q", "destination": "/other/:num", "permanent": False,
     "has": [{"type": "query", "key": "n", "value": "(?<num>.*)"}]},
    {"source": "/all/:path*", "destination": "https://www.example.com/all/:path*", "permanent": True},
    {"source": "/:path*", "destination": "https://rest.example/:path*", "statusCode": 302},
]

NATIVE = """\
/a /b 301
/loose /tight 302 slash=ignore
/dir/* /new/:splat 308
/dir/page /special 302
/item/:id/x https://shop.example/p/:id 302
/item/:id/* /any/:splat/:id 307
/img*.png /pictures/:splat.png 301
/wiki/Talk /w/%3Aname(x) 301
/plus+and.dots(x) /p 301
~^/year/([^/]+)-([^/]+)\\.html$ /archive/$2/$1 301
~^/n/(\\d{4})/[a-z]+/(.+)\\.php$ /numbers/$2/$1 302
~^/lang/(en|de)(?:/x)?$ /l/$1 302
~/free[0-9] /freed 301
//h.example/only /host 301
//*.below.example/x /sub 302
//.dom.example/x /dom 302
//:tenant.t.example/x/:y https://x.example/:tenant/:y 302
/s?id=:id&kind=book /books/:id 301
/s?kind=film /films 301
/c /field 302 header=X-Mode:on,of*
/c /cookie 302 cookie=uid
/c /nothing 302 !header=Accept
/geo /de 302 country=DE,AT
/* https://rest.example{path} 302
"""

HOSTS = ["site.example", "a.example", "b.example", "www.b.example", "x.shop.example", "shop.example", "y.c.example",
         "c.example", "h.example", "below.example", "z.below.example", "dom.example", "z.dom.example",
         "acme.t.example", "q.acme.t.example"]
FIELDS = [(), (), (("X-Mode", "on"),), (("X-Mode", "often"),), (("X-Mode", "no"),), (("Cookie", "uid=7"),),
          (("Cookie", "uid=8; b=c"),), (("X-Country", "DE"),), (("X-Country", "FR"),), (("Accept", "*/*"),)]
QUERIES = ["", "", "", "id=5&kind=book", "id=5", "n=3", "kind=film", "kind=film&id=2", "other=1"]


def generated(rng, count):
    """Sources made of pieces, most of which are good."""
    pieces = ["/a", "/b-c", "/:id", "/:x", "/:n(\\d+)", "/(.*)", "/:rest*", "/:rest+", "/:rest?", "{/opt}?", ".:ext",
              "/:a-:b", "/(x|y)", "/x{-:s}?", "{/:g}*", "/é", "/a%20b", ".html", "/:w(\\w+)?", "/(?:x)", "/:", "/(a(b))",
              "/{a", "/x*", "/\\(y\\)", "/[a]", "/$1", "/((?!no).*)", "/(?<n>x)", "/end/"]
    targets = ["/t", "/t/:id", "/t/:x/:id", "https://x.example/:rest*", "/t/$1", "/t?n=:n", "/t/$2-$1", "/t/:rest*/z",
               "https://x.example", "/t/(x)", "/t/:nothing", "/t#:id", "t.html", "/t/:id?own=1", "https://:x.x.example/",
               "/t:80", "/c++", "/t/:a--:b", "http://x.example:8080/:id", "/t/$9"]
    for at in range(count):
        source = f"/g{at}" + "".join(rng.choice(pieces[:19] if rng.random() < 0.9 else pieces)
                                     for _ in range(rng.choice([0, 1, 1, 2, 2, 3])))
        names = re.findall(r":(\w+)", source)
        target = rng.choice(targets)
        if names and rng.random() < 0.7:
            target = rng.choice(["/t/:{}", "https://x.example/:{}/y", "/t?v=:{}", "/:{}*"]).format(rng.choice(names))
        yield {"source": source, "destination": target, **rng.choice([{}, {"permanent": True}, {"statusCode": 301}])}


def compare_redirects(tap, oracle, redirects):
    """Each alone: taken by both, or by none. Gives those that both take."""
    files = {str(at): json.dumps({"redirects": [redirect]}) for at, redirect in enumerate(redirects)}
    errors = oracle(files=files, asks=[])["errors"]
    text = '{ "redirects": [\n' + ",\n".join(json.dumps(redirect) for redirect in redirects) + "\n] }"
    _, refused = convert(text, "vercel.json", "native", "--format", "vercel")
    wrong, good, reasons = [], [], {}
    for at, redirect in enumerate(redirects):
        why = refused.get(at + 2)
        if why and not errors[str(at)]:
            for reason in why:
                reasons[reason] = reasons.get(reason, 0) + 1
            if not why <= DOCUMENTED:
                wrong.append(f"{redirect}: refused for {why}")
        elif not why and errors[str(at)]:
            wrong.append(f"{redirect}: read, and Vercel refuses it: {errors[str(at)]}")
        elif not why:
            good.append(redirect)
    tap.ok(not wrong, f"{len(good)} of {len(redirects)} generated redirects are taken by both"
           + "".join(f", {count} refused for {reason}" for reason, count in sorted(reasons.items())),
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))
    return good


def normal(url, base):
    """A Location in full, as far as Vercel's code may write it in another way: it gives a URL a path and a
    parameter a "=", and writes escapes where there need be none."""
    if not url:
        return ""
    parts = urlsplit(urljoin(base, url))
    query = "&".join(sorted(part if "=" in part else part + "=" for part in unquote(parts.query).split("&") if part))
    path = unquote(parts.path) or "/"
    return f"{parts.scheme}://{parts.netloc}{path}?{query}#{unquote(parts.fragment)}"


def questions(redirects, rng, few):
    for redirect in redirects:
        for path in neighbours(fill(redirect["source"], rng), rng, few):
            if "//" in path or not path.startswith("/") or re.search("%2|%.?$|%[^/]?/|[^!-~]|[?#\\\\]", path):
                continue
            yield rng.choice(HOSTS[:1] if "has" not in redirect else HOSTS), path, rng.choice(QUERIES), rng.choice(FIELDS)


def told(fields):
    headers = {name.lower(): value for name, value in fields}
    if "x-country" in headers:
        headers["x-vercel-ip-country"] = headers.pop("x-country")
    cookies = dict(part.strip().split("=") for part in headers.get("cookie", "").split(";") if part)
    return headers, cookies


def compare_answers(tap, oracle, name, text, served, fmt, few):
    """text goes to Vercel's code, served to Detour: the same, or what it was written from."""
    rng = random.Random(name)
    asked = sorted({question for _ in range(3) for question in questions(json.loads(text)["redirects"], rng, few)})
    asks = [[name, host, path, query, *told(fields)] for host, path, query, fields in asked]
    found = oracle(files={name: text}, asks=asks)
    if found["errors"][name]:
        tap.ok(False, f"{name}: Vercel takes the file", found["errors"][name])
        return 0
    wrong, redirects = [], 0
    with Detour(served, "vercel.json" if fmt == "vercel" else "a.rules", fmt) as detour:
        for (host, path, query, fields), theirs in zip(asked, found["answers"]):
            got = detour.ask(host, path + ("?" + query if query else ""), fields)
            base = f"http://{host}{path}"
            redirects += theirs is not None
            want = (theirs["status"], normal(merged(theirs["location"], query), base)) if theirs else (404, "")
            if (got[0], normal(got[1], base)) != want:
                wrong.append(f"{base}?{query} {fields}: {got}, Vercel {theirs}")
    tap.ok(not wrong, f"{name}: {len(asked)} URLs are answered as by Vercel's routes, {redirects} redirected",
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))
    return len(asked)


def run(tap, oracle):
    rng = random.Random(308)
    good = compare_redirects(tap, oracle, list(generated(rng, 900)))
    text = json.dumps({"redirects": good})
    asked = compare_answers(tap, oracle, "generated", text, text, "vercel", 4)
    text = json.dumps({"redirects": OWN}, indent=2)
    asked += compare_answers(tap, oracle, "own", text, text, "vercel", 18)
    written, refused = convert(NATIVE, "a.rules", "vercel")
    tap.ok(not refused, "all of a native file is written", refused)
    asked += compare_answers(tap, oracle, "written", written, NATIVE, "native", 18)
    again, refused = convert(text, "vercel.json", "vercel")
    tap.ok(not refused, "all of vercel.json is written again", refused)
    asked += compare_answers(tap, oracle, "written again", again, text, "vercel", 10)
    kong = os.path.join(DATA, "kong", "_redirects")
    if os.path.exists(kong):
        written, refused = convert(read(kong), "_redirects", "vercel", "--format", "netlify")
        tap.ok(not refused, "all of kong is written", refused)
        asked += compare_answers(tap, oracle, "kong", written, read(kong), "netlify", 6)
    else:
        asked += LEAST
        tap.skip("kong", f"no data in {DATA}")
    tap.ok(asked >= LEAST, f"{asked} URLs are asked")
