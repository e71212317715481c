/* SPDX-License-Identifier: MIT
 *
 * Destinations: ":name" of the source or of "has", and "$1" to "$9" for its groups by number. What
 * Vercel refuses is refused here (a name that nothing has; a bracket that it would take for a
 * pattern), and so is what it would silently leave out ("$5" where there is no group 5).
 */
#include "base/buf.h"
#include "rules/dialects/vercel/vercel.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum part { HOST, PATH, QUERY, FRAGMENT };

struct target {
    struct dt_vercel_redirect *redirect;
    struct dt_reader *reader;
    struct dt_slice at; /* as it stands in the file */
    struct dt_slice text;
    struct dt_buf out;
    bool regex;    /* captures go by number */
    bool native;   /* some go by name nevertheless: see put */
    bool replaced; /* Vercel looks for ":name" at all */
    bool any;
    enum part part;
};

static bool has_name(const struct dt_vercel_redirect *redirect, struct dt_slice name)
{
    for (unsigned i = 0; i < redirect->nnames; i++)
        if (dt_slice_eq(redirect->names[i], name))
            return true;
    return false;
}

/* Names of hosts and queries beside a regular expression can be had in the native way only. */
static bool asks_has(const struct dt_vercel_redirect *redirect, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ':' && text.ptr[i] != '$')
            continue;
        struct dt_slice name = dt_slice_from(text, i + 1);
        size_t len = 0;
        while (len < name.len && dt_is_word(name.ptr[len]))
            len++;
        if (has_name(redirect, dt_slice_of(name.ptr, len)))
            return true;
    }
    return false;
}

static const struct dt_vercel_piece *by_number(const struct dt_vercel_path *path, unsigned number)
{
    for (unsigned i = 0; i < path->count; i++)
        if (path->list[i].kind == DT_VERCEL_PARAM && path->list[i].group == number)
            return &path->list[i];
    return NULL;
}

static void put_byte(struct target *target, char c)
{
    bool brace = target->native && (c == '{' || c == '}');
    if (target->regex && !target->native && c == '$')
        dt_buf_char(&target->out, '\\');
    if (brace || (target->native && c == '$'))
        dt_buf_printf(&target->out, "%%%02X", (unsigned)c);
    else
        dt_buf_char(&target->out, c);
}

/* A group of the source. A digit behind it must not be taken for the number's. */
static bool put_group(struct target *target, const struct dt_vercel_piece *piece, size_t end)
{
    char next = end < target->text.len ? target->text.ptr[end] : 0;
    target->any = true;
    if (!target->regex) {
        if (dt_is_word(next))
            return DT_REFUSE(target->reader, target->at, "target-capture",
                             "a letter or digit right behind a capture");
        dt_buf_printf(&target->out, ":%.*s", DT_SLICE_FMT(piece->name));
    } else if (target->native) {
        dt_buf_printf(&target->out, "${%u}", piece->group);
    } else if (piece->group > 9) {
        return DT_REFUSE(target->reader, target->at, "target-capture",
                         "a destination can have the first nine groups of its source");
    } else {
        dt_buf_printf(&target->out, "$%u", piece->group);
    }
    return true;
}

static void put_has(struct target *target, struct dt_slice name)
{
    target->any = true;
    if (target->native)
        dt_buf_printf(&target->out, "${%.*s}", DT_SLICE_FMT(name));
    else
        dt_buf_printf(&target->out, ":%.*s", DT_SLICE_FMT(name));
}

/* "(pattern)" behind a name says nothing in a destination. */
static size_t pattern_len(struct dt_slice text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i == 0 && text.ptr[i] != '(')
            return 0;
        depth += text.ptr[i] == '(';
        depth -= text.ptr[i] == ')';
        if (depth == 0)
            return i + 1;
    }
    return 0;
}

/* ":name" at *i; moves behind it. */
static bool put_name(struct target *target, size_t *i)
{
    struct dt_slice rest = dt_slice_from(target->text, *i + 1), name = rest;
    size_t len = 0;
    while (len < rest.len && dt_is_word(rest.ptr[len]))
        len++;
    name.len = len;
    const struct dt_vercel_piece *piece = dt_vercel_named(&target->redirect->path, name);
    bool known = target->replaced && (piece || has_name(target->redirect, name));
    bool port = target->part == HOST;
    if (!known && (len == 0 || port || target->part == FRAGMENT)) {
        put_byte(target, ':');
        return true;
    }
    if (!known)
        return DT_REFUSE(target->reader, target->at, "target-capture",
                         "nothing in source or has is named :%.*s, and Vercel refuses that",
                         DT_SLICE_FMT(name));
    size_t end = *i + 1 + len;
    end += pattern_len(dt_slice_from(target->text, end));
    if (end < target->text.len && (target->text.ptr[end] == '*' || target->text.ptr[end] == '+'))
        end++;
    if (end + 1 == target->text.len && target->text.ptr[end] == '?')
        target->text.len--; /* a modifier too: an empty query is none */
    *i = end - 1;
    if (piece)
        return put_group(target, piece, end);
    put_has(target, name);
    return true;
}

