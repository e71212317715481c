/* SPDX-License-Identifier: MIT
 *
 * Two parties that read one authority differently are what request smuggling and cache poisoning
 * live on. So the authority is held to the grammar of RFC 3986 here, before anything is looked up,
 * and one that others might repair ("user@host", "host:80:90", "host\evil") is refused.
 */
#include "http/http1_target.h"

#include <arpa/inet.h>
#include <detour/ruleset.h>

enum { IS_NAME = 1, IS_HEX = 2, IS_DIGIT = 4 };

#define N IS_NAME
#define H (IS_NAME | IS_HEX)
#define D (IS_NAME | IS_HEX | IS_DIGIT)
/* unreserved and sub-delims (RFC 3986 section 2) may stand in a name; so may "%" with two digits.
 */
static const uint8_t CLASSES[256] = {
    ['!'] = N, ['$'] = N, ['&'] = N, ['\''] = N, ['('] = N, [')'] = N, ['*'] = N, ['+'] = N,
    [','] = N, ['-'] = N, ['.'] = N, [';'] = N,  ['='] = N, ['_'] = N, ['~'] = N, ['0'] = D,
    ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D,  ['5'] = D, ['6'] = D, ['7'] = D, ['8'] = D,
    ['9'] = D, ['A'] = H, ['B'] = H, ['C'] = H,  ['D'] = H, ['E'] = H, ['F'] = H, ['G'] = N,
    ['H'] = N, ['I'] = N, ['J'] = N, ['K'] = N,  ['L'] = N, ['M'] = N, ['N'] = N, ['O'] = N,
    ['P'] = N, ['Q'] = N, ['R'] = N, ['S'] = N,  ['T'] = N, ['U'] = N, ['V'] = N, ['W'] = N,
    ['X'] = N, ['Y'] = N, ['Z'] = N, ['a'] = H,  ['b'] = H, ['c'] = H, ['d'] = H, ['e'] = H,
    ['f'] = H, ['g'] = N, ['h'] = N, ['i'] = N,  ['j'] = N, ['k'] = N, ['l'] = N, ['m'] = N,
    ['n'] = N, ['o'] = N, ['p'] = N, ['q'] = N,  ['r'] = N, ['s'] = N, ['t'] = N, ['u'] = N,
    ['v'] = N, ['w'] = N, ['x'] = N, ['y'] = N,  ['z'] = N,
};
#undef N
#undef H
#undef D

static bool is(char c, unsigned what)
{
    return CLASSES[(uint8_t)c] & what;
}

/* What stands between the brackets: IPv6address or IPvFuture. No zone (RFC 9844). */
static bool ip_literal(struct dt_slice text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (text.len && (text.ptr[0] | 0x20) == 'v') {
        size_t at = 1;
        while (at < text.len && is(text.ptr[at], IS_HEX))
            at++;
        if (at == 1 || at + 1 >= text.len || text.ptr[at] != '.')
            return false;
        for (at++; at < text.len; at++)
            if (!is(text.ptr[at], IS_NAME) && text.ptr[at] != ':')
                return false;
        return true;
    }
    if (text.len >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is(c, IS_HEX) && c != ':' && c != '.')
            return false;
        copy[i] = c;
    }
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

/* Bytes of the host at the beginning; 0 when there is none or it is bad. */
static size_t host_len(struct dt_slice authority)
{
    const char *ptr = authority.ptr;
    size_t at = 0;
    if (authority.len && ptr[0] == '[') {
        const char *close = memchr(ptr, ']', authority.len);
        size_t len = close ? (size_t)(close - ptr) : 0;
        return close && ip_literal(dt_slice_of(ptr + 1, len - 1)) ? len + 1 : 0;
    }
    for (;;) {
        while (at < authority.len && is(ptr[at], IS_NAME))
            at++;
        if (at == authority.len || ptr[at] != '%')
            return at;
        if (authority.len - at < 3 || !is(ptr[at + 1], IS_HEX) || !is(ptr[at + 2], IS_HEX))
            return 0;
        at += 3;
    }
}

