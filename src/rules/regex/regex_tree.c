/* SPDX-License-Identifier: MIT
 *
 * Reads an expression that PCRE2 has accepted into a tree. Groups and alternatives are followed;
 * what would change how the rest is read ((?x), \Q) makes the whole not understood, and what only
 * means something that is not known here ((?R), a lookbehind) is a node that says so.
 */
#include "rules/regex/regex_tree.h"

#define CHAR_REPEAT_MAX 4u /* a{4}: never more bytes than it is written with */

struct parser {
    struct dt_slice text;
    size_t pos;
    struct dt_arena *arena;
    bool tree_nocase;
    bool nocase;  /* here */
    bool stopped; /* the group that was read last holds a STOP */
    bool begun;   /* something but ^ was read */
};

struct repeat {
    unsigned min;
    unsigned max;
};

static enum dt_err parse_group(struct parser *p, struct dt_regex_node *group);

static bool see(const struct parser *p, const char *what)
{
    return dt_slice_starts(dt_slice_from(p->text, p->pos), dt_slice_str(what));
}

static bool accept(struct parser *p, const char *what)
{
    bool is = see(p, what);
    if (is)
        p->pos += strlen(what);
    return is;
}

static bool skip_past(struct parser *p, char end)
{
    struct dt_slice rest = dt_slice_from(p->text, p->pos);
    const char *found = rest.len ? memchr(rest.ptr, end, rest.len) : NULL;
    if (found)
        p->pos = (size_t)(found - p->text.ptr) + 1;
    return found != NULL;
}

/* ---- The list of a branch ---- */

static enum dt_err append(struct parser *p, struct dt_regex_branch *branch,
                          struct dt_regex_node node)
{
    struct dt_regex_node *copy = dt_arena_alloc(p->arena, sizeof *copy);
    if (!copy)
        return DT_ERR_NOMEM;
    node.next = NULL;
    *copy = node;
    if (branch->last)
        branch->last->next = copy;
    else
        branch->first = copy;
    branch->last = copy;
    return DT_OK;
}

static enum dt_err append_char(struct parser *p, struct dt_regex_branch *branch,
                               struct dt_regex_node node, struct repeat repeat)
{
    enum dt_err err = DT_OK;
    bool letter = dt_ascii_lower(node.byte) >= 'a' && dt_ascii_lower(node.byte) <= 'z';
    if (letter && p->tree_nocase)
        node.byte = dt_ascii_lower(node.byte);
    else if (letter && p->nocase)
        node.kind = DT_REGEX_SPAN;
    node.slash = node.byte == '/';
    for (unsigned i = 0; !err && i < repeat.min && i < CHAR_REPEAT_MAX; i++)
        err = append(p, branch, node);
    node.empty = true;
    node.many = repeat.max - repeat.min > 1 || repeat.min > CHAR_REPEAT_MAX;
    if (!err && (repeat.max > repeat.min || repeat.min > CHAR_REPEAT_MAX))
        err = append(p, branch, node);
    return err;
}

static void dissolve(struct dt_regex_branch *branch, const struct dt_regex_branch *inside)
{
    if (!inside->first)
        return;
    if (branch->last)
        branch->last->next = inside->first;
    else
        branch->first = inside->first;
    branch->last = inside->last;
}

static bool list_slash(const struct dt_regex_branch *branch)
{
    for (const struct dt_regex_node *n = branch->first; n; n = n->next)
        if (n->slash)
            return true;
    return false;
}

static bool list_empty(const struct dt_regex_branch *branch)
{
    for (const struct dt_regex_node *n = branch->first; n; n = n->next)
        if (!n->empty)
            return false;
    return true;
}

static enum dt_err append_group(struct parser *p, struct dt_regex_branch *branch,
                                struct dt_regex_node node, struct repeat repeat)
{
    bool once = repeat.min == 1 && repeat.max == 1;
    if (node.kind == DT_REGEX_AHEAD && repeat.min == 0)
        node = (struct dt_regex_node){.kind = DT_REGEX_NOTHING, .empty = true};
    if (node.kind != DT_REGEX_GROUP)
        return append(p, branch, node);
    if (once && !node.branches->next) {
        dissolve(branch, node.branches);
        return DT_OK;
    }
    if (p->stopped)
        return append(p, branch, (struct dt_regex_node){.kind = DT_REGEX_STOP});
    node.empty = node.optional = repeat.min == 0;
    node.many = repeat.max > 1;
    for (const struct dt_regex_branch *b = node.branches; b; b = b->next) {
        node.slash |= list_slash(b);
        node.empty |= list_empty(b);
    }
    return append(p, branch, node);
}

