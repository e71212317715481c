/* SPDX-License-Identifier: MIT
 *
 * PCRE2 as this library uses it: one set of options for every compilation, so that what was checked
 * is what is matched.
 */
#ifndef DT_RULES_REGEX_PCRE_H
#define DT_RULES_REGEX_PCRE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <detour/slice.h>
#include <pcre2.h>
#include <stdint.h>

#define DT_REGEX_TEXT_MAX (32u << 10) /* bytes of an expression */
#define DT_REGEX_CODE_MAX (64u << 10) /* bytes of what PCRE2 makes of it */

static inline uint32_t dt_regex_options(bool nocase)
{
    return PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
           (nocase ? PCRE2_CASELESS : 0);
}

static inline pcre2_code *dt_regex_compile(struct dt_slice text, bool nocase,
                                           pcre2_compile_context *context, int *ret_code,
                                           size_t *ret_at)
{
    return pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len, dt_regex_options(nocase),
                         ret_code, ret_at, context);
}

#endif
