/* SPDX-License-Identifier: MIT
 *
 * A check as text. Each kind of finding is explained once, and shown so many times that one sees
 * the pattern; a file with 10,000 like it needs one change, and not 10,000 screens. It ends with
 * one line that says how much was looked at: silence would not tell a file that is fine from a file
 * that is empty.
 */
#include "cli/check_report.h"
#include "cli/census.h"
#include "cli/text.h"

#include <string.h>

#define SHOWN 20u /* of one kind, unless all are asked for */
#define LABEL 4   /* columns before what belongs to a finding, as before its line */

/* ---- The list ---- */

/* How often a name came. */
struct tally {
    const char *name;
    size_t shown, left_out;
};
#define TALLIES 64u

struct tallies {
    struct tally list[TALLIES];
    size_t count;
};

/* NULL: more kinds than are kept count of. */
static struct tally *tally_of(struct tallies *tallies, const char *name)
{
    for (size_t i = 0; i < tallies->count; i++)
        if (strcmp(tallies->list[i].name, name) == 0)
            return &tallies->list[i];
    if (tallies->count == TALLIES)
        return NULL;
    tallies->list[tallies->count] = (struct tally){name, 0, 0};
    return &tallies->list[tallies->count++];
}

static void print_labelled(const struct dt_render *render, const char *label, struct dt_slice text)
{
    size_t indent = LABEL + strlen(label) + 2;
    fprintf(render->out, "%*s%s: ", LABEL, "", label);
    dt_text_wrap(render->out, text, indent, indent);
}

static void print_other(const struct dt_check *check, const struct dt_finding *finding,
                        const struct dt_render *render)
{
    const struct dt_ruleset *set = check->load.files.set;
    const struct dt_rule *rule = dt_ruleset_rule(set, finding->other);
    if (!rule)
        return;
    fprintf(render->out, "%*sother: %s", LABEL, "", render->bold);
    dt_text_safe(render->out, dt_ruleset_file(set, rule->file));
    fprintf(render->out, ":%u%s\n", rule->line, render->reset);
    dt_render_line(render, dt_ruleset_line(set, rule->file, rule->line), 0, 0);
}

static void print_finding(const struct dt_check *check, const struct dt_check_item *item,
                          bool explain, const struct dt_render *render)
{
    const struct dt_finding *finding = item->finding;
    if (finding->example.len) {
        fprintf(render->out, "%*sexample: ", LABEL, "");
        dt_text_safe(render->out, finding->example);
        fputc('\n', render->out);
    }
    print_other(check, finding, render);
    if (explain)
        print_labelled(render, "why", dt_slice_str(finding->kind->says));
    if (finding->mend.len)
        print_labelled(render, "mend", finding->mend);
    else if (explain)
        print_labelled(render, "mend", dt_slice_str(finding->kind->mend));
}

static void print_item(const struct dt_check *check, const struct dt_check_item *item, bool explain,
                       const struct dt_render *render)
{
    const struct dt_ruleset *set = check->load.files.set;
    struct dt_diag diag = {
        .file = item->file,
        .line = item->line,
        .text = dt_check_line(check, item),
        .message = dt_check_message(item),
        .name = item->name,
    };
    dt_check_item_place(item, diag.text, &diag.col, &diag.span);
    const char *colour = item->severity == DT_FINDING_ERROR     ? render->error
                         : item->severity == DT_FINDING_WARNING ? render->warning
                                                                : render->faint;
    dt_render_said(render, dt_ruleset_file(set, item->file), &diag,
                   item->silenced ? "silenced" : dt_check_severity_word(item->severity),
                   item->silenced ? render->faint : colour);
    if (item->silenced)
        print_labelled(render, "reason", item->reason);
    if (item->finding)
        print_finding(check, item, explain && !item->silenced, render);
}

static bool is_hidden(const struct dt_check *check, const struct dt_check_item *item)
{
    bool quiet = item->silenced || item->severity == DT_FINDING_NOTE;
    bool asked = check->verbose || (!item->silenced && check->fail_on == DT_FINDING_NOTE);
    return quiet && !asked;
}

/* True when it was left out, for there were many before. */
static bool is_repetition(const struct dt_check *check, const struct dt_check_item *item,
                          struct tally *tally)
{
    bool reader_error = item->diag && item->severity == DT_FINDING_ERROR;
    if (check->all || reader_error || !tally || tally->shown < SHOWN)
        return false;
    tally->left_out++;
    return true;
}

static void print_list(const struct dt_check *check, const struct dt_render *render)
{
    struct tallies tallies = {.count = 0};
    for (size_t i = 0; i < check->list.count; i++) {
        const struct dt_check_item *item = &check->list.items[i];
        struct tally *tally = is_hidden(check, item) ? NULL : tally_of(&tallies, item->name);
        if (is_hidden(check, item) || is_repetition(check, item, tally))
            continue;
        print_item(check, item, !tally || tally->shown == 0, render);
        if (tally)
            tally->shown++;
    }
    for (size_t i = 0; i < tallies.count; i++)
        if (tallies.list[i].left_out)
            fprintf(render->out, "and %s more of %s[%s]%s; --all shows them\n",
                    dt_count_text(tallies.list[i].left_out).text, render->faint,
                    tallies.list[i].name, render->reset);
}

