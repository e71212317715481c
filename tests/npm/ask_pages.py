# SPDX-License-Identifier: MIT
"""Cloudflare Pages: its parser line by line, and its asset server URL by URL."""

import os
import random
import re
from urllib.parse import urljoin

from both import LEAST, Detour, convert, fill, neighbours, read
from data import DATA

# Why Detour refuses a line that Cloudflare's parser takes: docs/dialects/cloudflare-pages.md has each.
DOCUMENTED = {
    "not-built",        # 200 serves a file
    "source-host",      # "http://..." is taken for a path there
    "source-relative",  # "//..."
    "source-name",      # a name that begins another: the rule is dropped when it is matched
    "source-star",      # a second star: likewise
    "target-host", "target-userinfo", "target-url", "target-backslash",
    "target-capture",   # ":name" that nothing captures is sent as it stands there
    "target-star",
}
DUPLICATE = "Ignoring duplicate rule"

OWN = """\
/a                    /b
/a                    /never 301
/slash/               /with 301
/query                /target?own=1 307
/fragment             /f#part 308
/cafe%CC%81           /coffee 303
/blog/*               /news/:splat 301
/blog/special         /never 301
/docs/:version/page   /v/:version/ 302
/x/:id-:rest.html     /y/:rest/:id 301
/:lang/about          /about?lang=:lang 302
/img*.png             https://img.example/:splat 301
/abs/*                https://www.example.com/:splat/end?z=1 301
/idx/:id              /i:idsuffix 301
/late                 /fixed 308
/dollar/:x            /$1/:x/$& 301
/*                    https://rest.example/:splat 302
"""

NATIVE = """\
/a /b 301
/loose /tight 302 slash=ignore
/dir/* /new/:splat 308
/dir/page /special 302
/dir/special/* /s/:splat 307
/item/:id/x https://shop.example/p/:id 302
/item/:id/* /any/:splat/:id 307
/img*.png /pictures/:splat.png 301
/drop /to?own=1 303 query=drop
~^/year/([^/]+)-([^/]+)\\.html$ /archive/$2/$1 301
/w/Talk /w/%3Aname 301
/p/:x/y/:z /q/:z?x=:x query=drop
/* https://rest.example{path} 302
"""


def generated(rng, count):
    sources = ["/a", "/b/", "/dir/*", "/x/:id", "/:a/:b", "/p*", "/:id.html", "/*", "a", "//h/x", "/a*b*", "http://h/x",
               "https://h.example/*", "/a?b=c", "/a#b", "/:id/:id", "/:id/:idx", "/é", "/a%20b", "/x/:id-:b", ":id",
               "/a//b", "/1:2", "/:1", "*"]
    targets = ["/b", "/c?d=e#f", "https://x.example/y", "https://x.example", "/b/:splat", "/b/:id", "/b/$1",
               "http://x.example", "b.html", "//x.example/y", "ftp://x.example/", "https://x.example:8080/",
               "/index.html", "/index", "/ü", "/b/*"]
    statuses = ["301", "302", "303", "307", "308", "200", "404", "301!", "abc", "#", "0"]
    for at in range(count):
        source = rng.choice(sources[:8] if rng.random() < 0.8 else sources)
        if source.startswith("/") and rng.random() < 0.8:
            source = f"/r{at}" + source # else most would be duplicates
        words = [source, rng.choice(targets[:7] if rng.random() < 0.8 else targets)]
        words += [rng.choice(statuses[:5] if rng.random() < 0.8 else statuses)] if rng.random() < 0.7 else []
        words += ["more"] if rng.random() < 0.03 else []
        yield rng.choice(["", "", " "]) + rng.choice([" ", "  ", "\t"]).join(words) + rng.choice(["", " ", "\r"])


def compare_lines(tap, oracle, name, lines):
    """Files of few lines each, as there is room for 100 rules with placeholders."""
    files = {f"{at}": "\n".join(lines[at:at + 40]) for at in range(0, len(lines), 40)}
    parsed = oracle(files=files, asks=[])["parsed"]
    wrong, taken, total, reasons = [], 0, 0, {}
    for key, text in files.items():
        theirs = {rule["lineNumber"] for rule in parsed[key]["rules"]}
        double = {found["lineNumber"] for found in parsed[key]["invalid"]
                  if found["message"].startswith(DUPLICATE)}
        _, refused = convert(text, "_redirects", "native", "--format", "cloudflare-pages")
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.strip().startswith("#"):
                continue
            total += 1
            taken += number in theirs and number not in refused
            if number in refused and number in theirs:
                for reason in refused[number]:
                    reasons[reason] = reasons.get(reason, 0) + 1
                if not refused[number] <= DOCUMENTED:
                    wrong.append(f"{line!r}: refused for {refused[number]}")
            elif number not in refused and number not in theirs | double:
                wrong.append(f"{line!r}: read, and Cloudflare skips it")
    tap.ok(not wrong, f"{name}: {taken} of {total} lines are read as Cloudflare's parser reads them"
           + "".join(f", {count} refused for {reason}" for reason, count in sorted(reasons.items())),
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))


