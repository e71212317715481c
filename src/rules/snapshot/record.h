/* SPDX-License-Identifier: MIT
 *
 * Reading a snapshot's records and table, each verified as it is touched. Shared by the matcher and
 * by verification, so that both believe the same bytes. A NULL or a false means damage.
 */
#ifndef DT_RULES_RECORD_H
#define DT_RULES_RECORD_H

#include "rules/snapshot/layout.h"

#include <detour/snapshot.h>

struct dt_record {
    struct dt_cursor body; /* behind the head */
    uint32_t ref;
    uint8_t kind;  /* enum dt_record_kind */
    uint8_t forms; /* enum dt_node_form */
};

static inline const struct dt_bucket *dt_bucket_at(const struct dt_snapshot *snapshot, uint64_t at)
{
    const struct dt_bucket *bucket =
        (const void *)(snapshot->buckets + at * sizeof(struct dt_bucket));
    return bucket->check == dt_bucket_check(bucket, snapshot->seed, at) ? bucket : NULL;
}

static inline bool dt_record_at(const struct dt_snapshot *snapshot, uint32_t ref,
                                struct dt_record *ret)
{
    uint64_t at = (uint64_t)ref * 4;
    struct dt_record_head head;
    if (snapshot->records_len < sizeof head || at > snapshot->records_len - sizeof head)
        return false;
    const unsigned char *start = snapshot->records + at;
    memcpy(&head, start, sizeof head);
    uint64_t len = (uint64_t)(head.kind_len >> 8) * 4;
    if (len < sizeof head || len > snapshot->records_len - at)
        return false;
    if (head.check != dt_snap_check(start + 4, (size_t)len - 4, snapshot->seed,
                                    dt_snap_place(DT_SECTION_RECORDS, ref)))
        return false;
    *ret = (struct dt_record){.body = {start + sizeof head, start + len, false},
                              .ref = ref,
                              .kind = head.kind_len & 15,
                              .forms = head.kind_len >> 4 & 15};
    return true;
}

/* The record of an item, the cursor behind its number. */
static inline bool dt_item_at(const struct dt_snapshot *snapshot, uint32_t number,
                              struct dt_record *ret)
{
    uint32_t ref;
    if (number >= snapshot->item_count)
        return false;
    memcpy(&ref, snapshot->items + (size_t)number * sizeof ref, sizeof ref);
    return dt_record_at(snapshot, ref, ret) && ret->kind == DT_RECORD_ITEM &&
           dt_cursor_varint(&ret->body) == number && !ret->body.bad;
}

/* The text of a string, the body of an action or of a set of conditions: check, length, bytes. */
static inline bool dt_block_at(const struct dt_snapshot *snapshot, enum dt_snap_section in,
                               uint64_t ref, struct dt_slice *ret)
{
    const unsigned char *section = in == DT_SECTION_STRINGS   ? snapshot->strings
                                   : in == DT_SECTION_ACTIONS ? snapshot->actions
                                                              : snapshot->conditions;
    uint64_t section_len = in == DT_SECTION_STRINGS   ? snapshot->strings_len
                           : in == DT_SECTION_ACTIONS ? snapshot->actions_len
                                                      : snapshot->conditions_len;
    uint32_t head[2];
    if (section_len < sizeof head || ref > (section_len - sizeof head) / 4)
        return false;
    const unsigned char *start = section + ref * 4;
    memcpy(head, start, sizeof head);
    if (head[1] > section_len - ref * 4 - sizeof head)
        return false;
    if (head[0] !=
        dt_snap_check(start + 4, 4 + (size_t)head[1], snapshot->seed, dt_snap_place(in, ref)))
        return false;
    *ret = dt_slice_of((const char *)start + sizeof head, head[1]);
    return true;
}

/* Which of a bucket's slots have this tag, one bit each. */
static inline unsigned dt_bucket_tags(const struct dt_bucket *bucket, uint16_t tag)
{
    unsigned found = 0;
    for (unsigned i = 0; i < DT_BUCKET_SLOTS; i++)
        found |= (unsigned)(bucket->tags[i] == tag) << i;
    return found;
}

/* Walking the table for a hash: each call finds the next record whose tag agrees. */
struct dt_probe {
    uint64_t at;
    uint64_t seen; /* buckets looked at: a table without a free slot must end too */
    const struct dt_bucket *bucket;
    unsigned tags;
    uint16_t tag;
};

enum dt_probe_result { DT_PROBE_FOUND, DT_PROBE_END, DT_PROBE_DAMAGED };

static inline struct dt_probe dt_probe_start(const struct dt_snapshot *snapshot, uint64_t hash)
{
    return (struct dt_probe){.at = dt_hash_bucket(hash, snapshot->bucket_count),
                             .tag = dt_hash_tag(hash)};
}

static inline enum dt_probe_result dt_probe_next(const struct dt_snapshot *snapshot,
                                                 struct dt_probe *probe, struct dt_record *ret)
{
    for (;;) {
        if (!probe->bucket) {
            if (probe->seen++ == snapshot->bucket_count)
                return DT_PROBE_END;
            probe->bucket = dt_bucket_at(snapshot, probe->at);
            if (!probe->bucket)
                return DT_PROBE_DAMAGED;
            probe->tags = dt_bucket_tags(probe->bucket, probe->tag);
        }
        if (probe->tags) {
            unsigned slot = (unsigned)__builtin_ctz(probe->tags);
            probe->tags &= probe->tags - 1;
            return dt_record_at(snapshot, probe->bucket->refs[slot], ret) ? DT_PROBE_FOUND
                                                                          : DT_PROBE_DAMAGED;
        }
        if (!probe->bucket->tags[DT_BUCKET_SLOTS - 1])
            return DT_PROBE_END; /* slots fill from the first: the last is free, so nothing went on
                                  */
        probe->bucket = NULL;
        probe->at = probe->at + 1 == snapshot->bucket_count ? 0 : probe->at + 1;
    }
}

#endif
