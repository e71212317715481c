/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an expression (the first line, without case when it begins with "*") and paths (the
 * other lines). Whatever an expression matches must begin with its shape, contain its literal, and
 * have been reported by the pool's scan, by words, by Vectorscan, and as one of a few; and the pool
 * must answer as PCRE2 itself does. A broken property aborts.
 */
#include "../unit/test_regex_facts.h"
#include "rules/regex/regex.h"
#include "rules/regex/regex_pcre.h"
#include "rules/regex/regex_pool.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ITEMS 10u
#define SUBJECT_MAX 256u

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct subject {
    char mem[SUBJECT_MAX];
    size_t len;
};

/* A normal path: it begins with "/", and has no control bytes, no blanks and no more than ASCII. */
static void make_subject(struct dt_slice line, struct subject *subject)
{
    subject->len = 0;
    if (line.len == 0 || line.ptr[0] != '/')
        subject->mem[subject->len++] = '/';
    for (size_t i = 0; i < line.len && subject->len < SUBJECT_MAX; i++) {
        char c = (char)(line.ptr[i] & 0x7f);
        subject->mem[subject->len++] = c > 0x20 && c < 0x7f ? c : '/';
    }
}

/* In scope 0 it is alone, in 1 so many share its words that these are no use. */
static struct dt_regex_pool *make_pool(struct dt_slice text, const struct dt_regex *regex,
                                       bool nocase, void **ret_bytes)
{
    struct dt_regex_item items[ITEMS];
    struct dt_regex_build build = {.seed = 42};
    struct dt_regex_pool *pool = NULL;
    size_t len;
    for (uint32_t i = 0; i < ITEMS; i++)
        items[i] = (struct dt_regex_item){.text = text,
                                          .literal = regex->literal,
                                          .scope = i > 0,
                                          .nocase = nocase,
                                          .scan = true};
    if (dt_regex_pool_build(items, ITEMS, &build, ret_bytes, &len))
        return NULL;
    require(dt_regex_pool_open(*ret_bytes, len, 42, &pool) == DT_OK);
    for (bool done = false; !done;)
        require(dt_regex_pool_step(pool, &done) == DT_OK);
    return pool;
}

static void must_report(struct dt_regex_pool *pool, uint32_t scope, struct dt_slice path)
{
    const uint32_t *items;
    size_t count;
    require(dt_regex_pool_scan(pool, scope, path, &items, &count) == DT_OK);
    require(count == (scope == 0 ? 1 : ITEMS - 1));
    for (size_t i = 0; i < count; i++)
        require(items[i] == scope + i);
}

static void check_path(struct dt_slice path, const struct dt_regex *regex,
                       struct dt_regex_pool *pool, const pcre2_code *code, pcre2_match_data *data)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    require(context != NULL);
    pcre2_set_match_limit(context, 20000);
    int pairs = pcre2_match(code, (PCRE2_SPTR)path.ptr, path.len, 0, 0, data, context);
    pcre2_match_context_free(context);
    const size_t *groups;
    unsigned count;
    enum dt_regex_result result = dt_regex_pool_match(pool, 0, path, &groups, &count);
    require(result != DT_REGEX_DAMAGED);
    if (pairs == PCRE2_ERROR_NOMATCH)
        require(result != DT_REGEX_YES);
    if (pairs <= 0)
        return;
    require(has_shape(regex->shape, path, regex->nocase));
    require(has_literal(regex->literal, path, regex->nocase));
    must_report(pool, 0, path);
    must_report(pool, 1, path);
    require(result != DT_REGEX_NO);
    if (result != DT_REGEX_YES)
        return;
    require(count == regex->groups + 1u);
    const size_t *want = pcre2_get_ovector_pointer(data);
    for (size_t i = 2; i < 2 * (size_t)pairs; i++)
        require(groups[i] == want[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dt_slice input = dt_slice_of((const char *)data, size);
    const char *end = size ? memchr(input.ptr, '\n', size) : NULL;
    struct dt_slice text = dt_slice_of(input.ptr, end ? (size_t)(end - input.ptr) : size);
    struct dt_slice rest = dt_slice_from(input, text.len + 1);
    bool nocase = text.len && text.ptr[0] == '*';
    text = dt_slice_from(text, nocase);
    struct dt_arena arena;
    struct dt_regex regex;
    struct dt_regex_error error;
    dt_arena_init(&arena);
    if (text.len < 200 && dt_regex_check(text, nocase, &arena, &regex, &error) == DT_OK) {
        void *bytes = NULL;
        int failure;
        size_t offset;
        struct dt_regex_pool *pool = make_pool(text, &regex, nocase, &bytes);
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len,
                                         dt_regex_options(nocase) | PCRE2_NO_START_OPTIMIZE,
                                         &failure, &offset, NULL);
        pcre2_match_data *groups = pcre2_match_data_create(64, NULL);
        require(code && groups);
        for (unsigned line = 0; pool && rest.len && line < 16; line++) {
            struct subject subject;
            end = memchr(rest.ptr, '\n', rest.len);
            size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
            make_subject(dt_slice_of(rest.ptr, len), &subject);
            check_path(dt_slice_of(subject.mem, subject.len), &regex, pool, code, groups);
            rest = dt_slice_from(rest, len + 1);
        }
        pcre2_match_data_free(groups);
        pcre2_code_free(code);
        dt_regex_pool_free(pool);
        free(bytes);
    }
    dt_arena_release(&arena);
    return 0;
}
