# SPDX-License-Identifier: MIT
"""Rules that begin and end by themselves, and what caches are told meanwhile. Windows of a few seconds around
now, so that the clock is the real one."""

import re
import time

from server import Server
from wire import Connection


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def on_the_second():
    """The clock of the server is whole seconds; begin at the start of one."""
    now = time.time()
    time.sleep(1.05 - now % 1)
    return int(time.time())


def sleep_until(second):
    time.sleep(max(0, second + 0.35 - time.time()))


def window(tap):
    now = on_the_second()
    begins, ends = now + 2, now + 5
    with Server(f"""
/sale  https://example.com/sale  301  from={moment(begins)} until={moment(ends)} cache=1h
/sale  https://example.com/shop  301
""") as server, Connection(server.address) as connection:
        answer = connection.get("/sale")
        tap.equal(answer.location, "https://example.com/shop", "before from= the rule behind answers")
        age = re.fullmatch(r"max-age=(\d+)", answer.get("Cache-Control", ""))
        tap.ok(age and int(age[1]) <= 2, "and a 301 is not cached beyond from=", answer)
        sleep_until(begins)
        answer = connection.get("/sale")
        tap.equal(answer.location, "https://example.com/sale", "from= has come")
        age = re.fullmatch(r"max-age=(\d+)", answer.get("Cache-Control", ""))
        tap.ok(age and int(age[1]) <= 3, "cache=1h does not outlive until=", answer)
        tap.ok(answer.get("Vary") is None, "time is nothing that Vary could name", answer)
        sleep_until(ends)
        answer = connection.get("/sale")
        tap.equal(answer.location, "https://example.com/shop", "until= has come")
        tap.ok(answer.get("Cache-Control") is None, "and nothing changes any more", answer)


def maintenance(tap):
    now = on_the_second()
    begins, ends = now + 2, now + 6
    with Server(f"""
maintenance //www.example.ai/* https://status.example.ai/ from={moment(begins)} until={moment(ends)} except=/health,/status/*,10.0.0.0/8
maintenance //api.example.ai/*  from={moment(begins)} until={moment(ends)}
//www.example.ai/a  https://example.com/a  priority=100
//www.example.ai/health  https://example.com/health
/*  https://example.com/all
""", "--trust-proxy", "127.0.0.1") as server, Connection(server.address) as connection:
        client = "X-Forwarded-For: 192.0.2.1\r\n"
        answer = connection.get("/a", fields=client)
        tap.equal(answer.location, "https://example.com/a", "maintenance has not begun")
        sleep_until(begins)
        answer = connection.get("/a", fields=client)
        tap.equal((answer.status, answer.location), (307, "https://status.example.ai/"),
                  "maintenance comes before every other rule, whatever its priority")
        tap.equal(answer.get("Cache-Control"), "no-store", "it is not cached")
        first = int(answer.get("Retry-After", "0"))
        tap.ok(2 <= first <= 4, "Retry-After: until it ends", answer)
        answer = connection.get("/x", host="api.example.ai", fields=client)
        tap.equal((answer.status, answer.get("Cache-Control")), (503, "no-store"), "503 without a target")
        tap.ok(1 <= int(answer.get("Retry-After", "0")) <= 4, "with Retry-After", answer)
        answer = connection.ask(b"POST /form HTTP/1.1\r\nHost: www.example.ai\r\nContent-Length: 3\r\n"
                                b"X-Forwarded-For: 192.0.2.1\r\n\r\na=b")
        tap.equal(answer.status, 307, "a POST keeps its method")
        for path, fields, what in (("/health", client, "an exempt path"), ("/status/db", client, "an exempt folder"),
                                   ("/a", "X-Forwarded-For: 10.1.2.3\r\n", "an exempt address")):
            answer = connection.get(path, fields=fields)
            tap.ok(answer.location.startswith("https://example.com/"), f"{what} is left alone", answer)
        sleep_until(begins + 2)
        answer = connection.get("/a", fields=client)
        later = int(answer.get("Retry-After", "-1"))
        tap.ok(0 <= later <= first - 1, f"Retry-After counts down: {first}, then {later}", answer)
        sleep_until(ends)
        answer = connection.get("/a", fields=client)
        tap.equal(answer.location, "https://example.com/a", "it ends by itself")
        answer = connection.get("/x", host="api.example.ai", fields=client)
        tap.equal(answer.location, "https://example.com/all", "the other one too")
        tap.ok("serving" in server.log and "reload" not in server.log, "nobody did anything", server.log)


def days(tap):
    """A window of the whole week is always on, one of no hour of today never; in any zone."""
    today = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][time.gmtime().tm_wday]
    with Server("""
/week   https://example.com/on  days=mon-sun tz=Pacific/Auckland
/hours  https://example.com/on  hours=00:00-24:00 tz=America/St_Johns
/today  https://example.com/on  days=%s
/today  https://example.com/off
/not    https://example.com/on  !days=%s
/not    https://example.com/off
""" % (today, today)) as server, Connection(server.address) as connection:
        got = [connection.get(path).location for path in ("/week", "/hours", "/today", "/not")]
        tap.equal(got, ["https://example.com/on"] * 3 + ["https://example.com/off"], "days= and hours= with tz=")
        answer = connection.get("/today")
        tap.ok(answer.get("Retry-After") is None, "a window is no maintenance", answer)


def run(tap, names):
    for test in (window, maintenance, days):
        if not names or test.__name__ in names:
            test(tap)
