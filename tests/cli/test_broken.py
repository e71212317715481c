#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Inputs that are not there, not readable, not rules, or not whole: a message with the name, never a crash."""

import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

import tap

ROOT = os.environ["DETOUR_SOURCE_ROOT"]
NEWS = os.path.join(ROOT, "examples", "news.rules")
URL = "http://www.example.ai/news.html"


def refused(test, name, result, *said, status=1):
    got, out, errors = result
    fine = got == status and all(word in errors + out for word in said)
    test.ok(fine and "Sanitizer" not in errors and "runtime error" not in errors, name, (got, out, errors))


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def paths(test, folder):
    missing = os.path.join(folder, "missing.rules")
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    garbage = write(folder, "garbage.rules", os.urandom(8192) + bytes(range(256)))
    for args in (["check"], ["explain", URL], ["compile", "-o", os.path.join(folder, "x.snap")]):
        name = args[0]
        refused(test, f"{name}: a missing file", tap.detour(*args, missing), "missing.rules: No such file")
        refused(test, f"{name}: a folder without rule files", tap.detour(*args, empty), "empty: ")
        refused(test, f"{name}: bytes that are no rules", tap.detour(*args, garbage), "garbage.rules:1:")
        refused(test, f"{name}: a device", tap.detour(*args, "/dev/null/x"), "/dev/null/x: ")
    test.ok(not os.path.exists(os.path.join(folder, "x.snap")), "nothing was compiled")
    result = tap.detour("check", garbage)
    test.ok(all(0x20 <= ord(c) or c == "\n" for c in result[1]), "what a terminal obeys is not printed", result)
    refused(test, "check: a good file beside a missing one", tap.detour("check", NEWS, missing), "missing.rules: ", "rules,")
    status, out, _ = tap.detour("check", write(folder, "nothing.rules", b""))
    test.ok(status == 0 and "0 rules" in out, "check: an empty file is fine", out)


def unreadable(test, folder):
    secret = write(folder, "secret.rules", b"/a /b\n")
    os.chmod(secret, 0)
    name = "check: an unreadable file"
    if os.geteuid() != 0:
        refused(test, name, tap.detour("check", secret), "secret.rules: Permission denied")
    elif shutil.which("setpriv"):
        os.chmod(folder, 0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tap.program(), "check",
                               secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        errors = done.stderr.decode()
        if done.returncode in (126, 127):
            test.skip(name, "another user may not run the program")
        else:
            refused(test, name, (done.returncode, "", errors), "secret.rules: Permission denied")
    else:
        test.skip(name, "root reads everything")


def snapshots(test, folder):
    good = os.path.join(folder, "good.snap")
    refused(test, "compile", tap.detour("compile", "-o", good, NEWS), "rules", status=0)
    with open(good, "rb") as file:
        whole = file.read()
    refused(test, "a whole snapshot is verified", tap.detour("compile", "--verify", good), "whole", status=0)
    refused(test, "check reads it whole", tap.detour("check", good), "a whole snapshot", status=0)
    torn = write(folder, "torn.snap", whole[:len(whole) // 2])
    head = write(folder, "head.snap", whole[:20])
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 0x40
    flipped = write(folder, "flipped.snap", bytes(middle))
    other = bytearray(whole)
    other[8:12] = struct.pack("<I", 4_000_000)  # the version
    future = write(folder, "future.snap", bytes(other))
    for name, path in [("torn", torn), ("cut in its head", head), ("from the future", future)]:
        base = os.path.basename(path)
        refused(test, f"explain: a snapshot {name}", tap.detour("explain", URL, path), base + ": ")
        refused(test, f"check: a snapshot {name}", tap.detour("check", path), base + ": ")
        refused(test, f"compile --verify: a snapshot {name}", tap.detour("compile", "--verify", path), base + ": ")
    refused(test, "compile --verify: a flipped bit", tap.detour("compile", "--verify", flipped), "flipped.snap: a damaged")
    refused(test, "check: a flipped bit", tap.detour("check", flipped), "flipped.snap: a damaged")
    refused(test, "compile --verify: rules", tap.detour("compile", "--verify", NEWS), "not a Detour snapshot")
    refused(test, "compile --verify: nothing", tap.detour("compile", "--verify", os.path.join(folder, "no")), "No such file")
    refused(test, "compile: a snapshot", tap.detour("compile", "-o", os.path.join(folder, "y"), good), "snapshot already",
            status=2)
    refused(test, "explain: a snapshot beside rules", tap.detour("explain", URL, good, NEWS), "good.snap", status=2)


def outputs(test, folder):
    rules = write(folder, "a.rules", b"/a /b\n")
    bad = write(folder, "b.rules", b"/a /b\n/c d\n")
    refused(test, "rules are not overwritten", tap.detour("compile", "-o", rules, NEWS), "is not a snapshot")
    with open(rules, "rb") as file:
        test.equal(file.read(), b"/a /b\n", "they are as they were")
    refused(test, "nor is a folder", tap.detour("compile", "-o", folder, rules), "is not a snapshot")
    refused(test, "nor a device", tap.detour("compile", "-o", "/dev/null", rules), "is not a snapshot")
    refused(test, "a folder that is not there", tap.detour("compile", "-o", folder + "/no/x.snap", rules), "No such file")
    snap = os.path.join(folder, "out.snap")
    link = os.path.join(folder, "link.snap")
    refused(test, "a new file", tap.detour("compile", "-o", snap, rules), "1 rule,", status=0)
    os.symlink("out.snap", link)
    refused(test, "a snapshot is replaced", tap.detour("compile", "-o", link, NEWS), "link.snap: ", status=0)
    test.ok(os.path.islink(link), "a link stays one")
    test.ok(stat.S_IMODE(os.stat(snap).st_mode) & 0o077 == 0o077 & ~os.umask(os.umask(0)) & 0o044, "it may be read like any file",
            oct(os.stat(snap).st_mode))
    before = os.stat(snap).st_ino
    refused(test, "bad rules", tap.detour("compile", "-o", snap, bad), "b.rules:2:", "nothing written")
    test.equal(os.stat(snap).st_ino, before, "the old snapshot stays")
    refused(test, "bad rules, --keep-going", tap.detour("compile", "--keep-going", "-o", snap, bad), "b.rules:2:", "1 rule,")
    test.ok(os.stat(snap).st_ino != before, "the new snapshot is there")
    test.equal([name for name in os.listdir(folder) if "tmp" in name or name.startswith(".")], [], "nothing is left over")


def main():
    test = tap.Tap()
    for part in (paths, unreadable, snapshots, outputs):
        with tempfile.TemporaryDirectory() as folder:
            part(test, folder)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
