/* SPDX-License-Identifier: MIT
 *
 * The rule language in two pages, the exit codes and the signals.
 */
#include "cli/man_text.h"

#include <stddef.h>

static const struct dt_man_item DESCRIPTION[] = {
    {.text = "Detour is a server that answers HTTP requests with redirects. What it answers is "
             "written in rules, one a line, in plain files. The same program checks these files, "
             "explains what a request gets and why, and compiles them into snapshots that open at "
             "once."},
    {0},
};

static const struct dt_man_item RULES[] = {
    {.text =
         "A rule is a line: source, target, and then, in any order, a status, conditions and "
         "options. The status is 307 when none is given. A \"#\" at the start of a line or after "
         "a space begins a comment."},
    {.verbatim = true,
     .text = "/news.html              /breaking/news.html\n"
             "//www.example.ai/old/*  https://example.ai/new/:splat  308\n"
             "/item/:id               https://shop.example/p/:id     301\n"
             "~^/(\\d{4})/(.+)\\.php$   /archive/$1/$2                 301\n"
             "/beta                   /new    header=X-Beta cookie=group:b\n"
             "/secret                 -                              410"},
    {.term = "Source, scheme and host",
     .text = "/path matches on any host. //host/path matches any scheme and port. "
             "http://host/path and //host:8080/path are pinned to what they name. //*.host/path "
             "matches every subdomain but not the host itself, //.host/path matches both. "
             "//:tenant.host/path matches hosts with one label in front, and names it."},
    {.term = "Source, path",
     .text = "A path matches exactly, after normalisation (RFC 3986 section 6.2.2). /dir/* matches "
             "/dir, /dir/ and all below, never /directory; the target may use the rest as :splat. "
             ":name is one segment. One * may stand anywhere, for any run of characters."},
    {.term = "Source, regular expression",
     .text = "~EXPRESSION is searched in the path (PCRE2); ~* ignores case. One that begins with "
             "a scheme or // is searched in the whole URL. The target may use $1, ${name} and $0."},
    {.term = "Source, query",
     .text = "?a=1&b wants these parameters, in any order; others may be there. ?q=:q names a "
             "value. Without \"?\" the query is not looked at. With params=only no other parameter "
             "may be there."},
    {.term = "Target",
     .text = "An absolute URL, an absolute path, or \"-\" for a status that redirects nowhere. "
             "{scheme}, {host}, {port}, {path} and {query} are those of the request. A capture may "
             "choose the host only with open=yes."},
    {.term = "Status",
     .text = "301, 302, 303, 307, 308 redirect; 404, 410, 451, 503 answer with a page; pass "
             "answers as if no rule matched."},
    {.term = "query=pass|drop|keep:a,b|without:a,utm_*",
     .text = "What becomes of the request's query. pass, the default, adds it to the target; "
             "parameters that the target names itself win."},
    {.term = "cache=no|DURATION|VALUE",
     .text = "The Cache-Control field: no-store, max-age, or a value as written. DURATION is a "
             "number of seconds, or 5m, 1h, 30d. It is shortened where the answer will change "
             "sooner."},
    {.term = "retry-after=DURATION|until",
     .text = "The Retry-After field, with a redirect or a 503; until counts down to until=."},
    {.term = "page=FILE",
     .text = "An HTML page for 404, 410, 451 or 503, read when the rules are loaded. {status}, "
             "{reason}, {url}, {host}, {path}, {location}, {retry_after} and {until} are filled "
             "in."},
    {.term = "set-header=\"NAME: VALUE\"",
     .text = "One more field of the answer; several may be given."},
    {.term = "case=ignore, slash=ignore",
     .text = "Letter case, or one final \"/\", makes no difference."},
    {.term = "priority=N",
     .text = "A rule with a higher priority wins, whatever else is said. The default is 0."},
    {.term = "note=no|\"SENTENCE\"", .text = "No page, or another sentence in it."},
    {.term = "owner=TEXT", .text = "Who to ask about this rule; detour explain shows it."},
    {0},
};

