/* SPDX-License-Identifier: MIT
 *
 * A run holds one swap at most: what answered last in the run before is "old", and the other
 * version is "new" from its first answer on.
 */
#include "checker.h"

#include <string.h>

struct dt_checker dt_checker_of(const struct dt_load_options *options)
{
    return (struct dt_checker){.options = options, .current = -1};
}

void dt_checker_begin(struct dt_checker *checker, struct dt_load_counts *counts)
{
    checker->counts = counts;
}

void dt_checker_end(struct dt_checker *checker)
{
    if (checker->counts->swapped_ns != 0)
        checker->current = !checker->current;
}

static bool is_version(const struct dt_answer *answer, const struct dt_request *request,
                       int version)
{
    return request->location[version] != NULL &&
           answer->location_len == request->location_len[version] &&
           memcmp(answer->location, request->location[version], answer->location_len) == 0;
}

void dt_checker_see(struct dt_checker *checker, const struct dt_request *request,
                    const struct dt_answer *answer, uint64_t sent_ns, uint64_t now_ns)
{
    struct dt_load_counts *counts = checker->counts;
    if (answer->status != checker->options->status)
        counts->bad_status++;
    if (checker->options->any_location || request->location[0] == NULL)
        return;
    int version = is_version(answer, request, 0) ? 0 : is_version(answer, request, 1) ? 1 : -1;
    if (version < 0) {
        counts->bad_location++;
        return;
    }
    if (checker->current < 0)
        checker->current = version;
    bool old = version == checker->current;
    counts->version[!old]++;
    if (!old && counts->swapped_ns == 0)
        counts->swapped_ns = now_ns;
    if (old && counts->swapped_ns != 0 && sent_ns > counts->swapped_ns)
        counts->stale++;
}
