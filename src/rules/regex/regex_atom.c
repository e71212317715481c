/* SPDX-License-Identifier: MIT
 *
 * The smallest parts of an expression: a byte, an escape, a class. Where one ends matters more than
 * what it means, since what follows would be read wrongly; what a class means PCRE2 is asked.
 */
#include "rules/regex/regex_pcre.h"
#include "rules/regex/regex_tree.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static char at(struct dt_slice text, size_t pos)
{
    return pos < text.len ? text.ptr[pos] : '\0';
}

static size_t digits(struct dt_slice text, size_t pos, unsigned *value)
{
    unsigned n = 0;
    for (; is_digit(at(text, pos)); pos++)
        n = n < 100000 ? n * 10 + (unsigned)(text.ptr[pos] - '0') : n;
    *value = n;
    return pos;
}

int dt_regex_braces(struct dt_slice text, unsigned *ret_min, unsigned *ret_max, size_t *ret_len)
{
    size_t pos = digits(text, 1, ret_min);
    if (pos > 1 && at(text, pos) == '}') {
        *ret_max = *ret_min;
        *ret_len = pos + 1;
        return 1;
    }
    if (pos > 1 && at(text, pos) == ',') {
        size_t second = pos + 1;
        pos = digits(text, second, ret_max);
        if (pos == second)
            *ret_max = UINT32_MAX;
        *ret_len = pos + 1;
        if (at(text, pos) == '}')
            return 1;
    }
    for (pos = 1; is_digit(at(text, pos)) || at(text, pos) == ',' || at(text, pos) == ' '; pos++)
        continue;
    return at(text, pos) == '}' && pos > 1 ? -1 : 0;
}

/* What PCRE2 makes of a class: is "/" in it? False when it is none. */
static bool ask_class(struct dt_slice class, bool *ret_slash)
{
    int failure;
    size_t offset;
    pcre2_code *code = dt_regex_compile(class, false, NULL, &failure, &offset);
    pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
    bool good = data != NULL;
    if (good)
        *ret_slash = pcre2_match(code, (PCRE2_SPTR) "/", 1, 0, PCRE2_ANCHORED, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return good;
}

static bool class_end(struct dt_slice text, size_t *ret_len)
{
    size_t pos = at(text, 1) == '^' ? 2 : 1;
    if (at(text, pos) == ']')
        pos++;
    for (; pos < text.len && text.ptr[pos] != ']'; pos++) {
        char next = at(text, pos + 1);
        if (text.ptr[pos] == '\\') {
            if (next == 'Q' || next == 'E')
                return false;
            pos++;
        } else if (text.ptr[pos] == '[' && (next == ':' || next == '.' || next == '=')) {
            pos += at(text, pos + 2) == '^' ? 3 : 2;
            while (is_letter(at(text, pos)))
                pos++;
            if (next != ':' || at(text, pos) != ':' || at(text, pos + 1) != ']')
                return false;
            pos++;
        }
    }
    *ret_len = pos + 1;
    return pos < text.len;
}

static bool read_class(struct dt_slice text, struct dt_regex_node *ret, size_t *ret_len)
{
    if (!class_end(text, ret_len))
        return false;
    if (*ret_len == 3 && text.ptr[1] != '^') { /* [.] is a way to write \. */
        *ret = (struct dt_regex_node){.kind = DT_REGEX_CHAR, .byte = text.ptr[1]};
        return true;
    }
    *ret = (struct dt_regex_node){.kind = DT_REGEX_SPAN};
    return ask_class(dt_slice_of(text.ptr, *ret_len), &ret->slash);
}

/* Past what stands in brackets of the kind that opens here; 0 when they do not close. */
static size_t bracketed(struct dt_slice text, size_t pos)
{
    char open = at(text, pos);
    char close = open == '{' ? '}' : open == '<' ? '>' : '\'';
    const char *end =
        pos + 1 < text.len ? memchr(text.ptr + pos + 1, close, text.len - pos - 1) : NULL;
    return end ? (size_t)(end - text.ptr) + 1 : 0;
}

/* Where an escape with an argument ends. What is taken up too much is no harm: nothing is said of
 * any of it. */
static size_t argument_end(struct dt_slice text)
{
    char kind = at(text, 1), first = at(text, 2);
    unsigned value;
    if (is_digit(kind))
        return digits(text, 1, &value);
    if (kind == 'c')
        return 3;
    if (first == '{' && strchr("xogkpP", kind))
        return bracketed(text, 2);
    if ((first == '<' || first == '\'') && (kind == 'g' || kind == 'k'))
        return bracketed(text, 2);
    if (kind == 'g')
        return digits(text, first == '-' || first == '+' ? 3 : 2, &value);
    if (kind == 'p' || kind == 'P')
        return 3;
    size_t pos = 2;
    if (kind == 'x')
        while (pos < 4 && (is_digit(at(text, pos)) ||
                           ((at(text, pos) | 0x20) >= 'a' && (at(text, pos) | 0x20) <= 'f')))
            pos++;
    return pos;
}

static bool read_escape(struct dt_slice text, struct dt_regex_node *ret, size_t *ret_len)
{
    char c = at(text, 1);
    *ret_len = 2;
    *ret = (struct dt_regex_node){.kind = DT_REGEX_SPAN};
    if (text.len < 2 || c == 'Q' || c == 'E' || (c == 'N' && at(text, 2) == '{'))
        return false;
    if (!is_letter(c) && !is_digit(c)) {
        ret->kind = DT_REGEX_CHAR;
        ret->byte = c;
    } else if (strchr("dwshvR", c)) {
        ret->slash = false;
    } else if (strchr("DWSHVNX", c)) {
        ret->slash = true;
    } else if (strchr("bBK", c)) {
        ret->kind = DT_REGEX_NOTHING;
    } else if (strchr("AG", c)) {
        ret->kind = DT_REGEX_BEGIN;
    } else if (strchr("zZ", c)) {
        ret->kind = DT_REGEX_END;
    } else {
        ret->slash = ret->empty = true;
        *ret_len = argument_end(text);
    }
    return *ret_len > 0 && *ret_len <= text.len;
}

bool dt_regex_atom(struct dt_slice text, struct dt_regex_node *ret, size_t *ret_len)
{
    *ret_len = 1;
    switch (at(text, 0)) {
    case '\\':
        return read_escape(text, ret, ret_len);
    case '[':
        return read_class(text, ret, ret_len);
    case '.':
        *ret = (struct dt_regex_node){.kind = DT_REGEX_SPAN, .slash = true};
        return true;
    case '^':
        *ret = (struct dt_regex_node){.kind = DT_REGEX_BEGIN};
        return true;
    case '$':
        *ret = (struct dt_regex_node){.kind = DT_REGEX_END};
        return true;
    default:
        *ret = (struct dt_regex_node){.kind = DT_REGEX_CHAR, .byte = text.ptr[0]};
        return true;
    }
}
