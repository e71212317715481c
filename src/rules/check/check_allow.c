/* SPDX-License-Identifier: MIT
 *
 * Silencing: the findings of a rule whose author says why they are meant. They stay in the result,
 * marked, with the reason. An allow that does nothing is told, so that none outlives its cause.
 */
#include "rules/check/allow.h"
#include "rules/check/checker.h"

#include "rules/read/diag.h"

static void silence_findings(struct dt_checker *checker, const struct dt_allows *allows)
{
    size_t count;
    struct dt_finding *findings = dt_check_findings(checker, &count);
    for (size_t i = 0; i < count; i++) {
        struct dt_finding *finding = &findings[i];
        struct dt_allow *allow =
            dt_allows_find(allows, finding->file, finding->line, dt_slice_str(finding->kind->name));
        if (!allow)
            continue;
        finding->allowed = true;
        finding->reason = allow->reason;
        allow->used = true;
    }
}

/* Who prints the warnings asks dt_allows_find for each of them too. */
static void note_warnings(const struct dt_ruleset *set, const struct dt_allows *allows)
{
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        if (diag->severity == DT_SEVERITY_ERROR || !diag->name)
            continue;
        struct dt_allow *allow =
            dt_allows_find(allows, diag->file, diag->line, dt_slice_str(diag->name));
        if (allow)
            allow->used = true;
    }
}

static bool is_known(const struct dt_ruleset *set, const struct dt_allow *allow)
{
    if (allow->used || dt_finding_kind_find(allow->name))
        return true;
    for (size_t i = 0; dt_allow_warning(i); i++)
        if (dt_slice_eq(allow->name, dt_slice_str(dt_allow_warning(i))))
            return true;
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        if (diag->severity == DT_SEVERITY_WARNING && diag->name &&
            dt_slice_eq(allow->name, dt_slice_str(diag->name)))
            return true;
    }
    return false;
}

static const char *nearest(struct dt_slice name)
{
    const char *names[DT_FIND_COUNT + 16];
    size_t count = 0;
    for (size_t i = 0; i < DT_FIND_COUNT; i++)
        names[count++] = dt_finding_kind(i)->name;
    for (size_t i = 0; dt_allow_warning(i) && count < sizeof names / sizeof *names; i++)
        names[count++] = dt_allow_warning(i);
    return dt_diag_nearest(name, names, count);
}

static void place(struct dt_finding *finding, const struct dt_allow *allow)
{
    if (!finding)
        return;
    finding->rule = UINT32_MAX;
    finding->file = allow->file;
    finding->line = allow->line;
    finding->col = allow->col;
    finding->span = allow->name.len ? (uint32_t)allow->name.len : 1;
}

static void tell(struct dt_checker *checker, const struct dt_allow *allow)
{
    struct dt_slice none = DT_SLICE_NONE, name = allow->name;
    if (!is_known(checker->set, allow)) {
        const char *near = nearest(name);
        place(dt_check_add(checker, DT_FIND_ALLOW_UNKNOWN, UINT32_MAX, none,
                           near ? "there is no finding \"%.*s\", did you mean %s"
                                : "there is no finding \"%.*s\"%s",
                           DT_SLICE_FMT(name), near ? near : ""),
              allow);
    } else if (allow->reason.len == 0) {
        place(dt_check_add(checker, DT_FIND_ALLOW_REASON, UINT32_MAX, none,
                           "without a reason %.*s is not silenced", DT_SLICE_FMT(name)),
              allow);
    } else if (!allow->used) {
        place(dt_check_add(checker, DT_FIND_ALLOW_UNUSED, UINT32_MAX, none,
                           allow->about ? "there is no %.*s to silence at this rule"
                                        : "%.*s is not silenced: no rule stands right below",
                           DT_SLICE_FMT(name)),
              allow);
    }
}

void dt_check_allow(struct dt_checker *checker)
{
    struct dt_allows allows;
    enum dt_err err = dt_allows_read(checker->set, &allows);
    if (err) {
        checker->err = err;
        return;
    }
    if (allows.count) {
        silence_findings(checker, &allows);
        note_warnings(checker->set, &allows);
    }
    for (size_t i = 0; i < allows.count && !checker->err; i++)
        tell(checker, &allows.list[i]);
    dt_allows_release(&allows);
}
