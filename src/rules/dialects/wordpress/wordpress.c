/* SPDX-License-Identifier: MIT
 *
 * See wordpress.h: from a source and a target to a rule.
 */
#include "rules/dialects/wordpress/wordpress.h"

#include "rules/read/native_scan.h"
#include "rules/read/target.h"

#define LONGEST 8000u

static bool keep(struct dt_reader *reader, struct dt_buf *buf, struct dt_slice *ret)
{
    *ret = dt_arena_copy(&reader->set->arena, dt_buf_slice(buf));
    bool fine = !dt_buf_err(buf) && ret->ptr;
    if (!fine && !reader->set->err)
        dt_reader_nomem(reader);
    return fine;
}

/* ---- Plain sources ---- */

static bool add_plain(struct dt_reader *reader, const struct dt_wordpress_source *source,
                      struct dt_slice target, struct dt_options *options, struct dt_rule *rule)
{
    struct dt_slice text = source->text, query = DT_SLICE_NONE;
    if (text.len && text.ptr[0] != '/' && !dt_scan_http(text))
        return DT_REFUSE(reader, text, "source-relative",
                         "a source is a path and begins with /, or is an expression");
    const char *hash = memchr(text.ptr, '#', text.len);
    if (hash)
        text.len = (size_t)(hash - text.ptr);
    const char *question = memchr(text.ptr, '?', text.len);
    if (question) {
        query = dt_slice_from(text, (size_t)(question - text.ptr) + 1);
        text.len = (size_t)(question - text.ptr);
    }
    uint8_t flags = (uint8_t)((source->nocase ? DT_RULE_IGNORE_CASE : 0) |
                              (source->noslash ? DT_RULE_IGNORE_SLASH : 0) |
                              (source->query == DT_WORDPRESS_EXACT ? DT_RULE_EXACT_QUERY : 0));
    options->action.query = source->query == DT_WORDPRESS_PASS ? DT_QUERY_PASS : DT_QUERY_DROP;
    if (!dt_source_parse(reader, text, dt_scan_bits(text), DT_SOURCE_LITERAL, rule))
        return false;
    if (query.len && !dt_source_query(reader, query, 0, rule))
        return false;
    return (!target.len || dt_target_read(reader, target, DT_TARGET_LITERAL, rule)) &&
           dt_source_fold(reader, rule, flags);
}

/* ---- Expressions ---- */

static bool ends_open(struct dt_slice text)
{
    return text.len && text.ptr[text.len - 1] == '$' &&
           (text.len < 2 || text.ptr[text.len - 2] != '\\');
}

/* Groups that capture. */
static unsigned count_groups(struct dt_slice text)
{
    unsigned count = 0;
    bool in_class = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '[')
            in_class = true;
        else if (text.ptr[i] == ']')
            in_class = false;
        else if (!in_class && text.ptr[i] == '(' &&
                 !(i + 2 < text.len && text.ptr[i + 1] == '?' &&
                   !(text.ptr[i + 2] == 'P' || text.ptr[i + 2] == '\'' ||
                     (text.ptr[i + 2] == '<' && i + 3 < text.len && text.ptr[i + 3] != '=' &&
                      text.ptr[i + 3] != '!'))))
            count++;
    }
    return count;
}

static bool has_reference(struct dt_slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] != '\\')
            continue;
        if (dt_is_digit(text.ptr[i + 1]) || text.ptr[i + 1] == 'g' || text.ptr[i + 1] == 'k')
            return true;
        i++;
    }
    return false;
}

static bool has_choice(struct dt_slice text)
{
    unsigned depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '(')
            depth++;
        else if (text.ptr[i] == ')')
            depth -= depth > 0;
        else if (text.ptr[i] == '|' && depth == 0)
            return true;
    }
    return false;
}

/* "$1" and "\\1" of PHP as ${n}, `first` groups later; other dollars and braces stand for
 * themselves. */
static void put_target(struct dt_buf *out, struct dt_slice target, unsigned first, unsigned groups)
{
    for (size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        bool mark = (c == '$' || c == '\\') && i + 1 < target.len && dt_is_digit(target.ptr[i + 1]);
        if (mark) {
            unsigned number = (unsigned)(target.ptr[++i] - '0');
            if (i + 1 < target.len && dt_is_digit(target.ptr[i + 1]) && number * 10 <= groups)
                number = number * 10 + (unsigned)(target.ptr[++i] - '0');
            if (number <= groups)
                dt_buf_printf(out, "${%u}", number ? number + first : 0);
        } else if (c == '$') {
            dt_buf_str(out, "%24");
        } else if (c == '{') {
            dt_buf_str(out, "%7B");
        } else {
            dt_buf_char(out, c);
        }
    }
}

