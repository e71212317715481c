/* SPDX-License-Identifier: MIT
 *
 * "has" and "missing". A value is a text for a regular expression that must match from beginning to
 * end, or an object with an operator. Those that spell out a few texts become conditions of our
 * own:
 *
 *   host                 the rule's host, one rule for each
 *   query                a query condition, which may capture
 *   header, cookie       header=, cookie=
 *   x-vercel-ip-country  country=
 */
#include "base/buf.h"
#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/pattern.h"
#include "rules/dialects/vercel/vercel.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

enum { TYPE, KEY, VALUE, KEYS };

struct item {
    struct dt_vercel_redirect *redirect;
    struct dt_reader *reader;
    struct dt_json_found keys[KEYS];
    struct dt_slice brace; /* where it begins */
    bool missing;

    struct dt_slice key;
    struct dt_apache_texts texts; /* what the value may be, with "*" for any run of bytes */
    bool any;                     /* no value was given */
    bool negated;                 /* by "missing" or by the operator */
    struct dt_slice capture;      /* the name of a group that takes all of the value */
};

static struct dt_slice place(const struct item *item)
{
    return item->keys[VALUE].is ? item->keys[VALUE].value.text : item->brace;
}

static bool refuse_value(struct item *item)
{
    return DT_REFUSE(item->reader, place(item), "vercel-value",
                     "this is more than a few texts written out, and cannot be a condition here");
}

/* ---- Values ---- */

/* The name of "(?<name>.*)", when that is all of the text. */
static bool whole_capture(struct dt_slice text, struct dt_slice *ret)
{
    if (!dt_slice_starts(text, DT_S("(?<")) || text.len < 8)
        return false;
    const char *end = memchr(text.ptr, '>', text.len);
    struct dt_slice body = dt_slice_from(text, end ? (size_t)(end - text.ptr) + 1 : text.len);
    *ret = dt_slice_of(text.ptr + 3, end ? (size_t)(end - text.ptr) - 3 : 0);
    return ret->len && dt_capture_name_length(*ret) == ret->len && dt_slice_eq(body, DT_S(".*)"));
}

static bool read_expression(struct item *item, struct dt_slice text, bool dots)
{
    if (whole_capture(text, &item->capture)) {
        item->any = true;
        return true;
    }
    const struct dt_slice parts[] = {DT_S("^(?:"), text, DT_S(")$")};
    struct dt_slice whole = dt_pattern_join(item->reader, parts, 3);
    return whole.len && (dt_apache_texts(&item->reader->set->arena, whole, dots, &item->texts) ||
                         refuse_value(item));
}

static bool add_text(struct item *item, const char *before, struct dt_slice text, const char *after)
{
    const struct dt_slice parts[] = {dt_slice_str(before), text, dt_slice_str(after)};
    if (item->texts.count == DT_APACHE_TEXTS || !text.len || memchr(text.ptr, '*', text.len))
        return refuse_value(item);
    item->texts.list[item->texts.count++] = dt_pattern_join(item->reader, parts, 3);
    return !item->reader->set->err;
}

/* A list of texts: of "inc" and "ninc". */
static bool read_list(struct item *item, const struct dt_json_value *list)
{
    struct dt_slice inside = dt_json_inside(list), text;
    struct dt_json_value value;
    while (dt_json_element(&inside, &value)) {
        struct dt_json_found found;
        if (value.kind != '"' || !dt_json_find(item->redirect->walk, &value, &found) ||
            !dt_json_string(item->redirect->walk, &found, &text) || !add_text(item, "", text, ""))
            return value.kind == '"' ? false : refuse_value(item);
    }
    return item->texts.count > 0 || refuse_value(item);
}

