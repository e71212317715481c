/* SPDX-License-Identifier: MIT
 *
 * Patterns, token by token. A byte that a path in normal form has as an escape (a blank, say)
 * becomes that escape; in a class it becomes an alternative beside it. What a pattern of a
 * .htaccess says of the beginning is said of what follows the first slash:
 *
 *   ^a      ^/a
 *   (.*)a   ^/(.*)a      it begins with the beginning anyway
 *   a       a            it cannot match the slash
 *   else    (?!^)(?:...) with (?<=^/) for every "^" in it
 */
#include "rules/dialects/apache/apache_regex.h"

#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

/* Bytes that never stand in a path as themselves. */
#define ENCODED " \"<>\\^`{|}[]#?%"

struct pattern {
    struct dt_apache *apache;
    struct dt_slice text;
    struct dt_buf *out;
    const char *caret; /* what is written for "^" */
    const char *dot;   /* for "."; NULL: itself */
    bool verbatim;     /* bytes are not in the normal form of paths */
};

static bool is_encoded(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f || (c && strchr(ENCODED, c));
}

/* The length of the class at `at`, brackets and all; 0: it does not end. */
static size_t class_len(struct dt_slice text, size_t at)
{
    size_t i = at + 1;
    i += i < text.len && text.ptr[i] == '^';
    i += i < text.len && text.ptr[i] == ']';
    for (; i < text.len && text.ptr[i] != ']'; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '[' && i + 1 < text.len && text.ptr[i + 1] == ':') {
            const char *end = memmem(text.ptr + i, text.len - i, ":]", 2);
            i = end ? (size_t)(end - text.ptr) + 1 : i;
        }
    }
    return i < text.len ? i + 1 - at : 0;
}

/* The length of the token at `at`: a byte, an escape, or a class. */
static size_t token_len(struct dt_slice text, size_t at)
{
    size_t class = text.ptr[at] == '[' ? class_len(text, at) : 0;
    if (class)
        return class;
    return text.ptr[at] == '\\' && at + 1 < text.len ? 2 : 1;
}

unsigned dt_apache_groups(struct dt_slice pattern)
{
    unsigned count = 0;
    for (size_t at = 0; at < pattern.len; at += token_len(pattern, at)) {
        if (pattern.ptr[at] != '(')
            continue;
        struct dt_slice rest = dt_slice_from(pattern, at + 1);
        bool named = dt_slice_starts(rest, DT_S("?<")) || dt_slice_starts(rest, DT_S("?P<")) ||
                     dt_slice_starts(rest, DT_S("?'"));
        bool behind = dt_slice_starts(rest, DT_S("?<=")) || dt_slice_starts(rest, DT_S("?<!"));
        count += (named && !behind) || (rest.len && rest.ptr[0] != '?' && rest.ptr[0] != '*');
    }
    return count;
}

/* ---- Classes ---- */

struct members {
    struct dt_buf plain;   /* members that stay in the brackets */
    struct dt_buf escapes; /* alternatives beside them */
};

static void put_escape(struct dt_buf *out, char c)
{
    if (out->len)
        dt_buf_char(out, '|');
    dt_pattern_literal(out, dt_slice_of(&c, 1), false);
}

/* One member at *at, which moves behind it. */
static bool put_member(struct pattern *pattern, struct dt_slice inner, size_t *at,
                       struct members *members)
{
    const char *p = inner.ptr + *at;
    bool escape = *p == '\\' && *at + 1 < inner.len;
    char c = escape ? p[1] : *p;
    size_t len = escape ? 2 : 1;
    bool range = *at + len + 1 < inner.len && p[len] == '-';
    *at += len;
    if (escape && c == 's') {
        for (const char *blank = " \t\n\v\f\r"; *blank; blank++)
            put_escape(&members->escapes, *blank);
        return true;
    }
    if (escape && (dt_is_word(c))) {
        dt_buf_put(&members->plain, dt_slice_of(p, 2)); /* \d, \w */
        return true;
    }
    if (!is_encoded(c)) {
        dt_buf_put(&members->plain, dt_slice_of(p, len));
        return true;
    }
    if (range)
        return DT_REFUSE(pattern->apache->reader, pattern->text, "source-regex",
                         "a range from a byte that a path has as an escape");
    put_escape(&members->escapes, c);
    return true;
}

