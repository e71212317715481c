/* SPDX-License-Identifier: MIT
 *
 * Ten times a second is often enough for people, and costs nothing.
 */
#include "cli/log_progress.h"
#include "cli/text.h"

#include <stdlib.h>
#include <unistd.h>

#define BAR 24

static double seconds_since(const struct timespec *then, const struct timespec *now)
{
    return (double)(now->tv_sec - then->tv_sec) + 1e-9 * (double)(now->tv_nsec - then->tv_nsec);
}

void dt_log_progress_begin(struct dt_log_progress *progress)
{
    const char *term = getenv("TERM");
    *progress = (struct dt_log_progress){.wanted = isatty(STDERR_FILENO) && term &&
                                                   strcmp(term, "dumb") != 0};
    clock_gettime(CLOCK_MONOTONIC, &progress->begin);
    progress->last = progress->begin;
}

void dt_log_progress_show(struct dt_log_progress *progress, const char *what, uint64_t done,
                          uint64_t total, uint64_t lines)
{
    struct timespec now;
    if (!progress->wanted)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds_since(&progress->last, &now) < 0.1)
        return;
    progress->last = now;
    progress->shown = true;
    double took = seconds_since(&progress->begin, &now);
    fputc('\r', stderr);
    if (total) {
        unsigned part = done >= total ? BAR : (unsigned)(done * BAR / total);
        fputc('[', stderr);
        for (unsigned i = 0; i < BAR; i++)
            fputc(i < part ? '#' : '.', stderr);
        fprintf(stderr, "] %3u %%  ", done >= total ? 100 : (unsigned)(done * 100 / total));
    }
    fprintf(stderr, "%s %s, %s a second\x1b[K", dt_count_text(lines).text, what,
            dt_count_text((uint64_t)((double)lines / took)).text);
    fflush(stderr);
}

void dt_log_progress_end(struct dt_log_progress *progress)
{
    if (progress->shown)
        fputs("\r\x1b[K", stderr);
    progress->shown = false;
}
