/* SPDX-License-Identifier: MIT
 *
 * A finding names the bytes that it means, so that an editor jumps there. Rules know their line
 * only: most slices of a rule still point into its file's text, and what was rewritten when it was
 * read is looked for.
 */
#include "rules/check/lint.h"

struct dt_lint_target dt_lint_target(struct dt_slice target)
{
    struct dt_lint_target parts = {.whole = target, .rest = target};
    if (target.len == 0 || target.ptr[0] == '/')
        return parts;
    const char *colon = memchr(target.ptr, ':', target.len);
    if (!colon)
        return parts;
    parts.scheme = dt_slice_of(target.ptr, (size_t)(colon - target.ptr));
    parts.rest = dt_slice_from(target, parts.scheme.len + 1);
    parts.web = dt_slice_eq(parts.scheme, DT_S("http")) ||
                dt_slice_eq(parts.scheme, DT_S("https")) || dt_lint_is_mark(target.ptr[0]);
    if (!parts.web || !dt_slice_starts(parts.rest, DT_S("//")))
        return parts;
    struct dt_slice rest = dt_slice_from(parts.rest, 2);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end]) && rest.ptr[end] != DT_MARK_PATH)
        end += dt_lint_is_mark(rest.ptr[end]) ? 2 : 1;
    struct dt_slice authority = dt_slice_of(rest.ptr, end);
    const char *port = end ? memrchr(authority.ptr, ':', end) : NULL;
    const char *bracket = end ? memrchr(authority.ptr, ']', end) : NULL;
    parts.has_port = port && (!bracket || port > bracket);
    parts.host = authority;
    if (parts.has_port) {
        parts.host.len = (size_t)(port - authority.ptr);
        parts.port = dt_slice_from(authority, parts.host.len + 1);
    }
    parts.rest = dt_slice_from(rest, end);
    return parts;
}

struct dt_slice dt_lint_example(struct dt_checker *checker, uint32_t rule)
{
    struct dt_witness witness;
    return dt_witness_make(checker->maker, rule, 0, &witness) ? witness.url : DT_SLICE_NONE;
}

/* ---- Places ---- */

void dt_lint_at(const struct dt_checker *checker, struct dt_finding *finding, struct dt_slice at)
{
    if (!finding || at.len == 0)
        return;
    struct dt_slice line = dt_ruleset_line(checker->set, finding->file, finding->line);
    uintptr_t from = (uintptr_t)line.ptr, place = (uintptr_t)at.ptr;
    if (line.len == 0 || place < from || place + at.len > from + line.len)
        return;
    finding->col = (uint32_t)(place - from) + 1;
    finding->span = (uint32_t)at.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The word around a byte of the line. */
static struct dt_slice word_around(struct dt_slice line, const char *at)
{
    const char *from = at, *to = at;
    while (from > line.ptr && !is_blank(from[-1]))
        from--;
    while (to < line.ptr + line.len && !is_blank(*to))
        to++;
    return dt_slice_of(from, (size_t)(to - from));
}

/* The target up to its first capture: what was rewritten behind that does not matter. */
static struct dt_slice written_head(struct dt_slice target)
{
    size_t len = 0;
    while (len < target.len && !dt_lint_is_mark(target.ptr[len]))
        len++;
    return dt_slice_of(target.ptr, len);
}

/* Where a text stands last in the line: a source may have the same. */
static const char *find_last(struct dt_slice line, struct dt_slice text)
{
    if (!line.ptr || line.len < text.len)
        return NULL;
    for (size_t at = line.len - text.len + 1; at-- > 0;)
        if (dt_slice_eq_nocase(dt_slice_of(line.ptr + at, text.len), text))
            return line.ptr + at;
    return NULL;
}

void dt_lint_at_target(const struct dt_checker *checker, struct dt_finding *finding)
{
    if (!finding)
        return;
    struct dt_slice target = dt_ruleset_rule(checker->set, finding->rule)->target;
    dt_lint_at(checker, finding, target);
    if (finding->col)
        return;
    struct dt_slice line = dt_ruleset_line(checker->set, finding->file, finding->line);
    struct dt_slice head = written_head(target);
    const char *found = head.len > 1 ? find_last(line, head) : NULL;
    if (!found && target.len && target.ptr[0] != '/') /* its host was brought to normal form */
        found = find_last(line, DT_S("://"));
    if (found)
        dt_lint_at(checker, finding, word_around(line, found));
}

void dt_lint_at_word(const struct dt_checker *checker, struct dt_finding *finding,
                     struct dt_slice word)
{
    if (!finding)
        return;
    struct dt_slice line = dt_ruleset_line(checker->set, finding->file, finding->line);
    for (const char *at = line.ptr; line.len && at;) {
        at = memmem(at, (size_t)(line.ptr + line.len - at), word.ptr, word.len);
        if (!at)
            return;
        if (dt_slice_eq(word_around(line, at), word)) {
            dt_lint_at(checker, finding, dt_slice_of(at, word.len));
            return;
        }
        at++;
    }
}

/* ---- Conditions ---- */

static void add_condition(const struct dt_condition *condition, struct dt_lint_when *when)
{
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_METHOD:
        when->methods = condition;
        return;
    case DT_CONDITION_TIME:
        if (condition->negated) {
            when->recurring = true; /* on, off, on: not what an end means */
            return;
        }
        if (condition->from > when->from)
            when->from = condition->from;
        if (condition->until < when->until)
            when->until = condition->until;
        return;
    case DT_CONDITION_WINDOW:
        when->recurring = true;
        return;
    case DT_CONDITION_PATH: /* except= */
        when->some |= !condition->negated;
        return;
    case DT_CONDITION_IP: /* except= of networks is a negated one */
        when->some |= !condition->negated;
        return;
    case DT_CONDITION_HEADER:
    case DT_CONDITION_COOKIE:
    case DT_CONDITION_LANG:
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_REFERER:
    case DT_CONDITION_UA:
    case DT_CONDITION_PERCENT:
        when->some = true;
        return;
    }
}

struct dt_lint_when dt_lint_when(const struct dt_checker *checker, const struct dt_rule *rule)
{
    struct dt_lint_when when = {.from = DT_TIME_MIN, .until = DT_TIME_MAX};
    if (rule->conditions == 0)
        return when;
    const struct dt_conditions *all = dt_ruleset_conditions(checker->set, rule->conditions);
    for (uint32_t i = 0; i < all->count; i++)
        add_condition(&all->list[i], &when);
    return when;
}
