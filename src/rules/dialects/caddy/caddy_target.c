/* SPDX-License-Identifier: MIT
 *
 * Targets: Caddy's placeholders as the native language has them. Outputs of maps are put in their
 * place: those of lines that are written out may have placeholders again, those of expressions have
 * "$1".
 */
#include "rules/dialects/apache/apache_target.h"
#include "rules/dialects/caddy/caddy.h"
#include "rules/read/native_scan.h"
#include <stdlib.h>

struct work {
    struct dt_caddy_rule *made;
    struct dt_buf out;
    bool pass;   /* the query is passed on: only a fragment may follow */
    bool wrong;  /* a diagnostic was told */
    bool nested; /* in an output */
};

static bool refuse(struct work *work, struct dt_slice name, const char *why)
{
    work->wrong = true;
    return DT_CADDY_RULE_REFUSE(work->made, "target-capture", "{%.*s} %s", DT_SLICE_FMT(name), why);
}

static void put_text(struct work *work, struct dt_slice text)
{
    struct dt_buf plain;
    dt_buf_init(&plain, DT_LIMIT_TARGET);
    for (size_t i = 0; i < text.len; i++) { /* "\{" is a brace */
        if (text.ptr[i] == '\\' && i + 1 < text.len && strchr("{}", text.ptr[i + 1]))
            i++;
        dt_buf_char(&plain, text.ptr[i]);
    }
    text = dt_buf_slice(&plain);
    if (work->pass && text.len && text.ptr[0] != '#') {
        work->wrong = true;
        (void)DT_CADDY_RULE_REFUSE(work->made, "target-url",
                                   "text behind the request's query, which has no end here");
    }
    if (text.len)
        dt_apache_put(&work->out, text, false);
    dt_buf_release(&plain);
}

static void put_group(struct work *work, unsigned number)
{
    const struct dt_caddy_rule *made = work->made;
    if (number > made->groups)
        return; /* Caddy puts nothing */
    if (made->regex)
        dt_buf_printf(&work->out, "${%u}", number ? made->first + number : 0);
    else if (number == 1 && made->folder)
        dt_buf_str(&work->out, ":splat");
    else if (number)
        dt_buf_str(&work->out, ":q0");
}

/* "$1", "${1}" and "$$" of a map's output. */
static void put_expanded(struct work *work, struct dt_slice text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] != '$')
            continue;
        put_text(work, dt_slice_of(text.ptr + from, at - from));
        size_t brace = at + 1 < text.len && text.ptr[at + 1] == '{', end = at + 1 + brace;
        unsigned number = 0;
        bool digits = end < text.len && dt_is_digit(text.ptr[end]);
        while (end < text.len && dt_is_word(text.ptr[end])) {
            digits &= dt_is_digit(text.ptr[end]);
            number = number * 10 + (unsigned)(text.ptr[end] - '0');
            end++;
        }
        if (at + 1 < text.len && text.ptr[at + 1] == '$') {
            put_text(work, DT_S("$"));
            end = at + 2;
        } else if (digits && number < 100) {
            put_group(work, number);
            end += brace;
        } else {
            work->wrong = true;
            (void)DT_CADDY_RULE_REFUSE(work->made, "target-capture",
                                       "a group of an expression by its name");
        }
        at = end - 1;
        from = end;
    }
    put_text(work, dt_slice_from(text, from));
}

/* ---- Placeholders ---- */

/* The path, or what a handle_path left of it. */
static void put_path(struct work *work)
{
    const struct dt_caddy_rule *made = work->made;
    struct dt_slice prefix = made->when->prefix;
    if (!prefix.len)
        dt_buf_str(&work->out, "{path}");
    else if (made->rest)
        dt_buf_str(&work->out, "/${1}");
    else
        dt_apache_put(&work->out, dt_slice_from(made->path, prefix.len), true);
}

static void put_split(struct work *work, bool file)
{
    const struct dt_caddy_rule *made = work->made;
    if (made->split) {
        dt_buf_printf(&work->out, file ? "${%u}" : "/${%u}", (made->rest ? 2u : 1u) + file);
        return;
    }
    struct dt_slice path = made->path;
    const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
    size_t dir = slash ? (size_t)(slash - path.ptr) + 1 : 0;
    dt_apache_put(&work->out, file ? dt_slice_from(path, dir) : dt_slice_of(path.ptr, dir), true);
}

