/* SPDX-License-Identifier: MIT
 *
 * Random expressions over a small alphabet against random paths, with PCRE2 as the oracle: what it
 * matches must begin with the shape, contain the literal, and have been reported by the scan. The
 * alphabet is so small that words are rarely of use, and Vectorscan has to take most of it.
 * DETOUR_REGEX_SEED runs other expressions.
 */
#include "rules/regex/regex.h"
#include "rules/regex/regex_pcre.h"
#include "rules/regex/regex_pool.h"

#include "test_regex_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EXPRESSIONS 400u
#define PATHS 300u
#define TEXT_MAX 160u

static uint64_t state;

static unsigned below(unsigned n)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % n);
}

struct text {
    char mem[TEXT_MAX + 64];
    size_t len;
};

static void add(struct text *t, const char *what)
{
    size_t len = strlen(what);
    if (t->len + len < sizeof t->mem) {
        memcpy(t->mem + t->len, what, len);
        t->len += len;
    }
}

static void add_one_of(struct text *t, const char *const *list, unsigned count)
{
    add(t, list[below(count)]);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ADD_ONE_OF(t, list) add_one_of(t, list, COUNT(list))

static const char *const atoms[] = {
    "a",       "b",     "-",      "\\.",         "[ab]",     "[^/]",         "[^ab]",
    "[a-z]",   "\\d",   "\\w",    "\\W",         "\\D",      "\\S",          ".",
    "\\-",     "[.]",   "[b-]",   "[]a]",        "[^]/]",    "\\/",          "\\x61",
    "\\x{2f}", "\\141", "[\\w.]", "[[:alpha:]]", "B",        "[[:^alpha:]]", "A",
    "\\h",     "\\N",   "[\\d-]", "[+-9]",       "%2F",      "[^\\W/]",      "\\p{L}",
    "{",       "\\b",   "\\B",    "\\o{57}",     "\\Qa.\\E", "[\\Qa\\E]",    "\\R",
};
static const char *const usual[] = {"a", "b", "/", "/a", "ab", "/b", "1", "a/b", "/ba-", "\\.b"};
static const char *const repeats[] = {"?",  "*",  "+",  "{2}", "{1,}", "{0,2}",  "*?",  "+?",
                                      "??", "++", "*+", "?+",  "{2}+", "{1,3}?", "{0}", "{,2}"};
static const char *const opens[] = {"(",    "(?:",  "(?:", "(",     "(?i:", "(?>",  "(?=",  "(?!",
                                    "(?<=", "(?<!", "(?|", "(?-i:", "(?s:", "(?U:", "(?<n>"};
static const char *const ends[] = {"$", "/?$", "(/.*)?$", "(?:/|$)", "\\z", "", "", "(/|$)", "\\Z"};
static const char *const rare[] = {"\\1",   "(?i)",  "(?-i)", "(?R)?",     "(*ACCEPT)", "\\K",
                                   "^",     "$",     "(*F)",  "\\G",       "(?#a/b)",   "(?x) a ",
                                   "(?1)?", "(?m)^", "\\g1",  "(*COMMIT)", "(?(1)a|b)"};

static void add_list(struct text *t, unsigned depth);

static void add_group(struct text *t, unsigned depth)
{
    add_one_of(t, opens, below(3) ? 4 : COUNT(opens));
    unsigned branches = 1 + below(3);
    for (unsigned i = 0; i < branches; i++) {
        if (i)
            add(t, "|");
        add_list(t, depth + 1);
    }
    add(t, ")");
}

static void add_list(struct text *t, unsigned depth)
{
    unsigned pieces = below(depth ? 3 : 5) + (below(4) != 0);
    for (unsigned i = 0; i < pieces && t->len < TEXT_MAX / 2; i++) {
        unsigned kind = below(20);
        if (kind < 9)
            ADD_ONE_OF(t, usual);
        else if (kind < 14)
            ADD_ONE_OF(t, atoms);
        else if (kind < 19 && depth < 3)
            add_group(t, depth);
        else if (kind == 19 && below(3) == 0)
            ADD_ONE_OF(t, rare);
        if (below(4) == 0)
            ADD_ONE_OF(t, repeats);
    }
}

static void make_expression(struct text *t)
{
    t->len = 0;
    if (below(15) == 0)
        add(t, "(?i)");
    if (below(3))
        add(t, below(8) ? "^/" : "^/?");
    add_list(t, 0);
    if (below(2))
        ADD_ONE_OF(t, ends);
    if (below(12) == 0) {
        add(t, "|");
        add_list(t, 0);
    }
}

static void make_path(struct text *t)
{
    static const char *const parts[] = {"a", "b", "/",  "a",  "b", "A",   "B",  "-", ".",
                                        "1", "/", "ab", "/a", "",  "%2F", "ba", "{", "a/b"};
    t->len = 0;
    add(t, "/");
    for (unsigned i = below(9); i > 0; i--)
        ADD_ONE_OF(t, parts);
}

/* ---- The set ---- */

struct set {
    struct dt_arena arena;
    struct text texts[EXPRESSIONS];
    struct dt_regex regexes[EXPRESSIONS];
    struct dt_regex_item items[EXPRESSIONS];
    pcre2_code *codes[EXPRESSIONS];
    pcre2_match_data *data;
    pcre2_match_context *context;
    void *bytes;
    struct dt_regex_pool *pool;
};

/* All in one scope, where few have a word of their own, or each in its own, where most do. */
static void make_items(struct set *set, bool alone)
{
    for (size_t i = 0; i < EXPRESSIONS;) {
        struct dt_regex_error error;
        struct text *t = &set->texts[i];
        bool nocase = below(5) == 0;
        make_expression(t);
        struct dt_slice text = dt_slice_of(t->mem, t->len);
        if (dt_regex_check(text, nocase, &set->arena, &set->regexes[i], &error) != DT_OK)
            continue;
        int failure;
        size_t at;
        set->codes[i] =
            pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len,
                          dt_regex_options(nocase) | PCRE2_NO_START_OPTIMIZE, &failure, &at, NULL);
        assert_non_null(set->codes[i]);
        set->items[i] = (struct dt_regex_item){.text = text,
                                               .literal = set->regexes[i].literal,
                                               .scope = alone ? (uint32_t)i : 0,
                                               .nocase = nocase,
                                               .scan = true};
        i++;
    }
}