static bool read_members(struct pattern *pattern, struct dt_slice inner, struct members *members)
{
    for (size_t at = 0; at < inner.len;) {
        const char *end = NULL;
        if (inner.ptr[at] == '[' && at + 1 < inner.len && inner.ptr[at + 1] == ':')
            end = memmem(inner.ptr + at, inner.len - at, ":]", 2);
        if (end) {
            size_t stop = (size_t)(end - inner.ptr) + 2;
            dt_buf_put(&members->plain, dt_slice_of(inner.ptr + at, stop - at));
            at = stop;
        } else if (!put_member(pattern, inner, &at, members)) {
            return false;
        }
    }
    return true;
}

static void put_class(struct pattern *pattern, bool negated, const struct members *members)
{
    struct dt_buf *out = pattern->out;
    struct dt_slice inside = dt_buf_slice(&members->plain);
    dt_buf_str(out, negated ? "(?:(?!" : "(?:");
    dt_buf_put(out, dt_buf_slice(&members->escapes));
    dt_buf_str(out, negated ? ")" : inside.len ? "|" : "");
    if (inside.len) {
        dt_buf_str(out, negated ? "[^" : "[");
        dt_buf_put(out, inside);
        dt_buf_char(out, ']');
    } else if (negated) {
        dt_buf_str(out, pattern->dot ? pattern->dot : ".");
    }
    dt_buf_char(out, ')');
}

/* A class as it is; where "." is not any byte, a negated class is not either. */
static bool copy_class(struct pattern *pattern, struct dt_slice text)
{
    bool limit = pattern->dot && text.ptr[1] == '^';
    if (limit) {
        dt_buf_str(pattern->out, "(?:(?=");
        dt_buf_str(pattern->out, pattern->dot);
        dt_buf_char(pattern->out, ')');
    }
    dt_buf_put(pattern->out, text);
    dt_buf_str(pattern->out, limit ? ")" : "");
    return true;
}

static bool write_class(struct pattern *pattern, struct dt_slice text)
{
    struct members members;
    struct dt_slice inner = dt_slice_of(text.ptr + 1, text.len - 2);
    bool negated = inner.len && inner.ptr[0] == '^';
    inner = dt_slice_from(inner, negated);
    dt_buf_init(&members.plain, DT_PATTERN_MAX);
    dt_buf_init(&members.escapes, DT_PATTERN_MAX);
    bool fine = read_members(pattern, inner, &members);
    if (fine && dt_buf_err(&members.plain) == DT_ERR_NOMEM)
        fine = dt_reader_nomem(pattern->apache->reader);
    if (fine && members.escapes.len == 0) {
        (void)copy_class(pattern, text);
    } else if (fine) {
        put_class(pattern, negated, &members);
    }
    dt_buf_release(&members.plain);
    dt_buf_release(&members.escapes);
    return fine;
}

/* ---- All tokens ---- */

/* A byte that means itself, perhaps as one escape; in brackets then, for what follows it. */
static void write_literal(struct pattern *pattern, char c)
{
    struct dt_buf *out = pattern->out;
    if (pattern->verbatim) {
        if (strchr("^\\[](){}|.*+?$", c))
            dt_buf_char(out, '\\');
        dt_buf_char(out, c);
        return;
    }
    dt_buf_str(out, "(?:");
    dt_pattern_literal(out, dt_slice_of(&c, 1), false);
    dt_buf_char(out, ')');
}

static bool write_token(struct pattern *pattern, struct dt_slice token)
{
    char c = token.ptr[0];
    if (c == '[' && token.len > 1)
        return pattern->verbatim ? copy_class(pattern, token) : write_class(pattern, token);
    if (pattern->dot && c == '\\' && token.len == 2 && strchr("DSWHNVX", token.ptr[1]))
        return DT_REFUSE(pattern->apache->reader, pattern->text, "source-regex",
                         "\\%c beside a condition that needs the whole URL", token.ptr[1]);
    if (c == '\\' && token.len == 2) {
        if (token.ptr[1] == 's' && !pattern->verbatim)
            dt_buf_str(pattern->out, "(?:%20|%0[9A-D])");
        else if (is_encoded(token.ptr[1]))
            write_literal(pattern, token.ptr[1]);
        else
            dt_buf_put(pattern->out, token);
    } else if (c == '^') {
        dt_buf_str(pattern->out, pattern->caret);
    } else if (c == '.' && pattern->dot) {
        dt_buf_str(pattern->out, pattern->dot);
    } else if (strchr(" \"<>`#%\t", c)) {
        write_literal(pattern, c);
    } else {
        dt_buf_put(pattern->out, token);
    }
    return true;
}

