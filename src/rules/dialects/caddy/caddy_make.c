/* SPDX-License-Identifier: MIT
 *
 * From an answer and all that has to hold for it to rules: one for each line of the map that it
 * asks for, and one for each choice among the alternatives of its conditions (paths, hosts, query
 * parameters).
 */
#include "rules/dialects/caddy/caddy.h"
#include "rules/read/target.h"

/* ---- One rule ---- */

static bool is_code(struct dt_slice code)
{
    static const char *const codes[] = {"301", "302", "303", "307", "308",
                                        "404", "410", "451", "503", "pass"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (dt_slice_eq(code, dt_slice_str(codes[i])))
            return true;
    return false;
}

/* The code, which may be an output of the map. */
static bool code_of(struct dt_caddy_rule *made, struct dt_slice *ret)
{
    struct dt_slice code = made->answer->code, name;
    size_t at, dest;
    if (code.len && code.ptr[0] == '{' && dt_caddy_placeholder(code, 0, &at, &name)) {
        const struct dt_caddy_map *map = dt_caddy_map_of(made->when->scope, name, &dest);
        bool known = map && map == made->map &&
                     (dt_caddy_output(map, made->row, dest, &code) ||
                      (map->defaults && dt_caddy_output(map, map->defaults, dest, &code)));
        if (!known)
            return DT_CADDY_RULE_REFUSE(made, "caddy-code", "a code that is not known here");
    }
    if (dt_slice_eq(code, DT_S("permanent")))
        code = DT_S("301");
    if (dt_slice_eq(code, DT_S("temporary")) || !code.len)
        code = DT_S("302");
    if (dt_slice_eq(code, DT_S("html")))
        return DT_CADDY_RULE_REFUSE(made, "caddy-code",
                                    "html is a page with status 200 that redirects by itself");
    *ret = code;
    return is_code(code) ||
           DT_CADDY_RULE_REFUSE(made, "caddy-code", "the code %.*s is not one of " DT_STATUS_CHOICE,
                                DT_SLICE_FMT(code));
}

/* The host that the native language would write, as that of an @host. */
static bool set_host(struct dt_caddy_rule *made)
{
    struct dt_reader *reader = made->caddy->reader;
    struct dt_host_pattern pattern = {0};
    struct dt_slice host = made->host;
    if (dt_slice_starts(host, DT_S("*.")) && made->when->wild) {
        const struct dt_slice below = dt_slice_from(host, 2);
        struct dt_buf out;
        dt_buf_init(&out, 512);
        dt_buf_str(&out, ":h0.");
        dt_buf_put(&out, below);
        host = made->host = dt_caddy_keep(made->caddy, &out);
    }
    if (host.len && !dt_source_host(reader, host, &pattern))
        return false;
    pattern.scheme = made->scheme;
    pattern.port = made->port;
    reader->host = pattern;
    return dt_source_parse(reader, DT_S("/"), 0, DT_SOURCE_LITERAL, &made->rule);
}

static bool read_options(struct dt_caddy_rule *made, struct dt_slice code, bool pass)
{
    struct dt_reader *reader = made->caddy->reader;
    struct dt_options options = dt_options_standard();
    struct dt_buf text;
    dt_buf_init(&text, DT_LIMIT_LINE);
    dt_buf_put(&text, code);
    dt_buf_str(&text, pass || !made->rule.target.len ? " " : " query=drop ");
    if (!dt_slice_eq(code, DT_S("pass")))
        dt_buf_put(&text, made->when->options);
    dt_buf_put(&text, dt_buf_slice(&made->options));
    struct dt_slice kept = dt_caddy_keep(made->caddy, &text);
    return dt_options_parse(reader, kept, &options) &&
           dt_ruleset_intern_conditions(reader->set, &options.conditions, &made->rule.conditions) &&
           dt_ruleset_intern_action(reader->set, &options.action, &made->rule.action);
}

static const struct dt_caddy_token *place_of(const struct dt_caddy_rule *made)
{
    return made->row ? made->row->tokens : made->answer->at;
}

static bool finish(struct dt_caddy_rule *made)
{
    struct dt_reader *reader = made->caddy->reader;
    struct dt_slice code, target = DT_SLICE_NONE;
    bool pass = false;
    if (!dt_caddy_conds(made) || made->never || !code_of(made, &code))
        return false;
    (void)dt_caddy_at(made->caddy, place_of(made));
    made->rule = (struct dt_rule){.file = reader->file, .line = reader->line};
    if (!set_host(made) || !dt_caddy_path(made))
        return false;
    (void)dt_caddy_at(made->caddy, place_of(made));
    struct dt_slice query = dt_caddy_keep(made->caddy, &made->query);
    if (query.len &&
        !dt_source_query(reader, query, DT_SOURCE_ANY | DT_SOURCE_CAPTURES, &made->rule))
        return false;
    if (made->answer->to) {
        if (!dt_caddy_target(made, &target, &pass))
            return false;
        if (!target.len)
            return DT_CADDY_RULE_REFUSE(made, "target-missing", "redirects to nothing");
        (void)dt_caddy_at(made->caddy, place_of(made));
        if (!dt_target_read(reader, target, DT_TARGET_NATIVE, &made->rule))
            return false;
    }
    uint8_t flags = (uint8_t)((made->nocase && !made->regex ? DT_RULE_IGNORE_CASE : 0) |
                              (made->slash ? DT_RULE_IGNORE_SLASH : 0) |
                              (made->only ? DT_RULE_EXACT_QUERY : 0));
    return read_options(made, code, pass) && dt_source_fold(reader, &made->rule, flags) &&
           dt_ruleset_add_rule(reader->set, &made->rule);
}

/* ---- Alternatives ---- */

static size_t alternatives(const struct dt_caddy_cond *cond)
{
    bool choice = cond->kind == DT_CADDY_PATH || cond->kind == DT_CADDY_EXACT_PATH ||
                  cond->kind == DT_CADDY_HOST || cond->kind == DT_CADDY_PARAMS ||
                  cond->kind == DT_CADDY_VARS;
    return choice && !cond->negated && cond->count ? cond->count : 1;
}

/* A directive may be walked several times (snippets, handles): what is wrong is told once. */
static void forget_twins(struct dt_ruleset *set, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < set->diag_count; i++) {
        const struct dt_diag *made = &set->diags[i];
        bool twin = false;
        for (size_t j = 0; j < kept && !twin; j++) {
            const struct dt_diag *other = &set->diags[j];
            twin = other->file == made->file && other->line == made->line &&
                   other->col == made->col && dt_slice_eq(other->message, made->message);
        }
        if (twin)
            set->error_count -= made->severity == DT_SEVERITY_ERROR;
        else
            set->diags[kept++] = *made;
    }
    set->diag_count = kept;
}

