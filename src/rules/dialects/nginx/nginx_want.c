/* SPDX-License-Identifier: MIT
 *
 * Which requests are meant: what a test on one variable says, in words of our own. A test that can
 * only be said as several rules has several alternatives; one that contradicts what is known
 * already has none.
 */
#include "rules/dialects/nginx/nginx_helper.h"

#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/apache/apache_regex.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include <stdio.h>

/* ---- The path ---- */

bool dt_nginx_encode(struct dt_nginx *nginx, struct dt_slice path, struct dt_slice *ret)
{
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_pattern_encode(&buf, path);
    return dt_nginx_keep(nginx, &buf, ret);
}

/* The length of "?<name>", "?P<name>" or "?'name'" at the start of s; 0: it is none. */
static size_t group_name(struct dt_slice s, struct dt_slice *ret)
{
    size_t from = dt_slice_starts(s, DT_S("?P<"))                                    ? 3
                  : dt_slice_starts(s, DT_S("?<")) || dt_slice_starts(s, DT_S("?'")) ? 2
                                                                                     : 0;
    if (!from || from >= s.len || !(dt_is_alpha(s.ptr[from]) || s.ptr[from] == '_'))
        return 0;
    const char *end = memchr(s.ptr + from, s.ptr[1] == '\'' ? '\'' : '>', s.len - from);
    if (!end)
        return 0;
    *ret = dt_slice_of(s.ptr + from, (size_t)(end - s.ptr) - from);
    return (size_t)(end - s.ptr) + 1;
}

#define NAMES_MAX 32u

/* Copies an expression. take: names of groups are taken out, to the list; else they are put in. */
static void copy_names(struct dt_slice text, struct dt_slice *names, bool take, struct dt_buf *out)
{
    unsigned groups = 0;
    bool class = false;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        dt_buf_char(out, c);
        if (c == '\\' && at + 1 < text.len) {
            dt_buf_char(out, text.ptr[++at]);
        } else if (class) {
            class = c != ']';
        } else if (c == '[') {
            class = true;
        } else if (c == '(') {
            struct dt_slice behind = dt_slice_from(text, at + 1), name;
            size_t len = group_name(behind, &name);
            bool plain = behind.len && behind.ptr[0] != '?' && behind.ptr[0] != '*';
            if ((!len && !plain) || groups == NAMES_MAX)
                continue;
            if (take && len)
                names[groups] = name;
            else if (!take && names[groups].len)
                dt_buf_printf(out, "?<%.*s>", DT_SLICE_FMT(names[groups]));
            at += take ? len : 0;
            groups++;
        }
    }
}

/* As an expression for paths in normal form; dt_apache_regex knows no names. */
static bool translate(struct dt_nginx *nginx, const struct dt_nginx_test *test,
                      struct dt_slice *ret)
{
    struct dt_slice names[NAMES_MAX] = {DT_SLICE_NONE}, bare, text;
    struct dt_buf buf;
    if (memmem(test->pattern.ptr, test->pattern.len, "(?<=", 4) ||
        memmem(test->pattern.ptr, test->pattern.len, "(?<!", 4))
        return DT_NGINX_REFUSE(nginx->reader, test->word, "source-regex",
                               "an expression that looks behind");
    dt_buf_init(&buf, DT_PATTERN_MAX);
    copy_names(test->pattern, names, true, &buf);
    if (!dt_nginx_keep(nginx, &buf, &bare))
        return false;
    bool fine = dt_apache_regex(nginx->apache, bare, 0, &buf);
    if (!(dt_nginx_keep(nginx, &buf, &text) && fine))
        return false;
    copy_names(text, names, false, &buf);
    return dt_nginx_keep(nginx, &buf, ret);
}

bool dt_nginx_want_regex(struct dt_nginx *nginx, struct dt_nginx_want *want,
                         const struct dt_nginx_test *test)
{
    struct dt_nginx_path path = {.nocase = test->nocase, .negated = test->negated};
    dt_nginx_go_to(nginx->reader, test->word);
    if (want->path_count == DT_NGINX_PATHS)
        return DT_NGINX_REFUSE(nginx->reader, test->word, "nginx-many",
                               "more expressions about the path than one rule can have");
    if (!translate(nginx, test, &path.text))
        return false;
    path.written = test->pattern;
    path.groups = (uint8_t)dt_apache_groups(path.text);
    if (!test->negated)
        want->latest = (int)want->path_count;
    want->paths[want->path_count++] = path;
    return true;
}

