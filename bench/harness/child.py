# SPDX-License-Identifier: MIT
"""How a measured process begins: on its CPU, and, when asked for, before all other work there.

Linux weighs sessions against each other before it looks at niceness (autogroup, sched(7)), so a
priority has to be given to the session as well as to the process.
"""

import os

boost = False  # set by main


def on_cpu(cpu):
    """What runs in the child between fork and exec; the child has a session of its own."""

    def begin():
        os.sched_setaffinity(0, {cpu})
        if boost:
            os.setpriority(os.PRIO_PROCESS, 0, -20)
            with open("/proc/self/autogroup", "w", encoding="ascii") as file:
                file.write("-20")

    return begin
