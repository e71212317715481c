/* SPDX-License-Identifier: MIT
 *
 * An answer is a row of copies: everything that could be made before (the status line, the date,
 * the names) was, so that nothing is formatted here but two numbers.
 */
#include "http/http1_write.h"
#include "semantics/civil.h"

#include <detour/ruleset.h>
#include <detour/status.h>

static void two_digits(char *at, unsigned value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

void dt_http_date_update(struct dt_http_date *date, int64_t now)
{
    static const char DAYS[] = "MonTueWedThuFriSatSun";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char FORM[] = "Date: ---, -- --- ---- --:--:-- GMT\r\n";
    if (date->len && date->now == now)
        return;
    date->now = now;
    /* Four digits for the year: a clock outside of 1970 to 9999 is shown at the nearest end. */
    int64_t shown = now < 0 ? 0 : now > 253402300799 ? 253402300799 : now;
    struct dt_civil at = dt_civil_of(shown);
    unsigned year = (unsigned)at.year;
    char *line = date->line;
    memcpy(line, FORM, sizeof FORM - 1);
    memcpy(line + 6, DAYS + 3 * at.weekday, 3);
    two_digits(line + 11, at.day);
    memcpy(line + 14, MONTHS + 3 * (at.month - 1), 3);
    two_digits(line + 18, year / 100);
    two_digits(line + 20, year);
    two_digits(line + 23, at.hour);
    two_digits(line + 26, at.minute);
    two_digits(line + 29, at.second);
    date->len = sizeof FORM - 1;
}

static void put_status_line(struct dt_out *out, unsigned code)
{
    const struct dt_status *status = dt_status_get(code);
    if (__builtin_expect(status != NULL, 1)) {
        dt_out_put(out, status->status_line);
        return;
    }
    dt_out_put(out, DT_S("HTTP/1.1 ")); /* the reason may be empty (RFC 9112 section 4) */
    dt_out_uint(out, code);
    dt_out_put(out, DT_S(" \r\n"));
}

static inline void put_field(struct dt_out *out, struct dt_slice name, struct dt_slice value)
{
    dt_out_put(out, name);
    dt_out_put(out, value);
    dt_out_put(out, DT_S("\r\n"));
}

void dt_http1_write(struct dt_out *out, const struct dt_answer *answer,
                    const struct dt_http_date *date, bool head, bool keep_alive, unsigned version)
{
    struct dt_out to = *out; /* a copy, so that its cursor stays in a register */
    put_status_line(&to, answer->status);
    dt_out_put(&to, dt_slice_of(date->line, date->len));
    if (answer->location.len)
        put_field(&to, DT_S("Location: "), answer->location);
    if (answer->body.len)
        dt_out_put(&to, DT_S("Content-Type: text/html; charset=utf-8\r\n"));
    dt_out_put(&to, DT_S("Content-Length: "));
    dt_out_uint(&to, answer->body.len);
    dt_out_put(&to, DT_S("\r\n"));
    if (answer->cache.len)
        put_field(&to, DT_S("Cache-Control: "), answer->cache);
    if (answer->vary.len)
        put_field(&to, DT_S("Vary: "), answer->vary);
    if (answer->retry_after != DT_RETRY_AFTER_NONE) {
        dt_out_put(&to, DT_S("Retry-After: "));
        dt_out_uint(&to, answer->retry_after);
        dt_out_put(&to, DT_S("\r\n"));
    }
    if (answer->allow.len || answer->status == 405) /* RFC 9110 section 15.5.6: always with 405 */
        put_field(&to, DT_S("Allow: "), answer->allow);
    if (answer->fields.len)
        dt_out_put(&to, answer->fields);
    if (!keep_alive || answer->close)
        dt_out_put(&to, DT_S("Connection: close\r\n"));
    else if (version == 10)
        dt_out_put(&to, DT_S("Connection: keep-alive\r\n"));
    dt_out_put(&to, DT_S("\r\n"));
    if (!head)
        dt_out_put(&to, answer->body);
    *out = to;
}
