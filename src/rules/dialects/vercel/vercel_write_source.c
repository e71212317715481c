/* SPDX-License-Identifier: MIT
 *
 * Sources for path-to-regexp. A regular expression is cut where it says plain text; a group of its
 * own stays one, and what else is no text becomes a group that nobody asks for:
 *
 *     ^/archive/[0-9]+/(.*)\.php$     /archive/([0-9]+)/(.*).php     $1 is $2 then
 *     ^/dir(?:/(.*))?$                 /dir{/(.*)}?
 *
 * What the reader made of Vercel's own sources finds its way back here.
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
    bool optional;       /* nothing so far must be there */
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
    return strchr("^$|()*+?{", c) ? 0 : 1;
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
    regex->optional = false;
    regex->out->ngroups++;
    regex->out->unnamed++;
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

/* Plain text at the start of *rest, which is cut off. */
static void put_plain(struct regex *regex, struct dt_slice *rest)
{
    while (rest->len) {
        size_t len = element_len(*rest);
        struct dt_slice element = dt_slice_of(rest->ptr, len);
        if (len == 0 || !is_literal(element) || quantifier_len(dt_slice_from(*rest, len)))
            return;
        dt_vercel_put_literal(&regex->out->source, dt_slice_from(element, len - 1));
        *rest = dt_slice_from(*rest, len);
    }
}

/* "/:path*", "/:path+" and "/:path?", as the reader has written them. */
static bool read_segments(struct regex *regex, struct dt_slice group, bool optional)
{
    struct dt_vercel_out *out = regex->out;
    bool many = dt_slice_eq(group, DT_S("(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))"));
    bool one = optional && dt_slice_eq(group, DT_S("(?:/([^/]+?))"));
    if ((!many && !one) || regex->group + 1 >= DT_CAPTURES_MAX)
        return false;
    out->groups[++regex->group] = (uint8_t)++out->ngroups;
    dt_buf_str(&out->source, many ? "/:path" : "/:part");
    if (out->ngroups > 1 || out->names.count)
        dt_buf_printf(&out->source, "%u", out->ngroups); /* a name of its own */
    dt_buf_char(&out->source, !many ? '?' : optional ? '*' : '+');
    regex->optional &= optional;
    return true;
}

/* "(?:text(group)text)?" are braces. False, and nothing is read, when it is something else. */
static bool read_braces(struct regex *regex, struct dt_slice group)
{
    struct dt_slice rest = dt_slice_of(group.ptr + 3, group.len - 4);
    size_t before = regex->out->source.len;
    struct dt_slice after = dt_slice_from(regex->rest, group.len);
    bool optional = dt_slice_starts(after, DT_S("?"));
    size_t quantifier = quantifier_len(after);
    bool inner = false;
    flush(regex);
    if (read_segments(regex, group, optional) && quantifier == (optional ? 1u : 0u)) {
        cut(regex, group.len + quantifier);
        return true;
    }
    regex->out->source.len = before;
    dt_buf_char(&regex->out->source, '{');
    put_plain(regex, &rest);
    size_t len = dt_slice_starts(rest, DT_S("(")) ? group_len(rest, &inner) : 0;
    bool fine = dt_slice_starts(group, DT_S("(?:")) && quantifier == (optional ? 1u : 0u) &&
                len > 2 && !inner && rest.ptr[1] != '?' && regex->group + 1 < DT_CAPTURES_MAX;
    if (fine) {
        dt_buf_put(&regex->out->source, dt_slice_of(rest.ptr, len));
        rest = dt_slice_from(rest, len);
        put_plain(regex, &rest);
    }
    if (!fine || rest.len) {
        regex->out->source.len = before;
        return false;
    }
    dt_buf_str(&regex->out->source, optional ? "}?" : "}");
    regex->out->unnamed++;
    regex->out->groups[++regex->group] = (uint8_t)++regex->out->ngroups;
    regex->optional &= optional;
    cut(regex, group.len + quantifier);
    return true;
}

static bool read_group(struct regex *regex)
{
    bool inner;
    size_t len = group_len(regex->rest, &inner), name = 0;
    struct dt_slice group = dt_slice_of(regex->rest.ptr, len);
    size_t quantifier = quantifier_len(dt_slice_from(regex->rest, len));
    bool special = len > 1 && group.ptr[1] == '?';
    bool named = dt_slice_starts(group, DT_S("(?<")) && len > 3 && dt_is_word(group.ptr[3]);
    if (len > 4 && inner)
        return read_braces(regex, group);
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
    regex->optional = false;
    regex->out->unnamed++;
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
    regex->optional = false;
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

/* What the reader makes of a source that Vercel tries without its first slash, too: "^(?:x|/)$"
 * when it may be nothing at all, and "^(?|x|/x)$" when it does not begin with a slash. */
static bool cut_retry(struct regex *regex, bool *ret_nothing)
{
    struct dt_slice text = regex->rest;
    *ret_nothing = dt_slice_starts(text, DT_S("^(?:")) && text.len > 8 &&
                   memcmp(text.ptr + text.len - 4, "|/)$", 4) == 0;
    if (*ret_nothing) {
        regex->rest = dt_slice_of(text.ptr + 4, text.len - 8);
        return true;
    }
    size_t half = text.len > 8 ? (text.len - 8) / 2 : 0;
    if (!half || text.len % 2 || !dt_slice_starts(text, DT_S("^(?|")) ||
        memcmp(text.ptr + 4 + half, "|/", 2) != 0 ||
        memcmp(text.ptr + 4, text.ptr + 6 + half, half) != 0)
        return false;
    regex->rest = dt_slice_of(text.ptr + 4, half);
    return true;
}

bool dt_vercel_put_regex(struct dt_vercel_out *out)
{
    struct regex regex = {.out = out, .rest = out->rule->path, .optional = true};
    bool open = false, nothing = false;
    dt_buf_init(&regex.atoms, 64u << 10);
    bool fine = cut_retry(&regex, &nothing) || read_ends(&regex, &open);
    while (fine && regex.rest.len)
        fine = regex.rest.ptr[0] == '(' ? read_group(&regex) : read_element(&regex);
    if (open)
        dt_buf_str(&regex.atoms, ".*");
    flush(&regex);
    fine = fine && regex.optional >= nothing;
    if (dt_buf_err(&regex.atoms))
        out->source.err = dt_buf_err(&regex.atoms);
    dt_buf_release(&regex.atoms);
    return fine && !(out->rule->flags & DT_RULE_URL);
}

/* ---- The native kinds ---- */

const char *dt_vercel_star(const struct dt_names *names)
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
        if (piece->kind == DT_PIECE_NAME) {
            dt_buf_printf(&out->source, ":%.*s", DT_SLICE_FMT(name));
            continue;
        }
        folder = piece->number == DT_WRITE_FOLDER;
        dt_buf_printf(&out->source, "%s:%s(.*)%s", folder ? "/" : "", dt_vercel_star(&out->names),
                      folder && path.count > 1 ? "?" : "");
    }
    if ((out->rule->flags & DT_RULE_IGNORE_SLASH) && out->source.len && !folder)
        dt_buf_str(&out->source, "{/}?");
    else if (out->source.len == 0)
        dt_buf_char(&out->source, '/');
}