static enum dt_err append_repeated(struct parser *p, struct dt_regex_branch *branch,
                                   struct dt_regex_node node, struct repeat repeat)
{
    bool once = repeat.min == 1 && repeat.max == 1;
    if (node.kind == DT_REGEX_CHAR)
        return append_char(p, branch, node, repeat);
    if (node.kind == DT_REGEX_GROUP || node.kind == DT_REGEX_AHEAD)
        return append_group(p, branch, node, repeat);
    if (!once && (node.kind == DT_REGEX_BEGIN || node.kind == DT_REGEX_END))
        return DT_ERR_NOT_FOUND;
    node.empty |= repeat.min == 0 || node.kind != DT_REGEX_SPAN;
    node.many = repeat.max > 1;
    return append(p, branch, node);
}

/* ---- Reading ---- */

static enum dt_err parse_repeat(struct parser *p, struct repeat *ret)
{
    *ret = (struct repeat){1, 1};
    size_t len = 1;
    int braces = 0;
    if (see(p, "?"))
        *ret = (struct repeat){0, 1};
    else if (see(p, "*"))
        *ret = (struct repeat){0, UINT32_MAX};
    else if (see(p, "+"))
        *ret = (struct repeat){1, UINT32_MAX};
    else if (see(p, "{"))
        braces = dt_regex_braces(dt_slice_from(p->text, p->pos), &ret->min, &ret->max, &len);
    else
        return DT_OK;
    if (braces < 0)
        return DT_ERR_SYNTAX;
    if (braces == 0 && see(p, "{")) {
        *ret = (struct repeat){1, 1};
        return DT_OK;
    }
    p->pos += len;
    if (!accept(p, "+"))
        (void)accept(p, "?");
    return DT_OK;
}

/* (?i) (?i: (?-s) and so on, behind "(?". (?x), (?m) and what came later are not read on. */
static enum dt_err parse_options(struct parser *p, bool *ret_group)
{
    bool on = true, nocase = p->nocase, sets = false;
    for (; p->pos < p->text.len; p->pos++) {
        char c = p->text.ptr[p->pos];
        if (c == '-') {
            on = false;
        } else if (c == 'i') {
            nocase = on;
            sets = on;
        } else if (c == ':' || c == ')') {
            break;
        } else if (!strchr("sUJn", c)) {
            return DT_ERR_NOT_FOUND;
        }
    }
    *ret_group = accept(p, ":");
    if (!*ret_group && !accept(p, ")"))
        return DT_ERR_NOT_FOUND;
    if (!*ret_group && sets && !p->begun)
        p->tree_nocase = true;
    p->nocase = nocase;
    return DT_OK;
}

static enum dt_err parse_verb(struct parser *p, struct dt_regex_node *node)
{
    bool upper = p->pos < p->text.len && p->text.ptr[p->pos] != dt_ascii_lower(p->text.ptr[p->pos]);
    if ((!upper && !see(p, ":")) || !skip_past(p, ')'))
        return DT_ERR_NOT_FOUND;
    *node = (struct dt_regex_node){.kind = DT_REGEX_STOP};
    p->stopped = true;
    return DT_OK;
}

