/* SPDX-License-Identifier: MIT
 *
 * Writing HAProxy's lines. Rules come best first, and HAProxy takes the first line that holds; of
 * those that ask for no more than a key, each goes into a map above, where no rule that it might
 * meet is passed (haproxy_order.c). So 100,000 pages are one line and one map.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/haproxy/haproxy_out.h"

#include "base/hash.h"
#include "rules/ruleset_priv.h"
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)4 << 30)
#define GROUPS_MAX 256u
#define MAPS_MAX (DT_WRITE_FILES - 4u)
#define NONE UINT32_MAX

#define CONDITIONS                                                                                 \
    (1u << DT_CONDITION_METHOD | 1u << DT_CONDITION_HEADER | 1u << DT_CONDITION_COOKIE |           \
     1u << DT_CONDITION_IP | 1u << DT_CONDITION_REFERER | 1u << DT_CONDITION_UA |                  \
     1u << DT_CONDITION_TIME | 1u << DT_CONDITION_PATH)

/* Lines that stand together: a map, or one rule. */
struct block {
    uint32_t group;              /* NONE: one rule */
    uint32_t first, last, count; /* entries */
};

struct entry {
    struct dt_slice lead; /* the comments above it */
    uint32_t rule;
    uint32_t next; /* of its block */
};

struct group {
    struct dt_haproxy_group what;
    uint32_t block; /* the last of it; from 1 */
    uint32_t maps;  /* written */
};

struct writing {
    struct dt_haproxy_out out;
    struct entry *entries;
    uint32_t count;
    struct block *blocks;
    uint32_t block_count;
    struct group groups[GROUPS_MAX];
    uint32_t group_count;
    uint32_t maps;
};

/* ---- One rule ---- */

