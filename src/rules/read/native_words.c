/* SPDX-License-Identifier: MIT
 * Words of directives; see native_words.h. */
#include "rules/read/native_words.h"

#include "rules/read/native_scan.h"

struct dt_slice dt_words_next(struct dt_words *words)
{
    const char *end = words->rest.ptr + words->rest.len;
    const char *p = dt_scan_blanks(words->rest.ptr, end);
    unsigned bits = 0;
    const char *stop = p < end && *p == '#' ? p : dt_scan_word(p, end, &bits);
    words->rest = dt_slice_of(stop, (size_t)(end - stop));
    return dt_slice_of(p, (size_t)(stop - p));
}

bool dt_words_quoted(struct dt_words *words, struct dt_slice *ret_word, struct dt_slice *ret_text)
{
    const char *end = words->rest.ptr + words->rest.len;
    const char *p = dt_scan_blanks(words->rest.ptr, end);
    if (p == end || *p != '"') {
        *ret_word = *ret_text = dt_words_next(words);
        return true;
    }
    const char *quote = memchr(p + 1, '"', (size_t)(end - p) - 1);
    if (!quote)
        return DT_REFUSE(words->reader, dt_slice_of(p, (size_t)(end - p)), "option-quote",
                         "a quote that is not closed");
    *ret_word = dt_slice_of(p, (size_t)(quote - p) + 1);
    *ret_text = dt_slice_of(p + 1, ret_word->len - 2);
    words->rest = dt_slice_of(quote + 1, (size_t)(end - quote) - 1);
    return true;
}

bool dt_words_end(struct dt_words *words)
{
    struct dt_slice word = dt_words_next(words);
    if (word.len == 0)
        return true;
    return DT_REFUSE(words->reader, word, "directive-use", "one word too many");
}

bool dt_words_missing(struct dt_words *words, struct dt_slice at, const char *wanted)
{
    return DT_REFUSE(words->reader, at, "directive-use", "expected here: %s", wanted);
}
