/* SPDX-License-Identifier: MIT
 *
 * Targets that begin with a capture, or have one right behind the host: "(.*)\\.gif$" to
 * "http://x.example$1.jpg". They are good as long as the capture begins with the path's first
 * slash; so that slash is moved out of the group, and stands for itself in pattern and target.
 */
#include "rules/dialects/pattern_lead.h"

#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

/* Where the group that opens at `at` closes, or text.len. Notes whether there is a "|" outside of
 * all groups but this one. */
static size_t close_group(struct dt_slice text, size_t at, bool *ret_choice)
{
    size_t depth = 0, close = text.len;
    bool class = false;
    *ret_choice = false;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '\\') {
            at++;
        } else if (class || c == '[') {
            class = c != ']';
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && depth && --depth == 0 && close == text.len) {
            close = at;
        } else if (c == '|' && (depth == 0 || (depth == 1 && close == text.len))) {
            *ret_choice = true;
        }
    }
    return close;
}

static bool quantifier(struct dt_slice text, size_t at)
{
    return at < text.len && text.ptr[at] && strchr("*+?{", text.ptr[at]);
}

/* Cuts "/", ".*" or ".+" off the group's body. */
static bool cut_slash(struct dt_lead *lead, struct dt_slice body)
{
    size_t slash = dt_slice_starts(body, DT_S("\\/")) ? 2
                   : dt_slice_starts(body, DT_S("/")) ? 1
                                                      : 0;
    if (slash && !quantifier(lead->rest, slash)) {
        lead->rest = dt_slice_from(lead->rest, slash);
        lead->body = "";
        return true;
    }
    lead->may_be_empty = dt_slice_eq(body, DT_S(".*"));
    lead->anchored = true;
    lead->body = ".*";
    lead->rest = dt_slice_from(lead->rest, 2);
    return lead->may_be_empty || dt_slice_eq(body, DT_S(".+"));
}

/* Does what follows the group begin with a byte that is no slash? Then the group is not empty: a
 * path begins with one. */
static bool begins_otherwise(struct dt_slice after)
{
    size_t len = after.len > 1 && after.ptr[0] == '\\' ? 2 : 1;
    if (after.len < len || quantifier(after, len))
        return false;
    char c = after.ptr[len - 1];
    return len == 1 ? dt_is_word(c) || c == '-' : c != '/' && !dt_is_word(c);
}

bool dt_lead_find(struct dt_slice text, struct dt_lead *ret)
{
    size_t at = text.len && text.ptr[0] == '^';
    bool choice;
    struct dt_lead lead = {.anchored = at == 1};
    struct dt_slice group = dt_slice_from(text, at);
    size_t len = 1;
    if (!dt_slice_starts(group, DT_S("(")))
        return false;
    if (group.len > 1 && group.ptr[1] == '?') {
        const char *name = memchr(group.ptr, '>', group.len);
        size_t start = dt_slice_starts(group, DT_S("(?P<")) ? 4 : 3;
        bool named = start == 4 || dt_slice_starts(group, DT_S("(?<"));
        if (!named || !name || group.len <= start || !dt_is_word(group.ptr[start]))
            return false;
        len = (size_t)(name - group.ptr) + 1;
    }
    size_t close = close_group(text, at, &choice);
    if (choice || close == text.len || quantifier(text, close + 1))
        return false;
    lead.open = dt_slice_of(group.ptr, len);
    lead.rest = dt_slice_from(group, len);
    lead.after = dt_slice_from(text, close + 1);
    struct dt_slice body = dt_slice_of(lead.rest.ptr, close - at - len);
    if (!cut_slash(&lead, body))
        return false;
    lead.may_be_empty = lead.may_be_empty && !begins_otherwise(lead.after);
    *ret = lead;
    return true;
}

struct dt_slice dt_lead_first(struct dt_reader *reader, const struct dt_lead *lead)
{
    const struct dt_slice parts[] = {lead->anchored ? DT_S("^/") : DT_S("/"), lead->open,
                                     dt_slice_str(lead->body), lead->rest};
    return dt_pattern_join(reader, parts, 4);
}

struct dt_slice dt_lead_second(struct dt_reader *reader, const struct dt_lead *lead)
{
    const struct dt_slice parts[] = {DT_S("^"), lead->open, DT_S(")"), lead->after};
    return dt_pattern_join(reader, parts, 4);
}
