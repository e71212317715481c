/* SPDX-License-Identifier: MIT
 *
 * The request head parser on any bytes. A result must not depend on how the bytes were cut nor on
 * what follows them, nothing may point outside of the input, and what was accepted must hold what
 * the handler relies on.
 */
#include "http/http1_chars.h"
#include "http/http1_parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
    if (!so)
        abort();
}

static bool inside(struct dt_slice s, struct dt_slice input)
{
    uintptr_t from = (uintptr_t)s.ptr;
    uintptr_t start = (uintptr_t)input.ptr;
    return s.len == 0 || (from >= start && from + s.len <= start + input.len);
}

static bool all_text(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!dt_http1_is_text(s.ptr[i]))
            return false;
    return true;
}

static void check_request(const struct dt_http_request *request, struct dt_slice head)
{
    must(request->version == 10 || request->version == 11);
    must(request->method.len > 0 && inside(request->method, head));
    must(inside(request->authority, head) && inside(request->query, head));
    must(request->path.len > 0);
    must(request->path.ptr[0] == '/' || dt_slice_eq(request->path, DT_S("*")));
    must(request->path.len == 1 || inside(request->path, head));
    must(!memchr(request->path.ptr, '?', request->path.len));
    must(all_text(request->path) && all_text(request->query) && all_text(request->authority));
    must(request->nfields <= DT_HTTP_MAX_FIELDS);
    must((request->body == DT_HTTP_BODY_LENGTH) == (request->content_length > 0));
    bool host = false;
    for (size_t i = 0; i < request->nfields; i++) {
        struct dt_slice name = request->fields[i].name;
        struct dt_slice value = request->fields[i].value;
        must(name.len > 0 && inside(name, head) && inside(value, head));
        for (size_t k = 0; k < name.len; k++)
            must(dt_http1_is_token(name.ptr[k]));
        must(all_text(value));
        must(!value.len ||
             (!dt_http1_is_space(value.ptr[0]) && !dt_http1_is_space(value.ptr[value.len - 1])));
        bool is_host = dt_slice_eq_nocase(name, DT_S("Host"));
        must(!(host && is_host));
        host |= is_host;
    }
    must(host || request->version == 10);
}

struct outcome {
    enum dt_http1_result result;
    size_t used;
    struct dt_http1_error error;
};

static struct outcome parse(const uint8_t *data, size_t size)
{
    static struct dt_http_request request;
    struct outcome out = {0};
    char *exact = malloc(size ? size : 1); /* so that a sanitizer sees its end */
    must(exact != NULL);
    if (size)
        memcpy(exact, data, size);
    struct dt_slice input = dt_slice_of(exact, size);
    out.result = dt_http1_parse(input, &request, &out.used, &out.error);
    if (out.result == DT_HTTP1_DONE) {
        must(out.used > 0 && out.used <= size && out.used <= DT_HTTP1_MAX_HEAD);
        check_request(&request, dt_slice_of(exact, out.used));
    } else if (out.result == DT_HTTP1_BAD) {
        must(out.error.at <= size && out.error.reason != NULL);
    } else {
        must(size < DT_HTTP1_MAX_HEAD);
    }
    free(exact);
    return out;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->result == b->result && a->used == b->used && a->error.status == b->error.status &&
           a->error.at == b->error.at && a->error.reason == b->error.reason;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = parse(data, size);
    bool decided = false;
    size_t step = size / 64 + 1;
    for (size_t cut = 0; cut < size; cut += step) {
        struct outcome part = parse(data, cut);
        must(!decided || part.result != DT_HTTP1_MORE);
        decided = part.result != DT_HTTP1_MORE;
        must(!decided || same(&part, &whole));
    }
    return 0;
}
