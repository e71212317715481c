/* SPDX-License-Identifier: MIT
 *
 * Texts with variables: "https://$host$request_uri", "${name}x". What a variable stands for is one
 * of nginx's own meanings, a map's row, what `set` said, or a named group of the last expression.
 */
#include "rules/dialects/nginx/nginx_helper.h"

#include "rules/read/native_scan.h"

static const struct {
    const char *name;
    enum dt_nginx_kind kind;
} known[] = {
    {"uri", DT_NGINX_URI},
    {"document_uri", DT_NGINX_URI},
    {"request_uri", DT_NGINX_REQUEST_URI},
    {"args", DT_NGINX_ARGS},
    {"query_string", DT_NGINX_ARGS},
    {"is_args", DT_NGINX_IS_ARGS},
    {"host", DT_NGINX_HOST},
    {"http_host", DT_NGINX_HTTP_HOST},
    {"server_name", DT_NGINX_SERVER_NAME},
    {"scheme", DT_NGINX_SCHEME},
    {"https", DT_NGINX_HTTPS},
    {"request_method", DT_NGINX_METHOD},
    {"remote_addr", DT_NGINX_ADDRESS},
    {"binary_remote_addr", DT_NGINX_ADDRESS},
    {"server_port", DT_NGINX_PORT},
};

/* Variables of nginx's that nothing here can say; any other name may be a group's. */
static const char *const foreign[] = {
    "request",
    "request_filename",
    "document_root",
    "realpath_root",
    "http2",
    "remote_user",
    "remote_port",
    "server_addr",
    "nginx_version",
    "time_iso8601",
    "time_local",
    "msec",
    "pid",
    "request_body",
    "request_id",
    "content_type",
    "content_length",
    "hostname",
    "request_time",
    "status",
    "proxy_host",
    "upstream_addr",
    "geoip_country_code",
    "ssl_protocol",
    "limit_rate",
    "server_protocol",
    "connection",
    "body_bytes_sent",
    "bytes_sent",
};

static bool unknown(struct dt_nginx *nginx, const struct dt_nginx_word *word, struct dt_slice name)
{
    return DT_NGINX_REFUSE(nginx->reader, word, "nginx-variable",
                           "$%.*s is nothing that a rule can ask for or send", DT_SLICE_FMT(name));
}

/* "http_user_agent" as a field's name. */
static bool field_name(struct dt_nginx *nginx, struct dt_slice name, struct dt_slice *ret)
{
    char *mem = dt_arena_alloc(&nginx->reader->set->arena, name.len + 1);
    if (!mem)
        return dt_reader_nomem(nginx->reader);
    for (size_t i = 0; i < name.len; i++)
        mem[i] = name.ptr[i] == '_' ? '-' : dt_ascii_lower(name.ptr[i]);
    *ret = dt_slice_of(mem, name.len);
    return true;
}

static bool by_prefix(struct dt_nginx *nginx, struct dt_slice name, struct dt_nginx_part *part,
                      bool *ret_found)
{
    *ret_found = true;
    if (dt_slice_starts(name, DT_S("http_"))) {
        part->kind = DT_NGINX_HEADER;
        return field_name(nginx, dt_slice_from(name, 5), &part->text);
    }
    if (dt_slice_starts(name, DT_S("cookie_"))) {
        part->kind = DT_NGINX_COOKIE;
        part->text = dt_slice_from(name, 7);
    } else if (dt_slice_starts(name, DT_S("arg_"))) {
        part->kind = DT_NGINX_ARG;
        part->text = dt_slice_from(name, 4);
    } else if (name.len == 1 && dt_is_digit(name.ptr[0])) {
        part->kind = DT_NGINX_GROUP;
        part->number = (unsigned)(name.ptr[0] - '0');
    } else {
        *ret_found = false;
    }
    return true;
}

static bool find(struct dt_nginx *nginx, const struct dt_nginx_word *word, struct dt_slice name,
                 struct dt_nginx_part *part)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (dt_slice_eq(name, dt_slice_str(known[i].name))) {
            part->kind = known[i].kind;
            return true;
        }
    }
    part->table = dt_nginx_table_find(nginx, name);
    if (part->table) {
        part->kind = part->table->helper ? part->table->helper : DT_NGINX_TABLE;
        part->text = part->table->helper ? part->table->names : name;
        return !part->table->broken;
    }
    bool found;
    if (!by_prefix(nginx, name, part, &found) || found)
        return found;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (dt_slice_eq(name, dt_slice_str(foreign[i])))
            return unknown(nginx, word, name);
    part->kind = DT_NGINX_NAME;
    part->text = name;
    return true;
}

static bool add(struct dt_nginx *nginx, struct dt_nginx_text *to, const struct dt_nginx_part *part)
{
    if (part->kind == DT_NGINX_TEXT && part->text.len == 0)
        return true;
    if (to->count == DT_NGINX_PARTS)
        return DT_NGINX_REFUSE(nginx->reader, to->word, "nginx-variable",
                               "more variables than are read");
    to->list[to->count++] = *part;
    return true;
}

