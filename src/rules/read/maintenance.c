/* SPDX-License-Identifier: MIT
 *
 * Maintenance is a rule like others, with what one wants for it when it is three in the morning: it
 * comes before all other rules, sends people on for a time or says 503, tells them when to come
 * back, is kept by no cache, ends by itself, and never sends anyone in a circle: the page that it
 * leads to on the same host is left alone.
 */
#include "rules/read/maintenance.h"

#include "rules/cond/cond_read.h"
#include "rules/read/native_scan.h"
#include "rules/read/native_words.h"
#include "rules/read/target.h"
#include <detour/uri.h>

static const struct dt_slice WORD = {"maintenance", 11};

bool dt_maintenance_is(struct dt_slice line)
{
    if (!dt_slice_starts(line, WORD))
        return false;
    return line.len == WORD.len || line.ptr[WORD.len] == ' ' || line.ptr[WORD.len] == '\t';
}

/* The parts of the sentence. */
struct sentence {
    struct dt_slice source;
    struct dt_slice target; /* empty: none */
    struct dt_slice tail;
};

static bool cut(struct dt_reader *reader, struct dt_slice line, struct sentence *ret)
{
    struct dt_words words = {reader, dt_slice_from(line, WORD.len)};
    ret->source = dt_words_next(&words);
    if (ret->source.len == 0)
        return dt_words_missing(&words, ret->source, "a source");
    ret->tail = words.rest;
    ret->target = dt_words_next(&words);
    if (ret->target.len == 0 || dt_options_word(ret->target))
        ret->target.len = 0;
    else
        ret->tail = words.rest;
    if (dt_slice_eq(ret->target, DT_S("-")))
        ret->target.len = 0;
    return true;
}

/* ---- What is left alone ---- */

static bool is_own(struct dt_slice s, enum dt_capture_own what)
{
    return s.len == 2 && s.ptr[0] == DT_MARK_HOST && (unsigned char)s.ptr[1] == 0x80u + what;
}

/* How many bytes "http://", "https://" or "{scheme}://" take; 0 for none. */
static size_t scheme_len(struct dt_slice target)
{
    if (target.len > 5 && is_own(dt_slice_of(target.ptr, 2), DT_CAPTURE_SCHEME))
        return 5;
    return dt_scan_http(target);
}

static bool same_host(const struct dt_rule *rule, struct dt_slice authority)
{
    struct dt_slice host;
    uint16_t port;
    if (is_own(authority, DT_CAPTURE_HOST))
        return true;
    return rule->host_kind == DT_HOST_EXACT && !dt_authority_split(authority, &host, &port) &&
           dt_slice_eq_nocase(host, rule->host);
}

/* The path that a compiled target leads to on the host of its own rule; false when it leads
 * elsewhere, or where is not known before there is a request. */
static bool own_path(const struct dt_rule *rule, struct dt_slice *ret)
{
    struct dt_slice rest = rule->target;
    size_t scheme = scheme_len(rest), len = 0;
    if (scheme) {
        rest = dt_slice_from(rest, scheme);
        len = dt_scan_authority(rest);
        if (!same_host(rule, dt_slice_of(rest.ptr, len)))
            return false;
        rest = dt_slice_from(rest, len);
    } else if (rest.len == 0 || rest.ptr[0] != '/') {
        return false;
    }
    for (len = 0; len < rest.len && rest.ptr[len] != '?' && rest.ptr[len] != '#';)
        len++;
    *ret = dt_slice_of(rest.ptr, len);
    return !dt_location_has_marks(*ret);
}

static bool exempt_target(struct dt_reader *reader, const struct dt_rule *rule,
                          struct dt_options *options)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice path, normal;
    if (!own_path(rule, &path))
        return true;
    if (dt_norm_path(path, set->scratch, sizeof set->scratch, &normal))
        return true; /* longer than any request may be */
    normal = dt_arena_copy(&set->arena, normal);
    if (!normal.ptr)
        return dt_reader_nomem(reader);
    return dt_cond_exempt(reader, options, normal);
}

/* ---- The sentence ---- */

static bool read_options(struct dt_reader *reader, const struct sentence *sentence,
                         struct dt_options *options)
{
    *options = reader->defaults;
    options->action.status = sentence->target.len ? 307 : 503;
    options->action.cache = DT_S("no-store");
    options->action.retry_after = DT_RETRY_AFTER_NONE;
    options->flags |= DT_RULE_MAINTENANCE;
    if (!dt_options_parse(reader, sentence->tail, options))
        return false;
    if (!(options->seen & dt_option_bit(DT_OPTION_RETRY_AFTER, false)) &&
        dt_cond_until(&options->conditions) != DT_TIME_MAX)
        options->action.retry_after = DT_RETRY_AFTER_UNTIL;
    return true;
}

void dt_maintenance_read(struct dt_reader *reader, struct dt_slice line)
{
    struct sentence sentence;
    struct dt_options options;
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    if (!cut(reader, line, &sentence))
        return;
    bool fine = dt_source_parse(reader, sentence.source, dt_scan_bits(sentence.source),
                                DT_SOURCE_NATIVE, &rule);
    if (dt_options_open(sentence.tail, &reader->defaults))
        rule.flags |= DT_RULE_OPEN;
    if (sentence.target.len)
        fine &= dt_target_read(reader, sentence.target, DT_TARGET_NATIVE, &rule);
    if (!read_options(reader, &sentence, &options) || !fine ||
        !dt_options_check(reader, &options, sentence.target) ||
        !dt_source_fold(reader, &rule, options.flags) || !exempt_target(reader, &rule, &options) ||
        !dt_ruleset_intern_action(reader->set, &options.action, &rule.action) ||
        !dt_ruleset_intern_conditions(reader->set, &options.conditions, &rule.conditions))
        return;
    rule.priority = options.priority;
    dt_ruleset_add_rule(reader->set, &rule);
}