static void choose(struct dt_caddy_rule *like, size_t at)
{
    struct dt_reader *reader = like->caddy->reader;
    if (reader->set->err)
        return;
    if (at == like->count) {
        struct dt_caddy_rule made = *like;
        struct dt_host_pattern kept = reader->host;
        size_t diags = reader->set->diag_count;
        dt_buf_init(&made.options, DT_LIMIT_LINE);
        dt_buf_init(&made.query, DT_LIMIT_LINE);
        (void)finish(&made);
        forget_twins(reader->set, diags);
        reader->host = kept;
        dt_buf_release(&made.options);
        dt_buf_release(&made.query);
        return;
    }
    for (size_t i = 0; i < alternatives(like->conds[at]); i++) {
        like->chosen[at] = i;
        choose(like, at + 1);
    }
}

/* ---- Conditions on placeholders ---- */

/* What is asked of a placeholder that stands for the path is asked of the path. */
static const struct dt_caddy_cond *about_path(struct dt_caddy *caddy,
                                              const struct dt_caddy_when *when,
                                              const struct dt_caddy_cond *cond)
{
    bool vars = cond->kind == DT_CADDY_VARS, expression = cond->kind == DT_CADDY_VARS_RE;
    struct dt_slice name = dt_caddy_long(cond->name);
    size_t dest;
    if (!vars && !expression)
        return cond;
    const struct dt_caddy_map *map = dt_caddy_map_of(when->scope, cond->name, &dest);
    bool raw = map && map->special == DT_CADDY_RAW_PATH;
    bool path = dt_slice_eq(name, DT_S("http.request.uri.path"));
    bool uri = dt_slice_eq(name, DT_S("http.request.uri"));
    if (!(path || raw || uri) || (vars && !path))
        return cond;
    struct dt_caddy_cond *made = dt_caddy_new(caddy, sizeof *made);
    if (!made)
        return cond;
    *made = *cond;
    made->kind = vars  ? DT_CADDY_EXACT_PATH
                 : raw ? DT_CADDY_RAW_MAP
                 : uri ? DT_CADDY_URI_MAP
                       : DT_CADDY_PATH_MAP;
    return made;
}

