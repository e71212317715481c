/* SPDX-License-Identifier: MIT
 *
 * The native language, written from rules: sources and targets with names for their captures (the
 * author's own where they can still be read in the rule's line), directives that hold for the whole
 * set, and expectations. The native language can say all that a rule can be, so hardly anything is
 * refused here, and rules stay in the order of their files.
 */
#include "rules/write/native_write.h"

#include "rules/dialects/dialect.h"
#include "rules/dialects/names.h"
#include "rules/fmt/fmt.h"
#include "rules/read/native_scan.h"
#include "rules/ruleset_priv.h"

/* ---- Sources ---- */

static void put_host(const struct dt_rule *rule, const struct dt_names *names, struct dt_buf *out)
{
    static const char *const schemes[] = {"//", "http://", "https://"};
    static const char *const kinds[] = {"*", "", "*.", ".", ""};
    bool own_port = (rule->scheme == DT_SCHEME_HTTP && rule->port == 80) ||
                    (rule->scheme == DT_SCHEME_HTTPS && rule->port == 443);
    if (rule->host_kind == DT_HOST_ANY && !rule->port && !rule->scheme)
        return;
    dt_buf_str(out, schemes[rule->scheme]);
    dt_buf_str(out, kinds[rule->host_kind]);
    for (unsigned i = 0; i < dt_write_labels(rule); i++)
        dt_buf_printf(out, ":%.*s.", DT_SLICE_FMT(names->list[i]));
    dt_buf_put(out, rule->host);
    if (rule->port && !own_port)
        dt_buf_printf(out, ":%u", rule->port);
    else if (rule->scheme && !rule->port)
        dt_buf_str(out, ":*");
}

/* A star and the colon of a name stand for themselves behind a backslash. */
static void put_literal(struct dt_slice text, struct dt_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '*' || (text.ptr[i] == ':' && i && text.ptr[i - 1] == '/'))
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
}

static void put_path(struct dt_write *write, const struct dt_rule *rule,
                     const struct dt_names *names, struct dt_buf *out)
{
    struct dt_pieces path = dt_write_path(write, rule);
    size_t before = out->len;
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        if (piece->kind == DT_PIECE_TEXT)
            put_literal(piece->text, out);
        else if (piece->kind == DT_PIECE_NAME)
            dt_buf_printf(out, ":%.*s",
                          DT_SLICE_FMT(names->list[dt_write_labels(rule) + piece->number]));
        else
            dt_buf_str(out, piece->number == DT_WRITE_FOLDER ? "/*" : "*");
    }
    size_t len = rule->path.len;
    bool glob = rule->path_kind == DT_PATH_GLOB && len > 1 &&
                rule->path.ptr[len - 1] == DT_PATH_STAR && rule->path.ptr[len - 2] == '/';
    bool lost = (rule->flags & DT_RULE_IGNORE_SLASH) && rule->path_kind != DT_PATH_PREFIX && len &&
                rule->path.ptr[len - 1] == '/';
    if (glob || lost || out->len == before) /* what ignores a slash is kept without it */
        dt_buf_char(out, '/');
}

static void put_value(struct dt_slice value, struct dt_buf *out)
{
    if (value.len && value.ptr[0] == ':') {
        dt_buf_str(out, "%3A");
        value = dt_slice_from(value, 1);
    }
    dt_buf_put(out, value);
}

static bool is_captured(const struct dt_rule *rule, struct dt_slice name)
{
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++)
        if (dt_slice_eq(rule->more->queries[i], name))
            return true;
    return false;
}

/* What is captured comes first: its order is that of the captures' numbers. */
static void put_query(const struct dt_rule *rule, const struct dt_names *names, struct dt_buf *out)
{
    unsigned first = dt_write_labels(rule) + dt_write_names(rule);
    char mark = '?';
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++, mark = '&')
        dt_buf_printf(out, "%c%.*s=:%.*s", mark, DT_SLICE_FMT(rule->more->queries[i]),
                      DT_SLICE_FMT(names->list[first + i]));
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        if (param->any_value && is_captured(rule, param->name))
            continue;
        dt_buf_char(out, mark);
        mark = '&';
        dt_buf_put(out, param->name);
        if (param->any_value)
            continue;
        dt_buf_char(out, '=');
        put_value(param->value, out);
    }
}

