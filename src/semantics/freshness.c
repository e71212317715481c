/* SPDX-License-Identifier: MIT
 *
 * A cap has to find every directive that lets a cache go on, and to leave all others as they are.
 * So the value is read twice: once for what it allows, once to write it anew. What is not a number
 * is written as 0, which is how a cache is asked to read it (RFC 9111 section 4.2.1).
 */
#include "semantics/freshness.h"
#include "base/out.h"
#include "semantics/ows.h"

/* RFC 9111 section 1.2.2: what does not fit counts as this. */
#define SECONDS_MOST ((UINT64_C(1) << 31) - 1)

enum kind {
    KIND_OTHER,
    KIND_MAX_AGE,   /* max-age, s-maxage */
    KIND_STALE,     /* on top of the age: RFC 5861 */
    KIND_IMMUTABLE, /* RFC 8246 */
    KIND_NEVER,     /* no-store, no-cache */
    KIND_PUBLIC,    /* public, private: may be kept although nothing else says so */
};

struct directive {
    uint8_t kind; /* enum kind */
    bool for_all; /* max-age, not s-maxage */
    struct dt_slice text, name;
    uint64_t seconds; /* of max-age and stale */
};

struct reader {
    struct dt_slice rest;
    bool unclosed; /* a quoted string has no end; then no later one has */
};

/* Behind the quoted string that begins at `at` (RFC 9110 section 5.6.4). One that does not end is
 * none: readers differ on it, and what it would hide must be found. */
static size_t quoted_end(struct reader *reader, size_t at)
{
    struct dt_slice s = reader->rest;
    for (size_t i = at + 1; i < s.len && !reader->unclosed; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        i += s.ptr[i] == '\\';
    }
    reader->unclosed = true;
    return at + 1;
}

/* The value of name=value; quotes around it are allowed where the grammar has none (RFC 9111
 * section 5.2). */
static uint64_t parse_seconds(struct dt_slice text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = dt_slice_of(text.ptr + 1, text.len - 2);
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
        if (value > SECONDS_MOST)
            value = SECONDS_MOST;
    }
    return value;
}

static void classify(struct directive *d)
{
    static const struct {
        struct dt_slice name;
        enum kind kind;
    } KNOWN[] = {
        {{"max-age", 7}, KIND_MAX_AGE},       {{"s-maxage", 8}, KIND_MAX_AGE},
        {{"no-store", 8}, KIND_NEVER},        {{"no-cache", 8}, KIND_NEVER},
        {{"public", 6}, KIND_PUBLIC},         {{"private", 7}, KIND_PUBLIC},
        {{"immutable", 9}, KIND_IMMUTABLE},   {{"stale-while-revalidate", 22}, KIND_STALE},
        {{"stale-if-error", 14}, KIND_STALE},
    };
    const char *equals = memchr(d->text.ptr, '=', d->text.len);
    size_t len = equals ? (size_t)(equals - d->text.ptr) : d->text.len;
    d->name = dt_ows_trim(dt_slice_of(d->text.ptr, len));
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
        if (dt_slice_eq_nocase(d->name, KNOWN[i].name))
            d->kind = (uint8_t)KNOWN[i].kind;
    d->for_all = d->name.len == 7;
    if (d->kind == KIND_MAX_AGE || d->kind == KIND_STALE)
        d->seconds = parse_seconds(dt_ows_trim(dt_slice_from(d->text, len + 1)));
    /* no-cache="Field": all but that field may be kept (RFC 9111 section 5.2.2.4). */
    if (d->kind == KIND_NEVER && equals)
        d->kind = KIND_OTHER;
}

static bool next_directive(struct reader *reader, struct directive *ret)
{
    while (reader->rest.len) {
        struct dt_slice rest = reader->rest;
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != ',')
            end = rest.ptr[end] == '"' ? quoted_end(reader, end) : end + 1;
        *ret = (struct directive){.text = dt_ows_trim(dt_slice_of(rest.ptr, end))};
        reader->rest = dt_slice_from(rest, end + 1);
        if (ret->text.len) {
            classify(ret);
            return true;
        }
    }
    return false;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The age until which the capped value lets a cache use the answer without asking; *ret_add: it
 * needs a max-age to say so, since it leaves the time to the cache (RFC 9111 section 4.2.2). */
static uint64_t fresh_for(struct dt_slice value, uint64_t left, bool heuristic, bool *ret_add)
{
    uint64_t fresh = 0;
    bool bounded = false;
    struct reader reader = {value, false};
    struct directive d;
    while (next_directive(&reader, &d)) {
        if (d.kind == KIND_MAX_AGE && least(d.seconds, left) > fresh)
            fresh = least(d.seconds, left);
        bounded |= d.kind == KIND_NEVER || (d.kind == KIND_MAX_AGE && d.for_all);
        heuristic |= d.kind == KIND_PUBLIC;
    }
    *ret_add = heuristic && !bounded;
    return *ret_add ? left : fresh;
}

static void put(struct dt_out *out, struct dt_slice text)
{
    if (dt_out_len(out))
        dt_out_put(out, DT_S(", "));
    dt_out_put(out, text);
}

enum dt_err dt_freshness_cap(struct dt_slice value, uint64_t left, bool heuristic, char *mem,
                             size_t cap, struct dt_slice *ret)
{
    if (left >= UINT32_MAX) {
        *ret = value;
        return DT_OK;
    }
    left = least(left, SECONDS_MOST);
    struct dt_out out = dt_out_init(mem, cap);
    bool add;
    uint64_t fresh = fresh_for(value, left, heuristic, &add);
    struct reader reader = {value, false};
    struct directive d;
    while (next_directive(&reader, &d)) {
        if (d.kind == KIND_IMMUTABLE)
            continue;
        bool number = d.kind == KIND_MAX_AGE || d.kind == KIND_STALE;
        put(&out, number ? d.name : d.text);
        if (number) {
            dt_out_char(&out, '=');
            dt_out_uint(&out, least(d.seconds, d.kind == KIND_STALE ? left - fresh : left));
        }
    }
    if (add) {
        put(&out, DT_S("max-age="));
        dt_out_uint(&out, left);
    }
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