/* Does a row have what a condition asks of an output? *ret_asks: it is about this map. */
static bool row_has(const struct dt_caddy_when *when, const struct dt_caddy_map *map,
                    const struct dt_caddy_row *row, const struct dt_caddy_cond *cond,
                    bool *ret_asks)
{
    size_t dest = 0;
    struct dt_slice text = DT_SLICE_NONE;
    *ret_asks =
        cond->kind == DT_CADDY_VARS && dt_caddy_map_of(when->scope, cond->name, &dest) == map;
    if (!*ret_asks)
        return true;
    bool known = row && dt_caddy_output(map, row, dest, &text), has = false;
    if (!known && !map->defaults)
        text = DT_S("<nil>"); /* as Caddy prints what is not there */
    for (size_t i = 0; i < cond->count; i++)
        has |= dt_slice_eq(cond->args[i], text);
    return has != cond->negated;
}

/* The map that the answer, or a condition, asks for. False after an error: there are two. */
static bool find_map(struct dt_caddy *caddy, const struct dt_caddy_when *when,
                     const struct dt_caddy_answer *answer, const struct dt_caddy_map **ret)
{
    struct dt_slice texts[2 + DT_CADDY_CONDS];
    size_t count = 0;
    *ret = NULL;
    if (answer->to)
        texts[count++] = answer->to->text;
    texts[count++] = answer->code;
    for (size_t t = 0; t < count; t++) {
        struct dt_slice name;
        for (size_t at = 0; dt_caddy_placeholder(texts[t], at, &at, &name); at += name.len + 2) {
            size_t dest;
            const struct dt_caddy_map *map = dt_caddy_map_of(when->scope, name, &dest);
            if (!map || map->special)
                continue;
            if (*ret && *ret != map)
                return DT_CADDY_REFUSE(caddy, answer->at, "caddy-map", "two maps in one redirect");
            *ret = map;
        }
    }
    for (size_t i = 0; i < when->count; i++) {
        size_t dest;
        const struct dt_caddy_cond *cond = when->conds[i];
        const struct dt_caddy_map *map =
            cond->kind == DT_CADDY_VARS || cond->kind == DT_CADDY_VARS_RE
                ? dt_caddy_map_of(when->scope, cond->name, &dest)
                : NULL;
        if (!map || map->special)
            continue;
        if (*ret && *ret != map)
            return DT_CADDY_REFUSE(caddy, answer->at, "caddy-map", "two maps in one redirect");
        *ret = map;
    }
    return true;
}

/* ---- Rows ---- */

/* The condition that a row's input is. NULL after an error. */
static const struct dt_caddy_cond *input(struct dt_caddy *caddy, const struct dt_caddy_when *when,
                                         const struct dt_caddy_map *map,
                                         const struct dt_caddy_row *row)
{
    struct dt_caddy_cond *made = dt_caddy_new(caddy, sizeof *made);
    struct dt_slice *arg = dt_caddy_new(caddy, sizeof *arg), text = row->tokens[0].text;
    size_t dest;
    if (!made || !arg)
        return NULL;
    bool expression = text.len && text.ptr[0] == '~';
    const struct dt_caddy_map *of = dt_caddy_map_of(when->scope, map->source, &dest);
    bool raw = of && of->special == DT_CADDY_RAW_PATH;
    bool path = dt_slice_eq(map->source, DT_S("http.request.uri.path"));
    bool uri = dt_slice_eq(map->source, DT_S("http.request.uri"));
    bool host = dt_slice_eq(map->source, DT_S("http.request.host"));
    *arg = dt_slice_from(text, expression);
    *made = (struct dt_caddy_cond){.at = row->tokens, .args = arg, .count = 1, .cap = 1};
    made->prefix = when->prefix;
    if (path || raw)
        made->kind = !expression ? DT_CADDY_EXACT_PATH : raw ? DT_CADDY_RAW_MAP : DT_CADDY_PATH_MAP;
    else if (uri && !when->prefix.len)
        made->kind = expression ? DT_CADDY_URI_MAP : DT_CADDY_EXACT_URI;
    else if (host && !expression)
        made->kind = DT_CADDY_HOST;
    else
        return DT_CADDY_REFUSE(caddy, row->tokens, "caddy-map",
                               "a map of something else than {path}, {uri} and {host}")
                   ? made
                   : NULL;
    return made;
}