static void put_source(struct dt_write *write, const struct dt_rule *rule,
                       const struct dt_names *names, struct dt_buf *out)
{
    if (rule->path_kind == DT_PATH_REGEX) {
        dt_buf_char(out, '~');
        if (rule->flags & DT_RULE_IGNORE_CASE)
            dt_buf_char(out, '*');
        dt_buf_put(out, rule->path);
        return;
    }
    put_host(rule, names, out);
    put_path(write, rule, names, out);
    put_query(rule, names, out);
}

void dt_write_native_source(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    struct dt_names names;
    dt_names_choose(write, rule, &names);
    put_source(write, rule, &names, out);
}

/* ---- Targets ---- */

/* What would be taken for a capture is encoded, where that changes nothing. */
static void put_target_text(const struct dt_rule *rule, const struct dt_piece *piece,
                            struct dt_buf *out)
{
    struct dt_slice text = piece->text;
    bool regex = rule->path_kind == DT_PATH_REGEX;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 0;
        bool behind = i && (dt_is_word(text.ptr[i - 1]) || text.ptr[i - 1] == ':');
        bool name = c == ':' && !behind && (dt_is_alpha(next) || next == '_') && !regex;
        bool group = c == '$' && regex && (dt_is_digit(next) || next == '{');
        bool own = c == '{' && dt_is_alpha(next);
        if (i == 0 && c == ':' && piece->place == DT_MARK_HOST)
            name = false; /* "://" behind {scheme} */
        if (name || group || own)
            dt_buf_printf(out, "%%%02X", (unsigned)c);
        else
            dt_buf_char(out, c);
    }
}

static void put_capture(const struct dt_rule *rule, const struct dt_names *names,
                        const struct dt_piece *piece, bool digit, struct dt_buf *out)
{
    static const char *const own[] = {"scheme", "host", "port", "path", "query"};
    switch ((enum dt_piece_kind)piece->kind) {
    case DT_PIECE_GROUP:
        dt_buf_printf(out, digit || piece->number > 9 ? "${%u}" : "$%u", piece->number);
        return;
    case DT_PIECE_OWN:
        dt_buf_printf(out, "{%s}", own[piece->number - DT_CAPTURES_MAX]);
        return;
    case DT_PIECE_STAR:
        dt_buf_str(out, ":splat");
        return;
    case DT_PIECE_LABEL:
    case DT_PIECE_NAME:
    case DT_PIECE_QUERY:
        dt_buf_printf(out, rule->path_kind == DT_PATH_REGEX ? "${%.*s}" : ":%.*s",
                      DT_SLICE_FMT(dt_names_of(names, piece)));
        return;
    case DT_PIECE_TEXT:
        return;
    }
}

static void put_target(struct dt_write *write, const struct dt_rule *rule,
                       const struct dt_names *names, struct dt_buf *out)
{
    struct dt_pieces target = dt_write_target(write, rule);
    if (target.count == 0)
        dt_buf_char(out, '-');
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        const struct dt_piece *next = i + 1 < target.count ? &target.list[i + 1] : NULL;
        bool text = next && next->kind == DT_PIECE_TEXT;
        if (piece->kind == DT_PIECE_TEXT) {
            put_target_text(rule, piece, out);
            continue;
        }
        put_capture(rule, names, piece, text && dt_is_digit(next->text.ptr[0]), out);
        bool named = piece->kind != DT_PIECE_GROUP && piece->kind != DT_PIECE_OWN;
        if (named && text && dt_is_word(next->text.ptr[0]) && rule->path_kind != DT_PATH_REGEX)
            dt_write_cannot(write, "target-name",
                            "what a name captured is followed by a letter or a digit");
    }
}

/* ---- The set ---- */

/* An empty line where the rule's own file has one above it. */
static void put_gap(struct dt_write *write, const struct dt_rule *rule)
{
    uint32_t line = rule->line;
    struct dt_slice text;
    do
        text = --line ? dt_ruleset_line(write->set, rule->file, line) : DT_SLICE_NONE;
    while (text.len && text.ptr[0] == '#');
    bool ends_gap = line && text.len == 0 && write->out.len &&
                    (write->out.len < 2 || write->out.ptr[write->out.len - 2] != '\n');
    if (ends_gap)
        dt_buf_char(&write->out, '\n');
}

