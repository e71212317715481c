/* SPDX-License-Identifier: MIT
 *
 * Tests in words of our own: what a test asks for becomes part of a rule's source, or a condition
 * as the native language writes it.
 */
#include "rules/dialects/haproxy/haproxy_want.h"

#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

enum dt_haproxy_outcome dt_haproxy_asked_refuse(const struct dt_haproxy_asked *asked,
                                                const char *why)
{
    struct dt_reader *reader = asked->haproxy->reader;
    dt_reader_error(reader, reader->text, "haproxy-acl", "%s", why);
    return DT_HAPROXY_ERROR;
}

static enum dt_haproxy_outcome outcome(bool fine)
{
    return fine ? DT_HAPROXY_FINE : DT_HAPROXY_ERROR;
}

bool dt_haproxy_is_choice(const struct dt_haproxy_test *test)
{
    if (test->negated || test->count < 2)
        return false;
    switch ((enum dt_haproxy_subject)test->value.subject) {
    case DT_HAPROXY_IS_PATH:
    case DT_HAPROXY_IS_BASE:
    case DT_HAPROXY_IS_BASEQ:
    case DT_HAPROXY_IS_PATHQ:
    case DT_HAPROXY_IS_URI:
    case DT_HAPROXY_IS_QUERY:
    case DT_HAPROXY_IS_PARAM:
    case DT_HAPROXY_IS_PORT:
    case DT_HAPROXY_IS_URL:
    case DT_HAPROXY_IS_REL_URL:
        return true;
    case DT_HAPROXY_IS_HOST:
        return test->how == DT_HAPROXY_STR || test->how == DT_HAPROXY_END ||
               test->how == DT_HAPROXY_DOM || test->how == DT_HAPROXY_REG;
    case DT_HAPROXY_NOTHING:
    case DT_HAPROXY_IS_TAIL:
    case DT_HAPROXY_IS_FIELD:
    case DT_HAPROXY_IS_COOKIE:
    case DT_HAPROXY_IS_METHOD:
    case DT_HAPROXY_IS_SSL:
    case DT_HAPROXY_IS_SCHEME:
    case DT_HAPROXY_IS_SRC:
    case DT_HAPROXY_IS_DATE:
    case DT_HAPROXY_IS_TEXT:
    case DT_HAPROXY_IS_TRUE:
    case DT_HAPROXY_IS_FALSE:
    case DT_HAPROXY_IS_VARIABLE:
        break;
    }
    return false;
}

/* ---- Options ---- */

enum dt_haproxy_outcome dt_haproxy_asked_option(struct dt_haproxy_asked *asked, struct dt_buf *buf)
{
    struct dt_haproxy_wants *wants = asked->wants;
    if (wants->option_count == DT_HAPROXY_OPTIONS) {
        dt_buf_release(buf);
        return dt_haproxy_asked_refuse(asked, "more conditions than a rule can have");
    }
    return outcome(dt_haproxy_keep(asked->haproxy, buf, &wants->options[wants->option_count++]));
}

static void put_quoted(struct dt_buf *buf, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            dt_buf_char(buf, '\\');
        dt_buf_char(buf, text.ptr[i]);
    }
}

/* All patterns as texts with stars. False: an expression that says more. */
static bool texts_of(struct dt_haproxy_asked *asked, struct dt_apache_texts *ret)
{
    const struct dt_haproxy_test *test = asked->test;
    struct dt_arena *arena = &asked->haproxy->reader->set->arena;
    ret->count = 0;
    for (uint32_t i = 0; i < test->count; i++) {
        struct dt_slice pattern = test->patterns[i];
        bool front = test->how == DT_HAPROXY_END || test->how == DT_HAPROXY_SUB;
        bool back = test->how == DT_HAPROXY_BEG || test->how == DT_HAPROXY_SUB;
        if (test->how == DT_HAPROXY_REG) {
            struct dt_apache_texts more;
            if (!dt_apache_texts(arena, pattern, false, &more) ||
                ret->count + more.count > DT_APACHE_TEXTS)
                return false;
            memcpy(ret->list + ret->count, more.list, more.count * sizeof *more.list);
            ret->count += more.count;
            continue;
        }
        const struct dt_slice parts[] = {front ? DT_S("*") : DT_SLICE_NONE, pattern,
                                         back ? DT_S("*") : DT_SLICE_NONE};
        if (ret->count == DT_APACHE_TEXTS || test->how > DT_HAPROXY_SUB ||
            (pattern.len && memchr(pattern.ptr, '*', pattern.len)))
            return false;
        ret->list[ret->count++] = dt_pattern_join(asked->haproxy->reader, parts, 3);
    }
    return true;
}

