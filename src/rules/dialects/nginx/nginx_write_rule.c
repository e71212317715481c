/* SPDX-License-Identifier: MIT
 *
 * One rule: how it is looked up, and the value that stands for its answer. Groups of expressions
 * get names, for another map that is asked while a value is put together would take $1 away.
 */
#include "rules/dialects/nginx/nginx_write.h"

#include "rules/read/native_scan.h"
#include "rules/ruleset_priv.h"

#include <stdio.h>

struct work {
    struct dt_nginx_writing *writing;
    const struct dt_rule *rule;
    struct dt_pieces target;
    struct dt_buf out;
};

struct dt_slice dt_nginx_take(struct dt_nginx_writing *writing, struct dt_buf *buf)
{
    struct dt_slice kept = dt_arena_copy(&writing->write->arena, dt_buf_slice(buf));
    dt_buf_clear(buf);
    return kept;
}

static void need(struct work *work, enum dt_nginx_helper_number helper)
{
    work->writing->helpers |= 1u << helper;
}

/* ---- The value ---- */

static size_t class_of(struct dt_nginx_writing *writing, const struct dt_action *action)
{
    if (!action->cache.len && !action->fields.len && action->retry_after == DT_RETRY_AFTER_NONE)
        return 0;
    for (size_t i = 0; i < writing->class_count; i++) {
        const struct dt_nginx_class *c = &writing->classes[i];
        if (dt_slice_eq(c->cache, action->cache) && dt_slice_eq(c->fields, action->fields) &&
            c->retry_after == action->retry_after)
            return i + 1;
    }
    void *mem = writing->classes;
    if (!dt_grow(&mem, writing->class_count, &writing->class_cap, sizeof *writing->classes))
        return 0;
    writing->classes = mem;
    writing->classes[writing->class_count++] =
        (struct dt_nginx_class){action->cache, action->fields, action->retry_after};
    return writing->class_count;
}

static void note_answer(struct dt_nginx_writing *writing, unsigned status, size_t class)
{
    uint32_t answer = (uint32_t)(status << 20 | class);
    for (size_t i = 0; i < writing->answer_count; i++)
        if (writing->answers[i] == answer)
            return;
    void *mem = writing->answers;
    if (!dt_grow(&mem, writing->answer_count, &writing->answer_cap, sizeof answer))
        return;
    writing->answers = mem;
    writing->answers[writing->answer_count++] = answer;
}

static void put_text(struct work *work, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '$') {
            dt_buf_str(&work->out, "${detour_dollar}");
            work->writing->dollar = true;
        } else {
            dt_buf_char(&work->out, text.ptr[i]);
        }
    }
}

/* ---- What of the query is sent on ---- */

static void put_names(struct dt_buf *out, struct dt_slice names, bool *some)
{
    while (names.len) {
        const char *comma = memchr(names.ptr, ',', names.len);
        struct dt_slice name =
            dt_slice_of(names.ptr, comma ? (size_t)(comma - names.ptr) : names.len);
        names = dt_slice_from(names, name.len + (comma != NULL));
        if (!name.len)
            continue;
        bool star = name.ptr[name.len - 1] == '*';
        dt_buf_str(out, *some ? "|" : "");
        dt_write_quoted(out, dt_slice_of(name.ptr, name.len - star));
        dt_buf_str(out, star ? DT_NGINX_ANY_NAME : "");
        *some = true;
    }
}

/* The names in the target's own query, with commas; false when one of them is not written out. */
static bool own_names(struct work *work, struct dt_slice query, struct dt_buf *names)
{
    (void)work;
    while (query.len) {
        const char *amp = memchr(query.ptr, '&', query.len);
        struct dt_slice one = dt_slice_of(query.ptr, amp ? (size_t)(amp - query.ptr) : query.len);
        query = dt_slice_from(query, one.len + (amp != NULL));
        const char *eq = one.len ? memchr(one.ptr, '=', one.len) : NULL;
        struct dt_slice name = dt_slice_of(one.ptr, eq ? (size_t)(eq - one.ptr) : one.len);
        if (name.len && memchr(name.ptr, '$', name.len))
            return false;
        if (name.len && (memchr(name.ptr, ',', name.len) || name.ptr[name.len - 1] == '*'))
            return false;
        dt_buf_put(names, name);
        dt_buf_char(names, ',');
    }
    return true;
}

