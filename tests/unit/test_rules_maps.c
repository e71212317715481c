/* SPDX-License-Identifier: MIT
 *
 * Real maps: all of gov.uk's, MDN's and Kong's rules, and the fixtures of Netlify's own parser.
 * Each line that is refused has its reason; all that is read keeps every promise of the reader.
 */
#include "test_rules_data.h"
#include "test_rules_dump.h"

static struct dt_ruleset *read_all(const struct data_files *files, enum dt_format format)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    for (size_t i = 0; i < files->names.gl_pathc; i++) {
        size_t errors = dt_ruleset_error_count(set);
        enum dt_err err =
            dt_ruleset_read(set, dt_slice_str(files->names.gl_pathv[i]), files->texts[i], format);
        assert_int_equal(err, dt_ruleset_error_count(set) > errors ? DT_ERR_SYNTAX : DT_OK);
    }
    rules_check(set);
    return set;
}

static size_t count_diags(const struct dt_ruleset *set, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++)
        count += strcmp(dt_ruleset_diag(set, i)->name, name) == 0;
    return count;
}

static void say(const char *what, const struct data_files *files, const struct dt_ruleset *set)
{
    (void)printf("# %s: %zu files, %zu rules, %zu lines refused\n", what, files->names.gl_pathc,
                 dt_ruleset_count(set), dt_ruleset_error_count(set));
}

/* ---- gov.uk ---- */

static int compare_sources(const void *left, const void *right)
{
    const struct dt_rule *a = *(const struct dt_rule *const *)left;
    const struct dt_rule *b = *(const struct dt_rule *const *)right;
    int order = dt_slice_cmp(a->host, b->host);
    if (order == 0)
        order = dt_slice_cmp(a->path, b->path);
    if (order == 0)
        order = (a->nparams > b->nparams) - (a->nparams < b->nparams);
    for (size_t i = 0; order == 0 && i < a->nparams; i++)
        order = rules_check_param_order(&a->params[i], &b->params[i]);
    return order;
}

static const struct dt_rule **sort_rules(const struct dt_ruleset *set)
{
    size_t count = dt_ruleset_count(set);
    const struct dt_rule **sorted = calloc(count, sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = dt_ruleset_rule(set, i);
    qsort(sorted, count, sizeof *sorted, compare_sources);
    return sorted;
}

static bool same_answer(const struct dt_ruleset *map, const struct dt_rule *rule,
                        const struct dt_ruleset *golden, const struct dt_rule *check)
{
    return dt_ruleset_action(map, rule->action)->status ==
               dt_ruleset_action(golden, check->action)->status &&
           dt_slice_eq(rule->target, check->target);
}

/* gov.uk's own checks, found in the map by the canonical source. */
static void check_golden(const struct dt_ruleset *map)
{
    struct data_files files;
    if (!data_load("govuk/tests/*.csv", &files))
        return;
    struct dt_ruleset *golden = read_all(&files, DT_FORMAT_AUTO);
    const struct dt_rule **sorted = sort_rules(map);
    size_t agree = 0, absent = 0;
    for (size_t i = 0; i < dt_ruleset_count(golden); i++) {
        const struct dt_rule *check = dt_ruleset_rule(golden, i);
        const struct dt_rule **found =
            bsearch(&check, sorted, dt_ruleset_count(map), sizeof *sorted, compare_sources);
        absent += !found;
        agree += found && same_answer(map, *found, golden, check);
    }
    (void)printf("# gov.uk golden checks: %zu, %zu in the map and alike, %zu not in the map\n",
                 dt_ruleset_count(golden), agree, absent);
    assert_int_equal(agree, 1151); /* 1,119 when what is there twice is counted once */
    assert_int_equal(agree + absent, dt_ruleset_count(golden));
    assert_int_equal(dt_ruleset_count(golden) + dt_ruleset_error_count(golden), 2307);
    free(sorted);
    dt_ruleset_free(golden);
    data_free(&files);
}

/* Hosts are shared; so are the two answers. */
static void check_sharing(const struct dt_ruleset *set)
{
    assert_int_equal(dt_ruleset_action_count(set), 2);
    for (size_t i = 1; i < dt_ruleset_count(set); i++) {
        struct dt_slice a = dt_ruleset_rule(set, i - 1)->host;
        struct dt_slice b = dt_ruleset_rule(set, i)->host;
        assert_true(a.ptr == b.ptr || !dt_slice_eq(a, b));
    }
}

static void govuk(void **state)
{
    (void)state;
    struct data_files files;
    if (!data_load("govuk/mappings/*.csv", &files))
        skip();
    struct dt_ruleset *set = read_all(&files, DT_FORMAT_AUTO);
    size_t with_query = 0;
    for (size_t i = 0; i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        with_query += rule->nparams > 0;
        assert_int_equal(rule->flags,
                         DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_EXACT_QUERY);
        assert_int_equal(rule->scheme, DT_SCHEME_ANY);
        assert_int_equal(rule->port, 0);
    }
    say("gov.uk", &files, set);
    (void)printf("# gov.uk: %zu rules have a query\n", with_query);
    assert_int_equal(dt_ruleset_count(set), 144048 + 99175);
    assert_int_equal(dt_ruleset_error_count(set), 150);
    assert_int_equal(count_diags(set, "govuk-status"), 150);
    check_sharing(set);
    check_golden(set);
    dt_ruleset_free(set);
    data_free(&files);
}

/* ---- MDN, Kong, Netlify ---- */

static void mdn(void **state)
{
    (void)state;
    struct data_files files;
    if (!data_load("mdn/files/*/_redirects.txt", &files))
        skip();
    struct dt_ruleset *set = read_all(&files, DT_FORMAT_AUTO);
    say("MDN", &files, set);
    assert_int_equal(dt_ruleset_count(set) + dt_ruleset_error_count(set), 12455);
    assert_int_equal(count_diags(set, "mdn-query"), 2);
    assert_int_equal(dt_ruleset_error_count(set), 2);
    dt_ruleset_free(set);
    data_free(&files);
}

/* Rules with names, as they must be understood. */
static void check_kong(const struct dt_ruleset *set)
{
    static const struct {
        const char *path, *target;
        unsigned kind, names, captures;
    } want[] = {
        {"/docs/\x01/\x02", "/mesh/\x01\x81", DT_PATH_PATTERN, 1, 2},
        {"/docs/\x01/policies/\x02", "/mesh/policies/\x01\x81", DT_PATH_PATTERN, 1, 2},
        {"/mesh/\x01/reference/kuma-cp", "/mesh/reference/kuma-cp/", DT_PATH_PATTERN, 1, 1},
        {"/service-catalog", "/catalog/\x01\x80", DT_PATH_PREFIX, 0, 1},
    };
    size_t patterns = 0;
    for (size_t i = 0; i < dt_ruleset_count(set); i++)
        patterns += dt_ruleset_rule(set, i)->path_kind == DT_PATH_PATTERN;
    assert_int_equal(patterns, 7);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct dt_rule *found = NULL;
        for (size_t j = 0; j < dt_ruleset_count(set) && !found; j++)
            if (dt_slice_eq(dt_ruleset_rule(set, j)->path, dt_slice_str(want[i].path)))
                found = dt_ruleset_rule(set, j);
        assert_non_null(found);
        assert_int_equal(found->path_kind, want[i].kind);
        assert_true(dt_slice_eq(found->target, dt_slice_str(want[i].target)));
        assert_int_equal(found->more ? found->more->names : 0, want[i].names);
        assert_int_equal(rules_check_captures(found), want[i].captures);
    }
}

