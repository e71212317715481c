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

struct dt_nginx_want *dt_nginx_add_alt(struct dt_nginx *nginx, const struct dt_nginx_want *want,
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

bool dt_nginx_refuse_test(struct dt_nginx *nginx, const struct dt_nginx_test *test, const char *why)
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
            dt_nginx_refuse_test(nginx, test,
                                 "an expression that cannot be spelt out as a few texts"));
}

/* [!]field:"a,b" as one condition. */
bool dt_nginx_add_option(struct dt_nginx *nginx, const struct dt_nginx_want *want,
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
        return dt_nginx_refuse_test(nginx, test, "a comma, a quote or a backslash in a value");
    }
    if (!dt_nginx_keep(nginx, &buf, &option))
        return false;
    /* name=value becomes name="value" */
    size_t eq = (size_t)((const char *)memchr(option.ptr, '=', option.len) - option.ptr) + 1;
    const struct dt_slice parts[] = {dt_slice_of(option.ptr, eq), DT_S("\""),
                                     dt_slice_from(option, eq), DT_S("\"")};
    option = dt_pattern_join(nginx->reader, parts, 4);
    struct dt_nginx_want *made = dt_nginx_add_alt(nginx, want, test, ret);
    if (!made)
        return false;
    if (made->option_count == DT_NGINX_OPTIONS)
        return dt_nginx_refuse_test(nginx, test, "more conditions than one rule can have");
    made->options[made->option_count++] = option;
    return true;
}

bool dt_nginx_has_letter(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (dt_is_alpha(s.ptr[i]))
            return true;
    return false;
}

bool dt_nginx_lower(struct dt_nginx *nginx, struct dt_apache_texts *texts)
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
        return dt_nginx_add_option(nginx, want, &test, what, &none, ret);
    }
    if (!spell(nginx, &test, false, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        if (dt_slice_eq(text, DT_S("*")))
            return test.negated || dt_nginx_add_alt(nginx, want, &test, ret);
        letters |= dt_nginx_has_letter(text);
        if (test.how == DT_NGINX_EQUALS && text.len && memchr(text.ptr, '*', text.len))
            return dt_nginx_refuse_test(nginx, &test, "a * in a text");
        if (text.len)
            kept.list[kept.count++] = text;
        else
            empty = true;
    }
    if (empty && kept.count)
        return dt_nginx_refuse_test(nginx, &test, "an empty value among others");
    if (empty) {
        test.negated = !test.negated;
        return dt_nginx_add_option(nginx, want, &test, what, &kept, ret);
    }
    if (test.nocase && letters && !nocase_field)
        return dt_nginx_refuse_test(nginx, &test,
                                    "a value is compared as it is written: case cannot be ignored");
    return dt_nginx_add_option(nginx, want, &test, what, &kept, ret);
}

/* ua= ignores case. */
static bool agent(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                  const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts;
    if (!test->nocase || test->how != DT_NGINX_MATCHES)
        return field(nginx, want, "header=user-agent", test, false, ret);
    if (!spell(nginx, test, true, &texts) || !dt_nginx_lower(nginx, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        bool around = text.len > 2 && text.ptr[0] == '*' && text.ptr[text.len - 1] == '*';
        struct dt_slice inner = around ? dt_slice_of(text.ptr + 1, text.len - 2) : text;
        if (!text.len || !memchr(text.ptr, '*', text.len))
            return dt_nginx_refuse_test(nginx, test, "a user agent as a whole, in any case");
        texts.list[i] = around && !memchr(inner.ptr, '*', inner.len) ? inner : text;
    }
    return dt_nginx_add_option(nginx, want, test, "ua=", &texts, ret);
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
        struct dt_nginx_want *made = dt_nginx_add_alt(nginx, want, test, ret);
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
        return dt_nginx_refuse_test(nginx, test, "of ports only one can be asked for");
    if (want->port && want->port != number)
        return true;
    struct dt_nginx_want *made = dt_nginx_add_alt(nginx, want, test, ret);
    if (made)
        made->port = (uint16_t)number;
    return made != NULL;
}

static bool listed(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *field_name,
                   const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts;
    if (test->how == DT_NGINX_TRUE)
        return test->negated || dt_nginx_add_alt(nginx, want, test, ret);
    if (!spell(nginx, test, false, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++)
        if (!texts.list[i].len || memchr(texts.list[i].ptr, '*', texts.list[i].len))
            return dt_nginx_refuse_test(nginx, test, "it is named as a whole, as in ^(GET|HEAD)$");
    return dt_nginx_add_option(nginx, want, test, field_name, &texts, ret);
}

/* ---- All ---- */

static bool uri(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                const struct dt_nginx_part *part, const struct dt_nginx_test *test,
                struct dt_nginx_alts *ret)
{
    struct dt_nginx_want made = *want;
    bool never = false;
    if (test->how == DT_NGINX_TRUE)
        return test->negated || dt_nginx_add_alt(nginx, want, test, ret);
    if (test->how == DT_NGINX_EQUALS && test->negated)
        return dt_nginx_refuse_test(nginx, test, "every path but one: write an expression");
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
            return dt_nginx_refuse_test(nginx, test,
                                        "more expressions about the path than one rule can have");
        if (!test->negated)
            made.latest = (int)made.path_count;
        made.paths[made.path_count++] =
            (struct dt_nginx_path){.text = test->pattern,
                                   .written = test->pattern,
                                   .groups = (uint8_t)dt_apache_groups(test->pattern),
                                   .nocase = test->nocase,
                                   .negated = test->negated};
    }
    return never || dt_nginx_add_alt(nginx, &made, test, ret);
}

static bool named(struct dt_nginx *nginx, const struct dt_nginx_want *want, const char *what,
                  struct dt_slice name, const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    char text[300];
    if (name.len > 200)
        return dt_nginx_refuse_test(nginx, test, "a name that is too long");
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
        return dt_nginx_test_request_uri(nginx, want, test, ret);
    case DT_NGINX_ARGS:
    case DT_NGINX_IS_ARGS:
        return dt_nginx_test_args(nginx, want, test, ret);
    case DT_NGINX_HOST:
    case DT_NGINX_HTTP_HOST:
    case DT_NGINX_SERVER_NAME:
        return dt_nginx_test_host(nginx, want, test, ret);
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
                return dt_nginx_add_option(nginx, want, test, "referer=", &hosts, ret);
        }
        return named(nginx, want, "header=", part->text, test, ret);
    case DT_NGINX_COOKIE:
        return named(nginx, want, "cookie=", part->text, test, ret);
    case DT_NGINX_ARG:
        return dt_nginx_test_arg(nginx, want, part->text, test, ret);
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
    return dt_nginx_refuse_test(nginx, test, "nothing that a rule can ask for");
}
