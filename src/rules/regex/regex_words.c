/* SPDX-License-Identifier: MIT
 *
 * Words: most expressions contain a text that hardly any other of thousands has, a page's name, and
 * no subject without it matches. To look for them all at once, four bytes of each word are hashed,
 * and so are each four bytes of the subject; a bitmap in the first-level cache says no to nearly
 * all of these, and behind it the whole word is compared. It costs a nanosecond for each byte of
 * the subject and the same whether there are ten expressions or a hundred thousand, nothing at all
 * to compile, and the workers share its memory, which can be said of no automaton.
 *
 * A block: struct block, u32 items that are always reported, the bitmap, u32 heads (bucket b has
 * entries heads[b] to heads[b + 1]), entries, then the words.
 */
#include "base/hash.h"
#include "rules/regex/regex_scan.h"

#define GRAM 4u
#define BITS_PER_ENTRY_LOG2 4u
#define FOLD 0x20202020u /* letters become lower case, and what else falls together is compared */

struct block {
    uint32_t always;
    uint32_t entries;
    uint32_t bitmap_log2; /* bits */
    uint32_t heads_log2;
    uint32_t words_len;
};

struct entry {
    uint32_t gram; /* folded */
    uint32_t item;
    uint32_t word; /* where it is: len, place of the gram, enum word_bit, bytes */
};

enum word_bit { WORD_NOCASE = 1, WORD_BEGINS = 2, WORD_ENDS = 4 };

/* The parts of a block. */
struct view {
    const struct block *block;
    const uint32_t *always;
    const uint32_t *bitmap;
    const uint32_t *heads;
    const struct entry *entries;
    const unsigned char *words;
};

static uint32_t read_gram(const char *at)
{
    uint32_t gram;
    memcpy(&gram, at, sizeof gram);
    return gram | FOLD;
}

static uint32_t mix(uint32_t gram)
{
    uint32_t h = gram * 0x9E3779B1u;
    h ^= h >> 15;
    return h * 0x85EBCA77u;
}

static size_t bitmap_words(const struct block *block)
{
    return ((size_t)1 << block->bitmap_log2) / 32;
}

static size_t head_count(const struct block *block)
{
    return ((size_t)1 << block->heads_log2) + 1;
}

static struct view view_of(const void *mem)
{
    struct view view = {.block = mem};
    view.always = (const uint32_t *)(view.block + 1);
    view.bitmap = view.always + view.block->always;
    view.heads = view.bitmap + bitmap_words(view.block);
    view.entries = (const struct entry *)(view.heads + head_count(view.block));
    view.words = (const unsigned char *)(view.entries + view.block->entries);
    return view;
}

/* ---- Writing ---- */

static uint32_t log2_up(size_t value)
{
    uint32_t log = 0;
    while (((size_t)1 << log) < value)
        log++;
    return log;
}

static void put(struct dt_buf *out, const void *mem, size_t len)
{
    dt_buf_put(out, dt_slice_of(mem, len));
}

static void put_word(struct dt_buf *out, const struct dt_word *word)
{
    const unsigned char head[3] = {(unsigned char)word->run.len, (unsigned char)word->gram,
                                   (unsigned char)((word->nocase ? WORD_NOCASE : 0) |
                                                   (word->begins ? WORD_BEGINS : 0) |
                                                   (word->ends ? WORD_ENDS : 0))};
    put(out, head, sizeof head);
    dt_buf_put(out, word->run);
}

struct tables {
    uint32_t *bitmap;
    uint32_t *heads;
    struct entry *entries;
};

/* Entries in the order of their buckets: counted, summed up, then put. */
static void fill(const struct block *block, const struct dt_scan_item *items,
                 const struct dt_words *words, struct tables *t)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct dt_word *word = &words->list[i];
        uint32_t h = mix(read_gram(word->run.ptr + word->gram));
        uint32_t bit = h >> (32 - block->bitmap_log2);
        t->bitmap[bit / 32] |= 1u << bit % 32;
        t->heads[h >> (32 - block->heads_log2)]++;
    }
    for (size_t b = 1; b < head_count(block); b++)
        t->heads[b] += t->heads[b - 1];
    uint32_t at = 0;
    for (size_t i = 0; i < words->count; i++) {
        const struct dt_word *word = &words->list[i];
        uint32_t gram = read_gram(word->run.ptr + word->gram);
        uint32_t place = --t->heads[mix(gram) >> (32 - block->heads_log2)];
        t->entries[place] = (struct entry){gram, items[word->owner].item, at};
        at += 3 + (uint32_t)word->run.len;
    }
}

