/* SPDX-License-Identifier: MIT
 *
 * Rules in maps: those that ask for no more than a host, a path and a whole query, and whose target
 * is written out, or ends with what is below a folder. HAProxy keeps such maps as trees.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

#include "semantics/query.h"

#define PARAMS_MAX 3u /* whose orders are written out: 6 keys */

/* ---- Which map ---- */

/* Is the whole query a text, in a few orders? */
static bool whole_query(const struct dt_rule *rule)
{
    if (!(rule->flags & DT_RULE_EXACT_QUERY) || rule->nparams > PARAMS_MAX)
        return false;
    for (unsigned i = 0; i < rule->nparams; i++)
        if (rule->params[i].any_value || !rule->params[i].value.len)
            return false;
    return true;
}

static bool is_folder(const struct dt_rule *rule, const struct dt_pieces *target, bool *ret_below)
{
    const struct dt_piece *last = target->count ? &target->list[target->count - 1] : NULL;
    *ret_below = last && last->kind == DT_PIECE_STAR && last->place == DT_MARK_PATH;
    if (rule->path_kind != DT_PATH_PREFIX || !rule->path.len)
        return false;
    for (size_t i = 0; target->list && i + *ret_below < target->count; i++)
        if (target->list[i].kind != DT_PIECE_TEXT)
            return false;
    return !*ret_below || target->count == 2;
}

bool dt_haproxy_group_of(struct dt_haproxy_out *out, const struct dt_rule *rule,
                         struct dt_haproxy_group *ret)
{
    const struct dt_action *action = dt_write_action(out->write, rule);
    struct dt_pieces target = dt_write_target(out->write, rule);
    bool exact = rule->path_kind == DT_PATH_EXACT && rule->path.len;
    bool written = target.count == 0 || (target.count == 1 && target.list[0].kind == DT_PIECE_TEXT);
    bool queries = rule->nparams || (rule->flags & DT_RULE_EXACT_QUERY);
    if (rule->conditions || rule->scheme || rule->port || rule->host_kind > DT_HOST_EXACT ||
        action->status == DT_STATUS_PASS)
        return false;
    *ret = (struct dt_haproxy_group){
        .action = rule->action,
        .any_host = rule->host_kind == DT_HOST_ANY,
        .query = queries,
        .nocase = rule->flags & DT_RULE_IGNORE_CASE,
        .noslash = exact && (rule->flags & DT_RULE_IGNORE_SLASH),
    };
    if (exact ? !written || (queries && !whole_query(rule))
              : queries || !is_folder(rule, &target, &ret->below))
        return false;
    ret->longest = !exact;
    if (!rule->target.len)
        return true;
    ret->tail = dt_haproxy_tail(out, rule);
    ret->hash = ret->tail.len && memchr(rule->target.ptr, '#', rule->target.len);
    ret->guard = ret->below && rule->target.ptr[0] == '/' && rule->target.len > 1 &&
                 rule->target.ptr[1] < ' ';
    return true;
}

bool dt_haproxy_group_same(const struct dt_haproxy_group *a, const struct dt_haproxy_group *b)
{
    return a->action == b->action && a->longest == b->longest && a->below == b->below &&
           a->any_host == b->any_host && a->query == b->query && a->nocase == b->nocase &&
           a->noslash == b->noslash && a->hash == b->hash && a->guard == b->guard &&
           dt_slice_eq(a->tail, b->tail);
}

/* ---- The map's lines ---- */

static void put_line(const struct dt_haproxy_group *group, const struct dt_rule *rule,
                     const unsigned *order, struct dt_buf *map)
{
    dt_buf_put(map, group->any_host ? DT_SLICE_NONE : rule->host);
    dt_buf_put(map, rule->path);
    dt_buf_str(map, group->longest ? "/" : group->query ? "?" : "");
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[order[i]];
        dt_buf_printf(map, "%s%.*s=%.*s", i ? "&" : "", DT_SLICE_FMT(param->name),
                      DT_SLICE_FMT(param->value));
    }
    if (!rule->target.len) {
        dt_buf_char(map, '\n');
        return;
    }
    dt_buf_char(map, ' ');
    if (group->below) {
        dt_buf_put(map, rule->path);
        dt_buf_char(map, ' ');
    }
    dt_buf_put(map, dt_slice_of(rule->target.ptr, rule->target.len - (group->below ? 2 : 0)));
    dt_buf_char(map, '\n');
}

