/* SPDX-License-Identifier: MIT
 *
 * The native language: one rule a line, "source target [status] [options] [# comment]". Words are
 * cut in one pass over the line that also notes their kinds of bytes; the text behind the target is
 * often the same as on the line before, and then its meaning is too.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/maintenance.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

/* What this text behind a target meant on a line not long ago; NULL when it is new. */
static const struct dt_tail *find_tail(struct dt_reader *reader, struct dt_slice text)
{
    unsigned at = reader->last_tail;
    for (unsigned i = 0; i < DT_TAILS; i++, at = (at + 1) % DT_TAILS) {
        const struct dt_tail *tail = &reader->tails[at];
        if (tail->text.ptr && dt_slice_eq(text, tail->text)) {
            reader->last_tail = at;
            return tail;
        }
    }
    return NULL;
}

/* Options, with their interned action and conditions. NULL after an error. */
static const struct dt_tail *read_tail(struct dt_reader *reader, struct dt_slice text)
{
    struct dt_tail *tail = &reader->tails[reader->next_tail];
    tail->text = DT_SLICE_NONE;
    tail->options = reader->defaults;
    if (!dt_options_parse(reader, text, &tail->options) ||
        !dt_ruleset_intern_action(reader->set, &tail->options.action, &tail->action) ||
        !dt_ruleset_intern_conditions(reader->set, &tail->options.conditions, &tail->conditions))
        return NULL;
    tail->text = text;
    reader->last_tail = reader->next_tail;
    reader->next_tail = (reader->next_tail + 1) % DT_TAILS;
    return tail;
}

/* open=yes: the target is read before its options are, and depends on this one. */
static bool is_open(const struct dt_reader *reader, const struct dt_tail *tail,
                    struct dt_slice text)
{
    return tail ? tail->options.flags & DT_RULE_OPEN : dt_options_open(text, &reader->defaults);
}

static void note_native(struct dt_reader *reader)
{
    struct dt_ruleset *set = reader->set;
    if (set->native)
        return;
    set->native = true;
    set->native_file = reader->file;
    set->native_line = reader->line;
}

/* All parts are read even when one is wrong, so that all errors are told. */
static void read_rule(struct dt_reader *reader, const char *p, const char *end)
{
    unsigned source_bits = 0, target_bits = 0;
    const char *stop = dt_scan_word(p, end, &source_bits);
    struct dt_slice source = dt_slice_of(p, (size_t)(stop - p));
    p = dt_scan_blanks(stop, end);
    bool none = p == end || *p == '#';
    size_t scheme = dt_scan_http(dt_slice_of(p, (size_t)(end - p)));
    stop = none ? p : dt_scan_word(p + scheme, end, &target_bits);
    struct dt_slice target = dt_slice_of(p, (size_t)(stop - p));

    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    bool fine = dt_source_parse(reader, source, source_bits, DT_SOURCE_NATIVE, &rule);
    if (!fine && (source_bits & DT_BYTE_STAR))
        rule.path_kind = DT_PATH_PREFIX; /* so that :splat is not an error too */
    if (none) {
        dt_reader_error(reader, dt_slice_of(stop, 0), "target-missing",
                        "a source without a target");
        return;
    }
    struct dt_slice text = dt_slice_of(stop, (size_t)(end - stop));
    const struct dt_tail *tail = find_tail(reader, text);
    if (is_open(reader, tail, text))
        rule.flags |= DT_RULE_OPEN;
    if (!dt_slice_eq(target, DT_S("-")))
        fine &= dt_target_parse(reader, target, target_bits, DT_TARGET_NATIVE, &rule);
    if (!tail)
        tail = read_tail(reader, text);
    if (!tail || !fine || !dt_options_check(reader, &tail->options, target) ||
        !dt_source_fold(reader, &rule, tail->options.flags))
        return;
    rule.action = tail->action;
    rule.conditions = tail->conditions;
    rule.priority = tail->options.priority;
    dt_ruleset_add_rule(reader->set, &rule);
}

void dt_native_read(struct dt_reader *reader)
{
    while (dt_reader_next(reader)) {
        const char *end = reader->text.ptr + reader->text.len;
        const char *p = dt_scan_blanks(reader->text.ptr, end);
        struct dt_slice line = dt_slice_of(p, (size_t)(end - p));
        if (line.len == 0)
            continue;
        if (*p == '#') {
            dt_reader_check_text(reader, line, dt_scan_bits(line));
        } else if (*p == '@') {
            dt_native_directive(reader, line);
        } else if (dt_maintenance_is(line)) {
            note_native(reader);
            dt_maintenance_read(reader, line);
        } else {
            note_native(reader);
            read_rule(reader, p, end);
        }
    }
}
