/* SPDX-License-Identifier: MIT
 *
 * The rule set over several files: includes and what they inherit, the one order, formats by name
 * and beginning, lines found again, and what is shared.
 */
#include "test_rules_dump.h"

/* Files of a small world: name, text, name, text, NULL. */
static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    for (const char *const *files = ctx; *files; files += 2) {
        if (dt_slice_eq(name, dt_slice_str(files[0]))) {
            *ret_text = dt_slice_str(files[1]);
            return DT_OK;
        }
    }
    return DT_ERR_NOT_FOUND;
}

static void run_world(const char *const *files, const char *want)
{
    struct dt_loader loader = {.load = load, .ctx = (void *)(uintptr_t)files};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    assert_non_null(set);
    enum dt_err err =
        dt_ruleset_read(set, dt_slice_str(files[0]), dt_slice_str(files[1]), DT_FORMAT_AUTO);
    assert_int_equal(err, dt_ruleset_error_count(set) ? DT_ERR_SYNTAX : DT_OK);
    dump_compare(set, files[1], want);
    dt_ruleset_free(set);
}

static void includes_inherit_and_do_not_leak(void **state)
{
    (void)state;
    static const char *const files[] = {
        "dir/main.rules",
        "@host h.example\n@default 301\n@include sub/a.rules\n/c /d\n@include \"b b.rules\" # x\n"
        "@include ./_redirects\n",
        "dir/sub/a.rules",
        "/a /b\n@host *\n@default\n/a2 /b\n@include ../up.rules\n/a3 /b?\n",
        "dir/b b.rules",
        "/e /f\n@order first",
        "dir/sub/../up.rules",
        "/u /v 418\n@include /abs.rules",
        "/abs.rules",
        "/w /x",
        "dir/_redirects",
        "/n /m\n",
        NULL};
    run_world(files, "dir/sub/a.rules:1: //h.example/a > /b 301\n"
                     "dir/sub/a.rules:4: /a2 > /b 307\n"
                     "/abs.rules:1: /w > /x 307\n"
                     "dir/sub/a.rules:6: /a3 > /b? 307\n"
                     "4: //h.example/c > /d 301\n"
                     "dir/b b.rules:1: //h.example/e > /f 301\n"
                     "dir/_redirects:1: //h.example/n is > /m 301\n"
                     "dir/sub/../up.rules:1:7+3 error status-unknown: 418 is not a status that a "
                     "rule can answer: those are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n");
}

static void includes_that_fail(void **state)
{
    (void)state;
    static const char *const missing[] = {
        "main", "@include nothing\n@include\n@include a b\n@include \"a\n@include \"\"\n/a /b",
        NULL};
    run_world(missing, "6: /a > /b 307\n"
                       "1:10+7 error include-missing: nothing: not found\n"
                       "2:9+1 error directive-use: expected here: a file's name\n"
                       "3:12+1 error directive-use: one word too many\n"
                       "4:10+2 error option-quote: a quote that is not closed\n"
                       "5:10+2 error directive-use: expected here: a file's name\n");
    static const char *const cycle[] = {"d/a", "/1 /2\n@include b\n/3 /4", "d/b",
                                        "/5 /6\n@include a\n@include b\n/7 /8", NULL};
    run_world(cycle, "1: /1 > /2 307\n"
                     "d/b:1: /5 > /6 307\n"
                     "d/b:4: /7 > /8 307\n"
                     "3: /3 > /4 307\n"
                     "d/b:2:10+1 error include-cycle: d/a includes itself\n"
                     "d/b:3:10+1 error include-cycle: d/b includes itself\n");
}

/* Each file includes one of another name, without end. */
static enum dt_err load_deeper(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    static const char text[] = "@include xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    unsigned *loads = ctx;
    (void)name;
    ++*loads;
    *ret_text = dt_slice_of(text, sizeof text - 1 - *loads);
    return DT_OK;
}

static void includes_without_end(void **state)
{
    (void)state;
    unsigned loads = 0;
    struct dt_loader loader = {.load = load_deeper, .ctx = &loads};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("a"), DT_S("@include b"), DT_FORMAT_NATIVE),
                     DT_ERR_SYNTAX);
    rules_check(set);
    assert_int_equal(loads, 16);
    assert_int_equal(dt_ruleset_file_count(set), 17);
    assert_int_equal(dt_ruleset_diag_count(set), 1);
    assert_string_equal(dt_ruleset_diag(set, 0)->name, "include-depth");
    dt_ruleset_free(set);
}

