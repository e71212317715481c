/* SPDX-License-Identifier: MIT
 *
 * Open redirects (CWE-601). The reader lets a capture into a host only as a label before a
 * written-out name, or when the rule says open=yes. Whoever owns the name behind the capture
 * decides where it may lead: ".example.com" is somebody's, ".com" and ".co.uk" are everybody's, and
 * nothing at all is the whole Internet. An expression whose group can only be one of a few words
 * leaves no choice either.
 */
#include "rules/check/lint.h"

/* Labels under which anyone can register, in countries that have such. */
static bool is_shared(struct dt_slice label)
{
    static const char *const shared[] = {"ac", "co", "com", "edu", "gen", "go",  "gob", "gov",
                                         "gv", "me", "mil", "ne",  "net", "nom", "or",  "org"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (dt_slice_eq(label, dt_slice_str(shared[i])))
            return true;
    return false;
}

/* What is written behind a capture, up to the end of the host, is a domain that has one owner. */
static bool is_owned(struct dt_slice tail)
{
    if (tail.len && tail.ptr[tail.len - 1] == '.') /* the root's */
        tail.len--;
    const char *dot = tail.len ? memchr(tail.ptr, '.', tail.len) : NULL;
    if (!dot)
        return false;
    struct dt_slice domain = dt_slice_from(tail, (size_t)(dot - tail.ptr) + 1);
    const char *last = memrchr(domain.ptr, '.', domain.len);
    if (!last)
        return false;
    struct dt_slice front = dt_slice_of(domain.ptr, (size_t)(last - domain.ptr));
    size_t top = domain.len - front.len - 1;
    const char *second = memrchr(front.ptr, '.', front.len);
    struct dt_slice label = second ? dt_slice_from(front, (size_t)(second - front.ptr) + 1) : front;
    return second || top != 2 || !is_shared(label);
}

/* ---- Groups that leave no choice ---- */

/* Steps over one byte of an expression, or an escape, or a class. */
static size_t step(struct dt_slice expression, size_t at)
{
    if (expression.ptr[at] == '\\')
        return at + 2;
    if (expression.ptr[at] != '[')
        return at + 1;
    at += at + 1 < expression.len && expression.ptr[at + 1] == '^' ? 2 : 1;
    if (at < expression.len && expression.ptr[at] == ']')
        at++;
    while (at < expression.len && expression.ptr[at] != ']')
        at += expression.ptr[at] == '\\' ? 2 : 1;
    return at + 1;
}

/* What stands in group `number`; empty when it is not found. */
static struct dt_slice group_text(struct dt_slice expression, unsigned number)
{
    unsigned seen = 0, depth = 0;
    size_t from = 0;
    for (size_t at = 0; at < expression.len; at = step(expression, at)) {
        char c = expression.ptr[at];
        if (c == '(') {
            bool plain = at + 1 >= expression.len || expression.ptr[at + 1] != '?';
            seen += plain;
            if (from)
                depth++;
            else if (plain && seen == number)
                from = at + 1;
        } else if (c == ')' && from) {
            if (depth == 0)
                return dt_slice_of(expression.ptr + from, at - from);
            depth--;
        }
    }
    return DT_SLICE_NONE;
}

/* Words and alternatives only: "de|fr", "shop(?:-old)?". */
static bool is_fixed(struct dt_slice group)
{
    for (size_t at = 0; at < group.len; at++) {
        char c = group.ptr[at];
        if (c == '\\' && at + 1 < group.len &&
            (group.ptr[at + 1] == '.' || group.ptr[at + 1] == '-'))
            at++;
        else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   strchr("-|()?:", c)))
            return false;
    }
    return group.len > 0;
}

/* Named groups are counted by PCRE2 as others are; here an expression that has any is left alone.
 */
static bool leaves_no_choice(const struct dt_rule *rule, unsigned number)
{
    if (rule->path_kind != DT_PATH_REGEX || number == 0 || number >= DT_CAPTURES_MAX ||
        memmem(rule->path.ptr, rule->path.len, "(?<", 3) ||
        memmem(rule->path.ptr, rule->path.len, "(?P", 3) ||
        memmem(rule->path.ptr, rule->path.len, "(?|", 3))
        return false;
    return is_fixed(group_text(rule->path, number));
}

/* ---- The whole ---- */

static bool is_open(const struct dt_rule *rule, unsigned number, struct dt_slice tail)
{
    if (number == DT_CAPTURE_HOST || number == DT_CAPTURE_SCHEME || number == DT_CAPTURE_PORT)
        return false;
    return !is_owned(tail) && !leaves_no_choice(rule, number);
}

void dt_lint_open(struct dt_checker *checker, uint32_t number, const struct dt_lint_target *target)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    if (!target->web)
        return;
    struct dt_slice host = target->host;
    bool open = false;
    size_t behind = 0; /* the last capture */
    for (size_t i = 0; i + 1 < host.len; i++)
        if (dt_lint_is_mark(host.ptr[i]))
            behind = i + 2;
    struct dt_slice tail = dt_slice_from(host, behind);
    for (size_t i = 0; i + 1 < host.len && !open; i++)
        if (dt_lint_is_mark(host.ptr[i]))
            open = is_open(rule, (unsigned char)host.ptr[i + 1] & 0x7f, tail);
    struct dt_slice rest = target->rest;
    bool glued = rest.len > 1 && rest.ptr[0] == DT_MARK_PATH &&
                 ((unsigned char)rest.ptr[1] & 0x7f) != DT_CAPTURE_PATH;
    if (!open && !glued)
        return;
    const char *how = glued           ? "a capture stands right behind the host, without a \"/\""
                      : tail.len == 0 ? "a capture is the end of the target's host"
                                      : "behind the capture stands no domain of your own";
    struct dt_finding *finding =
        dt_check_add(checker, DT_FIND_OPEN_REDIRECT, number, dt_lint_example(checker, number),
                     "the request can choose the host: %s", how);
    dt_lint_at_target(checker, finding);
}
