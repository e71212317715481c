#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""run.py PART [NAME...]: end-to-end tests of the program at $DETOUR, as TAP.

PART is "cases" (with files), or the name of a module here whose run(tap, names) does the rest."""

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
sys.path.insert(0, HERE)

from tap import Tap  # noqa: E402


def main(part, names):
    tap = Tap()
    importlib.import_module(part).run(tap, names)
    return tap.done()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
