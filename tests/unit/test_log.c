/* SPDX-License-Identifier: MIT
 * Lines of access logs: what is read of them, in which formats, and what is none. */
#include "traffic/log_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct dt_log_format format;
static struct dt_log_line line;
static struct dt_log_reader reader;

static void use(const char *text)
{
    const char *why = "";
    if (dt_log_format_read(dt_slice_str(text), &format, &why) != DT_OK)
        fail_msg("%s: %s", text, why);
}

static const char *bad_of(const char *text)
{
    return dt_log_bad_name(dt_log_line_read(&format, dt_slice_str(text), &line));
}

/* "GET http://host/path?query status referer|agent|address", "-" for what is not there. */
static const char *seen(const char *text)
{
    static char out[4096];
    enum dt_log_bad bad = dt_log_line_read(&format, dt_slice_str(text), &line);
    if (bad)
        return dt_log_bad_name(bad);
    const struct dt_slice *p = line.parts;
    int len = snprintf(out, sizeof out, "%.*s %.*s %.*s %.*s %.*s [%.*s]",
                       DT_SLICE_FMT(p[DT_LOG_ADDRESS]), DT_SLICE_FMT(p[DT_LOG_HOST]),
                       DT_SLICE_FMT(p[DT_LOG_METHOD]), DT_SLICE_FMT(p[DT_LOG_TARGET]),
                       DT_SLICE_FMT(p[DT_LOG_STATUS]), DT_SLICE_FMT(p[DT_LOG_TIME]));
    for (unsigned i = 0; i < line.nfields; i++)
        len += snprintf(out + len, sizeof out - (size_t)len, " %.*s=%.*s",
                        DT_SLICE_FMT(line.fields[i].name), DT_SLICE_FMT(line.fields[i].value));
    return out;
}

#define COMMON "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /a?b=1 HTTP/1.1\" 200 12"
#define COMBINED COMMON " \"http://r.example/\" \"Mozilla/5.0 (X)\""

static void combined_lines_are_taken_apart(void **state)
{
    (void)state;
    use("combined");
    const char *want = "192.0.2.7  GET /a?b=1 200 [17/May/2015:10:05:03 +0000] "
                       "Referer=http://r.example/ User-Agent=Mozilla/5.0 (X)";
    assert_string_equal(seen(COMBINED), want);
    assert_string_equal(seen(COMBINED " 0.003 \"-\" more"), want);
    /* Cut short behind the request, as a full disk leaves lines. */
    assert_string_equal(seen(COMMON " \"http://r.example/"),
                        "192.0.2.7  GET /a?b=1 200 [17/May/2015:10:05:03 +0000] "
                        "Referer=http://r.example/");
    assert_string_equal(seen("h - john doe [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 1 "
                             "\"-\" \"-\""),
                        "h  GET /a 200 [17/May/2015:10:05:03 +0000]");
}

static void escapes_are_undone(void **state)
{
    (void)state;
    use("combined");
#define LINE(target) "h - - [t] \"GET " target " HTTP/1.1\" 200 1 \"-\" \"a\\\"b\""
    assert_string_equal(seen(LINE("/a\\x22b\\\"c\\\\d")),
                        "h  GET /a\"b\"c\\d 200 [t] User-Agent=a\"b");
    assert_string_equal(seen(LINE("/a\\xg")), "h  GET /axg 200 [t] User-Agent=a\"b");
#undef LINE
}

static void what_holds_no_request_says_why(void **state)
{
    (void)state;
    use("combined");
    assert_string_equal(bad_of("x"), "log-form");
    assert_string_equal(bad_of("h - - [t] \"-\" 408 0 \"-\" \"-\""), "log-request");
    assert_string_equal(bad_of("h - - [t] \"\\x16\\x03\\x01 \\x02\" 400 0 \"-\" \"-\""),
                        "log-request");
    assert_string_equal(bad_of("h - - [t] \"GET  HTTP/1.1\" 400 0 \"-\" \"-\""), "log-request");
    assert_string_equal(bad_of("h - - [t] \"GET /cut"), "log-form");
    use("json");
    assert_string_equal(bad_of("x"), "log-json");
    assert_string_equal(bad_of("{\"uri\":\"/a\""), "log-json");
    assert_string_equal(bad_of("{\"uri\":\"/a\"} x"), "log-json");
    assert_string_equal(bad_of("{\"msg\":\"started\"}"), "log-none");
    assert_string_equal(bad_of("{\"request\":\"-\",\"x\":1}"), "log-none");
}