void dt_haproxy_put_entry(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                          const struct dt_rule *rule, struct dt_slice lead, struct dt_buf *map)
{
    static const unsigned orders[6][PARAMS_MAX] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1},
                                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const unsigned counts[] = {1, 1, 2, 6};
    (void)out;
    dt_buf_put(map, lead);
    for (unsigned i = 0; i < counts[rule->nparams]; i++)
        put_line(group, rule, orders[i], map);
}

/* ---- The lines that ask it ---- */

/* What keys are compared with. */
static void put_subject(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                        struct dt_buf *to)
{
    out->uses |= group->any_host ? DT_HAPROXY_USES_PATH : DT_HAPROXY_USES_KEY;
    dt_buf_str(to,
               group->any_host ? DT_HAPROXY_VAR(DT_HAPROXY_PATH) : DT_HAPROXY_VAR(DT_HAPROXY_KEY));
    dt_buf_str(to, group->noslash ? ",regsub(\"/$\",\"\")" : "");
    dt_buf_str(to, group->longest ? ",concat(/)" : "");
    if (group->query) {
        out->uses |= DT_HAPROXY_USES_QUERY;
        dt_buf_str(to, ",concat(?," DT_HAPROXY_QUERY ")");
    }
    dt_buf_str(to, group->nocase ? ",lower" : "");
}

#define TO DT_HAPROXY_VAR(DT_HAPROXY_TO)

static struct dt_slice location_of(struct dt_haproxy_out *out, const struct dt_haproxy_group *group)
{
    struct dt_buf text;
    if (!group->hash && !group->tail.len && !group->guard)
        return DT_S("%[" TO "]");
    dt_buf_init(&text, DT_HAPROXY_WORD);
    dt_buf_str(&text, group->hash ? "%[" TO "," DT_HAPROXY_BEFORE_HASH "]" : "%[" TO "]");
    dt_buf_put(&text, group->tail);
    dt_buf_str(&text, group->hash ? "%[" TO "," DT_HAPROXY_FROM_HASH "]" : "");
    return dt_haproxy_kept(out, &text);
}

/* An answer without a target needs no map, only a list of keys. */
static void put_list(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                     struct dt_slice subject, struct dt_slice name)
{
    dt_haproxy_put_answer(out, dt_ruleset_action(out->write->set, group->action), DT_SLICE_NONE,
                          &out->body);
    dt_buf_str(&out->body, " if { ");
    dt_haproxy_put_word(&out->body, subject);
    dt_buf_str(&out->body, group->longest ? " -m beg -f " : " -m str -f ");
    dt_haproxy_put_word(&out->body, name);
    dt_buf_str(&out->body, " }\n");
}

static void put_set(struct dt_haproxy_out *out, struct dt_slice expression, const char *when)
{
    dt_buf_str(&out->body, "http-request set-var(" DT_HAPROXY_TO ") ");
    dt_haproxy_put_word(&out->body, expression);
    dt_buf_str(&out->body, when);
}

#define FOUND " if { " TO " -m found }\n"

void dt_haproxy_put_map(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                        struct dt_slice name, uint32_t rules)
{
    const struct dt_action *action = dt_ruleset_action(out->write->set, group->action);
    struct dt_buf text;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    put_subject(out, group, &text);
    dt_buf_printf(&out->body, "# %u rules\n", rules);
    bool redirects = action->status / 100 == 3;
    if (!redirects) {
        put_list(out, group, dt_haproxy_kept(out, &text), name);
        return;
    }
    dt_buf_printf(&text, ",%s(%.*s)", group->longest ? "map_beg" : "map_str", DT_SLICE_FMT(name));
    put_set(out, dt_haproxy_kept(out, &text), "\n");
    if (group->below) {
        put_set(out,
                group->nocase ? DT_S(TO "," DT_HAPROXY_WITH_PATH "," DT_HAPROXY_BELOW_NOCASE)
                              : DT_S(TO "," DT_HAPROXY_WITH_PATH "," DT_HAPROXY_BELOW),
                FOUND);
        out->uses |= DT_HAPROXY_USES_PATH;
    }
    if (group->guard)
        put_set(out, DT_S(TO "," DT_HAPROXY_GUARD), FOUND);
    dt_haproxy_put_answer(out, action, location_of(out, group), &out->body);
    dt_buf_str(&out->body, FOUND);
}
