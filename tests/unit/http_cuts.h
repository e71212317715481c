/* SPDX-License-Identifier: MIT
 *
 * What came of parsing some bytes, and the check that it does not depend on how they are cut. For
 * test_http_parse.c and test_http_limits.c; include cmocka.h before. Inputs lie in blocks of
 * exactly their size, so that ASan sees a read past the end.
 */
#ifndef DT_TEST_HTTP_CUTS_H
#define DT_TEST_HTTP_CUTS_H

#include "http/http1_parse.h"

#include <detour/ruleset.h>
#include <stdio.h>
#include <stdlib.h>

struct outcome {
    enum dt_http1_result result;
    size_t used;
    struct dt_http1_error error;
    char text[512]; /* the request, for reading */
};

static const char *body_name(const struct dt_http_request *request, char buf[40])
{
    if (request->body == DT_HTTP_BODY_CHUNKED)
        return "chunked";
    if (request->body == DT_HTTP_BODY_NONE)
        return "none";
    (void)snprintf(buf, 40, "%llu", (unsigned long long)request->content_length);
    return buf;
}

static void describe(const struct dt_http_request *r, char *text, size_t cap)
{
    char buf[40];
    (void)snprintf(text, cap, "%.*s %s %.*s %.*s ?%.*s %u %s body=%s%s%s n=%u",
                   DT_SLICE_FMT(r->method), r->scheme == DT_SCHEME_HTTPS ? "https" : "http",
                   DT_SLICE_FMT(r->authority), DT_SLICE_FMT(r->path), DT_SLICE_FMT(r->query),
                   r->version, r->keep_alive ? "keep" : "close", body_name(r, buf),
                   r->expect_continue ? " expect" : "", r->head ? " head" : "", r->nfields);
}

static void parse(const char *bytes, size_t len, struct outcome *ret)
{
    static struct dt_http_request request;
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    memset(ret, 0, sizeof *ret);
    ret->result = dt_http1_parse(dt_slice_of(exact, len), &request, &ret->used, &ret->error);
    if (ret->result == DT_HTTP1_DONE)
        describe(&request, ret->text, sizeof ret->text);
    free(exact);
}

static void assert_same(const struct outcome *a, const struct outcome *b, const char *input,
                        size_t at)
{
    if (a->result != b->result || a->used != b->used || strcmp(a->text, b->text) != 0 ||
        a->error.status != b->error.status || a->error.at != b->error.at ||
        a->error.reason != b->error.reason)
        fail_msg("cut at %zu of \"%s\": %d %u at %u %s, whole: %d %u at %u %s", at, input,
                 a->result, a->error.status, a->error.at, a->error.reason, b->result,
                 b->error.status, b->error.at, b->error.reason);
}

/* Every beginning of the input is MORE or the whole input's outcome, and once it is, it stays. */
static void assert_cuts(const char *bytes, size_t len)
{
    struct outcome whole;
    struct outcome part;
    parse(bytes, len, &whole);
    bool decided = false;
    for (size_t cut = 0; cut < len; cut++) {
        parse(bytes, cut, &part);
        if (!decided && part.result == DT_HTTP1_MORE)
            continue;
        decided = true;
        assert_same(&part, &whole, bytes, cut);
    }
    if (whole.result == DT_HTTP1_DONE)
        assert_int_equal(decided, whole.used < len);
}

#endif
