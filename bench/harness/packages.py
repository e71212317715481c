# SPDX-License-Identifier: MIT
"""The peers are Debian packages; scripts/deps installs those that are missing, and starts none."""

import os
import shutil
import subprocess

PROGRAMS = ("nginx", "haproxy", "h2o", "lighttpd", "gcc")


def missing():
    return [program for program in PROGRAMS if not shutil.which(program)]


def install(root, clock):
    """Names of the programs that are missing after all: their columns stay empty."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # servers live there, and users' paths leave it out
    if missing():
        clock.say("installing " + ", ".join(missing()))
        argv = [os.path.join(root, "scripts", "deps"), "bench", "build"]
        try:
            subprocess.run(argv, check=True, timeout=clock.limit(240), stdout=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError) as error:
            clock.say(f"installation failed: {error}")
    return missing()