static void formats_of_nginx_and_apache_are_read(void **state)
{
    (void)state;
    use("$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
        "\"$http_referer\" \"$http_user_agent\"");
    assert_string_equal(seen(COMBINED), "192.0.2.7  GET /a?b=1 200 [17/May/2015:10:05:03 +0000] "
                                        "referer=http://r.example/ user-agent=Mozilla/5.0 (X)");
    use("${host}|$request_method|$request_uri|$http_accept_language");
    assert_string_equal(seen("h.example|PUT|/x?y|de"),
                        " h.example PUT /x?y  [] accept-language=de");
    use("%V %{X-Mode}i %m %U%q %>s");
    assert_string_equal(seen("h.example beta GET /x?y 200"), " h.example GET /x?y  [] X-Mode=beta");
    use("$host $uri$is_args$args $status");
    assert_string_equal(seen("h.example /x?y 200"), " h.example  /x?y  []");
    use("%V \"%{X-Mode}i\" %m %U %q %>s");
    assert_string_equal(seen("h.example \"beta\" GET /x ?y 200"),
                        " h.example GET /x  [] X-Mode=beta");
    const char *why;
    assert_int_equal(dt_log_format_read(DT_S("$status $host"), &format, &why), DT_ERR_INVALID);
    assert_int_equal(dt_log_format_read(DT_S("$host$request"), &format, &why), DT_ERR_INVALID);
    assert_int_equal(dt_log_format_read(DT_S("combine"), &format, &why), DT_ERR_INVALID);
    assert_int_equal(dt_log_format_read(DT_S("%"), &format, &why), DT_ERR_INVALID);
}

static void objects_are_read_by_the_best_key(void **state)
{
    (void)state;
    use("json");
    assert_string_equal(
        seen(
            "{\"uri\":\"/index\",\"request_uri\":\"/a?b\",\"http_host\":\"h.example\","
            "\"request_method\":\"POST\",\"status\":200,\"time_iso8601\":\"2015-05-17T10:05:03Z\","
            "\"remote_addr\":\"192.0.2.7\",\"http_user_agent\":\"x\",\"n\":[1,{\"uri\":\"/no\"}]}"),
        "192.0.2.7 h.example POST /a?b 200 [2015-05-17T10:05:03Z] User-Agent=x");
    /* Caddy */
    assert_string_equal(
        seen("{\"ts\":1585597114.76,\"msg\":\"handled request\",\"request\":{\"remote_ip\":"
             "\"127.0.0.1\",\"method\":\"GET\",\"host\":\"localhost\",\"uri\":\"/a\\u00e9\\/b\","
             "\"headers\":{\"User-Agent\":[\"curl\"]},\"tls\":{\"version\":772}},\"status\":308}"),
        "127.0.0.1 localhost GET /a\xc3\xa9/b 308 [1585597114.76] User-Agent=curl");
    assert_true(dt_slice_eq(line.parts[DT_LOG_SCHEME], DT_S("https")));
    assert_string_equal(seen("{ \"request\" : \"HEAD /x HTTP/2.0\" , \"host\":{\"name\":\"n\"} }"),
                        "  HEAD /x  []");
    assert_string_equal(seen("{\"url\":\"\\ud83d\\ude00\"}"), "   \xf0\x9f\x98\x80  []");
}

/* ---- Recognising ---- */

static const char *guess(const char *lines)
{
    const char *name = "none";
    return dt_log_format_guess(dt_slice_str(lines), &format, &name) == DT_OK ? name : "none";
}

static void formats_are_recognised(void **state)
{
    (void)state;
    assert_string_equal(guess(COMBINED "\n" COMBINED "\n"), "combined");
    assert_string_equal(guess(COMMON "\n"), "common");
    assert_string_equal(guess("\n" COMMON " 0.01\r\n"), "common");
    assert_string_equal(guess("www.example.com:443 " COMBINED "\n"), "vhost-combined");
    assert_string_equal(seen("www.example.com:443 " COMBINED),
                        "192.0.2.7 www.example.com GET /a?b=1 200 [17/May/2015:10:05:03 +0000] "
                        "Referer=http://r.example/ User-Agent=Mozilla/5.0 (X)");
    assert_string_equal(guess("www.example.com " COMBINED "\n"), "combined, a host before it");
    assert_string_equal(guess("www.example.com " COMMON "\n"), "common, a host before it");
    assert_string_equal(
        guess(COMBINED " 0.002 \"www.example.com\"\n" COMBINED " 0.100 \"example.com\"\n"),
        "combined, a host behind it");
    assert_string_equal(seen(COMBINED " 0.002 \"www.example.com\""),
                        "192.0.2.7 www.example.com GET /a?b=1 200 [17/May/2015:10:05:03 +0000] "
                        "Referer=http://r.example/ User-Agent=Mozilla/5.0 (X)");
    assert_string_equal(guess(COMBINED " 0.002 \"198.51.100.1\"\n"), "combined");
    assert_string_equal(guess("{\"a\":1}\n"), "json");
    assert_string_equal(guess("hello\nworld\n"), "none");
    assert_string_equal(guess("x\n" COMBINED "\ny\n" COMBINED "\n"), "combined");
}

