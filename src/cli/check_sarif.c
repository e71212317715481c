/* SPDX-License-Identifier: MIT
 *
 * A check as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code hosts show
 * beside the lines of a change. A result is known again, after lines were added above it, by a
 * fingerprint of its name and its line's text. Columns are counted in characters, as the run says.
 */
#include "base/hash.h"
#include "cli/check_report.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct sarif {
    const struct dt_check *check;
    json_t *rules, *results; /* NULL after memory ran out */
    json_t *seen;            /* fingerprints without their number: how often they came */
    json_t *numbers;         /* by a rule's id: its place in rules */
};

static void append(json_t **array, json_t *value)
{
    if (*array && value && json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

/* ---- Rules: the kinds that came ---- */

static json_t *text_json(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

static json_t *new_rule(const char *id, const struct dt_finding_kind *kind, uint8_t severity)
{
    if (!kind)
        return json_pack("{s:s, s:o, s:{s:s}}", "id", id, "shortDescription", text_json(id),
                         "defaultConfiguration", "level", dt_check_severity_word(severity));
    return json_pack("{s:s, s:o, s:o, s:{s:s}}", "id", id, "shortDescription",
                     text_json(kind->says), "help", text_json(kind->mend), "defaultConfiguration",
                     "level", dt_check_severity_word(severity));
}

/* The place of the rule; adds it when it is new. */
static json_int_t rule_index(struct sarif *sarif, const char *id,
                             const struct dt_finding_kind *kind, uint8_t severity)
{
    const json_t *known = json_object_get(sarif->numbers, id);
    if (known)
        return json_integer_value(known);
    json_int_t number = (json_int_t)json_array_size(sarif->rules);
    append(&sarif->rules, new_rule(id, kind, severity));
    if (json_object_set_new(sarif->numbers, id, json_integer(number)) != 0)
        append(&sarif->rules, NULL);
    return number;
}

/* ---- Places ---- */

/* A path as a URI reference (RFC 3986): what may not stand there is escaped. */
static json_t *uri_json(struct dt_slice path)
{
    struct dt_buf buf;
    dt_buf_init(&buf, 3 * path.len + 16);
    if (path.len && path.ptr[0] == '/')
        dt_buf_str(&buf, "file://");
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~/@!$&'()*+,;=", c));
        if (plain)
            dt_buf_char(&buf, (char)c);
        else
            dt_buf_printf(&buf, "%%%02X", c);
    }
    json_t *uri = dt_buf_err(&buf) ? NULL : dt_json_text(dt_buf_slice(&buf));
    dt_buf_release(&buf);
    return uri;
}

/* The column, in characters, of a byte of the line. */
static int characters(struct dt_slice line, uint32_t bytes)
{
    int count = 0;
    for (size_t at = 0; at < bytes && at < line.len; count++) {
        uint32_t c;
        at += dt_text_char(dt_slice_from(line, at), &c);
    }
    return count;
}

/* col 0: the whole line; line 0: the whole file. */
static json_t *location_json(struct dt_slice file, uint32_t line, struct dt_slice text,
                             uint32_t col, uint32_t span)
{
    json_t *region = NULL;
    if (line && col)
        region =
            json_pack("{s:i, s:i, s:i, s:{s:o}}", "startLine", (int)line, "startColumn",
                      characters(text, col - 1) + 1, "endColumn",
                      characters(text, col - 1 + span) + 1, "snippet", "text", dt_json_text(text));
    else if (line)
        region = json_pack("{s:i, s:{s:o}}", "startLine", (int)line, "snippet", "text",
                           dt_json_text(text));
    if (!line)
        return json_pack("{s:{s:{s:o}}}", "physicalLocation", "artifactLocation", "uri",
                         uri_json(file));
    return json_pack("{s:{s:{s:o}, s:o}}", "physicalLocation", "artifactLocation", "uri",
                     uri_json(file), "region", region);
}

/* ---- Results ---- */

/* Of name and line; the second of its like has another number. */
static json_t *fingerprint_json(struct sarif *sarif, struct dt_slice file, const char *name,
                                struct dt_slice line)
{
    char key[40], text[64];
    uint64_t hash = dt_hash64(file.ptr, file.len, dt_hash64(name, strlen(name), 0));
    hash = dt_hash64(line.len ? line.ptr : "", line.len, hash);
    (void)snprintf(key, sizeof key, "%016llx", (unsigned long long)hash);
    json_int_t number = json_integer_value(json_object_get(sarif->seen, key)) + 1;
    if (json_object_set_new(sarif->seen, key, json_integer(number)) != 0)
        return NULL;
    (void)snprintf(text, sizeof text, "%s:%lld", key, (long long)number);
    return json_pack("{s:s}", "primaryLocationLineHash", text);
}

static json_t *message_json(struct dt_slice message, const struct dt_finding *finding)
{
    struct dt_buf buf;
    dt_buf_init(&buf, 1u << 20);
    dt_buf_put(&buf, message);
    if (finding) {
        struct dt_slice mend = finding->mend;
        if (finding->example.len)
            dt_buf_printf(&buf, "\nExample: %.*s", DT_SLICE_FMT(finding->example));
        if (!mend.len)
            mend = dt_slice_str(finding->kind->mend);
        dt_buf_printf(&buf, "\nMend: %.*s", DT_SLICE_FMT(mend));
    }
    json_t *text = dt_buf_err(&buf) ? NULL : dt_json_text(dt_buf_slice(&buf));
    dt_buf_release(&buf);
    return json_pack("{s:o}", "text", text);
}

/* Adds a member; the object becomes NULL when memory is out. */
static void set(json_t **object, const char *name, json_t *value)
{
    if (*object && json_object_set_new(*object, name, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static void add_item(struct sarif *sarif, const struct dt_check_item *item)
{
    const struct dt_ruleset *rules = sarif->check->load.files.set;
    const struct dt_finding *finding = item->finding;
    struct dt_slice file = dt_ruleset_file(rules, item->file);
    struct dt_slice line = dt_check_line(sarif->check, item);
    uint32_t col, span;
    dt_check_item_place(item, line, &col, &span);
    json_int_t index =
        rule_index(sarif, item->name, finding ? finding->kind : NULL, item->severity);
    json_t *result =
        json_pack("{s:s, s:I, s:s, s:o, s:[o], s:o}", "ruleId", item->name, "ruleIndex", index,
                  "level", dt_check_severity_word(item->severity), "message",
                  message_json(dt_check_message(item), finding), "locations",
                  location_json(file, item->line, line, col, span), "partialFingerprints",
                  fingerprint_json(sarif, file, item->name, line));
    const struct dt_rule *other = finding ? dt_ruleset_rule(rules, finding->other) : NULL;
    if (other) {
        json_t *place = location_json(dt_ruleset_file(rules, other->file), other->line,
                                      dt_ruleset_line(rules, other->file, other->line), 0, 0);
        if (place)
            set(&place, "message", text_json("the other rule"));
        set(&result, "relatedLocations", json_pack("[o]", place));
    }
    if (item->silenced)
        set(&result, "suppressions",
            json_pack("[{s:s, s:o}]", "kind", "inSource", "justification",
                      dt_json_text(item->reason)));
    append(&sarif->results, result);
}

static void visit(void *ctx, const struct dt_expect_outcome *outcome)
{
    struct sarif *sarif = ctx;
    const struct dt_ruleset *rules = sarif->check->load.files.set;
    if (outcome->result == DT_EXPECT_HOLDS)
        return;
    const struct dt_diag diag = dt_check_expect_diag(rules, outcome);
    const struct dt_check_item item = {
        .diag = &diag,
        .name = diag.name,
        .severity = DT_FINDING_ERROR,
        .file = diag.file,
        .line = diag.line,
    };
    add_item(sarif, &item);
}

/* ---- The whole ---- */

/* What has no place: it kept a part from being looked at. */
static json_t *invocation_json(const struct dt_check *check, int code)
{
    json_t *notes = json_array(), *problems = dt_json_problems(&check->load);
    size_t i;
    const json_t *problem;
    json_array_foreach(problems, i, problem)
    {
        append(&notes, json_pack("{s:s, s:o}", "level", "error", "message",
                                 text_json(json_string_value(problem))));
    }
    bool whole = json_array_size(problems) == 0;
    json_decref(problems);
    return json_pack("{s:b, s:i, s:o}", "executionSuccessful", whole, "exitCode", code,
                     "toolExecutionNotifications", notes);
}

static json_t *log_json(struct sarif *sarif, int code)
{
    return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:[o], s:o}]}", "$schema", SCHEMA,
                     "version", "2.1.0", "runs", "tool", "driver", "name", "detour", "version",
                     DT_VERSION, "rules", sarif->rules, "columnKind", "unicodeCodePoints",
                     "invocations", invocation_json(sarif->check, code), "results", sarif->results);
}

int dt_check_sarif(struct dt_check *check)
{
    struct sarif sarif = {check, json_array(), json_array(), json_object(), json_object()};
    struct dt_expect_counts counts = {0, 0};
    const struct dt_expect_run run = {&check->load, check->at, visit, &sarif};
    for (size_t i = 0; i < check->list.count; i++)
        add_item(&sarif, &check->list.items[i]);
    enum dt_err err = check->ready ? dt_expect_try(&run, &counts) : DT_OK;
    int code = dt_check_exit(check, &counts);
    json_t *log = NULL;
    if (!err && sarif.rules && sarif.results)
        log = log_json(&sarif, code);
    else {
        json_decref(sarif.rules);
        json_decref(sarif.results);
    }
    json_decref(sarif.seen);
    json_decref(sarif.numbers);
    return dt_json_print(check->call->command, log, code);
}
