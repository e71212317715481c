/* SPDX-License-Identifier: MIT
 *
 * A second opinion: what the head parser accepts, llhttp (the parser of Node.js, compiled strict
 * from Debian's node-llhttp) must accept too and read alike. Two readers that differ are what
 * request smuggling is made of.
 *
 * The exceptions, all of them; a head that needs one must be read alike once it is taken away:
 *  1. methods: llhttp knows a list, here any token of up to 64 bytes is one;
 *  2. HTTP/1.2 to HTTP/1.9 are read as 1.1 (RFC 9110 section 2.5), llhttp knows 1.0 and 1.1;
 *  3. bytes from 0x80 on in the request target, which old clients send;
 *  4. Proxy-Connection, which llhttp reads as Connection and RFC 9110 does not know;
 *  5. HTAB beside an element of Connection, which llhttp takes for a part of the element;
 *  6. both close and keep-alive in HTTP/1.0, where llhttp goes on and RFC 9112 section 9.3 closes.
 */
#include "http/http1_parse.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#ifndef HAVE_LLHTTP

static void no_llhttp(void **state)
{
    (void)state;
    print_message("# skipped: node-llhttp is not installed\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_llhttp)};
    return cmocka_run_group_tests_name("llhttp", tests, NULL, NULL);
}

#else

#include <llhttp.h>

#define INPUT_CAP 4096u
#define MUTATIONS 300000u

/* ---- llhttp ------------------------------------------------------------------------------- */

struct theirs {
    llhttp_t parser; /* first: the callbacks get this pointer */
    struct dt_slice url;
    struct dt_field fields[DT_HTTP_MAX_FIELDS + 1];
    size_t nfields;
    bool in_value;
    bool complete;
    bool keep_alive;
    bool chunked;
    size_t used;
};

static void extend(struct dt_slice *span, const char *at, size_t len)
{
    if (!span->ptr)
        span->ptr = at;
    span->len = (size_t)(at - span->ptr) + len;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    extend(&((struct theirs *)(void *)parser)->url, at, len);
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct theirs *theirs = (struct theirs *)(void *)parser;
    if (theirs->nfields == 0 || theirs->in_value) {
        if (theirs->nfields > DT_HTTP_MAX_FIELDS)
            return HPE_USER;
        theirs->nfields++;
    }
    theirs->in_value = false;
    extend(&theirs->fields[theirs->nfields - 1].name, at, len);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct theirs *theirs = (struct theirs *)(void *)parser;
    theirs->in_value = true;
    extend(&theirs->fields[theirs->nfields - 1].value, at, len);
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct theirs *theirs = (struct theirs *)(void *)parser;
    theirs->complete = true;
    theirs->keep_alive = llhttp_should_keep_alive(parser);
    theirs->chunked = parser->flags & F_CHUNKED;
    return HPE_PAUSED;
}

static void ask_llhttp(struct dt_slice input, struct theirs *ret)
{
    static llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_field;
    settings.on_header_value = on_value;
    settings.on_headers_complete = on_head;
    memset(ret, 0, sizeof *ret);
    llhttp_init(&ret->parser, HTTP_REQUEST, &settings);
    if (llhttp_execute(&ret->parser, input.ptr, input.len) == HPE_PAUSED)
        ret->used = (size_t)(llhttp_get_error_pos(&ret->parser) - input.ptr);
}

/* ---- The exceptions ----------------------------------------------------------------------- */

enum { EXTENSION_METHOD = 1, MINOR_VERSION = 2, HIGH_BYTES = 4, PROXY_CONNECTION = 8, TAB = 16 };

static bool method_known(struct dt_slice method)
{
    static const char *const METHODS[] = {
#define X(number, name, text) #text,
        HTTP_METHOD_MAP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (dt_slice_eq(method, dt_slice_str(METHODS[i])))
            return true;
    return false;
}

/* Where the target is in the head that was accepted. */
static struct dt_slice target_of(const struct dt_http_request *request)
{
    const char *start = request->method.ptr + request->method.len + 1;
    return dt_slice_of(start, (size_t)((const char *)strchr(start, ' ') - start));
}

/* Writes the head to out with the exceptions taken away; returns which there were. */
static unsigned explain(struct dt_slice head, const struct dt_http_request *request, char *out,
                        size_t *ret_len)
{
    unsigned found = 0;
    struct dt_slice target = target_of(request);
    size_t lead = (size_t)(request->method.ptr - head.ptr);
    size_t len = lead;
    memcpy(out, head.ptr, lead);
    struct dt_slice method = request->method;
    if (!method_known(method)) {
        found |= EXTENSION_METHOD;
        method = DT_S("GET");
    }
    memcpy(out + len, method.ptr, method.len);
    len += method.len;
    out[len++] = ' ';
    for (size_t i = 0; i < target.len; i++) {
        bool high = (uint8_t)target.ptr[i] >= 0x80;
        out[len++] = high ? 'x' : target.ptr[i];
        if (high)
            found |= HIGH_BYTES;
    }
    size_t rest = (size_t)(target.ptr + target.len - head.ptr);
    memcpy(out + len, head.ptr + rest, head.len - rest);
    char *minor = out + len + 8; /* " HTTP/1.x" */
    if (*minor > '1') {
        found |= MINOR_VERSION;
        *minor = '1';
    }
    for (size_t i = 0; i < request->nfields; i++) {
        struct dt_slice name = request->fields[i].name;
        char *copy = out + len + (size_t)(name.ptr - head.ptr) - rest;
        if (dt_slice_eq_nocase(name, DT_S("Proxy-Connection"))) {
            found |= PROXY_CONNECTION;
            *copy = 'X';
        }
        for (; dt_slice_eq_nocase(name, DT_S("Connection")) && *copy != '\r'; copy++)
            if (*copy == '\t') {
                found |= TAB;
                *copy = ' ';
            }
    }
    *ret_len = len + head.len - rest;
    return found;
}

/* ---- The comparison ----------------------------------------------------------------------- */

struct tally {
    unsigned tried;
    unsigned accepted;
    unsigned excepted[32]; /* by the exceptions that were needed */
    unsigned stricter;     /* llhttp accepted and we did not */
};

static struct dt_slice trimmed(struct dt_slice s)
{
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool asks_to_close(const struct dt_http_request *request)
{
    for (size_t i = 0; i < request->nfields; i++) {
        struct dt_slice value = request->fields[i].value;
        for (size_t at = 0; at + 5 <= value.len; at++)
            if (dt_slice_eq_nocase(request->fields[i].name, DT_S("Connection")) &&
                dt_slice_eq_nocase(dt_slice_of(value.ptr + at, 5), DT_S("close")))
                return true;
    }
    return false;
}

static void assert_alike(const struct dt_http_request *ours, const struct theirs *theirs,
                         struct dt_slice head)
{
    const char *differs = NULL;
    if (head.len != theirs->used)
        differs = "length";
    else if (!dt_slice_eq(ours->method,
                          dt_slice_str(llhttp_method_name((llhttp_method_t)theirs->parser.method))))
        differs = "method";
    else if (!dt_slice_eq(target_of(ours), theirs->url))
        differs = "target";
    else if (ours->version != theirs->parser.http_major * 10 + theirs->parser.http_minor)
        differs = "version";
    else if (ours->nfields != theirs->nfields)
        differs = "number of fields";
    else if (ours->keep_alive != theirs->keep_alive &&
             (ours->keep_alive || ours->version != 10 || !asks_to_close(ours)))
        differs = "keep-alive";
    else if ((ours->body == DT_HTTP_BODY_CHUNKED) != theirs->chunked)
        differs = "chunked";
    else if (ours->content_length != theirs->parser.content_length)
        differs = "content length";
    for (size_t i = 0; !differs && i < ours->nfields; i++)
        if (!dt_slice_eq(ours->fields[i].name, theirs->fields[i].name) ||
            !dt_slice_eq(ours->fields[i].value, trimmed(theirs->fields[i].value)))
            differs = "a field";
    if (differs)
        fail_msg("%s differs (%u and %zu fields): %.*s", differs, ours->nfields, theirs->nfields,
                 DT_SLICE_FMT(head));
}

static void compare(struct dt_slice input, struct tally *tally)
{
    static struct dt_http_request ours;
    static struct theirs theirs;
    struct dt_http1_error error;
    char plain[INPUT_CAP + 64];
    size_t used = 0;
    size_t len = 0;
    tally->tried++;
    ask_llhttp(input, &theirs);
    if (dt_http1_parse(input, &ours, &used, &error) != DT_HTTP1_DONE) {
        tally->stricter += theirs.complete;
        return;
    }
    tally->accepted++;
    struct dt_slice head = dt_slice_of(input.ptr, used);
    unsigned exceptions = explain(head, &ours, plain, &len);
    tally->excepted[exceptions]++;
    if (exceptions) {
        head = dt_slice_of(plain, len);
        assert_int_equal(dt_http1_parse(head, &ours, &used, &error), DT_HTTP1_DONE);
        ask_llhttp(head, &theirs);
    }
    if (!theirs.complete)
        fail_msg("llhttp refuses: %s: %.*s", llhttp_get_error_reason(&theirs.parser),
                 DT_SLICE_FMT(head));
    assert_alike(&ours, &theirs, dt_slice_of(head.ptr, used));
}

/* ---- The inputs --------------------------------------------------------------------------- */

static struct {
    char bytes[INPUT_CAP];
    size_t len;
} seeds[128];
static size_t nseeds;
static size_t good[128]; /* the seeds that are accepted as they stand */
static size_t ngood;

static void read_seeds(void)
{
    char path[2048];
    const char *root = getenv("DETOUR_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus/head", root ? root : ".");
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry && nseeds < 128; entry = readdir(dir)) {
        char file_path[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file_path, sizeof file_path, "%s/%s", path, entry->d_name);
        FILE *file = fopen(file_path, "rb");
        assert_non_null(file);
        seeds[nseeds].len = fread(seeds[nseeds].bytes, 1, INPUT_CAP / 2, file);
        (void)fclose(file);
        nseeds++;
    }
    (void)closedir(dir);
    assert_true(nseeds >= 30);
    for (size_t i = 0; i < nseeds; i++) {
        static struct dt_http_request request;
        struct dt_http1_error error;
        size_t used = 0;
        struct dt_slice input = dt_slice_of(seeds[i].bytes, seeds[i].len);
        if (dt_http1_parse(input, &request, &used, &error) == DT_HTTP1_DONE)
            good[ngood++] = i;
    }
}

static uint64_t random_state = 0x9E3779B97F4A7C15;

static size_t below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

static const char *const WORDS[] = {
    "GET",
    "POST",
    "PURGE",
    "X-METHOD",
    " ",
    "/",
    "?",
    "#",
    "*",
    "http://",
    "HTTPS://",
    "a.example",
    ":80",
    "[::1]",
    "@",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/1.3",
    "HTTP/2.0",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "\t",
    ":",
    ": ",
    ",",
    ";",
    "\"",
    "\\",
    "\x80",
    "\xFF",
    "\x7F",
    "\x0B",
    "Host: b\r\n",
    "Host:",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "close",
    "keep-alive",
    "Connection",
    "upgrade",
    "Upgrade: h2c\r\n",
    "Connection: upgrade\r\n",
    "Content-Length: 5\r\n",
    "Content-Length",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "chunked",
    "gzip",
    "Transfer-Encoding",
    "X: y\r\n",
    "Proxy-Connection: close\r\n",
    "x-",
    "0",
    "18446744073709551615",
};

static void insert(char *text, size_t *len, size_t at, const char *bytes, size_t count)
{
    if (*len + count > INPUT_CAP)
        return;
    memmove(text + at + count, text + at, *len - at);
    memmove(text + at, bytes, count);
    *len += count;
}

static void mutate(char *text, size_t *len)
{
    if (*len == 0)
        return;
    size_t at = below(*len);
    const char *word = WORDS[below(sizeof WORDS / sizeof *WORDS)];
    size_t count = 1 + below(8);
    switch (below(8)) {
    case 0:
        text[at] = (char)below(256);
        break;
    case 1:
        text[at] = (char)(0x20 + below(0x5F));
        break;
    case 2:
    case 3:
        insert(text, len, at, word, strlen(word));
        break;
    case 4: /* at the start of a line, where words make sense */
        while (at > 0 && text[at - 1] != '\n')
            at--;
        insert(text, len, at, word, strlen(word));
        break;
    case 5:
        if (strlen(word) <= *len - at)
            memcpy(text + at, word, strlen(word));
        break;
    case 6:
        count = count < *len - at ? count : *len - at;
        memmove(text + at, text + at + count, *len - at - count);
        *len -= count;
        break;
    default: { /* a piece of another head */
        size_t other = below(nseeds);
        size_t from = below(seeds[other].len);
        size_t size = 1 + below(60);
        size = size < seeds[other].len - from ? size : seeds[other].len - from;
        insert(text, len, at, seeds[other].bytes + from, size);
        break;
    }
    }
}

static void report(const char *what, const struct tally *tally)
{
    static const char *const NAMES[] = {"methods", "versions", "high bytes", "Proxy-Connection",
                                        "HTAB"};
    print_message("# %s: %u heads, %u accepted and read alike by llhttp, %u refused that llhttp "
                  "accepts; exceptions:",
                  what, tally->tried, tally->accepted, tally->stricter);
    for (unsigned bit = 0; bit < 5; bit++) {
        unsigned count = 0;
        for (unsigned i = 0; i < 32; i++)
            count += i >> bit & 1 ? tally->excepted[i] : 0;
        print_message(" %u %s%s", count, NAMES[bit], bit < 4 ? "," : "\n");
    }
}

static void the_corpus(void **unused)
{
    (void)unused;
    struct tally tally = {0};
    for (size_t i = 0; i < nseeds; i++)
        compare(dt_slice_of(seeds[i].bytes, seeds[i].len), &tally);
    report("corpus", &tally);
    assert_true(tally.accepted >= 15);
}

static void mutated_heads(void **unused)
{
    (void)unused;
    struct tally tally = {0};
    char text[INPUT_CAP + 1];
    for (unsigned i = 0; i < MUTATIONS; i++) {
        size_t seed = below(4) ? good[below(ngood)] : below(nseeds);
        size_t len = seeds[seed].len;
        memcpy(text, seeds[seed].bytes, len);
        for (size_t k = 1 + below(3); k; k--)
            mutate(text, &len);
        compare(dt_slice_of(text, len), &tally);
    }
    report("mutated", &tally);
    assert_true(tally.accepted >= MUTATIONS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus),
        cmocka_unit_test(mutated_heads),
    };
    read_seeds();
    return cmocka_run_group_tests_name("llhttp", tests, NULL, NULL);
}

#endif
