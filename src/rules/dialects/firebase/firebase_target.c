/* SPDX-License-Identifier: MIT
 *
 * Destinations: ":name" stands for a capture of the glob or of a named group, ":1" for a group of a
 * regex, and a star behind a name means nothing more.
 *
 * A destination may begin with a capture: { "regex": "(.*)\\.html$", "destination": ":1" }. It is
 * a path then, when the group takes the path from its first slash on; so the slash is moved out of
 * the group, and stands for itself in both.
 */
#include "rules/dialects/firebase/firebase_target.h"

#include "base/buf.h"
#include "rules/dialects/firebase/firebase_glob.h"
#include "rules/dialects/pattern.h"
#include "rules/dialects/pattern_lead.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"
#include "rules/regex/regex.h"

/* ---- Captures in a destination ---- */

/* What stands behind a colon. */
struct capture {
    struct dt_slice name; /* or digits */
    unsigned number;      /* of a regex */
    bool known;
};

static size_t digits_len(struct dt_slice text)
{
    size_t len = 0;
    while (len < text.len && len < 3 && dt_is_digit(text.ptr[len]))
        len++;
    return len;
}

static unsigned to_number(struct dt_slice digits)
{
    unsigned number = 0;
    for (size_t i = 0; i < digits.len; i++)
        number = number * 10 + (unsigned)(digits.ptr[i] - '0');
    return number;
}

static struct capture find_capture(const struct dt_capture_names *names, struct dt_slice text)
{
    struct capture found = {.name = dt_slice_of(text.ptr, dt_firebase_name(text))};
    const struct dt_capture_name *listed = dt_capture_find(names, found.name);
    if (found.name.len && listed) {
        found.known = true;
        found.number = listed->number;
    } else if (found.name.len && names->regex) {
        found.number = dt_regex_group(names->expression, found.name);
        found.known = found.number > 0;
    } else if (!found.name.len && names->regex) {
        found.name.len = digits_len(text);
        found.number = to_number(found.name);
        found.known = found.name.len && found.number <= names->groups;
    }
    return found;
}

/* Writes a capture as the mode of target.h has it. */
static bool put_capture(struct dt_reader *reader, struct dt_slice where,
                        const struct capture *capture, struct dt_buf *out)
{
    if (!reader->captures.regex) {
        dt_buf_char(out, ':');
        dt_buf_put(out, capture->name);
        return true;
    }
    if (capture->number > 9)
        return DT_REFUSE(reader, where, "target-capture",
                         "the group :%.*s is number %u: a destination can have the first nine",
                         DT_SLICE_FMT(capture->name), capture->number);
    dt_buf_printf(out, "$%u", capture->number);
    return true;
}

/* A name that nothing has, where Firebase takes it for a capture. */
static bool check_unknown(struct dt_reader *reader, struct dt_slice where, struct dt_slice text,
                          size_t at, struct dt_slice name)
{
    if (name.len == 0 || dt_is_digit(name.ptr[0]) || (at && !strchr("/=&?#", text.ptr[at - 1])))
        return true;
    return DT_REFUSE(reader, where, "target-capture", "nothing in the source is named :%.*s",
                     DT_SLICE_FMT(name));
}

/* The text as target.h reads it. *ret_any: there are captures. */
static bool convert(struct dt_reader *reader, struct dt_slice where, struct dt_slice text,
                    struct dt_buf *out, bool *ret_any)
{
    bool regex = reader->captures.regex;
    *ret_any = false;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        struct dt_slice rest = dt_slice_from(text, at + 1);
        if (c == '$' && regex)
            dt_buf_char(out, '\\');
        if (c != ':') {
            dt_buf_char(out, c);
            continue;
        }
        struct capture capture = find_capture(&reader->captures, rest);
        if (!capture.known) {
            if (!check_unknown(reader, where, text, at, capture.name))
                return false;
            dt_buf_char(out, ':');
            continue;
        }
        if (!put_capture(reader, where, &capture, out))
            return false;
        *ret_any = true;
        at += capture.name.len;
        if (at + 1 < text.len && text.ptr[at + 1] == '*')
            at++;
    }
    return true;
}

