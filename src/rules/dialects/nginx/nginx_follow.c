/* SPDX-License-Identifier: MIT
 *
 * Following a server's directives as nginx runs them: the rewrite directives of the server, then
 * the choice of a location, then the rewrite directives of that. A variable of a map is followed
 * row by row: each row narrows down the requests, and what comes next is followed with its value
 * known.
 */
#include "rules/dialects/nginx/nginx_follow.h"
#include "rules/dialects/nginx/nginx_helper.h"

#include "rules/dialects/apache/apache_literal.h"
#include "rules/read/native_scan.h"
#include "semantics/glob.h"

#include <stdlib.h>

/* ---- Answers ---- */

static void pass(struct dt_nginx_walk *walk, const struct dt_nginx_want *want,
                 const struct dt_nginx_word *word)
{
    const struct dt_nginx_answer answer = {.status = DT_STATUS_PASS, .word = word};
    (void)dt_nginx_make(walk->nginx, want, &answer);
}

/* The end of the directives: of a server, its locations; of a location, what it serves. */
static void at_end(struct dt_nginx_walk *walk, const struct dt_nginx_want *want)
{
    if (walk->location)
        pass(walk, want, walk->location->words);
    else
        dt_nginx_choose_location(walk, walk->nginx->locations, want);
}

/* ---- Values that are known ---- */

/* "^text(.*)$", "^text(.+)$", "^text": the text; *ret_group: what follows it is a group. */
static bool leading(struct dt_slice pattern, struct dt_slice *ret, bool *ret_group, bool *ret_some)
{
    static const char *const ends[] = {"(.+)$", "(.*)$", "(.+)", "(.*)", ".*$", ".*", ""};
    if (!dt_slice_starts(pattern, DT_S("^")))
        return false;
    pattern = dt_slice_from(pattern, 1);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t len = strlen(ends[i]);
        if (pattern.len < len ||
            !dt_slice_eq(dt_slice_from(pattern, pattern.len - len), dt_slice_str(ends[i])))
            continue;
        pattern.len -= len;
        *ret_group = i < 4;
        *ret_some = i == 0 || i == 2;
        break;
    }
    for (size_t at = 0; at < pattern.len; at++)
        if (strchr("\\[](){}|.*+?$^", pattern.ptr[at]))
            return false;
    *ret = pattern;
    return true;
}

enum known { NO, YES, UNKNOWN };

/* Does a known value stand the test? *ret_group: what $1 is then. */
static enum known known_value(struct dt_nginx_walk *walk, const struct dt_nginx_text *value,
                              const struct dt_nginx_test *test, struct dt_nginx_text *ret_group,
                              bool *ret_has_group)
{
    struct dt_slice plain, lead;
    struct dt_apache_texts texts;
    bool some = false, is = dt_nginx_plain(value, &plain);
    *ret_has_group = false;
    if (test->how == DT_NGINX_TRUE)
        return !is || (plain.len && !dt_slice_eq(plain, DT_S("0"))) ? YES : NO;
    if (test->how == DT_NGINX_EQUALS && is)
        return dt_slice_eq(plain, test->pattern) ? YES : NO;
    struct dt_slice front =
        value->count && value->list[0].kind == DT_NGINX_TEXT ? value->list[0].text : DT_SLICE_NONE;
    if (test->how == DT_NGINX_EQUALS)
        return test->pattern.len == 0 && front.len ? NO : UNKNOWN;
    struct dt_slice guard = DT_S(":(//.*)$"); /* our own: a path that would be a host */
    if (!is && test->pattern.len > guard.len &&
        dt_slice_eq(dt_slice_from(test->pattern, test->pattern.len - guard.len), guard))
        return NO;
    if (leading(test->pattern, &lead, ret_has_group, &some) && !test->nocase) {
        if (!dt_slice_starts(front, lead))
            return is || front.len >= lead.len || !dt_slice_starts(lead, front) ? NO : UNKNOWN;
        if (is && some && front.len == lead.len)
            return NO;
        *ret_group = *value;
        if (value->count)
            ret_group->list[0].text = dt_slice_from(front, lead.len);
        return YES;
    }
    *ret_has_group = false;
    if (!is || !dt_apache_texts(&walk->nginx->reader->set->arena, test->pattern, false, &texts))
        return UNKNOWN;
    for (unsigned i = 0; i < texts.count; i++)
        if (dt_glob_match(texts.list[i], plain, false))
            return YES;
    return NO;
}

