/* SPDX-License-Identifier: MIT
 *
 * Apache's configuration, written from rules: with mod_alias when that can say all of them, else
 * with mod_rewrite, where a server's own file may have maps. Rules come best first, and the first
 * that matches ends it. A name that ends in .htaccess says that the file is that of the site's root
 * folder; any other is to be included in a <VirtualHost>, or where there is none.
 */
#include "rules/dialects/apache/apache_write.h"

#include "rules/dialects/dialect.h"

#define LONGEST ((size_t)4 << 30)
#define ALIAS_MOST 100u /* of a server's own file: beyond, maps are faster */

static void put_modules(const struct dt_apache_write *apache, bool alias, struct dt_buf *out)
{
    dt_buf_printf(out, "# For Apache httpd 2.4 with mod_%s%s: ", alias ? "alias" : "rewrite",
                  apache->field_set_count ? " and mod_headers" : "");
    dt_buf_str(out, apache->directory ? "the .htaccess of the site's root folder.\n"
                                      : "include it in a <VirtualHost>, or where there is none.\n");
}

static void put_head(const struct dt_apache_write *apache, struct dt_buf *out)
{
    dt_buf_str(out, "RewriteEngine On\n");
    if (apache->escape)
        dt_buf_str(out, "RewriteMap escape int:escape\n");
    if (apache->lower)
        dt_buf_str(out, "RewriteMap lower int:tolower\n");
    dt_apache_maps_head(apache, out);
    dt_buf_char(out, '\n');
}

/* "Header always ... env=detour_fields_1" */
static void put_fields(const struct dt_apache_write *apache, struct dt_buf *out)
{
    for (size_t i = 0; i < apache->field_set_count; i++) {
        struct dt_slice rest = apache->field_sets[i];
        dt_buf_str(out, "\n");
        while (rest.len) {
            const char *end = memchr(rest.ptr, '\n', rest.len);
            struct dt_slice line = dt_slice_of(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
            dt_buf_put(out, line);
            dt_buf_printf(out, " env=detour_fields_%zu\n", i + 1);
            rest = dt_slice_from(rest, line.len + 1);
        }
    }
}

static void write_rules(struct dt_apache_write *apache)
{
    struct dt_write *write = apache->write;
    for (uint32_t i = 0; i < write->count; i++)
        if (!dt_apache_maps_take(apache, write->order[i]))
            dt_apache_write_rule(apache, dt_write_begin(write, write->order[i]));
}

static bool is_directory(struct dt_slice name)
{
    static const char ending[] = ".htaccess";
    return name.len >= strlen(ending) &&
           dt_slice_eq(dt_slice_from(name, name.len - strlen(ending)), dt_slice_str(ending));
}

void dt_apache_write(struct dt_write *write)
{
    struct dt_apache_write *apache = dt_arena_alloc(&write->arena, sizeof *apache);
    if (!apache) {
        write->out.err = DT_ERR_NOMEM;
        return;
    }
    *apache = (struct dt_apache_write){.write = write, .directory = is_directory(write->file)};
    dt_buf_init(&apache->body, LONGEST);
    bool alias = (apache->directory || write->count <= ALIAS_MOST) && dt_apache_all_alias(write);
    if (alias)
        dt_apache_write_alias(apache);
    else if (apache->directory || dt_apache_maps_begin(apache))
        write_rules(apache);
    else
        apache->body.err = DT_ERR_NOMEM;
    put_modules(apache, alias, &write->out);
    if (!alias)
        put_head(apache, &write->out);
    dt_buf_put(&write->out, dt_buf_slice(&apache->body));
    put_fields(apache, &write->out);
    if (dt_buf_err(&apache->body) && !write->out.err)
        write->out.err = dt_buf_err(&apache->body);
    dt_apache_maps_free(apache);
    dt_buf_release(&apache->body);
}
