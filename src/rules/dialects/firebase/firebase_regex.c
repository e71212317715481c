/* SPDX-License-Identifier: MIT
 *
 * Globs as expressions, piece by piece and in place, so that what stands before the first pattern
 * stays in front, where the compiler looks for it:
 *
 *   *      a run of bytes without "/"; as a whole segment at least one
 *   **     as a whole segment any number of segments; else as *
 *   ?      one byte without "/"
 *   [a-z]  one of these, [!a-z] one of the others
 *   {a,b}  either; @(a|b) ?(a|b) *(a|b) +(a|b) one, none or one, any number, at least one of them
 *   !(a|b) what is left of the segment is none of them; a "!" in front of all: all other paths
 *   :name  one segment or piece of one; :name* any number of segments
 *
 * Where readers of globs differ (two stars beside braces, a pattern behind !(...)), the rule is
 * refused and says so.
 */
#include "rules/dialects/firebase/firebase_regex.h"

#include "rules/dialects/firebase/firebase_glob.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

#define DEPTH_MAX 16u
#define NAMES_MAX 32u

struct glob {
    struct dt_reader *reader;
    struct dt_slice at; /* for errors */
    struct dt_slice text;
    struct dt_buf out;
    struct dt_slice names[NAMES_MAX];
    unsigned count;
    unsigned depth;
    bool negated; /* "!" in front of all */
};

/* A part of the text, and the bytes that stand around it. */
struct span {
    size_t from, to;
    char before, after; /* 0: the end of all; '{': a pattern, so that nobody knows */
};

static bool put_span(struct glob *glob, struct span span);

static bool refuse(struct glob *glob, const char *name, const char *why)
{
    return DT_REFUSE(glob->reader, glob->at, name, "%s", why);
}

static char byte_at(const struct glob *glob, struct span span, size_t i)
{
    return i < span.to ? glob->text.ptr[i] : span.after;
}

/* Where the bracket that opens at i closes; span.to when it does not. */
static size_t closing(const struct glob *glob, struct span span, size_t i)
{
    const char *p = glob->text.ptr;
    char open = p[i], close = open == '{' ? '}' : ')';
    size_t depth = 0;
    for (; i < span.to; i++) {
        if (p[i] == '\\')
            i++;
        else if (p[i] == open)
            depth++;
        else if (p[i] == close && --depth == 0)
            return i;
    }
    return span.to;
}

/* The end of the alternative that begins at i. */
static size_t alternative_end(const struct glob *glob, size_t i, size_t to, char between)
{
    const char *p = glob->text.ptr;
    size_t depth = 0;
    for (; i < to; i++) {
        if (p[i] == '\\')
            i++;
        else if (p[i] == '{' || p[i] == '(')
            depth++;
        else if ((p[i] == '}' || p[i] == ')') && depth)
            depth--;
        else if (p[i] == between && depth == 0)
            return i;
    }
    return to;
}

/* "(?:a|b)"; inner is what stands between the brackets. */
static bool put_alternatives(struct glob *glob, struct span inner, char between)
{
    if (glob->depth == DEPTH_MAX)
        return refuse(glob, "source-glob", "brackets nest too deep");
    glob->depth++;
    dt_buf_str(&glob->out, "(?:");
    for (size_t from = inner.from;;) {
        size_t to = alternative_end(glob, from, inner.to, between);
        if (!put_span(glob, (struct span){from, to, inner.before, inner.after}))
            return false;
        if (to >= inner.to)
            break;
        dt_buf_char(&glob->out, '|');
        from = to + 1;
    }
    dt_buf_char(&glob->out, ')');
    glob->depth--;
    return true;
}

/* The bytes around what a bracket holds. */
static struct span inside(const struct glob *glob, struct span span, size_t open, size_t start,
                          size_t close)
{
    char before = start > span.from ? glob->text.ptr[start - 1] : span.before;
    char after = byte_at(glob, span, close + 1);
    if (before == '}' || before == ')')
        before = '{';
    if (after && strchr("{*?[@+!:", after))
        after = '{';
    return (struct span){open + 1, close, before, after};
}

static bool put_braces(struct glob *glob, struct span span, size_t *i)
{
    size_t close = closing(glob, span, *i);
    size_t first = alternative_end(glob, *i + 1, close, ',');
    struct dt_slice inner = dt_slice_of(glob->text.ptr + *i + 1, close - *i - 1);
    if (close == span.to || first == close) {
        if (close < span.to && memmem(inner.ptr, inner.len, "..", 2))
            return refuse(glob, "source-glob", "a range in braces: write its values, {1,2,3}");
        dt_pattern_literal(&glob->out, DT_S("{"), true); /* no alternatives: itself */
        (*i)++;
        return true;
    }
    struct span within = inside(glob, span, *i, *i, close);
    *i = close + 1;
    return put_alternatives(glob, within, ',');
}