static bool read_operator(struct item *item, struct dt_slice name,
                          const struct dt_json_value *value)
{
    struct dt_json_found found;
    struct dt_slice text;
    bool list = dt_slice_eq(name, DT_S("inc")) || dt_slice_eq(name, DT_S("ninc"));
    item->negated ^= dt_slice_eq(name, DT_S("neq")) || dt_slice_eq(name, DT_S("ninc"));
    if (list && value->kind == '[')
        return read_list(item, value);
    if (!dt_json_find(item->redirect->walk, value, &found))
        return false;
    if (dt_slice_eq(name, DT_S("eq")) && value->kind == '0')
        return add_text(item, "", value->text, "");
    if (value->kind != '"' || !dt_json_string(item->redirect->walk, &found, &text))
        return value->kind == '"' ? false : refuse_value(item);
    if (dt_slice_eq(name, DT_S("eq")) || dt_slice_eq(name, DT_S("neq")))
        return add_text(item, "", text, "");
    if (dt_slice_eq(name, DT_S("pre")))
        return add_text(item, "", text, "*");
    if (dt_slice_eq(name, DT_S("suf")))
        return add_text(item, "*", text, "");
    if (dt_slice_eq(name, DT_S("re")))
        return read_expression(item, text, false);
    return DT_REFUSE(item->reader, place(item), "vercel-value",
                     "\"%.*s\" compares numbers, which no condition here does", DT_SLICE_FMT(name));
}

static bool read_value(struct item *item, bool dots)
{
    const struct dt_json_found *found = &item->keys[VALUE];
    struct dt_slice text;
    item->negated = item->missing;
    item->any = !found->is;
    if (!found->is)
        return true;
    if (found->value.kind == '"')
        return dt_json_string(item->redirect->walk, found, &text) &&
               read_expression(item, text, dots);
    struct dt_slice inside = dt_json_inside(&found->value);
    struct dt_json_value name, value, more;
    if (found->value.kind != '{' || !dt_json_member(&inside, &name, &value) ||
        dt_json_value(&inside, &more))
        return DT_REFUSE(item->reader, place(item), "vercel-value",
                         "a value is a text, or an object with one operator");
    return read_operator(item, name.text, &value);
}

/* ---- What it comes to ---- */

static bool add_name(struct item *item, struct dt_slice name)
{
    struct dt_vercel_redirect *redirect = item->redirect;
    if (redirect->nnames == DT_VERCEL_CONDITIONS)
        return DT_REFUSE(item->reader, item->brace, "vercel-value", "too many captures");
    redirect->names[redirect->nnames++] = name;
    return true;
}

/* "(?<name>[^.]+)\.example\.com" is one label: ":name.example.com". */
static bool read_label(struct item *item, struct dt_slice text, struct dt_slice *ret)
{
    const char *end = text.len > 3 ? memchr(text.ptr, '>', text.len) : NULL;
    if (!dt_slice_starts(text, DT_S("(?<")) || !end)
        return false;
    struct dt_slice name = dt_slice_of(text.ptr + 3, (size_t)(end - text.ptr) - 3);
    struct dt_slice rest = dt_slice_of(end + 1, (size_t)(text.ptr + text.len - end) - 1);
    static const char *const labels[] = {"[^.]+)", "[^\\.]+)", "[a-z0-9-]+)", "[^.]*)"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        struct dt_slice label = dt_slice_str(labels[i]);
        if (!dt_slice_starts(rest, label) || dt_capture_name_length(name) != name.len || !name.len)
            continue;
        if (!read_expression(item, dt_slice_from(rest, label.len), true))
            return false;
        const struct dt_slice parts[] = {DT_S(":"), name, item->texts.list[0]};
        *ret = dt_pattern_join(item->reader, parts, 3);
        return item->texts.count == 1 && item->texts.list[0].ptr[0] == '.' && add_name(item, name);
    }
    return false;
}

/* "(?:.+\.)?example\.com" is the host and all below, ".+\.example\.com" all below. */
static bool read_domain(struct item *item, struct dt_slice text, bool *ret_fine)
{
    static const struct {
        const char *begins, *host;
    } rows[] = {{"(?:.+\\.)?", "."}, {"(?:.*\\.)?", "."}, {"(.+\\.)?", "."},  {"(.*\\.)?", "."},
                {".+\\.", "*."},     {"(.+)\\.", "*."},   {"(?:.+)\\.", "*."}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dt_slice begins = dt_slice_str(rows[i].begins);
        if (!dt_slice_starts(text, begins))
            continue;
        *ret_fine = read_expression(item, dt_slice_from(text, begins.len), true);
        for (unsigned at = 0; *ret_fine && at < item->texts.count; at++) {
            const struct dt_slice parts[] = {dt_slice_str(rows[i].host), item->texts.list[at]};
            if (memchr(parts[1].ptr, '*', parts[1].len) || !parts[1].len)
                *ret_fine = refuse_value(item);
            item->redirect->hosts[item->redirect->nhosts++] =
                dt_pattern_join(item->reader, parts, 2);
        }
        return true;
    }
    return false;
}

