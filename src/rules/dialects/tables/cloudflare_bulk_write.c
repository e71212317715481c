/* SPDX-License-Identifier: MIT
 *
 * Rules as rows of Cloudflare's Bulk Redirects. A folder and its page are one row there (subpath
 * matching), where they are two rules here: so folders are found by their path.
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/write/write.h"

#include <detour/uri.h>
#include <stdlib.h>

#define CAN (DT_CAN_SCHEME | DT_CAN_HOST | DT_CAN_HOST_BELOW | DT_CAN_STAR)
#define LONGEST 32768u

struct folder {
    const struct dt_rule *rule;
    uint32_t number;
};

struct work {
    struct dt_write *write;
    struct folder *folders; /* rules for dir/..., sorted by host, scheme and path */
    size_t count;
    uint8_t *done; /* by rule: it was decided on, with its page or before it */
};

static int compare(const struct dt_rule *a, const struct dt_rule *b)
{
    int cmp = dt_slice_cmp(a->host, b->host);
    if (cmp == 0)
        cmp = a->host_kind != b->host_kind ? a->host_kind - b->host_kind : a->scheme - b->scheme;
    return cmp ? cmp : dt_slice_cmp(a->path, b->path);
}

static int by_place(const void *a, const void *b)
{
    const struct folder *x = a, *y = b;
    int cmp = compare(x->rule, y->rule);
    return cmp ? cmp : x->number < y->number ? -1 : x->number > y->number;
}

static bool collect(struct work *work)
{
    struct dt_write *write = work->write;
    work->folders = malloc((write->count + 1) * sizeof *work->folders);
    work->done = calloc(write->count + 1, 1);
    if (!work->folders || !work->done)
        return false;
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(write->set, i);
        if (rule->path_kind == DT_PATH_PREFIX)
            work->folders[work->count++] = (struct folder){rule, i};
    }
    qsort(work->folders, work->count, sizeof *work->folders, by_place);
    return true;
}

/* The target up to the ":splat" that ends its path; false when that is not how it is made. */
static bool suffix_at(const struct dt_rule *rule, struct dt_slice *ret_before,
                      struct dt_slice *ret_behind)
{
    const char *mark =
        rule->target.len ? memchr(rule->target.ptr, DT_MARK_PATH, rule->target.len) : NULL;
    if (!mark || mark == rule->target.ptr || mark[-1] != '/')
        return false;
    *ret_before = dt_slice_of(rule->target.ptr, (size_t)(mark - rule->target.ptr) - 1);
    *ret_behind = dt_slice_from(rule->target, ret_before->len + 3);
    return !dt_location_has_marks(*ret_before) && !dt_location_has_marks(*ret_behind) &&
           (ret_behind->len == 0 || ret_behind->ptr[0] == '?' || ret_behind->ptr[0] == '#') &&
           dt_slice_eq(dt_slice_from(rule->target, (size_t)(mark - rule->target.ptr) + 1),
                       dt_slice_of(mark + 1, 1 + ret_behind->len)) &&
           (unsigned char)mark[1] == 0x80;
}

