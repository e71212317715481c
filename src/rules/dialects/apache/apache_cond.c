/* SPDX-License-Identifier: MIT
 *
 * RewriteCond, as far as it says what a rule can: which variable, and a pattern that can be spelt
 * out (apache_literal.c) or asked as an expression. Conditions on files always come out the same:
 * there are no files here.
 */
#include "rules/dialects/apache/apache_cond.h"

#include "rules/dialects/apache/apache_regex.h"
#include "rules/read/native_scan.h"

bool dt_apache_refuse(const struct dt_apache_parts *cond, const char *why)
{
    return DT_REFUSE(cond->apache->reader, cond->written->pattern, "apache-condition", "%s", why);
}

bool dt_apache_add(struct dt_apache_effects *effects, const struct dt_apache_parts *cond,
                   enum dt_apache_want want, struct dt_slice text, unsigned number)
{
    if (effects->count == DT_APACHE_EFFECTS)
        return dt_apache_refuse(cond, "more alternatives than one rule can be written out to");
    effects->list[effects->count++] = (struct dt_apache_effect){want, text, number};
    return true;
}

/* Strips what ties an expression to the beginning and the end, and says whether it was there. */
static struct dt_slice untie(struct dt_slice text, bool *ret_begins, bool *ret_ends)
{
    *ret_begins = text.len && text.ptr[0] == '^';
    text = dt_slice_from(text, *ret_begins);
    *ret_ends = text.len && text.ptr[text.len - 1] == '$' &&
                (text.len < 2 || text.ptr[text.len - 2] != '\\');
    text.len -= *ret_ends;
    return text;
}

