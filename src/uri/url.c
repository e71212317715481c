/* SPDX-License-Identifier: MIT
 * What can be asked of a parsed URL. */
#include "uri/char_class.h"
#include "uri/url_scheme.h"
#include <detour/uri.h>
#include <stdlib.h>

void dt_url_release(struct dt_url *url)
{
    union {
        const char *shared;
        char *owned;
    } href = {url->href.ptr}; /* made by dt_url_parse, which had it as char * */
    free(href.owned);
    *url = (struct dt_url){0};
}

uint16_t dt_url_port(const struct dt_url *url)
{
    if (url->port.len == 0) {
        const struct dt_url_scheme *special = dt_url_scheme_special(url->scheme);
        return special ? special->port : 0;
    }
    unsigned port = 0;
    for (size_t i = 0; i < url->port.len; i++)
        port = port * 10 + dt_hex_value(url->port.ptr[i]);
    return (uint16_t)port;
}

bool dt_url_is_http(const struct dt_url *url)
{
    return dt_slice_eq(url->scheme, DT_S("http")) || dt_slice_eq(url->scheme, DT_S("https"));
}