/* ---- Expectations ---- */

struct text_visit {
    const struct dt_check *check;
    const struct dt_render *render;
};

static void print_answer(FILE *out, const char *label, uint16_t status, struct dt_slice location)
{
    fprintf(out, "%s %u", label, status);
    if (location.len)
        fputc(' ', out);
    dt_text_safe(out, location);
}

static void print_place(const struct dt_render *render, const struct dt_place *place)
{
    fputs(render->bold, render->out);
    dt_text_safe(render->out, place->file);
    fprintf(render->out, ":%u:%s note: this rule answered\n", place->line, render->reset);
    if (place->text.len)
        dt_render_line(render, place->text, 0, 0);
}

static void visit_text(void *ctx, const struct dt_expect_outcome *outcome)
{
    const struct text_visit *visit = ctx;
    const struct dt_expect *expect = outcome->expect;
    const struct dt_ruleset *set = visit->check->load.files.set;
    FILE *out = visit->render->out;
    if (outcome->result == DT_EXPECT_HOLDS)
        return;
    const struct dt_diag diag = dt_check_expect_diag(set, outcome);
    dt_render_diag(visit->render, dt_ruleset_file(set, expect->file), &diag);
    if (outcome->result == DT_EXPECT_FAILED)
        return;
    print_answer(out, "    expected ", expect->status, expect->location);
    print_answer(out, "\n    got      ", outcome->status, outcome->location);
    if (outcome->resolved.len && expect->location.len) {
        fprintf(out, ", which is ");
        dt_text_safe(out, outcome->resolved);
    }
    fprintf(out, outcome->passed    ? ", the rule says pass\n"
                 : outcome->matched ? "\n"
                                    : ", no rule matches\n");
    if (outcome->matched)
        print_place(visit->render, &outcome->place);
}

static void print_expectations(FILE *out, const struct dt_expect_counts *counts)
{
    if (counts->total == 0)
        fprintf(out, "no expectations");
    else if (counts->failed)
        fprintf(out, "%s of %s expectations hold",
                dt_count_text(counts->total - counts->failed).text,
                dt_count_text(counts->total).text);
    else
        fprintf(out, "%s expectation%s", dt_count_text(counts->total).text,
                counts->total == 1 ? " holds" : "s hold");
}

/* ---- The last lines ---- */

static void print_hidden(const struct dt_check *check, FILE *out)
{
    size_t notes = check->list.counts[DT_FINDING_NOTE], silenced = check->list.silenced;
    if (notes) {
        fprintf(out, ", ");
        dt_print_count(out, notes, "note");
    }
    if (silenced)
        fprintf(out, ", %s silenced", dt_count_text(silenced).text);
    bool hidden = silenced || (notes && check->fail_on != DT_FINDING_NOTE);
    if (hidden && !check->verbose)
        fprintf(out, " (-v shows %s)", notes + silenced == 1 ? "it" : "them");
}

static void print_summary(const struct dt_check *check, const struct dt_expect_counts *counts,
                          const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_call *call = check->call;
    bool fine = dt_check_exit(check, counts) == DT_EXIT_OK;
    fputs(fine ? render->bold : render->error, out);
    if (call->noperands == 1)
        dt_text_safe(out, dt_slice_str(call->operands[0]));
    else
        dt_print_count(out, call->noperands, "path");
    fprintf(out, ":%s ", render->reset);
    dt_print_count(out, dt_check_rules(check), "rule");
    fprintf(out, ", ");
    if (check->load.files.set)
        print_expectations(out, counts);
    else
        fprintf(out, check->whole ? "a whole snapshot" : "not a whole snapshot");
    fprintf(out, ", ");
    dt_print_count(out, dt_check_errors(check), "error");
    fprintf(out, ", ");
    dt_print_count(out, check->list.counts[DT_FINDING_WARNING], "warning");
    print_hidden(check, out);
    fputc('\n', out);
}

static void print_unknown(const struct dt_check *check, const struct dt_render *render)
{
    size_t unknown = check->result ? dt_check_unknown(check->result) : 0;
    if (!unknown || !check->verbose)
        return;
    fprintf(render->out, "Not followed: ");
    dt_print_count(render->out, unknown, "rule");
    fprintf(render->out, " for which no example could be made\n");
}

int dt_check_text(struct dt_check *check, const struct dt_render *render)
{
    struct dt_expect_counts counts = {0, 0};
    struct text_visit visit = {check, render};
    dt_load_complain(&check->load, check->call->command);
    print_list(check, render);
    const struct dt_expect_run run = {&check->load, check->at, visit_text, &visit};
    if (check->ready && dt_expect_try(&run, &counts) != DT_OK) {
        dt_complain(check->call->command, "out of memory");
        return DT_EXIT_FINDINGS;
    }
    print_unknown(check, render);
    dt_census_kinds_text(check->load.files.set, render);
    if (check->at_given)
        dt_census_timed_text(check->load.files.set, check->at, render);
    print_summary(check, &counts, render);
    return dt_check_exit(check, &counts);
}
