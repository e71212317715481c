# SPDX-License-Identifier: MIT
"""What a connection costs while nothing happens on it, and what a request asks of the allocator."""

import os
import resource
import socket
import struct
import time

from . import proc
from .heads import HEADS
from .load import Load, must_be_right
from .rows import FAIL, least_check
from .servers import HOST, PATH

CONNECTIONS = 10_000
SETTLE = 1.5  # seconds; servers give buffers back a little later
REQUESTS = 100_000
SLOT = struct.Struct("<qQQQ")  # struct slot of bench/tools/alloccount.c


def _allow_files(count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        raise RuntimeError(f"the limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _open_idle(port, count):
    """Connections that made one request each."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    opened = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), 5)
        opened.append(connection)
        connection.sendall(request)
        if not connection.recv(4096).startswith(b"HTTP/1.1 307"):
            raise RuntimeError("an idle connection was not answered")
    return opened


def _alive(connections):
    alive = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            alive += connection.recv(1) != b""
        except BlockingIOError:
            alive += 1
        except OSError:
            pass
    return alive


def _idle_bytes(bench, server, count):
    """User memory of an idle connection: growth of the server's PSS over so many of them."""
    server.configure_one()
    server.boot()
    connections = []
    try:
        with Load(bench.shop, server) as load:  # every page that load touches is there already
            must_be_right(server.name, load.run(0.5))
        time.sleep(SETTLE)
        before = proc.pss(server.pids())
        connections = _open_idle(server.port, count)
        time.sleep(SETTLE)
        grown = proc.pss(server.pids()) - before
        alive = _alive(connections)
        if alive != count:
            raise RuntimeError(f"{server.name} closed {count - alive} idle connections")
        return grown / count
    finally:
        for connection in connections:
            connection.close()
        server.stop()


def idle(bench):
    row = HEADS["idle"]()
    _allow_files(CONNECTIONS + 100)
    sizes = {}
    for server in bench.servers():
        try:
            sizes[server.name] = _idle_bytes(bench, server, min(CONNECTIONS, server.idle_limit))
            row.cells[server.name] = f"{sizes[server.name]:,.0f}"
        except (OSError, RuntimeError) as error:
            bench.clock.say(f"    {server.name}: {error}")
            row.cells[server.name] = "failed"
            if server.name == "detour":
                row.verdict, row.why = FAIL, str(error)
    row.data = {"connections": CONNECTIONS, "bytes": sizes}
    if "detour" in sizes:
        row.judge((sizes["detour"] <= 256, f"{CONNECTIONS:,} connections"), least_check(sizes))
    return [row]


def _read_counts(path):
    """[allocations, frees, maps] of all the server's processes."""
    with open(path, "rb") as file:
        slots = [numbers for pid, *numbers in SLOT.iter_unpack(file.read()) if pid]
    if not slots:
        raise RuntimeError("the counter of allocations was not loaded")
    return [sum(column) for column in zip(*slots)]


def allocations(bench):
    row = HEADS["allocations"]()
    server = bench.server("detour")
    if server is None:
        return [row]
    counts = os.path.join(server.folder, "allocations")
    if os.path.exists(counts):
        os.unlink(counts)
    server.environment = {"LD_PRELOAD": bench.shop.tool("alloccount.so"), "ALLOCCOUNT_FILE": counts}
    server.configure_one()
    server.boot()
    try:
        with Load(bench.shop, server) as load:
            must_be_right(server.name, load.count(REQUESTS // 10))
            before = _read_counts(counts)
            result = load.count(REQUESTS)
            after = _read_counts(counts)
            must_be_right(server.name, result)
    finally:
        server.stop()
    allocated, freed, mapped = (after[i] - before[i] for i in range(3))
    row.data = {
        "requests": result["requests"],
        "allocated": allocated,
        "freed": freed,
        "mapped": mapped,
    }
    row.cells["detour"] = f"{allocated / result['requests']:g}"
    counted = f"{allocated} allocations, {freed} frees, {mapped} maps in {REQUESTS:,} requests"
    row.judge((allocated + freed + mapped == 0, counted))
    return [row]
