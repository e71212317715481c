# SPDX-License-Identifier: MIT
"""The platforms' own code, from npm's registry: installed by the lock file beside this, with its
hashes, into a folder of the build; nothing in it is run while it is installed.

Without node, npm or the registry the tests that need it are skipped, and say so."""

import fcntl
import json
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ("package.json", "package-lock.json", "empty", "netlify.mjs", "pages.mjs", "vercel.mjs")
OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|"
                     r"network|EINTEGRITY_OFFLINE|UNABLE_TO_|CERT_|E40[137]|E50\d")


class Unavailable(Exception):
    """Why the oracles are not here."""


def version(command):
    try:
        done = subprocess.run([command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True, timeout=60, text=True)
        return int(re.match(r"v?(\d+)", done.stdout)[1])
    except (OSError, subprocess.SubprocessError, TypeError) as error:
        raise Unavailable(f"no {command} here") from error


def install(folder):
    """Brings the packages; safe for several tests at once."""
    if version("node") < 18:
        raise Unavailable("node is older than 18")
    version("npm")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in FILES:
            source, target = os.path.join(HERE, name), os.path.join(folder, name)
            if os.path.isdir(source):
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
        stamp = os.path.join(folder, "installed")
        with open(os.path.join(folder, "package-lock.json"), encoding="utf-8") as text:
            wanted = text.read()
        if os.path.exists(stamp):
            with open(stamp, encoding="utf-8") as text:
                if text.read() == wanted:
                    return
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund",
             "--fetch-retries=1", "--fetch-timeout=20000"], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150, text=True, check=False)
        if done.returncode and OFFLINE.search(done.stdout) and "EINTEGRITY" not in done.stdout:
            raise Unavailable("npm's registry cannot be reached")
        if done.returncode:
            raise RuntimeError("npm ci: " + done.stdout)
        with open(stamp, "w", encoding="utf-8") as text:
            text.write(wanted)


class Oracle:
    """Oracle("netlify")(files=..., asks=...) gives what netlify.mjs answers."""

    def __init__(self, name):
        self.name = name
        self.folder = os.environ.get("DETOUR_NPM_FOLDER") or os.path.join(HERE, "..", "..", "out", "npm")
        install(self.folder)

    def __call__(self, **what):
        done = subprocess.run(["node", f"{self.name}.mjs"], cwd=self.folder, timeout=200, check=False,
                              input=json.dumps(what).encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(f"{self.name}.mjs: " + done.stderr.decode(errors="replace"))
        return json.loads(done.stdout)
