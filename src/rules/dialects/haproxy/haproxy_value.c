/* SPDX-License-Identifier: MIT
 *
 * What an expression stands for: a part of the request, perhaps in another spelling, perhaps what a
 * map has for it. Variables are followed; the lines that bring path and query to the normal form
 * (haproxy_form.h) change nothing here, for rules are about the normal form.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include <stddef.h>

struct row {
    const char *name;
    uint8_t subject;
};

/* Fetches, some of which have an argument. */
static const struct row fetches[] = {
    {"path", DT_HAPROXY_IS_PATH},
    {"base", DT_HAPROXY_IS_BASE},
    {"url", DT_HAPROXY_IS_URI},
    {"pathq", DT_HAPROXY_IS_URI},
    {"capture.req.uri", DT_HAPROXY_IS_URI},
    {"query", DT_HAPROXY_IS_QUERY},
    {"url_param", DT_HAPROXY_IS_PARAM},
    {"urlp", DT_HAPROXY_IS_PARAM},
    {"hdr", DT_HAPROXY_IS_FIELD},
    {"req.hdr", DT_HAPROXY_IS_FIELD},
    {"req.fhdr", DT_HAPROXY_IS_FIELD},
    {"fhdr", DT_HAPROXY_IS_FIELD},
    {"cook", DT_HAPROXY_IS_COOKIE},
    {"req.cook", DT_HAPROXY_IS_COOKIE},
    {"method", DT_HAPROXY_IS_METHOD},
    {"ssl_fc", DT_HAPROXY_IS_SSL},
    {"dst_port", DT_HAPROXY_IS_PORT},
    {"src", DT_HAPROXY_IS_SRC},
    {"date", DT_HAPROXY_IS_DATE},
    {"str", DT_HAPROXY_IS_TEXT},
    {"always_true", DT_HAPROXY_IS_TRUE},
    {"always_false", DT_HAPROXY_IS_FALSE},
};

static const struct row own_vars[] = {
    {DT_HAPROXY_HOST, DT_HAPROXY_IS_HOST},     {DT_HAPROXY_PATH, DT_HAPROXY_IS_PATH},
    {DT_HAPROXY_QUERY, DT_HAPROXY_IS_QUERY},   {DT_HAPROXY_TAIL, DT_HAPROXY_IS_TAIL},
    {DT_HAPROXY_KEY, DT_HAPROXY_IS_BASE},      {DT_HAPROXY_PORT, DT_HAPROXY_IS_PORT},
    {DT_HAPROXY_SCHEME, DT_HAPROXY_IS_SCHEME}, {DT_HAPROXY_URL, DT_HAPROXY_IS_URL},
};

static bool is(struct dt_slice text, const char *name)
{
    return dt_slice_eq(text, dt_slice_str(name));
}

/* What our own writer sets these variables to. */
static bool own_text(struct dt_slice text)
{
    static const char *const texts[] = {DT_HAPROXY_SET_HOST,
                                        DT_HAPROXY_DECODE_PATH,
                                        DT_HAPROXY_SET_CAPITALS_PATH,
                                        DT_HAPROXY_SET_DOTS,
                                        DT_HAPROXY_DECODE_QUERY,
                                        DT_HAPROXY_SET_CAPITALS_QUERY,
                                        DT_HAPROXY_SET_TAIL,
                                        DT_HAPROXY_SET_KEY,
                                        DT_HAPROXY_SET_URL,
                                        "req.hdr(host),port_only",
                                        "int(80)",
                                        "int(443)",
                                        "str(http)",
                                        "str(https)",
                                        "path",
                                        "query"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is(text, texts[i]))
            return true;
    return false;
}

struct dt_haproxy_var *dt_haproxy_var(struct dt_haproxy *haproxy, struct dt_slice name)
{
    struct dt_haproxy_var *var = haproxy->vars;
    while (var && !dt_slice_eq(var->name, name))
        var = var->next;
    return var;
}

/* ---- The fetch ---- */

