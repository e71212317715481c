/* SPDX-License-Identifier: MIT
 *
 * Snapshots in any state. The first byte says what the rest does to a snapshot that is compiled
 * here, once, from a rule set with one of everything:
 *
 *   '0'  damage: (offset, offset, xor) again and again. Every answer must be an error or the right
 *        one.
 *   '1'  the same, and then every check is made to agree: what only a liar writes. No answer is
 *        right then, but nothing may be read that is not there.
 *   '2'  the rest is the snapshot.
 *   '3'  the rest replaces what stands behind the header, and every check is made to agree.
 */
#include "rules/snapshot/layout.h"

#include <detour/match.h>
#include <detour/ruleset.h>
#include <detour/snapshot.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char RULES[] = "/plain /target\n"
                            "/gone - 410 note=\"Gone for good\" owner=team\n"
                            "/later - 503 retry-after=120 cache=no\n"
                            "/moved https://shared.example/folder/page 301 cache=1h\n"
                            "/moved2 https://shared.example/folder/page 301\n"
                            "/moved3 https://shared.example/folder/more?q=1#f 308\n"
                            "/dir/* /to/:splat\n"
                            "/dir/sub/* https://shared.example/folder/:splat?s=:splat query=drop\n"
                            "/* /any 303 priority=-5\n"
                            "/Case/X?Q=A /case case=ignore\n"
                            "/slash/ /slash2 slash=ignore query=keep:a,b\n"
                            "//h.example/plain /exact-host\n"
                            "//*.h.example/plain /subdomain\n"
                            "//.h.example/* /domain/:splat\n"
                            "https://h.example:8443/plain /pinned priority=9\n"
                            "/q?a=1 /q1\n"
                            "/q?a=1&b=2 /q2\n"
                            "/q?b=2&c /q3 query=without:utm_*\n"
                            "/q?c /q4 params=only\n"
                            "/dir/*?a=1 /qdir query=drop\n";

/* host, path, query, and the port with the scheme that it belongs to; all in normal form */
struct question {
    const char *host, *path, *query;
    uint16_t port;
};

static const struct question QUESTIONS[] = {
    {"x", "/plain", "", 80},
    {"x", "/gone", "a=1", 80},
    {"x", "/later", "", 443},
    {"x", "/moved", "a=b", 80},
    {"x", "/moved2", "", 80},
    {"x", "/moved3", "r=2&q=3", 80},
    {"x", "/dir", "", 80},
    {"x", "/dir//evil", "a=2", 80},
    {"x", "/dir/sub/t/u", "a=1", 80},
    {"x", "/dir/t", "a=1", 80},
    {"x", "/CASE/X", "q=A&z", 80},
    {"x", "/slash", "a=1&c=2", 80},
    {"x", "/nothing/here", "", 80},
    {"h.example", "/plain", "", 80},
    {"h.example", "/plain", "", 8443},
    {"a.h.example", "/plain", "", 80},
    {"b.a.h.example", "/x/y", "", 80},
    {"x", "/q", "a=1&b=2", 80},
    {"x", "/q", "b=2&c&utm_a=1", 80},
    {"x", "/q", "c=1&c=2", 80},
    {"", "/plain", "", 80},
};
#define COUNT (sizeof QUESTIONS / sizeof QUESTIONS[0])

static struct {
    unsigned char *whole, *copy;
    size_t len;
    struct dt_request requests[COUNT];
    struct dt_decision right[COUNT];
    char locations[COUNT][128];
} world;

static struct dt_match_scratch scratch;

static void must(bool so)
{
    if (!so)
        abort();
}

static unsigned char *aligned(size_t len)
{
    void *mem = NULL; /* exactly len bytes, so that ASan sees a read past them */
    must(posix_memalign(&mem, 64, len ? len : 1) == 0);
    return mem;
}

static void prepare(void)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_plan *plan;
    struct dt_snapshot snapshot;
    must(set &&
         dt_ruleset_read(set, DT_S("f.rules"), dt_slice_str(RULES), DT_FORMAT_NATIVE) == DT_OK);
    must(dt_plan_new(set, 4711, 1, &plan) == DT_OK);
    world.len = dt_plan_size(plan);
    world.whole = aligned(world.len);
    world.copy = aligned(world.len);
    memset(world.whole, 0, world.len);
    must(dt_plan_write(plan, world.whole) == DT_OK);
    dt_plan_free(plan);
    dt_ruleset_free(set);
    must(dt_snapshot_open(world.whole, world.len, &snapshot) == DT_OK);
    must(dt_snapshot_prepare(&snapshot) == DT_OK);
    must(dt_snapshot_verify(&snapshot, NULL) == DT_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const struct question *question = &QUESTIONS[i];
        bool tls = question->port == 443 || question->port == 8443;
        world.requests[i] = (struct dt_request){.method = DT_S("GET"),
                                                .host = dt_slice_str(question->host),
                                                .path = dt_slice_str(question->path),
                                                .query = dt_slice_str(question->query),
                                                .port = question->port,
                                                .scheme = tls ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP};
        struct dt_decision *right = &world.right[i];
        must(dt_match(&snapshot, &world.requests[i], &scratch, right) == DT_OK);
        must(right->location.len <= sizeof world.locations[i]);
        if (right->location.len)
            memcpy(world.locations[i], right->location.ptr, right->location.len);
        right->location.ptr = world.locations[i];
    }
    dt_snapshot_release(&snapshot);
}

