/* SPDX-License-Identifier: MIT
 *
 * Spelling out: each part of an expression is a short list of texts, and parts behind each other
 * are the lists' product. Where the expression begins and ends is a mark in the text until all is
 * read: one in the middle means that nothing can match, which nobody writes, and is not spelt out.
 */
#include "rules/dialects/apache/apache_literal.h"

#include "rules/read/native_scan.h"

#define LONGEST 200u
#define DEPTH_MAX 8u

#define BEGIN '\x01'
#define END '\x02'
#define ANY '\x03'

struct texts {
    struct dt_slice list[DT_APACHE_TEXTS];
    unsigned count;
};

struct work {
    struct dt_arena *arena;
    struct dt_slice text;
    size_t at;
    unsigned depth;
    bool may_dot, dots;
};

static bool read_choice(struct work *work, struct texts *ret);

static bool add(struct texts *texts, struct dt_slice text)
{
    if (texts->count == DT_APACHE_TEXTS)
        return false;
    texts->list[texts->count++] = text;
    return true;
}

static bool add_byte(struct work *work, struct texts *texts, char c)
{
    struct dt_slice copy = dt_arena_copy(work->arena, dt_slice_of(&c, 1));
    return copy.ptr && add(texts, copy);
}

/* Each of left with each of right behind it. */
static bool multiply(struct work *work, struct texts *left, const struct texts *right)
{
    struct texts product = {.count = 0};
    for (unsigned i = 0; i < left->count; i++) {
        for (unsigned j = 0; j < right->count; j++) {
            struct dt_slice a = left->list[i], b = right->list[j];
            char *mem =
                a.len + b.len <= LONGEST ? dt_arena_alloc(work->arena, a.len + b.len + 1) : NULL;
            if (!mem)
                return false;
            if (a.len)
                memcpy(mem, a.ptr, a.len);
            if (b.len)
                memcpy(mem + a.len, b.ptr, b.len);
            if (!add(&product, dt_slice_of(mem, a.len + b.len)))
                return false;
        }
    }
    *left = product;
    return true;
}

static char peek(const struct work *work)
{
    return work->at < work->text.len ? work->text.ptr[work->at] : 0;
}

/* "[abc]": these bytes, no ranges. */
static bool read_class(struct work *work, struct texts *ret)
{
    for (bool first = true;; first = false) {
        char c = peek(work);
        work->at++;
        if (c == ']' && !first)
            return true;
        if (c == '\\') {
            c = peek(work);
            work->at++;
            if (dt_is_word(c))
                return false;
        }
        bool range = peek(work) == '-' && work->at + 1 < work->text.len &&
                     work->text.ptr[work->at + 1] != ']';
        if (!c || (unsigned char)c < ' ' || c == '*' || c == '[' || (c == '^' && first) || range ||
            !add_byte(work, ret, c))
            return false;
    }
}

static bool read_group(struct work *work, struct texts *ret)
{
    struct dt_slice rest = dt_slice_from(work->text, work->at);
    if (dt_slice_starts(rest, DT_S("?:")))
        work->at += 2;
    else if (dt_slice_starts(rest, DT_S("?")))
        return false;
    if (work->depth == DEPTH_MAX)
        return false;
    work->depth++;
    bool fine = read_choice(work, ret) && peek(work) == ')';
    work->depth--;
    work->at++;
    return fine;
}

/* One piece, without what says how often. */
static bool read_piece(struct work *work, struct texts *ret)
{
    char c = peek(work);
    work->at++;
    if (c == '^')
        return add_byte(work, ret, BEGIN);
    if (c == '$')
        return add_byte(work, ret, END);
    if (c == '(')
        return read_group(work, ret);
    if (c == '[')
        return read_class(work, ret);
    if (c == '.' && peek(work) == '*') {
        work->at++;
        return add_byte(work, ret, ANY);
    }
    if (c == '.') {
        work->dots = true;
        return work->may_dot && add_byte(work, ret, c);
    }
    if (c == '\\') {
        c = peek(work);
        work->at++;
        if (dt_is_word(c))
            return false;
    } else if (strchr("*+?{|", c)) {
        return false;
    }
    return (unsigned char)c >= ' ' && c != '*' && add_byte(work, ret, c);
}

static bool read_sequence(struct work *work, struct texts *ret)
{
    *ret = (struct texts){.list = {DT_SLICE_NONE}, .count = 1};
    while (peek(work) && peek(work) != '|' && peek(work) != ')') {
        struct texts piece = {.count = 0};
        if (!read_piece(work, &piece))
            return false;
        if (peek(work) == '?') {
            work->at++;
            if (!add(&piece, DT_SLICE_NONE))
                return false;
        }
        if (peek(work) && strchr("*+{?", peek(work)))
            return false;
        if (!multiply(work, ret, &piece))
            return false;
    }
    return true;
}

static bool read_choice(struct work *work, struct texts *ret)
{
    ret->count = 0;
    for (;;) {
        struct texts one;
        if (!read_sequence(work, &one))
            return false;
        for (unsigned i = 0; i < one.count; i++)
            if (!add(ret, one.list[i]))
                return false;
        if (peek(work) != '|')
            return true;
        work->at++;
    }
}

/* The text with "*" for what may stand there; false when it begins or ends in its middle. */
static bool finish(struct work *work, struct dt_slice text, struct dt_slice *ret)
{
    bool begins = text.len && text.ptr[0] == BEGIN;
    bool ends = text.len && text.ptr[text.len - 1] == END;
    char *mem = dt_arena_alloc(work->arena, text.len + 2), last = 0;
    size_t len = 0;
    if (!mem)
        return false;
    if (!begins)
        mem[len++] = last = '*';
    for (size_t at = begins; at + ends < text.len; at++) {
        char c = text.ptr[at] == ANY ? '*' : text.ptr[at];
        if (c == BEGIN || c == END)
            return false;
        if (c != '*' || last != '*')
            mem[len++] = c;
        last = c;
    }
    if (!ends && last != '*')
        mem[len++] = '*';
    *ret = dt_slice_of(mem, len);
    return true;
}

bool dt_apache_texts(struct dt_arena *arena, struct dt_slice expression, bool dots,
                     struct dt_apache_texts *ret)
{
    struct work work = {.arena = arena, .text = expression, .may_dot = dots};
    struct texts texts;
    if (expression.len > LONGEST || !read_choice(&work, &texts) || work.at < expression.len)
        return false;
    for (unsigned i = 0; i < texts.count; i++)
        if (!finish(&work, texts.list[i], &ret->list[i]))
            return false;
    ret->count = texts.count;
    ret->dots = work.dots;
    return true;
}
