/* SPDX-License-Identifier: MIT
 *
 * Host and port of a target, the one place where a capture could send people elsewhere. {host} is
 * where the client is already, and a label of it stays below what is written behind it; all else
 * needs the author's word (open=yes).
 */
#include "rules/read/native_scan.h"
#include "rules/read/target_refuse.h"
#include "rules/read/target_work.h"
#include "uri/char_class.h"
#include "uri/port.h"
#include <detour/uri.h>

#define LONGEST_NAME 512u /* with captures; the DNS ends at 253 */

static bool bad_host(struct dt_target_work *work, struct dt_slice at)
{
    return DT_REFUSE(work->reader, at, "target-host",
                     at.len ? "not a valid host" : "no host is there");
}

static struct dt_slice piece(const struct dt_target_work *work, size_t from, size_t to)
{
    return dt_slice_of(work->word.ptr + from, to - from);
}

/* The URL standard lets bytes pass in a host that RFC 3986 does not. */
static bool is_sendable(struct dt_slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{}", c))
            return false;
    }
    return true;
}

/* A name without captures: by the host parser, IDNA and all. */
static bool write_literal(struct dt_target_work *work, struct dt_slice name)
{
    struct dt_slice host;
    if (name.len > DT_LIMIT_TARGET / 4 ||
        dt_host_parse(name, work->out.pos, dt_out_room(&work->out), &host) || !is_sendable(host))
        return bad_host(work, name);
    if (host.ptr == work->out.pos)
        work->out.pos += host.len;
    else
        dt_out_put(&work->out, host);
    return true;
}

/* ---- Names with captures ---- */

/* A host that is being written; in shape every capture is "x", for the host parser to judge. */
struct name {
    struct dt_target_work *work;
    size_t from, to; /* in the word */
    size_t tail;     /* behind the last capture */
    bool anchored;   /* a "." and a label stand behind every capture */
    struct dt_out shape;
    char mem[3 * LONGEST_NAME];
};

static bool is_sign(char c)
{
    return c == ':' || c == '$' || c == '{';
}

/* Reads over the authority: where its name ends, and whether it has a capture. */
static bool survey(struct dt_target_work *work, struct name *name, size_t end, bool *ret_captures)
{
    size_t at = name->from;
    const char *bracket = memrchr(work->word.ptr + at, ']', end - at);
    if (bracket)
        at = (size_t)(bracket - work->word.ptr);
    name->to = end;
    *ret_captures = false;
    while (at < end) {
        struct dt_target_capture capture = {.len = 1};
        enum dt_target_sign sign = DT_SIGN_LITERAL;
        if (is_sign(work->word.ptr[at]))
            sign = dt_target_sign(work, at, &capture);
        if (sign == DT_SIGN_WRONG)
            return false;
        if (sign == DT_SIGN_LITERAL && work->word.ptr[at] == ':') {
            name->to = at;
            return true;
        }
        at += capture.len;
        if (sign != DT_SIGN_LITERAL) {
            *ret_captures = true;
            name->tail = at;
        }
    }
    return true;
}

static bool write_text(struct name *name, struct dt_slice text)
{
    struct dt_target_work *work = name->work;
    for (size_t i = 0; i < text.len; i++) {
        char c = dt_ascii_lower(text.ptr[i]);
        if (!dt_char_is(c, DT_CHAR_HOST_PLAIN) && c != '_')
            return DT_REFUSE(work->reader, piece(work, name->from, name->to), "target-host",
                             "beside a capture a host has letters, digits, \"-\", \"_\" and \".\" "
                             "(other scripts as xn--)");
        dt_out_char(&name->shape, c);
        dt_out_char(&work->out, c);
    }
    return true;
}

/* What stands behind the last capture; whole labels may be in any script. */
static bool write_tail(struct name *name)
{
    char mem[3 * LONGEST_NAME];
    struct dt_slice tail = piece(name->work, name->tail, name->to), host = DT_SLICE_NONE;
    const char *dot = tail.len ? memchr(tail.ptr, '.', tail.len) : NULL;
    size_t first = dot ? (size_t)(dot - tail.ptr) + 1 : tail.len;
    struct dt_slice labels = dt_slice_from(tail, first);
    name->anchored = labels.len > 0 && labels.ptr[0] != '.';
    if (!(dt_scan_bits(labels) & (DT_BYTE_HIGH | DT_BYTE_PERCENT)))
        return write_text(name, tail);
    if (dt_host_parse(labels, mem, sizeof mem, &host))
        return bad_host(name->work, labels);
    return write_text(name, dt_slice_of(tail.ptr, first)) && write_text(name, host);
}