/* ---- making checks agree ---- */

static void seal_record(unsigned char *mem, const struct dt_snap_header *header, uint64_t ref)
{
    const struct dt_snap_section_row *row = &header->sections[DT_SECTION_RECORDS];
    unsigned char *start = mem + row->offset + ref * 4;
    struct dt_record_head head;
    if (ref * 4 + sizeof head > row->len)
        return;
    memcpy(&head, start, sizeof head);
    uint64_t len = (uint64_t)(head.kind_len >> 8) * 4;
    if (len < sizeof head || len > row->len - ref * 4)
        return;
    head.check = dt_snap_check(start + 4, (size_t)len - 4, header->seed,
                               dt_snap_place(DT_SECTION_RECORDS, ref));
    memcpy(start, &head, sizeof head);
}

static void seal_buckets(unsigned char *mem, const struct dt_snap_header *header)
{
    for (uint64_t i = 0; i < header->bucket_count; i++) {
        struct dt_bucket bucket;
        unsigned char *at = mem + header->sections[DT_SECTION_BUCKETS].offset + i * sizeof bucket;
        memcpy(&bucket, at, sizeof bucket);
        for (unsigned slot = 0; slot < DT_BUCKET_SLOTS; slot++)
            if (bucket.tags[slot])
                seal_record(mem, header, bucket.refs[slot]);
        bucket.check = dt_bucket_check(&bucket, header->seed, i);
        memcpy(at, &bucket, sizeof bucket);
    }
}

/* Strings and actions stand one behind the other. */
static void seal_blocks(unsigned char *mem, const struct dt_snap_header *header,
                        enum dt_snap_section section)
{
    const struct dt_snap_section_row *row = &header->sections[section];
    uint32_t head[2];
    for (uint64_t at = 0; at + sizeof head <= row->len;) {
        unsigned char *start = mem + row->offset + at;
        memcpy(head, start, sizeof head);
        if (head[1] > row->len - at - sizeof head)
            return;
        head[0] = dt_snap_check(start + 4, 4 + (size_t)head[1], header->seed,
                                dt_snap_place(section, at / 4));
        memcpy(start, head, sizeof head);
        at += dt_align(sizeof head + head[1], 4);
    }
}

/* The header itself is the good one. */
static void seal(unsigned char *mem)
{
    struct dt_snap_header header;
    memcpy(&header, world.whole, sizeof header);
    seal_buckets(mem, &header);
    seal_blocks(mem, &header, DT_SECTION_STRINGS);
    seal_blocks(mem, &header, DT_SECTION_ACTIONS);
    for (unsigned i = 0; i < DT_SECTION_COUNT; i++) {
        struct dt_snap_section_row *row = &header.sections[i];
        row->check = dt_hash64(mem + row->offset, (size_t)row->len, header.seed);
    }
    header.check = dt_hash64(&header, offsetof(struct dt_snap_header, check), 0);
    memcpy(mem, &header, sizeof header);
}

/* ---- asking ---- */

static bool is_right(const struct dt_decision *got, const struct dt_decision *right)
{
    if (!got->matched || !right->matched)
        return got->matched == right->matched;
    return got->status == right->status && got->rule == right->rule && got->note == right->note &&
           got->retry_after == right->retry_after && dt_slice_eq(got->location, right->location);
}

static void ask(const unsigned char *mem, size_t len, bool sealed)
{
    struct dt_snapshot snapshot;
    if (dt_snapshot_open(mem, len, &snapshot) != DT_OK || dt_snapshot_prepare(&snapshot) != DT_OK)
        return;
    for (size_t i = 0; i < COUNT; i++) {
        struct dt_decision got;
        struct dt_candidate all[4];
        struct dt_origin origin;
        size_t count = 0;
        enum dt_err err = dt_match(&snapshot, &world.requests[i], &scratch, &got);
        must(err || sealed || is_right(&got, &world.right[i]));
        if (!err && got.matched && dt_snapshot_origin(&snapshot, got.rule, &origin) == DT_OK)
            must(origin.line > 0);
        err = dt_match_all(&snapshot, &world.requests[i], &scratch, 4, all, &count);
        must(count <= 4 && (!err || count == 0));
    }
    const char *what = NULL;
    must(dt_snapshot_verify(&snapshot, &what) == DT_OK || what);
    dt_snapshot_release(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.whole)
        prepare();
    if (!size)
        return 0;
    unsigned mode = data[0] % 4;
    data++;
    size--;
    if (mode == 2) {
        unsigned char *mem = aligned(size);
        memcpy(mem, data, size);
        ask(mem, size, true);
        free(mem);
        return 0;
    }
    memcpy(world.copy, world.whole, world.len);
    size_t header = sizeof(struct dt_snap_header), most = world.len - header;
    if (mode == 3)
        memcpy(world.copy + header, data, size < most ? size : most);
    for (size_t i = 0; mode < 2 && i + 3 <= size; i += 3) {
        size_t at = ((size_t)data[i] << 8 | data[i + 1]) % world.len;
        if (mode == 0 || at >= header)
            world.copy[at] ^= data[i + 2];
    }
    if (mode != 0)
        seal(world.copy);
    ask(world.copy, world.len, mode != 0);
    return 0;
}
