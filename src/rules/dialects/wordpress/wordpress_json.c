/* SPDX-License-Identifier: MIT
 *
 * The JSON of Redirection: groups, and redirects with their flags and one condition each. A
 * redirect may have two targets, one for who fulfils the condition and one for all others.
 */
#include "base/buf.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/json_walk.h"
#include "rules/dialects/wordpress/wordpress.h"
#include "rules/read/native_scan.h"

enum { URL, DATA, CODE, TYPE, ACTION, MATCH, REGEX, ENABLED, GROUP, KEYS };

static const char *const keys[KEYS] = {"url",         "match_data",  "action_code",
                                       "action_type", "action_data", "match_type",
                                       "regex",       "enabled",     "group_id"};

struct work {
    struct dt_json_walk walk;
    struct dt_json_value groups; /* the list; kind 0: none */
    uint32_t disabled;           /* line of the first redirect that is; 0: none */
    unsigned disabled_count;
};

static void find_keys(const struct dt_json_value *object, struct dt_json_value *ret)
{
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key, value;
    while (dt_json_member(&inside, &key, &value))
        for (unsigned i = 0; i < KEYS; i++)
            if (dt_slice_eq(key.text, dt_slice_str(keys[i])))
                ret[i] = value;
}

static bool member(const struct dt_json_value *object, const char *name, struct dt_json_value *ret)
{
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key;
    if (object->kind != '{')
        return false;
    while (dt_json_member(&inside, &key, ret))
        if (dt_slice_eq(key.text, dt_slice_str(name)))
            return true;
    return false;
}

/* A string of an object, decoded; empty when it is not there. */
static struct dt_slice text_of(struct work *work, const struct dt_json_value *object,
                               const char *name)
{
    struct dt_json_value value;
    struct dt_slice text = DT_SLICE_NONE;
    if (!member(object, name, &value) || value.kind != '"' ||
        !dt_json_decode(&work->walk.reader->set->arena, value.text, &text))
        return DT_SLICE_NONE;
    return text;
}

static bool is_true(const struct dt_json_value *object, const char *name)
{
    struct dt_json_value value;
    return member(object, name, &value) &&
           (value.kind == 't' || (value.kind == '0' && !dt_slice_eq(value.text, DT_S("0"))));
}

static bool group_is_on(const struct work *work, struct dt_slice id)
{
    struct dt_slice inside = dt_json_inside(&work->groups);
    struct dt_json_value group, value;
    if (work->groups.kind != '[')
        return true;
    while (dt_json_element(&inside, &group))
        if (member(&group, "id", &value) && dt_slice_eq(value.text, id))
            return !member(&group, "enabled", &value) || value.kind != 'f';
    return true;
}

static void read_source(struct work *work, const struct dt_json_value *found,
                        struct dt_wordpress_source *ret)
{
    struct dt_json_value source;
    *ret = (struct dt_wordpress_source){.query = DT_WORDPRESS_EXACT};
    if (!dt_json_decode(&work->walk.reader->set->arena, found[URL].text, &ret->text))
        ret->text = DT_SLICE_NONE;
    ret->regex = found[REGEX].kind == 't';
    if (!member(&found[DATA], "source", &source))
        return;
    struct dt_slice query = text_of(work, &source, "flag_query");
    if (dt_slice_eq(query, DT_S("ignore")))
        ret->query = DT_WORDPRESS_IGNORE;
    if (dt_slice_eq(query, DT_S("pass")))
        ret->query = DT_WORDPRESS_PASS;
    ret->nocase = is_true(&source, "flag_case");
    ret->noslash = is_true(&source, "flag_trailing");
    ret->regex |= is_true(&source, "flag_regex");
}

/* ---- Conditions ---- */

static void put_quoted(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
}

static bool plain_text(struct work *work, const struct dt_json_value *data, const char *name,
                       struct dt_slice *ret)
{
    struct dt_reader *reader = work->walk.reader;
    *ret = text_of(work, data, name);
    if (is_true(data, "regex"))
        return DT_REFUSE(reader, dt_json_start(data), "wordpress-match",
                         "an expression for something other than the URL");
    if (ret->len == 0 || memchr(ret->ptr, ',', ret->len) || memchr(ret->ptr, '*', ret->len))
        return DT_REFUSE(reader, dt_json_start(data), "wordpress-match",
                         "\"%s\" is a text without commas and stars", name);
    return true;
}