bool dt_nginx_append(struct dt_nginx *nginx, struct dt_nginx_text *to,
                     const struct dt_nginx_text *from)
{
    for (unsigned i = 0; i < from->count; i++)
        if (!add(nginx, to, &from->list[i]))
            return false;
    return true;
}

/* The name behind "$" at `at`; *ret_end is behind it. Empty: a dollar sign that is none. */
static struct dt_slice name_at(struct dt_slice text, size_t at, size_t *ret_end)
{
    bool brace = at + 1 < text.len && text.ptr[at + 1] == '{';
    size_t from = at + 1 + brace, end = from;
    if (from < text.len && dt_is_digit(text.ptr[from]))
        end++;
    else
        while (end < text.len && dt_is_word(text.ptr[end]))
            end++;
    *ret_end = end + brace;
    if (brace && (end >= text.len || text.ptr[end] != '}'))
        return DT_SLICE_NONE;
    return dt_slice_of(text.ptr + from, end - from);
}

static bool variable(struct dt_nginx *nginx, const struct dt_nginx_word *word, struct dt_slice name,
                     const struct dt_nginx_bound *bound, struct dt_nginx_text *ret);

/* A map's value may be another map, of which more is known since. */
static bool bound_value(struct dt_nginx *nginx, const struct dt_nginx_word *word,
                        const struct dt_nginx_text *value, const struct dt_nginx_bound *bound,
                        struct dt_nginx_text *ret)
{
    bool fine = true;
    if (nginx->nesting == DT_NGINX_DEPTH)
        return DT_NGINX_REFUSE(nginx->reader, word, "nginx-many", "the value of a map is itself");
    nginx->nesting++;
    for (unsigned i = 0; fine && i < value->count; i++)
        fine = value->list[i].kind == DT_NGINX_TABLE
                   ? variable(nginx, word, value->list[i].table->name, bound, ret)
                   : add(nginx, ret, &value->list[i]);
    nginx->nesting--;
    return fine;
}

static bool variable(struct dt_nginx *nginx, const struct dt_nginx_word *word, struct dt_slice name,
                     const struct dt_nginx_bound *bound, struct dt_nginx_text *ret)
{
    struct dt_nginx_part part = {0};
    for (const struct dt_nginx_bound *b = bound; b; b = b->next)
        if (dt_slice_eq(b->name, name))
            return bound_value(nginx, word, b->value, bound, ret);
    if (!find(nginx, word, name, &part))
        return false;
    if (part.kind == DT_NGINX_SERVER_NAME && nginx->server) {
        part.kind = nginx->server->first_name.len ? DT_NGINX_TEXT : DT_NGINX_HOST;
        part.text = nginx->server->first_name;
    }
    if (part.kind == DT_NGINX_TABLE && part.table->geo && part.table->count == 0 &&
        part.table->standard)
        part = (struct dt_nginx_part){.kind = DT_NGINX_TEXT, .text = part.table->standard->text};
    return add(nginx, ret, &part);
}

bool dt_nginx_text(struct dt_nginx *nginx, const struct dt_nginx_word *word,
                   const struct dt_nginx_bound *bound, struct dt_nginx_text *ret)
{
    struct dt_slice text = word->text;
    ret->count = 0;
    ret->word = word;
    for (size_t at = 0, end; at < text.len; at = end) {
        const char *dollar = memchr(text.ptr + at, '$', text.len - at);
        end = dollar ? (size_t)(dollar - text.ptr) : text.len;
        struct dt_nginx_part part = {.kind = DT_NGINX_TEXT,
                                     .text = dt_slice_of(text.ptr + at, end - at)};
        if (!add(nginx, ret, &part))
            return false;
        if (!dollar)
            break;
        struct dt_slice name = name_at(text, end, &end);
        if (name.len == 0)
            return DT_NGINX_REFUSE(nginx->reader, word, "nginx-syntax",
                                   "a $ without the name of a variable");
        if (!variable(nginx, word, name, bound, ret))
            return false;
    }
    return true;
}

bool dt_nginx_plain(const struct dt_nginx_text *text, struct dt_slice *ret)
{
    *ret = text->count ? text->list[0].text : DT_SLICE_NONE;
    return text->count == 0 || (text->count == 1 && text->list[0].kind == DT_NGINX_TEXT);
}

const struct dt_nginx_table *dt_nginx_wants_table(const struct dt_nginx_text *text)
{
    for (unsigned i = 0; i < text->count; i++)
        if (text->list[i].kind == DT_NGINX_TABLE)
            return text->list[i].table;
    return NULL;
}

bool dt_nginx_keep(struct dt_nginx *nginx, struct dt_buf *buf, struct dt_slice *ret)
{
    struct dt_reader *reader = nginx->reader;
    return dt_apache_keep(nginx->apache, buf, reader->text, ret);
}