/* As an expression, whose groups the target may have. */
bool dt_apache_in_url(const struct dt_apache_parts *cond, const char *dot, enum dt_apache_want want,
                      struct dt_apache_effects *ret)
{
    struct dt_buf buf;
    struct dt_slice text;
    bool begins, ends;
    if (cond->negated)
        return dt_apache_refuse(cond, "the opposite of a pattern that cannot be spelt out");
    if (dt_apache_choice(cond->pattern))
        return dt_apache_refuse(
            cond, "a choice that is not in brackets, beside groups that are asked for");
    struct dt_slice inner = untie(cond->pattern, &begins, &ends);
    if (inner.len && memchr(inner.ptr, '^', inner.len) && !memchr(inner.ptr, '[', inner.len))
        return dt_apache_refuse(cond, "a ^ in the middle");
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s%s", cond->nocase ? "(?i:" : "", begins ? "" : dot);
    dt_buf_str(&buf, begins ? "" : "*?");
    bool fine = dt_apache_regex_part(cond->apache, inner, dot, &buf);
    dt_buf_printf(&buf, "%s%s%s", ends ? "" : dot, ends ? "" : "*", cond->nocase ? ")" : "");
    fine &= dt_apache_keep(cond->apache, &buf, cond->written->pattern, &text);
    return fine && dt_apache_add(ret, cond, want, text, 0);
}

/* ---- Query and path ---- */

/* The parameter in "(^|&)a=1(&|$)", as people write it who know. */
static bool parameter(const struct dt_apache_parts *cond, struct dt_slice *ret)
{
    static const char *const fronts[] = {"(^|&)", "(?:^|&)", "(&|^)", "(?:&|^)"};
    static const char *const backs[] = {"(&|$)", "(?:&|$)", "($|&)", "(?:$|&)"};
    struct dt_slice text = cond->pattern;
    bool front = false, back = false;
    for (size_t i = 0; i < 4 && !front; i++) {
        front = dt_slice_starts(text, dt_slice_str(fronts[i]));
        text = dt_slice_from(text, front ? strlen(fronts[i]) : 0);
    }
    for (size_t i = 0; i < 4 && !back; i++) {
        size_t len = strlen(backs[i]);
        back = text.len > len &&
               dt_slice_eq(dt_slice_from(text, text.len - len), dt_slice_str(backs[i]));
        text.len -= back ? len : 0;
    }
    *ret = text;
    return front && back;
}

/* One parameter as text, or none. */
static bool is_parameter(struct dt_slice text)
{
    return !text.len || (!memchr(text.ptr, '*', text.len) && !memchr(text.ptr, '&', text.len) &&
                         !memchr(text.ptr, '#', text.len) && memchr(text.ptr, '=', text.len));
}

/* (?:^|&)a(?:=[^&]*)?(?:&|$): a parameter of any value. */
static bool any_value(const struct dt_apache_parts *cond, struct dt_slice inner,
                      struct dt_slice *ret)
{
    static const char *const backs[] = {"(?:=[^&]*)?", "(=[^&]*)?", "(?:=.*)?"};
    struct dt_apache_texts texts;
    for (size_t i = 0; inner.ptr && i < 3; i++) {
        size_t len = strlen(backs[i]);
        if (inner.len <= len ||
            !dt_slice_eq(dt_slice_from(inner, inner.len - len), dt_slice_str(backs[i])))
            continue;
        inner.len -= len;
        bool fine = dt_apache_texts(&cond->apache->reader->set->arena, inner, false, &texts) &&
                    texts.count == 1 && texts.list[0].len > 2;
        if (fine)
            *ret = dt_slice_of(texts.list[0].ptr + 1, texts.list[0].len - 2);
        return fine && !memchr(ret->ptr, '*', ret->len) && !memchr(ret->ptr, '=', ret->len);
    }
    return false;
}

/* A parameter with a group that the target asks for; the first of that name. */
static bool captured(const struct dt_apache_parts *cond, struct dt_slice inner,
                     struct dt_apache_effects *ret)
{
    struct dt_buf buf;
    struct dt_slice text;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s(?:.*?&)??", cond->nocase ? "(?i:" : "");
    bool fine = dt_apache_regex_part(cond->apache, inner, ".", &buf);
    dt_buf_printf(&buf, "(?:&.*)?%s", cond->nocase ? ")" : "");
    fine &= dt_apache_keep(cond->apache, &buf, cond->written->pattern, &text);
    return fine && dt_apache_add(ret, cond, DT_APACHE_URL_QUERY, text, 0);
}

/* ^(?:a=1|b=2)(?:&(?:a=1|b=2))*$: none but these, which other conditions ask for. */
static bool none_other(struct dt_slice pattern)
{
    struct dt_slice front = DT_S("^(?:"), middle = DT_S(")(?:&(?:"), back = DT_S("))*$");
    size_t fixed = front.len + middle.len + back.len;
    if (pattern.len <= fixed || (pattern.len - fixed) % 2 || !dt_slice_starts(pattern, front))
        return false;
    size_t len = (pattern.len - fixed) / 2;
    struct dt_slice rest = dt_slice_from(pattern, front.len + len);
    return dt_slice_starts(rest, middle) &&
           dt_slice_eq(dt_slice_of(pattern.ptr + front.len, len),
                       dt_slice_of(rest.ptr + middle.len, len)) &&
           dt_slice_eq(dt_slice_from(rest, middle.len + len), back);
}

/* "a" and "a=" are one. */
static void merge_empty(struct dt_apache_texts *texts)
{
    if (texts->count != 2)
        return;
    struct dt_slice a = texts->list[0], b = texts->list[1];
    struct dt_slice longer = a.len > b.len ? a : b, shorter = a.len > b.len ? b : a;
    size_t star = shorter.len && shorter.ptr[shorter.len - 1] == '*';
    if (longer.len == shorter.len + 1 && longer.ptr[longer.len - 1 - star] == '=' &&
        memcmp(longer.ptr, shorter.ptr, shorter.len - star) == 0)
        *texts = (struct dt_apache_texts){.list = {longer}, .count = 1};
}

/* NC says nothing new where the rule has it too, and without letters it says nothing at all. */
static bool case_counts(const struct dt_apache_parts *cond)
{
    bool letters = false;
    for (size_t i = 0; i < cond->pattern.len; i++)
        letters |= dt_is_alpha(cond->pattern.ptr[i]);
    return cond->nocase && letters && !cond->apache->nocase;
}

static bool query(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    if (!cond->negated && !case_counts(cond) && none_other(cond->pattern))
        return dt_apache_add(ret, cond, DT_APACHE_ONLY, DT_SLICE_NONE, 0);
    struct dt_slice inner;
    struct dt_apache_texts texts;
    struct dt_arena *arena = &cond->apache->reader->set->arena;
    if (cond->captures && !cond->negated && parameter(cond, &inner))
        return captured(cond, inner, ret);
    if (!cond->captures && !cond->negated && !case_counts(cond) && parameter(cond, &inner)) {
        struct dt_slice name;
        if (any_value(cond, inner, &name))
            return dt_apache_add(ret, cond, DT_APACHE_PARAM, name, 0);
        bool fine = dt_apache_texts(arena, inner, false, &texts);
        if (fine)
            merge_empty(&texts);
        for (unsigned i = 0; fine && i < texts.count; i++) {
            struct dt_slice text = texts.list[i]; /* not tied: a "*" on both sides */
            text = text.len > 2 ? dt_slice_of(text.ptr + 1, text.len - 2) : DT_SLICE_NONE;
            if (!text.len || !is_parameter(text))
                fine = false;
            else if (!dt_apache_add(ret, cond, DT_APACHE_PARAM, text, 0))
                return false;
        }
        if (fine)
            return true;
        ret->count = 0;
    }
    bool whole = cond->spelt && !cond->captures && !cond->negated && !case_counts(cond);
    if (whole)
        merge_empty(&cond->texts);
    for (unsigned i = 0; whole && i < cond->texts.count; i++)
        whole = is_parameter(cond->texts.list[i]);
    for (unsigned i = 0; whole && i < cond->texts.count; i++)
        if (!dt_apache_add(ret, cond, DT_APACHE_QUERY, cond->texts.list[i], 0))
            return false;
    if (whole)
        return true;
    return dt_apache_in_url(cond, ".", DT_APACHE_URL_QUERY, ret);
}

static bool path(const struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    struct dt_buf buf;
    struct dt_slice text;
    if (cond->captures)
        return dt_apache_refuse(cond,
                                "groups of a condition on the path: write them into the rule");
    if (dt_apache_groups(cond->pattern))
        return dt_apache_refuse(cond, "groups in a condition on the path: write (?:...)");
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "(?%c.*?(?%s:", cond->negated ? '!' : '=', cond->nocase ? "i" : "");
    bool fine = dt_apache_regex(cond->apache, cond->pattern, 0, &buf);
    dt_buf_str(&buf, "))");
    fine &= dt_apache_keep(cond->apache, &buf, cond->written->pattern, &text);
    return fine && dt_apache_add(ret, cond, DT_APACHE_PATH, text, 0);
}

/* (?:^|; *)name=(?:a|b)(?:;|$): a cookie. False, and nothing is done, when it is something else. */
static bool cookie(const struct dt_apache_parts *cond, struct dt_apache_effects *ret,
                   bool *ret_fine)
{
    static const char front[] = "(?:^|; *)", back[] = "(?:;|$)", any[] = "[^;]*";
    struct dt_slice text = cond->pattern, option;
    struct dt_buf buf;
    if (!dt_slice_starts(text, dt_slice_str(front)) || cond->nocase)
        return false;
    text = dt_slice_from(text, strlen(front));
    size_t name = 0;
    while (name < text.len && (dt_is_word(text.ptr[name]) || text.ptr[name] == '-'))
        name++;
    if (name == 0 || name == text.len || text.ptr[name] != '=')
        return false;
    struct dt_slice value = dt_slice_from(text, name + 1);
    bool whole = value.len > strlen(back) &&
                 dt_slice_eq(dt_slice_from(value, value.len - strlen(back)), dt_slice_str(back));
    if (!whole && value.len)
        return false;
    value.len -= whole ? strlen(back) : 0;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_printf(&buf, "%scookie=\"%.*s%s", cond->negated ? "!" : "",
                  DT_SLICE_FMT(dt_slice_of(text.ptr, name)), whole ? ":" : "");
    bool group = value.len > 1 && value.ptr[0] == '(' && value.ptr[value.len - 1] == ')';
    if (group)
        value = dt_slice_of(value.ptr + 1, value.len - 2);
    bool fine = true;
    while (value.len && fine) {
        bool star = dt_slice_starts(value, dt_slice_str(any));
        bool escape = value.ptr[0] == '\\' && value.len > 1 && !dt_is_word(value.ptr[1]);
        size_t len = star ? strlen(any) : escape ? 2 : 1;
        char c = star ? '*' : value.ptr[len - 1];
        if (!star && !escape && c == '|' && group)
            c = ',';
        else if (!star && (strchr(",\"\\*", c) || (!escape && strchr("^$.|?+()[]{}", c))))
            fine = false;
        dt_buf_char(&buf, c);
        value = dt_slice_from(value, len);
    }
    dt_buf_char(&buf, '"');
    if (!fine) {
        dt_buf_release(&buf);
        return false;
    }
    *ret_fine = dt_apache_keep(cond->apache, &buf, cond->written->pattern, &option) &&
                dt_apache_add(ret, cond, DT_APACHE_OPTION, option, 0);
    return true;
}

/* ---- The whole ---- */

static bool by_variable(struct dt_apache_parts *cond, struct dt_apache_effects *ret)
{
    struct dt_slice name = cond->variable;
    if (dt_slice_eq(name, DT_S("HTTP_HOST")) || dt_slice_eq(name, DT_S("SERVER_NAME")))
        return dt_apache_host(cond, ret);
    if (dt_slice_eq(name, DT_S("QUERY_STRING")))
        return query(cond, ret);
    if (dt_slice_eq(name, DT_S("REQUEST_URI")))
        return path(cond, ret);
    bool fine;
    if (dt_slice_eq(name, DT_S("HTTP_COOKIE")) && !cond->captures && cookie(cond, ret, &fine))
        return fine;
    if (cond->captures)
        return dt_apache_refuse(cond, "groups of a condition that is not on the host or the query");
    if (!cond->spelt)
        return dt_apache_refuse(cond, "a pattern that cannot be spelt out as a few texts");
    return dt_apache_field(cond, ret);
}

/* "-f" and its like: there are no files. */
static bool is_file_test(struct dt_slice pattern)
{
    return pattern.len == 2 && pattern.ptr[0] == '-' && strchr("fdsxlLhHFU", pattern.ptr[1]);
}

/* "%{NAME}" alone. */
static bool find_variable(struct dt_apache_parts *cond, struct dt_slice test)
{
    if (test.len < 4 || !dt_slice_starts(test, DT_S("%{")) || test.ptr[test.len - 1] != '}' ||
        memchr(test.ptr + 2, '%', test.len - 2))
        return DT_REFUSE(cond->apache->reader, test, "apache-condition",
                         "a condition asks for one variable, as in %%{HTTP_HOST}");
    cond->variable = dt_slice_of(test.ptr + 2, test.len - 3);
    return true;
}

/* A pattern that is compared as text: "=text". */
static bool spell(struct dt_apache_parts *cond)
{
    struct dt_arena *arena = &cond->apache->reader->set->arena;
    struct dt_slice text = cond->pattern;
    bool dots = dt_slice_eq(cond->variable, DT_S("HTTP_HOST")) ||
                dt_slice_eq(cond->variable, DT_S("SERVER_NAME"));
    if (text.len && text.ptr[0] == '=') {
        text = dt_slice_from(text, 1);
        if (dt_slice_eq(text, DT_S("\"\"")))
            text.len = 0;
        cond->texts = (struct dt_apache_texts){.list = {text}, .count = 1};
        cond->spelt = !text.len || !memchr(text.ptr, '*', text.len);
        return cond->spelt || dt_apache_refuse(cond, "a * in a text");
    }
    if (text.len && (text.ptr[0] == '<' || text.ptr[0] == '>' ||
                     (text.ptr[0] == '-' && text.len > 1 && dt_is_alpha(text.ptr[1]))))
        return dt_apache_refuse(cond, "a comparison that no rule can make");
    cond->spelt = dt_apache_texts(arena, text, dots, &cond->texts);
    return !cond->apache->reader->set->err;
}

/* ---- expr ---- */

static struct dt_slice token(struct dt_slice *text)
{
    *text = dt_scan_trim(*text);
    char quote = text->len && (text->ptr[0] == '\'' || text->ptr[0] == '"') ? text->ptr[0] : 0;
    size_t at = quote ? 1 : 0;
    while (at < text->len && (quote ? text->ptr[at] != quote : text->ptr[at] != ' '))
        at++;
    struct dt_slice found = dt_slice_of(text->ptr + (quote != 0), at - (quote != 0));
    *text = dt_slice_from(*text, at + (quote != 0));
    return found;
}

/* [!]-R 'net' || -R 'net', in brackets when it is negated: -R is %{REMOTE_ADDR} -ipmatch. False,
 * and nothing is done, when it is something else. */
static bool read_nets(const struct dt_apache_parts *cond, struct dt_apache_effects *ret,
                      bool *ret_fine)
{
    struct dt_slice rest = dt_scan_trim(cond->pattern), option;
    struct dt_buf buf;
    bool negated = rest.len && rest.ptr[0] == '!';
    rest = dt_scan_trim(dt_slice_from(rest, negated));
    bool around = negated && rest.len > 1 && rest.ptr[0] == '(' && rest.ptr[rest.len - 1] == ')';
    if (around)
        rest = dt_slice_of(rest.ptr + 1, rest.len - 2);
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_str(&buf, negated ? "!ip=" : "ip=");
    bool fine = true;
    for (unsigned count = 0; fine; count++) {
        struct dt_slice how = token(&rest), net = token(&rest);
        fine = dt_slice_eq(how, DT_S("-R")) && net.len && (!count || !negated || around);
        dt_buf_str(&buf, count ? "," : "");
        dt_buf_put(&buf, net);
        rest = dt_scan_trim(rest);
        if (!rest.len)
            break;
        fine = fine && dt_slice_eq(token(&rest), DT_S("||"));
    }
    if (!fine) {
        dt_buf_release(&buf);
        return false;
    }
    *ret_fine = dt_apache_keep(cond->apache, &buf, cond->written->pattern, &option) &&
                dt_apache_add(ret, cond, DT_APACHE_OPTION, option, 0);
    return true;
}

/* [!] %{NAME} -strmatch 'text', -strcmatch, ==, != */
static bool read_expression(struct dt_apache_parts *cond)
{
    struct dt_slice rest = dt_scan_trim(cond->pattern);
    if (rest.len && rest.ptr[0] == '!') {
        cond->negated = !cond->negated;
        rest = dt_slice_from(rest, 1);
    }
    struct dt_slice test = token(&rest), how = token(&rest), text = token(&rest);
    bool equal = dt_slice_eq(how, DT_S("==")) || dt_slice_eq(how, DT_S("="));
    bool unequal = dt_slice_eq(how, DT_S("!="));
    bool match = dt_slice_eq(how, DT_S("-strmatch"));
    bool nocase = dt_slice_eq(how, DT_S("-strcmatch"));
    const char *special = equal || unequal ? "*" : "?[\\";
    bool odd = false;
    for (size_t i = 0; i < text.len; i++)
        odd |= text.ptr[i] && strchr(special, text.ptr[i]);
    if (!(equal || unequal || match || nocase) || odd || dt_scan_trim(rest).len)
        return dt_apache_refuse(
            cond, "of expressions only %{NAME} with -strmatch, -strcmatch, == or != and a "
                  "text can be read");
    cond->negated ^= unequal;
    cond->nocase |= nocase;
    cond->spelt = true;
    cond->texts = (struct dt_apache_texts){.list = {text}, .count = 1};
    return find_variable(cond, test);
}

bool dt_apache_effects(struct dt_apache *apache, const struct dt_apache_cond *written,
                       bool captures, struct dt_apache_effects *ret)
{
    struct dt_apache_parts cond = {.apache = apache,
                                   .written = written,
                                   .pattern = written->pattern,
                                   .nocase = written->nocase,
                                   .captures = captures};
    if (dt_slice_eq(written->test, DT_S("expr"))) {
        bool fine;
        cond.captures = false;
        if (read_nets(&cond, ret, &fine))
            return fine;
        return read_expression(&cond) && by_variable(&cond, ret);
    }
    if (cond.pattern.len && cond.pattern.ptr[0] == '!') {
        cond.negated = true;
        cond.pattern = dt_slice_from(cond.pattern, 1);
    }
    if (is_file_test(cond.pattern)) {
        dt_reader_warn(apache->reader, written->pattern, "apache-files",
                       "there are no files here: this condition %s holds",
                       cond.negated ? "always" : "never");
        return !cond.negated || dt_apache_add(ret, &cond, DT_APACHE_NOTHING, DT_SLICE_NONE, 0);
    }
    return find_variable(&cond, written->test) && spell(&cond) && by_variable(&cond, ret);
}
