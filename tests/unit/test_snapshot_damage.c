/* SPDX-License-Identifier: MIT
 *
 * A damaged snapshot answers with an error or as it always did, never otherwise. Damage is done to
 * a small snapshot that has one of everything: each byte in turn, many at once, whole pieces at the
 * wrong place.
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const URLS[] = {
    "http://x/plain",
    "http://x/plain?a=1",
    "https://x:444/plain",
    "http://x/plain/",
    "http://x/",
    "http://x/gone",
    "http://x/legal",
    "http://x/later",
    "http://x/moved",
    "http://x/moved?a=b",
    "http://x/moved2",
    "http://x/moved3",
    "http://x/moved4",
    "http://x/moved4?r=2&q=3",
    "http://x/dir",
    "http://x/dir/",
    "http://x/dir/a/b",
    "http://x/dir//evil",
    "http://x/directory",
    "http://x/dir/sub",
    "http://x/dir/sub/",
    "http://x/dir/sub/t/u",
    "http://x/dir/sub/t?a=1",
    "http://x/dir/t?a=1",
    "http://x/case/x?q=a",
    "http://x/CASE/X?q=A&z",
    "http://x/case/x",
    "http://x/slash",
    "http://x/slash/",
    "http://x/slash?a=1&c=2",
    "http://x/both",
    "http://x/BOTH/?utm_a=1&b=2",
    "http://x/nothing/here",
    "http://h.example/plain",
    "http://h.example/other",
    "http://h.example/only",
    "http://h.example:81/only",
    "https://h.example:81/only",
    "https://h.example/only",
    "https://h.example:8443/plain",
    "http://h.example:8443/plain",
    "http://a.h.example/plain",
    "http://a.h.example/x/y",
    "http://b.a.h.example/plain",
    "http://deep.h.example/d/e",
    "http://a.deep.h.example/d/e",
    "http://a.deep.h.example/d/e/f",
    "http://a.deep.h.example/d/x",
    "http://a.deep.h.example/plain",
    "http://xh.example/plain",
    "http://example/plain",
    "http://x/q",
    "http://x/q?a=1",
    "http://x/q?a=1&b=2",
    "http://x/q?b=2&a=1&c=3",
    "http://x/q?b=2&c",
    "http://x/q?c",
    "http://x/q?c=1&c=2",
    "http://x/q?c&d",
    "http://x/q?a=2",
    "http://x/q?z",
    "http:///plain",
    "http://x/dir/%2e%2e/plain",
    "http://x/d/e/f/g/h/i/j/k",
    "http://x/item/5",
    "http://x/item/5/",
    "http://x/ITEM/p/b/q/r/s",
    "http://x/last/z/",
    "http://x/glob/a/b.png",
    "http://x/r/12/x",
    "http://x/r/12/y",
    "http://x/what/y7",
    "http://u.example/u/v/w",
    "http://t.lab.example/u",
    "http://t.u.lab.example/u",
    "http://x/ask?q=1",
    "http://x/keep",
    "http://m.example/a",
    "http://m.example/health",
    "http://x/fields",
};
#define URL_COUNT (sizeof URLS / sizeof URLS[0])

/* A decision with bytes of its own. */
struct kept {
    struct dt_decision decision;
    char bytes[600];
};

/* What conditions ask for, so that some hold and some do not. */
static const struct dt_field FIELDS[] = {
    {{"X-Mode", 6}, {"b1", 2}},
    {{"Accept-Language", 15}, {"fr;q=0.5, de", 12}},
};

