# SPDX-License-Identifier: MIT
"""Long pipelines in odd pieces: every answer in order, whatever the packets look like."""

import random
import select
import socket
import time

from server import Server
from wire import Broken, Connection

RULES = """\
@host www.example.ai
/a      https://example.com/a
/b/*    https://example.com/b/:splat  308
/gone   -                             410
/quiet  https://example.com/quiet     302  note=no
@host *
/long/* https://example.com/long/:splat
"""


def mixed_request(rng):
    """A request, its method, and the status and Location that it must have."""
    number = rng.randrange(10**6)
    path, status, location = rng.choice([
        ("/a", 307, "https://example.com/a"),
        (f"/b/{number}?q={number}", 308, f"https://example.com/b/{number}?q={number}"),
        (f"/%62/{number}%7e", 308, f"https://example.com/b/{number}~"),
        ("/gone", 410, ""),
        ("/quiet", 302, "https://example.com/quiet"),
        (f"/no/{number}", 404, ""),
    ])
    method = rng.choice(["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"])
    fields = "".join(f"X-Field-{i}: {'v' * rng.randrange(60)}\r\n" for i in range(rng.randrange(12)))
    head, body = f"Host: www.example.ai\r\n{fields}", b""
    if method in ("POST", "PUT"):
        content = rng.randbytes(rng.choice([0, 1, 10, 1000, 70 * rng.randrange(1, 100)]))
        if rng.random() < 0.5:
            head += f"Content-Length: {len(content)}\r\n"
            body = content
        else:
            head += "Transfer-Encoding: chunked\r\n"
            while content:
                size = rng.randrange(1, len(content) + 1)
                body += b"%x%s\r\n%s\r\n" % (size, rng.choice([b"", b";x=y", b';n="v"']), content[:size])
                content = content[size:]
            body += b"0\r\n" + rng.choice([b"", b"Trailer: yes\r\n"]) + b"\r\n"
    start = rng.choice([b"", b"", b"", b"\r\n"])
    request = start + f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
    return request, method, status, location


def pieces(data, rng):
    """Cuts data as networks do: large, small, and one byte at a time around the ends of heads."""
    at = 0
    while at < len(data):
        size = rng.choice([1, 2, 3, 7, 60, 1460, 16384, 70000])
        size = rng.randrange(1, size + 1)
        yield data[at:at + size]
        at += size


def pipelined(tap, count=1000):
    """Sends while it reads, so that neither side waits for the other for ever."""
    for seed in (1, 2, 3):
        rng = random.Random(seed)
        requests = [mixed_request(rng) for _ in range(count)]
        queue = list(pieces(b"".join(r[0] for r in requests), rng))
        problem = None
        with Server(RULES) as server, Connection(server.address) as connection:
            connection.socket.setblocking(False)
            queue.reverse()
            end = time.monotonic() + 60
            pending = b""
            while queue or pending:
                _, writable, _ = select.select([connection.socket], [connection.socket], [], 5)
                if time.monotonic() > end:
                    problem = "too slow"
                    break
                if writable:
                    pending = pending or queue.pop()
                    try:
                        pending = pending[connection.socket.send(pending):]
                    except BlockingIOError:
                        pass
                try:
                    connection.data += connection.socket.recv(1 << 16)
                except BlockingIOError:
                    pass
            connection.socket.setblocking(True)
            connection.socket.settimeout(10)
            answered = 0
            try:
                for request, method, status, location in requests:
                    answer = connection.answer(head=method == "HEAD")
                    if (answer.status, answer.location) != (status, location):
                        problem = f"answer {answered + 1} to {request[:80]!r}: {answer}"
                        break
                    answered += 1
            except (Broken, OSError) as error:
                problem = f"after {answered} answers: {error}"
            tap.ok(problem is None and connection.is_open(),
                   f"{count} mixed requests in a pipeline in random pieces, each answer in order (seed {seed})",
                   problem)
            server.stop()
            tap.ok(not server.sanitizer_report(), f"seed {seed}: no sanitizer has a complaint", server.log)


def slow_reader(tap):
    """A client that asks for megabytes and does not read: its answers wait, others are served."""
    with Server(RULES) as server:
        greedy = Connection.__new__(Connection)
        greedy.socket = socket.socket()
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.socket.connect(server.address)
        greedy.socket.settimeout(20)
        greedy.data, greedy.ended = b"", False
        path = "/long/" + "x" * 6000
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        sent = 0
        greedy.socket.setblocking(False)
        stalled = time.monotonic() + 1
        data = request * 3000
        while time.monotonic() < stalled and sent < len(data):
            try:
                sent += greedy.socket.send(data[sent:sent + 65536])
                stalled = time.monotonic() + 1
            except BlockingIOError:
                time.sleep(0.01)
        tap.ok(sent < len(data), "a client that does not read is not read from either", sent)
        with Connection(server.address) as other:
            tap.equal(other.get("/a").status, 307, "others are answered meanwhile")
        whole = sent // len(request)
        greedy.socket.setblocking(True)
        greedy.socket.settimeout(20)
        try:
            wrong = [i for i in range(whole)
                     if greedy.answer().location != "https://example.com/long/" + "x" * 6000]
        except (Broken, OSError) as error:
            wrong = [error]
        tap.equal(wrong, [], f"and all {whole} of its answers are there once it reads")
        greedy.close()


def abrupt(tap):
    """Connections that end in every way that a connection can."""
    rng = random.Random(7)
    with Server(RULES) as server:
        for i in range(300):
            connection = Connection(server.address)
            request, _, _, _ = mixed_request(rng)
            connection.send(request[:rng.randrange(len(request) + 1)])
            if i % 3 == 0:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            elif i % 3 == 1:
                connection.socket.shutdown(socket.SHUT_WR)
            connection.close()
        with Connection(server.address) as connection:
            connection.send(b"GET /a HTTP/1.1\r\nHost: www.example.ai\r\n\r\n")
            connection.socket.shutdown(socket.SHUT_WR)
            tap.equal(connection.answer().status, 307, "a client that has closed its half is answered")
            tap.ok(connection.is_closed(), "and the connection ends")
        with Connection(server.address) as connection:
            tap.ok(connection.is_open(), "300 abrupt ends, and it still serves", server.log)
        server.stop()
        tap.ok(not server.sanitizer_report(), "no sanitizer has a complaint", server.log)


TESTS = [pipelined, slow_reader, abrupt]


def run(tap, names):
    for test in TESTS:
        if not names or test.__name__ in names:
            test(tap)