/* "ip": a list of addresses. */
static bool put_addresses(struct work *work, const struct dt_json_value *data, struct dt_buf *out)
{
    struct dt_json_value list, value;
    if (!member(data, "ip", &list) || list.kind != '[')
        return DT_REFUSE(work->walk.reader, dt_json_start(data), "wordpress-match",
                         "\"ip\" is a list of addresses");
    struct dt_slice inside = dt_json_inside(&list);
    bool first = true;
    while (dt_json_element(&inside, &value)) {
        dt_buf_printf(out, "%s%.*s", first ? "ip=\"" : ",", DT_SLICE_FMT(value.text));
        first = false;
    }
    dt_buf_str(out, "\" ");
    return !first || DT_REFUSE(work->walk.reader, dt_json_start(data), "wordpress-match",
                               "\"ip\" is a list of addresses");
}

/* The condition in our language; of a server the host, by @host's way. */
static bool put_condition(struct work *work, struct dt_slice type, const struct dt_json_value *data,
                          struct dt_buf *out)
{
    static const struct {
        const char *type, *member, *before;
    } rows[] = {
        {"referrer", "referrer", "referer=\""},
        {"agent", "agent", "ua=\""},
        {"language", "language", "lang=\""},
    };
    struct dt_slice text, name;
    if (dt_slice_eq(type, DT_S("ip")))
        return put_addresses(work, data, out);
    if (dt_slice_eq(type, DT_S("cookie")) || dt_slice_eq(type, DT_S("header"))) {
        if (!plain_text(work, data, "name", &name) || !plain_text(work, data, "value", &text))
            return false;
        dt_buf_printf(out, "%.*s=\"%.*s:", DT_SLICE_FMT(type), DT_SLICE_FMT(name));
        put_quoted(out, text);
        dt_buf_str(out, "\" ");
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!dt_slice_eq(type, dt_slice_str(rows[i].type)))
            continue;
        if (!plain_text(work, data, rows[i].member, &text))
            return false;
        dt_buf_str(out, rows[i].before);
        put_quoted(out, text);
        dt_buf_str(out, "\" ");
        return true;
    }
    return DT_REFUSE(work->walk.reader, type, "wordpress-match",
                     "the match \"%.*s\" needs WordPress", DT_SLICE_FMT(type));
}

/* ---- One redirect ---- */

static bool read_status(struct work *work, const struct dt_json_value *found, uint16_t *ret)
{
    struct dt_slice text = found[CODE].text;
    unsigned code = 0;
    for (size_t i = 0; i < text.len && code < 1000; i++)
        code = dt_is_digit(text.ptr[i]) ? code * 10 + (unsigned)(text.ptr[i] - '0') : 1000;
    *ret = (uint16_t)code;
    return dt_options_status(code) ||
           DT_REFUSE(work->walk.reader, text, "status-unknown",
                     "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                     DT_SLICE_FMT(text));
}

/* "https://example.com" of a server match, in front of a path. */
static bool with_server(struct work *work, const struct dt_json_value *data,
                        struct dt_wordpress_source *source)
{
    struct dt_reader *reader = work->walk.reader;
    struct dt_slice server = text_of(work, data, "server");
    if (!dt_scan_http(server) || source->regex)
        return DT_REFUSE(reader, dt_json_start(data), "wordpress-match",
                         "a server is http:// or https:// and a host, for a source that is no "
                         "expression");
    while (server.len && server.ptr[server.len - 1] == '/')
        server.len--;
    char *mem = dt_arena_alloc(&reader->set->arena, server.len + source->text.len);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, server.ptr, server.len);
    memcpy(mem + server.len, source->text.ptr, source->text.len);
    source->text = dt_slice_of(mem, server.len + source->text.len);
    return true;
}

