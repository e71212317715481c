/* SPDX-License-Identifier: MIT
 * The table behind char_class.h, worked out by the compiler from the sets' definitions, so that
 * each set can be read here as the standard words it. */
#include "uri/char_class.h"

#define IN2(c, a, b) ((c) == (a) || (c) == (b))
#define IN3(c, x, y, z) (IN2(c, x, y) || (c) == (z))
#define IN4(c, w, x, y, z) (IN2(c, w, x) || IN2(c, y, z))

#define DIGIT(c) ((c) >= '0' && (c) <= '9')
#define LOWER(c) ((c) >= 'a' && (c) <= 'z')
#define ALPHA(c) (LOWER(c) || ((c) >= 'A' && (c) <= 'Z'))
#define HEX(c) (DIGIT(c) || ((c) >= 'a' && (c) <= 'f') || ((c) >= 'A' && (c) <= 'F'))

/* https://url.spec.whatwg.org/#percent-encoded-bytes */
#define C0(c) ((c) < 0x20 || (c) > 0x7e)
#define FRAGMENT(c) (C0(c) || IN2(c, ' ', '"') || IN3(c, '<', '>', '`'))
#define QUERY(c) (C0(c) || IN3(c, ' ', '"', '#') || IN2(c, '<', '>'))
#define SPECIAL_QUERY(c) (QUERY(c) || (c) == '\'')
#define PATH(c) (QUERY(c) || IN2(c, '?', '^') || IN3(c, '`', '{', '}'))
#define USERINFO(c)                                                                                \
    (PATH(c) || IN4(c, '/', ':', ';', '=') || IN4(c, '@', '[', '\\', ']') || (c) == '|')

/* RFC 3986 section 3.3: a path byte is a pchar or "/"; <detour/uri.h> names the rest. */
#define NORM_PATH(c) (PATH(c) || IN4(c, '\\', '|', '[', ']'))
#define NORM_QUERY(c) (SPECIAL_QUERY(c) || (c) == '\\')

/* https://url.spec.whatwg.org/#forbidden-host-code-point */
#define NO_HOST(c)                                                                                 \
    (IN4(c, 0, '\t', '\n', '\r') || IN4(c, ' ', '#', '/', ':') || IN4(c, '<', '>', '?', '@') ||    \
     IN4(c, '[', '\\', ']', '^') || (c) == '|')
#define NO_DOMAIN(c) (NO_HOST(c) || (c) < 0x20 || IN2(c, '%', 0x7f))

#define UNRESERVED(c) (ALPHA(c) || DIGIT(c) || IN4(c, '-', '.', '_', '~'))
#define SCHEME(c) (ALPHA(c) || DIGIT(c) || IN3(c, '+', '-', '.'))
#define HOST_PLAIN(c) (LOWER(c) || DIGIT(c) || IN2(c, '-', '.'))

/* The delimiters of https://url.spec.whatwg.org/#path-state and its neighbours */
#define END_OPAQUE_PATH(c) IN2(c, '?', '#')
#define END_PATH(c) (END_OPAQUE_PATH(c) || (c) == '/')

#define BIT(test, bit) ((test) ? (unsigned)(bit) : 0u)
#define BYTE(c)                                                                                    \
    (BIT(C0(c), DT_PCT_C0) | BIT(FRAGMENT(c), DT_PCT_FRAGMENT) | BIT(QUERY(c), DT_PCT_QUERY) |     \
     BIT(SPECIAL_QUERY(c), DT_PCT_SPECIAL_QUERY) | BIT(PATH(c), DT_PCT_PATH) |                     \
     BIT(USERINFO(c), DT_PCT_USERINFO) | BIT(NORM_PATH(c), DT_PCT_NORM_PATH) |                     \
     BIT(NORM_QUERY(c), DT_PCT_NORM_QUERY) | BIT(NO_HOST(c), DT_NOT_IN_HOST) |                     \
     BIT(NO_DOMAIN(c), DT_NOT_IN_DOMAIN) | BIT(UNRESERVED(c), DT_CHAR_UNRESERVED) |                \
     BIT(HEX(c), DT_CHAR_HEX) | BIT(DIGIT(c), DT_CHAR_DIGIT) | BIT(SCHEME(c), DT_CHAR_SCHEME) |    \
     BIT(HOST_PLAIN(c), DT_CHAR_HOST_PLAIN) | BIT(IN2(c, '%', '/'), DT_CHAR_LOOK) |                \
     BIT(END_PATH(c), DT_END_PATH) | BIT(END_PATH(c) || (c) == '\\', DT_END_SPECIAL_PATH) |        \
     BIT(END_OPAQUE_PATH(c), DT_END_OPAQUE_PATH) | BIT((c) == '#', DT_END_QUERY))

#define FOUR(c) BYTE(c), BYTE((c) + 1), BYTE((c) + 2), BYTE((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define SIXTYFOUR(c) SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint32_t dt_char_class[256] = {SIXTYFOUR(0), SIXTYFOUR(64), SIXTYFOUR(128), SIXTYFOUR(192)};
