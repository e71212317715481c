/* SPDX-License-Identifier: MIT
 *
 * Sets of paths. A source has at most one star, so that covering is laying its two parts over the
 * beginning and the end of the other; what is a name or a star in the other is a letter of its own,
 * that only a name or a star takes in. Meeting asks both sides for a path at once, symbol by
 * symbol; it may say yes too often and never no.
 */
#include "rules/check/check_paths.h"

#include <stdlib.h>
#include <string.h>

/* ---- Sources ---- */

static struct dt_slice with(struct dt_slice path, struct dt_slice more, char *mem)
{
    memcpy(mem, path.ptr, path.len);
    memcpy(mem + path.len, more.ptr, more.len);
    return dt_slice_of(mem, path.len + more.len);
}

void dt_paths_of(const struct dt_rule *rule, char *mem, struct dt_paths *ret)
{
    static const char star[] = {'/', DT_PATH_STAR};
    struct dt_slice path = rule->path;
    *ret = (struct dt_paths){
        .nocase = rule->flags & DT_RULE_IGNORE_CASE, .exact = true, .count = 1, .forms = {path}};
    bool ends = path.len && path.ptr[path.len - 1] == DT_PATH_STAR;
    switch ((enum dt_path_kind)rule->path_kind) {
    case DT_PATH_REGEX:
        ret->forms[0] = dt_slice_of(star, 2);
        ret->exact = false;
        return;
    case DT_PATH_PREFIX:
        ret->forms[1] = with(path, dt_slice_of(star, 2), mem);
        ret->count = 2;
        return;
    case DT_PATH_PATTERN:
        if (ends) {
            ret->forms[1] = dt_slice_of(path.ptr, path.len - 2);
            ret->count = 2;
            return;
        }
        break;
    case DT_PATH_EXACT:
    case DT_PATH_GLOB:
        break;
    }
    if (ends || !(rule->flags & DT_RULE_IGNORE_SLASH))
        return;
    ret->forms[1] = with(path, DT_S("/"), mem);
    ret->count = 2;
}

/* ---- Covering ---- */

static bool is_letter(char c)
{
    char lower = dt_ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

static bool same(char a, char b, bool fold)
{
    return a == b || (fold && dt_ascii_lower(a) == dt_ascii_lower(b));
}

/* Lays a's bytes, which have no star, over b from *at on. */
static bool lay(struct dt_slice a, struct dt_slice b, size_t *at, bool fold, bool b_fold)
{
    size_t j = *at;
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != DT_PATH_NAME) {
            if (j >= b.len || !same(a.ptr[i], b.ptr[j], fold) ||
                (b_fold && !fold && is_letter(b.ptr[j])))
                return false;
            j++;
            continue;
        }
        size_t from = j;
        while (j < b.len && b.ptr[j] != '/' && b.ptr[j] != DT_PATH_STAR)
            j++;
        if (j == from || (j < b.len && b.ptr[j] == DT_PATH_STAR))
            return false;
    }
    *at = j;
    return true;
}

static bool form_covers(struct dt_slice a, struct dt_slice b, bool fold, bool b_fold)
{
    const char *star = a.len ? memchr(a.ptr, DT_PATH_STAR, a.len) : NULL;
    size_t before = star ? (size_t)(star - a.ptr) : a.len;
    size_t at = 0;
    if (!lay(dt_slice_of(a.ptr, before), b, &at, fold, b_fold))
        return false;
    if (!star)
        return at == b.len;
    struct dt_slice behind = dt_slice_from(a, before + 1);
    if (!behind.len)
        return true;
    for (; at <= b.len; at++) {
        size_t end = at;
        if (lay(behind, b, &end, fold, b_fold) && end == b.len)
            return true;
    }
    return false;
}

bool dt_paths_cover(const struct dt_paths *a, const struct dt_paths *b)
{
    if (!a->exact)
        return false;
    for (unsigned i = 0; i < b->count; i++) {
        bool covered = false;
        for (unsigned j = 0; j < a->count && !covered; j++)
            covered = form_covers(a->forms[j], b->forms[i], a->nocase, b->nocase);
        if (!covered)
            return false;
    }
    return true;
}

/* ---- Meeting ---- */

#define CELLS_MAX (1u << 16)

static bool literal(char c)
{
    return c != DT_PATH_NAME && c != DT_PATH_STAR;
}

/* Two rows of a table: can what is left of both, from a place in a and one in b on, be the same
 * path? */
struct rows {
    struct dt_slice a, b;
    bool fold;
    unsigned char *row;         /* from i on; done from j + 1 on */
    const unsigned char *below; /* from i + 1 on */
};

