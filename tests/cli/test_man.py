#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The man page: the flags that --help knows and no others, and roff that no formatter complains about."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import tap

COMMANDS = ["serve", "check", "explain", "compile"]


def flags_in_help(command):
    """{"--listen": ("-l", "ADDR:PORT")} from --help."""
    rows = re.findall(r"^ +(?:(-\w), )?(--[a-z0-9-]+)(?: ([A-Z][\w:]*))?(?=  |$)", tap.detour(command, "--help")[1], re.M)
    return {name: (letter, arg) for letter, name, arg in rows}


def flags_in_page(page, command):
    part = re.search(rf"^\.SS detour {command} .*?(?=^\.S[SH] )", page, re.M | re.S)[0]
    plain = re.sub(r"\\f[BIR]", "", part).replace("\\-", "-")
    rows = re.findall(r"^\.TP\n(?:(-\w), )?(--[a-z0-9-]+)(?: (\S+))?$", plain, re.M)
    return {name: (letter, arg) for letter, name, arg in rows}


def lint(test, path, name, command):
    if not shutil.which(command[0]):
        test.skip(name, command[0] + " is not installed")
        return
    done = subprocess.run([*command, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"})
    rendered = done.stdout.decode(errors="replace")
    test.ok(done.returncode == 0 and not done.stderr and "explain" in rendered, name,
            done.stderr.decode() + rendered[-500:])


def main():
    test = tap.Tap()
    status, page, _ = tap.detour("--man")
    test.equal(status, 0, "the program writes its page")
    for command in COMMANDS:
        known = flags_in_help(command)
        test.ok(len(known) > 3 and known == flags_in_page(page, command),
                f"{command}: help and man page have the same flags", (known, flags_in_page(page, command)))
    for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "RULES", "EXIT STATUS", "EXAMPLES"]:
        test.ok(f"\n.SH {heading}\n" in page, f"the page has {heading}")
    built = os.path.join(os.path.dirname(tap.program()), "man", "detour.1")
    if os.path.exists(built):
        with open(built, encoding="utf-8") as file:
            test.equal(file.read(), page, "the page that is installed is this one")
    else:
        test.skip("the page that is installed is this one", built + " is not there")
    with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
        file.write(page)
        file.flush()
        lint(test, file.name, "groff renders it without a warning",
             ["groff", "-man", "-ww", "-Tutf8"])
        lint(test, file.name, "man renders it without a warning", ["man", "--warnings=w", "-l"])
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", file.name], stdout=subprocess.PIPE, check=False)
            test.equal(done.stdout.decode(), "", "mandoc finds no error")
        else:
            test.skip("mandoc finds no error", "mandoc is not installed")
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