bool dt_firebase_target(struct dt_reader *reader, struct dt_slice where, struct dt_slice text,
                        struct dt_rule *rule)
{
    struct dt_buf out;
    bool any;
    if (text.len == 0)
        return DT_REFUSE(reader, where, "target-missing", "an empty destination");
    dt_buf_init(&out, 2 * DT_LIMIT_TARGET + 2);
    bool fine = convert(reader, where, text, &out, &any);
    struct dt_slice word = text;
    if (fine && any) {
        word = dt_arena_copy(&reader->set->arena, dt_buf_slice(&out));
        if (dt_buf_err(&out) == DT_ERR_LIMIT)
            fine = DT_REFUSE(reader, where, "target-long", "a destination of more than %u bytes",
                             DT_LIMIT_TARGET);
        else if (dt_buf_err(&out) || !word.ptr)
            fine = dt_reader_nomem(reader);
    }
    dt_buf_release(&out);
    enum dt_target_mode mode = reader->captures.regex ? DT_TARGET_DOLLAR : DT_TARGET_NETLIFY;
    return fine && dt_target_read(reader, word, any ? mode : DT_TARGET_LITERAL, rule);
}

/* ---- Regexes ---- */

static bool add(struct dt_reader *reader, const struct dt_firebase_regex_rule *in,
                struct dt_slice regex, struct dt_slice target, const struct dt_rule *like)
{
    struct dt_rule rule = *like;
    if (regex.len == 0 && reader->set->err)
        return false;
    return dt_pattern_begin(reader, &rule) &&
           dt_source_regex(reader, in->regex_at, regex, 0, &rule) &&
           dt_firebase_target(reader, in->target_at, target, &rule) &&
           dt_source_fold(reader, &rule, 0) && dt_ruleset_add_rule(reader->set, &rule);
}

/* A destination that begins with a capture. */
static bool add_lead(struct dt_reader *reader, const struct dt_firebase_regex_rule *in,
                     const struct dt_rule *rule)
{
    struct dt_lead lead;
    struct dt_slice name = dt_slice_from(in->target, 1);
    bool number = name.len && name.ptr[0] == '1' && digits_len(name) == 1;
    name.len = number ? 1 : dt_firebase_name(name);
    struct dt_slice tail = dt_slice_from(in->target, name.len + 1);
    bool fine = name.len && dt_lead_find(in->regex, &lead);
    if (fine && !number)
        fine =
            lead.open.len > name.len + 1 &&
            dt_slice_eq(name, dt_slice_of(lead.open.ptr + lead.open.len - 1 - name.len, name.len));
    if (!fine)
        return DT_REFUSE(reader, in->target_at, "target-relative",
                         "begins with a capture, and that it takes the path from its first slash "
                         "on cannot be told: begin it with / or a scheme");
    const struct dt_slice to[] = {DT_S("/"), in->target};
    if (!add(reader, in, dt_lead_first(reader, &lead), dt_pattern_join(reader, to, 2), rule))
        return false;
    if (!lead.may_be_empty || tail.len == 0 || tail.ptr[0] != '/')
        return true;
    /* nothing in the group: what is behind it begins the path */
    return add(reader, in, dt_lead_second(reader, &lead), tail, rule);
}

void dt_firebase_regex_rule(struct dt_reader *reader, const struct dt_firebase_regex_rule *in,
                            struct dt_rule *rule)
{
    if (in->regex.len == 0 || in->regex.len > DT_LIMIT_SOURCE - 16)
        dt_reader_error(reader, in->regex_at, "source-long", "a regex has 1 to %u bytes",
                        DT_LIMIT_SOURCE - 16);
    else if (in->target.len && in->target.ptr[0] == ':')
        add_lead(reader, in, rule);
    else
        add(reader, in, dt_pattern_of_path(reader, in->regex), in->target, rule);
}