/* ---- if ---- */

struct condition {
    struct dt_nginx_word words[3];
    unsigned count;
};

/* The words between the brackets. */
static bool condition_words(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                            struct condition *ret)
{
    ret->count = 0;
    for (unsigned i = 1; i < dir->count; i++) {
        struct dt_nginx_word word = dir->words[i];
        if (i == 1 && !word.quoted && dt_slice_starts(word.text, DT_S("(")))
            word.text = dt_slice_from(word.text, 1);
        if (i + 1 == dir->count && !word.quoted && word.text.len &&
            word.text.ptr[word.text.len - 1] == ')')
            word.text.len--;
        if (word.text.len == 0 && !word.quoted)
            continue;
        if (ret->count == 3)
            return DT_NGINX_REFUSE(walk->nginx->reader, dir->words, "nginx-condition",
                                   "more words than a condition has");
        ret->words[ret->count++] = word;
    }
    return ret->count > 0 || DT_NGINX_REFUSE(walk->nginx->reader, dir->words, "nginx-condition",
                                             "an if without a condition");
}

static bool is_file_test(struct dt_slice text)
{
    text = dt_slice_from(text, dt_slice_starts(text, DT_S("!")));
    return text.len == 2 && text.ptr[0] == '-' && strchr("fdex", text.ptr[1]);
}

static bool read_test(struct dt_nginx_walk *walk, const struct condition *condition,
                      const struct dt_nginx_bound *bound, struct dt_nginx_text *subject,
                      struct dt_nginx_test *ret)
{
    static const struct {
        const char *sign;
        enum dt_nginx_how how;
        bool negated, nocase;
    } signs[] = {
        {"=", DT_NGINX_EQUALS, false, false},  {"!=", DT_NGINX_EQUALS, true, false},
        {"~", DT_NGINX_MATCHES, false, false}, {"!~", DT_NGINX_MATCHES, true, false},
        {"~*", DT_NGINX_MATCHES, false, true}, {"!~*", DT_NGINX_MATCHES, true, true},
    };
    struct dt_nginx *nginx = walk->nginx;
    const struct dt_nginx_word *words = condition->words;
    if (!dt_nginx_text(nginx, &words[0], bound, subject))
        return false;
    *ret = (struct dt_nginx_test){.how = DT_NGINX_TRUE, .word = &words[0]};
    if (condition->count == 1)
        return true;
    for (size_t i = 0; condition->count == 3 && i < sizeof signs / sizeof *signs; i++) {
        struct dt_nginx_text other;
        if (!dt_slice_eq(words[1].text, dt_slice_str(signs[i].sign)))
            continue;
        *ret = (struct dt_nginx_test){.how = signs[i].how,
                                      .negated = signs[i].negated,
                                      .nocase = signs[i].nocase,
                                      .pattern = words[2].text,
                                      .word = &words[2]};
        if (ret->how == DT_NGINX_MATCHES)
            return true;
        return dt_nginx_text(nginx, &words[2], bound, &other) &&
               (dt_nginx_plain(&other, &ret->pattern) ||
                DT_NGINX_REFUSE(nginx->reader, &words[2], "nginx-condition",
                                "one variable compared with another"));
    }
    return DT_NGINX_REFUSE(nginx->reader, &words[0], "nginx-condition",
                           "expected: a variable, or a variable, = != ~ ~* !~ !~*, and a text");
}

/* Does a block set a variable, which what follows may ask for? */
static bool sets(const struct dt_nginx_dir *dirs)
{
    for (const struct dt_nginx_dir *dir = dirs; dir; dir = dir->next)
        if (dt_nginx_is_named(dir, "set") || (dir->children && sets(dir->children)))
            return true;
    return false;
}

/* on: what comes behind the block is followed too, for the requests that got in. */
static void enter(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                  const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                  const struct dt_nginx_bound *bound, bool on)
{
    const struct dt_nginx_frame behind = {dir->next, frame, !on};
    dt_nginx_run(walk, dir->children, &behind, want, bound);
}

/* True: it holds for certain, and all is followed. False: go on behind it, for requests for which
 * it does not hold; or *ret_table has to be followed first. */
