/* SPDX-License-Identifier: MIT
 *
 * What goes together: the status with the target, and the options with both. What contradicts
 * itself is an error; what only does nothing is a warning.
 */
#include "rules/cond/cond_read.h"
#include "rules/read/option.h"
#include "rules/read/reader.h"
#include <detour/status.h>

struct dt_options dt_options_standard(void)
{
    return (struct dt_options){
        .action = {.status = 307,
                   .query = DT_QUERY_PASS,
                   .note = true,
                   .retry_after = DT_RETRY_AFTER_NONE},
    };
}

bool dt_options_status(unsigned status)
{
    const struct dt_status *row = dt_status_get(status);
    return row && row->answerable;
}

bool dt_options_redirects(unsigned status)
{
    const struct dt_status *row = dt_status_get(status);
    return row && row->location;
}

static bool given(const struct dt_options *options, enum dt_option option)
{
    return options->seen & dt_option_bit(option, false);
}

static bool check_target(struct dt_reader *reader, unsigned status, struct dt_slice at, bool target)
{
    bool redirects = dt_options_redirects(status);
    if (redirects && !target)
        return DT_REFUSE(reader, at, "target-missing", "a %u needs a target", status);
    if (redirects || !target)
        return true;
    if (status == DT_STATUS_PASS)
        return DT_REFUSE(reader, at, "target-unwanted",
                         "pass has no target, write \"-\" in its place");
    return DT_REFUSE(reader, at, "target-unwanted", "a %u has no target, write \"-\" in its place",
                     status);
}

static bool check_retry_after(struct dt_reader *reader, const struct dt_options *options,
                              struct dt_slice at)
{
    unsigned status = options->action.status;
    if (options->action.retry_after == DT_RETRY_AFTER_NONE || status == DT_STATUS_PASS)
        return true;
    if (!dt_options_redirects(status) && status != 503)
        return DT_REFUSE(reader, at, "option-clash",
                         "retry-after= goes with a redirect or a 503, not with a %u", status);
    if (options->action.retry_after == DT_RETRY_AFTER_UNTIL &&
        dt_cond_until(&options->conditions) == DT_TIME_MAX)
        return DT_REFUSE(reader, at, "option-clash",
                         "retry-after=until counts down to an until=, and there is none");
    return true;
}

static bool check_maintenance(struct dt_reader *reader, const struct dt_options *options,
                              struct dt_slice at)
{
    unsigned status = options->action.status;
    if (!(options->flags & DT_RULE_MAINTENANCE) || status == 302 || status == 303 ||
        status == 307 || status == 503)
        return true;
    return DT_REFUSE(reader, at, "option-clash",
                     "maintenance is for a time: its status is 302, 303, 307 or 503");
}

static void warn_useless(struct dt_reader *reader, const struct dt_options *options,
                         struct dt_slice at)
{
    static const struct {
        enum dt_option option;
        const char *name;
    } answering[] = {
        {DT_OPTION_QUERY, "query"},
        {DT_OPTION_CACHE, "cache"},
        {DT_OPTION_RETRY_AFTER, "retry-after"},
        {DT_OPTION_NOTE, "note"},
        {DT_OPTION_PAGE, "page"},
        {DT_OPTION_SET_HEADER, "set-header"},
        {DT_OPTION_OPEN, "open"},
    };
    if (options->action.status == DT_STATUS_PASS) {
        for (size_t i = 0; i < sizeof answering / sizeof *answering; i++)
            if (given(options, answering[i].option))
                dt_reader_warn(reader, at, "option-useless", "%s= does nothing with pass",
                               answering[i].name);
        return;
    }
    if (!dt_options_redirects(options->action.status) && given(options, DT_OPTION_QUERY))
        dt_reader_warn(reader, at, "option-useless", "query= does nothing without a target");
    if (options->action.page.len && given(options, DT_OPTION_NOTE))
        dt_reader_warn(reader, at, "option-useless", "note= does nothing beside page=");
}

bool dt_options_check(struct dt_reader *reader, const struct dt_options *options,
                      struct dt_slice target_word)
{
    unsigned status = options->action.status;
    bool target = target_word.len && !dt_slice_eq(target_word, DT_S("-"));
    struct dt_slice at = target_word.len ? target_word : dt_reader_line_end(reader);
    if (!check_target(reader, status, at, target) || !check_retry_after(reader, options, at) ||
        !check_maintenance(reader, options, at))
        return false;
    if (given(options, DT_OPTION_PAGE) && dt_options_redirects(status))
        return DT_REFUSE(reader, at, "option-clash",
                         "page= goes with 404, 410, 451 and 503, not with a %u", status);
    if (given(options, DT_OPTION_TZ) && !dt_cond_uses_zone(options))
        return DT_REFUSE(reader, at, "option-clash",
                         "tz= is for days=, hours= and for times without an offset, and there are "
                         "none");
    warn_useless(reader, options, at);
    return true;
}