/* The folder that a page belongs to: what is below the page goes below the page's target. */
static const struct folder *folder_of(const struct work *work, const struct dt_rule *page)
{
    struct dt_rule like = *page;
    struct dt_slice before, behind;
    if (like.path.len == 1)
        like.path.len = 0;
    const struct folder key = {&like, 0};
    size_t low = 0, high = work->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (by_place(&work->folders[mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == work->count || compare(work->folders[low].rule, &like) != 0)
        return NULL;
    const struct dt_rule *rule = work->folders[low].rule;
    if (rule->action != page->action || rule->conditions || page->conditions ||
        rule->flags != page->flags || rule->priority != page->priority ||
        rule->port != page->port || rule->nparams || page->nparams ||
        !suffix_at(rule, &before, &behind))
        return NULL;
    struct dt_slice target = page->target;
    bool same = target.len >= behind.len &&
                dt_slice_eq(dt_slice_from(target, target.len - behind.len), behind);
    target.len -= same ? behind.len : 0;
    if (target.len == before.len + 1 && target.ptr[before.len] == '/')
        target.len--; /* "/new/" and "/new" go to the same below */
    return same && dt_slice_eq(target, before) ? &work->folders[low] : NULL;
}

static bool redirects(unsigned status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}

/* What a row cannot say of this rule. */
static void check(struct dt_write *write, const struct dt_rule *rule)
{
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_slice target = rule->target;
    dt_write_check(write, rule, CAN);
    dt_write_check_conditions(write, rule, 0);
    if (rule->host_kind == DT_HOST_ANY)
        dt_write_cannot(write, "host", "a source there has a host");
    if (rule->host_kind == DT_HOST_SUBDOMAINS)
        dt_write_differs(write, "host-below", "the host itself would match too");
    if (!redirects(action->status))
        dt_write_cannot(write, "status", "Cloudflare redirects with 301, 302, 307 or 308");
    if (action->query == DT_QUERY_KEEP || action->query == DT_QUERY_WITHOUT)
        dt_write_cannot(write, "query-names", "the query is passed on as a whole or not at all");
    if (action->query == DT_QUERY_PASS && target.len && memchr(target.ptr, '?', target.len))
        dt_write_differs(write, "query-merge",
                         "what becomes of a query beside the target's own is not documented");
    if (rule->priority || (rule->flags & DT_RULE_MAINTENANCE))
        dt_write_differs(write, "priority", "the most specific source wins there");
    if (target.len && target.ptr[0] == '/')
        dt_write_differs(write, "target-path", "a target there has a host and a scheme");
    if (rule->host.len + rule->path.len > LONGEST || target.len > LONGEST)
        dt_write_cannot(write, "long", "a URL there has at most 32 KB");
}

static void put_switch(struct dt_buf *out, bool on)
{
    dt_buf_str(out, on ? ",TRUE" : ",FALSE");
}

static void put_row(struct dt_write *write, const struct dt_rule *rule, struct dt_slice target,
                    bool subpath, bool suffix)
{
    static const char *const schemes[] = {"", "http://", "https://"};
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_buf text;
    dt_buf_init(&text, 3 * LONGEST);
    dt_buf_printf(&text, "%s%.*s%.*s", schemes[rule->scheme], DT_SLICE_FMT(rule->host),
                  DT_SLICE_FMT(rule->path));
    if (rule->path.len == 0)
        dt_buf_char(&text, '/');
    dt_csv_put(&write->out, dt_buf_slice(&text));
    dt_buf_clear(&text);
    if (target.len && target.ptr[0] == '/')
        dt_buf_printf(&text, "%s%.*s", rule->scheme == DT_SCHEME_HTTP ? "http://" : "https://",
                      DT_SLICE_FMT(rule->host));
    dt_buf_put(&text, target);
    dt_buf_char(&write->out, ',');
    dt_csv_put(&write->out, dt_buf_slice(&text));
    dt_buf_printf(&write->out, ",%u", action->status);
    put_switch(&write->out, action->query == DT_QUERY_PASS);
    put_switch(&write->out, rule->host_kind != DT_HOST_EXACT);
    put_switch(&write->out, subpath);
    put_switch(&write->out, suffix);
    dt_buf_char(&write->out, '\n');
    dt_buf_release(&text);
}

static void write_folder(struct dt_write *write, const struct dt_rule *rule)
{
    struct dt_slice before, behind;
    bool marks = dt_location_has_marks(rule->target);
    bool suffix = marks && suffix_at(rule, &before, &behind);
    if (marks && !suffix)
        dt_write_cannot(write, "target",
                        "what is below a path can only be put at the end of the target's");
    if (suffix)
        dt_write_differs(write, "folder",
                         "the folder itself is sent to the target without a slash");
    if (!dt_write_go(write))
        return;
    if (!suffix) {
        put_row(write, rule, rule->target, true, false);
        return;
    }
    char *mem = dt_arena_alloc(&write->arena, before.len + behind.len + 1);
    if (!mem)
        return;
    memcpy(mem, before.ptr, before.len);
    memcpy(mem + before.len, behind.len ? behind.ptr : "", behind.len);
    put_row(write, rule, dt_slice_of(mem, before.len + behind.len), true, true);
}

static void write_rule(struct work *work, uint32_t number)
{
    struct dt_write *write = work->write;
    if (work->done[number])
        return; /* with its page, which came before it */
    work->done[number] = 1;
    const struct dt_rule *rule = dt_write_begin(write, number);
    check(write, rule);
    if (rule->path_kind == DT_PATH_PREFIX) {
        write_folder(write, rule);
        return;
    }
    if (dt_location_has_marks(rule->target))
        dt_write_cannot(write, "target", "a target there has no captures");
    const struct folder *folder = folder_of(work, rule);
    if (folder && work->done[folder->number])
        folder = NULL;
    if (!dt_write_go(write))
        return;
    put_row(write, rule, rule->target, folder != NULL, folder != NULL);
    if (!folder)
        return;
    work->done[folder->number] = 1;
    dt_write_begin(write, folder->number);
    (void)dt_write_go(write);
}

void dt_cloudflare_bulk_write(struct dt_write *write)
{
    struct work work = {.write = write};
    bool ready = collect(&work);
    for (uint32_t i = 0; i < write->count; i++) {
        if (ready) {
            write_rule(&work, write->order[i]);
            continue;
        }
        dt_write_begin(write, write->order[i]);
        dt_write_cannot(write, "memory", "out of memory");
        (void)dt_write_go(write);
    }
    free(work.folders);
    free(work.done);
}
