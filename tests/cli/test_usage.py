#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The command line itself: help, unknown words, values out of range, and output that cannot be written."""

import os
import re
import subprocess
import sys

import tap

COMMANDS = ["serve", "check", "explain", "compile"]
NEWS = os.path.join(os.environ["DETOUR_SOURCE_ROOT"], "examples", "news.rules")


def helps(test):
    status, listed, _ = tap.detour("--help")
    test.equal(status, 0, "--help is fine")
    for command in COMMANDS:
        test.ok(re.search(rf"^  {command} ", listed, re.M), f"--help lists {command}", listed)
        one = tap.detour(command, "--help")
        test.equal(one[0], 0, f"{command} --help is fine")
        test.equal(tap.detour("help", command), one, f"help {command} is {command} --help")
        test.equal(tap.detour(command, "-h"), one, f"{command} -h is {command} --help")
        test.ok(all(len(line) < 80 for line in one[1].splitlines()), f"{command} --help fits 80 columns", one[1])
    test.equal(tap.detour("help")[:2], (0, listed), "help is --help")
    status, out, errors = tap.detour()
    test.equal((status, out, errors), (2, "", listed), "no command: the help, as an error")
    test.ok(re.fullmatch(r"detour \d+\.\d+\.\d+\n", tap.detour("--version")[1]), "--version")


def usage_errors(test):
    for args, said in [
        (["sevre"], 'there is no command "sevre", did you mean "serve"'),
        (["frobnicate"], 'there is no command "frobnicate"\n'),
        (["--vresion"], "unknown option --vresion, did you mean --version"),
        (["help", "chekc"], 'did you mean "check"'),
        (["check"], "which files?"),
        (["check", "--jsn", NEWS], "unknown option --jsn, did you mean --json"),
        (["check", "--json=yes", NEWS], "--json takes no value"),
        (["check", "-j", NEWS], "unknown option -j"),
        (["check", "--format"], "--format wants FORMAT behind it"),
        (["explain", "--at", "now", "http://a.example/", NEWS], '--at wants a time such as 2026-12-01T22:00Z, not "now"'),
        (["check", "--at", "2026-12-01T22:00", NEWS], "could be any place's time"),
        (["explain", "--ip", "10.0.0.0/8", "http://a.example/", NEWS], '--ip wants an address'),
        (["explain", "--country", "Germany", "http://a.example/", NEWS], '--country wants two letters such as DE'),
        (["serve", "--compile-memory", "1k", NEWS], '--compile-memory wants a number of bytes from 64m to'),
        (["serve", "--compile-time", "0", NEWS], '--compile-time wants a number of seconds from 1 to 86400'),
        (["check", "--format=csv", NEWS], '--format wants auto, native, govuk-csv, mdn-tsv, netlify, firebase, apache, cloudflare-pages, cloudflare-bulk, '
         'vercel, vercel-bulk, nginx, haproxy, caddy, wordpress-csv, wordpress-json or openpublishing, not "csv"'),
        (["explain"], "which URL, and which rules?"),
        (["explain", "http://www.example.ai/"], "which rules?"),
        (["explain", "/news.html", NEWS], "the first argument is an absolute URL"),
        (["explain", "www.example.ai/news.html", NEWS], "did you mean http://www.example.ai/news.html"),
        (["explain", NEWS, "http://www.example.ai/"], "the URL comes first"),
        (["explain", "ftp://www.example.ai/", NEWS], "the first argument is an absolute URL"),
        (["explain", "http://exa mple/", NEWS], "has no valid host"),
        (["explain", "-H", "Host", "http://www.example.ai/", NEWS], '-H wants "Name: value"'),
        (["explain", "-H", "Host: a b", "http://www.example.ai/", NEWS], "has no valid host"),
        (["explain", "-X", "BAD METHOD", "http://www.example.ai/", NEWS], '"BAD METHOD" is no method'),
        (["compile", NEWS], "where to?"),
        (["compile", "-o", "x.snap"], "which rules?"),
        (["compile", "--verify", "x.snap", NEWS], "takes no rules"),
        (["serve"], "which rules?"),
        (["serve", "--workers", "many", NEWS], '--workers wants a number from 0 to 256, not "many"'),
        (["serve", "--workers", "257", NEWS], "--workers wants a number from 0 to 256"),
        (["serve", "--workers", "4k", NEWS], "--workers wants a number from 0 to 256"),
        (["serve", "--head-timeout", "0", NEWS], "--head-timeout wants a number of seconds from 1 to 86400"),
        (["serve", "--head-timeout=10x", NEWS], "--head-timeout wants a number of seconds"),
        (["serve", "--idle-timeout=99999999999999999999", NEWS], "--idle-timeout wants a number of seconds"),
    ]:
        status, out, errors = tap.detour(*args)
        name = "detour " + " ".join(args).replace(NEWS, "news.rules")
        test.ok(status == 2 and out == "" and said in errors and "Try: detour" in errors, name, errors)


def argument_forms(test):
    plain = tap.detour("explain", "-X", "POST", "http://www.example.ai/news.html", NEWS)
    test.equal(plain[0], 0, "explain -X POST")
    for args in (["-XPOST", "http://www.example.ai/news.html", NEWS],
                 ["--request=POST", "http://www.example.ai/news.html", NEWS],
                 ["http://www.example.ai/news.html", "--request", "POST", NEWS],
                 ["http://www.example.ai/news.html", NEWS, "-X", "POST"],
                 ["-X", "POST", "--", "http://www.example.ai/news.html", NEWS]):
        test.equal(tap.detour("explain", *args), plain, "the same: " + " ".join(args[:-1]))
    status, _, errors = tap.detour("check", "--", "--json")
    test.ok(status == 1 and "--json" in errors, "behind -- a flag is a file", errors)
    status, _, errors = tap.detour("serve", NEWS, env={"DETOUR_WORKERS": "some"})
    test.ok(status == 2 and 'DETOUR_WORKERS wants a number from 0 to 256, not "some"' in errors,
            "a bad variable is named", errors)


def lost_output(test):
    commands = [["--help"], ["--version"], ["check", "--help"], ["check", NEWS], ["check", "--json", NEWS],
                ["explain", "http://www.example.ai/news.html", NEWS]]
    for args in commands:
        name = "detour " + " ".join(args).replace(NEWS, "news.rules")
        with open("/dev/full", "wb") as full:
            status, _, errors = tap.detour(*args, stdout=full)
        test.ok(status == 1 and "No space left on device" in errors, f"{name}, disk full", errors)
        reader, writer = os.pipe()
        os.close(reader)
        status, _, errors = tap.detour(*args, stdout=writer)
        os.close(writer)
        test.ok(status == 1 and "Broken pipe" in errors, f"{name}, closed pipe", (status, errors))
        done = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", tap.program(), *args],
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=False)
        test.ok(done.returncode == 1 and b"Bad file descriptor" in done.stderr, f"{name}, closed stdout",
                (done.returncode, done.stderr))


def main():
    test = tap.Tap()
    helps(test)
    usage_errors(test)
    argument_forms(test)
    lost_output(test)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
