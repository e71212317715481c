/* SPDX-License-Identifier: MIT
 *
 * Netlify's _redirects, one line a rule: source, query conditions, target, status, conditions. The
 * status has its "!", for a redirect without it holds only where there is no file, and here there
 * are no files.
 *
 * Netlify looks at no final slash, and passes every query on; a source has a host only together
 * with its scheme.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/names.h"
#include "rules/read/native_scan.h"
#include "rules/read/option.h"

#define WIDTH_SOURCE 32u /* of a column, when what stands there is no longer */
#define WIDTH_TARGET 40u
#define PART_MAX ((size_t)64 << 10)

struct line {
    struct dt_write *write;
    const struct dt_rule *rule;
    struct dt_names names;
    struct dt_buf source; /* path and query conditions, without scheme and host */
    struct dt_buf target;
    struct dt_buf tail;                   /* status and conditions */
    const struct dt_rule *before, *after; /* the rules around it; NULL at the ends */
};

/* ---- The source ---- */

static void put_path_text(struct line *line, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '*' || (text.ptr[i] == ':' && i && text.ptr[i - 1] == '/' &&
                                   i + 1 < text.len && dt_is_word(text.ptr[i + 1])))
            dt_write_cannot(line->write, "literal",
                            "in a source for Netlify \"%c\" cannot stand for itself", text.ptr[i]);
    dt_buf_put(&line->source, text);
}

/* A star right behind a letter is read as two rules, of which the folder comes first: together they
 * are one line again. */
static bool is_joined(const struct dt_rule *folder, const struct dt_rule *rule)
{
    return folder && rule && folder->file == rule->file && folder->line == rule->line &&
           rule->path_kind == DT_PATH_GLOB && folder->path_kind != DT_PATH_GLOB &&
           dt_write_has_star(folder);
}

static void put_path(struct line *line)
{
    const struct dt_rule *rule = line->rule;
    struct dt_pieces path = dt_write_path(line->write, rule);
    bool folder = false;
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        folder = piece->kind == DT_PIECE_STAR && piece->number == DT_WRITE_FOLDER;
        if (piece->kind == DT_PIECE_TEXT) {
            put_path_text(line, piece->text);
        } else if (piece->kind == DT_PIECE_NAME) {
            struct dt_slice name = dt_names_of(&line->names, piece);
            dt_buf_printf(&line->source, ":%.*s", DT_SLICE_FMT(name));
        } else {
            dt_buf_str(&line->source, folder ? "/*" : "*");
            if (i + 1 < path.count)
                dt_write_cannot(line->write, "star-inside",
                                "Netlify has a \"*\" at the end of a path only");
        }
    }
    if (path.count && !folder && path.list[path.count - 1].kind == DT_PIECE_STAR &&
        !is_joined(line->before, line->rule))
        dt_write_differs(line->write, "star",
                         "in a star right behind a letter Netlify leaves out the slash that it "
                         "begins with");
    if (line->source.len == 0)
        dt_buf_char(&line->source, '/');
    struct dt_slice written = dt_buf_slice(&line->source);
    bool star = path.count && path.list[path.count - 1].kind == DT_PIECE_STAR;
    if (!star && !(rule->flags & DT_RULE_IGNORE_SLASH) && !dt_slice_eq(written, DT_S("/")))
        dt_write_differs(line->write, "slash", "Netlify ignores a final slash");
    if (rule->flags & DT_RULE_IGNORE_CASE)
        dt_write_differs(line->write, "case", "Netlify does not ignore case");
    if (dt_slice_starts(written, DT_S("/.netlify")))
        dt_write_cannot(line->write, "netlify-path",
                        "paths that begin with /.netlify are Netlify's own");
    if (dt_slice_starts(written, DT_S("//")))
        dt_write_cannot(line->write, "path", "a source for Netlify begins with one \"/\"");
}

static void put_param(struct line *line, unsigned i)
{
    const struct dt_param *param = &line->rule->params[i];
    struct dt_slice value = param->value;
    struct dt_slice name = dt_names_query(&line->names, line->rule, param->name);
    bool odd = value.len && (memchr(value.ptr, '=', value.len) || value.ptr[0] == ':');
    bool twice = i && dt_slice_eq(param->name, line->rule->params[i - 1].name);
    if (odd || twice || param->name.len == 0)
        dt_write_cannot(line->write, "query", "a query condition of Netlify is name=value, once");
    dt_buf_printf(&line->source, " %.*s=", DT_SLICE_FMT(param->name));
    if (param->any_value && name.len)
        dt_buf_printf(&line->source, ":%.*s", DT_SLICE_FMT(name));
    else if (param->any_value)
        dt_buf_printf(&line->source, ":any%u", i + 1);
    else
        dt_buf_put(&line->source, value);
}

