/* SPDX-License-Identifier: MIT
 *
 * What a target asks for: ":name" of patterns, "$1" and "${name}" of regexes, "{host}" and its like
 * of every request. A sign that cannot be meant as one of these stands for itself; one that can,
 * and names nothing, is an error, since a Location with ":id" in it helps nobody.
 */
#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include "rules/read/target_work.h"
#include "rules/regex/regex.h"

static const char *const own[] = {"scheme", "host", "port", "path", "query"};

static size_t word_length(struct dt_slice s)
{
    size_t len = 0;
    while (len < s.len && dt_is_word(s.ptr[len]))
        len++;
    return len;
}

static bool find_own(struct dt_slice name, struct dt_target_capture *ret)
{
    for (unsigned i = 0; i < DT_CAPTURE_OWN; i++) {
        if (!dt_slice_eq(name, dt_slice_str(own[i])))
            continue;
        ret->number = DT_CAPTURES_MAX + i;
        ret->from = ret->number == DT_CAPTURE_PATH    ? DT_FROM_PATH
                    : ret->number == DT_CAPTURE_QUERY ? DT_FROM_QUERY
                                                      : DT_FROM_HOST;
        return true;
    }
    return false;
}

/* ---- Errors ---- */

static enum dt_target_sign wrong(struct dt_target_work *work, size_t at, size_t len,
                                 const char *message)
{
    dt_reader_error(work->reader, dt_slice_of(work->word.ptr + at, len), "target-capture", "%s",
                    message);
    return DT_SIGN_WRONG;
}

/* The capture whose name is nearest; empty when none is near. */
static struct dt_slice nearest(const struct dt_capture_names *names, struct dt_slice name)
{
    struct dt_slice best = DT_SLICE_NONE;
    size_t least = 3;
    for (unsigned i = 0; i < names->count; i++) {
        size_t distance = dt_diag_distance(name, names->list[i].name);
        if (distance < least && distance * 2 <= names->list[i].name.len) {
            least = distance;
            best = names->list[i].name;
        }
    }
    return best;
}

static enum dt_target_sign unknown_name(struct dt_target_work *work, size_t at, size_t len)
{
    const struct dt_capture_names *names = &work->reader->captures;
    struct dt_slice whole = dt_slice_of(work->word.ptr + at, len);
    struct dt_slice near = nearest(names, dt_slice_from(whole, 1));
    if (near.len)
        dt_reader_error(work->reader, whole, "target-capture",
                        "the source captures no %.*s, did you mean :%.*s", DT_SLICE_FMT(whole),
                        DT_SLICE_FMT(near));
    else if (dt_slice_eq(whole, DT_S(":splat")))
        return wrong(work, at, len,
                     ":splat stands for what the \"*\" of a source matches, and this one has none");
    else
        dt_reader_error(work->reader, whole, "target-capture",
                        "the source captures no %.*s (a colon that is meant as one is written "
                        "%%3A)",
                        DT_SLICE_FMT(whole));
    return DT_SIGN_WRONG;
}

/* ---- ":" ---- */

/* A colon behind a word is that word's, as in "urn:isbn" and "Special:Search". */
static bool behind_word(const struct dt_target_work *work, size_t at)
{
    return at > 0 && (dt_is_word(work->word.ptr[at - 1]) || work->word.ptr[at - 1] == ':');
}

static enum dt_target_sign colon(struct dt_target_work *work, size_t at,
                                 struct dt_target_capture *ret)
{
    const struct dt_capture_names *names = &work->reader->captures;
    struct dt_slice name = dt_slice_from(work->word, at + 1);
    name.len = dt_capture_name_length(name);
    if (name.len == 0)
        return DT_SIGN_LITERAL;
    const struct dt_capture_name *found = dt_capture_find(names, name);
    if (found && !names->regex) {
        *ret = (struct dt_target_capture){found->number, found->from, 1 + name.len};
        return DT_SIGN_CAPTURE;
    }
    if (behind_word(work, at))
        return DT_SIGN_LITERAL;
    ret->len = 1 + name.len;
    if (names->broken)
        return DT_SIGN_NOTHING;
    if (!names->regex)
        return unknown_name(work, at, 1 + name.len);
    return wrong(work, at, 1 + name.len,
                 "what a regular expression captures is written $1 or ${name} (a colon that is "
                 "meant as one is written %3A)");
}