/* The number of the map that leaves out what is not to be sent. */
static size_t query_map(struct work *work, struct dt_slice own, const struct dt_action *action)
{
    struct dt_nginx_writing *w = work->writing;
    bool keep = action->query == DT_QUERY_KEEP, some = false;
    struct dt_buf regex, text;
    dt_buf_init(&regex, 64u << 10);
    dt_buf_init(&text, 128u << 10);
    if (keep) {
        dt_buf_str(&regex, "~(?(DEFINE)(&");
        if (own.len) {
            dt_buf_str(&regex, "(?!(?:");
            put_names(&regex, own, &some);
            dt_buf_str(&regex, ")(?:=|&|$))");
            some = false;
        }
        dt_buf_str(&regex, "(?:");
        put_names(&regex, action->names, &some);
        dt_buf_str(&regex, DT_NGINX_KEEP_END);
    } else {
        dt_buf_str(&regex, DT_NGINX_WITHOUT);
        put_names(&regex, own, &some);
        if (action->query == DT_QUERY_WITHOUT)
            put_names(&regex, action->names, &some);
        dt_buf_str(&regex, DT_NGINX_WITHOUT_END);
    }
    for (unsigned i = 1; i <= DT_NGINX_RUNS; i++)
        dt_buf_printf(&regex, "(?<detour_%u>(?1)*+)(?2)", i);
    dt_buf_char(&regex, '$');
    dt_buf_str(&text, " {\n    ");
    dt_nginx_put_quoted(&text, dt_buf_slice(&regex));
    dt_buf_str(&text, "\n        \"");
    for (unsigned i = 1; i <= DT_NGINX_RUNS; i++)
        dt_buf_printf(&text, "$detour_%u", i);
    dt_buf_str(&text, "\";\n}\n");
    if (regex.len > DT_NGINX_TOKEN_MAX)
        dt_write_cannot(w->write, "query", "more names of parameters than nginx can be told");
    size_t number = dt_nginx_gate_intern(w, &w->queries, &w->query_count, &w->query_cap,
                                         DT_S("map \"" DT_NGINX_QUERY_SOURCE "\""), &text);
    dt_buf_release(&regex);
    dt_buf_release(&text);
    return number + 1;
}

/* What comes behind the target's path and query. */
static void put_query(struct work *work, const struct dt_action *action)
{
    struct dt_slice target = dt_buf_slice(&work->out);
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    struct dt_slice own = DT_SLICE_NONE;
    struct dt_buf names;
    if (action->query == DT_QUERY_DROP)
        return;
    if (mark)
        own = dt_slice_from(target, (size_t)(mark - target.ptr) + 1);
    if (!mark && action->query == DT_QUERY_PASS) {
        dt_buf_str(&work->out, "$is_args$args");
        return;
    }
    if (mark && own.len == 0) {
        dt_write_differs(work->writing->write, "query", "a target that ends with ?");
        return;
    }
    dt_buf_init(&names, 64u << 10);
    if (!own_names(work, own, &names))
        dt_write_cannot(work->writing->write, "query-names",
                        "which of the request's parameters the target has already, cannot be told");
    else if (own.len && own.ptr[own.len - 1] == '&')
        dt_write_cannot(work->writing->write, "query-names", "a query that ends with &");
    else
        dt_buf_printf(&work->out, mark ? "${detour_rest_%zu}" : "${detour_left_%zu}",
                      query_map(work, dt_buf_slice(&names), action));
    dt_buf_release(&names);
}