/* "!name=field:a,b" */
static enum dt_haproxy_outcome texts_option(struct dt_haproxy_asked *asked, const char *name,
                                            struct dt_slice field,
                                            const struct dt_apache_texts *texts)
{
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_printf(&buf, "%s%s=\"", asked->test->negated ? "!" : "", name);
    dt_buf_put(&buf, field);
    dt_buf_str(&buf, field.len && texts->count ? ":" : "");
    for (unsigned i = 0; i < texts->count; i++) {
        struct dt_slice text = texts->list[i];
        if (text.len == 0 || memchr(text.ptr, ',', text.len)) {
            dt_buf_release(&buf);
            return dt_haproxy_asked_refuse(asked,
                                           "a text with a comma, or none, cannot be compared with");
        }
        dt_buf_str(&buf, i ? "," : "");
        put_quoted(&buf, text);
    }
    dt_buf_char(&buf, '"');
    return dt_haproxy_asked_option(asked, &buf);
}

/* User-Agent without case, as ua= asks. */
static enum dt_haproxy_outcome agent(struct dt_haproxy_asked *asked)
{
    struct dt_apache_texts texts;
    const struct dt_haproxy_test *test = asked->test;
    if (!texts_of(asked, &texts))
        return dt_haproxy_asked_refuse(asked, "an expression that says more than a few texts");
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice *text = &texts.list[i];
        size_t stars = 0;
        for (size_t j = 0; j < text->len; j++)
            stars += text->ptr[j] == '*';
        bool inside = text->len > 2 && text->ptr[0] == '*' && text->ptr[text->len - 1] == '*';
        if (inside && stars == 2)
            *text = dt_slice_of(text->ptr + 1, text->len - 2); /* contained */
        else if (stars == 0)
            return dt_haproxy_asked_refuse(asked, "a whole User-Agent without case");
    }
    (void)test;
    return texts_option(asked, "ua", DT_SLICE_NONE, &texts);
}

/* Hosts of referers, as our writer has them. */
static bool referer_hosts(struct dt_haproxy_asked *asked, struct dt_apache_texts *ret)
{
    const struct dt_haproxy_test *test = asked->test;
    struct dt_slice rest = test->patterns[0];
    ret->count = 0;
    while (rest.len && ret->count < DT_APACHE_TEXTS) {
        struct dt_slice front = DT_S(DT_HAPROXY_REFERER_BEGIN);
        const char *end =
            memmem(rest.ptr, rest.len, DT_HAPROXY_REFERER_END, strlen(DT_HAPROXY_REFERER_END));
        if (!dt_slice_starts(rest, front) || !end)
            return false;
        struct dt_slice host =
            dt_slice_of(rest.ptr + front.len, (size_t)(end - rest.ptr) - front.len);
        struct dt_slice below = DT_S(DT_HAPROXY_REFERER_BELOW),
                        domain = DT_S(DT_HAPROXY_REFERER_DOMAIN);
        const char *lead = dt_slice_starts(host, below)    ? "*."
                           : dt_slice_starts(host, domain) ? "."
                                                           : "";
        host = dt_slice_from(host, *lead == '*' ? below.len : *lead ? domain.len : 0);
        struct dt_buf buf;
        dt_buf_init(&buf, DT_LIMIT_LINE);
        dt_buf_str(&buf, lead);
        for (size_t i = 0; i < host.len; i++)
            if (host.ptr[i] != '\\')
                dt_buf_char(&buf, host.ptr[i]);
        if (!dt_haproxy_keep(asked->haproxy, &buf, &ret->list[ret->count++]))
            return false;
        rest = dt_slice_from(rest, (size_t)(end - rest.ptr) + strlen(DT_HAPROXY_REFERER_END) + 1);
    }
    return true;
}

