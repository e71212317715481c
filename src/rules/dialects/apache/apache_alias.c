/* SPDX-License-Identifier: MIT
 *
 * mod_alias. Redirect moves a folder: what follows it in the path is put behind the target, as it
 * stands. So "Redirect /a /b" is two rules, /a to /b and /a/... to /b/..., since no single one has
 * a slash in its target only when the path has one. With a slash at its end it is for what is below
 * only, which is a regular expression here.
 */
#include "rules/dialects/apache/apache_target.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/target.h"

/* What a directive says, when it is read. */
struct alias {
    struct dt_slice path; /* or the pattern */
    struct dt_slice target;
    unsigned status;
    uint32_t action;
};

unsigned dt_apache_status(struct dt_slice word)
{
    static const char *const names[] = {"permanent", "temp", "seeother", "gone"};
    static const unsigned statuses[] = {301, 302, 303, 410};
    for (size_t i = 0; i < 4; i++)
        if (dt_slice_eq_nocase(word, dt_slice_str(names[i])))
            return statuses[i];
    if (word.len != 3 || !dt_is_digit(word.ptr[0]) || !dt_is_digit(word.ptr[1]) ||
        !dt_is_digit(word.ptr[2]))
        return 0;
    return (unsigned)(word.ptr[0] - '0') * 100 + (unsigned)(word.ptr[1] - '0') * 10 +
           (unsigned)(word.ptr[2] - '0');
}

/* ---- Arguments ---- */

