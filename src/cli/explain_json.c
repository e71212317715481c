/* SPDX-License-Identifier: MIT
 *
 * The same for programs; docs/json.md describes each member.
 */
#include "cli/conditions.h"
#include "cli/explain_report.h"
#include "cli/json.h"
#include "cli/moment.h"

#include <arpa/inet.h>
#include <string.h>

/* Adds item, which it takes over; gives the array, or NULL without memory. */
static json_t *append(json_t *array, json_t *item)
{
    if (!array || json_array_append_new(array, item) == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *field_json(struct dt_slice name, struct dt_slice value)
{
    return json_pack("{s:o, s:o}", "name", dt_json_text(name), "value", dt_json_text(value));
}

static json_t *fields_json(const struct dt_request *request)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < request->nfields; i++)
        array = append(array, field_json(request->fields[i].name, request->fields[i].value));
    return array;
}

/* Of set-header=: lines "Name: value", each with CR LF. */
static json_t *lines_json(struct dt_slice lines)
{
    json_t *array = json_array();
    while (array && lines.len) {
        const char *end = memchr(lines.ptr, '\r', lines.len);
        const char *colon = memchr(lines.ptr, ':', lines.len);
        size_t len = end ? (size_t)(end - lines.ptr) : lines.len;
        size_t name = colon ? (size_t)(colon - lines.ptr) : len;
        struct dt_slice value = dt_slice_from(dt_slice_of(lines.ptr, len), name + 1);
        while (value.len && *value.ptr == ' ')
            value = dt_slice_from(value, 1);
        array = append(array, field_json(dt_slice_of(lines.ptr, name), value));
        lines = dt_slice_from(lines, len + 2);
    }
    return array;
}

static json_t *address_json(const struct dt_request *request)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN] = "";
    if (!request->has_address)
        return json_null();
    bool v4 = memcmp(request->address, MAPPED, sizeof MAPPED) == 0;
    inet_ntop(v4 ? AF_INET : AF_INET6, request->address + (v4 ? 12 : 0), text, sizeof text);
    return json_string(text);
}

/* null when the rules came from a snapshot. */
static json_t *conditions_json(const struct dt_explain *explain)
{
    const struct dt_ruleset *set = explain->load->files.set;
    const struct dt_rule *rule = dt_load_rule(explain->load, &explain->places[0]);
    if (!rule)
        return json_null();
    json_t *array = json_array();
    const struct dt_conditions *all =
        rule->conditions ? dt_ruleset_conditions(set, rule->conditions) : NULL;
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    for (uint32_t i = 0; all && i < all->count; i++) {
        dt_buf_clear(&text);
        dt_condition_text(&all->list[i], &text);
        array = append(array, dt_json_text(dt_buf_slice(&text)));
    }
    dt_buf_release(&text);
    return array;
}

static json_t *request_json(const struct dt_explain *explain)
{
    const struct dt_request *request = &explain->ask->request;
    char at[32];
    return json_pack("{s:o, s:o, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "method",
                     dt_json_text(request->method), "url", dt_json_text(explain->url), "scheme",
                     request->scheme == DT_SCHEME_HTTPS ? "https" : "http", "host",
                     dt_json_text(request->host), "port", (int)request->port, "path",
                     dt_json_text(request->path), "query", dt_json_optional(request->query),
                     "fields", fields_json(request), "ip", address_json(request), "country",
                     dt_json_optional(request->country), "at",
                     dt_json_text(dt_moment_text(request->now, at)));
}

static json_t *answer_json(const struct dt_explain *explain)
{
    const struct dt_decision *decision = &explain->reply.decision;
    const struct dt_status *status = explain->reply.status;
    bool matched = decision->matched;
    bool waits = matched && decision->retry_after != DT_RETRY_AFTER_NONE;
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "status", (int)status->code,
                     "reason", dt_json_text(status->reason), "location",
                     dt_json_optional(matched ? decision->location : DT_SLICE_NONE),
                     "cache_control", dt_json_optional(matched ? decision->cache : DT_SLICE_NONE),
                     "retry_after", waits ? json_integer(decision->retry_after) : json_null(),
                     "vary", dt_json_optional(decision->vary), "fields",
                     lines_json(matched ? decision->fields : DT_SLICE_NONE), "page",
                     matched && decision->page.len);
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
            json_object_set_new(object, "expression", dt_json_optional(candidate->expression)) ||
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
    char text[32];
    struct dt_slice changes = decision->changes_at == DT_TIME_MAX
                                  ? DT_SLICE_NONE
                                  : dt_moment_text(decision->changes_at, text);
    json_t *object =
        json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:i, s:o, s:o, s:o}",
                  "detour", DT_VERSION, "matched", matched, "request", request_json(explain),
                  "answer", answer_json(explain), "next", next_json(explain), "rule",
                  matched ? dt_json_place(&explain->places[0]) : json_null(), "owner",
                  dt_json_optional(matched ? decision->owner : DT_SLICE_NONE), "candidates",
                  candidates_json(explain), "pass", matched && decision->status == DT_STATUS_PASS,
                  "conditions", matched ? conditions_json(explain) : json_null(), "changes_at",
                  dt_json_optional(changes), "limited", (int)decision->limited, "captures",
                  dt_explain_captures_json(explain), "pieces", dt_explain_pieces_json(explain),
                  "missed", dt_explain_missed_json(explain));
    return dt_json_print(command, object, code);
}
