/* SPDX-License-Identifier: MIT
 *
 * Log formats are lists of parts with text between them, and both servers let their operators write
 * such lists: nginx with $names, Apache with %letters. The formats that have names here are written
 * in Apache's way, so there is one reader of lines for all of them.
 */
#include "base/out.h"
#include "traffic/log_line.h"

const char *const dt_log_format_names[] = {"auto",           "combined", "common",
                                           "vhost-combined", "json",     NULL};

#define COMMON "%h %l %u %t \"%r\" %>s %b"
#define COMBINED COMMON " \"%{Referer}i\" \"%{User-Agent}i\""

struct named {
    struct dt_slice name;
    struct dt_slice meaning;
};

static const struct named NAMED[] = {
    {{"common", 6}, {COMMON, sizeof COMMON - 1}},
    {{"combined", 8}, {COMBINED, sizeof COMBINED - 1}},
    {{"vhost-combined", 14}, {"%v:%p " COMBINED, sizeof "%v:%p " COMBINED - 1}},
};

struct variable {
    struct dt_slice name;
    uint8_t part; /* enum dt_log_part */
};

#define V(name, part)                                                                              \
    {                                                                                              \
        {name, sizeof(name) - 1}, DT_LOG_##part                                                    \
    }

/* https://nginx.org/en/docs/varindex.html */
static const struct variable NGINX[] = {
    V("remote_addr", ADDRESS),
    V("realip_remote_addr", SKIP),
    V("host", HOST),
    V("http_host", HOST),
    V("server_name", HOST),
    V("server_port", PORT),
    V("scheme", SCHEME),
    V("request", REQUEST),
    V("request_method", METHOD),
    V("request_uri", TARGET),
    V("uri", PATH),
    V("document_uri", PATH),
    V("args", QUERY),
    V("is_args", QUERY),
    V("query_string", QUERY),
    V("status", STATUS),
    V("time_local", TIME),
    V("time_iso8601", TIME),
    V("msec", TIME),
};

/* https://httpd.apache.org/docs/2.4/mod/mod_log_config.html; %{...}i and %{...}t are read apart. */
static const struct {
    char letter;
    uint8_t part;
} APACHE[] = {
    {'a', DT_LOG_ADDRESS}, {'h', DT_LOG_ADDRESS}, {'v', DT_LOG_HOST}, {'V', DT_LOG_HOST},
    {'p', DT_LOG_PORT},    {'m', DT_LOG_METHOD},  {'U', DT_LOG_PATH}, {'q', DT_LOG_QUERY},
    {'r', DT_LOG_REQUEST}, {'s', DT_LOG_STATUS},  {'t', DT_LOG_TIME},
};

struct reading {
    struct dt_slice rest;
    struct dt_log_format *format;
    struct dt_out text;
    bool bracket; /* the text that follows begins with the "]" of a time */
    const char *why;
};

static bool fail(struct reading *reading, const char *why)
{
    if (!reading->why)
        reading->why = why;
    return false;
}

/* What was written since `from`, as a slice of the format's own text. */
static struct dt_slice written(const struct reading *reading, const char *from)
{
    return dt_slice_of(from, (size_t)(reading->text.pos - from));
}

