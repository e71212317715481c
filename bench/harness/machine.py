# SPDX-License-Identifier: MIT
"""The machine and the versions: a figure without them means nothing."""

import os
import re
import subprocess


def _first_line(argv):
    try:
        out = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    text = (out.stdout + out.stderr).strip()
    return text.splitlines()[0] if text else ""


def _field(path, name):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                key, _, value = re.sub("[:=]", "=", line, count=1).partition("=")
                if key.strip() == name:
                    return value.strip().strip('"')
    except OSError:
        pass
    return "?"


def _version(argv):
    found = re.search(r"\d+(\.\d+)+\S*", _first_line(argv))
    return found.group(0).rstrip(",)") if found else "?"


def describe(detour):
    """A dict for results.json and for the table's foot."""
    memory_kib = int(_field("/proc/meminfo", "MemTotal").split()[0])
    return {
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cpus": os.cpu_count(),
        "virtual": "hypervisor" in _field("/proc/cpuinfo", "flags"),
        "memory_gib": round(memory_kib / 1048576, 1),
        "kernel": os.uname().release,
        "system": _field("/etc/os-release", "PRETTY_NAME"),
        "versions": {
            "Detour": _version([detour, "--version"]) if detour else None,
            "nginx": _version(["nginx", "-v"]),
            "HAProxy": _version(["haproxy", "-v"]),
            "h2o": _version(["h2o", "--version"]),
            "lighttpd": _version(["lighttpd", "-v"]),
            "gcc": _version(["gcc", "-dumpfullversion"]),
        },
    }


def sentence(machine):
    versions = machine["versions"]
    listed = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    virtual = ", virtual" if machine["virtual"] else ""
    return (
        f"{machine['cpu']}, {machine['cpus']} CPUs{virtual}, {machine['memory_gib']} GiB, "
        f"Linux {machine['kernel']}, {machine['system']}; {listed}."
    )
