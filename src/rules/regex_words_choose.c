/* SPDX-License-Identifier: MIT
 *
 * Which text of an expression tells it best: of all texts that are in every match, the one that the
 * fewest other expressions of the scope have, and of that the four bytes that are rarest. An
 * expression without a text that is nearly its own gets none: a word that a hundred share would
 * give a hundred candidates at once.
 */
#include "base/hash.h"
#include "rules/regex_scan.h"
#include "rules/regex_tree.h"

#include <stdlib.h>

#define GRAM 4u
#define RUN_MAX 255u
#define FREQUENCIES_MAX (1u << 16)

struct run {
    struct dt_slice text; /* as in struct dt_word */
    uint64_t hash;        /* of the text in lower case */
    uint32_t owner;
    bool nocase;
};

struct chooser {
    struct run *runs;
    size_t count;
    size_t cap;
    uint64_t *hashes;      /* of all runs, sorted */
    uint32_t *frequencies; /* of grams, by their hash */
    size_t slots;          /* of frequencies */
};

static uint64_t folded_hash(struct dt_slice text)
{
    char mem[RUN_MAX];
    for (size_t i = 0; i < text.len; i++)
        mem[i] = dt_ascii_lower(text.ptr[i]);
    return dt_hash64(mem, text.len, 0);
}

static size_t gram_slot(const struct chooser *c, const char *at)
{
    char mem[GRAM];
    for (size_t i = 0; i < GRAM; i++)
        mem[i] = dt_ascii_lower(at[i]);
    return dt_hash64(mem, GRAM, 0) % c->slots;
}

static enum dt_err add_run(struct chooser *c, struct dt_arena *arena, struct run run)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 64;
        struct run *runs = realloc(c->runs, cap * sizeof *runs);
        if (!runs)
            return DT_ERR_NOMEM;
        c->runs = runs;
        c->cap = cap;
    }
    if (run.text.len > RUN_MAX)
        run.text.len = RUN_MAX;
    run.hash = folded_hash(run.text);
    run.text = dt_arena_copy(arena, run.text);
    if (!run.text.ptr)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i + GRAM <= run.text.len; i++)
        c->frequencies[gram_slot(c, run.text.ptr + i)]++;
    c->runs[c->count++] = run;
    return DT_OK;
}

/* An expression that cannot be read has no runs. */
static enum dt_err add_item(struct chooser *c, struct dt_arena *arena,
                            const struct dt_scan_item *item, uint32_t owner)
{
    struct dt_arena scratch;
    struct dt_regex_tree tree;
    struct dt_regex_runs runs = {0};
    size_t at;
    dt_arena_init(&scratch);
    enum dt_err err = dt_regex_parse(item->text, item->nocase, &scratch, &tree, &at);
    if (!err)
        err = dt_regex_find_runs(&tree, item->text.len, &scratch, &runs);
    for (size_t i = 0; !err && i < runs.count; i++)
        if (runs.list[i].len >= GRAM)
            err = add_run(c, arena, (struct run){runs.list[i], 0, owner, tree.nocase});
    dt_arena_release(&scratch);
    return err == DT_ERR_NOMEM ? err : DT_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t lower_bound(const struct chooser *c, uint64_t hash)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many runs are this one. */
static size_t shared_by(const struct chooser *c, const struct run *run)
{
    size_t end = run->hash == UINT64_MAX ? c->count : lower_bound(c, run->hash + 1);
    return end - lower_bound(c, run->hash);
}

static uint32_t rarest_gram(const struct chooser *c, struct dt_slice text)
{
    uint32_t best = 0, least = UINT32_MAX;
    for (size_t i = 0; i + GRAM <= text.len; i++) {
        uint32_t frequency = c->frequencies[gram_slot(c, text.ptr + i)];
        if (frequency < least) {
            least = frequency;
            best = (uint32_t)i;
        }
    }
    return best;
}

static enum dt_err choose(struct chooser *c, size_t count, size_t share, struct dt_word *words)
{
    c->hashes = malloc((c->count + 1) * sizeof *c->hashes);
    size_t *shared = calloc(count, sizeof *shared);
    if (!c->hashes || !shared) {
        free(shared);
        return DT_ERR_NOMEM;
    }
    for (size_t i = 0; i < c->count; i++)
        c->hashes[i] = c->runs[i].hash;
    qsort(c->hashes, c->count, sizeof *c->hashes, by_value);
    for (size_t i = 0; i < c->count; i++) {
        const struct run *run = &c->runs[i];
        struct dt_word *word = &words[run->owner];
        size_t n = shared_by(c, run);
        bool better = !word->run.len || n < shared[run->owner] ||
                      (n == shared[run->owner] && run->text.len > word->run.len);
        if (n > share || !better)
            continue;
        shared[run->owner] = n;
        *word = (struct dt_word){run->text, rarest_gram(c, run->text), run->nocase};
    }
    free(shared);
    return DT_OK;
}

enum dt_err dt_words_choose(const struct dt_scan_item *items, size_t count, size_t share,
                            struct dt_arena *arena, struct dt_word *words)
{
    struct chooser c = {.slots = count < FREQUENCIES_MAX / 16 ? 16 * count + 1 : FREQUENCIES_MAX};
    c.frequencies = calloc(c.slots, sizeof *c.frequencies);
    enum dt_err err = c.frequencies ? DT_OK : DT_ERR_NOMEM;
    memset(words, 0, count * sizeof *words);
    for (size_t i = 0; !err && i < count; i++)
        err = add_item(&c, arena, &items[i], (uint32_t)i);
    if (!err && count)
        err = choose(&c, count, share, words);
    free(c.runs);
    free(c.hashes);
    free(c.frequencies);
    return err;
}
