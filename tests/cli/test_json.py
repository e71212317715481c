#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--json of check, explain and convert: valid JSON, with the members that docs/json.md names and no others."""

import json
import os
import re
import sys
import tempfile

import tap

ROOT = os.environ["DETOUR_SOURCE_ROOT"]
NEWS = os.path.join(ROOT, "examples", "news.rules")


def documented(heading):
    """The members of an object, from the table below its heading in docs/json.md."""
    with open(os.path.join(ROOT, "docs", "json.md"), encoding="utf-8") as file:
        text = file.read()
    part = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", text, re.M | re.S)[1]
    return set(re.findall(r"^\| `(\w+)` \|", part, re.M))


def members(test, what, heading):
    test.equal(set(what), documented(heading), f"docs/json.md names the members of: {heading}")


def ask(*args):
    status, out, errors = tap.detour(*args)
    return status, json.loads(out), errors


def check(test, folder):
    bad = os.path.join(folder, "bad.rules")
    with open(bad, "wb") as file:
        file.write(b"/a http//www.example.ai/x\n/b /c\n/b /d\n/\xff\xfe \x1b[31m\n"
                   b"@expect http://h.example/b -> 308 http://h.example/c\n"
                   b"@expect http://h.example/none -> 404\n@expect http://h.example/none -> 307 http://h.example/\n")
    status, found, errors = ask("check", "--json", bad)
    test.equal((status, errors), (1, ""), "check --json of a bad file: status 1, nothing else is printed")
    members(test, found, "detour check")
    test.ok(found["ok"] is False and found["errors"] >= 2 and found["warnings"] >= 1, "what was found is counted", found)
    test.equal(found["files"], [bad], "the files are listed")
    errors = [one for one in found["diagnostics"] if one["severity"] == "error"]
    test.equal((len(errors), errors[0]["line"], errors[0]["column"]), (found["errors"], 1, 4), "the first error's place")
    members(test, errors[0], "Diagnostic of a check")
    test.ok("http://www.example.ai/x" in errors[0]["message"], "the message says what was meant", errors[0])
    test.equal([one["holds"] for one in found["expectations"]], [False, True, False], "which expectations hold")
    test.equal(found["expectation_counts"], {"total": 3, "failed": 2}, "expectations are counted")
    first, _, last = found["expectations"]
    members(test, first, "Expectation")
    test.equal((first["expected"], first["got"]["status"]), ({"status": 308, "location": "http://h.example/c"}, 307),
               "expected and got")
    members(test, first["got"], "Answer of an expectation")
    members(test, first["rule"], "Rule")
    test.equal((first["rule"]["line"], first["rule"]["text"]), (2, "/b /c"), "the rule that answered")
    test.equal((last["rule"], last["got"]["status"]), (None, 404), "no rule answered")

    test.equal(found["kinds"]["exact"], found["rules"], "rules are counted by kind")
    members(test, found["kinds"], "Kinds")
    test.equal(found["timed"], [], "no rule has a time")
    status, found, _ = ask("check", "--json", NEWS)
    test.ok(status == 0 and found["ok"] and not found["diagnostics"] and found["rules"] >= 40, "the example is fine", found["diagnostics"])
    loud = [one for one in found["findings"] if not one["silenced"] and one["severity"] != "note"]
    test.equal((loud, found["silenced"]), ([], 2), "and what is found in it is silenced, or a note")
    for one in found["findings"]:
        test.ok((one["reason"] is not None) == one["silenced"], "what is silenced has a reason", one)
    findings(test, folder)
    status, found, _ = ask("check", "--json", os.path.join(folder, "missing.rules"))
    test.ok(status == 1 and not found["ok"] and "missing.rules" in found["problems"][0], "a missing file is a problem", found)


def findings(test, folder):
    rules = os.path.join(folder, "found.rules")
    with open(rules, "w", encoding="utf-8") as file:
        file.write("/a https://192.0.2.1/ 302\n/b /c\n/c /d 308 cache=1h\n/b /c # detour-allow: duplicate twice\n")
    status, found, _ = ask("check", "--json", rules)
    test.equal((status, found["errors"], found["ok"]), (0, 0, True), "warnings leave the status 0")
    names = [one["name"] for one in found["findings"]]
    test.ok("target-address" in names and {"chain", "chain-mixed"} & set(names), "findings are listed", names)
    for one in found["findings"]:
        members(test, one, "Finding")
    first = found["findings"][0]
    test.equal((first["name"], first["line"], first["column"], first["length"], first["text"]),
               ("target-address", 1, 4, 18, "/a https://192.0.2.1/ 302"), "a finding's place")
    chain = next(one for one in found["findings"] if one["name"].startswith("chain"))
    members(test, chain["other"], "Rule")
    test.ok(chain["example"].startswith("http://") and chain["mend"], "a chain has an example, and is mended", chain)
    twice = [one for one in found["diagnostics"] if one["name"] == "duplicate"]
    test.equal([(one["silenced"], one["reason"]) for one in twice], [(True, "twice")], "a warning is silenced")
    test.equal((found["silenced"], found["not_followed"]), (1, 0), "they are counted")
    status, less, _ = ask("check", "--json", "--fail-on", "warning", rules)
    test.equal((status, less["ok"]), (1, False), "--fail-on warning")
    status, less, _ = ask("check", "--json", "--fail-on", "warning", *(f"--ignore={name}" for name in names), rules)
    test.equal((status, less["findings"], less["warnings"]), (0, [], 0), "--ignore")


