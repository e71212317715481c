/* SPDX-License-Identifier: MIT
 *
 * vercel.json, with two blanks a level: a short redirect on one line, one with conditions on
 * several. Hosts, query parameters and conditions become "has" and "missing"; those that are a text
 * are compared as one ("eq"), others are regular expressions.
 */
#include "rules/dialects/vercel/vercel_write.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/json_walk.h"
#include "rules/dialects/vercel/vercel.h"
#include "rules/read/native_scan.h"
#include "rules/read/option.h"

#define PART_MAX ((size_t)64 << 10)
#define BUFS 4u
#define ONE_LINE 100u /* bytes of a redirect that stands on one line */

/* ---- Conditions ---- */

/* Begins an object; key may be empty. */
static struct dt_buf *begin_item(struct dt_vercel_out *out, bool missing, const char *type,
                                 struct dt_slice key)
{
    struct dt_buf *buf = missing ? &out->missing : &out->has;
    unsigned *count = missing ? &out->nmissing : &out->nhas;
    if ((*count)++)
        dt_buf_str(buf, ",\n");
    dt_buf_printf(buf, "        { \"type\": \"%s\"", type);
    if (key.len) {
        dt_buf_str(buf, ", \"key\": ");
        dt_json_put(buf, key);
    }
    return buf;
}

static void put_value(struct dt_buf *buf, const char *operator, struct dt_slice text)
{
    dt_buf_printf(buf, ", \"value\": { \"%s\": ", operator);
    dt_json_put(buf, text);
    dt_buf_str(buf, " } }");
}

static void put_regex_value(struct dt_buf *buf, const struct dt_buf *regex)
{
    dt_buf_str(buf, ", \"value\": ");
    dt_json_put(buf, dt_buf_slice(regex));
    dt_buf_str(buf, " }");
}

static void put_host(struct dt_vercel_out *out)
{
    const struct dt_rule *rule = out->rule;
    struct dt_buf regex, *buf;
    if (rule->host_kind == DT_HOST_ANY)
        return;
    buf = begin_item(out, false, "host", DT_SLICE_NONE);
    if (rule->host_kind == DT_HOST_EXACT) {
        put_value(buf, "eq", rule->host);
        return;
    }
    dt_buf_init(&regex, PART_MAX);
    if (rule->host_kind == DT_HOST_SUBDOMAINS) {
        dt_buf_char(&regex, '.');
        dt_buf_put(&regex, rule->host);
        put_value(buf, "suf", dt_buf_slice(&regex));
    } else {
        if (rule->host_kind == DT_HOST_DOMAIN)
            dt_buf_str(&regex, "(?:.+\\.)?");
        for (unsigned i = 0; i < out->names.labels; i++)
            dt_buf_printf(&regex, "(?<%.*s>[^.]+)\\.", DT_SLICE_FMT(out->names.list[i]));
        dt_write_quoted(&regex, rule->host);
        put_regex_value(buf, &regex);
    }
    if (dt_buf_err(&regex))
        buf->err = dt_buf_err(&regex);
    dt_buf_release(&regex);
}

static void put_params(struct dt_vercel_out *out)
{
    const struct dt_rule *rule = out->rule;
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        struct dt_slice name, value, capture = dt_names_query(&out->names, rule, param->name);
        bool plus = memchr(param->name.ptr, '+', param->name.len) ||
                    (param->value.len && memchr(param->value.ptr, '+', param->value.len));
        if (plus || !dt_write_decode(out->write, param->name, &name) || !name.len ||
            !dt_write_decode(out->write, param->value, &value)) {
            dt_write_cannot(out->write, "query",
                            "this query parameter has bytes that Vercel would see decoded");
            continue;
        }
        struct dt_buf *buf = begin_item(out, false, "query", name);
        if (capture.len)
            dt_buf_printf(buf, ", \"value\": \"(?<%.*s>.*)\" }", DT_SLICE_FMT(capture));
        else if (param->any_value)
            dt_buf_str(buf, " }");
        else
            put_value(buf, "eq", value);
    }
    if (rule->flags & DT_RULE_EXACT_QUERY)
        dt_write_differs(out->write, "params",
                         "Vercel cannot ask for these query parameters and no others");
}