static void add_inputs(struct dt_request *request)
{
    static const uint8_t ADDRESS[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    request->fields = FIELDS;
    request->nfields = 2;
    request->now = 1767250000; /* 2026-01-01, within the maintenance */
    request->has_address = true;
    memcpy(request->address, ADDRESS, sizeof ADDRESS);
}

struct world {
    struct compiled whole;
    size_t rules;
    struct question questions[URL_COUNT];
    struct kept right[URL_COUNT];
    struct dt_origin origins[64]; /* file names point into the whole one */
    unsigned char *mem;           /* a copy, to be damaged */
};

static struct dt_slice keep(struct dt_slice s, char **at)
{
    char *to = *at;
    if (s.len)
        memcpy(to, s.ptr, s.len);
    *at += s.len;
    return dt_slice_of(to, s.len);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    compile(one_of_everything, &w->whole);
    w->rules = dt_ruleset_count(w->whole.set);
    for (size_t i = 0; i < URL_COUNT; i++) {
        question_set(&w->questions[i], URLS[i]);
        add_inputs(&w->questions[i].request);
        struct dt_decision *d = &w->right[i].decision;
        assert_int_equal(dt_match(&w->whole.snapshot, &w->questions[i].request, scratch(), d),
                         DT_OK);
        char *at = w->right[i].bytes;
        d->location = keep(d->location, &at);
        d->cache = keep(d->cache, &at);
        d->note_text = keep(d->note_text, &at);
        d->owner = keep(d->owner, &at);
        d->vary = keep(d->vary, &at);
        d->fields = keep(d->fields, &at);
        assert_true(at <= w->right[i].bytes + sizeof w->right[i].bytes);
    }
    for (uint32_t i = 0; i < w->rules; i++)
        assert_int_equal(dt_snapshot_origin(&w->whole.snapshot, i, &w->origins[i]), DT_OK);
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

static bool same_decision(const struct dt_decision *a, const struct dt_decision *b)
{
    if (!dt_slice_eq(a->vary, b->vary) || a->changes_at != b->changes_at)
        return false;
    if (!a->matched || !b->matched)
        return a->matched == b->matched;
    return a->status == b->status && a->note == b->note && a->rule == b->rule &&
           a->retry_after == b->retry_after && dt_slice_eq(a->location, b->location) &&
           dt_slice_eq(a->cache, b->cache) && dt_slice_eq(a->note_text, b->note_text) &&
           dt_slice_eq(a->owner, b->owner) && dt_slice_eq(a->fields, b->fields) &&
           a->until == b->until;
}

/* Asks the damaged copy everything. Each answer must be an error or the right one; returns how many
 * were errors, or all of them when it does not open. */
static size_t ask_all(struct world *w)
{
    struct dt_snapshot snapshot;
    if (dt_snapshot_open(w->mem, w->whole.len, &snapshot) != DT_OK ||
        dt_snapshot_prepare(&snapshot) != DT_OK)
        return URL_COUNT;
    size_t errors = 0;
    for (size_t i = 0; i < URL_COUNT; i++) {
        struct dt_decision got;
        enum dt_err err = dt_match(&snapshot, &w->questions[i].request, scratch(), &got);
        errors += err != DT_OK;
        if (err == DT_OK && !same_decision(&got, &w->right[i].decision))
            fail_msg("%s was answered with %u %.*s", URLS[i], got.status,
                     DT_SLICE_FMT(got.location));
    }
    dt_snapshot_release(&snapshot);
    return errors;
}

static void ask_origins(struct world *w)
{
    struct dt_snapshot snapshot;
    if (dt_snapshot_open(w->mem, w->whole.len, &snapshot) != DT_OK)
        return;
    for (uint32_t i = 0; i < w->rules; i++) {
        struct dt_origin got;
        if (dt_snapshot_origin(&snapshot, i, &got) != DT_OK)
            continue;
        assert_int_equal(got.line, w->origins[i].line);
        assert_true(dt_slice_eq(got.file, w->origins[i].file));
    }
}

/* The questions together read every bucket and every record. */
static bool is_asked_for(const unsigned char *mem, size_t at)
{
    for (unsigned i = DT_SECTION_BUCKETS; i <= DT_SECTION_RECORDS; i++) {
        struct dt_snap_section_row row = section_row(mem, i);
        if (at >= row.offset && at < row.offset + row.len)
            return true;
    }
    return at < sizeof(struct dt_snap_header);
}

/* ---- verifying ---- */

static enum dt_err verify(const struct world *w, const char **ret_what)
{
    struct dt_snapshot snapshot;
    enum dt_err err = dt_snapshot_open(w->mem, w->whole.len, &snapshot);
    return err ? err : dt_snapshot_verify(&snapshot, ret_what);
}

static void verify_finds_every_flipped_byte(void **state)
{
    struct world *w = *state;
    assert_int_equal(verify(w, NULL), DT_OK);
    for (size_t at = 0; at < w->whole.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            const char *what = NULL;
            w->mem[at] ^= (unsigned char)(1u << bit);
            enum dt_err err = verify(w, &what);
            w->mem[at] ^= (unsigned char)(1u << bit);
            assert_int_not_equal(err, DT_OK);
            assert_true(at < sizeof(struct dt_snap_header) || what);
        }
}

/* Sections that are sealed again, as by a program that damaged them in memory before it wrote. */
static void verify_reads_every_bucket_and_record(void **state)
{
    struct world *w = *state;
    for (unsigned section = DT_SECTION_BUCKETS; section <= DT_SECTION_RECORDS; section++) {
        struct dt_snap_section_row row = section_row(w->whole.mem, section);
        for (uint64_t at = row.offset; at < row.offset + row.len; at++) {
            const char *what = NULL;
            w->mem[at] ^= 0x10;
            reseal_sections(w->mem);
            assert_int_equal(verify(w, &what), DT_ERR_DAMAGED);
            assert_string_equal(what, "a bucket or a record");
            restore(w);
        }
    }
}

/* ---- damage ---- */

static void each_byte_flipped(void **state)
{
    struct world *w = *state;
    static const unsigned char FLIPS[] = {0x01, 0x80, 0xff};
    size_t harmless = 0, errors = 0;
    for (size_t at = 0; at < w->whole.len; at++)
        for (size_t i = 0; i < 3; i++) {
            w->mem[at] ^= FLIPS[i];
            size_t found = ask_all(w);
            errors += found;
            harmless += found == 0;
            assert_true(found > 0 || !is_asked_for(w->whole.mem, at));
            if (i == 0)
                ask_origins(w);
            w->mem[at] ^= FLIPS[i];
        }
    print_message("# %zu bytes, each flipped 3 ways: %zu errors in %zu answers, %zu flips that "
                  "none of %zu questions met\n",
                  w->whole.len, errors, 3 * w->whole.len * URL_COUNT, harmless, URL_COUNT);
    assert_int_equal(ask_all(w), 0);
}

/* The same with sections and header sealed again, so that the checks of records stand alone. */
static void each_byte_flipped_and_sections_sealed(void **state)
{
    struct world *w = *state;
    for (size_t at = sizeof(struct dt_snap_header); at < w->whole.len; at++) {
        w->mem[at] ^= 0x40;
        reseal_sections(w->mem);
        (void)ask_all(w);
        restore(w);
    }
}

static void many_bytes_overwritten(void **state)
{
    struct world *w = *state;
    unsigned seed = 1;
    for (unsigned round = 0; round < 6000; round++) {
        unsigned holes = 1 + (unsigned)rand_r(&seed) % 4;
        for (unsigned i = 0; i < holes; i++) {
            size_t at = (size_t)rand_r(&seed) % w->whole.len;
            size_t len = 1 + (size_t)rand_r(&seed) % (round % 2 ? 16 : 512);
            int kind = rand_r(&seed) % 3;
            for (size_t n = at; n < at + len && n < w->whole.len; n++)
                w->mem[n] = (unsigned char)(kind == 0 ? 0 : kind == 1 ? 0xff : rand_r(&seed) % 256);
        }
        (void)ask_all(w);
        if (round % 16 == 0)
            ask_origins(w);
        restore(w);
    }
}

/* Good bytes at the wrong place: a write that went astray. */
static void pieces_at_the_wrong_place(void **state)
{
    struct world *w = *state;
    unsigned seed = 2;
    static const size_t LENS[] = {4, 8, 16, 64, 128, 512, 4096};
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = LENS[round % 7], grain = round % 3 ? 4 : 64;
        size_t from = (size_t)rand_r(&seed) % w->whole.len / grain * grain;
        size_t to = (size_t)rand_r(&seed) % w->whole.len / grain * grain;
        size_t most = w->whole.len - (from > to ? from : to);
        memcpy(w->mem + to, w->whole.mem + from, len < most ? len : most);
        (void)ask_all(w);
        restore(w);
    }
}

static void sections_in_each_others_place(void **state)
{
    struct world *w = *state;
    for (unsigned a = 0; a < DT_SECTION_COUNT; a++)
        for (unsigned b = 0; b < DT_SECTION_COUNT; b++) {
            struct dt_snap_section_row from = section_row(w->whole.mem, a);
            struct dt_snap_section_row to = section_row(w->whole.mem, b);
            size_t len = (size_t)(from.len < to.len ? from.len : to.len);
            memcpy(w->mem + to.offset, w->whole.mem + from.offset, len);
            (void)ask_all(w);
            restore(w);
        }
}

/* Half of it is of another snapshot, of the same rules but one. */
static void halves_of_two_snapshots(void **state)
{
    struct world *w = *state;
    char *other_rules = strdup(one_of_everything);
    assert_non_null(other_rules);
    char *at = strstr(other_rules, "/target");
    memcpy(at, "/tarrrr", 7);
    struct compiled other;
    compile_seeded(other_rules, 77, &other);
    assert_int_equal(other.len, w->whole.len);
    for (size_t cut = 64; cut < w->whole.len; cut += 64) {
        memcpy(w->mem + cut, other.mem + cut, w->whole.len - cut);
        (void)ask_all(w);
        restore(w);
    }
    compiled_release(&other);
    free(other_rules);
}

/* ---- anything at all ---- */

/* Random bytes behind a header that is sealed and whose sections fit: nothing is believed. */
static void random_snapshots_do_no_harm(void **state)
{
    struct world *w = *state;
    unsigned seed = 3;
    for (unsigned round = 0; round < 3000; round++) {
        for (size_t at = sizeof(struct dt_snap_header); at < w->whole.len; at++)
            w->mem[at] = (unsigned char)(rand_r(&seed) >> 4);
        reseal_sections(w->mem);
        (void)ask_all(w);
        restore(w);
    }
}

/* Every check agrees and the bytes are wrong all the same: nobody can answer rightly then, but
 * nothing is read that is not there. */
static void seal_record(unsigned char *mem, uint64_t ref, uint64_t seed)
{
    struct dt_snap_section_row records = section_row(mem, DT_SECTION_RECORDS);
    unsigned char *start = mem + records.offset + ref * 4;
    struct dt_record_head head;
    if (ref * 4 + sizeof head > records.len)
        return;
    memcpy(&head, start, sizeof head);
    uint64_t len = (uint64_t)(head.kind_len >> 8) * 4;
    if (len < sizeof head || len > records.len - ref * 4)
        return;
    head.check =
        dt_snap_check(start + 4, (size_t)len - 4, seed, dt_snap_place(DT_SECTION_RECORDS, ref));
    memcpy(start, &head, sizeof head);
}

static void seal_everything(unsigned char *mem)
{
    struct dt_snap_header header;
    memcpy(&header, mem, sizeof header);
    for (uint64_t i = 0; i < header.bucket_count; i++) {
        struct dt_bucket bucket;
        unsigned char *at = mem + header.sections[DT_SECTION_BUCKETS].offset + i * sizeof bucket;
        memcpy(&bucket, at, sizeof bucket);
        for (unsigned slot = 0; slot < DT_BUCKET_SLOTS; slot++)
            if (bucket.tags[slot])
                seal_record(mem, bucket.refs[slot], header.seed);
        bucket.check = dt_bucket_check(&bucket, header.seed, i);
        memcpy(at, &bucket, sizeof bucket);
    }
    for (uint32_t i = 0; i < header.item_count; i++) {
        uint32_t ref;
        memcpy(&ref, mem + header.sections[DT_SECTION_ITEMS].offset + i * sizeof ref, sizeof ref);
        seal_record(mem, ref, header.seed);
    }
    reseal_sections(mem);
}

static void sealed_nonsense_does_no_harm(void **state)
{
    struct world *w = *state;
    struct dt_snap_section_row records = section_row(w->whole.mem, DT_SECTION_RECORDS);
    unsigned seed = 4;
    for (unsigned round = 0; round < 20000; round++) {
        unsigned holes = 1 + (unsigned)rand_r(&seed) % 3;
        for (unsigned i = 0; i < holes; i++) {
            uint64_t at = records.offset + (uint64_t)rand_r(&seed) % records.len;
            w->mem[at] = (unsigned char)(rand_r(&seed) % 4 ? rand_r(&seed) % 256 : 0xff);
        }
        seal_everything(w->mem);
        struct dt_snapshot snapshot;
        assert_int_equal(dt_snapshot_open(w->mem, w->whole.len, &snapshot), DT_OK);
        enum dt_err prepared = dt_snapshot_prepare(&snapshot);
        for (size_t i = round % 3; i < URL_COUNT; i += 3) {
            struct dt_decision decision;
            struct dt_candidate all[8];
            size_t count;
            const struct dt_request *request = &w->questions[i].request;
            if (prepared != DT_OK)
                break;
            if (dt_match(&snapshot, request, scratch(), &decision) == DT_OK && decision.matched)
                assert_true(decision.location.len <= DT_MATCH_LOCATION_MAX);
            if (round % 8 == 0)
                (void)!dt_match_all(&snapshot, request, scratch(), 8, all, &count);
        }
        dt_snapshot_release(&snapshot);
        restore(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_finds_every_flipped_byte),
        cmocka_unit_test(verify_reads_every_bucket_and_record),
        cmocka_unit_test(each_byte_flipped),
        cmocka_unit_test(each_byte_flipped_and_sections_sealed),
        cmocka_unit_test(many_bytes_overwritten),
        cmocka_unit_test(pieces_at_the_wrong_place),
        cmocka_unit_test(sections_in_each_others_place),
        cmocka_unit_test(halves_of_two_snapshots),
        cmocka_unit_test(random_snapshots_do_no_harm),
        cmocka_unit_test(sealed_nonsense_does_no_harm),
    };
    return cmocka_run_group_tests_name("snapshot_damage", tests, set_up, tear_down);
}
