# SPDX-License-Identifier: MIT
"""A suspicious HTTP/1.1 client over a raw socket: it sends exactly the bytes it is given and accepts
only answers that are framed without any doubt."""

import re
import select
import socket
import time

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ([ -~]*)")
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                  r"\d{4} \d\d:\d\d:\d\d GMT")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Broken(Exception):
    """The server sent something that no server may send, or not enough."""


class Answer:
    def __init__(self, status, reason, fields, body):
        self.status, self.reason, self.fields, self.body = status, reason, fields, body

    def get(self, name, default=None):
        for field, value in self.fields:
            if field.lower() == name.lower():
                return value
        return default

    @property
    def location(self):
        return self.get("Location", "")

    @property
    def closes(self):
        return self.get("Connection", "").lower() == "close"

    def __repr__(self):
        return f"<{self.status} {dict(self.fields)} {len(self.body)} bytes>"


def read_head(head):
    """Reads a whole head, without its empty line, as strictly as we want our own servers read."""
    lines = head.split(b"\r\n")
    match = STATUS.fullmatch(lines[0])
    if not match:
        raise Broken(f"status line {lines[0]!r}")
    fields = []
    for line in lines[1:]:
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if not colon or not TOKEN.fullmatch(name) or not value.startswith(" "):
            raise Broken(f"field line {line!r}")
        if any(ord(c) < 0x20 or ord(c) > 0x7e for c in text):
            raise Broken(f"odd bytes in {line!r}")
        fields.append((name, value[1:]))
    names = [name.lower() for name, _ in fields]
    if len(names) != len(set(names)):
        raise Broken(f"a field came twice: {names}")
    if "content-length" not in names or "date" not in names or "transfer-encoding" in names:
        raise Broken(f"not the fields of an answer of ours: {names}")
    answer = Answer(int(match[1]), match[2].decode(), fields, b"")
    if not DATE.fullmatch(answer.get("Date")):
        raise Broken("Date: " + answer.get("Date"))
    return answer


class Connection:
    def __init__(self, address, timeout=10, limit_send=None):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        """Reads more; False at the end of what the server sends."""
        if self.ended:
            return False
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.ended = not data
        self.data += data
        return bool(data)

    def answer(self, head=False):
        """The next answer; head: to a HEAD request, so without a body."""
        while b"\r\n\r\n" not in self.data:
            if not self.fill():
                raise Broken(f"the connection ended in a head: {self.data[:80]!r}")
        raw, _, self.data = self.data.partition(b"\r\n\r\n")
        answer = read_head(raw)
        length = 0 if head else int(answer.get("Content-Length"))
        while len(self.data) < length:
            if not self.fill():
                raise Broken("the connection ended in a body")
        answer.body, self.data = self.data[:length], self.data[length:]
        return answer

    def ask(self, data, head=False):
        self.send(data)
        return self.answer(head)

    def get(self, path, host="www.example.ai", fields=""):
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode("utf-8"))

    def is_closed(self, within=3.0):
        """True when the server ends the connection and sends nothing more before."""
        end = time.monotonic() + within
        while not self.ended and not self.data:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return False
            self.fill()
        return self.ended and not self.data

    def is_open(self):
        """True when the connection still answers, and answers in step."""
        if self.data:
            return False
        try:
            return self.get("/-/probe", "probe.example").status == 404
        except (Broken, OSError):
            return False
