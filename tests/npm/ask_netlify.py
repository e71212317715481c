# SPDX-License-Identifier: MIT
"""Netlify: its parser line by line, and its engine URL by URL."""

import os
import random
import re
from urllib.parse import quote, unquote, urlsplit

from both import LEAST, Detour, convert, fill, merged, neighbours, read
from data import DATA

# Why Detour refuses a line that Netlify's parser takes: docs/dialects/netlify.md has each.
DOCUMENTED = {
    "not-built",          # 200, 404 and the like need files
    "netlify-condition",  # Role=, Sign=, several cookies, names that Netlify does not know either
    "netlify-query",      # "a&b=c" and other pairs that are none
    "status-unknown",     # statuses that are no redirect, "301abc"
    "source-star",        # a star inside of a path
    "source-name",        # a name twice, or as a piece of a segment
    "source-query", "source-fragment", "source-relative", "source-host", "source-scheme",
    "target-star",        # a star in a target
    "target-open",        # a capture that chooses the host
    "target-capture",     # ":name" that nothing captures
    "target-host", "target-relative", "target-userinfo", "target-url",
    "cond-value", "cond-twice",
}

OWN = """\
/a                    /b
/a/                   /never
/plain.html           https://www.example.com/plain 302
/dir/*                /new/:splat 302
/dir/sub/*            /never/:splat
/docs/:version/*      /v/:version/:splat 301
/x/:id                /y/:id/end 308!
/x/:id/:more          /y?id=:id&more=:more 302
/store id=:id         /shop/:id 301
/store                /shops 302
/news a=1 b=2         /both 301
/news a=1             /one 301
/geo                  /de 302 Country=de,at
/geo                  /world 302
/lang                 /fr 302 Language=fr
/cookie               /known 302 Cookie=uid
/q                    /target?own=1 301
http://blog.example/* https://www.example/:splat 301!
https://blog.example/x https://www.example/secure 302
/p*                   /w/:splat
/UPPER                /upper
/caf%C3%A9            /coffee
/*                    https://rest.example/:splat 303
"""

NATIVE = """\
# written by Detour for Netlify
/a /b 301 slash=ignore
/item/:id/x https://shop.example/p/:id 302 slash=ignore
/item/:id/* /any/:splat?id=:id 307
//old.example/* https://new.example{path} 308
/old/* /new/:splat 301
/old/page /special 302 slash=ignore
/s?id=:id&kind=book /books/:id 301 slash=ignore
/s?id=:id /things/:id 301 slash=ignore
/geo /de 302 slash=ignore country=DE,AT
/wiki/Talk /w/%3Aname 301 slash=ignore
https://sec.example/a /b 301 slash=ignore
/* https://rest.example/:splat 302
"""


def canonical(path):
    path = quote(path, safe="/%:*-._~!$&'()+,;=@?#")
    return path.rstrip("/") or "/"


def same_url(one, other):
    """Alike but for escapes that a Location must have."""
    safe = "/%:?#[]@!$&'()*+,;=-._~"
    return quote(one, safe=safe).rstrip("/") == quote(other, safe=safe).rstrip("/")


def listed(conditions):
    return {key.lower(): sorted(text.lower() for text in (value if isinstance(value, list) else [value]))
            for key, value in conditions.items()}


def difference(theirs, ours):
    """How the line as it was is not the line as Detour writes it; empty when it is."""
    wrong = []
    for key in ("scheme", "host"):
        if (theirs.get(key) or "").lower() != (ours.get(key) or "").lower():
            wrong.append(f"{key}: {theirs.get(key)} {ours.get(key)}")
    if canonical(theirs["path"]) != canonical(ours["path"]):
        wrong.append(f"path: {theirs['path']} {ours['path']}")
    if not same_url(theirs["to"], ours["to"]):
        wrong.append(f"to: {theirs['to']} {ours['to']}")
    if theirs.get("status", 301) != ours["status"]:
        wrong.append("status")
    values = [{key: quote(str(value), safe="/:%!$'()*,;@~") for key, value in parsed["query"].items()}
              for parsed in (theirs, ours)]
    if values[0] != values[1]:
        wrong.append(f"query: {theirs['query']} {ours['query']}")
    if listed(theirs["conditions"]) != listed(ours["conditions"]):
        wrong.append(f"conditions: {theirs['conditions']} {ours['conditions']}")
    return ", ".join(wrong)


