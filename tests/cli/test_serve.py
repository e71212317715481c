#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""detour serve: each flag reaches the server. What the server does beyond that is tested in tests/e2e."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap

ROOT = os.environ["DETOUR_SOURCE_ROOT"]
NEWS = os.path.join(ROOT, "examples", "news.rules")


class Server:
    """The program on ports of its own choice, which its ready line tells."""

    def __init__(self, *args, env=None, listens=("127.0.0.1:0",)):
        flags = [word for listen in listens for word in ("--listen", listen)]
        self.log = tempfile.TemporaryFile()
        self.child = subprocess.Popen([tap.program(), "serve", "--workers", "1", *flags, *args], stderr=self.log,
                                      stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        self.ports = []
        for _ in range(600):
            self.ports = [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", self.text())]
            if self.ports or self.child.poll() is not None:
                break
            time.sleep(0.05)

    def text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def ask(self, path, version="1.1", host="www.example.ai", port=None):
        request = f"GET {path} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port or self.ports[0]), timeout=20) as connection:
            connection.sendall(request.encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode()

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        status = self.child.wait(timeout=30)
        self.log.close()
        return status


def with_server(test, name, check, *args, **kwargs):
    server = Server(*args, **kwargs)
    try:
        log = server.text()
        if not server.ports:
            test.ok(False, name, log)
            return
        test.ok(check(server), name, log)
    finally:
        status = server.stop()
    test.equal(status, 0, f"{name}: a clean end")


def flags(test, folder):
    half = os.path.join(folder, "half.rules")
    with open(half, "w", encoding="utf-8") as file:
        file.write("/a /b\n/c\n")
    with_server(test, "the example", lambda server: "Location: http://www.example.ai/breaking/news.html\r\n"
                in server.ask("/news.html") and "<a href" in server.ask("/news.html"), NEWS)
    with_server(test, "--no-note", lambda server: "Content-Length: 0\r\n" in server.ask("/news.html"), "--no-note", NEWS)
    with_server(test, "no --http10-fallback", lambda server: " 307 " in server.ask("/news.html", "1.0"), NEWS)
    with_server(test, "--http10-fallback", lambda server: " 302 " in server.ask("/news.html", "1.0")
                and " 307 " in server.ask("/news.html"), "--http10-fallback", NEWS)
    with_server(test, "--keep-going", lambda server: "Location: /b\r\n" in server.ask("/a")
                and "half.rules:2:" in server.text(), "--keep-going", half)
    with_server(test, "--listen twice", lambda server: len(set(server.ports)) == 2
                and all(" 307 " in server.ask("/news.html", port=port) for port in server.ports), NEWS,
                listens=("127.0.0.1:0", "127.0.0.1:0"))
    with_server(test, "DETOUR_LISTEN", lambda server: " 307 " in server.ask("/news.html"), NEWS, listens=(),
                env={"DETOUR_LISTEN": "127.0.0.1:0"})
    with_server(test, "--format", lambda server: "Location: /y\r\n" in server.ask("/x"), "--format=netlify",
                netlify(folder))
    snap = os.path.join(folder, "news.snap")
    test.equal(tap.detour("compile", "-o", snap, NEWS)[0], 0, "compile")
    with_server(test, "a snapshot", lambda server: " 307 " in server.ask("/news.html"), snap)

    for name, args, want, said in [
            ("bad rules", [half], 1, "half.rules:2:"), ("no rules", [folder + "/none"], 1, "none"),
            ("a bad address", ["--listen", "300.1.1.1:x", NEWS], 2, "300.1.1.1:x"),
            ("a proxy that is no network", ["--trust-proxy", "10.0.0.1/8", NEWS], 2, '"10.0.0.1/8" is no network'),
            ("a field's name that is none", ["--country-header", "a b", NEWS], 2, '"a b" is no name'),
            ("a database that is not there", ["--country-db", folder + "/no.mmdb", NEWS], 1, "no.mmdb: "),
            ("a database that is none", ["--country-db", NEWS, NEWS], 1, "news.rules: "),
            ("a user that is not there", ["--user", "nobody-of-that-name", NEWS], None, "nobody-of-that-name")]:
        listen = [] if "--listen" in args else ["--listen", "127.0.0.1:0"]
        status, _, errors = tap.detour("serve", *listen, *args)
        test.ok(said in errors and status in ([want] if want else [1, 2]), f"{name}: refused with a message",
                (status, errors))


def netlify(folder):
    path = os.path.join(folder, "some_file")
    with open(path, "w", encoding="utf-8") as file:
        file.write("/x /y 302!\n")
    return path


def main():
    test = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        flags(test, folder)
    return test.done()


if __name__ == "__main__":
    sys.exit(main())
