/* SPDX-License-Identifier: MIT
 *
 * nginx's configuration, written from rules: a file to be included in http { }, with maps that say
 * what a request gets, and a server that answers so.
 */
#include "rules/dialects/nginx/nginx_write.h"

#include "rules/dialects/dialect.h"

#include <stdio.h>
#include <stdlib.h>

#define LONGEST ((size_t)4 << 30)

/* ---- The head ---- */

static void put_helper(const struct dt_nginx_helper *helper, struct dt_buf *out)
{
    dt_buf_printf(out, "\n# %s\nmap ", helper->comment);
    dt_nginx_put_quoted(out, dt_slice_str(helper->source));
    dt_buf_printf(out, " $%s {\n", helper->name);
    if (helper->standard) {
        dt_buf_str(out, "    default ");
        dt_nginx_put_quoted(out, dt_slice_str(helper->standard));
        dt_buf_str(out, ";\n");
    }
    for (size_t i = 0; helper->rows[i]; i += 2) {
        dt_buf_str(out, "    ");
        dt_nginx_put_quoted(out, dt_slice_str(helper->rows[i]));
        dt_buf_char(out, ' ');
        dt_nginx_put_quoted(out, dt_slice_str(helper->rows[i + 1]));
        dt_buf_str(out, ";\n");
    }
    dt_buf_str(out, "}\n");
}

static void put_helpers(const struct dt_nginx_writing *writing, struct dt_buf *out)
{
    unsigned needs = writing->helpers;
    for (unsigned i = DT_NGINX_HELPERS; i-- > 0;)
        if (needs & 1u << i)
            needs |= dt_nginx_helpers[i].needs;
    for (unsigned i = 0; i < DT_NGINX_HELPERS; i++)
        if (needs & 1u << i)
            put_helper(&dt_nginx_helpers[i], out);
    if (writing->dollar)
        dt_buf_str(out, "\n# A dollar sign, which nginx has no other way to write.\n"
                        "geo $detour_dollar {\n    default \"$\";\n}\n");
}

static void put_gates(const struct dt_nginx_writing *writing, struct dt_buf *out)
{
    if (writing->gate_count)
        dt_buf_str(out, "\n# Conditions: 1 when they hold.\n");
    for (size_t i = 0; i < writing->gate_count; i++)
        dt_buf_printf(out, "%.*s $detour_when_%zu%.*s", DT_SLICE_FMT(writing->gates[i].head), i + 1,
                      DT_SLICE_FMT(writing->gates[i].text));
    if (writing->query_count)
        dt_buf_str(out, "\n# What is sent on of the query.\n");
    for (size_t i = 0; i < writing->query_count; i++)
        dt_buf_printf(out,
                      "%.*s $detour_rest_%zu%.*s"
                      "map $detour_rest_%zu $detour_left_%zu {\n    \"" DT_NGINX_LEAD
                      "\" \"" DT_NGINX_LED "\";\n}\n",
                      DT_SLICE_FMT(writing->queries[i].head), i + 1,
                      DT_SLICE_FMT(writing->queries[i].text), i + 1, i + 1);
}

static size_t power(size_t least, size_t number)
{
    while (least < number)
        least *= 2;
    return least;
}

static void put_head(const struct dt_nginx_writing *writing, struct dt_buf *out)
{
    struct dt_slice name = writing->write->name;
    dt_buf_printf(out,
                  "# Redirects for nginx 1.18 or newer. Include it in http { }:\n"
                  "#     include %.*s.conf;\n"
                  "# The maps say what a request gets, the server at the end answers so. To answer "
                  "in a server of\n"
                  "# your own, move the lines inside of it there.\n\n",
                  DT_SLICE_FMT(name));
    dt_buf_printf(out, "map_hash_max_size %zu;\nmap_hash_bucket_size %zu;\n",
                  power(2048, 2 * writing->most),
                  power(writing->most > 1000 ? 128 : 64, writing->longest + 32));
    if (writing->tables > 200)
        dt_buf_printf(out, "variables_hash_max_size %zu;\nvariables_hash_bucket_size 128;\n",
                      power(1024, 2 * writing->tables));
}

