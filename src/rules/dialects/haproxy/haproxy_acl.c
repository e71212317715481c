/* SPDX-License-Identifier: MIT
 *
 * Tests and conditions: named acls, anonymous ones in braces, "!", "||" and the AND between terms.
 * A condition is written out as alternatives, in each of which all tests must hold.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/read/native_scan.h"

/* ---- One test ---- */

struct derived { /* "path_beg" is "path -m beg" */
    const char *suffix;
    uint8_t how;
};

static const struct derived derived[] = {
    {"_beg", DT_HAPROXY_BEG}, {"_end", DT_HAPROXY_END}, {"_sub", DT_HAPROXY_SUB},
    {"_dir", DT_HAPROXY_DIR}, {"_dom", DT_HAPROXY_DOM}, {"_reg", DT_HAPROXY_REG},
};

static const struct derived methods[] = {
    {"str", DT_HAPROXY_STR},    {"beg", DT_HAPROXY_BEG},     {"end", DT_HAPROXY_END},
    {"sub", DT_HAPROXY_SUB},    {"dir", DT_HAPROXY_DIR},     {"dom", DT_HAPROXY_DOM},
    {"reg", DT_HAPROXY_REG},    {"found", DT_HAPROXY_FOUND}, {"int", DT_HAPROXY_NUMBER},
    {"ip", DT_HAPROXY_ADDRESS}, {"bool", DT_HAPROXY_YES},
};

static bool is(struct dt_slice text, const char *name)
{
    return dt_slice_eq(text, dt_slice_str(name));
}

static bool refuse(struct dt_haproxy *haproxy, struct dt_slice at, const char *why)
{
    return dt_haproxy_refuse(haproxy, at, "haproxy-acl", why);
}

/* Cuts "_beg" and its like off the fetch's name. */
static bool cut_suffix(struct dt_haproxy_call *call, uint8_t *ret_how)
{
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        struct dt_slice suffix = dt_slice_str(derived[i].suffix);
        if (call->name.len <= suffix.len ||
            !dt_slice_eq(dt_slice_from(call->name, call->name.len - suffix.len), suffix))
            continue;
        call->name.len -= suffix.len;
        *ret_how = derived[i].how;
        return true;
    }
    return false;
}

static uint8_t how_by_nature(const struct dt_haproxy_value *value)
{
    switch ((enum dt_haproxy_subject)value->subject) {
    case DT_HAPROXY_IS_SSL:
    case DT_HAPROXY_IS_TRUE:
    case DT_HAPROXY_IS_FALSE:
        return DT_HAPROXY_YES;
    case DT_HAPROXY_IS_PORT:
    case DT_HAPROXY_IS_DATE:
        return DT_HAPROXY_NUMBER;
    case DT_HAPROXY_IS_SRC:
        return DT_HAPROXY_ADDRESS;
    case DT_HAPROXY_NOTHING:
    case DT_HAPROXY_IS_PATH:
    case DT_HAPROXY_IS_HOST:
    case DT_HAPROXY_IS_BASE:
    case DT_HAPROXY_IS_BASEQ:
    case DT_HAPROXY_IS_PATHQ:
    case DT_HAPROXY_IS_URI:
    case DT_HAPROXY_IS_QUERY:
    case DT_HAPROXY_IS_TAIL:
    case DT_HAPROXY_IS_PARAM:
    case DT_HAPROXY_IS_FIELD:
    case DT_HAPROXY_IS_COOKIE:
    case DT_HAPROXY_IS_METHOD:
    case DT_HAPROXY_IS_SCHEME:
    case DT_HAPROXY_IS_URL:
    case DT_HAPROXY_IS_REL_URL:
    case DT_HAPROXY_IS_TEXT:
    case DT_HAPROXY_IS_VARIABLE:
        break;
    }
    return DT_HAPROXY_STR;
}

struct patterns {
    struct dt_slice *list;
    uint32_t count, cap;
};

