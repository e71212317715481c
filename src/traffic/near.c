/* SPDX-License-Identifier: MIT
 *
 * All rules stand in one hash table under what is left of their path when case, a final slash, an
 * extension and a final "index" are taken away, and once more under their last segment. A mistyped
 * path is found by making all texts that are one edit away and looking them up: thousands of
 * lookups, but only for the few misses that are shown, while an index of edits would be many times
 * as large as the rules.
 *
 * A digit is never a typing error here: /news/2015 is not /news/2016.
 */
#include "traffic/near.h"

#include "base/hash.h"

#include <stdlib.h>

#define PATH_MAX_LEN 1024u /* longer ones are not looked for */
#define CANDIDATES 64u     /* of one key */
#define SHORTEST_EDIT 4u   /* a segment in which a letter may be wrong */
#define SHORTEST_LAST 6u   /* a last segment that tells a page */

enum key { KEY_PATH = 1, KEY_PREFIX, KEY_LAST };

struct dt_near_index {
    const struct dt_ruleset *set;
    uint64_t *slots; /* hash in the upper half, rule + 1 in the lower; 0 is free */
    size_t mask;
};

/* How a rule differs from what was asked for. */
enum differs { DIFFERS_CASE = 1, DIFFERS_SLASH = 2, DIFFERS_EXTENSION = 4 };

static const char *const SAYS[8][2] = {
    {"conditions", "the same path: its query, scheme, port or conditions do not hold"},
    {"case", "in other case"},
    {"slash", "but for a final slash"},
    {"case", "in other case, and but for a final slash"},
    {"extension", "with another extension"},
    {"extension", "in other case, with another extension"},
    {"extension", "with another extension, and but for a final slash"},
    {"extension", "in other case, with another extension, and but for a final slash"},
};

/* ---- Folding ---- */

struct folded {
    size_t len;
    char text[PATH_MAX_LEN + 2];
};

static bool fold(struct dt_slice path, struct folded *ret)
{
    if (path.len > PATH_MAX_LEN)
        return false;
    for (size_t i = 0; i < path.len; i++)
        ret->text[i] = dt_ascii_lower(path.ptr[i]);
    size_t len = path.len;
    while (len && ret->text[len - 1] == '/')
        len--;
    size_t dot = len;
    while (dot && ret->text[dot - 1] != '.' && ret->text[dot - 1] != '/' && len - dot < 6)
        dot--;
    if (dot > 2 && dot < len && ret->text[dot - 1] == '.' && ret->text[dot - 2] != '/')
        len = dot - 1;
    if (len >= 6 && memcmp(ret->text + len - 6, "/index", 6) == 0)
        len -= 6;
    ret->len = len;
    return true;
}

static struct dt_slice last_segment(const struct folded *folded)
{
    size_t from = folded->len;
    while (from && folded->text[from - 1] != '/')
        from--;
    return dt_slice_of(folded->text + from, folded->len - from);
}

/* With a letter in it, and long enough to tell something. */
static bool tells(struct dt_slice segment)
{
    bool letter = false;
    for (size_t i = 0; i < segment.len; i++)
        letter |= segment.ptr[i] >= 'a' && segment.ptr[i] <= 'z';
    return letter && segment.len >= SHORTEST_LAST;
}

/* ---- The table ---- */

static uint64_t hash_of(enum key key, const char *text, size_t len)
{
    return dt_hash64(text, len, (uint64_t)key);
}

static void put(struct dt_near_index *index, uint64_t hash, uint32_t rule)
{
    size_t at = (size_t)(hash >> 32) & index->mask;
    while (index->slots[at])
        at = (at + 1) & index->mask;
    index->slots[at] = (hash & ~(uint64_t)UINT32_MAX) | (rule + 1u);
}

static void put_rule(struct dt_near_index *index, uint32_t number)
{
    const struct dt_rule *rule = dt_ruleset_rule(index->set, number);
    struct folded folded;
    if ((rule->path_kind != DT_PATH_EXACT && rule->path_kind != DT_PATH_PREFIX) ||
        rule->path.len < 2 || !fold(rule->path, &folded))
        return;
    enum key key = rule->path_kind == DT_PATH_EXACT ? KEY_PATH : KEY_PREFIX;
    put(index, hash_of(key, folded.text, folded.len), number);
    struct dt_slice last = last_segment(&folded);
    if (key == KEY_PATH && tells(last))
        put(index, hash_of(KEY_LAST, last.ptr, last.len), number);
}

