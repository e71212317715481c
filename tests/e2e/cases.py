# SPDX-License-Identifier: MIT
"""Runs the case files: requests and expected answers as text.

    # A comment. Before the first case: what the file is about.
    options: --no-note
    file page.html:
      <p>A file beside the rules.
    rules:
      /a  https://example.com/b  308

    --- What this case shows
    > GET /a HTTP/1.1
    > Host: www.example.ai
    >
    < 308 Permanent Redirect
    < Location: https://example.com/b
    < open

Each "> " line is sent with CRLF; ">> " sends its text as it is, with the escapes \\r \\n \\t \\0 \\xNN, and
">> BYTES * N" repeats. "~ 0.1" waits that many seconds before more is sent. "< STATUS" begins an expected
answer; below it:

    < /4../              a status by a regular expression
    < Field: value       this value exactly; /.../ is a regular expression for the whole value
    < no Field           not there
    < body /.../         found in the body; "< body" alone: there is one; "< no body": there is none
    < open               the connection goes on, in step
    < closed             the connection ends, and nothing more comes before

"< closed" without an answer: it ends without a word. A case is one connection. What can only be said in
HTTP/1 bytes uses ">>" or ends in "closed"; the rest may be asked over any protocol.
"""

import re
import time

from server import Server
from wire import Broken, Connection

REPEAT = re.compile(r"(.*) \* (\d+)$", re.S)


def unescape(text):
    match = REPEAT.match(text)
    if match:
        text = match[1]
    raw = re.sub(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])",
                 lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" else
                 {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}[m[1]],
                 text.encode())
    return raw * int(match[2]) if match else raw


class Case:
    def __init__(self, title, line):
        self.title, self.line, self.steps, self.expected = title, line, [], []


class CaseFile:
    def __init__(self, path):
        self.path, self.files, self.options, self.cases = path, {"test.rules": ""}, [], []
        inside = None
        with open(path, encoding="utf-8", newline="\n") as text:
            for number, line in enumerate(text, 1):
                line = line.rstrip("\n")
                if inside and (line.startswith("  ") or not line):
                    self.files[inside] += line[2:] + "\n"
                    continue
                inside = None
                if line.startswith("--- "):
                    self.cases.append(Case(line[4:], number))
                elif line == "rules:":
                    inside = "test.rules"
                elif line.startswith("file ") and line.endswith(":"):
                    inside = line[5:-1]
                    self.files[inside] = ""
                elif line.startswith("options: "):
                    self.options = line[9:].split()
                elif line.startswith(("> ", ">> ", "~ ", "< ")) or line == ">":
                    kind, _, rest = line.partition(" ")
                    case = self.cases[-1]
                    (case.expected if kind == "<" else case.steps).append((kind, rest))
                elif line and not line.startswith("#"):
                    raise SyntaxError(f"{path}:{number}: {line!r}")


def methods(case):
    """The methods of a case's requests in order, so that answers to HEAD are read as such."""
    found, at_start = [], True
    for kind, text in case.steps:
        if kind == ">" and at_start and text:
            found.append(text.split(" ")[0])
        if kind == ">>":
            found += re.findall(r"(?:^|\\n)([A-Z]+) \S+ HTTP/", text)
        if kind in (">", ">>"):
            at_start = kind == ">" and text == ""
    return found


def answers(case):
    """The expected answers, each a list of lines, and how the connection ends."""
    groups, end = [], None
    for _, text in case.expected:
        if text in ("open", "closed"):
            end = text
        elif re.match(r"\d{3}( |$)|/[0-9.|]+/$", text):
            groups.append([text])
        else:
            groups[-1].append(text)
    return groups, end


def matches(value, pattern):
    if pattern.startswith("/") and pattern.endswith("/") and len(pattern) > 1 and value != pattern:
        return re.fullmatch(pattern[1:-1], value or "") is not None
    return value == pattern


def check_line(answer, line):
    """None, or what is wrong."""
    if line.startswith("no "):
        name = line[3:]
        if name == "body":
            return f"a body of {len(answer.body)} bytes" if answer.body else None
        return f"{name}: {answer.get(name)}" if answer.get(name) is not None else None
    if line == "body":
        return None if answer.body else "no body"
    if line.startswith("body /"):
        body = answer.body.decode(errors="replace")
        return None if re.search(line[6:-1], body) else f"body {body!r}"
    if line[0] == "/":
        return None if matches(str(answer.status), line) else str(answer.status)
    if line[0].isdigit():
        got = f"{answer.status} {answer.reason}"
        return None if got == line or str(answer.status) == line else got
    name, _, value = line.partition(": ")
    return None if matches(answer.get(name), value) else f"{name}: {answer.get(name)}"


def run_case(address, case):
    """None, or what went wrong."""
    groups, end = answers(case)
    asked = methods(case)
    with Connection(address) as connection:
        try:
            for kind, text in case.steps:
                if kind == "~":
                    time.sleep(float(text))
                elif kind == ">":
                    connection.send(text.encode() + b"\r\n")
                else:
                    connection.send(unescape(text))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while we were still sending: the answer must be there all the same
        for i, group in enumerate(groups):
            try:
                answer = connection.answer(head=i < len(asked) and asked[i] == "HEAD")
            except (Broken, OSError) as error:
                return f"answer {i + 1}: {error}"
            for line in group:
                problem = check_line(answer, line)
                if problem:
                    return f"answer {i + 1}: expected {line!r}, got {problem}"
        if end == "open" and not connection.is_open():
            return f"the connection did not go on: {connection.data[:200]!r}"
        if end == "closed" and not connection.is_closed():
            return f"the connection did not end there: {connection.data[:200]!r}"
    return None


def run(tap, paths):
    for path in paths:
        file = CaseFile(path)
        name = path.rpartition("/")[2].removesuffix(".case")
        with Server(file.files, *file.options) as server:
            for case in file.cases:
                problem = run_case(server.address, case)
                tap.ok(problem is None, f"{name}: {case.title}", f"{path}:{case.line}: {problem}")
            server.stop()
            tap.ok(not server.sanitizer_report(), f"{name}: no sanitizer has a complaint", server.log)