/* ---- Captures ---- */

static void differs_in_query(struct work *work)
{
    dt_write_differs(work->writing->write, "query-capture",
                     "nginx puts what was captured into the query as it is, & and + and all");
}

static void put_own(struct work *work, const struct dt_piece *piece)
{
    bool query = piece->place == DT_MARK_QUERY;
    switch (piece->number) {
    case DT_CAPTURE_SCHEME:
        dt_buf_str(&work->out, "${scheme}");
        break;
    case DT_CAPTURE_HOST:
        dt_buf_str(&work->out, "${host}");
        break;
    case DT_CAPTURE_PORT:
        need(work, DT_NGINX_HELP_PORT);
        dt_buf_str(&work->out, "${detour_port}");
        break;
    case DT_CAPTURE_PATH:
        need(work, DT_NGINX_HELP_PATH);
        dt_buf_str(&work->out, "${detour_path}");
        if (query)
            differs_in_query(work);
        break;
    default:
        dt_buf_str(&work->out, "${args}");
        if (piece->place == DT_MARK_PATH)
            dt_write_differs(work->writing->write, "query-capture",
                             "nginx puts the query into the path as it is, ? and all");
        break;
    }
}

static void put_piece(struct work *work, const struct dt_piece *piece)
{
    struct dt_write *write = work->writing->write;
    switch ((enum dt_piece_kind)piece->kind) {
    case DT_PIECE_TEXT:
        put_text(work, piece->text);
        break;
    case DT_PIECE_LABEL:
        dt_buf_printf(&work->out, "${detour_l%u}", piece->number);
        break;
    case DT_PIECE_QUERY: {
        struct dt_slice name = work->rule->more->queries[piece->number];
        dt_buf_str(&work->out, "${detour_q");
        for (size_t i = 0; i < name.len && i < 12; i++)
            dt_buf_printf(&work->out, "%02x", (unsigned)(unsigned char)name.ptr[i]);
        dt_buf_char(&work->out, '}');
        if (piece->place == DT_MARK_PATH)
            dt_write_differs(write, "query-capture",
                             "nginx puts a value of the query into the path as it is, / and all");
        break;
    }
    case DT_PIECE_NAME:
    case DT_PIECE_STAR:
    case DT_PIECE_GROUP:
        dt_buf_printf(&work->out, "${detour_g%u}", dt_write_group(work->rule, piece));
        if (piece->place == DT_MARK_QUERY)
            differs_in_query(work);
        if (piece->place == DT_MARK_HOST)
            dt_write_cannot(write, "open",
                            "nginx cannot make sure that what was captured is a host");
        break;
    case DT_PIECE_OWN:
        put_own(work, piece);
        break;
    }
}

/* Text up to the fragment, the query, the fragment. */
static void put_target(struct work *work, const struct dt_action *action)
{
    bool fragment = false;
    for (size_t i = 0; i < work->target.count; i++) {
        struct dt_piece piece = work->target.list[i];
        const char *hash = piece.kind == DT_PIECE_TEXT && !fragment
                               ? memchr(piece.text.ptr, '#', piece.text.len)
                               : NULL;
        if (hash) {
            size_t at = (size_t)(hash - piece.text.ptr);
            put_text(work, dt_slice_of(piece.text.ptr, at));
            put_query(work, action);
            piece.text = dt_slice_from(piece.text, at);
            fragment = true;
        }
        put_piece(work, &piece);
    }
    if (!fragment)
        put_query(work, action);
}

/* Can the path that the target begins with come to begin with "//"? */
static bool may_leave(const struct work *work)
{
    const struct dt_piece *p = work->target.list;
    if (work->target.count == 0)
        return false;
    if (p->kind != DT_PIECE_TEXT)
        return p->place == DT_MARK_PATH;
    return dt_slice_eq(p->text, DT_S("/")) && work->target.count > 1;
}

