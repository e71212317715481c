/* SPDX-License-Identifier: MIT
 *
 * Options in the native language: only those that are not what would be taken without them.
 */
#include "rules/write/native_write.h"

#include "rules/ruleset_priv.h"

static bool needs_quotes(struct dt_slice value)
{
    if (value.len == 0)
        return true;
    for (size_t i = 0; i < value.len; i++)
        if (strchr(" \t\"\\#", value.ptr[i]))
            return true;
    return false;
}

void dt_native_option(struct dt_buf *out, const char *name, struct dt_slice value)
{
    dt_buf_printf(out, " %s=", name);
    dt_native_quoted(out, value);
}

void dt_native_quoted(struct dt_buf *out, struct dt_slice value)
{
    if (!needs_quotes(value)) {
        dt_buf_put(out, value);
        return;
    }
    dt_buf_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            dt_buf_char(out, '\\');
        dt_buf_char(out, value.ptr[i]);
    }
    dt_buf_char(out, '"');
}

static void put_query(const struct dt_action *action, struct dt_buf *out)
{
    static const char *const words[] = {[DT_QUERY_PASS] = "",
                                        [DT_QUERY_DROP] = "drop",
                                        [DT_QUERY_KEEP] = "keep:",
                                        [DT_QUERY_WITHOUT] = "without:"};
    if (action->query != DT_QUERY_PASS)
        dt_buf_printf(out, " query=%s%.*s", words[action->query], DT_SLICE_FMT(action->names));
}

static bool is_seconds(struct dt_slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        at++;
    return text.len && at == text.len && (text.len == 1 || text.ptr[0] != '0') && text.len < 10;
}

static void put_cache(const struct dt_action *action, struct dt_buf *out)
{
    struct dt_slice age = DT_S("max-age=");
    if (action->cache.len == 0)
        return;
    if (dt_slice_eq(action->cache, DT_S("no-store")))
        dt_buf_str(out, " cache=no");
    else if (dt_slice_starts(action->cache, age) &&
             is_seconds(dt_slice_from(action->cache, age.len)))
        dt_native_option(out, "cache", dt_slice_from(action->cache, age.len));
    else
        dt_native_option(out, "cache", action->cache);
}

/* "Name: value" CR LF, one after another. */
static void put_fields(struct dt_slice fields, struct dt_buf *out)
{
    while (fields.len) {
        const char *end = memmem(fields.ptr, fields.len, "\r\n", 2);
        size_t len = end ? (size_t)(end - fields.ptr) : fields.len;
        dt_native_option(out, "set-header", dt_slice_of(fields.ptr, len));
        fields = dt_slice_from(fields, len + 2);
    }
}

/* A page is a file of its own, beside the rules. */
static void put_page(struct dt_write *write, struct dt_slice page, struct dt_buf *out)
{
    struct dt_slice name = DT_SLICE_NONE;
    for (const struct dt_set_page *row = write->set->pages; row; row = row->next)
        if (dt_slice_eq(row->text, page))
            name = row->name;
    const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
    if (slash)
        name = dt_slice_from(name, (size_t)(slash - name.ptr) + 1);
    if (!name.len || !dt_write_file_once(write, name, page)) {
        dt_write_cannot(write, "page", "the file of the page is not known");
        return;
    }
    dt_native_option(out, "page", name);
}

void dt_native_options(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    const struct dt_action *action = dt_write_action(write, rule);
    bool maintenance = rule->flags & DT_RULE_MAINTENANCE;
    put_query(action, out);
    if (!maintenance || !dt_slice_eq(action->cache, DT_S("no-store")))
        put_cache(action, out);
    if (maintenance && action->cache.len == 0)
        dt_write_cannot(write, "cache", "maintenance always has a Cache-Control");
    if (action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_buf_str(out, " retry-after=until");
    else if (action->retry_after != DT_RETRY_AFTER_NONE)
        dt_buf_printf(out, " retry-after=%u", action->retry_after);
    if ((rule->flags & DT_RULE_IGNORE_CASE) && rule->path_kind != DT_PATH_REGEX)
        dt_buf_str(out, " case=ignore");
    if (rule->flags & DT_RULE_IGNORE_SLASH)
        dt_buf_str(out, " slash=ignore");
    if (rule->flags & DT_RULE_EXACT_QUERY)
        dt_buf_str(out, " params=only");
    if (rule->priority)
        dt_buf_printf(out, " priority=%d", rule->priority);
    if (!action->note)
        dt_buf_str(out, " note=no");
    else if (action->note_text.len)
        dt_native_option(out, "note", action->note_text);
    if (action->page.len)
        put_page(write, action->page, out);
    put_fields(action->fields, out);
    if (rule->flags & DT_RULE_OPEN)
        dt_buf_str(out, " open=yes");
    dt_native_conditions(write, rule, out);
    if (action->owner.len)
        dt_native_option(out, "owner", action->owner);
}
