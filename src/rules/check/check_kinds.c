/* SPDX-License-Identifier: MIT
 *
 * The kinds of findings, in the order of enum dt_finding_id: name, severity, what it means, how to
 * mend it. Reports, SARIF rules and documents are made from this table, and a test holds
 * docs/check.md to it. An error is what nobody can have meant, or what harms visitors; a warning is
 * what was hardly meant; a note is good to know, and often meant.
 */
#include "rules/check/checker.h"

#define ERROR DT_FINDING_ERROR
#define WARNING DT_FINDING_WARNING
#define NOTE DT_FINDING_NOTE

static const struct dt_finding_kind kinds[DT_FIND_COUNT] = {
    /* Where requests end. */
    [DT_FIND_LOOP] = {"loop", ERROR,
                      "A client that asks for this URL is sent around in a circle and gives up.",
                      "Remove one rule of the circle, or let its source leave out the other's "
                      "target."},
    [DT_FIND_LOOP_POSSIBLE] = {"loop-possible", WARNING,
                               "A client may be sent around in a circle: for some of the URLs that "
                               "this rule is for, or when more conditions hold than can be tried.",
                               "Ask the example; when it loops, let the source leave out the "
                               "target."},
    [DT_FIND_CHAIN] = {"chain", WARNING,
                       "A client needs several redirects, one after another, where one would do.",
                       "Write the last target into the rule; detour check --flatten does it for "
                       "all."},
    [DT_FIND_CHAIN_MIXED] = {"chain-mixed", WARNING,
                             "Permanent and temporary redirects follow one another: search engines "
                             "and caches keep a part of the way for good, and not the rest.",
                             "Send straight to the last target, with the status that is meant."},
    [DT_FIND_UNREACHABLE] = {"unreachable", WARNING,
                             "No request is ever answered by this rule: others answer all that it "
                             "is for.",
                             "Remove it, or give it a higher priority than the rule that answers."},
    [DT_FIND_SHADOWED] = {"shadowed", NOTE,
                          "The plainest requests that this rule is for are answered by another "
                          "one, which says less of them.",
                          "Put it before the other, or give it a higher priority, when it should "
                          "answer them."},

    /* Targets. */
    [DT_FIND_OPEN_REDIRECT] = {"open-redirect", ERROR,
                               "The request can choose the host that it is sent to: a link to your "
                               "site can then lead anywhere, which phishing lives on (CWE-601).",
                               "Write the host out, or end it with a domain of yours behind the "
                               "capture: https://$1.example.com/."},
    [DT_FIND_TARGET_SUSPICIOUS] = {"target-suspicious", ERROR,
                                   "The target is a URL that was misspelt: it is sent, and leads "
                                   "to a page that is not there, or to a host that is not meant.",
                                   "Write the target as it stands in a browser's address bar."},
    [DT_FIND_TARGET_HOST_IN_PATH] = {"target-host-in-path", WARNING,
                                     "The target is a path that begins with the name of a host: it "
                                     "leads to a page of the host that was asked.",
                                     "Write https:// in front of it, when a host is meant."},
    [DT_FIND_TARGET_PLACEHOLDER] = {"target-placeholder", WARNING,
                                    "The target has a placeholder that nothing fills: it is sent "
                                    "as it is written.",
                                    "Use what the rule's source captures, or percent-encode the "
                                    "sign when it is meant (%24 for $, %3A for a colon)."},
    [DT_FIND_TARGET_INVISIBLE] = {"target-invisible", WARNING,
                                  "The target has a blank at an end, or a character that cannot be "
                                  "seen: most often it was copied along by mistake.",
                                  "Remove it."},
    [DT_FIND_TARGET_ADDRESS] = {"target-address", WARNING,
                                "The target is an address instead of a name: certificates rarely "
                                "hold for it, and it changes when the machine does.",
                                "Write the host's name."},
    [DT_FIND_TARGET_MIXED_SCRIPT] = {"target-mixed-script", WARNING,
                                     "The target's host has letters that look like others of "
                                     "another script: it may not be the host that it seems to be.",
                                     "Type the host anew, from the keyboard."},
    [DT_FIND_TARGET_DOWNGRADE] = {"target-downgrade", WARNING,
                                  "A request that came by https is sent to http, where everybody "
                                  "on the way can read and change what is asked.",
                                  "Write https:// in the target."},
    [DT_FIND_TARGET_HTTP] =
        {"target-http", NOTE,
         "Rules for any scheme have http:// targets: those who ask by https are "
         "sent to http.",
         "Write https:// in the targets, or {scheme}://."},
    [DT_FIND_TARGET_LONG] = {"target-long", WARNING,
                             "The target is longer than 2,000 characters, which not all clients, "
                             "proxies and search engines take.",
                             "Shorten it, or keep what it carries on the server."},
    [DT_FIND_HEAD_LONG] = {"head-long", WARNING,
                           "The head of the answer is larger than servers in front of this one "
                           "take by default: they answer 502 in its place.",
                           "Set fewer or shorter header fields; or raise the peer's limit."},

    /* Meaning. */
    [DT_FIND_PERMANENT_UNCACHED] = {"permanent-uncached", NOTE,
                                    "Permanent redirects without Cache-Control are kept by "
                                    "browsers without end: they cannot be recalled.",
                                    "Say how long they may be kept: cache=1d behind the rule, or "
                                    "@default cache=1d above them all."},
    [DT_FIND_TEMPORARY_EXPIRED] = {"temporary-expired", WARNING,
                                   "The rule's until= has passed: it will never answer again.",
                                   "Remove it, or give it a new until=."},
    [DT_FIND_TEMPORARY_OLD] = {"temporary-old", WARNING,
                               "A temporary redirect that has no end is older than 180 days, by "
                               "the date beside it: search engines keep the old URL all the while.",
                               "Make it permanent (301 or 308), give it an until=, or write the "
                               "date of today beside it."},
    [DT_FIND_METHOD_CHANGED] = {"method-changed", WARNING,
                                "The rule is for requests that bring a body, and its status lets "
                                "clients ask again with GET and without the body.",
                                "Use 307 for 302, and 308 for 301: both keep method and body."},
    [DT_FIND_SEE_OTHER_GET] = {"see-other-get", WARNING,
                               "A 303 says that the answer to another kind of request is to be "
                               "fetched with GET; this rule is for GET and HEAD only.",
                               "Use 307 (or 302) for what is temporary, 308 (or 301) for what is "
                               "permanent."},
    [DT_FIND_SOFT_404] = {"soft-404", WARNING,
                          "Many URLs are sent to one home page: search engines take that for "
                          "\"not found\", and visitors do not find what they came for.",
                          "Send each to the page that took its place; answer 410 where there is "
                          "none."},
    [DT_FIND_HSTS_ORDER] = {"hsts-order", WARNING,
                            "http is sent to another host before it was sent to https on its own: "
                            "browsers never learn the host's HSTS, and the preload list refuses "
                            "the domain (hstspreload.org).",
                            "First http://HOST/* to https://HOST/:splat, then from there on."},
    [DT_FIND_SITE_TEMPORARY] = {"site-temporary", WARNING,
                                "A whole site is redirected temporarily, for longer than a "
                                "maintenance: search engines keep the old URLs, and every visit "
                                "asks again.",
                                "Make it permanent (301 or 308), or give it an until= within a "
                                "week."},

    /* Silencing. */
    [DT_FIND_ALLOW_UNKNOWN] = {"allow-unknown", WARNING,
                               "A detour-allow names a finding that there is not.",
                               "docs/check.md lists the names."},
    [DT_FIND_ALLOW_REASON] = {"allow-reason", WARNING,
                              "A detour-allow without a reason silences nothing.",
                              "Write behind the name why it is fine: # detour-allow: chain the "
                              "old shop needs both."},
    [DT_FIND_ALLOW_UNUSED] = {"allow-unused", NOTE,
                              "A detour-allow silences nothing: the rule has no such finding, or "
                              "it stands at no rule.",
                              "Remove it."},
};

const struct dt_finding_kind *dt_finding_kind(size_t at)
{
    return at < DT_FIND_COUNT ? &kinds[at] : NULL;
}

const struct dt_finding_kind *dt_finding_kind_find(struct dt_slice name)
{
    for (size_t i = 0; i < DT_FIND_COUNT; i++)
        if (dt_slice_eq(name, dt_slice_str(kinds[i].name)))
            return &kinds[i];
    return NULL;
}