/* "!(a|b)": what is left of the segment is not one of these and then the rest. */
static bool put_not(struct glob *glob, struct span span, struct span within, size_t from)
{
    size_t rest = from;
    while (rest < span.to && glob->text.ptr[rest] != '/') {
        if (strchr("*?[{@+!:\\(", glob->text.ptr[rest]))
            return refuse(glob, "source-glob",
                          "a pattern behind !(...) in one segment: what that means differs from "
                          "reader to reader");
        rest++;
    }
    if (rest == span.to && span.after && span.after != '/')
        return refuse(glob, "source-glob", "a !(...) that ends with a bracket, not with a segment");
    dt_buf_str(&glob->out, "(?!");
    if (!put_alternatives(glob, within, '|'))
        return false;
    dt_pattern_literal(&glob->out, dt_slice_of(glob->text.ptr + from, rest - from), true);
    dt_buf_str(&glob->out, "(?:/|$))[^/]*");
    return true;
}

/* At one of ?*+@! with a "(" behind it. */
static bool put_extglob(struct glob *glob, struct span span, size_t *i)
{
    char kind = glob->text.ptr[*i];
    size_t close = closing(glob, span, *i + 1);
    if (close == span.to)
        return refuse(glob, "source-glob", "a bracket that is not closed");
    struct span within = inside(glob, span, *i + 1, *i, close);
    *i = close + 1;
    if (kind == '!')
        return put_not(glob, span, within, *i);
    if (!put_alternatives(glob, within, '|'))
        return false;
    if (kind != '@')
        dt_buf_char(&glob->out, kind);
    return true;
}

/* "[a-z]" or "[!a-z]"; without its end it is a bracket. */
static bool put_class(struct glob *glob, struct span span, size_t *i)
{
    const char *p = glob->text.ptr;
    size_t from = *i + 1, to;
    bool negated = from < span.to && (p[from] == '!' || p[from] == '^');
    from += negated;
    for (to = from; to < span.to && (p[to] != ']' || to == from); to++)
        to += p[to] == '\\';
    if (to >= span.to) {
        dt_pattern_literal(&glob->out, DT_S("["), true);
        (*i)++;
        return true;
    }
    dt_buf_str(&glob->out, negated ? "[^/" : "[");
    for (size_t at_byte = from; at_byte < to; at_byte++) {
        char c = p[at_byte];
        bool escaped = c == '\\' && at_byte + 1 < to;
        if (escaped)
            c = p[++at_byte];
        if ((unsigned char)c >= 0x80 || !(dt_is_word(c) || strchr("-.~:@!$&'()*+,;=", c)))
            return refuse(glob, "source-glob",
                          "in [...] letters, digits and -._~:@!$&'()*+,;= can be read");
        bool range = c == '-' && !escaped && at_byte > from && at_byte + 1 < to;
        if (!dt_is_word(c) && !range)
            dt_buf_char(&glob->out, '\\');
        dt_buf_char(&glob->out, c);
    }
    dt_buf_char(&glob->out, ']');
    *i = to + 1;
    return true;
}

/* A run of stars. slash: the "/" in front of them is still to be written. */
static bool put_stars(struct glob *glob, struct span span, size_t *i, bool slash)
{
    size_t from = *i;
    char before = from > span.from ? glob->text.ptr[from - 1] : span.before;
    if (before == '}' || before == ')')
        before = '{';
    while (*i < span.to && glob->text.ptr[*i] == '*' && byte_at(glob, span, *i + 1) != '(')
        (*i)++;
    size_t count = *i - from;
    char after = byte_at(glob, span, *i);
    if (after && strchr("@+!?*", after) && byte_at(glob, span, *i + 1) == '(')
        after = '{';
    bool whole = (before == '/' || !before) && (after == '/' || !after);
    if (count > 1 && (before == '{' || (before == '/' && after == '{')))
        return refuse(glob, "source-glob",
                      "two stars beside brackets: whether they are a whole segment cannot be told");
    if (count < 2 || !whole) {
        dt_buf_str(&glob->out, slash ? "/" : "");
        dt_buf_str(&glob->out, whole ? "[^/]+" : "[^/]*");
    } else if (slash) {
        dt_buf_str(&glob->out, after ? "(?:/.*)?" : "/.*");
    } else if (!after) {
        dt_buf_str(&glob->out, ".*");
    } else if (*i < span.to) {
        dt_buf_str(&glob->out, "(?:.*/)?");
        (*i)++;
    } else {
        return refuse(glob, "source-glob", "two stars with a \"/\" outside of their brackets");
    }
    return true;
}

