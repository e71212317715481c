/* SPDX-License-Identifier: MIT
 *
 * RewriteCond on the host, on header fields, and on what has few values. The host is compared in
 * lower case, as clients send it; a header field's value as it is written.
 */
#include "rules/dialects/apache/apache_cond.h"

#include "rules/read/native_scan.h"

static bool has_letter(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (dt_is_alpha(s.ptr[i]))
            return true;
    return false;
}

/* ---- Fields ---- */

/* [!]name="a,b" of those texts that are not left out; field is "header" and what follows it, or a
 * condition by its own name. */
static bool add_option(const struct dt_apache_parts *cond, const char *field, struct dt_slice name,
                       const struct dt_apache_texts *texts, struct dt_apache_effects *ret)
{
    struct dt_buf buf;
    struct dt_slice option;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s%s=\"%.*s", cond->negated ? "!" : "", field, DT_SLICE_FMT(name));
    for (unsigned i = 0; i < texts->count; i++) {
        struct dt_slice text = texts->list[i];
        if (text.len &&
            (dt_scan_find(text, DT_BYTE_CONTROL) < text.len || memchr(text.ptr, ',', text.len) ||
             memchr(text.ptr, '"', text.len) || memchr(text.ptr, '\\', text.len))) {
            dt_buf_release(&buf);
            return dt_apache_refuse(cond, "a comma, a quote or a backslash in a value");
        }
        dt_buf_printf(&buf, "%s%.*s", i ? "," : name.len ? ":" : "", DT_SLICE_FMT(text));
    }
    dt_buf_char(&buf, '"');
    return dt_apache_keep(cond->apache, &buf, cond->written->pattern, &option) &&
           dt_apache_add(ret, cond, DT_APACHE_OPTION, option, 0);
}

/* [!]header=NAME: it is there. */
static bool add_present(const struct dt_apache_parts *cond, struct dt_slice name, bool present,
                        struct dt_apache_effects *ret)
{
    struct dt_apache_parts turned = *cond;
    struct dt_apache_texts none = {.count = 0};
    turned.negated = !present;
    return add_option(&turned, "header", name, &none, ret);
}

/* A header field, by texts. An absent one is the empty text for Apache. */
static bool field(const struct dt_apache_parts *cond, struct dt_slice name,
                  struct dt_apache_effects *ret)
{
    struct dt_apache_texts texts = {.count = 0};
    bool empty = false, letters = false;
    for (unsigned i = 0; i < cond->texts.count; i++) {
        struct dt_slice text = cond->texts.list[i];
        if (dt_slice_eq(text, DT_S("*"))) /* whatever it is */
            return cond->negated || dt_apache_add(ret, cond, DT_APACHE_NOTHING, DT_SLICE_NONE, 0);
        letters |= has_letter(text);
        if (text.len)
            texts.list[texts.count++] = text;
        else
            empty = true;
    }
    if (empty && texts.count && cond->negated)
        return dt_apache_refuse(cond, "an empty field among others");
    if (empty && !add_present(cond, name, cond->negated, ret))
        return false;
    if (texts.count == 0)
        return true;
    if (cond->nocase && letters && !dt_slice_eq(name, DT_S("host")))
        return dt_apache_refuse(cond, "NC: a header field's value is compared as it is written");
    return add_option(cond, "header", name, &texts, ret);
}

static bool lower(const struct dt_apache_parts *cond, struct dt_apache_texts *texts)
{
    struct dt_reader *reader = cond->apache->reader;
    for (unsigned i = 0; i < texts->count; i++) {
        struct dt_slice text = texts->list[i];
        char *mem = dt_arena_alloc(&reader->set->arena, text.len + 1);
        if (!mem)
            return dt_reader_nomem(reader);
        for (size_t at = 0; at < text.len; at++)
            mem[at] = dt_ascii_lower(text.ptr[at]);
        texts->list[i] = dt_slice_of(mem, text.len);
    }
    return true;
}