static bool add_hosts(struct item *item)
{
    struct dt_vercel_redirect *redirect = item->redirect;
    struct dt_slice label, text;
    if (item->missing)
        return DT_REFUSE(item->reader, item->brace, "vercel-value",
                         "a host that must not be the request's cannot be a condition here");
    if (redirect->nhosts)
        return DT_REFUSE(item->reader, item->brace, "vercel-value", "a second host");
    if (item->keys[VALUE].is && item->keys[VALUE].value.kind == '"') {
        if (!dt_json_string(redirect->walk, &item->keys[VALUE], &text))
            return false;
        if (dt_slice_starts(text, DT_S("(?<"))) {
            if (!read_label(item, text, &label))
                return item->reader->set->error_count ? false : refuse_value(item);
            redirect->hosts[redirect->nhosts++] = label;
            return true;
        }
        bool fine;
        if (read_domain(item, text, &fine))
            return fine;
    }
    if (!read_value(item, true))
        return false;
    for (unsigned i = 0; i < item->texts.count; i++) {
        struct dt_slice host = item->texts.list[i];
        bool below = dt_slice_starts(host, DT_S("*."));
        if (memchr(host.ptr + below, '*', host.len - below))
            return refuse_value(item);
        redirect->hosts[redirect->nhosts++] = host;
    }
    return !item->negated && redirect->nhosts > 0 ? true : refuse_value(item);
}

/* Bytes that mean something in a query are escaped. */
static void put_escaped(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' || c == '&' || c == '+' || c == '#' || c == '=' || c == ' ' || c == ':')
            dt_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            dt_buf_char(out, c);
    }
}

static bool add_query(struct item *item)
{
    struct dt_vercel_redirect *redirect = item->redirect;
    struct dt_buf out;
    if (item->negated || item->texts.count > 1 ||
        (item->texts.count == 1 && memchr(item->texts.list[0].ptr, '*', item->texts.list[0].len)))
        return DT_REFUSE(item->reader, item->brace, "vercel-value",
                         "a query parameter can be asked for with any value or with one, and not "
                         "to be missing");
    dt_buf_init(&out, 4 * DT_VERCEL_LENGTH * DT_VERCEL_CONDITIONS);
    dt_buf_put(&out, redirect->query);
    if (out.len)
        dt_buf_char(&out, '&');
    put_escaped(&out, item->key);
    /* a key without a value may be asked for by its own name */
    struct dt_slice name = item->capture.len ? item->capture : item->key;
    bool captures = item->any && dt_capture_name_length(name) == name.len && name.len;
    if (!item->any || captures)
        dt_buf_char(&out, '=');
    if (captures)
        dt_buf_printf(&out, ":%.*s", DT_SLICE_FMT(name));
    else if (!item->any)
        put_escaped(&out, item->texts.list[0]);
    redirect->query = dt_arena_copy(&item->reader->set->arena, dt_buf_slice(&out));
    bool fine = !dt_buf_err(&out) && redirect->query.ptr;
    dt_buf_release(&out);
    return fine ? !captures || add_name(item, name) : dt_reader_nomem(item->reader);
}

static bool is_plain(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\\' || text.ptr[i] < ' ')
            return false;
    return text.len > 0;
}