/* ":name" or ":name*". slash: the "/" in front of it is still to be written. */
static bool put_name(struct glob *glob, struct span span, size_t *i, bool slash)
{
    struct dt_slice rest = dt_slice_of(glob->text.ptr + *i + 1, span.to - *i - 1);
    struct dt_slice name = dt_slice_of(rest.ptr, dt_firebase_name(rest));
    *i += name.len + 1;
    bool star = *i < span.to && glob->text.ptr[*i] == '*';
    *i += star;
    if (glob->negated)
        return refuse(glob, "source-name", "a name in a source that is negated captures nothing");
    for (unsigned n = 0; n < glob->count; n++)
        if (dt_slice_eq(glob->names[n], name))
            return DT_REFUSE(glob->reader, glob->at, "source-name", "the name :%.*s stands twice",
                             DT_SLICE_FMT(name));
    if (glob->count == NAMES_MAX)
        return refuse(glob, "source-name", "more than 32 names");
    glob->names[glob->count++] = name;
    if (star)
        dt_buf_str(&glob->out, slash ? "(?:/(.*))?" : "(.*)");
    else
        dt_buf_str(&glob->out, slash ? "/([^/]+)" : "([^/]+)");
    return true;
}

static bool is_name(const struct glob *glob, struct span span, size_t i)
{
    return i < span.to && glob->text.ptr[i] == ':' &&
           dt_firebase_name(dt_slice_of(glob->text.ptr + i + 1, span.to - i - 1)) > 0;
}

/* The bytes at i that stand for themselves, up to the next that do not. */
static void put_literal(struct glob *glob, struct span span, size_t *i)
{
    const char *p = glob->text.ptr;
    if (p[*i] == '\\' && *i + 1 < span.to) {
        dt_pattern_literal(&glob->out, dt_slice_of(p + *i + 1, 1), true);
        *i += 2;
        return;
    }
    size_t from = (*i)++;
    while (*i < span.to && (dt_is_word(p[*i]) || p[*i] == '%' || (unsigned char)p[*i] >= 0x80))
        (*i)++;
    dt_pattern_literal(&glob->out, dt_slice_of(p + from, *i - from), true);
}

static bool put_piece(struct glob *glob, struct span span, size_t *i)
{
    char c = glob->text.ptr[*i], next = *i + 1 < span.to ? glob->text.ptr[*i + 1] : 0;
    if (c == '/' && (is_name(glob, span, *i + 1) ||
                     (next == '*' && *i + 2 < span.to && glob->text.ptr[*i + 2] != '('))) {
        (*i)++;
        return next == ':' ? put_name(glob, span, i, true) : put_stars(glob, span, i, true);
    }
    if (next == '(' && strchr("?*+@!", c))
        return put_extglob(glob, span, i);
    if (is_name(glob, span, *i))
        return put_name(glob, span, i, false);
    switch (c) {
    case '*':
        return put_stars(glob, span, i, false);
    case '{':
        return put_braces(glob, span, i);
    case '[':
        return put_class(glob, span, i);
    case '?':
        dt_buf_str(&glob->out, "[^/]");
        (*i)++;
        return true;
    default:
        put_literal(glob, span, i);
        return true;
    }
}

static bool put_span(struct glob *glob, struct span span)
{
    for (size_t i = span.from; i < span.to;)
        if (!put_piece(glob, span, &i))
            return false;
    return true;
}

static bool translate(struct glob *glob)
{
    size_t from = 0;
    while (from + 1 < glob->text.len && glob->text.ptr[from] == '!' &&
           glob->text.ptr[from + 1] != '(')
        from++;
    glob->negated = from % 2 == 1;
    dt_buf_str(&glob->out, glob->negated ? "^(?!" : "^");
    if (!put_span(glob, (struct span){from, glob->text.len, 0, 0}))
        return false;
    dt_buf_str(&glob->out, glob->negated ? "$)" : "$");
    return true;
}

/* The names of the groups, for the target. */
static void name_groups(struct glob *glob)
{
    struct dt_capture_names *captures = &glob->reader->captures;
    captures->count = 0;
    for (unsigned i = 0; i < glob->count; i++)
        captures->list[captures->count++] = (struct dt_capture_name){
            .name = glob->names[i], .number = (uint8_t)(i + 1), .from = DT_FROM_PATH};
}

bool dt_firebase_regex(struct dt_reader *reader, struct dt_slice where, struct dt_slice text,
                       struct dt_rule *rule)
{
    struct glob glob = {.reader = reader, .at = where, .text = text};
    dt_buf_init(&glob.out, DT_PATTERN_MAX);
    bool fine = translate(&glob);
    if (fine && dt_buf_err(&glob.out) == DT_ERR_LIMIT)
        fine = refuse(&glob, "source-long", "too long as a regular expression");
    struct dt_slice copy = DT_SLICE_NONE;
    if (fine)
        copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(&glob.out));
    if (fine && (dt_buf_err(&glob.out) || !copy.ptr))
        fine = dt_reader_nomem(reader);
    dt_buf_release(&glob.out);
    if (!fine || !dt_source_regex(reader, where, copy, 0, rule))
        return false;
    name_groups(&glob);
    return true;
}