/* ua= ignores case: "*text*" is a text that it has in it. */
static bool agent(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    struct dt_apache_texts texts = {.count = 0};
    bool plain = true;
    for (unsigned i = 0; i < cond->texts.count; i++) {
        struct dt_slice text = cond->texts.list[i];
        bool around = text.len > 2 && text.ptr[0] == '*' && text.ptr[text.len - 1] == '*';
        struct dt_slice inner = around ? dt_slice_of(text.ptr + 1, text.len - 2) : text;
        plain &= text.len > 1 && (around || memchr(text.ptr, '*', text.len));
        bool stars = inner.len && memchr(inner.ptr, '*', inner.len);
        texts.list[texts.count++] = around && !stars ? inner : text;
    }
    if (!cond->nocase || !plain)
        return field(cond, DT_S("user-agent"), ret);
    return lower(cond, &texts) && add_option(cond, "ua", DT_SLICE_NONE, &texts, ret);
}

/* ---- The host ---- */

bool dt_apache_host(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    if (cond->captures)
        return dt_apache_in_url(cond, "[^/:?]", DT_APACHE_URL_HOST, ret);
    if (!cond->spelt)
        return dt_apache_refuse(cond,
                                "a pattern for the host that cannot be spelt out as a few names");
    if (cond->texts.dots)
        dt_reader_warn(cond->apache->reader, cond->written->pattern, "apache-dot",
                       "a \".\" in a host is read as the dot that it looks like");
    if (cond->nocase && !lower(cond, &cond->texts))
        return false;
    struct dt_apache_texts all = cond->texts;
    cond->texts.count = 0;
    for (unsigned i = 0; i < all.count; i++) {
        struct dt_slice text = all.list[i];
        bool below = dt_slice_starts(text, DT_S("*.")) && text.len > 2;
        bool stars = text.len && memchr(text.ptr + 2 * below, '*', text.len - 2 * below);
        if (cond->negated || stars)
            cond->texts.list[cond->texts.count++] = text;
        else if (text.len && !dt_apache_add(ret, cond, DT_APACHE_HOST, text, 0))
            return false;
    }
    return cond->texts.count == 0 || field(cond, DT_S("host"), ret);
}

/* ---- What has few values ---- */

/* Which of these does the condition hold for? A bit for each. */
static unsigned values(const struct dt_apache_parts *cond, const char *const *names, unsigned count)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < count; i++) {
        bool found = false;
        for (unsigned j = 0; j < cond->texts.count; j++) {
            struct dt_slice text = cond->texts.list[j], name = dt_slice_str(names[i]);
            bool front = text.len && text.ptr[0] == '*';
            bool back = text.len > 1 && text.ptr[text.len - 1] == '*';
            struct dt_slice inner = dt_slice_of(text.ptr + front, text.len - front - back);
            size_t left = name.len >= inner.len ? name.len - inner.len : 0;
            for (size_t at = 0; at <= left && inner.len <= name.len; at++)
                found |= dt_slice_eq_nocase(dt_slice_of(name.ptr + at, inner.len), inner) &&
                         (front || at == 0) && (back || at == left);
        }
        bits |= (unsigned)(found != cond->negated) << i;
    }
    return bits;
}

/* http is bit 0 of the values. */
static bool scheme(const struct dt_apache_parts *cond, const char *plain, const char *secure,
                   struct dt_apache_effects *ret)
{
    const char *const names[] = {plain, secure};
    unsigned bits = values(cond, names, 2);
    if (bits == 3)
        return dt_apache_add(ret, cond, DT_APACHE_NOTHING, DT_SLICE_NONE, 0);
    if (bits == 0)
        return true;
    return dt_apache_add(ret, cond, DT_APACHE_SCHEME, DT_SLICE_NONE,
                         bits == 1 ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS);
}