struct dt_near_index *dt_near_new(const struct dt_ruleset *set)
{
    struct dt_near_index *index = calloc(1, sizeof *index);
    size_t count = dt_ruleset_count(set), slots = 64;
    while (slots < 4 * count)
        slots *= 2;
    if (index)
        index->slots = calloc(slots, sizeof *index->slots);
    if (!index || !index->slots) {
        free(index);
        return NULL;
    }
    index->set = set;
    index->mask = slots - 1;
    for (uint32_t i = 0; i < count; i++)
        put_rule(index, i);
    return index;
}

void dt_near_free(struct dt_near_index *index)
{
    if (index)
        free(index->slots);
    free(index);
}

/* The rules under a hash, perhaps others too: next is where to look, at first (size_t)-1. */
static bool next_of(const struct dt_near_index *index, uint64_t hash, size_t *next, uint32_t *ret)
{
    size_t at = *next == (size_t)-1 ? (size_t)(hash >> 32) & index->mask : *next;
    for (; index->slots[at]; at = (at + 1) & index->mask)
        if ((index->slots[at] ^ hash) >> 32 == 0) {
            *ret = (uint32_t)index->slots[at] - 1;
            *next = (at + 1) & index->mask;
            return true;
        }
    return false;
}

/* ---- Looking ---- */

struct search {
    const struct dt_near_index *index;
    struct dt_slice host, path;
    struct folded folded;
    unsigned best; /* how far the best one is; less is nearer */
    struct dt_near *ret;
};

static bool host_fits(const struct dt_rule *rule, struct dt_slice host)
{
    if (rule->host_kind == DT_HOST_ANY)
        return true;
    if (rule->host_kind == DT_HOST_EXACT || host.len <= rule->host.len)
        return rule->host_kind != DT_HOST_SUBDOMAINS && dt_slice_eq(rule->host, host);
    return host.ptr[host.len - rule->host.len - 1] == '.' &&
           dt_slice_eq(dt_slice_from(host, host.len - rule->host.len), rule->host);
}

