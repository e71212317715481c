/* SPDX-License-Identifier: MIT
 *
 * A rule taken apart again: what was compiled into marks and numbers, as pieces that a writer can
 * put in its dialect's words.
 */
#include "rules/write/write.h"

#include <stdlib.h>

unsigned dt_write_names(const struct dt_rule *rule)
{
    return rule->more && rule->path_kind != DT_PATH_REGEX ? rule->more->names : 0;
}

unsigned dt_write_labels(const struct dt_rule *rule)
{
    return rule->more ? rule->more->labels : 0;
}

bool dt_write_has_star(const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_PREFIX)
        return true;
    return (rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB) &&
           rule->path.len && memchr(rule->path.ptr, DT_PATH_STAR, rule->path.len);
}

/* The order is that of struct dt_rule_more. */
struct dt_piece dt_write_capture(const struct dt_rule *rule, unsigned number)
{
    struct dt_piece piece = {.kind = DT_PIECE_OWN, .number = (uint8_t)number};
    unsigned labels = dt_write_labels(rule), names = dt_write_names(rule);
    if (number >= DT_CAPTURES_MAX)
        return piece;
    if (rule->path_kind == DT_PATH_REGEX) {
        unsigned groups = rule->more ? rule->more->captures - labels : 1;
        piece.kind = number < groups ? DT_PIECE_GROUP : DT_PIECE_LABEL;
        piece.number = (uint8_t)(number < groups ? number : number - groups);
        return piece;
    }
    unsigned star = dt_write_has_star(rule) ? 1 : 0;
    if (number < labels) {
        piece.kind = DT_PIECE_LABEL;
    } else if (number < labels + names) {
        piece.kind = DT_PIECE_NAME;
        piece.number = (uint8_t)(number - labels);
    } else if (number < labels + names + star) {
        piece.kind = DT_PIECE_STAR;
        piece.number = 0;
    } else {
        piece.kind = DT_PIECE_QUERY;
        piece.number = (uint8_t)(number - labels - names - star);
    }
    return piece;
}

static struct dt_pieces room_for(struct dt_write *write, size_t marks)
{
    struct dt_pieces pieces = {NULL, 0};
    pieces.list = dt_arena_alloc(&write->arena, (2 * marks + 1) * sizeof *pieces.list);
    return pieces;
}

static void add_text(struct dt_pieces *pieces, const char *from, const char *to, char place)
{
    if (from < to)
        pieces->list[pieces->count++] = (struct dt_piece){
            .text = dt_slice_of(from, (size_t)(to - from)), .kind = DT_PIECE_TEXT, .place = place};
}

/* The part of a URL that a byte of text begins, or the part that goes on. */
static char place_after(struct dt_slice text, char place)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '#')
            return DT_MARK_FRAGMENT;
        if (text.ptr[i] == '?')
            place = DT_MARK_QUERY;
    }
    return place;
}

struct dt_pieces dt_write_target(struct dt_write *write, const struct dt_rule *rule)
{
    const char *p = rule->target.ptr, *end = p + rule->target.len, *from = p;
    size_t marks = 0;
    for (size_t i = 0; i < rule->target.len; i++)
        marks += rule->target.ptr[i] >= DT_MARK_PATH && rule->target.ptr[i] <= DT_MARK_HOST;
    struct dt_pieces pieces = room_for(write, marks);
    if (!pieces.list || !rule->target.len)
        return pieces;
    char place = rule->target.ptr[0] == '/' ? DT_MARK_PATH : DT_MARK_HOST;
    for (; p < end; p++) {
        if (*p < DT_MARK_PATH || *p > DT_MARK_HOST)
            continue;
        add_text(&pieces, from, p, place);
        place = *p;
        struct dt_piece *piece = &pieces.list[pieces.count++];
        *piece = dt_write_capture(rule, (unsigned char)*++p & 0x7f);
        piece->place = place;
        from = p + 1;
    }
    add_text(&pieces, from, end, place);
    for (size_t i = 1; i < pieces.count; i++) /* what a text ends in, the next begins in */
        if (pieces.list[i].kind == DT_PIECE_TEXT && pieces.list[i - 1].kind != DT_PIECE_TEXT)
            pieces.list[i].place = place_after(DT_SLICE_NONE, pieces.list[i - 1].place);
    return pieces;
}

struct dt_pieces dt_write_path(struct dt_write *write, const struct dt_rule *rule)
{
    bool marked = rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB;
    const char *p = rule->path.ptr, *end = p + rule->path.len, *from = p;
    size_t marks = 1;
    unsigned names = 0;
    for (size_t i = 0; marked && i < rule->path.len; i++)
        marks += rule->path.ptr[i] == DT_PATH_NAME || rule->path.ptr[i] == DT_PATH_STAR;
    struct dt_pieces pieces = room_for(write, marks);
    if (!pieces.list || rule->path_kind == DT_PATH_REGEX)
        return pieces;
    bool folder = rule->path_kind == DT_PATH_PREFIX;
    for (; marked && p < end; p++) {
        if (*p != DT_PATH_NAME && *p != DT_PATH_STAR)
            continue;
        /* "/a/STAR" at a pattern's end stands for "/a" too: the slash is the star's. */
        folder = *p == DT_PATH_STAR && rule->path_kind == DT_PATH_PATTERN;
        add_text(&pieces, from, folder && p > from ? p - 1 : p, DT_MARK_PATH);
        from = p + 1;
        if (folder)
            break;
        pieces.list[pieces.count++] = (struct dt_piece){
            .kind = *p == DT_PATH_NAME ? DT_PIECE_NAME : DT_PIECE_STAR,
            .number = *p == DT_PATH_NAME ? (uint8_t)names++ : 0,
            .place = DT_MARK_PATH,
        };
    }
    add_text(&pieces, from, end, DT_MARK_PATH);
    if (folder)
        pieces.list[pieces.count++] = (struct dt_piece){
            .kind = DT_PIECE_STAR, .number = DT_WRITE_FOLDER, .place = DT_MARK_PATH};
    return pieces;
}