static void put_query(struct work *work, bool last)
{
    size_t len = work->out.len;
    bool alone = len && work->out.ptr[len - 1] == '?';
    if (alone && last) {
        work->out.len--;
        work->pass = true;
    } else {
        dt_buf_str(&work->out, "{query}");
    }
}

/* Label N of the host, counted from its end. */
static bool put_label(struct work *work, struct dt_slice name, struct dt_slice number)
{
    const struct dt_caddy_rule *made = work->made;
    struct dt_slice host = made->host;
    size_t wanted = 0, count = 1;
    for (size_t i = 0; i < number.len; i++) {
        if (!dt_is_digit(number.ptr[i]) || number.len > 2)
            return refuse(work, name, "is no label");
        wanted = wanted * 10 + (size_t)(number.ptr[i] - '0');
    }
    for (size_t i = 0; i < host.len; i++)
        count += host.ptr[i] == '.';
    if (!host.len || host.ptr[0] == '*' || host.ptr[0] == '.')
        return refuse(work, name, "of a host that is not known");
    if (wanted >= count)
        return true;
    size_t skip = count - 1 - wanted, at = 0;
    for (; skip; at++)
        skip -= host.ptr[at] == '.';
    size_t end = at;
    while (end < host.len && host.ptr[end] != '.')
        end++;
    struct dt_slice label = dt_slice_of(host.ptr + at, end - at);
    if (label.ptr[0] != ':')
        dt_buf_put(&work->out, label);
    else if (made->regex)
        dt_buf_printf(&work->out, "${%.*s}", (int)label.len - 1, label.ptr + 1);
    else
        dt_buf_put(&work->out, label);
    return true;
}

static void put_named(struct work *work, struct dt_slice name)
{
    dt_buf_str(&work->out, work->made->regex ? "${" : ":");
    dt_buf_put(&work->out, name);
    dt_buf_str(&work->out, work->made->regex ? "}" : "");
}

/* {re.NAME.1}, or {re.1} */
static bool put_regexp(struct work *work, struct dt_slice whole, struct dt_slice text)
{
    struct dt_caddy_rule *made = work->made;
    const char *dot = memrchr(text.ptr, '.', text.len);
    struct dt_slice group = dt_slice_of(text.ptr, dot ? (size_t)(dot - text.ptr) : 0);
    struct dt_slice number = dt_slice_from(text, dot ? group.len + 1 : 0);
    unsigned value = 0;
    for (size_t i = 0; i < number.len; i++) {
        if (!dt_is_digit(number.ptr[i]) || number.len > 2)
            return refuse(work, whole, "is a group by its name: write its number");
        value = value * 10 + (unsigned)(number.ptr[i] - '0');
    }
    struct dt_buf wanted;
    dt_buf_init(&wanted, 256);
    dt_buf_printf(&wanted, "=:%.*s", DT_SLICE_FMT(group));
    bool query = group.len && made->query.len && !dt_buf_err(&wanted) &&
                 memmem(made->query.ptr, made->query.len, wanted.ptr, wanted.len);
    dt_buf_release(&wanted);
    if (query) {
        put_named(work, group);
    } else if (made->labels && dt_slice_eq(group, made->host_group)) {
        char label[] = {'h', (char)('0' + (value - 1) % 10)};
        put_named(work, dt_slice_of(label, value && value <= made->labels ? 2 : 0));
    } else if (made->groups && !made->row && dt_slice_eq(group, made->group)) {
        put_group(work, value);
    } else {
        return refuse(work, whole, "is no group of an expression that this redirect asks");
    }
    return true;
}

static void put_all(struct work *work, struct dt_slice text);

