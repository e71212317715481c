/* SPDX-License-Identifier: MIT
 *
 * The hypertext note: valid HTML, the link escaped in both places, and never a byte past the
 * buffer's end. Escaping works on 16 bytes at a time, so it is held against a naive escaper with a
 * special byte at every place of every length around that.
 */
#include <detour/note.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned ANSWERABLE[] = {301, 302, 303, 307, 308, 404, 410, 451, 503};
#define ANSWERABLE_COUNT (sizeof ANSWERABLE / sizeof ANSWERABLE[0])

/* The note as a string in a block of its own size, so that ASan sees a write past the end; NULL
 * when it did not fit. */
static char *note(unsigned code, struct dt_slice location, struct dt_slice text, size_t cap,
                  enum dt_err *ret_err)
{
    char *mem = malloc(cap + 1); /* malloc(0) may be NULL */
    assert_non_null(mem);
    memset(mem, '#', cap + 1);
    struct dt_slice body = dt_slice_of("untouched", 9);
    *ret_err = dt_note_build(dt_status_get(code), location, text, mem, cap, &body);
    assert_int_equal(mem[cap], '#');
    if (*ret_err) {
        assert_int_equal(body.len, 9); /* untouched on failure */
        free(mem);
        return NULL;
    }
    assert_ptr_equal(body.ptr, mem);
    assert_true(body.len <= cap);
    mem[body.len] = '\0';
    return mem;
}

/* The note in as much room as dt_note_max says. */
static char *whole_note(unsigned code, struct dt_slice location, struct dt_slice text)
{
    enum dt_err err;
    char *page = note(code, location, text, dt_note_max(location, text), &err);
    assert_int_equal(err, DT_OK);
    return page;
}

static void a_page_is_this_and_no_more(void **state)
{
    (void)state;
    char *page = whole_note(307, DT_S("https://example.ai/a?b=1&c=2"), DT_SLICE_NONE);
    assert_string_equal(page, "<!DOCTYPE html>\n"
                              "<html lang=\"en\"><meta charset=\"utf-8\">"
                              "<title>Temporary Redirect</title>\n"
                              "<h1>Temporary Redirect</h1>\n"
                              "<p>This page is elsewhere for a while. For now it is at"
                              " <a href=\"https://example.ai/a?b=1&amp;c=2\">"
                              "https://example.ai/a?b=1&amp;c=2</a>\n"
                              "</html>\n");
    free(page);
}

static void text_replaces_the_sentence_and_is_escaped(void **state)
{
    (void)state;
    char *page = whole_note(410, DT_SLICE_NONE, DT_S("<b>\"Tom & Jerry\"</b> \xc3\xa9'"));
    assert_non_null(
        strstr(page, "<p>&lt;b&gt;&quot;Tom &amp; Jerry&quot;&lt;/b&gt; \xc3\xa9'\n</html>"));
    assert_null(strstr(page, "gone and will not"));
    assert_null(strstr(page, "<a "));
    free(page);
}

static void each_status_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANSWERABLE_COUNT; i++) {
        const struct dt_status *status = dt_status_get(ANSWERABLE[i]);
        struct dt_slice location = status->location ? DT_S("/x") : DT_SLICE_NONE;
        char *page = whole_note(ANSWERABLE[i], location, DT_SLICE_NONE);
        const char *sentence = strstr(page, "<p>");
        assert_non_null(sentence);
        size_t reason = status->reason.len;
        assert_int_not_equal(strncmp(sentence + 3, status->reason.ptr, reason), 0);
        assert_int_equal(strstr(page, "<a href=\"/x\">/x</a>") != NULL, status->location);
        free(page);
    }
    char *page = whole_note(431, DT_SLICE_NONE, DT_SLICE_NONE); /* none of its own: the reason */
    assert_non_null(strstr(page, "<p>Request Header Fields Too Large\n"));
    free(page);
}

/* ---- escaping ---- */