static bool add_pattern(struct dt_haproxy *haproxy, struct patterns *patterns, struct dt_slice text)
{
    struct dt_arena *arena = &haproxy->reader->set->arena;
    if (patterns->count == patterns->cap) {
        uint32_t cap = patterns->cap ? 4 * patterns->cap : 8;
        struct dt_slice *list = dt_arena_alloc(arena, cap * sizeof *list);
        if (!list)
            return dt_reader_nomem(haproxy->reader);
        if (patterns->count)
            memcpy(list, patterns->list, patterns->count * sizeof *list);
        patterns->list = list;
        patterns->cap = cap;
    }
    patterns->list[patterns->count++] = text;
    return true;
}

/* -f file */
static bool add_file(struct dt_haproxy *haproxy, struct patterns *patterns, struct dt_slice name)
{
    const struct dt_haproxy_map *map = dt_haproxy_map(haproxy, name, name, false);
    for (uint32_t i = 0; map && i < map->count; i++) {
        const struct dt_haproxy_entry *entry = &map->entries[i];
        const char *end = entry->value.len ? entry->value.ptr + entry->value.len
                                           : entry->key.ptr + entry->key.len;
        struct dt_slice line = dt_slice_of(entry->key.ptr, (size_t)(end - entry->key.ptr));
        if (!add_pattern(haproxy, patterns, line))
            return false;
    }
    return map != NULL;
}

/* The flags and patterns in words[at..end). */
static bool read_patterns(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words,
                          unsigned at, unsigned end, struct dt_haproxy_test *test)
{
    struct patterns patterns = {0};
    bool flags = true;
    for (; at < end; at++) {
        struct dt_slice word = words->list[at];
        if (!flags || !word.len || word.ptr[0] != '-') {
            flags = false;
            if (!add_pattern(haproxy, &patterns, word))
                return false;
        } else if (is(word, "--")) {
            flags = false;
        } else if (is(word, "-i")) {
            test->nocase = true;
        } else if (is(word, "-f") && at + 1 < end) {
            if (!add_file(haproxy, &patterns, words->list[++at]))
                return false;
        } else if (is(word, "-m") && at + 1 < end) {
            size_t i = 0;
            at++;
            while (i < sizeof methods / sizeof *methods && !is(words->list[at], methods[i].suffix))
                i++;
            if (i == sizeof methods / sizeof *methods)
                return refuse(haproxy, words->list[at], "a method of matching that no rule has");
            test->how = methods[i].how;
        } else if (!is(word, "-n") && !is(word, "-M") && !is(word, "-u")) {
            return refuse(haproxy, word, "not a flag of an acl");
        }
    }
    test->patterns = patterns.list;
    test->count = patterns.count;
    return true;
}

/* words[at..end) is an expression, flags and patterns. */
static bool read_test(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words, unsigned at,
                      unsigned end, const struct dt_haproxy_test **ret)
{
    struct dt_reader *reader = haproxy->reader;
    struct dt_haproxy_test *test = dt_arena_alloc(&reader->set->arena, sizeof *test);
    struct dt_haproxy_expression *expression = &haproxy->expression;
    uint8_t how = DT_HAPROXY_STR;
    size_t from = 0;
    if (!test)
        return dt_reader_nomem(reader);
    if (at >= end)
        return refuse(haproxy, reader->text, "a test without an expression");
    *test = (struct dt_haproxy_test){.line = reader->line};
    struct dt_slice text = words->list[at];
    if (!dt_haproxy_parse(haproxy, text, &from, expression))
        return false;
    if (from < text.len)
        return refuse(haproxy, text, "more behind an expression");
    bool suffix = cut_suffix(&expression->calls[0], &how);
    if (!dt_haproxy_value(haproxy, expression, &test->value))
        return false;
    test->how = suffix ? how : how_by_nature(&test->value);
    if (!read_patterns(haproxy, words, at + 1, end, test))
        return false;
    if (test->value.map && test->how != DT_HAPROXY_FOUND)
        return refuse(haproxy, text, "of what a map has, no more can be asked than -m found");
    if (test->count == 0 && test->how != DT_HAPROXY_FOUND && test->how != DT_HAPROXY_YES)
        return refuse(haproxy, text, "nothing to compare with");
    *ret = test;
    return true;
}

/* ---- Named tests ---- */

