/* SPDX-License-Identifier: MIT
 *
 * A dozen lines of decisions, in order: methods that are never redirected, a target that is no
 * resource, a Host that is none, then the rules. Whatever goes wrong is an answer too.
 *
 * What rules seldom ask for (who the client is) is looked up only when the snapshot says that some
 * rule of it does.
 */
#include "server/handler.h"

#include "base/out.h"
#include "http/http1_error_page.h"

#include <detour/note.h>
#include <detour/page.h>
#include <detour/status.h>
#include <detour/uri.h>
#include <string.h>

/* Methods that a user agent may use on what is redirected; others are redirected as well. */
#define ALLOW DT_S("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")

/* Member by member, as in read_request: for a whole struct of this size the compiler takes "rep
 * stos", which costs a tenth of all that a request does here. */
static void plain(struct dt_answer *answer, unsigned status)
{
    answer->status = (uint16_t)status;
    answer->close = false;
    answer->retry_after = DT_RETRY_AFTER_NONE;
    answer->location = DT_SLICE_NONE;
    answer->cache = DT_SLICE_NONE;
    answer->vary = DT_SLICE_NONE;
    answer->fields = DT_SLICE_NONE;
    answer->allow = DT_SLICE_NONE;
    answer->body = DT_SLICE_NONE;
}

/* A note that does not fit is left out: it is for people, and the Location says it all. */
static void add_note(struct dt_handler *handler, struct dt_slice text, struct dt_answer *answer)
{
    const struct dt_status *status = dt_status_get(answer->status);
    struct dt_slice note;
    if (status && dt_note_build(status, answer->location, text, handler->note, sizeof handler->note,
                                &note) == DT_OK)
        answer->body = note;
}

void dt_handler_refuse(struct dt_handler *handler, unsigned status, const char *reason,
                       struct dt_answer *ret_answer)
{
    plain(ret_answer, status);
    ret_answer->close = true;
    add_note(handler, dt_slice_str(reason), ret_answer);
}

static void fail(struct dt_handler *handler, enum dt_err err, struct dt_answer *answer)
{
    unsigned held;
    if (dt_log_allow(&handler->damaged_log, handler->now, 1, &held))
        dt_log(DT_LOG_ERROR, "a request was answered with 500: %s (%u more)", dt_err_message(err),
               held);
    plain(answer, 500);
    answer->body = dt_http1_error_page(500);
}

/* Splits and normalises the request's host. Nearly every request asks for the same host as the one
 * before, so that one is remembered: comparing a few bytes is a tenth of the work. */
static bool read_host(struct dt_handler *handler, struct dt_slice authority, struct dt_request *ret)
{
    bool known = dt_slice_eq(authority, dt_slice_of(handler->authority, handler->authority_len));
    if (!known) {
        struct dt_slice host;
        struct dt_slice norm;
        handler->authority_len = 0;
        if (dt_authority_split(authority, &host, &handler->port) != DT_OK ||
            dt_norm_host(host, handler->host, sizeof handler->host, &norm) != DT_OK)
            return false;
        if (authority.len > sizeof handler->authority) {
            ret->host = norm;
            ret->port = handler->port;
            return true;
        }
        memmove(handler->host, norm.ptr, norm.len); /* it may be there already */
        memcpy(handler->authority, authority.ptr, authority.len);
        handler->host_len = norm.len;
        handler->authority_len = authority.len;
    }
    ret->host = dt_slice_of(handler->host, handler->host_len);
    ret->port = handler->port;
    return true;
}

/* Reads the request as rules see it. False when its Host is not valid. */
static bool read_request(struct dt_handler *handler, const struct dt_http_request *request,
                         struct dt_request *ret)
{
    uint32_t needs = handler->snapshot->needs;
    ret->method = request->method;
    ret->scheme = request->scheme;
    ret->host = DT_SLICE_NONE;
    ret->port = 0;
    ret->fields = request->fields;
    ret->nfields = request->nfields;
    ret->now = handler->now;
    ret->has_address = false;
    memset(ret->address, 0, sizeof ret->address);
    ret->country = DT_SLICE_NONE;
    ret->country_field = DT_SLICE_NONE;
    if (__builtin_expect((needs & (DT_NEED_ADDRESS | DT_NEED_COUNTRY)) != 0, 0))
        dt_client_find(&handler->trust, request, needs, handler->country, ret);
    /* HTTP/1.0 has requests without Host: only rules for any host can match. */
    if (request->authority.len && !read_host(handler, request->authority, ret))
        return false;
    if (ret->port == 0)
        ret->port = request->scheme == DT_SCHEME_HTTPS ? 443 : 80;
    return dt_norm_path(request->path, handler->path, sizeof handler->path, &ret->path) == DT_OK &&
           dt_norm_query(request->query, handler->query, sizeof handler->query, &ret->query) ==
               DT_OK;
}