static struct dt_slice value_of(struct work *work)
{
    struct dt_nginx_writing *w = work->writing;
    const struct dt_action *action = dt_write_action(w->write, work->rule);
    size_t class = class_of(w, action);
    if (action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_write_cannot(w->write, "retry-after", "nginx cannot count down to a time");
    if (action->status == DT_STATUS_PASS)
        return DT_S("pass:");
    struct dt_buf target = work->out;
    dt_buf_init(&work->out, 256u << 10);
    if (work->target.count)
        put_target(work, action);
    struct dt_buf made = work->out;
    work->out = target;
    note_answer(w, action->status, class);
    w->guard |= may_leave(work);
    if (class)
        dt_buf_printf(&work->out, "%u-%zu:", action->status, class);
    else
        dt_buf_printf(&work->out, "%u:", action->status);
    dt_buf_put(&work->out, dt_buf_slice(&made));
    dt_buf_release(&made);
    if (work->out.len > DT_NGINX_TOKEN_MAX)
        dt_write_cannot(w->write, "long", "nginx reads no word of more than 4096 bytes");
    return dt_nginx_take(w, &work->out);
}

/* ---- Strings ---- */

static bool has_capital(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%')
            i += 2;
        else if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    }
    return false;
}

/* Parameters that can be written in every order, for rules that want these and no others. */
static bool few_params(const struct dt_rule *rule)
{
    if (rule->nparams > 3 || (rule->more && rule->more->nqueries))
        return false;
    for (unsigned i = 0; i < rule->nparams; i++)
        if (rule->params[i].any_value || rule->params[i].value.len == 0)
            return false;
    return true;
}

static void put_key(struct work *work, struct dt_nginx_entry *entry, const uint8_t *order)
{
    const struct dt_rule *rule = work->rule;
    for (unsigned i = 0; i < entry->gate_count; i++)
        dt_buf_char(&work->out, '1');
    if (rule->path.len)
        dt_buf_put(&work->out, rule->path);
    else
        dt_buf_char(&work->out, '/');
    for (unsigned i = 0; entry->only && i < rule->nparams; i++) {
        const struct dt_param *p = &rule->params[order[i]];
        dt_buf_printf(&work->out, "%c%.*s=%.*s", i ? '&' : '?', DT_SLICE_FMT(p->name),
                      DT_SLICE_FMT(p->value));
    }
    entry->keys[entry->key_count++] = dt_nginx_take(work->writing, &work->out);
}

static void strings(struct work *work, struct dt_nginx_entry *entry)
{
    static const uint8_t orders[][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const unsigned counts[] = {1, 1, 2, 6};
    const struct dt_rule *rule = work->rule;
    if (rule->flags & DT_RULE_IGNORE_CASE)
        entry->lane = DT_NGINX_LANE_NOCASE;
    else if (!entry->bare && !entry->only && !has_capital(rule->path))
        entry->lane = DT_NGINX_LANE_LOWER;
    else
        entry->lane = DT_NGINX_LANE_MIXED;
    need(work, entry->lane == DT_NGINX_LANE_LOWER ? DT_NGINX_HELP_LOWER
               : entry->bare                      ? DT_NGINX_HELP_BARE
                                                  : DT_NGINX_HELP_PATH);
    for (unsigned i = 0; i < counts[entry->only ? rule->nparams : 0]; i++)
        put_key(work, entry, orders[i]);
    if (entry->keys[0].len > DT_NGINX_TOKEN_MAX / 2)
        dt_write_cannot(work->writing->write, "long",
                        "nginx reads no word of more than 4096 bytes");
}

/* ---- Expressions ---- */

static size_t class_end(struct dt_slice text, size_t at)
{
    size_t i = at + 1;
    i += i < text.len && text.ptr[i] == '^';
    i += i < text.len && text.ptr[i] == ']';
    for (; i < text.len && text.ptr[i] != ']'; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '[' && i + 1 < text.len && text.ptr[i + 1] == ':') {
            const char *end = memmem(text.ptr + i, text.len - i, ":]", 2);
            i = end ? (size_t)(end - text.ptr) + 1 : i;
        }
    }
    return i < text.len ? i + 1 : text.len;
}

