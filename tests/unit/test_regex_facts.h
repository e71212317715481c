/* SPDX-License-Identifier: MIT
 *
 * Whether what dt_regex_check says of every match is true of one: written without the engine.
 */
#ifndef DT_TEST_REGEX_FACTS_H
#define DT_TEST_REGEX_FACTS_H

#include <detour/ruleset.h>

static inline char fold(char c, bool nocase)
{
    return nocase ? dt_ascii_lower(c) : c;
}

static inline bool has_shape(struct dt_slice shape, struct dt_slice path, bool nocase)
{
    size_t at = 0;
    for (size_t i = 0; i < shape.len; i++) {
        if (shape.ptr[i] == DT_PATH_NAME) {
            while (at < path.len && path.ptr[at] != '/')
                at++;
        } else if (at == path.len || fold(path.ptr[at++], nocase) != shape.ptr[i]) {
            return false;
        }
    }
    return shape.len == 0 || at == path.len || path.ptr[at] == '/';
}

static inline bool has_literal(struct dt_slice literal, struct dt_slice path, bool nocase)
{
    for (size_t at = 0; at + literal.len <= path.len; at++) {
        size_t i = 0;
        while (i < literal.len && fold(path.ptr[at + i], nocase) == literal.ptr[i])
            i++;
        if (i == literal.len)
            return true;
    }
    return false;
}

#endif