static bool same(struct dt_slice a, struct dt_slice b, bool nocase)
{
    return nocase ? dt_slice_eq_nocase(a, b) : dt_slice_eq(a, b);
}

/* A location's name that the path begins with for certain says nothing more. */
static bool drop_prefixes(struct dt_nginx_want *want, struct dt_slice path, bool nocase)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < want->path_count; i++) {
        const struct dt_nginx_path *p = &want->paths[i];
        struct dt_slice begin =
            dt_slice_of(path.ptr, path.len < p->written.len ? path.len : p->written.len);
        if (p->prefix && !same(begin, p->written, nocase))
            return false;
        if (!p->prefix || nocase) {
            if (want->latest == (int)i)
                want->latest = (int)kept;
            want->paths[kept++] = *p;
        }
    }
    want->path_count = kept;
    return true;
}

bool dt_nginx_want_exact(struct dt_nginx *nginx, struct dt_nginx_want *want, struct dt_slice path,
                         bool nocase, bool *ret_never)
{
    struct dt_slice encoded;
    *ret_never = path.len == 0 || path.ptr[0] != '/';
    if (*ret_never)
        return true;
    *ret_never = !drop_prefixes(want, path, nocase);
    if (*ret_never)
        return true;
    if (!dt_nginx_encode(nginx, path, &encoded))
        return false;
    if (want->exact.len) {
        *ret_never = !same(want->exact, encoded, nocase && want->exact_nocase);
        return true;
    }
    want->exact = encoded;
    want->exact_nocase = nocase;
    return true;
}

bool dt_nginx_want_prefix(struct dt_nginx *nginx, struct dt_nginx_want *want,
                          const struct dt_nginx_word *word, struct dt_slice prefix, bool *ret_never)
{
    struct dt_buf buf;
    struct dt_nginx_path path = {.written = prefix, .prefix = true};
    *ret_never = false;
    if (dt_slice_eq(prefix, DT_S("/")))
        return true;
    for (unsigned i = 0; i < want->path_count; i++)
        if (want->paths[i].prefix && dt_slice_starts(prefix, want->paths[i].written)) {
            want->paths[i] = want->paths[--want->path_count];
            break;
        }
    if (want->path_count == DT_NGINX_PATHS)
        return DT_NGINX_REFUSE(nginx->reader, word, "nginx-many",
                               "more expressions about the path than one rule can have");
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_char(&buf, '^');
    dt_pattern_literal(&buf, prefix, false);
    if (!dt_nginx_keep(nginx, &buf, &path.text))
        return false;
    want->paths[want->path_count++] = path;
    return true;
}

/* ---- Adding alternatives ---- */

static struct dt_nginx_want *add(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                                 const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    if (ret->count == DT_NGINX_ALTS) {
        DT_NGINX_ERROR(nginx->reader, test->word, "nginx-many",
                       "more alternatives than one rule can be written out to");
        return NULL;
    }
    ret->list[ret->count] = *want;
    return &ret->list[ret->count++];
}

static bool refuse(struct dt_nginx *nginx, const struct dt_nginx_test *test, const char *why)
{
    return DT_NGINX_REFUSE(nginx->reader, test->word, "nginx-condition", "%s", why);
}

/* ---- Texts that a test means ---- */

/* What an expression spells out, or the text itself. An empty text is there too. */
static bool spell(struct dt_nginx *nginx, const struct dt_nginx_test *test, bool dots,
                  struct dt_apache_texts *ret)
{
    ret->count = 0;
    ret->dots = false;
    if (test->how == DT_NGINX_EQUALS) {
        ret->list[ret->count++] = test->pattern;
        return true;
    }
    return dt_apache_texts(&nginx->reader->set->arena, test->pattern, dots, ret) ||
           (!nginx->reader->set->err &&
            refuse(nginx, test, "an expression that cannot be spelt out as a few texts"));
}

