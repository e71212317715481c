/* SPDX-License-Identifier: MIT
 *
 * First the answer as it goes over the wire, then the rule, then why that rule, then what the
 * answer means to a client and to a search engine: the question behind "explain" is mostly one of
 * these.
 */
#include "cli/explain_report.h"
#include "cli/conditions.h"
#include "cli/moment.h"
#include "cli/text.h"
#include "rules/match/request_url.h"

#include <string.h>

#define RULE_INDENT 6u

/* ---- What an answer means, from the one table of statuses ---- */

static const char *const CLIENTS[] = {
    [DT_PERMANENCE_NONE] = "are not sent elsewhere",
    [DT_PERMANENCE_TEMPORARY] = "keep the old URL for later requests: it is temporary",
    [DT_PERMANENCE_PERMANENT] = "may use the new URL from now on: it is permanent",
};

static const char *const SEARCH_ENGINES[] = {
    [DT_INDEX_NONE] = "make nothing of it",  [DT_INDEX_KEEP_OLD] = "keep the old URL",
    [DT_INDEX_MOVE] = "move to the new URL", [DT_INDEX_REMOVE] = "drop the URL",
    [DT_INDEX_RETRY] = "come back later",
};

static const char *caches(const struct dt_reply *reply)
{
    if (reply->decision.matched && reply->decision.cache.len)
        return "do what Cache-Control says";
    return reply->status->heuristic_cache ? "may keep it, for as long as they like, browsers too"
                                          : "do not keep it";
}

/* ---- Text ---- */

static void heading(const struct dt_render *render, const char *words)
{
    fprintf(render->out, "\n%s%s%s\n", render->bold, words, render->reset);
}

static void print_field(FILE *out, const char *name, struct dt_slice value)
{
    if (value.len == 0)
        return;
    fprintf(out, "  %s: ", name);
    dt_text_safe(out, value);
    fputc('\n', out);
}

/* The field lines of set-header=. */
static void print_lines(FILE *out, struct dt_slice lines)
{
    while (lines.len) {
        const char *end = memchr(lines.ptr, '\r', lines.len);
        size_t len = end ? (size_t)(end - lines.ptr) : lines.len;
        fprintf(out, "  ");
        dt_text_safe(out, dt_slice_of(lines.ptr, len));
        fputc('\n', out);
        lines = dt_slice_from(lines, len + 2);
    }
}

/* The request as rules see it, when that is not how it was written. */
static void print_normal(const struct dt_explain *explain, FILE *out)
{
    static char mem[1u << 18];
    struct dt_slice normal = dt_request_url(&explain->ask->request, mem, sizeof mem);
    struct dt_slice url = explain->url;
    const char *hash = url.len ? memchr(url.ptr, '#', url.len) : NULL;
    if (hash)
        url.len = (size_t)(hash - url.ptr);
    if (normal.len == 0 || dt_slice_eq(normal, url))
        return;
    fputs("  as rules see it: ", out);
    dt_text_safe(out, normal);
    fputc('\n', out);
}

/* When it was asked, if that was said or makes a difference. */
static void print_moment(const struct dt_explain *explain, FILE *out)
{
    char text[32];
    if (explain->at_given || explain->reply.decision.changes_at != DT_TIME_MAX)
        fprintf(out, "  at %.*s\n", DT_SLICE_FMT(dt_moment_text(explain->ask->request.now, text)));
}

static void print_answer(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_reply *reply = &explain->reply;
    const struct dt_decision *decision = &reply->decision;
    fputs(render->bold, out);
    dt_text_safe(out, explain->ask->request.method);
    fputc(' ', out);
    dt_text_safe(out, explain->url);
    fprintf(out, "%s\n", render->reset);
    print_normal(explain, out);
    print_moment(explain, out);
    fprintf(out, "  %s%u %.*s%s\n", reply->status->location ? render->fine : "",
            reply->status->code, DT_SLICE_FMT(reply->status->reason), render->reset);
    if (!decision->matched || decision->status == DT_STATUS_PASS) {
        print_field(out, "Vary", decision->vary);
        return;
    }
    print_field(out, "Location", decision->location);
    print_field(out, "Cache-Control", decision->cache);
    print_field(out, "Vary", decision->vary);
    if (decision->retry_after != DT_RETRY_AFTER_NONE)
        fprintf(out, "  Retry-After: %u\n", decision->retry_after);
    print_lines(out, decision->fields);
    if (decision->page.len)
        fprintf(out, "  (and a page of the rule's own)\n");
}

/* A rule is written in columns; here it must fit into a line: runs of spaces become two. */
static void print_rule_text(FILE *out, struct dt_slice text)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool blank = i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t');
        bool run =
            blank && i > 1 && i - from >= 2 && text.ptr[i - 1] == ' ' && text.ptr[i - 2] == ' ';
        if (i == text.len || run) {
            dt_text_safe(out, dt_slice_of(text.ptr + from, i - from));
            while (run && i + 1 < text.len && text.ptr[i + 1] == ' ')
                i++;
            from = i + 1;
        }
    }
}

void dt_explain_place(FILE *out, const struct dt_place *place)
{
    fprintf(out, "  ");
    dt_text_safe(out, place->file);
    fprintf(out, ":%u\n", place->line);
    if (place->text.len == 0)
        return;
    fprintf(out, "      ");
    if (RULE_INDENT + dt_text_columns(place->text) > DT_TEXT_COLUMNS) {
        dt_text_wrap(out, place->text, RULE_INDENT, RULE_INDENT + 4);
        return;
    }
    print_rule_text(out, place->text);
    fputc('\n', out);
}

