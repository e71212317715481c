/* SPDX-License-Identifier: MIT
 *
 * Writing a Caddyfile: every rule is put into Caddy's words and accounted for, and then stands in
 * each site that it is for.
 */
#include "rules/dialects/caddy/caddy_write.h"
#include "rules/dialects/dialect.h"

static struct dt_slice lead_of(struct dt_write *write)
{
    struct dt_buf out;
    dt_buf_init(&out, 1u << 24);
    dt_write_lead(write, &out, "# ");
    return dt_caddy_kept(write, &out);
}

void dt_caddy_write(struct dt_write *write)
{
    size_t count = 0;
    struct dt_caddy_line *lines =
        dt_arena_alloc(&write->arena, ((size_t)write->count + 1) * sizeof *lines);
    if (!lines) {
        write->out.err = DT_ERR_NOMEM;
        return;
    }
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        dt_caddy_line(write, rule, &lines[count]);
        if (!dt_write_go(write))
            continue;
        lines[count].lead = lead_of(write);
        count++;
    }
    dt_caddy_sites(write, lines, count);
}
