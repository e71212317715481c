# SPDX-License-Identifier: MIT
"""The work folder: the C tools, built, and the synthetic data, generated once and kept."""

import os
import subprocess

RULES = 1_000_000
SAMPLE = 20_000
HUGE = 10_000_000

TOOLS = {
    "loadgen": [
        "loadgen.c",
        "connections.c",
        "checker.c",
        "answers.c",
        "requests.c",
        "histogram.c",
    ],
    "floor": ["floor.c"],
    "genmap": ["genmap.c"],
    "genrules": ["genrules.c"],
    "alloccount.so": ["alloccount.c"],
}


class Workshop:
    def __init__(self, root, folder, clock):
        self.root = root
        self.folder = folder
        self.clock = clock
        self.sources = os.path.join(root, "bench", "tools")
        for name in ("bin", "data", "run"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)

    def tool(self, name):
        return os.path.join(self.folder, "bin", name)

    def data(self, name):
        return os.path.join(self.folder, "data", name)

    def build(self):
        newest = max(entry.stat().st_mtime for entry in os.scandir(self.sources))
        for name, sources in TOOLS.items():
            out = self.tool(name)
            if os.path.exists(out) and os.path.getmtime(out) > newest:
                continue
            argv = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o", out]
            if name.endswith(".so"):
                argv += ["-shared", "-fPIC"]
            argv += [os.path.join(self.sources, source) for source in sources]
            subprocess.run(argv, check=True, timeout=self.clock.limit(60))

    def generate(self, name, *arguments, tool="genmap", keep=True):
        """The file's path; made by the tool unless it is there."""
        path = self.data(name)
        made_by = self.tool(tool)
        if keep and os.path.exists(path) and os.path.getmtime(path) > os.path.getmtime(made_by):
            return path
        with open(path + ".part", "wb") as out:
            argv = [made_by, *map(str, arguments)]
            subprocess.run(argv, stdout=out, check=True, timeout=self.clock.limit(60))
        os.rename(path + ".part", path)
        return path

    def map(self, format_, version=1, rules=RULES):
        return self.generate(f"map.{rules}.v{version}.{format_}", format_, rules, version)

    def keys(self, what="keys"):
        """Keys of the map, or "misses"."""
        return self.generate(f"{what}.{RULES}", what, RULES, SAMPLE)

    def rules(self, kind, count, format_="detour"):
        """Rules of another kind; see tools/genrules.c."""
        name = f"{kind}.{count}.{format_}"
        return self.generate(name, kind, format_, count, tool="genrules")

    def rule_keys(self, kind, count, what="keys"):
        name = f"{kind}.{count}.{what}"
        return self.generate(name, kind, what, count, SAMPLE, tool="genrules")

    def probe(self, keys=None):
        """The first key of a file (the map's) with its targets: one in each version."""
        with open(keys or self.keys(), encoding="ascii") as file:
            return file.readline().rstrip("\n").split("\t")