bool dt_haproxy_acl(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    struct dt_reader *reader = haproxy->reader;
    if (words->count < 3)
        return refuse(haproxy, reader->text, "an acl has a name and a test");
    struct dt_haproxy_acl *acl = dt_arena_alloc(&reader->set->arena, sizeof *acl);
    if (!acl)
        return dt_reader_nomem(reader);
    *acl = (struct dt_haproxy_acl){
        .name = words->list[1], .words = *words, .line = reader->line, .next = haproxy->acls};
    haproxy->acls = acl;
    return true;
}

static bool read_named(struct dt_haproxy *haproxy, struct dt_haproxy_acl *acl,
                       const struct dt_haproxy_test **ret)
{
    struct dt_reader *reader = haproxy->reader;
    if (!acl->tried) {
        uint32_t line = reader->line;
        acl->tried = true;
        dt_haproxy_go_to(haproxy, reader->file, acl->line);
        if (!read_test(haproxy, &acl->words, 2, acl->words.count, &acl->test))
            acl->test = NULL;
        dt_haproxy_go_to(haproxy, reader->file, line);
    }
    *ret = acl->test;
    return acl->test ||
           DT_REFUSE(reader, acl->name, "haproxy-acl", "the acl %.*s of line %u cannot be read",
                     DT_SLICE_FMT(acl->name), acl->line);
}

/* Those that every configuration has (section 7.4). */
static const struct {
    const char *name;
    const char *const words[6];
} predefined[] = {
    {"TRUE", {"always_true"}},
    {"FALSE", {"always_false"}},
    {"HTTP", {"always_true"}},
    {"METH_CONNECT", {"method", "CONNECT"}},
    {"METH_DELETE", {"method", "DELETE"}},
    {"METH_GET", {"method", "GET", "HEAD"}},
    {"METH_HEAD", {"method", "HEAD"}},
    {"METH_OPTIONS", {"method", "OPTIONS"}},
    {"METH_POST", {"method", "POST"}},
    {"METH_PUT", {"method", "PUT"}},
    {"METH_TRACE", {"method", "TRACE"}},
    {"LOCALHOST", {"src", "127.0.0.1/8"}},
    {"HTTP_URL_SLASH", {"path_beg", "/"}},
};

static bool read_predefined(struct dt_haproxy *haproxy, struct dt_slice name,
                            const struct dt_haproxy_test **ret)
{
    struct dt_haproxy_words *words = dt_arena_alloc(&haproxy->reader->set->arena, sizeof *words);
    if (!words)
        return dt_reader_nomem(haproxy->reader);
    words->count = 0;
    for (size_t i = 0; i < sizeof predefined / sizeof *predefined; i++)
        for (size_t j = 0; is(name, predefined[i].name) && predefined[i].words[j]; j++)
            words->list[words->count++] = dt_slice_str(predefined[i].words[j]);
    if (words->count)
        return read_test(haproxy, words, 0, words->count, ret);
    return DT_REFUSE(haproxy->reader, name, "haproxy-acl", "there is no acl of the name %.*s",
                     DT_SLICE_FMT(name));
}

/* ---- Alternatives ---- */

static bool too_many(struct dt_haproxy *haproxy)
{
    return refuse(haproxy, haproxy->reader->text,
                  "more alternatives than one rule can be written out to");
}

/* Each of a with each of b. */
static bool both(struct dt_haproxy *haproxy, struct dt_haproxy_cond *a,
                 const struct dt_haproxy_cond *b)
{
    struct dt_haproxy_cond *product = &haproxy->product;
    product->count = 0;
    for (unsigned i = 0; i < a->count; i++) {
        for (unsigned j = 0; j < b->count; j++) {
            struct dt_haproxy_all all = a->list[i];
            const struct dt_haproxy_all *more = &b->list[j];
            if (product->count == DT_HAPROXY_CHOICES || all.count + more->count > DT_HAPROXY_TESTS)
                return too_many(haproxy);
            for (unsigned k = 0; k < more->count; k++)
                all.list[all.count++] = more->list[k];
            product->list[product->count++] = all;
        }
    }
    *a = *product;
    return true;
}

static bool either(struct dt_haproxy *haproxy, struct dt_haproxy_cond *a,
                   const struct dt_haproxy_all *all)
{
    if (a->count == DT_HAPROXY_CHOICES)
        return too_many(haproxy);
    a->list[a->count++] = *all;
    return true;
}

