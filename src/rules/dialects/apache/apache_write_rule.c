/* SPDX-License-Identifier: MIT
 *
 * A rule as RewriteRule. The path is its pattern; where that cannot be, since an expression of a
 * .htaccess sees the path without its first slash, %{REQUEST_URI} is asked, and its groups are %1
 * and so on.
 */
#include "rules/dialects/apache/apache_write.h"

#define LONGEST (64u << 10)

/* ---- Header fields ---- */

/* A word of mod_headers, in which "%" begins a format. */
static void put_value(struct dt_buf *out, struct dt_slice text)
{
    dt_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            dt_buf_char(out, '\\');
        dt_buf_str(out, text.ptr[i] == '%' ? "%" : "");
        dt_buf_char(out, text.ptr[i]);
    }
    dt_buf_char(out, '"');
}

static void put_fields(struct dt_slice fields, struct dt_buf *out)
{
    while (fields.len) {
        const char *end = memmem(fields.ptr, fields.len, "\r\n", 2);
        struct dt_slice line =
            dt_slice_of(fields.ptr, end ? (size_t)(end - fields.ptr) : fields.len);
        const char *colon = memchr(line.ptr, ':', line.len);
        size_t name = colon ? (size_t)(colon - line.ptr) : line.len;
        dt_buf_printf(out, "Header always add %.*s ", DT_SLICE_FMT(dt_slice_of(line.ptr, name)));
        put_value(out, dt_slice_from(line, name + 2));
        dt_buf_char(out, '\n');
        fields = dt_slice_from(fields, line.len + 2);
    }
}

unsigned dt_apache_env(struct dt_apache_write *apache, const struct dt_action *action)
{
    struct dt_buf text;
    unsigned number = 0;
    dt_buf_init(&text, LONGEST);
    if (action->cache.len) {
        dt_buf_str(&text, "Header always set Cache-Control ");
        put_value(&text, action->cache);
        dt_buf_char(&text, '\n');
    }
    if (action->retry_after < DT_RETRY_AFTER_UNTIL)
        dt_buf_printf(&text, "Header always set Retry-After \"%u\"\n", action->retry_after);
    put_fields(action->fields, &text);
    if (text.len) {
        while (number < apache->field_set_count &&
               !dt_slice_eq(apache->field_sets[number], dt_buf_slice(&text)))
            number++;
        if (number == apache->field_set_count && number < DT_APACHE_FIELDS)
            apache->field_sets[apache->field_set_count++] =
                dt_arena_copy(&apache->write->arena, dt_buf_slice(&text));
        number++;
    }
    dt_buf_release(&text);
    return number;
}

unsigned dt_apache_fields_of(struct dt_apache_write *apache, const struct dt_action *action)
{
    unsigned env = dt_apache_env(apache, action);
    if (action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_write_differs(apache->write, "retry-after", "Apache cannot count down to a moment");
    if (env > DT_APACHE_FIELDS) {
        dt_write_differs(apache->write, "fields", "more than %u sets of header fields",
                         DT_APACHE_FIELDS);
        env = 0;
    }
    return env;
}

void dt_apache_put_env(unsigned env, struct dt_buf *out)
{
    if (env)
        dt_buf_printf(out, ",E=detour_fields_%u:1", env);
}

/* ---- Path ---- */

static bool is_any(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0;
}

/* "^/a" without its slash, for a .htaccess; false when the expression does not begin so. */
static bool cut_slash(struct dt_buf *pattern)
{
    bool begins = pattern->len > 1 && pattern->ptr[0] == '^' && pattern->ptr[1] == '/';
    bool optional = pattern->len > 2 && strchr("?*{+", pattern->ptr[2]);
    if (!begins || optional)
        return false;
    memmove(pattern->ptr + 1, pattern->ptr + 2, pattern->len - 2);
    pattern->len--;
    return true;
}

/* Has an expression a "|" that is not in brackets? Then a "^" at its beginning is not all of it. */
static bool has_choice(struct dt_slice text)
{
    int depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '(' || text.ptr[i] == '[')
            depth++;
        else if (text.ptr[i] == ')' || text.ptr[i] == ']')
            depth--;
        else if (text.ptr[i] == '|' && depth <= 0)
            return true;
    }
    return false;
}

/* %{REQUEST_URI} in place of the pattern. */
static void ask_uri(struct dt_apache_write *apache, const struct dt_rule *rule,
                    struct dt_apache_line *line)
{
    if (line->groups) {
        dt_write_cannot(apache->write, "captures",
                        "Apache keeps what one condition captured, and no more");
        return;
    }
    dt_apache_put_cond(&line->last, "%{REQUEST_URI}", dt_buf_slice(&line->pattern),
                       rule->flags & DT_RULE_IGNORE_CASE ? "NC" : "");
    line->groups = 'u';
    dt_buf_clear(&line->pattern);
    dt_buf_char(&line->pattern, '^');
}

static void put_pattern(struct dt_apache_write *apache, const struct dt_rule *rule,
                        struct dt_apache_line *line)
{
    bool regex = rule->path_kind == DT_PATH_REGEX;
    if (is_any(rule)) {
        dt_buf_str(&line->pattern, apache->directory ? "^(.*)$" : "^/(.*)$");
        return;
    }
    if (!dt_write_regex(apache->write, rule, DT_WRITE_DECODED, &line->pattern)) {
        dt_write_cannot(apache->write, "path",
                        regex ? "Apache compares decoded paths: an expression with a %% in it has "
                                "another meaning there"
                              : "Apache refuses %%2F and controls in a path before it asks any "
                                "rule");
        return;
    }
    if (!apache->directory)
        return;
    if ((regex && has_choice(dt_buf_slice(&line->pattern))) || !cut_slash(&line->pattern))
        ask_uri(apache, rule, line);
}

