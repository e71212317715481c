# SPDX-License-Identifier: MIT
"""The processes: what dies is back, what is reloaded is seamless, what is told to stop stops."""

import os
import signal
import socket
import subprocess
import time

from load import Load
from server import Server, alive, children, program, wait_until
from wire import Broken, Connection

RULES = "/a https://example.com/a\n/b https://example.com/b 308\n"
WANTED = {"/a": "https://example.com/a", "/b": "https://example.com/b"}


def killed_worker(tap):
    with Server(RULES, workers=2) as server:
        idle = [Connection(server.address) for _ in range(20)]
        for connection in idle:
            connection.get("/a")
        before = server.workers()
        with Load(server.address, WANTED) as load:
            time.sleep(0.3)
            victim = before[0]
            os.kill(victim, signal.SIGKILL)
            start = time.monotonic()
            back = wait_until(lambda: len(server.workers()) == 2 and victim not in server.workers(), 5)
            took = time.monotonic() - start
            time.sleep(0.5)
        tap.ok(back and took < 1, "a worker killed with -9 is back within a second", f"{took:.2f} s")
        tap.ok(load.reconnects <= len(load.threads) and load.answers > 100,
               "only its own connections break", load.errors[:5])
        still = sum(connection.is_open() for connection in idle)
        tap.ok(0 < still < 20, "the other worker's idle connections go on", still)
        tap.ok("was killed by signal 9" in server.log, "the log says so", server.log)
        tap.equal(server.stop(), 0, "and it ends with 0")


def killed_again_and_again(tap):
    with Server(RULES, workers=1) as server:
        for _ in range(6):
            wait_until(lambda: server.workers(), 5)
            os.kill(server.workers()[0], signal.SIGKILL)
            time.sleep(0.05)
        tap.ok(server.wait_log("started again in"), "one that dies at once again and again waits",
               server.log)
        tap.ok(wait_until(lambda: len(server.workers()) == 1, 10), "and is back in the end")
        with Connection(server.address) as connection:
            tap.equal(connection.get("/a").status, 307, "with the rules")


def killed_control(tap):
    with Server(RULES) as server:
        control = server.pids("detour-control")[0]
        with Load(server.address, dict(WANTED), clients=2) as load:
            os.kill(control, signal.SIGKILL)
            back = wait_until(lambda: server.pids("detour-control") not in ([], [control]), 5)
            server.write(RULES.replace("/a https://example.com/a", "/a https://example.com/new"))
            load.wanted["/a"] = {"https://example.com/a", "https://example.com/new"}
            server.wait_log("serving 2 rules now")
            fine = server.reload()
            time.sleep(0.2)
        tap.ok(back, "the control process is started again", server.log)
        tap.equal(load.errors, [], "no request notices")
        with Connection(server.address) as connection:
            tap.ok(fine and connection.get("/a").location == "https://example.com/new",
                   "and it reloads as before", server.log)


def killed_supervisor(tap):
    with Server(RULES, workers=2) as server:
        below = [pid for pid, _ in children(server.process.pid)]
        server.process.kill()
        server.process.wait()
        gone = wait_until(lambda: not any(alive(pid) for pid in below), 5)
        tap.ok(gone and len(below) == 3, "when the supervisor is killed nothing is left behind", below)


def bad_reload(tap):
    with Server(RULES) as server:
        server.write("/a https://example.com/new\n/c http//www.example.ai/x\n/d e f g h\n")
        server.reload()
        with Connection(server.address) as connection:
            tap.equal(connection.get("/a").location, "https://example.com/a",
                      "rules that are refused change nothing")
            tap.ok(":2:4: error:" in server.log and ":3:" in server.log and "the old ones stay" in server.log,
                   "the log has every error", server.log)
            os.unlink(server.rules_path)
            server.reload()
            tap.equal(connection.get("/b").status, 308, "nor does a file that is gone")
            server.write("/a https://example.com/new\n")
            server.reload()
            tap.equal(connection.get("/a").location, "https://example.com/new", "good ones are taken")
            tap.equal(connection.get("/b").status, 404, "and the old ones are gone")
        server.stop()
        tap.ok(not server.sanitizer_report(), "no sanitizer has a complaint", server.log)


