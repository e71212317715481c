/* SPDX-License-Identifier: MIT
 *
 * Caddyfile. Not built yet.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/reader.h"

bool dt_caddy_is(const struct dt_look *look)
{
    (void)look;
    return false;
}

void dt_caddy_read(struct dt_reader *reader)
{
    if (dt_reader_next(reader))
        dt_reader_error(reader, reader->text, "not-built", "this format is not built yet");
}
