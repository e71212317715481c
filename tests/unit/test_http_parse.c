/* SPDX-License-Identifier: MIT
 *
 * The head parser against RFC 9112, rule by rule. Every head of the tables is also tried cut at
 * each byte: a good head is MORE until its last byte, a bad one is MORE and then always the same
 * error. Inputs lie in blocks of exactly their size, so that ASan sees a read past the end.
 */
#include "http/http1_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_cuts.h"

/* ---- What is accepted --------------------------------------------------------------------- */

#define H "Host: a.example\r\n"

struct good {
    const char *input;
    const char *want;
};

static const struct good GOOD[] = {
    {"GET / HTTP/1.1\r\n" H "\r\n", "GET http a.example / ? 11 keep body=none n=1"},
    {"\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET http a.example / ? 11 keep body=none n=1"},
    {"HEAD /x?y HTTP/1.1\r\n" H "\r\n", "HEAD http a.example /x ?y 11 keep body=none head n=1"},
    {"head / HTTP/1.1\r\n" H "\r\n", "head http a.example / ? 11 keep body=none n=1"},
    {"M-SEARCH /?? HTTP/1.1\r\n" H "\r\n", "M-SEARCH http a.example / ?? 11 keep body=none n=1"},
    {"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n" H "\r\n",
     "!#$%&'*+-.^_`|~09azAZ http a.example / ? 11 keep body=none n=1"},
    /* RFC 9110 section 2.5: a higher minor version */
    {"GET / HTTP/1.2\r\n" H "\r\n", "GET http a.example / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.9\r\n" H "\r\n", "GET http a.example / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.0\r\n\r\n", "GET http  / ? 10 close body=none n=0"},
    {"GET / HTTP/1.0\r\nHost:\r\n\r\n", "GET http  / ? 10 close body=none n=1"},
    {"GET / HTTP/1.0\r\n" H "\r\n", "GET http a.example / ? 10 close body=none n=1"},
    /* request targets, RFC 9112 section 3.2 */
    {"GET //b/ HTTP/1.1\r\n" H "\r\n", "GET http a.example //b/ ? 11 keep body=none n=1"},
    {"GET /a?b?c/d HTTP/1.1\r\n" H "\r\n", "GET http a.example /a ?b?c/d 11 keep body=none n=1"},
    {"GET /|^[]{}\"<>`\\ HTTP/1.1\r\n" H "\r\n",
     "GET http a.example /|^[]{}\"<>`\\ ? 11 keep body=none n=1"},
    {"GET /caf\xC3\xA9?\xFF HTTP/1.1\r\n" H "\r\n",
     "GET http a.example /caf\xC3\xA9 ?\xFF 11 keep body=none n=1"},
    {"GET http://b.example HTTP/1.1\r\n" H "\r\n", "GET http b.example / ? 11 keep body=none n=1"},
    {"GET HTTPS://b.example:8443/x?y HTTP/1.1\r\n" H "\r\n",
     "GET https b.example:8443 /x ?y 11 keep body=none n=1"},
    {"GET http://b.example?y/z HTTP/1.1\r\n" H "\r\n",
     "GET http b.example / ?y/z 11 keep body=none n=1"},
    {"GET http://b.example/ HTTP/1.1\r\nHost:\r\n\r\n",
     "GET http b.example / ? 11 keep body=none n=1"},
    {"GET http://b.example/ HTTP/1.0\r\n\r\n", "GET http b.example / ? 10 close body=none n=0"},
    {"OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS http a.example * ? 11 keep body=none n=1"},
    {"OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", "OPTIONS http  * ? 11 keep body=none n=1"},
    {"OPTIONS http://b.example HTTP/1.1\r\n" H "\r\n",
     "OPTIONS http b.example * ? 11 keep body=none n=1"},
    {"OPTIONS http://b.example?a HTTP/1.1\r\n" H "\r\n",
     "OPTIONS http b.example / ?a 11 keep body=none n=1"},
    {"CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
     "CONNECT http b.example:443 / ? 11 keep body=none n=1"},
    {"CONNECT [::1]:443 HTTP/1.1\r\n" H "\r\n", "CONNECT http [::1]:443 / ? 11 keep body=none n=1"},
    /* Host */
    {"GET / HTTP/1.1\r\nhOsT:a.example:80\r\n\r\n",
     "GET http a.example:80 / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: a.example:\r\n\r\n", "GET http a.example: / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n", "GET http a:65535 / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: a:00080\r\n\r\n", "GET http a:00080 / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
     "GET http [2001:db8::1]:80 / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: [::ffff:192.0.2.1]\r\n\r\n",
     "GET http [::ffff:192.0.2.1] / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: [v1f.a:b]\r\n\r\n", "GET http [v1f.a:b] / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.1\r\nHost: a%2Db.c_d~!$&'()*+,;=\r\n\r\n",
     "GET http a%2Db.c_d~!$&'()*+,;= / ? 11 keep body=none n=1"},
    /* field lines */
    {"GET / HTTP/1.1\r\nHost:   \t a.example \t \r\nX:\r\nY: \t\r\nZ:\t\xFF\t\r\n\r\n",
     "GET http a.example / ? 11 keep body=none n=4"},
    {"GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~: x\r\n" H "\r\n",
     "GET http a.example / ? 11 keep body=none n=2"},
    {"GET / HTTP/1.1\r\n" H "A-Name-That-Is-Longer-Than-One-Block-Of-Sixty-Four-Bytes-Is-Fine-Too: "
     "x\r\n\r\n",
     "GET http a.example / ? 11 keep body=none n=2"},
    /* Connection, RFC 9112 section 9.3 */
    {"GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
     "GET http a.example / ? 11 close body=none n=2"},
    {"GET / HTTP/1.1\r\n" H "connection: Keep-Alive , CLOSE\r\n\r\n",
     "GET http a.example / ? 11 close body=none n=2"},
    {"GET / HTTP/1.1\r\n" H "Connection: closed, x-close\r\n\r\n",
     "GET http a.example / ? 11 keep body=none n=2"},
    {"GET / HTTP/1.1\r\n" H "Connection:\r\nConnection: ,, close ,\r\n\r\n",
     "GET http a.example / ? 11 close body=none n=3"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET http  / ? 10 keep body=none n=1"},
    {"GET / HTTP/1.0\r\nConnection: TE, Keep-Alive\r\n\r\n", "GET http  / ? 10 keep body=none n=1"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
     "GET http  / ? 10 close body=none n=2"},
    /* bodies, RFC 9112 section 6 */
    {"POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n",
     "POST http a.example / ? 11 keep body=none n=2"},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551615\r\n\r\n",
     "POST http a.example / ? 11 keep body=18446744073709551615 n=2"},
    {"GET / HTTP/1.1\r\n" H "Content-Length: 00000000000000000000000005\r\n\r\nhello",
     "GET http a.example / ? 11 keep body=5 n=2"},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "POST http a.example / ? 11 keep body=chunked n=2"},
    {"POST / HTTP/1.1\r\n" H "TRANSFER-ENCODING:   ChUnKeD  \r\n\r\n",
     "POST http a.example / ? 11 keep body=chunked n=2"},
    /* Expect, RFC 9110 section 10.1.1 */
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n",
     "POST http a.example / ? 11 keep body=5 expect n=3"},
    {"POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
     "POST http  / ? 10 close body=5 n=2"},
    {"GET / HTTP/1.1\r\n" H "Expect: the-unexpected\r\n\r\n",
     "GET http a.example / ? 11 keep body=none n=2"},
    /* what follows a head is not looked at */
    {"GET / HTTP/1.1\r\n" H "\r\n\0\n\r\x7F\n\n: :",
     "GET http a.example / ? 11 keep body=none n=1"},
    {"GET / HTTP/1.0\r\n\r\nGET", "GET http  / ? 10 close body=none n=0"},
};

