/* SPDX-License-Identifier: MIT
 *
 * What the values of options mean. Each value is read once, here, into the form that the server
 * needs.
 */
#include "rules/read/option_value.h"

#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include <detour/uri.h>
#include <stdio.h>

#define MAX_SECONDS 2147483647u /* RFC 9111 section 1.2.2 */

static bool bad_value(const struct dt_given *given, const char *wanted)
{
    return DT_REFUSE(given->reader, given->raw.len ? given->raw : given->word, "option-value",
                     "%.*s= wants %s", DT_SLICE_FMT(given->name), wanted);
}

/* ---- Values ---- */

bool dt_value_number(struct dt_slice s, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;
    if (s.len == 0 || s.len > 18)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!dt_is_digit(s.ptr[i]))
            return false;
        number = number * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    if (number > max)
        return false;
    *ret = number;
    return true;
}

/* "3600", "90s", "5m", "1h", "30d", "2w". */
static bool read_duration(struct dt_slice s, uint32_t *ret)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    uint32_t factor = 1;
    for (size_t i = 0; s.len && i < sizeof units / sizeof *units; i++) {
        if (s.ptr[s.len - 1] == units[i].unit) {
            factor = units[i].seconds;
            s.len--;
            break;
        }
    }
    uint64_t number;
    if (!dt_value_number(s, MAX_SECONDS / factor, &number))
        return false;
    *ret = (uint32_t)number * factor;
    return true;
}

bool dt_value_priority(const struct dt_given *given, struct dt_options *options)
{
    struct dt_slice digits = given->value;
    bool minus = digits.len && digits.ptr[0] == '-';
    uint64_t number;
    if (!dt_value_number(dt_slice_from(digits, minus), (uint64_t)INT32_MAX + minus, &number))
        return bad_value(given, "a whole number from -2147483648 to 2147483647");
    int64_t priority = minus ? -(int64_t)number : (int64_t)number;
    options->priority = (int32_t)priority;
    return true;
}

bool dt_value_cache(const struct dt_given *given, struct dt_options *options)
{
    uint32_t seconds;
    struct dt_slice value = given->value;
    if (dt_slice_eq(value, DT_S("no"))) {
        options->action.cache = DT_S("no-store");
        return true;
    }
    if (read_duration(value, &seconds)) {
        struct dt_slice text = dt_slice_of(given->reader->set->scratch, 0);
        int len = snprintf(given->reader->set->scratch, 32, "max-age=%u", seconds);
        text.len = (size_t)len;
        options->action.cache = text;
        return dt_reader_keep(given->reader, &options->action.cache);
    }
    bool digits = dt_is_digit(value.ptr[0]) || value.ptr[0] == '-';
    if (digits || value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' ' ||
        (dt_scan_bits(value) & (DT_BYTE_HIGH | DT_BYTE_CONTROL)))
        return bad_value(given, "no, a time such as 3600 or 1h, or a Cache-Control value");
    options->action.cache = value;
    return true;
}

bool dt_value_retry_after(const struct dt_given *given, struct dt_options *options)
{
    uint32_t seconds;
    if (dt_slice_eq(given->value, DT_S("until"))) {
        options->action.retry_after = DT_RETRY_AFTER_UNTIL;
        return true;
    }
    if (!read_duration(given->value, &seconds))
        return bad_value(given, "seconds, a time such as 90s, 5m, 1h, 30d or 2w, or until");
    options->action.retry_after = seconds;
    return true;
}

/* ignore sets the flag, the other word clears it. */
static bool read_flag(const struct dt_given *given, struct dt_options *options, uint8_t flag,
                      const char *on, const char *off)
{
    if (dt_slice_eq(given->value, dt_slice_str(on))) {
        options->flags = (uint8_t)(options->flags | flag);
        return true;
    }
    if (dt_slice_eq(given->value, dt_slice_str(off))) {
        options->flags = (uint8_t)(options->flags & ~flag);
        return true;
    }
    return DT_REFUSE(given->reader, given->raw, "option-value", "%.*s= wants %s or %s",
                     DT_SLICE_FMT(given->name), on, off);
}

bool dt_value_case(const struct dt_given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_IGNORE_CASE, "ignore", "exact");
}

bool dt_value_slash(const struct dt_given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_IGNORE_SLASH, "ignore", "exact");
}

bool dt_value_params(const struct dt_given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_EXACT_QUERY, "only", "some");
}

bool dt_value_open(const struct dt_given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_OPEN, "yes", "no");
}

/* "a,b,utm_*": no empty name, a "*" at the end of a name only. */
static bool names_ok(struct dt_slice names)
{
    if (names.len == 0 || names.ptr[0] == ',' || names.ptr[names.len - 1] == ',')
        return false;
    for (size_t i = 0; i < names.len; i++) {
        bool last = i + 1 == names.len || names.ptr[i + 1] == ',';
        if ((names.ptr[i] == ',' && names.ptr[i + 1] == ',') || (names.ptr[i] == '*' && !last) ||
            strchr("&=?#\"' ", names.ptr[i]))
            return false;
    }
    return true;
}

bool dt_value_query(const struct dt_given *given, struct dt_options *options)
{
    static const struct {
        const char *word;
        enum dt_query_mode mode;
    } modes[] = {{"pass", DT_QUERY_PASS}, {"drop", DT_QUERY_DROP}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (dt_slice_eq(given->value, dt_slice_str(modes[i].word))) {
            options->action.query = (uint8_t)modes[i].mode;
            options->action.names = DT_SLICE_NONE;
            return true;
        }
    }
    bool keep = dt_slice_starts(given->value, DT_S("keep:"));
    if (!keep && !dt_slice_starts(given->value, DT_S("without:")))
        return bad_value(given, "pass, drop, keep:a,b or without:a,utm_*");
    struct dt_slice names = dt_slice_from(given->value, keep ? 5 : 8);
    if (!names_ok(names))
        return bad_value(given, "names with commas between them, each with a * at its end at most");
    struct dt_ruleset *set = given->reader->set;
    if (dt_norm_query(names, set->scratch, sizeof set->scratch, &names))
        return bad_value(given, "shorter names");
    options->action.query = keep ? DT_QUERY_KEEP : DT_QUERY_WITHOUT;
    options->action.names = names;
    return dt_reader_keep(given->reader, &options->action.names);
}

bool dt_value_note(const struct dt_given *given, struct dt_options *options)
{
    bool no = !given->quoted && dt_slice_eq(given->value, DT_S("no"));
    bool yes = !given->quoted && dt_slice_eq(given->value, DT_S("yes"));
    options->action.note = !no;
    options->action.note_text = no || yes ? DT_SLICE_NONE : given->value;
    return true;
}

bool dt_value_owner(const struct dt_given *given, struct dt_options *options)
{
    options->action.owner = given->value;
    return true;
}
