/* SPDX-License-Identifier: MIT
 *
 * People mend a file from top to bottom, whoever found what is wrong. So readers' errors,
 * compilers' warnings and findings are one list, by place; and a comment on a rule silences a
 * warning as it does a finding. Errors of readers are no opinion: they cannot be silenced.
 */
#include "cli/check_list.h"

#include "rules/check/allow.h"

#include <stdlib.h>
#include <string.h>

static const char *name_at(const void *ctx, size_t i)
{
    (void)ctx;
    size_t kinds = 0;
    while (dt_finding_kind(kinds))
        kinds++;
    return i < kinds ? dt_finding_kind(i)->name : dt_allow_warning(i - kinds);
}

/* Readers of other formats name their warnings after them; there is no list of these. */
static bool is_of_format(const char *name)
{
    static const char *const formats[] = {
        "apache-", "caddy-", "cloudflare-", "csv-",   "firebase-",       "govuk-",  "haproxy-",
        "mdn-",    "nginx-", "netlify-",    "pages-", "openpublishing-", "vercel-", "wordpress-"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strncmp(name, formats[i], strlen(formats[i])) == 0)
            return true;
    return false;
}

bool dt_check_is_name(const char *name)
{
    const char *known;
    if (is_of_format(name))
        return true;
    for (size_t i = 0; (known = name_at(NULL, i)) != NULL; i++)
        if (strcmp(known, name) == 0)
            return true;
    return false;
}

const char *dt_check_near_name(const char *name)
{
    return dt_nearest(name, name_at, NULL);
}

const char *dt_check_severity_word(uint8_t severity)
{
    return severity == DT_FINDING_ERROR     ? "error"
           : severity == DT_FINDING_WARNING ? "warning"
                                            : "note";
}

static bool is_ignored(const struct dt_texts *ignore, const char *name)
{
    for (size_t i = 0; i < ignore->count; i++)
        if (strcmp(ignore->items[i], name) == 0)
            return true;
    return false;
}

static struct dt_check_item of_diag(const struct dt_diag *diag, const struct dt_allows *allows)
{
    struct dt_check_item item = {
        .diag = diag,
        .name = diag->name ? diag->name : "",
        .severity = diag->severity == DT_SEVERITY_ERROR ? DT_FINDING_ERROR : DT_FINDING_WARNING,
        .file = diag->file,
        .line = diag->line,
    };
    if (diag->severity == DT_SEVERITY_ERROR)
        return item;
    const struct dt_allow *allow =
        dt_allows_find(allows, diag->file, diag->line, dt_slice_str(item.name));
    item.silenced = allow != NULL;
    if (allow)
        item.reason = allow->reason;
    return item;
}

static struct dt_check_item of_finding(const struct dt_finding *finding)
{
    return (struct dt_check_item){
        .finding = finding,
        .name = finding->kind->name,
        .severity = finding->kind->severity,
        .silenced = finding->allowed,
        .file = finding->file,
        .line = finding->line,
        .reason = finding->reason,
    };
}

static void add(struct dt_check_list *list, const struct dt_check_item *item)
{
    list->items[list->count++] = *item;
    if (item->silenced)
        list->silenced++;
    else
        list->counts[item->severity]++;
}

static bool is_before(const struct dt_finding *finding, const struct dt_diag *diag)
{
    return finding->file != diag->file ? finding->file < diag->file : finding->line < diag->line;
}

/* Both are sorted; on one line, what was read comes first. */
static void merge(struct dt_check_list *list, const struct dt_diag **diags, size_t ndiags,
                  const struct dt_check_result *result, const struct dt_texts *ignore,
                  const struct dt_allows *allows)
{
    size_t nfindings = result ? dt_check_count(result) : 0;
    for (size_t i = 0, j = 0; i < ndiags || j < nfindings;) {
        const struct dt_finding *finding = j < nfindings ? dt_check_finding(result, j) : NULL;
        bool take = finding && (i == ndiags || is_before(finding, diags[i]));
        struct dt_check_item item = take ? of_finding(finding) : of_diag(diags[i], allows);
        bool fixed = item.diag && item.severity == DT_FINDING_ERROR;
        if (fixed || !is_ignored(ignore, item.name))
            add(list, &item);
        i += !take;
        j += take;
    }
}

enum dt_err dt_check_list_make(const struct dt_load *load, const struct dt_check_result *result,
                               const struct dt_texts *ignore, struct dt_check_list *ret)
{
    struct dt_check_list list = {.items = NULL};
    struct dt_allows allows = {NULL, 0, 0};
    size_t ndiags, nfindings = result ? dt_check_count(result) : 0;
    const struct dt_diag **diags = dt_load_sorted_diags(load, &ndiags);
    enum dt_err err = diags ? DT_OK : DT_ERR_NOMEM;
    if (!err && load->files.set)
        err = dt_allows_read(load->files.set, &allows);
    if (!err) {
        list.items = calloc(ndiags + nfindings + 1, sizeof *list.items);
        err = list.items ? DT_OK : DT_ERR_NOMEM;
    }
    if (!err) {
        merge(&list, diags, ndiags, result, ignore, &allows);
        *ret = list;
    }
    dt_allows_release(&allows);
    free(diags);
    return err;
}

void dt_check_list_release(struct dt_check_list *list)
{
    free(list->items);
    *list = (struct dt_check_list){.items = NULL};
}

void dt_check_item_place(const struct dt_check_item *item, struct dt_slice line, uint32_t *ret_col,
                         uint32_t *ret_span)
{
    *ret_col = item->diag ? item->diag->col : item->finding->col;
    *ret_span = item->diag ? item->diag->span : item->finding->span;
    if (item->diag || *ret_col || line.len == 0)
        return;
    size_t from = 0, to;
    while (from < line.len && (line.ptr[from] == ' ' || line.ptr[from] == '\t'))
        from++;
    for (to = from; to < line.len && line.ptr[to] != ' ' && line.ptr[to] != '\t';)
        to++;
    *ret_col = (uint32_t)from + 1;
    *ret_span = to > from ? (uint32_t)(to - from) : 1;
}