/* How much of "(?<name>", "(?<=" and their like has signs that are no text; 0: nothing. */
static size_t opener_len(struct dt_slice text)
{
    size_t at = dt_slice_starts(text, DT_S("(?P<")) ? 4 : 3;
    if (dt_slice_starts(text, DT_S("(?>")) || dt_slice_starts(text, DT_S("(?<=")) ||
        dt_slice_starts(text, DT_S("(?<!")))
        return text.ptr[2] == '>' ? 3 : 4;
    if (at == 3 && !dt_slice_starts(text, DT_S("(?<")))
        return 0;
    while (at < text.len && dt_is_word(text.ptr[at]))
        at++;
    return at < text.len && text.ptr[at] == '>' ? at + 1 : 0;
}

static bool write_from(struct pattern *pattern, size_t at)
{
    for (size_t len; at < pattern->text.len; at += len) {
        len = opener_len(dt_slice_from(pattern->text, at));
        if (len) {
            dt_buf_put(pattern->out, dt_slice_of(pattern->text.ptr + at, len));
            continue;
        }
        len = token_len(pattern->text, at);
        if (!write_token(pattern, dt_slice_of(pattern->text.ptr + at, len)))
            return false;
    }
    return true;
}

/* ---- Where it begins ---- */

/* What is asked of a pattern as a whole. */
static void look(struct dt_slice text, unsigned *ret_carets, bool *ret_choice)
{
    size_t depth = 0;
    *ret_carets = 0;
    *ret_choice = false;
    for (size_t at = 0; at < text.len; at += token_len(text, at)) {
        char c = text.ptr[at];
        if (c == '(')
            depth++;
        else if (c == ')' && depth)
            depth--;
        else if (c == '^')
            ++*ret_carets;
        else if (c == '|' && depth == 0)
            *ret_choice = true;
    }
}

/* Its first byte is one that is not a slash and must be there. */
static bool begins_with_byte(struct dt_slice text)
{
    size_t len = text.len && text.ptr[0] == '\\' ? 2 : 1;
    if (text.len < len || (text.len > len && strchr("?*{", text.ptr[len])))
        return false;
    char c = text.ptr[len - 1];
    return len == 1 ? dt_is_word(c) || c == '-' : c == '.' || c == '-' || c == '_';
}

static bool write_around(struct pattern *pattern, const char *before, size_t from, unsigned form)
{
    dt_buf_str(pattern->out, before);
    dt_buf_str(pattern->out, form & DT_APACHE_GROUPED ? "(" : "");
    bool fine = write_from(pattern, from);
    dt_buf_str(pattern->out, form & DT_APACHE_GROUPED ? ")" : "");
    return fine;
}

static bool write_directory(struct pattern *pattern, unsigned form)
{
    struct dt_slice text = pattern->text;
    unsigned carets;
    bool choice;
    look(text, &carets, &choice);
    bool first = text.len && text.ptr[0] == '^';
    if (first && carets == 1 && !choice)
        return write_around(pattern, "^/", 1, form);
    bool run = dt_slice_starts(text, DT_S(".*")) || dt_slice_starts(text, DT_S("(.*"));
    if (carets == 0 && !choice && run)
        return write_around(pattern, "^/", 0, form);
    if (carets == 0 && !choice && begins_with_byte(text))
        return write_around(pattern, "", 0, form);
    pattern->caret = "(?<=^/)";
    bool fine = write_around(pattern, "(?!^)(?:", 0, form);
    dt_buf_char(pattern->out, ')');
    return fine;
}

bool dt_apache_choice(struct dt_slice pattern)
{
    unsigned carets;
    bool choice;
    look(pattern, &carets, &choice);
    return choice;
}

static bool write_path(struct pattern *pattern, unsigned form)
{
    return form & DT_APACHE_DIRECTORY ? write_directory(pattern, form) : write_from(pattern, 0);
}

