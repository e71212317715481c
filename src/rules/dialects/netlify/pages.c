/* SPDX-License-Identifier: MIT
 *
 * Pages. Not built yet.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/reader.h"
#include "rules/write/write.h"

void dt_pages_read(struct dt_reader *reader)
{
    if (dt_reader_next(reader))
        dt_reader_error(reader, reader->text, "not-built", "this format is not built yet");
}

void dt_pages_write(struct dt_write *write)
{
    for (uint32_t i = 0; i < write->count; i++) {
        dt_write_begin(write, write->order[i]);
        dt_write_cannot(write, "not-built", "not built yet");
        (void)dt_write_go(write);
    }
}