def explain(test, folder):
    status, told, errors = ask("explain", "--json", "-X", "POST", "http://www.example.ai/news.html?a=1", NEWS)
    test.equal((status, errors), (0, ""), "explain --json: status 0, nothing else is printed")
    members(test, told, "detour explain")
    for name, heading in [("request", "Request"), ("answer", "Answer"), ("next", "Next request"), ("rule", "Rule")]:
        members(test, told[name], heading)
    members(test, told["candidates"][0], "Candidate")
    where = "http://www.example.ai/breaking/news.html?a=1"
    test.equal((told["answer"]["status"], told["answer"]["location"]), (307, where), "the answer")
    test.equal(told["next"], {"method": "POST", "url": where, "keeps_body": True}, "the next request")
    test.ok(told["candidates"][0]["wins"] and told["candidates"][0]["line"] == told["rule"]["line"], "the first one wins",
            told)
    status, told, _ = ask("explain", "--json", "http://www.example.ai/item/a%20b?x=1", NEWS)
    members(test, told["pieces"][0], "Piece")
    test.equal("".join(one["text"] for one in told["pieces"]), told["answer"]["location"],
               "the pieces are the Location")
    test.equal([(one["from"], one["name"]) for one in told["pieces"]],
               [("rule", None), ("capture", ":id"), ("query", None)], "where they are from")
    test.equal(told["captures"], [{"name": ":id", "value": "a%20b"}], "what was captured")
    status, told, _ = ask("explain", "--json", "http://www.example.ai/start", NEWS)
    members(test, told["missed"][0], "Missed")
    test.ok("lang=de does not hold" in [one["reason"] for one in told["missed"]], "who does not apply, and why",
            told["missed"])
    status, told, _ = ask("explain", "--json", "http://www.example.ai/nothing", NEWS)
    test.equal((status, told["matched"], told["answer"]["status"], told["rule"], told["next"], told["candidates"]),
               (1, False, 404, None, None, []), "no rule")
    status, told, _ = ask("explain", "--json", "http://www.example.ai/503", NEWS)
    test.equal((told["answer"]["status"], told["answer"]["retry_after"], told["answer"]["location"]), (503, 600, None),
               "503 with Retry-After")

    snap = os.path.join(folder, "news.snap")
    test.equal(tap.detour("compile", "-o", snap, NEWS)[0], 0, "compile")
    asked = ["--at", "2026-12-01T22:00Z", "http://www.example.ai/blog/archive/about"]
    text = ask("explain", "--json", *asked, NEWS)[1]
    snapshot = ask("explain", "--json", *asked, snap)[1]
    for one in [text["rule"], *text["candidates"], *text["missed"]]:
        one["text"] = None
    text["conditions"] = None
    for one in [*text["missed"], *snapshot["missed"]]:
        one["reason"] = None  # a snapshot does not know what a condition said
    test.equal(snapshot, text, "a snapshot explains the same, but for what only the files say")
    test.equal(len(text["candidates"]), 3, "the page, the deeper folder, the folder")


def convert(test, folder):
    rules = os.path.join(folder, "shop.rules")
    with open(rules, "w", encoding="utf-8") as file:
        file.write("# the desk\n/desk /closed 302 hours=22-6\n/a/ /b 301 slash=ignore\n")
    status, told, errors = ask("convert", "--json", "--to", "netlify", rules)
    test.equal((status, errors), (1, ""), "convert --json: 1 when a rule is refused, nothing else is printed")
    members(test, told, "detour convert")
    members(test, told["notes"][0], "Note of a conversion")
    members(test, told["files"][0], "File of a conversion")
    test.equal((told["read"], told["written"], told["approximated"], told["refused"]), (2, 1, 0, 1), "rules are counted")
    refused = [(one["line"], one["name"], one["refused"]) for one in told["notes"] if one["line"]]
    test.ok((2, "condition", True) in refused and all(line == 2 for line, _, _ in refused), "which, and why", told)
    test.ok("/a" in told["files"][0]["text"] and "desk" not in told["files"][0]["text"], "the text is there", told)
    output = os.path.join(folder, "_redirects")
    status, told, _ = ask("convert", "--json", "--to", "netlify", "-o", output, rules)
    test.equal((told["files"][0]["name"], told["files"][0]["text"]), (output, None), "or it is in the file")
    test.equal(os.path.getsize(output), told["files"][0]["bytes"], "of that size")


def main():
    test = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        check(test, folder)
        explain(test, folder)
        convert(test, folder)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
