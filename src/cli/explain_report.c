/* SPDX-License-Identifier: MIT
 *
 * First the answer as it goes over the wire, then the rule, then why that rule, then what the
 * answer means to a client and to a search engine: the question behind "explain" is mostly one of
 * these.
 */
#include "cli/explain_report.h"
#include "cli/json.h"
#include "cli/text.h"

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

static void print_answer(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_reply *reply = &explain->reply;
    const struct dt_decision *decision = &reply->decision;
    fputs(render->bold, out);
    dt_text_safe(out, explain->ask->request.method);
    fputc(' ', out);
    dt_text_safe(out, explain->url);
    fprintf(out, "%s\n  %s%u %.*s%s\n", render->reset, reply->status->location ? render->fine : "",
            reply->status->code, DT_SLICE_FMT(reply->status->reason), render->reset);
    if (!decision->matched)
        return;
    print_field(out, "Location", decision->location);
    print_field(out, "Cache-Control", decision->cache);
    if (decision->retry_after != DT_RETRY_AFTER_NONE)
        fprintf(out, "  Retry-After: %u\n", decision->retry_after);
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

static void print_place(FILE *out, const struct dt_place *place)
{
    fprintf(out, "  ");
    dt_text_safe(out, place->file);
    fprintf(out, ":%u\n", place->line);
    if (place->text.len) {
        fprintf(out, "      ");
        print_rule_text(out, place->text);
        fputc('\n', out);
    }
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
    print_place(out, &explain->places[0]);
    print_field(out, "    owner", explain->reply.decision.owner);
    if (explain->ncandidates == 1)
        fprintf(out, "      - no other rule matches\n");
    else
        heading(render, "It wins over");
    for (size_t i = 1; i < explain->ncandidates; i++) {
        print_place(out, &explain->places[i]);
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

void dt_explain_text(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_status *status = explain->reply.status;
    print_answer(explain, render);
    print_rules(explain, render);
    heading(render, "What it means");
    print_next(explain, out);
    fprintf(out, "  Clients         %s\n", CLIENTS[status->permanence]);
    fprintf(out, "  Caches          %s\n", caches(&explain->reply));
    fprintf(out, "  Search engines  %s\n", SEARCH_ENGINES[status->index]);
    fprintf(out, "  Standard        %s\n", status->source);
}

/* ---- JSON ---- */

static json_t *request_json(const struct dt_explain *explain)
{
    const struct dt_request *request = &explain->ask->request;
    return json_pack("{s:o, s:o, s:s, s:o, s:i, s:o, s:o}", "method", dt_json_text(request->method),
                     "url", dt_json_text(explain->url), "scheme",
                     request->scheme == DT_SCHEME_HTTPS ? "https" : "http", "host",
                     dt_json_text(request->host), "port", (int)request->port, "path",
                     dt_json_text(request->path), "query", dt_json_optional(request->query));
}

static json_t *answer_json(const struct dt_explain *explain)
{
    const struct dt_decision *decision = &explain->reply.decision;
    const struct dt_status *status = explain->reply.status;
    bool matched = decision->matched;
    bool waits = matched && decision->retry_after != DT_RETRY_AFTER_NONE;
    return json_pack("{s:i, s:o, s:o, s:o, s:o}", "status", (int)status->code, "reason",
                     dt_json_text(status->reason), "location",
                     dt_json_optional(matched ? decision->location : DT_SLICE_NONE),
                     "cache_control", dt_json_optional(matched ? decision->cache : DT_SLICE_NONE),
                     "retry_after", waits ? json_integer(decision->retry_after) : json_null());
}

static json_t *next_json(const struct dt_explain *explain)
{
    struct dt_slice method = explain->ask->request.method;
    const struct dt_status *status = explain->reply.status;
    if (explain->next.href.len == 0)
        return json_null();
    return json_pack(
        "{s:o, s:o, s:b}", "method", dt_json_text(dt_status_next_method(status, method)), "url",
        dt_json_text(explain->next.href), "keeps_body", dt_status_keeps_body(status, method));
}

static json_t *candidates_json(const struct dt_explain *explain)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < explain->ncandidates; i++) {
        json_t *object = dt_json_place(&explain->places[i]);
        const struct dt_candidate *candidate = &explain->candidates[i];
        if (json_object_set_new(object, "wins", json_boolean(candidate->wins)) != 0 ||
            json_object_set_new(object, "reason", json_string(candidate->reason)) != 0 ||
            json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

int dt_explain_json(const struct dt_explain *explain, const struct dt_command *command, int code)
{
    const struct dt_decision *decision = &explain->reply.decision;
    bool matched = decision->matched;
    json_t *object = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "detour", DT_VERSION,
                               "matched", matched, "request", request_json(explain), "answer",
                               answer_json(explain), "next", next_json(explain), "rule",
                               matched ? dt_json_place(&explain->places[0]) : json_null(), "owner",
                               dt_json_optional(matched ? decision->owner : DT_SLICE_NONE),
                               "candidates", candidates_json(explain));
    return dt_json_print(command, object, code);
}