/* The length of "?<name>", "?P<name>" or "?'name'" at the start of s; 0: it is none. */
static size_t group_name(struct dt_slice s)
{
    size_t from = dt_slice_starts(s, DT_S("?P<"))                                    ? 3
                  : dt_slice_starts(s, DT_S("?<")) || dt_slice_starts(s, DT_S("?'")) ? 2
                                                                                     : 0;
    if (!from || from >= s.len || !(dt_is_alpha(s.ptr[from]) || s.ptr[from] == '_'))
        return 0;
    const char *end = memchr(s.ptr + from, s.ptr[1] == '\'' ? '\'' : '>', s.len - from);
    return end ? (size_t)(end - s.ptr) + 1 : 0;
}

/* Appends the expression; with names, its groups are detour_g1 and so on. Hex digits of escapes in
 * what a path pattern writes out may be in any case. */
static void put_expression(struct dt_buf *out, struct dt_slice text, bool names, bool escapes)
{
    unsigned groups = 0;
    for (size_t at = 0, end; at < text.len; at = end) {
        char c = text.ptr[at];
        end = at + 1;
        if (c == '\\' && at + 1 < text.len) {
            end = at + 2;
            if (text.ptr[at + 1] == 'Q') {
                const char *stop = memmem(text.ptr + at, text.len - at, "\\E", 2);
                end = stop ? (size_t)(stop - text.ptr) + 2 : text.len;
            }
        } else if (c == '[') {
            end = class_end(text, at);
        } else if (c == '(' && names) {
            struct dt_slice behind = dt_slice_from(text, at + 1);
            size_t name = group_name(behind);
            bool plain = behind.len && behind.ptr[0] != '?' && behind.ptr[0] != '*';
            if (name || plain) {
                dt_buf_printf(out, "(?<detour_g%u>", ++groups);
                end = at + 1 + name;
                continue;
            }
        } else if (c == '%' && escapes && at + 2 < text.len) {
            dt_buf_char(out, '%');
            for (unsigned i = 1; i < 3; i++) {
                char digit = text.ptr[at + i];
                if (dt_is_alpha(digit))
                    dt_buf_printf(out, "[%c%c]", digit & 0xdf, digit | 0x20);
                else
                    dt_buf_char(out, digit);
            }
            end = at + 3;
            continue;
        }
        dt_buf_put(out, dt_slice_of(text.ptr + at, end - at));
    }
}

static bool uses_groups(const struct work *work, bool *ret_all)
{
    bool some = false;
    *ret_all = false;
    for (size_t i = 0; i < work->target.count; i++) {
        const struct dt_piece *p = &work->target.list[i];
        bool group =
            p->kind == DT_PIECE_NAME || p->kind == DT_PIECE_STAR || p->kind == DT_PIECE_GROUP;
        some |= group;
        *ret_all |= p->kind == DT_PIECE_GROUP && p->number == 0;
    }
    return some;
}

/* Does it speak of its groups by name, or number them anew? */
static bool speaks_of_groups(struct dt_slice text, bool numbers)
{
    static const char *const signs[] = {"\\k",  "(?P=", "(?P>", "(?&",
                                        "\\g{", "(?|",  "\\g<", "\\g'"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(text.ptr, text.len, signs[i], strlen(signs[i])))
            return true;
    for (size_t i = 0; numbers && i + 1 < text.len; i++)
        if ((text.ptr[i] == '\\' && dt_is_digit(text.ptr[i + 1])) ||
            (text.ptr[i] == '?' && dt_is_digit(text.ptr[i + 1])))
            return true;
    return false;
}

