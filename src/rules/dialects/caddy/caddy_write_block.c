/* SPDX-License-Identifier: MIT
 *
 * Lines become blocks. The first line of a map that fits answers, and of the blocks in a route the
 * first; so a line may join an earlier map only when no line between could answer the same request.
 * Two lines cannot when they are for different paths, or when what one's paths begin with, the
 * other's do not.
 */
#include "rules/dialects/caddy/caddy_write_block.h"

#include "base/hash.h"
#include "rules/ruleset_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_BACK 32u    /* blocks */
#define LOOK_LINES 4096u /* lines between, that a line for many paths is compared with */

void dt_caddy_blocks_init(struct dt_caddy_blocks *blocks, struct dt_write *write,
                          const char *prefix)
{
    *blocks = (struct dt_caddy_blocks){.write = write, .prefix = prefix};
}

void dt_caddy_blocks_release(struct dt_caddy_blocks *blocks)
{
    free(blocks->list);
    free(blocks->entries);
    free(blocks->open);
    free(blocks->inputs);
    free(blocks->paths);
    *blocks = (struct dt_caddy_blocks){0};
}

static bool no_memory(struct dt_caddy_blocks *blocks)
{
    blocks->write->out.err = DT_ERR_NOMEM;
    return false;
}

/* ---- The tables ---- */

