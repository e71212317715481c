/* SPDX-License-Identifier: MIT
 *
 * openpublishing. Not built yet.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/reader.h"
#include "rules/write/write.h"

bool dt_openpublishing_is(const struct dt_look *look)
{
    (void)look;
    return false;
}

void dt_openpublishing_read(struct dt_reader *reader)
{
    if (dt_reader_next(reader))
        dt_reader_error(reader, reader->text, "not-built", "this format is not built yet");
}