static bool put_host_directive(struct dt_write *write, const struct dt_rule *rule,
                               struct dt_buf *host)
{
    struct dt_names names;
    dt_buf_clear(host);
    if (rule->path_kind != DT_PATH_REGEX || (rule->flags & DT_RULE_URL))
        return false;
    dt_names_choose(write, rule, &names);
    put_host(rule, &names, host);
    return host->len > 0;
}

static void write_rule(struct dt_write *write, uint32_t number, struct dt_buf *line,
                       struct dt_buf *host)
{
    const struct dt_rule *rule = dt_write_begin(write, number);
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_names names;
    dt_names_choose(write, rule, &names);
    dt_buf_clear(line);
    bool hosted = put_host_directive(write, rule, host);
    if (rule->flags & DT_RULE_MAINTENANCE)
        dt_buf_str(line, "maintenance ");
    put_source(write, rule, &names, line);
    dt_buf_char(line, ' ');
    put_target(write, rule, &names, line);
    bool plain = action->status == 307 && !(rule->flags & DT_RULE_MAINTENANCE);
    struct dt_buf options;
    dt_buf_init(&options, DT_LIMIT_LINE);
    if (!plain && action->status == DT_STATUS_PASS)
        dt_buf_str(&options, " pass");
    else if (!plain)
        dt_buf_printf(&options, " %u", action->status);
    dt_native_options(write, rule, &options);
    dt_buf_put(line, dt_buf_slice(&options));
    dt_buf_char(line, '\n');
    if (line->len > DT_LIMIT_LINE || dt_buf_err(&options))
        dt_write_cannot(write, "line-long", "the line would have more than %u bytes",
                        DT_LIMIT_LINE);
    dt_buf_release(&options);
    if (!dt_write_go(write))
        return;
    put_gap(write, rule);
    dt_write_lead(write, &write->out, "# ");
    if (hosted) { /* an expression cannot say its host itself */
        dt_buf_printf(&write->out, "@host %.*s\n",
                      DT_SLICE_FMT(dt_slice_from(dt_buf_slice(host), 2)));
        dt_buf_put(&write->out, dt_buf_slice(line));
        dt_buf_str(&write->out, "@host *\n");
        return;
    }
    dt_buf_put(&write->out, dt_buf_slice(line));
}

/* Expectations of native files stand as they were written. */
static void put_expectations(struct dt_write *write)
{
    size_t count = dt_ruleset_expect_count(write->set);
    if (count)
        dt_buf_char(&write->out, '\n');
    for (size_t i = 0; i < count; i++) {
        const struct dt_expect *expect = dt_ruleset_expect(write->set, i);
        struct dt_slice line = dt_ruleset_line(write->set, expect->file, expect->line);
        dt_buf_put(&write->out, line);
        dt_buf_char(&write->out, '\n');
    }
}

/* As the formatter would have it; it changes white space and no meaning. */
static void lay_out(struct dt_write *write)
{
    struct dt_buf text = write->out;
    size_t refused;
    dt_buf_init(&write->out, text.cap);
    if (dt_buf_err(&text) || dt_fmt(dt_buf_slice(&text), &write->out, &refused)) {
        dt_buf_release(&write->out);
        write->out = text; /* an error is the caller's to find */
        return;
    }
    dt_buf_release(&text);
}

void dt_native_write(struct dt_write *write)
{
    struct dt_buf line, host;
    dt_buf_init(&line, 4 * DT_LIMIT_LINE);
    dt_buf_init(&host, DT_LIMIT_LINE);
    write->has_owner = true;
    if (dt_ruleset_order(write->set) == DT_ORDER_FIRST)
        dt_buf_str(&write->out, "@order first\n\n");
    if (write->set->share_key.len) {
        dt_buf_str(&write->out, "@key ");
        dt_native_quoted(&write->out, write->set->share_key);
        dt_buf_str(&write->out, "\n\n");
    }
    for (uint32_t i = 0; i < write->count; i++)
        write_rule(write, i, &line, &host);
    put_expectations(write);
    lay_out(write);
    dt_buf_release(&line);
    dt_buf_release(&host);
}