/* ---- The whole ---- */

static void put_flags(const struct dt_apache_write *apache, const struct dt_rule *rule,
                      const struct dt_apache_line *line, struct dt_buf *out)
{
    const struct dt_action *action = dt_write_action(apache->write, rule);
    bool redirects = rule->target.len > 0;
    dt_buf_str(out, " [");
    if (action->status == DT_STATUS_PASS)
        dt_buf_str(out, "END");
    else if (action->status == 410)
        dt_buf_str(out, "G");
    else
        dt_buf_printf(out, "R=%u,L", action->status);
    if ((rule->flags & DT_RULE_IGNORE_CASE) && line->groups != 'u')
        dt_buf_str(out, ",NC");
    if (redirects) {
        dt_buf_str(out, line->append ? ",QSA" : line->drop ? ",QSD" : "");
        dt_buf_str(out, line->back ? ",B,BNP" : "");
        dt_buf_str(out, line->raw ? ",NE" : "");
    }
    dt_apache_put_env(line->env, out);
    dt_buf_str(out, "]\n");
}

/* Rules with conditions stand apart from others. */
static void put_gap(struct dt_apache_write *apache, const struct dt_apache_line *line)
{
    bool apart = line->conds.len || line->last.len;
    bool gap = apache->body.len < 2 || apache->body.ptr[apache->body.len - 2] == '\n';
    if ((apart || apache->apart) && !gap)
        dt_buf_char(&apache->body, '\n');
    apache->apart = apart;
}

static void put_line(struct dt_apache_write *apache, const struct dt_rule *rule,
                     struct dt_apache_line *line, struct dt_slice target)
{
    struct dt_buf *out = &apache->body;
    dt_buf_put(out, dt_buf_slice(&line->conds));
    dt_buf_put(out, dt_buf_slice(&line->last));
    dt_buf_str(out, "RewriteRule ");
    dt_apache_put_raw_word(out, dt_buf_slice(&line->pattern));
    dt_buf_char(out, ' ');
    dt_apache_put_raw_word(out, target);
    put_flags(apache, rule, line, out);
}

/* A target with a fragment, and the request's query before that: two rules, for with nothing behind
 * it "?" would be sent all the same. */
static void put_fragment(struct dt_apache_write *apache, const struct dt_rule *rule,
                         struct dt_apache_line *line)
{
    struct dt_slice plain = dt_buf_slice(&line->target);
    const char *hash = memchr(plain.ptr, '#', plain.len);
    size_t before = hash ? (size_t)(hash - plain.ptr) : plain.len, conds = line->conds.len;
    struct dt_buf target;
    dt_buf_init(&target, 2 * LONGEST);
    dt_buf_put(&target, dt_slice_of(plain.ptr, before));
    dt_buf_str(&target, "?%{QUERY_STRING}");
    dt_buf_put(&target, dt_slice_from(plain, before));
    dt_apache_put_cond(&line->conds, "%{QUERY_STRING}", DT_S("."), "");
    put_line(apache, rule, line, dt_buf_slice(&target));
    dt_buf_release(&target);
    line->conds.len = conds;
    put_line(apache, rule, line, plain);
}

void dt_apache_write_rule(struct dt_apache_write *apache, const struct dt_rule *rule)
{
    const unsigned can = DT_CAN_SCHEME | DT_CAN_PORT | DT_CAN_HOST | DT_CAN_HOST_BELOW |
                         DT_CAN_LABELS | DT_CAN_REGEX | DT_CAN_PARAMS | DT_CAN_NO_CASE |
                         DT_CAN_NO_SLASH | DT_CAN_GLOB | DT_CAN_NAMES | DT_CAN_STAR | DT_CAN_CACHE |
                         DT_CAN_RETRY_AFTER | DT_CAN_FIELDS | DT_CAN_COMMENT;
    struct dt_write *write = apache->write;
    struct dt_apache_line line = {.env = 0};
    dt_buf_init(&line.conds, 4 * LONGEST);
    dt_buf_init(&line.last, LONGEST);
    dt_buf_init(&line.pattern, LONGEST);
    dt_buf_init(&line.target, 2 * LONGEST);
    dt_write_check(write, rule, can);
    if (!(rule->flags & DT_RULE_URL)) {
        dt_apache_put_source(apache, rule, &line);
        put_pattern(apache, rule, &line);
        dt_apache_put_target(apache, rule, &line);
        line.env = dt_apache_fields_of(apache, dt_write_action(write, rule));
    }
    if (dt_write_go(write)) {
        put_gap(apache, &line);
        dt_write_lead(write, &apache->body, "# ");
        if (line.again)
            put_fragment(apache, rule, &line);
        else
            put_line(apache, rule, &line, dt_buf_slice(&line.target));
        dt_apache_maps_note(apache, rule);
    }
    dt_buf_release(&line.conds);
    dt_buf_release(&line.last);
    dt_buf_release(&line.pattern);
    dt_buf_release(&line.target);
}