static void expression(struct work *work, struct dt_nginx_entry *entry)
{
    const struct dt_rule *rule = work->rule;
    struct dt_nginx_writing *w = work->writing;
    bool all, names = uses_groups(work, &all), own = rule->path_kind == DT_PATH_REGEX;
    struct dt_buf raw;
    dt_buf_init(&raw, 64u << 10);
    entry->lane = DT_NGINX_LANE_REGEX;
    need(work, DT_NGINX_HELP_PATH);
    if (!dt_write_regex(w->write, rule, 0, &raw))
        dt_write_cannot(w->write, "regex", "nginx cannot say this as an expression");
    struct dt_slice text = dt_buf_slice(&raw);
    if (own && names && speaks_of_groups(text, all))
        dt_write_cannot(w->write, "regex",
                        "an expression that speaks of its own groups, which the target has too");
    dt_buf_str(&work->out, rule->flags & DT_RULE_IGNORE_CASE ? "~*" : "~");
    bool begins = dt_slice_starts(text, DT_S("^"));
    bool front = entry->gate_count > 0;
    if (front) { /* what is looked up begins with the conditions */
        dt_buf_char(&work->out, '^');
        for (unsigned i = 0; i < entry->gate_count; i++)
            dt_buf_char(&work->out, '1');
        dt_buf_str(&work->out, begins && !own ? "" : "(?=/)");
        if (!begins)
            dt_buf_str(&work->out, ".*?");
    }
    struct dt_slice inner = dt_slice_from(text, front && begins && !own);
    if (front && own) { /* its "^" is the path's beginning */
        if (memchr(text.ptr, '^', text.len) &&
            !(begins && !memchr(text.ptr + 1, '^', text.len - 1) &&
              !memchr(text.ptr, '|', text.len)))
            dt_write_cannot(w->write, "regex", "conditions beside an expression with this ^");
        inner = dt_slice_from(text, begins);
        dt_buf_str(&work->out, "(?:");
    }
    dt_buf_str(&work->out, all ? "(?<detour_g0>" : "");
    put_expression(&work->out, inner, names, !own);
    dt_buf_str(&work->out, all ? ")" : "");
    dt_buf_str(&work->out, front && own ? ")" : "");
    dt_buf_release(&raw);
    if (work->out.len > DT_NGINX_TOKEN_MAX)
        dt_write_cannot(w->write, "long", "nginx reads no word of more than 4096 bytes");
    entry->keys[entry->key_count++] = dt_nginx_take(w, &work->out);
}

/* ---- The whole ---- */

bool dt_nginx_write_rule(struct dt_nginx_writing *writing, const struct dt_rule *rule,
                         struct dt_nginx_entry *ret)
{
    struct dt_write *write = writing->write;
    struct work work = {.writing = writing, .rule = rule};
    bool exact = rule->path_kind == DT_PATH_EXACT;
    *ret = (struct dt_nginx_entry){.rule = rule};
    dt_write_check(write, rule, ~(unsigned)DT_CAN_REGEX_URL);
    dt_write_check_conditions(
        write, rule,
        ~(1u << DT_CONDITION_COUNTRY | 1u << DT_CONDITION_TIME | 1u << DT_CONDITION_WINDOW));
    if (rule->flags & DT_RULE_URL)
        return true;
    dt_buf_init(&work.out, 256u << 10);
    work.target = dt_write_target(write, rule);
    ret->only = exact && (rule->flags & DT_RULE_EXACT_QUERY) && few_params(rule);
    ret->bare = exact && (rule->flags & DT_RULE_IGNORE_SLASH);
    ret->value = value_of(&work);
    bool fine = dt_nginx_write_gates(writing, rule, !ret->only, ret);
    if (exact)
        strings(&work, ret);
    else
        expression(&work, ret);
    fine = fine && !work.out.err;
    dt_buf_release(&work.out);
    return fine;
}
