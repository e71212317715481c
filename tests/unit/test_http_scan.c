/* SPDX-License-Identifier: MIT
 *
 * The classifiers for different machines are one function, and what the scanners build from them is
 * what a loop over the bytes would find.
 */
#include "http/http1_scan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t seed = 0x2545F4914F6CDD1D;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* ---- Classifiers -------------------------------------------------------------------------- */

static void classify_plainly(const char block[64], struct dt_http1_masks *ret)
{
    static const char TOKENS[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    *ret = (struct dt_http1_masks){0};
    for (unsigned i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)block[i];
        uint64_t bit = UINT64_C(1) << i;
        if (c && strchr(TOKENS, c))
            ret->token |= bit;
        else if (c == '\n')
            ret->lf |= bit;
        else if ((c < 0x20 && c != '\t') || c == 0x7F)
            ret->ctl |= bit;
    }
}

static const struct {
    const char *name;
    dt_http1_classify *(*classifier)(void);
    dt_http1_scanner *(*scanner)(void);
} MACHINES[] = {
    {"scalar", dt_http1_classifier_scalar, dt_http1_scanner_scalar},
    {"sse2", dt_http1_classifier_sse2, dt_http1_scanner_sse2},
    {"avx2", dt_http1_classifier_avx2, dt_http1_scanner_avx2},
    {"avx512", dt_http1_classifier_avx512, dt_http1_scanner_avx512},
};
#define NMACHINES (sizeof MACHINES / sizeof *MACHINES)

static void assert_classified(const char block[64])
{
    struct dt_http1_masks want;
    classify_plainly(block, &want);
    for (size_t i = 0; i < NMACHINES; i++) {
        dt_http1_classify *classify = MACHINES[i].classifier();
        struct dt_http1_masks got = {0};
        if (!classify)
            continue;
        classify(block, &got);
        if (got.token != want.token || got.ctl != want.ctl || got.lf != want.lf)
            fail_msg("%s: token %" PRIx64 " ctl %" PRIx64 " lf %" PRIx64 ", want %" PRIx64
                     " %" PRIx64 " %" PRIx64,
                     MACHINES[i].name, got.token, got.ctl, got.lf, want.token, want.ctl, want.lf);
    }
}

static void every_byte_at_every_place(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++)
        for (unsigned at = 0; at < 64; at++) {
            char block[64];
            memset(block, at % 2 ? 'a' : ' ', sizeof block);
            block[at] = (char)byte;
            assert_classified(block);
        }
}

static void random_blocks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60000; i++) {
        char block[64];
        for (unsigned at = 0; at < 64; at += 8) {
            uint64_t bytes = next_random();
            memcpy(block + at, &bytes, 8);
        }
        assert_classified(block);
    }
}

static void the_machines_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < NMACHINES; i++) {
        assert_int_equal(!MACHINES[i].classifier(), !MACHINES[i].scanner());
        print_message("# %s: %s\n", MACHINES[i].name,
                      MACHINES[i].classifier() ? "tested" : "not on this machine");
    }
}

/* ---- Scanners ----------------------------------------------------------------------------- */

/* What http1_scan.h promises, byte by byte. */
static void scan_plainly(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    bool in_name = false;
    ret->n = 0;
    ret->end = DT_HTTP1_SCAN_MORE;
    for (size_t i = 0; i < len; i++) {
        char block[64] = {0};
        struct dt_http1_masks here;
        block[0] = ptr[i];
        block[1] = i ? ptr[i - 1] : ' ';
        block[2] = i > 1 ? ptr[i - 2] : ' ';
        classify_plainly(block, &here);
        if ((here.ctl & 2) != (here.lf & 1) << 1) {
            ret->end = DT_HTTP1_SCAN_BAD;
            ret->bad_at = (uint32_t)i;
            return;
        }
        if (here.lf & 2)
            in_name = here.token & 1;
        bool name_ends = in_name && !(here.token & 1);
        if (name_ends)
            in_name = false;
        if (name_ends || (here.lf & 1))
            ret->at[ret->n++] = (uint16_t)i;
        if ((here.lf & 5) == 5) {
            ret->end = DT_HTTP1_SCAN_WHOLE;
            return;
        }
        if (ret->n >= sizeof ret->at / sizeof *ret->at)
            break;
    }
    if (ret->n >= DT_HTTP1_MAX_MARKS)
        ret->end = DT_HTTP1_SCAN_FULL;
}

static void assert_scanned(const char *bytes, size_t len)
{
    static struct dt_http1_index want;
    static struct dt_http1_index got;
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    scan_plainly(exact, len, &want);
    for (size_t i = 0; i < NMACHINES; i++) {
        dt_http1_scanner *scan = MACHINES[i].scanner();
        if (!scan)
            continue;
        scan(exact, len, &got);
        bool full = got.end == DT_HTTP1_SCAN_FULL && want.n >= DT_HTTP1_MAX_MARKS;
        uint32_t n = full ? DT_HTTP1_MAX_MARKS : want.n;
        if (!full && (got.end != want.end || got.n != want.n))
            fail_msg("%s: end %d n %u, want %d %u (%zu bytes)", MACHINES[i].name, (int)got.end,
                     got.n, (int)want.end, want.n, len);
        if (!full && want.end == DT_HTTP1_SCAN_BAD)
            assert_int_equal(got.bad_at, want.bad_at);
        assert_memory_equal(got.at, want.at, n * sizeof *want.at);
    }
    free(exact);
}

static void random_lines(void **state)
{
    (void)state;
    static const char *const PIECES[] = {
        "a",
        "Name",
        ":",
        ": ",
        "\r\n",
        "\r\n",
        "\r\n",
        "x: y\r\n",
        "  ",
        "\t",
        "value, value",
        "a-value-that-is-as-long-as-it-must-be-to-fill-a-block-of-64-bytes",
        "\xC3\xA9",
        "(",
        "Q:",
        "Accept: */*\r\n",
        "a:\r\n",
        "b: c\r\n",
        "\r\n"};
    static const char *const BREAKS[] = {"\n", "\r", "\x01", "\x7F", "\x01\n", "\r\n\r\n"};
    char text[1200];
    for (unsigned i = 0; i < 60000; i++) {
        size_t len = 0;
        unsigned pieces = (unsigned)(next_random() % 40);
        for (unsigned k = 0; k < pieces; k++) {
            bool odd = next_random() % 40 == 0;
            const char *piece = odd ? BREAKS[next_random() % (sizeof BREAKS / sizeof *BREAKS)]
                                    : PIECES[next_random() % (sizeof PIECES / sizeof *PIECES)];
            if (len + strlen(piece) > sizeof text)
                break;
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        assert_scanned(text, len);
    }
}

static void marks_run_full(void **state)
{
    (void)state;
    static char text[4 * 400];
    for (size_t lines = 90; lines < 140; lines++) {
        size_t len = 0;
        for (size_t i = 0; i < lines; i++) {
            memcpy(text + len, "a:\r\n", 4);
            len += 4;
        }
        assert_scanned(text, len);
        memcpy(text + len, "\r\n", 2);
        assert_scanned(text, len + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machines_are_named), cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(random_blocks),          cmocka_unit_test(random_lines),
        cmocka_unit_test(marks_run_full),
    };
    return cmocka_run_group_tests_name("http_scan", tests, NULL, NULL);
}
