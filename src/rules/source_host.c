/* SPDX-License-Identifier: MIT
 *
 * The host of a source: one name, or all below one, in the form that a request's host is brought
 * to.
 */
#include "rules/native_scan.h"
#include "rules/reader.h"
#include "rules/source.h"
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
        return DT_REFUSE(reader, whole, "not-built",
                         "a \"*\" in a host other than as its whole first label is not built "
                         "yet");
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
    struct dt_slice name;
    uint16_t port;
    uint8_t kind;
    if (text.len == 0)
        return bad_host(reader, text, "nothing is there");
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
    *ret = (struct dt_host_pattern){.host = host, .port = port, .kind = kind};
    return true;
}
