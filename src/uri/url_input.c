/* SPDX-License-Identifier: MIT
 * Cleaning of the URL parser's input; see url_input.h. */
#include "uri/url_input.h"
#include "uri/utf8.h"
#include <stdlib.h>

static bool is_tab_or_newline(char c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

static bool is_c0_or_space(char c)
{
    return (unsigned char)c <= ' ';
}

static struct dt_slice trim(struct dt_slice s)
{
    while (s.len && is_c0_or_space(s.ptr[0]))
        s = dt_slice_from(s, 1);
    while (s.len && is_c0_or_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* No early exit: so the compiler makes the loop one of vectors. */
static bool is_clean(struct dt_slice s)
{
    unsigned char odd = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        odd |= (unsigned char)((c == '\t') | (c == '\n') | (c == '\r') | (c >> 7));
    }
    return odd == 0;
}

/* Decodes first and drops after, as the standard does: a tab within a UTF-8 sequence breaks it. */
static void put_clean(struct dt_out *out, struct dt_slice s)
{
    for (size_t at = 0; at < s.len;) {
        bool bad;
        uint32_t cp = dt_utf8_next(s, &at, &bad);
        if (cp > 0x7f || !is_tab_or_newline((char)cp))
            dt_utf8_put(out, cp);
    }
}

enum dt_err dt_url_input_init(struct dt_url_input *input, struct dt_slice raw)
{
    *input = (struct dt_url_input){trim(raw), NULL};
    if (is_clean(input->text))
        return DT_OK;
    size_t most = 3 * input->text.len; /* U+FFFD is three bytes, perhaps for one */
    input->owned = malloc(most);
    if (!input->owned)
        return DT_ERR_NOMEM;
    struct dt_out out = dt_out_init(input->owned, most);
    put_clean(&out, input->text);
    input->text = dt_out_slice(&out);
    return DT_OK;
}

void dt_url_input_release(struct dt_url_input *input)
{
    free(input->owned);
    *input = (struct dt_url_input){DT_SLICE_NONE, NULL};
}