/* Appends name="key:text,text" of our language. */
static bool add_condition(struct item *item, const char *name)
{
    struct dt_buf *out = item->redirect->conditions;
    bool country = strcmp(name, "country") == 0;
    if (!country && memchr(item->key.ptr, ':', item->key.len))
        return refuse_value(item);
    if (item->capture.len)
        return DT_REFUSE(item->reader, place(item), "vercel-value",
                         "what a header field or a cookie has cannot be captured here");
    dt_buf_printf(out, " %s%s=\"", item->negated ? "!" : "", name);
    if (!country)
        dt_buf_printf(out, "%.*s%s", DT_SLICE_FMT(item->key), item->any ? "" : ":");
    for (unsigned i = 0; i < item->texts.count; i++) {
        if (!is_plain(item->texts.list[i]))
            return refuse_value(item);
        dt_buf_printf(out, "%s%.*s", i ? "," : "", DT_SLICE_FMT(item->texts.list[i]));
    }
    dt_buf_char(out, '"');
    return true;
}

static bool is_country(const struct item *item)
{
    for (unsigned i = 0; i < item->texts.count; i++) {
        struct dt_slice text = item->texts.list[i];
        if (text.len != 2 || text.ptr[0] < 'A' || text.ptr[0] > 'Z' || text.ptr[1] < 'A' ||
            text.ptr[1] > 'Z')
            return false;
    }
    return !item->any && dt_slice_eq_nocase(item->key, DT_S("x-vercel-ip-country"));
}

/* ---- Items ---- */

static bool find_keys(struct item *item, const struct dt_json_value *object)
{
    static const char *const names[] = {"type", "key", "value"};
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key, value;
    while (dt_json_member(&inside, &key, &value)) {
        unsigned i = 0;
        while (i < KEYS && !dt_slice_eq(key.text, dt_slice_str(names[i])))
            i++;
        if (i == KEYS)
            return dt_json_reach(item->redirect->walk, key.text.ptr) &&
                   DT_REFUSE(item->reader, key.text, "vercel-value",
                             "a condition has type, key and value");
        if (!dt_json_find(item->redirect->walk, &value, &item->keys[i]))
            return false;
        if (i != VALUE && value.kind != '"')
            return DT_REFUSE(item->reader, dt_json_start(&value), "vercel-value",
                             "\"%s\" is a string", names[i]);
    }
    return item->keys[TYPE].is ||
           DT_REFUSE(item->reader, item->brace, "vercel-value", "a condition without a type");
}

static bool read_item(struct item *item)
{
    struct dt_slice type = item->keys[TYPE].value.text;
    if (dt_slice_eq(type, DT_S("host")))
        return add_hosts(item);
    dt_json_go_to(item->redirect->walk, item->keys[TYPE].place);
    bool query = dt_slice_eq(type, DT_S("query")), cookie = dt_slice_eq(type, DT_S("cookie"));
    if (!query && !cookie && !dt_slice_eq(type, DT_S("header")))
        return DT_REFUSE(item->reader, type, "vercel-value",
                         "the type of a condition is host, header, cookie or query");
    if (!item->keys[KEY].is)
        return DT_REFUSE(item->reader, item->brace, "vercel-value", "a condition without a key");
    if (!dt_json_string(item->redirect->walk, &item->keys[KEY], &item->key) ||
        !read_value(item, false))
        return false;
    if (item->key.len == 0)
        return refuse_value(item);
    if (query)
        return add_query(item);
    return add_condition(item, cookie ? "cookie" : is_country(item) ? "country" : "header");
}

bool dt_vercel_conditions(struct dt_vercel_redirect *redirect, const struct dt_json_found *list,
                          bool missing)
{
    struct dt_slice inside = dt_json_inside(&list->value);
    struct dt_json_value value;
    bool fine = true;
    for (unsigned count = 1; dt_json_element(&inside, &value); count++) {
        struct item item = {.redirect = redirect,
                            .reader = redirect->walk->reader,
                            .missing = missing,
                            .brace = dt_json_start(&value)};
        if (!dt_json_reach(redirect->walk, value.text.ptr))
            return false;
        if (value.kind != '{' || count > DT_VERCEL_CONDITIONS)
            return DT_REFUSE(item.reader, item.brace, "vercel-value",
                             value.kind == '{' ? "more than 16 conditions"
                                               : "a condition is an object");
        fine &= find_keys(&item, &value) && read_item(&item);
    }
    return fine;
}
