/* SPDX-License-Identifier: MIT
 *
 * The URL standard asks for UTS 46 alone. libidn2 does UTS 46 and then, for nontransitional
 * processing, the stricter rules of IDNA 2008 on top, and always CheckHyphens. So that a browser
 * and this library agree, each non-ASCII label is handed over in a form that libidn2 has nothing
 * against, and what comes back is put right:
 *
 * - Hyphens travel as U+02C6, which like "-" is neutral in the bidi rule, is a letter to IDNA 2008
 *   and composes with nothing (CheckHyphens false).
 * - A label that IDNA 2008 alone refuses (emoji, symbols, old letters) goes again as transitional
 *   processing, for which libidn2 leaves those rules out. The two kinds of processing differ in
 * four code points: sharp s and final sigma travel as Lisu letters; a label with a joiner, and one
 *   from right to left, is not tried again since CheckJoiners and CheckBidi would be left out too.
 * - What UTS 46 maps otherwise since libidn2's table was made (Unicode 15.1 and 16) is mapped here
 *   first, as far as the vectors of web-platform-tests show it.
 *
 * docs/uri.md lists what still differs.
 */
#include "uri/idna.h"
#include "uri/punycode.h"
#include "uri/utf8.h"
#include <idn2.h>

/* Code points of a label before mapping. A label of the DNS has at most 63 octets. */
#define LABEL_MAX 256u

#define HYPHEN_STAND_IN 0x2c6u
#define LETTER_STAND_IN 0xa4d0u
#define SHARP_S 0xdfu
#define FINAL_SIGMA 0x3c2u

struct label {
    uint32_t cp[LABEL_MAX];
    size_t len;
};

/* A code point that travels as another one. */
struct disguise {
    uint32_t real;
    uint32_t stand_in;
};

static bool has(const struct label *label, uint32_t cp)
{
    for (size_t i = 0; i < label->len; i++)
        if (label->cp[i] == cp)
            return true;
    return false;
}

static void replace(struct label *label, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < label->len; i++)
        if (label->cp[i] == from)
            label->cp[i] = to;
}

static bool label_is_ascii(const struct label *label)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < label->len; i++)
        seen |= label->cp[i];
    return seen < 0x80;
}

static bool has_ace_prefix(const struct label *label)
{
    return label->len >= 4 && label->cp[0] == 'x' && label->cp[1] == 'n' && label->cp[2] == '-' &&
           label->cp[3] == '-';
}

/* Blocks whose letters run from right to left, and the joiners: only the checks that transitional
 * processing leaves out can judge these. Whole blocks, so rather too much than too little. */
static bool needs_context(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } BLOCKS[] = {{0x590, 0x8ff},   {0x200c, 0x200f},   {0xfb1d, 0xfdff},
                  {0xfe70, 0xfeff}, {0x10800, 0x10fff}, {0x1e800, 0x1efff}};
    for (size_t i = 0; i < sizeof BLOCKS / sizeof BLOCKS[0]; i++)
        if (cp >= BLOCKS[i].first && cp <= BLOCKS[i].last)
            return true;
    return false;
}

static bool label_needs_context(const struct label *label)
{
    for (size_t i = 0; i < label->len; i++)
        if (needs_context(label->cp[i]))
            return true;
    return false;
}

/* One call of libidn2; on success the mapped label, decoded again, replaces the given one.
 * Returns libidn2's code. */
static int call_idn2(struct label *label, int flags)
{
    char utf8[4 * LABEL_MAX + 1];
    struct dt_out text = dt_out_init(utf8, sizeof utf8);
    for (size_t i = 0; i < label->len; i++)
        dt_utf8_put(&text, label->cp[i]);
    dt_out_char(&text, 0);

    uint8_t *ace = NULL;
    int rc = idn2_lookup_u8((const uint8_t *)utf8, &ace, flags);
    if (rc != IDN2_OK)
        return rc;
    struct dt_slice s = dt_slice_str((const char *)ace);
    if (dt_slice_starts(s, DT_S("xn--"))) {
        if (dt_punycode_decode(dt_slice_from(s, 4), label->cp, LABEL_MAX, &label->len))
            rc = IDN2_PUNYCODE_BAD_INPUT;
    } else {
        for (size_t i = 0; i < s.len; i++)
            label->cp[i] = (unsigned char)s.ptr[i];
        label->len = s.len;
    }
    idn2_free(ace);
    return rc;
}

/* As call_idn2, with the first count of these code points in disguise. */
static int call_disguised(struct label *label, size_t count, int flags)
{
    struct disguise disguises[] = {
        {'-', HYPHEN_STAND_IN}, {SHARP_S, LETTER_STAND_IN}, {FINAL_SIGMA, LETTER_STAND_IN}};
    for (size_t i = 0; i < count; i++) {
        if (!has(label, disguises[i].real)) {
            disguises[i].stand_in = disguises[i].real;
            continue;
        }
        while (has(label, disguises[i].stand_in))
            disguises[i].stand_in++;
        replace(label, disguises[i].real, disguises[i].stand_in);
    }
    int rc = call_idn2(label, flags);
    for (size_t i = 0; i < count; i++)
        replace(label, disguises[i].stand_in, disguises[i].real);
    return rc;
}

/* Each code point of a range and what it becomes: the one at the same place from to on, or, with
 * to 0, nothing. */
