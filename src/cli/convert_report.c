/* SPDX-License-Identifier: MIT
 *
 * See convert_report.h. A map of a hundred thousand rules may be refused for one and the same
 * reason, so of each reason a few rules are shown, and the rest is a number.
 */
#include "cli/convert_report.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 10u /* rules of one reason */
#define REASONS 256u

struct reason {
    const char *name;
    bool refused;
    uint64_t count;
};

struct reasons {
    struct reason list[REASONS];
    size_t count;
};

/* One more note of this reason; says how many there were before. */
static uint64_t count_reason(struct reasons *reasons, const struct dt_convert_note *note)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (strcmp(reasons->list[i].name, note->name) == 0 &&
            reasons->list[i].refused == note->refused)
            return reasons->list[i].count++;
    if (reasons->count == REASONS)
        return 0;
    reasons->list[reasons->count++] = (struct reason){note->name, note->refused, 1};
    return 0;
}

static struct dt_slice trim(struct dt_slice text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = dt_slice_from(text, 1);
    return text;
}

/* The rule's line stands below the last of its reasons; next is the one that is told next. */
static void print_note(const struct dt_convert_report *report, const struct dt_render *render,
                       const struct dt_convert_note *note, const struct dt_convert_note *next)
{
    const struct dt_ruleset *set = report->load->files.set;
    FILE *out = render->out;
    if (note->rule != UINT32_MAX) {
        const struct dt_rule *rule = dt_ruleset_rule(set, note->rule);
        fputs(render->bold, out);
        dt_text_safe(out, dt_ruleset_file(set, rule->file));
        fprintf(out, ":%u:%s ", rule->line, render->reset);
    }
    fprintf(out, "%s%s:%s ", note->refused ? render->error : render->warning,
            note->refused              ? "refused"
            : note->rule == UINT32_MAX ? "note"
                                       : "approximated",
            render->reset);
    dt_text_safe(out, note->message);
    fprintf(out, " %s[%s]%s\n", render->faint, note->name, render->reset);
    if (note->rule != UINT32_MAX && !(next && next->rule == note->rule)) {
        const struct dt_rule *rule = dt_ruleset_rule(set, note->rule);
        dt_render_line(render, trim(dt_ruleset_line(set, rule->file, rule->line)), 0, 0);
    }
}

static void print_rest(const struct reasons *reasons, const struct dt_render *render)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (reasons->list[i].count > SHOWN)
            fprintf(render->out, "and %s more %s [%s]; --all shows them\n",
                    dt_count_text(reasons->list[i].count - SHOWN).text,
                    reasons->list[i].refused ? "refused" : "approximated", reasons->list[i].name);
}

static void print_files(const struct dt_convert_report *report, FILE *out)
{
    size_t count = dt_convert_file_count(report->convert);
    if (!report->output)
        return;
    fprintf(out, "written: %s", report->output);
    for (size_t i = 1; i < count; i++)
        fprintf(out, ", %.*s", DT_SLICE_FMT(dt_convert_file(report->convert, i).name));
    fputc('\n', out);
}

void dt_convert_report_text(const struct dt_convert_report *report, const struct dt_render *render)
{
    const struct dt_convert *convert = report->convert;
    FILE *out = render->out;
    struct reasons reasons = {.count = 0};
    const struct dt_convert_note *told = NULL;
    for (size_t i = 0; i < dt_convert_note_count(convert); i++) {
        const struct dt_convert_note *note = dt_convert_note(convert, i);
        if (count_reason(&reasons, note) >= SHOWN && !report->all)
            continue;
        if (told)
            print_note(report, render, told, note);
        told = note;
    }
    if (told)
        print_note(report, render, told, NULL);
    if (!report->all)
        print_rest(&reasons, render);
    print_files(report, out);
    uint64_t refused = dt_convert_count(convert, DT_CONVERTED_REFUSED);
    fputs(refused ? render->error : render->bold, out);
    fprintf(out, "%s:%s ", dt_format_title(report->to), render->reset);
    dt_print_count(out, dt_ruleset_count(report->load->files.set), "rule");
    fprintf(out, " read, %s written, %s approximated, %s refused",
            dt_count_text(dt_convert_count(convert, DT_CONVERTED_WRITTEN)).text,
            dt_count_text(dt_convert_count(convert, DT_CONVERTED_APPROXIMATED)).text,
            dt_count_text(refused).text);
    size_t unread = dt_load_errors(report->load);
    if (unread) {
        fprintf(out, ", ");
        dt_print_count(out, unread, "error");
        fprintf(out, " in what was read");
    }
    fputc('\n', out);
}

/* ---- JSON ---- */

static json_t *note_json(const struct dt_convert_report *report, const struct dt_convert_note *note)
{
    const struct dt_ruleset *set = report->load->files.set;
    bool whole = note->rule == UINT32_MAX;
    const struct dt_rule *rule = whole ? NULL : dt_ruleset_rule(set, note->rule);
    return json_pack("{s:o, s:o, s:s, s:b, s:o}", "file",
                     whole ? json_null() : dt_json_text(dt_ruleset_file(set, rule->file)), "line",
                     whole ? json_null() : json_integer(rule->line), "name", note->name, "refused",
                     note->refused, "message", dt_json_text(note->message));
}

static json_t *files_json(const struct dt_convert_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < dt_convert_file_count(report->convert); i++) {
        struct dt_convert_file file = dt_convert_file(report->convert, i);
        json_t *object = json_pack("{s:o, s:I, s:o}", "name",
                                   i                ? dt_json_text(file.name)
                                   : report->output ? json_string(report->output)
                                                    : json_null(),
                                   "bytes", (json_int_t)file.text.len, "text",
                                   report->output ? json_null() : dt_json_text(file.text));
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *dt_convert_report_json(const struct dt_convert_report *report)
{
    const struct dt_convert *convert = report->convert;
    json_t *notes = json_array();
    for (size_t i = 0; notes && i < dt_convert_note_count(convert); i++)
        if (json_array_append_new(notes, note_json(report, dt_convert_note(convert, i))) != 0) {
            json_decref(notes);
            notes = NULL;
        }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "detour", DT_VERSION,
                     "to", dt_format_name(report->to), "read",
                     (json_int_t)dt_ruleset_count(report->load->files.set), "written",
                     (json_int_t)dt_convert_count(convert, DT_CONVERTED_WRITTEN), "approximated",
                     (json_int_t)dt_convert_count(convert, DT_CONVERTED_APPROXIMATED), "refused",
                     (json_int_t)dt_convert_count(convert, DT_CONVERTED_REFUSED), "notes", notes,
                     "files", files_json(report), "diagnostics", dt_json_diags(report->load),
                     "problems", dt_json_problems(report->load));
}
