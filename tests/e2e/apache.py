# SPDX-License-Identifier: MIT
"""A real Apache beside Detour, with the same file: thousands of generated URLs, and each answer must
have the same status and Location.

Where they differ there is a reason, and it is looked for: each kind of difference below says how to
recognise it and why it is. Most are proven by asking both again for the URL without what makes the
difference. Without /usr/sbin/apache2 all of this is skipped."""

import http.client
import os
import random
import re
import socket
import subprocess
import tempfile
from urllib.parse import quote, unquote, urljoin

from data import DATA
from server import Server, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
APACHE = "/usr/sbin/apache2"
MODULES = "/usr/lib/apache2/modules"
WANTED = ["mpm_event", "authz_core", "alias", "rewrite", "access_compat", "headers", "mime", "setenvif"]
LEAST = 2000

CONFIG = """\
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
{modules}
User #65534
Group #65534
TypesConfig /dev/null
Listen 127.0.0.1:{port}
ServerName localhost
StartServers 1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ErrorLog {folder}/error.log
DocumentRoot {folder}/htdocs
<Directory {folder}/htdocs>
AllowOverride All
Require all granted
</Directory>
{more}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A real server beside Detour: a process that listens at an address, with a folder of its own. What it
    complains of goes to its stderr, or to log."""

    def answers(self):
        try:
            socket.create_connection(self.address, 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        (self.process.stderr or self.log).close()
        self.folder.cleanup()


class Apache(Peer):
    """with Apache(htaccess=text) as apache, or with more=, lines for the server's own file, and files=,
    names and texts of what that file speaks of."""

    def __init__(self, htaccess="", more="", files=()):
        self.folder = tempfile.TemporaryDirectory(prefix="detour-apache-")
        os.chmod(self.folder.name, 0o755)
        htdocs = os.path.join(self.folder.name, "htdocs")
        os.mkdir(htdocs)
        with open(os.path.join(htdocs, ".htaccess"), "w", encoding="utf-8") as out:
            out.write(htaccess)
        for name, text in dict(files).items():
            with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as out:
                out.write(text)
        self.address = ("127.0.0.1", free_port())
        config = os.path.join(self.folder.name, "httpd.conf")
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in WANTED)
        with open(config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(folder=self.folder.name, port=self.address[1], modules=modules,
                                    more=more))
        self.process = subprocess.Popen([APACHE, "-f", config, "-DFOREGROUND"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not wait_until(self.answers, 20):
            self.stop()
            raise RuntimeError("Apache did not start: " + self.process.stderr.read().decode())


# ---- Asking ----

class Client:
    """One connection, kept."""

    def __init__(self, address):
        self.address = address
        self.connection = None

    def ask(self, request):
        """(status, Location); anything but a redirect, 410, 451 or 503 is a 404: there is nothing
        that redirects."""
        for last in (False, True):
            try:
                answer = self.send(request)
                break
            except (http.client.HTTPException, OSError):
                self.connection = None
                if last:
                    raise
        answer.read()
        if answer.status in (410, 451, 503):
            return answer.status, ""
        if answer.status // 100 == 3:
            return answer.status, answer.getheader("Location", "")
        return 404, ""

    def send(self, request):
        if not self.connection:
            self.connection = http.client.HTTPConnection(*self.address, timeout=30)
        method, host, target, fields = request
        self.connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        self.connection.putheader("Host", host)
        for name, value in fields:
            self.connection.putheader(name, value)
        if method == "POST":
            self.connection.putheader("Content-Length", "0")
        self.connection.endheaders()
        return self.connection.getresponse()


# ---- What to ask ----

TAILS = ["", "/", "/below", "/below/x.y", "x", ".html", "/a%20b", "/%C3%A9", "/a;b", "/a,b'(c)!$&=@:~*",
         "/index.html", "/x.php", "/x/", "/%61%62", "//x", "/a%2Bb", "/a+b", "/%25", "/a%25x", "/%3F",
         "/a%2Fb", "/..%2fx", "/./x", "/y/../x", "-", "%20", "/%22%3C%3E", "/%5B%5D", "/a.bak",
         "/unanchored-word", "/x/index.html"]
QUERIES = ["", "?", "?a=b", "?a=1&c=d%20e", "?z=9&v=1", "?id=12", "?page=2&x=1", "?only=1", "?q"]


def variants(path, rng):
    """A path and its neighbours."""
    yield path
    for tail in TAILS:
        yield path + tail
    if len(path) > 1:
        yield path[:-1]
        yield "/" + path
        yield path.replace("/", "//", 2)
        yield path.upper()
        yield path.swapcase()
        at = rng.randrange(1, len(path))
        if path[at] not in "/%" and path[at - 1] != "%" and path[max(0, at - 2)] != "%":
            yield f"{path[:at]}%{ord(path[at]):02x}{path[at + 1:]}"
        yield path + path
        yield "/x" + path
        yield "/./" + path[1:]
        yield "/x/.." + path


def targets(paths, rng, few):
    """Request targets for all paths; few of the neighbours of each when there are many."""
    for path in paths:
        neighbours = list(variants(path, rng))
        for chosen in neighbours[:2] + rng.sample(neighbours, few):
            yield chosen + ""
            yield chosen + rng.choice(QUERIES)


# ---- Why they may differ ----

def escapes_upper(url):
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda found: found[0].upper(), url)


def same_bytes(url):
    """A URL in which each byte of the path that means the same escaped or not is not."""
    path, _, rest = url.partition("?")
    safe = "!$&'()*+,;=:@[]|^{}`\"<> -._~"

    def plain(found):
        c = chr(int(found[1], 16))
        return c if c in safe or c.isascii() and c.isalnum() else found[0].upper()

    path = re.sub(r"%([0-9A-Fa-f]{2})", plain, path)
    return quote(path, safe="!$&'()*+,;=:@/#%[]-._~") + "?" + escapes_upper(rest)


def absolute(request, answer):
    """The Location in full, as a client resolves it."""
    base = "http://" + request[1].lower().removesuffix(":80").removesuffix(".") + "/"
    return urljoin(base + request[2].lstrip("/"), answer[1]) if answer[1] else ""


class Pair:
    """Both servers, and how an answer of one is like the other's."""

    def __init__(self, apache, detour, dots="(?!)"):
        """dots: paths of which a rule asks a byte that is an escape here."""
        self.apache, self.detour, self.dots = Client(apache), Client(detour), dots
        self.kinds = {}
        self.same = 0

    def explain(self, request, depth=0):
        """The kinds of difference there are between the two answers; None when one is not known."""
        theirs, ours = self.apache.ask(request), self.detour.ask(request)
        if ours == theirs:
            return []
        if ours[0] == theirs[0]:
            kind = spelling(request[2], absolute(request, theirs), absolute(request, ours))
            if kind:
                return [kind]
        return self.proven(request, theirs, depth) if depth < 3 else None

    def proven(self, request, theirs, depth):
        """A kind that goes away with what makes it: Apache answers as before, and Detour as Apache."""
        method, host, target, fields = request
        path, question, query = target.partition("?")
        if re.search("%2f", path, re.I) and theirs == (404, ""):
            return ["%2F: Apache refuses it anywhere (AllowEncodedSlashes Off)"]
        if re.search("%3f", path, re.I) and theirs == (404, ""):
            return ["%3F: Apache refuses one that was captured (CVE-2024-38474)"]
        for change, kind, exact in CHANGES:
            changed = (method, host, change(path) + question + query, fields)
            if changed[2] == target or (self.apache.ask(changed) != theirs if exact
                                        else not re.search(self.dots, path)):
                continue
            others = self.explain(changed, depth + 1)
            if others is not None:
                return [kind, *others]
        return None

    def compare(self, request):
        """None, or what is wrong."""
        kinds = self.explain(request)
        if kinds is None:
            return f"{request}: Apache {self.apache.ask(request)}, Detour {self.detour.ask(request)}"
        self.same += not kinds
        for kind in set(kinds):
            self.kinds.setdefault(kind, []).append(request)
        return None


# What is changed in a path, why the servers see it differently, and whether Apache has to answer as
# before.
CHANGES = [
    (lambda path: re.sub("//+", "/", path), "//: Apache merges slashes (MergeSlashes On), here they are two",
     True),
    (lambda path: re.sub("%([0-9A-Fa-f]{2})", literal_byte, path),
     "escapes: Apache compares decoded bytes, %2B is + to it", True),
    (lambda path: re.sub("%[0-9A-Fa-f]{2}", "q", path),
     "a dot: it stands for one byte, which is three in an escape", False),
]


def spelling(target, a, d):
    """The kind of two Locations of one status that mean the same, or nearly; None when they do not."""
    query = target.partition("?")[2]
    if a == d:
        return "a path: Detour sends it as it is written, Apache with the host in front"
    if a.rstrip("?") == d:
        return "an empty query: it is none here"
    if escapes_upper(a).rstrip("?") == d:
        return "escapes: Apache writes them in lower case, the normal form is upper case"
    if same_bytes(a) == same_bytes(d):
        return "escapes: a byte that may be escaped or not, a literal one or a captured one"
    before, _, fragment = a.partition("#")
    if "?" in fragment and d == f"{before}?{query}#{fragment.partition('?')[0]}".replace("?#", "#"):
        return "a fragment: Apache puts the request's query behind it, where it is none"
    if twice(a, query) and d == twice(a, query):
        return "the query: of a name that the target has too, the target's is kept"
    if d.startswith(escapes_upper(a.partition("?")[0]) + "%3F") and "%3f" in target.lower():
        return "%3F: Apache takes a captured one for the ? of the query"
    if a.replace("%25", "%") == d and "%" in query:
        return "QSA: Apache escapes the escapes of the request's query once more"
    if "?" in d and unquote(a).partition("#")[0] == unquote(d).partition("#")[0].rstrip("&"):
        return "a capture into a query: Apache puts it there decoded, & and + and all"
    if quote(a, safe=PRINTABLE) == d:
        return "NE: Apache sends captured bytes decoded, which may not stand in a URL"
    return None


PRINTABLE = "".join(chr(c) for c in range(0x21, 0x7f))


def literal_byte(found):
    c = chr(int(found[1], 16))
    return c if c in "!$&'()*+,;=:@" else found[0]


def twice(location, query):
    """Apache's Location, in which the target's query and the request's stand behind each other, with
    every name once."""
    before, question, after = location.partition("?")
    if not question or not query or not after.endswith(query) or after == query:
        return None
    own = after[:-len(query)].rstrip("&").split("&")
    names = {part.partition("=")[0] for part in own}
    kept = own + [part for part in query.split("&") if part.partition("=")[0] not in names]
    return before + "?" + "&".join(kept)


def run_set(tap, name, pair, requests):
    wrong, seen = [], set()
    for request in requests:
        if request not in seen:
            seen.add(request)
            found = pair.compare(request)
            if found:
                wrong.append(found)
    total = len(seen)
    tap.ok(total >= LEAST, f"{name}: {total} URLs are asked", "too few")
    known = total - pair.same - len(wrong)
    tap.ok(not wrong, f"{name}: {pair.same} answers are the same, {known} differ for a known reason",
           f"{len(wrong)}\n" + "\n".join(wrong[:40]))
    for kind, found in sorted(pair.kinds.items(), key=lambda item: -len(item[1])):
        print(f"# {name}: {len(found):5} {kind}; as {found[0][1]}{found[0][2]}")


# ---- The sets ----

PLAIN = ("GET", ())
AGENTS = [("GET", (("User-Agent", "Mozilla/5.0 (compatible; googlebot/2.1)"),)),
          ("GET", (("User-Agent", "curl/8"), ("Cookie", "a=1; beta=1; c=2"))),
          ("GET", (("Referer", "http://bad.example/x"),)), ("GET", (("Referer", "http://ok.example/x"),)),
          ("POST", ()), ("HEAD", ())]


def requests_of(hosts, paths, few, rng, contexts=(PLAIN,)):
    for target in targets(paths, rng, few):
        for method, fields in contexts:
            yield method, rng.choice(hosts), target, fields


def curl(tap):
    path = f"{DATA}/curl-www/htaccess"
    if not os.path.exists(path):
        tap.skip("curl-www beside Apache", f"no data in {DATA}")
        return
    with open(path, encoding="utf-8") as text:
        rules = text.read()
    paths = re.findall(r"^Redirect(?:Permanent)? (\S+)", rules, re.M) + ["/.git", "/", "/.gitx/y", "/.hidden"]
    rng = random.Random(7231)
    with Apache(rules) as apache, Server([path]) as detour:
        tap.equal(detour.rule_count, 211, "curl-www: its 107 redirects are 211 rules here")
        pair = Pair(apache.address, detour.address)
        hosts = ["curl.se"] * 6 + ["curl.local", "www.curl.se", "curl.haxx.se", "curl.se:8080"]
        requests = list(requests_of(hosts, paths, 9, rng))
        run_set(tap, "curl-www", pair, requests)


OWN_PATHS = """/plain /slash /slash/ /query /fragment /escaped /local /with%20blank /temp /perm/deep/er /gone
/gone2/ /missing /a+b /a%2Bb /cafe /first /first/second /match/ /match/a/b /anyQwhere /any%20where
/two/abc/12.html /two/a-b/7.html /percent /all0 /all0/x /x.bak /dir/y.old /signs /rw /rw/one/ /rw/one/x/y
/rw/query /rw/append /rw/drop /rw/discard /rw/percent /rw/raw /rw/hash /rw/into/x /rw/into/a%26b /rw/gone
/rw/missing /rw/uri/a /rw/implicit /rw/case /RW/CASE /rw/zero /rw/zero1 /rw/signs /unanchored-word
/deep/unanchored-x9 /a/index.html /index.html /en/some-page-12 /de/x-1/ /rw/blank%20here
/rw/class/abc/x-1 /rw/class/a.b/x /rw/a /rw/b /never //never /plain/won /item.php /list /only /noquery
/readonly/x /bots /app/x/y /image/x.png /remote /keep/x.php /other/x.php /x.php /two/three /two/three/four
/""".split()
OWN_HOSTS = ["h.example"] * 20 + ["old.example", "www.old.example", "OLD.example", "www.strip.example",
                                  "WWW.strip.two.example", "a.wild.example", "wild.example",
                                  "canon.example", "expr.example", "m.old.example", "neg.example", "neg.example"]


def own(tap):
    path = os.path.join(HERE, "apache", "htaccess")
    with open(path, encoding="utf-8") as text:
        rules = text.read()
    rng = random.Random(415)
    with Apache(rules) as apache, Server([path]) as detour:
        pair = Pair(apache.address, detour.address, dots="any%")
        requests = list(requests_of(OWN_HOSTS, OWN_PATHS, 18, rng))
        for context in AGENTS:
            requests += requests_of(["h.example"], OWN_PATHS, 1, rng, [context])
        for target in OWN_PATHS:
            requests += [("GET", "h.example", target + query, ()) for query in QUERIES]
        run_set(tap, "own .htaccess", pair, requests)


SERVER_PATHS = """/everywhere /everywhere/x /old /old/x /a/ /a/b/c /x/end /end /x/y/end /page.htm /b /b/c /bc /
/.htm /deep/er/page.htm /c""".split()
SERVER_HOSTS = ["one.example", "www.one.example", "x.alias.example", "two.example", "three.example"]


def server(tap):
    path = os.path.join(HERE, "apache", "server.conf")
    with open(path, encoding="utf-8") as text:
        rules = text.read()
    rng = random.Random(99)
    with Apache(more=rules) as apache, Server([path], "--format", "apache") as detour:
        pair = Pair(apache.address, detour.address)
        requests = [(*rest[:1], host, *rest[2:]) for host in SERVER_HOSTS
                    for rest in requests_of(["-"], SERVER_PATHS, 25, rng)]
        run_set(tap, "own server file", pair, requests)


def run(tap, names):
    if not os.path.exists(APACHE) or not os.path.exists(f"{MODULES}/mod_rewrite.so"):
        tap.skip("beside Apache", f"no {APACHE}")
        return
    for test in (curl, own, server):
        if not names or test.__name__ in names:
            try:
                test(tap)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                tap.ok(False, test.__name__, f"{type(error).__name__}: {error}")
