/* SPDX-License-Identifier: MIT
 * Expressions: PCRE2 is what they mean, so it is asked, one expression after
 * the other. */
#include "oracle.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Compiled once for each expression and case; the pool lives as long as the
 * program. */
struct compiled {
    const struct regex *regex;
    bool nocase;
    pcre2_code *code;
};

static struct compiled cache[128];
static size_t cached;

static pcre2_code *code_of(const struct regex *regex, bool nocase)
{
    for (size_t i = 0; i < cached; i++)
        if (cache[i].regex == regex && cache[i].nocase == nocase)
            return cache[i].code;
    const char *text = regex->meaning ? regex->meaning : regex->written;
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                     nocase ? PCRE2_CASELESS : 0, &error, &at, NULL);
    if (!code || cached == sizeof cache / sizeof *cache)
        abort();
    cache[cached++] = (struct compiled){regex, nocase, code};
    return code;
}

/* Returns where the query begins; the end when there is none. */
static size_t write_subject(const struct rule *rule, const struct request *request, char *to,
                            size_t cap)
{
    if (rule->regex->subject == ON_PATH) {
        put(to, cap, request->path.s);
        return strlen(to);
    }
    bool http = request->scheme == HTTP;
    if (rule->regex->subject == ON_URL)
        put(to, cap, http ? "http:" : "https:");
    put(to, cap, "//");
    put(to, cap, request->host.s);
    if (request->port != (http ? 80 : 443)) {
        put(to, cap, ":");
        put_number(to, cap, request->port);
    }
    put(to, cap, request->path.s);
    if (request->query.s[0])
        put(to, cap, "?");
    size_t query = strlen(to);
    put(to, cap, request->query.s);
    return query;
}

bool regex_matches(const struct rule *rule, const struct request *request,
                   struct captures *captures)
{
    static pcre2_match_data *data;
    if (!data)
        data = pcre2_match_data_create(16, NULL);
    char subject[6 * TEXT] = "";
    size_t query = write_subject(rule, request, subject, sizeof subject);
    int count = pcre2_match(code_of(rule->regex, rule->nocase), (PCRE2_SPTR)subject,
                            strlen(subject), 0, 0, data, NULL);
    if (count <= 0)
        return false;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    for (int i = 0; i <= rule->regex->groups; i++) {
        bool set = i < count && at[2 * i] != PCRE2_UNSET;
        const char *begin = set ? subject + at[2 * i] : "";
        size_t len = set ? at[2 * i + 1] - at[2 * i] : 0;
        char number[16];
        enum origin from = set && at[2 * i] >= query ? FROM_QUERY : FROM_PATH;
        snprintf(number, sizeof number, "%d", i);
        capture_add(captures, number, begin, len, from);
        if (i == rule->regex->groups && rule->regex->name)
            capture_add(captures, rule->regex->name, begin, len, from);
    }
    return true;
}
