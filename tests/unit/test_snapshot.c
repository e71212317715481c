/* SPDX-License-Identifier: MIT
 *
 * Writing and opening snapshots: the same rules give the same bytes, rules know their lines, and
 * what is cut short, foreign, newer or lies in its header is refused, each with its own error.
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The snapshot of one of everything, and a copy of it, to be damaged. */
struct world {
    struct compiled whole;
    unsigned char *mem;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    compile(one_of_everything, &w->whole);
    w->mem = copy_aligned(w->whole.mem, w->whole.len);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    compiled_release(&w->whole);
    free(w->mem);
    free(w);
    return 0;
}

static void restore(struct world *w)
{
    memcpy(w->mem, w->whole.mem, w->whole.len);
}

/* ---- opening ---- */

static enum dt_err open_bytes(const void *bytes, size_t len)
{
    unsigned char *mem = copy_aligned(bytes, len);
    struct dt_snapshot snapshot = {.rules = 4711};
    enum dt_err err = dt_snapshot_open(mem, len, &snapshot);
    assert_true(err == DT_OK || snapshot.rules == 4711); /* untouched on failure */
    free(mem);
    return err;
}

static void what_is_no_snapshot_is_foreign(void **state)
{
    struct world *w = *state;
    static const char *const FOREIGN[] = {"",        "#!/bin/sh\n", "/a /b\n",
                                          "\177ELF", "\x89PNG\r\n", "DETOUR\n"};
    for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0]; i++) {
        assert_int_equal(open_bytes(FOREIGN[i], strlen(FOREIGN[i])), DT_ERR_FOREIGN);
        assert_false(dt_snapshot_is(dt_slice_str(FOREIGN[i])));
    }
    static const unsigned char ZEROS[4096];
    assert_int_equal(open_bytes(ZEROS, sizeof ZEROS), DT_ERR_FOREIGN);
    assert_true(dt_snapshot_is(dt_slice_of((const char *)w->whole.mem, w->whole.len)));
    assert_true(dt_snapshot_is(dt_slice_of((const char *)w->whole.mem, 8)));
    for (size_t i = 0; i < 8; i++) {
        w->mem[i] ^= 0x20;
        assert_int_equal(open_bytes(w->mem, w->whole.len), DT_ERR_FOREIGN);
        w->mem[i] ^= 0x20;
    }
}

static void torn_at_every_length(void **state)
{
    struct world *w = *state;
    for (size_t len = 0; len < w->whole.len; len++)
        assert_int_equal(open_bytes(w->whole.mem, len), len < 8 ? DT_ERR_FOREIGN : DT_ERR_TORN);
    assert_int_equal(open_bytes(w->whole.mem, w->whole.len), DT_OK);
    unsigned char *longer = copy_aligned(NULL, w->whole.len + 64);
    memcpy(longer, w->whole.mem, w->whole.len);
    for (size_t more = 1; more <= 64; more += 21)
        assert_int_equal(open_bytes(longer, w->whole.len + more), DT_ERR_DAMAGED);
    free(longer);
}

static void another_version_is_told_apart_from_damage(void **state)
{
    struct world *w = *state;
    for (int sealed = 0; sealed < 2; sealed++) {
        struct dt_snap_header header;
        memcpy(&header, w->whole.mem, sizeof header);
        header.version++;
        memcpy(w->mem, &header, sizeof header);
        if (sealed)
            reseal_header(w->mem);
        assert_int_equal(open_bytes(w->mem, w->whole.len), DT_ERR_VERSION);
    }
    /* a newer header may be longer */
    restore(w);
    struct dt_snap_header header;
    memcpy(&header, w->whole.mem, sizeof header);
    header.header_len += 8;
    memcpy(w->mem, &header, sizeof header);
    reseal_header(w->mem);
    assert_int_equal(open_bytes(w->mem, w->whole.len), DT_ERR_VERSION);
    restore(w);
}

static void every_flip_in_the_header_is_refused(void **state)
{
    struct world *w = *state;
    for (size_t at = 0; at < sizeof(struct dt_snap_header); at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            w->mem[at] ^= (unsigned char)(1u << bit);
            enum dt_err want = at < 8    ? DT_ERR_FOREIGN
                               : at < 16 ? DT_ERR_VERSION /* version and header_len */
                                         : DT_ERR_DAMAGED;
            assert_int_equal(open_bytes(w->mem, w->whole.len), want);
            w->mem[at] ^= (unsigned char)(1u << bit);
        }
}

