/* SPDX-License-Identifier: MIT
 *
 * The hypertext note. People see it when a client does not follow: old tools, a body that may not
 * be sent again without asking (RFC 9110 section 15.4), curl without -L. So it is one small page,
 * valid HTML, the link escaped for both places that it stands in.
 */
#include "base/out.h"
#include "semantics/html.h"

#include <detour/note.h>

#define NOTE_HEAD_MAX 256u /* of any status */
#define TEXT_MAX 128u      /* of any default sentence */
#define LINK_1 " <a href=\""
#define LINK_2 "\">"
#define LINK_3 "</a>"
#define TAIL "\n</html>\n"

static struct dt_slice default_text(const struct dt_status *status)
{
    switch (status->code) {
    case 301:
    case 308:
        return DT_S("This page has moved for good. It is now at");
    case 302:
    case 307:
        return DT_S("This page is elsewhere for a while. For now it is at");
    case 303:
        return DT_S("The answer is on another page:");
    case 404:
        return DT_S("There is nothing at this address.");
    case 410:
        return DT_S("This page is gone and will not come back.");
    case 451:
        return DT_S("This page may not be shown for legal reasons.");
    case 503:
        return DT_S("This page is not available just now. Please come back later.");
    default:
        return status->reason;
    }
}

size_t dt_note_max(struct dt_slice location, struct dt_slice text)
{
    size_t fixed = sizeof(LINK_1 LINK_2 LINK_3 TAIL) + NOTE_HEAD_MAX + TEXT_MAX;
    return fixed + DT_HTML_ESCAPE_MAX * (2 * location.len + text.len);
}

enum dt_err dt_note_build(const struct dt_status *status, struct dt_slice location,
                          struct dt_slice text, char *mem, size_t cap, struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    dt_out_put(&out, status->note_head);
    if (text.len)
        dt_html_put(&out, text, DT_HTML_DOUBLE_QUOTE);
    else
        dt_out_put(&out, default_text(status));
    if (location.len) {
        dt_out_put(&out, DT_S(LINK_1));
        char *from = out.pos;
        dt_html_put(&out, location, DT_HTML_DOUBLE_QUOTE);
        struct dt_slice escaped = dt_slice_of(from, (size_t)(out.pos - from));
        dt_out_put(&out, DT_S(LINK_2));
        dt_out_put(&out, escaped);
        dt_out_put(&out, DT_S(LINK_3));
    }
    dt_out_put(&out, DT_S(TAIL));
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
