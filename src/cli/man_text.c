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
    {.text = "A rule is a line: source, target, and then, in any order, a status and options. The "
             "status is 307 when none is given. A \"#\" at the start of a line or after a space "
             "begins a comment."},
    {.verbatim = true,
     .text = "/news.html              /breaking/news.html\n"
             "//www.example.ai/old/*  https://example.ai/new/:splat  308\n"
             "//example.ai/search?q=1 https://find.example/          302 query=drop\n"
             "/secret                 -                              410"},
    {.term = "Source, scheme and host",
     .text = "/path matches on any host. //host/path matches any scheme and port. "
             "http://host/path and //host:8080/path are pinned to what they name. //*.host/path "
             "matches every subdomain but not the host itself, //.host/path matches both."},
    {.term = "Source, path",
     .text = "A path matches exactly, after normalisation (RFC 3986 section 6.2.2). /dir/* matches "
             "/dir, /dir/ and all below, never /directory; the target may use the rest as :splat."},
    {.term = "Source, query",
     .text = "?a=1&b wants these parameters, in any order; others may be there. Without \"?\" the "
             "query is not looked at. With params=only no other parameter may be there."},
    {.term = "Target",
     .text = "An absolute URL with http or https, an absolute path, or \"-\" for a status that "
             "redirects nowhere."},
    {.term = "Status",
     .text = "301, 302, 303, 307, 308 redirect; 404, 410, 451, 503 answer with a page."},
    {.term = "query=pass|drop|keep:a,b|without:a,utm_*",
     .text = "What becomes of the request's query. pass, the default, adds it to the target; "
             "parameters that the target names itself win."},
    {.term = "cache=no|DURATION|VALUE",
     .text = "The Cache-Control field: no-store, max-age, or a value as written. DURATION is a "
             "number of seconds, or 5m, 1h, 30d."},
    {.term = "retry-after=DURATION", .text = "The Retry-After field, with a redirect or a 503."},
    {.term = "case=ignore, slash=ignore",
     .text = "Letter case, or one final \"/\", makes no difference."},
    {.term = "priority=N",
     .text = "A rule with a higher priority wins, whatever else is said. The default is 0."},
    {.term = "note=no|\"SENTENCE\"", .text = "No page, or another sentence in it."},
    {.term = "owner=TEXT", .text = "Who to ask about this rule; detour explain shows it."},
    {0},
};

static const struct dt_man_item DIRECTIVES[] = {
    {.term = "@host NAME",
     .text = "Sources below that begin with one \"/\" are rules of this host, written in any form "
             "that // takes. @host * ends it."},
    {.term = "@default OPTION...",
     .text = "Options, or a status, of the rules below that do not say otherwise."},
    {.term = "@include FILE", .text = "Reads FILE, found from the folder of this file."},
    {.term = "@order specific|first",
     .text = "Which of several matching rules wins: the most specific (the default) or the first."},
    {.term = "@expect [METHOD] URL -> STATUS [LOCATION]",
     .text = "What a request must get; detour check tries it."},
    {0},
};

static const struct dt_man_item PRECEDENCE[] = {
    {.text = "Of several rules that match: the higher priority; then an exact host before "
             "subdomains, a longer host before a shorter, before any host; an exact path before a "
             "prefix, a deeper prefix before a shorter; more query conditions; params=only; a "
             "pinned port; a pinned scheme; then the order of the file. With @order first: the "
             "priority, then the order of the file."},
    {0},
};

static const struct dt_man_item SIGNALS[] = {
    {.term = "SIGHUP",
     .text = "detour serve loads its rules again. Bad ones are refused with a "
             "line in the log, and the old ones stay."},
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
    {"RULES", RULES},     {"DIRECTIVES", DIRECTIVES}, {"PRECEDENCE", PRECEDENCE},
    {"SIGNALS", SIGNALS}, {"EXIT STATUS", EXIT},      {NULL, NULL},
};