static void kong(void **state)
{
    (void)state;
    struct data_files files;
    if (!data_load("kong/_redirects", &files))
        skip();
    struct dt_ruleset *set = read_all(&files, DT_FORMAT_AUTO);
    say("Kong", &files, set);
    assert_int_equal(dt_ruleset_count(set), 323);
    assert_int_equal(dt_ruleset_diag_count(set), 0);
    check_kong(set);
    assert_int_equal(dt_ruleset_order(set), DT_ORDER_FIRST);
    dt_ruleset_free(set);
    data_free(&files);
}

/* Fixtures with no rule that can be expressed, or with errors that Netlify's parser tells too. */
static bool refused(const char *path)
{
    static const char *const names[] = {"conditions_country_case",
                                        "conditions_language_case",
                                        "conditions_role",
                                        "invalid_",
                                        "proxy",
                                        "signed",
                                        "to_path_forward"};
    const char *name = strrchr(path, '/') + 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void netlify(void **state)
{
    (void)state;
    struct data_files files;
    size_t rules = 0, errors = 0, fixtures = 0;
    if (!data_load("netlify/redirects_file/*", &files))
        skip();
    for (size_t i = 0; i < files.names.gl_pathc; i++) {
        const char *path = files.names.gl_pathv[i];
        if (path[strlen(path) - 1] == '/')
            continue;
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        enum dt_err err =
            dt_ruleset_read(set, dt_slice_str(path), files.texts[i], DT_FORMAT_NETLIFY);
        rules_check(set);
        assert_int_equal(err, refused(path) ? DT_ERR_SYNTAX : DT_OK);
        assert_true(!refused(path) || dt_ruleset_count(set) == 0);
        rules += dt_ruleset_count(set);
        errors += dt_ruleset_error_count(set);
        fixtures++;
        dt_ruleset_free(set);
    }
    (void)printf("# Netlify: %zu fixtures, %zu rules, %zu errors\n", fixtures, rules, errors);
    assert_int_equal(rules, 45023);
    data_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(govuk),
        cmocka_unit_test(mdn),
        cmocka_unit_test(kong),
        cmocka_unit_test(netlify),
    };
    return cmocka_run_group_tests_name("rules: real maps", tests, NULL, NULL);
}