static bool run_if(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                   const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                   const struct dt_nginx_bound *bound, const struct dt_nginx_table **ret_table)
{
    struct condition condition;
    struct dt_nginx_text subject, group;
    struct dt_nginx_test test;
    struct dt_slice plain;
    bool has_group;
    *ret_table = NULL;
    if (!condition_words(walk, dir, &condition))
        return false;
    if (is_file_test(condition.words[0].text)) {
        bool holds = condition.words[0].text.ptr[0] == '!';
        DT_NGINX_WARN(walk->nginx->reader, &condition.words[0], "nginx-files",
                      "there are no files here: this condition %s holds",
                      holds ? "always" : "never");
        if (holds)
            enter(walk, dir, frame, want, bound, true);
        return holds;
    }
    if (!read_test(walk, &condition, bound, &subject, &test))
        return false;
    *ret_table = dt_nginx_wants_table(&subject);
    if (*ret_table)
        return false;
    bool is_known = dt_nginx_plain(&subject, &plain) ||
                    (subject.count && subject.list[0].kind == DT_NGINX_TEXT) ||
                    (test.how == DT_NGINX_TRUE && subject.count > 1);
    if (is_known) {
        enum known known = known_value(walk, &subject, &test, &group, &has_group);
        if (known == UNKNOWN) {
            DT_NGINX_ERROR(walk->nginx->reader, test.word, "nginx-condition",
                           "whether a value with variables in it is so, cannot be told");
            return false;
        }
        if ((known == YES) == test.negated)
            return false;
        struct dt_nginx_bound one = {DT_S("1"), &group, bound};
        enter(walk, dir, frame, want, has_group ? &one : bound, true);
        return true;
    }
    struct dt_nginx_alts *alts = malloc(sizeof *alts);
    if (!alts) {
        dt_reader_nomem(walk->nginx->reader);
        return false;
    }
    alts->count = 0;
    if (dt_nginx_test_text(walk->nginx, want, &subject, &test, alts))
        for (unsigned i = 0; i < alts->count && !dt_nginx_stopped(walk); i++)
            enter(walk, dir, frame, &alts->list[i], bound, sets(dir->children));
    free(alts);
    return false;
}

/* ---- Rows ---- */

/* Of our own: a map that looks whether the case is the same. The table whose answer it looks at. */
static const struct dt_nginx_table *looks_at_case(struct dt_nginx_walk *walk,
                                                  const struct dt_nginx_table *table)
{
    struct dt_nginx_text source;
    if (table->count != 1 || table->rows[0].kind != DT_NGINX_REGEX ||
        !dt_slice_eq(table->rows[0].key.text, DT_S(DT_NGINX_SAME_CASE)) ||
        !dt_nginx_text(walk->nginx, &table->source, NULL, &source) || source.count == 0)
        return NULL;
    return source.list[source.count - 1].kind == DT_NGINX_TABLE
               ? source.list[source.count - 1].table
               : NULL;
}

/* at: what is followed, with the variable's value known. */
static void follow_row(struct dt_nginx_walk *walk, const struct dt_nginx_frame *at,
                       const struct dt_nginx_want *want, const struct dt_nginx_bound *bound,
                       const struct dt_nginx_word *word, struct dt_slice name)
{
    struct dt_nginx_text value = {.word = word};
    struct dt_nginx_bound one = {name, &value, bound};
    if (!word || dt_nginx_text(walk->nginx, word, bound, &value))
        dt_nginx_run(walk, at->next, at->parent, want, &one);
}

static void each_row(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                     const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                     const struct dt_nginx_bound *bound, const struct dt_nginx_table *table)
{
    const struct dt_nginx_table *rows = looks_at_case(walk, table);
    const struct dt_nginx_frame at = {dir, frame, false};
    bool same_case = rows != NULL;
    struct dt_nginx_alts *alts = malloc(sizeof *alts);
    if (!alts) {
        dt_reader_nomem(walk->nginx->reader);
        return;
    }
    rows = rows ? rows : table;
    for (size_t i = 0; i < rows->count && !dt_nginx_stopped(walk); i++) {
        const struct dt_nginx_row *row = &rows->rows[i];
        struct dt_nginx_word value = *row->value;
        alts->count = 0;
        if (same_case) {
            const char *blank = memchr(value.text.ptr, ' ', value.text.len);
            value.text =
                dt_slice_from(value.text, blank ? (size_t)(blank - value.text.ptr) + 1 : 0);
        }
        if (!dt_nginx_test_row(walk->nginx, want, rows, row, alts))
            continue;
        for (unsigned j = 0; j < alts->count && !dt_nginx_stopped(walk); j++) {
            if (same_case)
                alts->list[j].exact_nocase = alts->list[j].params_nocase = false;
            follow_row(walk, &at, &alts->list[j], bound, &value, table->name);
        }
    }
    free(alts);
    if (!dt_nginx_stopped(walk))
        follow_row(walk, &at, want, bound, table->standard, table->name);
}

