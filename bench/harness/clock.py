# SPDX-License-Identifier: MIT
"""Time is bounded twice: each step has a limit of its own, and the whole run has one.

A step's limit is never more than what is left of the run, so that a server that hangs costs a row
and not the table.
"""

import sys
import time


class OutOfTime(Exception):
    """The run's time is used up: what was measured so far is the result."""


class Clock:
    def __init__(self, seconds):
        self.begin = time.monotonic()
        self.seconds = seconds

    def left(self):
        return self.seconds - (time.monotonic() - self.begin)

    def limit(self, seconds):
        """The step's limit, cut to what is left of the run."""
        left = self.left()
        if left <= 0:
            raise OutOfTime("the run's time is used up")
        return min(seconds, left)

    def say(self, text):
        print(f"[{time.monotonic() - self.begin:5.0f} s] {text}", file=sys.stderr, flush=True)
