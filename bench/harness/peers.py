# SPDX-License-Identifier: MIT
"""The servers that are compared, each configured as its own documentation says it is fastest.

One worker, no access log, keep-alive without an end, and TCP_DEFER_ACCEPT, which nearly halves the
cost of a visit (h2o has it always). A new peer is a class here and its name in ALL.
"""

import os
import signal
import socket
import time

from .servers import PATH, TARGET, Server, ServerError
from .workshop import RULES


class Floor(Server):
    """The raw epoll floor: a fixed 307, no parsing. See bench/tools/floor.c."""

    name = "floor"
    program = "gcc"
    mode = "keep"  # or "close": after its first answer

    def configure_one(self):
        pass

    def configure_map(self, version):
        pass

    def command(self):
        return [self.shop.tool("floor"), str(self.port), self.mode]

    def boot(self, path=None, target=None, limit=5):
        """Its answer is the same whatever was asked: that it listens is enough."""
        begin = self.start()
        while time.monotonic() - begin < limit:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return time.monotonic() - begin, 0
            except OSError:
                time.sleep(0.001)
        self.stop()
        raise ServerError("the floor did not start")


class Detour(Server):
    name = "detour"
    path = None  # of the program; set by main

    def __init__(self, shop, port):
        super().__init__(shop, port)
        self.rules = self.file("rules")

    @classmethod
    def installed(cls):
        return cls.path is not None

    def configure_one(self):
        self.rules = self.write("one.rules", f"{PATH} {TARGET} 307\n")

    def configure_map(self, version):
        self.rules = self.place(self.shop.map("detour", version), "map.rules")

    def configure_rules(self, rules):
        """A file of rules, or a snapshot."""
        self.rules = rules

    def command(self):
        listen = f"127.0.0.1:{self.port}"
        return [self.path, "serve", "--quiet", "--listen", listen, "--workers", "1", self.rules]

    def prepare_swap(self, version):
        self.place(self.shop.map("detour", version), "next.rules")

    def swap(self):
        os.rename(self.file("next.rules"), self.rules)
        self.process.send_signal(signal.SIGHUP)


class Nginx(Server):
    name = "nginx"
    program = "nginx"

    def _configure(self, http, server, main=""):
        user = "user root;" if os.geteuid() == 0 else ""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {self.file(kind)};" for kind in kinds)
        self.write(
            "nginx.conf",
            f"""daemon off; master_process on; worker_processes 1; {user} pid {self.file("pid")};
error_log {self.file("error.log")} error; {main}
events {{ worker_connections 16000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; {temporary}
  {http}
  server {{ listen 127.0.0.1:{self.port} backlog=4096 deferred; {server} }}
}}
""",
        )

    def configure_one(self):
        self._configure("", f"location = {PATH} {{ return 307 {TARGET}; }}")

    def configure_map(self, version):
        self.place(self.shop.map("nginx", version), "map.conf")
        size = 1 << (2 * RULES).bit_length()
        self._configure(
            f"map_hash_max_size {size}; map_hash_bucket_size 512;\n"
            f"  map $uri $target {{ include {self.file('map.conf')}; }}",
            'if ($target = "") { return 404; } return 307 $target;',
        )

    def configure_regexes(self, regexes, jit):
        self._configure(
            f"map $uri $target {{ include {regexes}; }}",
            'if ($target = "") { return 404; } return 307 $target;',
            f"pcre_jit {'on' if jit else 'off'};",
        )

    def command(self):
        return ["nginx", "-c", self.file("nginx.conf")]

    def prepare_swap(self, version):
        self.place(self.shop.map("nginx", version), "next.conf")

    def swap(self):
        os.rename(self.file("next.conf"), self.file("map.conf"))
        self.process.send_signal(signal.SIGHUP)


class Haproxy(Server):
    name = "haproxy"
    program = "haproxy"
    idle_limit = 9_800  # it wants two descriptors a connection, and 20,000 is a common limit

    def _configure(self, action):
        self.write(
            "haproxy.cfg",
            f"""global
  nbthread 1
  maxconn 9900
defaults
  mode http
  timeout client 300s
  timeout connect 5s
  timeout server 30s
  timeout http-keep-alive 300s
frontend redirects
  bind 127.0.0.1:{self.port} backlog 4096 defer-accept
  {action}
""",
        )

    def configure_one(self):
        self._configure(f"http-request redirect code 307 location {TARGET} if {{ path {PATH} }}")

    def configure_map(self, version):
        path = self.place(self.shop.map("haproxy", version), "map")
        self._configure(f"http-request redirect code 307 location %[path,map({path})]")

    def command(self):
        return ["haproxy", "-W", "-f", self.file("haproxy.cfg")]


class H2o(Server):
    # No map: its paths are compared one after the other, 510 us a request at 100,000.
    name = "h2o"
    program = "h2o"

    def configure_one(self):
        user = "user: root\n" if os.geteuid() == 0 else ""
        self.write(
            "h2o.conf",
            f"""{user}num-threads: 1
num-name-resolution-threads: 1
max-connections: 12000
http1-request-timeout: 300
listen:
  host: 127.0.0.1
  port: {self.port}
hosts:
  default:
    paths:
      "{PATH}":
        redirect:
          url: {TARGET}
          status: 307
""",
        )

    def command(self):
        return ["h2o", "-m", "worker", "-c", self.file("h2o.conf")]


class Lighttpd(Server):
    # No map: url.redirect is a list of regexes, tried one after the other.
    name = "lighttpd"
    program = "lighttpd"
    idle_limit = 9_800  # half of the descriptors that it may have

    def configure_one(self):
        os.makedirs(self.file("docs"), exist_ok=True)
        self.write(
            "lighttpd.conf",
            f"""server.modules = ( "mod_redirect" )
server.document-root = "{self.file("docs")}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.errorlog = "{self.file("error.log")}"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 300
server.max-fds = 19990
server.max-connections = 9900
server.listen-backlog = 4096
server.defer-accept = 1
server.max-worker = 0
server.pid-file = "{self.file("pid")}"
url.redirect = ( "^{PATH}$" => "{TARGET}" )
url.redirect-code = 307
""",
        )

    def command(self):
        return ["lighttpd", "-D", "-f", self.file("lighttpd.conf")]


class RuleSet(Detour):
    """Detour with one of several rule sets that are measured side by side."""

    def __init__(self, shop, port, label):
        self.name = "detour"
        super().__init__(shop, port)
        self.label = label
        self.folder = os.path.join(self.folder, label)
        os.makedirs(self.folder, exist_ok=True)


ALL = (Floor, Detour, Nginx, Haproxy, H2o, Lighttpd)
PEERS = ("nginx", "haproxy", "h2o", "lighttpd")
