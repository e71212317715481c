/* SPDX-License-Identifier: MIT
 *
 * `detour explain`: what the rules answer to one request, and why. It asks the compiled rules, as
 * the server does, and never a server: it can be run before the rules are served, and for hosts
 * that point elsewhere.
 */
#include "cli/commands.h"
#include "cli/explain_input.h"
#include "cli/explain_report.h"
#include "cli/moment.h"
#include "cli/rows.h"

#include <stdlib.h>
#include <unistd.h>

struct explain_values {
    struct dt_texts fields;
    const char *method, *at, *address, *country;
    uint32_t format, color;
    bool json, keep_going;
};

#define AT(field) .offset = offsetof(struct explain_values, field)

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_TEXT,
     .name = "request",
     .letter = 'X',
     .arg = "METHOD",
     .fallback = "GET",
     AT(method),
     .help = "The request's method"},
    {.kind = DT_OPTION_LIST,
     .name = "header",
     .letter = 'H',
     .arg = "FIELD",
     AT(fields),
     .help = "A header field, \"Name: value\", for header=, cookie=, lang= and the like; Host "
             "replaces the host of URL"},
    {.kind = DT_OPTION_TEXT,
     .name = "ip",
     .arg = "ADDRESS",
     AT(address),
     .help = "The client's address; without it no condition on it holds"},
    {.kind = DT_OPTION_TEXT,
     .name = "country",
     .arg = "XX",
     AT(country),
     .help = "The client's country, two letters; likewise"},
    DT_ROW_AT(explain_values, at,
              "When: 2026-12-01T22:00Z, or with an offset such as +01:00; without it: now"),
    DT_ROW_KEEP_GOING(explain_values, keep_going,
                      "When rules have errors, answer from those that could be read"),
    DT_ROW_JSON(explain_values, json),
    DT_ROW_FORMAT(explain_values, format),
    DT_ROW_COLOR(explain_values, color),
};

static const char *const PROSE[] = {
    "Says what a server with these RULES answers to a request for URL, which rule that comes from, "
    "which other rules match and why they lose, and what the answer means to a client. No "
    "connection is made.",
    "URL is absolute, with http or https. RULES are files, folders or one snapshot. The exit "
    "status is 0 when a rule answers and 1 when none does or the rules have errors.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour explain http://www.example.ai/news.html examples/news.rules", "What happens to a GET"},
    {"detour explain --at 2026-12-02T01:00Z http://www.example.ai/checkout rules/",
     "What will be answered in that night?"},
    {"detour explain -X POST https://www.example.ai/form rules/",
     "Does a POST keep its method and its body?"},
};

static void not_a_url(const struct dt_call *call, const char *word)
{
    size_t host = strcspn(word, "/");
    bool like_host = memchr(word, '.', host) && !strstr(word, "://") && word[0] != '.';
    if (access(word, F_OK) == 0)
        dt_usage_error(call->command, "the URL comes first, then the rules: \"%s\" is a file",
                       word);
    else if (like_host)
        dt_usage_error(call->command, "not an absolute URL, did you mean http://%s", word);
    else
        dt_usage_error(call->command,
                       "the first argument is an absolute URL, such as "
                       "http://www.example.ai/news.html, not \"%s\"",
                       word);
}

static bool prepare_ask(const struct dt_call *call, const struct dt_ask_input *input,
                        struct dt_ask *ask)
{
    enum dt_err err = dt_ask_init(ask, input);
    if (err == DT_ERR_NOMEM)
        dt_complain(call->command, "out of memory");
    else if (err == DT_ERR_HOST)
        dt_usage_error(call->command, "\"%.*s\" has no valid host",
                       DT_SLICE_FMT(input->host.len ? input->host : input->url));
    else if (err)
        not_a_url(call, call->operands[0]);
    return err == DT_OK;
}

/* True when the rules can be asked; else the reason has been printed. */
static bool prepare_load(const struct dt_call *call, struct dt_load *load, int *ret_code)
{
    const struct explain_values *values = call->values;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    enum dt_err err = dt_load_read(call, 1, values->format, load);
    size_t errors = dt_load_errors(load);
    bool readable = load->files.set || load->files.snapshot_fd >= 0;
    *ret_code = err == DT_ERR_INVALID ? DT_EXIT_USAGE : DT_EXIT_FINDINGS;

    dt_load_complain(load, call->command);
    if (errors && load->files.set && !values->keep_going)
        dt_load_render(load, &render);
    if (err == DT_ERR_NOMEM)
        dt_complain(call->command, "out of memory");
    if (err != DT_OK && !(values->keep_going && readable)) {
        if (err == DT_ERR_SYNTAX)
            dt_complain(call->command, "the rules have errors; --keep-going answers from the rest");
        return false;
    }
    err = dt_load_compile(load);
    if (err != DT_OK)
        dt_complain(call->command, "the rules cannot be compiled: %s", dt_err_message(err));
    return err == DT_OK;
}

/* Which rules were looked at and do not apply. */
static enum dt_err find_missed(struct dt_explain *explain, struct dt_match_scratch *scratch)
{
    const struct dt_load *load = explain->load;
    enum dt_err err = dt_match_missed(&load->snapshot, &explain->ask->request, scratch,
                                      DT_EXPLAIN_MISSED, explain->missed, &explain->nmissed);
    for (size_t i = 0; err == DT_OK && i < explain->nmissed; i++)
        err = dt_load_place(load, explain->missed[i].rule, &explain->missed_places[i]);
    return err;
}

