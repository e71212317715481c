/* SPDX-License-Identifier: MIT
 *
 * The host of a source: one name, or all below one, in the form that a request's host is brought
 * to.
 */
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/source.h"
#include <detour/uri.h>

static bool has(struct dt_slice s, char c)
{
    return s.len && memchr(s.ptr, c, s.len) != NULL;
}

static bool bad_host(struct dt_reader *reader, struct dt_slice at, const char *why)
{
    return DT_REFUSE(reader, at, "source-host", "not a valid host: %s", why);
}

/* Takes "*." or "." off the name. */
static bool wildcard(struct dt_reader *reader, struct dt_slice *name, uint8_t *ret_kind)
{
    struct dt_slice whole = *name;
    *ret_kind = DT_HOST_EXACT;
    if (dt_slice_eq(whole, DT_S("*"))) {
        *ret_kind = DT_HOST_ANY;
        *name = DT_SLICE_NONE;
        return true;
    }
    if (dt_slice_starts(whole, DT_S("*."))) {
        *ret_kind = DT_HOST_SUBDOMAINS;
        *name = dt_slice_from(whole, 2);
    } else if (whole.len > 1 && whole.ptr[0] == '.') {
        *ret_kind = DT_HOST_DOMAIN;
        *name = dt_slice_from(whole, 1);
    }
    if (has(*name, '*'))
        return bad_host(reader, whole, "a \"*\" is its whole first label, *.host");
    return true;
}

/* Takes ":a.:b." off the name: each stands for one label. The text around stays for errors. */
static bool take_labels(struct dt_reader *reader, struct dt_slice *text,
                        struct dt_host_pattern *ret)
{
    struct dt_slice names[DT_LIMIT_NAMES], whole = *text;
    size_t count = 0, len;
    while (text->len && text->ptr[0] == ':' &&
           (len = dt_capture_name_length(dt_slice_from(*text, 1))) > 0) {
        struct dt_slice word = dt_slice_of(text->ptr, 1 + len);
        if (count == DT_LIMIT_NAMES)
            return DT_REFUSE(reader, word, "source-name", "more than %u names in one rule",
                             DT_LIMIT_NAMES);
        *text = dt_slice_from(*text, word.len);
        if (text->len && text->ptr[0] != '.' && text->ptr[0] != ':')
            return DT_REFUSE(reader, whole, "source-name", "a name in a host is a whole label");
        if (text->len < 2 || text->ptr[0] != '.')
            return bad_host(reader, whole, "a label must follow the names of labels");
        names[count++] = dt_slice_from(word, 1);
        *text = dt_slice_from(*text, 1);
    }
    if (count == 0)
        return true;
    if (text->ptr[0] == '*' || text->ptr[0] == '.')
        return bad_host(reader, whole, "names of labels and wildcards do not go together");
    struct dt_slice *mem = dt_arena_alloc(&reader->set->arena, count * sizeof *mem);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, names, count * sizeof *mem);
    ret->names = mem;
    ret->labels = (uint8_t)count;
    return true;
}

/* ":name" behind something else. */
static bool has_late_name(struct dt_slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.ptr[i] == ':' && (i == 0 || text.ptr[i - 1] == '.') &&
            dt_capture_name_length(dt_slice_from(text, i + 1)))
            return true;
    return false;
}

static bool names_unique(struct dt_reader *reader, struct dt_slice at,
                         const struct dt_host_pattern *pattern)
{
    for (size_t i = 0; i < pattern->labels; i++) {
        struct dt_slice name = pattern->names[i];
        if (dt_slice_eq(name, DT_S("splat")))
            return DT_REFUSE(reader, at, "source-name",
                             ":splat is the name of what a \"*\" matches, and cannot be given");
        for (size_t j = 0; j < i; j++)
            if (dt_slice_eq(name, pattern->names[j]))
                return DT_REFUSE(reader, at, "source-name", "a second :%.*s", DT_SLICE_FMT(name));
    }
    return true;
}

/* True when a host in normal form is an address, which has no domains below it: the host parser
 * lets a last label of digits stand in an IPv4 address only. */
static bool is_address(struct dt_slice host)
{
    const char *dot = memrchr(host.ptr, '.', host.len);
    struct dt_slice last = dot ? dt_slice_from(host, (size_t)(dot - host.ptr) + 1) : host;
    size_t digits = 0;
    while (digits < last.len && dt_is_digit(last.ptr[digits]))
        digits++;
    return host.ptr[0] == '[' || digits == last.len;
}

bool dt_source_host(struct dt_reader *reader, struct dt_slice text, struct dt_host_pattern *ret)
{
    struct dt_host_pattern pattern = {0};
    struct dt_slice whole = text, name;
    uint16_t port;
    uint8_t kind;
    if (text.len == 0)
        return bad_host(reader, text, "nothing is there");
    if (!take_labels(reader, &text, &pattern) || !names_unique(reader, whole, &pattern))
        return false;
    if (has_late_name(text))
        return bad_host(reader, whole, "names stand for its first labels");
    if (has(text, '@'))
        return bad_host(reader, text, "a user name has no place in a source");
    if (dt_authority_split(text, &name, &port))
        return bad_host(reader, text, "host or host:port, with a port from 1 to 65535");
    bool port_written = text.ptr + text.len > name.ptr + name.len + 1;
    if (port == 0 && port_written && text.ptr[text.len - 1] == '0')
        return bad_host(reader, text, "host or host:port, with a port from 1 to 65535");
    struct dt_slice written = name;
    if (!wildcard(reader, &name, &kind))
        return false;
    if (pattern.labels)
        kind = DT_HOST_LABELS;
    struct dt_slice host = DT_SLICE_NONE;
    struct dt_ruleset *set = reader->set;
    if (kind != DT_HOST_ANY) {
        if (name.len > DT_LIMIT_SOURCE / 4 ||
            dt_norm_host(name, set->scratch, sizeof set->scratch, &host))
            return bad_host(reader, written, "no such name can be looked up");
        if (kind != DT_HOST_EXACT && is_address(host))
            return bad_host(reader, written, "an address has no subdomains");
        if (!dt_intern_get(&set->strings, &set->arena, host, host.ptr == name.ptr, &host))
            return dt_reader_nomem(reader);
    }
    pattern.host = host;
    pattern.port = port;
    pattern.kind = kind;
    *ret = pattern;
    return true;
}