void dt_words_write(const struct dt_scan_item *items, size_t count, const struct dt_words *words,
                    struct dt_buf *out)
{
    struct block block = {.entries = (uint32_t)words->count};
    for (size_t i = 0; i < count; i++)
        block.always += items[i].always;
    for (size_t i = 0; i < words->count; i++)
        block.words_len += 3 + (uint32_t)words->list[i].run.len;
    block.bitmap_log2 = log2_up((size_t)block.entries << BITS_PER_ENTRY_LOG2);
    if (block.bitmap_log2 < 5)
        block.bitmap_log2 = 5;
    block.heads_log2 = log2_up(block.entries < 2 ? 2 : block.entries);

    struct tables t = {calloc(bitmap_words(&block), 4), calloc(head_count(&block), 4),
                       calloc(block.entries + 1u, sizeof(struct entry))};
    if (!t.bitmap || !t.heads || !t.entries) {
        out->err = DT_ERR_NOMEM;
    } else {
        fill(&block, items, words, &t);
        put(out, &block, sizeof block);
        for (size_t i = 0; i < count; i++)
            if (items[i].always)
                put(out, &items[i].item, 4);
        put(out, t.bitmap, bitmap_words(&block) * 4);
        put(out, t.heads, head_count(&block) * 4);
        put(out, t.entries, block.entries * sizeof *t.entries);
        for (size_t i = 0; i < words->count; i++)
            put_word(out, &words->list[i]);
    }
    free(t.bitmap);
    free(t.heads);
    free(t.entries);
}

/* ---- Scanning ---- */

static bool word_inside(const struct view *view, uint32_t at)
{
    if (at > view->block->words_len || view->block->words_len - at < 3)
        return false;
    const unsigned char *word = view->words + at;
    return word[0] >= GRAM && word[1] <= word[0] - GRAM &&
           word[0] <= view->block->words_len - at - 3;
}

bool dt_words_valid(const void *block, size_t len)
{
    const struct block *b = block;
    if (len < sizeof *b || b->bitmap_log2 < 5 || b->bitmap_log2 > 31 || b->heads_log2 < 1 ||
        b->heads_log2 > 31)
        return false;
    uint64_t need = sizeof *b + 4 * ((uint64_t)b->always + bitmap_words(b) + head_count(b)) +
                    sizeof(struct entry) * (uint64_t)b->entries + b->words_len;
    if (need != len)
        return false;
    struct view view = view_of(block);
    for (size_t i = 1; i < head_count(b); i++)
        if (view.heads[i - 1] > view.heads[i] || view.heads[i] > b->entries)
            return false;
    for (size_t i = 0; i < b->entries; i++)
        if (!word_inside(&view, view.entries[i].word))
            return false;
    return true;
}

/* Is the whole word there, whose gram stands at pos? */
static bool is_there(const unsigned char *word, struct dt_slice subject, size_t pos)
{
    size_t len = word[0], before = word[1];
    if (pos < before || subject.len - (pos - before) < len)
        return false;
    size_t end = pos - before + len;
    if (((word[2] & WORD_BEGINS) && pos > before) ||
        ((word[2] & WORD_ENDS) && end < subject.len && subject.ptr[end] != '/'))
        return false;
    struct dt_slice run = dt_slice_of((const char *)word + 3, len);
    struct dt_slice there = dt_slice_of(subject.ptr + pos - before, len);
    return word[2] & WORD_NOCASE ? dt_slice_eq_nocase(run, there) : dt_slice_eq(run, there);
}

void dt_words_scan(const void *block, struct dt_slice subject, struct dt_scan_hits *hits)
{
    struct view view = view_of(block);
    for (size_t i = 0; i < view.block->always; i++)
        dt_scan_hit(hits, view.always[i]);
    if (!view.block->entries)
        return;
    unsigned bitmap_shift = 32 - view.block->bitmap_log2, heads_shift = 32 - view.block->heads_log2;
    for (size_t pos = 0; pos + GRAM <= subject.len; pos++) {
        uint32_t gram = read_gram(subject.ptr + pos);
        uint32_t h = mix(gram), bit = h >> bitmap_shift;
        if (!(view.bitmap[bit / 32] >> bit % 32 & 1))
            continue;
        const uint32_t *head = view.heads + (h >> heads_shift);
        for (const struct entry *e = view.entries + head[0]; e < view.entries + head[1]; e++)
            if (e->gram == gram && is_there(view.words + e->word, subject, pos))
                dt_scan_hit(hits, e->item);
    }
}
