/* SPDX-License-Identifier: MIT
 *
 * An operator's page is copied as it is, but for the words in braces. What stands for them came
 * from a client or is about one, so it is escaped; and it is not looked at for words again.
 */
#include "base/out.h"
#include "semantics/civil.h"
#include "semantics/html.h"

#include <detour/condition.h>
#include <detour/page.h>
#include <detour/status.h>

#define WORD_MAX 11u /* retry_after */

static void put(struct dt_out *out, struct dt_slice text)
{
    if (text.len)
        dt_html_put(out, text, DT_HTML_ANY_QUOTE);
}

static void put_reason(struct dt_out *out, const struct dt_page *page)
{
    const struct dt_status *status = dt_status_get(page->status);
    if (status)
        put(out, status->reason);
}

static void put_until(struct dt_out *out, const struct dt_page *page)
{
    char mem[32];
    if (page->until != DT_TIME_MAX)
        put(out, dt_civil_print(page->until, mem));
}

/* False when the word is none of ours. */
static bool put_word(struct dt_out *out, struct dt_slice word, const struct dt_page *page)
{
    if (dt_slice_eq(word, DT_S("status")))
        dt_out_uint(out, page->status);
    else if (dt_slice_eq(word, DT_S("reason")))
        put_reason(out, page);
    else if (dt_slice_eq(word, DT_S("url")))
        put(out, page->url);
    else if (dt_slice_eq(word, DT_S("host")))
        put(out, page->host);
    else if (dt_slice_eq(word, DT_S("path")))
        put(out, page->path);
    else if (dt_slice_eq(word, DT_S("location")))
        put(out, page->location);
    else if (dt_slice_eq(word, DT_S("until")))
        put_until(out, page);
    else if (!dt_slice_eq(word, DT_S("retry_after")))
        return false;
    else if (page->retry_after != UINT32_MAX)
        dt_out_uint(out, page->retry_after);
    return true;
}

/* The word between the brace at the front and its end; empty when there is none near. */
static struct dt_slice word_at(struct dt_slice text)
{
    struct dt_slice near = dt_slice_from(text, 1);
    if (near.len > WORD_MAX + 1)
        near.len = WORD_MAX + 1;
    const char *end = near.len ? memchr(near.ptr, '}', near.len) : NULL;
    return end ? dt_slice_of(near.ptr, (size_t)(end - near.ptr)) : DT_SLICE_NONE;
}

enum dt_err dt_page_build(struct dt_slice text, const struct dt_page *page, char *mem, size_t cap,
                          struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    while (text.len) {
        const char *brace = memchr(text.ptr, '{', text.len);
        size_t plain = brace ? (size_t)(brace - text.ptr) : text.len;
        dt_out_put(&out, dt_slice_of(text.ptr, plain));
        text = dt_slice_from(text, plain);
        if (!text.len)
            break;
        struct dt_slice word = word_at(text);
        if (put_word(&out, word, page)) {
            text = dt_slice_from(text, word.len + 2);
        } else {
            dt_out_char(&out, '{');
            text = dt_slice_from(text, 1);
        }
    }
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
