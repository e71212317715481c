/* SPDX-License-Identifier: MIT
 * Chains resolved: what a rule answers then, and which are left alone. */
#include "test_check_rules.h"

/* "line: status target", a line each; captures as <number>. */
static void says(const char *rules, const char *want)
{
    struct compiled compiled;
    struct dt_check_result *result = check_rules(rules, &compiled);
    char text[4096] = "";
    size_t len = 0;
    for (size_t i = 0; i < dt_check_flat_count(result); i++) {
        const struct dt_flat *flat = dt_check_flat(result, i);
        len += (size_t)snprintf(text + len, sizeof text - len, "%u: %u ",
                                dt_ruleset_rule(compiled.set, flat->rule)->line, flat->status);
        for (size_t j = 0; j < flat->target.len; j++) {
            unsigned char c = (unsigned char)flat->target.ptr[j];
            if (c < 0x20)
                continue;
            len += (size_t)snprintf(text + len, sizeof text - len, c < 0x80 ? "%c" : "<%u>",
                                    c < 0x80 ? c : c - 0x80u);
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "\n");
    }
    if (strcmp(text, want) != 0)
        print_message("%s--- resolved\n%s", rules, text);
    assert_string_equal(text, want);
    dt_check_free(result);
    compiled_release(&compiled);
}

static void the_status_keeps_its_meaning(void **state)
{
    (void)state;
    says("/a /b 301\n/b /c 301\n", "1: 301 /c\n");
    says("/a /b 301\n/b /c 302\n", "1: 302 /c\n");
    says("/a /b 308\n/b /c 308\n", "1: 308 /c\n");
    says("/a /b 308\n/b /c 307\n", "1: 307 /c\n");
    says("/a /b 308\n/b /c 301\n", "1: 301 /c\n");
    says("/a /b 301\n/b /c 303\n", "1: 303 /c\n");
}

static void all_of_a_chain_is_resolved(void **state)
{
    (void)state;
    says("/a /b\n/b /c\n/c https://x.example/d#e\n",
         "1: 307 https://x.example/d#e\n2: 307 https://x.example/d#e\n");
    says("/a https://h.example/b\n//h.example/b /c\n", "1: 307 https://h.example/c\n");
}

static void captures_are_put_together(void **state)
{
    (void)state;
    says("/a/* /b/:splat\n/b/* /c/:splat\n", "1: 307 /c/<0>\n");
    says("/a/* /b/x/:splat\n/b/* https://h.example/:splat\n", "1: 307 https://h.example/x/<0>\n");
    says("/a/:x/:y /b/:y/:x\n/b/:p/:q /c/:p/d/:q\n", "1: 307 /c/<1>/d/<0>\n");
    says("/a/:x /b/:x/k\n/b/:p/* /c/:splat/:p\n", "1: 307 /c/k/<0>\n");
    says("//h.example/* https://k.example{path}\n//k.example/* https://m.example{path}\n",
         "1: 307 https://m.example<67>\n");
}

static void a_chain_in_parts_is_left_alone(void **state)
{
    (void)state;
    says("/a/* /b/:splat\n/b/* /c/:splat\n/b/x /y\n", "");
    says("/a /b\n/b /c lang=de\n", "");
    says("/a /b\n/b /c\n/b?x /d\n", "");
    says("/a /b query=drop\n/b /c\n/b /e lang=de\n", "");
    says("/a /b\n//h.example/b /d\n/b /c\n", "");
    says("/a/:x /b/:x\n/b/1 /one\n/b/:y /c/:y\n", "");
}

static void what_answers_first_is_no_part(void **state)
{
    (void)state;
    says("/a /b\n/b /c\n//h.example/* https://x.example/\n", "1: 307 /c\n");
}

static void queries_pass_or_the_chain_stays(void **state)
{
    (void)state;
    says("/a /b\n/b /c query=drop\n", "");
    says("/a /b query=drop\n/b /c\n", "1: 307 /c\n");
    says("/a /b query=drop\n/b /c query=keep:x\n", "1: 307 /c\n");
    says("/a /b query=keep:x\n/b /c query=keep:x\n", "1: 307 /c\n");
    says("/a /b?x=1\n/b /c?y=2\n", "1: 307 /c?y=2&x=1\n");
    says("/a /b?x=1\n/b?x=1 /c?x=2\n", "1: 307 /c?x=2\n");
}

static void loops_are_not_resolved(void **state)
{
    (void)state;
    says("/a /b\n/b /a\n", "");
    says("/c /a\n/a /b\n/b /a\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_keeps_its_meaning),
        cmocka_unit_test(all_of_a_chain_is_resolved),
        cmocka_unit_test(captures_are_put_together),
        cmocka_unit_test(a_chain_in_parts_is_left_alone),
        cmocka_unit_test(what_answers_first_is_no_part),
        cmocka_unit_test(queries_pass_or_the_chain_stays),
        cmocka_unit_test(loops_are_not_resolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
