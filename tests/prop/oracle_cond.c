/* SPDX-License-Identifier: MIT
 * Conditions, one by one, with what was looked at written down. */
#include "oracle_cond.h"

#include <ctype.h>

void look(const struct asked *asked, const char *field)
{
    struct looked *looked = asked->looked;
    for (int i = 0; i < looked->count; i++)
        if (equal(looked->fields[i], field, true))
            return;
    looked->fields[looked->count++] = field;
}

bool has_value(const struct cond *cond, const char *value)
{
    for (int i = 0; i < cond->nvalues; i++)
        if (equal(cond->values[i], value, true))
            return true;
    return false;
}

/* ---- Time, and what is left alone ---- */

static enum verdict time_holds(const struct asked *asked)
{
    int64_t now = asked->request->now;
    const struct cond *cond = asked->cond;
    if (!now)
        return UNKNOWN;
    if (cond->kind == WINDOW)
        return window_on(cond, asked->rule->zone, now) ? YES : NO;
    return cond->from <= now && now < cond->until ? YES : NO;
}

static bool path_is(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    if (!ends_with(pattern, "/*"))
        return strcmp(pattern, path) == 0;
    return strncmp(pattern, path, n - 2) == 0 && (path[n - 2] == 0 || path[n - 2] == '/');
}

/* The paths of except= and the path of a maintenance rule's own target. */
static bool path_left_alone(const struct rule *rule, const char *path)
{
    struct text own;
    if (conds_own_path(rule, &own) && strcmp(own.s, path) == 0)
        return true;
    for (int i = 0; i < rule->nconds; i++)
        for (int j = 0; rule->conds[i].kind == EXCEPT && j < rule->conds[i].nvalues; j++)
            if (rule->conds[i].values[j][0] == '/' && path_is(rule->conds[i].values[j], path))
                return true;
    return false;
}

static bool has_net(const struct cond *cond)
{
    for (int i = 0; i < cond->nvalues; i++)
        if (cond->values[i][0] != '/')
            return true;
    return false;
}

static bool has_path(const struct cond *cond)
{
    for (int i = 0; i < cond->nvalues; i++)
        if (cond->values[i][0] == '/')
            return true;
    return false;
}

/* The networks of except=: they are asked last, with ip=. */
static bool spared_network(const struct asked *asked)
{
    if (!has_net(asked->cond))
        return false;
    asked->looked->any = true;
    if (!asked->request->address)
        return true;
    for (int i = 0; i < asked->cond->nvalues; i++)
        if (asked->cond->values[i][0] != '/' &&
            net_has(asked->cond->values[i], asked->request->address))
            return true;
    return false;
}

/* ---- All together ---- */

static bool holds(const struct asked *asked)
{
    enum verdict verdict = NO;
    switch (asked->cond->kind) {
    case METHOD:
        for (int i = 0; i < asked->cond->nvalues; i++)
            if (strcmp(asked->cond->values[i], asked->request->method) == 0)
                verdict = YES;
        break;
    case TIME:
    case WINDOW:
        verdict = time_holds(asked);
        break;
    case HEADER:
        verdict = header_holds(asked);
        break;
    case COOKIE:
        verdict = cookie_holds(asked);
        break;
    case LANG:
        verdict = lang_holds(asked);
        break;
    case COUNTRY:
        verdict = country_holds(asked);
        break;
    case REFERER:
        verdict = referer_holds(asked);
        break;
    case UA:
        verdict = ua_holds(asked);
        break;
    case PERCENT:
        verdict = percent_holds(asked);
        break;
    case IP:
        verdict = ip_holds(asked);
        break;
    case EXCEPT:
    case COND_KINDS:
        return true;
    }
    return verdict != UNKNOWN && (verdict == YES) != asked->cond->negated;
}

static int turn_of(const struct cond *cond)
{
    return cond->kind == PERCENT && !cond->key ? COND_KINDS : (int)cond->kind;
}

/* Of one kind, those without "!" are first, then by name. */
static bool is_before(const struct cond *a, const struct cond *b)
{
    if (turn_of(a) != turn_of(b))
        return turn_of(a) < turn_of(b);
    if (a->negated != b->negated)
        return b->negated;
    if (a->key && strcmp(a->key, b->key) != 0)
        return strcmp(a->key, b->key) < 0;
    return a->name && strcasecmp(a->name, b->name) < 0;
}

bool conds_hold(const struct world *world, const struct rule *rule, const struct request *request,
                struct looked *looked)
{
    const struct cond *order[MAX_CONDS];
    if (path_left_alone(rule, request->path.s))
        return false;
    for (int i = 0; i < rule->nconds; i++) {
        int at = i;
        for (; at > 0 && is_before(&rule->conds[i], order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = &rule->conds[i];
    }
    for (int i = 0; i < rule->nconds; i++) {
        struct asked asked = {world, rule, order[i], request, looked};
        if (!holds(&asked))
            return false;
    }
    for (int i = 0; i < rule->nconds; i++) {
        struct asked asked = {world, rule, order[i], request, looked};
        if (order[i]->kind == EXCEPT && spared_network(&asked))
            return false;
    }
    return true;
}

/* Whatever except= says is at most two: paths, and networks. */
int conds_count(const struct rule *rule)
{
    struct text own;
    bool path = conds_own_path(rule, &own), net = false;
    int count = 0;
    for (int i = 0; i < rule->nconds; i++) {
        if (rule->conds[i].kind == EXCEPT) {
            path |= has_path(&rule->conds[i]);
            net |= has_net(&rule->conds[i]);
        } else {
            count++;
        }
    }
    return count + path + net;
}

int64_t conds_until(const struct rule *rule)
{
    for (int i = 0; i < rule->nconds; i++)
        if (rule->conds[i].kind == TIME)
            return rule->conds[i].until;
    return NEVER;
}

static bool has_template(const char *s)
{
    for (; *s; s++)
        if (*s == '{' || (*s == ':' && isalpha((unsigned char)s[1])) ||
            (*s == '$' && (isdigit((unsigned char)s[1]) || s[1] == '{')))
            return true;
    return false;
}

bool conds_own_path(const struct rule *rule, struct text *ret)
{
    const char *s = rule->target.s;
    if (!rule->maintenance || !*s)
        return false;
    if (*s != '/') {
        s = strstr(s, "://") + 3;
        size_t authority = strcspn(s, "/?#"), host = strcspn(s, "/?#:");
        bool here = authority == strlen("{host}") && starts_with(s, "{host}");
        bool same = rule->host_form == EXACT_HOST && host == strlen(rule->host.s) &&
                    strncmp(s, rule->host.s, host) == 0;
        if (!here && !same)
            return false;
        s += authority;
    }
    ret->s[0] = 0;
    put_bytes(ret->s, TEXT, s, strcspn(s, "?#"));
    if (!ret->s[0])
        put(ret->s, TEXT, "/");
    return !has_template(ret->s);
}