static enum dt_haproxy_outcome field(struct dt_haproxy_asked *asked, const char *option)
{
    const struct dt_haproxy_test *test = asked->test;
    struct dt_apache_texts texts = {.count = 0};
    struct dt_slice name = test->value.name;
    bool is_agent = dt_slice_eq_nocase(name, DT_S("user-agent"));
    if (!name.len)
        return dt_haproxy_asked_refuse(asked, "a field or cookie without a name");
    if (test->how == DT_HAPROXY_REG && test->count == 1 &&
        dt_slice_eq_nocase(name, DT_S("referer")) && referer_hosts(asked, &texts))
        return texts_option(asked, "referer", DT_SLICE_NONE, &texts);
    bool nocase = test->nocase || test->value.lower;
    if (is_agent && nocase && test->how != DT_HAPROXY_FOUND)
        return agent(asked);
    if (nocase && test->how != DT_HAPROXY_FOUND)
        return dt_haproxy_asked_refuse(
            asked, "no condition compares a field or a cookie without case, but "
                   "User-Agent");
    if (test->how != DT_HAPROXY_FOUND && !texts_of(asked, &texts))
        return dt_haproxy_asked_refuse(asked, "an expression that says more than a few texts");
    return texts_option(asked, option, name, &texts);
}

/* Patterns as they are, for methods and networks. */
static enum dt_haproxy_outcome plain_option(struct dt_haproxy_asked *asked, const char *name)
{
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_printf(&buf, "%s%s=", asked->test->negated ? "!" : "", name);
    for (uint32_t i = 0; i < asked->test->count; i++) {
        dt_buf_str(&buf, i ? "," : "");
        dt_buf_put(&buf, asked->test->patterns[i]);
    }
    return dt_haproxy_asked_option(asked, &buf);
}

/* ---- Numbers ---- */

static bool number_of(struct dt_slice text, long long *ret)
{
    *ret = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!dt_is_digit(text.ptr[i]) || *ret > 99999999999)
            return false;
        *ret = *ret * 10 + (text.ptr[i] - '0');
    }
    return text.len > 0;
}

static enum dt_haproxy_outcome port(struct dt_haproxy_asked *asked)
{
    long long number;
    if (asked->test->negated || !number_of(asked->pattern, &number) || number < 1 || number > 65535)
        return dt_haproxy_asked_refuse(asked, "a port is asked for by its number");
    if (asked->wants->port && asked->wants->port != number)
        return DT_HAPROXY_NEVER;
    asked->wants->port = (unsigned)number;
    return DT_HAPROXY_FINE;
}

/* Days since 1970 as a date (proleptic Gregorian calendar). */
static void put_time(struct dt_buf *buf, long long seconds)
{
    long long days = seconds / 86400, rest = seconds % 86400;
    long long z = days + 719468, era = z / 146097, doe = z - era * 146097;
    long long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    long long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    long long day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    long long year = yoe + era * 400 + (month <= 2);
    dt_buf_printf(buf, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lldZ", year, month, day, rest / 3600,
                  rest / 60 % 60, rest % 60);
}

static enum dt_haproxy_outcome date(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    long long seconds = 0;
    struct dt_buf buf;
    bool from = test->count == 2 && dt_slice_eq(test->patterns[0], DT_S("ge"));
    bool until = test->count == 2 && dt_slice_eq(test->patterns[0], DT_S("lt"));
    if (test->negated || (!from && !until) || !number_of(test->patterns[1], &seconds))
        return dt_haproxy_asked_refuse(asked, "a date is compared with ge or lt and seconds");
    dt_buf_init(&buf, 64);
    dt_buf_str(&buf, from ? "from=" : "until=");
    put_time(&buf, seconds);
    return dt_haproxy_asked_option(asked, &buf);
}

