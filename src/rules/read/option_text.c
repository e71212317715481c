/* SPDX-License-Identifier: MIT
 *
 * What an operator has sent besides the answer itself: header fields of his own, and a page in
 * place of the note. Fields are checked here, so that none can end a head or contradict what the
 * server says for itself (RFC 9110 section 5.5, RFC 9112 section 11.1).
 */
#include "rules/read/native_scan.h"
#include "rules/read/option_value.h"
#include "rules/read/reader.h"
#include <detour/page.h>

#define MAX_FIELDS 4096u /* bytes of all set-header= of a rule */

static bool is_token_byte(char c)
{
    return dt_is_digit(c) || dt_is_alpha(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool dt_value_token(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_byte(s.ptr[i]))
            return false;
    return s.len > 0;
}

bool dt_value_field(const struct dt_given *given, struct dt_field *ret)
{
    struct dt_slice s = given->value;
    const char *colon = s.len ? memchr(s.ptr, ':', s.len) : NULL;
    size_t len = colon ? (size_t)(colon - s.ptr) : 0;
    ret->name = dt_slice_of(s.ptr, len);
    ret->value = dt_scan_trim(dt_slice_from(s, len + 1));
    if (!colon || !dt_value_token(ret->name) || ret->value.len == 0)
        return DT_REFUSE(given->reader, dt_given_at(given, s), "option-value",
                         "%.*s= wants \"Name: value\"", DT_SLICE_FMT(given->name));
    for (size_t i = 0; i < ret->value.len; i++)
        if (ret->value.ptr[i] != '\t' && (ret->value.ptr[i] < ' ' || ret->value.ptr[i] > '~'))
            return DT_REFUSE(given->reader, dt_given_at(given, ret->value), "option-value",
                             "a field's value is of visible ASCII, spaces and tabs");
    return true;
}

/* Fields that say how the message is framed, or that have an option or a rule of their own. */
static const char *owner_of(struct dt_slice name)
{
    static const char *const owned[][2] = {
        {"location", "the target says it"},
        {"retry-after", "write retry-after="},
        {"cache-control", "write cache="},
        {"vary", "the conditions say it"},
        {"content-type", "the note or the page says it"},
        {"date", "the server says it"},
        {"allow", "the server says it"},
        {"content-length", "the server says it"},
        {"transfer-encoding", "the server says it"},
        {"expires", "write cache="},
        {"connection", "the server says it"},
        {"keep-alive", "the server says it"},
        {"upgrade", "the server says it"},
        {"trailer", "the server says it"},
        {"te", "the server says it"},
    };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        if (dt_slice_eq_nocase(name, dt_slice_str(owned[i][0])))
            return owned[i][1];
    return NULL;
}

bool dt_value_set_header(const struct dt_given *given, struct dt_options *options)
{
    struct dt_field field;
    if (!dt_value_field(given, &field))
        return false;
    const char *owner = owner_of(field.name);
    if (owner)
        return DT_REFUSE(given->reader, dt_given_at(given, field.name), "option-value",
                         "set-header= cannot set %.*s: %s", DT_SLICE_FMT(field.name), owner);
    struct dt_slice before = options->action.fields;
    size_t len = before.len + field.name.len + 2 + field.value.len + 2;
    if (len > MAX_FIELDS)
        return DT_REFUSE(given->reader, dt_given_at(given, given->value), "option-value",
                         "more than %u bytes of set-header=", MAX_FIELDS);
    char *mem = dt_arena_alloc(&given->reader->set->arena, len), *pos = mem;
    if (!mem)
        return dt_reader_nomem(given->reader);
    const struct dt_slice parts[] = {before, field.name, DT_S(": "), field.value, DT_S("\r\n")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len)
            memcpy(pos, parts[i].ptr, parts[i].len);
        pos += parts[i].len;
    }
    options->action.fields = dt_slice_of(mem, len);
    return true;
}

/* ---- page= ---- */

static const struct dt_set_page *find_page(const struct dt_ruleset *set, struct dt_slice name)
{
    for (const struct dt_set_page *page = set->pages; page; page = page->next)
        if (dt_slice_eq(page->name, name))
            return page;
    return NULL;
}

static bool load_page(const struct dt_given *given, struct dt_slice name, struct dt_slice *ret)
{
    struct dt_reader *reader = given->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_slice at = dt_given_at(given, given->value);
    if (!set->loader.load)
        return DT_REFUSE(reader, at, "page-none", "pages cannot be read here");
    enum dt_err err = set->loader.load(set->loader.ctx, name, ret);
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(reader);
    if (err)
        return DT_REFUSE(reader, at, "page-missing", "%.*s: %s", DT_SLICE_FMT(name),
                         dt_err_message(err));
    if (ret->len == 0)
        return DT_REFUSE(reader, at, "page-text", "%.*s is empty", DT_SLICE_FMT(name));
    if (ret->len > DT_PAGE_MAX)
        return DT_REFUSE(reader, at, "page-text", "%.*s has %zu bytes, a page has at most %u",
                         DT_SLICE_FMT(name), ret->len, DT_PAGE_MAX);
    if (!dt_scan_utf8(*ret))
        return DT_REFUSE(reader, at, "page-text", "%.*s is not UTF-8", DT_SLICE_FMT(name));
    return true;
}

bool dt_value_page(const struct dt_given *given, struct dt_options *options)
{
    struct dt_ruleset *set = given->reader->set;
    struct dt_slice name, text;
    if (!dt_reader_join(given->reader, given->value, &name))
        return false;
    const struct dt_set_page *found = find_page(set, name);
    if (found) {
        options->action.page = found->text;
        return true;
    }
    if (!load_page(given, name, &text))
        return false;
    struct dt_set_page *page = dt_arena_alloc(&set->arena, sizeof *page);
    struct dt_slice kept = dt_arena_copy(&set->arena, name);
    if (!page || !kept.ptr)
        return dt_reader_nomem(given->reader);
    *page = (struct dt_set_page){kept, text, set->pages};
    set->pages = page;
    options->action.page = text;
    return true;
}
