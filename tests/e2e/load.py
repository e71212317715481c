# SPDX-License-Identifier: MIT
"""Clients that ask without pause in threads, and count every answer and every error."""

import threading
import time

from wire import Broken, Connection


class Load:
    """with Load(address, {"/a": "https://example.com/a"}) as load: ... ; then load.answers, .errors.

    Each client holds one connection and reconnects when it ends; wanted maps a path to its Location, or
    to a set of possible ones."""

    def __init__(self, address, wanted, clients=8, host="www.example.ai"):
        self.address, self.wanted, self.host = address, wanted, host
        self.answers, self.errors, self.worst = 0, [], 0.0
        self.reconnects = 0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(clients)]

    def check(self, answer, path):
        wanted = self.wanted[path]
        if answer.location != wanted and answer.location not in wanted:
            raise Broken(f"{path}: {answer.status} {answer.location!r}, not {wanted!r}")

    def one(self, connection, path):
        start = time.monotonic()
        answer = connection.get(path, self.host)
        took = time.monotonic() - start
        self.check(answer, path)
        with self.lock:
            self.answers += 1
            self.worst = max(self.worst, took)
        return answer

    def client(self):
        connection = None
        while not self.stopping.is_set():
            for path in self.wanted:
                try:
                    if connection is None:
                        connection = Connection(self.address, 5)
                    answer = self.one(connection, path)
                    if answer.closes:
                        connection.close()
                        connection = None
                except (Broken, OSError) as error:
                    with self.lock:
                        self.errors.append(f"{type(error).__name__}: {error}")
                        self.reconnects += 1
                    if connection:
                        connection.close()
                    connection = None
                if self.stopping.is_set():
                    break
        if connection:
            connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(10)
