/* SPDX-License-Identifier: MIT
 * Host parser; see host.h. */
#include "uri/host.h"
#include "uri/idna.h"
#include "uri/ipv4.h"
#include "uri/ipv6.h"
#include "uri/norm_scan.h"
#include "uri/percent.h"
#include <detour/uri.h>
#include <stdlib.h>

/* Percent-decoded hosts up to this many bytes need no allocation. */
#define HOST_ON_STACK 512u

static bool any_in(struct dt_slice s, enum dt_char_set set)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= dt_char_class[(unsigned char)s.ptr[i]];
    return (seen & (unsigned)set) != 0;
}

static enum dt_err write_ipv6(struct dt_slice input, struct dt_out *out)
{
    if (input.ptr[input.len - 1] != ']')
        return DT_ERR_HOST;
    uint16_t pieces[8];
    enum dt_err err = dt_ipv6_parse(dt_slice_of(input.ptr + 1, input.len - 2), pieces);
    if (err)
        return err;
    dt_out_char(out, '[');
    dt_ipv6_write(out, pieces);
    dt_out_char(out, ']');
    return DT_OK;
}

/* input is percent-decoded. */
static enum dt_err write_domain(struct dt_slice input, struct dt_out *out)
{
    char *start = out->pos;
    enum dt_err err = dt_domain_to_ascii(input, out);
    if (err || out->overflow)
        return err;
    struct dt_slice domain = dt_slice_of(start, (size_t)(out->pos - start));
    if (domain.len == 0 || any_in(domain, DT_NOT_IN_DOMAIN))
        return DT_ERR_HOST;
    if (!dt_ipv4_ends_in_number(domain))
        return DT_OK;
    uint32_t address;
    err = dt_ipv4_parse(domain, &address);
    if (err)
        return err;
    out->pos = start;
    dt_ipv4_write(out, address);
    return DT_OK;
}

enum dt_err dt_host_write(struct dt_slice input, struct dt_out *out)
{
    if (input.len == 0)
        return DT_ERR_HOST;
    if (dt_scan_host_plain(input) && !dt_ipv4_ends_in_number(input)) {
        dt_out_put(out, input); /* nothing below would change it */
        return DT_OK;
    }
    if (input.ptr[0] == '[')
        return write_ipv6(input, out);
    if (!memchr(input.ptr, '%', input.len))
        return write_domain(input, out);

    char stack[HOST_ON_STACK];
    char *mem = input.len <= sizeof stack ? stack : malloc(input.len);
    if (!mem)
        return DT_ERR_NOMEM;
    struct dt_out decoded = dt_out_init(mem, input.len);
    dt_percent_decode(&decoded, input);
    enum dt_err err = write_domain(dt_out_slice(&decoded), out);
    if (mem != stack)
        free(mem);
    return err;
}

enum dt_err dt_host_write_opaque(struct dt_slice input, struct dt_out *out)
{
    if (input.len && input.ptr[0] == '[')
        return write_ipv6(input, out);
    if (any_in(input, DT_NOT_IN_HOST))
        return DT_ERR_HOST;
    dt_percent_encode(out, input, DT_PCT_C0);
    return DT_OK;
}

enum dt_err dt_host_parse(struct dt_slice input, char *buf, size_t cap, struct dt_slice *ret_host)
{
    struct dt_out out = dt_out_init(buf, cap);
    enum dt_err err = dt_host_write(input, &out);
    if (err)
        return err;
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret_host = dt_out_slice(&out);
    return DT_OK;
}