static bool fetch_var(struct dt_haproxy *haproxy, struct dt_slice name,
                      struct dt_haproxy_value *ret)
{
    struct dt_haproxy_var *var = dt_haproxy_var(haproxy, name);
    for (size_t i = 0; i < sizeof own_vars / sizeof *own_vars && !var; i++)
        if (is(name, own_vars[i].name)) {
            ret->subject = own_vars[i].subject;
            return true;
        }
    const struct dt_haproxy_held *held = var ? var->held : NULL;
    bool plain = held && !held->next && !held->format.len && !held->value.map &&
                 (!held->cond || held->cond->count == 0);
    if (plain) {
        *ret = held->value;
        return true;
    }
    ret->subject = DT_HAPROXY_IS_VARIABLE;
    ret->name = name;
    return true;
}

static bool unknown(struct dt_haproxy *haproxy, struct dt_slice name)
{
    return DT_REFUSE(haproxy->reader, name, "haproxy-variable",
                     "what %.*s is set to cannot be followed", DT_SLICE_FMT(name));
}

static bool fetch(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call,
                  struct dt_haproxy_value *ret)
{
    struct dt_slice arg = call->nargs ? call->args[0] : DT_SLICE_NONE;
    if (is(call->name, "var"))
        return fetch_var(haproxy, arg, ret) && (ret->subject || unknown(haproxy, arg));
    for (size_t i = 0; i < sizeof fetches / sizeof *fetches; i++) {
        if (!is(call->name, fetches[i].name))
            continue;
        ret->subject = fetches[i].subject;
        ret->name = arg;
        if (ret->subject == DT_HAPROXY_IS_FIELD && dt_slice_eq_nocase(arg, DT_S("host"))) {
            ret->subject = DT_HAPROXY_IS_HOST;
            ret->name = DT_SLICE_NONE;
        }
        return true;
    }
    return DT_REFUSE(haproxy->reader, call->name, "haproxy-fetch",
                     "%.*s is nothing that a rule can ask for", DT_SLICE_FMT(call->name));
}

/* ---- Converters ---- */

static bool cannot(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call)
{
    return DT_REFUSE(haproxy->reader, call->name, "haproxy-converter",
                     "the converter %.*s cannot be followed here", DT_SLICE_FMT(call->name));
}

/* concat(a,txn.x,b) */
static bool concat(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call,
                   struct dt_haproxy_value *value)
{
    struct dt_slice before = call->nargs ? call->args[0] : DT_SLICE_NONE;
    struct dt_haproxy_value other = {0};
    bool ends = call->nargs > 2 && call->args[2].len;
    if (call->nargs < 2 || !call->args[1].len) {
        bool place = value->subject == DT_HAPROXY_IS_PATH || value->subject == DT_HAPROXY_IS_BASE;
        value->folder = is(before, "/") && place;
        return value->folder || cannot(haproxy, call);
    }
    if (ends || !fetch_var(haproxy, call->args[1], &other))
        return cannot(haproxy, call);
    if (!before.len && value->subject == DT_HAPROXY_IS_HOST && other.subject == DT_HAPROXY_IS_PATH)
        value->subject = DT_HAPROXY_IS_BASE;
    else if (is(before, "?") && other.subject == DT_HAPROXY_IS_QUERY &&
             value->subject == DT_HAPROXY_IS_BASE)
        value->subject = DT_HAPROXY_IS_BASEQ;
    else if (is(before, "?") && other.subject == DT_HAPROXY_IS_QUERY &&
             value->subject == DT_HAPROXY_IS_PATH)
        value->subject = DT_HAPROXY_IS_PATHQ;
    else if (!before.len && value->subject == DT_HAPROXY_IS_TEXT && is(value->name, ".") &&
             other.subject == DT_HAPROXY_IS_HOST)
        *value = (struct dt_haproxy_value){.subject = DT_HAPROXY_IS_HOST, .dotted = true};
    else
        return cannot(haproxy, call);
    return true;
}

/* Names between two texts, as the writer writes a filter; cuts them out. */
static bool between(struct dt_slice text, const char *begin, const char *end, struct dt_slice *ret)
{
    struct dt_slice front = dt_slice_str(begin), back = dt_slice_str(end);
    if (text.len < front.len + back.len || !dt_slice_starts(text, front) ||
        !dt_slice_eq(dt_slice_from(text, text.len - back.len), back))
        return false;
    *ret = dt_slice_of(text.ptr + front.len, text.len - front.len - back.len);
    return true;
}

