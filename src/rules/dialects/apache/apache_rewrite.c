/* SPDX-License-Identifier: MIT
 *
 * mod_rewrite, as far as it redirects. A rule without a redirect would serve another file, and is
 * refused; one that ends the rules ("- [L]") lets the request pass. Conditions that are joined by
 * OR are written out: a rule for each alternative.
 */
#include "rules/dialects/apache/apache_lookup.h"

#include "rules/dialects/apache/apache_target.h"
#include "rules/read/native_scan.h"

/* ---- Flags ---- */

struct flags {
    unsigned status; /* 0: none is given */
    bool last, nocase, append, discard, raw, back;
};

static bool is_flag(struct dt_slice name, const char *shorter, const char *longer)
{
    return dt_slice_eq_nocase(name, dt_slice_str(shorter)) ||
           dt_slice_eq_nocase(name, dt_slice_str(longer));
}

/* Cuts the next flag off "[R=301,L]", without its value. */
static bool next_flag(struct dt_slice *list, struct dt_slice *ret_name, struct dt_slice *ret_value)
{
    *list = dt_scan_trim(*list);
    if (list->len == 0)
        return false;
    const char *comma = memchr(list->ptr, ',', list->len);
    struct dt_slice flag = dt_slice_of(list->ptr, comma ? (size_t)(comma - list->ptr) : list->len);
    *list = dt_slice_from(*list, flag.len + 1);
    flag = dt_scan_trim(flag);
    const char *equals = flag.len ? memchr(flag.ptr, '=', flag.len) : NULL;
    *ret_name = dt_slice_of(flag.ptr, equals ? (size_t)(equals - flag.ptr) : flag.len);
    *ret_value = dt_slice_from(flag, ret_name->len + 1);
    return true;
}

/* What stands between the brackets. */
static bool flag_list(struct dt_apache *apache, struct dt_slice word, struct dt_slice *ret)
{
    *ret = word;
    if (word.len == 0)
        return true;
    if (word.len < 2 || word.ptr[0] != '[' || word.ptr[word.len - 1] != ']')
        return DT_REFUSE(apache->reader, word, "apache-flag", "flags stand in brackets: [R=301,L]");
    *ret = dt_slice_of(word.ptr + 1, word.len - 2);
    return true;
}