bool dt_http1_authority_valid(struct dt_slice authority, bool need_port)
{
    size_t at = authority.len <= DT_HTTP1_MAX_AUTHORITY ? host_len(authority) : 0;
    if (at == 0)
        return false;
    if (at == authority.len)
        return !need_port;
    if (authority.ptr[at++] != ':' || (need_port && at == authority.len))
        return false;
    uint32_t port = 0;
    for (; at < authority.len; at++) {
        if (!is(authority.ptr[at], IS_DIGIT))
            return false;
        port = port * 10 + (uint32_t)(authority.ptr[at] - '0');
        if (port > UINT16_MAX)
            return false;
    }
    return true;
}

/* The bytes behind "http://" or "https://", in any case; empty when it is something else. */
static struct dt_slice after_scheme(struct dt_slice target, uint8_t *ret_scheme)
{
    static const struct {
        struct dt_slice text;
        uint8_t scheme;
    } SCHEMES[] = {
        {{"http://", 7}, DT_SCHEME_HTTP},
        {{"https://", 8}, DT_SCHEME_HTTPS},
    };
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
        size_t len = SCHEMES[i].text.len;
        if (target.len >= len &&
            dt_slice_eq_nocase(dt_slice_of(target.ptr, len), SCHEMES[i].text)) {
            *ret_scheme = SCHEMES[i].scheme;
            return dt_slice_from(target, len);
        }
    }
    return DT_SLICE_NONE;
}

static const char *read_absolute(struct dt_slice target, size_t query_at,
                                 struct dt_http_request *request)
{
    struct dt_slice rest = after_scheme(target, &request->scheme);
    if (!rest.len)
        return "the request target is neither a path nor an http or https URL";
    size_t end = query_at - (target.len - rest.len); /* of the path; a scheme has no "?" */
    const char *slash = memchr(rest.ptr, '/', end);
    size_t len = slash ? (size_t)(slash - rest.ptr) : end;
    request->authority = dt_slice_of(rest.ptr, len);
    if (!dt_http1_authority_valid(request->authority, false))
        return "the request target has an invalid authority";
    request->path = dt_slice_of(rest.ptr + len, end - len);
    request->query = dt_slice_from(target, query_at + 1);
    if (request->path.len)
        return NULL;
    /* RFC 9112 section 3.2.4: OPTIONS for a URI without path and query is OPTIONS for "*". */
    bool asterisk = query_at == target.len && dt_slice_eq(request->method, DT_S("OPTIONS"));
    request->path = asterisk ? DT_S("*") : DT_S("/");
    return NULL;
}

const char *dt_http1_target_read(struct dt_slice target, size_t query_at,
                                 struct dt_http_request *request,
                                 enum dt_http1_target_form *ret_form)
{
    request->scheme = DT_SCHEME_HTTP;
    if (__builtin_expect(dt_slice_eq(request->method, DT_S("CONNECT")), 0)) {
        *ret_form = DT_HTTP1_TARGET_AUTHORITY; /* RFC 9112 section 3.2.3: the port must be there */
        request->authority = target;
        request->path = DT_S("/");
        request->query = DT_SLICE_NONE;
        return dt_http1_authority_valid(target, true) ? NULL
                                                      : "CONNECT needs a host and a port as target";
    }
    if (__builtin_expect(target.ptr[0] == '/', 1)) {
        *ret_form = DT_HTTP1_TARGET_ORIGIN;
        request->path = dt_slice_of(target.ptr, query_at);
        request->query = dt_slice_from(target, query_at + 1);
        return NULL;
    }
    if (target.len == 1 && target.ptr[0] == '*') {
        *ret_form = DT_HTTP1_TARGET_ASTERISK;
        request->path = target;
        request->query = DT_SLICE_NONE;
        return dt_slice_eq(request->method, DT_S("OPTIONS"))
                   ? NULL
                   : "the request target \"*\" is for OPTIONS only";
    }
    *ret_form = DT_HTTP1_TARGET_ABSOLUTE;
    return read_absolute(target, query_at, request);
}