/* Texts with "*" as one expression. */
static void put_texts(struct dt_buf *regex, const struct dt_condition *condition)
{
    dt_buf_str(regex, condition->count > 1 ? "(?:" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        dt_buf_str(regex, i ? "|" : "");
        for (size_t at = 0; at < text.len; at++) {
            if (text.ptr[at] == '*')
                dt_buf_str(regex, ".*");
            else
                dt_write_quoted(regex, dt_slice_of(text.ptr + at, 1));
        }
    }
    dt_buf_str(regex, condition->count > 1 ? ")" : "");
}

static bool has_star(const struct dt_condition *condition)
{
    for (unsigned i = 0; i < condition->count; i++)
        if (memchr(condition->texts[i].ptr, '*', condition->texts[i].len))
            return true;
    return false;
}

static void put_condition(struct dt_vercel_out *out, const struct dt_condition *condition)
{
    bool cookie = condition->kind == DT_CONDITION_COOKIE;
    struct dt_slice key =
        condition->kind == DT_CONDITION_COUNTRY ? DT_S("x-vercel-ip-country") : condition->name;
    struct dt_buf *buf = begin_item(out, condition->negated, cookie ? "cookie" : "header", key);
    if (condition->count == 0) {
        dt_buf_str(buf, " }");
        return;
    }
    if (condition->count == 1 && !has_star(condition)) {
        put_value(buf, "eq", condition->texts[0]);
        return;
    }
    struct dt_buf regex;
    dt_buf_init(&regex, PART_MAX);
    put_texts(&regex, condition);
    put_regex_value(buf, &regex);
    if (dt_buf_err(&regex))
        buf->err = dt_buf_err(&regex);
    dt_buf_release(&regex);
}

void dt_vercel_put_has(struct dt_vercel_out *out)
{
    const struct dt_conditions *conditions = dt_write_conditions(out->write, out->rule);
    const unsigned can =
        1u << DT_CONDITION_COUNTRY | 1u << DT_CONDITION_HEADER | 1u << DT_CONDITION_COOKIE;
    put_host(out);
    put_params(out);
    dt_write_check_conditions(out->write, out->rule, can);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        if (condition->kind == DT_CONDITION_COUNTRY && condition->negated)
            dt_write_differs(out->write, "country",
                             "where the country is not known, the condition holds on Vercel");
        if (can & 1u << condition->kind)
            put_condition(out, condition);
    }
    if (out->nhas > DT_VERCEL_CONDITIONS || out->nmissing > DT_VERCEL_CONDITIONS)
        dt_write_cannot(out->write, "many", "Vercel takes %u conditions", DT_VERCEL_CONDITIONS);
}

/* ---- Redirects ---- */

static void put_status(struct dt_buf *buf, unsigned status)
{
    if (status == 307 || status == 308)
        dt_buf_printf(buf, "\"permanent\": %s", status == 308 ? "true" : "false");
    else
        dt_buf_printf(buf, "\"statusCode\": %u", status);
}

static void put_list(struct dt_buf *buf, const char *name, const struct dt_buf *items)
{
    if (items->len == 0)
        return;
    dt_buf_printf(buf, ",\n      \"%s\": [\n", name);
    dt_buf_put(buf, dt_buf_slice(items));
    dt_buf_str(buf, "\n      ]");
}

static void put_redirect(struct dt_vercel_out *out)
{
    struct dt_buf *buf = &out->write->out;
    unsigned status = dt_write_action(out->write, out->rule)->status;
    bool lines =
        out->has.len || out->missing.len || out->source.len + out->target.len + 60 > ONE_LINE;
    dt_buf_str(buf, lines ? "    {\n      \"source\": " : "    { \"source\": ");
    dt_json_put(buf, dt_buf_slice(&out->source));
    dt_buf_str(buf, lines ? ",\n      \"destination\": " : ", \"destination\": ");
    dt_json_put(buf, dt_buf_slice(&out->target));
    dt_buf_str(buf, lines ? ",\n      " : ", ");
    put_status(buf, status);
    put_list(buf, "has", &out->has);
    put_list(buf, "missing", &out->missing);
    dt_buf_str(buf, lines ? "\n    }" : " }");
}