/* ---- The server ---- */

static void put_fields(const struct dt_nginx_writing *writing, struct dt_buf *head,
                       struct dt_buf *server)
{
    bool any = false;
    for (size_t i = 0; i < writing->class_count; i++) {
        const struct dt_nginx_class *c = &writing->classes[i];
        struct dt_slice lines = c->fields;
        unsigned number = 0;
        if (!any)
            dt_buf_str(head, "\n# Fields of answers, by the number behind their status.\n");
        any = true;
        for (int which = 0; which < 2; which++) {
            if (which ? c->retry_after == DT_RETRY_AFTER_NONE : !c->cache.len)
                continue;
            dt_buf_printf(head, "map $redirect $redirect_%s_%zu {\n    \"~^[0-9]+-%zu:\" ",
                          which ? "retry_after" : "cache", i + 1, i + 1);
            if (which)
                dt_buf_printf(head, "%u", c->retry_after);
            else
                dt_nginx_put_quoted(head, c->cache);
            dt_buf_str(head, ";\n}\n");
            dt_buf_printf(server, "    add_header %s $redirect_%s_%zu always;\n",
                          which ? "Retry-After" : "Cache-Control", which ? "retry_after" : "cache",
                          i + 1);
        }
        while (lines.len) {
            const char *end = memmem(lines.ptr, lines.len, "\r\n", 2);
            struct dt_slice line =
                dt_slice_of(lines.ptr, end ? (size_t)(end - lines.ptr) : lines.len);
            const char *colon = memchr(line.ptr, ':', line.len);
            lines = dt_slice_from(lines, line.len + 2);
            if (!colon)
                continue;
            struct dt_slice value = dt_slice_from(line, (size_t)(colon - line.ptr) + 1);
            while (value.len && value.ptr[0] == ' ')
                value = dt_slice_from(value, 1);
            number++;
            dt_buf_printf(head, "map $redirect $redirect_field_%zu_%u {\n    \"~^[0-9]+-%zu:\" ",
                          i + 1, number, i + 1);
            dt_nginx_put_quoted(head, value);
            dt_buf_str(head, ";\n}\n");
            dt_buf_printf(server, "    add_header %.*s $redirect_field_%zu_%u always;\n",
                          (int)(colon - line.ptr), line.ptr, i + 1, number);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void put_answers(const struct dt_nginx_writing *writing, struct dt_buf *out)
{
    if (writing->answer_count)
        qsort(writing->answers, writing->answer_count, sizeof *writing->answers, compare);
    for (size_t i = 0; i < writing->answer_count; i++) {
        unsigned status = writing->answers[i] >> 20, class = writing->answers[i] & 0xfffff;
        char mark[32];
        (void)snprintf(mark, sizeof mark, class ? "%u-%u:" : "%u:", status, class);
        if (status / 100 != 3) {
            dt_buf_printf(out, "    if ($redirect = \"%s\") { return %u; }\n", mark, status);
            continue;
        }
        if (writing->guard)
            dt_buf_printf(out, "    if ($redirect ~ \"^%s(//.*)$\") { return %u /.$1; }\n", mark,
                          status);
        dt_buf_printf(out, "    if ($redirect ~ \"^%s(.+)$\") { return %u $1; }\n", mark, status);
    }
}

struct named {
    const struct dt_rule *rule;
};

static int compare_hosts(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int host = dt_slice_cmp(x->rule->host, y->rule->host);
    return host ? host : (int)x->rule->host_kind - (int)y->rule->host_kind;
}

/* The names that rules have, each once; "_" when some are for every host. */
static void put_names(const struct dt_nginx_writing *writing, struct dt_buf *out)
{
    struct named *all = calloc(writing->count + 1, sizeof *all);
    bool any = writing->count == 0;
    size_t count = 0;
    for (size_t i = 0; i < writing->count && all; i++) {
        any |= writing->entries[i].rule->host_kind == DT_HOST_ANY;
        all[count++].rule = writing->entries[i].rule;
    }
    if (any || !all) {
        dt_buf_str(out, "    listen 80 default_server;\n    server_name _;\n");
    } else {
        dt_buf_str(out, "    listen 80;\n    server_name");
        qsort(all, count, sizeof *all, compare_hosts);
        struct dt_slice exact = DT_SLICE_NONE, below = DT_SLICE_NONE;
        for (size_t i = 0; i < count; i++) {
            const struct dt_rule *rule = all[i].rule;
            bool is_exact = rule->host_kind == DT_HOST_EXACT || rule->host_kind == DT_HOST_DOMAIN;
            if (is_exact && !dt_slice_eq(exact, rule->host)) {
                dt_buf_printf(out, "\n        %.*s", DT_SLICE_FMT(rule->host));
                exact = rule->host;
            }
            if (rule->host_kind != DT_HOST_EXACT && !dt_slice_eq(below, rule->host)) {
                dt_buf_printf(out, "\n        *.%.*s", DT_SLICE_FMT(rule->host));
                below = rule->host;
            }
        }
        dt_buf_str(out, ";\n");
    }
    free(all);
}

static void put_server(const struct dt_nginx_writing *writing, struct dt_buf *fields,
                       struct dt_buf *out)
{
    dt_buf_str(out, "\nserver {\n");
    put_names(writing, out);
    dt_buf_str(out, "    absolute_redirect off;\n    merge_slashes off;\n\n");
    dt_buf_put(out, dt_buf_slice(fields));
    put_answers(writing, out);
    dt_buf_str(out, "\n    location / { return 404; }\n}\n");
}

/* ---- The whole ---- */

static bool read_rules(struct dt_nginx_writing *writing)
{
    struct dt_write *write = writing->write;
    struct dt_buf lead;
    bool fine = true;
    dt_buf_init(&lead, 1u << 20);
    for (uint32_t i = 0; i < write->count; i++) {
        struct dt_nginx_entry *entry = &writing->entries[writing->count];
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        fine = fine && dt_nginx_write_rule(writing, rule, entry);
        if (!dt_write_go(write) || !fine)
            continue;
        dt_write_lead(write, &lead, "    # ");
        entry->lead = dt_nginx_take(writing, &lead);
        writing->count++;
    }
    dt_buf_release(&lead);
    return fine;
}

void dt_nginx_write(struct dt_write *write)
{
    struct dt_nginx_writing writing = {.write = write};
    struct dt_buf maps, head, fields;
    dt_buf_init(&maps, LONGEST);
    dt_buf_init(&head, LONGEST);
    dt_buf_init(&fields, LONGEST);
    writing.entries = calloc((size_t)write->count + 1, sizeof *writing.entries);
    if (!writing.entries) {
        write->out.err = DT_ERR_NOMEM;
        return;
    }
    bool fine = read_rules(&writing) && dt_nginx_write_maps(&writing, &maps);
    put_head(&writing, &write->out);
    put_helpers(&writing, &write->out);
    put_gates(&writing, &write->out);
    dt_buf_put(&write->out, dt_buf_slice(&maps));
    put_fields(&writing, &head, &fields);
    dt_buf_put(&write->out, dt_buf_slice(&head));
    put_server(&writing, &fields, &write->out);
    if (!fine || maps.err || head.err || fields.err)
        write->out.err = DT_ERR_NOMEM;
    dt_buf_release(&maps);
    dt_buf_release(&head);
    dt_buf_release(&fields);
    free(writing.entries);
    free(writing.gates);
    free(writing.queries);
    free(writing.classes);
    free(writing.answers);
}
