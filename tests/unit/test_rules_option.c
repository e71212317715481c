/* SPDX-License-Identifier: MIT
 *
 * Statuses and options of the native language.
 */
#include "test_rules_dump.h"

static const struct rules_case statuses_cases[] = {
    {"/a /b 301\n"
     "/a /b 302\n"
     "/a /b 303\n"
     "/a /b 307\n"
     "/a /b 308",
     "1: /a > /b 301\n"
     "2: /a > /b 302\n"
     "3: /a > /b 303\n"
     "4: /a > /b 307\n"
     "5: /a > /b 308\n"},
    {"/a /b 300", "1:7+3 error status-unknown: 300 is not a status that a rule can answer: those "
                  "are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 304", "1:7+3 error status-unknown: 304 is not a status that a rule can answer: those "
                  "are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 200", "1:7+3 error status-unknown: 200 is not a status that a rule can answer: those "
                  "are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 418", "1:7+3 error status-unknown: 418 is not a status that a rule can answer: those "
                  "are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 99999999999999999999",
     "1:7+20 error status-unknown: 99999999999999999999 is not a status that a rule can answer: "
     "those are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 30x", "1:7+3 error status-unknown: 30x is not a status that a rule can answer: those "
                  "are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"/a /b 301 302", "1:11+3 error status-twice: a second status\n"},
    {"/a /b note=no 301", "1: /a > /b 301 note=no\n"},
    {"/a - pass", "1: /a >  0\n"},
    {"/a /b pass", "1:4+2 error target-unwanted: pass has no target, write \"-\" in its place\n"},
    {"/a - pass 404", "1:11+3 error status-twice: a second status\n"},
    {"/a - pass=1",
     "1:6+6 error option-unknown: no option has the name pass, did you mean case=\n"},
    {"/a - pass owner=me except=/b", "1: /a >  0 owner=<me> !path(/b)\n"},
    {"/a - pass query=drop cache=1h retry-after=5 note=no open=yes set-header=\"A: b\"",
     "1: /a open >  0 drop cache=max-age=3600 retry=5 note=no fields=<A: b>\n"
     "1:4+1 warning option-useless: query= does nothing with pass\n"
     "1:4+1 warning option-useless: cache= does nothing with pass\n"
     "1:4+1 warning option-useless: retry-after= does nothing with pass\n"
     "1:4+1 warning option-useless: note= does nothing with pass\n"
     "1:4+1 warning option-useless: set-header= does nothing with pass\n"
     "1:4+1 warning option-useless: open= does nothing with pass\n"},
    {"@default retry-after=5 cache=1h\n/a - pass", "2: /a >  0 cache=max-age=3600 retry=5\n"},
    {"/a /b c.html /d https://x/y",
     "1:7+6 error option-unknown: no option has the name c.html\n"
     "1:14+2 error target-twice: a second target (a space in a URL is written %20)\n"
     "1:17+11 error target-twice: a second target (a space in a URL is written %20)\n"},
};

static const struct rules_case priority_cases[] = {
    {"/a /b priority=7", "1: /a > /b 307 priority=7\n"},
    {"/a /b priority=-2147483648", "1: /a > /b 307 priority=-2147483648\n"},
    {"/a /b priority=2147483647", "1: /a > /b 307 priority=2147483647\n"},
    {"/a /b priority=2147483648",
     "1:16+10 error option-value: priority= wants a whole number from -2147483648 to 2147483647\n"},
    {"/a /b priority=-2147483649",
     "1:16+11 error option-value: priority= wants a whole number from -2147483648 to 2147483647\n"},
    {"/a /b priority=", "1:7+9 error option-value: priority= wants a value\n"},
    {"/a /b priority=-",
     "1:16+1 error option-value: priority= wants a whole number from -2147483648 to 2147483647\n"},
    {"/a /b priority=1.5",
     "1:16+3 error option-value: priority= wants a whole number from -2147483648 to 2147483647\n"},
    {"/a /b priority", "1:7+8 error option-value: priority= wants a value\n"},
};

static const struct rules_case cache_cases[] = {
    {"/a /b cache=no", "1: /a > /b 307 cache=no-store\n"},
    {"/a /b cache=3600", "1: /a > /b 307 cache=max-age=3600\n"},
    {"/a /b cache=1h", "1: /a > /b 307 cache=max-age=3600\n"},
    {"/a /b cache=30d", "1: /a > /b 307 cache=max-age=2592000\n"},
    {"/a /b cache=2w", "1: /a > /b 307 cache=max-age=1209600\n"},
    {"/a /b cache=90s", "1: /a > /b 307 cache=max-age=90\n"},
    {"/a /b cache=5m", "1: /a > /b 307 cache=max-age=300\n"},
    {"/a /b cache=\"public, max-age=60\"", "1: /a > /b 307 cache=public, max-age=60\n"},
    {"/a /b cache=no-store", "1: /a > /b 307 cache=no-store\n"},
    {"/a /b cache=public,max-age=60", "1: /a > /b 307 cache=public,max-age=60\n"},
    {"/a /b cache=0", "1: /a > /b 307 cache=max-age=0\n"},
    {"/a /b cache=1y", "1:13+2 error option-value: cache= wants no, a time such as 3600 or 1h, or "
                       "a Cache-Control value\n"},
    {"/a /b cache=-1", "1:13+2 error option-value: cache= wants no, a time such as 3600 or 1h, or "
                       "a Cache-Control value\n"},
    {"/a /b cache=2147483647", "1: /a > /b 307 cache=max-age=2147483647\n"},
    {"/a /b cache=2147483648", "1:13+10 error option-value: cache= wants no, a time such as 3600 "
                               "or 1h, or a Cache-Control value\n"},
    {"/a /b cache=99999w", "1:13+6 error option-value: cache= wants no, a time such as 3600 or 1h, "
                           "or a Cache-Control value\n"},
    {"/a /b cache=\xc3\xa9", "1:13+2 error option-value: cache= wants no, a time such as 3600 or "
                             "1h, or a Cache-Control value\n"},
    {"/a /b cache=\" x\"", "1:13+4 error option-value: cache= wants no, a time such as 3600 or 1h, "
                           "or a Cache-Control value\n"},
    {"/a /b cache=\"\"", "1:7+8 error option-value: cache= wants a value\n"},
};

static const struct rules_case retry_after_cases[] = {
    {"/a /b retry-after=120", "1: /a > /b 307 retry=120\n"},
    {"/a - 503 retry-after=1h", "1: /a >  503 retry=3600\n"},
    {"/a - 410 retry-after=1",
     "1:4+1 error option-clash: retry-after= goes with a redirect or a 503, not with a 410\n"},
    {"/a /b retry-after=soon", "1:19+4 error option-value: retry-after= wants seconds, a time such "
                               "as 90s, 5m, 1h, 30d or 2w, or until\n"},
    {"/a /b retry-after=until until=2026-12-01T00:00Z",
     "1: /a > /b 307 retry=until time(*..2026-12-01T00:00:00Z)\n"},
    {"/a /b retry-after=until", "1:4+2 error option-clash: retry-after=until counts down to an "
                                "until=, and there is none\n"},
    {"/a - 410 retry-after=until until=2026-12-01T00:00Z",
     "1:4+1 error option-clash: retry-after= goes with a redirect or a 503, not with a 410\n"},
};

static const struct rules_case flags_cases[] = {
    {"/a /b case=maybe", "1:12+5 error option-value: case= wants ignore or exact\n"},
    {"/a /b slash=no", "1:13+2 error option-value: slash= wants ignore or exact\n"},
    {"/a /b params=all", "1:14+3 error option-value: params= wants only or some\n"},
    {"/a /b case", "1:7+4 error option-value: case= wants a value\n"},
};

static const struct rules_case query_cases[] = {
    {"/a /b query=pass", "1: /a > /b 307\n"},
    {"/a /b query=drop", "1: /a > /b 307 drop\n"},
    {"/a /b query=keep:a,b", "1: /a > /b 307 keep:a,b\n"},
    {"/a /b query=without:utm_*,gclid", "1: /a > /b 307 without:utm_*,gclid\n"},
    {"/a /b query=keep:", "1:13+5 error option-value: query= wants names with commas between them, "
                          "each with a * at its end at most\n"},
    {"/a /b query=keep:a,,b", "1:13+9 error option-value: query= wants names with commas between "
                              "them, each with a * at its end at most\n"},
    {"/a /b query=keep:a,", "1:13+7 error option-value: query= wants names with commas between "
                            "them, each with a * at its end at most\n"},
    {"/a /b query=without:*x", "1:13+10 error option-value: query= wants names with commas between "
                               "them, each with a * at its end at most\n"},
    {"/a /b query=without:*", "1: /a > /b 307 without:*\n"},
    {"/a /b query=keep:a&b", "1:13+8 error option-value: query= wants names with commas between "
                             "them, each with a * at its end at most\n"},
    {"/a /b query=some",
     "1:13+4 error option-value: query= wants pass, drop, keep:a,b or without:a,utm_*\n"},
    {"/a /b query=keep:%7e\xc3\xa9", "1: /a > /b 307 keep:~%C3%A9\n"},
    {"/a - 410 query=drop", "1: /a >  410 drop\n"
                            "1:4+1 warning option-useless: query= does nothing without a target\n"},
};

static const struct rules_case notes_and_owners_cases[] = {
    {"/a /b note=no", "1: /a > /b 307 note=no\n"},
    {"/a /b note=yes", "1: /a > /b 307\n"},
    {"/a /b note=\"no\"", "1: /a > /b 307 note=<no>\n"},
    {"/a /b note=\"The page \\\"x\\\" has moved \\\\ away.\" owner=web-team",
     "1: /a > /b 307 note=<The page \"x\" has moved \\ away.> owner=<web-team>\n"},
    {"/a /b note=Hello", "1: /a > /b 307 note=<Hello>\n"},
    {"/a /b owner=\"A B\"", "1: /a > /b 307 owner=<A B>\n"},
    {"/a /b note=\"open", "1:7+10 error option-quote: a quote that is not closed\n"},
    {"/a /b note=\"a\\n\"",
     "1:14+1 error option-quote: a backslash in quotes stands before \" or \\ only\n"},
    {"/a /b note=\"a\"b", "1:12+4 error option-quote: text behind the closing quote\n"},
    {"/a /b note=\"# no comment\" # comment", "1: /a > /b 307 note=<# no comment>\n"},
    {"/a /b note=\"\"", "1:7+7 error option-value: note= wants a value\n"},
};

static const struct rules_case slips_cases[] = {
    {"/a /b cahce=no",
     "1:7+8 error option-unknown: no option has the name cahce, did you mean cache=\n"},
    {"/a /b retryafter=1",
     "1:7+12 error option-unknown: no option has the name retryafter, did you mean retry-after=\n"},
    {"/a /b Cache=no",
     "1:7+8 error option-unknown: no option has the name Cache, did you mean cache=\n"},
    {"/a /b colour=red", "1:7+10 error option-unknown: no option has the name colour\n"},
    {"/a /b c", "1:7+1 error option-unknown: no option has the name c\n"},
    {"/a /b case=ignore case=ignore", "1:19+11 error option-twice: a second case=\n"},
    {"/a /b =x", "1:7+2 error option-unknown: no option has the name \n"},
    {"/a /b qurey=drop prioriti=1",
     "1:7+10 error option-unknown: no option has the name qurey, did you mean query=\n"
     "1:18+10 error option-unknown: no option has the name prioriti, did you mean priority=\n"},
};

static const struct rules_case open_cases[] = {
    {"/a /b open=yes", "1: /a open > /b 307\n"},
    {"/a /b open=no", "1: /a > /b 307\n"},
    {"@default open=yes\n/a /b\n/a /b open=no", "2: /a open > /b 307\n3: /a > /b 307\n"},
    {"/a /b open=maybe", "1:12+5 error option-value: open= wants yes or no\n"},
};

static const struct rules_case several_errors_of_a_line_cases[] = {
    {"a b c=d 999 301",
     "1:1+1 error source-relative: a source begins with /, // or http://, did you mean /a\n"
     "1:3+1 error target-relative: a relative reference, did you mean /b\n"
     "1:5+3 error option-unknown: no option has the name c\n"
     "1:9+3 error status-unknown: 999 is not a status that a rule can answer: those are 301, 302, "
     "303, 307, 308, 404, 410, 451 and 503\n"
     "1:13+3 error status-twice: a second status\n"},
};

static const struct rules_case same_tail_same_action_cases[] = {
    {"/a /b 301 cache=no\n"
     "/c /d 301 cache=no\n"
     "/e /f\n"
     "/g /h 301 cache=no\n"
     "/i - 301 cache=no\n"
     "/j /k 301 cache=no",
     "1: /a > /b 301 cache=no-store\n"
     "2: /c > /d 301 cache=no-store\n"
     "3: /e > /f 307\n"
     "4: /g > /h 301 cache=no-store\n"
     "6: /j > /k 301 cache=no-store\n"
     "5:4+1 error target-missing: a 301 needs a target\n"},
};

static void statuses(void **state)
{
    (void)state;
    DUMP_RUN(statuses_cases, DT_FORMAT_NATIVE);
}

static void priority(void **state)
{
    (void)state;
    DUMP_RUN(priority_cases, DT_FORMAT_NATIVE);
}

static void cache(void **state)
{
    (void)state;
    DUMP_RUN(cache_cases, DT_FORMAT_NATIVE);
}

static void retry_after(void **state)
{
    (void)state;
    DUMP_RUN(retry_after_cases, DT_FORMAT_NATIVE);
}

static void flags(void **state)
{
    (void)state;
    DUMP_RUN(flags_cases, DT_FORMAT_NATIVE);
}

static void query(void **state)
{
    (void)state;
    DUMP_RUN(query_cases, DT_FORMAT_NATIVE);
}

static void notes_and_owners(void **state)
{
    (void)state;
    DUMP_RUN(notes_and_owners_cases, DT_FORMAT_NATIVE);
}

static void slips(void **state)
{
    (void)state;
    DUMP_RUN(slips_cases, DT_FORMAT_NATIVE);
}

static void open(void **state)
{
    (void)state;
    DUMP_RUN(open_cases, DT_FORMAT_NATIVE);
}

static void several_errors_of_a_line(void **state)
{
    (void)state;
    DUMP_RUN(several_errors_of_a_line_cases, DT_FORMAT_NATIVE);
}

static void same_tail_same_action(void **state)
{
    (void)state;
    DUMP_RUN(same_tail_same_action_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(priority),
        cmocka_unit_test(cache),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(flags),
        cmocka_unit_test(query),
        cmocka_unit_test(notes_and_owners),
        cmocka_unit_test(slips),
        cmocka_unit_test(open),
        cmocka_unit_test(several_errors_of_a_line),
        cmocka_unit_test(same_tail_same_action),
    };
    return cmocka_run_group_tests_name("rules: option", tests, NULL, NULL);
}