/* "$1" at *i; moves behind it. Vercel reads on over letters and the digits 1 to 9. */
static bool put_dollar(struct target *target, size_t *i)
{
    struct dt_slice rest = dt_slice_from(target->text, *i + 1), word = rest;
    size_t len = 0, digits = 0;
    while (len < rest.len &&
           (dt_is_alpha(rest.ptr[len]) || (rest.ptr[len] >= '1' && rest.ptr[len] <= '9')))
        len++;
    word.len = len;
    while (digits < len && dt_is_digit(word.ptr[digits]))
        digits++;
    if (len == 0) {
        put_byte(target, '$');
        return true;
    }
    if (has_name(target->redirect, word)) {
        put_has(target, word);
        *i += len;
        return true;
    }
    unsigned number = digits == len && len == 1 ? (unsigned)(word.ptr[0] - '0') : 0;
    const struct dt_vercel_piece *piece = by_number(&target->redirect->path, number);
    if (!piece)
        return DT_REFUSE(target->reader, target->at, "target-capture",
                         "no group \"%.*s\" in the source: Vercel would leave $%.*s out",
                         DT_SLICE_FMT(word), DT_SLICE_FMT(word));
    *i += len;
    return put_group(target, piece, *i + 1);
}

/* Where the part of a URL begins that a byte belongs to. */
static void step(struct target *target, size_t i)
{
    char c = target->text.ptr[i];
    if (c == '#')
        target->part = FRAGMENT;
    else if (c == '?' && target->part != FRAGMENT)
        target->part = QUERY;
    else if (c == '/' && target->part == HOST && i > 7)
        target->part = PATH;
}

static bool convert(struct target *target)
{
    size_t scheme = dt_scan_http(target->text);
    target->part = scheme ? HOST : PATH;
    dt_buf_put(&target->out, dt_slice_of(target->text.ptr, scheme));
    for (size_t i = scheme; i < target->text.len; i++) {
        char c = target->text.ptr[i];
        step(target, i);
        if (c == ':') {
            if (!put_name(target, &i))
                return false;
        } else if (c == '$') {
            if (!put_dollar(target, &i))
                return false;
        } else if (c == '(' && target->part != FRAGMENT && target->redirect->path.unnamed == 0 &&
                   pattern_len(dt_slice_from(target->text, i)) > 2) {
            return DT_REFUSE(target->reader, target->at, "target-group",
                             "Vercel takes the bracket for a group that the source does not have, "
                             "and refuses it: write %%28");
        } else {
            put_byte(target, c);
        }
    }
    return true;
}

bool dt_vercel_target(struct dt_vercel_redirect *redirect, const struct dt_json_found *found,
                      struct dt_rule *rule)
{
    struct target target = {
        .redirect = redirect, .reader = redirect->walk->reader, .at = found->value.text};
    struct dt_slice word = DT_SLICE_NONE;
    if (!dt_json_string(redirect->walk, found, &target.text))
        return false;
    if (target.text.len == 0 || target.text.len > DT_VERCEL_LENGTH)
        return DT_REFUSE(target.reader, target.at, "target-long",
                         "a destination has 1 to %u characters", DT_VERCEL_LENGTH);
    dt_buf_init(&target.out, 3 * DT_VERCEL_LENGTH);
    target.regex = target.reader->captures.regex;
    target.native = target.regex && asks_has(redirect, target.text);
    target.replaced = redirect->path.groups > redirect->path.unnamed || redirect->nnames;
    bool fine = convert(&target);
    if (fine)
        word = dt_arena_copy(&target.reader->set->arena, dt_buf_slice(&target.out));
    if (fine && (dt_buf_err(&target.out) || !word.ptr))
        fine = dt_reader_nomem(target.reader);
    dt_buf_release(&target.out);
    enum dt_target_mode mode = target.native  ? DT_TARGET_NATIVE
                               : target.regex ? DT_TARGET_DOLLAR
                                              : DT_TARGET_NETLIFY;
    return fine && dt_target_read(target.reader, word, target.any ? mode : DT_TARGET_LITERAL, rule);
}