static size_t escape_naively(struct dt_slice s, char *to)
{
    char *at = to;
    for (size_t i = 0; i < s.len; i++) {
        const char *with = s.ptr[i] == '&'   ? "&amp;"
                           : s.ptr[i] == '<' ? "&lt;"
                           : s.ptr[i] == '>' ? "&gt;"
                           : s.ptr[i] == '"' ? "&quot;"
                                             : NULL;
        if (with)
            at = stpcpy(at, with);
        else
            *at++ = s.ptr[i];
    }
    *at = '\0';
    return (size_t)(at - to);
}

/* Both places of the link, and the text, hold what the naive escaper makes of s. */
static void check_escaping(struct dt_slice s)
{
    static char escaped[6 * 4096 + 1], want[3 * sizeof escaped + 64];
    assert_true(s.len <= 4096);
    escape_naively(s, escaped);
    char *exact = malloc(s.len + 1); /* so that a read past the slice is seen */
    assert_non_null(exact);
    char *tight = exact + 1;
    memcpy(tight, s.ptr, s.len);
    char *page = whole_note(308, dt_slice_of(tight, s.len), dt_slice_of(tight, s.len));
    (void)snprintf(want, sizeof want, "<p>%s <a href=\"%s\">%s</a>\n</html>\n", escaped, escaped,
                   escaped);
    const char *got = strstr(page, "<p>");
    assert_non_null(got);
    assert_string_equal(got, want);
    free(page);
    free(exact);
}

static void escapes_at_every_place_of_every_length(void **state)
{
    (void)state;
    static const char SPECIAL[] = "&<>\"";
    for (size_t len = 1; len <= 40; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t c = 0; c < 4; c++) {
                char text[40];
                memset(text, 'a', sizeof text);
                text[at] = SPECIAL[c];
                check_escaping(dt_slice_of(text, len));
            }
}

static void escapes_two_at_every_two_places(void **state)
{
    (void)state;
    for (size_t len = 15; len <= 34; len++)
        for (size_t a = 0; a < len; a++)
            for (size_t b = a + 1; b < len; b++) {
                char text[40];
                memset(text, 'a', sizeof text);
                text[a] = '<';
                text[b] = '&';
                check_escaping(dt_slice_of(text, len));
            }
}

static void neighbours_of_the_specials_stay(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 256; c++) {
        char text[33];
        memset(text, (int)c, sizeof text);
        for (size_t len = 1; len <= sizeof text; len += 8)
            check_escaping(dt_slice_of(text, len));
    }
}

static void escapes_random_texts(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (unsigned round = 0; round < 3000; round++) {
        char text[200];
        size_t len = (size_t)rand_r(&seed) % sizeof text + 1;
        for (size_t i = 0; i < len; i++)
            text[i] = "abcdefgh/?=%&<>\"&"[rand_r(&seed) % 17];
        check_escaping(dt_slice_of(text, len));
    }
}

/* ---- room ---- */

static void every_cap_that_is_too_small_is_told(void **state)
{
    (void)state;
    const struct dt_slice location = DT_S("https://example.ai/?a=1&b=2\"<>");
    char *page = whole_note(307, location, DT_S("a<b"));
    size_t len = strlen(page);
    for (size_t cap = 0; cap < len + 20; cap++) {
        enum dt_err err;
        char *again = note(307, location, DT_S("a<b"), cap, &err);
        assert_int_equal(err, cap < len ? DT_ERR_SPACE : DT_OK);
        if (again)
            assert_string_equal(again, page);
        free(again);
    }
    free(page);
}

static void note_max_is_enough_for_the_worst(void **state)
{
    (void)state;
    static char worst[3000];
    memset(worst, '"', sizeof worst);
    for (unsigned code = 300; code < 600; code++) {
        if (!dt_status_get(code))
            continue;
        for (size_t len = 0; len <= sizeof worst; len += 1000) {
            struct dt_slice s = dt_slice_of(worst, len);
            free(whole_note(code, s, s));
            free(whole_note(code, s, DT_SLICE_NONE));
            free(whole_note(code, DT_SLICE_NONE, s));
        }
    }
}

