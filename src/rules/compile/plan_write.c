/* SPDX-License-Identifier: MIT
 *
 * The bytes of a snapshot, in one pass over memory that is written front to back; only the table's
 * buckets are touched at random, so their places are asked for some records ahead.
 */
#include "rules/compile/plan.h"
#include "rules/cond/cond.h"

#include <assert.h>

#define AHEAD 16u

struct writer {
    struct dt_plan *plan;
    unsigned char *mem;
    struct dt_bucket *buckets;
    unsigned char *records;
};

static void put32(unsigned char *pos, uint32_t value)
{
    memcpy(pos, &value, sizeof value);
}

/* ---- the table ---- */

static void insert_key(struct writer *w, uint64_t hash, uint32_t ref)
{
    uint64_t count = w->plan->bucket_count;
    uint64_t at = dt_hash_bucket(hash, count);
    for (;; at = at + 1 == count ? 0 : at + 1) {
        struct dt_bucket *bucket = &w->buckets[at];
        for (unsigned i = 0; i < DT_BUCKET_SLOTS; i++) {
            if (bucket->tags[i])
                continue;
            bucket->tags[i] = dt_hash_tag(hash);
            bucket->refs[i] = ref;
            return;
        }
    }
}

static void want_bucket(const struct writer *w, uint64_t hash)
{
    __builtin_prefetch(&w->buckets[dt_hash_bucket(hash, w->plan->bucket_count)], 1);
}

static void check_buckets(struct writer *w)
{
    for (uint64_t i = 0; i < w->plan->bucket_count; i++)
        w->buckets[i].check = dt_bucket_check(&w->buckets[i], w->plan->seed, i);
}

/* ---- records ---- */

/* Fills the head of the record from start to pos; what is behind pos up to the next one is zero. */
static void finish_record(struct writer *w, uint32_t ref, unsigned char *pos, unsigned kind,
                          unsigned forms)
{
    unsigned char *start = w->records + (uint64_t)ref * 4;
    size_t len = dt_align((size_t)(pos - start), 4);
    put32(start + 4, kind | forms << 4 | (uint32_t)(len / 4) << 8);
    put32(start,
          dt_snap_check(start + 4, len - 4, w->plan->seed, dt_snap_place(DT_SECTION_RECORDS, ref)));
}

static void write_host(struct writer *w, const struct dt_plan_host *host)
{
    unsigned char *pos = w->records + (uint64_t)host->ref * 4 + sizeof(struct dt_record_head);
    pos = dt_varint_put(pos, host->name.len);
    pos = dt_bytes_put(pos, host->name);
    for (size_t i = 0; i < 3; i++)
        pos = dt_part_put(&host->parts[i], pos);
    for (const struct dt_plan_labels *l = host->labels; l; l = l->next) {
        pos = dt_varint_put(pos, l->count);
        pos = dt_part_put(&l->part, pos);
    }
    *pos++ = 0;
    finish_record(w, host->ref, pos, DT_RECORD_HOST, 0);
}

static void write_node(struct writer *w, const struct dt_plan_node *node)
{
    unsigned char *pos = w->records + (uint64_t)node->ref * 4 + sizeof(struct dt_record_head);
    pos = dt_varint_put(pos, node->host_id);
    pos = dt_shared_put(w->plan, node->string, node->path, pos);
    pos = dt_varint_put(pos, node->count);
    for (uint32_t rank = node->first; rank != DT_PLAN_NONE; rank = w->plan->next[rank])
        pos = dt_entry_put(w->plan, rank, NULL, pos);
    finish_record(w, node->ref, pos, node->kind, node->forms);
}

static void write_pair(struct writer *w, const struct dt_plan_pair *pair)
{
    unsigned char *pos = w->records + (uint64_t)pair->ref * 4 + sizeof(struct dt_record_head);
    put32(pos, w->plan->nodes[pair->node].ref);
    pos = dt_varint_put(pos + 4, pair->name.len);
    pos = dt_varint_put(pos, pair->any_value ? 0 : pair->value.len + 1);
    pos = dt_bytes_put(pos, pair->name);
    pos = dt_bytes_put(pos, pair->value);
    pos = dt_varint_put(pos, pair->count);
    for (uint32_t rank = pair->first; rank != DT_PLAN_NONE; rank = w->plan->next[rank])
        pos = dt_entry_put(w->plan, rank, pair, pos);
    finish_record(w, pair->ref, pos, DT_RECORD_PAIR, 0);
}

