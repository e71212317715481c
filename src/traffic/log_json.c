/* SPDX-License-Identifier: MIT
 *
 * Access logs as JSON, an object a line. Nobody agreed on names, so each part of a request has a
 * list of keys that mean it, and the best of those that are there wins: nginx's $request_uri is
 * what the client sent, its $uri is not. Caddy keeps the request in an object of its own, with the
 * header fields in another; both are looked into, wherever they stand.
 *
 * Not a general reader: what no key of ours leads to is passed over without being built, at the
 * speed of finding the quote that ends a string.
 */
#include "traffic/log_line.h"

#define DEPTH_MAX 64u /* of what is passed over */

enum room { TOP, REQUEST, HEADERS, OTHER };

struct scan {
    const char *at, *end;
    struct dt_log_line *line;
    unsigned wants;
};

struct key {
    struct dt_slice name;
    uint8_t part; /* enum dt_log_part */
    uint8_t rank; /* higher wins */
};

#define K(name, part, rank)                                                                        \
    {                                                                                              \
        {name, sizeof(name) - 1}, DT_LOG_##part, rank                                              \
    }

static const struct key KEYS[] = {
    K("host", HOST, 5),
    K("http_host", HOST, 6),
    K("vhost", HOST, 4),
    K("server_name", HOST, 3),
    K("authority", HOST, 4),
    K("domain", HOST, 2),
    K("request_uri", TARGET, 9),
    K("uri", TARGET, 7),
    K("url", TARGET, 6),
    K("path", TARGET, 5),
    K("requestUrl", TARGET, 8),
    K("request_path", TARGET, 4),
    K("uri_path", TARGET, 3),
    K("target", TARGET, 2),
    K("request", REQUEST, 8),
    K("request_line", REQUEST, 9),
    K("method", METHOD, 5),
    K("request_method", METHOD, 6),
    K("verb", METHOD, 4),
    K("requestMethod", METHOD, 6),
    K("http_method", METHOD, 4),
    K("args", QUERY, 5),
    K("query", QUERY, 5),
    K("query_string", QUERY, 6),
    K("status", STATUS, 6),
    K("status_code", STATUS, 5),
    K("response", STATUS, 3),
    K("time", TIME, 5),
    K("time_iso8601", TIME, 8),
    K("time_local", TIME, 7),
    K("timestamp", TIME, 6),
    K("@timestamp", TIME, 4),
    K("ts", TIME, 6),
    K("msec", TIME, 3),
    K("remote_addr", ADDRESS, 5),
    K("client_ip", ADDRESS, 8),
    K("remote_ip", ADDRESS, 6),
    K("clientip", ADDRESS, 6),
    K("client", ADDRESS, 3),
    K("ip", ADDRESS, 3),
    K("remoteIp", ADDRESS, 6),
    K("remote_host", ADDRESS, 4),
    K("scheme", SCHEME, 5),
    K("server_port", PORT, 5),
};

/* Keys of header fields outside of an object of such. */
static const struct key FIELDS[] = {
    K("Referer", FIELD, 0),
    K("referer", FIELD, 0),
    K("http_referer", FIELD, 0),
    K("referrer", FIELD, 0),
    K("User-Agent", FIELD, 1),
    K("user_agent", FIELD, 1),
    K("http_user_agent", FIELD, 1),
    K("userAgent", FIELD, 1),
    K("agent", FIELD, 1),
    K("http_cookie", FIELD, 2),
    K("http_accept_language", FIELD, 3),
};
static const struct dt_slice FIELD_NAMES[] = {
    {"Referer", 7}, {"User-Agent", 10}, {"Cookie", 6}, {"Accept-Language", 15}};

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static bool take(struct scan *s, char want)
{
    skip_blanks(s);
    if (s->at == s->end || *s->at != want)
        return false;
    s->at++;
    return true;
}

/* ---- Strings ---- */