static void add(struct work *work, const struct dt_json_value *found, uint32_t line)
{
    struct dt_reader *reader = work->walk.reader;
    const struct dt_json_value *data = &found[ACTION];
    struct dt_slice match = found[MATCH].text;
    struct dt_wordpress_source source;
    struct dt_options options = dt_options_standard(), others;
    struct dt_buf condition;
    if (!read_status(work, found, &options.action.status))
        return;
    read_source(work, found, &source);
    bool redirects = dt_options_redirects(options.action.status);
    others = options;
    if (match.len == 0 || dt_slice_eq(match, DT_S("url"))) {
        struct dt_slice target = redirects ? text_of(work, data, "url") : DT_SLICE_NONE;
        if (redirects && target.len == 0)
            dt_reader_error(reader, dt_json_start(data), "target-missing",
                            "\"action_data\" has the \"url\" to go to");
        else
            (void)dt_wordpress_add(reader, &source, target, &options, line);
        return;
    }
    struct dt_slice from = redirects ? text_of(work, data, "url_from") : DT_SLICE_NONE;
    struct dt_slice notfrom = redirects ? text_of(work, data, "url_notfrom") : DT_SLICE_NONE;
    struct dt_wordpress_source hosted = source;
    bool server = dt_slice_eq(match, DT_S("server"));
    dt_buf_init(&condition, DT_LIMIT_LINE);
    bool fine =
        server ? with_server(work, data, &hosted) : put_condition(work, match, data, &condition);
    struct dt_slice text = dt_arena_copy(&reader->set->arena, dt_buf_slice(&condition));
    fine = fine && (text.len == 0 || dt_options_parse(reader, text, &options));
    dt_buf_release(&condition);
    if (!fine)
        return;
    if (from.len || !redirects)
        fine = dt_wordpress_add(reader, &hosted, from, &options, line);
    if (fine && notfrom.len)
        (void)dt_wordpress_add(reader, &source, notfrom, &others, line);
}

static void read_redirect(struct work *work, const struct dt_json_value *object)
{
    struct dt_reader *reader = work->walk.reader;
    struct dt_json_value found[KEYS] = {{0}};
    find_keys(object, found);
    if (!dt_json_reach(&work->walk, found[URL].kind ? found[URL].text.ptr : object->text.ptr))
        return;
    uint32_t line = reader->line;
    bool off = found[ENABLED].kind == 'f' || !group_is_on(work, found[GROUP].text);
    if (off) {
        work->disabled = work->disabled ? work->disabled : line;
        work->disabled_count++;
        return;
    }
    struct dt_slice type = found[TYPE].text;
    if (found[URL].kind != '"' || found[ACTION].kind == 0 || found[CODE].kind == 0) {
        dt_reader_error(reader, dt_json_start(object), "wordpress-key",
                        "a redirect has url, action_code and action_data");
        return;
    }
    if (type.len && !dt_slice_eq(type, DT_S("url")) && !dt_slice_eq(type, DT_S("error"))) {
        dt_reader_error(reader, found[URL].text, "wordpress-type",
                        "the action \"%.*s\" needs WordPress: url and error are what can be "
                        "answered",
                        DT_SLICE_FMT(type));
        return;
    }
    add(work, found, line);
}

static void read_redirects(struct work *work, const struct dt_json_value *list)
{
    struct dt_slice inside = dt_json_inside(list);
    struct dt_json_value value;
    while (list->kind == '[' && dt_json_element(&inside, &value)) {
        if (value.kind == '{')
            read_redirect(work, &value);
        else if (dt_json_reach(&work->walk, value.text.ptr))
            dt_reader_error(work->walk.reader, dt_json_start(&value), "wordpress-value",
                            "a redirect is an object");
    }
    if (list->kind != '[' && dt_json_reach(&work->walk, list->text.ptr))
        dt_reader_error(work->walk.reader, dt_json_start(list), "wordpress-value",
                        "\"redirects\" is a list");
}

bool dt_wordpress_json_is(const struct dt_look *look)
{
    struct dt_slice text = look->text;
    return dt_look_first(text) == '{' && memmem(text.ptr, text.len, "\"redirects\"", 11) &&
           memmem(text.ptr, text.len, "\"action_type\"", 13);
}

void dt_wordpress_json_read(struct dt_reader *reader)
{
    struct work work = {.groups = {0}};
    struct dt_json_value top, redirects;
    reader->set->first_wanted = "Redirection";
    if (!dt_json_begin(&work.walk, reader, &top))
        return;
    if (!member(&top, "groups", &work.groups))
        work.groups.kind = 0;
    if (member(&top, "redirects", &redirects))
        read_redirects(&work, &redirects);
    else if (dt_json_reach(&work.walk, top.text.ptr))
        dt_reader_error(reader, dt_json_start(&top), "wordpress-key",
                        "the file has a list \"redirects\"");
    if (work.disabled_count)
        dt_reader_warn(reader, DT_SLICE_NONE, "wordpress-disabled",
                       "%u redirects are disabled, and are not read; the first is in line %u",
                       work.disabled_count, work.disabled);
}