static bool cell(const struct rows *rows, size_t i, size_t j)
{
    const unsigned char *row = rows->row, *below = rows->below;
    bool in_a = i < rows->a.len, in_b = j < rows->b.len;
    char x = in_a ? rows->a.ptr[i] : 0, y = in_b ? rows->b.ptr[j] : 0;
    if (!in_a && !in_b)
        return true;
    if (in_a && x == DT_PATH_STAR && (below[j] || (in_b && row[j + 1])))
        return true;
    if (in_b && y == DT_PATH_STAR && (row[j + 1] || (in_a && below[j])))
        return true;
    if (!in_a || !in_b || x == DT_PATH_STAR || y == DT_PATH_STAR)
        return false;
    if (literal(x) && literal(y))
        return same(x, y, rows->fold) && below[j + 1];
    if (x == '/' || y == '/')
        return false;
    /* A name ends with this symbol of the other, or goes on. */
    return below[j + 1] || (x == DT_PATH_NAME && row[j + 1]) || (y == DT_PATH_NAME && below[j]);
}

static bool forms_meet(struct dt_slice a, struct dt_slice b, bool fold)
{
    size_t same_start = 0;
    while (same_start < a.len && same_start < b.len && literal(a.ptr[same_start]) &&
           literal(b.ptr[same_start])) {
        if (!same(a.ptr[same_start], b.ptr[same_start], fold))
            return false;
        same_start++;
    }
    a = dt_slice_from(a, same_start);
    b = dt_slice_from(b, same_start);
    if (!a.len && !b.len)
        return true;
    if ((a.len + 1) * (b.len + 1) > CELLS_MAX || b.len > 1022)
        return true;
    unsigned char cells[2][1024] = {{0}, {0}};
    for (size_t i = a.len + 1; i-- > 0;) {
        const struct rows rows = {a, b, fold, cells[i & 1], cells[(i + 1) & 1]};
        rows.row[b.len + 1] = 0;
        for (size_t j = b.len + 1; j-- > 0;)
            rows.row[j] = cell(&rows, i, j);
    }
    return cells[0][0];
}

bool dt_paths_meet(const struct dt_paths *a, const struct dt_paths *b)
{
    for (unsigned i = 0; i < a->count; i++)
        for (unsigned j = 0; j < b->count; j++)
            if (forms_meet(a->forms[i], b->forms[j], a->nocase || b->nocase))
                return true;
    return false;
}

/* ---- Hosts ---- */

static unsigned dots(struct dt_slice host)
{
    unsigned count = 0;
    for (size_t i = 0; i < host.len; i++)
        count += host.ptr[i] == '.';
    return count;
}

/* host is below domain, at any depth. */
static bool is_below(struct dt_slice host, struct dt_slice domain)
{
    return host.len > domain.len && host.ptr[host.len - domain.len - 1] == '.' &&
           dt_slice_eq(dt_slice_from(host, host.len - domain.len), domain);
}

static bool is_or_below(struct dt_slice host, struct dt_slice domain)
{
    return dt_slice_eq(host, domain) || is_below(host, domain);
}

static unsigned labels_of(const struct dt_rule *rule)
{
    return rule->more ? rule->more->labels : 0;
}

static bool has_empty_label(struct dt_slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] == '.' && (i == 0 || host.ptr[i - 1] == '.'))
            return true;
    return false;
}

bool dt_host_among(const struct dt_rule *rule, struct dt_slice host)
{
    switch ((enum dt_host_kind)rule->host_kind) {
    case DT_HOST_ANY:
        return true;
    case DT_HOST_EXACT:
        return dt_slice_eq(rule->host, host);
    case DT_HOST_SUBDOMAINS:
        return is_below(host, rule->host);
    case DT_HOST_DOMAIN:
        return is_or_below(host, rule->host);
    case DT_HOST_LABELS:
        return is_below(host, rule->host) && dots(host) == dots(rule->host) + labels_of(rule) &&
               !has_empty_label(host);
    }
    return false;
}

bool dt_hosts_cover(const struct dt_rule *a, const struct dt_rule *b)
{
    if (a->host_kind == DT_HOST_ANY)
        return true;
    switch ((enum dt_host_kind)b->host_kind) {
    case DT_HOST_ANY:
        return false;
    case DT_HOST_EXACT:
        return dt_host_among(a, b->host);
    case DT_HOST_SUBDOMAINS:
        return (a->host_kind == DT_HOST_SUBDOMAINS || a->host_kind == DT_HOST_DOMAIN) &&
               is_or_below(b->host, a->host);
    case DT_HOST_DOMAIN:
        return (a->host_kind == DT_HOST_DOMAIN && is_or_below(b->host, a->host)) ||
               (a->host_kind == DT_HOST_SUBDOMAINS && is_below(b->host, a->host));
    case DT_HOST_LABELS:
        if (a->host_kind == DT_HOST_LABELS)
            return dt_slice_eq(a->host, b->host) && labels_of(a) == labels_of(b);
        return a->host_kind != DT_HOST_EXACT && is_or_below(b->host, a->host);
    }
    return false;
}

bool dt_hosts_meet(const struct dt_rule *a, const struct dt_rule *b)
{
    if (a->host_kind == DT_HOST_ANY || b->host_kind == DT_HOST_ANY)
        return true;
    if (a->host_kind == DT_HOST_EXACT && b->host_kind == DT_HOST_EXACT)
        return dt_slice_eq(a->host, b->host);
    /* Of two that are open in front, one must be the end of the other. */
    return is_or_below(a->host, b->host) || is_or_below(b->host, a->host);
}