static bool port(const struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    if (cond->negated)
        return dt_apache_refuse(cond, "all ports but some: ask for %{HTTPS}");
    for (unsigned i = 0; i < cond->texts.count; i++) {
        struct dt_slice text = cond->texts.list[i];
        unsigned number = 0;
        for (size_t at = 0; at < text.len && number < 65536; at++)
            number =
                dt_is_digit(text.ptr[at]) ? number * 10 + (unsigned)(text.ptr[at] - '0') : 65536;
        if (number == 0 || number > 65535)
            return dt_apache_refuse(cond, "not a port");
        if (!dt_apache_add(ret, cond, DT_APACHE_PORT, DT_SLICE_NONE, number))
            return false;
    }
    return true;
}

static bool method(const struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    for (unsigned i = 0; i < cond->texts.count; i++) {
        struct dt_slice text = cond->texts.list[i];
        if (text.len == 0 || memchr(text.ptr, '*', text.len))
            return dt_apache_refuse(cond, "a method is named as a whole, as in ^(GET|HEAD)$");
    }
    return add_option(cond, "method", DT_SLICE_NONE, &cond->texts, ret);
}

/* An IPv4 address, or the beginning of one up to a dot. */
static bool address(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    static const char *const nets[] = {"", ".0.0.0/8", ".0.0/16", ".0/24"};
    struct dt_arena *arena = &cond->apache->reader->set->arena;
    struct dt_apache_texts texts = cond->texts;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        bool begins =
            text.len > 1 && text.ptr[text.len - 1] == '*' && text.ptr[text.len - 2] == '.';
        unsigned dots = 0;
        text.len -= begins ? 2 : 0;
        for (size_t at = 0; at < text.len; at++)
            dots += text.ptr[at] == '.';
        if ((begins && dots > 2) || (text.len && memchr(text.ptr, '*', text.len)))
            return dt_apache_refuse(
                cond, "an address, or its beginning up to a dot, as in ^192\\.0\\.2\\.");
        if (!begins)
            continue;
        char *mem = dt_arena_alloc(arena, text.len + 16);
        if (!mem)
            return dt_reader_nomem(cond->apache->reader);
        memcpy(mem, text.ptr, text.len);
        memcpy(mem + text.len, nets[dots + 1], strlen(nets[dots + 1]));
        texts.list[i] = dt_slice_of(mem, text.len + strlen(nets[dots + 1]));
    }
    return add_option(cond, "ip", DT_SLICE_NONE, &texts, ret);
}

/* ---- By name ---- */

bool dt_apache_field(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    struct dt_slice name = cond->variable;
    if (dt_slice_eq(name, DT_S("HTTPS")))
        return scheme(cond, "off", "on", ret);
    if (dt_slice_eq(name, DT_S("REQUEST_SCHEME")))
        return scheme(cond, "http", "https", ret);
    if (dt_slice_eq(name, DT_S("SERVER_PORT")))
        return port(cond, ret);
    if (dt_slice_eq(name, DT_S("REQUEST_METHOD")))
        return method(cond, ret);
    if (dt_slice_eq(name, DT_S("REMOTE_ADDR")))
        return address(cond, ret);
    if (dt_slice_eq(name, DT_S("HTTP_USER_AGENT")))
        return agent(cond, ret);
    if (dt_slice_eq(name, DT_S("HTTP_REFERER")))
        return field(cond, DT_S("referer"), ret);
    if (dt_slice_eq(name, DT_S("HTTP_COOKIE")))
        return field(cond, DT_S("cookie"), ret);
    if (dt_slice_eq(name, DT_S("HTTP_ACCEPT")))
        return field(cond, DT_S("accept"), ret);
    if (dt_slice_starts(name, DT_S("HTTP:")) && name.len > 5)
        return field(cond, dt_slice_from(name, 5), ret);
    return DT_REFUSE(cond->apache->reader, cond->written->test, "apache-condition",
                     "%%{%.*s} is nothing that a rule can ask for", DT_SLICE_FMT(name));
}
