/* SPDX-License-Identifier: MIT
 * Sources: does the request's URI match, and what is captured on the way. */
#include "oracle.h"

#include <ctype.h>

bool equal(const char *a, const char *b, bool nocase)
{
    for (; *a && *b; a++, b++)
        if (nocase ? tolower((unsigned char)*a) != tolower((unsigned char)*b) : *a != *b)
            return false;
    return *a == *b;
}

void capture_add(struct captures *captures, const char *name, const char *s, size_t len,
                 enum origin from)
{
    struct capture *capture = &captures->list[captures->count++];
    capture->name[0] = capture->text[0] = 0;
    put(capture->name, sizeof capture->name, name);
    put_bytes(capture->text, sizeof capture->text, s, len);
    capture->from = from;
}

const struct capture *capture_find(const struct captures *captures, const char *name, size_t len)
{
    for (int i = 0; i < captures->count; i++)
        if (strlen(captures->list[i].name) == len &&
            strncmp(captures->list[i].name, name, len) == 0)
            return &captures->list[i];
    return NULL;
}

/* ":t.:u.rest": so many labels, each with something in it, and the rest as it
 * is written. */
static bool labels_match(const struct rule *rule, const char *host, struct captures *captures)
{
    static const char *const NAMES[] = {"t", "u"};
    for (int i = 0; i < rule->labels; i++) {
        size_t n = strcspn(host, ".");
        if (!n || !host[n])
            return false;
        capture_add(captures, NAMES[i], host, n, FROM_HOST);
        host += n + 1;
    }
    return strcmp(host, rule->host.s) == 0;
}

static bool host_matches(const struct rule *rule, const char *host, struct captures *captures)
{
    size_t n = strlen(host), m = strlen(rule->host.s);
    bool below = n > m && ends_with(host, rule->host.s) && host[n - m - 1] == '.';
    switch (rule->host_form) {
    case ANY_HOST:
        return true;
    case EXACT_HOST:
        return strcmp(rule->host.s, host) == 0;
    case SUBDOMAINS:
        return below;
    case DOMAIN_AND_SUBDOMAINS:
        return below || strcmp(rule->host.s, host) == 0;
    case LABELS:
        return labels_match(rule, host, captures);
    }
    return false;
}

static bool pair_satisfies(const struct pair *want, const struct pair *have, bool nocase)
{
    return equal(want->name.s, have->name.s, nocase) &&
           (!want->has_value || equal(want->value.s, have->value.s, nocase));
}

static bool is_wanted(const struct rule *rule, const struct pair *have)
{
    for (int i = 0; i < rule->nparams; i++)
        if (pair_satisfies(&rule->params[i], have, rule->nocase))
            return true;
    return false;
}

static bool query_matches(const struct rule *rule, const struct request *request,
                          struct captures *captures)
{
    for (int i = 0; i < rule->nparams; i++) {
        const struct pair *want = &rule->params[i], *first = NULL;
        for (int j = 0; j < request->nparams && !first; j++)
            if (pair_satisfies(want, &request->params[j], rule->nocase))
                first = &request->params[j];
        if (!first)
            return false;
        if (want->capture)
            capture_add(captures, want->capture, first->value.s, strlen(first->value.s),
                        FROM_VALUE);
    }
    for (int j = 0; rule->only && j < request->nparams; j++)
        if (!is_wanted(rule, &request->params[j]))
            return false;
    return true;
}

bool source_matches(const struct rule *rule, const struct request *request,
                    struct captures *captures)
{
    captures->count = 0;
    if (rule->scheme != ANY_SCHEME && rule->scheme != request->scheme)
        return false;
    if (rule->port && rule->port != request->port)
        return false;
    return host_matches(rule, request->host.s, captures) &&
           (rule->regex ? regex_matches(rule, request, captures)
                        : path_matches(rule, request->path.s, captures)) &&
           query_matches(rule, request, captures);
}

/* ---- Rules whose source is one and the same ---- */

static bool same_pair(const struct rule *rule, const struct pair *a, const struct pair *b)
{
    return a->has_value == b->has_value && equal(a->name.s, b->name.s, rule->nocase) &&
           equal(a->value.s, b->value.s, rule->nocase);
}

int source_params(const struct rule *rule)
{
    int n = 0;
    for (int i = 0; i < rule->nparams; i++) {
        bool again = false;
        for (int j = 0; j < i; j++)
            again |= same_pair(rule, &rule->params[i], &rule->params[j]);
        n += !again;
    }
    return n;
}

static bool has_params_of(const struct rule *a, const struct rule *b)
{
    for (int i = 0; i < b->nparams; i++) {
        bool found = false;
        for (int j = 0; j < a->nparams; j++)
            found |= same_pair(a, &a->params[j], &b->params[i]);
        if (!found)
            return false;
    }
    return true;
}

bool source_same(const struct rule *a, const struct rule *b)
{
    if (a->scheme != b->scheme || a->host_form != b->host_form || a->labels != b->labels ||
        a->port != b->port || a->nocase != b->nocase || a->noslash != b->noslash ||
        a->only != b->only || ends_with(a->path.s, "/*") != ends_with(b->path.s, "/*") ||
        a->regex != b->regex || strcmp(a->host.s, b->host.s) != 0)
        return false;
    struct text x = a->path, y = b->path;
    size_t n = strlen(x.s), m = strlen(y.s);
    if (a->noslash && n && x.s[n - 1] == '/')
        x.s[n - 1] = 0;
    if (a->noslash && m && y.s[m - 1] == '/')
        y.s[m - 1] = 0;
    return equal(x.s, y.s, a->nocase) && has_params_of(a, b) && has_params_of(b, a);
}