/* The path of a line that is for one, without case and a final slash, hashed. */
static uint64_t hash_path(struct dt_slice path)
{
    uint64_t hash = 14695981039346656037u;
    if (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    for (size_t i = 0; i < path.len; i++)
        hash = (hash ^ (unsigned char)dt_ascii_lower(path.ptr[i])) * 1099511628211u;
    return hash;
}

static bool same_path(struct dt_slice a, struct dt_slice b)
{
    a.len -= a.len && a.ptr[a.len - 1] == '/';
    b.len -= b.len && b.ptr[b.len - 1] == '/';
    return dt_slice_eq_nocase(a, b);
}

static struct dt_slice input_of(const struct dt_caddy_line *line, bool second)
{
    return second ? line->second : line->input;
}

static uint64_t hash_input(uint8_t form, struct dt_slice input)
{
    return dt_hash64(input.ptr, input.len, form);
}

/* The slot of a text that was written, or a free one. An entry has two slots at most. */
static size_t input_slot(const struct dt_caddy_blocks *blocks, uint8_t form, struct dt_slice input)
{
    size_t at = (size_t)hash_input(form, input) & blocks->mask;
    for (; blocks->inputs[at]; at = (at + 1) & blocks->mask) {
        const struct dt_caddy_entry *entry = &blocks->entries[(blocks->inputs[at] - 1) / 2];
        struct dt_slice there = input_of(entry->line, (blocks->inputs[at] - 1) % 2);
        if (entry->line->form == form && dt_slice_eq(there, input))
            break;
    }
    return at;
}

/* The slot of the last entry for a path, or a free one. */
static size_t path_slot(const struct dt_caddy_blocks *blocks, struct dt_slice path)
{
    size_t at = (size_t)hash_path(path) & blocks->mask;
    while (blocks->paths[2 * at] &&
           !same_path(blocks->entries[blocks->paths[2 * at] - 1].line->begins, path))
        at = (at + 1) & blocks->mask;
    return at;
}

static void note(struct dt_caddy_blocks *blocks, size_t entry, size_t block)
{
    const struct dt_caddy_entry *made = &blocks->entries[entry];
    uint8_t form = made->line->form;
    for (unsigned second = 0; second < 2 && form != DT_CADDY_SINGLE; second++)
        if (second ? made->second : made->first)
            blocks->inputs[input_slot(blocks, form, input_of(made->line, second))] =
                (uint32_t)(2 * entry + second + 1);
    if (!made->line->whole)
        return;
    size_t at = path_slot(blocks, made->line->begins);
    if (blocks->paths[2 * at] && blocks->paths[2 * at + 1] > block + 1)
        return; /* a later block has it too */
    blocks->paths[2 * at] = (uint32_t)entry + 1;
    blocks->paths[2 * at + 1] = (uint32_t)block + 1;
}

static bool grow_tables(struct dt_caddy_blocks *blocks)
{
    if (blocks->inputs && 4 * blocks->nentries < blocks->mask)
        return true;
    size_t size = blocks->inputs ? 4 * (blocks->mask + 1) : 64;
    uint32_t *inputs = calloc(size, sizeof *inputs), *paths = calloc(2 * size, sizeof *paths);
    if (!inputs || !paths) {
        free(inputs);
        free(paths);
        return no_memory(blocks);
    }
    free(blocks->inputs);
    free(blocks->paths);
    blocks->inputs = inputs;
    blocks->paths = paths;
    blocks->mask = size - 1;
    for (size_t i = 0; i < blocks->count; i++)
        for (size_t at = blocks->list[i].head; at; at = blocks->entries[at - 1].next)
            note(blocks, at - 1, i);
    return true;
}

/* ---- Which block ---- */

static bool same_answer(const struct dt_caddy_line *a, const struct dt_caddy_line *b)
{
    return a->action->status == b->action->status && a->tail == b->tail &&
           a->action->retry_after == b->action->retry_after &&
           dt_slice_eq(a->action->cache, b->action->cache) &&
           dt_slice_eq(a->action->fields, b->action->fields);
}

static bool begins_with(struct dt_slice text, struct dt_slice with)
{
    return text.len >= with.len && dt_slice_eq_nocase(dt_slice_of(text.ptr, with.len), with);
}

/* May both be for one request? */
static bool meet(const struct dt_caddy_line *a, const struct dt_caddy_line *b)
{
    if (a->whole && b->whole)
        return same_path(a->begins, b->begins);
    if (a->whole)
        return begins_with(a->begins, b->begins);
    if (b->whole)
        return begins_with(b->begins, a->begins);
    return begins_with(a->begins, b->begins) || begins_with(b->begins, a->begins);
}

/* Does no line behind this block meet the new one? */
static bool clear_behind(const struct dt_caddy_blocks *blocks, size_t block,
                         const struct dt_caddy_line *line)
{
    size_t looked = 0;
    if (line->whole) {
        size_t at = path_slot(blocks, line->begins);
        if (blocks->paths[2 * at] && blocks->paths[2 * at + 1] > block + 1)
            return false;
    }
    for (size_t i = block + 1; i < blocks->count; i++) {
        for (size_t at = blocks->list[i].head; at; at = blocks->entries[at - 1].next) {
            const struct dt_caddy_line *other = blocks->entries[at - 1].line;
            if (line->whole && other->whole)
                continue;
            if (++looked > LOOK_LINES || meet(line, other))
                return false;
        }
    }
    return true;
}

static size_t find_block(const struct dt_caddy_blocks *blocks, const struct dt_caddy_line *line)
{
    size_t least = blocks->count > LOOK_BACK ? blocks->count - LOOK_BACK : 0;
    for (size_t i = blocks->count; line->form != DT_CADDY_SINGLE && i-- > least;) {
        const struct dt_caddy_line *like = blocks->list[i].like;
        if (like->form == line->form && same_answer(like, line))
            return clear_behind(blocks, i, line) ? i : SIZE_MAX;
    }
    return SIZE_MAX;
}

static const char *name_of(const struct dt_caddy_block *block)
{
    switch (block->like->action->status) {
    case 301:
        return "moved";
    case 302:
        return "found";
    case 303:
        return "other";
    case 307:
        return "temporary";
    case 308:
        return "permanent";
    case 410:
        return "gone";
    case 451:
        return "withheld";
    case 503:
        return "unavailable";
    default:
        return "missing";
    }
}

static bool new_block(struct dt_caddy_blocks *blocks, const struct dt_caddy_line *line)
{
    void *mem = blocks->list;
    if (!dt_grow(&mem, blocks->count, &blocks->cap, sizeof *blocks->list))
        return no_memory(blocks);
    blocks->list = mem;
    struct dt_caddy_block *made = &blocks->list[blocks->count];
    *made = (struct dt_caddy_block){.like = line, .number = 1};
    for (size_t i = blocks->count; i-- > 0 && made->number == 1;)
        if (strcmp(name_of(&blocks->list[i]), name_of(made)) == 0)
            made->number = blocks->list[i].number + 1;
    blocks->count++;
    return true;
}

static bool is_written(const struct dt_caddy_blocks *blocks, const struct dt_caddy_line *line,
                       bool second)
{
    struct dt_slice input = input_of(line, second);
    return !input.len || blocks->inputs[input_slot(blocks, line->form, input)];
}

void dt_caddy_place(struct dt_caddy_blocks *blocks, const struct dt_caddy_line *line)
{
    void *mem = blocks->entries;
    if (blocks->write->out.err || blocks->closed || !grow_tables(blocks))
        return;
    blocks->closed = line->form == DT_CADDY_SINGLE && !line->matcher.len;
    struct dt_caddy_entry entry = {.line = line};
    entry.first = line->form == DT_CADDY_SINGLE || !is_written(blocks, line, false);
    entry.second = line->second.len && !is_written(blocks, line, true);
    if (!entry.first && !entry.second)
        return;
    size_t at = find_block(blocks, line);
    if (at == SIZE_MAX) {
        at = blocks->count;
        if (!new_block(blocks, line))
            return;
    }
    if (!dt_grow(&mem, blocks->nentries, &blocks->entry_cap, sizeof *blocks->entries)) {
        no_memory(blocks);
        return;
    }
    blocks->entries = mem;
    struct dt_caddy_block *block = &blocks->list[at];
    blocks->entries[blocks->nentries++] = entry;
    if (block->head)
        blocks->entries[block->tail - 1].next = blocks->nentries;
    else
        block->head = blocks->nentries;
    block->tail = blocks->nentries;
    block->count++;
    note(blocks, blocks->nentries - 1, at);
}

/* ---- Writing ---- */

struct put {
    struct dt_caddy_blocks *blocks;
    struct dt_buf *out;
    const char *tabs;
    char name[48]; /* of the block */
};

static void put_lead(struct put *put, struct dt_slice lead, const char *more)
{
    while (lead.len) {
        const char *end = memchr(lead.ptr, '\n', lead.len);
        size_t len = end ? (size_t)(end - lead.ptr) : lead.len;
        dt_buf_printf(put->out, "%s%s%.*s\n", put->tabs, more, (int)len, lead.ptr);
        lead = dt_slice_from(lead, len + 1);
    }
}

static void put_entry(struct put *put, const struct dt_caddy_entry *entry)
{
    const struct dt_caddy_line *line = entry->line;
    bool expression = line->form != DT_CADDY_EXACT;
    put_lead(put, line->lead, "\t");
    for (unsigned second = 0; second < 2; second++) {
        if (!(second ? entry->second : entry->first))
            continue;
        struct dt_buf text;
        dt_buf_init(&text, 1u << 21);
        dt_buf_str(&text, expression ? "~" : "");
        dt_buf_put(&text, input_of(line, second));
        dt_buf_printf(put->out, "%s\t", put->tabs);
        dt_caddy_token(put->out, dt_buf_slice(&text));
        dt_buf_release(&text);
        dt_buf_char(put->out, ' ');
        dt_caddy_token(put->out, line->target.len ? line->target : DT_S("yes"));
        dt_buf_char(put->out, '\n');
    }
}

/* header lines: Cache-Control, Retry-After, and those of set-header=. */
static void put_headers(struct put *put, const struct dt_action *action, const char *matcher)
{
    struct dt_slice fields = action->fields;
    if (action->cache.len) {
        dt_buf_printf(put->out, "%sheader %sCache-Control ", put->tabs, matcher);
        dt_caddy_token(put->out, action->cache);
        dt_buf_char(put->out, '\n');
    }
    if (action->retry_after < DT_RETRY_AFTER_UNTIL)
        dt_buf_printf(put->out, "%sheader %sRetry-After %u\n", put->tabs, matcher,
                      action->retry_after);
    while (fields.len) {
        const char *colon = memchr(fields.ptr, ':', fields.len);
        const char *end = memchr(fields.ptr, '\r', fields.len);
        if (!colon || !end || colon > end)
            return;
        struct dt_slice value = dt_slice_of(colon + 1, (size_t)(end - colon - 1));
        while (value.len && value.ptr[0] == ' ')
            value = dt_slice_from(value, 1);
        dt_buf_printf(put->out, "%sheader %s+%.*s ", put->tabs, matcher, (int)(colon - fields.ptr),
                      fields.ptr);
        dt_caddy_token(put->out, value);
        dt_buf_char(put->out, '\n');
        fields = dt_slice_from(fields, (size_t)(end - fields.ptr) + 2);
    }
}

static void put_answer(struct put *put, const struct dt_caddy_line *line, const char *matcher,
                       struct dt_slice target)
{
    static const char *const tails[] = {"", "{qs}", "{more}"};
    unsigned status = line->action->status ? line->action->status : 404u;
    put_headers(put, line->action, matcher);
    dt_buf_str(put->out, put->tabs);
    if (!line->target.len) {
        dt_buf_printf(put->out, "respond %s%u\n", matcher, status);
        return;
    }
    struct dt_buf text;
    dt_buf_init(&text, 1u << 21);
    dt_buf_put(&text, target);
    dt_buf_str(&text, tails[line->tail]);
    dt_buf_printf(put->out, "redir %s", *matcher || target.ptr[0] != '/' ? matcher : "* ");
    dt_caddy_token(put->out, dt_buf_slice(&text));
    dt_buf_printf(put->out, " %u\n", status);
    dt_buf_release(&text);
}

static void put_single(struct put *put, const struct dt_caddy_block *block)
{
    const struct dt_caddy_line *line = block->like;
    struct dt_slice rest = line->matcher;
    char matcher[56] = "";
    put_lead(put, line->lead, "");
    if (rest.len) {
        (void)snprintf(matcher, sizeof matcher, "@%s ", put->name);
        const char *end = memchr(rest.ptr, '\n', rest.len);
        if (end && (size_t)(end - rest.ptr) + 1 == rest.len) {
            dt_buf_printf(put->out, "%s%s%.*s", put->tabs, matcher, DT_SLICE_FMT(rest));
        } else {
            dt_buf_printf(put->out, "%s%s{\n", put->tabs, matcher);
            put_lead(put, rest, "\t");
            dt_buf_printf(put->out, "%s}\n", put->tabs);
        }
    }
    put_answer(put, line, matcher, line->target);
}

static void put_map(struct put *put, const struct dt_caddy_block *block)
{
    static const char *const sources[] = {"path", "raw_path", "uri"};
    const struct dt_caddy_line *line = block->like;
    char matcher[56], target[56];
    bool redirects = line->target.len;
    dt_buf_printf(put->out, "%smap {%s} {%s} {\n", put->tabs, sources[line->form], put->name);
    for (size_t at = block->head; at; at = put->blocks->entries[at - 1].next)
        put_entry(put, &put->blocks->entries[at - 1]);
    dt_buf_printf(put->out, "%s%s%s}\n", redirects ? put->tabs : "",
                  redirects ? "\tdefault \"\"\n" : "", put->tabs);
    dt_buf_printf(put->out, redirects ? "%s@%s not vars {%s} \"\"\n" : "%s@%s vars {%s} yes\n",
                  put->tabs, put->name, put->name);
    (void)snprintf(matcher, sizeof matcher, "@%s ", put->name);
    (void)snprintf(target, sizeof target, "{%s}", put->name);
    put_answer(put, line, matcher, dt_slice_str(target));
}

static void put_block(struct put *put, const struct dt_caddy_block *block)
{
    char number[16] = "";
    if (block->number > 1)
        (void)snprintf(number, sizeof number, "_%u", block->number);
    (void)snprintf(put->name, sizeof put->name, "%s%s%s", put->blocks->prefix, name_of(block),
                   number);
    if (block->like->form == DT_CADDY_SINGLE)
        put_single(put, block);
    else
        put_map(put, block);
}

/* The placeholders that the blocks ask for and Caddy has not. */
static void put_own(const struct dt_caddy_blocks *blocks, struct dt_buf *out)
{
    bool raw = false, query = false, more = false;
    for (size_t i = 0; i < blocks->nentries; i++) {
        const struct dt_caddy_line *line = blocks->entries[i].line;
        struct dt_slice target = line->target;
        raw |= line->raw;
        query |= line->tail == DT_CADDY_QUERY ||
                 (target.len && memmem(target.ptr, target.len, "{qs}", 4));
        more |= line->tail == DT_CADDY_MORE ||
                (target.len && memmem(target.ptr, target.len, "{more}", 6));
    }
    if (raw)
        dt_buf_str(out, "\tmap {uri} {raw_path} {\n\t\t~^[^?]* $0\n\t}\n");
    if (query)
        dt_buf_str(out, "\tmap {query} {qs} {\n\t\t~.+ ?$0\n\t}\n");
    if (more)
        dt_buf_str(out, "\tmap {query} {more} {\n\t\t~.+ &$0\n\t}\n");
}

void dt_caddy_blocks_put(struct dt_caddy_blocks *blocks, const char *last, bool in_route,
                         struct dt_buf *out)
{
    struct put put = {.blocks = blocks, .out = out};
    for (size_t i = 0; i < blocks->count; i++) {
        const struct dt_action *action = blocks->list[i].like->action;
        bool fields =
            action->cache.len || action->fields.len || action->retry_after != DT_RETRY_AFTER_NONE;
        in_route |= fields || blocks->count > 1;
    }
    put_own(blocks, out);
    put.tabs = in_route ? "\t\t" : "\t";
    dt_buf_str(out, in_route ? "\troute {\n" : "");
    for (size_t i = 0; i < blocks->count; i++) {
        dt_buf_str(out, i ? "\n" : "");
        put_block(&put, &blocks->list[i]);
    }
    if (last && in_route)
        dt_buf_printf(out, "\n\t\t%s\n", last);
    dt_buf_str(out, in_route ? "\t}\n" : "");
    if (last && !in_route)
        dt_buf_printf(out, "\t%s\n", last);
}