static const struct {
    uint32_t first, last, to;
} MAP_FIRST[] = {
    {0x1e9e, 0x1e9e, SHARP_S}, /* "ss" before Unicode 15.1 */
    {0x04c0, 0x04c0, 0x4cf},   /* capitals, disallowed before Unicode 16 */
    {0x10a0, 0x10c5, 0x2d00},    {0x2132, 0x2132, 0x214e},   {0x2183, 0x2183, 0x2184},
    {0x2f868, 0x2f868, 0x36fc},  {0x2f874, 0x2f874, 0x5f53}, /* Unicode Corrigendum 4 */
    {0x2f91f, 0x2f91f, 0x243ab}, {0x2f95f, 0x2f95f, 0x7aee}, {0x2f9bf, 0x2f9bf, 0x45d7},
    {0x115f, 0x1160, 0},         {0xffa0, 0xffa0, 0},        {0x17b4, 0x17b5, 0}, /* ignorable */
    {0x180e, 0x180e, 0},         {0x206a, 0x206f, 0},        {0x1d173, 0x1d17a, 0},
    {0xff0d, 0xff0d, '-'},       {0xfe63, 0xfe63, '-'}, /* these must travel as a hyphen does */
};

static void map_first(struct label *label)
{
    size_t len = 0;
    for (size_t i = 0; i < label->len; i++) {
        uint32_t cp = label->cp[i];
        bool kept = true;
        for (size_t k = 0; k < sizeof MAP_FIRST / sizeof MAP_FIRST[0]; k++) {
            if (cp < MAP_FIRST[k].first || cp > MAP_FIRST[k].last)
                continue;
            kept = MAP_FIRST[k].to != 0;
            cp = MAP_FIRST[k].to + (cp - MAP_FIRST[k].first);
            break;
        }
        if (kept)
            label->cp[len++] = cp;
    }
    label->len = len;
}

/* UTS 46 section 4: map, normalise, validate. */
static enum dt_err map_label(struct label *label)
{
    map_first(label);
    struct label again = *label;
    int rc = call_disguised(label, 1, IDN2_NONTRANSITIONAL);
    bool by_idna2008 = rc == IDN2_DISALLOWED || rc == IDN2_UNASSIGNED || rc == IDN2_CONTEXTO ||
                       rc == IDN2_CONTEXTO_NO_RULE;
    if (by_idna2008 && !label_needs_context(&again)) {
        *label = again;
        rc = call_disguised(label, 3, IDN2_TRANSITIONAL);
    }
    if (rc == IDN2_MALLOC)
        return DT_ERR_NOMEM;
    return rc == IDN2_OK ? DT_OK : DT_ERR_HOST;
}

static enum dt_err write_label(const struct label *label, struct dt_out *out)
{
    if (!label_is_ascii(label)) {
        dt_out_put(out, DT_S("xn--"));
        return dt_punycode_encode(label->cp, label->len, out);
    }
    for (size_t i = 0; i < label->len; i++)
        dt_out_char(out, (char)label->cp[i]);
    return DT_OK;
}

/* UTS 46 section 4, step 4.1: an A-label must decode to a label that is valid as it stands, which
 * is to say that mapping and encoding it give the same A-label back. */
static enum dt_err check_a_label(const struct label *label)
{
    char text[LABEL_MAX];
    for (size_t i = 0; i < label->len; i++)
        text[i] = (char)label->cp[i];
    struct dt_slice ace = dt_slice_of(text, label->len);

    struct label decoded;
    enum dt_err err =
        dt_punycode_decode(dt_slice_from(ace, 4), decoded.cp, LABEL_MAX, &decoded.len);
    if (err || label_is_ascii(&decoded))
        return DT_ERR_HOST;
    err = map_label(&decoded);
    if (err)
        return err;
    char back[LABEL_MAX];
    struct dt_out out = dt_out_init(back, sizeof back);
    if (has_ace_prefix(&decoded) || write_label(&decoded, &out) || out.overflow ||
        !dt_slice_eq(dt_out_slice(&out), ace))
        return DT_ERR_HOST;
    return DT_OK;
}

static enum dt_err label_to_ascii(struct label *label, struct dt_out *out)
{
    if (label_is_ascii(label)) {
        for (size_t i = 0; i < label->len; i++)
            label->cp[i] = (unsigned char)dt_ascii_lower((char)label->cp[i]);
    } else {
        enum dt_err err = map_label(label);
        if (err)
            return err;
    }
    if (has_ace_prefix(label)) {
        enum dt_err err = label_is_ascii(label) ? check_a_label(label) : DT_ERR_HOST;
        if (err)
            return err;
    }
    return write_label(label, out);
}

/* The four code points that are, or map to, the label separator. */
static bool is_dot(uint32_t cp)
{
    return cp == '.' || cp == 0x3002 || cp == 0xff0e || cp == 0xff61;
}

enum dt_err dt_domain_to_ascii(struct dt_slice domain, struct dt_out *out)
{
    if (dt_is_ascii(domain)) {
        for (size_t i = 0; i < domain.len; i++)
            dt_out_char(out, dt_ascii_lower(domain.ptr[i]));
        return DT_OK;
    }
    struct label label;
    label.len = 0;
    for (size_t at = 0; at < domain.len;) {
        bool bad;
        uint32_t cp = dt_utf8_next(domain, &at, &bad);
        if (bad || cp == 0)
            return DT_ERR_HOST;
        if (is_dot(cp)) {
            enum dt_err err = label_to_ascii(&label, out);
            if (err)
                return err;
            dt_out_char(out, '.');
            label.len = 0;
        } else if (label.len == LABEL_MAX) {
            return DT_ERR_HOST;
        } else {
            label.cp[label.len++] = cp;
        }
    }
    return label_to_ascii(&label, out);
}
