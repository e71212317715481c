# SPDX-License-Identifier: MIT
"""Who asks: addresses with and without a proxy in front, countries by a database, shares that stay with a client,
and that none of it allocates."""

import os
import signal
import tempfile

import mmdb
from limits import asan
from server import Server, wait_until
from wire import Connection


def peers(tap):
    rules = "/in https://example.com/in ip=127.0.0.0/8\n/out https://example.com/out ip=192.0.2.0/24\n"
    forged = "X-Forwarded-For: 192.0.2.7\r\n"
    with Server(rules) as server:
        with Connection(server.address) as connection:
            tap.equal(connection.get("/in").status, 307, "without a proxy the peer is the client")
            tap.equal(connection.get("/out", fields=forged).status, 404, "X-Forwarded-For is not believed from anybody")
        with Connection(server.address) as connection:
            tap.equal([connection.get("/in").status for _ in range(3)], [307] * 3, "a second connection")
    with Server(rules, "--trust-proxy", "10.0.0.0/8") as server, Connection(server.address) as connection:
        tap.equal(connection.get("/out", fields=forged).status, 404, "nor from a peer that is no proxy of ours")
    with Server(rules, "--trust-proxy", "10.0.0.0/8,127.0.0.1") as server, Connection(server.address) as connection:
        tap.equal(connection.get("/out", fields=forged).status, 307, "from one that is, it is")
        tap.equal(connection.get("/in", fields=forged).status, 404, "and then the proxy is not the client")
    try:
        with Server("/in https://example.com/in ip=::1\n", listen="[::1]:0") as server, \
                Connection(("::1", server.address[1])) as connection:
            tap.equal(connection.get("/in").status, 307, "IPv6")
    except (OSError, RuntimeError) as error:
        tap.skip("IPv6", f"no ::1 here: {error}")


def country(tap):
    rules = "/ https://example.com/dach country=DE,AT\n/ https://example.com/world !country=DE,AT\n"
    with Server(rules) as server:
        tap.ok("--country-header" in server.log, "country= without a source of countries is warned of", server.log)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "country.mmdb")
        mmdb.write(path, {"192.0.2.0/24": "DE", "2001:db8::/32": "AT", "198.51.100.7/32": "FR"})
        try:
            server = Server(rules, "--trust-proxy", "127.0.0.1", "--country-db", path, "--country-header", "X-Country")
        except RuntimeError as error:
            if "without libmaxminddb" not in str(error):
                raise
            tap.skip("countries by a database", "built without libmaxminddb")
            return
        with server, Connection(server.address) as connection:
            tap.ok("Detour-Test-Country" in server.log, "the log says by which database", server.log)

            def where(address, more=""):
                answer = connection.get("/", fields=f"X-Forwarded-For: {address}\r\n{more}")
                return answer.location.rpartition("/")[2], answer.get("Vary")

            tap.equal(where("192.0.2.9"), ("dach", "*"), "a country by an IPv4 address; Vary is *")
            tap.equal(where("2001:db8:5::1")[0], "dach", "by an IPv6 address")
            tap.equal(where("198.51.100.7")[0], "world", "another country")
            tap.equal(where("198.51.100.8"), ("", "*"), "an address without one: no condition holds")
            told = where("192.0.2.9", "X-Country: FR\r\n")
            tap.equal((told[0], (told[1] or "").lower()), ("world", "x-country"), "the field comes before the database")
            with open(path, "r+b") as file:
                file.truncate(10)
            tap.equal(where("192.0.2.9")[0], "dach", "cutting the file short changes nothing")
            server.stop()
            tap.ok(not server.sanitizer_report(), "no sanitizer has a complaint", server.log)