/* The first may not begin with a digit: Netlify would take it for a status. */
static void put_query(struct line *line)
{
    const struct dt_rule *rule = line->rule;
    unsigned first = 0;
    while (first < rule->nparams && rule->params[first].name.len &&
           dt_is_digit(rule->params[first].name.ptr[0]))
        first++;
    if (rule->nparams && first == rule->nparams)
        dt_write_cannot(line->write, "query",
                        "Netlify takes a query condition that begins with a digit for a status");
    if (first < rule->nparams)
        put_param(line, first);
    for (unsigned i = 0; i < rule->nparams; i++)
        if (i != first)
            put_param(line, i);
    if (rule->flags & DT_RULE_EXACT_QUERY)
        dt_write_differs(line->write, "params",
                         "Netlify cannot ask for these query parameters and no others");
}

/* ---- The target ---- */

static void put_target_text(struct line *line, struct dt_slice text, bool begins)
{
    for (size_t i = 0; i < text.len; i++) {
        if (dt_names_colon(text, i) && !(begins && i < 6))
            dt_buf_str(&line->target, "%3A");
        else
            dt_buf_char(&line->target, text.ptr[i]);
    }
}

static void put_capture(struct line *line, const struct dt_piece *piece)
{
    const struct dt_rule *rule = line->rule;
    struct dt_slice text;
    if (piece->kind == DT_PIECE_OWN && dt_names_own(rule, piece, &text))
        dt_buf_put(&line->target, text);
    else if (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH &&
             rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0)
        dt_buf_str(&line->target, "/:splat");
    else if (piece->kind == DT_PIECE_STAR)
        dt_buf_str(&line->target, ":splat");
    else if (piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_QUERY)
        dt_buf_printf(&line->target, ":%.*s", DT_SLICE_FMT(dt_names_of(&line->names, piece)));
    else
        dt_write_cannot(line->write, "target-capture",
                        "a target for Netlify has what its source captures in path and query only");
}

static void put_target(struct line *line)
{
    struct dt_pieces target = dt_write_target(line->write, line->rule);
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        if (piece->kind != DT_PIECE_TEXT) {
            put_capture(line, piece);
            continue;
        }
        if (i && dt_is_word(piece->text.ptr[0]) && target.list[i - 1].kind != DT_PIECE_OWN)
            dt_write_cannot(line->write, "target-text",
                            "in a target for Netlify a name ends at the next byte that is no "
                            "letter or digit, and here a letter or digit follows it");
        put_target_text(line, piece->text, i == 0);
    }
    struct dt_slice written = dt_buf_slice(&line->target);
    if (!dt_slice_starts(written, DT_S("/")) && !dt_scan_http(written))
        dt_write_cannot(line->write, "target-scheme",
                        "a target for Netlify begins with /, http:// or https://");
}

/* ---- Status and conditions ---- */

static void put_texts(struct line *line, const char *name, const struct dt_condition *condition)
{
    dt_buf_printf(&line->tail, " %s=", name);
    for (unsigned i = 0; i < condition->count; i++) {
        if (i)
            dt_buf_char(&line->tail, ',');
        for (size_t at = 0; at < condition->texts[i].len; at++)
            dt_buf_char(&line->tail, dt_ascii_lower(condition->texts[i].ptr[at]));
    }
}

