/* SPDX-License-Identifier: MIT
 *
 * Opening reads the header, whose checksum covers what everything else is found by: where sections
 * are, the seed, which levels the matcher must look at. The rest is verified when it is used, or
 * all at once by dt_snapshot_verify.
 */
#include "rules/regex/regex_pool.h"
#include "rules/snapshot/record.h"

#include <detour/snapshot.h>

bool dt_snapshot_is(struct dt_slice bytes)
{
    return dt_slice_starts(bytes, dt_slice_of(DT_SNAP_MAGIC, 8));
}

static bool section_fits(const struct dt_snap_header *header, unsigned at)
{
    const struct dt_snap_section_row *row = &header->sections[at];
    return row->id == at && row->version == DT_SNAP_VERSION && row->offset % 64 == 0 &&
           row->offset >= sizeof *header && row->offset <= header->len &&
           row->len <= header->len - row->offset;
}

enum dt_err dt_snapshot_open(const void *mem, size_t len, struct dt_snapshot *ret)
{
    const unsigned char *bytes = mem;
    struct dt_snap_header header;
    if (!dt_snapshot_is(dt_slice_of((const char *)bytes, len)))
        return DT_ERR_FOREIGN;
    if (len < sizeof header)
        return DT_ERR_TORN;
    if ((uintptr_t)mem % 64)
        return DT_ERR_INVALID;
    memcpy(&header, bytes, sizeof header);
    if (header.version != DT_SNAP_VERSION || header.header_len != sizeof header)
        return DT_ERR_VERSION;
    if (header.check != dt_hash64(&header, offsetof(struct dt_snap_header, check), 0))
        return DT_ERR_DAMAGED;
    if (header.len > len)
        return DT_ERR_TORN;
    if (header.len < len)
        return DT_ERR_DAMAGED;
    for (unsigned i = 0; i < DT_SECTION_COUNT; i++)
        if (!section_fits(&header, i))
            return DT_ERR_DAMAGED;
    const struct dt_snap_section_row *rows = header.sections;
    if (!header.bucket_count ||
        rows[DT_SECTION_BUCKETS].len / sizeof(struct dt_bucket) != header.bucket_count ||
        rows[DT_SECTION_ORIGIN].len / sizeof(uint32_t) != header.rules ||
        rows[DT_SECTION_ITEMS].len / sizeof(uint32_t) != header.item_count)
        return DT_ERR_DAMAGED;
    *ret = (struct dt_snapshot){
        .mem = bytes,
        .len = len,
        .created = header.created,
        .rules = header.rules,
        .seed = header.seed,
        .bucket_count = header.bucket_count,
        .buckets = bytes + rows[DT_SECTION_BUCKETS].offset,
        .records = bytes + rows[DT_SECTION_RECORDS].offset,
        .strings = bytes + rows[DT_SECTION_STRINGS].offset,
        .actions = bytes + rows[DT_SECTION_ACTIONS].offset,
        .conditions = bytes + rows[DT_SECTION_CONDITIONS].offset,
        .items = bytes + rows[DT_SECTION_ITEMS].offset,
        .records_len = rows[DT_SECTION_RECORDS].len,
        .strings_len = rows[DT_SECTION_STRINGS].len,
        .actions_len = rows[DT_SECTION_ACTIONS].len,
        .conditions_len = rows[DT_SECTION_CONDITIONS].len,
        .flags = header.flags,
        .needs = header.needs,
        .suffix_labels = header.suffix_labels,
        .host_count = header.host_count,
        .item_count = header.item_count,
        .any = &((const struct dt_snap_header *)mem)->any,
    };
    return DT_OK;
}

/* ---- expressions ---- */

enum dt_err dt_snapshot_prepare_step(struct dt_snapshot *snapshot, bool *ret_done)
{
    *ret_done = true;
    if (!snapshot->item_count)
        return DT_OK;
    enum dt_err err = DT_OK;
    if (!snapshot->pool) {
        struct dt_snap_header header;
        memcpy(&header, snapshot->mem, sizeof header);
        const struct dt_snap_section_row *row = &header.sections[DT_SECTION_REGEXES];
        err = dt_regex_pool_open(snapshot->mem + row->offset, (size_t)row->len, snapshot->seed,
                                 &snapshot->pool);
        if (!err && dt_regex_pool_count(snapshot->pool) != snapshot->item_count)
            err = DT_ERR_DAMAGED;
    }
    if (!err)
        err = dt_regex_pool_step(snapshot->pool, ret_done);
    if (err)
        dt_snapshot_release(snapshot);
    return err;
}

enum dt_err dt_snapshot_prepare(struct dt_snapshot *snapshot)
{
    enum dt_err err = DT_OK;
    for (bool done = false; !err && !done;)
        err = dt_snapshot_prepare_step(snapshot, &done);
    return err;
}