/* [!]field:"a,b" as one condition. */
static bool add_option(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_test *test, const char *field,
                       const struct dt_apache_texts *texts, struct dt_nginx_alts *ret)
{
    struct dt_buf buf;
    struct dt_slice option;
    bool odd = false;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s%s", test->negated ? "!" : "", field);
    size_t len = strlen(field);
    bool named = field[len - 1] != '=';
    for (unsigned i = 0; i < texts->count; i++) {
        struct dt_slice text = texts->list[i];
        for (size_t at = 0; at < text.len; at++)
            odd |= text.ptr[at] && (strchr(",\"\\", text.ptr[at]) || text.ptr[at] < ' ');
        dt_buf_printf(&buf, "%s%.*s", i ? "," : named ? ":" : "", DT_SLICE_FMT(text));
    }
    if (odd) {
        dt_buf_release(&buf);
        return refuse(nginx, test, "a comma, a quote or a backslash in a value");
    }
    if (!dt_nginx_keep(nginx, &buf, &option))
        return false;
    /* name=value becomes name="value" */
    size_t eq = (size_t)((const char *)memchr(option.ptr, '=', option.len) - option.ptr) + 1;
    const struct dt_slice parts[] = {dt_slice_of(option.ptr, eq), DT_S("\""),
                                     dt_slice_from(option, eq), DT_S("\"")};
    option = dt_pattern_join(nginx->reader, parts, 4);
    struct dt_nginx_want *made = add(nginx, want, test, ret);
    if (!made)
        return false;
    if (made->option_count == DT_NGINX_OPTIONS)
        return refuse(nginx, test, "more conditions than one rule can have");
    made->options[made->option_count++] = option;
    return true;
}

static bool has_letter(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (dt_is_alpha(s.ptr[i]))
            return true;
    return false;
}

static bool lower(struct dt_nginx *nginx, struct dt_apache_texts *texts)
{
    for (unsigned i = 0; i < texts->count; i++) {
        struct dt_slice text = texts->list[i];
        char *mem = dt_arena_alloc(&nginx->reader->set->arena, text.len + 1);
        if (!mem)
            return dt_reader_nomem(nginx->reader);
        for (size_t at = 0; at < text.len; at++)
            mem[at] = dt_ascii_lower(text.ptr[at]);
        texts->list[i] = dt_slice_of(mem, text.len);
    }
    return true;
}

