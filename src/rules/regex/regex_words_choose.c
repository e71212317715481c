/* SPDX-License-Identifier: MIT
 *
 * Which text of an expression tells it best: of all texts that are in every match, the one that the
 * fewest other expressions of the scope have, and of that the four bytes that are rarest. An
 * expression without a text that is nearly its own gets none: a word that a hundred share would
 * give a hundred candidates at once.
 */
#include "base/hash.h"
#include "rules/regex/regex_scan.h"
#include "rules/regex/regex_tree.h"

#include <stdlib.h>

#define GRAM 4u
#define RUN_MAX 255u
#define FREQUENCIES_MAX (1u << 16)

struct run {
    struct dt_slice text; /* as in struct dt_word */
    uint64_t hash;        /* of the text in lower case */
    uint32_t owner;
    uint32_t choice;
    bool nocase, begins, ends;
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

static enum dt_err add_run(struct chooser *c, struct dt_arena *arena,
                           const struct dt_regex_run *from, uint32_t owner, bool nocase)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 64;
        struct run *runs = realloc(c->runs, cap * sizeof *runs);
        if (!runs)
            return DT_ERR_NOMEM;
        c->runs = runs;
        c->cap = cap;
    }
    bool cut = from->text.len > RUN_MAX;
    struct run run = {.text = dt_slice_of(from->text.ptr, cut ? RUN_MAX : from->text.len),
                      .owner = owner,
                      .choice = from->choice,
                      .nocase = nocase,
                      .begins = from->begins,
                      .ends = from->ends && !cut};
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
        err = add_run(c, arena, &runs.list[i], owner, tree.nocase);
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

/* Runs of one owner and one choice. */
struct choice {
    const struct run *runs;
    size_t count;
    size_t shared; /* by so many owners, the most common of them */
    size_t len;    /* of the shortest */
};

static struct choice next_choice(const struct chooser *c, size_t from)
{
    struct choice choice = {&c->runs[from], 0, 0, SIZE_MAX};
    for (size_t i = from; i < c->count && c->runs[i].owner == choice.runs->owner &&
                          c->runs[i].choice == choice.runs->choice;
         i++) {
        size_t shared = shared_by(c, &c->runs[i]);
        choice.count++;
        choice.shared = shared > choice.shared ? shared : choice.shared;
        choice.len = c->runs[i].text.len < choice.len ? c->runs[i].text.len : choice.len;
    }
    return choice;
}

static bool is_better(const struct choice *a, const struct choice *b)
{
    if (a->shared != b->shared)
        return a->shared < b->shared;
    return a->count != b->count ? a->count < b->count : a->len > b->len;
}

static void take(const struct chooser *c, const struct choice *choice, struct dt_scan_item *items,
                 struct dt_words *words)
{
    items[choice->runs->owner].told = true;
    for (size_t i = 0; i < choice->count; i++) {
        const struct run *run = &choice->runs[i];
        words->list[words->count++] = (struct dt_word){
            .run = run->text,
            .gram = rarest_gram(c, run->text),
            .owner = run->owner,
            .nocase = run->nocase,
            .begins = run->begins,
            .ends = run->ends,
        };
    }
}

static enum dt_err choose(struct chooser *c, size_t share, struct dt_scan_item *items,
                          struct dt_words *words)
{
    c->hashes = malloc((c->count + 1) * sizeof *c->hashes);
    if (!c->hashes)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i < c->count; i++)
        c->hashes[i] = c->runs[i].hash;
    qsort(c->hashes, c->count, sizeof *c->hashes, by_value);
    for (size_t from = 0; from < c->count;) {
        uint32_t owner = c->runs[from].owner;
        struct choice best = {0};
        while (from < c->count && c->runs[from].owner == owner) {
            struct choice choice = next_choice(c, from);
            from += choice.count;
            if (choice.len >= GRAM && choice.shared <= share &&
                (!best.count || is_better(&choice, &best)))
                best = choice;
        }
        if (best.count)
            take(c, &best, items, words);
    }
    return DT_OK;
}

enum dt_err dt_words_choose(struct dt_scan_item *items, size_t count, size_t share,
                            struct dt_arena *arena, struct dt_words *ret)
{
    struct chooser c = {.slots = count < FREQUENCIES_MAX / 16 ? 16 * count + 1 : FREQUENCIES_MAX};
    c.frequencies = calloc(c.slots, sizeof *c.frequencies);
    enum dt_err err = c.frequencies ? DT_OK : DT_ERR_NOMEM;
    for (size_t i = 0; !err && i < count; i++)
        err = add_item(&c, arena, &items[i], (uint32_t)i);
    struct dt_words words = {.list = dt_arena_alloc(arena, c.count * sizeof *words.list)};
    if (!err && !words.list)
        err = DT_ERR_NOMEM;
    if (!err)
        err = choose(&c, share, items, &words);
    if (!err)
        *ret = words;
    free(c.runs);
    free(c.hashes);
    free(c.frequencies);
    return err;
}
