/* SPDX-License-Identifier: MIT
 *
 * Diagnostics as compilers give them: the place, the line itself, a message, a stable name, and
 * where it is likely what the author meant a suggestion.
 */
#include "rules/read/diag.h"

#include "rules/ruleset_priv.h"
#include <stdarg.h>
#include <stdio.h>

#define LONGEST_WORD 31u
#define LONGEST_MESSAGE 1024
#define CUT 1000           /* a message as long as this was cut, perhaps in a character */
#define LONGEST_QUOTE 120u /* bytes of a line that is too long to be read */

__attribute__((format(printf, 2, 0))) static struct dt_slice
format_message(struct dt_arena *arena, const char *format, va_list args)
{
    char text[LONGEST_MESSAGE];
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0)
        len = 0;
    if (len >= LONGEST_MESSAGE)
        len = LONGEST_MESSAGE - 1;
    while (len && len >= CUT && ((unsigned char)text[len - 1] & 0x80)) /* no half of a character */
        len--;
    return dt_arena_copy(arena, dt_slice_of(text, (size_t)len));
}

enum dt_err dt_ruleset_diag_add(struct dt_ruleset *set, enum dt_severity severity,
                                struct dt_place at, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct dt_slice message = format_message(&set->arena, format, args);
    va_end(args);
    void *mem = set->diags;
    if (!message.ptr || !dt_grow(&mem, set->diag_count, &set->diag_cap, sizeof *set->diags)) {
        set->err = DT_ERR_NOMEM;
        return DT_ERR_NOMEM;
    }
    set->diags = mem;
    struct dt_slice text = dt_ruleset_line(set, at.file, at.line);
    if (text.len > DT_LIMIT_LINE) /* not for a screen */
        text.len = LONGEST_QUOTE;
    set->diags[set->diag_count++] = (struct dt_diag){
        .severity = severity,
        .file = at.file,
        .line = at.line,
        .col = at.col,
        .span = at.span ? at.span : 1,
        .text = text,
        .message = message,
        .name = name,
    };
    set->error_count += severity == DT_SEVERITY_ERROR;
    return DT_OK;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment: each row is the distance of a's beginnings to b's. */
size_t dt_diag_distance(struct dt_slice a, struct dt_slice b)
{
    if (a.len > LONGEST_WORD || b.len > LONGEST_WORD)
        return LONGEST_WORD + 1;
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = dt_ascii_lower(a.ptr[i - 1]), y = dt_ascii_lower(b.ptr[j - 1]);
            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == dt_ascii_lower(b.ptr[j - 2]) &&
                y == dt_ascii_lower(a.ptr[i - 2]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b.len];
}

const char *dt_diag_nearest(struct dt_slice word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t least = 3;
    for (size_t i = 0; i < count; i++) {
        size_t distance = dt_diag_distance(word, dt_slice_str(names[i]));
        if (distance < least && distance * 2 < word.len + 1) {
            least = distance;
            best = names[i];
        }
    }
    return best;
}
