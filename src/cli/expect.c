/* SPDX-License-Identifier: MIT
 *
 * An expectation speaks as a person sees it: absolute URLs. A rule may answer with a path, so both
 * Locations are resolved against the URL asked for, and compared as URLs: "https://a.example" and
 * "https://a.example/" are one.
 */
#include "cli/expect.h"
#include "cli/ask.h"

#include <stdlib.h>
#include <string.h>

/* got is what the Location resolves to. */
static bool same_location(const struct dt_ask *ask, struct dt_slice want, const struct dt_url *got)
{
    struct dt_url url = {0};
    bool same = dt_url_parse(want, &ask->url, &url) == DT_OK && dt_slice_eq(url.href, got->href);
    dt_url_release(&url);
    return same;
}

/* got is all zero when there is no Location; it must outlive the outcome. */
static void judge(const struct dt_ask *ask, const struct dt_reply *reply, const struct dt_url *got,
                  struct dt_expect_outcome *outcome)
{
    const struct dt_expect *expect = outcome->expect;
    outcome->status = reply->status->code;
    outcome->matched = reply->decision.matched;
    outcome->passed = outcome->matched && reply->decision.status == DT_STATUS_PASS;
    if (outcome->matched)
        outcome->location = reply->decision.location;
    if (dt_slice_starts(outcome->location, DT_S("/")))
        outcome->resolved = got->href;
    if (outcome->status != expect->status)
        outcome->result = DT_EXPECT_STATUS;
    else if (expect->location.len && !same_location(ask, expect->location, got))
        outcome->result = DT_EXPECT_LOCATION;
}

/* What an expectation does not say of the request is not there; but a time always is. */
static struct dt_ask_input input_of(const struct dt_expect *expect, int64_t at)
{
    struct dt_ask_input input = {
        .method = expect->method,
        .url = expect->url,
        .fields = expect->fields,
        .nfields = expect->nfields,
        .at = expect->at == DT_TIME_MIN ? at : expect->at,
        .has_address = expect->has_address,
        .country = expect->country,
    };
    memcpy(input.address, expect->address, sizeof input.address);
    return input;
}

static void try_one(const struct dt_expect_run *run, struct dt_match_scratch *scratch,
                    struct dt_expect_outcome *outcome)
{
    const struct dt_load *load = run->load;
    const struct dt_ask_input input = input_of(outcome->expect, run->at);
    struct dt_ask ask = {.memory = NULL};
    struct dt_reply reply;
    struct dt_url got = {0};
    outcome->err = dt_ask_init(&ask, &input);
    if (outcome->err == DT_OK)
        outcome->err = dt_ask_rules(&ask, &load->snapshot, scratch, &reply);
    if (outcome->err == DT_OK && reply.decision.matched && reply.decision.location.len)
        outcome->err = dt_url_parse(reply.decision.location, &ask.url, &got);
    if (outcome->err == DT_OK)
        judge(&ask, &reply, &got, outcome);
    if (outcome->err == DT_OK && outcome->matched)
        outcome->err = dt_load_place(load, reply.decision.rule, &outcome->place);
    if (outcome->err != DT_OK)
        outcome->result = DT_EXPECT_FAILED;
    run->visit(run->ctx, outcome);
    dt_url_release(&got);
    dt_ask_release(&ask);
}

enum dt_err dt_expect_try(const struct dt_expect_run *run, struct dt_expect_counts *ret)
{
    const struct dt_ruleset *set = run->load->files.set;
    struct dt_expect_counts counts = {set ? dt_ruleset_expect_count(set) : 0, 0};
    struct dt_match_scratch *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i < counts.total; i++) {
        struct dt_expect_outcome outcome = {.expect = dt_ruleset_expect(set, i)};
        try_one(run, scratch, &outcome);
        counts.failed += outcome.result != DT_EXPECT_HOLDS;
    }
    free(scratch);
    *ret = counts;
    return DT_OK;
}
