/* SPDX-License-Identifier: MIT
 *
 * To find a rule's file and line, whole sections of the snapshot are read: nothing for a worker,
 * which only counts and tells the numbers, once a second at most. The control process does the
 * rest, and since it hears all workers, once a minute is once a minute whatever their number.
 */
#include "server/limited.h"

#include "base/log.h"

#include <detour/snapshot.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

void dt_limited_note(struct dt_limited *limited, uint32_t rule, uint32_t count)
{
    unsigned i = 0;
    limited->total += count;
    while (i < limited->n && limited->rules[i].rule != rule)
        i++;
    if (i == DT_LIMITED_RULES)
        return; /* counted, and named another time */
    if (i == limited->n) {
        limited->rules[i].rule = rule;
        limited->rules[i].count = 0;
        limited->n++;
    }
    limited->rules[i].count += count;
}

/* The rule's place in the log; else a free one, or that of the rule that was named longest ago. */
static size_t find(const struct dt_limited_log *log, uint32_t generation, uint32_t rule)
{
    size_t oldest = 0;
    for (size_t i = 0; i < DT_LIMITED_NAMED; i++) {
        if (!log->rules[i].used)
            return i;
        if (log->rules[i].generation == generation && log->rules[i].rule == rule)
            return i;
        if (log->rules[i].minute < log->rules[oldest].minute)
            oldest = i;
    }
    return oldest;
}

bool dt_limited_add(struct dt_limited_log *log, uint32_t generation, uint32_t rule, uint32_t count,
                    int64_t now, uint64_t *ret_count)
{
    size_t at = find(log, generation, rule);
    bool known = log->rules[at].used && log->rules[at].generation == generation &&
                 log->rules[at].rule == rule;
    uint64_t sum = (known ? log->rules[at].count : 0) + count;
    bool due = !known || log->rules[at].minute != now / 60;
    log->rules[at].used = true;
    log->rules[at].generation = generation;
    log->rules[at].rule = rule;
    log->rules[at].count = due ? 0 : sum;
    if (due) {
        log->rules[at].minute = now / 60;
        *ret_count = sum;
    }
    return due;
}

void dt_limited_name(int fd, uint32_t rule, uint64_t count)
{
    struct dt_snapshot snapshot;
    struct dt_origin origin;
    struct stat st;
    void *mem = MAP_FAILED;
    size_t len = 0;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        len = (size_t)st.st_size;
        mem = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    }
    bool known = mem != MAP_FAILED && dt_snapshot_open(mem, len, &snapshot) == DT_OK &&
                 dt_snapshot_origin(&snapshot, rule, &origin) == DT_OK;
    if (known)
        dt_log(
            DT_LOG_WARNING,
            "%.*s:%u: this regular expression reached its match limit and was taken for no match "
            "(%llu time%s)",
            DT_SLICE_FMT(origin.file), origin.line, (unsigned long long)count,
            count == 1 ? "" : "s");
    else
        dt_log(DT_LOG_WARNING,
               "a regular expression reached its match limit and was taken for no match (%llu "
               "time%s); its rule cannot be named",
               (unsigned long long)count, count == 1 ? "" : "s");
    if (mem != MAP_FAILED)
        munmap(mem, len);
}
