/* SPDX-License-Identifier: MIT */
#include "rules/dialects/dialect.h"
#include "rules/write/write.h"
void dt_nginx_write(struct dt_write *write)
{
    for (uint32_t i = 0; i < write->count; i++) {
        dt_write_begin(write, write->order[i]);
        dt_write_cannot(write, "not-built", "not built yet");
        (void)dt_write_go(write);
    }
}