static void good_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        struct outcome got;
        parse(GOOD[i].input, strlen(GOOD[i].input), &got);
        if (got.result != DT_HTTP1_DONE)
            fail_msg("refused: %s: %s", GOOD[i].input, got.error.reason);
        assert_string_equal(got.text, GOOD[i].want);
        assert_cuts(GOOD[i].input, strlen(GOOD[i].input));
    }
}

static void fields_are_read(void **state)
{
    (void)state;
    static const char INPUT[] = "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Blank: \t \r\n"
                                "X-Trim:  a  b\t\r\nX:y\r\nX-Colon: :a:\r\n\r\nrest";
    static const char *const WANT[][2] = {{"Host", "a"},      {"X-Empty", ""}, {"X-Blank", ""},
                                          {"X-Trim", "a  b"}, {"X", "y"},      {"X-Colon", ":a:"}};
    struct dt_http_request request;
    struct dt_http1_error error;
    size_t used = 0;
    assert_int_equal(dt_http1_parse(dt_slice_str(INPUT), &request, &used, &error), DT_HTTP1_DONE);
    assert_int_equal(used, sizeof INPUT - 1 - 4);
    assert_int_equal(request.nfields, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(dt_slice_eq(request.fields[i].name, dt_slice_str(WANT[i][0])));
        assert_true(dt_slice_eq(request.fields[i].value, dt_slice_str(WANT[i][1])));
    }
}