static void make_row(struct dt_caddy_rule *rule, const struct dt_caddy_map *map,
                     const struct dt_caddy_row *row, bool by_default)
{
    struct dt_caddy_rule made = *rule;
    bool asks, has = true;
    made.map = map;
    made.row = row;
    for (size_t i = made.count; i-- > 0;) {
        has &= row_has(made.when, map, row, made.conds[i], &asks);
        if (asks)
            made.conds[i] = made.conds[--made.count];
    }
    if (!has)
        return;
    if (!by_default) {
        const struct dt_caddy_cond *cond = input(made.caddy, made.when, map, row);
        if (!cond)
            return;
        made.conds[made.count++] = cond;
    }
    choose(&made, 0);
}

/* Has the row an output wherever the answer asks for one? */
static bool is_mapped(const struct dt_caddy_rule *rule, const struct dt_caddy_map *map,
                      const struct dt_caddy_row *row)
{
    struct dt_slice name, text;
    size_t dest;
    if (!rule->answer->to)
        return true;
    for (size_t at = 0; dt_caddy_placeholder(rule->answer->to->text, at, &at, &name);
         at += name.len + 2)
        if (dt_caddy_map_of(rule->when->scope, name, &dest) == map &&
            !dt_caddy_output(map, row, dest, &text))
            return false;
    return true;
}

/* A map without a default, and a redirect that does not ask whether there is an output: Caddy sends
 * all other requests to nowhere. */
static void warn_empty(const struct dt_caddy_rule *rule, const struct dt_caddy_map *map)
{
    struct dt_reader *reader = rule->caddy->reader;
    bool asks = false;
    for (size_t i = 0; i < rule->count && !asks; i++)
        (void)row_has(rule->when, map, map->rows, rule->conds[i], &asks);
    size_t diags = reader->set->diag_count;
    if (!asks && rule->answer->to)
        dt_reader_warn(
            reader, dt_caddy_at(rule->caddy, rule->answer->at), "caddy-map-default",
            "Caddy answers requests that the map has no line for with an empty Location: "
            "they are not redirected here");
    forget_twins(reader->set, diags);
}

void dt_caddy_make(struct dt_caddy *caddy, const struct dt_caddy_when *when,
                   const struct dt_caddy_answer *answer)
{
    struct dt_caddy_rule rule = {.caddy = caddy, .when = when, .answer = answer};
    const struct dt_caddy_map *map;
    rule.host = when->host;
    rule.scheme = when->scheme;
    rule.port = when->port;
    for (size_t i = 0; i < when->count; i++)
        rule.conds[rule.count++] = about_path(caddy, when, when->conds[i]);
    if (answer->to) { /* what the target asks of the path */
        struct dt_slice name;
        for (size_t at = 0; dt_caddy_placeholder(answer->to->text, at, &at, &name);
             at += name.len + 2) {
            struct dt_slice full = dt_caddy_long(name);
            size_t dest;
            const struct dt_caddy_map *of = dt_caddy_map_of(when->scope, name, &dest);
            bool all = dt_slice_eq(full, DT_S("http.request.uri")) ||
                       dt_slice_eq(full, DT_S("http.request.uri.path")) ||
                       (of && of->special == DT_CADDY_RAW_PATH);
            rule.rest |= when->prefix.len && all;
            bool piece = dt_slice_eq(full, DT_S("http.request.uri.path.file")) ||
                         dt_slice_eq(full, DT_S("http.request.uri.path.dir"));
            rule.split |= piece && !memmem(answer->to->text.ptr, answer->to->text.len,
                                           "{dir}{file}", strlen("{dir}{file}"));
        }
    }
    if (!find_map(caddy, when, answer, &map))
        return;
    if (!map) {
        choose(&rule, 0);
        return;
    }
    for (const struct dt_caddy_row *row = map->rows; row; row = row->next)
        if (is_mapped(&rule, map, row))
            make_row(&rule, map, row, false);
    if (map->defaults)
        make_row(&rule, map, map->defaults, true);
    else
        warn_empty(&rule, map);
}
