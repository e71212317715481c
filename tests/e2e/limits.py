# SPDX-License-Identifier: MIT
"""Time, descriptors, memory: what a hostile or unlucky world may not use up."""

import os
import resource
import signal
import time

from server import Server, wait_until
from wire import Broken, Connection

RULES = "/a https://example.com/a\n"


def asan(more):
    """The environment with something added for a program that has AddressSanitizer in it."""
    return {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":" + more}




def ends(connection, within):
    """Seconds until the server ends the connection; None: it does not."""
    start = time.monotonic()
    connection.socket.settimeout(within)
    try:
        while connection.fill():
            pass
    except TimeoutError:
        return None
    return time.monotonic() - start


def slow_heads(tap):
    with Server(RULES, "--head-timeout", "1s", "--idle-timeout", "2s", "--body-timeout", "1s",
                "--linger-timeout", "1s", "--write-timeout", "1s") as server:
        silent, idle, half, dribble, body, refused = (Connection(server.address) for _ in range(6))
        half.send(b"GET /a HTTP/1.1\r\nHost")
        idle.get("/a")
        body.ask(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        refused.ask(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        start = time.monotonic()
        took = None
        try:
            while time.monotonic() < start + 5:
                dribble.send(b"G" if time.monotonic() == start else b"x")
                dribble.socket.settimeout(0.1)
                try:
                    if not dribble.fill():
                        took = time.monotonic() - start
                        break
                except TimeoutError:
                    pass
        except OSError:
            took = time.monotonic() - start
        tap.ok(took is not None and took < 4, "a head that dribbles is cut off", took)
        tap.ok(ends(half, 4) is not None and b"408" in half.data, "half a head is answered with 408", half.data)
        tap.ok(ends(silent, 4) is not None and not silent.data, "silence from the start is closed without a word")
        tap.ok(ends(idle, 4) is not None and not idle.data, "an idle connection is closed")
        tap.ok(ends(body, 4) is not None, "a body that does not come is not waited for")
        tap.ok(ends(refused, 4) is not None, "a client that does not close is closed on")


def keeps_idle(tap):
    with Server(RULES, "--idle-timeout", "3s") as server, Connection(server.address) as connection:
        for _ in range(4):
            connection.get("/a")
            time.sleep(1)
        tap.ok(connection.is_open(), "each request starts the idle time anew")


def connection_limit(tap):
    with Server(RULES, "--max-connections", "10") as server:
        first = [Connection(server.address) for _ in range(10)]
        for connection in first:
            connection.get("/a")
        late = Connection(server.address)
        late.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        tap.ok(server.wait_log("the limit of 10 connections"), "the connection limit has a log line", server.log)
        try:
            answer = late.answer()
            tap.equal(answer.status, 307, "the eleventh waits, and is served when idle ones have gone")
        except (Broken, OSError) as error:
            tap.ok(False, "the eleventh waits, and is served when idle ones have gone", error)
        for connection in first:
            connection.close()
        with Connection(server.address) as connection:
            tap.equal(connection.get("/a").status, 307, "and all is well again")
        tap.ok(server.log.count("the limit of") <= 2, "the line is not repeated for each", server.log)


def descriptors_run_out(tap):
    with Server(RULES) as server:
        worker = server.workers()[0]
        used = len(os.listdir(f"/proc/{worker}/fd"))
        _, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (used + 5, hard))
        first = [Connection(server.address) for _ in range(5)]
        for connection in first:
            connection.get("/a")
        late = [Connection(server.address) for _ in range(5)]
        for connection in late:
            connection.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        tap.ok(server.wait_log("cannot accept a connection"), "no descriptor left: the log says so", server.log)
        before = cpu_seconds(worker)
        time.sleep(1)
        took = cpu_seconds(worker) - before
        tap.ok(took < 0.3, "it does not spin", f"{took} s of CPU in a second")
        try:
            tap.equal([connection.answer().status for connection in late], [307] * 5,
                      "those who waited are served when others have gone")
        except (Broken, OSError) as error:
            tap.ok(False, "those who waited are served when others have gone", error)
        tap.equal(server.workers(), [worker], "the worker is the same")
        for connection in first + late:
            connection.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return sum(int(x) for x in stat.read().rpartition(")")[2].split()[11:13]) / os.sysconf("SC_CLK_TCK")


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
        for line in rollup:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def idle_memory(tap, count=4000):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(count, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server(RULES, env=asan("detect_stack_use_after_return=0")) as server:
        worker = server.workers()[0]
        for _ in range(100):
            with Connection(server.address) as connection:
                connection.get("/a")
        before = pss(worker)
        idle = []
        for _ in range(count):
            connection = Connection(server.address)
            connection.get("/a")
            idle.append(connection)
        each = (pss(worker) - before) / count
        tap.ok(each <= 256, f"an idle connection costs at most 256 bytes of user memory ({count} of them)",
               f"{each:.0f} bytes")
        tap.ok(idle[0].is_open() and idle[-1].is_open(), "and all of them go on")
        for connection in idle:
            connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def allocations(tap, count=100000):
    """No allocation in the steady state: a library that counts them is loaded before the others."""
    counter = os.environ.get("DETOUR_ALLOC_COUNTER")
    if not counter:
        tap.skip("0 allocations in 100,000 requests", "no counter library was built")
        return
    with Server("/a https://example.com/a\n/p/* https://example.com/:splat 308\n",
                env={"LD_PRELOAD": counter,
                     **asan("verify_asan_link_order=0:detect_stack_use_after_return=0")}) as server:
        worker = server.workers()[0]
        batch = (b"GET /a HTTP/1.1\r\nHost: www.example.ai\r\n\r\n"
                 b"GET /p/x%20y?q=1 HTTP/1.1\r\nHost: WWW.example.ai:80\r\nAccept: */*\r\n\r\n"
                 b"HEAD /none HTTP/1.1\r\nHost: b.example\r\n\r\n"
                 b"POST /a HTTP/1.1\r\nHost: b.example\r\nContent-Length: 3\r\n\r\nabc") * 25

        def ask(requests):
            with Connection(server.address) as connection:
                for _ in range(requests // 100):
                    connection.send(batch)
                    for i in range(100):
                        connection.answer(head=i % 4 == 2)

        def counted():
            seen = server.log.count("allocations: ")
            os.kill(worker, signal.SIGUSR2)
            wait_until(lambda: server.log.count("allocations: ") > seen, 5)
            return int(server.log.rpartition("allocations: ")[2].split()[0])

        ask(2000)
        before = counted()
        ask(count)
        for _ in range(200):
            with Connection(server.address) as connection:
                connection.get("/a")
        after = counted()
        tap.equal(after - before, 0, f"0 allocations in {count:,} requests and 200 visits")


TESTS = [slow_heads, keeps_idle, connection_limit, descriptors_run_out, idle_memory, allocations]


def run(tap, names):
    for test in TESTS:
        if not names or test.__name__ in names:
            try:
                test(tap)
            except Exception as error:  # one broken test must not hide the others
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