static void put_conditions(struct line *line)
{
    const struct dt_conditions *conditions = dt_write_conditions(line->write, line->rule);
    unsigned cookies = 0;
    dt_write_check_conditions(line->write, line->rule,
                              1u << DT_CONDITION_COUNTRY | 1u << DT_CONDITION_LANG |
                                  1u << DT_CONDITION_COOKIE);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        cookies += condition->kind == DT_CONDITION_COOKIE;
        if (condition->negated)
            dt_write_cannot(line->write, "condition", "Netlify has no condition like !%s=",
                            dt_write_condition_name(condition));
        else if (condition->kind == DT_CONDITION_COUNTRY)
            put_texts(line, "Country", condition);
        else if (condition->kind == DT_CONDITION_LANG)
            put_texts(line, "Language", condition);
        else if (condition->kind == DT_CONDITION_COOKIE && (condition->count || cookies > 1))
            dt_write_cannot(line->write, "condition",
                            "Netlify asks whether a cookie is there, and no more");
        else if (condition->kind == DT_CONDITION_COOKIE)
            dt_buf_printf(&line->tail, " Cookie=%.*s", DT_SLICE_FMT(condition->name));
    }
}

static void put_tail(struct line *line)
{
    const struct dt_action *action = dt_write_action(line->write, line->rule);
    if (!dt_options_redirects(action->status))
        dt_write_cannot(line->write, "status",
                        "Netlify answers a status without a Location from a page, and there is "
                        "none");
    if (action->query != DT_QUERY_PASS)
        dt_write_differs(line->write, "query", "Netlify passes the whole query on");
    dt_buf_printf(&line->tail, "%u!", action->status);
    put_conditions(line);
}

/* ---- Lines ---- */

static void pad(struct dt_buf *out, size_t from, size_t width)
{
    do
        dt_buf_char(out, ' ');
    while (out->len - from < width);
}

static void put_line(struct line *line, const char *scheme)
{
    struct dt_buf *out = &line->write->out;
    size_t from = out->len;
    if (scheme)
        dt_buf_printf(out, "%s%.*s", scheme, DT_SLICE_FMT(line->rule->host));
    dt_buf_put(out, dt_buf_slice(&line->source));
    pad(out, from, WIDTH_SOURCE);
    size_t target = out->len;
    dt_buf_put(out, dt_buf_slice(&line->target));
    pad(out, target, WIDTH_TARGET);
    dt_buf_put(out, dt_buf_slice(&line->tail));
    dt_buf_char(out, '\n');
}

static void write_rule(struct line *line)
{
    const struct dt_rule *rule = line->rule;
    dt_names_choose(line->write, rule, &line->names);
    dt_buf_clear(&line->source);
    dt_buf_clear(&line->target);
    dt_buf_clear(&line->tail);
    dt_write_check(line->write, rule,
                   DT_CAN_SCHEME | DT_CAN_HOST | DT_CAN_PARAMS | DT_CAN_NO_CASE | DT_CAN_NO_SLASH |
                       DT_CAN_GLOB | DT_CAN_NAMES | DT_CAN_STAR | DT_CAN_COMMENT);
    if (rule->scheme && rule->host_kind == DT_HOST_ANY)
        dt_write_cannot(line->write, "scheme", "Netlify asks for a scheme only with a host");
    if (rule->path_kind != DT_PATH_REGEX)
        put_path(line);
    put_query(line);
    if (rule->path_kind != DT_PATH_REGEX)
        put_target(line);
    put_tail(line);
    if (!dt_write_go(line->write) || is_joined(rule, line->after))
        return;
    dt_write_lead(line->write, &line->write->out, "# ");
    if (rule->host_kind == DT_HOST_ANY)
        put_line(line, NULL);
    if (rule->host_kind == DT_HOST_EXACT && rule->scheme != DT_SCHEME_HTTPS)
        put_line(line, "http://");
    if (rule->host_kind == DT_HOST_EXACT && rule->scheme != DT_SCHEME_HTTP)
        put_line(line, "https://");
}

void dt_netlify_write(struct dt_write *write)
{
    struct line line = {.write = write};
    dt_buf_init(&line.source, PART_MAX);
    dt_buf_init(&line.target, PART_MAX);
    dt_buf_init(&line.tail, PART_MAX);
    for (uint32_t i = 0; i < write->count; i++) {
        line.before = line.rule;
        line.rule = dt_write_begin(write, write->order[i]);
        line.after = i + 1 < write->count ? dt_ruleset_rule(write->set, write->order[i + 1]) : NULL;
        write_rule(&line);
        if (dt_buf_err(&line.source) || dt_buf_err(&line.target) || dt_buf_err(&line.tail))
            write->out.err = DT_ERR_NOMEM;
    }
    dt_buf_release(&line.source);
    dt_buf_release(&line.target);
    dt_buf_release(&line.tail);
}