/* ---- return, rewrite ---- */

static unsigned status_of(struct dt_slice text)
{
    unsigned status = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!dt_is_digit(text.ptr[i]) || i == 3)
            return 0;
        status = status * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return status;
}

/* Another status than a rule can answer. */
static void other_status(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                         unsigned status, const struct dt_nginx_want *want)
{
    struct dt_reader *reader = walk->nginx->reader;
    if (status >= 200 && status < 300)
        DT_NGINX_WARN(reader, &dir->words[1], "nginx-content",
                      "%u is no redirect: here the request is answered as if no rule matched",
                      status);
    else
        DT_NGINX_ERROR(reader, &dir->words[1], "status-unknown",
                       "%u is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                       status);
    pass(walk, want, dir->words);
}

/* True: it was followed; false: a table must be followed first. */
static bool run_return(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                       const struct dt_nginx_want *want, const struct dt_nginx_bound *bound,
                       const struct dt_nginx_table **ret_table)
{
    struct dt_nginx *nginx = walk->nginx;
    struct dt_nginx_text text = {0};
    struct dt_nginx_answer answer = {.word = dir->words};
    const struct dt_nginx_word *word = NULL;
    *ret_table = NULL;
    if (dir->count < 2 || dir->count > 3)
        return DT_NGINX_REFUSE(nginx->reader, dir->words, "nginx-syntax",
                               "expected: return [status] URL");
    answer.status = status_of(dir->words[1].text);
    if (answer.status)
        word = dir->count == 3 ? &dir->words[2] : NULL;
    else {
        answer.status = 302;
        word = &dir->words[1];
    }
    if (!dt_options_status(answer.status)) {
        other_status(walk, dir, answer.status, want);
        return true;
    }
    if (dt_options_redirects(answer.status)) {
        if (!word)
            return DT_NGINX_REFUSE(nginx->reader, dir->words, "target-missing",
                                   "redirects to nowhere");
        if (!dt_nginx_text(nginx, word, bound, &text))
            return false;
        *ret_table = dt_nginx_wants_table(&text);
        if (*ret_table)
            return false;
        text.word = word;
        answer.target = &text;
    }
    (void)dt_nginx_make(nginx, want, &answer);
    return true;
}

static bool is_absolute(const struct dt_nginx_text *text)
{
    const struct dt_nginx_part *first = text->list;
    return text->count && (first->kind == DT_NGINX_SCHEME ||
                           (first->kind == DT_NGINX_TEXT && dt_scan_http(first->text)));
}

/* Gives what a table is needed for; the rule is for those that match, and the rest goes on. */
static void run_rewrite(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                        const struct dt_nginx_want *want, const struct dt_nginx_bound *bound,
                        const struct dt_nginx_table **ret_table)
{
    struct dt_nginx *nginx = walk->nginx;
    struct dt_nginx_text text;
    struct dt_nginx_want made = *want;
    struct dt_nginx_answer answer = {.append = true, .word = dir->words, .status = 302};
    *ret_table = NULL;
    if (dir->count < 3 || dir->count > 4) {
        DT_NGINX_ERROR(nginx->reader, dir->words, "nginx-syntax",
                       "expected: rewrite expression target [flag]");
        return;
    }
    struct dt_slice flag = dir->count == 4 ? dir->words[3].text : DT_SLICE_NONE;
    bool redirects = dt_slice_eq(flag, DT_S("redirect")) || dt_slice_eq(flag, DT_S("permanent"));
    if (!dt_nginx_text(nginx, &dir->words[2], bound, &text))
        return;
    *ret_table = dt_nginx_wants_table(&text);
    if (*ret_table)
        return;
    if (!redirects && !is_absolute(&text)) {
        DT_NGINX_ERROR(nginx->reader, &dir->words[2], "nginx-rewrite",
                       "serves another path: only rewrites that redirect can be rules");
        return;
    }
    if (dt_slice_eq(flag, DT_S("permanent")))
        answer.status = 301;
    const struct dt_nginx_test test = {
        .how = DT_NGINX_MATCHES, .pattern = dir->words[1].text, .word = &dir->words[1]};
    if (!dt_slice_eq(test.pattern, DT_S("^")) && !dt_nginx_want_regex(nginx, &made, &test))
        return;
    text.word = &dir->words[2];
    answer.target = &text;
    (void)dt_nginx_make(nginx, &made, &answer);
}

/* ---- One directive after another ---- */

static bool run_set(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                    const struct dt_nginx_bound *bound, struct dt_nginx_text *value,
                    struct dt_nginx_bound *ret, const struct dt_nginx_table **ret_table)
{
    struct dt_nginx *nginx = walk->nginx;
    *ret_table = NULL;
    if (dir->count != 3 || !dt_slice_starts(dir->words[1].text, DT_S("$")))
        return DT_NGINX_REFUSE(nginx->reader, dir->words, "nginx-syntax",
                               "expected: set $variable value");
    if (!dt_nginx_text(nginx, &dir->words[2], bound, value))
        return false;
    *ret_table = dt_nginx_wants_table(value);
    *ret = (struct dt_nginx_bound){dt_slice_from(dir->words[1].text, 1), value, bound};
    return !*ret_table;
}

/* Is it a rewrite directive, that is followed here? */
static bool is_step(const struct dt_nginx_dir *dir)
{
    return dt_nginx_is_named(dir, "if") || dt_nginx_is_named(dir, "return") ||
           dt_nginx_is_named(dir, "rewrite") || dt_nginx_is_named(dir, "set") ||
           dt_nginx_is_named(dir, "break");
}

/* True: go on with the next one. */
static bool step(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                 const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                 const struct dt_nginx_bound *bound)
{
    const struct dt_nginx_table *table = NULL;
    bool on = true;
    if (dt_nginx_is_named(dir, "return")) {
        (void)run_return(walk, dir, want, bound, &table);
        on = false;
    } else if (dt_nginx_is_named(dir, "rewrite")) {
        run_rewrite(walk, dir, want, bound, &table);
    } else if (dt_nginx_is_named(dir, "break")) {
        at_end(walk, want);
        on = false;
    } else if (dt_nginx_is_named(dir, "set")) {
        struct dt_nginx_text value;
        struct dt_nginx_bound more;
        if (run_set(walk, dir, bound, &value, &more, &table)) {
            dt_nginx_run(walk, dir->next, frame, want, &more);
            on = false;
        }
    } else {
        on = !run_if(walk, dir, frame, want, bound, &table);
    }
    if (!table)
        return on;
    each_row(walk, dir, frame, want, bound, table);
    return false;
}

void dt_nginx_run(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                  const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                  const struct dt_nginx_bound *bound)
{
    size_t *steps = &walk->nginx->steps;
    if (*steps == 0)
        return;
    if (walk->depth == DT_NGINX_DEPTH || --*steps == 0) {
        *steps = 0;
        if (dir)
            DT_NGINX_ERROR(walk->nginx->reader, dir->words, "nginx-many",
                           "more decisions than can be followed: maps of maps, or one of itself");
        return;
    }
    walk->depth++;
    bool on = true;
    while (on && !dt_nginx_stopped(walk)) {
        while (!dir && frame && !frame->stop) {
            dir = frame->next;
            frame = frame->parent;
        }
        if (!dir && frame)
            break;
        if (!dir) {
            at_end(walk, want);
            break;
        }
        on = !is_step(dir) || step(walk, dir, frame, want, bound);
        dir = dir->next;
    }
    walk->depth--;
}

void dt_nginx_follow(struct dt_nginx *nginx, const struct dt_nginx_dir *dirs,
                     const struct dt_nginx_want *want)
{
    struct dt_nginx_walk walk = {.nginx = nginx};
    nginx->locations = dirs;
    dt_nginx_run(&walk, dirs, NULL, want, NULL);
}
