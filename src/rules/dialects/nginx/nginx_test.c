/* SPDX-License-Identifier: MIT
 *
 * Tests on texts with several variables ("$host$uri", as the sources of maps have them), and on
 * rows of tables: a string is cut into what each variable must be.
 */
#include "rules/dialects/nginx/nginx.h"

#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

#include <stdlib.h>

static bool refuse(struct dt_nginx *nginx, const struct dt_nginx_test *test, const char *why)
{
    return DT_NGINX_REFUSE(nginx->reader, test->word, "nginx-condition", "%s", why);
}

static bool is_path(enum dt_nginx_kind kind)
{
    return kind == DT_NGINX_URI || kind == DT_NGINX_PATH || kind == DT_NGINX_LOWER ||
           kind == DT_NGINX_BARE;
}

/* ---- Tables whose values are compared ---- */

/* Has the value what the test asks for, apart from its negation? Only texts without variables. */
static bool satisfies(const struct dt_nginx_word *value, const struct dt_nginx_test *test)
{
    struct dt_slice text = value ? value->text : DT_SLICE_NONE;
    if (test->how == DT_NGINX_TRUE)
        return text.len > 0 && !dt_slice_eq(text, DT_S("0"));
    return dt_slice_eq(text, test->pattern);
}

static bool has_variable(const struct dt_nginx_word *value)
{
    return value && value->text.len && memchr(value->text.ptr, '$', value->text.len);
}

/* All rows that do not satisfy must not match; one after another. */
static bool none_of(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                    const struct dt_nginx_table *table, const struct dt_nginx_test *test,
                    struct dt_nginx_alts *ret)
{
    struct dt_nginx_text source;
    struct dt_nginx_alts *found = malloc(sizeof *found);
    struct dt_nginx_want left = *want;
    bool fine = found && dt_nginx_text(nginx, &table->source, NULL, &source);
    if (!found)
        return dt_reader_nomem(nginx->reader);
    for (size_t i = 0; fine && i < table->count; i++) {
        const struct dt_nginx_row *row = &table->rows[i];
        struct dt_nginx_test no = {.how = row->kind == DT_NGINX_REGEX ? DT_NGINX_MATCHES
                                                                      : DT_NGINX_EQUALS,
                                   .nocase = row->kind != DT_NGINX_REGEX || row->nocase,
                                   .negated = true,
                                   .pattern = row->key.text,
                                   .word = &row->key};
        if (satisfies(row->value, test) != test->negated) {
            fine = refuse(nginx, test, "a map with several values, and this one by default");
            break;
        }
        if (table->geo)
            no.nocase = false;
        found->count = 0;
        fine = dt_nginx_test_text(nginx, &left, &source, &no, found);
        if (fine && found->count != 1)
            fine = refuse(nginx, test, "the opposite of what a map says");
        if (fine)
            left = found->list[0];
    }
    free(found);
    if (fine && ret->count == DT_NGINX_ALTS)
        fine = refuse(nginx, test, "more alternatives than one rule can be written out to");
    if (fine)
        ret->list[ret->count++] = left;
    return fine;
}

static bool test_table(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_table *table, const struct dt_nginx_test *test,
                       struct dt_nginx_alts *ret)
{
    bool others = false;
    if (test->how == DT_NGINX_MATCHES || has_variable(table->standard))
        return refuse(nginx, test, "of a map only whole values can be compared here");
    if (satisfies(table->standard, test) != test->negated)
        return none_of(nginx, want, table, test, ret);
    for (size_t i = 0; i < table->count; i++) {
        const struct dt_nginx_row *row = &table->rows[i];
        bool yes = satisfies(row->value, test) != test->negated;
        if (has_variable(row->value) || (yes && others && row->kind == DT_NGINX_REGEX))
            return refuse(nginx, test, "a row of the map that comes behind others");
        others |= !yes;
        if (yes && !dt_nginx_test_row(nginx, want, table, row, ret))
            return false;
    }
    return true;
}

