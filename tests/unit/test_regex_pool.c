/* SPDX-License-Identifier: MIT
 *
 * The pool of expressions: what it finds and matches, that a section of another version or CPU is
 * made again, and that a damaged one is an error or changes nothing.
 */
#include "rules/regex/regex_pool.h"

#include "rules/regex/regex.h"
#include "rules/regex/regex_pool_layout.h"
#include "rules/regex/regex_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SEED 0x1234u

/* ---- Making one ---- */

struct expression {
    const char *text;
    uint32_t scope;
    bool nocase;
};

struct made {
    struct dt_arena arena;
    struct dt_regex_item *items;
    size_t count;
    void *bytes;
    size_t len;
    struct dt_regex_pool *pool;
};

static void open_made(struct made *m)
{
    assert_int_equal(dt_regex_pool_open(m->bytes, m->len, SEED, &m->pool), DT_OK);
    for (bool done = false; !done;)
        assert_int_equal(dt_regex_pool_step(m->pool, &done), DT_OK);
}

static struct made make(const struct expression *list, size_t count)
{
    struct made m = {.items = calloc(count + 1, sizeof *m.items), .count = count};
    struct dt_regex_build build = {.seed = SEED};
    assert_non_null(m.items);
    for (size_t i = 0; i < count; i++) {
        struct dt_regex regex;
        struct dt_regex_error error;
        struct dt_slice text = dt_arena_copy(&m.arena, dt_slice_str(list[i].text));
        if (dt_regex_check(text, list[i].nocase, &m.arena, &regex, &error))
            fail_msg("%s: %s", list[i].text, error.message);
        m.items[i] = (struct dt_regex_item){.text = text,
                                            .literal = regex.literal,
                                            .scope = list[i].scope,
                                            .nocase = list[i].nocase,
                                            .scan = list[i].scope != UINT32_MAX};
    }
    assert_int_equal(dt_regex_pool_build(m.items, count, &build, &m.bytes, &m.len), DT_OK);
    open_made(&m);
    return m;
}

static void release(struct made *m)
{
    dt_regex_pool_free(m->pool);
    free(m->bytes);
    free(m->items);
    dt_arena_release(&m->arena);
}

/* The first item of a scope that matches, as the engine looks for it; -1 when none does. */
static int winner(struct dt_regex_pool *pool, uint32_t scope, const char *path)
{
    const uint32_t *items;
    const size_t *groups;
    size_t count;
    unsigned ngroups;
    struct dt_slice subject = dt_slice_str(path);
    assert_int_equal(dt_regex_pool_scan(pool, scope, subject, &items, &count), DT_OK);
    for (size_t i = 0; i < count; i++)
        if (dt_regex_pool_match(pool, items[i], subject, &groups, &ngroups) == DT_REGEX_YES)
            return (int)items[i];
    return -1;
}

static size_t reported(struct dt_regex_pool *pool, uint32_t scope, const char *path)
{
    const uint32_t *items;
    size_t count;
    assert_int_equal(dt_regex_pool_scan(pool, scope, dt_slice_str(path), &items, &count), DT_OK);
    return count;
}

/* ---- What it finds ---- */

static const struct expression some[] = {
    {"\\.php$", 0, false},         {"/old-news/", 0, false}, {"/Team([0-9]+)", 0, true},
    {"^/(en|de)/x$", 7, false},    {"\\.php$", 7, false},    {"^/none$", UINT32_MAX, false},
    {"^/([^/]+)/(.+)$", 0, false},
};

