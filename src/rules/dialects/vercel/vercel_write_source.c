/* SPDX-License-Identifier: MIT
 *
 * Sources for path-to-regexp. A regular expression is cut where it says plain text; a group of its
 * own stays one, and what else is no text becomes a group that nobody asks for:
 *
 *     ^/archive/[0-9]+/(.*)\.php$     /archive/([0-9]+)/(.*).php     $1 is $2 then
 */
#include "rules/dialects/vercel/vercel_write.h"

#include "base/buf.h"
#include "rules/read/native_scan.h"

void dt_vercel_put_literal(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && strchr(":*+?(){}\\", text.ptr[i]))
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
}

/* ---- Regular expressions ---- */

struct regex {
    struct dt_vercel_out *out;
    struct dt_slice rest;
    struct dt_buf atoms; /* what is no text, for a group of its own */
    unsigned group;      /* of the expression, so far */
};

static size_t class_len(struct dt_slice text)
{
    size_t at = 1;
    if (at < text.len && text.ptr[at] == '^')
        at++;
    for (bool first = true; at < text.len && (first || text.ptr[at] != ']'); first = false) {
        if (dt_slice_starts(dt_slice_from(text, at), DT_S("[:")))
            return 0; /* [:alpha:] is PCRE's */
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? at + 1 : 0;
}

/* A group's length, with its brackets; *ret_inner: there is a capturing group in it. */
static size_t group_len(struct dt_slice text, bool *ret_inner)
{
    size_t depth = 0;
    *ret_inner = false;
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] == '\\') {
            at++;
        } else if (text.ptr[at] == '[') {
            size_t len = class_len(dt_slice_from(text, at));
            if (!len)
                return 0;
            at += len - 1;
        } else if (text.ptr[at] == '(') {
            *ret_inner |= depth++ > 0 && (at + 1 >= text.len || text.ptr[at + 1] != '?');
        } else if (text.ptr[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* Of what stands at the start of text; 0: nothing. SIZE_MAX: JavaScript has it not. */
static size_t quantifier_len(struct dt_slice text)
{
    size_t len = 0;
    if (text.len && text.ptr[0] && strchr("*+?", text.ptr[0])) {
        len = 1;
    } else if (text.len > 1 && text.ptr[0] == '{' && dt_is_digit(text.ptr[1])) {
        while (len < text.len && text.ptr[len] != '}')
            len++;
        len++;
    }
    if (len && len < text.len && text.ptr[len] == '+')
        return SIZE_MAX;
    return len + (len && len < text.len && text.ptr[len] == '?');
}

/* The length of an element that is no group; 0: JavaScript has it not, or not here. */
static size_t element_len(struct dt_slice text)
{
    char c = text.ptr[0];
    if (c == '[')
        return class_len(text);
    if (c == '\\')
        return text.len > 1 && (!dt_is_word(text.ptr[1]) || strchr("dDwWsS", text.ptr[1])) ? 2 : 0;
    return strchr("^$|)*+?{", c) ? 0 : 1;
}

static bool is_literal(struct dt_slice element)
{
    return element.len == 1 ? element.ptr[0] != '.' && element.ptr[0] != '['
                            : element.ptr[0] == '\\' && !dt_is_word(element.ptr[1]);
}

static void flush(struct regex *regex)
{
    if (regex->atoms.len == 0)
        return;
    regex->out->ngroups++;
    dt_buf_printf(&regex->out->source, "(%.*s)", DT_SLICE_FMT(dt_buf_slice(&regex->atoms)));
    dt_buf_clear(&regex->atoms);
}

static struct dt_slice cut(struct regex *regex, size_t len)
{
    struct dt_slice taken = dt_slice_of(regex->rest.ptr, len);
    regex->rest = dt_slice_from(regex->rest, len);
    return taken;
}

/* What JavaScript has behind "(?". */
static bool group_known(struct dt_slice text)
{
    static const char *const known[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (dt_slice_starts(text, dt_slice_str(known[i])))
            return true;
    return false;
}

static bool read_group(struct regex *regex)
{
    bool inner;
    size_t len = group_len(regex->rest, &inner), name = 0;
    struct dt_slice group = dt_slice_of(regex->rest.ptr, len);
    size_t quantifier = quantifier_len(dt_slice_from(regex->rest, len));
    bool special = len > 1 && group.ptr[1] == '?';
    bool named = dt_slice_starts(group, DT_S("(?<")) && len > 3 && dt_is_word(group.ptr[3]);
    if (len < 3 || inner || quantifier == SIZE_MAX || (special && !named && !group_known(group)))
        return false;
    if (named) {
        const char *end = memchr(group.ptr, '>', len);
        name = end ? (size_t)(end - group.ptr) : 0;
    }
    struct dt_slice body = dt_slice_of(group.ptr + 1 + name, len - 2 - name);
    if (special && !named) {
        dt_buf_put(&regex->atoms, cut(regex, len + quantifier));
        return true;
    }
    unsigned number = ++regex->group;
    if (body.len == 0 || number >= DT_CAPTURES_MAX)
        return false;
    if (quantifier) { /* Vercel's own modifiers would take the slash before it along */
        dt_buf_printf(&regex->atoms, "(?:%.*s)", DT_SLICE_FMT(body));
        cut(regex, len);
        dt_buf_put(&regex->atoms, cut(regex, quantifier));
        return true;
    }
    flush(regex);
    if (body.ptr[0] == '?')
        return false;
    regex->out->groups[number] = (uint8_t)++regex->out->ngroups;
    dt_buf_printf(&regex->out->source, "(%.*s)", DT_SLICE_FMT(body));
    cut(regex, len);
    return true;
}

static bool read_element(struct regex *regex)
{
    size_t len = element_len(regex->rest);
    size_t quantifier = len ? quantifier_len(dt_slice_from(regex->rest, len)) : 0;
    if (len == 0 || quantifier == SIZE_MAX)
        return false;
    struct dt_slice element = dt_slice_of(regex->rest.ptr, len);
    if (quantifier || !is_literal(element)) {
        dt_buf_put(&regex->atoms, cut(regex, len + quantifier));
        return true;
    }
    flush(regex);
    cut(regex, len);
    dt_vercel_put_literal(&regex->out->source, dt_slice_from(element, len - 1));
    return true;
}

/* "^" at the beginning and "$" at the end; without one, anything may stand there. */
static bool read_ends(struct regex *regex, bool *ret_open)
{
    struct dt_slice text = regex->rest;
    bool begins = dt_slice_starts(text, DT_S("^"));
    bool ends = text.len > 1 && text.ptr[text.len - 1] == '$' && text.ptr[text.len - 2] != '\\';
    regex->rest = dt_slice_of(text.ptr + begins, text.len - begins - ends);
    *ret_open = !ends;
    if (!begins) {
        dt_buf_str(&regex->atoms, ".*");
        return true;
    }
    struct dt_slice rest = regex->rest;
    if (dt_slice_starts(rest, DT_S("(/")) || dt_slice_starts(rest, DT_S("(.*)")) ||
        dt_slice_starts(rest, DT_S("(?:/")))
        return true;
    size_t slash = dt_slice_starts(rest, DT_S("\\/")) ? 2 : dt_slice_starts(rest, DT_S("/"));
    return slash && !quantifier_len(dt_slice_from(rest, slash));
}

bool dt_vercel_put_regex(struct dt_vercel_out *out)
{
    struct regex regex = {.out = out, .rest = out->rule->path};
    bool open = false;
    dt_buf_init(&regex.atoms, 64u << 10);
    bool fine = read_ends(&regex, &open);
    while (fine && regex.rest.len)
        fine = regex.rest.ptr[0] == '(' ? read_group(&regex) : read_element(&regex);
    if (open)
        dt_buf_str(&regex.atoms, ".*");
    flush(&regex);
    if (dt_buf_err(&regex.atoms))
        out->source.err = dt_buf_err(&regex.atoms);
    dt_buf_release(&regex.atoms);
    return fine && !(out->rule->flags & DT_RULE_URL);
}

/* ---- The native kinds ---- */

/* A name for the star that no segment has. */
static const char *star_name(const struct dt_names *names)
{
    static const char *const choice[] = {"path", "rest", "splat"};
    for (size_t i = 0; i < 2; i++) {
        bool taken = false;
        for (unsigned n = 0; n < names->count; n++)
            taken |= dt_slice_eq(names->list[n], dt_slice_str(choice[i]));
        if (!taken)
            return choice[i];
    }
    return choice[2];
}

void dt_vercel_put_source(struct dt_vercel_out *out)
{
    struct dt_pieces path = dt_write_path(out->write, out->rule);
    bool folder = false;
    if (out->rule->path_kind == DT_PATH_REGEX) {
        if (!dt_vercel_put_regex(out))
            dt_write_cannot(out->write, "regex",
                            "this expression cannot be cut into text and groups for Vercel");
        return;
    }
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        struct dt_slice name = dt_names_of(&out->names, piece);
        if (piece->kind == DT_PIECE_TEXT) {
            dt_vercel_put_literal(&out->source, piece->text);
            continue;
        }
        out->named = true;
        if (piece->kind == DT_PIECE_NAME) {
            dt_buf_printf(&out->source, ":%.*s", DT_SLICE_FMT(name));
            continue;
        }
        folder = piece->number == DT_WRITE_FOLDER;
        dt_buf_printf(&out->source, "%s:%s(.*)%s", folder ? "/" : "", star_name(&out->names),
                      folder && path.count > 1 ? "?" : "");
    }
    if ((out->rule->flags & DT_RULE_IGNORE_SLASH) && out->source.len && !folder)
        dt_buf_str(&out->source, "{/}?");
    else if (out->source.len == 0)
        dt_buf_char(&out->source, '/');
}

/* ---- The destination ---- */

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

static void put_byte(struct target *target, struct dt_slice text, size_t at)
{
    struct dt_vercel_out *out = target->out;
    char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
    bool sign = (c == ':' && dt_is_word(next)) || (brackets(text, at) && out->ngroups == 0) ||
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
        dt_buf_printf(&out->target, ":%s", star_name(&out->names));
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
}
