#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `detour check` writes for other programs and to other places: SARIF, JUnit, --flatten, progress."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import unicodedata
import xml.etree.ElementTree as ElementTree

import tap

ROOT = os.environ["DETOUR_SOURCE_ROOT"]
NEWS = os.path.join(ROOT, "examples", "news.rules")

# An error of the reader, findings of each severity, one that is silenced, bytes that XML and JSON
# have no room for, characters of several bytes before a column, and expectations.
MIXED = ("/go/:h https://:h/ open=yes\n"
         "/lab https://192.0.2.1/ # detour-allow: target-address the lab & \"its\" <names>\n"
         "/über  https://192.0.2.1/  302\n"
         "/p /q 301\n"
         "/x y z\n"
         "@expect http://h.example/p -> 301 http://h.example/q\n"
         "@expect http://h.example/p?a=\"<&> -> 410\n").encode() + b"/\xff\x01 /b\n"


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


# ---- SARIF 2.1.0: what the standard requires, and what code hosts want ----

LEVELS = {"error", "warning", "note", "none"}


def sarif_problems(log):
    """What is wrong with a log, by https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""
    wrong = []

    def want(fine, what):
        if not fine:
            wrong.append(what)

    want(log.get("version") == "2.1.0" and "sarif-2.1.0" in log.get("$schema", ""), "version and schema (3.13)")
    want(isinstance(log.get("runs"), list) and len(log["runs"]) == 1, "runs (3.13.4)")
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    want(driver.get("name") and driver.get("version"), "a driver has a name (3.19.8)")
    want(run.get("columnKind") in ("utf16CodeUnits", "unicodeCodePoints"), "columnKind (3.14.17)")
    ids = [rule.get("id") for rule in driver["rules"]]
    want(all(ids) and len(set(ids)) == len(ids), "rules have ids, each its own (3.49.3)")
    for rule in driver["rules"]:
        want(rule["shortDescription"]["text"], "a rule is described")
        want(rule["defaultConfiguration"]["level"] in LEVELS, "a rule's level (3.50.3)")
    for invocation in run["invocations"]:
        want(isinstance(invocation["executionSuccessful"], bool), "executionSuccessful (3.20.14)")
    prints = set()
    for result in run["results"]:
        want(ids[result["ruleIndex"]] == result["ruleId"], "ruleIndex is the place of ruleId (3.27.6)")
        want(result["level"] in LEVELS and result["message"]["text"], "level and message (3.27.10, 3.27.11)")
        want(len(result["locations"]) == 1, "one location")
        for place in result["locations"] + result.get("relatedLocations", []):
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            want(re.fullmatch(r"[\w./~!$&'()*+,;=@:%-]+", uri, re.A), f"a URI: {uri}")
            region = place["physicalLocation"]["region"]
            want(region["startLine"] >= 1 and region["snippet"]["text"], "a region (3.30)")
            if "startColumn" in region:
                want(1 <= region["startColumn"] < region["endColumn"], "columns (3.30.6, 3.30.8)")
                want(region["endColumn"] <= len(region["snippet"]["text"]) + 2, "columns count characters")
        mark = result["partialFingerprints"]["primaryLocationLineHash"]
        want(re.fullmatch(r"[0-9a-f]{16}:\d+", mark) and mark not in prints, "a fingerprint of its own")
        prints.add(mark)
        for one in result.get("suppressions", []):
            want(one["kind"] == "inSource" and one["justification"], "a suppression (3.35)")
    return wrong


def sarif(test, folder):
    path = write(folder, "mixed rules.rules", MIXED)
    status, out, errors = tap.detour("check", "--sarif", "mixed rules.rules", cwd=folder)
    log = json.loads(out)
    test.equal((status, errors), (1, ""), "check --sarif: status 1, nothing else is printed")
    test.equal(sarif_problems(log), [], "the log is as SARIF 2.1.0 has it")
    results = log["runs"][0]["results"]
    by_rule = {}
    for result in results:
        by_rule.setdefault(result["ruleId"], []).append(result)
    test.ok({"open-redirect", "target-address", "expect", "permanent-uncached"} <= set(by_rule),
            "readers' errors, findings and expectations are results", sorted(by_rule))
    silenced = [one.get("suppressions") for one in by_rule["target-address"]]
    test.equal(silenced, [[{"kind": "inSource", "justification": "the lab & \"its\" <names>"}], None],
               "what is silenced is suppressed, with its reason")
    place = by_rule["target-address"][1]["locations"][0]["physicalLocation"]
    test.equal((place["artifactLocation"]["uri"], place["region"]["startLine"], place["region"]["startColumn"],
                place["region"]["endColumn"]), ("mixed%20rules.rules", 3, 8, 26), "a place, in characters")
    test.equal([one["level"] for one in by_rule["permanent-uncached"]], ["note"], "levels are severities")

    prints = [one["partialFingerprints"] for one in results if one["ruleId"] == "target-address"]
    write(folder, "mixed rules.rules", b"# a line more\n" + MIXED)
    moved = json.loads(tap.detour("check", "--sarif", "mixed rules.rules", cwd=folder)[1])
    again = [one["partialFingerprints"] for one in moved["runs"][0]["results"] if one["ruleId"] == "target-address"]
    test.equal(again, prints, "fingerprints stay when lines move")

    log = json.loads(tap.detour("check", "--sarif", path)[1])
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    test.ok(uri.startswith("file:///"), "an absolute path is a file: URI", uri)
    status, out, _ = tap.detour("check", "--sarif", "missing.rules", cwd=folder)
    run = json.loads(out)["runs"][0]
    test.equal((status, run["results"], run["invocations"][0]["executionSuccessful"],
                len(run["invocations"][0]["toolExecutionNotifications"])), (1, [], False, 1),
               "what cannot be read is a notification")
    for name in ("chain", "loop"):
        write(folder, "c.rules", "/a /b 302\n/b /c 302\n" if name == "chain" else "/a /b\n/b /a\n")
        log = json.loads(tap.detour("check", "--sarif", "c.rules", cwd=folder)[1])
        test.equal(sarif_problems(log), [], f"a {name} is as SARIF has it, too")
        test.ok(any(one.get("relatedLocations") for one in log["runs"][0]["results"]), f"a {name} names the other rule")


# ---- JUnit ----

def junit(test, folder):
    write(folder, "mixed.rules", MIXED)
    write(folder, "other.rules", "/other /there 302\n")
    status, out, errors = tap.detour("check", "--junit", "mixed.rules", "other.rules", cwd=folder)
    test.equal((status, errors), (1, ""), "check --junit: status 1, nothing else is printed")
    suite = ElementTree.fromstring(out).find("testsuite")
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    test.equal((int(suite.get("tests")), int(suite.get("failures")), int(suite.get("skipped"))),
               (len(cases), len(failed), len(skipped)), "the counts are those of the cases")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    test.equal(len(set(names)), len(names), "each case has a name of its own")
    kinds = [name for file, name in names if file == "other.rules"]
    test.ok(kinds[0] == "reads" and {"loop", "open-redirect", "soft-404"} <= set(kinds),
            "each file has a case for being read, and for each kind", kinds)
    test.equal({(case.get("classname"), case.get("name")) for case in failed},
               {("mixed.rules", "reads"), ("mixed.rules", "open-redirect"),
                ("mixed.rules", "line 7: GET http://h.example/p?a=\"<&> -> 410 ")}, "what the status counts fails")
    address = next(case for case in cases if case.get("name") == "target-address")
    test.ok("192.0.2.1" in address.find("system-out").text and "the lab & \"its\" <names>" in
            address.find("system-out").text, "a warning is in the output", ElementTree.tostring(address))
    _, out, _ = tap.detour("check", "--junit", "--fail-on", "warning", "mixed.rules", cwd=folder)
    suite = ElementTree.fromstring(out)
    test.ok(suite.find(".//testcase[@name='target-address']/failure") is not None, "--fail-on warning fails it")
    write(folder, "quiet.rules", "/lab https://192.0.2.1/ # detour-allow: target-address the lab\n")
    status, out, _ = tap.detour("check", "--junit", "--fail-on", "warning", "quiet.rules", cwd=folder)
    case = ElementTree.fromstring(out).find(".//testcase[@name='target-address']")
    test.ok(status == 0 and case.find("skipped") is not None, "what is silenced is skipped", out)
    status, out, _ = tap.detour("check", "--junit", "missing.rules", cwd=folder)
    test.ok(status == 1 and ElementTree.fromstring(out).find(".//testcase/failure") is not None,
            "what cannot be read is a failure", out)


# ---- --flatten ----

def flatten(test, folder):
    write(folder, "chain.rules", "# the old one\n/a /b 302\n/b /c 302\n/c /d 302\n/s/* /a 302\n/k /l 301 cache=1h\n")
    status, out, errors = tap.detour("check", "--flatten", "chain.rules", cwd=folder)
    test.equal(status, 0, "check --flatten: warnings leave the status 0")
    test.ok("[chain]" in errors and "flattened" in errors and "[chain]" not in out,
            "rules to stdout, findings to stderr", out + errors)
    write(folder, "flat.rules", out)
    status, out, _ = tap.detour("check", "--json", "flat.rules", cwd=folder)
    found = json.loads(out)
    test.equal((status, found["rules"], [one["name"] for one in found["findings"] if "chain" in one["name"]]),
               (0, 5, []), "what was written has all rules, and no chain")
    for url in ("a", "b", "c", "s/x", "s/", "k"):
        before = last_of(folder, "chain.rules", "http://h.example/" + url)
        after = last_of(folder, "flat.rules", "http://h.example/" + url)
        test.ok(before[0] == after[0] and after[1] == 1, f"/{url} ends where it ended, in one hop", (before, after))

    out_file = os.path.join(folder, "out.rules")
    status, out, errors = tap.detour("check", "--flatten", "-o", out_file, "chain.rules", cwd=folder)
    with open(out_file, encoding="utf-8") as file:
        written = file.read()
    with open(os.path.join(folder, "flat.rules"), encoding="utf-8") as file:
        test.equal(written, file.read(), "-o FILE: the same")
    test.ok(status == 0 and "[chain]" in out and "flattened, written to" in errors, "and findings to stdout", out + errors)
    write(folder, "bad.rules", "/a /b\n/b /c\n/x\n")
    os.unlink(out_file)
    status, _, errors = tap.detour("check", "--flatten", "-o", out_file, "bad.rules", cwd=folder)
    test.ok(status == 1 and not os.path.exists(out_file) and "would be lost" in errors,
            "nothing is written when a line could not be read", errors)
    status, out, errors = tap.detour("check", "--flatten", "--json", "chain.rules", cwd=folder)
    test.equal((status, out), (2, ""), "two things to stdout: a usage error")
    status, out, errors = tap.detour("check", "--flatten", "-o", "/nowhere/x.rules", "chain.rules", cwd=folder)
    test.ok(status == 1 and "/nowhere/x.rules" in errors, "a file that cannot be written is told", errors)
    snap = os.path.join(folder, "chain.snap")
    tap.detour("compile", "-o", snap, "chain.rules", cwd=folder)
    test.equal(tap.detour("check", snap)[0], 0, "a snapshot is checked as before")
    status, _, errors = tap.detour("check", "--flatten", snap, cwd=folder)
    test.ok(status == 1 and "snapshot" in errors, "and cannot be flattened", errors)


def last_of(folder, rules, url):
    """Where a client ends, and after how many hops."""
    for hops in range(10):
        told = json.loads(tap.detour("explain", "--json", url, rules, cwd=folder)[1])
        if not told["next"]:
            return url, hops
        url = told["next"]["url"]
    return None, None


# ---- Flags ----

def flags(test, folder):
    write(folder, "w.rules", "/a https://192.0.2.1/\n")
    for level, status in (("error", 0), ("warning", 1), ("note", 1)):
        test.equal(tap.detour("check", "--fail-on", level, "w.rules", cwd=folder)[0], status, f"--fail-on {level}")
    test.equal(tap.detour("check", "--fail-on", "note", "--ignore", "target-address", "w.rules", cwd=folder)[0], 0,
               "--ignore")
    status, _, errors = tap.detour("check", "--ignore", "target-adress", "w.rules", cwd=folder)
    test.ok(status == 2 and 'did you mean "target-address"' in errors, "--ignore of no finding", errors)
    write(folder, ".htaccess", "Options -Indexes\nRedirect 302 /a https://www.example.com/b\n")
    test.equal([tap.detour("check", "--fail-on", "warning", *more, ".htaccess", cwd=folder)[0]
                for more in ([], ["--ignore", "apache-passed-over"])], [1, 0], "--ignore of a reader's warning")
    test.equal(tap.detour("check", "--json", "--sarif", "w.rules", cwd=folder)[0], 2, "one report only")
    test.equal(tap.detour("check", "-o", "x", "w.rules", cwd=folder)[0], 2, "-o without --flatten")
    write(folder, "n.rules", "/a /b 301\n")
    _, out, _ = tap.detour("check", "n.rules", cwd=folder)
    test.ok("[permanent-uncached]" not in out and "1 note (-v shows it)" in out, "a note is counted", out)
    for args in (["-v"], ["--fail-on", "note"]):
        _, out, _ = tap.detour("check", *args, "n.rules", cwd=folder)
        test.ok("[permanent-uncached]" in out and "-v shows" not in out, f"{' '.join(args)} shows it", out)
    write(folder, "many.rules", "".join(f"/{i} https://192.0.2.1/{i}x\n" for i in range(1234)))
    _, out, _ = tap.detour("check", "many.rules", cwd=folder)
    test.equal((out.count("is an address, not"), out.count("mend:"), "and 1,214 more of [target-address]" in out), (20, 1, True),
               "repetitions are summed up")
    _, out, _ = tap.detour("check", "--all", "many.rules", cwd=folder)
    test.equal((out.count("is an address, not"), "more of" in out), (1234, False), "--all shows them")


# ---- Scripts: Unicode's own names of letters as the second opinion ----

TOGETHER = {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "HENTAIGANA"}
UNSURE = {"MODIFIER", "COPTIC", "VERTICAL", "FEMININE", "MASCULINE", "MICRO", "CARON", "MASU", "TURNED",
          "KATAKANA-HIRAGANA"}


def letters():
    """Letters of every script that are left as they are in a host, with the first word of their names."""
    for number in range(0xA1, 0x1F000):
        letter = chr(number)
        word = unicodedata.name(letter, "").split(" ")[0]
        plain = unicodedata.normalize("NFKC", letter.lower()) == letter
        many = word in ("CJK", "HANGUL") and number % 97
        if unicodedata.category(letter) in ("Ll", "Lo") and plain and word and word not in UNSURE and not many:
            yield letter, word


def scripts(test, folder):
    known = list(letters())
    write(folder, "s.rules", "".join(f"/{i} https://a{letter}.example/\n" for i, (letter, _) in enumerate(known)))
    found = json.loads(tap.detour("check", "--json", "s.rules", cwd=folder)[1])
    refused = {one["line"] for one in found["diagnostics"]}
    told = {one["line"] for one in found["findings"] if one["name"] == "target-mixed-script"}
    lines = [line for line in range(1, len(known) + 1) if line not in refused]
    wrong = [(known[line - 1], line in told) for line in lines
             if (line in told) != (known[line - 1][1] not in TOGETHER)]
    test.ok(len(lines) > 3000 and len({word for _, word in known}) > 50, "letters of many scripts can stand in hosts",
            len(lines))
    test.equal(wrong, [], "beside a Latin letter stands what Unicode's names call Latin, or East Asian")


# ---- Progress ----

def on_terminal(*args, cwd):
    """What the program writes to a terminal that is its stderr."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([tap.program(), *args], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=theirs, env={**os.environ, "TERM": "xterm"}) as run:
        os.close(theirs)
        said = b""
        while True:
            if select.select([ours], [], [], 100)[0]:
                try:
                    part = os.read(ours, 65536)
                except OSError:
                    part = b""
                if not part:
                    break
                said += part
    os.close(ours)
    return said.decode()


def progress(test, folder):
    write(folder, "w.rules", "/a /b\n")
    test.equal(on_terminal("check", "w.rules", cwd=folder), "", "short work shows no progress")
    write(folder, "large.rules", "".join(f"/old/{i} /new/{i}\n" for i in range(200000)))
    said = on_terminal("check", "large.rules", cwd=folder)
    if not said:  # a machine that is so fast
        test.skip("long work shows progress", "it took less than a second")
        return
    test.ok(re.search(r"\rchecking 200,000 rules \.\.\. \d+ %", said) and said.endswith("\r\x1b[K"),
            "long work shows progress, and takes it away", repr(said[-200:]))
    status, _, errors = tap.detour("check", "large.rules", cwd=folder)
    test.equal((status, errors), (0, ""), "but not in a log")


def main():
    test = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        sarif(test, folder)
        junit(test, folder)
        flatten(test, folder)
        flags(test, folder)
        scripts(test, folder)
        progress(test, folder)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
