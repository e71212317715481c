/* SPDX-License-Identifier: MIT
 *
 * A moment without an offset would be another one on each machine, so it is refused.
 */
#include "cli/moment.h"
#include "semantics/civil.h"

#include <time.h>

bool dt_moment_read(const struct dt_command *command, const char *text, int64_t *ret)
{
    bool local = false;
    const char *why = "not a time";
    if (!text) {
        *ret = (int64_t)time(NULL);
        return true;
    }
    if (dt_civil_parse(dt_slice_str(text), ret, &local, &why) != DT_OK) {
        dt_usage_error(command, "--at wants a time such as 2026-12-01T22:00Z, not \"%s\": %s", text,
                       why);
        return false;
    }
    if (local) {
        dt_usage_error(command,
                       "--at %s could be any place's time: write Z behind it, or an offset such as "
                       "+01:00",
                       text);
        return false;
    }
    return true;
}

struct dt_slice dt_moment_text(int64_t at, char *buf)
{
    return dt_civil_print(at, buf);
}