static void check(struct dt_haproxy_out *out, const struct dt_rule *rule)
{
    struct dt_write *write = out->write;
    const struct dt_action *action = dt_write_action(write, rule);
    dt_write_check(write, rule, ~0u);
    dt_write_check_conditions(write, rule, CONDITIONS);
    if (action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_write_differs(write, "retry-after", "HAProxy cannot count Retry-After down");
    if (rule->path_kind == DT_PATH_REGEX && dt_slice_starts(rule->path, DT_S("(*")))
        dt_write_cannot(write, "regex", "an expression that begins with a verb");
    dt_haproxy_check_target(out, rule);
}

static void put_field(struct dt_buf *to, struct dt_slice name, struct dt_slice value)
{
    struct dt_buf text;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    dt_buf_str(to, " hdr ");
    dt_haproxy_put_word(to, name);
    dt_buf_char(to, ' ');
    dt_haproxy_put_format(&text, value);
    dt_haproxy_put_word(to, dt_buf_slice(&text));
    dt_buf_release(&text);
}

/* "Name: value\r\n" and more of them. */
static void put_fields(struct dt_buf *to, struct dt_slice fields)
{
    while (fields.len) {
        const char *end = memchr(fields.ptr, '\r', fields.len);
        struct dt_slice line =
            dt_slice_of(fields.ptr, end ? (size_t)(end - fields.ptr) : fields.len);
        const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
        fields = dt_slice_from(fields, line.len + 2);
        if (!colon)
            continue;
        size_t name = (size_t)(colon - line.ptr), value = name + 1;
        while (value < line.len && line.ptr[value] == ' ')
            value++;
        put_field(to, dt_slice_of(line.ptr, name), dt_slice_from(line, value));
    }
}

void dt_haproxy_put_answer(struct dt_haproxy_out *out, const struct dt_action *action,
                           struct dt_slice location, struct dt_buf *to)
{
    bool fields =
        action->cache.len || action->fields.len || action->retry_after < DT_RETRY_AFTER_UNTIL;
    (void)out;
    if (action->status == DT_STATUS_PASS) {
        dt_buf_str(to, "http-request allow");
        return;
    }
    if (location.len && !fields) {
        dt_buf_printf(to, "http-request redirect code %u location ", action->status);
        dt_haproxy_put_word(to, location);
        return;
    }
    dt_buf_printf(to, "http-request return status %u", action->status);
    if (location.len) {
        dt_buf_str(to, " hdr Location ");
        dt_haproxy_put_word(to, location);
    }
    if (action->cache.len)
        put_field(to, DT_S("Cache-Control"), action->cache);
    if (action->retry_after < DT_RETRY_AFTER_UNTIL)
        dt_buf_printf(to, " hdr Retry-After %u", action->retry_after);
    put_fields(to, action->fields);
}

#define TO DT_HAPROXY_VAR(DT_HAPROXY_TO)

static void put_rule(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_slice lead)
{
    const struct dt_action *action = dt_write_action(out->write, rule);
    bool guard = false;
    struct dt_slice location =
        rule->target.len ? dt_haproxy_location(out, rule, &guard) : DT_SLICE_NONE;
    struct dt_buf tests;
    dt_buf_init(&tests, DT_HAPROXY_WORD);
    dt_haproxy_put_source(out, rule, &tests);
    dt_haproxy_put_conditions(out, rule, &tests);
    if (rule->flags & DT_RULE_OPEN)
        dt_haproxy_put_open(out, rule, &tests);
    struct dt_slice holds = dt_haproxy_kept(out, &tests);
    const char *when = holds.len ? " if" : "";
    dt_buf_put(&out->body, lead);
    if (guard) {
        dt_buf_str(&out->body, "http-request set-var-fmt(" DT_HAPROXY_TO ") ");
        dt_haproxy_put_word(&out->body, location);
        dt_buf_printf(&out->body, "%s%.*s\n", when, DT_SLICE_FMT(holds));
        location = DT_S("%[" TO "," DT_HAPROXY_GUARD "]");
        when = " if";
        holds = DT_S(" { " TO " -m found }");
    }
    dt_haproxy_put_answer(out, action, location, &out->body);
    dt_buf_printf(&out->body, "%s%.*s\n", when, DT_SLICE_FMT(holds));
}

/* ---- Blocks ---- */

static uint32_t group_of(struct writing *writing, const struct dt_rule *rule)
{
    struct dt_haproxy_group group;
    if (!dt_haproxy_group_of(&writing->out, rule, &group))
        return NONE;
    for (uint32_t i = 0; i < writing->group_count; i++)
        if (dt_haproxy_group_same(&writing->groups[i].what, &group))
            return i;
    if (writing->group_count == GROUPS_MAX)
        return NONE;
    writing->groups[writing->group_count] = (struct group){.what = group};
    return writing->group_count++;
}

static void append(struct writing *writing, uint32_t block, uint32_t entry)
{
    struct block *into = &writing->blocks[block - 1];
    if (into->count++)
        writing->entries[into->last].next = entry;
    else
        into->first = entry;
    into->last = entry;
}

/* Puts the entry into a block that there is, or a new one. */
static bool place(struct writing *writing, struct dt_haproxy_order *order, uint32_t entry)
{
    const struct dt_rule *rule =
        dt_ruleset_rule(writing->out.write->set, writing->entries[entry].rule);
    uint32_t number = group_of(writing, rule);
    struct group *group = number == NONE ? NULL : &writing->groups[number];
    bool longest = group && group->what.longest;
    struct dt_haproxy_slot slot = dt_haproxy_order_slot(order, rule, longest);
    uint32_t block = group ? group->block : 0;
    if (block == 0 || block <= slot.after || block < slot.within) {
        writing->blocks[writing->block_count++] = (struct block){.group = number};
        block = writing->block_count;
        if (group)
            group->block = block;
    }
    append(writing, block, entry);
    return dt_haproxy_order_note(order, rule, longest, block);
}

/* ---- Files ---- */

/* "redirects-301.map", and a number when there are several. */
static struct dt_slice map_name(struct writing *writing, const struct dt_haproxy_group *group)
{
    struct dt_write *write = writing->out.write;
    const struct dt_action *action = dt_ruleset_action(write->set, group->action);
    struct dt_buf name;
    dt_buf_init(&name, 4096);
    dt_buf_printf(&name, "%.*s-%u", DT_SLICE_FMT(write->name), action->status);
    unsigned same = 0;
    for (uint32_t i = 0; i < writing->group_count; i++)
        if (dt_ruleset_action(write->set, writing->groups[i].what.action)->status == action->status)
            same += writing->groups[i].maps;
    if (same)
        dt_buf_printf(&name, "-%u", same + 1);
    dt_buf_str(&name, action->status / 100 == 3 ? ".map" : ".lst");
    return dt_haproxy_kept(&writing->out, &name);
}

static void put_block(struct writing *writing, const struct block *block)
{
    struct dt_haproxy_out *out = &writing->out;
    struct group *group = block->group == NONE ? NULL : &writing->groups[block->group];
    bool maps = group && block->count >= DT_HAPROXY_SMALL && writing->maps < MAPS_MAX;
    struct dt_buf *map = NULL;
    if (maps) {
        struct dt_slice name = map_name(writing, &group->what);
        map = dt_write_file(out->write, name);
        if (!map)
            return;
        writing->maps++;
        group->maps++;
        dt_haproxy_put_map(out, &group->what, name, block->count);
    }
    uint32_t at = block->first;
    for (uint32_t i = 0; i < block->count; i++, at = writing->entries[at].next) {
        const struct entry *entry = &writing->entries[at];
        const struct dt_rule *rule = dt_ruleset_rule(out->write->set, entry->rule);
        if (map)
            dt_haproxy_put_entry(out, &group->what, rule, entry->lead, map);
        else
            put_rule(out, rule, entry->lead);
    }
}

/* ---- All ---- */

static void put_head(struct writing *writing)
{
    struct dt_write *write = writing->out.write;
    dt_buf_str(&write->out,
               "# Redirects, for a frontend of HAProxy 2.6 or later, built with PCRE.\n");
    if (writing->maps)
        dt_buf_printf(
            &write->out,
            "# %.*s-*.map and .lst are looked for where HAProxy is started; \"default-path "
            "config\"\n# in its global section makes that the folder of its "
            "configuration.\n",
            DT_SLICE_FMT(write->name));
    dt_buf_char(&write->out, '\n');
    dt_haproxy_prologue(&writing->out, &write->out);
}

/* Takes the rules that can be written, each with what stands above it. */
static void take(struct writing *writing)
{
    struct dt_write *write = writing->out.write;
    struct dt_buf lead;
    dt_buf_init(&lead, DT_HAPROXY_WORD);
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        check(&writing->out, rule);
        if (!dt_write_go(write))
            continue;
        struct entry *entry = &writing->entries[writing->count++];
        *entry = (struct entry){.rule = write->order[i]};
        dt_buf_clear(&lead);
        dt_write_lead(write, &lead, "# ");
        if (lead.len)
            entry->lead = dt_arena_copy(&write->arena, dt_buf_slice(&lead));
    }
    dt_buf_release(&lead);
}

