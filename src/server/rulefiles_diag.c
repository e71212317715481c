/* SPDX-License-Identifier: MIT
 *
 * A diagnostic as compilers print it, for logs: no colours, one look whoever reads it.
 */
#include "server/rulefiles.h"

#define LINE_SHOWN 200u /* bytes of a long line, around the caret */

static void put_marks(struct dt_buf *out, struct dt_slice text, size_t col, size_t span)
{
    /* A tab before the caret stays a tab, so that the caret stands below its place. */
    for (size_t i = 0; i < col; i++)
        dt_buf_char(out, i < text.len && text.ptr[i] == '\t' ? '\t' : ' ');
    dt_buf_char(out, '^');
    for (size_t i = 1; i < span && col + i < text.len; i++)
        dt_buf_char(out, '~');
}

void dt_rulefiles_diag(const struct dt_ruleset *set, const struct dt_diag *diag, struct dt_buf *out)
{
    dt_buf_put(out, dt_ruleset_file(set, diag->file));
    if (diag->line)
        dt_buf_printf(out, ":%u", diag->line);
    if (diag->col)
        dt_buf_printf(out, ":%u", diag->col);
    dt_buf_printf(out, ": %s: %.*s [%s]\n",
                  diag->severity == DT_SEVERITY_ERROR ? "error" : "warning",
                  DT_SLICE_FMT(diag->message), diag->name);
    if (diag->text.len == 0 || diag->col == 0)
        return;
    size_t col = diag->col - 1;
    size_t from = col > LINE_SHOWN / 2 && diag->text.len > LINE_SHOWN ? col - LINE_SHOWN / 2 : 0;
    struct dt_slice shown = dt_slice_from(diag->text, from);
    if (shown.len > LINE_SHOWN)
        shown.len = LINE_SHOWN;
    dt_buf_str(out, "    ");
    for (size_t i = 0; i < shown.len; i++) {
        char c = shown.ptr[i];
        bool control = (unsigned char)c < 0x20 || c == 0x7f;
        dt_buf_char(out, control && c != '\t' ? '?' : c);
    }
    dt_buf_str(out, "\n    ");
    put_marks(out, shown, col - from, diag->span);
    dt_buf_char(out, '\n');
}