struct term {
    const struct dt_haproxy_test *tests[DT_HAPROXY_TESTS]; /* one of which holds */
    unsigned count;
    bool negated;
};

/* The term, or its opposite, as alternatives. */
static bool of_term(struct dt_haproxy *haproxy, const struct term *term, bool negated,
                    struct dt_haproxy_cond *ret)
{
    struct dt_haproxy_all all = {.count = 0};
    ret->count = 0;
    for (unsigned i = 0; i < term->count; i++) {
        const struct dt_haproxy_test *test = term->tests[i];
        if (negated) {
            struct dt_haproxy_test *other =
                dt_arena_alloc(&haproxy->reader->set->arena, sizeof *other);
            if (!other)
                return dt_reader_nomem(haproxy->reader);
            *other = *test;
            other->negated = !other->negated;
            all.list[all.count++] = other;
        } else {
            struct dt_haproxy_all one = {.list = {test}, .count = 1};
            if (!either(haproxy, ret, &one))
                return false;
        }
    }
    return !negated || either(haproxy, ret, &all);
}

/* ---- Reading them ---- */

static bool read_term(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words,
                      unsigned *at, struct term *ret)
{
    struct dt_slice word = words->list[*at];
    ret->count = 0;
    ret->negated = false;
    while (word.len && word.ptr[0] == '!') {
        ret->negated = !ret->negated;
        word = dt_slice_from(word, 1);
        if (!word.len && ++*at < words->count)
            word = words->list[*at];
    }
    if (is(word, "{")) {
        unsigned end = ++*at;
        while (end < words->count && !is(words->list[end], "}"))
            end++;
        if (end == words->count)
            return refuse(haproxy, word, "a brace that is not closed");
        unsigned from = *at;
        *at = end + 1;
        return read_test(haproxy, words, from, end, &ret->tests[ret->count++]);
    }
    ++*at;
    bool known = false;
    for (struct dt_haproxy_acl *acl = haproxy->acls; acl; acl = acl->next) {
        if (!dt_slice_eq(acl->name, word))
            continue;
        known = true;
        if (ret->count == DT_HAPROXY_TESTS)
            return too_many(haproxy);
        if (!read_named(haproxy, acl, &ret->tests[ret->count++]))
            return false;
    }
    return known || read_predefined(haproxy, word, &ret->tests[ret->count++]);
}

/* Terms up to "||" or the end; all of them, or with negated their opposite. */
static bool read_all(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words, unsigned *at,
                     bool negated, struct dt_haproxy_cond *ret)
{
    struct dt_haproxy_cond *one = &haproxy->term;
    struct term term;
    ret->count = negated ? 0 : 1;
    ret->list[0].count = 0;
    while (*at < words->count && !is(words->list[*at], "||") && !is(words->list[*at], "or")) {
        if (!read_term(haproxy, words, at, &term) ||
            !of_term(haproxy, &term, term.negated != negated, one))
            return false;
        if (!negated && !both(haproxy, ret, one))
            return false;
        for (unsigned i = 0; negated && i < one->count; i++)
            if (!either(haproxy, ret, &one->list[i]))
                return false;
    }
    return true;
}

bool dt_haproxy_cond(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words, unsigned at,
                     struct dt_haproxy_cond *ret)
{
    ret->count = 0;
    if (at >= words->count)
        return true; /* always */
    bool unless = is(words->list[at], "unless");
    if (!unless && !is(words->list[at], "if"))
        return refuse(haproxy, words->list[at], "expected if or unless");
    struct dt_haproxy_cond *one = &haproxy->all;
    if (++at >= words->count)
        return refuse(haproxy, words->list[at - 1], "a condition is missing");
    if (unless) {
        ret->count = 1;
        ret->list[0].count = 0;
    }
    for (bool more = true; more;) {
        if (!read_all(haproxy, words, &at, unless, one))
            return false;
        for (unsigned i = 0; !unless && i < one->count; i++)
            if (!either(haproxy, ret, &one->list[i]))
                return false;
        if (unless && !both(haproxy, ret, one))
            return false;
        more = at < words->count;
        at++;
    }
    return true;
}