static bool regsub_query(const struct dt_haproxy_call *call, struct dt_haproxy_value *value)
{
    struct dt_slice regex = call->args[0], with = call->args[1], names;
    if (is(regex, "^(.)") && (is(with, "?\\1") || is(with, "&\\1"))) {
        value->subject = DT_HAPROXY_IS_TAIL;
        return true;
    }
    if ((is(regex, "&&+") && is(with, "&")) || (is(regex, "^&") && !with.len) ||
        (is(regex, "&$") && !with.len)) {
        value->subject = DT_HAPROXY_IS_TAIL;
        return true;
    }
    if (between(regex, "(?<![^&])(?:", ")(?:=[^&]*)?(?:&+|$)", &names)) {
        *(value->less.len ? &value->less_too : &value->less) = names;
        return true;
    }
    if (between(regex, "(?<![^&])(?!(?:", ")(?:=|&|$))[^&]+(?:&+|$)", &names)) {
        value->keep = names;
        return true;
    }
    if (between(regex, "^(?:.*?&)?", "(?:=([^&]*))?(?:&.*)?$", &names)) {
        value->subject = DT_HAPROXY_IS_PARAM;
        value->name = names;
        return true;
    }
    return false;
}

/* Escapes for the place that a capture goes to: every capture gets them here. */
static bool is_escape(const struct dt_haproxy_call *call)
{
    static const char *const pairs[][2] = {{"&", "%26"},   {"=", "%3D"},   {"\\+", "%2B"},
                                           {";", "%3B"},   {"'", "%27"},   {"/", "%2F"},
                                           {"\\?", "%3F"}, {"\\+", "%20"}, {"%(.?)$", "%25\\1"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (is(call->args[0], pairs[i][0]) && is(call->args[1], pairs[i][1]))
            return true;
    return false;
}

static bool regsub(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call,
                   struct dt_haproxy_value *value)
{
    struct dt_slice flags = call->nargs > 2 ? call->args[2] : DT_SLICE_NONE;
    struct dt_slice regex = call->nargs ? call->args[0] : DT_SLICE_NONE;
    if (call->nargs < 2 || !regex.len)
        return cannot(haproxy, call);
    if (value->subject == DT_HAPROXY_IS_HOST && is(regex, "\\.$") && !call->args[1].len)
        return true; /* a final dot is ignored anyway */
    if (value->subject == DT_HAPROXY_IS_URL && is(regex, "^[a-z]+:") && !call->args[1].len) {
        value->subject = DT_HAPROXY_IS_REL_URL;
        return true;
    }
    if ((value->subject == DT_HAPROXY_IS_QUERY || value->subject == DT_HAPROXY_IS_TAIL) &&
        regsub_query(call, value))
        return true;
    if (value->subject == DT_HAPROXY_IS_VARIABLE && is(regex, "^//") && is(call->args[1], "/.//")) {
        value->guard = true;
        return true;
    }
    if (value->subject == DT_HAPROXY_IS_VARIABLE && is(regex, "#.*")) {
        value->before_hash = true;
        return true;
    }
    if (value->subject == DT_HAPROXY_IS_VARIABLE && is(regex, "^[^#]*")) {
        value->from_hash = true;
        return true;
    }
    bool place = value->subject == DT_HAPROXY_IS_PATH || value->subject == DT_HAPROXY_IS_BASE;
    if (place && is(regex, "/$") && !call->args[1].len && !flags.len) {
        value->noslash = true;
        return true;
    }
    if (is_escape(call) && (value->regex.len || value->subject != DT_HAPROXY_IS_PATH || flags.len))
        return true;
    bool can = value->subject == DT_HAPROXY_IS_PATH || value->subject == DT_HAPROXY_IS_HOST ||
               value->subject == DT_HAPROXY_IS_URL || value->subject == DT_HAPROXY_IS_REL_URL;
    bool global = flags.len && memchr(flags.ptr, 'g', flags.len) && regex.ptr[0] != '^';
    if (!can || value->regex.len || global)
        return cannot(haproxy, call);
    value->regex = regex;
    value->with = call->args[1];
    value->regex_nocase = flags.len && memchr(flags.ptr, 'i', flags.len);
    return true;
}

static bool lookup(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call,
                   struct dt_haproxy_value *value)
{
    static const struct row hows[] = {
        {"map", DT_HAPROXY_STR},     {"map_str", DT_HAPROXY_STR}, {"map_beg", DT_HAPROXY_BEG},
        {"map_end", DT_HAPROXY_END}, {"map_sub", DT_HAPROXY_SUB}, {"map_dir", DT_HAPROXY_DIR},
        {"map_dom", DT_HAPROXY_DOM}, {"map_reg", DT_HAPROXY_REG}, {"map_regm", DT_HAPROXY_REGM},
    };
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        if (!is(call->name, hows[i].name) || !call->nargs || value->map)
            continue;
        value->how = hows[i].subject;
        value->map = dt_haproxy_map(haproxy, call->name, call->args[0], true);
        value->has_default = call->nargs > 1;
        value->otherwise = value->has_default ? call->args[1] : DT_SLICE_NONE;
        return value->map != NULL;
    }
    return cannot(haproxy, call);
}

static bool convert(struct dt_haproxy *haproxy, const struct dt_haproxy_call *call,
                    struct dt_haproxy_value *value)
{
    if (is(call->name, "lower")) {
        value->lower = true;
        return true;
    }
    if (value->subject == DT_HAPROXY_IS_HOST && is(call->name, "host_only"))
        return true;
    if (value->subject == DT_HAPROXY_IS_HOST && is(call->name, "port_only")) {
        value->subject = DT_HAPROXY_IS_PORT;
        return true;
    }
    if (value->subject == DT_HAPROXY_IS_HOST && is(call->name, "field") && call->nargs > 1 &&
        is(call->args[0], "1") && is(call->args[1], ":"))
        return true; /* the host without its port */
    if (is(call->name, "concat"))
        return concat(haproxy, call, value);
    if (is(call->name, "regsub"))
        return regsub(haproxy, call, value);
    return lookup(haproxy, call, value);
}

bool dt_haproxy_value(struct dt_haproxy *haproxy, const struct dt_haproxy_expression *expression,
                      struct dt_haproxy_value *ret)
{
    struct dt_haproxy_value value = {0};
    if (!fetch(haproxy, &expression->calls[0], &value))
        return false;
    for (unsigned i = 1; i < expression->count; i++)
        if (!convert(haproxy, &expression->calls[i], &value))
            return false;
    *ret = value;
    return true;
}

bool dt_haproxy_value_of(struct dt_haproxy *haproxy, struct dt_slice text,
                         struct dt_haproxy_value *ret)
{
    struct dt_haproxy_expression *expression = &haproxy->expression;
    size_t at = 0;
    if (!dt_haproxy_parse(haproxy, text, &at, expression))
        return false;
    if (at < text.len)
        return dt_haproxy_refuse(haproxy, text, "haproxy-expression", "more behind an expression");
    return dt_haproxy_value(haproxy, expression, ret);
}

/* ---- set-var ---- */

/* "!{ var(x) -m found }" among what must hold; it is taken out. */
static bool take_unset(struct dt_haproxy_cond *cond, struct dt_slice name)
{
    if (cond->count != 1)
        return false;
    struct dt_haproxy_all *all = &cond->list[0];
    for (unsigned i = 0; i < all->count; i++) {
        const struct dt_haproxy_test *test = all->list[i];
        if (!test->negated || test->how != DT_HAPROXY_FOUND ||
            test->value.subject != DT_HAPROXY_IS_VARIABLE || !dt_slice_eq(test->value.name, name))
            continue;
        all->list[i] = all->list[--all->count];
        if (!all->count)
            cond->count = 0;
        return true;
    }
    return false;
}

/* "var(x),concat(...),regsub(...)" into x itself: what is below a folder, or no two slashes. */
static bool changes_itself(struct dt_haproxy *haproxy, struct dt_slice name, struct dt_slice text)
{
    struct dt_haproxy_var *var = dt_haproxy_var(haproxy, name);
    struct dt_slice self = DT_S("var(");
    struct dt_slice rest = dt_slice_from(text, self.len + name.len);
    if (!var || !dt_slice_starts(text, self) ||
        !dt_slice_starts(dt_slice_from(text, self.len), name))
        return false;
    bool below = is(rest, ")," DT_HAPROXY_WITH_PATH "," DT_HAPROXY_BELOW) ||
                 is(rest, ")," DT_HAPROXY_WITH_PATH "," DT_HAPROXY_BELOW_NOCASE);
    bool guard = is(rest, ")," DT_HAPROXY_GUARD);
    for (struct dt_haproxy_held *held = var->held; held && (below || guard); held = held->next)
        held->value.below |= below;
    return below || guard;
}

static bool hold(struct dt_haproxy *haproxy, struct dt_slice name,
                 const struct dt_haproxy_held *add, bool behind)
{
    struct dt_arena *arena = &haproxy->reader->set->arena;
    struct dt_haproxy_var *var = dt_haproxy_var(haproxy, name);
    struct dt_haproxy_held *held = dt_arena_alloc(arena, sizeof *held);
    if (!var) {
        var = dt_arena_alloc(arena, sizeof *var);
        if (!var)
            return dt_reader_nomem(haproxy->reader);
        *var = (struct dt_haproxy_var){.name = name, .next = haproxy->vars};
        haproxy->vars = var;
    }
    if (!held)
        return dt_reader_nomem(haproxy->reader);
    *held = *add;
    bool always = !held->format.len && !held->value.map && !held->cond &&
                  held->value.subject != DT_HAPROXY_IS_PARAM;
    if (!behind || !var->held) {
        held->next = always ? NULL : var->held;
        var->held = held;
        return true;
    }
    struct dt_haproxy_held *last = var->held;
    while (last->next)
        last = last->next;
    last->next = held;
    return true;
}

/* A value that cannot be followed is one of nothing. */
static void try_value(struct dt_haproxy *haproxy, struct dt_slice text,
                      struct dt_haproxy_value *ret)
{
    struct dt_ruleset *set = haproxy->reader->set;
    size_t diags = set->diag_count, errors = set->error_count;
    if (dt_haproxy_value_of(haproxy, text, ret))
        return;
    for (size_t i = diags; i < set->diag_count; i++)
        if (strcmp(set->diags[i].name, "haproxy-map") == 0)
            return; /* a file that is missing is told at once */
    set->diag_count = diags;
    set->error_count = errors;
    *ret = (struct dt_haproxy_value){0};
}

static const struct dt_haproxy_cond *kept(struct dt_haproxy *haproxy,
                                          const struct dt_haproxy_cond *cond)
{
    size_t size = offsetof(struct dt_haproxy_cond, list) + cond->count * sizeof *cond->list;
    struct dt_haproxy_cond *copy = dt_arena_alloc(&haproxy->reader->set->arena, size);
    if (copy)
        memcpy(copy, cond, size);
    else
        (void)dt_reader_nomem(haproxy->reader);
    return copy;
}

void dt_haproxy_set_var(struct dt_haproxy *haproxy, struct dt_slice call,
                        const struct dt_haproxy_words *words, unsigned at)
{
    bool format = dt_slice_starts(call, DT_S("set-var-fmt("));
    struct dt_slice name = dt_slice_from(call, format ? 12 : 8), text;
    struct dt_haproxy_held held = {0};
    struct dt_haproxy_cond *cond = &haproxy->cond;
    if (name.len < 2 || name.ptr[name.len - 1] != ')' || at >= words->count) {
        (void)dt_haproxy_refuse(haproxy, call, "haproxy-variable", "set-var(name) expression");
        return;
    }
    name.len--;
    text = words->list[at];
    for (size_t i = 0; i < sizeof own_vars / sizeof *own_vars && !format; i++)
        if (is(name, own_vars[i].name) && own_text(text))
            return;
    if (!format && changes_itself(haproxy, name, text))
        return;
    /* Most variables are for other lines: what cannot be read is told where it is asked for. */
    struct dt_ruleset *set = haproxy->reader->set;
    size_t diags = set->diag_count, errors = set->error_count;
    if (!dt_haproxy_cond(haproxy, words, at + 1, cond)) {
        set->diag_count = diags;
        set->error_count = errors;
        (void)hold(haproxy, name, &held, false);
        return;
    }
    bool behind = take_unset(cond, name);
    if (cond->count && !(held.cond = kept(haproxy, cond)))
        return;
    if (format)
        held.format = text;
    else
        try_value(haproxy, text, &held.value);
    (void)hold(haproxy, name, &held, behind);
}