/* ---- "$" ---- */

static enum dt_target_sign no_regex(struct dt_target_work *work, size_t at, size_t len)
{
    struct dt_slice name = dt_slice_of(work->word.ptr + at + 2, len > 3 ? len - 3 : 0);
    struct dt_target_capture unused;
    bool braces = work->word.ptr[at + 1] == '{';
    bool good = braces && dt_capture_find(&work->reader->captures, name);
    if (!good && !(braces && find_own(name, &unused)))
        return wrong(work, at, len,
                     "a group of a regular expression, and this source is none (a dollar sign that "
                     "is meant as one is written %24)");
    dt_reader_error(work->reader, dt_slice_of(work->word.ptr + at, len), "target-capture",
                    "${name} is for regular expressions, did you mean %s%.*s%s", good ? ":" : "{",
                    DT_SLICE_FMT(name), good ? "" : "}");
    return DT_SIGN_WRONG;
}

static enum dt_target_sign no_group(struct dt_target_work *work, size_t at, size_t len,
                                    unsigned number)
{
    unsigned groups = work->reader->captures.groups;
    struct dt_slice whole = dt_slice_of(work->word.ptr + at, len);
    if (number >= 10 && number / 10 <= groups && whole.ptr[1] != '{')
        dt_reader_error(work->reader, whole, "target-capture",
                        "no group %u in the expression, did you mean ${%u}%u", number, number / 10,
                        number % 10);
    else
        dt_reader_error(work->reader, whole, "target-capture",
                        "no group %u in the expression: it has %u", number, groups);
    return DT_SIGN_WRONG;
}

static enum dt_target_sign group(struct dt_target_work *work, size_t at, size_t len,
                                 unsigned number, struct dt_target_capture *ret)
{
    const struct dt_capture_names *names = &work->reader->captures;
    *ret = (struct dt_target_capture){number, DT_FROM_PATH, len};
    if (number <= names->groups && !names->broken)
        return DT_SIGN_CAPTURE;
    if (names->broken || work->mode == DT_TARGET_DOLLAR)
        return DT_SIGN_NOTHING;
    return no_group(work, at, len, number);
}

/* "${name}": a group, a label of @host. */
static enum dt_target_sign named_group(struct dt_target_work *work, size_t at, struct dt_slice name,
                                       struct dt_target_capture *ret)
{
    const struct dt_capture_names *names = &work->reader->captures;
    struct dt_slice whole = dt_slice_of(work->word.ptr + at, name.len + 3);
    ret->len = whole.len;
    if (names->broken)
        return DT_SIGN_NOTHING;
    unsigned number = dt_regex_group(names->expression, name);
    if (number)
        return group(work, at, whole.len, number, ret);
    const struct dt_capture_name *label = dt_capture_find(names, name);
    if (label) {
        *ret = (struct dt_target_capture){label->number, label->from, whole.len};
        return DT_SIGN_CAPTURE;
    }
    if (find_own(name, ret))
        dt_reader_error(work->reader, whole, "target-capture",
                        "no group of this name, did you mean {%.*s}", DT_SLICE_FMT(name));
    else
        dt_reader_error(work->reader, whole, "target-capture",
                        "no group of this name in the expression, which writes one (?<%.*s>...)",
                        DT_SLICE_FMT(name));
    return DT_SIGN_WRONG;
}

static unsigned value_of(struct dt_slice digits)
{
    unsigned value = 0;
    for (size_t i = 0; i < digits.len && value < 1000; i++)
        value = value * 10 + (unsigned)(digits.ptr[i] - '0');
    return value;
}

