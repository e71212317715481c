/* SPDX-License-Identifier: MIT
 *
 * Conditions on header fields. A field that is there several times is asked line by line, and any
 * line will do (but for the language, where the lines are one list: RFC 9110 section 5.3). Where a
 * field begins is found once for all conditions of a set.
 */
#include "rules/cond/cond_ask.h"

#include "rules/snapshot/record.h"
#include "semantics/cookie.h"
#include "semantics/glob.h"
#include "semantics/lang.h"

#define LINES_MAX 32u   /* of Accept-Language that are read */
#define RIVALS_MAX 255u /* see DT_LIMIT_LANGS */

/* ---- Finding fields ---- */

/* lower is in lower case. */
static bool same_name(struct dt_slice lower, struct dt_slice name)
{
    if (lower.len != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (lower.ptr[i] != dt_ascii_lower(name.ptr[i]))
            return false;
    return true;
}

static unsigned find_line(const struct dt_request *request, struct dt_slice name, unsigned from)
{
    while (from < request->nfields && !same_name(name, request->fields[from].name))
        from++;
    return from;
}

static unsigned first_line(struct dt_ask *ask, unsigned number, struct dt_slice name)
{
    uint32_t bit = UINT32_C(1) << (number < 32 ? number : DT_COND_NO_FIELD);
    ask->ret->vary |= bit;
    if (number >= DT_COND_FIELDS)
        return find_line(ask->request, name, 0);
    if (!(ask->known & bit)) {
        ask->known |= bit;
        ask->first[number] = (uint16_t)find_line(ask->request, name, 0);
    }
    return ask->first[number];
}

#define EACH_LINE(line, ask, number, name)                                                         \
    for (unsigned line = first_line(ask, number, name); line < (ask)->request->nfields;            \
         line = find_line((ask)->request, name, line + 1))

/* ---- Patterns ---- */

/* Does a pattern of the block fit? The block stays where it is. */
static bool fits(const struct dt_ask *ask, uint64_t count, struct dt_slice value,
                 bool (*same)(struct dt_slice pattern, struct dt_slice value))
{
    struct dt_cursor at = ask->block;
    for (uint64_t i = 0; i < count && !at.bad; i++) {
        struct dt_slice pattern = dt_cursor_bytes(&at, dt_cursor_varint(&at));
        if (!at.bad && same(pattern, value))
            return true;
    }
    return false;
}

static void skip_texts(struct dt_ask *ask, uint64_t count)
{
    for (uint64_t i = 0; i < count && !ask->block.bad; i++)
        (void)dt_ask_text(ask);
}

static bool is_pattern(struct dt_slice pattern, struct dt_slice value)
{
    return dt_glob_match(pattern, value, false);
}

/* ---- header= ---- */

enum dt_answer dt_ask_header(struct dt_ask *ask)
{
    unsigned number = dt_cursor_fixed(&ask->block, 1);
    struct dt_slice name = dt_ask_text(ask);
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    EACH_LINE(line, ask, number, name)
    found = found || !count || fits(ask, count, ask->request->fields[line].value, is_pattern);
    skip_texts(ask, count);
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* ---- cookie= ---- */

enum dt_answer dt_ask_cookie(struct dt_ask *ask)
{
    unsigned number = dt_cursor_fixed(&ask->block, 1);
    struct dt_slice name = dt_ask_text(ask);
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    EACH_LINE(line, ask, number, DT_S("cookie"))
    {
        struct dt_slice value = ask->request->fields[line].value;
        struct dt_cookie cookie;
        while (!found && dt_cookie_next(&value, &cookie))
            found = dt_slice_eq(cookie.name, name) &&
                    (!count || fits(ask, count, cookie.value, is_pattern));
    }
    skip_texts(ask, count);
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

struct dt_slice dt_ask_value(struct dt_ask *ask, unsigned field, bool cookie, struct dt_slice name)
{
    EACH_LINE(line, ask, field, cookie ? DT_S("cookie") : name)
    {
        struct dt_slice value = ask->request->fields[line].value;
        struct dt_cookie found;
        if (!cookie)
            return value;
        while (dt_cookie_next(&value, &found))
            if (dt_slice_eq(found.name, name))
                return found.value;
    }
    return DT_SLICE_NONE;
}

/* ---- lang= ---- */

enum dt_answer dt_ask_lang(struct dt_ask *ask)
{
    struct dt_slice lines[LINES_MAX], offers[RIVALS_MAX];
    bool own[RIVALS_MAX];
    size_t nlines = 0;
    unsigned number = dt_cursor_fixed(&ask->block, 1);
    uint64_t count = dt_cursor_varint(&ask->block);
    if (count > RIVALS_MAX)
        ask->block.bad = true;
    for (uint64_t i = 0; i < count && !ask->block.bad; i++) {
        uint64_t len = dt_cursor_varint(&ask->block);
        own[i] = len & 1;
        offers[i] = dt_cursor_bytes(&ask->block, len >> 1);
    }
    EACH_LINE(line, ask, number, DT_S("accept-language"))
    if (nlines < LINES_MAX)
        lines[nlines++] = ask->request->fields[line].value;
    if (ask->block.bad || !nlines)
        return DT_ANSWER_NO;
    int choice = dt_lang_choose(lines, nlines, offers, (size_t)count);
    return choice >= 0 && own[choice] ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* ---- referer= ---- */

/* The host of a URL, without a user's name, a port, and a final dot. */
static struct dt_slice host_of(struct dt_slice url)
{
    const char *slashes = memmem(url.ptr ? url.ptr : "", url.len, "//", 2);
    if (!slashes)
        return DT_SLICE_NONE;
    struct dt_slice host = dt_slice_from(url, (size_t)(slashes - url.ptr) + 2);
    size_t len = 0;
    while (len < host.len && host.ptr[len] != '/' && host.ptr[len] != '?' && host.ptr[len] != '#')
        len++;
    host.len = len;
    const char *at = len ? memrchr(host.ptr, '@', len) : NULL;
    if (at)
        host = dt_slice_from(host, (size_t)(at - host.ptr) + 1);
    const char *end = host.len && host.ptr[0] == '[' ? memchr(host.ptr, ']', host.len)
                      : host.len                     ? memchr(host.ptr, ':', host.len)
                                                     : NULL;
    if (end)
        host.len = (size_t)(end - host.ptr) + (*end == ']');
    if (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

/* "a.example", "*.a.example" (below it), ".a.example" (both). */
static bool is_host(struct dt_slice pattern, struct dt_slice host)
{
    size_t wild = dt_slice_starts(pattern, DT_S("*.")) ? 2 : dt_slice_starts(pattern, DT_S("."));
    struct dt_slice name = dt_slice_from(pattern, wild);
    if (host.len < name.len)
        return false;
    size_t before = host.len - name.len;
    if (!same_name(name, dt_slice_from(host, before)))
        return false;
    return before ? wild && before > 1 && host.ptr[before - 1] == '.' : wild != 2;
}

bool dt_referer_is(struct dt_slice pattern, struct dt_slice value)
{
    if (!pattern.len || !memchr(pattern.ptr, '/', pattern.len))
        return is_host(pattern, host_of(value));
    if (pattern.ptr[0] != '/')
        return dt_glob_match(pattern, value, false);
    const char *slashes = memmem(value.ptr ? value.ptr : "", value.len, "//", 2);
    return slashes &&
           dt_glob_match(pattern, dt_slice_from(value, (size_t)(slashes - value.ptr)), false);
}

/* The number of the field, then texts: any line of it. */
static enum dt_answer ask_lines(struct dt_ask *ask, struct dt_slice name,
                                bool (*same)(struct dt_slice pattern, struct dt_slice value))
{
    unsigned number = dt_cursor_fixed(&ask->block, 1);
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    EACH_LINE(line, ask, number, name)
    found = found || fits(ask, count, ask->request->fields[line].value, same);
    skip_texts(ask, count);
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

enum dt_answer dt_ask_referer(struct dt_ask *ask)
{
    return ask_lines(ask, DT_S("referer"), dt_referer_is);
}

/* ---- ua= ---- */

static bool is_agent(struct dt_slice pattern, struct dt_slice value)
{
    if (pattern.len && memchr(pattern.ptr, '*', pattern.len))
        return dt_glob_match(pattern, value, true);
    return dt_glob_contains(pattern, value, true);
}

enum dt_answer dt_ask_ua(struct dt_ask *ask)
{
    return ask_lines(ask, DT_S("user-agent"), is_agent);
}