bool dt_nginx_test_row(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_table *table, const struct dt_nginx_row *row,
                       struct dt_nginx_alts *ret)
{
    struct dt_nginx_text source;
    struct dt_nginx_test test = {
        .how = DT_NGINX_EQUALS, .nocase = !table->geo, .pattern = row->key.text, .word = &row->key};
    if (row->kind == DT_NGINX_REGEX) {
        test.how = DT_NGINX_MATCHES;
        test.nocase = row->nocase;
    } else if (row->kind == DT_NGINX_WILD && test.pattern.ptr[0] == '.') {
        const struct dt_slice parts[] = {DT_S("*"), row->key.text};
        test.pattern = dt_pattern_join(nginx->reader, parts, 2);
    }
    if (!dt_nginx_text(nginx, &table->source, NULL, &source))
        return false;
    return dt_nginx_test_text(nginx, want, &source, &test, ret);
}

/* ---- Texts of several parts ---- */

/* The rows of a gate, "1" or nothing: the value that the text begins with. */
static bool cut_table(const struct dt_nginx_table *table, struct dt_slice *text,
                      struct dt_slice *ret)
{
    *ret = dt_slice_of(text->ptr, 0);
    for (size_t i = 0; i <= table->count; i++) {
        const struct dt_nginx_word *value =
            i < table->count ? table->rows[i].value : table->standard;
        if (value && value->text.len > ret->len && dt_slice_starts(*text, value->text))
            *ret = dt_slice_of(text->ptr, value->text.len);
    }
    *text = dt_slice_from(*text, ret->len);
    return true;
}

/* Cuts what the part must be off the text. */
static bool cut(const struct dt_nginx_text *parts, unsigned number, struct dt_slice *text,
                struct dt_slice *ret)
{
    const struct dt_nginx_part *part = &parts->list[number];
    const struct dt_nginx_part *next = number + 1 < parts->count ? part + 1 : NULL;
    size_t len = 0;
    if (part->kind == DT_NGINX_TEXT) {
        len = part->text.len;
        if (!dt_slice_starts(*text, part->text))
            return false;
    } else if (part->kind == DT_NGINX_TABLE) {
        return cut_table(part->table, text, ret);
    } else if (next && next->kind == DT_NGINX_TEXT) {
        const char *found =
            text->len ? memmem(text->ptr, text->len, next->text.ptr, next->text.len) : NULL;
        if (!found)
            return false;
        len = (size_t)(found - text->ptr);
    } else if (!next || next->kind == DT_NGINX_TABLE) {
        len = text->len;
    } else if (is_path(part->kind)) {
        while (len < text->len && text->ptr[len] != '?')
            len++;
    } else if (part->kind == DT_NGINX_IS_ARGS) {
        len = dt_slice_starts(*text, DT_S("?"));
    } else if (part->kind == DT_NGINX_HOST || part->kind == DT_NGINX_HTTP_HOST ||
               part->kind == DT_NGINX_SERVER_NAME || part->kind == DT_NGINX_METHOD) {
        while (len < text->len && text->ptr[len] != '/')
            len++;
    } else {
        return false;
    }
    *ret = dt_slice_of(text->ptr, len);
    *text = dt_slice_from(*text, len);
    return true;
}

/* Each alternative so far, with one more test. */
static bool narrow_all(struct dt_nginx *nginx, const struct dt_nginx_part *part,
                       const struct dt_nginx_test *test, struct dt_nginx_alts *alts)
{
    struct dt_nginx_alts *next = malloc(sizeof *next);
    bool fine = next != NULL;
    if (!next)
        return dt_reader_nomem(nginx->reader);
    next->count = 0;
    for (unsigned i = 0; fine && i < alts->count; i++)
        fine = part->kind == DT_NGINX_TABLE
                   ? test_table(nginx, &alts->list[i], part->table, test, next)
                   : dt_nginx_test_part(nginx, &alts->list[i], part, test, next);
    memcpy(alts->list, next->list, next->count * sizeof *next->list);
    alts->count = next->count;
    free(next);
    return fine;
}