static size_t digits_length(struct dt_slice s, size_t most)
{
    size_t len = 0;
    while (len < s.len && len < most && dt_is_digit(s.ptr[len]))
        len++;
    return len;
}

static enum dt_target_sign dollar(struct dt_target_work *work, size_t at,
                                  struct dt_target_capture *ret)
{
    const struct dt_capture_names *names = &work->reader->captures;
    struct dt_slice rest = dt_slice_from(work->word, at + 1), inner = dt_slice_from(rest, 1);
    size_t digits = digits_length(rest, work->mode == DT_TARGET_DOLLAR ? 1 : 2);
    inner.len = word_length(inner);
    bool braces = work->mode == DT_TARGET_NATIVE && inner.len && rest.ptr[0] == '{' &&
                  rest.len > inner.len + 1 && rest.ptr[inner.len + 1] == '}';
    size_t len = digits ? 1 + digits : inner.len + 3;
    if (digits == 0 && !braces)
        return DT_SIGN_LITERAL;
    ret->len = len;
    if (!names->regex && names->broken)
        return DT_SIGN_NOTHING;
    if (!names->regex)
        return no_regex(work, at, len);
    if (digits)
        return group(work, at, len, value_of(dt_slice_of(rest.ptr, digits)), ret);
    if (digits_length(inner, inner.len) == inner.len)
        return group(work, at, len, value_of(inner), ret);
    return named_group(work, at, inner, ret);
}

/* ---- "{" ---- */

static enum dt_target_sign brace(struct dt_target_work *work, size_t at,
                                 struct dt_target_capture *ret)
{
    const struct dt_capture_names *names = &work->reader->captures;
    struct dt_slice name = dt_slice_from(work->word, at + 1);
    size_t left = name.len;
    name.len = dt_capture_name_length(name);
    if (name.len == 0 || name.len == left || name.ptr[name.len] != '}')
        return DT_SIGN_LITERAL;
    struct dt_slice whole = dt_slice_of(work->word.ptr + at, name.len + 2);
    ret->len = whole.len;
    if (find_own(name, ret))
        return DT_SIGN_CAPTURE;
    const char *near = dt_diag_nearest(name, own, DT_CAPTURE_OWN);
    bool captured = dt_capture_find(names, name) ||
                    (names->regex && !names->broken && dt_regex_group(names->expression, name));
    if (captured)
        dt_reader_error(work->reader, whole, "target-capture",
                        "not a part of every request, did you mean %s%.*s%s",
                        names->regex ? "${" : ":", DT_SLICE_FMT(name), names->regex ? "}" : "");
    else if (near)
        dt_reader_error(work->reader, whole, "target-capture",
                        "not a part of a request, did you mean {%s}", near);
    else
        return wrong(work, at, whole.len,
                     "not a part of a request: those are {scheme}, {host}, {port}, {path} and "
                     "{query} (a brace that is meant as one is written %7B)");
    return DT_SIGN_WRONG;
}

/* ---- All ---- */

enum dt_target_sign dt_target_sign(struct dt_target_work *work, size_t at,
                                   struct dt_target_capture *ret)
{
    enum dt_target_mode mode = work->mode;
    char c = work->word.ptr[at];
    ret->len = 1;
    if (c == ':' && (mode == DT_TARGET_NATIVE || mode == DT_TARGET_NETLIFY))
        return colon(work, at, ret);
    if (c == '$' && (mode == DT_TARGET_NATIVE || mode == DT_TARGET_DOLLAR))
        return dollar(work, at, ret);
    if (c == '{' && mode == DT_TARGET_NATIVE)
        return brace(work, at, ret);
    return DT_SIGN_LITERAL;
}

size_t dt_target_authority(const struct dt_target_work *work, size_t at)
{
    struct dt_slice rest = dt_slice_from(work->word, at);
    size_t len = dt_scan_authority(rest);
    const char *path = NULL;
    if (work->mode == DT_TARGET_NATIVE && len)
        path = memmem(rest.ptr, len, "{path}", 6);
    return path ? (size_t)(path - rest.ptr) : len;
}