/* A field or a cookie; an absent one is the empty text. what: "header=Name". */
static bool field(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *what,
                  const struct dt_nginx_test *given, bool nocase_field, struct dt_nginx_alts *ret)
{
    struct dt_nginx_test test = *given;
    struct dt_apache_texts texts, kept = {.count = 0};
    bool empty = false, letters = false;
    if (test.how == DT_NGINX_MATCHES && dt_slice_eq(test.pattern, DT_S(".")))
        test.how = DT_NGINX_TRUE;
    if (test.how == DT_NGINX_TRUE) {
        struct dt_apache_texts none = {.count = 0};
        return add_option(nginx, want, &test, what, &none, ret);
    }
    if (!spell(nginx, &test, false, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        if (dt_slice_eq(text, DT_S("*")))
            return test.negated || add(nginx, want, &test, ret);
        letters |= has_letter(text);
        if (test.how == DT_NGINX_EQUALS && text.len && memchr(text.ptr, '*', text.len))
            return refuse(nginx, &test, "a * in a text");
        if (text.len)
            kept.list[kept.count++] = text;
        else
            empty = true;
    }
    if (empty && kept.count)
        return refuse(nginx, &test, "an empty value among others");
    if (empty) {
        test.negated = !test.negated;
        return add_option(nginx, want, &test, what, &kept, ret);
    }
    if (test.nocase && letters && !nocase_field)
        return refuse(nginx, &test, "a value is compared as it is written: case cannot be ignored");
    return add_option(nginx, want, &test, what, &kept, ret);
}

/* ua= ignores case. */
static bool agent(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                  const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts;
    if (!test->nocase || test->how != DT_NGINX_MATCHES)
        return field(nginx, want, "header=user-agent", test, false, ret);
    if (!spell(nginx, test, true, &texts) || !lower(nginx, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        bool around = text.len > 2 && text.ptr[0] == '*' && text.ptr[text.len - 1] == '*';
        struct dt_slice inner = around ? dt_slice_of(text.ptr + 1, text.len - 2) : text;
        if (!memchr(text.ptr ? text.ptr : "", '*', text.len))
            return refuse(nginx, test, "a user agent as a whole, in any case");
        texts.list[i] = around && !memchr(inner.ptr, '*', inner.len) ? inner : text;
    }
    return add_option(nginx, want, test, "ua=", &texts, ret);
}

/* The hosts of a Referer, as we write them; false: it is another expression. */
static bool referer_hosts(struct dt_nginx *nginx, struct dt_slice text, struct dt_apache_texts *ret)
{
    struct dt_slice front = DT_S(DT_NGINX_REFERER), back = DT_S(DT_NGINX_REFERER_END);
    ret->count = 0;
    if (!dt_slice_starts(text, DT_S("(?:")) || text.ptr[text.len - 1] != ')')
        return false;
    text = dt_slice_of(text.ptr + 3, text.len - 4);
    while (text.len && ret->count < DT_APACHE_TEXTS) {
        if (!dt_slice_starts(text, front))
            return false;
        text = dt_slice_from(text, front.len);
        const char *end = memmem(text.ptr, text.len, back.ptr, back.len);
        if (!end)
            return false;
        struct dt_slice host = dt_slice_of(text.ptr, (size_t)(end - text.ptr));
        text = dt_slice_from(text, host.len + back.len);
        text = dt_slice_from(text, dt_slice_starts(text, DT_S("|")));
        char *mem = dt_arena_alloc(&nginx->reader->set->arena, host.len + 2);
        size_t len = 0;
        if (!mem)
            return dt_reader_nomem(nginx->reader);
        if (dt_slice_starts(host, DT_S(DT_NGINX_REFERER_BELOW))) {
            host = dt_slice_from(host, strlen(DT_NGINX_REFERER_BELOW));
            mem[len++] = '*';
            mem[len++] = '.';
        } else if (dt_slice_starts(host, DT_S(DT_NGINX_REFERER_DOMAIN))) {
            host = dt_slice_from(host, strlen(DT_NGINX_REFERER_DOMAIN));
            mem[len++] = '.';
        }
        for (size_t i = 0; i < host.len; i++)
            if (host.ptr[i] != '\\')
                mem[len++] = host.ptr[i];
        ret->list[ret->count++] = dt_slice_of(mem, len);
    }
    return text.len == 0;
}

/* ---- The host ---- */

static bool below(struct dt_slice host, struct dt_slice of)
{
    return host.len > of.len && host.ptr[host.len - of.len - 1] == '.' &&
           dt_slice_eq_nocase(dt_slice_from(host, host.len - of.len), of);
}

/* Is a in b? */
static bool within(const struct dt_nginx_host *a, const struct dt_nginx_host *b)
{
    struct dt_slice x = a->below ? dt_slice_from(a->host, 2) : a->host;
    struct dt_slice y = b->below ? dt_slice_from(b->host, 2) : b->host;
    if (dt_slice_eq_nocase(x, y))
        return a->below == b->below;
    return b->below && below(x, y);
}

/* Narrows the hosts down to one; false: none is left. */
static bool narrow(struct dt_nginx *nginx, struct dt_nginx_want *want, struct dt_nginx_host host)
{
    struct dt_nginx_host *one = dt_arena_alloc(&nginx->reader->set->arena, sizeof *one);
    bool found = want->host_count == 0;
    if (!one)
        return dt_reader_nomem(nginx->reader);
    *one = host;
    for (unsigned i = 0; i < want->host_count && !found; i++) {
        found = within(&host, &want->hosts[i]);
        if (!found && within(&want->hosts[i], &host)) {
            found = true;
            *one = want->hosts[i];
        }
    }
    want->hosts = one;
    want->host_count = 1;
    return found;
}

static bool add_host(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                     const struct dt_nginx_test *test, struct dt_slice text,
                     struct dt_nginx_alts *ret)
{
    struct dt_nginx_host host = {text, dt_slice_starts(text, DT_S("*."))};
    struct dt_nginx_want *made = text.len ? add(nginx, want, test, ret) : NULL;
    if (!made)
        return text.len == 0;
    if (!narrow(nginx, made, host))
        ret->count--;
    return !nginx->reader->set->err;
}

/* The groups of an expression for the host may be in the target. */
static bool host_regex(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_buf buf;
    struct dt_slice inner = test->pattern;
    if (test->negated || want->host_regex.len || dt_apache_choice(inner))
        return refuse(nginx, test, "an expression for the host that cannot be spelt out");
    bool begins = dt_slice_starts(inner, DT_S("^"));
    inner = dt_slice_from(inner, begins);
    bool ends =
        inner.len > 1 && inner.ptr[inner.len - 1] == '$' && inner.ptr[inner.len - 2] != '\\';
    inner.len -= ends;
    dt_nginx_go_to(nginx->reader, test->word);
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_str(&buf, begins ? "(?i:" : "(?i:[^/:?]*?");
    bool fine = dt_apache_regex_part(nginx->apache, inner, "[^/:?]", &buf);
    dt_buf_str(&buf, ends ? ")" : "[^/:?]*)");
    struct dt_nginx_want *made = add(nginx, want, test, ret);
    if (!made || !fine) {
        dt_buf_release(&buf);
        return false;
    }
    made->host_groups = (uint8_t)dt_apache_groups(inner);
    made->latest = DT_NGINX_OF_HOST;
    return dt_nginx_keep(nginx, &buf, &made->host_regex);
}

static bool host(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                 const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts = {.count = 0}, rest = {.count = 0};
    if (test->how == DT_NGINX_TRUE)
        return test->negated || add(nginx, want, test, ret);
    if (test->how == DT_NGINX_MATCHES &&
        (dt_apache_groups(test->pattern) > 0 ||
         !dt_apache_texts(&nginx->reader->set->arena, test->pattern, true, &texts)))
        return !nginx->reader->set->err && host_regex(nginx, want, test, ret);
    if (test->how == DT_NGINX_EQUALS)
        texts = (struct dt_apache_texts){.list = {test->pattern}, .count = 1};
    if (!lower(nginx, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        bool wild = dt_slice_starts(text, DT_S("*.")) && text.len > 2 &&
                    !memchr(text.ptr + 2, '*', text.len - 2);
        bool star = text.len && memchr(text.ptr, '*', text.len);
        if (test->negated || (star && !wild))
            rest.list[rest.count++] = text;
        else if (!add_host(nginx, want, test, text, ret))
            return false;
    }
    return rest.count == 0 || add_option(nginx, want, test, "header=host", &rest, ret);
}

/* ---- The query ---- */

/* Lower case for what is compared without it. */
static bool add_params(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_test *test, struct dt_slice params, bool only,
                       struct dt_nginx_alts *ret)
{
    struct dt_nginx_want *made;
    if (want->only && !only)
        return refuse(nginx, test, "a parameter beside a condition for the whole query");
    if (want->query_regex.len)
        return refuse(nginx, test, "two conditions for the query, one of them an expression");
    if (!(made = add(nginx, want, test, ret)))
        return false;
    if (only && made->only && !dt_slice_eq(made->params, params)) {
        ret->count--;
        return true;
    }
    if (made->params.len && !only) {
        const struct dt_slice parts[] = {made->params, DT_S("&"), params};
        params = dt_pattern_join(nginx->reader, parts, 3);
    }
    made->params = params;
    made->params_nocase |= test->nocase && has_letter(params);
    made->only = only;
    return true;
}

static bool add_query_regex(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                            const struct dt_nginx_test *test, const char *before,
                            const char *behind, struct dt_nginx_alts *ret)
{
    struct dt_buf buf;
    struct dt_nginx_want *made;
    if (test->negated || want->query_regex.len || want->only || want->params.len)
        return refuse(nginx, test,
                      "two conditions for the query, or the opposite of an expression");
    if (!(made = add(nginx, want, test, ret)))
        return false;
    struct dt_slice inner = test->pattern;
    if (dt_apache_choice(inner))
        return refuse(nginx, test, "a choice that is not in brackets");
    /* "^" would be the URL's beginning: "(^|&)" becomes what may stand before. */
    static const char *const fronts[][2] = {{"(?:^|&)", "^(?:.*&)?"},
                                            {"(?:&|^)", "^(?:.*&)?"},
                                            {"(^|&)", "^((?:.*&)?)"},
                                            {"(&|^)", "^((?:.*&)?)"}};
    for (size_t i = 0; i < 4; i++) {
        if (!dt_slice_starts(inner, dt_slice_str(fronts[i][0])))
            continue;
        const struct dt_slice parts[] = {dt_slice_str(fronts[i][1]),
                                         dt_slice_from(inner, strlen(fronts[i][0]))};
        inner = dt_pattern_join(nginx->reader, parts, 2);
        break;
    }
    bool begins = dt_slice_starts(inner, DT_S("^"));
    inner = dt_slice_from(inner, begins);
    bool ends = inner.len && inner.ptr[inner.len - 1] == '$' &&
                (inner.len < 2 || inner.ptr[inner.len - 2] != '\\');
    inner.len -= ends;
    dt_nginx_go_to(nginx->reader, test->word);
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_printf(&buf, "%s%s%s", test->nocase ? "(?i:" : "(?:", before, begins ? "" : ".*?");
    bool fine = dt_apache_regex_part(nginx->apache, inner, ".", &buf);
    dt_buf_printf(&buf, "%s%s)", ends ? "" : ".*", behind);
    made->query_groups = (uint8_t)dt_apache_groups(inner);
    made->latest = DT_NGINX_OF_QUERY;
    return dt_nginx_keep(nginx, &buf, &made->query_regex) && fine;
}

/* "(^|&)a=1(&|$)", as people write it. */
static bool parameter(struct dt_slice text, struct dt_slice *ret)
{
    static const char *const fronts[] = {"(^|&)", "(?:^|&)", "(&|^)", "(?:&|^)"};
    static const char *const backs[] = {"(&|$)", "(?:&|$)", "($|&)", "(?:$|&)"};
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
    for (size_t i = 0; i < text.len; i++)
        if (!dt_is_word(text.ptr[i]) && text.ptr[i] != '=' && text.ptr[i] != '-')
            return false;
    *ret = text;
    return front && back && text.len && memchr(text.ptr, '=', text.len);
}

static bool args(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                 const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_slice one;
    struct dt_nginx_test any = *test;
    if (test->how == DT_NGINX_EQUALS && !test->negated)
        return add_params(nginx, want, test, test->pattern, true, ret);
    if (test->how == DT_NGINX_MATCHES && !test->negated && !test->nocase &&
        parameter(test->pattern, &one))
        return add_params(nginx, want, test, one, false, ret);
    if (test->how == DT_NGINX_MATCHES &&
        (dt_slice_eq(test->pattern, DT_S("^$")) || dt_slice_eq(test->pattern, DT_S("^(?:&)*$"))))
        any = (struct dt_nginx_test){
            .how = DT_NGINX_TRUE, .negated = !test->negated, .word = test->word};
    if (test->how == DT_NGINX_EQUALS && test->pattern.len == 0)
        any = (struct dt_nginx_test){.how = DT_NGINX_TRUE, .word = test->word};
    if (any.how == DT_NGINX_TRUE && any.negated)
        return add_params(nginx, want, &any, DT_SLICE_NONE, true, ret);
    if (any.how == DT_NGINX_TRUE) {
        any = (struct dt_nginx_test){
            .how = DT_NGINX_MATCHES, .pattern = DT_S("^.+$"), .word = test->word};
        int latest = want->latest;
        unsigned from = ret->count;
        bool fine = add_query_regex(nginx, want, &any, "", "", ret);
        for (; from < ret->count; from++)
            ret->list[from].latest = latest;
        return fine;
    }
    if (test->how == DT_NGINX_EQUALS)
        return refuse(nginx, test, "every query but one");
    return add_query_regex(nginx, want, test, "", "", ret);
}

/* $arg_x: the value of the first parameter of that name. */
static bool arg(struct dt_nginx *nginx, const struct dt_nginx_want *want, struct dt_slice name,
                const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_slice params, text = test->pattern;
    struct dt_apache_texts texts = {.list = {text}, .count = 1};
    char before[300];
    if (test->negated || name.len > 200)
        return refuse(nginx, test, "every value of a parameter but some");
    (void)snprintf(before, sizeof before, "(?:.*&)?%.*s=", DT_SLICE_FMT(name));
    if (test->how == DT_NGINX_TRUE) { /* not empty, and not "0" */
        const struct dt_nginx_test some = {
            .how = DT_NGINX_MATCHES, .pattern = DT_S("^(?!0?(?:&|$))"), .word = test->word};
        int latest = want->latest;
        bool fine = add_query_regex(nginx, want, &some, before, "", ret);
        if (fine)
            ret->list[ret->count - 1].latest = latest;
        return fine;
    }
    if (test->how == DT_NGINX_MATCHES &&
        (dt_apache_groups(text) > 0 ||
         !dt_apache_texts(&nginx->reader->set->arena, text, false, &texts)))
        return add_query_regex(nginx, want, test, before, "", ret);
    for (unsigned i = 0; i < texts.count; i++) {
        text = texts.list[i];
        if (text.len && memchr(text.ptr, '*', text.len))
            return add_query_regex(nginx, want, test, before, "", ret);
        if (text.len == 0)
            return refuse(nginx, test, "a parameter without a value, or none");
        const struct dt_slice parts[] = {name, DT_S("="), text};
        params = dt_pattern_join(nginx->reader, parts, 3);
        if (!add_params(nginx, want, test, params, false, ret))
            return false;
    }
    return true;
}

/* $request_uri: path and query, as they were sent. */
static bool request_uri(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_test *given, struct dt_nginx_alts *ret)
{
    struct dt_nginx_test test = *given;
    struct dt_slice text = given->pattern;
    struct dt_nginx_want made = *want;
    bool never = false;
    if (test.how == DT_NGINX_TRUE)
        return test.negated || add(nginx, want, &test, ret);
    if (test.how == DT_NGINX_EQUALS) {
        const char *question = text.len ? memchr(text.ptr, '?', text.len) : NULL;
        struct dt_slice path = text;
        if (test.negated)
            return refuse(nginx, &test, "every URL but one");
        path.len = question ? (size_t)(question - text.ptr) : text.len;
        if (!dt_nginx_want_exact(nginx, &made, path, test.nocase, &never))
            return false;
        if (never)
            return true;
        made.exact = made.exact.len ? path : made.exact; /* it is escaped already */
        test.nocase = false;
        return add_params(nginx, &made, &test, dt_slice_from(text, path.len + 1), true, ret);
    }
    /* The query: behind "\?", or whatever it is behind a final ".*", or none behind "$". */
    const char *mark = memmem(text.ptr, text.len, "\\?", 2);
    static const char *const open_ends[] = {"(.*)$", "(.*)", ".*$", ".*"};
    bool open = false;
    for (size_t i = 0; i < 4 && !mark && !open; i++) {
        size_t len = strlen(open_ends[i]);
        open = text.len >= len &&
               dt_slice_eq(dt_slice_from(text, text.len - len), dt_slice_str(open_ends[i]));
    }
    bool ends = text.len && text.ptr[text.len - 1] == '$';
    if (mark && (test.negated || !dt_slice_starts(text, DT_S("^"))))
        return refuse(nginx, &test, "an expression with a query that does not begin with ^");
    if (mark) {
        struct dt_nginx_test path = test, query = test;
        const struct dt_slice parts[] = {dt_slice_of(text.ptr, (size_t)(mark - text.ptr)),
                                         DT_S("$")};
        const struct dt_slice tail[] = {DT_S("^"), dt_slice_from(text, parts[0].len + 2)};
        path.pattern = dt_pattern_join(nginx->reader, parts, 2);
        query.pattern = dt_pattern_join(nginx->reader, tail, 2);
        if (dt_apache_groups(path.pattern) && dt_apache_groups(query.pattern))
            return refuse(nginx, &test, "groups on both sides of the ?");
        if (!dt_nginx_want_regex(nginx, &made, &path))
            return false;
        int latest = made.latest;
        if (!add_query_regex(nginx, &made, &query, "", "", ret))
            return false;
        if (!ret->list[ret->count - 1].query_groups)
            ret->list[ret->count - 1].latest = latest;
        return true;
    }
    if (!dt_nginx_want_regex(nginx, &made, &test))
        return false;
    if (!ends || open)
        return add(nginx, &made, &test, ret);
    test.nocase = false;
    return test.negated ? refuse(nginx, &test, "the opposite of an expression that ends with $")
                        : add_params(nginx, &made, &test, DT_SLICE_NONE, true, ret);
}

/* ---- What has few values ---- */

static bool scheme(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *plain,
                   const char *secure, const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    const char *const names[] = {plain, secure};
    struct dt_apache_texts texts = {.count = 0};
    if (test->how != DT_NGINX_TRUE && !spell(nginx, test, false, &texts))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        bool found = test->how == DT_NGINX_TRUE && names[i][0];
        for (unsigned j = 0; j < texts.count; j++) {
            struct dt_slice text = texts.list[j];
            bool star = text.len && text.ptr[text.len - 1] == '*';
            text.len -= star;
            found |= star ? dt_slice_starts(dt_slice_str(names[i]), text)
                          : dt_slice_eq(dt_slice_str(names[i]), text);
        }
        uint8_t which = i ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
        if (found == test->negated || (want->scheme && want->scheme != which))
            continue;
        struct dt_nginx_want *made = add(nginx, want, test, ret);
        if (!made)
            return false;
        made->scheme = which;
    }
    return true;
}

static bool port(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                 const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    unsigned number = 0;
    struct dt_slice text = test->pattern;
    bool tied = test->how == DT_NGINX_MATCHES && text.len > 2 && text.ptr[0] == '^' &&
                text.ptr[text.len - 1] == '$';
    if (tied)
        text = dt_slice_of(text.ptr + 1, text.len - 2);
    for (size_t i = 0; i < text.len && number < 65536; i++)
        number = dt_is_digit(text.ptr[i]) ? number * 10 + (unsigned)(text.ptr[i] - '0') : 65536;
    if ((test->how != DT_NGINX_EQUALS && !tied) || test->negated || !number || number > 65535)
        return refuse(nginx, test, "of ports only one can be asked for");
    if (want->port && want->port != number)
        return true;
    struct dt_nginx_want *made = add(nginx, want, test, ret);
    if (made)
        made->port = (uint16_t)number;
    return made != NULL;
}

static bool listed(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *field_name,
                   const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts;
    if (test->how == DT_NGINX_TRUE)
        return test->negated || add(nginx, want, test, ret);
    if (!spell(nginx, test, false, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++)
        if (!texts.list[i].len || memchr(texts.list[i].ptr, '*', texts.list[i].len))
            return refuse(nginx, test, "it is named as a whole, as in ^(GET|HEAD)$");
    return add_option(nginx, want, test, field_name, &texts, ret);
}

/* ---- All ---- */

static bool uri(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                const struct dt_nginx_part *part, const struct dt_nginx_test *test,
                struct dt_nginx_alts *ret)
{
    struct dt_nginx_want made = *want;
    bool never = false;
    if (test->how == DT_NGINX_TRUE)
        return test->negated || add(nginx, want, test, ret);
    if (test->how == DT_NGINX_EQUALS && test->negated)
        return refuse(nginx, test, "every path but one: write an expression");
    if (test->how == DT_NGINX_EQUALS) {
        bool lower_only = part->kind == DT_NGINX_LOWER;
        struct dt_slice path = test->pattern;
        if (!dt_nginx_want_exact(nginx, &made, path, test->nocase && !lower_only, &never))
            return false;
        if (part->kind != DT_NGINX_URI)
            made.exact = path; /* it is escaped already */
        made.exact_bare = part->kind == DT_NGINX_BARE;
    } else if (part->kind == DT_NGINX_URI) {
        if (!dt_nginx_want_regex(nginx, &made, test))
            return false;
    } else { /* in normal form already */
        if (made.path_count == DT_NGINX_PATHS)
            return refuse(nginx, test, "more expressions about the path than one rule can have");
        if (!test->negated)
            made.latest = (int)made.path_count;
        made.paths[made.path_count++] =
            (struct dt_nginx_path){.text = test->pattern,
                                   .written = test->pattern,
                                   .groups = (uint8_t)dt_apache_groups(test->pattern),
                                   .nocase = test->nocase,
                                   .negated = test->negated};
    }
    return never || add(nginx, &made, test, ret);
}

static bool named(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *what,
                  struct dt_slice name, const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    char text[300];
    if (name.len > 200)
        return refuse(nginx, test, "a name that is too long");
    (void)snprintf(text, sizeof text, "%s%.*s", what, DT_SLICE_FMT(name));
    return field(nginx, want, text, test, false, ret);
}

bool dt_nginx_test_part(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_part *part, const struct dt_nginx_test *test,
                        struct dt_nginx_alts *ret)
{
    switch (part->kind) {
    case DT_NGINX_URI:
    case DT_NGINX_PATH:
    case DT_NGINX_LOWER:
    case DT_NGINX_BARE:
        return uri(nginx, want, part, test, ret);
    case DT_NGINX_REQUEST_URI:
        return request_uri(nginx, want, test, ret);
    case DT_NGINX_ARGS:
    case DT_NGINX_IS_ARGS:
        return args(nginx, want, test, ret);
    case DT_NGINX_HOST:
    case DT_NGINX_HTTP_HOST:
    case DT_NGINX_SERVER_NAME:
        return host(nginx, want, test, ret);
    case DT_NGINX_SCHEME:
        return scheme(nginx, want, "http", "https", test, ret);
    case DT_NGINX_HTTPS:
        return scheme(nginx, want, "", "on", test, ret);
    case DT_NGINX_METHOD:
        return listed(nginx, want, "method=", test, ret);
    case DT_NGINX_HEADER:
        if (dt_slice_eq(part->text, DT_S("user-agent")))
            return agent(nginx, want, test, ret);
        if (dt_slice_eq(part->text, DT_S("referer")) && test->how == DT_NGINX_MATCHES) {
            struct dt_apache_texts hosts;
            if (referer_hosts(nginx, test->pattern, &hosts))
                return add_option(nginx, want, test, "referer=", &hosts, ret);
        }
        return named(nginx, want, "header=", part->text, test, ret);
    case DT_NGINX_COOKIE:
        return named(nginx, want, "cookie=", part->text, test, ret);
    case DT_NGINX_ARG:
        return arg(nginx, want, part->text, test, ret);
    case DT_NGINX_ADDRESS:
        return listed(nginx, want, "ip=", test, ret);
    case DT_NGINX_PORT:
        return port(nginx, want, test, ret);
    case DT_NGINX_TEXT:
    case DT_NGINX_GROUP:
    case DT_NGINX_NAME:
    case DT_NGINX_TABLE:
    case DT_NGINX_REST_ARGS:
    case DT_NGINX_KEEP_ARGS:
    case DT_NGINX_LEFT_ARGS:
        break;
    }
    return refuse(nginx, test, "nothing that a rule can ask for");
}
