/* SPDX-License-Identifier: MIT
 *
 * The expressions of the test's worlds: groups, alternations, names, case,
 * anchors at either end or at none, literals at the beginning and inside, what
 * scanners for many expressions take and what they do not (looking ahead, going
 * back to a group).
 */
#include "generate.h"

#define PATH(written, groups, name, ...)                                                           \
    {                                                                                              \
        written, NULL, ON_PATH, groups, name,                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define URL(written, groups, name, ...)                                                            \
    {                                                                                              \
        written, NULL, ON_URL, groups, name,                                                       \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SLASHES(written, groups, name, ...)                                                        \
    {                                                                                              \
        written, NULL, ON_URL_FROM_SLASHES, groups, name,                                          \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct regex POOL[] = {
    PATH("^/(a|b)/([^/]+)$", 2, NULL, "/a/b", "/b/e.f", "/a/%C3%A9"),
    PATH("^/([^/]*)/?$", 1, NULL, "/a", "/", "/A/"),
    PATH("\\.ex(/|$)", 1, NULL, "/evil.ex", "/a/evil.ex/b"),
    PATH("^/a(/.*)?$", 1, NULL, "/a", "/a/", "/a/b/b"),
    PATH("/(?<last>[^/]+)$", 1, "last", "/b", "/a//e.f"),
    PATH("^/(a|b|A)(?:/(b|e\\.f))?", 2, NULL, "/A", "/a/b", "/b/e.f/a"),
    PATH("b", 0, NULL, "/b", "/a/b/a"),
    PATH("^/%20/(?<rest>.*)", 1, "rest", "/%20/", "/%20/a/b"),
    {"^/\xC3\xA9(/|$)", "^/(?:%C3%A9)(/|$)", ON_PATH, 1, NULL, {"/%C3%A9", "/%C3%A9/a"}},
    PATH("(?i)^/A/(b)", 1, NULL, "/a/b", "/A/b", "/A/B/a"),
    PATH("^(?!/a)/(.)", 1, NULL, "/b", "/A", "/evil.ex/b"),
    PATH("^/((?:[a-z]+/)*)b$", 1, NULL, "/b", "/a/b", "/a/a/b"),
    PATH("^/(.)(.*)\\1", 2, NULL, "/a/a", "/b/b", "/b/a/b"),
    PATH("^/.*\\.(f|ex)$", 1, NULL, "/e.f", "/a/evil.ex"),
    PATH("^/$|^/a$", 0, NULL, "/", "/a"),
    PATH("(/)(a)?$", 2, NULL, "/", "/b/", "/b/a"),
    PATH("^/[A-Z](?<rest>.*)$", 1, "rest", "/A", "/A/b"),
    PATH("^/a/b/(.*)$", 1, NULL, "/a/b/", "/a/b/e.f/a"),
    PATH("^/a/([^/]+)/b(?:/(.*))?$", 2, NULL, "/a/a/b", "/a/e.f/b/a"),
    PATH("^/(?:a|b)/(?:[^/]*/)?", 0, NULL, "/a/", "/b/a/"),
    PATH("evil\\.ex$", 0, NULL, "/evil.ex", "/b/evil.ex"),
    PATH("^/(.*?)(2F|%20|$)", 2, NULL, "/c%2Fd", "/%20", "/a/c%2Fd/b"),
    PATH("^/.{1,3}/.", 0, NULL, "/a/b", "/e.f/a"),
    URL("^https?://([^/]+)/a(/[^?]*)?", 2, NULL, "/a", "/a/b"),
    URL("^http://a\\.test/(.*)$", 1, NULL, "/", "/b/a"),
    URL("^https?://(?<sub>[a-z.]+)\\.test(:[0-9]+)?/", 2, NULL, "/", "/a"),
    URL("^https:\\/\\/b\\.a\\.test(?::8080)?\\/([^?]*)(\\?.*)?$", 2, NULL, "/", "/a/b"),
    URL("http[s]?://x\\.test/(b|$)", 1, NULL, "/", "/b"),
    URL("https?://.*\\?(.*&)?a=([^&]*)", 2, NULL, "/", "/a"),
    SLASHES("^//(a|b\\.a)\\.test/(?<rest>.*)$", 2, "rest", "/", "/b/e.f"),
    SLASHES("//[^/]*/b", 0, NULL, "/b", "/b/a"),
    SLASHES("^//([^/:]+)(?::8080)?/(a|A|%C3%A9)", 2, NULL, "/a", "/A", "/%C3%A9/b"),
};

const struct regex *generate_regex(struct random *random)
{
    return &POOL[random_below(random, sizeof POOL / sizeof *POOL)];
}
