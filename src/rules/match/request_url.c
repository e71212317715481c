/* SPDX-License-Identifier: MIT
 *
 * See request_url.h.
 */
#include "rules/match/request_url.h"

#include "base/out.h"

struct dt_slice dt_request_url(const struct dt_request *request, char *mem, size_t cap)
{
    struct dt_out out = dt_out_init(mem, cap);
    bool https = request->scheme == DT_SCHEME_HTTPS;
    if (request->host.len) {
        dt_out_put(&out, https ? DT_S("https://") : DT_S("http://"));
        dt_out_put(&out, request->host);
        if (request->port && request->port != (https ? 443 : 80)) {
            dt_out_char(&out, ':');
            dt_out_uint(&out, request->port);
        }
    }
    dt_out_put(&out, request->path);
    if (request->query.len) {
        dt_out_char(&out, '?');
        dt_out_put(&out, request->query);
    }
    return out.overflow ? DT_SLICE_NONE : dt_out_slice(&out);
}