static enum dt_haproxy_outcome scheme(struct dt_haproxy_asked *asked, bool secure)
{
    unsigned wanted = secure ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    if (asked->wants->scheme && asked->wants->scheme != wanted)
        return DT_HAPROXY_NEVER;
    asked->wants->scheme = wanted;
    return DT_HAPROXY_FINE;
}

/* ---- Hosts ---- */

enum dt_haproxy_outcome dt_haproxy_asked_host(struct dt_haproxy_asked *asked, const char *lead,
                                              struct dt_slice name)
{
    struct dt_haproxy_wants *wants = asked->wants;
    const struct dt_slice parts[] = {dt_slice_str(lead), name};
    struct dt_slice host = dt_pattern_join(asked->haproxy->reader, parts, 2);
    if (wants->host.len && !dt_slice_eq_nocase(wants->host, host))
        return dt_haproxy_asked_refuse(asked, "two hosts that must both be asked for");
    wants->host = host;
    return host.len ? DT_HAPROXY_FINE : DT_HAPROXY_NEVER;
}

/* "^[^.]+\.[^.]+\.example\.com$", as our writer has it: a name for each label. */
static bool labels(struct dt_slice regex, struct dt_buf *buf)
{
    static const char label[] = "[^.]+\\.";
    unsigned count = 0;
    if (!dt_slice_starts(regex, DT_S("^[^.]+\\.")) || regex.ptr[regex.len - 1] != '$')
        return false;
    regex = dt_slice_of(regex.ptr + 1, regex.len - 2);
    for (; dt_slice_starts(regex, dt_slice_str(label)); regex = dt_slice_from(regex, 7))
        dt_buf_printf(buf, ":l%u.", count++);
    for (size_t i = 0; i < regex.len; i++) {
        char c = regex.ptr[i];
        if (c == '\\')
            continue;
        if (!dt_is_word(c) && c != '-' && c != '.')
            return false;
        dt_buf_char(buf, c);
    }
    return regex.len > 0;
}

static enum dt_haproxy_outcome host_regex(struct dt_haproxy_asked *asked)
{
    struct dt_apache_texts texts;
    struct dt_slice text;
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    if (labels(asked->pattern, &buf) && dt_haproxy_keep(asked->haproxy, &buf, &text))
        return dt_haproxy_asked_host(asked, "", text);
    dt_buf_release(&buf);
    if (dt_apache_texts(&asked->haproxy->reader->set->arena, asked->pattern, true, &texts) &&
        texts.count == 1 && !memchr(texts.list[0].ptr, '*', texts.list[0].len))
        return dt_haproxy_asked_host(asked, "", texts.list[0]);
    if (dt_apache_texts(&asked->haproxy->reader->set->arena, asked->pattern, true, &texts))
        return texts_option(asked, "header", DT_S("Host"), &texts);
    return dt_haproxy_asked_refuse(asked,
                                   "an expression for hosts that says more than a few names");
}

/* What no source can say is asked of the field itself. */
static enum dt_haproxy_outcome host_field(struct dt_haproxy_asked *asked)
{
    struct dt_apache_texts texts;
    if (!texts_of(asked, &texts))
        return dt_haproxy_asked_refuse(asked,
                                       "an expression for hosts that says more than a few names");
    unsigned count = texts.count;
    for (unsigned i = 0; i < count && count <= DT_APACHE_TEXTS / 2; i++) {
        const struct dt_slice parts[] = {texts.list[i], DT_S(":*")};
        struct dt_slice text = texts.list[i];
        if (text.len && text.ptr[text.len - 1] != '*') /* with a port */
            texts.list[texts.count++] = dt_pattern_join(asked->haproxy->reader, parts, 2);
    }
    return texts_option(asked, "header", DT_S("Host"), &texts);
}

