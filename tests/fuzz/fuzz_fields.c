/* SPDX-License-Identifier: MIT
 *
 * The small readers of semantics on any bytes; the first byte says which: a Accept-Language, c
 * Cookie, t a time, n a network, f Cache-Control, g a pattern with stars and its text, w days and
 * hours, s a share, p a page. Each holds what was read against what must be true of it. Buffers
 * have exactly their size, on the heap.
 */
#include "semantics/civil.h"
#include "semantics/cookie.h"
#include "semantics/freshness.h"
#include "semantics/glob.h"
#include "semantics/lang.h"
#include "semantics/network.h"
#include "semantics/share.h"
#include "semantics/window.h"

#include <detour/page.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static char *allocate(size_t size)
{
    char *mem = malloc(size ? size : 1);
    require(mem != NULL);
    return mem;
}

static bool inside(struct dt_slice part, struct dt_slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* What stands before the first newline, cut off. */
static struct dt_slice line(struct dt_slice *text)
{
    const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->ptr) : text->len;
    struct dt_slice first = dt_slice_of(text->ptr, len);
    *text = dt_slice_from(*text, len + 1);
    return first;
}

/* The case of letters says nothing. */
static void languages(struct dt_slice text)
{
    const struct dt_slice offers[] = {DT_S("de"),
                                      DT_S("de-at"),
                                      DT_S("en"),
                                      DT_S("zh-hant"),
                                      DT_S("zh"),
                                      DT_S("en-gb"),
                                      DT_S("sl-rozaj-biske-1994")};
    const size_t count = sizeof offers / sizeof offers[0];
    char *lower = allocate(text.len);
    for (size_t i = 0; i < text.len; i++)
        lower[i] = dt_ascii_lower(text.ptr[i]);
    struct dt_slice rest = text;
    struct dt_slice first = line(&rest);
    struct dt_slice lines[2] = {first, rest};
    int chosen = dt_lang_choose(lines, 2, offers, count);
    require(chosen >= -1 && chosen < (int)count);
    struct dt_slice again = dt_slice_of(lower, text.len);
    lines[0] = line(&again);
    lines[1] = again;
    require(dt_lang_choose(lines, 2, offers, count) == chosen);
    if (dt_lang_valid(text) && text.len < 500) { /* a tag is a range that only it is of, and "*" */
        require(dt_lang_choose(&text, 1, &text, 1) == 0);
        require(dt_lang_choose(&(struct dt_slice){"*", 1}, 1, &text, 1) == 0);
    }
    free(lower);
}

static void cookies(struct dt_slice text)
{
    struct dt_cookie cookie;
    struct dt_slice field = text;
    for (size_t left = field.len; dt_cookie_next(&field, &cookie); left = field.len) {
        require(field.len < left && cookie.name.len > 0);
        require(inside(cookie.name, text) && inside(cookie.value, text));
        require(!memchr(cookie.name.ptr, ';', cookie.name.len) &&
                !memchr(cookie.name.ptr, '=', cookie.name.len));
    }
    require(field.len == 0);
}

static void times(struct dt_slice text)
{
    int64_t seconds = 0;
    int64_t again = 0;
    bool local;
    const char *why = NULL;
    char *mem = allocate(32);
    if (dt_civil_parse(text, &seconds, &local, &why) != DT_OK) {
        require(why != NULL);
    } else if (seconds >= 0 && seconds < 253402300800) {
        require(dt_civil_parse(dt_civil_print(seconds, mem), &again, &local, &why) == DT_OK);
        require(again == seconds && !local);
    }
    memcpy(&seconds, text.ptr, text.len < sizeof seconds ? text.len : sizeof seconds);
    require(dt_civil_print(seconds, mem).len <= 32);
    free(mem);
}

static void networks(struct dt_slice text)
{
    struct dt_net net;
    uint8_t address[16];
    bool is_address = dt_address_parse(text, address) == DT_OK;
    if (dt_net_parse(text, &net) != DT_OK) {
        require(!is_address);
        return;
    }
    require(net.bits <= 128);
    require(!is_address || (net.bits == 128 && memcmp(address, net.address, 16) == 0));
    if (net.bits >= 96) /* a shorter one holds no IPv4, and may begin where that does */
        require(dt_net_has(&net, net.address));
    for (unsigned i = 0; i < net.bits; i += 7) {
        memcpy(address, net.address, 16);
        address[i / 8] ^= (uint8_t)(0x80 >> i % 8);
        require(!dt_net_has(&net, address));
    }
}

/* In a value without quotes, as a simple cache reads it: nothing goes beyond what is left. */
static void check_ages(struct dt_slice value, uint64_t left)
{
    uint64_t age = 0;
    uint64_t stale = 0;
    while (value.len) {
        const char *comma = memchr(value.ptr, ',', value.len);
        size_t len = comma ? (size_t)(comma - value.ptr) : value.len;
        struct dt_slice one = dt_slice_of(value.ptr, len);
        value = dt_slice_from(value, len + 2);
        const char *equals = len ? memchr(one.ptr, '=', len) : NULL;
        require(!dt_slice_eq_nocase(one, DT_S("immutable")));
        if (!equals)
            continue;
        struct dt_slice name = dt_slice_of(one.ptr, (size_t)(equals - one.ptr));
        uint64_t seconds = 0;
        for (const char *at = equals + 1; at < one.ptr + len && *at >= '0' && *at <= '9'; at++)
            seconds = seconds * 10 + (uint64_t)(*at - '0');
        if (dt_slice_eq_nocase(name, DT_S("max-age")) || dt_slice_eq_nocase(name, DT_S("s-maxage")))
            age = seconds > age ? seconds : age;
        if (dt_slice_eq_nocase(name, DT_S("stale-while-revalidate")) ||
            dt_slice_eq_nocase(name, DT_S("stale-if-error")))
            stale = seconds > stale ? seconds : stale;
    }
    require(age + stale <= left);
}

