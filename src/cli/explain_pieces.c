/* SPDX-License-Identifier: MIT
 *
 * How a Location came about: each piece of it on a line, with where it is from. What was captured
 * is shown as it was in the request when it had to be encoded for its place.
 */
#include "cli/explain_report.h"
#include "cli/text.h"

#include "rules/dialects/names.h"

#include <stdlib.h>
#include <string.h>

#define COLUMN 44u /* pieces that are longer get a line of their own */

static const char *const OWN[] = {"{scheme}", "{host}", "{port}", "{path}", "{query}"};
static const char *const FROM[] = {
    [DT_PIECE_TEXT] = "",
    [DT_PIECE_LABEL] = "a label of the host",
    [DT_PIECE_NAME] = "a segment of the path",
    [DT_PIECE_STAR] = "what \"*\" took",
    [DT_PIECE_QUERY] = "a value of the query",
    [DT_PIECE_GROUP] = "a group of the expression",
    [DT_PIECE_OWN] = "of the request",
};

static const struct dt_rule *winner(const struct dt_explain *explain)
{
    return explain->ncandidates ? dt_load_rule(explain->load, &explain->places[0]) : NULL;
}

static struct dt_piece piece_of(const struct dt_explain *explain, unsigned number)
{
    const struct dt_rule *rule = winner(explain);
    if (rule)
        return dt_write_capture(rule, number);
    return (struct dt_piece){.kind = number < DT_CAPTURES_MAX ? DT_PIECE_TEXT : DT_PIECE_OWN,
                             .number = (uint8_t)number};
}

void dt_explain_capture(const struct dt_explain *explain, unsigned number, struct dt_buf *out)
{
    const struct dt_piece piece = piece_of(explain, number);
    struct dt_names names;
    switch ((enum dt_piece_kind)piece.kind) {
    case DT_PIECE_OWN:
        dt_buf_str(out, OWN[piece.number - DT_CAPTURES_MAX]);
        break;
    case DT_PIECE_STAR:
        dt_buf_str(out, ":splat");
        break;
    case DT_PIECE_GROUP:
        dt_buf_printf(out, "$%u", piece.number);
        break;
    case DT_PIECE_TEXT:
        dt_buf_printf(out, "capture %u", number + 1);
        break;
    case DT_PIECE_LABEL:
    case DT_PIECE_NAME:
    case DT_PIECE_QUERY:
        dt_names_read(explain->load->files.set, winner(explain), &names);
        dt_buf_printf(out, ":%.*s", DT_SLICE_FMT(dt_names_of(&names, &piece)));
        break;
    }
}

static bool has_captures(const struct dt_explain *explain)
{
    for (size_t i = 0; i < explain->built.npieces; i++)
        if (explain->built.pieces[i].kind != DT_BUILT_TEXT)
            return true;
    return false;
}

static void print_from(const struct dt_explain *explain, const struct dt_built_piece *piece,
                       FILE *out)
{
    struct dt_buf name;
    struct dt_slice raw = DT_SLICE_NONE;
    switch ((enum dt_built_kind)piece->kind) {
    case DT_BUILT_TEXT:
        fputs("written in the rule", out);
        return;
    case DT_BUILT_QUERY:
        fputs("the request's query", out);
        return;
    case DT_BUILT_CAPTURE:
        break;
    }
    dt_buf_init(&name, 256);
    dt_explain_capture(explain, piece->number, &name);
    dt_text_safe(out, dt_buf_slice(&name));
    dt_buf_release(&name);
    const char *from = FROM[piece_of(explain, piece->number).kind];
    fprintf(out, "%s%s", *from ? ", " : "", from);
    if (piece->number < explain->built.ncaptures)
        raw = explain->built.captures[piece->number];
    if (raw.len && !dt_slice_eq(raw, piece->text)) {
        fputs(": ", out);
        dt_text_safe(out, raw);
    }
}

void dt_explain_pieces_text(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    if (!has_captures(explain))
        return; /* it is what the rule says */
    fprintf(out, "\n%sThe Location, piece by piece%s\n", render->bold, render->reset);
    for (size_t i = 0; i < explain->built.npieces; i++) {
        const struct dt_built_piece *piece = &explain->built.pieces[i];
        size_t columns = piece->text.len ? dt_text_columns(piece->text) : 9;
        fputs("  ", out);
        if (piece->text.len)
            dt_text_safe(out, piece->text);
        else
            fprintf(out, "%s(nothing)%s", render->faint, render->reset);
        if (columns + 2 > COLUMN) {
            fputs("\n", out);
            columns = 0;
        } else {
            columns += 2;
        }
        fprintf(out, "%*s", (int)(COLUMN - columns), "");
        print_from(explain, piece, out);
        fputc('\n', out);
    }
}

/* ---- JSON ---- */

static json_t *name_json(const struct dt_explain *explain, unsigned number)
{
    struct dt_buf name;
    dt_buf_init(&name, 256);
    dt_explain_capture(explain, number, &name);
    json_t *text = dt_json_text(dt_buf_slice(&name));
    dt_buf_release(&name);
    return text;
}

json_t *dt_explain_captures_json(const struct dt_explain *explain)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < explain->built.ncaptures; i++) {
        json_t *object = json_pack("{s:o, s:o}", "name", name_json(explain, (unsigned)i), "value",
                                   dt_json_text(explain->built.captures[i]));
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *dt_explain_pieces_json(const struct dt_explain *explain)
{
    static const char *const kinds[] = {"rule", "capture", "query"};
    json_t *array = json_array();
    for (size_t i = 0; array && i < explain->built.npieces; i++) {
        const struct dt_built_piece *piece = &explain->built.pieces[i];
        bool captured = piece->kind == DT_BUILT_CAPTURE;
        json_t *object = json_pack("{s:o, s:s, s:o}", "text", dt_json_text(piece->text), "from",
                                   kinds[piece->kind], "name",
                                   captured ? name_json(explain, piece->number) : json_null());
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}
