/* SPDX-License-Identifier: MIT
 *
 * How much others take. An answer without a body is mostly its head; servers that stand in front
 * read it into a buffer of a fixed size, and answer 502 when it does not fit. What is counted here
 * is the least: a capture may make it longer.
 */
#include "rules/check/lint.h"

#include <detour/status.h>

#define LONG_TARGET                                                                                \
    2000u /* what Internet Explorer took, and sitemaps and crawlers still count on */

static const struct {
    size_t bytes;
    const char *who;
} peers[] = {
    /* The largest first. */
    {15360, "HAProxy (tune.bufsize 16384 less tune.maxrewrite 1024)"},
    {8192, "nginx anywhere (proxy_buffer_size 8k)"},
    {4096, "nginx on most machines (proxy_buffer_size 4k, one page of memory)"},
};

/* The fields that every answer has: Date, Content-Type, Content-Length, Connection. */
#define ALWAYS 150u

/* What is sent of a compiled target without its captures. */
static size_t sent_length(struct dt_slice target)
{
    size_t len = 0;
    for (size_t i = 0; i < target.len; i++) {
        if (dt_lint_is_mark(target.ptr[i]))
            i++;
        else
            len++;
    }
    return len;
}

static size_t field_length(const char *name, size_t value)
{
    return value ? strlen(name) + 2 + value + 2 : 0;
}

static size_t head_length(const struct dt_action *action, size_t location)
{
    const struct dt_status *status = dt_status_get(action->status);
    size_t retry = action->retry_after == DT_RETRY_AFTER_NONE ? 0 : 10;
    return (status ? status->status_line.len : 0) + ALWAYS + field_length("Location", location) +
           field_length("Cache-Control", action->cache.len) + field_length("Retry-After", retry) +
           action->fields.len + 2;
}

static void check_head(struct dt_checker *checker, uint32_t number, size_t location)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    size_t bytes = head_length(dt_ruleset_action(checker->set, rule->action), location);
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        if (bytes <= peers[i].bytes)
            continue;
        (void)dt_check_add(checker, DT_FIND_HEAD_LONG, number, dt_lint_example(checker, number),
                           "the answer's head has %zu bytes, more than %s takes", bytes,
                           peers[i].who);
        return;
    }
}

void dt_lint_limits(struct dt_checker *checker, uint32_t number,
                    const struct dt_lint_target *target)
{
    size_t length = target->whole.len > LONG_TARGET ? sent_length(target->whole) : 0;
    if (length > LONG_TARGET) {
        struct dt_finding *finding =
            dt_check_add(checker, DT_FIND_TARGET_LONG, number, dt_lint_example(checker, number),
                         "a target of %zu characters", length);
        dt_lint_at_target(checker, finding);
    }
    check_head(checker, number, length ? length : target->whole.len);
}