def generated(rng, count):
    """Lines made of words that a line may have, and of some that it may not."""
    sources = ["/a", "/b/", "/dir/*", "/x/:id", "/:a/:b/*", "/p*", "/*", "a", "//h/x", "/.netlify/x", "/a*b",
               "http://h.example/x", "https://h.example/*", "HTTP://h.example/x", "http://", "/a?b=c", "/a#b",
               "/:id/:id", "/é", "/a%20b", "/x/:id.html", "ftp://x/y", "/a//b", "http://h.example"]
    queries = ["id=:q", "a=1", "b=", "a=", "a=b=c", "a", "1=x", "a=%20", "page=:page", "a&b=c"]
    targets = ["/b", "/c?d=e#f", "https://x.example/y", "http://x.example", "/b/$1", "/b/:splat", "/b/:id",
               "https://x.example/:splat", "b.html", "/b?c=:a",
               "/b#c", "//x.example/y", "/b/:nothing", "ftp://x.example/", "HTTPS://x.example/", "/:a/:b",
               "https://:splat/", "/b/*", "/ü"]
    statuses = ["301", "302!", "307", "308", "303", "200", "404", "200!", "301abc", "418", "abc", "-1", "3", ""]
    conditions = ["Country=de", "country=US,ca", "Language=en", "Cookie=a", "Cookie=a,b", "Role=admin",
                  "Sign=KEY", "Country=", "Foo=bar", "Country=xyz", "#c", "# Country=de"]
    def one(words, good):
        """Mostly one of those that are good."""
        return rng.choice(words[:good] if rng.random() < 0.8 else words)

    for _ in range(count):
        words = [one(sources, 7)]
        words += {one(queries, 3) for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2]))}
        words += [one(targets, 5)] if rng.random() < 0.97 else []
        status = one(statuses, 5) if rng.random() < 0.7 else ""
        words += [status] if status else []
        words += {one(conditions, 4) for _ in range(rng.choice([0, 0, 0, 1, 2]))} if status else []
        yield rng.choice([" ", "  ", "\t"]).join(words) + rng.choice(["", "", " ", " # note"])


def compare_lines(tap, oracle, name, text):
    """Each line alone to Netlify's parser; the whole to Detour, which writes what it read."""
    lines = text.split("\n")
    rules = {number: line for number, line in enumerate(lines, 1)
             if line.strip() and not line.strip().startswith("#")}
    written, refused = convert(text, "_redirects", "netlify", "--format", "netlify")
    kept = [number for number in rules if number not in refused]
    out = [line for line in written.splitlines() if line and not line.startswith("#")]
    if len(out) != len(kept):
        tap.ok(False, f"{name}: a line is written for each that is read", f"{len(kept)} read, {len(out)} written")
        return
    again = dict(zip(kept, out))
    files = {f"{number} read": line for number, line in rules.items()}
    files.update({f"{number} written": line for number, line in again.items()})
    parsed = oracle(files=files, asks=[])["parsed"]
    wrong, reasons = [], {}
    for number, line in rules.items():
        theirs = parsed[f"{number} read"]
        if number in again:
            ours = parsed[f"{number} written"]
            if theirs["errors"] or ours["errors"]:
                wrong.append(f"{line}: {theirs['errors'] or 'taken'}, then {again[number]}: {ours['errors']}")
            elif found := difference(theirs["redirects"][0], ours["redirects"][0]):
                wrong.append(f"{line}: {found}")
        elif not theirs["errors"]:
            for reason in refused[number]:
                reasons[reason] = reasons.get(reason, 0) + 1
            if not refused[number] <= DOCUMENTED:
                wrong.append(f"{line}: refused for {refused[number]}")
    tap.ok(not wrong, f"{name}: {len(again)} of {len(rules)} lines are read as Netlify's parser reads them"
           + "".join(f", {count} refused for {reason}" for reason, count in sorted(reasons.items())),
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))


