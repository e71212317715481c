/* SPDX-License-Identifier: MIT
 *
 * One step of a client: ask, resolve the Location, ask again. Most Locations are plain: they have
 * nothing to be escaped, resolved or looked up, and are cut at their delimiters where they lie;
 * the URL parser gets the rest.
 */
#include "rules/check/check_client.h"

#include "base/out.h"
#include "uri/char_class.h"
#include "uri/norm_scan.h"
#include <detour/status.h>
#include <detour/uri.h>

#include <stdlib.h>

#define URL_ROOM (4u * DT_MATCH_LOCATION_MAX)

bool dt_client_init(struct dt_client *client, struct dt_checker *checker)
{
    *client = (struct dt_client){.checker = checker};
    client->mem[0] = malloc(URL_ROOM);
    client->mem[1] = malloc(URL_ROOM);
    if (client->mem[0] && client->mem[1])
        return true;
    checker->err = DT_ERR_NOMEM;
    return false;
}

void dt_client_release(struct dt_client *client)
{
    free(client->mem[0]);
    free(client->mem[1]);
    client->mem[0] = client->mem[1] = NULL;
}

void dt_client_start(struct dt_client *client, const struct dt_request *request)
{
    client->request = *request;
    client->crossed = client->stranger = false;
}

bool dt_decision_redirects(const struct dt_decision *decision)
{
    if (!decision->matched || !decision->location.len)
        return false;
    const struct dt_status *status = dt_status_get(decision->status);
    return status && status->location;
}

bool dt_client_ask(struct dt_client *client, struct dt_decision *ret, uint32_t *ret_rule)
{
    struct dt_checker *checker = client->checker;
    enum dt_err err = dt_match(checker->snapshot, &client->request, checker->scratch, ret);
    if (err == DT_OK && ret->matched)
        *ret_rule = checker->order[ret->rule];
    if (err == DT_ERR_DAMAGED || err == DT_ERR_NOMEM || err == DT_ERR_INVALID)
        checker->err = err;
    return err == DT_OK && ret->matched;
}

/* ---- URLs ---- */

/* Not one that the URL standard would read as a number, or change. */
static bool host_is_plain(struct dt_slice host)
{
    if (!host.len || !dt_scan_host_plain(host) || host.ptr[host.len - 1] == '.')
        return false;
    const char *dot = memrchr(host.ptr, '.', host.len);
    const char *label = dot ? dot + 1 : host.ptr;
    return dt_char_alpha(*label);
}

/* Cuts a plain "https://host[:port]" off; false: not plain. */
static bool cut_origin(struct dt_slice *url, struct dt_request *to)
{
    bool https = dt_slice_starts(*url, DT_S("https://"));
    if (!https && !dt_slice_starts(*url, DT_S("http://")))
        return false;
    struct dt_slice rest = dt_slice_from(*url, https ? 8 : 7);
    size_t end = 0;
    while (end < rest.len && !dt_char_is(rest.ptr[end], DT_END_PATH))
        end++;
    struct dt_slice host = dt_slice_of(rest.ptr, end);
    if (!host_is_plain(host)) /* nor has it a port */
        return false;
    to->scheme = https ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    to->port = https ? 443 : 80;
    to->host = host;
    *url = dt_slice_from(rest, end);
    return true;
}

/* Brings the client to a plain Location; false: the parser must look at it. */
static bool go_plain(struct dt_client *client, struct dt_slice url)
{
    struct dt_request to = client->request;
    bool absolute = url.len && url.ptr[0] != '/';
    if (absolute && !cut_origin(&url, &to))
        return false;
    const char *hash = url.len ? memchr(url.ptr, '#', url.len) : NULL;
    if (hash)
        url.len = (size_t)(hash - url.ptr);
    const char *mark = url.len ? memchr(url.ptr, '?', url.len) : NULL;
    to.path = dt_slice_of(url.ptr, mark ? (size_t)(mark - url.ptr) : url.len);
    to.query = dt_slice_from(url, mark ? to.path.len + 1 : url.len);
    if (!absolute && (to.path.len < 1 || (to.path.len > 1 && to.path.ptr[1] == '/')))
        return false;
    if (!to.path.len)
        to.path = DT_S("/");
    if (!dt_scan_path_plain(to.path) || !dt_scan_query_plain(to.query))
        return false;
    /* The scratch is used again for the next answer. */
    struct dt_out out = dt_out_init(client->mem[client->side], URL_ROOM);
    struct dt_slice *const parts[] = {&to.host, &to.path, &to.query};
    for (size_t i = 0; i < 3; i++) {
        const char *at = out.pos;
        dt_out_put(&out, *parts[i]);
        *parts[i] = dt_slice_of(at, parts[i]->len);
    }
    client->request = to;
    return !out.overflow;
}