static void write_run(struct writer *w, const struct dt_plan_run *run)
{
    unsigned char *pos = w->records + (uint64_t)run->ref * 4 + sizeof(struct dt_record_head);
    pos = dt_varint_put(pos, run->owner);
    pos = dt_varint_put(pos, run->text.len);
    pos = dt_bytes_put(pos, run->text);
    pos = dt_varint_put(pos, run->state);
    if (run->state)
        pos = dt_varint_put(pos, run->lengths);
    if (run->kind == DT_RECORD_SHAPE) {
        pos = dt_varint_put(pos, run->count[0]);
        for (uint32_t i = run->first[0]; i != DT_PLAN_NONE; i = w->plan->items[i].next)
            pos = dt_varint_put(pos, i);
    } else {
        for (unsigned list = 0; list < 2; list++)
            pos = dt_run_list_put(w->plan, run, list, pos);
    }
    finish_record(w, run->ref, pos, run->kind, run->forms);
}

static void write_item(struct writer *w, uint32_t number)
{
    const struct dt_plan_item *item = &w->plan->items[number];
    unsigned char *pos = w->records + (uint64_t)item->ref * 4 + sizeof(struct dt_record_head);
    pos = dt_varint_put(pos, number);
    *pos++ = item->kind;
    if (item->kind >= DT_ITEM_GLOB)
        pos = dt_varint_put(pos, item->star);
    pos = dt_entry_put(w->plan, item->rank, NULL, pos);
    bool nocase = dt_plan_rule(w->plan, item->rank)->flags & DT_RULE_IGNORE_CASE;
    finish_record(w, item->ref, pos, DT_RECORD_ITEM, nocase ? DT_FORM_NOCASE : 0);
    put32(w->mem + w->plan->offsets[DT_SECTION_ITEMS] + (size_t)number * 4, item->ref);
}

static void write_records(struct writer *w)
{
    struct dt_plan *plan = w->plan;
    for (size_t i = 0; i < plan->host_count; i++) {
        write_host(w, &plan->hosts[i]);
        insert_key(w, plan->hosts[i].hash, plan->hosts[i].ref);
    }
    for (size_t i = 0; i < plan->node_count; i++) {
        if (i + AHEAD < plan->node_count)
            want_bucket(w, plan->nodes[i + AHEAD].hash);
        write_node(w, &plan->nodes[i]);
        insert_key(w, plan->nodes[i].hash, plan->nodes[i].ref);
    }
    for (size_t i = 0; i < plan->pair_count; i++) {
        if (i + AHEAD < plan->pair_count)
            want_bucket(w, plan->pairs[i + AHEAD].hash);
        write_pair(w, &plan->pairs[i]);
        insert_key(w, plan->pairs[i].hash, plan->pairs[i].ref);
    }
    for (size_t i = 0; i < plan->run_count; i++) {
        if (i + AHEAD < plan->run_count)
            want_bucket(w, plan->runs[i + AHEAD].hash);
        write_run(w, &plan->runs[i]);
        insert_key(w, plan->runs[i].hash, plan->runs[i].ref);
    }
    for (uint32_t i = 0; i < plan->item_count; i++)
        write_item(w, i);
    check_buckets(w);
}

/* ---- what records refer to ---- */

static void write_strings(struct writer *w)
{
    unsigned char *section = w->mem + w->plan->offsets[DT_SECTION_STRINGS];
    for (size_t i = 0; i < w->plan->string_count; i++) {
        const struct dt_plan_string *string = &w->plan->strings[i];
        if (string->ref == DT_PLAN_NONE)
            continue;
        unsigned char *start = section + (uint64_t)string->ref * 4;
        put32(start + 4, (uint32_t)string->text.len);
        (void)dt_bytes_put(start + 8, string->text);
        put32(start, dt_snap_check(start + 4, 4 + string->text.len, w->plan->seed,
                                   dt_snap_place(DT_SECTION_STRINGS, string->ref)));
    }
}