/* Reads two texts, the first as Netlify's; the order that comes of it, and the errors. */
static enum dt_order order_of(const char *first, const char *second, size_t *ret_errors)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    enum dt_err one = dt_ruleset_read(set, DT_S("_redirects"), dt_slice_str(first), DT_FORMAT_AUTO);
    enum dt_err two = dt_ruleset_read(set, DT_S("a.rules"), dt_slice_str(second), DT_FORMAT_AUTO);
    *ret_errors = dt_ruleset_error_count(set);
    assert_int_equal(*ret_errors > 0, one || two);
    for (size_t i = 0; i < *ret_errors; i++)
        assert_string_equal(dt_ruleset_diag(set, i)->name, "order-needed");
    enum dt_order order = dt_ruleset_order(set);
    dt_ruleset_free(set);
    return order;
}

static void one_order(void **state)
{
    (void)state;
    size_t errors;
    assert_int_equal(order_of("", "", &errors), DT_ORDER_UNSET);
    assert_int_equal(errors, 0);
    assert_int_equal(order_of("/a /b", "# nothing", &errors), DT_ORDER_FIRST);
    assert_int_equal(errors, 0);
    assert_int_equal(order_of("", "/a /b", &errors), DT_ORDER_UNSET);
    assert_int_equal(errors, 0);
    (void)order_of("/a /b", "/a /b", &errors);
    assert_int_equal(errors, 1);
    assert_int_equal(order_of("/a /b", "/a /b\n@order first", &errors), DT_ORDER_FIRST);
    assert_int_equal(errors, 0);
    assert_int_equal(order_of("/a /b", "@order specific\n/a /b", &errors), DT_ORDER_SPECIFIC);
    assert_int_equal(errors, 0);
}

static void formats(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        const char *want; /* the dump, which shows what the text was read as */
    } cases[] = {
        {"x.csv", "Old Url,New Url,Status\nhttp://h.example/a,,410",
         "2: //h.example/a ic is only > "
         " 410 drop\n"},
        {"x", "old url,new url,status\nhttp://h.example/a,,410",
         "2: //h.example/a ic is only > "
         " 410 drop\n"},
        {"d/_redirects.txt", "/a\t/b", "1: /a > /b 301\n"},
        {"x", "# FROM-URL\tTO-URL\n/a\t/b", "2: /a > /b 301\n"},
        {"d/_redirects", "/a /b", "1: /a is > /b 301\n"},
        {"_redirects/x", "/a /b", "1: /a > /b 307\n"},
        {"x.csv", "/a /b", "1: /a > /b 307\n"},
        {"", "/a /b", "1: /a > /b 307\n"},
        {"x.rules", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        assert_int_equal(dt_ruleset_read(set, dt_slice_str(cases[i].name),
                                         dt_slice_str(cases[i].text), DT_FORMAT_AUTO),
                         DT_OK);
        dump_compare(set, cases[i].text, cases[i].want);
        dt_ruleset_free(set);
    }
}

static void format_names(void **state)
{
    (void)state;
    enum dt_format format = DT_FORMAT_AUTO;
    unsigned count = 0;
    for (; dt_format_name((enum dt_format)count); count++) {
        assert_int_equal(
            dt_format_parse(dt_slice_str(dt_format_name((enum dt_format)count)), &format), DT_OK);
        assert_int_equal(format, count);
    }
    assert_int_equal(count, DT_FORMAT_OPENPUBLISHING + 1);
    assert_int_equal(dt_format_parse(DT_S("iis"), &format), DT_ERR_INVALID);
    assert_int_equal(format, count - 1);
}

static void lines_are_found_again(void **state)
{
    (void)state;
    struct dt_buf text;
    char want[32];
    dt_buf_init(&text, 1u << 20);
    for (unsigned i = 1; i <= 2000; i++)
        dt_buf_printf(&text, "/a%u /b%s", i, i % 3 ? "\n" : "\r\n");
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("a"), dt_buf_slice(&text), DT_FORMAT_AUTO), DT_OK);
    assert_int_equal(dt_ruleset_count(set), 2000);
    for (unsigned i = 1; i <= 2000; i++) {
        (void)snprintf(want, sizeof want, "/a%u /b", i);
        assert_true(dt_slice_eq(dt_ruleset_line(set, 0, i), dt_slice_str(want)));
        assert_int_equal(dt_ruleset_rule(set, i - 1)->line, i);
    }
    assert_int_equal(dt_ruleset_line(set, 0, 0).len, 0);
    assert_int_equal(dt_ruleset_line(set, 0, 2001).len, 0);
    assert_int_equal(dt_ruleset_line(set, 0, UINT32_MAX).len, 0);
    assert_int_equal(dt_ruleset_line(set, 1, 1).len, 0);
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