static enum dt_haproxy_outcome host(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    struct dt_slice name = asked->pattern;
    if (test->how == DT_HAPROXY_FOUND)
        return test->negated ? DT_HAPROXY_NEVER : DT_HAPROXY_FINE;
    if (test->negated)
        return host_field(asked);
    switch ((enum dt_haproxy_how)test->how) {
    case DT_HAPROXY_STR:
        return dt_haproxy_asked_host(asked, "", name);
    case DT_HAPROXY_DOM:
        return dt_haproxy_asked_host(asked, ".", name);
    case DT_HAPROXY_REG:
        return host_regex(asked);
    case DT_HAPROXY_END:
        if (dt_slice_starts(name, DT_S(".")))
            return dt_haproxy_asked_host(asked, test->value.dotted ? "" : "*", name);
        return host_field(asked);
    case DT_HAPROXY_BEG:
    case DT_HAPROXY_SUB:
    case DT_HAPROXY_DIR:
    case DT_HAPROXY_REGM:
    case DT_HAPROXY_FOUND:
    case DT_HAPROXY_NUMBER:
    case DT_HAPROXY_ADDRESS:
    case DT_HAPROXY_YES:
        break;
    }
    return host_field(asked);
}

enum dt_haproxy_outcome dt_haproxy_want(struct dt_haproxy *haproxy,
                                        const struct dt_haproxy_test *test, uint32_t pattern,
                                        struct dt_haproxy_wants *wants)
{
    struct dt_haproxy_asked asked = {haproxy, test, DT_SLICE_NONE, wants};
    if (pattern < test->count)
        asked.pattern = test->patterns[pattern];
    switch ((enum dt_haproxy_subject)test->value.subject) {
    case DT_HAPROXY_IS_TRUE:
        return test->negated ? DT_HAPROXY_NEVER : DT_HAPROXY_FINE;
    case DT_HAPROXY_IS_FALSE:
        return test->negated ? DT_HAPROXY_FINE : DT_HAPROXY_NEVER;
    case DT_HAPROXY_IS_SSL:
        return scheme(&asked, !test->negated);
    case DT_HAPROXY_IS_SCHEME:
        return scheme(&asked, dt_slice_eq(asked.pattern, DT_S("https")) != test->negated);
    case DT_HAPROXY_IS_PORT:
        return port(&asked);
    case DT_HAPROXY_IS_DATE:
        return date(&asked);
    case DT_HAPROXY_IS_METHOD:
        return test->how == DT_HAPROXY_STR && !test->nocase
                   ? plain_option(&asked, "method")
                   : dt_haproxy_asked_refuse(&asked, "methods are compared as a whole");
    case DT_HAPROXY_IS_SRC:
        return plain_option(&asked, "ip");
    case DT_HAPROXY_IS_FIELD:
        return field(&asked, "header");
    case DT_HAPROXY_IS_COOKIE:
        return field(&asked, "cookie");
    case DT_HAPROXY_IS_HOST:
        return host(&asked);
    case DT_HAPROXY_IS_PATH:
        return dt_haproxy_want_path(&asked);
    case DT_HAPROXY_IS_BASE:
    case DT_HAPROXY_IS_BASEQ:
        return dt_haproxy_want_base(&asked);
    case DT_HAPROXY_IS_PATHQ:
    case DT_HAPROXY_IS_URI:
        return dt_haproxy_want_path_and_query(&asked, asked.pattern);
    case DT_HAPROXY_IS_PARAM:
        return dt_haproxy_want_param(&asked);
    case DT_HAPROXY_IS_URL:
    case DT_HAPROXY_IS_REL_URL:
        return dt_haproxy_want_url(&asked);
    case DT_HAPROXY_IS_QUERY:
        return dt_haproxy_want_query(&asked);
    case DT_HAPROXY_NOTHING:
    case DT_HAPROXY_IS_TAIL:
    case DT_HAPROXY_IS_TEXT:
    case DT_HAPROXY_IS_VARIABLE:
        break;
    }
    return dt_haproxy_asked_refuse(&asked, "a test of something that no rule can ask for");
}