def questions(text, rng, few):
    """(scheme, host, path, query, fields) for the rules of a file."""
    hosts = ["site.example", "blog.example", "old.example"]
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        url = urlsplit(words[0]) if "://" in words[0] else None
        host = url.netloc if url else None
        source = url.path if url else words[0]
        given = [word.replace(":", "v-") for word in words[1:] if "=" in word and not word[0].isupper()
                 and "/" not in word]
        for path in neighbours(fill(source.partition("?")[0], rng), rng, few):
            query = rng.choice(["", "", "&".join(given), "&".join(given + ["own=2", "more=x"]), "a=1"])
            fields = rng.choice([{}, {}, {"country": "DE"}, {"country": "FR"}, {"language": "fr"},
                                 {"cookie": "uid"}])
            yield host or rng.choice(hosts), path, query, fields


def headers_of(fields):
    """What Detour is sent, and what Netlify's engine is told."""
    sent, told, cookies = [], {}, {}
    if "country" in fields:
        sent.append(("X-Country", fields["country"]))
        told["x-country"] = fields["country"].lower()
    if "language" in fields:
        sent.append(("Accept-Language", fields["language"]))
        told["x-language"] = fields["language"]
    if "cookie" in fields:
        sent.append(("Cookie", fields["cookie"] + "=1"))
        cookies[fields["cookie"]] = "1"
    return sent, told, cookies


def compare_answers(tap, oracle, name, text, served, fmt, few):
    """text goes to Netlify's engine, served to Detour: the same, or what it was written from."""
    rng = random.Random(name)
    asked = {(host, path, query, tuple(fields.items())) for _ in range(3)
             for host, path, query, fields in questions(text, rng, few)
             if "//" not in path and "?" not in path and not re.search("%.?$|%[^/]?/", path)}
    asked = sorted(asked)
    asks = []
    for host, path, query, fields in asked:
        _, told, cookies = headers_of(dict(fields))
        asks.append([name, "http", host, path, query, told, cookies])
    answers = oracle(files={name: text}, asks=asks)["answers"]
    wrong, redirects = [], 0
    with Detour(served, "_redirects" if fmt == "netlify" else "a.rules", fmt) as detour:
        for (host, path, query, fields), theirs in zip(asked, answers):
            sent, _, _ = headers_of(dict(fields))
            got = detour.ask(host, path + ("?" + query if query else ""), sent)
            want = (404, "") if not theirs else (theirs["status"], merged(theirs["to"], query))
            redirects += theirs is not None
            # in a query Detour escapes what a capture must not add to it
            if got[0] != want[0] or unquote(got[1]) != unquote(want[1]):
                wrong.append(f"http://{host}{path}?{query} {dict(fields)}: {got}, Netlify {want}")
    tap.ok(not wrong, f"{name}: {len(asked)} URLs are answered as by Netlify's engine, {redirects} redirected",
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))
    return len(asked)


def run(tap, oracle):
    rng = random.Random(21)
    fixtures = os.path.join(DATA, "netlify", "redirects_file")
    kong = os.path.join(DATA, "kong", "_redirects")
    if os.path.isdir(fixtures):
        for name in sorted(os.listdir(fixtures)):
            path = os.path.join(fixtures, name)
            if not os.path.isfile(path):
                continue
            text = read(path)
            if name.startswith("large"):
                text = "\n".join(rng.sample(text.split("\n"), 3000))
            compare_lines(tap, oracle, name, text)
    else:
        tap.skip("Netlify's fixtures", f"no data in {DATA}")
    compare_lines(tap, oracle, "generated", "\n".join(generated(rng, 2500)))
    asked = compare_answers(tap, oracle, "own", OWN, OWN, "netlify", 14)
    written, refused = convert(NATIVE, "a.rules", "netlify")
    tap.ok(not refused, "all of a native file is written", refused)
    asked += compare_answers(tap, oracle, "written", written, NATIVE, "native", 14)
    if os.path.exists(kong):
        compare_lines(tap, oracle, "kong", read(kong))
        asked += compare_answers(tap, oracle, "kong", read(kong), read(kong), "netlify", 6)
    else:
        asked += LEAST
        tap.skip("kong", f"no data in {DATA}")
    tap.ok(asked >= LEAST, f"{asked} URLs are asked")
