/* SPDX-License-Identifier: MIT
 *
 * Sources as regular expressions, for the dialects that have little else.
 */
#include "rules/write/write.h"

#include "rules/regex/regex.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool dt_write_decode(struct dt_write *write, struct dt_slice path, struct dt_slice *ret)
{
    if (!path.len || !memchr(path.ptr, '%', path.len)) {
        *ret = path;
        return true;
    }
    char *mem = dt_arena_alloc(&write->arena, path.len);
    size_t len = 0;
    if (!mem)
        return false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '%' && i + 2 < path.len && hex(path.ptr[i + 1]) >= 0 &&
            hex(path.ptr[i + 2]) >= 0) {
            int byte = hex(path.ptr[i + 1]) * 16 + hex(path.ptr[i + 2]);
            if (byte == '/' || byte < ' ' || byte == 0x7f)
                return false;
            c = (char)byte;
            i += 2;
        }
        mem[len++] = c;
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

void dt_write_quoted(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && strchr("\\^$.|?*+()[]{}", text.ptr[i]))
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
}

static bool put_text(struct dt_write *write, struct dt_slice text, unsigned flags,
                     struct dt_buf *out)
{
    if ((flags & DT_WRITE_DECODED) && !dt_write_decode(write, text, &text))
        return false;
    dt_write_quoted(out, text);
    return true;
}

bool dt_write_regex(struct dt_write *write, const struct dt_rule *rule, unsigned flags,
                    struct dt_buf *out)
{
    if (rule->path_kind == DT_PATH_REGEX) {
        if ((flags & DT_WRITE_DECODED) && memchr(rule->path.ptr, '%', rule->path.len))
            return false;
        dt_buf_put(out, rule->path);
        return true;
    }
    struct dt_pieces path = dt_write_path(write, rule);
    bool folder = false, slash = false;
    dt_buf_char(out, '^');
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        switch ((enum dt_piece_kind)piece->kind) {
        case DT_PIECE_TEXT:
            if (!put_text(write, piece->text, flags, out))
                return false;
            break;
        case DT_PIECE_NAME:
            dt_buf_str(out, "([^/]+)");
            break;
        case DT_PIECE_STAR:
            folder = piece->number == DT_WRITE_FOLDER;
            dt_buf_str(out, folder ? "(?:/(.*))?" : "(.*)");
            break;
        case DT_PIECE_LABEL:
        case DT_PIECE_QUERY:
        case DT_PIECE_GROUP:
        case DT_PIECE_OWN:
            break;
        }
        slash = piece->kind == DT_PIECE_TEXT && piece->text.ptr[piece->text.len - 1] == '/';
    }
    if ((rule->flags & DT_RULE_IGNORE_SLASH) && !folder)
        /* A request loses one slash, and must end in another if the rule still does. */
        dt_buf_str(out, slash ? "/" : "/?");
    dt_buf_char(out, '$');
    return true;
}

/* Groups stand in the order of the path; the star of a glob may be before names. */
unsigned dt_write_group(const struct dt_rule *rule, const struct dt_piece *piece)
{
    if (piece->kind == DT_PIECE_GROUP)
        return piece->number;
    bool name = piece->kind == DT_PIECE_NAME;
    unsigned groups = 0, names = 0;
    if (rule->path_kind == DT_PATH_PREFIX)
        return 1;
    for (size_t i = 0; i < rule->path.len; i++) {
        bool is_name = rule->path.ptr[i] == DT_PATH_NAME;
        if (!is_name && rule->path.ptr[i] != DT_PATH_STAR)
            continue;
        groups++;
        if (is_name == name && (!name || names == piece->number))
            return groups;
        names += is_name;
    }
    return 0;
}