static bool check_status(struct dt_reader *reader, const struct alias *alias, struct dt_slice at)
{
    if (!dt_options_status(alias->status))
        return DT_REFUSE(reader, at, "status-unknown",
                         "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         DT_SLICE_FMT(at));
    if (dt_options_redirects(alias->status) && alias->target.len == 0)
        return DT_REFUSE(reader, at, "target-missing", "no URL to redirect to");
    if (!dt_options_redirects(alias->status) && alias->target.len)
        return DT_REFUSE(reader, alias->target, "target-unwanted", "a %u has no target",
                         alias->status);
    return true;
}

/* [status] path [URL] */
static bool read_args(struct dt_apache *apache, enum dt_apache_alias which, struct dt_slice args,
                      struct alias *ret)
{
    struct dt_reader *reader = apache->reader;
    struct dt_slice words[4], status = reader->text;
    unsigned count = 0, at = 0;
    while (count < 4 && dt_apache_word(apache, &args, &words[count]))
        count++;
    *ret = (struct alias){.status = which == DT_APACHE_PERMANENT ? 301 : 302};
    bool may = which == DT_APACHE_REDIRECT || which == DT_APACHE_MATCH;
    if (may && count > 1 && dt_apache_status(words[0])) {
        status = words[0];
        ret->status = dt_apache_status(status);
        at = 1;
    }
    if (count == at)
        return DT_REFUSE(reader, reader->text, "target-missing", "no path, and no URL");
    ret->path = words[at++];
    if (at < count)
        ret->target = words[at++];
    if (at < count || args.len)
        return DT_REFUSE(reader, words[count - 1], "apache-value",
                         "more words than it has a use for");
    return check_status(reader, ret, status) &&
           (!ret->target.len || memchr(ret->target.ptr, '{', ret->target.len) == NULL ||
            !memmem(ret->target.ptr, ret->target.len, "${", 2) ||
            DT_REFUSE(reader, ret->target, "apache-variable", "a variable of Define is not read"));
}

/* ---- Rules ---- */

static struct dt_rule new_rule(struct dt_apache *apache, const struct alias *alias)
{
    return (struct dt_rule){
        .file = apache->reader->file, .line = apache->reader->line, .action = alias->action};
}

static bool wait(struct dt_apache *apache, struct dt_rule *rule)
{
    return dt_source_fold(apache->reader, rule, rule->flags) &&
           dt_apache_wait(apache, &apache->scope->aliases, rule);
}

/* The path as dt_source_path reads it: decoded bytes, slashes that follow each other are one. */
static bool source_path(struct dt_apache *apache, struct dt_slice path, struct dt_slice *ret)
{
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    for (size_t at = 0; at < path.len; at++)
        if (path.ptr[at] != '/' || at == 0 || path.ptr[at - 1] != '/')
            dt_pattern_encode(&buf, dt_slice_of(path.ptr + at, 1));
    return dt_apache_keep(apache, &buf, path, ret);
}

/* The target with what follows the folder: slash, then the native capture. */
static bool target_below(struct dt_apache *apache, struct dt_slice target, const char *below,
                         struct dt_slice *ret)
{
    struct dt_buf buf;
    dt_buf_init(&buf, 2 * DT_LIMIT_TARGET);
    if (dt_slice_eq(target, DT_S("/")) && below[0] == '/')
        dt_buf_str(&buf, "/./"); /* "//" at the beginning would be another host */
    else
        dt_apache_put(&buf, target, false);
    dt_buf_str(&buf, below);
    return dt_apache_keep(apache, &buf, target, ret);
}

/* The folder itself. */
static bool add_exact(struct dt_apache *apache, const struct alias *alias, struct dt_slice path)
{
    struct dt_reader *reader = apache->reader;
    struct dt_rule rule = new_rule(apache, alias);
    return dt_pattern_begin(reader, &rule) &&
           dt_source_path(reader, path, DT_SOURCE_LITERAL, &rule) &&
           dt_target_read(reader, alias->target, DT_TARGET_LITERAL, &rule) && wait(apache, &rule);
}

/* What is below it; of a status without a target the folder too. */
static bool add_below(struct dt_apache *apache, const struct alias *alias, struct dt_slice path,
                      const char *below)
{
    struct dt_reader *reader = apache->reader;
    struct dt_rule rule = new_rule(apache, alias);
    struct dt_slice target = DT_SLICE_NONE;
    if (!dt_pattern_begin(reader, &rule) || !dt_source_path(reader, path, DT_SOURCE_LITERAL, &rule))
        return false;
    rule.path_kind = DT_PATH_PREFIX;
    if (rule.path.len && rule.path.ptr[rule.path.len - 1] == '/')
        rule.path.len--;
    if (!dt_capture_more(reader, &rule, 0, true))
        return false;
    if (alias->target.len == 0)
        return wait(apache, &rule);
    reader->captures.list[reader->captures.count++] = (struct dt_capture_name){
        .name = DT_S(DT_APACHE_REST), .number = reader->captures.labels, .from = DT_FROM_PATH};
    return target_below(apache, alias->target, below, &target) &&
           dt_target_read(reader, target, DT_TARGET_NATIVE, &rule) && wait(apache, &rule);
}

/* "/dir/": only what begins so. */
static bool add_slashed(struct dt_apache *apache, const struct alias *alias, struct dt_slice path)
{
    struct dt_reader *reader = apache->reader;
    struct dt_rule rule = new_rule(apache, alias);
    struct dt_slice regex, target;
    struct dt_buf buf;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_char(&buf, '^');
    dt_pattern_literal(&buf, path, true);
    dt_buf_str(&buf, "(.*)$");
    if (!dt_apache_keep(apache, &buf, alias->path, &regex) || !dt_pattern_begin(reader, &rule) ||
        !dt_source_regex(reader, alias->path, regex, 0, &rule))
        return false;
    if (alias->target.len == 0)
        return wait(apache, &rule);
    return target_below(apache, alias->target, "${1}", &target) &&
           dt_target_read(reader, target, DT_TARGET_NATIVE, &rule) && wait(apache, &rule);
}

static void redirect(struct dt_apache *apache, const struct alias *alias)
{
    struct dt_reader *reader = apache->reader;
    struct dt_slice path;
    if (alias->path.len == 0 || alias->path.ptr[0] != '/') {
        dt_reader_error(reader, alias->path, "source-relative",
                        "a path begins with / (Redirect with a URL alone is for <Location>)");
        return;
    }
    if (memchr(alias->path.ptr, '%', alias->path.len))
        dt_reader_warn(reader, alias->path, "apache-percent",
                       "Apache compares decoded paths: a %% here is a percent sign, and matches "
                       "%%25 only");
    if (!source_path(apache, alias->path, &path))
        return;
    if (path.len == 1)
        (void)add_below(apache, alias, path, ":" DT_APACHE_REST);
    else if (path.ptr[path.len - 1] == '/')
        (void)add_slashed(apache, alias, path);
    else if (alias->target.len == 0)
        (void)add_below(apache, alias, path, "");
    else if (add_exact(apache, alias, path))
        (void)add_below(apache, alias, path, "/:" DT_APACHE_REST);
}

/* ---- RedirectMatch ---- */

static bool match_source(struct dt_apache *apache, const struct alias *alias,
                         struct dt_slice pattern, struct dt_apache_captures *captures,
                         struct dt_rule *rule)
{
    struct dt_reader *reader = apache->reader;
    struct dt_slice regex;
    struct dt_buf buf;
    if (captures->all != DT_APACHE_NOT_ALL)
        return dt_pattern_all(reader, DT_S(DT_APACHE_REST), rule);
    dt_buf_init(&buf, DT_PATTERN_MAX);
    bool fine = dt_apache_regex(apache, pattern, 0, &buf);
    fine &= dt_apache_keep(apache, &buf, alias->path, &regex);
    if (!fine || !dt_pattern_begin(reader, rule) ||
        !dt_source_regex(reader, alias->path, dt_pattern_of_path(reader, regex), 0, rule))
        return false;
    captures->path_groups = reader->captures.groups - captures->path_first;
    return true;
}

static bool match(struct dt_apache *apache, const struct alias *alias, struct dt_slice pattern,
                  struct dt_apache_captures *captures)
{
    struct dt_reader *reader = apache->reader;
    struct dt_rule rule = new_rule(apache, alias);
    struct dt_slice target;
    struct dt_buf buf;
    if (!match_source(apache, alias, pattern, captures, &rule))
        return false;
    if (alias->target.len) {
        dt_buf_init(&buf, 2 * DT_LIMIT_TARGET);
        dt_apache_match_target(alias->target, captures, &buf);
        if (!dt_apache_keep(apache, &buf, alias->target, &target))
            return false;
        if (dt_slice_eq(target, alias->target))
            target = alias->target;
        if (dt_apache_is_nothing(target, captures))
            return true;
        if (!dt_target_read(reader, target, DT_TARGET_NATIVE, &rule))
            return false;
    }
    return wait(apache, &rule);
}

static void redirect_match(struct dt_apache *apache, const struct alias *alias)
{
    struct dt_apache_captures captures = {.all = dt_apache_all(alias->path, false)};
    struct dt_slice patterns[2] = {alias->path, DT_SLICE_NONE};
    unsigned count = 1, edge;
    if (!dt_apache_fits_all(alias->target, captures.all))
        captures.all = DT_APACHE_NOT_ALL;
    if (captures.all == DT_APACHE_NOT_ALL && dt_apache_edge(alias->target, &edge))
        count = dt_apache_leads(apache, alias->path, alias->target, edge, patterns, &captures);
    if (count && match(apache, alias, patterns[0], &captures) && count == 2) {
        captures.lead_empty = true;
        (void)match(apache, alias, patterns[1], &captures);
    }
}

void dt_apache_alias(struct dt_apache *apache, enum dt_apache_alias which, struct dt_slice args)
{
    struct alias alias;
    struct dt_options options = dt_options_standard();
    if (!read_args(apache, which, args, &alias))
        return;
    options.action.status = (uint16_t)alias.status;
    if (alias.target.len && memchr(alias.target.ptr, '?', alias.target.len))
        options.action.query = DT_QUERY_DROP;
    if (!dt_ruleset_intern_action(apache->reader->set, &options.action, &alias.action))
        return;
    if (which == DT_APACHE_MATCH)
        redirect_match(apache, &alias);
    else
        redirect(apache, &alias);
}
