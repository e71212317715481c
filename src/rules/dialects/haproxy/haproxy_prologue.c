/* SPDX-License-Identifier: MIT
 *
 * The lines above the rules: variables with host, path and query in the normal form. A path without
 * an escape and without a dot segment costs three tests that fail.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

#define SET "http-request set-var("
#define ESCAPED "%.?[a-f]"

static void put_path(struct dt_buf *to)
{
    dt_buf_str(to, SET DT_HAPROXY_PATH ") path\n");
    dt_buf_str(to, SET DT_HAPROXY_PATH ") '" DT_HAPROXY_DECODE_PATH "' if { path -m sub % }\n");
    dt_buf_str(to, SET DT_HAPROXY_PATH ") '" DT_HAPROXY_VAR(
                       DT_HAPROXY_PATH) "," DT_HAPROXY_CAPITALS
                                        "' if { " DT_HAPROXY_VAR(DT_HAPROXY_PATH) " -m reg " ESCAPED
                                                                                  " }\n");
    dt_buf_str(to, SET DT_HAPROXY_PATH
               ") '" DT_HAPROXY_VAR(DT_HAPROXY_PATH) "," DT_HAPROXY_DOTS "' if { " DT_HAPROXY_VAR(
                   DT_HAPROXY_PATH) " -m reg '/\\.\\.?(/|$)' }\n");
}

static void put_query(const struct dt_haproxy_out *out, struct dt_buf *to)
{
    dt_buf_str(to, SET DT_HAPROXY_QUERY ") query\n");
    dt_buf_str(to, SET DT_HAPROXY_QUERY ") '" DT_HAPROXY_DECODE_QUERY "' if { query -m sub % }\n");
    dt_buf_str(
        to, SET DT_HAPROXY_QUERY
        ") '" DT_HAPROXY_VAR(DT_HAPROXY_QUERY) "," DT_HAPROXY_CAPITALS "' if { " DT_HAPROXY_VAR(
            DT_HAPROXY_QUERY) " -m reg " ESCAPED " }\n");
    if (out->uses & (DT_HAPROXY_USES_TAIL | DT_HAPROXY_USES_URL))
        dt_buf_str(to, SET DT_HAPROXY_TAIL ") '" DT_HAPROXY_VAR(DT_HAPROXY_QUERY) "," DT_HAPROXY_ASK
                                                                                  "'\n");
}

static void put_authority(unsigned uses, struct dt_buf *to)
{
    if (uses & DT_HAPROXY_USES_SCHEME)
        dt_buf_str(to, SET DT_HAPROXY_SCHEME ") str(http)\n" SET DT_HAPROXY_SCHEME
                                             ") str(https) if { ssl_fc }\n");
    if (uses & DT_HAPROXY_USES_PORT)
        dt_buf_str(to, SET DT_HAPROXY_PORT
                   ") req.hdr(host),port_only\n" SET DT_HAPROXY_PORT
                   ") int(80) if { " DT_HAPROXY_VAR(
                       DT_HAPROXY_PORT) " -m int 0 } !{ ssl_fc }\n" SET DT_HAPROXY_PORT
                                        ") int(443) if { " DT_HAPROXY_VAR(
                                            DT_HAPROXY_PORT) " -m int 0 } { ssl_fc }\n");
}

void dt_haproxy_prologue(const struct dt_haproxy_out *out, struct dt_buf *to)
{
    unsigned uses = out->uses;
    if (uses & DT_HAPROXY_USES_URL)
        uses |= DT_HAPROXY_USES_SCHEME | DT_HAPROXY_USES_PORT | DT_HAPROXY_USES_TAIL |
                DT_HAPROXY_USES_HOST | DT_HAPROXY_USES_PATH;
    if (uses & DT_HAPROXY_USES_KEY)
        uses |= DT_HAPROXY_USES_HOST | DT_HAPROXY_USES_PATH;
    if (!uses)
        return;
    dt_buf_str(to, "# Host, path and query as rules compare them: escapes, dots and case in one "
                   "form.\n");
    if (uses & DT_HAPROXY_USES_HOST)
        dt_buf_str(to, SET DT_HAPROXY_HOST ") '" DT_HAPROXY_SET_HOST "'\n");
    if (uses & DT_HAPROXY_USES_PATH)
        put_path(to);
    if (uses & (DT_HAPROXY_USES_QUERY | DT_HAPROXY_USES_TAIL))
        put_query(out, to);
    put_authority(uses, to);
    if (uses & DT_HAPROXY_USES_KEY)
        dt_buf_str(to, SET DT_HAPROXY_KEY ") " DT_HAPROXY_SET_KEY "\n");
    if (uses & DT_HAPROXY_USES_URL)
        dt_buf_str(to, SET DT_HAPROXY_URL ") '" DT_HAPROXY_SET_URL "'\n");
    dt_buf_char(to, '\n');
}
