/* SPDX-License-Identifier: MIT
 *
 * A rule as a redirect of Redirection. What a plain source cannot say, an expression can: it sees
 * the query, too.
 */
#include "rules/dialects/wordpress/wordpress.h"

#include "rules/read/native_scan.h"

#define CAN                                                                                        \
    (DT_CAN_REGEX | DT_CAN_GLOB | DT_CAN_NAMES | DT_CAN_STAR | DT_CAN_COMMENT | DT_CAN_NO_CASE |   \
     DT_CAN_NO_SLASH)
#define LONGEST 60000u

static struct dt_slice keep(struct dt_write *write, struct dt_buf *buf)
{
    struct dt_slice text = dt_arena_copy(&write->arena, dt_buf_slice(buf));
    if (dt_buf_err(buf) || (buf->len && !text.ptr))
        dt_write_cannot(write, "long", "the rule is too long");
    return text;
}

static bool is_plain(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_EXACT && !dt_location_has_marks(rule->target);
}

/* What a group takes ends where the query begins: "(.*)" as "([^?]*)". */
static void put_without_query(struct dt_slice regex, struct dt_buf *out)
{
    for (size_t i = 0; i < regex.len; i++) {
        if (dt_slice_starts(dt_slice_from(regex, i), DT_S("(.*)"))) {
            dt_buf_str(out, "([^?]*)");
            i += 3;
        } else if (dt_slice_starts(dt_slice_from(regex, i), DT_S("([^/]+)"))) {
            dt_buf_str(out, "([^/?]+)");
            i += 6;
        } else {
            dt_buf_char(out, regex.ptr[i]);
        }
    }
}

#define ANY_HOST "^//[^/]+"

/* What the reader makes of an expression of Redirection's: "^//[^/]+" in front of its own. */
static bool is_own_kind(const struct dt_rule *rule)
{
    return (rule->flags & DT_RULE_RELATIVE) && rule->more && !rule->more->labels &&
           dt_slice_starts(rule->path, DT_S(ANY_HOST "/"));
}

static unsigned count_groups(const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_REGEX)
        return rule->more ? rule->more->captures - 1u - rule->more->labels : 0;
    return dt_write_names(rule) + dt_write_has_star(rule);
}

/* Can the query be put behind the target as it stands, with its "?"? */
static bool appends_query(const struct dt_write *write, const struct dt_rule *rule)
{
    struct dt_slice target = rule->target;
    return dt_write_action(write, rule)->query == DT_QUERY_PASS && target.len &&
           !memchr(target.ptr, '?', target.len) && !memchr(target.ptr, '#', target.len) &&
           !is_own_kind(rule);
}

/* "^" + path + query + "$". */
static void put_regex(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    bool own = rule->path_kind == DT_PATH_REGEX, whole = is_own_kind(rule);
    struct dt_slice path = whole ? dt_slice_from(rule->path, strlen(ANY_HOST)) : rule->path, text;
    struct dt_buf regex;
    dt_buf_init(&regex, LONGEST);
    if (whole)
        dt_buf_printf(&regex, "^%.*s", DT_SLICE_FMT(path));
    else if (!dt_write_regex(write, rule, 0, &regex))
        dt_write_cannot(write, "regex", "the path cannot be written as an expression");
    text = dt_buf_slice(&regex);
    if (own && (text.len < 2 || text.ptr[0] != '^' || text.ptr[text.len - 1] != '$' ||
                memchr(text.ptr, '|', text.len)))
        dt_write_cannot(write, "regex",
                        "what is before and behind a match stays there, so an expression begins "
                        "with ^, ends with $, and has no |");
    if (own && !whole && (memchr(path.ptr, '.', path.len) || memmem(path.ptr, path.len, "[^", 2)))
        dt_write_differs(write, "regex-query", "an expression there sees the query, too");
    text.len -= text.len > 0; /* "$" */
    if (own)
        dt_buf_put(out, text);
    else
        put_without_query(text, out);
    dt_buf_str(out, whole ? "$" : appends_query(write, rule) ? "(\\?.*)?$" : "(?:\\?.*)?$");
    dt_buf_release(&regex);
}

/* ":splat" and the like as $1. */
static void put_target(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    struct dt_pieces target = dt_write_target(write, rule);
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        switch ((enum dt_piece_kind)piece->kind) {
        case DT_PIECE_TEXT:
            dt_buf_put(out, piece->text);
            break;
        case DT_PIECE_NAME:
        case DT_PIECE_STAR:
        case DT_PIECE_GROUP:
            dt_buf_printf(out, "$%u", dt_write_group(rule, piece));
            if (piece->place != DT_MARK_PATH)
                dt_write_differs(write, "capture-encoding",
                                 "what is captured is put into the query as it is");
            break;
        case DT_PIECE_LABEL:
        case DT_PIECE_QUERY:
        case DT_PIECE_OWN:
            dt_write_cannot(write, "capture", "a target there has only what the path captured");
            break;
        }
    }
    if (appends_query(write, rule))
        dt_buf_printf(out, "$%u", count_groups(rule) + 1);
}

static void check_status(struct dt_write *write, const struct dt_rule *rule, unsigned status)
{
    static const unsigned known[] = {301, 302, 303, 307, 308, 404, 410, 451};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (status == known[i])
            return;
    (void)rule;
    dt_write_cannot(write, "status", "Redirection cannot answer %u", status);
}

/* Kinds of conditions that have a match type of their own: one for each redirect. */
static unsigned condition_kinds(bool flags)
{
    return flags ? 1u << DT_CONDITION_REFERER | 1u << DT_CONDITION_UA | 1u << DT_CONDITION_IP |
                       1u << DT_CONDITION_COOKIE | 1u << DT_CONDITION_HEADER
                 : 0;
}