bool dt_snapshot_release_step(struct dt_snapshot *snapshot)
{
    if (snapshot->pool && !dt_regex_pool_free_some(snapshot->pool))
        return false;
    dt_snapshot_release(snapshot);
    return true;
}

void dt_snapshot_release(struct dt_snapshot *snapshot)
{
    dt_regex_pool_free(snapshot->pool);
    snapshot->pool = NULL;
}

/* ---- verifying ---- */

static bool section_is_whole(const struct dt_snapshot *snapshot, unsigned at,
                             struct dt_snap_section_row *ret_row)
{
    struct dt_snap_header header;
    memcpy(&header, snapshot->mem, sizeof header);
    *ret_row = header.sections[at];
    return dt_hash64(snapshot->mem + ret_row->offset, ret_row->len, snapshot->seed) ==
           ret_row->check;
}

/* Between the header and the sections stands nothing but zeros. */
static bool gaps_are_zero(const struct dt_snapshot *snapshot)
{
    struct dt_snap_header header;
    memcpy(&header, snapshot->mem, sizeof header);
    uint64_t at = sizeof header;
    for (unsigned i = 0; i <= DT_SECTION_COUNT; i++) {
        uint64_t end = i < DT_SECTION_COUNT ? header.sections[i].offset : header.len;
        for (; at < end; at++)
            if (snapshot->mem[at])
                return false;
        if (i < DT_SECTION_COUNT)
            at = end + header.sections[i].len;
    }
    return true;
}

static bool records_are_whole(const struct dt_snapshot *snapshot)
{
    for (uint64_t i = 0; i < snapshot->bucket_count; i++) {
        const struct dt_bucket *bucket = dt_bucket_at(snapshot, i);
        if (!bucket)
            return false;
        for (unsigned slot = 0; slot < DT_BUCKET_SLOTS; slot++) {
            struct dt_record record;
            if (bucket->tags[slot] && !dt_record_at(snapshot, bucket->refs[slot], &record))
                return false;
        }
    }
    for (uint32_t i = 0; i < snapshot->item_count; i++) {
        struct dt_record record;
        if (!dt_item_at(snapshot, i, &record))
            return false;
    }
    return true;
}

enum dt_err dt_snapshot_verify(const struct dt_snapshot *snapshot, const char **ret_what)
{
    static const char *const NAMES[DT_SECTION_COUNT] = {"the section of buckets",
                                                        "the section of records",
                                                        "the section of strings",
                                                        "the section of actions",
                                                        "the section of origins",
                                                        "the section of file names",
                                                        "the section of conditions",
                                                        "the section of expressions",
                                                        "the section of rules with an expression"};
    for (unsigned i = 0; i < DT_SECTION_COUNT; i++) {
        struct dt_snap_section_row row;
        if (section_is_whole(snapshot, i, &row))
            continue;
        if (ret_what)
            *ret_what = NAMES[i];
        return DT_ERR_DAMAGED;
    }
    if (!gaps_are_zero(snapshot)) {
        if (ret_what)
            *ret_what = "the padding between sections";
        return DT_ERR_DAMAGED;
    }
    if (!records_are_whole(snapshot)) {
        if (ret_what)
            *ret_what = "a bucket or a record";
        return DT_ERR_DAMAGED;
    }
    return DT_OK;
}

/* The files section: count, then for each file its base, its name's length, its name. */
static enum dt_err find_file(struct dt_cursor files, uint32_t line, struct dt_origin *ret)
{
    uint32_t count = dt_cursor_fixed(&files, 4);
    bool found = false;
    for (uint32_t i = 0; i < count && !files.bad; i++) {
        uint32_t base = dt_cursor_fixed(&files, 4);
        struct dt_slice name = dt_cursor_bytes(&files, dt_cursor_fixed(&files, 4));
        if (files.bad || line <= base)
            break;
        *ret = (struct dt_origin){name, line - base};
        found = true;
    }
    return found && !files.bad ? DT_OK : DT_ERR_DAMAGED;
}

enum dt_err dt_snapshot_origin(const struct dt_snapshot *snapshot, uint32_t rule,
                               struct dt_origin *ret)
{
    struct dt_snap_section_row origin, files;
    if (rule >= snapshot->rules)
        return DT_ERR_INVALID;
    if (!section_is_whole(snapshot, DT_SECTION_ORIGIN, &origin) ||
        !section_is_whole(snapshot, DT_SECTION_FILES, &files))
        return DT_ERR_DAMAGED;
    uint32_t line;
    memcpy(&line, snapshot->mem + origin.offset + (size_t)rule * sizeof line, sizeof line);
    const unsigned char *from = snapshot->mem + files.offset;
    struct dt_origin found;
    enum dt_err err = find_file((struct dt_cursor){from, from + files.len, false}, line, &found);
    if (!err)
        *ret = found;
    return err;
}
