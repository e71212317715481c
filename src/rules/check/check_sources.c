/* SPDX-License-Identifier: MIT
 *
 * Each rule stands under all of its first segments that are written out, at most three, as one
 * that ends there; and under fewer of them as one that goes on. A path asks for those that end
 * within it, and, when it is open itself, for those that go on where it opens. Letters are folded:
 * who asks looks closer anyway.
 */
#include "rules/check/check_sources.h"

#include "base/hash.h"
#include "base/pages.h"
#include "rules/check/check_paths.h"

#include <stdlib.h>

#define DEPTH 3u
#define FOLDED 256u /* bytes of the segments that count */

enum place { ENDS, GOES_ON };

static const struct dt_slice any_host = {"*", 1}; /* of rules that are not for one host */
static const struct dt_slice all_hosts = {"**", 2};

static uint64_t key_of(enum place place, struct dt_slice host, struct dt_slice start)
{
    char folded[FOLDED];
    size_t len = start.len < FOLDED ? start.len : FOLDED;
    for (size_t i = 0; i < len; i++)
        folded[i] = dt_ascii_lower(start.ptr[i]);
    return dt_hash64(folded, len, dt_hash64(host.ptr, host.len, (uint64_t)place));
}

/* Where the first segments that are written out end: *ret_ends[n] is behind n of them. Returns how
 * many there are, at most DEPTH; open: something follows that is not written out. */
static unsigned segments_of(struct dt_slice path, size_t ends[DEPTH + 1], bool *ret_open)
{
    unsigned count = 0;
    size_t at = 0;
    ends[0] = 0;
    *ret_open = false;
    while (at < path.len && path.ptr[at] == '/') {
        size_t end = at + 1;
        while (end < path.len && path.ptr[end] != '/' && path.ptr[end] != DT_PATH_NAME &&
               path.ptr[end] != DT_PATH_STAR)
            end++;
        if (end < path.len && path.ptr[end] != '/')
            break;
        if (count == DEPTH)
            return count;
        ends[++count] = end;
        at = end;
    }
    *ret_open = at < path.len;
    return count;
}

static unsigned source_segments(const struct dt_rule *rule, size_t ends[DEPTH + 1])
{
    bool open;
    ends[0] = 0;
    return rule->path_kind == DT_PATH_REGEX ? 0 : segments_of(rule->path, ends, &open);
}

static void add(struct dt_sources *sources, uint64_t key, uint32_t rule)
{
    uint32_t *head = &sources->heads[key & sources->mask];
    sources->entries[sources->count++] =
        (struct dt_source_entry){(uint32_t)(key >> 32), rule, *head};
    *head = (uint32_t)sources->count;
}

static void add_rule(struct dt_sources *sources, const struct dt_rule *rule, uint32_t number)
{
    size_t ends[DEPTH + 1];
    unsigned count = source_segments(rule, ends);
    bool one = rule->host_kind == DT_HOST_EXACT;
    for (unsigned names = 0; names < (one ? 2u : 1u); names++) {
        struct dt_slice host = !one ? any_host : names ? all_hosts : rule->host;
        for (unsigned i = 0; i <= count; i++)
            add(sources,
                key_of(i == count ? ENDS : GOES_ON, host, dt_slice_of(rule->path.ptr, ends[i])),
                number);
    }
}

bool dt_sources_init(struct dt_sources *sources, struct dt_checker *checker)
{
    *sources = (struct dt_sources){0};
    for (uint32_t i = 0; i < checker->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(checker->set, i);
        size_t ends[DEPTH + 1];
        size_t each = 1u + source_segments(rule, ends);
        sources->room += rule->host_kind == DT_HOST_EXACT ? 2 * each : each;
    }
    size_t heads = 64;
    while (heads < sources->room)
        heads *= 2;
    sources->mask = heads - 1;
    sources->heads = dt_pages_zalloc(heads, sizeof *sources->heads);
    sources->entries = dt_pages_alloc(sources->room + 1, sizeof *sources->entries);
    if (!sources->heads || !sources->entries || sources->room > UINT32_MAX - 1) {
        checker->err = DT_ERR_NOMEM;
        return false;
    }
    for (uint32_t i = 0; i < checker->count; i++)
        add_rule(sources, dt_ruleset_rule(checker->set, i), i);
    return true;
}

void dt_sources_release(struct dt_sources *sources)
{
    free(sources->heads);
    free(sources->entries);
    *sources = (struct dt_sources){0};
}

static void ask(struct dt_source_walk *walk, uint64_t key)
{
    walk->keys[walk->count++] = key;
}

static void enter(struct dt_source_walk *walk)
{
    if (walk->at < walk->count)
        walk->entry = walk->sources->heads[walk->keys[walk->at] & walk->sources->mask];
}

void dt_sources_start(const struct dt_sources *sources, struct dt_slice host, struct dt_slice form,
                      struct dt_source_walk *ret)
{
    size_t ends[DEPTH + 1];
    bool open;
    unsigned count = segments_of(form, ends, &open);
    const struct dt_slice hosts[] = {any_host, host.len ? host : all_hosts};
    *ret = (struct dt_source_walk){.sources = sources};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j <= count; j++)
            ask(ret, key_of(ENDS, hosts[i], dt_slice_of(form.ptr, ends[j])));
        if (open && count < DEPTH)
            ask(ret, key_of(GOES_ON, hosts[i], dt_slice_of(form.ptr, ends[count])));
    }
    enter(ret);
}

bool dt_sources_next(struct dt_source_walk *walk, uint32_t *ret_rule)
{
    while (walk->at < walk->count) {
        while (walk->entry) {
            const struct dt_source_entry *entry = &walk->sources->entries[walk->entry - 1];
            walk->entry = entry->next;
            if (entry->tag != (uint32_t)(walk->keys[walk->at] >> 32))
                continue;
            *ret_rule = entry->rule;
            return true;
        }
        walk->at++;
        enter(walk);
    }
    return false;
}