/* ---- Requests ---- */

static const char *request_of(const char *text, unsigned wants)
{
    static char out[2048];
    struct dt_log_site site;
    struct dt_slice target;
    struct dt_request request;
    bool asked;
    reader.defaults.wants = wants;
    enum dt_log_bad bad = dt_log_line_read(&format, dt_slice_str(text), &line);
    if (!bad)
        bad = dt_log_reader_site(&reader, &line, &site, &target, &asked);
    if (!bad && !asked)
        return "unasked";
    if (!bad)
        bad = dt_log_reader_request(&reader, &line, &site, target, &request);
    if (bad)
        return dt_log_bad_name(bad);
    snprintf(out, sizeof out, "%.*s %d %.*s:%u %.*s?%.*s %lld %d.%u %u",
             DT_SLICE_FMT(request.method), request.scheme, DT_SLICE_FMT(request.host), request.port,
             DT_SLICE_FMT(request.path), DT_SLICE_FMT(request.query), (long long)request.now,
             request.address[12], request.address[15], request.nfields);
    return out;
}

static void requests_are_in_normal_form(void **state)
{
    (void)state;
    const struct dt_log_defaults defaults = {.host = DT_S("D.example:8080")};
    dt_log_reader_init(&reader, &defaults);
    use("combined");
#define LINE(request) "192.0.2.7 - - [17/May/2015:10:05:03 +0200] \"" request "\" 200 1 \"r\" \"a\""
    assert_string_equal(request_of(LINE("GET /a/../%7eb?x=%2f HTTP/1.1"), 0),
                        "GET 1 d.example:8080 /~b?x=%2F 0 0.0 0");
    assert_string_equal(request_of(LINE("GET /a HTTP/1.1"), DT_LOG_WANT_ALL),
                        "GET 1 d.example:8080 /a? 1431849903 192.7 3");
    assert_string_equal(request_of(LINE("GET https://U.example/b HTTP/1.1"), 0),
                        "GET 2 u.example:443 /b? 0 0.0 0");
    assert_string_equal(request_of(LINE("GET /c HTTP/1.0"), 0), "GET 1 d.example:8080 /c? 0 0.0 0");
    assert_string_equal(request_of(LINE("OPTIONS * HTTP/1.1"), 0), "unasked");
    assert_string_equal(request_of(LINE("CONNECT h:443 HTTP/1.1"), 0), "unasked");
    assert_string_equal(request_of(LINE("GET h/x HTTP/1.1"), 0), "log-target");
    use("%v:%p %h %l %u %t \"%r\" %>s %b");
    assert_string_equal(request_of("b%c:80 " LINE("GET /a HTTP/1.1"), 0), "log-host");
    assert_string_equal(request_of("_:443 " LINE("GET /a HTTP/1.1"), 0),
                        "GET 2 d.example:8080 /a? 0 0.0 0");
    assert_string_equal(request_of("h.example:443 " LINE("GET /a HTTP/1.1"), 0),
                        "GET 2 h.example:443 /a? 0 0.0 0");
#undef LINE
}

static void times_are_read(void **state)
{
    (void)state;
    int64_t at = 0;
    static const struct {
        const char *text;
        int64_t want;
    } CASES[] = {
        {"17/May/2015:10:05:03 +0000", 1431857103},
        {"[17/May/2015:10:05:03 -0130]", 1431862503},
        {"2015-05-17T10:05:03Z", 1431857103},
        {"2015-05-17T12:05:03.25+02:00", 1431857103},
        {"1431857103", 1431857103},
        {"1431857103.999", 1431857103},
        {"1431857103999", 1431857103},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_true(dt_log_time(dt_slice_str(CASES[i].text), &at));
        assert_int_equal(at, CASES[i].want);
    }
    static const char *const BAD[] = {"",
                                      "x",
                                      "31/Feb/2015:10:05:03 +0000",
                                      "17/Moy/2015:10:05:03 +0000",
                                      "12x",
                                      "17/May/2015:10:05:03"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(dt_log_time(dt_slice_str(BAD[i]), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combined_lines_are_taken_apart),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(what_holds_no_request_says_why),
        cmocka_unit_test(formats_of_nginx_and_apache_are_read),
        cmocka_unit_test(objects_are_read_by_the_best_key),
        cmocka_unit_test(formats_are_recognised),
        cmocka_unit_test(requests_are_in_normal_form),
        cmocka_unit_test(times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
