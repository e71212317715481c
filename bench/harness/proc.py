# SPDX-License-Identifier: MIT
"""What the kernel says about processes and CPUs, read from /proc.

CPU time of a process is utime + stime. /proc/PID/stat gives them in ticks of 10 ms, too coarse for
runs of a second, and their sum is exactly the scheduler's count in /proc/PID/task/*/schedstat, in
nanoseconds. So the sum is taken from there, and only the division in user and system from ticks.
"""

import os
from dataclasses import dataclass

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class CpuTime:
    """Seconds."""

    total: float = 0.0
    user_ticks: int = 0
    system_ticks: int = 0

    def minus(self, earlier):
        return CpuTime(
            self.total - earlier.total,
            self.user_ticks - earlier.user_ticks,
            self.system_ticks - earlier.system_ticks,
        )

    def user(self):
        ticks = self.user_ticks + self.system_ticks
        return self.total * self.user_ticks / ticks if ticks else 0.0


def descendants(pid):
    """The process and all that it started, oldest first."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += descendants(int(child))
    except OSError:
        pass
    return found


def cpu_time(pids):
    sum_ = CpuTime()
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                    sum_.total += int(file.read().split()[0]) / 1e9
        except OSError:
            continue
        sum_.user_ticks += int(fields[11])
        sum_.system_ticks += int(fields[12])
    return sum_


def pss(pids):
    """Proportional set size, bytes: what the processes hold, a shared page counted once."""
    kib = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                kib += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except OSError:
            continue
    return kib * 1024


@dataclass
class CpuUse:
    """One CPU's seconds since boot."""

    busy: float
    stolen: float


def cpu_use(cpu):
    with open("/proc/stat", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"cpu{cpu} "):
                ticks = [int(word) for word in line.split()[1:9]]
                user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
                return CpuUse((user + nice + system + irq + softirq) / TICK, steal / TICK)
    return CpuUse(0.0, 0.0)