static bool read_redirect(struct dt_apache *apache, struct dt_slice at, struct dt_slice value,
                          struct flags *ret)
{
    ret->status = value.len ? dt_apache_status(value) : 302;
    if (!dt_options_status(ret->status))
        return DT_REFUSE(apache->reader, value.len ? value : at, "status-unknown",
                         "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         DT_SLICE_FMT(value));
    return true;
}

static bool read_flag(struct dt_apache *apache, struct dt_slice name, struct dt_slice value,
                      struct flags *ret)
{
    if (is_flag(name, "R", "redirect"))
        return read_redirect(apache, name, value, ret);
    if (is_flag(name, "G", "gone")) {
        ret->status = 410;
        ret->last = true;
    } else if (is_flag(name, "F", "forbidden")) {
        return DT_REFUSE(apache->reader, name, "status-unknown",
                         "403 is not a status that a rule can answer: those are " DT_STATUS_CHOICE);
    } else if (is_flag(name, "L", "last") || is_flag(name, "END", "END")) {
        ret->last = true;
    } else if (is_flag(name, "NC", "nocase")) {
        ret->nocase = true;
    } else if (is_flag(name, "QSA", "qsappend")) {
        ret->append = true;
    } else if (is_flag(name, "QSD", "qsdiscard")) {
        ret->discard = true;
    } else if (is_flag(name, "NE", "noescape")) {
        ret->raw = true;
    } else if (is_flag(name, "B", "escapebackreferences") && value.len == 0) {
        ret->back = true;
    } else if (!is_flag(name, "NS", "nosubreq") && !is_flag(name, "DPI", "discardpath") &&
               !is_flag(name, "E", "env") && !is_flag(name, "BNP", "backrefnoplus")) {
        return DT_REFUSE(apache->reader, name, "apache-flag",
                         "the flag %.*s is not one that a redirect can have here",
                         DT_SLICE_FMT(name));
    }
    return true;
}

static bool read_flags(struct dt_apache *apache, struct dt_slice word, struct flags *ret)
{
    struct dt_slice list, name, value;
    bool fine = flag_list(apache, word, &list);
    while (fine && next_flag(&list, &name, &value))
        fine = read_flag(apache, name, value, ret);
    return fine;
}

/* ---- RewriteCond ---- */

void dt_apache_cond(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_reader *reader = apache->reader;
    struct dt_slice flags = DT_SLICE_NONE, list, name, value;
    struct dt_apache_cond cond = {.line = reader->line};
    bool fine = dt_apache_raw_word(&args, &cond.test) && dt_apache_raw_word(&args, &cond.pattern);
    if (!fine)
        dt_reader_error(reader, reader->text, "apache-value",
                        "a condition has a test and a pattern");
    (void)dt_apache_raw_word(&args, &flags);
    fine = flag_list(apache, flags, &list) && fine;
    while (fine && next_flag(&list, &name, &value)) {
        if (is_flag(name, "NC", "nocase"))
            cond.nocase = true;
        else if (is_flag(name, "OR", "ornext"))
            cond.or_next = true;
        else if (!is_flag(name, "NV", "novary"))
            fine = DT_REFUSE(reader, name, "apache-flag", "no flag of a condition");
    }
    if (fine && apache->cond_count == DT_APACHE_CONDS)
        fine = DT_REFUSE(reader, reader->text, "apache-condition", "more than %u conditions",
                         DT_APACHE_CONDS);
    if (fine)
        apache->conds[apache->cond_count++] = cond;
    else
        apache->cond_broken = true;
}

/* ---- What the conditions want ---- */

static bool same_or_none(struct dt_slice *kept, struct dt_slice text)
{
    bool fine = kept->len == 0 || dt_slice_eq(*kept, text);
    *kept = text;
    return fine;
}

/* Adds an effect; false when it contradicts another one. */
static bool want(struct dt_apache_wants *wants, const struct dt_apache_effect *effect)
{
    switch (effect->want) {
    case DT_APACHE_NOTHING:
        return true;
    case DT_APACHE_OPTION:
        wants->options[wants->option_count++] = effect->text;
        return true;
    case DT_APACHE_PATH:
        wants->paths[wants->path_count++] = effect->text;
        return true;
    case DT_APACHE_HOST:
        return same_or_none(&wants->host, effect->text);
    case DT_APACHE_SCHEME:
        if (wants->scheme && wants->scheme != effect->number)
            return false;
        wants->scheme = effect->number;
        return true;
    case DT_APACHE_PORT:
        if (wants->port && wants->port != effect->number)
            return false;
        wants->port = effect->number;
        return true;
    case DT_APACHE_PARAM:
        wants->params[wants->param_count++] = effect->text;
        return true;
    case DT_APACHE_ONLY:
        wants->only = true;
        return true;
    case DT_APACHE_QUERY:
        if (wants->has_query && !dt_slice_eq(wants->query, effect->text))
            return false;
        wants->has_query = true;
        wants->query = effect->text;
        return true;
    case DT_APACHE_URL_HOST:
        return same_or_none(&wants->url_host, effect->text);
    case DT_APACHE_URL_QUERY:
        return same_or_none(&wants->url_query, effect->text);
    }
    return false;
}

/* Conditions in groups, of which one alternative each must hold. */
struct groups {
    struct dt_apache_effects list[DT_APACHE_CONDS];
    unsigned count;
};

/* %1 and its like in a substitution. */
static bool asks_for_groups(struct dt_slice target)
{
    for (size_t at = 0; at + 1 < target.len; at++) {
        if (target.ptr[at] == '\\')
            at++;
        else if (target.ptr[at] == '%' && dt_is_digit(target.ptr[at + 1]))
            return true;
    }
    return false;
}

static bool read_groups(struct dt_apache *apache, struct dt_slice target, struct groups *ret)
{
    uint32_t line = apache->reader->line;
    bool fine = true;
    ret->count = 0;
    for (unsigned i = 0; i < apache->cond_count; i++) {
        const struct dt_apache_cond *cond = &apache->conds[i];
        bool joined = i > 0 && cond[-1].or_next;
        bool captures = i + 1 == apache->cond_count && asks_for_groups(target) &&
                        dt_apache_groups(cond->pattern) > 0;
        if (dt_apache_is_lookup(cond->test))
            continue; /* read_lookup has read it */
        if (!joined)
            ret->list[ret->count++].count = 0;
        dt_apache_go_to(apache, cond->line);
        if (captures && joined)
            fine = DT_REFUSE(apache->reader, cond->pattern, "apache-condition",
                             "groups of a condition behind an OR");
        else
            fine &= dt_apache_effects(apache, cond, captures, &ret->list[ret->count - 1]);
    }
    dt_apache_go_to(apache, line);
    return fine;
}

/* One rule for each way to take one alternative of each group. */
static bool make_all(struct dt_apache *apache, const struct dt_apache_rewrite *rewrite,
                     const struct groups *groups)
{
    unsigned total = 1;
    for (unsigned i = 0; i < groups->count; i++)
        if ((total *= groups->list[i].count) > DT_APACHE_EFFECTS)
            return DT_REFUSE(apache->reader, rewrite->pattern, "apache-condition",
                             "more alternatives than one rule can be written out to");
    for (unsigned number = 0; number < total; number++) {
        struct dt_apache_wants wants = {0};
        unsigned rest = number;
        bool holds = true;
        for (unsigned i = groups->count; i-- > 0;) {
            const struct dt_apache_effects *group = &groups->list[i];
            holds &= want(&wants, &group->list[rest % group->count]);
            rest /= group->count;
        }
        if (holds && !dt_apache_make(apache, rewrite, &wants))
            return false;
    }
    return true;
}

/* ---- RewriteRule ---- */

/* Can a pattern match the URL that a rule before it redirected to? */
static bool may_match_url(struct dt_slice pattern)
{
    if (pattern.len < 2 || pattern.ptr[0] != '^' || dt_apache_choice(pattern))
        return true;
    char c = pattern.ptr[1];
    bool optional = pattern.len > 2 && strchr("?*{", pattern.ptr[2]);
    return optional || !(c == '/' || c == '$' || (dt_is_word(c) && (c | 0x20) != 'h'));
}

/* Without L the rules go on with the URL that was just made; the next rule has this pattern. */
static void check_unended(struct dt_apache *apache, struct dt_slice pattern, bool negated)
{
    struct dt_apache_scope *scope = apache->scope;
    struct dt_apache_rules *rules = &scope->rewrites;
    uint32_t line = apache->reader->line;
    if (!negated && !may_match_url(pattern))
        return;
    while (scope->unended_count) {
        const struct dt_apache_unended *last = &scope->unended[--scope->unended_count];
        dt_apache_go_to(apache, last->line);
        dt_reader_error(apache->reader, apache->reader->text, "apache-flag",
                        "without L, the rule of line %u goes on with its result: add L", line);
        memmove(rules->list + last->from, rules->list + last->to,
                (rules->count - last->to) * sizeof *rules->list);
        rules->count -= last->to - last->from;
    }
    dt_apache_go_to(apache, line);
}

static void note_unended(struct dt_apache *apache, size_t from)
{
    struct dt_apache_scope *scope = apache->scope;
    if (scope->unended_count == DT_APACHE_UNENDED) {
        dt_reader_error(apache->reader, apache->reader->text, "apache-flag",
                        "one more rule without L than can be followed: add L");
        scope->rewrites.count = from;
    } else if (from < scope->rewrites.count) {
        scope->unended[scope->unended_count++] =
            (struct dt_apache_unended){apache->reader->line, from, scope->rewrites.count};
    }
}

/* Are all groups behind the "?", where what is captured is escaped anyway? */
static bool only_in_query(struct dt_slice target)
{
    const char *question = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    size_t path = question ? (size_t)(question - target.ptr) : target.len;
    for (size_t at = 0; at + 1 < path; at++)
        if ((target.ptr[at] == '$' || target.ptr[at] == '%') && dt_is_digit(target.ptr[at + 1]) &&
            (at == 0 || target.ptr[at - 1] != '\\'))
            return false;
    return true;
}

/* What the flags and the substitution make of the answer. *ret_nothing: the rule does nothing. */
static bool settle(struct dt_apache *apache, struct dt_slice target, const struct flags *flags,
                   struct dt_apache_rewrite *rewrite, bool *ret_nothing)
{
    bool none = dt_slice_eq(target, DT_S("-"));
    unsigned status = flags->status;
    *ret_nothing = false;
    if (!status && none) {
        *ret_nothing = !flags->last;
        rewrite->status = DT_STATUS_PASS;
        return true;
    }
    if (!status && !dt_scan_http(target))
        return DT_REFUSE(apache->reader, target, "apache-rewrite",
                         "serves another file: there are no files here (to redirect, add R)");
    rewrite->status = (uint16_t)(status ? status : 302);
    if (!dt_options_redirects(rewrite->status))
        return true;
    if (none)
        return DT_REFUSE(apache->reader, target, "target-missing", "redirects to nowhere");
    const char *question = memchr(target.ptr, '?', target.len);
    rewrite->target = target;
    rewrite->query = (question && !flags->append) || flags->discard ? DT_QUERY_DROP : DT_QUERY_PASS;
    if (question == target.ptr + target.len - 1)
        rewrite->target.len--;
    if (rewrite->target.len == 0)
        return DT_REFUSE(apache->reader, target, "target-missing", "redirects to nowhere");
    return true;
}

/* ---- RewriteMap ---- */

/* A condition that a map has a row, and how the target takes it. */
static bool read_lookup_cond(struct dt_apache *apache, const struct dt_apache_cond *cond,
                             struct dt_slice target, struct dt_apache_lookup *ret)
{
    uint32_t line = apache->reader->line;
    struct dt_apache_lookup again;
    dt_apache_go_to(apache, cond->line);
    bool fine = dt_apache_lookup_read(apache, cond->test, ret);
    dt_apache_go_to(apache, line);
    bool any = dt_slice_eq(cond->pattern, DT_S(".")) || dt_slice_eq(cond->pattern, DT_S("!^$")) ||
               dt_slice_eq(cond->pattern, DT_S("(.+)"));
    bool all =
        dt_slice_eq(cond->pattern, DT_S("^(.+)$")) || dt_slice_eq(cond->pattern, DT_S("(.+)"));
    bool query = dt_slice_eq(cond->pattern, DT_S("^([^?]+)\\?(.*)$"));
    if (!fine)
        return false;
    if (cond->or_next || ret->fallback.len)
        return DT_REFUSE(apache->reader, cond->test, "apache-map",
                         "a map with OR or with a value for all others, in a condition");
    ret->value = query ? DT_APACHE_VALUE_QUERY : DT_APACHE_VALUE_ALL;
    if (dt_slice_eq(target, DT_S("-")) && (any || all || query)) {
        ret->value = query ? DT_APACHE_VALUE_QUERY : DT_APACHE_VALUE_NONE;
        return true;
    }
    if ((all && dt_slice_eq(target, DT_S("%1"))) || (query && dt_slice_eq(target, DT_S("%1?%2"))))
        return true;
    return (any && dt_apache_is_lookup(target) && dt_apache_lookup_read(apache, target, &again) &&
            again.map == ret->map && dt_slice_eq(again.key, ret->key)) ||
           DT_REFUSE(apache->reader, target, "apache-map",
                     "a row of a map is taken as a whole: ^(.+)$ in the condition, and %%1");
}

/* What the rule asks a map; ret->map is NULL when it asks none. */
static bool read_lookup(struct dt_apache *apache, struct dt_slice target,
                        struct dt_apache_lookup *ret)
{
    *ret = (struct dt_apache_lookup){.map = NULL};
    for (unsigned i = 0; i < apache->cond_count; i++) {
        if (!dt_apache_is_lookup(apache->conds[i].test))
            continue;
        if (ret->map || (i > 0 && apache->conds[i - 1].or_next))
            return DT_REFUSE(apache->reader, target, "apache-map", "two maps in one rule");
        if (!read_lookup_cond(apache, &apache->conds[i], target, ret))
            return false;
    }
    const struct dt_apache_map *map = dt_apache_map_find(apache, target);
    if (ret->map || !dt_apache_is_lookup(target) || (map && map->kind == DT_APACHE_MAP_ESCAPE))
        return true;
    return dt_apache_lookup_read(apache, target, ret) &&
           (ret->fallback.len ||
            DT_REFUSE(apache->reader, target, "apache-map",
                      "what is not in the map would be redirected to nowhere: add a condition "
                      "such as RewriteCond %.*s ., or a value behind |",
                      DT_SLICE_FMT(target)));
}

/* A rule for each row. */
static bool make_rows(struct dt_apache *apache, struct dt_apache_rewrite *rewrite,
                      const struct dt_apache_lookup *lookup, const struct flags *flags,
                      const struct groups *groups)
{
    struct dt_reader *reader = apache->reader, here = *reader;
    struct dt_apache_cut cut;
    struct dt_apache_page page;
    bool fine = true;
    if (rewrite->negated)
        return DT_REFUSE(reader, rewrite->pattern, "apache-map", "a map beside a pattern with !");
    if (!dt_apache_cut_find(apache, lookup, rewrite->pattern, &cut))
        return false;
    /* cppcheck-suppress autoVariables */
    rewrite->page = &page;
    reader->file = lookup->map->file;
    for (size_t i = 0; i < lookup->map->count && !reader->set->err; i++) {
        const struct dt_apache_row *row = &lookup->map->rows[i];
        const char *question = memchr(row->value.ptr, '?', row->value.len);
        bool taken =
            lookup->value == DT_APACHE_VALUE_ALL && question && apache->queried == lookup->map;
        if (taken || (lookup->value == DT_APACHE_VALUE_QUERY && !question) ||
            !dt_apache_cut_row(apache, &cut, lookup, row, &page))
            continue;
        reader->line = row->line;
        reader->text = row->text;
        page.nocase |= rewrite->nocase;
        bool redirects = dt_options_redirects(rewrite->status);
        rewrite->target = redirects ? row->value : DT_SLICE_NONE;
        rewrite->query =
            (question && !flags->append) || flags->discard ? DT_QUERY_DROP : DT_QUERY_PASS;
        fine &= make_all(apache, rewrite, groups);
    }
    reader->file = here.file;
    reader->line = here.line;
    reader->text = here.text;
    rewrite->page = NULL;
    apache->queried = lookup->value == DT_APACHE_VALUE_QUERY ? lookup->map : NULL;
    return fine;
}

static void read_rule(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_reader *reader = apache->reader;
    struct dt_apache_rewrite rewrite = {0};
    struct dt_slice target, flag_word = DT_SLICE_NONE;
    struct flags flags = {0};
    struct dt_apache_lookup lookup;
    struct groups groups;
    bool nothing;
    if (!dt_apache_raw_word(&args, &rewrite.pattern) || !dt_apache_raw_word(&args, &target) ||
        target.len == 0) {
        dt_reader_error(reader, reader->text, "apache-value", "a rule has a pattern and a target");
        return;
    }
    (void)dt_apache_raw_word(&args, &flag_word);
    if (rewrite.pattern.len && rewrite.pattern.ptr[0] == '!') {
        rewrite.negated = true;
        rewrite.pattern = dt_slice_from(rewrite.pattern, 1);
    }
    check_unended(apache, rewrite.pattern, rewrite.negated);
    if (!read_flags(apache, flag_word, &flags) ||
        !settle(apache, target, &flags, &rewrite, &nothing) || nothing)
        return;
    rewrite.nocase = flags.nocase;
    rewrite.raw = flags.raw;
    if (flags.back && !only_in_query(rewrite.target)) {
        dt_reader_error(reader, target, "apache-flag",
                        "B beside a group in the path, which would have its slashes escaped");
        return;
    }
    if (apache->cond_count)
        rewrite.cond_groups = dt_apache_groups(apache->conds[apache->cond_count - 1].pattern);
    size_t before = apache->scope->rewrites.count;
    apache->nocase = flags.nocase;
    if (apache->cond_broken || !read_lookup(apache, target, &lookup) ||
        !read_groups(apache, lookup.map ? DT_SLICE_NONE : rewrite.target, &groups))
        return;
    if (lookup.map && (!make_rows(apache, &rewrite, &lookup, &flags, &groups)))
        return;
    if (lookup.fallback.len) {
        const char *question = memchr(lookup.fallback.ptr, '?', lookup.fallback.len);
        rewrite.target = lookup.fallback;
        rewrite.query =
            (question && !flags.append) || flags.discard ? DT_QUERY_DROP : DT_QUERY_PASS;
    }
    if ((!lookup.map || lookup.fallback.len) && !make_all(apache, &rewrite, &groups))
        return;
    if (!flags.last && rewrite.target.len)
        note_unended(apache, before);
}

void dt_apache_rule(struct dt_apache *apache, struct dt_slice args)
{
    if (!apache->scope->rewrite_line)
        apache->scope->rewrite_line = apache->reader->line;
    read_rule(apache, args);
    apache->cond_count = 0;
    apache->cond_broken = false;
}