static void freshness(struct dt_slice text)
{
    static const uint64_t LEFT[] = {0, 59, 86400, UINT32_MAX - 1};
    size_t cap = 2 * text.len + 32;
    for (size_t i = 0; i < sizeof LEFT / sizeof LEFT[0]; i++)
        for (int heuristic = 0; heuristic < 2; heuristic++) {
            char *mem = allocate(cap);
            char *more = allocate(2 * cap + 32);
            struct dt_slice once, twice;
            require(dt_freshness_cap(text, LEFT[i], heuristic, mem, cap, &once) == DT_OK);
            require(dt_freshness_cap(once, LEFT[i], heuristic, more, 2 * cap + 32, &twice) ==
                    DT_OK);
            require(dt_slice_eq(once, twice));
            if (once.len && !memchr(once.ptr, '"', once.len))
                check_ages(once, LEFT[i]);
            if (once.len)
                require(dt_freshness_cap(text, LEFT[i], heuristic, mem, once.len - 1, &twice) ==
                        DT_ERR_SPACE);
            free(more);
            free(mem);
        }
}

static void patterns(struct dt_slice text)
{
    struct dt_slice rest = text;
    struct dt_slice pattern = line(&rest);
    char *lower = allocate(pattern.len + 2);
    lower[0] = '*';
    for (size_t i = 0; i < pattern.len; i++)
        lower[i + 1] = dt_ascii_lower(pattern.ptr[i]);
    lower[pattern.len + 1] = '*';
    struct dt_slice folded = dt_slice_of(lower + 1, pattern.len);
    if (dt_glob_match(pattern, rest, false))
        require(dt_glob_match(folded, rest, true));
    if (!pattern.len || !memchr(pattern.ptr, '*', pattern.len)) {
        struct dt_slice around = dt_slice_of(lower, pattern.len + 2);
        bool contained = false;
        for (size_t at = 0; at + pattern.len <= rest.len && !contained; at++)
            contained = dt_slice_eq_nocase(folded, dt_slice_of(rest.ptr + at, pattern.len));
        require(dt_glob_contains(folded, rest, true) == contained);
        require(dt_glob_match(around, rest, true) == contained);
        require(dt_glob_match(folded, rest, true) == dt_slice_eq_nocase(pattern, rest));
    }
    free(lower);
}

static void windows(struct dt_slice text)
{
    struct dt_slice rest = text;
    struct dt_slice first = line(&rest);
    uint8_t days = 0x7f;
    struct dt_range range = {0, 1};
    if (dt_window_days(first, &days) == DT_OK)
        require(days > 0 && days < 0x80);
    if (dt_window_range(rest, &range) == DT_OK)
        require(range.from < 1440 && range.to <= 1440 && range.from != range.to);
    int64_t now = 0;
    int64_t changes, next;
    memcpy(&now, text.ptr, text.len < sizeof now ? text.len : sizeof now);
    now %= INT64_C(1) << 40;
    bool on = dt_window_on(days, &range, 1, NULL, now, &changes);
    require(changes > now);
    for (int64_t at = now; at < changes; at += (changes - now) / 5 + 1)
        require(dt_window_on(days, &range, 1, NULL, at, &next) == on);
}

static void shares(struct dt_slice text)
{
    struct dt_range range;
    if (dt_share_range(text, &range) == DT_OK)
        require(range.to <= 10000 && (range.from < range.to || (!range.from && !range.to)));
    require(dt_share_of(DT_S("key"), text) < 10000);
}

/* Whatever the page says, what a client sent does not open a tag or leave an attribute. */
static void pages(struct dt_slice text)
{
    struct dt_slice rest = text;
    struct dt_slice sent = line(&rest);
    char *form = allocate(rest.len);
    size_t len = 0;
    for (size_t i = 0; i < rest.len; i++) /* the page itself without what is looked for */
        if (!strchr("<>\"'", rest.ptr[i]))
            form[len++] = rest.ptr[i];
    const struct dt_page page = {503, sent, sent, sent, sent, 7, 7};
    size_t cap = len * (6 * sent.len + 32) + 1;
    if (cap < 1 << 22) {
        char *mem = allocate(cap);
        struct dt_slice got;
        require(dt_page_build(dt_slice_of(form, len), &page, mem, cap, &got) == DT_OK);
        for (size_t i = 0; i < got.len; i++)
            require(!got.ptr[i] || !strchr("<>\"'", got.ptr[i]));
        free(mem);
    }
    free(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const READERS[])(struct dt_slice) = {
        ['a' & 31] = languages, ['c' & 31] = cookies,   ['t' & 31] = times,
        ['n' & 31] = networks,  ['f' & 31] = freshness, ['g' & 31] = patterns,
        ['w' & 31] = windows,   ['s' & 31] = shares,    ['p' & 31] = pages,
    };
    if (!size || (data[0] & 31u) >= sizeof READERS / sizeof READERS[0] || !READERS[data[0] & 31])
        return 0;
    char *exact = allocate(size - 1);
    if (size > 1)
        memcpy(exact, data + 1, size - 1);
    READERS[data[0] & 31](dt_slice_of(exact, size - 1));
    free(exact);
    return 0;
}