/* ---- Using what the rules say ---- */

/* The URL as the client asked for it; empty when it does not fit. */
static struct dt_slice url_of(struct dt_handler *handler, const struct dt_http_request *request)
{
    struct dt_out out = dt_out_init(handler->url, sizeof handler->url);
    dt_out_put(&out, request->scheme == DT_SCHEME_HTTPS ? DT_S("https://") : DT_S("http://"));
    dt_out_put(&out, request->authority);
    dt_out_put(&out, request->path);
    if (request->query.len) {
        dt_out_char(&out, '?');
        dt_out_put(&out, request->query);
    }
    return out.overflow ? DT_SLICE_NONE : dt_out_slice(&out);
}

/* The operator's own page. False when it does not fit. */
static bool add_page(struct dt_handler *handler, const struct dt_http_request *request,
                     const struct dt_request *asked, const struct dt_decision *decision,
                     struct dt_answer *answer)
{
    const struct dt_page page = {
        .status = answer->status,
        .url = url_of(handler, request),
        .host = asked->host,
        .path = asked->path,
        .location = decision->location,
        .retry_after = decision->retry_after,
        .until = decision->until,
    };
    return dt_page_build(decision->page, &page, handler->note, sizeof handler->note,
                         &answer->body) == DT_OK;
}

static void use_decision(struct dt_handler *handler, const struct dt_http_request *request,
                         const struct dt_request *asked, const struct dt_decision *decision,
                         struct dt_answer *answer)
{
    plain(answer, decision->status);
    answer->retry_after = decision->retry_after;
    answer->location = decision->location;
    answer->cache = decision->cache;
    answer->vary = decision->vary;
    answer->fields = decision->fields;
    if (handler->http10_fallback && request->version == 10)
        answer->status = dt_status_get(decision->status)->http10;
    /* For HEAD too: its Content-Length, if sent, is that of GET (RFC 9110 section 8.6). */
    if (decision->page.len && add_page(handler, request, asked, decision, answer))
        return;
    if (decision->note && !handler->no_note)
        add_note(handler, decision->note_text, answer);
}

/* No rule, or one that says "pass". */
static void not_found(const struct dt_decision *decision, struct dt_answer *answer)
{
    plain(answer, 404);
    answer->vary = decision->vary;
    answer->body = dt_http1_error_page(404);
}

static bool is_method(const struct dt_http_request *request, struct dt_slice method)
{
    return dt_slice_eq(request->method, method);
}

void dt_handler_answer(void *ctx, const struct dt_http_request *request,
                       struct dt_answer *ret_answer)
{
    struct dt_handler *handler = ctx;

    /* TRACE shows a client's own fields to scripts and CONNECT asks for a tunnel: neither can be
     * redirected in a way that helps (RFC 9110 sections 9.3.6 and 9.3.8). */
    if (is_method(request, DT_S("TRACE")) || is_method(request, DT_S("CONNECT"))) {
        plain(ret_answer, 405);
        ret_answer->allow = ALLOW;
        ret_answer->body = dt_http1_error_page(405);
        return;
    }
    /* RFC 9110 section 9.3.7: "*" is the server and no resource, so no rule can speak for it; the
     * request is "a 'ping' or 'no-op' type of method", and success with Allow is what it asks for.
     */
    if (dt_slice_eq(request->path, DT_S("*"))) {
        plain(ret_answer, 200);
        ret_answer->allow = ALLOW;
        return;
    }

    struct dt_request asked;
    struct dt_decision decision;
    if (!read_request(handler, request, &asked)) {
        dt_handler_refuse(handler, 400, "The Host is not valid.", ret_answer);
        return;
    }
    enum dt_err err = dt_match(handler->snapshot, &asked, &handler->scratch, &decision);
    if (err == DT_ERR_LIMIT || err == DT_ERR_SPACE) {
        /* Too long for what the rules make of it: no fault of theirs, nor of the snapshot. */
        plain(ret_answer, 414);
        ret_answer->body = dt_http1_error_page(414);
    } else if (err) {
        fail(handler, err, ret_answer);
    } else {
        if (__builtin_expect(decision.limited != 0, 0))
            dt_limited_note(&handler->limited, decision.limited_rule, decision.limited);
        if (!decision.matched || decision.status == DT_STATUS_PASS)
            not_found(&decision, ret_answer);
        else
            use_decision(handler, request, &asked, &decision, ret_answer);
    }
}