/* In a URL the path has to be tied to its beginning, and "?" is where it ends. */
static bool write_in_url(struct pattern *pattern, unsigned form)
{
    static const char *const all[] = {NULL, "^/", "^/([^?]*)$", "^(/[^?]*)$"};
    size_t from = pattern->out->len;
    enum dt_apache_all which = dt_apache_all(pattern->text, form & DT_APACHE_DIRECTORY);
    if (which != DT_APACHE_NOT_ALL) {
        dt_buf_str(pattern->out, all[which]);
        return true;
    }
    pattern->dot = "[^?]";
    if (!write_path(pattern, form))
        return false;
    struct dt_slice written = dt_slice_from(dt_buf_slice(pattern->out), from);
    unsigned carets;
    bool choice;
    look(written, &carets, &choice);
    if (dt_slice_starts(written, DT_S("^/")) && carets == 1 && !choice)
        return true;
    return DT_REFUSE(pattern->apache->reader, pattern->text, "source-regex",
                     "beside a condition that needs the whole URL, a pattern begins with ^");
}

bool dt_apache_regex(struct dt_apache *apache, struct dt_slice text, unsigned form,
                     struct dt_buf *out)
{
    struct pattern pattern = {.apache = apache, .text = text, .out = out, .caret = "^"};
    if (form & DT_APACHE_IN_URL)
        return write_in_url(&pattern, form);
    if (form & DT_APACHE_NEGATED)
        dt_buf_str(out, "^(?!.*?(?:");
    bool fine = write_path(&pattern, form);
    if (form & DT_APACHE_NEGATED)
        dt_buf_str(out, "))");
    return fine;
}

bool dt_apache_regex_part(struct dt_apache *apache, struct dt_slice text, const char *dot,
                          struct dt_buf *out)
{
    struct pattern pattern = {
        .apache = apache, .text = text, .out = out, .caret = "^", .dot = dot, .verbatim = true};
    return write_from(&pattern, 0);
}

enum dt_apache_all dt_apache_all(struct dt_slice pattern, bool directory)
{
    static const struct {
        const char *text;
        uint8_t directory, whole;
    } rows[] = {
        {"^", DT_APACHE_ALL, DT_APACHE_ALL},
        {".*", DT_APACHE_ALL, DT_APACHE_ALL},
        {"^.*", DT_APACHE_ALL, DT_APACHE_ALL},
        {".*$", DT_APACHE_ALL, DT_APACHE_ALL},
        {"^.*$", DT_APACHE_ALL, DT_APACHE_ALL},
        {"(.*)", DT_APACHE_ALL_REST, DT_APACHE_ALL_PATH},
        {"^(.*)", DT_APACHE_ALL_REST, DT_APACHE_ALL_PATH},
        {"(.*)$", DT_APACHE_ALL_REST, DT_APACHE_ALL_PATH},
        {"^(.*)$", DT_APACHE_ALL_REST, DT_APACHE_ALL_PATH},
        {"/", DT_APACHE_NOT_ALL, DT_APACHE_ALL},
        {"^/", DT_APACHE_NOT_ALL, DT_APACHE_ALL},
        {"^/(.*)", DT_APACHE_NOT_ALL, DT_APACHE_ALL_REST},
        {"^/(.*)$", DT_APACHE_NOT_ALL, DT_APACHE_ALL_REST},
        {"^(/.*)$", DT_APACHE_NOT_ALL, DT_APACHE_ALL_PATH},
        {"(/.*)", DT_APACHE_NOT_ALL, DT_APACHE_ALL_PATH},
        {"^/.*", DT_APACHE_NOT_ALL, DT_APACHE_ALL},
        {"^/.*$", DT_APACHE_NOT_ALL, DT_APACHE_ALL},
        {"^/?(.*)", DT_APACHE_ALL_REST, DT_APACHE_ALL_REST},
        {"^/?(.*)$", DT_APACHE_ALL_REST, DT_APACHE_ALL_REST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (dt_slice_eq(pattern, dt_slice_str(rows[i].text)))
            return (enum dt_apache_all)(directory ? rows[i].directory : rows[i].whole);
    return DT_APACHE_NOT_ALL;
}