static struct dt_slice take_name(struct reading *reading)
{
    size_t len = 0;
    while (len < reading->rest.len) {
        char c = dt_ascii_lower(reading->rest.ptr[len]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            break;
        len++;
    }
    struct dt_slice name = dt_slice_of(reading->rest.ptr, len);
    reading->rest = dt_slice_from(reading->rest, len);
    return name;
}

/* "{...}" at the front, without its braces. */
static bool take_braces(struct reading *reading, struct dt_slice *ret)
{
    struct dt_slice rest = reading->rest;
    const char *close = rest.len && rest.ptr[0] == '{' ? memchr(rest.ptr, '}', rest.len) : NULL;
    if (!close)
        return false;
    *ret = dt_slice_of(rest.ptr + 1, (size_t)(close - rest.ptr) - 1);
    reading->rest = dt_slice_from(rest, ret->len + 2);
    return true;
}

static struct dt_log_item *add(struct reading *reading, uint8_t part)
{
    struct dt_log_format *format = reading->format;
    struct dt_log_item *last = format->nitems ? &format->items[format->nitems - 1] : NULL;
    if (part == DT_LOG_QUERY && last && !last->behind.len &&
        (last->part == DT_LOG_PATH || last->part == DT_LOG_TARGET)) {
        last->part =
            DT_LOG_TARGET; /* %U%q, $uri$is_args$args: one part, and not to be told apart */
        return last;
    }
    if (format->nitems == DT_LOG_FORMAT_ITEMS) {
        fail(reading, "it has more than 40 parts");
        return NULL;
    }
    struct dt_log_item *item = &format->items[format->nitems++];
    *item = (struct dt_log_item){.part = part};
    return item;
}

/* A header field; nginx writes its name with "_" for "-". */
static bool add_field(struct reading *reading, struct dt_slice name, bool underscores)
{
    struct dt_log_item *item;
    if (dt_slice_eq_nocase(name, DT_S("host")))
        return add(reading, DT_LOG_HOST) != NULL;
    item = add(reading, DT_LOG_FIELD);
    if (!item)
        return false;
    char *from = reading->text.pos;
    for (size_t i = 0; i < name.len; i++)
        dt_out_char(&reading->text, underscores && name.ptr[i] == '_' ? '-' : name.ptr[i]);
    item->name = written(reading, from);
    return true;
}

static bool read_variable(struct reading *reading)
{
    struct dt_slice name;
    if (!take_braces(reading, &name))
        name = take_name(reading);
    if (name.len == 0)
        return fail(reading, "a $ without a name behind it");
    for (size_t i = 0; i < sizeof NGINX / sizeof *NGINX; i++)
        if (dt_slice_eq(NGINX[i].name, name))
            return add(reading, NGINX[i].part) != NULL;
    if (dt_slice_starts(name, DT_S("http_")))
        return add_field(reading, dt_slice_from(name, 5), true);
    return add(reading, DT_LOG_SKIP) != NULL;
}

/* %t is written with its brackets, "[10/Oct/2000:13:55:36 -0700]": taken as text around it, they
 * say where a user's name ends that has blanks in it. */
static bool add_time(struct reading *reading)
{
    struct dt_log_format *format = reading->format;
    struct dt_slice *before =
        format->nitems ? &format->items[format->nitems - 1].behind : &format->lead;
    if (before->len == 0)
        *before = dt_slice_of(reading->text.pos, 0);
    dt_out_char(&reading->text, '[');
    before->len++;
    reading->bracket = true;
    return add(reading, DT_LOG_TIME) != NULL;
}

static bool read_directive(struct reading *reading)
{
    static const char MODIFIERS[] = "!,<>0123456789";
    struct dt_slice braces = DT_SLICE_NONE;
    while (reading->rest.len && memchr(MODIFIERS, reading->rest.ptr[0], sizeof MODIFIERS - 1))
        reading->rest = dt_slice_from(reading->rest, 1);
    bool has = take_braces(reading, &braces);
    if (!reading->rest.len)
        return fail(reading, "a % without a letter behind it");
    char letter = reading->rest.ptr[0];
    reading->rest = dt_slice_from(reading->rest, 1);
    if (has && letter == 'i')
        return add_field(reading, braces, false);
    if (!has && letter == 't')
        return add_time(reading);
    bool second = dt_slice_eq(braces, DT_S("sec")) || dt_slice_eq(braces, DT_S("msec"));
    bool plain = !has || (letter == 't' && second) || letter == 'p' || letter == 'a';
    for (size_t i = 0; plain && i < sizeof APACHE / sizeof *APACHE; i++)
        if (APACHE[i].letter == letter)
            return add(reading, APACHE[i].part) != NULL;
    if (!((dt_ascii_lower(letter) >= 'a' && dt_ascii_lower(letter) <= 'z') || letter == '^'))
        return fail(reading, "a % without a letter behind it");
    return add(reading, DT_LOG_SKIP) != NULL;
}

/* Text between parts, up to the next one. */
static void read_literal(struct reading *reading, char sign)
{
    char *from = reading->text.pos;
    struct dt_slice *rest = &reading->rest;
    if (reading->bracket)
        dt_out_char(&reading->text, ']');
    reading->bracket = false;
    while (rest->len &&
           (rest->ptr[0] != sign || (sign == '%' && dt_slice_starts(*rest, DT_S("%%"))))) {
        bool twice = rest->ptr[0] == sign;
        bool escaped = rest->ptr[0] == '\\' && rest->len > 1;
        char c = escaped ? rest->ptr[1] : rest->ptr[0];
        dt_out_char(&reading->text, escaped && c == 't' ? '\t' : c);
        *rest = dt_slice_from(*rest, 1u + (twice || escaped));
    }
    struct dt_log_format *format = reading->format;
    if (format->nitems)
        format->items[format->nitems - 1].behind = written(reading, from);
    else
        format->lead = written(reading, from);
}

static bool has_request(const struct dt_log_format *format)
{
    for (size_t i = 0; i < format->nitems; i++) {
        uint8_t part = format->items[i].part;
        if (part == DT_LOG_REQUEST || part == DT_LOG_TARGET || part == DT_LOG_PATH)
            return true;
    }
    return false;
}

/* Parts that touch cannot be told apart; quotes around a part are known by what stands beside. */
static bool settle(struct reading *reading)
{
    struct dt_log_format *format = reading->format;
    struct dt_slice before = format->lead;
    for (size_t i = 0; i < format->nitems; i++) {
        struct dt_log_item *item = &format->items[i];
        if (!item->behind.len && i + 1 < format->nitems)
            return fail(reading, "two parts without anything between them");
        item->quoted = item->behind.len && item->behind.ptr[0] == '"' && before.len &&
                       before.ptr[before.len - 1] == '"';
        before = item->behind;
    }
    if (!has_request(format))
        return fail(reading, "it has no request in it: $request, $request_uri, %r or %U");
    return true;
}

static bool read_all(struct reading *reading, char sign)
{
    read_literal(reading, sign);
    while (reading->rest.len) {
        reading->rest = dt_slice_from(reading->rest, 1);
        if (!(sign == '$' ? read_variable(reading) : read_directive(reading)))
            return false;
        read_literal(reading, sign);
    }
    if (reading->text.overflow)
        return fail(reading, "it is too long");
    return settle(reading);
}

enum dt_err dt_log_format_read(struct dt_slice text, struct dt_log_format *ret,
                               const char **ret_why)
{
    memset(ret, 0, sizeof *ret);
    if (dt_slice_eq(text, DT_S("json"))) {
        ret->json = true;
        ret->wants = DT_LOG_WANT_ALL;
        return DT_OK;
    }
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++)
        if (dt_slice_eq(text, NAMED[i].name))
            text = NAMED[i].meaning;
    const char *dollar = text.len ? memchr(text.ptr, '$', text.len) : NULL;
    const char *percent = text.len ? memchr(text.ptr, '%', text.len) : NULL;
    if (!dollar && !percent) {
        *ret_why = "neither a name nor a format with $names or %letters";
        return DT_ERR_INVALID;
    }
    struct reading reading = {text, ret, dt_out_init(ret->text, sizeof ret->text), false, NULL};
    if (!read_all(&reading, dollar ? '$' : '%')) {
        *ret_why = reading.why;
        return DT_ERR_INVALID;
    }
    dt_log_format_want(ret, DT_LOG_WANT_ALL);
    return DT_OK;
}

void dt_log_format_want(struct dt_log_format *format, unsigned wants)
{
    format->wants = (uint8_t)wants;
    format->enough = 0;
    for (uint8_t i = 0; i < format->nitems; i++) {
        bool wanted = true;
        switch ((enum dt_log_part)format->items[i].part) {
        case DT_LOG_SKIP:
        case DT_LOG_STATUS:
        case DT_LOG_PARTS:
            wanted = false;
            break;
        case DT_LOG_FIELD:
            wanted = (wants & DT_LOG_WANT_FIELDS) != 0;
            break;
        case DT_LOG_ADDRESS:
            wanted = (wants & DT_LOG_WANT_ADDRESS) != 0;
            break;
        case DT_LOG_TIME:
            wanted = (wants & DT_LOG_WANT_TIME) != 0;
            break;
        case DT_LOG_HOST:
        case DT_LOG_PORT:
        case DT_LOG_SCHEME:
        case DT_LOG_METHOD:
        case DT_LOG_TARGET:
        case DT_LOG_PATH:
        case DT_LOG_QUERY:
        case DT_LOG_REQUEST:
            break;
        }
        if (wanted)
            format->enough = (uint8_t)(i + 1);
    }
}