def compare_answers(tap, oracle, name, text, served, fmt, few):
    """text goes to Cloudflare's code, served to Detour: the same, or what it was written from."""
    rng = random.Random(name)
    asked = set()
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        for _ in range(3):
            for path in neighbours(fill(words[0], rng), rng, few):
                if "//" not in path and not re.search("%2|%.?$|%[^/]?/|%.[^0-9A-F]", path):
                    asked.add(path + rng.choice(["", "", "?q=1", "?own=2&more=x"]))
    asked = sorted(asked)
    asks = [[name, "http://site.example" + target] for target in asked]
    answers = oracle(files={name: text}, asks=asks)["answers"]
    wrong, redirects = [], 0
    with Detour(served, "_redirects" if fmt == "cloudflare-pages" else "a.rules", fmt) as detour:
        for target, theirs in zip(asked, answers):
            base = "http://site.example" + target
            got = detour.ask("site.example", target)
            redirect = theirs["status"] // 100 == 3
            redirects += redirect
            want = (theirs["status"], urljoin(base, theirs["location"])) if redirect else (404, "")
            full = (got[0], urljoin(base, got[1]) if got[1] else "")
            # a URL without a path has one there
            if full != want and (full[0], full[1] + "/") != want:
                wrong.append(f"{base}: {full}, Cloudflare {want}")
    tap.ok(not wrong, f"{name}: {len(asked)} URLs are answered as by Cloudflare's code, {redirects} redirected",
           f"{len(wrong)}\n" + "\n".join(wrong[:30]))
    return len(asked)


def limits(tap, oracle):
    """2,000 rules without placeholders and 100 with: what is beyond is skipped there, and refused here."""
    text = "".join(f"/s{n} /t{n} 301\n" for n in range(2010)) + "".join(f"/d{n}/* /e 301\n" for n in range(105))
    parsed = oracle(files={"many": text}, asks=[])["parsed"]["many"]
    _, refused = convert(text, "_redirects", "native", "--format", "cloudflare-pages")
    read_lines = {n for n in range(1, 2110 + 1)} - set(refused)
    # behind the first that is too many nothing is read any more
    tap.equal(sorted(n for n in read_lines if n <= 2110), [rule["lineNumber"] for rule in parsed["rules"]],
              "limits are Cloudflare's")
    native = "".join(f"/s{n} /t{n} 301\n" for n in range(2010)) + "".join(f"/d{n}/:x /e 301\n" for n in range(105))
    written, refused = convert(native, "a.rules", "cloudflare-pages")
    parsed = oracle(files={"written": written}, asks=[])["parsed"]["written"]
    tap.ok(len(parsed["rules"]) == 2100 and not parsed["invalid"] and len(refused) == 15,
           "what has no room is refused, and the rest is read by Cloudflare's parser",
           f"{len(parsed['rules'])} rules, {len(refused)} refused, {parsed['invalid'][:5]}")


def run(tap, oracle):
    rng = random.Random(100)
    compare_lines(tap, oracle, "generated", list(generated(rng, 2400)))
    asked = compare_answers(tap, oracle, "own", OWN, OWN, "cloudflare-pages", 18)
    written, refused = convert(NATIVE, "a.rules", "cloudflare-pages")
    tap.ok(not refused, "all of a native file is written", refused)
    parsed = oracle(files={"written": written}, asks=[])["parsed"]["written"]
    tap.ok(not parsed["invalid"], "all that is written is read by Cloudflare's parser", parsed["invalid"])
    asked += compare_answers(tap, oracle, "written", written, NATIVE, "native", 18)
    limits(tap, oracle)
    kong = os.path.join(DATA, "kong", "_redirects")
    if os.path.exists(kong):
        # Netlify's file, as far as Pages has room for it, and what Detour makes of Netlify's file for Pages
        lines = [line for line in read(kong).splitlines() if line.strip() and not line.startswith("#")]
        some = "\n".join(lines[:100])
        asked += compare_answers(tap, oracle, "kong as it is", some, some, "cloudflare-pages", 10)
        written, refused = convert(some, "_redirects", "cloudflare-pages", "--format", "netlify")
        kept = "\n".join(line for number, line in enumerate(lines[:100], 1) if number not in refused)
        asked += compare_answers(tap, oracle, "kong converted", written, kept, "netlify", 10)
    else:
        asked += LEAST
        tap.skip("kong", f"no data in {DATA}")
    tap.ok(asked >= LEAST, f"{asked} URLs are asked")