/* What stands between the quotes, as written. */
static bool raw_string(struct scan *s, struct dt_slice *ret)
{
    if (!take(s, '"'))
        return false;
    const char *from = s->at;
    for (const char *at = from; (at = memchr(at, '"', (size_t)(s->end - at))); at++) {
        size_t slashes = 0;
        while (at - slashes > from && at[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0) {
            *ret = dt_slice_of(from, (size_t)(at - from));
            s->at = at + 1;
            return true;
        }
    }
    return false;
}

static bool hex4(const char *at, const char *end, uint32_t *ret)
{
    uint32_t value = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = dt_ascii_lower(at[i]);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        value = value * 16 + (uint32_t)digit;
    }
    *ret = value;
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* The character of "\uXXXX" at `at` (behind the u), perhaps of two; the bytes it takes. */
static size_t take_unicode(const char *at, const char *end, uint32_t *ret)
{
    uint32_t c, low;
    if (!hex4(at, end, &c))
        return 0;
    bool pair = c >= 0xD800 && c < 0xDC00 && end - at >= 10 && at[4] == '\\' && at[5] == 'u' &&
                hex4(at + 6, end, &low) && low >= 0xDC00 && low < 0xE000;
    if (pair)
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    else if (c >= 0xD800 && c < 0xE000)
        c = 0xFFFD;
    *ret = c;
    return pair ? 10 : 4;
}

static char plain_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* RFC 8259 section 7. */
static struct dt_slice unescape(struct dt_log_line *line, struct dt_slice text)
{
    if (!text.len || !memchr(text.ptr, '\\', text.len))
        return text;
    char *mem = dt_log_scratch(line, text.len);
    if (!mem)
        return DT_SLICE_NONE;
    char *to = mem;
    const char *end = text.ptr + text.len;
    for (const char *at = text.ptr; at < end;) {
        uint32_t c;
        if (*at != '\\' || at + 1 == end) {
            *to++ = *at++;
            continue;
        }
        at += 2;
        if (at[-1] != 'u') {
            *to++ = plain_escape(at[-1]);
            continue;
        }
        size_t len = take_unicode(at, end, &c);
        if (len)
            to = put_utf8(to, c);
        else
            *to++ = 'u';
        at += len;
    }
    return dt_slice_of(mem, (size_t)(to - mem));
}

/* ---- What is passed over ---- */

static bool skip_scalar(struct scan *s, struct dt_slice *ret)
{
    static const char ENDS[] = ",}] \t\r";
    const char *from = s->at;
    while (s->at < s->end && !memchr(ENDS, *s->at, sizeof ENDS - 1))
        s->at++;
    *ret = dt_slice_of(from, (size_t)(s->at - from));
    return ret->len > 0;
}

static bool skip_value(struct scan *s)
{
    struct dt_slice ignored;
    unsigned depth = 0;
    skip_blanks(s);
    do {
        if (s->at == s->end)
            return false;
        char c = *s->at;
        if (c == '"') {
            if (!raw_string(s, &ignored))
                return false;
        } else if (c == '{' || c == '[') {
            s->at++;
            if (++depth > DEPTH_MAX)
                return false;
        } else if (c == '}' || c == ']') {
            if (depth-- == 0)
                return false;
            s->at++;
        } else if (c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\r') {
            if (depth == 0)
                return false;
            s->at++;
        } else if (!skip_scalar(s, &ignored)) {
            return false;
        }
    } while (depth);
    return true;
}

/* ---- Values that are wanted ---- */

/* A string, a number, a word; of an array its first element. Empty for an object. */
static bool take_value(struct scan *s, struct dt_slice *ret)
{
    skip_blanks(s);
    *ret = DT_SLICE_NONE;
    if (s->at == s->end)
        return false;
    if (*s->at == '"') {
        if (!raw_string(s, ret))
            return false;
        *ret = unescape(s->line, *ret);
        return true;
    }
    if (*s->at == '[') {
        struct scan inside = *s;
        inside.at++;
        skip_blanks(&inside);
        if (inside.at < inside.end && *inside.at == '"' && raw_string(&inside, ret))
            *ret = unescape(s->line, *ret);
        return skip_value(s);
    }
    if (*s->at == '{')
        return skip_value(s);
    if (!skip_scalar(s, ret))
        return false;
    if (dt_slice_eq(*ret, DT_S("null")))
        *ret = DT_SLICE_NONE;
    return true;
}

static void add_field(struct dt_log_line *line, struct dt_slice name, struct dt_slice value)
{
    if (value.len && !dt_slice_eq(value, DT_S("-")) && line->nfields < DT_LOG_FIELDS)
        line->fields[line->nfields++] = (struct dt_field){name, value};
}

static bool wanted(unsigned part, unsigned wants)
{
    return part == DT_LOG_ADDRESS ? wants & DT_LOG_WANT_ADDRESS
           : part == DT_LOG_TIME  ? wants & DT_LOG_WANT_TIME
                                  : true;
}

static const struct key *find(const struct key *keys, size_t count, struct dt_slice name)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].name.len == name.len && memcmp(keys[i].name.ptr, name.ptr, name.len) == 0)
            return &keys[i];
    return NULL;
}