static void open_set(struct set *set)
{
    struct dt_regex_build build = {.seed = 7};
    size_t len;
    set->data = pcre2_match_data_create(64, NULL);
    set->context = pcre2_match_context_create(NULL);
    assert_true(set->data && set->context);
    pcre2_set_match_limit(set->context, 100000);
    assert_int_equal(dt_regex_pool_build(set->items, EXPRESSIONS, &build, &set->bytes, &len),
                     DT_OK);
    assert_int_equal(dt_regex_pool_open(set->bytes, len, 7, &set->pool), DT_OK);
    for (bool done = false; !done;)
        assert_int_equal(dt_regex_pool_step(set->pool, &done), DT_OK);
}

static void release(struct set *set)
{
    for (size_t i = 0; i < EXPRESSIONS; i++)
        pcre2_code_free(set->codes[i]);
    pcre2_match_data_free(set->data);
    pcre2_match_context_free(set->context);
    dt_regex_pool_free(set->pool);
    free(set->bytes);
    dt_arena_release(&set->arena);
    free(set);
}

static void assert_same_groups(const struct set *set, uint32_t item, struct dt_slice path,
                               int pairs)
{
    const size_t *want = pcre2_get_ovector_pointer(set->data), *groups;
    unsigned count;
    enum dt_regex_result result = dt_regex_pool_match(set->pool, item, path, &groups, &count);
    if (result == DT_REGEX_LIMIT)
        return;
    if (result != DT_REGEX_YES)
        fail_msg("%.*s: %.*s is not matched", (int)set->texts[item].len, set->texts[item].mem,
                 DT_SLICE_FMT(path));
    assert_int_equal(count, set->regexes[item].groups + 1);
    for (size_t i = 2; i < 2 * (size_t)count; i++)
        if (groups[i] != (i < 2 * (size_t)pairs ? want[i] : SIZE_MAX))
            fail_msg("%.*s: %.*s has another group %zu", (int)set->texts[item].len,
                     set->texts[item].mem, DT_SLICE_FMT(path), i / 2);
}

/* Returns whether it matched. */
static bool check_item(const struct set *set, uint32_t item, struct dt_slice path, bool reported)
{
    const struct text *t = &set->texts[item];
    const struct dt_regex *regex = &set->regexes[item];
    int pairs = pcre2_match(set->codes[item], (PCRE2_SPTR)path.ptr, path.len, 0, 0, set->data,
                            set->context);
    if (pairs < 0)
        return false;
    if (!has_shape(regex->shape, path, regex->nocase))
        fail_msg("%.*s: %.*s has not its shape", (int)t->len, t->mem, DT_SLICE_FMT(path));
    if (!has_literal(regex->literal, path, regex->nocase))
        fail_msg("%.*s: %.*s has not its literal", (int)t->len, t->mem, DT_SLICE_FMT(path));
    if (!reported)
        fail_msg("%.*s: %.*s was not reported", (int)t->len, t->mem, DT_SLICE_FMT(path));
    assert_same_groups(set, item, path, pairs);
    return true;
}

/* Marks what is reported for a path, in all scopes. */
static size_t scan(const struct set *set, bool alone, struct dt_slice path, bool *reported)
{
    size_t sum = 0;
    memset(reported, 0, EXPRESSIONS * sizeof *reported);
    for (uint32_t scope = 0; scope < (alone ? EXPRESSIONS : 1); scope++) {
        const uint32_t *items;
        size_t count;
        assert_int_equal(dt_regex_pool_scan(set->pool, scope, path, &items, &count), DT_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || items[i - 1] < items[i]);
            assert_true(items[i] < EXPRESSIONS && (!alone || items[i] == scope));
            reported[items[i]] = true;
        }
        sum += count;
    }
    return sum;
}

static void compare(bool alone)
{
    const char *seed = getenv("DETOUR_REGEX_SEED");
    state = seed ? strtoull(seed, NULL, 10) : 1;
    struct set *set = calloc(1, sizeof *set);
    assert_non_null(set);
    make_items(set, alone);
    open_set(set);
    size_t matches = 0, reports = 0;
    for (size_t p = 0; p < PATHS; p++) {
        struct text t;
        bool reported[EXPRESSIONS];
        make_path(&t);
        struct dt_slice path = dt_slice_of(t.mem, t.len);
        reports += scan(set, alone, path, reported);
        for (uint32_t i = 0; i < EXPRESSIONS; i++)
            matches += check_item(set, i, path, reported[i]);
    }
    print_message("# %zu matches, %zu reported\n", matches, reports);
    assert_true(matches > 1000);
    release(set);
}

static void what_matches_is_reported(void **unused)
{
    (void)unused;
    compare(false);
}

static void what_matches_alone_is_reported(void **unused)
{
    (void)unused;
    compare(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches_is_reported),
        cmocka_unit_test(what_matches_alone_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