/* ---- What is refused ---------------------------------------------------------------------- */

struct refused {
    uint16_t status;
    const char *reason; /* a part of it */
    const char *input;
};

static const struct refused REFUSED[] = {
    /* the request line, RFC 9112 section 3 */
    {400, "begin with a method", "\r\n\r\n"},
    {400, "begin with a method", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"},
    {400, "begin with a method", " GET / HTTP/1.1\r\n" H "\r\n"},
    {400, "begin with a method", "G@T / HTTP/1.1\r\n" H "\r\n"},
    {400, "begin with a method", "GET\t/ HTTP/1.1\r\n" H "\r\n"},
    {400, "begin with a method", "GET\r\n" H "\r\n"},
    {400, "begin with a method", "\xEF\xBB\xBFGET / HTTP/1.1\r\n" H "\r\n"},
    {400, "target is empty", "GET  / HTTP/1.1\r\n" H "\r\n"},
    {400, "no version", "GET /\r\n"}, /* HTTP/0.9 */
    {400, "no version", "GET \r\n"},
    {400, "may not stand there", "GET /\t HTTP/1.1\r\n" H "\r\n"},
    {400, "may not stand there", "GET /a\tb HTTP/1.1\r\n" H "\r\n"},
    {400, "may not stand there", "GET /a\x01 HTTP/1.1\r\n" H "\r\n"},
    {400, "may not stand there", "GET /a\x7F HTTP/1.1\r\n" H "\r\n"},
    {400, "no version", "GET /a\rb HTTP/1.1\r\n" H "\r\n"},
    {400, "LF without CR", "GET /a\nb HTTP/1.1\r\n" H "\r\n"},
    {400, "fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n"},
    {400, "fragment", "GET /a?b#c HTTP/1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET /a b HTTP/1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET /  HTTP/1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/1.1 \r\n" H "\r\n"},
    {400, "LF without CR", "GET / HTTP/1.1\n" H "\r\n"},
    {400, "space and a version", "GET / http/1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/1.11\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/11\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/1.\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/ 1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTPS/1.1\r\n" H "\r\n"},
    {400, "space and a version", "GET / HTTP/1.1\x0B\n" H "\r\n"},
    {400, "space and a version", "GET / ICY\r\n" H "\r\n"},
    {505, "speaks", "GET / HTTP/2.0\r\n" H "\r\n"},
    {505, "speaks", "GET / HTTP/0.9\r\n" H "\r\n"},
    {505, "speaks", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {0, "TLS", "\x16\x03\x01\x02"},
    {0, "TLS", "\x16\x03\n\r\n\x01\x02"},
    {400, "begin with a method", "\x16GET"},
    /* targets, section 3.2 */
    {400, "neither a path", "GET news.html HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET ?a HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET \\a HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET ftp://a/ HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET http:/a/ HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET http:?//a/ HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET http:// HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "GET a.example:80 HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http:/// HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://?a HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://u@a/ HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://u:p@a/ HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://a\\@b/ HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://a:b/ HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://:80/ HTTP/1.1\r\n" H "\r\n"},
    {400, "authority", "GET http://caf\xC3\xA9/ HTTP/1.1\r\n" H "\r\n"},
    {400, "for OPTIONS only", "GET * HTTP/1.1\r\n" H "\r\n"},
    {400, "neither a path", "OPTIONS *x HTTP/1.1\r\n" H "\r\n"},
    {400, "CONNECT needs", "CONNECT / HTTP/1.1\r\n" H "\r\n"},
    {400, "CONNECT needs", "CONNECT a HTTP/1.1\r\n" H "\r\n"},
    {400, "CONNECT needs", "CONNECT a: HTTP/1.1\r\n" H "\r\n"},
    {400, "CONNECT needs", "CONNECT a:443/ HTTP/1.1\r\n" H "\r\n"},
    {400, "CONNECT needs", "CONNECT http://a:443 HTTP/1.1\r\n" H "\r\n"},
    /* Host, section 3.2 */
    {400, "no Host", "GET / HTTP/1.1\r\n\r\n"},
    {400, "no Host", "GET http://a/ HTTP/1.1\r\nHosts: a\r\n\r\n"},
    {400, "two Host", "GET / HTTP/1.1\r\n" H H "\r\n"},
    {400, "two Host", "GET / HTTP/1.0\r\n" H "HOST: b\r\n\r\n"},
    {400, "two Host", "GET http://a/ HTTP/1.1\r\n" H "Host:\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a:99999999999999999999\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: caf\xC3\xA9\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: []\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [1.2.3.4]\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:7:8:9]\r\n\r\n"},
    {400, "Host field is invalid",
     "GET / HTTP/1.1\r\nHost: [1111:2222:3333:4444:5555:6666:7777:8888:9999]\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [v.a]\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: [v1.]\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"},
    {400, "Host field is invalid", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
    {400, "Host field is invalid", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"},
    /* field lines, section 5 */
    {400, "LF without CR", "GET / HTTP/1.1\r\n" H "\n"},
    {400, "LF without CR", "GET / HTTP/1.1\r\nX: a\n" H "\r\n"},
    {400, "CR without LF", "GET / HTTP/1.1\r\nX: a\rb\r\n" H "\r\n"},
    {400, "CR without LF", "GET / HTTP/1.1\r\nX: a\r\r\n" H "\r\n"},
    {400, "CR without LF", "GET / HTTP/1.1\r\n" H "\rX"},
    {400, "folded", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"},
    {400, "folded", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb: c\r\n\r\n"},
    {400, "folded", "GET / HTTP/1.1\r\n " H "\r\n"},
    {400, "folded", "GET / HTTP/1.1\r\n" H " \r\n\r\n"},
    {400, "white space", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
    {400, "white space", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"},
    {400, "white space", "GET / HTTP/1.1\r\n" H "A b: c\r\n\r\n"},
    {400, "empty field name", "GET / HTTP/1.1\r\n" H ": a\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "Name\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "N@me: a\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "(Name: a\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "Nam\xC3\xA9: a\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "\xC3\xA9: a\r\n\r\n"},
    {400, "may not stand in a field name", "GET / HTTP/1.1\r\n" H "Na\x01me: a\r\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "X: a\x01z\r\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "X: a\x0B\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "X: \x7F\r\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "X: \x19\r\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "X: \x1A\r\n\r\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "\x01\n"},
    {400, "control byte", "GET / HTTP/1.1\r\n" H "\x01: a\r\n\r\n"},
    /* framing, section 6 */
    {400, "both",
     "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400, "both",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
    {400, "two Content-Length",
     "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
    {400, "two Content-Length",
     "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 5;\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551616\r\n\r\n"},
    {400, "Content-Length", "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n"},
    {400, "HTAB", "POST / HTTP/1.1\r\n" H "Content-Length:\t5\r\n\r\n"},
    {400, "HTAB", "POST / HTTP/1.1\r\n" H "Content-Length: 5 \t\r\n\r\n"},
    {400, "HTAB", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \tchunked\r\n\r\n"},
    {400, "HTAB", "POST / HTTP/1.1\r\n" H "Transfer-Encoding:chunked\t\r\n\r\n"},
    {400, "HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n"},
    {400, "final", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked,\r\n\r\n"},
    {400, "final",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"},
    {400, "no coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"},
    {400, "no coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: , chunked\r\n\r\n"},
    {400, "no coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n"},
    {501, "transfer coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"},
    {501, "transfer coding",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
};

static void bad_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct outcome got;
        parse(REFUSED[i].input, strlen(REFUSED[i].input), &got);
        if (got.result != DT_HTTP1_BAD || got.error.status != REFUSED[i].status ||
            !strstr(got.error.reason, REFUSED[i].reason))
            fail_msg("%s: %d, %u %s at %u %s", REFUSED[i].input, got.result, got.error.status,
                     got.error.reason ? got.error.reason : "", got.error.at, got.text);
        assert_true(got.error.at <= strlen(REFUSED[i].input));
        assert_cuts(REFUSED[i].input, strlen(REFUSED[i].input));
    }
}

static void a_nul_is_refused_everywhere(void **state)
{
    (void)state;
    static const char HEAD[] = "GET /ab HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n";
    for (size_t at = 0; at < sizeof HEAD - 1; at++) {
        char copy[sizeof HEAD];
        struct outcome got;
        memcpy(copy, HEAD, sizeof HEAD);
        copy[at] = '\0';
        parse(copy, sizeof HEAD - 1, &got);
        assert_int_equal(got.result, DT_HTTP1_BAD);
        assert_int_equal(got.error.status, 400);
        assert_cuts(copy, sizeof HEAD - 1);
    }
}

/* All errors are found as soon as the byte is there that makes them; a line by line tour. */
static void errors_are_found_early(void **state)
{
    (void)state;
    static const struct refused EARLY[] = {
        {400, "begin", "\x80"},
        {400, "begin", "GET\t"},
        {501, "method", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {400, "empty", "GET  "},
        {400, "fragment", "GET /#"},
        {400, "version", "GET / HTTP/1x"},
        {400, "version", "GET / G"},
        {400, "no version", "GET /\r"},
        {505, "speaks", "GET / HTTP/3.0\r\n"},
        {400, "neither", "GET x HTTP/1.1\r\n"},
        {400, "folded", "GET / HTTP/1.1\r\n "},
        {400, "field name", "GET / HTTP/1.1\r\nX("},
        {400, "control byte", "GET / HTTP/1.1\r\nX: \x02"},
        {400, "two Host", "GET / HTTP/1.1\r\n" H H},
        {400, "both", "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"},
    };
    for (size_t i = 0; i < sizeof EARLY / sizeof *EARLY; i++) {
        struct outcome got;
        size_t len = strlen(EARLY[i].input);
        parse(EARLY[i].input, len, &got);
        if (got.result != DT_HTTP1_BAD || got.error.status != EARLY[i].status ||
            !strstr(got.error.reason, EARLY[i].reason))
            fail_msg("%s: %d %u %s", EARLY[i].input, got.result, got.error.status,
                     got.error.reason ? got.error.reason : "");
        parse(EARLY[i].input, len - 1, &got);
        assert_int_equal(got.result, DT_HTTP1_MORE);
    }
}

/* The same head behind paddings of each length meets the block borders at each place. */
static void every_place_in_a_block(void **state)
{
    (void)state;
    for (unsigned pad = 1; pad < 140; pad++) {
        char text[400];
        char want[400];
        char path[200];
        struct outcome got;
        memset(path, 'p', pad);
        path[pad] = '\0';
        int len = snprintf(text, sizeof text,
                           "GET /%s?q HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"
                           "Content-Length: 3\r\n\r\nabc",
                           path);
        (void)snprintf(want, sizeof want, "GET http a.example /%s ?q 11 close body=3 n=3", path);
        parse(text, (size_t)len, &got);
        assert_string_equal(got.text, want);
        assert_cuts(text, (size_t)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_heads),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(bad_heads),
        cmocka_unit_test(a_nul_is_refused_everywhere),
        cmocka_unit_test(errors_are_found_early),
        cmocka_unit_test(every_place_in_a_block),
    };
    return cmocka_run_group_tests_name("http_parse", tests, NULL, NULL);
}