static void finds_and_matches(void **state)
{
    (void)state;
    struct made m = make(some, COUNT(some));
    assert_int_equal(dt_regex_pool_count(m.pool), COUNT(some));
    assert_memory_equal(dt_regex_pool_text(m.pool, 1).ptr, "/old-news/", 10);
    assert_int_equal(winner(m.pool, 0, "/x.php"), 0);
    assert_int_equal(winner(m.pool, 0, "/a/old-news/b"), 1);
    assert_int_equal(winner(m.pool, 0, "/teAM77"), 2);
    assert_int_equal(winner(m.pool, 0, "/a/b"), 6);
    assert_int_equal(winner(m.pool, 0, "/a"), -1);
    assert_int_equal(winner(m.pool, 0, ""), -1);
    assert_int_equal(winner(m.pool, 7, "/en/x"), 3);
    assert_int_equal(winner(m.pool, 7, "/fr/x"), -1);
    assert_int_equal(winner(m.pool, 7, "/a/x.php"), 4);
    assert_int_equal(winner(m.pool, 5, "/a/x.php"), -1);
    assert_int_equal(reported(m.pool, 5, "/none"), 0);
    release(&m);
}

static void tells_groups(void **state)
{
    (void)state;
    static const struct expression list[] = {{"^/(a)?(b)(c)?(?:d)(e)?$", UINT32_MAX, false}};
    struct made m = make(list, 1);
    const size_t *groups;
    unsigned count;
    assert_int_equal(dt_regex_pool_match(m.pool, 0, DT_S("/bd"), &groups, &count), DT_REGEX_YES);
    const size_t want[] = {0, 3, SIZE_MAX, SIZE_MAX, 1, 2, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    assert_int_equal(count, 5);
    assert_memory_equal(groups, want, sizeof want);
    assert_int_equal(dt_regex_pool_match(m.pool, 0, DT_S("/b"), &groups, &count), DT_REGEX_NO);
    assert_int_equal(dt_regex_pool_match(m.pool, 1, DT_S("/b"), &groups, &count), DT_REGEX_DAMAGED);
    release(&m);
}

static void empty_pool(void **state)
{
    (void)state;
    struct made m = make(NULL, 0);
    assert_int_equal(dt_regex_pool_count(m.pool), 0);
    assert_int_equal(reported(m.pool, 0, "/a"), 0);
    release(&m);
}

/* ---- Thousands ---- */

#define MANY 1800u

static char *texts[MANY];

/* Kinds that words find, and kinds that they cannot: many share theirs, or have none. */
static struct made make_many(size_t count, uint32_t scopes)
{
    static const char *const forms[] = {
        "^/section/page-%zu\\.html$", "/w%zu/item/",          "^/(en|de)/(.*)-n%zu$",
        "^/(\\d|r%zu)/common$",       "^/common/(\\d|q%zu)$", "^/(?:k%zu|m%zu)(?:/|$)",
    };
    struct expression list[MANY];
    for (size_t i = 0; i < count; i++) {
        char mem[128];
        const char *form = forms[i % COUNT(forms)];
        int len =
            i % COUNT(forms) == 5 ? snprintf(mem, sizeof mem, "^/(?:k%zu|m%zu)(?:/|$)", i, i) : 0;
        const char *hole = strstr(form, "%zu");
        if (!len)
            snprintf(mem, sizeof mem, "%.*s%zu%s", (int)(hole - form), form, i, hole + 3);
        texts[i] = strdup(mem);
        assert_non_null(texts[i]);
        list[i] = (struct expression){texts[i], (uint32_t)(i % scopes), i % 7 == 0};
    }
    return make(list, count);
}

static void release_many(struct made *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(texts[i]);
    release(m);
}

static void path_of(size_t i, char *mem, size_t cap)
{
    switch (i % 6) {
    case 0:
        snprintf(mem, cap, "/section/page-%zu.html", i);
        break;
    case 1:
        snprintf(mem, cap, "/a/w%zu/item/b", i);
        break;
    case 2:
        snprintf(mem, cap, "/de/x-n%zu", i);
        break;
    case 3:
        snprintf(mem, cap, "/r%zu/common", i);
        break;
    case 4:
        snprintf(mem, cap, "/common/q%zu", i);
        break;
    default:
        snprintf(mem, cap, "/m%zu/x", i);
        break;
    }
}

static void assert_finds_its_own(struct made *m, uint32_t scopes, size_t step)
{
    for (size_t i = 0; i < m->count; i += step) {
        char path[128];
        const uint32_t *items;
        size_t count, at = 0;
        path_of(i, path, sizeof path);
        assert_int_equal(
            dt_regex_pool_scan(m->pool, (uint32_t)(i % scopes), dt_slice_str(path), &items, &count),
            DT_OK);
        while (at < count && items[at] != i)
            at++;
        if (at == count)
            fail_msg("%s is not reported for %s", texts[i], path);
        assert_true(!dt_scanner_present() || count < 40);
        assert_int_equal(winner(m->pool, (uint32_t)(i % scopes), path), i);
    }
    assert_true(reported(m->pool, 0, "/nothing/of/the/kind") <= (dt_scanner_present() ? 4 : MANY));
}

static void thousands(void **state)
{
    (void)state;
    struct made m = make_many(MANY, 1);
    for (size_t i = 0; i < MANY && dt_scanner_present(); i++)
        assert_false(m.items[i].unscanned || m.items[i].prefiltered);
    assert_finds_its_own(&m, 1, 1);
    release_many(&m);
}

static void hundreds_of_scopes(void **state)
{
    (void)state;
    struct made m = make_many(900, 300);
    assert_finds_its_own(&m, 300, 1);
    release_many(&m);
}

/* ---- What Vectorscan cannot take ---- */

static void roughly_or_not_at_all(void **state)
{
    (void)state;
    static const struct expression list[] = {
        {"^/([a-z])\\1$", 0, false},   {"(?<!a)b$", 0, false},   {"^/(*ACCEPT)a", 0, false},
        {"^/(a(?R)?)$", 0, false},     {"^/a$", 0, false},       {"(*COMMIT)^/b", 0, false},
        {"^/c(?=d)[a-z]+$", 0, false}, {"^/[0-9]+$", 0, false},  {"^/[a-c]+$", 0, false},
        {"^/[x-z]+$", 0, false},       {"^/\\d-\\d$", 0, false}, {"^/[m-o]{3}$", 0, false},
    };
    static const enum {
        EXACT,
        ROUGH,
        NOT
    } want[] = {ROUGH, ROUGH, NOT, NOT, EXACT, NOT, ROUGH, EXACT, EXACT, EXACT, EXACT, EXACT};
    struct made m = make(list, COUNT(list));
    for (size_t i = 0; i < COUNT(list) && dt_scanner_present(); i++) {
        if (m.items[i].prefiltered != (want[i] == ROUGH) ||
            m.items[i].unscanned != (want[i] == NOT))
            fail_msg("%s: %d %d", list[i].text, m.items[i].prefiltered, m.items[i].unscanned);
    }
    assert_int_equal(winner(m.pool, 0, "/xx"), 0);
    assert_int_equal(winner(m.pool, 0, "/cde"), 2);
    assert_int_equal(winner(m.pool, 0, "cde"), -1);
    assert_int_equal(winner(m.pool, 0, "xb"), 1);
    release(&m);
}

/* ---- Another version, another CPU, a damaged section ---- */

static void seal(struct made *m)
{
    struct dt_pool_header *h = m->bytes;
    struct dt_pool_scope *scopes = (struct dt_pool_scope *)(h + 1);
    struct dt_pool_block *blocks = (struct dt_pool_block *)(scopes + h->scopes);
    for (uint32_t i = 0; i < h->blocks; i++)
        blocks[i].check =
            dt_pool_check((char *)m->bytes + blocks[i].at, blocks[i].len, SEED, DT_POOL_BLOCK, i);
    h->check = dt_pool_check((char *)m->bytes + 8, h->head_len - 8, SEED, DT_POOL_HEAD, 0);
}

static void made_again_when_it_does_not_fit(void **state)
{
    (void)state;
    if (!dt_scanner_present())
        skip();
    for (int what = 0; what < 2; what++) {
        struct made m = make_many(600, 1);
        struct dt_pool_header *h = m.bytes;
        struct dt_pool_block *blocks =
            (struct dt_pool_block *)((struct dt_pool_scope *)(h + 1) + h->scopes);
        assert_true(h->blocks > 1);
        struct dt_scan_block *block =
            (struct dt_scan_block *)((char *)m.bytes + blocks[h->blocks - 1].at);
        if (what == 0)
            block->version[0] = '4';
        else
            block->features = UINT64_MAX;
        seal(&m);
        dt_regex_pool_free(m.pool);
        open_made(&m);
        assert_finds_its_own(&m, 1, 7);
        release_many(&m);
    }
}

/* An error, or every answer as before. */
static void assert_harmless(const struct made *m, const int *want)
{
    struct dt_regex_pool *pool = NULL;
    enum dt_err err = dt_regex_pool_open(m->bytes, m->len, SEED, &pool);
    for (bool done = false; !err && !done;)
        err = dt_regex_pool_step(pool, &done);
    if (err)
        assert_int_equal(err, DT_ERR_DAMAGED);
    for (size_t i = 0; !err && i < m->count; i += 5) {
        char path[128];
        const uint32_t *items;
        size_t count;
        path_of(i, path, sizeof path);
        struct dt_slice subject = dt_slice_str(path);
        err = dt_regex_pool_scan(pool, 0, subject, &items, &count);
        for (size_t c = 0; !err && c < count; c++) {
            const size_t *groups;
            unsigned ngroups;
            enum dt_regex_result result =
                dt_regex_pool_match(pool, items[c], subject, &groups, &ngroups);
            if (result == DT_REGEX_DAMAGED)
                break;
            if (result == DT_REGEX_YES) {
                assert_int_equal(items[c], want[i]);
                break;
            }
            assert_true(c + 1 < count);
        }
    }
    dt_regex_pool_free(pool);
}

static void damage_is_noticed(void **state)
{
    (void)state;
    struct made m = make_many(120, 1);
    int want[120];
    for (size_t i = 0; i < m.count; i++) {
        char path[128];
        path_of(i, path, sizeof path);
        want[i] = winner(m.pool, 0, path);
    }
    unsigned char *bytes = m.bytes;
    size_t step = m.len / 400 + 1;
    for (size_t at = 0; at < m.len; at += at < 600 ? 1 : step) {
        unsigned char was = bytes[at];
        bytes[at] = (unsigned char)(was ^ (1u << at % 8));
        assert_harmless(&m, want);
        bytes[at] = was;
    }
    for (size_t len = 0; len < 200; len++) {
        struct dt_regex_pool *pool;
        assert_int_equal(dt_regex_pool_open(m.bytes, len, SEED, &pool), DT_ERR_DAMAGED);
    }
    struct dt_regex_pool *pool;
    assert_int_equal(dt_regex_pool_open(m.bytes, m.len, SEED + 1, &pool), DT_ERR_DAMAGED);
    release_many(&m);
}

/* ---- Work that may take long is announced ---- */

struct told {
    size_t calls;
    size_t items;
};

static void count_told(void *ctx, size_t first, size_t count)
{
    struct told *told = ctx;
    (void)first;
    told->calls++;
    told->items += count;
}

static void progress(void **state)
{
    (void)state;
    static struct dt_regex_item items[20];
    struct told told = {0};
    struct dt_regex_build build = {.progress = count_told, .ctx = &told, .seed = SEED};
    for (size_t i = 0; i < COUNT(items); i++)
        items[i] = (struct dt_regex_item){.text = DT_S("^/[ab]+$"), .scan = true};
    void *bytes;
    size_t len;
    assert_int_equal(dt_regex_pool_build(items, COUNT(items), &build, &bytes, &len), DT_OK);
    assert_true(told.items >= COUNT(items));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_and_matches),
        cmocka_unit_test(tells_groups),
        cmocka_unit_test(empty_pool),
        cmocka_unit_test(thousands),
        cmocka_unit_test(hundreds_of_scopes),
        cmocka_unit_test(roughly_or_not_at_all),
        cmocka_unit_test(made_again_when_it_does_not_fit),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