static void note_open(const struct name *name, size_t at, const struct dt_target_capture *capture)
{
    struct dt_slice *open = &name->work->open;
    bool label = capture->from == DT_FROM_HOST && capture->number < DT_CAPTURES_MAX;
    if (capture->number == DT_CAPTURE_HOST || (label && name->anchored) || open->len)
        return;
    *open = piece(name->work, at, at + capture->len);
}

static bool write_captures(struct name *name)
{
    struct dt_target_work *work = name->work;
    size_t at = name->from, run = at;
    while (at < name->tail) {
        struct dt_target_capture capture = {.len = 1};
        enum dt_target_sign sign = DT_SIGN_LITERAL;
        if (is_sign(work->word.ptr[at]))
            sign = dt_target_sign(work, at, &capture);
        at += capture.len;
        if (sign == DT_SIGN_LITERAL)
            continue;
        if (!write_text(name, piece(work, run, at - capture.len)))
            return false;
        run = at;
        if (sign != DT_SIGN_CAPTURE)
            continue;
        dt_out_char(&name->shape, 'x');
        dt_target_mark(work, DT_MARK_HOST, capture.number);
    }
    return true;
}

static void note_all_open(struct name *name)
{
    for (size_t at = name->from; at < name->tail;) {
        struct dt_target_capture capture = {.len = 1};
        if (is_sign(name->work->word.ptr[at]) &&
            dt_target_sign(name->work, at, &capture) == DT_SIGN_CAPTURE)
            note_open(name, at, &capture);
        at += capture.len;
    }
}

static bool write_name(struct name *name)
{
    struct dt_target_work *work = name->work;
    struct dt_slice whole = piece(work, name->from, name->to), host;
    char mem[3 * LONGEST_NAME];
    if (whole.len > LONGEST_NAME)
        return bad_host(work, whole);
    name->shape = dt_out_init(name->mem, sizeof name->mem);
    if (!write_captures(name) || !write_tail(name))
        return false;
    struct dt_slice shape = dt_out_slice(&name->shape);
    if (work->reader->captures.broken)
        return true;
    if (name->shape.overflow || dt_host_parse(shape, mem, sizeof mem, &host) ||
        !dt_slice_eq(host, shape))
        return bad_host(work, whole);
    note_all_open(name);
    return true;
}

/* ---- The whole ---- */

/* text is ":" and what follows, or nothing. */
static bool write_port(struct dt_target_work *work, struct dt_slice text, struct dt_slice authority)
{
    int port;
    struct dt_slice number = dt_slice_from(text, 1);
    if (work->mode == DT_TARGET_NATIVE && dt_slice_eq(number, DT_S("{port}"))) {
        dt_out_char(&work->out, ':');
        dt_target_mark(work, DT_MARK_HOST, DT_CAPTURE_PORT);
        return true;
    }
    if (text.len && !dt_port_parse(number, &port))
        return bad_host(work, authority);
    dt_out_put(&work->out, text);
    return true;
}

bool dt_target_host(struct dt_target_work *work, size_t at, size_t *ret_end)
{
    struct name name = {.work = work, .from = at};
    size_t end = at + dt_target_authority(work, at);
    struct dt_slice authority = piece(work, at, end);
    bool captures;
    if (authority.len && memchr(authority.ptr, '@', authority.len))
        return DT_REFUSE(work->reader, authority, "target-userinfo",
                         "a user name or password in a target is sent to everyone who asks");
    if (authority.len && memchr(authority.ptr, '\\', authority.len))
        return dt_refuse_backslash(work->reader,
                                   dt_slice_of(memchr(authority.ptr, '\\', authority.len), 1));
    if (!survey(work, &name, end, &captures))
        return false;
    struct dt_slice literal = piece(work, at, name.to);
    if (literal.len == 0)
        return bad_host(work, authority);
    *ret_end = end;
    return (captures ? write_name(&name) : write_literal(work, literal)) &&
           write_port(work, piece(work, name.to, end), authority);
}
