/* SPDX-License-Identifier: MIT
 *
 * Which language a client gets: the examples of RFC 4647 and RFC 9110, fields as browsers send
 * them, malformed ones, and fields made to be slow.
 */
#include "semantics/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void tags(void **state)
{
    (void)state;
    static const struct {
        const char *tag;
        bool valid;
    } CASES[] = {
        {"de", true},
        {"de-at", true},
        {"zh-hant-tw", true},
        {"de-1996", true},
        {"sl-rozaj-biske-1994", true},
        {"es-419", true},
        {"x-whatever", true},
        {"i-klingon", true},
        {"abcdefgh-12345678", true},
        {"", false},
        {"d", false},
        {"DE", false},
        {"de-AT", false},
        {"*", false},
        {"de-*", false},
        {"de_at", false},
        {"-de", false},
        {"de-", false},
        {"de--at", false},
        {"419", false},
        {"d3", false},
        {"abcdefghi", false},
        {"de-123456789", false},
        {"de at", false},
        {"d\xc3\xa9", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (dt_lang_valid(dt_slice_str(CASES[i].tag)) != CASES[i].valid)
            fail_msg("%s", CASES[i].tag);
    assert_false(dt_lang_valid(DT_SLICE_NONE));
}

/* Offers and field lines as texts with blanks and "|" between. */
static struct dt_slice choose(const char *offers, const char *field)
{
    struct dt_slice tags[16], lines[8] = {0};
    size_t ntags = 0;
    size_t nlines = 0;
    for (const char *at = offers; *at; at += strspn(at, " ")) {
        tags[ntags++] = dt_slice_of(at, strcspn(at, " "));
        at += tags[ntags - 1].len;
    }
    for (const char *at = field; at;) {
        char *exact = malloc(strcspn(at, "|") + 1); /* so that a read past the end is seen */
        assert_non_null(exact);
        size_t len = strcspn(at, "|");
        memcpy(exact + 1, at, len);
        lines[nlines++] = dt_slice_of(exact + 1, len);
        at = at[len] ? at + len + 1 : NULL;
    }
    int chosen = dt_lang_choose(lines, nlines, tags, ntags);
    assert_in_range(chosen + 1, 0, ntags);
    for (size_t i = 0; i < nlines; i++) {
        char *mem;
        memcpy(&mem, &lines[i].ptr, sizeof mem);
        free(mem - 1);
    }
    return chosen < 0 ? DT_S("none") : tags[chosen];
}

static const struct {
    const char *offers;
    const char *field;
    const char *want;
} CHOICES[] = {
    /* RFC 9110 section 12.5.4 */
    {"da en en-gb", "da, en-gb;q=0.8, en;q=0.7", "da"},
    {"en en-gb", "da, en-gb;q=0.8, en;q=0.7", "en-gb"},
    {"en en-us", "da, en-gb;q=0.8, en;q=0.7", "en"},
    {"fr", "da, en-gb;q=0.8, en;q=0.7", "none"},
    /* RFC 4647 section 3.3.1: "de-de" is not de-DD, nor is "de-de" de-Deva */
    {"de-de", "de-de", "de-de"},
    {"de-de-1996", "de-DE", "de-de-1996"},
    {"de-deva", "de-de", "none"},
    {"de-latn-de", "de-de", "none"},
    {"en de-ch-1996", "de-CH, en;q=0.5", "de-ch-1996"},
    /* section 3.4: zh-Hant-CN-x-private1-private2 ends at zh-Hant */
    {"en zh zh-hant", "zh-Hant-CN-x-private1-private2", "zh-hant"},
    {"en zh", "zh-Hant-CN-x-private1-private2", "zh"},
    {"en ja", "fr-FR, zh-Hant;q=0.8", "none"},
    {"en ja", "fr-FR, zh-Hant;q=0.8, ja-JP;q=0.5", "ja"},
    /* Chrome, Firefox, Safari, Edge, Googlebot, curl */
    {"de en fr", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"},
    {"en fr", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "en"},
    {"de-at de-ch de", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "de-at"},
    {"de en", "de,en-US;q=0.7,en;q=0.3", "de"},
    {"en-us en-gb", "de,en-US;q=0.7,en;q=0.3", "en-us"},
    {"fr de", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"},
    {"it de", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "de"},
    {"it es", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "it"},
    {"en de", "de-DE", "de"},
    {"pt en", "pt-BR,pt;q=0.8,en-US;q=0.6,en;q=0.4", "pt"},
    {"zh-hans zh-hant", "zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-hans"},
    {"en es-419", "es-419,es;q=0.9,en;q=0.8", "es-419"},
    {"de en", "en,*;q=0.1", "en"},
    {"de en", "*", "de"},
    /* quality */
    {"de en", "de;q=0.5,en;q=0.501", "en"},
    {"de en", "de;q=0.5,en;q=0.5", "de"},
    {"de en", "en;q=0.5,de;q=0.5", "en"}, /* the first in the field */
    {"de-at de-ch", "de", "de-at"},       /* then the first offer */
    {"de en", "de;q=0,en;q=0.1", "en"},
    {"de", "de;q=0", "none"},
    {"de", "de;q=0.000, *", "none"},
    {"de en", "de;q=0, *", "en"},
    {"de en", "*;q=0, en", "en"},
    {"de", "*;q=0, en", "none"},
    {"de", "*;q=0", "none"},
    {"de-at de", "de;q=0, de-AT", "de-at"},
    {"de-at de", "de, de-AT;q=0", "de"},
    {"de-at", "de, de-AT;q=0", "none"},
    {"de", "de-AT;q=0", "none"}, /* what excludes de-AT says nothing of de */
    {"de", "de-AT;q=0, *;q=0.1", "de"},
    {"de-at", "de;q=0.2, de-AT;q=0.1, *", "de-at"}, /* "*": what no other range does */
    {"de en", "*;q=0.9, de;q=0.1", "en"},
    /* what the field says of de itself counts more than lookup */
    {"de en", "de-AT, en;q=0.9, de;q=0.1", "en"},
    {"de en", "de-AT;q=0.2, en;q=0.5", "en"},
    {"de en", "de-AT;q=0.2, de-CH;q=0.7, en;q=0.5", "de"},
    {"de de-ch en", "de-CH;q=0.4, en;q=0.5", "en"},
    {"de de-ch en", "de-CH;q=0.8, en;q=0.5", "de-ch"}, /* de-CH is offered: no lookup */
    {"de en", "en-GB, de", "en"},
    /* forms */
    {"de en", " de ;q=0.1 ,\ten ; q=0.2 ", "en"},
    {"de en", "de;Q=0.1,en;Q=0.2", "en"},
    {"de", "DE", "de"},
    {"de-at", "De-aT", "de-at"},
    {"de en", "de;q=1,en;q=1.000", "de"},
    {"de en", "de;q=0.,en;q=1.", "en"},
    {"de en", "fr|en;q=0.1|de;q=0.2", "de"}, /* three lines */
    {"de en", ",,,de,,", "de"},
    {"de", "", "none"},
    {"de", ",", "none"},
    {"", "de", "none"},
    /* malformed elements are passed over, the others count */
    {"de en", "de;q=1.001,en;q=0.1", "en"},
    {"de en", "de;q=2,en;q=0.1", "en"},
    {"de en", "de;q=0.1234,en;q=0.1", "en"},
    {"de en", "de;q=-1,en;q=0.1", "en"},
    {"de en", "de;q=.9,en;q=0.1", "en"},
    {"de en", "de;q=,en;q=0.1", "en"},
    {"de en", "de;q,en;q=0.1", "en"},
    {"de en", "de;,en;q=0.1", "en"},
    {"de en", "de;q =1,en;q=0.1", "en"},
    {"de en", "de;q=1;q=1,en;q=0.1", "en"},
    {"de en", "de;level=1,en;q=0.1", "en"},
    {"de en", "de_DE,en;q=0.1", "en"},
    {"de en", "de-*,en;q=0.1", "en"}, /* an extended range: not in Accept-Language */
    {"de en", "*-DE,en;q=0.1", "en"},
    {"de en", "de-,en;q=0.1", "en"},
    {"de en", "-,en;q=0.1", "en"},
    {"de en", "d\xc3\xa9,en;q=0.1", "en"},
    {"de en", "de fr,en;q=0.1", "en"},
    {"de en", "abcdefghi,en;q=0.1", "en"},
    {"de en", "\"de\",en;q=0.1", "en"},
    {"de", "../../etc/passwd", "none"},
};

static void choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CHOICES / sizeof CHOICES[0]; i++) {
        struct dt_slice got = choose(CHOICES[i].offers, CHOICES[i].field);
        if (!dt_slice_eq(got, dt_slice_str(CHOICES[i].want)))
            fail_msg("%s of %s: %.*s", CHOICES[i].field, CHOICES[i].offers, DT_SLICE_FMT(got));
    }
    const struct dt_slice offer = DT_S("de");
    assert_int_equal(dt_lang_choose(NULL, 0, &offer, 1), -1);
    assert_int_equal(dt_lang_choose(&DT_SLICE_NONE, 1, &offer, 1), -1);
}

static void only_so_many_ranges(void **state)
{
    (void)state;
    char field[4 * DT_LANG_RANGES + 8] = "";
    const struct dt_slice offer = DT_S("de");
    for (unsigned others = DT_LANG_RANGES - 1; others <= DT_LANG_RANGES; others++) {
        size_t len = 0;
        for (unsigned i = 0; i < others; i++)
            len += (size_t)sprintf(field + len, "x%c,", 'a' + (int)i % 26);
        len += (size_t)sprintf(field + len, "de");
        struct dt_slice line = dt_slice_of(field, len);
        assert_int_equal(dt_lang_choose(&line, 1, &offer, 1), others < DT_LANG_RANGES ? 0 : -1);
    }
}

/* 8 KiB, forty offers: the worst of these is some ten microseconds, with a sanitizer more. */
static void hostile_fields_are_cheap(void **state)
{
    (void)state;
    static const char *const UNITS[] = {
        ",", "a,", "de-at,", "x-aaaaaaaa,", "de;q=1,", "de;q=0.1234,", "abcdefgh-abcdefgh-", "a"};
    struct dt_slice offers[40];
    char tags[40][8];
    for (size_t i = 0; i < 40; i++)
        offers[i] = dt_slice_of(
            tags[i], (size_t)sprintf(tags[i], "de-%c%c", 'a' + (int)(i / 26), 'a' + (int)(i % 26)));
    for (size_t u = 0; u < sizeof UNITS / sizeof UNITS[0]; u++) {
        static char text[8192];
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = UNITS[u][i % strlen(UNITS[u])];
        struct dt_slice field = dt_slice_of(text, sizeof text);
        enum { ROUNDS = 200 };
        struct timespec from, to;
        int sum = 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        for (unsigned i = 0; i < ROUNDS; i++)
            sum += dt_lang_choose(&field, 1, offers, 40);
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        double each =
            ((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) /
            ROUNDS;
        print_message("# 8 KiB of '%s': %.1f microseconds (%d)\n", UNITS[u], each, sum);
        assert_true(each < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags),
        cmocka_unit_test(choices),
        cmocka_unit_test(only_so_many_ranges),
        cmocka_unit_test(hostile_fields_are_cheap),
    };
    return cmocka_run_group_tests_name("lang", tests, NULL, NULL);
}