def share(tap):
    rules = "@key e2e\n/ https://example.com/new percent=30:cookie:uid\n/ https://example.com/old\n"
    addresses = "/ https://example.com/new percent=50\n/ https://example.com/old\n"

    def ask(server):
        with Connection(server.address) as connection:
            return [connection.get("/", fields=f"Cookie: x=y; uid=user-{i}\r\n").location for i in range(400)]

    with Server(rules) as server:
        first = ask(server)
        new = first.count("https://example.com/new")
        tap.ok(80 <= new <= 160, f"percent=30 is about 30 of a hundred: {new} of 400", new)
        tap.equal(ask(server), first, "who asks again gets the same")
        with Connection(server.address) as connection:
            answer = connection.get("/", fields="Cookie: uid=user-1\r\n")
            vary = (answer.get("Vary") or "").lower()
            tap.ok("cookie" in vary or vary == "*", "Vary names the cookie", answer)
    with Server(rules) as server:
        tap.equal(ask(server), first, "after a restart too")
    with Server(rules.replace("@key e2e", "@key other")) as server:
        tap.ok(ask(server) != first, "another @key deals anew")
    with Server(addresses, "--trust-proxy", "127.0.0.1") as server, Connection(server.address) as connection:
        got = [connection.get("/", fields=f"X-Forwarded-For: 192.0.2.{i}\r\n") for i in range(200)]
        new = sum(answer.location.endswith("/new") for answer in got)
        tap.ok(60 <= new <= 140 and all(answer.get("Vary") == "*" for answer in got),
               f"percent=50 by address: {new} of 200; Vary is *", got[0])


def pages(tap):
    """A page is filled in up to a size; past it the note does."""
    files = {"test.rules": "/p/* - 410 page=p.html\n", "p.html": "<p>{url}" * 500}
    with Server(files) as server, Connection(server.address) as connection:
        answer = connection.get("/p/" + "a" * 100)
        tap.ok(answer.body.count(b"http://www.example.ai/p/aaa") == 500, "a long page", len(answer.body))
        answer = connection.get("/p/" + "a" * 8000)
        tap.ok(answer.status == 410 and 0 < len(answer.body) < 1000 and b"<html" in answer.body,
               "one that gets too long is left out for the note", answer)
        answer = connection.get("/p/%3Cscript%3E?<b>'\"&amp;")
        tap.ok(b"<b>" not in answer.body and b"<script" not in answer.body, "what a client sends is escaped",
               answer.body[:300])
        tap.equal(connection.get("/none").status, 404, "the connection is in step")


def allocations(tap):
    counter = os.environ.get("DETOUR_ALLOC_COUNTER", "")
    if not os.path.exists(counter):
        tap.skip("nothing is allocated for conditions", "no counter was built")
        return
    rules = """
/ https://example.com/a ip=10.0.0.0/8 header=X-A:1* cookie=c:1 !lang=de ua=bot percent=50
/ https://example.com/b country=DE days=mon-sun tz=Europe/Berlin from=2020-01-01T00:00Z
/item/:id https://example.com/:id
/r/* https://example.com/:splat
~^/x/([a-z]+)/([0-9]+)$ https://example.com/$2/$1
~^/(a+)+b$ https://example.com/never
/page - 410 page=page.html set-header="X-A: b"
/* - pass
"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "country.mmdb")
        mmdb.write(path, {"192.0.2.0/24": "DE"})
        with Server({"test.rules": rules, "page.html": "<p>{url} {status} {until}"}, "--trust-proxy", "127.0.0.1",
                    "--country-db", path, env={"LD_PRELOAD": counter,
                                                 **asan("verify_asan_link_order=0:detect_stack_use_after_return=0")}) \
                as server, \
                Connection(server.address) as connection:
            worker = server.workers()[0]

            def count():
                seen = server.log.count("allocations: ")
                os.kill(worker, signal.SIGUSR2)
                wait_until(lambda: server.log.count("allocations: ") > seen)
                return int(server.log.rpartition("allocations: ")[2].split()[0])

            def ask(times):
                for i in range(times):
                    fields = f"X-Forwarded-For: 192.0.2.{i % 250}\r\nCookie: c=1; d=2\r\nX-A: 1{i}\r\n" \
                             "Accept-Language: fr, en;q=0.5\r\nUser-Agent: a bot\r\n"
                    for path in ("/", f"/item/{i}", "/r/a/b", f"/x/abc/{i}", "/page?a", "/aaaaaaaaaaaaaaaaaaaaaac"):
                        connection.get(path, fields=fields)

            ask(5)
            before = count()
            ask(200)
            tap.equal(count() - before, 0, "1,200 requests with conditions, captures, expressions, pages: nothing is allocated")


def run(tap, names):
    for test in (peers, country, share, pages, allocations):
        if not names or test.__name__ in names:
            test(tap)