static bool equals(struct dt_nginx *nginx, const struct dt_nginx_text *text,
                   const struct dt_nginx_test *test, struct dt_nginx_alts *alts)
{
    struct dt_slice left = test->pattern, piece;
    if (test->negated)
        return refuse(nginx, test, "every value of a text with several variables but one");
    for (unsigned i = 0; i < text->count; i++) {
        const struct dt_nginx_part *part = &text->list[i];
        struct dt_nginx_test one = *test;
        if (!cut(text, i, &left, &piece)) {
            alts->count = 0; /* it is never so */
            return true;
        }
        one.pattern = piece;
        if (part->kind == DT_NGINX_TABLE)
            one.nocase = false;
        bool mark = part->kind == DT_NGINX_IS_ARGS && i + 1 < text->count;
        if (part->kind != DT_NGINX_TEXT && !mark && !narrow_all(nginx, part, &one, alts))
            return false;
    }
    if (left.len)
        alts->count = 0;
    return true;
}

/* The place of the first "/" outside of brackets. */
static size_t first_slash(struct dt_slice text)
{
    bool class = false;
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] == '\\')
            at++;
        else if (class || text.ptr[at] == '[')
            class = text.ptr[at] != ']';
        else if (text.ptr[at] == '/')
            return at;
    }
    return text.len;
}

/* Expressions: gates, then a path; or a host, then a path. */
static bool matches(struct dt_nginx *nginx, const struct dt_nginx_text *text,
                    const struct dt_nginx_test *test, struct dt_nginx_alts *alts)
{
    struct dt_slice left = dt_slice_from(test->pattern, 1), piece;
    unsigned at = 0;
    struct dt_nginx_test one = *test;
    if (!dt_slice_starts(test->pattern, DT_S("^")) || test->negated)
        return refuse(nginx, test, "an expression about several variables begins with ^");
    for (; at < text->count && text->list[at].kind == DT_NGINX_TABLE; at++) {
        (void)cut_table(text->list[at].table, &left, &piece);
        one = (struct dt_nginx_test){.how = DT_NGINX_EQUALS, .pattern = piece, .word = test->word};
        if (!narrow_all(nginx, &text->list[at], &one, alts))
            return false;
    }
    if (at + 2 == text->count &&
        (text->list[at].kind == DT_NGINX_HOST || text->list[at].kind == DT_NGINX_HTTP_HOST)) {
        size_t slash = first_slash(left);
        const struct dt_slice parts[] = {DT_S("^"), dt_slice_of(left.ptr, slash), DT_S("$")};
        one = *test;
        one.pattern = dt_pattern_join(nginx->reader, parts, 3);
        if (!narrow_all(nginx, &text->list[at], &one, alts))
            return false;
        left = dt_slice_from(left, slash);
        at++;
    }
    if (at + 1 != text->count)
        return refuse(nginx, test, "an expression about these variables together");
    const struct dt_slice parts[] = {DT_S("^"), left};
    one = *test;
    one.pattern = dt_pattern_join(nginx->reader, parts, 2);
    return narrow_all(nginx, &text->list[at], &one, alts);
}

bool dt_nginx_test_text(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_text *text, const struct dt_nginx_test *test,
                        struct dt_nginx_alts *ret)
{
    if (text->count == 1 && text->list[0].kind == DT_NGINX_TABLE)
        return test_table(nginx, want, text->list[0].table, test, ret);
    if (text->count == 1)
        return dt_nginx_test_part(nginx, want, &text->list[0], test, ret);
    struct dt_nginx_alts *alts = malloc(sizeof *alts);
    if (!alts)
        return dt_reader_nomem(nginx->reader);
    alts->count = 1;
    alts->list[0] = *want;
    bool fine = test->how == DT_NGINX_MATCHES ? matches(nginx, text, test, alts)
                                              : equals(nginx, text, test, alts);
    for (unsigned i = 0; fine && i < alts->count; i++) {
        if (ret->count == DT_NGINX_ALTS)
            fine = refuse(nginx, test, "more alternatives than one rule can be written out to");
        else
            ret->list[ret->count++] = alts->list[i];
    }
    free(alts);
    return fine;
}