static const struct dt_man_item CONDITIONS[] = {
    {.text = "All conditions of a rule must hold. Values are alternatives, with commas between "
             "them. A \"!\" in front negates: !ip=10.0.0.0/8. What is not known (an address, a "
             "country) meets no condition, negated or not."},
    {.term = "method=GET,HEAD", .text = "The request's method."},
    {.term = "header=NAME[:VALUE], cookie=NAME[:VALUE]",
     .text = "It is there, or has one of the values; a * in a value stands for anything. May be "
             "given several times."},
    {.term = "lang=de,fr-CH",
     .text = "The client likes this language best of all that rules of this source offer (RFC "
             "4647)."},
    {.term = "ip=10.0.0.0/8,2001:db8::/32",
     .text = "The client's address; behind proxies see --trust-proxy."},
    {.term = "country=DE,AT", .text = "The client's country, by --country-header or --country-db."},
    {.term = "referer=example.com, ua=bot",
     .text = "The host, or with a \"/\" the URL, of Referer; a part of User-Agent, in any case."},
    {.term = "from=TIME until=TIME",
     .text = "RFC 3339, with an offset (2026-12-01T22:00Z) or with tz=. The end is not included."},
    {.term = "days=mon-fri hours=9-17 tz=Europe/Berlin",
     .text = "Days and hours by the clocks of a zone; UTC without tz=. 22-6 runs over midnight."},
    {.term = "percent=10[:cookie:NAME|:header:NAME]",
     .text = "A share of clients, always the same ones, by the cookie, the field or the address."},
    {.term = "except=/health,/status/*,10.0.0.0/8",
     .text = "Paths and networks that the rule leaves alone."},
    {0},
};

static const struct dt_man_item DIRECTIVES[] = {
    {.term = "maintenance SOURCE [TARGET] from=TIME until=TIME [except=...]",
     .text = "A rule that comes before all others while it lasts: 307 to the target, or 503 "
             "without one, with Retry-After counted down to until=, and not cached."},
    {.term = "@host NAME",
     .text = "Sources below that begin with one \"/\" are rules of this host, written in any form "
             "that // takes. @host * ends it."},
    {.term = "@default OPTION...",
     .text = "Options, or a status, of the rules below that do not say otherwise."},
    {.term = "@include FILE", .text = "Reads FILE, found from the folder of this file."},
    {.term = "@order specific|first",
     .text = "Which of several matching rules wins: the most specific (the default) or the first."},
    {.term = "@key TEXT", .text = "Another one deals the shares of percent= anew."},
    {.term = "@expect [METHOD] URL [at=TIME] [header=\"NAME: VALUE\"] [ip=ADDRESS] [country=XX] -> "
             "STATUS [LOCATION]",
     .text = "What a request must get; detour check tries it."},
    {0},
};

static const struct dt_man_item PRECEDENCE[] = {
    {.text = "Of several rules that match: maintenance; the higher priority; then an exact host "
             "before subdomains, a longer host before a shorter, before any host; an exact path "
             "first, then segment by segment from the left what is written out before a :name "
             "before a *; regular expressions last; more query conditions; params=only; a pinned "
             "port; a pinned scheme; more conditions; then the order of the file. With @order "
             "first: maintenance, the priority, then the order of the file."},
    {0},
};

static const struct dt_man_item SIGNALS[] = {
    {.term = "SIGHUP",
     .text = "detour serve loads its rules again, their pages and time zones too. Bad ones are "
             "refused with a line in the log, and the old ones stay. A database of countries is "
             "read at the start only."},
    {.term = "SIGTERM, SIGINT",
     .text = "detour serve takes no new connection, answers the requests in progress, and ends."},
    {0},
};

static const struct dt_man_item EXIT[] = {
    {.term = "0", .text = "All is fine."},
    {.term = "1",
     .text = "Something is wrong with the rules, no rule answers (explain), or the "
             "work could not be done."},
    {.term = "2", .text = "The command line was not understood."},
    {0},
};

const struct dt_man_section dt_man_description = {"DESCRIPTION", DESCRIPTION};

const struct dt_man_section dt_man_sections[] = {
    {"RULES", RULES},
    {"CONDITIONS", CONDITIONS},
    {"DIRECTIVES", DIRECTIVES},
    {"PRECEDENCE", PRECEDENCE},
    {"SIGNALS", SIGNALS},
    {"EXIT STATUS", EXIT},
    {NULL, NULL},
};