/* An output of the row. False: the placeholder is none of a map. */
static bool put_output(struct work *work, struct dt_slice name, bool last)
{
    struct dt_caddy_rule *made = work->made;
    size_t dest = 0;
    struct dt_slice text;
    const struct dt_caddy_map *map = dt_caddy_map_of(made->when->scope, name, &dest);
    if (!map)
        return false;
    if (map->special == DT_CADDY_RAW_PATH) {
        put_path(work);
    } else if (map->special == DT_CADDY_QS) {
        work->pass = true;
        work->wrong |=
            !last && !DT_CADDY_RULE_REFUSE(made, "target-url", "text behind the request's query");
    } else if (map != made->map || work->nested) {
        (void)refuse(work, name, "of a second map");
    } else if (dt_caddy_output(map, made->row, dest, &text)) {
        work->nested = true;
        if (made->map_groups ||
            (made->row->tokens[0].text.len && made->row->tokens[0].text.ptr[0] == '~'))
            put_expanded(work, text);
        else
            put_all(work, text);
        work->nested = false;
    }
    return true;
}

static bool put_placeholder(struct work *work, struct dt_slice name, bool last)
{
    struct dt_slice full = dt_caddy_long(name), rest;
    if (dt_slice_eq(full, DT_S("http.request.uri"))) {
        put_path(work);
        work->pass = true;
        return last || refuse(work, name, "has the query at its end: nothing but # can follow");
    }
    if (dt_slice_eq(full, DT_S("http.request.uri.path")))
        return put_path(work), true;
    if (dt_slice_eq(full, DT_S("http.request.uri.query")))
        return put_query(work, last), true;
    if (dt_slice_eq(full, DT_S("http.request.uri.path.dir")))
        return put_split(work, false), true;
    if (dt_slice_eq(full, DT_S("http.request.uri.path.file")))
        return put_split(work, true), true;
    if (dt_slice_eq(full, DT_S("http.request.scheme")))
        return dt_buf_str(&work->out, "{scheme}"), true;
    if (dt_slice_eq(full, DT_S("http.request.host")))
        return dt_buf_str(&work->out, "{host}"), true;
    if (dt_slice_eq(full, DT_S("http.request.hostport")))
        return dt_buf_str(&work->out, work->made->port ? "{host}:{port}" : "{host}"), true;
    rest = dt_caddy_prefixed(name, "http.request.host.labels.");
    if (rest.len)
        return put_label(work, name, rest);
    rest = dt_caddy_prefixed(name, "http.regexp.");
    if (rest.len)
        return put_regexp(work, name, rest);
    if (put_output(work, name, last))
        return true;
    return refuse(work, name, "cannot be put into a target here");
}

static void put_all(struct work *work, struct dt_slice text)
{
    size_t from = 0, at;
    struct dt_slice name;
    while (!work->wrong && dt_caddy_placeholder(text, from, &at, &name)) {
        put_text(work, dt_slice_of(text.ptr + from, at - from));
        from = at + name.len + 2;
        bool last = from == text.len || text.ptr[from] == '#';
        /* "{dir}{file}" is {path} */
        struct dt_slice behind = dt_slice_from(text, from);
        if (dt_slice_eq(dt_caddy_long(name), DT_S("http.request.uri.path.dir")) &&
            (dt_slice_starts(behind, DT_S("{file}")) ||
             dt_slice_starts(behind, DT_S("{http.request.uri.path.file}")))) {
            from += (size_t)((const char *)memchr(behind.ptr, '}', behind.len) - behind.ptr) + 1;
            put_path(work);
            continue;
        }
        if (!last && from < text.len && text.ptr[from] == '{') { /* what follows may be nothing */
            struct dt_slice next;
            size_t next_at, dest;
            if (dt_caddy_placeholder(text, from, &next_at, &next)) {
                const struct dt_caddy_map *map =
                    dt_caddy_map_of(work->made->when->scope, next, &dest);
                last = map && map->special == DT_CADDY_QS;
            }
        }
        if (!put_placeholder(work, name, last))
            work->wrong = true;
    }
    if (!work->wrong)
        put_text(work, dt_slice_from(text, from));
}

bool dt_caddy_target(struct dt_caddy_rule *made, struct dt_slice *ret, bool *ret_pass)
{
    struct work work = {.made = made};
    dt_buf_init(&work.out, 2 * DT_LIMIT_TARGET);
    put_all(&work, made->answer->to->text);
    *ret = dt_caddy_keep(made->caddy, &work.out);
    *ret_pass = work.pass;
    return !work.wrong && !made->caddy->reader->set->err;
}
