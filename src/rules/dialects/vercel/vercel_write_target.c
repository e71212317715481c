/* SPDX-License-Identifier: MIT
 *
 * Destinations for Vercel, which looks in them for patterns: what would be taken for one is escaped
 * where that changes nothing, and refused where it would.
 */
#include "rules/dialects/vercel/vercel_write.h"

#include "base/buf.h"
#include "rules/read/native_scan.h"

struct target {
    struct dt_vercel_out *out;
    char place;     /* DT_MARK_... */
    bool name_last; /* a name was written last, or a number */
    bool number_last;
};

static bool brackets(struct dt_slice text, size_t at)
{
    return text.ptr[at] == '(' && at + 1 < text.len && text.ptr[at + 1] != ')' &&
           memchr(text.ptr + at, ')', text.len - at);
}

/* A bracket that closes one which is escaped is escaped with it. */
static bool closes(struct dt_slice text, size_t at)
{
    return text.ptr[at] == ')' && at && memchr(text.ptr, '(', at);
}

static void put_byte(struct target *target, struct dt_slice text, size_t at)
{
    struct dt_vercel_out *out = target->out;
    char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
    bool bracket = (brackets(text, at) || closes(text, at)) && out->unnamed == 0;
    bool sign = (c == ':' && dt_is_word(next)) || bracket ||
                (at == 0 && target->name_last && (c == '*' || c == '+' || c == '('));
    if (at == 0 && ((target->name_last && dt_is_word(c)) ||
                    (target->number_last && (dt_is_alpha(c) || (c >= '1' && c <= '9')))))
        dt_write_cannot(out->write, "target-text",
                        "Vercel cannot tell where a capture ends before a letter or digit");
    if (c == '$' && (dt_is_alpha(next) || (next >= '1' && next <= '9')))
        dt_write_cannot(out->write, "target-text", "Vercel takes \"$%c\" for a capture", next);
    if (sign && target->place == DT_MARK_QUERY)
        dt_write_cannot(
            out->write, "target-text",
            "Vercel takes the \"%c\" in a value of the query for a pattern, and refuses "
            "it",
            c);
    if (sign && target->place == DT_MARK_PATH)
        dt_buf_printf(&out->target, "%%%02X", (unsigned)c);
    else
        dt_buf_char(&out->target, c);
}

static void put_text(struct target *target, struct dt_slice text)
{
    size_t scheme = target->out->target.len == 0 ? dt_scan_http(text) : 0;
    dt_buf_put(&target->out->target, dt_slice_of(text.ptr, scheme));
    target->place = scheme ? DT_MARK_HOST : target->place;
    for (size_t i = scheme; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '#')
            target->place = DT_MARK_FRAGMENT;
        else if (c == '?' && target->place != DT_MARK_FRAGMENT)
            target->place = DT_MARK_QUERY;
        else if (c == '/' && target->place == DT_MARK_HOST)
            target->place = DT_MARK_PATH;
        put_byte(target, text, i);
    }
    target->name_last = target->number_last = false;
}

static void put_capture(struct target *target, const struct dt_piece *piece)
{
    struct dt_vercel_out *out = target->out;
    const struct dt_rule *rule = out->rule;
    struct dt_slice text, name = dt_names_of(&out->names, piece);
    bool all = rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0;
    unsigned group = piece->kind == DT_PIECE_GROUP ? out->groups[piece->number] : 0;
    if (piece->kind == DT_PIECE_OWN && dt_names_own(rule, piece, &text)) {
        put_text(target, text);
        return;
    }
    bool path = piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH && all;
    if (path)
        dt_buf_char(&out->target, '/');
    if (piece->kind == DT_PIECE_STAR || path)
        dt_buf_printf(&out->target, ":%s", dt_vercel_star(&out->names));
    else if (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_HOST && out->nhas)
        dt_write_cannot(out->write, "target-capture", "{host} cannot be asked for here");
    else if (piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_QUERY ||
             piece->kind == DT_PIECE_LABEL)
        dt_buf_printf(&out->target, ":%.*s", DT_SLICE_FMT(name));
    else if (group && group < 10)
        dt_buf_printf(&out->target, "$%u", group);
    else
        dt_write_cannot(out->write, "target-capture",
                        "a destination of Vercel has captures by name, or groups 1 to 9");
    target->name_last = group == 0;
    target->number_last = group != 0;
}

void dt_vercel_put_target(struct dt_vercel_out *out)
{
    struct target target = {.out = out, .place = DT_MARK_PATH};
    struct dt_pieces pieces = dt_write_target(out->write, out->rule);
    for (size_t i = 0; i < pieces.count; i++) {
        if (pieces.list[i].kind == DT_PIECE_TEXT)
            put_text(&target, pieces.list[i].text);
        else
            put_capture(&target, &pieces.list[i]);
    }
    struct dt_slice written = dt_buf_slice(&out->target);
    if (written.len && written.ptr[0] != '/' && !dt_scan_http(written))
        dt_write_cannot(out->write, "target-scheme",
                        "a destination of Vercel begins with /, http:// or https://");
}