def many_reloads(tap):
    with Server(RULES, workers=2) as server:
        wanted = {"/a": {f"https://example.com/{i}" for i in range(100)} | {"https://example.com/a"},
                  "/b": "https://example.com/b"}
        bulk = "".join(f"/bulk/{i} https://example.com/bulk/{i}\n" for i in range(2000))
        with Load(server.address, wanted, clients=6) as load:
            done = 0
            for i in range(100):
                server.write(f"/a https://example.com/{i}\n/b https://example.com/b 308\n" + bulk)
                done += server.reload()
            with Connection(server.address) as connection:
                last = connection.get("/a").location
        tap.equal(load.errors[:5], [], "100 reloads under load: no error, no connection broken")
        tap.equal((done, last), (100, "https://example.com/99"), "each one was taken")
        tap.ok(load.answers > 500, "there was a load", load.answers)
        leaked = [len(os.listdir(f"/proc/{pid}/fd")) for pid in
                  [server.process.pid] + [pid for pid, _ in children(server.process.pid)]]
        tap.ok(max(leaked) < 40, "no descriptor is left open by a swap", leaked)
        maps = [open(f"/proc/{pid}/maps", encoding="utf-8").read().count("detour-snapshot")
                for pid in server.workers()]
        tap.ok(max(maps) <= 2, "no old snapshot stays mapped", maps)


def watched(tap):
    with Server(RULES, "--watch") as server, Connection(server.address) as connection:
        server.write("/a https://example.com/renamed\n")
        tap.ok(wait_until(lambda: connection.get("/a").location.endswith("/renamed")),
               "--watch: a file renamed over the old one", server.log)
        with open(server.rules_path, "w", encoding="utf-8") as out:
            out.write("/a https://example.com/written\n")
        tap.ok(wait_until(lambda: connection.get("/a").location.endswith("/written")),
               "--watch: a file written in place", server.log)
        included = os.path.join(server.folder.name, "more.inc")
        with open(included, "w", encoding="utf-8") as out:
            out.write("/i https://example.com/i1\n")
        server.write("@include more.inc\n")
        tap.ok(wait_until(lambda: connection.get("/i").location.endswith("/i1")), "--watch: an @include",
               server.log)
        server.write("/i https://example.com/i2\n", included)
        tap.ok(wait_until(lambda: connection.get("/i").location.endswith("/i2")),
               "--watch: the included file itself", server.log)
        page = os.path.join(server.folder.name, "gone.html")
        server.write("/i https://example.com/i2\n/g - 410 page=gone.html\n")
        tap.ok(server.wait_log("gone.html"), "--watch: a page that is not there is told", server.log)
        server.write("<p>one", page)
        tap.ok(wait_until(lambda: connection.get("/g").body == b"<p>one"), "--watch: and read once it is", server.log)
        server.write("<p>two", page)
        tap.ok(wait_until(lambda: connection.get("/g").body == b"<p>two"), "--watch: a page that changes", server.log)
        server.write("@include more.inc\n")
        server.wait_log("rules now", count=7)
        server.write("/i https\n", included)
        server.wait_log("the old ones stay")
        tap.equal(connection.get("/i").location, "https://example.com/i2", "--watch: a bad file changes nothing")
        server.write("/i https://example.com/i3\n", included)
        tap.ok(wait_until(lambda: connection.get("/i").location.endswith("/i3")), "--watch: until it is good",
               server.log)


