/* SPDX-License-Identifier: MIT
 *
 * The normal form of a host: what the host parser makes of it, less one final dot, so that
 * "Example.COM." and "example.com" meet in one key.
 */
#include "uri/ipv4.h"
#include "uri/norm_scan.h"
#include <detour/uri.h>

/* Without the final dot. What is then empty, or still ends with one, names nothing: an empty
 * label is only the DNS root's (RFC 1034 section 3.1), and taking more dots away would make one
 * host of names that the URL standard keeps apart. */
static enum dt_err drop_final_dot(struct dt_slice host, struct dt_slice *ret)
{
    if (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    if (host.len == 0 || host.ptr[host.len - 1] == '.')
        return DT_ERR_HOST;
    *ret = host;
    return DT_OK;
}

enum dt_err dt_norm_host(struct dt_slice raw, char *buf, size_t cap, struct dt_slice *ret)
{
    if (dt_scan_host_plain(raw)) {
        if (!dt_ipv4_ends_in_number(raw))
            return drop_final_dot(raw, ret);
        if (dt_ipv4_is_canonical(raw)) {
            *ret = raw;
            return DT_OK;
        }
    }
    struct dt_slice host;
    enum dt_err err = dt_host_parse(raw, buf, cap, &host);
    if (!err)
        err = drop_final_dot(host, &host);
    if (err)
        return err;
    *ret = dt_slice_eq(host, raw) ? raw : host;
    return DT_OK;
}