static void check_condition(struct dt_write *write, const struct dt_condition *condition)
{
    bool texts = condition->kind != DT_CONDITION_IP;
    bool star = false;
    for (unsigned i = 0; texts && i < condition->count; i++)
        star |= memchr(condition->texts[i].ptr, '*', condition->texts[i].len) != NULL;
    if (condition->negated)
        dt_write_cannot(write, "condition", "a condition that must not hold");
    if (star || (texts && condition->count != 1))
        dt_write_cannot(write, "condition", "a condition there has one value, without stars");
    if (condition->kind == DT_CONDITION_REFERER && condition->count &&
        !memchr(condition->texts[0].ptr, '/', condition->texts[0].len))
        dt_write_cannot(write, "condition", "a referrer there is a whole URL");
    for (unsigned i = 0; !texts && i < condition->count; i++)
        if (condition->nets[i].bits != 128)
            dt_write_cannot(write, "condition", "an address there is one address, no network");
}

static void take_conditions(struct dt_write *write, const struct dt_rule *rule, bool flags,
                            struct dt_wordpress_row *ret)
{
    const struct dt_conditions *all = dt_write_conditions(write, rule);
    dt_write_check_conditions(write, rule, condition_kinds(flags));
    if (all->count > 1)
        dt_write_cannot(write, "condition", "a redirect there has one condition");
    if (all->count == 1 && (condition_kinds(flags) >> all->list[0].kind & 1)) {
        ret->condition = &all->list[0];
        check_condition(write, ret->condition);
    }
}

static void take_host(struct dt_write *write, const struct dt_rule *rule, bool flags,
                      struct dt_wordpress_row *ret)
{
    struct dt_buf text;
    if (rule->host_kind == DT_HOST_ANY && !rule->scheme)
        return;
    if (!flags || rule->host_kind != DT_HOST_EXACT || !rule->scheme) {
        dt_write_cannot(write, "host",
                        flags ? "a redirect there is for one host with its scheme, or for all"
                              : "a redirect is for its own site");
        return;
    }
    if (ret->condition)
        dt_write_cannot(write, "condition", "a redirect there has one condition, or a host");
    dt_buf_init(&text, LONGEST);
    dt_buf_printf(&text, "%s://%.*s", rule->scheme == DT_SCHEME_HTTPS ? "https" : "http",
                  DT_SLICE_FMT(rule->host));
    ret->server = keep(write, &text);
    dt_buf_release(&text);
}

static void take_plain(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *text,
                       struct dt_wordpress_row *ret)
{
    const struct dt_action *action = dt_write_action(write, rule);
    dt_buf_put(text, rule->path.len ? rule->path : DT_S("/"));
    for (unsigned i = 0; i < rule->nparams; i++) {
        dt_buf_printf(text, "%c%.*s=%.*s", i ? '&' : '?', DT_SLICE_FMT(rule->params[i].name),
                      DT_SLICE_FMT(rule->params[i].value));
        if (rule->params[i].any_value)
            dt_write_cannot(write, "query-any", "a parameter has a value there");
    }
    ret->source.query = (rule->flags & DT_RULE_EXACT_QUERY)                  ? DT_WORDPRESS_EXACT
                        : action->query == DT_QUERY_PASS && rule->target.len ? DT_WORDPRESS_PASS
                                                                             : DT_WORDPRESS_IGNORE;
    if (ret->source.query == DT_WORDPRESS_EXACT && action->query == DT_QUERY_PASS && rule->nparams)
        dt_write_differs(write, "query-pass", "a query that is the source's is not passed on");
    ret->target = rule->target;
}

void dt_wordpress_row(struct dt_write *write, const struct dt_rule *rule, bool flags,
                      struct dt_wordpress_row *ret)
{
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_buf text;
    *ret = (struct dt_wordpress_row){.status = action->status};
    dt_write_check(write, rule,
                   CAN | (is_own_kind(rule) ? DT_CAN_REGEX_URL : 0) |
                       (flags ? DT_CAN_HOST | DT_CAN_SCHEME : 0) |
                       (is_plain(rule) ? DT_CAN_PARAMS : 0));
    take_conditions(write, rule, flags, ret);
    take_host(write, rule, flags, ret);
    check_status(write, rule, action->status);
    ret->source.nocase = rule->flags & DT_RULE_IGNORE_CASE;
    ret->source.noslash = rule->flags & DT_RULE_IGNORE_SLASH;
    if (action->query == DT_QUERY_KEEP || action->query == DT_QUERY_WITHOUT)
        dt_write_cannot(write, "query-names", "the query is passed on as a whole or not at all");
    dt_buf_init(&text, LONGEST);
    bool exact = (rule->flags & DT_RULE_EXACT_QUERY) && !(rule->flags & 3);
    ret->source.regex = !is_plain(rule) || (!flags && !exact && !rule->nparams);
    if (!ret->source.regex) {
        take_plain(write, rule, &text, ret);
        if (!flags && !exact)
            dt_write_differs(write, "flags",
                             "the CSV has no flags: case, a final slash and the whole query count");
        ret->source.text = keep(write, &text);
    } else {
        if (action->query == DT_QUERY_PASS && rule->target.len && !appends_query(write, rule))
            dt_write_differs(write, "query-pass", "the query is not passed on by an expression");
        if (!flags && ret->source.nocase)
            dt_write_differs(write, "case", "the CSV has no flag for case");
        put_regex(write, rule, &text);
        ret->source.text = keep(write, &text);
        dt_buf_clear(&text);
        put_target(write, rule, &text);
        ret->target = keep(write, &text);
    }
    dt_buf_release(&text);
}
