/* SPDX-License-Identifier: MIT
 *
 * The structural index of a request head: where its lines end and where its field names end, found
 * 64 bytes at a time. The parser (http1_parse.c) then walks from mark to mark and never looks for
 * anything byte by byte.
 */
#ifndef DT_HTTP_HTTP1_SCAN_H
#define DT_HTTP_HTTP1_SCAN_H

#include "http/request.h"

/* Marks of a head with DT_HTTP_MAX_FIELDS fields, and one that tells that there are more: the end
 * of the request line, two for each field, the end of the empty line. */
#define DT_HTTP1_MAX_MARKS (2u * DT_HTTP_MAX_FIELDS + 3u)

/* What each byte of a 64-byte block is, one bit a byte, the first byte in bit 0. */
struct dt_http1_masks {
    uint64_t token; /* tchar (RFC 9110 section 5.6.2) */
    uint64_t ctl;   /* 0x00 to 0x1F and 0x7F, without HTAB and LF */
    uint64_t lf;
};

typedef void dt_http1_classify(const char block[64], struct dt_http1_masks *ret);

/* The same function four times; tests hold them equal. All but the first are NULL where the machine
 * has no such instructions. */
dt_http1_classify *dt_http1_classifier_scalar(void);
dt_http1_classify *dt_http1_classifier_sse2(void);
dt_http1_classify *dt_http1_classifier_avx2(void);
dt_http1_classify *dt_http1_classifier_avx512(void);

enum dt_http1_scan_end {
    DT_HTTP1_SCAN_WHOLE, /* the last mark is the LF of the empty line */
    DT_HTTP1_SCAN_MORE,  /* the input ended before */
    DT_HTTP1_SCAN_FULL,  /* DT_HTTP1_MAX_MARKS were found and no end */
    DT_HTTP1_SCAN_BAD,   /* the byte at bad_at breaks the line structure */
};

/* at[0] is the LF of the request line; then, in turn, the byte behind a field name (which should be
 * ':') and the LF of that line. A line that begins with neither a token byte nor a control byte has
 * no first mark, so that an LF stands where ':' should. Up to the last mark, or to bad_at, it is
 * certain that every LF has a control byte before it (which should be CR) and that no control byte
 * but HTAB stands elsewhere. All marks are before bad_at, which is set for BAD only. */
struct dt_http1_index {
    uint32_t n;
    uint32_t bad_at;
    enum dt_http1_scan_end end;
    uint16_t at[DT_HTTP1_MAX_MARKS + 64 + 4]; /* a block's marks are written without asking */
};

/* Indexes the head at ptr; len is at most 65535 - 64. Reads nothing past ptr + len. */
typedef void dt_http1_scanner(const char *ptr, size_t len, struct dt_http1_index *ret);

/* The fastest for this machine. */
dt_http1_scanner dt_http1_scan;
/* The same on x86-64, where it exists. */
dt_http1_scanner dt_http1_scan_x86;
/* For tests and the benchmark: as the classifiers above. */
dt_http1_scanner *dt_http1_scanner_scalar(void);
dt_http1_scanner *dt_http1_scanner_sse2(void);
dt_http1_scanner *dt_http1_scanner_avx2(void);
dt_http1_scanner *dt_http1_scanner_avx512(void);

#endif
