/* SPDX-License-Identifier: MIT
 * Conditions on header fields: the text of one line, one value after the other.
 */
#include "oracle_cond.h"

bool glob(const char *pattern, const char *text, bool nocase)
{
    if (!*pattern)
        return !*text;
    if (*pattern == '*') {
        do {
            if (glob(pattern + 1, text, nocase))
                return true;
        } while (*text++);
        return false;
    }
    char one[2] = {*pattern, 0}, other[2] = {*text, 0};
    return *text && equal(one, other, nocase) && glob(pattern + 1, text + 1, nocase);
}

static bool any_value(const struct cond *cond, const char *text)
{
    for (int i = 0; i < cond->nvalues; i++)
        if (glob(cond->values[i], text, false))
            return true;
    return !cond->nvalues; /* it is there: that is enough */
}

const char *header(const struct asked *asked, const char *name, int *from)
{
    for (; *from < asked->request->nheaders; ++*from)
        if (equal(asked->request->headers[*from].name, name, true))
            return asked->request->headers[(*from)++].value;
    return NULL;
}

/* The next cookie of a field, "name=value", without quotes; false at the end.
 */
static bool cookie(const char **field, struct text *ret_name, struct text *ret_value)
{
    while (**field) {
        const char *s = *field;
        size_t len = strcspn(s, ";"), eq = strcspn(s, "=");
        *field += len + (s[len] == ';');
        if (eq >= len)
            continue;
        while (len && *s == ' ') {
            s++;
            len--;
            eq--;
        }
        ret_name->s[0] = ret_value->s[0] = 0;
        put_bytes(ret_name->s, TEXT, s, eq);
        const char *value = s + eq + 1;
        size_t n = len - eq - 1;
        if (n >= 2 && value[0] == '"' && value[n - 1] == '"')
            put_bytes(ret_value->s, TEXT, value + 1, n - 2);
        else
            put_bytes(ret_value->s, TEXT, value, n);
        return true;
    }
    return false;
}

bool first_cookie(const struct asked *asked, const char *name, struct text *ret)
{
    int at = 0;
    struct text found;
    look(asked, "cookie");
    for (const char *s; (s = header(asked, "cookie", &at));)
        while (cookie(&s, &found, ret))
            if (strcmp(found.s, name) == 0)
                return true;
    return false;
}

enum verdict header_holds(const struct asked *asked)
{
    look(asked, asked->cond->name);
    int at = 0;
    for (const char *s; (s = header(asked, asked->cond->name, &at));)
        if (any_value(asked->cond, s))
            return YES;
    return NO;
}

enum verdict cookie_holds(const struct asked *asked)
{
    look(asked, "cookie");
    int at = 0;
    struct text name, value;
    for (const char *s; (s = header(asked, "cookie", &at));)
        while (cookie(&s, &name, &value))
            if (strcmp(name.s, asked->cond->name) == 0 && any_value(asked->cond, value.s))
                return YES;
    return NO;
}

/* The Referer's host, or nothing: "https://host:port/path". */
static void referer_host(const char *referer, struct text *ret)
{
    ret->s[0] = 0;
    const char *s = strstr(referer, "://");
    if (s)
        put_bytes(ret->s, TEXT, s + 3, strcspn(s + 3, ":/?#"));
}

static bool referer_is(const char *pattern, const char *referer)
{
    if (starts_with(pattern, "//")) {
        const char *rest = strstr(referer, "//");
        return rest && glob(pattern, rest, false);
    }
    if (strchr(pattern, '/'))
        return glob(pattern, referer, false);
    struct text host;
    referer_host(referer, &host);
    if (pattern[0] != '*' && pattern[0] != '.')
        return strcmp(pattern, host.s) == 0;
    const char *dot = strchr(pattern, '.');
    return (ends_with(host.s, dot) && strlen(host.s) > strlen(dot)) ||
           (pattern[0] == '.' && strcmp(pattern + 1, host.s) == 0);
}

static bool ua_is(const char *pattern, const char *agent)
{
    struct text inside = {"*"};
    put(inside.s, TEXT, pattern);
    put(inside.s, TEXT, "*");
    return glob(strchr(pattern, '*') ? pattern : inside.s, agent, true);
}

static enum verdict one_field_holds(const struct asked *asked, const char *field,
                                    bool (*is)(const char *pattern, const char *text))
{
    look(asked, field);
    int at = 0;
    for (const char *s; (s = header(asked, field, &at));)
        for (int i = 0; i < asked->cond->nvalues; i++)
            if (is(asked->cond->values[i], s))
                return YES;
    return NO;
}

enum verdict referer_holds(const struct asked *asked)
{
    return one_field_holds(asked, "referer", referer_is);
}

enum verdict ua_holds(const struct asked *asked)
{
    return one_field_holds(asked, "user-agent", ua_is);
}