/* How an expression is looked at. */
struct form {
    struct dt_slice pattern; /* without "^" */
    bool inner;              /* not at the path's beginning: what is before it stays */
    bool ends;               /* tied to the end */
    unsigned groups;         /* of its own */
};

/* The expression for "//host/path?query", with groups around what is not matched: that stays. */
static bool write_regex(struct dt_reader *reader, const struct form *form, struct dt_slice target,
                        struct dt_slice *ret_regex, struct dt_slice *ret_target)
{
    struct dt_buf regex, to;
    unsigned first = form->inner;
    dt_buf_init(&regex, LONGEST);
    dt_buf_init(&to, LONGEST);
    dt_buf_str(&regex, form->inner ? "^//[^/]+/(.+?)" : "^//[^/]+");
    dt_buf_put(&regex, form->pattern);
    if (!form->ends)
        dt_buf_str(&regex, "(.*)$");
    if (form->inner)
        dt_buf_str(&to, "/${1}");
    put_target(&to, target, first, form->groups);
    if (!form->ends)
        dt_buf_printf(&to, "${%u}", first + form->groups + 1);
    bool fine = keep(reader, &regex, ret_regex) && keep(reader, &to, ret_target);
    dt_buf_release(&regex);
    dt_buf_release(&to);
    return fine;
}

static bool make_regex(struct dt_reader *reader, const struct dt_wordpress_source *source,
                       const struct form *form, struct dt_slice target, struct dt_rule *rule)
{
    struct dt_slice regex, to;
    rule->target = DT_SLICE_NONE;
    return write_regex(reader, form, target, &regex, &to) &&
           dt_source_regex(reader, source->text, regex, source->nocase ? DT_REGEX_NOCASE : 0,
                           rule) &&
           (!target.len || dt_target_read(reader, to, DT_TARGET_NATIVE, rule)) &&
           dt_source_fold(reader, rule, 0);
}

/* One that is not tied to the beginning is two rules: what begins there, and what does not. With a
 * URL for its target the second would send nobody anywhere. */
static bool add_regex(struct dt_reader *reader, const struct dt_wordpress_source *source,
                      struct dt_slice target, struct dt_options *options, struct dt_rule *rule)
{
    struct dt_slice text = source->text;
    bool tied = text.ptr[0] == '^', choice = has_choice(text);
    struct form form = {.pattern = dt_slice_from(text, tied),
                        .ends = ends_open(text) && !choice,
                        .groups = count_groups(text)};
    options->action.query = DT_QUERY_DROP; /* it is in what is matched */
    if (choice || (!tied && (has_reference(text) || text.ptr[0] != '/')))
        return DT_REFUSE(reader, text, "wordpress-regex",
                         "what is before and behind a match stays where it is: write an "
                         "expression that begins with ^ or with /, without | outside of groups");
    if (!dt_ruleset_intern_action(reader->set, &options->action, &rule->action))
        return false;
    if (!make_regex(reader, source, &form, target, rule))
        return false;
    if (tied || (target.len && target.ptr[0] != '/'))
        return true;
    struct dt_rule other = *rule;
    if (!dt_ruleset_intern_conditions(reader->set, &options->conditions, &other.conditions) ||
        !dt_ruleset_add_rule(reader->set, &other))
        return false;
    form.inner = true;
    return make_regex(reader, source, &form, target, rule);
}

bool dt_wordpress_add(struct dt_reader *reader, const struct dt_wordpress_source *source,
                      struct dt_slice target, const struct dt_options *given, uint32_t line)
{
    struct dt_options options = *given;
    struct dt_rule rule = {.file = reader->file, .line = line};
    if (source->text.len == 0)
        return DT_REFUSE(reader, source->text, "source-path", "no source");
    bool fine = source->regex ? add_regex(reader, source, target, &options, &rule)
                              : add_plain(reader, source, target, &options, &rule);
    return fine && dt_ruleset_intern_action(reader->set, &options.action, &rule.action) &&
           dt_ruleset_intern_conditions(reader->set, &options.conditions, &rule.conditions) &&
           dt_ruleset_add_rule(reader->set, &rule);
}
