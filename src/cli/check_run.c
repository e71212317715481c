/* SPDX-License-Identifier: MIT
 *
 * A check, before it is reported: compile, look at everything, merge. Who waits at a terminal is
 * told how far it has come.
 */
#include "cli/check_report.h"
#include "cli/progress.h"

/* Damage found here is a problem line like any other. */
static bool compile(struct dt_check *check)
{
    struct dt_load *load = &check->load;
    bool loaded = load->files.set || load->files.snapshot_fd >= 0;
    if (!loaded)
        return false;
    if (!load->files.set) {
        enum dt_err damage = dt_snapshot_verify(&load->files.snapshot, &check->what);
        check->whole = damage == DT_OK;
        if (!check->whole)
            dt_buf_printf(&load->problems, "%s: %s: %s\n", check->call->operands[0],
                          dt_err_message(damage), check->what ? check->what : "unknown part");
        return check->whole;
    }
    enum dt_err err = dt_load_compile(load);
    if (err != DT_OK)
        dt_buf_printf(&load->problems, "the rules cannot be compiled: %s\n", dt_err_message(err));
    return err == DT_OK;
}

bool dt_check_prepare(struct dt_check *check)
{
    enum dt_err err = DT_OK;
    check->ready = compile(check);
    if (check->ready && check->load.files.set) {
        struct dt_progress progress;
        dt_progress_begin(&progress, "checking", dt_check_rules(check), "rule");
        const struct dt_check_options options = {
            .set = check->load.files.set,
            .snapshot = &check->load.snapshot,
            .now = check->at,
            .progress = dt_progress_tell,
            .ctx = &progress,
        };
        err = dt_check_new(&options, &check->result);
        dt_progress_end(&progress);
    }
    if (!err)
        err = dt_check_list_make(&check->load, check->result, &check->ignore, &check->list);
    if (err)
        dt_complain(check->call->command, "%s", dt_err_message(err));
    return err == DT_OK;
}

void dt_check_release(struct dt_check *check)
{
    dt_check_list_release(&check->list);
    dt_check_free(check->result);
    check->result = NULL;
}

/* ---- What the reports share ---- */

size_t dt_check_problems(const struct dt_check *check)
{
    const struct dt_ruleset *set = check->load.files.set;
    return dt_load_errors(&check->load) - (set ? dt_ruleset_error_count(set) : 0);
}

size_t dt_check_errors(const struct dt_check *check)
{
    return dt_check_problems(check) + check->list.counts[DT_FINDING_ERROR];
}

uint64_t dt_check_rules(const struct dt_check *check)
{
    if (check->load.files.set)
        return dt_ruleset_count(check->load.files.set);
    return check->whole ? check->load.files.snapshot.rules : 0;
}

int dt_check_exit(const struct dt_check *check, const struct dt_expect_counts *counts)
{
    bool failed = dt_check_errors(check) || counts->failed;
    for (unsigned severity = 0; severity <= check->fail_on; severity++)
        failed |= check->list.counts[severity] > 0;
    return failed ? DT_EXIT_FINDINGS : DT_EXIT_OK;
}

struct dt_slice dt_check_message(const struct dt_check_item *item)
{
    return item->diag ? item->diag->message : item->finding->message;
}

struct dt_slice dt_check_line(const struct dt_check *check, const struct dt_check_item *item)
{
    if (item->diag)
        return item->diag->text;
    return dt_ruleset_line(check->load.files.set, item->file, item->line);
}

struct dt_diag dt_check_expect_diag(const struct dt_ruleset *set,
                                    const struct dt_expect_outcome *outcome)
{
    const struct dt_expect *expect = outcome->expect;
    struct dt_slice line = dt_ruleset_line(set, expect->file, expect->line);
    return (struct dt_diag){
        .severity = DT_SEVERITY_ERROR,
        .file = expect->file,
        .line = expect->line,
        .col = expect->col,
        .span = expect->col && line.len >= expect->col ? (uint32_t)line.len - expect->col + 1 : 1,
        .text = line,
        .message = outcome->result == DT_EXPECT_FAILED ? dt_slice_str(dt_err_message(outcome->err))
                                                       : DT_S("this expectation does not hold"),
        .name = "expect",
    };
}