/* A header that is sealed but says what cannot be. */
static void a_header_that_lies_is_refused(void **state)
{
    struct world *w = *state;
    for (unsigned lie = 0; lie < 12; lie++) {
        for (unsigned section = 0; section < DT_SECTION_COUNT; section++) {
            struct dt_snap_header header;
            memcpy(&header, w->whole.mem, sizeof header);
            struct dt_snap_section_row *row = &header.sections[section];
            switch (lie) {
            case 0:
                row->offset = header.len + 64;
                break;
            case 1:
                row->offset = UINT64_MAX - 63;
                break;
            case 2:
                row->offset = 0;
                break;
            case 3:
                row->offset += 4;
                break;
            case 4:
                row->len = header.len;
                break;
            case 5:
                row->len = UINT64_MAX;
                break;
            case 6:
                row->id++;
                break;
            case 7:
                row->version++;
                break;
            case 8:
                header.bucket_count = 0;
                break;
            case 9:
                header.bucket_count++;
                break;
            case 10:
                header.rules = UINT64_MAX;
                break;
            default:
                header.rules++;
                break;
            }
            memcpy(w->mem, &header, sizeof header);
            reseal_header(w->mem);
            assert_int_equal(open_bytes(w->mem, w->whole.len), DT_ERR_DAMAGED);
        }
    }
    restore(w);
}

static void memory_must_be_aligned(void **state)
{
    struct world *w = *state;
    unsigned char *mem = copy_aligned(NULL, w->whole.len + 8);
    memcpy(mem + 8, w->whole.mem, w->whole.len);
    struct dt_snapshot snapshot;
    assert_int_equal(dt_snapshot_open(mem + 8, w->whole.len, &snapshot), DT_ERR_INVALID);
    struct dt_plan *plan;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_int_equal(dt_plan_new(set, 1, 1, &plan), DT_OK);
    assert_int_equal(dt_plan_write(plan, mem + 8), DT_ERR_INVALID);
    dt_plan_free(plan);
    dt_ruleset_free(set);
    free(mem);
}

static void opening_tells_what_there_is(void **state)
{
    struct world *w = *state;
    assert_int_equal(w->whole.snapshot.rules, dt_ruleset_count(w->whole.set));
    assert_int_equal(w->whole.snapshot.created, 1700000000);
    assert_int_equal(w->whole.snapshot.len, w->whole.len);
}

/* ---- writing ---- */

static void the_same_rules_give_the_same_bytes(void **state)
{
    struct world *w = *state;
    struct compiled again;
    compile(one_of_everything, &again);
    assert_int_equal(again.len, w->whole.len);
    assert_memory_equal(again.mem, w->whole.mem, again.len);
    compiled_release(&again);
    compile_seeded(one_of_everything, 5, &again);
    assert_int_equal(again.len, w->whole.len);
    assert_memory_not_equal(again.mem, w->whole.mem, again.len);
    compiled_release(&again);
}

static void origins_run_through_several_files(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"/a /x\n", "# no rules\n\n\n", "\n\n/b /x\n/c /x\n", "",
                                        "/d /x\n"};
    static const char *const NAMES[] = {"one", "two", "three", "four", "five"};
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            dt_ruleset_read(set, dt_slice_str(NAMES[i]), dt_slice_str(TEXTS[i]), DT_FORMAT_NATIVE),
            DT_OK);
    struct compiled c;
    compile_set(set, 3, &c);
    static const struct {
        const char *file;
        uint32_t line;
    } WANT[] = {{"one", 1}, {"three", 3}, {"three", 4}, {"five", 1}};
    for (uint32_t i = 0; i < 4; i++) {
        struct dt_origin origin;
        assert_int_equal(dt_snapshot_origin(&c.snapshot, i, &origin), DT_OK);
        assert_true(dt_slice_eq(origin.file, dt_slice_str(WANT[i].file)));
        assert_int_equal(origin.line, WANT[i].line);
    }
    struct dt_origin origin;
    assert_int_equal(dt_snapshot_origin(&c.snapshot, 4, &origin), DT_ERR_INVALID);
    assert_int_equal(dt_snapshot_origin(&c.snapshot, UINT32_MAX, &origin), DT_ERR_INVALID);
    compiled_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_snapshot_is_foreign),
        cmocka_unit_test(torn_at_every_length),
        cmocka_unit_test(another_version_is_told_apart_from_damage),
        cmocka_unit_test(every_flip_in_the_header_is_refused),
        cmocka_unit_test(a_header_that_lies_is_refused),
        cmocka_unit_test(memory_must_be_aligned),
        cmocka_unit_test(opening_tells_what_there_is),
        cmocka_unit_test(the_same_rules_give_the_same_bytes),
        cmocka_unit_test(origins_run_through_several_files),
    };
    return cmocka_run_group_tests_name("snapshot", tests, set_up, tear_down);
}