static bool see_recursion(const struct parser *p)
{
    struct dt_slice rest = dt_slice_from(p->text, p->pos);
    if (rest.len > 1 && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
        rest = dt_slice_from(rest, 1);
    bool digit = rest.len > 0 && rest.ptr[0] >= '0' && rest.ptr[0] <= '9';
    return digit || see(p, "R") || see(p, "&") || see(p, "P>") || see(p, "P=");
}

/* What stands behind "(" decides what the group is. */
static enum dt_err parse_paren(struct parser *p, struct dt_regex_node *node)
{
    bool nocase = p->nocase, is_group = true;
    enum dt_err err = DT_OK;
    *node = (struct dt_regex_node){.kind = DT_REGEX_GROUP};
    if (accept(p, "*"))
        return parse_verb(p, node);
    if (accept(p, "?=")) {
        node->kind = DT_REGEX_AHEAD;
        node->empty = true;
    } else if (accept(p, "?!") || accept(p, "?<=") || accept(p, "?<!")) {
        node->kind = DT_REGEX_NOTHING;
        node->empty = true;
    } else if (accept(p, "?:") || accept(p, "?|") || accept(p, "?>")) {
        node->kind = DT_REGEX_GROUP;
    } else if (accept(p, "?<") || accept(p, "?P<")) {
        err = !see(p, "*") && skip_past(p, '>') ? DT_OK : DT_ERR_NOT_FOUND;
    } else if (accept(p, "?'")) {
        err = skip_past(p, '\'') ? DT_OK : DT_ERR_NOT_FOUND;
    } else if (accept(p, "?")) {
        if (see_recursion(p)) {
            *node = (struct dt_regex_node){.kind = DT_REGEX_SPAN, .slash = true, .empty = true};
            return skip_past(p, ')') ? DT_OK : DT_ERR_NOT_FOUND;
        }
        err = parse_options(p, &is_group);
        nocase = is_group ? nocase : p->nocase;
        if (!err && !is_group)
            *node = (struct dt_regex_node){.kind = DT_REGEX_NOTHING, .empty = true};
    }
    if (!err && is_group) {
        p->begun = true;
        err = parse_group(p, node);
        p->nocase = nocase;
    }
    return err;
}

static enum dt_err parse_piece(struct parser *p, struct dt_regex_branch *branch)
{
    struct dt_regex_node node;
    struct repeat repeat;
    size_t len;
    enum dt_err err = DT_OK;
    bool option = see(p, "(?");
    if (see(p, "{") &&
        dt_regex_braces(dt_slice_from(p->text, p->pos), &repeat.min, &repeat.max, &len) != 0)
        return DT_ERR_SYNTAX;
    if (accept(p, "(")) {
        err = parse_paren(p, &node);
        option = option && node.kind == DT_REGEX_NOTHING && !node.branches;
    } else if (dt_regex_atom(dt_slice_from(p->text, p->pos), &node, &len)) {
        p->pos += len;
        option = false;
    } else {
        err = DT_ERR_NOT_FOUND;
    }
    if (!err && !option && node.kind != DT_REGEX_BEGIN)
        p->begun = true;
    if (!err)
        err = parse_repeat(p, &repeat);
    return err ? err : append_repeated(p, branch, node, repeat);
}

/* The branches up to the group's ")" or the end, which is read too. */
static enum dt_err parse_group(struct parser *p, struct dt_regex_node *group)
{
    struct dt_regex_branch **link = &group->branches;
    bool stopped = false;
    for (;;) {
        struct dt_regex_branch *branch = dt_arena_alloc(p->arena, sizeof *branch);
        if (!branch)
            return DT_ERR_NOMEM;
        *branch = (struct dt_regex_branch){0};
        *link = branch;
        link = &branch->next;
        while (p->pos < p->text.len && !see(p, "|") && !see(p, ")")) {
            p->stopped = false;
            enum dt_err err = parse_piece(p, branch);
            if (err)
                return err;
            stopped |= p->stopped;
        }
        if (accept(p, "|"))
            continue;
        p->stopped = stopped;
        if (!accept(p, ")") && p->pos < p->text.len)
            return DT_ERR_NOT_FOUND;
        return DT_OK;
    }
}

enum dt_err dt_regex_parse(struct dt_slice text, bool nocase, struct dt_arena *arena,
                           struct dt_regex_tree *ret, size_t *ret_at)
{
    struct parser p = {.text = text, .arena = arena, .tree_nocase = nocase, .nocase = nocase};
    struct dt_regex_node root = {.kind = DT_REGEX_GROUP};
    enum dt_err err = parse_group(&p, &root);
    if (!err && p.pos < text.len)
        err = DT_ERR_NOT_FOUND;
    if (err) {
        *ret_at = p.pos;
        return err;
    }
    *ret = (struct dt_regex_tree){root.branches, p.tree_nocase};
    return DT_OK;
}
