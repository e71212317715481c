# SPDX-License-Identifier: MIT
"""results.json, with every sample, and table.md, which README can take as it is."""

import json
import os

from . import machine as machines

COLUMNS = {
    "detour": "Detour",
    "floor": "floor",
    "nginx": "nginx",
    "haproxy": "HAProxy",
    "h2o": "h2o",
    "lighttpd": "lighttpd",
}


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _row(row):
    title = row.title + (f", {row.unit}" if row.unit else "")
    verdict = row.verdict + (f": {row.why}" if row.why else "")
    return _line([title, row.bound, *(row.cells.get(key, "") for key in COLUMNS), verdict])


def table(rows, machine, notes):
    head = ["what", "bound", *COLUMNS.values(), "verdict"]
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_row(row) for row in rows]
    lines += ["", machines.sentence(machine), *notes, ""]
    return "\n".join(lines)


def write(folder, rows, machine, notes, options):
    text = table(rows, machine, notes)
    with open(os.path.join(folder, "table.md"), "w", encoding="utf-8") as out:
        out.write(text)
    results = {
        "machine": machine,
        "options": options,
        "notes": notes,
        "rows": [vars(row) for row in rows],
    }
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
        out.write("\n")
    return text