static bool is_listed(const struct dt_explain *explain, const struct dt_place *place)
{
    for (size_t i = 0; i < explain->nmissed; i++)
        if (explain->missed_places[i].line == place->line &&
            dt_slice_eq(explain->missed_places[i].file, place->file))
            return true;
    for (size_t i = 0; i < explain->ncandidates; i++)
        if (explain->places[i].line == place->line &&
            dt_slice_eq(explain->places[i].file, place->file))
            return true;
    return false;
}

/* Is the rule for this page, if only the query were another? */
static bool wants_query(const struct dt_rule *rule, const struct dt_request *request)
{
    bool fold = rule->flags & DT_RULE_IGNORE_CASE;
    return rule->path_kind == DT_PATH_EXACT && rule->nparams &&
           (rule->host_kind == DT_HOST_ANY || dt_slice_eq(rule->host, request->host)) &&
           (fold ? dt_slice_eq_nocase(rule->path, request->path)
                 : dt_slice_eq(rule->path, request->path));
}

/* Rules are found by a parameter that they ask for, so those of which the request has none were not
 * looked at; a person who asks about them wants to know all the same. */
static void find_queries(struct dt_explain *explain)
{
    const struct dt_ruleset *set = explain->load->files.set;
    for (size_t i = 0; set && i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        if (explain->nmissed == DT_EXPLAIN_MISSED)
            return;
        if (!wants_query(rule, &explain->ask->request))
            continue;
        struct dt_place place = {dt_ruleset_file(set, rule->file),
                                 dt_ruleset_line(set, rule->file, rule->line), rule->line};
        if (is_listed(explain, &place))
            continue;
        explain->missed[explain->nmissed] = (struct dt_missed){.why = DT_MISS_QUERY};
        explain->missed_places[explain->nmissed++] = place;
    }
}

static enum dt_err find_candidates(struct dt_explain *explain, struct dt_match_scratch *scratch)
{
    const struct dt_load *load = explain->load;
    enum dt_err err = dt_match_all(&load->snapshot, &explain->ask->request, scratch, DT_EXPLAIN_MAX,
                                   explain->candidates, &explain->ncandidates);
    for (size_t i = 0; err == DT_OK && i < explain->ncandidates; i++)
        err = dt_load_place(load, explain->candidates[i].rule, &explain->places[i]);
    bool agree =
        explain->ncandidates && explain->candidates[0].rule == explain->reply.decision.rule;
    return err == DT_OK && !agree ? DT_ERR_DAMAGED : err;
}

/* The reply points into the first scratch, the pieces of its Location into the second. */
static enum dt_err ask(struct dt_explain *explain, struct dt_match_scratch *scratch)
{
    const struct dt_snapshot *snapshot = &explain->load->snapshot;
    enum dt_err err = dt_ask_rules(explain->ask, snapshot, &scratch[0], &explain->reply);
    if (err == DT_OK && !explain->reply.refused)
        err = find_missed(explain, &scratch[1]);
    if (err != DT_OK || !explain->reply.decision.matched)
        return err;
    if (explain->reply.decision.location.len)
        err = dt_ask_next(explain->ask, explain->reply.decision.location, &explain->next);
    if (err == DT_OK)
        err = find_candidates(explain, &scratch[1]);
    if (err == DT_OK)
        err = dt_match_build(snapshot, &explain->ask->request, &scratch[1], &explain->built);
    bool same = dt_slice_eq(explain->built.location, explain->reply.decision.location);
    return err == DT_OK && !same ? DT_ERR_DAMAGED : err;
}

static int answer(const struct dt_call *call, struct dt_explain *explain)
{
    const struct explain_values *values = call->values;
    struct dt_match_scratch *scratch = malloc(2 * sizeof *scratch);
    enum dt_err err = scratch ? ask(explain, scratch) : DT_ERR_NOMEM;
    if (err == DT_OK && !explain->reply.refused)
        find_queries(explain);
    int code = err == DT_OK && explain->reply.decision.matched ? DT_EXIT_OK : DT_EXIT_FINDINGS;
    if (err != DT_OK) {
        dt_complain(call->command, "the rules give no answer: %s", dt_err_message(err));
    } else if (values->json) {
        code = dt_explain_json(explain, call->command, code);
    } else {
        struct dt_render render = dt_render_to(stdout, (enum dt_color)values->color);
        dt_explain_text(explain, &render);
    }
    dt_url_release(&explain->next);
    free(scratch);
    return code;
}

static int explain(const struct dt_call *call, const struct dt_ask *asked)
{
    const struct explain_values *values = call->values;
    struct dt_load load;
    int code;
    if (prepare_load(call, &load, &code)) {
        struct dt_explain *explain = calloc(1, sizeof *explain);
        if (explain) {
            explain->load = &load;
            explain->ask = asked;
            explain->url = dt_slice_str(call->operands[0]);
            explain->at_given = values->at != NULL;
            code = answer(call, explain);
        }
        free(explain);
    }
    dt_load_release(&load);
    return code;
}

static int run(const struct dt_call *call)
{
    if (call->noperands < 2)
        return dt_usage_error(call->command, call->noperands
                                                 ? "which rules? Name them after the URL"
                                                 : "which URL, and which rules?");
    const struct explain_values *values = call->values;
    const struct dt_explain_words words = {call->operands[0], values->method,  &values->fields,
                                           values->at,        values->address, values->country};
    struct dt_explain_input input;
    struct dt_ask asked = {.memory = NULL};
    int code = DT_EXIT_USAGE;
    if (dt_explain_input_read(call->command, &words, &input) &&
        prepare_ask(call, &input.input, &asked))
        code = explain(call, &asked);
    dt_ask_release(&asked);
    dt_explain_input_release(&input);
    return code;
}

const struct dt_command dt_cmd_explain = {
    .name = "explain",
    .summary = "Say what the rules answer to a URL, and why",
    .operands = "URL RULES...",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct explain_values),
    .run = run,
};