static void write_actions(struct writer *w)
{
    unsigned char *section = w->mem + w->plan->offsets[DT_SECTION_ACTIONS];
    size_t count = dt_ruleset_action_count(w->plan->set);
    for (size_t i = 0; i < count; i++) {
        const struct dt_action *action = dt_ruleset_action(w->plan->set, i);
        uint32_t ref = w->plan->action_refs[i];
        unsigned char *start = section + (uint64_t)ref * 4, *pos = start + 8;
        pos = dt_bytes_put(pos, dt_slice_of((const char *)&action->status, 2));
        *pos++ = action->query;
        *pos++ = action->note;
        put32(pos, action->retry_after);
        pos += 4;
        const struct dt_slice texts[] = DT_ACTION_TEXTS(action);
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            pos = dt_varint_put(pos, texts[t].len);
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            pos = dt_bytes_put(pos, texts[t]);
        uint32_t len = (uint32_t)(pos - (start + 8));
        put32(start + 4, len);
        put32(start, dt_snap_check(start + 4, 4 + len, w->plan->seed,
                                   dt_snap_place(DT_SECTION_ACTIONS, ref)));
    }
}

static void write_origin(struct writer *w)
{
    unsigned char *pos = w->mem + w->plan->offsets[DT_SECTION_ORIGIN];
    for (uint32_t rank = 0; rank < w->plan->count; rank++, pos += 4) {
        const struct dt_rule *rule = dt_plan_rule(w->plan, rank);
        put32(pos, w->plan->file_bases[rule->file] + rule->line);
    }
}

static void write_files(struct writer *w)
{
    unsigned char *pos = w->mem + w->plan->offsets[DT_SECTION_FILES];
    size_t count = dt_ruleset_file_count(w->plan->set);
    put32(pos, (uint32_t)count);
    pos += 4;
    for (size_t i = 0; i < count; i++) {
        struct dt_slice name = dt_ruleset_file(w->plan->set, i);
        put32(pos, w->plan->file_bases[i]);
        put32(pos + 4, (uint32_t)name.len);
        pos = dt_bytes_put(pos + 8, name);
    }
}

static void write_header(struct writer *w)
{
    const struct dt_plan *plan = w->plan;
    bool first = dt_ruleset_order(plan->set) == DT_ORDER_FIRST;
    struct dt_snap_header header = {.version = DT_SNAP_VERSION,
                                    .header_len = sizeof header,
                                    .len = plan->size,
                                    .seed = plan->seed,
                                    .created = plan->created,
                                    .rules = plan->count,
                                    .bucket_count = plan->bucket_count,
                                    .flags = (plan->monotone ? DT_SNAP_MONOTONE : 0u) |
                                             (first ? DT_SNAP_FIRST : 0u),
                                    .needs = plan->needs,
                                    .suffix_labels = plan->suffix_labels,
                                    .host_count = (uint32_t)plan->host_count,
                                    .item_count = plan->item_count,
                                    .any = plan->any};
    memcpy(header.magic, DT_SNAP_MAGIC, sizeof header.magic);
    for (uint32_t i = 0; i < DT_SECTION_COUNT; i++)
        header.sections[i] = (struct dt_snap_section_row){
            .id = i,
            .version = DT_SNAP_VERSION,
            .offset = plan->offsets[i],
            .len = plan->lens[i],
            .check = dt_hash64(w->mem + plan->offsets[i], plan->lens[i], plan->seed)};
    header.check = dt_hash64(&header, offsetof(struct dt_snap_header, check), 0);
    memcpy(w->mem, &header, sizeof header);
}

enum dt_err dt_plan_write(struct dt_plan *plan, void *mem)
{
    if ((uintptr_t)mem % 64)
        return DT_ERR_INVALID;
    unsigned char *bytes = mem;
    struct writer w = {.plan = plan,
                       .mem = bytes,
                       .buckets = (void *)(bytes + plan->offsets[DT_SECTION_BUCKETS]),
                       .records = bytes + plan->offsets[DT_SECTION_RECORDS]};
    write_records(&w);
    write_strings(&w);
    write_actions(&w);
    write_origin(&w);
    write_files(&w);
    if (plan->lens[DT_SECTION_CONDITIONS])
        dt_conditions_write(plan, bytes + plan->offsets[DT_SECTION_CONDITIONS]);
    (void)dt_bytes_put(bytes + plan->offsets[DT_SECTION_REGEXES],
                       dt_slice_of(plan->pool, plan->pool_len));
    write_header(&w);
    return DT_OK;
}