static void begin(struct dt_vercel_out *out)
{
    struct dt_buf *const bufs[BUFS] = {&out->source, &out->target, &out->has, &out->missing};
    for (size_t i = 0; i < BUFS; i++)
        dt_buf_clear(bufs[i]);
    memset(out->groups, 0, sizeof out->groups);
    out->nhas = out->nmissing = out->ngroups = out->unnamed = 0;
    dt_names_choose(out->write, out->rule, &out->names);
}

static void check_rule(struct dt_vercel_out *out)
{
    const struct dt_rule *rule = out->rule;
    const struct dt_action *action = dt_write_action(out->write, rule);
    dt_write_check(out->write, rule,
                   DT_CAN_HOST | DT_CAN_HOST_BELOW | DT_CAN_LABELS | DT_CAN_REGEX | DT_CAN_PARAMS |
                       DT_CAN_NO_CASE | DT_CAN_NO_SLASH | DT_CAN_GLOB | DT_CAN_NAMES | DT_CAN_STAR);
    if (rule->flags & DT_RULE_IGNORE_CASE)
        dt_write_differs(out->write, "case", "Vercel does not ignore case");
    if (!dt_options_redirects(action->status))
        dt_write_cannot(out->write, "status", "Vercel answers 301, 302, 303, 307 and 308 only");
    if (action->query != DT_QUERY_PASS)
        dt_write_differs(out->write, "query", "Vercel passes the whole query on");
}

static enum dt_err error_of(const struct dt_vercel_out *out)
{
    const struct dt_buf *const bufs[BUFS] = {&out->source, &out->target, &out->has, &out->missing};
    for (size_t i = 0; i < BUFS; i++)
        if (dt_buf_err(bufs[i]))
            return dt_buf_err(bufs[i]);
    return DT_OK;
}

/* Returns whether it was written. */
static bool write_rule(struct dt_vercel_out *out, unsigned written)
{
    begin(out);
    check_rule(out);
    dt_vercel_put_source(out);
    dt_vercel_put_has(out);
    if (out->rule->path_kind != DT_PATH_REGEX || !(out->rule->flags & DT_RULE_URL))
        dt_vercel_put_target(out);
    if (out->source.len > DT_VERCEL_LENGTH || out->target.len > DT_VERCEL_LENGTH)
        dt_write_cannot(out->write, "long",
                        "Vercel reads sources and destinations of up to %u "
                        "characters",
                        DT_VERCEL_LENGTH);
    if (written >= DT_VERCEL_REDIRECTS)
        dt_write_cannot(out->write, "many",
                        "Vercel takes %u redirects in vercel.json (bulk redirects are more: --to "
                        "vercel-bulk)",
                        DT_VERCEL_REDIRECTS);
    if (error_of(out))
        out->write->out.err = error_of(out);
    if (!dt_write_go(out->write))
        return false;
    dt_buf_str(&out->write->out, written ? ",\n" : "\n");
    put_redirect(out);
    return true;
}

void dt_vercel_write(struct dt_write *write)
{
    struct dt_vercel_out out = {.write = write};
    struct dt_buf *const bufs[BUFS] = {&out.source, &out.target, &out.has, &out.missing};
    unsigned written = 0;
    for (size_t i = 0; i < BUFS; i++)
        dt_buf_init(bufs[i], PART_MAX);
    dt_buf_str(&write->out, "{\n  \"$schema\": \"https://openapi.vercel.sh/vercel.json\",\n"
                            "  \"redirects\": [");
    for (uint32_t i = 0; i < write->count; i++) {
        out.rule = dt_write_begin(write, write->order[i]);
        written += write_rule(&out, written);
    }
    dt_buf_str(&write->out, written ? "\n  ]\n}\n" : "]\n}\n");
    for (size_t i = 0; i < BUFS; i++)
        dt_buf_release(bufs[i]);
}
