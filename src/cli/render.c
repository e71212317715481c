/* SPDX-License-Identifier: MIT
 *
 * A diagnostic is read by people and by editors that jump to file:line:column, so the first line is
 * the one that gcc and clang print. The line shown below it may be 64 KiB long, may hold any bytes,
 * and the caret must still stand where the column says.
 */
#include "cli/render.h"
#include "cli/text.h"

#include <stdlib.h>
#include <unistd.h>

#define LINE_COLUMNS 100 /* of a long line, this much is shown */
#define GUTTER "    "

struct dt_render dt_render_to(FILE *out, enum dt_color when)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool colour = when == DT_COLOR_ALWAYS;
    if (when == DT_COLOR_AUTO)
        colour =
            !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && isatty(fileno(out));
    if (!colour)
        return (struct dt_render){out, "", "", "", "", "", ""};
    return (struct dt_render){out,        "\x1b[1m", "\x1b[1;31m", "\x1b[1;35m",
                              "\x1b[32m", "\x1b[2m", "\x1b[0m"};
}

/* Bytes of text from `from` on that fill at most `columns`. */
static size_t fit(struct dt_slice text, size_t from, size_t columns)
{
    size_t to = from;
    while (to < text.len) {
        uint32_t c;
        size_t len = dt_text_char(dt_slice_from(text, to), &c);
        size_t wide = dt_text_columns(dt_slice_of(text.ptr + to, len));
        if (wide > columns)
            break;
        columns -= wide;
        to += len;
    }
    return to - from;
}

/* The beginning of the window: so far left of the caret that it stands in the first half. */
static size_t window_from(struct dt_slice text, size_t caret)
{
    if (dt_text_columns(text) <= LINE_COLUMNS || caret <= LINE_COLUMNS / 2)
        return 0;
    size_t from = caret - LINE_COLUMNS / 2;
    while (from < caret && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from++;
    return from;
}

void dt_render_line(const struct dt_render *render, struct dt_slice text, uint32_t col,
                    uint32_t span)
{
    FILE *out = render->out;
    size_t caret = col ? col - 1 : 0;
    if (caret > text.len)
        caret = text.len;
    size_t from = window_from(text, caret);
    struct dt_slice shown = dt_slice_of(text.ptr + from, fit(text, from, LINE_COLUMNS));
    bool cut_front = from > 0;
    bool cut_back = from + shown.len < text.len;

    fprintf(out, GUTTER "%s", cut_front ? "..." : "");
    dt_text_safe(out, shown);
    fprintf(out, "%s\n", cut_back ? "..." : "");
    if (!col)
        return;

    size_t before = dt_text_columns(dt_slice_of(shown.ptr, caret - from));
    struct dt_slice marked = dt_slice_from(shown, caret - from);
    if (marked.len > span)
        marked.len = span;
    size_t tildes = dt_text_columns(marked);
    fprintf(out, GUTTER "%*s%s^", (int)(before + (cut_front ? 3 : 0)), "", render->fine);
    for (size_t i = 1; i < tildes; i++)
        fputc('~', out);
    fprintf(out, "%s\n", render->reset);
}

void dt_render_said(const struct dt_render *render, struct dt_slice file,
                    const struct dt_diag *diag, const char *word, const char *colour)
{
    FILE *out = render->out;
    fputs(render->bold, out);
    dt_text_safe(out, file);
    if (diag->line)
        fprintf(out, ":%u", diag->line);
    if (diag->line && diag->col)
        fprintf(out, ":%u", diag->col);
    fprintf(out, ":%s %s%s:%s ", render->reset, colour, word, render->reset);
    fputs(render->bold, out);
    dt_text_safe(out, diag->message);
    fprintf(out, "%s", render->reset);
    if (diag->name)
        fprintf(out, " %s[%s]%s", render->faint, diag->name, render->reset);
    fputc('\n', out);
    if (diag->text.len)
        dt_render_line(render, diag->text, diag->line ? diag->col : 0, diag->span);
}

void dt_render_diag(const struct dt_render *render, struct dt_slice file,
                    const struct dt_diag *diag)
{
    if (diag->severity == DT_SEVERITY_ERROR)
        dt_render_said(render, file, diag, "error", render->error);
    else
        dt_render_said(render, file, diag, "warning", render->warning);
}