/* ---- the judgement of others ---- */

/* Runs a judge over every page, through its standard input. False: it is not installed. */
static bool judge_all(const char *tool, const char *command)
{
    char probe[256];
    (void)snprintf(probe, sizeof probe, "command -v %s >/dev/null 2>&1", tool);
    if (system(probe) != 0) /* NOLINT(cert-env33-c): a fixed string */
        return false;
    for (size_t i = 0; i < ANSWERABLE_COUNT; i++) {
        const struct dt_status *status = dt_status_get(ANSWERABLE[i]);
        struct dt_slice location =
            status->location ? DT_S("https://example.ai/a?b=1&c='2'&amp;d") : DT_SLICE_NONE;
        struct dt_slice text = i % 2 ? DT_S("1 < 2 & \"3\" > 2 </p>") : DT_SLICE_NONE;
        char *page = whole_note(ANSWERABLE[i], location, text);
        FILE *pipe = popen(command, "w"); /* NOLINT(cert-env33-c): a fixed string */
        assert_non_null(pipe);
        assert_int_equal(fwrite(page, 1, strlen(page), pipe), strlen(page));
        int verdict = pclose(pipe);
        if (verdict)
            print_error("%s refuses:\n%s\n", tool, page);
        assert_int_equal(verdict, 0);
        free(page);
    }
    return true;
}

static void tidy_has_nothing_to_say(void **state)
{
    (void)state;
    /* It remarks that <body> is left out, which HTML allows (section 13.1.2.4). */
    static const char COMMAND[] = "if tidy -q -e --show-info no 2>&1 | "
                                  "grep -qv 'inserting implicit <body>'; then exit 1; fi";
    if (!judge_all("tidy", COMMAND)) {
        print_message("# tidy is not installed\n");
        skip();
    }
}

/* html.parser reads the page, and finds these tags, this link, and this text behind it. */
static void a_parser_finds_the_link(void **state)
{
    (void)state;
    static const char SCRIPT[] =
        "/usr/bin/python3 -c '"
        "import sys, html.parser\n"
        "class P(html.parser.HTMLParser):\n"
        "  def __init__(s):\n"
        "    super().__init__(); s.t = []; s.h = None; s.x = \"\"\n"
        "  def handle_starttag(s, t, a):\n"
        "    s.t.append(t); s.h = dict(a).get(\"href\", s.h)\n"
        "  def handle_data(s, d):\n"
        "    s.x += d if s.t and s.t[-1] == \"a\" else \"\"\n"
        "p = P(); p.feed(sys.stdin.read()); p.close()\n"
        "want = [\"html\", \"meta\", \"title\", \"h1\", \"p\"]\n"
        "url = \"https://example.ai/a?b=1&c=#2#&amp;d\".replace(\"#\", chr(39))\n"
        "ok = p.t == want if p.h is None else "
        "p.t == want + [\"a\"] and p.h == url and p.x.strip() == url\n"
        "sys.exit(0 if ok else 1)'";
    if (!judge_all("/usr/bin/python3", SCRIPT)) {
        print_message("# /usr/bin/python3 is not installed\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_this_and_no_more),
        cmocka_unit_test(text_replaces_the_sentence_and_is_escaped),
        cmocka_unit_test(each_status_has_a_sentence_of_its_own),
        cmocka_unit_test(escapes_at_every_place_of_every_length),
        cmocka_unit_test(escapes_two_at_every_two_places),
        cmocka_unit_test(neighbours_of_the_specials_stay),
        cmocka_unit_test(escapes_random_texts),
        cmocka_unit_test(every_cap_that_is_too_small_is_told),
        cmocka_unit_test(note_max_is_enough_for_the_worst),
        cmocka_unit_test(tidy_has_nothing_to_say),
        cmocka_unit_test(a_parser_finds_the_link),
    };
    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