static bool arrange(struct writing *writing)
{
    struct dt_write *write = writing->out.write;
    uint32_t *rules = malloc((writing->count + 1u) * sizeof *rules);
    for (uint32_t i = 0; rules && i < writing->count; i++)
        rules[i] = writing->entries[i].rule;
    struct dt_haproxy_order *order =
        rules ? dt_haproxy_order_new(write->set, rules, writing->count) : NULL;
    bool fine = order != NULL;
    for (uint32_t i = 0; fine && i < writing->count; i++)
        fine = place(writing, order, i);
    dt_haproxy_order_free(order);
    free(rules);
    return fine;
}

void dt_haproxy_write(struct dt_write *write)
{
    struct writing *writing = calloc(1, sizeof *writing);
    if (writing) {
        writing->out.write = write;
        writing->entries = malloc((write->count + 1u) * sizeof *writing->entries);
        writing->blocks = malloc((write->count + 1u) * sizeof *writing->blocks);
        dt_buf_init(&writing->out.body, TEXT_MAX);
    }
    if (!writing || !writing->entries || !writing->blocks) {
        write->out.err = DT_ERR_NOMEM;
    } else {
        take(writing);
        if (!arrange(writing))
            writing->out.body.err = DT_ERR_NOMEM;
        for (uint32_t i = 0; i < writing->block_count; i++)
            put_block(writing, &writing->blocks[i]);
        put_head(writing);
        dt_buf_put(&write->out, dt_buf_slice(&writing->out.body));
        if (writing->out.body.err && !write->out.err)
            write->out.err = writing->out.body.err;
    }
    if (writing) {
        dt_buf_release(&writing->out.body);
        free(writing->entries);
        free(writing->blocks);
    }
    free(writing);
}
