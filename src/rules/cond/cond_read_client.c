/* SPDX-License-Identifier: MIT
 *
 * Conditions on who asks: language, country, address, the page that led here, the program.
 */
#include "rules/cond/cond_read.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "semantics/lang.h"
#include "semantics/network.h"
#include <detour/uri.h>
#include <stdlib.h>

/* ---- lang=, country=, ua= ---- */

static bool norm_lang(const struct dt_given *given, struct dt_slice *piece)
{
    struct dt_slice written = *piece;
    if (!dt_cond_lower(given, piece))
        return false;
    return dt_lang_valid(*piece) ||
           dt_cond_refuse(given, written, "language tags, such as de or fr-CH");
}

bool dt_cond_lang(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_LANG;
    return dt_cond_texts(given, given->value, norm_lang, &ret->condition);
}

static bool norm_country(const struct dt_given *given, struct dt_slice *piece)
{
    if (piece->len != 2 || !dt_is_alpha(piece->ptr[0]) || !dt_is_alpha(piece->ptr[1]))
        return dt_cond_refuse(given, *piece, "countries by their two letters, such as DE,AT");
    if (piece->ptr[0] <= 'Z' && piece->ptr[1] <= 'Z')
        return true;
    char *mem = dt_arena_alloc(&given->reader->set->arena, 2);
    if (!mem)
        return dt_reader_nomem(given->reader);
    for (size_t i = 0; i < 2; i++)
        mem[i] = (char)(piece->ptr[i] & ~0x20);
    *piece = dt_slice_of(mem, 2);
    return true;
}

bool dt_cond_country(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_COUNTRY;
    return dt_cond_texts(given, given->value, norm_country, &ret->condition);
}

static bool norm_ua(const struct dt_given *given, struct dt_slice *piece)
{
    return dt_cond_lower(given, piece);
}

bool dt_cond_ua(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_UA;
    return dt_cond_texts(given, given->value, norm_ua, &ret->condition);
}

/* ---- ip= ---- */

bool dt_cond_ip(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice list = given->value, piece;
    struct dt_net *nets = dt_cond_rows(given, list, sizeof *nets);
    size_t count = 0;
    ret->condition.kind = DT_CONDITION_IP;
    if (!nets)
        return false;
    while (dt_cond_next(&list, &piece))
        if (dt_net_parse(piece, &nets[count++]))
            return dt_cond_refuse(given, piece,
                                  "addresses and networks (10.0.0.0/8, 2001:db8::/32), with no "
                                  "bits set behind the prefix");
    ret->condition.nets = nets;
    ret->condition.count = (uint16_t)dt_cond_sort_nets(nets, count);
    return true;
}

/* ---- referer= ---- */

/* "example.com", "*.example.com", ".example.com", in the form of requests' hosts. */
static bool norm_referer_host(const struct dt_given *given, struct dt_slice *piece)
{
    static const char wanted[] =
        "hosts (example.com, *.example.com, .example.com) or URLs (https://example.com/*)";
    struct dt_ruleset *set = given->reader->set;
    size_t wild = dt_slice_starts(*piece, DT_S("*.")) ? 2 : piece->ptr[0] == '.';
    struct dt_slice host = dt_slice_from(*piece, wild), normal;
    if (host.len == 0 || memchr(host.ptr, '*', host.len) ||
        dt_norm_host(host, set->scratch, sizeof set->scratch, &normal))
        return dt_cond_refuse(given, *piece, "%s", wanted);
    char *mem = dt_arena_alloc(&set->arena, wild + normal.len);
    if (!mem)
        return dt_reader_nomem(given->reader);
    memcpy(mem, piece->ptr, wild);
    memcpy(mem + wild, normal.ptr, normal.len);
    *piece = dt_slice_of(mem, wild + normal.len);
    return true;
}

/* "https://example.com/ *", "//example.com/x": scheme and host as browsers send them, in lower
 * case; the rest as it is. */
static bool norm_referer_url(const struct dt_given *given, struct dt_slice *piece)
{
    const char *slashes = memmem(piece->ptr, piece->len, "//", 2);
    size_t start = slashes ? (size_t)(slashes - piece->ptr) + 2 : 0;
    size_t end = start;
    while (end < piece->len && piece->ptr[end] != '/')
        end++;
    if (!slashes || (start > 2 && piece->ptr[start - 3] != ':') || end == start)
        return dt_cond_refuse(given, *piece,
                              "a URL with its scheme, or without any: //example.com/x*");
    if (end == piece->len)
        return dt_cond_refuse(given, *piece, "%.*s for any page of a host, or %.*s/*",
                              (int)(end - start), piece->ptr + start, DT_SLICE_FMT(*piece));
    char *mem = dt_arena_alloc(&given->reader->set->arena, piece->len);
    if (!mem)
        return dt_reader_nomem(given->reader);
    for (size_t i = 0; i < piece->len; i++)
        mem[i] = i < end ? dt_ascii_lower(piece->ptr[i]) : piece->ptr[i];
    *piece = dt_slice_of(mem, piece->len);
    return true;
}

static bool norm_referer(const struct dt_given *given, struct dt_slice *piece)
{
    return memchr(piece->ptr, '/', piece->len) ? norm_referer_url(given, piece)
                                               : norm_referer_host(given, piece);
}

bool dt_cond_referer(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_REFERER;
    return dt_cond_texts(given, given->value, norm_referer, &ret->condition);
}

/* ---- Networks in order ---- */

static int compare_nets(const void *a, const void *b)
{
    const struct dt_net *x = a, *y = b;
    int c = memcmp(x->address, y->address, sizeof x->address);
    return c ? c : x->bits - y->bits;
}

bool dt_net_is_v4(const struct dt_net *net)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return net->bits >= 96 && memcmp(net->address, prefix, sizeof prefix) == 0;
}

size_t dt_cond_sort_nets(struct dt_net *nets, size_t count)
{
    const struct dt_net *last[2] = {NULL, NULL}; /* that was kept, of IPv6 and of IPv4 */
    size_t kept = 0;
    if (count > 1)
        qsort(nets, count, sizeof *nets, compare_nets);
    for (size_t i = 0; i < count; i++) {
        const struct dt_net **before = &last[dt_net_is_v4(&nets[i])];
        if (*before && (*before)->bits <= nets[i].bits && dt_net_has(*before, nets[i].address))
            continue;
        nets[kept] = nets[i];
        *before = &nets[kept++];
    }
    return kept;
}