def watched_folder(tap):
    with Server(RULES, wait=False) as scratch:
        scratch.stop()
        folder = os.path.join(scratch.folder.name, "rules.d")
        os.mkdir(folder)
        for name, rule in (("10-a.rules", "/a https://example.com/a\n"), ("README", "not a rule\n"),
                           ("20-b.rules", "/b https://example.com/b\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(rule)
        with Server([folder], "--watch") as server, Connection(server.address) as connection:
            tap.equal(server.rule_count, 2, "a folder is its rule files and no others")
            server.write("/c https://example.com/c\n", os.path.join(folder, "30-c.rules"))
            tap.ok(wait_until(lambda: connection.get("/c").status == 307), "--watch: a new file in a folder",
                   server.log)
            os.unlink(os.path.join(folder, "10-a.rules"))
            tap.ok(wait_until(lambda: connection.get("/a").status == 404), "--watch: a file that is removed",
                   server.log)


def drained(tap):
    with Server(RULES, workers=2) as server:
        idle = [Connection(server.address) for _ in range(5)]
        for connection in idle:
            connection.get("/a")
        half = Connection(server.address)
        half.send(b"GET /a HTTP/1.1\r\nHost: x\r\n")
        with Load(server.address, WANTED, clients=4) as load:
            time.sleep(0.3)
            below = [pid for pid, _ in children(server.process.pid)]
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            half.send(b"\r\n")
            answer = half.answer()
            load.stopping.set()
        status = server.process.wait(15)
        took = time.monotonic() - start
        tap.equal(status, 0, "SIGTERM: it ends with 0")
        tap.ok(took < 5, "in a few seconds", f"{took:.1f} s")
        tap.ok(answer.status == 307 and answer.closes and half.is_closed(),
               "a request in progress is answered, with Connection: close", answer)
        tap.ok(all(connection.is_closed() for connection in idle), "idle connections are closed")
        broken = [error for error in load.errors if "Refused" not in error and "refused" not in error]
        tap.equal(broken, [], "no request under load is lost: each is answered or refused at connect")
        tap.ok(not any(alive(pid) for pid in below), "no process is left", below)


def stopped_by(tap):
    for how in (signal.SIGINT, signal.SIGTERM):
        with Server(RULES) as server:
            tap.equal(server.stop(how), 0, f"{how.name} ends it with 0")
            tap.ok(not server.sanitizer_report(), f"{how.name}: no sanitizer has a complaint", server.log)
    with Server(RULES) as server:
        half = Connection(server.address)
        half.send(b"GET /a HTTP/1.1\r\n")
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        start = time.monotonic()
        tap.equal(server.stop(), 0, "SIGTERM twice ends it with 0")
        tap.ok(time.monotonic() - start < 1.5, "at once, whoever is connected")


def fails(*args):
    done = subprocess.run([program(), "serve", *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return done.returncode, done.stderr.decode(errors="replace")


def refused_start(tap):
    with Server(RULES) as server:
        bad = os.path.join(server.folder.name, "bad.rules")
        with open(bad, "w", encoding="utf-8") as out:
            out.write("/a https://example.com/a\n/b http//www.example.ai/x\n/c /d 999\n")
        code, log = fails("--listen", "127.0.0.1:0", bad)
        tap.ok(code == 1 and "bad.rules:2:4: error:" in log and "bad.rules:3:" in log,
               "bad rules at the start: every error, exit 1", log)
        code, log = fails("--listen", "127.0.0.1:0", bad + ".absent")
        tap.ok(code == 1 and "No such file" in log, "a missing file: exit 1", log)
        host, port = server.address
        code, log = fails("--listen", f"{host}:{port}", server.rules_path)
        tap.ok(code == 1 and "in use" in log, "an address in use is refused, never shared", log)
        code, log = fails("--listen", "nowhere:port", server.rules_path)
        tap.equal(code, 2, "an address that is none: exit 2")
        with Server([bad], "--keep-going") as other, Connection(other.address) as connection:
            tap.ok(connection.get("/a").status == 307 and "bad.rules:2:4: error:" in other.log,
                   "--keep-going serves what could be read and logs the rest", other.log)


def compiled(tap):
    with Server(RULES) as server:
        snapshot = os.path.join(server.folder.name, "rules.snapshot")

        def compile_rules(text):
            server.write(text)
            return subprocess.run([program(), "compile", "-o", snapshot, server.rules_path],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, timeout=60, check=False).returncode

        tap.equal(compile_rules("/s https://example.com/s1\n"), 0, "rules are compiled")
        with Server([snapshot], "--watch") as other, Connection(other.address) as connection:
            tap.equal(connection.get("/s").location, "https://example.com/s1", "a snapshot is served")
            compile_rules("/s https://example.com/s2\n")
            tap.ok(wait_until(lambda: connection.get("/s").location.endswith("/s2")),
                   "and swapped when it is replaced", other.log)
            with open(snapshot, "rb") as old:
                good = old.read()
            with open(snapshot + ".torn", "wb") as torn:
                torn.write(good[:len(good) // 2])
            os.rename(snapshot + ".torn", snapshot)
            other.wait_log("the old ones stay")
            tap.equal(connection.get("/s").location, "https://example.com/s2", "a torn one changes nothing")
            code, log = fails("--listen", "127.0.0.1:0", snapshot)
            tap.ok(code == 1 and log, "and is refused at the start", log)
            code, log = fails("--listen", "127.0.0.1:0", snapshot, server.rules_path)
            tap.equal(code, 2, "a snapshot beside other files: exit 2")


def addresses(tap):
    with Server(RULES, "--listen", "[::1]:0", workers=1, wait=False) as server:
        if not server.wait_ready():
            tap.skip("IPv6", "no IPv6 here")
            return
        port = int(server.log.rpartition("[::1]:")[2].split()[0])
        with Connection(("::1", port)) as connection:
            tap.equal(connection.get("/a").status, 307, "two addresses, one of them IPv6")
        with Connection(server.address) as connection:
            tap.equal(connection.get("/a").status, 307, "and the other one")


def other_user(tap):
    if os.geteuid() != 0:
        tap.skip("--user", "not root")
        return
    with Server(RULES, wait=False) as scratch:
        scratch.stop()
        os.chmod(scratch.folder.name, 0o755)
        with Server([scratch.rules_path], "--user", "nobody") as server:
            users = set()
            for pid in [server.process.pid] + [pid for pid, _ in children(server.process.pid)]:
                with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                    users |= {line.split()[1] for line in status if line.startswith("Uid:")}
            tap.ok(users and "0" not in users, "--user: no process stays root", users)
            scratch.write("/a https://example.com/new\n")
            server.reload()
            with Connection(server.address) as connection:
                tap.equal(connection.get("/a").location, "https://example.com/new", "--user: and it reloads")
            os.kill(server.workers()[0], signal.SIGKILL)
            with Connection(server.address) as connection:
                tap.equal(connection.get("/a").status, 307, "--user: and restarts what dies")
    with Server(RULES) as server:
        code, log = fails("--user", "no-such-user", "--listen", "127.0.0.1:0", server.rules_path)
        tap.ok(code == 1 and "no-such-user" in log, "--user: who is not there", log)


def silent_reader(tap):
    """Standard error is a pipe that nobody reads: logging must not stop what serves."""
    read_end, write_end = os.pipe()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Server(RULES, wait=False) as scratch:
        scratch.stop()
        scratch.write(RULES)
        process = subprocess.Popen([program(), "serve", "--workers", "1", "--max-connections", "2",
                                    "--listen", f"127.0.0.1:{port}", scratch.rules_path],
                                   stdin=subprocess.DEVNULL, stderr=write_end)
        log = b""
        while b"serving" not in log:
            log += os.read(read_end, 4096)
        os.set_blocking(write_end, False)
        try:
            while True:
                os.write(write_end, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(write_end, True)
        connections = [Connection(("127.0.0.1", port), 5) for _ in range(4)]
        try:
            tap.equal(connections[0].get("/a").status, 307, "a log that nobody reads holds up no answer")
            for connection in connections:
                connection.close()
            time.sleep(0.1)
            with Connection(("127.0.0.1", port), 5) as connection:
                tap.equal(connection.get("/a").status, 307, "nor the connections after")
        except (Broken, OSError) as error:
            tap.ok(False, "a log that nobody reads holds up no answer", error)
        process.kill()
        process.wait()
    os.close(read_end)
    os.close(write_end)


TESTS = [killed_worker, killed_again_and_again, killed_control, killed_supervisor, bad_reload, many_reloads,
         watched, watched_folder, drained, stopped_by, refused_start, compiled, addresses, other_user,
         silent_reader]


def run(tap, names):
    for test in TESTS:
        if not names or test.__name__ in names:
            try:
                test(tap)
            except Exception as error:  # one broken test must not hide the others
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
