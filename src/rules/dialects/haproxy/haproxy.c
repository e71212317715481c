/* SPDX-License-Identifier: MIT
 *
 * HAProxy's configuration: the lines of a frontend that redirect, in the order in which HAProxy
 * asks them: http-request rules first, "redirect" lines after them. A fragment without a section is
 * read as the inside of one. All other lines serve what is not redirected: each kind is named in
 * one warning, and passed over.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include <stdlib.h>

enum section { FRAGMENT, FRONTEND, BACKEND, OTHER };

static bool is(struct dt_slice text, const char *name)
{
    return dt_slice_eq(text, dt_slice_str(name));
}

static bool starts(struct dt_slice text, const char *name)
{
    return dt_slice_starts(text, dt_slice_str(name));
}

/* ---- What is passed over ---- */

static void pass_over(struct dt_haproxy *haproxy, struct dt_slice name)
{
    struct dt_haproxy_passed **at = &haproxy->passed;
    while (*at && !dt_slice_eq((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        *at = dt_arena_alloc(&haproxy->reader->set->arena, sizeof **at);
        if (!*at) {
            (void)dt_reader_nomem(haproxy->reader);
            return;
        }
        **at = (struct dt_haproxy_passed){.name = name, .line = haproxy->reader->line};
    }
    (*at)->count++;
}

static void tell_passed(struct dt_haproxy *haproxy, uint32_t file)
{
    for (const struct dt_haproxy_passed *p = haproxy->passed; p && !haproxy->reader->set->err;
         p = p->next) {
        dt_haproxy_go_to(haproxy, file, p->line);
        dt_reader_warn(haproxy->reader, p->name, "haproxy-passed-over",
                       "%.*s is passed over: it does not redirect (%u line%s, this is the first)",
                       DT_SLICE_FMT(p->name), p->count, p->count > 1 ? "s" : "");
    }
}

/* ---- Sections ---- */

static bool add_with_port(struct dt_haproxy *haproxy, const struct dt_rule *rule, unsigned port)
{
    struct dt_rule copy = *rule;
    if (port && copy.port && copy.port != port)
        return true;
    if (port)
        copy.port = (uint16_t)port;
    return dt_ruleset_add_rule(haproxy->reader->set, &copy);
}

/* With several frontends, each answers on its own ports. */
static void add_rules(struct dt_haproxy *haproxy, const struct dt_haproxy_rules *rules, bool ports)
{
    for (size_t i = 0; i < rules->count; i++) {
        unsigned count = ports ? haproxy->port_count : 1;
        for (unsigned j = 0; j < count; j++)
            if (!add_with_port(haproxy, &rules->list[i], ports ? haproxy->ports[j] : 0))
                return;
    }
}

static void end_section(struct dt_haproxy *haproxy)
{
    bool ports = haproxy->frontends > 1;
    if (ports && !haproxy->port_count && (haproxy->rules.count || haproxy->late.count))
        dt_reader_error(haproxy->reader, haproxy->reader->text, "haproxy-bind",
                        "several frontends, and one of them without a port in its bind line: which "
                        "requests it answers cannot be told");
    add_rules(haproxy, &haproxy->rules, ports);
    add_rules(haproxy, &haproxy->late, ports);
    haproxy->rules.count = haproxy->late.count = 0;
    haproxy->port_count = 0;
    haproxy->acls = NULL;
    haproxy->vars = NULL;
    haproxy->changed_line = 0;
}

static bool begin_section(struct dt_haproxy *haproxy, struct dt_slice name)
{
    static const struct {
        const char *name;
        uint8_t section;
    } rows[] = {
        {"frontend", FRONTEND}, {"listen", FRONTEND},   {"backend", BACKEND},
        {"defaults", BACKEND},  {"global", OTHER},      {"userlist", OTHER},
        {"peers", OTHER},       {"resolvers", OTHER},   {"mailers", OTHER},
        {"cache", OTHER},       {"program", OTHER},     {"http-errors", OTHER},
        {"ring", OTHER},        {"log-forward", OTHER}, {"fcgi-app", OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is(name, rows[i].name))
            continue;
        end_section(haproxy);
        haproxy->section = rows[i].section;
        return true;
    }
    return false;
}

/* How many frontends there are, before any is read. */
static unsigned count_frontends(struct dt_slice text)
{
    unsigned count = 0;
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        struct dt_slice line = dt_scan_trim(dt_slice_of(text.ptr, len));
        count += starts(line, "frontend ") || starts(line, "listen ");
        text = dt_slice_from(text, len + 1);
    }
    return count;
}

/* bind *:80, 10.0.0.1:81 ssl ... */
static void read_bind(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    struct dt_slice list = words->count > 1 ? words->list[1] : DT_SLICE_NONE;
    while (list.len) {
        const char *comma = memchr(list.ptr, ',', list.len);
        struct dt_slice one = dt_slice_of(list.ptr, comma ? (size_t)(comma - list.ptr) : list.len);
        const char *colon = one.len ? memrchr(one.ptr, ':', one.len) : NULL;
        unsigned port = 0;
        list = dt_slice_from(list, one.len + 1);
        struct dt_slice digits =
            colon ? dt_slice_from(one, (size_t)(colon - one.ptr) + 1) : DT_SLICE_NONE;
        for (size_t i = 0; i < digits.len; i++)
            port = dt_is_digit(digits.ptr[i]) && port < 65536
                       ? port * 10 + (unsigned)(digits.ptr[i] - '0')
                       : 65536;
        if (port && port < 65536 && haproxy->port_count < DT_HAPROXY_PORTS)
            haproxy->ports[haproxy->port_count++] = (uint16_t)port;
    }
}

/* ---- Redirects ---- */

struct redirect {
    struct dt_slice kind, to; /* location, prefix, scheme */
    unsigned code;
    bool drop_query;
    struct dt_buf options;
};

static bool refuse(struct dt_haproxy *haproxy, struct dt_slice at, const char *why)
{
    return dt_haproxy_refuse(haproxy, at, "haproxy-redirect", why);
}

static bool read_code(struct dt_haproxy *haproxy, struct dt_slice word, unsigned *ret)
{
    unsigned code = 0;
    for (size_t i = 0; i < word.len; i++)
        code = dt_is_digit(word.ptr[i]) && code < 1000 ? code * 10 + (unsigned)(word.ptr[i] - '0')
                                                       : 1000;
    *ret = code;
    return dt_options_status(code) ||
           DT_REFUSE(haproxy->reader, word, "status-unknown",
                     "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                     DT_SLICE_FMT(word));
}

static void put_field(struct dt_buf *options, struct dt_slice name, struct dt_slice value)
{
    dt_buf_str(options, " set-header=\"");
    dt_buf_put(options, name);
    dt_buf_str(options, ": ");
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            dt_buf_char(options, '\\');
        dt_buf_char(options, value.ptr[i]);
    }
    dt_buf_char(options, '"');
}

/* set-cookie a=b */
static void put_cookie(struct dt_haproxy *haproxy, struct dt_buf *options, struct dt_slice cookie,
                       const char *rest)
{
    struct dt_buf value;
    struct dt_slice text;
    dt_buf_init(&value, DT_LIMIT_LINE);
    dt_buf_put(&value, cookie);
    dt_buf_str(&value, rest);
    if (dt_haproxy_keep(haproxy, &value, &text))
        put_field(options, DT_S("Set-Cookie"), text);
}

/* The words up to the condition. */
static bool read_redirect(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words,
                          unsigned *at, struct redirect *redirect, struct dt_haproxy_answer *answer)
{
    for (; *at < words->count; ++*at) {
        struct dt_slice word = words->list[*at];
        bool more = *at + 1 < words->count;
        struct dt_slice next = more ? words->list[*at + 1] : DT_SLICE_NONE;
        if (is(word, "if") || is(word, "unless"))
            break;
        if (is(word, "drop-query")) {
            redirect->drop_query = true;
        } else if (is(word, "append-slash")) {
            answer->append_slash = true;
        } else if (is(word, "ignore-empty")) {
            answer->ignore_empty = true;
        } else if (!more) {
            return refuse(haproxy, word, "a word that a redirect does not have, or one too few");
        } else if (is(word, "location") || is(word, "prefix") || is(word, "scheme")) {
            redirect->kind = word;
            redirect->to = next;
            ++*at;
        } else if (is(word, "code")) {
            if (!read_code(haproxy, next, &redirect->code))
                return false;
            ++*at;
        } else if (is(word, "set-cookie")) {
            put_cookie(haproxy, &redirect->options, next, "; path=/;");
            ++*at;
        } else if (is(word, "clear-cookie")) {
            put_cookie(haproxy, &redirect->options, next, "; path=/; Max-Age=0;");
            ++*at;
        } else {
            return refuse(haproxy, word, "a word that a redirect does not have");
        }
    }
    return redirect->to.len > 0 || refuse(haproxy, haproxy->reader->text, "redirects to nowhere");
}

/* log-format of what prefix and scheme send; plain: the text has no expressions. */
static bool put_format(struct dt_haproxy *haproxy, const struct redirect *redirect, bool plain,
                       struct dt_haproxy_answer *answer)
{
    struct dt_buf format;
    bool scheme = is(redirect->kind, "scheme"), prefix = is(redirect->kind, "prefix");
    dt_buf_init(&format, DT_LIMIT_LINE);
    if (!(prefix && is(redirect->to, "/"))) {
        for (size_t i = 0; i < redirect->to.len; i++) {
            if (plain && redirect->to.ptr[i] == '%')
                dt_buf_char(&format, '%');
            dt_buf_char(&format, redirect->to.ptr[i]);
        }
    }
    dt_buf_str(&format, scheme ? "://%[hdr(host)]" : "");
    if (scheme || prefix)
        dt_buf_str(&format, redirect->drop_query ? "%[path]" : "%[capture.req.uri]");
    answer->append_slash &= prefix && redirect->drop_query;
    return dt_haproxy_keep(haproxy, &format, &answer->format);
}

static void redirect(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words, unsigned at,
                     bool plain)
{
    struct dt_haproxy_answer answer = {.location = true};
    struct redirect redirect = {.code = 302};
    struct dt_haproxy_cond *cond = &haproxy->cond;
    dt_buf_init(&redirect.options, DT_LIMIT_LINE);
    bool fine = read_redirect(haproxy, words, &at, &redirect, &answer) &&
                put_format(haproxy, &redirect, plain, &answer);
    fine = dt_haproxy_keep(haproxy, &redirect.options, &answer.options) && fine &&
           dt_haproxy_cond(haproxy, words, at, cond);
    answer.status = (uint16_t)redirect.code;
    if (fine && haproxy->changed_line)
        dt_reader_error(haproxy->reader, haproxy->reader->text, "haproxy-changed",
                        "line %u changes the request before it is asked here",
                        haproxy->changed_line);
    else if (fine)
        dt_haproxy_answer(haproxy, &answer, cond);
}

/* ---- http-request ---- */

/* hdr NAME FORMAT */
static bool read_field(struct dt_haproxy *haproxy, struct dt_slice name, struct dt_slice format,
                       struct dt_haproxy_answer *answer, struct dt_buf *options)
{
    struct dt_buf value;
    struct dt_slice text;
    if (dt_slice_eq_nocase(name, DT_S("location"))) {
        answer->location = true;
        answer->format = format;
        return true;
    }
    dt_buf_init(&value, DT_LIMIT_LINE);
    for (size_t i = 0; i < format.len; i++) {
        if (format.ptr[i] == '%' && i + 1 < format.len && format.ptr[++i] != '%') {
            dt_buf_release(&value);
            return refuse(haproxy, format, "a field whose value is an expression");
        }
        dt_buf_char(&value, format.ptr[i]);
    }
    if (!dt_haproxy_keep(haproxy, &value, &text))
        return false;
    if (dt_slice_eq_nocase(name, DT_S("cache-control")))
        dt_buf_printf(options, " cache=\"%.*s\"", DT_SLICE_FMT(text));
    else if (dt_slice_eq_nocase(name, DT_S("retry-after")))
        dt_buf_printf(options, " retry-after=%.*s", DT_SLICE_FMT(text));
    else
        put_field(options, name, text);
    return true;
}

/* return, deny: *ret_code stays when none is given. */
static bool read_return(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words,
                        unsigned *at, struct dt_haproxy_answer *answer, unsigned *ret_code)
{
    struct dt_buf options;
    bool fine = true;
    dt_buf_init(&options, DT_LIMIT_LINE);
    for (; fine && *at < words->count; ++*at) {
        struct dt_slice word = words->list[*at];
        if (is(word, "if") || is(word, "unless"))
            break;
        unsigned left = words->count - *at - 1;
        if (is(word, "default-errorfiles"))
            continue;
        if ((is(word, "status") || is(word, "deny_status")) && left) {
            *ret_code = 0;
            for (size_t i = 0; i < words->list[*at + 1].len; i++)
                *ret_code = *ret_code * 10 + (unsigned)(words->list[*at + 1].ptr[i] - '0');
            ++*at;
        } else if (is(word, "hdr") && left > 1) {
            fine =
                read_field(haproxy, words->list[*at + 1], words->list[*at + 2], answer, &options);
            *at += 2;
        } else if (left) { /* content-type, file, string: the body */
            ++*at;
        }
    }
    return dt_haproxy_keep(haproxy, &options, &answer->options) && fine;
}

/* What is answered otherwise than by a redirect, and ends the rules. */
static void answer_line(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words,
                        unsigned at)
{
    struct dt_haproxy_answer answer = {0};
    struct dt_slice what = words->list[at++];
    struct dt_haproxy_cond *cond = &haproxy->cond;
    bool allow = is(what, "allow"), ret = is(what, "return"), deny = is(what, "deny");
    unsigned code = ret ? 200 : 403;
    if (ret || deny) {
        if (!read_return(haproxy, words, &at, &answer, &code))
            return;
    } else {
        while (at < words->count && !is(words->list[at], "if") && !is(words->list[at], "unless"))
            at++;
    }
    if (!dt_haproxy_cond(haproxy, words, at, cond))
        return;
    bool known =
        (ret || deny) && dt_options_status(code) && dt_options_redirects(code) == answer.location;
    answer.status = (uint16_t)(known ? code : DT_STATUS_PASS);
    if (!known) {
        answer.location = false;
        answer.options = DT_SLICE_NONE;
    }
    if (!known && !allow)
        dt_reader_warn(haproxy->reader, what, "haproxy-answer",
                       "HAProxy answers itself here, by %.*s; no rule below is asked, and the "
                       "answer is that of a request without a rule",
                       DT_SLICE_FMT(what));
    dt_haproxy_answer(haproxy, &answer, cond);
}

/* Does it change what later lines ask for? */
static bool changes(struct dt_slice what, const struct dt_haproxy_words *words)
{
    static const char *const names[] = {
        "set-path",      "set-pathq",   "set-query",  "set-uri",       "replace-path",
        "replace-pathq", "replace-uri", "set-method", "normalize-uri", "set-src"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(what, names[i]))
            return !is(what, "normalize-uri");
    bool field = is(what, "set-header") || is(what, "replace-header") || is(what, "del-header") ||
                 is(what, "add-header");
    return field && words->count > 2 && dt_slice_eq_nocase(words->list[2], DT_S("host"));
}

static void http_request(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    struct dt_slice what = words->count > 1 ? words->list[1] : DT_SLICE_NONE;
    if (is(what, "redirect"))
        redirect(haproxy, words, 2, false);
    else if (starts(what, "set-var(") || starts(what, "set-var-fmt("))
        dt_haproxy_set_var(haproxy, what, words, 2);
    else if (is(what, "return") || is(what, "deny") || is(what, "allow") || is(what, "tarpit") ||
             is(what, "reject") || is(what, "silent-drop"))
        answer_line(haproxy, words, 1);
    else if (is(what, "auth"))
        dt_reader_error(haproxy->reader, what, "haproxy-auth",
                        "asks for a password before the lines below: no rule can");
    else if (changes(what, words))
        haproxy->changed_line = haproxy->reader->line;
    else
        pass_over(haproxy, what);
}

static void tcp_request(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    for (unsigned i = 1; i < words->count && i < 3; i++) {
        if (!is(words->list[i], "reject"))
            continue;
        if (haproxy->rules.count)
            dt_reader_error(haproxy->reader, words->list[0], "haproxy-answer",
                            "HAProxy asks this before all http-request lines: write it above them");
        else
            answer_line(haproxy, words, i);
        return;
    }
    pass_over(haproxy, words->list[0]);
}

/* ---- Lines ---- */

/* How a frontend serves, whatever it answers. */
static bool is_about_serving(struct dt_slice name)
{
    static const char *const names[] = {"mode",    "timeout",    "option",      "log",
                                        "maxconn", "log-format", "description", "unique-id-format",
                                        "backlog", "id",         "enabled",     "fullconn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, names[i]))
            return true;
    return false;
}

static void in_frontend(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    struct dt_slice name = words->list[0];
    if (is(name, "acl"))
        (void)dt_haproxy_acl(haproxy, words);
    else if (is(name, "http-request"))
        http_request(haproxy, words);
    else if (is(name, "tcp-request"))
        tcp_request(haproxy, words);
    else if (is(name, "redirect")) {
        haproxy->into_late = true;
        redirect(haproxy, words, 1, true);
        haproxy->into_late = false;
    } else if (is(name, "bind"))
        read_bind(haproxy, words);
    else if (!is_about_serving(name))
        pass_over(haproxy, name);
}

static void read_line(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words)
{
    struct dt_slice name = words->list[0];
    bool redirects = is(name, "redirect") || (is(name, "http-request") && words->count > 1 &&
                                              is(words->list[1], "redirect"));
    if (begin_section(haproxy, name))
        return;
    if (starts(name, "."))
        dt_reader_error(haproxy->reader, name, "haproxy-section",
                        "a part that is read or not depends on what is not known here");
    else if (haproxy->section == FRONTEND || haproxy->section == FRAGMENT)
        in_frontend(haproxy, words);
    else if (haproxy->section == BACKEND && redirects)
        dt_reader_error(haproxy->reader, name, "haproxy-section",
                        "outside of a frontend, where the requests it is for are not known: write "
                        "it into the frontend");
    /* All else outside of frontends is about other things than which requests redirect. */
}

bool dt_haproxy_is(const struct dt_look *look)
{
    static const char *const words[] = {"http-request", "frontend", NULL};
    return dt_slice_eq(look->base, DT_S("haproxy.cfg")) || dt_look_word(look->text, words);
}

void dt_haproxy_read(struct dt_reader *reader)
{
    struct dt_haproxy *haproxy = dt_arena_alloc(&reader->set->arena, sizeof *haproxy);
    struct dt_haproxy_words *words = dt_arena_alloc(&reader->set->arena, sizeof *words);
    uint32_t file = reader->file;
    if (!haproxy || !words) {
        (void)dt_reader_nomem(reader);
        return;
    }
    memset(haproxy, 0, sizeof *haproxy);
    haproxy->reader = reader;
    haproxy->frontends =
        count_frontends(dt_slice_of(reader->pos, (size_t)(reader->end - reader->pos)));
    reader->set->first_wanted = "HAProxy";
    while (dt_haproxy_line(haproxy, words)) {
        read_line(haproxy, words);
        reader->file = file; /* maps are files of their own */
    }
    end_section(haproxy);
    tell_passed(haproxy, file);
    free(haproxy->rules.list);
    free(haproxy->late.list);
}