static bool take_url(struct dt_client *client, const struct dt_url *url)
{
    struct dt_request *to = &client->request;
    char *mem = client->mem[client->side];
    size_t caps[3] = {3 * url->host.len + 256, 3 * url->path.len + 1, 3 * url->query.len + 1};
    if (!dt_url_is_http(url) || caps[0] + caps[1] + caps[2] > URL_ROOM / 2)
        return false;
    enum dt_err err = dt_norm_host(url->host, mem, caps[0], &to->host);
    mem += caps[0];
    if (!err)
        err = dt_norm_path(url->path, mem, caps[1], &to->path);
    mem += caps[1];
    if (!err)
        err = dt_norm_query(url->query, mem, caps[2], &to->query);
    if (err)
        return false;
    to->scheme = dt_slice_eq(url->scheme, DT_S("https")) ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    to->port = dt_url_port(url);
    return true;
}

/* The normaliser gives back its input where it is normal: such parts lie in the URL that is about
 * to be freed. */
static bool keep_parts(struct dt_client *client)
{
    struct dt_request *to = &client->request;
    struct dt_slice *const parts[] = {&to->host, &to->path, &to->query};
    size_t need = to->host.len + to->path.len + to->query.len;
    char *mem = client->mem[client->side] + URL_ROOM / 2;
    if (need > URL_ROOM / 2)
        return false;
    for (size_t i = 0; i < 3; i++) {
        size_t len = parts[i]->len;
        if (len)
            memmove(mem, parts[i]->ptr, len);
        *parts[i] = dt_slice_of(mem, len);
        mem += len;
    }
    return true;
}

static bool go_parsed(struct dt_client *client, struct dt_slice location, bool absolute)
{
    struct dt_url base = {0}, url = {0};
    struct dt_slice from;
    enum dt_err err = DT_OK;
    if (!absolute) {
        char *mem = client->mem[client->side];
        from = dt_request_url(&client->request, mem, URL_ROOM);
        err = from.len ? DT_OK : DT_ERR_SPACE;
        if (!err)
            err = dt_url_parse(from, NULL, &base);
    }
    if (!err)
        err = dt_url_parse(location, absolute ? NULL : &base, &url);
    if (err == DT_ERR_NOMEM)
        client->checker->err = err;
    bool ok = !err && take_url(client, &url) && keep_parts(client);
    dt_url_release(&base);
    dt_url_release(&url);
    return ok;
}

/* ---- From one URL to the next ---- */

/* What a browser changes in its fields on the way to another origin (Fetch, "HTTP-redirect fetch",
 * step 13): Authorization stays behind, and Host is another. */
static void change_fields(struct dt_client *client)
{
    struct dt_request *request = &client->request;
    if (!request->nfields || request->nfields > DT_CLIENT_FIELDS)
        return;
    uint16_t count = 0;
    for (uint16_t i = 0; i < request->nfields; i++) {
        struct dt_field field = request->fields[i];
        if (dt_slice_eq_nocase(field.name, DT_S("authorization")))
            continue;
        if (dt_slice_eq_nocase(field.name, DT_S("host")))
            field.value = request->host;
        client->fields[count++] = field;
    }
    request->fields = client->fields;
    request->nfields = count;
}

bool dt_client_go(struct dt_client *client, const struct dt_decision *decision)
{
    struct dt_request before = client->request;
    const struct dt_status *status = dt_status_get(decision->status);
    client->side ^= 1;
    if (!go_plain(client, decision->location) && !go_parsed(client, decision->location, false)) {
        client->request = before;
        return false;
    }
    struct dt_request *request = &client->request;
    struct dt_slice method = dt_status_next_method(status, before.method);
    if (method.len)
        request->method = method;
    if (before.scheme != request->scheme || before.port != request->port ||
        !dt_slice_eq(before.host, request->host)) {
        if (!dt_slice_eq(before.host, request->host)) {
            client->crossed = true;
            client->stranger = !dt_names_have(client->names, request->host);
        }
        change_fields(client);
    }
    return true;
}

bool dt_client_start_url(struct dt_client *client, const struct dt_request *like,
                         struct dt_slice url)
{
    dt_client_start(client, like);
    client->side ^= 1;
    return go_parsed(client, url, true);
}