static struct dt_slice without_slash(struct dt_slice path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

static unsigned difference(struct dt_slice a, struct dt_slice b)
{
    struct dt_slice x = without_slash(a), y = without_slash(b);
    unsigned bits = (a.len != x.len) != (b.len != y.len) ? DIFFERS_SLASH : 0;
    if (dt_slice_eq(x, y))
        return bits;
    if (dt_slice_eq_nocase(x, y))
        return bits | DIFFERS_CASE;
    size_t same = 0;
    while (same < x.len && same < y.len && x.ptr[same] == y.ptr[same])
        same++;
    size_t shorter = x.len < y.len ? x.len : y.len;
    while (same < shorter && dt_ascii_lower(x.ptr[same]) == dt_ascii_lower(y.ptr[same])) {
        bits |= DIFFERS_CASE;
        same++;
    }
    return bits | DIFFERS_EXTENSION;
}

static void offer(struct search *search, unsigned far, uint32_t rule, const char *name,
                  const char *says)
{
    if (far >= search->best)
        return;
    search->best = far;
    *search->ret = (struct dt_near){rule, name, says};
}

/* Rules whose path folds to the same; for a folder, the path is that of the folder. */
static void look_folded(struct search *search, enum key key, const struct folded *folded,
                        struct dt_slice path, bool edited)
{
    uint64_t hash = hash_of(key, folded->text, folded->len);
    size_t next = (size_t)-1;
    uint32_t number;
    for (unsigned i = 0; i < CANDIDATES && next_of(search->index, hash, &next, &number); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(search->index->set, number);
        struct folded own;
        if (!fold(rule->path, &own) || own.len != folded->len ||
            memcmp(own.text, folded->text, own.len) != 0)
            continue;
        bool fits = host_fits(rule, search->host);
        if (edited) {
            if (fits)
                offer(search, 40, number, "edit", "one letter away");
            continue;
        }
        unsigned bits = difference(rule->path, path);
        if (!fits && search->host.len && bits == 0 && path.len > 4)
            offer(search, 50, number, "host", "the same path, on another host");
        else if (fits)
            offer(search, bits + (key == KEY_PREFIX ? 20 : 0), number, SAYS[bits][0],
                  SAYS[bits][1]);
    }
}

/* Folders on the way to the path. */
static void look_folders(struct search *search)
{
    struct folded folded;
    for (size_t len = search->path.len; len > 1; len--) {
        struct dt_slice folder = dt_slice_of(search->path.ptr, len);
        if ((len < search->path.len && search->path.ptr[len] == '/') || len == search->path.len)
            if (fold(folder, &folded) && folded.len == without_slash(folder).len)
                look_folded(search, KEY_PREFIX, &folded, without_slash(folder), false);
    }
}

/* ---- One edit away ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '/';
}

/* Is the segment around `at` long enough for a slip to be likely? */
static bool long_enough(const struct folded *folded, size_t at)
{
    size_t from = at, to = at;
    while (from && folded->text[from - 1] != '/')
        from--;
    while (to < folded->len && folded->text[to] != '/')
        to++;
    return to - from >= SHORTEST_EDIT;
}

static void try_at(struct search *search, struct folded *work, size_t at)
{
    static const char LETTERS[] = "etaoinsrhldcumfpgwybvkxjqz-_./";
    const struct folded *own = &search->folded;
    size_t tail = own->len - at;
    bool letter = at < own->len && is_letter(own->text[at]);
    if (letter) { /* one too many */
        memcpy(work->text + at, own->text + at + 1, tail - 1);
        work->len = own->len - 1;
        look_folded(search, KEY_PATH, work, search->path, true);
    }
    if (letter && at + 1 < own->len && is_letter(own->text[at + 1]) &&
        own->text[at] != own->text[at + 1]) { /* two in wrong order */
        memcpy(work->text + at, own->text + at, tail);
        work->text[at] = own->text[at + 1];
        work->text[at + 1] = own->text[at];
        work->len = own->len;
        look_folded(search, KEY_PATH, work, search->path, true);
    }
    memcpy(work->text + at, own->text + at, tail);
    work->len = own->len;
    for (const char *c = LETTERS; *c && letter && search->best > 40; c++) { /* a wrong one */
        work->text[at] = *c;
        if (*c != own->text[at])
            look_folded(search, KEY_PATH, work, search->path, true);
    }
    memcpy(work->text + at + 1, own->text + at, tail);
    work->len = own->len + 1;
    for (const char *c = LETTERS; *c && search->best > 40; c++) { /* one is missing */
        work->text[at] = *c;
        look_folded(search, KEY_PATH, work, search->path, true);
    }
    memcpy(work->text + at, own->text + at, tail);
}

static void look_edits(struct search *search)
{
    struct folded work = search->folded;
    if (search->folded.len > 300)
        return;
    for (size_t at = 1; at <= search->folded.len && search->best > 40; at++)
        if (long_enough(&search->folded, at))
            try_at(search, &work, at);
}

/* ---- The same page elsewhere ---- */

static void look_last(struct search *search)
{
    struct dt_slice last = last_segment(&search->folded);
    if (!tells(last))
        return;
    uint64_t hash = hash_of(KEY_LAST, last.ptr, last.len);
    size_t next = (size_t)-1;
    uint32_t number, only = 0;
    unsigned count = 0;
    while (count < 2 && next_of(search->index, hash, &next, &number)) {
        const struct dt_rule *rule = dt_ruleset_rule(search->index->set, number);
        struct folded own;
        if (!fold(rule->path, &own) || !dt_slice_eq(last_segment(&own), last))
            continue;
        only = host_fits(rule, search->host) ? number : only;
        count += host_fits(rule, search->host);
    }
    if (count == 1)
        offer(search, 60, only, "last-segment", "with the same last segment");
}

bool dt_near_find(const struct dt_near_index *index, struct dt_slice host, struct dt_slice path,
                  struct dt_near *ret)
{
    struct search search = {.index = index, .host = host, .path = path, .best = UINT32_MAX};
    search.ret = ret;
    if (!fold(path, &search.folded) || search.folded.len < 2)
        return false;
    look_folded(&search, KEY_PATH, &search.folded, path, false);
    if (search.best > 20)
        look_folders(&search);
    if (search.best > 40)
        look_edits(&search);
    if (search.best > 60)
        look_last(&search);
    return search.best != UINT32_MAX;
}
