/* SPDX-License-Identifier: MIT
 *
 * Which format is it? Each that is likely is tried on the first lines, and the one that reads most
 * of them wins. A format only counts where what it reads looks like what it should be: a host
 * before the address, or behind all the rest, is believed when it is a name with a dot in it.
 */
#include "base/out.h"
#include "semantics/network.h"
#include "traffic/log_line.h"

#include <stdlib.h>

#define SAMPLE 200u    /* lines that are looked at */
#define TAIL_WORDS 12u /* behind a known format */

#define HEAD "%h %l %u %t \"%r\" %>s %b"
#define FIELDS " \"%{Referer}i\" \"%{User-Agent}i\""

struct candidate {
    const char *format;
    const char *name;
    bool host;
};

/* Those that say more come first: a shorter one reads their lines too. */
static const struct candidate CANDIDATES[] = {
    {"%v:%p " HEAD FIELDS, "vhost-combined", true},
    {"%v " HEAD FIELDS, "combined, a host before it", true},
    {"\"%v\" " HEAD FIELDS, "combined, a host before it", true},
    {"%h %v %l %u %t \"%r\" %>s %b" FIELDS, "combined, a host behind the address", true},
    {HEAD FIELDS, "combined", false},
    {"%v:%p " HEAD, "common, a host before it", true},
    {"%v " HEAD, "common, a host before it", true},
    {HEAD, "common", false},
    {"json", "json", false},
};

static struct dt_slice next_line(struct dt_slice *rest)
{
    const char *found = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct dt_slice line = dt_slice_of(rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len);
    *rest = dt_slice_from(*rest, line.len + 1);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_address(struct dt_slice text)
{
    uint8_t address[16];
    return dt_address_parse(text, address) == DT_OK;
}

/* A name with a dot and a letter in it, perhaps with a port. */
static bool is_host(struct dt_slice text)
{
    bool letter = false, dot = false;
    size_t len = 0;
    for (; len < text.len && text.ptr[len] != ':'; len++) {
        char c = dt_ascii_lower(text.ptr[len]);
        bool alpha = c >= 'a' && c <= 'z';
        if (!alpha && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
            return false;
        letter |= alpha;
        dot |= c == '.' && len > 0;
    }
    for (size_t i = len + 1; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return (letter && dot) || dt_slice_eq(dt_slice_of(text.ptr, len), DT_S("localhost"));
}

static bool is_likely(const struct candidate *candidate, const struct dt_log_line *line)
{
    struct dt_slice address = line->parts[DT_LOG_ADDRESS], host = line->parts[DT_LOG_HOST];
    if (!line->whole)
        return false;
    if (!candidate->host)
        return true;
    return is_host(host) && (is_address(address) || is_host(address));
}

/* How many of the first lines the format reads. */
static unsigned score(const struct dt_log_format *format, const struct candidate *candidate,
                      struct dt_slice lines, struct dt_log_line *line)
{
    unsigned good = 0;
    for (unsigned i = 0; i < SAMPLE && lines.len; i++) {
        enum dt_log_bad bad = dt_log_line_read(format, next_line(&lines), line);
        /* What is of the form, but holds no request, is of the form all the same. */
        if (format->json)
            good += bad != DT_LOG_BAD_JSON && bad != DT_LOG_BAD_FORM;
        else
            good += (bad == DT_LOG_GOOD || bad == DT_LOG_BAD_REQUEST) && is_likely(candidate, line);
    }
    return good;
}

/* ---- A host behind all the rest ---- */

/* What stands behind the format in a line. */
static bool tail_of(const struct dt_log_format *format, struct dt_slice text,
                    struct dt_log_line *line, struct dt_slice *ret)
{
    if (dt_log_line_read(format, text, line) != DT_LOG_GOOD || !line->whole)
        return false;
    const struct dt_log_item *last = &format->items[format->nitems - 1];
    if (last->part != DT_LOG_FIELD)
        return false; /* of "common" the last part takes the rest: there is no telling */
    size_t at = 0, quotes = 0;
    while (at < text.len && quotes < 6) { /* request, referer, agent */
        if (text.ptr[at] == '\\' && at + 1 < text.len)
            at++;
        else if (text.ptr[at] == '"')
            quotes++;
        at++;
    }
    *ret = dt_slice_from(text, at);
    return quotes == 6;
}

/* The format with a host as word number `number` behind it; false: the line has no such word. */
static bool tail_format(const char *base, struct dt_slice tail, unsigned number, struct dt_out *out)
{
    dt_out_put(out, dt_slice_str(base));
    for (unsigned i = 0; i <= number; i++) {
        if (!tail.len || tail.ptr[0] != ' ')
            return false;
        tail = dt_slice_from(tail, 1);
        bool quoted = tail.len && tail.ptr[0] == '"';
        const char *end = tail.len > quoted
                              ? memchr(tail.ptr + quoted, quoted ? '"' : ' ', tail.len - quoted)
                              : NULL;
        if (quoted && !end)
            return false;
        dt_out_put(out, quoted ? DT_S(" \"") : DT_S(" "));
        dt_out_put(out, i == number ? DT_S("%v") : DT_S("%b"));
        dt_out_put(out, quoted ? DT_S("\"") : DT_SLICE_NONE);
        tail = end ? dt_slice_from(tail, (size_t)(end - tail.ptr) + quoted) : DT_SLICE_NONE;
    }
    return !out->overflow;
}

/* Is there a word behind the format that is a host in nearly every line? */
static bool find_tail(const char *base, struct dt_slice lines, struct dt_log_format *format,
                      struct dt_log_line *line)
{
    static const struct candidate ANY = {NULL, NULL, false}, WITH_HOST = {NULL, NULL, true};
    char text[512];
    const char *why;
    struct dt_slice tail = DT_SLICE_NONE, rest = lines;
    unsigned good = 0;
    bool found = false;
    for (unsigned i = 0; i < SAMPLE && rest.len && !found; i++)
        found = tail_of(format, next_line(&rest), line, &tail);
    if (!found)
        return false;
    unsigned all = score(format, &ANY, lines, line);
    for (unsigned number = 0; number < TAIL_WORDS; number++) {
        struct dt_out out = dt_out_init(text, sizeof text);
        if (!tail_format(base, tail, number, &out))
            return false;
        if (dt_log_format_read(dt_out_slice(&out), format, &why) != DT_OK)
            return false;
        good = score(format, &WITH_HOST, lines, line);
        if (good * 10 >= all * 9 && good)
            return true;
    }
    return false;
}

enum dt_err dt_log_format_guess(struct dt_slice lines, struct dt_log_format *ret,
                                const char **ret_name)
{
    const struct candidate *best = NULL;
    const char *why;
    unsigned most = 0;
    struct dt_log_line *line = malloc(sizeof *line);
    if (!line)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i < sizeof CANDIDATES / sizeof *CANDIDATES; i++) {
        if (dt_log_format_read(dt_slice_str(CANDIDATES[i].format), ret, &why) != DT_OK)
            continue;
        unsigned good = score(ret, &CANDIDATES[i], lines, line);
        if (good > most) {
            best = &CANDIDATES[i];
            most = good;
        }
    }
    enum dt_err err = DT_ERR_INVALID;
    if (best)
        err = dt_log_format_read(dt_slice_str(best->format), ret, &why);
    if (best && err == DT_OK) {
        *ret_name = best->name;
        if (!best->host && !ret->json && find_tail(best->format, lines, ret, line))
            *ret_name = "combined, a host behind it";
        else if (!ret->json)
            err = dt_log_format_read(dt_slice_str(best->format), ret, &why);
    }
    free(line);
    return err;
}
