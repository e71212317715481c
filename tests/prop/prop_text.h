/* SPDX-License-Identifier: MIT
 * Strings of bounded length, for clarity and not for speed: what does not fit
 * ends the test.
 */
#ifndef DT_TEST_PROP_TEXT_H
#define DT_TEST_PROP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 192

struct text {
    char s[TEXT];
};

static inline void put_bytes(char *to, size_t cap, const char *s, size_t len)
{
    size_t n = strlen(to);
    if (n + len >= cap) {
        fprintf(stderr, "no room for %.*s behind %s\n", (int)len, s, to);
        abort();
    }
    memcpy(to + n, s, len);
    to[n + len] = 0;
}

static inline void put(char *to, size_t cap, const char *s)
{
    put_bytes(to, cap, s, strlen(s));
}

static inline void put_char(char *to, size_t cap, char c)
{
    put_bytes(to, cap, &c, 1);
}

static inline void put_number(char *to, size_t cap, long long number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", number);
    put(to, cap, digits);
}

static inline void text_set(struct text *text, const char *s)
{
    text->s[0] = 0;
    put(text->s, TEXT, s);
}

static inline bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static inline bool starts_with(const char *s, const char *begin)
{
    return strncmp(s, begin, strlen(begin)) == 0;
}

#endif