static void nothing_is_copied_without_need(void **state)
{
    (void)state;
    static const char text[] = "//h.example/a?x=1 https://x.example/y?z#w 301 owner=me\n"
                               "//h.example/b /c 301 owner=me\n/p/* /q 301 owner=me\n";
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("a"), dt_slice_str(text), DT_FORMAT_AUTO), DT_OK);
    assert_int_equal(dt_ruleset_action_count(set), 1);
    assert_ptr_equal(dt_ruleset_rule(set, 0)->host.ptr, dt_ruleset_rule(set, 1)->host.ptr);
    for (size_t i = 0; i < 3; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        const struct dt_slice parts[] = {rule->path, rule->target};
        for (size_t j = 0; j < 2; j++)
            assert_true(parts[j].ptr >= text && parts[j].ptr < text + sizeof text);
    }
    dt_ruleset_free(set);
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *before, *behind;
        size_t fill;      /* bytes of "a" between them */
        const char *name; /* of the diagnostic; NULL: none */
    } cases[] = {
        {"/", " /b", 8191, NULL},
        {"/", " /b", 8192, "source-long"},
        {"/b /", "", 8191, NULL},
        {"/b /", "", 8192, "target-long"},
        {"/%", " /b", 8189, NULL},
        {"/%zz", " /b", 8188, "source-long"},
        {"/b /%zz", "", 8188, "target-long"},
        {"# ", "", 65534, NULL},
        {"# ", "", 65535, "line-long"},
        {"/a?x=", " /b", 8187, NULL},
        {"/a?x=\"", " /b", 8188, "source-long"},
        {"/a /b owner=", "", 4096, NULL},
        {"/a /b owner=", "", 4097, "option-value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dt_buf text;
        dt_buf_init(&text, 1u << 20);
        dt_buf_str(&text, cases[i].before);
        for (size_t j = 0; j < cases[i].fill; j++)
            dt_buf_char(&text, 'a');
        dt_buf_str(&text, cases[i].behind);
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        enum dt_err err = dt_ruleset_read(set, DT_S("a"), dt_buf_slice(&text), DT_FORMAT_NATIVE);
        rules_check(set);
        assert_int_equal(err, cases[i].name ? DT_ERR_SYNTAX : DT_OK);
        if (cases[i].name)
            assert_string_equal(dt_ruleset_diag(set, 0)->name, cases[i].name);
        dt_ruleset_free(set);
        dt_buf_release(&text);
    }
}

static void number_of_conditions(void **state)
{
    (void)state;
    for (unsigned count = 64; count <= 65; count++) {
        struct dt_buf text;
        dt_buf_init(&text, 1u << 20);
        dt_buf_str(&text, "/a?");
        for (unsigned i = 0; i < count; i++)
            dt_buf_printf(&text, "p%u&", i);
        dt_buf_str(&text, " /b");
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        enum dt_err err = dt_ruleset_read(set, DT_S("a"), dt_buf_slice(&text), DT_FORMAT_NATIVE);
        rules_check(set);
        assert_int_equal(err, count == 64 ? DT_OK : DT_ERR_SYNTAX);
        assert_int_equal(dt_ruleset_count(set), count == 64);
        dt_ruleset_free(set);
        dt_buf_release(&text);
    }
}

static void empty_texts(void **state)
{
    (void)state;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    for (enum dt_format format = DT_FORMAT_AUTO; format <= DT_FORMAT_NETLIFY; format++) {
        assert_int_equal(dt_ruleset_read(set, DT_SLICE_NONE, DT_SLICE_NONE, format), DT_OK);
        assert_int_equal(dt_ruleset_read(set, DT_S("a"), DT_S("\xef\xbb\xbf"), format), DT_OK);
        assert_int_equal(dt_ruleset_read(set, DT_S("a"), DT_S("\n\r\n\n"), format), DT_OK);
    }
    rules_check(set);
    assert_int_equal(dt_ruleset_count(set), 0);
    assert_int_equal(dt_ruleset_file_count(set), 15);
    dt_ruleset_free(set);
    dt_ruleset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(includes_inherit_and_do_not_leak),
        cmocka_unit_test(includes_that_fail),
        cmocka_unit_test(includes_without_end),
        cmocka_unit_test(one_order),
        cmocka_unit_test(formats),
        cmocka_unit_test(format_names),
        cmocka_unit_test(lines_are_found_again),
        cmocka_unit_test(nothing_is_copied_without_need),
        cmocka_unit_test(limits),
        cmocka_unit_test(number_of_conditions),
        cmocka_unit_test(empty_texts),
    };
    return cmocka_run_group_tests_name("rules: the set", tests, NULL, NULL);
}
