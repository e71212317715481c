#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""platforms.py netlify|pages|vercel: Detour beside the platform's own code, which npm's registry has.

Each line or redirect that the platform takes must be read alike, or be refused for a reason that the
documentation tells; each that it refuses must be refused here. What Detour writes goes through the
platform's code too. And at least 2,000 URLs are asked of both."""

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("../e2e", "../cli", "."):
    sys.path.insert(0, os.path.abspath(os.path.join(HERE, folder)))

from oracles import Oracle, Unavailable  # noqa: E402
from tap import Tap  # noqa: E402


def main(part):
    tap = Tap()
    try:
        oracle = Oracle(part)
    except Unavailable as why:
        tap.skip(part, str(why))
        return tap.done()
    importlib.import_module("ask_" + part).run(tap, oracle)
    return tap.done()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
