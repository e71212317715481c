/* SPDX-License-Identifier: MIT
 *
 * Tests on the query: on all of it, on one parameter, and on $request_uri, which has it behind the
 * path. What can be said as parameters is; the rest is an expression.
 */
#include "rules/dialects/nginx/nginx.h"

#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/apache/apache_regex.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include <stdio.h>

/* Lower case for what is compared without it. */
static bool add_params(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_test *test, struct dt_slice params, bool only,
                       struct dt_nginx_alts *ret)
{
    struct dt_nginx_want *made;
    if (want->only && !only)
        return dt_nginx_refuse_test(nginx, test,
                                    "a parameter beside a condition for the whole query");
    if (want->query_regex.len)
        return dt_nginx_refuse_test(nginx, test,
                                    "two conditions for the query, one of them an expression");
    if (!(made = dt_nginx_add_alt(nginx, want, test, ret)))
        return false;
    if (only && made->only && !dt_slice_eq(made->params, params)) {
        ret->count--;
        return true;
    }
    if (made->params.len && !only) {
        const struct dt_slice parts[] = {made->params, DT_S("&"), params};
        params = dt_pattern_join(nginx->reader, parts, 3);
    }
    made->params = params;
    made->params_nocase |= test->nocase && dt_nginx_has_letter(params);
    made->only = only;
    return true;
}

