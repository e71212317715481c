/* SPDX-License-Identifier: MIT
 *
 * Logging must never stop what serves. Standard error is often a pipe whose reader may be slow or
 * stopped, so a worker asks first whether a write would wait, and drops the line if it would: a
 * pipe that poll calls writable takes at least a page without waiting, and no line is longer than a
 * page.
 */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

static struct {
    enum dt_log_level level;
    bool nonblocking;
    unsigned dropped;
} state = {.level = DT_LOG_INFO};

void dt_log_set_level(enum dt_log_level level)
{
    state.level = level;
}

void dt_log_set_nonblocking(void)
{
    state.nonblocking = true;
}

static bool would_wait(void)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT);
}

static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

void dt_log(enum dt_log_level level, const char *format, ...)
{
    if (level > state.level)
        return;
    int saved = errno;
    if (state.nonblocking && would_wait()) {
        state.dropped++;
        errno = saved;
        return;
    }
    char line[LINE_MAX_BYTES];
    int len = snprintf(line, sizeof line, "detour: ");
    if (state.dropped)
        len += snprintf(line + len, sizeof line - (size_t)len, "(%u lines were lost here) ",
                        state.dropped);
    state.dropped = 0;
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + len, sizeof line - 1 - (size_t)len, format, args);
    va_end(args);
    if (more > 0)
        len += more;
    if (len > (int)sizeof line - 2)
        len = (int)sizeof line - 2;
    line[len++] = '\n';
    write_all(line, (size_t)len);
    errno = saved;
}

void dt_log_text(enum dt_log_level level, const char *text, size_t len)
{
    if (level > state.level)
        return;
    int saved = errno;
    write_all(text, len);
    errno = saved;
}

bool dt_log_allow(struct dt_log_limit *limit, int64_t now, unsigned burst, unsigned *ret_held)
{
    if (limit->second != now) {
        limit->second = now;
        limit->count = 0;
    }
    if (limit->count >= burst) {
        limit->held++;
        return false;
    }
    limit->count++;
    *ret_held = limit->held;
    limit->held = 0;
    return true;
}
