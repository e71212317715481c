/* SPDX-License-Identifier: MIT
 *
 * The same normaliser that the server puts a request through stands between a URL on a command line
 * and the rules, so that explain and @expect say what the wire will say.
 */
#include "cli/ask.h"

#include <stdlib.h>
#include <string.h>

/* Fills host and port from a Host field (RFC 9112 section 3.2). */
static enum dt_err take_host(struct dt_ask *ask, struct dt_slice field, char *buf, size_t cap)
{
    struct dt_slice host;
    uint16_t port;
    enum dt_err err = dt_authority_split(field, &host, &port);
    if (err == DT_OK)
        err = dt_norm_host(host, buf, cap, &ask->request.host);
    if (err == DT_OK)
        ask->request.port = port ? port : ask->request.scheme == DT_SCHEME_HTTPS ? 443 : 80;
    return err;
}

static enum dt_err fill(struct dt_ask *ask, struct dt_slice host)
{
    const struct dt_url *url = &ask->url;
    size_t caps[3] = {3 * (host.len ? host.len : url->host.len) + 256, 3 * url->path.len + 1,
                      3 * url->query.len + 1};
    ask->memory = malloc(caps[0] + caps[1] + caps[2]);
    if (!ask->memory)
        return DT_ERR_NOMEM;
    char *at = ask->memory;
    ask->request.scheme =
        dt_slice_eq(url->scheme, DT_S("https")) ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    ask->request.port = dt_url_port(url);
    enum dt_err err = host.len ? take_host(ask, host, at, caps[0])
                               : dt_norm_host(url->host, at, caps[0], &ask->request.host);
    at += caps[0];
    if (err == DT_OK)
        err = dt_norm_path(url->path, at, caps[1], &ask->request.path);
    at += caps[1];
    if (err == DT_OK)
        err = dt_norm_query(url->query, at, caps[2], &ask->request.query);
    return err;
}

/* A client always sends Host (RFC 9112 section 3.2), and a rule may look at it. */
static enum dt_err fill_fields(struct dt_ask *ask, const struct dt_ask_input *input)
{
    size_t count = input->nfields < UINT16_MAX - 1 ? input->nfields : UINT16_MAX - 1;
    const struct dt_url *url = &ask->url;
    bool has_host = false;
    for (size_t i = 0; i < count; i++)
        has_host |= dt_slice_eq_nocase(input->fields[i].name, DT_S("host"));
    ask->fields = calloc(count + 1, sizeof *ask->fields);
    if (!ask->fields)
        return DT_ERR_NOMEM;
    struct dt_field *at = ask->fields;
    if (!has_host) {
        /* In a URL the port is right behind the host. */
        size_t port = url->port.len ? url->port.len + 1 : 0;
        *at++ = (struct dt_field){DT_S("Host"), dt_slice_of(url->host.ptr, url->host.len + port)};
    }
    if (count)
        memcpy(at, input->fields, count * sizeof *at);
    ask->request.fields = ask->fields;
    ask->request.nfields = (uint16_t)(count + !has_host);
    return DT_OK;
}

enum dt_err dt_ask_init(struct dt_ask *ask, const struct dt_ask_input *input)
{
    memset(ask, 0, sizeof *ask);
    ask->request.method = input->method;
    ask->request.now = input->at;
    ask->request.has_address = input->has_address;
    memcpy(ask->request.address, input->address, sizeof ask->request.address);
    ask->request.country = input->country;
    enum dt_err err = dt_url_parse(input->url, NULL, &ask->url);
    if (err == DT_OK && !dt_url_is_http(&ask->url))
        err = DT_ERR_URL;
    if (err == DT_OK)
        err = fill(ask, input->host);
    if (err == DT_OK)
        err = fill_fields(ask, input);
    if (err != DT_OK)
        dt_ask_release(ask);
    return err;
}

void dt_ask_release(struct dt_ask *ask)
{
    dt_url_release(&ask->url);
    free(ask->memory);
    free(ask->fields);
    ask->memory = NULL;
    ask->fields = NULL;
}

enum dt_err dt_ask_rules(const struct dt_ask *ask, const struct dt_snapshot *snapshot,
                         struct dt_match_scratch *scratch, struct dt_reply *ret)
{
    struct dt_reply reply = {.decision = {.changes_at = DT_TIME_MAX}};
    reply.refused = dt_slice_eq(ask->request.method, DT_S("TRACE")) ||
                    dt_slice_eq(ask->request.method, DT_S("CONNECT"));
    if (!reply.refused) {
        enum dt_err err = dt_match(snapshot, &ask->request, scratch, &reply.decision);
        if (err != DT_OK)
            return err;
    }
    bool answered = reply.decision.matched && reply.decision.status != DT_STATUS_PASS;
    reply.status = dt_status_get(reply.refused ? 405 : answered ? reply.decision.status : 404);
    if (!reply.status)
        return DT_ERR_DAMAGED;
    *ret = reply;
    return DT_OK;
}

enum dt_err dt_ask_next(const struct dt_ask *ask, struct dt_slice location, struct dt_url *ret)
{
    struct dt_url next;
    enum dt_err err = dt_url_parse(location, &ask->url, &next);
    if (err != DT_OK || next.has_fragment || !ask->url.has_fragment) {
        if (err == DT_OK)
            *ret = next;
        return err;
    }
    size_t len = next.href.len + 1 + ask->url.fragment.len;
    char *whole = malloc(len);
    if (whole) {
        memcpy(whole, next.href.ptr, next.href.len);
        whole[next.href.len] = '#';
        if (ask->url.fragment.len)
            memcpy(whole + next.href.len + 1, ask->url.fragment.ptr, ask->url.fragment.len);
        err = dt_url_parse(dt_slice_of(whole, len), NULL, ret);
    } else {
        err = DT_ERR_NOMEM;
    }
    free(whole);
    dt_url_release(&next);
    return err;
}