/* What an expression was made into, where the rule's own text says it otherwise. */
static void print_expression(FILE *out, const struct dt_candidate *candidate,
                             const struct dt_place *place)
{
    struct dt_slice said = candidate->expression;
    if (said.len == 0 ||
        (place->text.len && memmem(place->text.ptr, place->text.len, said.ptr, said.len)))
        return;
    fprintf(out, "      ~");
    dt_text_safe(out, said);
    fputc('\n', out);
}

/* All that must hold besides the URL, as far as the rule files are known. */
static void print_conditions(FILE *out, const struct dt_load *load, const struct dt_place *place)
{
    const struct dt_rule *rule = dt_load_rule(load, place);
    if (!rule || !rule->conditions)
        return;
    const struct dt_conditions *all = dt_ruleset_conditions(load->files.set, rule->conditions);
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    for (uint32_t i = 0; i < all->count; i++) {
        dt_buf_clear(&text);
        dt_condition_text(&all->list[i], &text);
        fprintf(out, "      - ");
        dt_text_wrap(out, dt_buf_slice(&text), 8, 8);
    }
    dt_buf_release(&text);
}

/* The library says "the other" of the better one of two; here that is the one above. */
static void print_reason(FILE *out, const char *reason)
{
    char words[200];
    struct dt_slice said = dt_slice_str(reason);
    struct dt_slice other = DT_S("the other");
    bool swap = dt_slice_starts(said, other);
    struct dt_slice rest = dt_slice_from(said, swap ? other.len : 0);
    snprintf(words, sizeof words, "%s%.*s", swap ? "the rule above" : "", DT_SLICE_FMT(rest));
    fprintf(out, "      - ");
    dt_text_wrap(out, dt_slice_str(words), 8, 8);
}

static void print_rules(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    if (explain->reply.refused) {
        heading(render, "Answered by");
        fprintf(out, "  the server itself: TRACE and CONNECT are never redirected\n");
        return;
    }
    if (!explain->reply.decision.matched) {
        heading(render, "Answered by");
        fprintf(out, "  no rule; 404 is what the server answers then\n");
        return;
    }
    heading(render, "Answered by");
    dt_explain_place(out, &explain->places[0]);
    print_expression(out, &explain->candidates[0], &explain->places[0]);
    print_field(out, "    owner", explain->reply.decision.owner);
    print_conditions(out, explain->load, &explain->places[0]);
    if (explain->reply.decision.status == DT_STATUS_PASS)
        fprintf(out, "      - it says pass: the answer is as if no rule matched\n");
    if (explain->ncandidates == 1)
        fprintf(out, "      - no other rule matches\n");
    else
        heading(render, "It wins over");
    for (size_t i = 1; i < explain->ncandidates; i++) {
        dt_explain_place(out, &explain->places[i]);
        print_expression(out, &explain->candidates[i], &explain->places[i]);
        print_reason(out, explain->candidates[i].reason);
    }
    if (explain->ncandidates == DT_EXPLAIN_MAX)
        fprintf(out, "  (more rules match; the first %d are shown)\n", DT_EXPLAIN_MAX);
}

static void print_next(const struct dt_explain *explain, FILE *out)
{
    const struct dt_status *status = explain->reply.status;
    struct dt_slice method = explain->ask->request.method;
    if (explain->next.href.len == 0)
        return;
    fprintf(out, "  Next request    ");
    dt_text_safe(out, dt_status_next_method(status, method));
    fputc(' ', out);
    dt_text_safe(out, explain->next.href);
    bool has_body = !dt_slice_eq(method, DT_S("GET")) && !dt_slice_eq(method, DT_S("HEAD"));
    if (has_body)
        fprintf(out, dt_status_keeps_body(status, method) ? ", with the same body"
                                                          : ", without the body");
    fputc('\n', out);
}

/* "*" is what Vary says when something counted that no field tells. */
static void print_hint(const struct dt_explain *explain, FILE *out)
{
    const struct dt_request *request = &explain->ask->request;
    uint32_t needs = explain->load->snapshot.needs;
    bool ip = (needs & DT_NEED_ADDRESS) && !request->has_address;
    bool country = (needs & DT_NEED_COUNTRY) && !request->country.len;
    if (!dt_slice_eq(explain->reply.decision.vary, DT_S("*")) || (!ip && !country))
        return;
    fputc('\n', out);
    dt_text_wrap(
        out,
        ip && country ? DT_S("Conditions on the client's address or country were asked, and "
                             "none of them holds without --ip and --country.")
        : ip ? DT_S("A condition on the client's address was asked, and none of them holds "
                    "without --ip.")
             : DT_S("A condition on the client's country was asked, and none of them holds "
                    "without --country."),
        0, 0);
}

void dt_explain_text(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_status *status = explain->reply.status;
    char text[32];
    print_answer(explain, render);
    print_rules(explain, render);
    dt_explain_missed_text(explain, render);
    dt_explain_pieces_text(explain, render);
    heading(render, "What it means");
    print_next(explain, out);
    fprintf(out, "  Clients         %s\n", CLIENTS[status->permanence]);
    fprintf(out, "  Caches          %s\n", caches(&explain->reply));
    fprintf(out, "  Search engines  %s\n", SEARCH_ENGINES[status->index]);
    if (explain->reply.decision.changes_at != DT_TIME_MAX)
        fprintf(out, "  Until           %.*s: then another answer may be due\n",
                DT_SLICE_FMT(dt_moment_text(explain->reply.decision.changes_at, text)));
    fprintf(out, "  Standard        %s\n", status->source);
    print_hint(explain, out);
    if (explain->reply.decision.limited)
        fprintf(out,
                "\n%u regular expression%s reached the match limit and %s taken for no match.\n",
                explain->reply.decision.limited, explain->reply.decision.limited == 1 ? "" : "s",
                explain->reply.decision.limited == 1 ? "was" : "were");
}