/* The value of a key that is known, or of one that is passed over. */
static bool member(struct scan *s, struct dt_slice name)
{
    struct dt_log_line *line = s->line;
    struct dt_slice value;
    const struct key *key = find(KEYS, sizeof KEYS / sizeof *KEYS, name);
    if (key) {
        if (line->ranks[key->part] >= key->rank || !wanted(key->part, s->wants))
            return skip_value(s);
        if (!take_value(s, &value))
            return false;
        if (value.len && !dt_slice_eq(value, DT_S("-"))) {
            line->parts[key->part] = value;
            line->ranks[key->part] = key->rank;
        }
        return true;
    }
    key = s->wants & DT_LOG_WANT_FIELDS ? find(FIELDS, sizeof FIELDS / sizeof *FIELDS, name) : NULL;
    if (!key)
        return skip_value(s);
    if (!take_value(s, &value))
        return false;
    add_field(line, FIELD_NAMES[key->rank], value);
    return true;
}

/* The object that a key of this name leads to. */
static enum room room_of(enum room outer, struct dt_slice name)
{
    if (outer == HEADERS || outer == OTHER)
        return OTHER;
    if (dt_slice_eq(name, DT_S("headers")) || dt_slice_eq(name, DT_S("request_headers")))
        return HEADERS;
    bool request = dt_slice_eq(name, DT_S("request")) || dt_slice_eq(name, DT_S("httpRequest")) ||
                   dt_slice_eq(name, DT_S("http_request")) || dt_slice_eq(name, DT_S("req"));
    return outer == TOP && request ? REQUEST : OTHER;
}

/* The members of an object whose "{" was taken. Rooms lie in each other three deep at most. */
static bool object(struct scan *s, enum room room)
{
    if (take(s, '}'))
        return true;
    do {
        struct dt_slice name, value;
        if (!raw_string(s, &name) || !take(s, ':'))
            return false;
        skip_blanks(s);
        enum room inside = room_of(room, name);
        bool enters = s->at < s->end && *s->at == '{' && inside != OTHER &&
                      (inside != HEADERS || s->wants & DT_LOG_WANT_FIELDS);
        /* Caddy: what came by TLS says so with an object of this name. */
        if (room == REQUEST && dt_slice_eq(name, DT_S("tls")) && s->at < s->end && *s->at == '{' &&
            !s->line->parts[DT_LOG_SCHEME].len)
            s->line->parts[DT_LOG_SCHEME] = DT_S("https");
        if (enters) {
            s->at++;
            if (!object(s, inside))
                return false;
        } else if (room == HEADERS) {
            if (!take_value(s, &value))
                return false;
            add_field(s->line, name, value);
        } else if (!member(s, name)) {
            return false;
        }
    } while (take(s, ','));
    return take(s, '}');
}

enum dt_log_bad dt_log_json_read(struct dt_slice text, unsigned wants, struct dt_log_line *ret)
{
    struct scan scan = {text.ptr, text.ptr + text.len, ret, wants};
    struct dt_slice *parts = ret->parts;
    memset(ret->ranks, 0, sizeof ret->ranks);
    if (!take(&scan, '{') || !object(&scan, TOP))
        return DT_LOG_BAD_JSON;
    skip_blanks(&scan);
    if (scan.at < scan.end)
        return DT_LOG_BAD_JSON;
    /* "request": "GET /a HTTP/1.1", or only "/a"; a path that was sent as such is better. */
    if (ret->spilt)
        return DT_LOG_BAD_LONG;
    struct dt_slice line = parts[DT_LOG_REQUEST];
    if (line.len && ret->ranks[DT_LOG_TARGET] < ret->ranks[DT_LOG_REQUEST]) {
        if (line.ptr[0] == '/')
            parts[DT_LOG_TARGET] = line;
        else if (!dt_log_request_line(line, ret))
            return DT_LOG_BAD_REQUEST;
    }
    if (!parts[DT_LOG_TARGET].len)
        return line.len ? DT_LOG_BAD_REQUEST : DT_LOG_BAD_NONE;
    if (parts[DT_LOG_METHOD].len && !dt_log_is_method(parts[DT_LOG_METHOD]))
        return DT_LOG_BAD_REQUEST;
    return DT_LOG_GOOD;
}
