/* SPDX-License-Identifier: MIT
 *
 * The same steps that the server takes with a request head: target, host, normal form. What a log
 * leaves out is said once for all of it.
 */
#include "traffic/log_request.h"

#include "semantics/civil.h"
#include "semantics/network.h"
#include <detour/uri.h>

void dt_log_reader_init(struct dt_log_reader *reader, const struct dt_log_defaults *defaults)
{
    memset(reader, 0, offsetof(struct dt_log_reader, authority_mem));
    reader->defaults = *defaults;
    if (defaults->host.len && defaults->host.len <= sizeof reader->default_host)
        memcpy(reader->default_host, defaults->host.ptr, defaults->host.len);
    else
        reader->defaults.host.len = 0;
    reader->defaults.host.ptr = reader->default_host;
    if (reader->defaults.scheme == DT_SCHEME_ANY)
        reader->defaults.scheme = DT_SCHEME_HTTP;
}

/* ---- Time ---- */

static bool digits(struct dt_slice text, size_t from, size_t count, unsigned *ret)
{
    unsigned value = 0;
    if (from + count > text.len)
        return false;
    for (size_t i = from; i < from + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret = value;
    return true;
}

/* "17/May/2015:10:05:03 +0000" */
static bool read_common_time(struct dt_slice text, int64_t *ret)
{
    static const char MONTHS[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    unsigned day, month, year, hour, minute, second, hours, minutes;
    if (text.len < 26 || text.ptr[2] != '/' || text.ptr[6] != '/')
        return false;
    for (month = 0; month < 12; month++)
        if (dt_slice_eq_nocase(dt_slice_of(text.ptr + 3, 3), dt_slice_of(MONTHS + month * 3ul, 3)))
            break;
    if (month == 12 || !digits(text, 0, 2, &day) || !digits(text, 7, 4, &year) ||
        !digits(text, 12, 2, &hour) || !digits(text, 15, 2, &minute) ||
        !digits(text, 18, 2, &second) || !digits(text, 22, 2, &hours) ||
        !digits(text, 24, 2, &minutes))
        return false;
    if (year < 1970 || day == 0 || day > dt_civil_month_days(year, month + 1))
        return false;
    int64_t offset = (int64_t)hours * 3600 + minutes * 60;
    *ret = dt_civil_days(year, month + 1, day) * 86400 + (int64_t)hour * 3600 + minute * 60 +
           second - (text.ptr[21] == '-' ? -offset : offset);
    return true;
}

/* Seconds or milliseconds, with or without a fraction. */
static bool read_epoch(struct dt_slice text, int64_t *ret)
{
    int64_t value = 0;
    size_t i = 0;
    for (; i < text.len && i < 17 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        value = value * 10 + (text.ptr[i] - '0');
    if (i == 0 || (i < text.len && text.ptr[i] != '.'))
        return false;
    while (value > INT64_C(100000000000)) /* past the year 5138: a thousandth of a second */
        value /= 1000;
    *ret = value;
    return true;
}

bool dt_log_time(struct dt_slice text, int64_t *ret)
{
    bool local;
    const char *why;
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = dt_slice_of(text.ptr + 1, text.len - 2);
    return read_common_time(text, ret) || read_epoch(text, ret) ||
           dt_civil_parse(text, ret, &local, &why) == DT_OK;
}

static int64_t time_of(struct dt_log_reader *reader, struct dt_slice text)
{
    if (reader->defaults.at || !text.len)
        return reader->defaults.at;
    if (dt_slice_eq(text, reader->time_text))
        return reader->time;
    if (!dt_log_time(text, &reader->time))
        reader->time = 0;
    reader->time_text = DT_SLICE_NONE;
    if (text.len <= sizeof reader->time_mem) {
        memcpy(reader->time_mem, text.ptr, text.len);
        reader->time_text = dt_slice_of(reader->time_mem, text.len);
    }
    return reader->time;
}

/* ---- Where to ---- */

static uint8_t scheme_of(const struct dt_log_reader *reader, const struct dt_log_line *line)
{
    struct dt_slice scheme = line->parts[DT_LOG_SCHEME];
    if (dt_slice_eq_nocase(scheme, DT_S("https")))
        return DT_SCHEME_HTTPS;
    if (dt_slice_eq_nocase(scheme, DT_S("http")))
        return DT_SCHEME_HTTP;
    struct dt_slice port = line->parts[DT_LOG_PORT];
    if (dt_slice_eq(port, DT_S("443")))
        return DT_SCHEME_HTTPS;
    if (dt_slice_eq(port, DT_S("80")))
        return DT_SCHEME_HTTP;
    return reader->defaults.scheme;
}

/* A port of its own that the line tells; the scheme's says nothing. */
static uint16_t port_of(const struct dt_log_line *line)
{
    unsigned port = 0;
    struct dt_slice text = line->parts[DT_LOG_PORT];
    if (!text.len || text.len > 5 || !digits(text, 0, text.len, &port) || port > 65535)
        return 0;
    return (uint16_t)port;
}

/* Normalises an authority, or finds that it is the one before. */
static bool settle_host(struct dt_log_reader *reader, struct dt_slice authority)
{
    struct dt_slice host;
    if (authority.len && dt_slice_eq(authority, reader->authority))
        return reader->host_ok;
    reader->authority = DT_SLICE_NONE;
    reader->host = DT_SLICE_NONE;
    reader->port = 0;
    reader->host_ok = authority.len <= sizeof reader->authority_mem;
    if (!reader->host_ok || !authority.len)
        return reader->host_ok;
    memcpy(reader->authority_mem, authority.ptr, authority.len);
    reader->authority = dt_slice_of(reader->authority_mem, authority.len);
    reader->host_ok =
        dt_authority_split(reader->authority, &host, &reader->port) == DT_OK &&
        dt_norm_host(host, reader->host_mem, sizeof reader->host_mem, &reader->host) == DT_OK;
    return reader->host_ok;
}

/* "http://host/path": the authority and what follows it (RFC 9112 section 3.2.2). */
static bool absolute(struct dt_slice target, struct dt_slice *ret_authority,
                     struct dt_slice *ret_path, uint8_t *ret_scheme)
{
    bool https = target.len > 8 && dt_slice_eq_nocase(dt_slice_of(target.ptr, 8), DT_S("https://"));
    bool http = target.len > 7 && dt_slice_eq_nocase(dt_slice_of(target.ptr, 7), DT_S("http://"));
    if (!http && !https)
        return false;
    struct dt_slice rest = dt_slice_from(target, https ? 8 : 7);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?')
        len++;
    *ret_authority = dt_slice_of(rest.ptr, len);
    *ret_path = dt_slice_from(rest, len);
    *ret_scheme = https ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    return true;
}

/* A query that the log has apart from its path; it lives in the reader. */
static bool join_query(struct dt_log_reader *reader, const struct dt_log_line *line,
                       struct dt_slice *target)
{
    struct dt_slice query = line->parts[DT_LOG_QUERY];
    if (!query.len || memchr(target->ptr, '?', target->len))
        return true;
    if (query.ptr[0] == '?')
        query = dt_slice_from(query, 1);
    if (target->len + 1 + query.len > sizeof reader->joined)
        return false;
    memcpy(reader->joined, target->ptr, target->len);
    reader->joined[target->len] = '?';
    if (query.len)
        memcpy(reader->joined + target->len + 1, query.ptr, query.len);
    *target = dt_slice_of(reader->joined, target->len + 1 + query.len);
    return true;
}

static bool is_asked(struct dt_slice method)
{
    return !dt_slice_eq(method, DT_S("TRACE")) && !dt_slice_eq(method, DT_S("CONNECT"));
}

enum dt_log_bad dt_log_reader_site(struct dt_log_reader *reader, const struct dt_log_line *line,
                                   struct dt_log_site *ret_site, struct dt_slice *ret_target,
                                   bool *ret_asked)
{
    struct dt_slice target = line->parts[DT_LOG_TARGET];
    struct dt_slice authority = line->parts[DT_LOG_HOST];
    uint8_t scheme = scheme_of(reader, line);
    uint16_t port = port_of(line);
    *ret_asked = is_asked(line->parts[DT_LOG_METHOD]) && !dt_slice_eq(target, DT_S("*"));
    if (!*ret_asked)
        return DT_LOG_GOOD;
    if (target.len > DT_LOG_TARGET_MAX)
        return DT_LOG_BAD_LONG;
    if (target.ptr[0] != '/') {
        if (!absolute(target, &authority, &target, &scheme))
            return DT_LOG_BAD_TARGET;
        port = 0;
    }
    if (line->parts[DT_LOG_QUERY].len && !join_query(reader, line, &target))
        return DT_LOG_BAD_LONG;
    if (!authority.len || dt_slice_eq(authority, DT_S("_"))) /* nginx's name for no name */
        authority = reader->defaults.host;
    if (!settle_host(reader, authority))
        return DT_LOG_BAD_HOST;
    if (reader->port)
        port = reader->port;
    ret_site->host = reader->host;
    ret_site->scheme = scheme;
    ret_site->port = port ? port : scheme == DT_SCHEME_HTTPS ? 443 : 80;
    *ret_target = target;
    return DT_LOG_GOOD;
}

/* ---- Who asks ---- */

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711"; of a list the first. */
static bool address_of(struct dt_slice text, uint8_t ret[16])
{
    const char *comma = text.len ? memchr(text.ptr, ',', text.len) : NULL;
    if (comma)
        text.len = (size_t)(comma - text.ptr);
    if (dt_address_parse(text, ret) == DT_OK)
        return true;
    const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
    return colon &&
           dt_address_parse(dt_slice_of(text.ptr, (size_t)(colon - text.ptr)), ret) == DT_OK;
}

static void fill_client(struct dt_log_reader *reader, const struct dt_log_line *line,
                        struct dt_request *ret)
{
    unsigned wants = reader->defaults.wants;
    if (wants & DT_LOG_WANT_TIME)
        ret->now = time_of(reader, line->parts[DT_LOG_TIME]);
    if (wants & DT_LOG_WANT_ADDRESS)
        ret->has_address = address_of(line->parts[DT_LOG_ADDRESS], ret->address);
    if (!(wants & DT_LOG_WANT_FIELDS))
        return;
    uint16_t count = 0;
    if (reader->authority.len)
        reader->fields[count++] = (struct dt_field){DT_S("Host"), reader->authority};
    for (uint16_t i = 0; i < line->nfields; i++)
        if (!dt_slice_eq_nocase(line->fields[i].name, DT_S("host")))
            reader->fields[count++] = line->fields[i];
    ret->fields = reader->fields;
    ret->nfields = count;
}

enum dt_log_bad dt_log_reader_request(struct dt_log_reader *reader, const struct dt_log_line *line,
                                      const struct dt_log_site *site, struct dt_slice target,
                                      struct dt_request *ret)
{
    struct dt_slice method = line->parts[DT_LOG_METHOD];
    struct dt_slice query = DT_SLICE_NONE;
    const char *hash = target.len ? memchr(target.ptr, '#', target.len) : NULL;
    if (hash) /* never sent; a broken client's is not part of what it asks for */
        target.len = (size_t)(hash - target.ptr);
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    if (mark) {
        query = dt_slice_from(target, (size_t)(mark - target.ptr) + 1);
        target.len = (size_t)(mark - target.ptr);
    }
    memset(ret, 0, sizeof *ret);
    ret->method = method.len ? method : DT_S("GET");
    ret->host = site->host;
    ret->port = site->port;
    ret->scheme = site->scheme;
    if (dt_norm_path(target, reader->path, sizeof reader->path, &ret->path) != DT_OK ||
        dt_norm_query(query, reader->query, sizeof reader->query, &ret->query) != DT_OK)
        return DT_LOG_BAD_TARGET;
    if (reader->defaults.wants)
        fill_client(reader, line, ret);
    return DT_LOG_GOOD;
}
