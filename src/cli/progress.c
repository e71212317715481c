/* SPDX-License-Identifier: MIT
 *
 * Progress goes to the standard error, and only where a person sees it: a log would fill with it.
 * What is done within a second needs none.
 */
#include "cli/progress.h"
#include "cli/text.h"

#include <stdlib.h>
#include <unistd.h>

#define LONG_WORK 1.0 /* seconds */

void dt_progress_begin(struct dt_progress *progress, const char *verb, uint64_t number,
                       const char *noun)
{
    const char *term = getenv("TERM");
    *progress = (struct dt_progress){
        .verb = verb,
        .noun = noun,
        .number = number,
        .terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0),
        .percent = -1,
    };
    clock_gettime(CLOCK_MONOTONIC, &progress->begin);
}

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

void dt_progress_tell(void *ctx, uint64_t done, uint64_t total)
{
    struct dt_progress *progress = ctx;
    if (!progress->terminal || total == 0 || seconds_since(&progress->begin) < LONG_WORK)
        return;
    int percent = (int)(done >= total ? 100 : done * 100 / total);
    if (percent == progress->percent)
        return;
    progress->percent = percent;
    progress->shown = true;
    fprintf(stderr, "\r%s ", progress->verb);
    dt_print_count(stderr, progress->number, progress->noun);
    fprintf(stderr, " ... %d %%", percent);
    fflush(stderr);
}

void dt_progress_end(struct dt_progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\x1b[K");
    progress->shown = false;
}