static bool add_query_regex(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                            const struct dt_nginx_test *test, const char *before,
                            const char *behind, struct dt_nginx_alts *ret)
{
    struct dt_buf buf;
    struct dt_nginx_want *made;
    if (test->negated || want->query_regex.len || want->only || want->params.len)
        return dt_nginx_refuse_test(
            nginx, test, "two conditions for the query, or the opposite of an expression");
    if (!(made = dt_nginx_add_alt(nginx, want, test, ret)))
        return false;
    struct dt_slice inner = test->pattern;
    if (dt_apache_choice(inner))
        return dt_nginx_refuse_test(nginx, test, "a choice that is not in brackets");
    /* "^" would be the URL's beginning: "(^|&)" becomes what may stand before. */
    static const char *const fronts[][2] = {{"(?:^|&)", "^(?:.*&)?"},
                                            {"(?:&|^)", "^(?:.*&)?"},
                                            {"(^|&)", "^((?:.*&)?)"},
                                            {"(&|^)", "^((?:.*&)?)"}};
    for (size_t i = 0; i < 4; i++) {
        if (!dt_slice_starts(inner, dt_slice_str(fronts[i][0])))
            continue;
        const struct dt_slice parts[] = {dt_slice_str(fronts[i][1]),
                                         dt_slice_from(inner, strlen(fronts[i][0]))};
        inner = dt_pattern_join(nginx->reader, parts, 2);
        break;
    }
    bool begins = dt_slice_starts(inner, DT_S("^"));
    inner = dt_slice_from(inner, begins);
    bool ends = inner.len && inner.ptr[inner.len - 1] == '$' &&
                (inner.len < 2 || inner.ptr[inner.len - 2] != '\\');
    inner.len -= ends;
    dt_nginx_go_to(nginx->reader, test->word);
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s%s%s", test->nocase ? "(?i:" : "(?:", before, begins ? "" : ".*?");
    bool fine = dt_apache_regex_part(nginx->apache, inner, ".", &buf);
    dt_buf_printf(&buf, "%s%s)", ends ? "" : ".*", behind);
    made->query_groups = (uint8_t)dt_apache_groups(inner);
    made->latest = DT_NGINX_OF_QUERY;
    return dt_nginx_keep(nginx, &buf, &made->query_regex) && fine;
}

/* "(^|&)a=1(&|$)", as people write it. */
static bool parameter(struct dt_slice text, struct dt_slice *ret)
{
    static const char *const fronts[] = {"(^|&)", "(?:^|&)", "(&|^)", "(?:&|^)"};
    static const char *const backs[] = {"(&|$)", "(?:&|$)", "($|&)", "(?:$|&)"};
    bool front = false, back = false;
    for (size_t i = 0; i < 4 && !front; i++) {
        front = dt_slice_starts(text, dt_slice_str(fronts[i]));
        text = dt_slice_from(text, front ? strlen(fronts[i]) : 0);
    }
    for (size_t i = 0; i < 4 && !back; i++) {
        size_t len = strlen(backs[i]);
        back = text.len > len &&
               dt_slice_eq(dt_slice_from(text, text.len - len), dt_slice_str(backs[i]));
        text.len -= back ? len : 0;
    }
    for (size_t i = 0; i < text.len; i++)
        if (!dt_is_word(text.ptr[i]) && text.ptr[i] != '=' && text.ptr[i] != '-')
            return false;
    *ret = text;
    return front && back && text.len && memchr(text.ptr, '=', text.len);
}

bool dt_nginx_test_args(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_slice one;
    struct dt_nginx_test any = *test;
    if (test->how == DT_NGINX_EQUALS && !test->negated)
        return add_params(nginx, want, test, test->pattern, true, ret);
    if (test->how == DT_NGINX_MATCHES && !test->negated && !test->nocase &&
        parameter(test->pattern, &one))
        return add_params(nginx, want, test, one, false, ret);
    if (test->how == DT_NGINX_MATCHES &&
        (dt_slice_eq(test->pattern, DT_S("^$")) || dt_slice_eq(test->pattern, DT_S("^(?:&)*$"))))
        any = (struct dt_nginx_test){
            .how = DT_NGINX_TRUE, .negated = !test->negated, .word = test->word};
    if (test->how == DT_NGINX_EQUALS && test->pattern.len == 0)
        any = (struct dt_nginx_test){.how = DT_NGINX_TRUE, .word = test->word};
    if (any.how == DT_NGINX_TRUE && any.negated)
        return add_params(nginx, want, &any, DT_SLICE_NONE, true, ret);
    if (any.how == DT_NGINX_TRUE) {
        any = (struct dt_nginx_test){
            .how = DT_NGINX_MATCHES, .pattern = DT_S("^.+$"), .word = test->word};
        int latest = want->latest;
        unsigned from = ret->count;
        bool fine = add_query_regex(nginx, want, &any, "", "", ret);
        for (; from < ret->count; from++)
            ret->list[from].latest = latest;
        return fine;
    }
    if (test->how == DT_NGINX_EQUALS)
        return dt_nginx_refuse_test(nginx, test, "every query but one");
    return add_query_regex(nginx, want, test, "", "", ret);
}

/* $arg_x: the value of the first parameter of that name. */
bool dt_nginx_test_arg(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       struct dt_slice name, const struct dt_nginx_test *test,
                       struct dt_nginx_alts *ret)
{
    struct dt_slice params, text = test->pattern;
    struct dt_apache_texts texts = {.list = {text}, .count = 1};
    char before[300];
    if (test->negated || name.len > 200)
        return dt_nginx_refuse_test(nginx, test, "every value of a parameter but some");
    (void)snprintf(before, sizeof before, "(?:.*&)?%.*s=", DT_SLICE_FMT(name));
    if (test->how == DT_NGINX_TRUE) { /* not empty, and not "0" */
        const struct dt_nginx_test some = {
            .how = DT_NGINX_MATCHES, .pattern = DT_S("^(?!0?(?:&|$))"), .word = test->word};
        int latest = want->latest;
        bool fine = add_query_regex(nginx, want, &some, before, "", ret);
        if (fine)
            ret->list[ret->count - 1].latest = latest;
        return fine;
    }
    if (test->how == DT_NGINX_MATCHES &&
        (dt_apache_groups(text) > 0 ||
         !dt_apache_texts(&nginx->reader->set->arena, text, false, &texts)))
        return add_query_regex(nginx, want, test, before, "", ret);
    for (unsigned i = 0; i < texts.count; i++) {
        text = texts.list[i];
        if (text.len && memchr(text.ptr, '*', text.len))
            return add_query_regex(nginx, want, test, before, "", ret);
        if (text.len == 0)
            return dt_nginx_refuse_test(nginx, test, "a parameter without a value, or none");
        const struct dt_slice parts[] = {name, DT_S("="), text};
        params = dt_pattern_join(nginx->reader, parts, 3);
        if (!add_params(nginx, want, test, params, false, ret))
            return false;
    }
    return true;
}

/* $request_uri: path and query, as they were sent. */
bool dt_nginx_test_request_uri(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                               const struct dt_nginx_test *given, struct dt_nginx_alts *ret)
{
    struct dt_nginx_test test = *given;
    struct dt_slice text = given->pattern;
    struct dt_nginx_want made = *want;
    bool never = false;
    if (test.how == DT_NGINX_TRUE)
        return test.negated || dt_nginx_add_alt(nginx, want, &test, ret);
    if (test.how == DT_NGINX_EQUALS) {
        const char *question = text.len ? memchr(text.ptr, '?', text.len) : NULL;
        struct dt_slice path = text;
        if (test.negated)
            return dt_nginx_refuse_test(nginx, &test, "every URL but one");
        path.len = question ? (size_t)(question - text.ptr) : text.len;
        if (!dt_nginx_want_exact(nginx, &made, path, test.nocase, &never))
            return false;
        if (never)
            return true;
        made.exact = made.exact.len ? path : made.exact; /* it is escaped already */
        test.nocase = false;
        return add_params(nginx, &made, &test, dt_slice_from(text, path.len + 1), true, ret);
    }
    /* The query: behind "\?", or whatever it is behind a final ".*", or none behind "$". */
    const char *mark = memmem(text.ptr, text.len, "\\?", 2);
    static const char *const open_ends[] = {"(.*)$", "(.*)", ".*$", ".*"};
    bool open = false;
    for (size_t i = 0; i < 4 && !mark && !open; i++) {
        size_t len = strlen(open_ends[i]);
        open = text.len >= len &&
               dt_slice_eq(dt_slice_from(text, text.len - len), dt_slice_str(open_ends[i]));
    }
    bool ends = text.len && text.ptr[text.len - 1] == '$';
    if (mark && (test.negated || !dt_slice_starts(text, DT_S("^"))))
        return dt_nginx_refuse_test(nginx, &test,
                                    "an expression with a query that does not begin with ^");
    if (mark) {
        struct dt_nginx_test path = test, query = test;
        const struct dt_slice parts[] = {dt_slice_of(text.ptr, (size_t)(mark - text.ptr)),
                                         DT_S("$")};
        const struct dt_slice tail[] = {DT_S("^"), dt_slice_from(text, parts[0].len + 2)};
        path.pattern = dt_pattern_join(nginx->reader, parts, 2);
        query.pattern = dt_pattern_join(nginx->reader, tail, 2);
        if (dt_apache_groups(path.pattern) && dt_apache_groups(query.pattern))
            return dt_nginx_refuse_test(nginx, &test, "groups on both sides of the ?");
        if (!dt_nginx_want_regex(nginx, &made, &path))
            return false;
        int latest = made.latest;
        if (!add_query_regex(nginx, &made, &query, "", "", ret))
            return false;
        if (!ret->list[ret->count - 1].query_groups)
            ret->list[ret->count - 1].latest = latest;
        return true;
    }
    if (!dt_nginx_want_regex(nginx, &made, &test))
        return false;
    if (!ends || open)
        return dt_nginx_add_alt(nginx, &made, &test, ret);
    test.nocase = false;
    return test.negated ? dt_nginx_refuse_test(nginx, &test,
                                               "the opposite of an expression that ends with $")
                        : add_params(nginx, &made, &test, DT_SLICE_NONE, true, ret);
}
