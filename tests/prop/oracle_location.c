/* SPDX-License-Identifier: MIT
 * The Location: the target's text with what was captured put in, encoded for
 * its place, and what passes of the request's query. */
#include "oracle.h"

#include <ctype.h>

enum place { IN_HOST, IN_PATH, IN_QUERY, IN_FRAGMENT };

static const char *escaped_bytes(enum place place, enum origin from)
{
    if (from == FROM_HOST || place == IN_HOST || place == IN_FRAGMENT)
        return "";
    switch (from) {
    case FROM_PATH:
        return place == IN_QUERY ? "&=+;#'" : "?#";
    case FROM_VALUE:
        return place == IN_QUERY ? "&" : "/?#+";
    case FROM_QUERY:
    case FROM_HOST:
        break;
    }
    return place == IN_QUERY ? "" : "?#";
}

static void put_capture(char *to, size_t cap, enum place place, const struct capture *capture)
{
    const char *bytes = escaped_bytes(place, capture->from);
    for (const char *s = capture->text; *s; s++) {
        char escape[4];
        snprintf(escape, sizeof escape, "%%%02X", (unsigned char)*s);
        if (*s == '%' && (!s[1] || !s[2])) /* an escape that was cut */
            put(to, cap, "%25");
        else if (!strchr(bytes, *s))
            put_char(to, cap, *s);
        else
            put(to, cap, *s == '+' && capture->from == FROM_VALUE ? "%20" : escape);
    }
}

/* What every request has. */
static void own_captures(const struct request *request, struct captures *ret)
{
    char port[8];
    snprintf(port, sizeof port, "%d", request->port);
    const char *scheme = request->scheme == HTTP ? "http" : "https";
    ret->count = 0;
    capture_add(ret, "scheme", scheme, strlen(scheme), FROM_HOST);
    capture_add(ret, "host", request->host.s, strlen(request->host.s), FROM_HOST);
    capture_add(ret, "port", port, strlen(port), FROM_HOST);
    capture_add(ret, "path", request->path.s, strlen(request->path.s), FROM_PATH);
    capture_add(ret, "query", request->query.s, strlen(request->query.s), FROM_QUERY);
}

/* The capture that the text at s asks for, and how long the asking is; NULL: s
 * is literal. */
static const struct capture *asked_for(const struct rule *rule, const char *s,
                                       const struct captures *captures, const struct captures *own,
                                       size_t *ret_len)
{
    size_t n = 0;
    if (*s == '{') {
        n = strcspn(s + 1, "}");
        *ret_len = n + 2;
        return capture_find(own, s + 1, n);
    }
    if (rule->regex && *s == '$' && s[1] == '{') {
        n = strcspn(s + 2, "}");
        *ret_len = n + 3;
        return capture_find(captures, s + 2, n);
    }
    if (rule->regex && *s == '$') {
        while (isdigit((unsigned char)s[1 + n]))
            n++;
        *ret_len = n + 1;
        return n ? capture_find(captures, s + 1, n) : NULL;
    }
    if (rule->regex || *s != ':')
        return NULL;
    while (isalnum((unsigned char)s[1 + n]) || s[1 + n] == '_')
        n++;
    *ret_len = n + 1;
    return n ? capture_find(captures, s + 1, n) : NULL;
}

static void expand(const struct rule *rule, const struct request *request,
                   const struct captures *captures, char *to, size_t cap)
{
    struct captures own;
    own_captures(request, &own);
    const char *target = rule->target.s, *slashes = strstr(target, "://");
    enum place place = target[0] == '/' ? IN_PATH : IN_HOST;
    for (const char *s = target; *s;) {
        size_t len = 1;
        const struct capture *capture = asked_for(rule, s, captures, &own, &len);
        if (capture) {
            put_capture(to, cap, place, capture);
            s += len;
            continue;
        }
        if (*s == '#')
            place = IN_FRAGMENT;
        else if (*s == '?' && place < IN_QUERY)
            place = IN_QUERY;
        else if (*s == '/' && place == IN_HOST && s > slashes + 2)
            place = IN_PATH;
        put_char(to, cap, *s++);
    }
}

bool location_host_ok(const struct rule *rule, const struct request *request,
                      const struct captures *captures)
{
    struct captures own;
    own_captures(request, &own);
    const char *s = strstr(rule->target.s, "://");
    if (rule->target.s[0] == '/' || !s)
        return true;
    for (s += 3; *s && !strchr("/?#", *s); s++) {
        size_t len = 1;
        const struct capture *capture = asked_for(rule, s, captures, &own, &len);
        if (!capture || *s == '{')
            continue;
        for (const char *c = capture->text; *c; c++)
            if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
                return false;
        if (!capture->text[0])
            return false;
        s += len - 1;
    }
    return true;
}

/* ---- The request's query ---- */

static bool named(const struct rule *rule, const char *name)
{
    for (int i = 0; i < rule->nnames; i++) {
        size_t n = strlen(rule->names[i].s);
        bool wild = n && rule->names[i].s[n - 1] == '*';
        if (wild ? strncmp(rule->names[i].s, name, n - 1) == 0
                 : strcmp(rule->names[i].s, name) == 0)
            return true;
    }
    return false;
}

/* True when "?name=..." or "&name..." stands in the target's own query. */
static bool target_has(const char *own, const char *name)
{
    char copy[LOCATION_MAX];
    snprintf(copy, sizeof copy, "%s", own);
    char *save = NULL;
    for (char *piece = strtok_r(copy, "&", &save); piece; piece = strtok_r(NULL, "&", &save)) {
        piece[strcspn(piece, "=")] = 0;
        if (strcmp(piece, name) == 0)
            return true;
    }
    return false;
}

/* own: the target's own query; NULL: it has none. */
static void add_query(const struct rule *rule, const struct request *request, const char *own,
                      char *to, size_t cap)
{
    if (rule->passing == DROP || !request->query.s[0])
        return;
    if (rule->passing == PASS && !own) {
        put(to, cap, "?");
        put(to, cap, request->query.s);
        return;
    }
    bool first = !own;
    bool amp = own && own[0] && own[strlen(own) - 1] != '&';
    for (int i = 0; i < request->nparams; i++) {
        const struct pair *pair = &request->params[i];
        if ((own && target_has(own, pair->name.s)) ||
            (rule->passing == KEEP && !named(rule, pair->name.s)) ||
            (rule->passing == WITHOUT && named(rule, pair->name.s)))
            continue;
        put(to, cap, first ? "?" : amp ? "&" : "");
        first = false;
        amp = true;
        put(to, cap, pair->name.s);
        put(to, cap, pair->has_value ? "=" : "");
        put(to, cap, pair->value.s);
    }
}

void location_build(const struct rule *rule, const struct request *request,
                    const struct captures *captures, char *ret, size_t cap)
{
    ret[0] = 0;
    if (!rule->target.s[0])
        return;
    char all[LOCATION_MAX] = "", own[LOCATION_MAX] = "";
    expand(rule, request, captures, all, sizeof all);
    if (all[0] == '/' && (all[1] == '/' || all[1] == '\\'))
        put(ret, cap, "/.");
    size_t fragment = strcspn(all, "#"), query = strcspn(all, "?");
    bool has_query = query < fragment;
    if (has_query)
        put_bytes(own, sizeof own, all + query + 1, fragment - query - 1);
    put_bytes(ret, cap, all, fragment);
    add_query(rule, request, has_query ? own : NULL, ret, cap);
    put(ret, cap, all + fragment);
}
