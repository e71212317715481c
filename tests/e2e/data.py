# SPDX-License-Identifier: MIT
"""Real redirect maps over real connections: gov.uk with its own golden tests, MDN, Kong, dart.dev, curl.se.

The data is found by DETOUR_TEST_DATA, beside the project by default; without it all of this is skipped.
What each map means is worked out here anew, from the file's text and not by Detour."""

import csv
import glob
import json
import os
import re
import shlex
from urllib.parse import quote, urlsplit

from server import Server
from wire import Broken, Connection

ROOT = os.environ.get("DETOUR_SOURCE_ROOT",
                      os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DATA = os.path.abspath(os.environ.get("DETOUR_TEST_DATA") or os.path.join(ROOT, "..", "shared", "data"))
PRINTABLE = "".join(chr(c) for c in range(0x21, 0x7f))
IN_PATH = "".join(c for c in PRINTABLE if c not in "\"<>\\^`{|}#?[]")
IN_TARGET = "".join(c for c in PRINTABLE if c not in "\"<>`")
BATCH = 200


def ask_all(address, questions):
    """Asks (host, target) in pipelines; gives the answers in order."""
    answers = []
    with Connection(address, 60) as connection:
        for at in range(0, len(questions), BATCH):
            batch = questions[at:at + BATCH]
            connection.send(b"".join(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("ascii")
                                     for host, target in batch))
            answers += [connection.answer() for _ in batch]
    return answers


def refused_lines(log, path):
    """The lines of a file that the log names with an error."""
    return {int(line) for line in re.findall(rf"^{re.escape(path)}:(\d+):(?:\d+:)? error:", log, re.M)}


# ---- gov.uk ----

def read_csv(path):
    with open(path, encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        for row in rows:
            if len(row) >= 3:
                yield row[0].strip(), row[1].strip(), row[2].strip()


def canonical(url):
    """http and https are one, case is ignored, a final slash and the fragment too."""
    parts = urlsplit(url.lower())
    path = parts.path[:-1] if parts.path.endswith("/") else parts.path
    return parts.netloc + path + ("?" + parts.query if parts.query else "")


def request_of(url):
    parts = urlsplit(url)
    target = quote(parts.path or "/", safe=IN_PATH + "%")
    if parts.query:
        target += "?" + quote(parts.query, safe=IN_TARGET)
    return parts.netloc, target


def govuk(tap):
    mappings = sorted(glob.glob(f"{DATA}/govuk/mappings/*.csv"))
    tests = sorted(glob.glob(f"{DATA}/govuk/tests/*.csv"))
    if not mappings:
        tap.skip("gov.uk", f"no data in {DATA}")
        return
    known, rows = {}, 0
    for path in mappings:
        for old, _, status in read_csv(path):
            rows += 1
            if status != "418":
                known.setdefault(canonical(old), path)
    with Server([f"{DATA}/govuk/mappings"], "--keep-going") as server:
        refused = re.findall(r"\.csv:\d+:\d+: error: .*418", server.log)
        tap.equal(len(refused), 150, "gov.uk: the 150 rows with status 418 are named")
        tap.equal(server.log.count(": error:"), 150, "gov.uk: and nothing else is refused")
        tap.equal(server.rule_count, rows - 150, "gov.uk: all others are served")
        conflicts = server.log.count("conflicts with")
        tap.equal(conflicts, 5, "gov.uk: the 5 conflicts are reported")

        golden = sorted({row for path in tests for row in read_csv(path)})  # some are in two files
        answers = ask_all(server.address, [request_of(old) for old, _, _ in golden])
        agree, unknown, wrong = 0, 0, []
        for (old, new, status), answer in zip(golden, answers):
            if canonical(old) in known:
                want_location = new if status == "301" else ""
                if (str(answer.status), answer.location) == (status, want_location):
                    agree += 1
                else:
                    wrong.append(f"{old}: {answer.status} {answer.location}, not {status} {new}")
            elif answer.status == 404:
                unknown += 1
            else:
                wrong.append(f"{old}: {answer.status}, not 404")
        tap.equal((agree, unknown), (1119, 1076),
                  "gov.uk: the 1,119 golden tests that are mapped agree, the other 1,076 are 404")
        tap.ok(not wrong, "gov.uk: no golden test disagrees", "\n".join(wrong[:20]))


# ---- MDN ----

def mdn(tap):
    paths = sorted(glob.glob(f"{DATA}/mdn/files/*/_redirects.txt"))
    if not paths:
        tap.skip("MDN", f"no data in {DATA}")
        return
    with Server(paths, "--keep-going") as server:
        rules, lines = {}, 0
        for path in paths:
            refused = refused_lines(server.log, path)
            with open(path, encoding="utf-8", newline="\n") as text:
                for number, line in enumerate(text, 1):
                    line = line.rstrip("\r\n")
                    if not line.strip() or line.startswith("#"):
                        continue
                    lines += 1
                    if number not in refused:
                        source, target = line.split("\t")
                        rules.setdefault(quote(source.strip(), safe=IN_PATH + "%"), target.strip())
        errors = server.log.count(": error:")
        tap.equal(server.rule_count + errors, lines, "MDN: every line is loaded or refused with a reason")
        tap.ok(errors < lines / 100, f"MDN: {errors} of {lines} are refused", server.log[:2000])
        answers = ask_all(server.address, [("developer.mozilla.org", source) for source in rules])
        wrong = [f"{source}: {answer.status} {answer.location}, not {target}"
                 for (source, target), answer in zip(rules.items(), answers)
                 if answer.status != 301 or answer.location != quote(target, safe=IN_TARGET)]
        tap.ok(not wrong, f"MDN: each of the {len(rules)} sources answers with its own target",
               f"{len(wrong)}\n" + "\n".join(wrong[:20]))


# ---- Kong ----

def kong_rules(path, refused):
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            parts = line.split(" #")[0].split()
            if parts and not parts[0].startswith("#") and number not in refused:
                status = int(parts[2].rstrip("!")) if len(parts) > 2 else 301
                yield parts[0], parts[1], status


def netlify_regex(source):
    """A source of Netlify's: :name is a segment, a final star all below; a final slash does not count."""
    star = source.endswith("/*")
    parts = [f"(?P<{part[1:]}>[^/]+)" if part.startswith(":") else re.escape(part)
             for part in (source[:-2] if star else source.rstrip("/")).split("/")]
    return re.compile("/".join(parts) + ("(?:/(?P<splat>.*))?" if star else "/?"))


def first_match(rules, path):
    """What Netlify's first-match order answers."""
    for source, target, status in rules:
        match = netlify_regex(source).fullmatch(path)
        if match:
            for name, value in match.groupdict().items():
                target = target.replace(f":{name}", value or "")
            return status, target
    return None


def kong(tap):
    path = f"{DATA}/kong/_redirects"
    if not os.path.exists(path):
        tap.skip("Kong", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        lines = sum(1 for line in text if line.strip() and not line.startswith("#"))
    with Server([path], "--keep-going") as server:
        refused = refused_lines(server.log, path)
        rules = list(kong_rules(path, refused))
        tap.equal((server.rule_count, len(rules) + len(refused)), (len(rules), lines),
                  f"Kong: every line is loaded or refused with a reason ({len(refused)} refused)")
        asked = [re.sub(r":\w+", "3.4.x", source.replace("/*", "/some/page")) for source, _, _ in rules]
        answers = ask_all(server.address, [("developer.konghq.com", source) for source in asked])
        wrong = []
        for source, answer in zip(asked, answers):
            want = first_match(rules, source)
            if (answer.status, answer.location) != want:
                wrong.append(f"{source}: {answer.status} {answer.location}, not {want}")
        tap.ok(not wrong, f"Kong: each of the {len(rules)} rules answers as the first that matches",
               f"{len(wrong)}\n" + "\n".join(wrong[:20]))


# ---- dart.dev: Firebase ----

def expand(glob):
    """Paths that a glob of Firebase's is for: some with little behind it, some with more."""
    group = re.search(r"\{([^{}]*)\}", glob)
    if group:
        return [path for choice in group[1].split(",")
                for path in expand(glob[:group.start()] + choice + glob[group.end():])]
    return [re.sub(r":\w+\*?", name, glob).replace("/**", "/" + deep).replace("*", flat).replace("\\", "")
            for deep, flat, name in (("one", "x", "abc"), ("one/two", "yz", "abc.d"))]


def glob_regex(glob):
    """The same as an expression. "**" is more than "*" only when it is a whole segment."""
    out = ""
    for token in re.findall(r":\w+\*?|/\*\*(?=/|\}|$)|\*\*?|\\.|.", glob):
        if token.startswith(":"):
            out += f"(?P<{token.strip(':*')}>{'.*' if token.endswith('*') else '[^/]+'})"
        elif token.startswith("\\"):
            out += re.escape(token[1])
        else:
            out += {"/**": "/.*", "**": "[^/]*", "*": "[^/]*", "{": "(?:", "}": ")", ",": "|"}.get(token, re.escape(token))
    return re.compile(out)


def dart_match(rules, path):
    for source, target, status in rules:
        match = source.fullmatch(path)
        if match:
            groups = match.groupdict()
            target = re.sub(r":(\w+)\*?", lambda name: groups.get(name[1]) or
                            (match[int(name[1])] if name[1].isdigit() else name[0]), target)
            return status, target
    return None


def dart(tap):
    path = f"{DATA}/dart/firebase.json"
    if not os.path.exists(path):
        tap.skip("dart.dev", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        redirects = json.load(text)["hosting"]["redirects"]
    rules = [(re.compile(one["regex"]) if "regex" in one else glob_regex(one["source"]), one["destination"], one["type"])
             for one in redirects]
    with Server([path]) as server:
        tap.equal((server.rule_count, server.log.count("error:")), (len(redirects), 0), "dart.dev: every redirect is loaded")
        asked = [path for one in redirects for path in (expand(one["source"]) if "source" in one else ["/page.html", "/page."])]
        answers = ask_all(server.address, [("dart.dev", quote(path, safe=IN_PATH)) for path in asked])
        wrong = []
        for source, answer in zip(asked, answers):
            want = dart_match(rules, source)
            if (answer.status, answer.location) != want:
                wrong.append(f"{source}: {answer.status} {answer.location}, not {want}")
        tap.ok(not wrong, f"dart.dev: {len(asked)} paths answer as the first redirect that matches",
               f"{len(wrong)}\n" + "\n".join(wrong[:20]))


# ---- curl.se: Apache ----

def curl_match(rules, path):
    """mod_alias: the first Redirect whose path is this one or a folder above it, or RedirectMatch that is found."""
    for status, source, target, is_regex in rules:
        if is_regex:
            if re.search(source, path):
                return status, target
        elif path == source or path.startswith(source if source.endswith("/") else source + "/"):
            return status, target + path[len(source):]
    return 404, ""


def curl_www(tap):
    path = f"{DATA}/curl-www/htaccess"
    if not os.path.exists(path):
        tap.skip("curl.se", f"no data in {DATA}")
        return
    rules = []
    with open(path, encoding="utf-8") as text:
        for line in text:
            words = shlex.split(line, comments=True) if line.startswith("Redirect") else []
            if words:
                status = {"RedirectPermanent": 301, "RedirectTemp": 302, "RedirectMatch": 302}[words[0]]
                rules.append((status, words[1], words[2], words[0] == "RedirectMatch"))
    asked = [path + more for _, path, _, is_regex in rules if not is_regex for more in ("", "/below", "x")]
    asked += ["/.git/config", "/xgit", "/", "/docs/", "/auto/build/1"]
    with Server([path], "--format", "apache") as server:
        tap.ok(server.rule_count >= len(rules) and "error:" not in server.log, "curl.se: every redirect is loaded", server.log)
        answers = ask_all(server.address, [("curl.se", path) for path in asked])
        wrong = []
        for source, answer in zip(asked, answers):
            want = curl_match(rules, source)
            if (answer.status, answer.location) != want:
                wrong.append(f"{source}: {answer.status} {answer.location}, not {want}")
        tap.ok(not wrong, f"curl.se: {len(asked)} paths answer as mod_alias does", f"{len(wrong)}\n" + "\n".join(wrong[:20]))
        answers = ask_all(server.address, [("www.curl.se", "/news.html"), ("old.curl.example", "/a/b?c=d")])
        tap.equal([(answer.status, answer.location) for answer in answers],
                  [(301, "https://curl.se/news.html"), (301, "https://curl.se/a/b?c=d")],
                  "curl.se: mod_rewrite sends other hosts there first")


def run(tap, names):
    for test in (govuk, mdn, kong, dart, curl_www):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (Broken, OSError, RuntimeError) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
