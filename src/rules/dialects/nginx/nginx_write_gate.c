/* SPDX-License-Identifier: MIT
 *
 * Conditions. Each becomes a variable that is "1" when it holds and empty when it does not; what is
 * looked up has it in front, and so have the rows.
 */
#include "rules/dialects/nginx/nginx_write.h"

#include "rules/read/native_scan.h"
#include "rules/ruleset_priv.h"
#include <stdio.h>

static uint64_t hash_of(struct dt_slice text, uint64_t hash)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    return hash;
}

size_t dt_nginx_gate_intern(struct dt_nginx_writing *writing, struct dt_nginx_gate **list,
                            size_t *count, size_t *cap, struct dt_slice head, struct dt_buf *text)
{
    uint64_t hash = hash_of(dt_buf_slice(text), hash_of(head, UINT64_C(0xcbf29ce484222325)));
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i].hash == hash && dt_slice_eq((*list)[i].text, dt_buf_slice(text)) &&
            dt_slice_eq((*list)[i].head, head)) {
            dt_buf_clear(text);
            return i;
        }
    void *mem = *list;
    if (!dt_grow(&mem, *count, cap, sizeof **list))
        return 0;
    *list = mem;
    (*list)[*count] = (struct dt_nginx_gate){dt_nginx_take(writing, text),
                                             dt_arena_copy(&writing->write->arena, head), hash};
    return (*count)++;
}

void dt_nginx_put_quoted(struct dt_buf *out, struct dt_slice text)
{
    dt_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '"';
        if (c == '"' || (c == '\\' && strchr("\\\"'trn", next)))
            dt_buf_char(out, '\\');
        dt_buf_char(out, c);
    }
    dt_buf_char(out, '"');
}

/* ---- Expressions ---- */

struct gate {
    struct dt_nginx_writing *writing;
    struct dt_nginx_entry *entry;
    struct dt_buf gates; /* of the entry */
    struct dt_buf work;
    struct dt_buf text;
};

static void add_gate(struct gate *gate, const char *head)
{
    struct dt_nginx_writing *w = gate->writing;
    size_t number = dt_nginx_gate_intern(w, &w->gates, &w->gate_count, &w->gate_cap,
                                         dt_slice_str(head), &gate->text);
    dt_buf_printf(&gate->gates, "${detour_when_%zu}", number + 1);
    gate->entry->gate_count++;
}

/* A map of one expression (in gate->work, with its "~"), or of its opposite. */
static void add_regex(struct gate *gate, const char *source, bool negated)
{
    char head[600];
    (void)snprintf(head, sizeof head, "map %s", source);
    dt_buf_str(&gate->text, negated ? " {\n    default 1;\n    " : " {\n    ");
    dt_nginx_put_quoted(&gate->text, dt_buf_slice(&gate->work));
    dt_buf_str(&gate->text, negated ? " \"\";\n}\n" : " 1;\n}\n");
    dt_buf_clear(&gate->work);
    add_gate(gate, head);
}

/* A pattern with stars. */
static void put_glob(struct dt_buf *out, struct dt_slice text)
{
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] == '*')
            dt_buf_str(out, ".*");
        else
            dt_write_quoted(out, dt_slice_of(text.ptr + at, 1));
    }
}

static void put_texts(struct gate *gate, const struct dt_condition *condition, const char *before,
                      const char *behind)
{
    dt_buf_str(&gate->work, before);
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_str(&gate->work, i ? "|" : "");
        put_glob(&gate->work, condition->texts[i]);
    }
    dt_buf_str(&gate->work, behind);
}

/* ---- Fields ---- */

static void header(struct gate *gate, const struct dt_condition *condition)
{
    char name[256] = "$http_";
    size_t len = strlen(name);
    bool odd = condition->name.len > 200;
    for (size_t i = 0; !odd && i < condition->name.len; i++) {
        char c = dt_ascii_lower(condition->name.ptr[i]);
        odd = !(c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
        name[len++] = c == '-' ? '_' : c;
    }
    name[len] = 0;
    if (odd) {
        dt_write_cannot(gate->writing->write, "header", "nginx has no variable for the field %.*s",
                        DT_SLICE_FMT(condition->name));
        return;
    }
    if (condition->count)
        put_texts(gate, condition, "~^(?:", ")$");
    else
        dt_buf_str(&gate->work, "~.");
    add_regex(gate, name, condition->negated);
}

static void cookie(struct gate *gate, const struct dt_condition *condition)
{
    char name[300];
    bool odd = condition->name.len > 200;
    for (size_t i = 0; !odd && i < condition->name.len; i++)
        odd = !dt_is_word(condition->name.ptr[i]);
    if (odd) {
        dt_write_cannot(gate->writing->write, "cookie", "nginx has no variable for the cookie %.*s",
                        DT_SLICE_FMT(condition->name));
        return;
    }
    (void)snprintf(name, sizeof name, "$cookie_%.*s", DT_SLICE_FMT(condition->name));
    if (condition->count)
        put_texts(gate, condition, "~^(?:", ")$");
    else
        dt_buf_str(&gate->work, "~.");
    add_regex(gate, name, condition->negated);
}

static void agent(struct gate *gate, const struct dt_condition *condition)
{
    dt_buf_str(&gate->work, "~*(?:");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool pattern = memchr(text.ptr, '*', text.len) != NULL;
        dt_buf_printf(&gate->work, "%s%s", i ? "|" : "", pattern ? "^" : "");
        put_glob(&gate->work, text);
        dt_buf_str(&gate->work, pattern ? "$" : "");
    }
    dt_buf_char(&gate->work, ')');
    add_regex(gate, "$http_user_agent", condition->negated);
}

/* A host, *.host, .host; or a URL. */
static void put_referer(struct dt_buf *out, struct dt_slice text)
{
    if (memchr(text.ptr, '/', text.len)) {
        dt_buf_str(out, text.ptr[0] == '/' ? "^[^/]*" : "^");
        put_glob(out, text);
        dt_buf_char(out, '$');
        return;
    }
    bool below = dt_slice_starts(text, DT_S("*.")), domain = text.ptr[0] == '.';
    dt_buf_str(out, DT_NGINX_REFERER);
    dt_buf_str(out, below ? DT_NGINX_REFERER_BELOW : domain ? DT_NGINX_REFERER_DOMAIN : "");
    dt_write_quoted(out, dt_slice_from(text, below ? 2 : domain));
    dt_buf_str(out, DT_NGINX_REFERER_END);
}

static void referer(struct gate *gate, const struct dt_condition *condition)
{
    dt_buf_str(&gate->work, "~(?:");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_str(&gate->work, i ? "|" : "");
        put_referer(&gate->work, condition->texts[i]);
    }
    dt_buf_char(&gate->work, ')');
    add_regex(gate, "$http_referer", condition->negated);
}

/* ---- The rest ---- */

static void put_net(struct dt_buf *out, const struct dt_net *net)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (net->bits >= 96 && !memcmp(net->address, mapped, sizeof mapped)) {
        const uint8_t *a = net->address + 12;
        dt_buf_printf(out, "%u.%u.%u.%u/%u", a[0], a[1], a[2], a[3], net->bits - 96u);
        return;
    }
    for (unsigned i = 0; i < 16; i += 2)
        dt_buf_printf(out, "%s%x", i ? ":" : "",
                      (unsigned)net->address[i] << 8 | net->address[i + 1]);
    dt_buf_printf(out, "/%u", net->bits);
}

static void address(struct gate *gate, const struct dt_condition *condition)
{
    dt_buf_printf(&gate->text, " {\n    default %s;\n", condition->negated ? "1" : "\"\"");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_str(&gate->text, "    ");
        put_net(&gate->text, &condition->nets[i]);
        dt_buf_str(&gate->text, condition->negated ? " \"\";\n" : " 1;\n");
    }
    dt_buf_str(&gate->text, "}\n");
    add_gate(gate, "geo");
}

static void percent(struct gate *gate, const struct dt_condition *condition)
{
    unsigned share = 0;
    for (unsigned i = 0; i < condition->count; i++)
        share += (unsigned)(condition->ranges[i].to - condition->ranges[i].from);
    dt_write_differs(gate->writing->write, "percent",
                     "nginx's split_clients takes a share as large, of other clients");
    dt_buf_printf(&gate->text, " {\n    %u.%02u%% %s;\n    * %s;\n}\n", share / 100, share % 100,
                  condition->negated ? "\"\"" : "1", condition->negated ? "1" : "\"\"");
    add_gate(gate, "split_clients $remote_addr");
}

/* The first language of the list: no q values. */
static void lang(struct gate *gate, const struct dt_condition *condition)
{
    dt_write_differs(gate->writing->write, "lang",
                     "nginx cannot choose among languages: only the first of the client's list is "
                     "asked");
    put_texts(gate, condition, "~*^[ ]*(?:", ")(?:[-,; ]|$)");
    add_regex(gate, "$http_accept_language", condition->negated);
}

static void one(struct gate *gate, const struct dt_condition *condition)
{
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_METHOD:
        put_texts(gate, condition, "~^(?:", ")$");
        add_regex(gate, "$request_method", condition->negated);
        break;
    case DT_CONDITION_HEADER:
        header(gate, condition);
        break;
    case DT_CONDITION_COOKIE:
        cookie(gate, condition);
        break;
    case DT_CONDITION_LANG:
        lang(gate, condition);
        break;
    case DT_CONDITION_IP:
        address(gate, condition);
        break;
    case DT_CONDITION_REFERER:
        referer(gate, condition);
        break;
    case DT_CONDITION_UA:
        agent(gate, condition);
        break;
    case DT_CONDITION_PERCENT:
        percent(gate, condition);
        break;
    case DT_CONDITION_PATH:
        gate->writing->helpers |= 1u << DT_NGINX_HELP_PATH;
        put_texts(gate, condition, "~^(?:", ")$");
        add_regex(gate, "$detour_path", condition->negated);
        break;
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_TIME:
    case DT_CONDITION_WINDOW:
        break; /* told by dt_write_check_conditions */
    }
}

/* ---- What a source says besides host and path ---- */

static void put_param(struct dt_buf *out, const struct dt_param *param)
{
    dt_write_quoted(out, param->name);
    if (param->any_value) {
        dt_buf_str(out, "(?:=[^&]*)?");
    } else if (param->value.len == 0) {
        dt_buf_str(out, "=?");
    } else {
        dt_buf_char(out, '=');
        dt_write_quoted(out, param->value);
    }
}

size_t dt_nginx_query_gate(struct dt_nginx_writing *writing, struct dt_slice name, bool nocase)
{
    struct dt_buf text, regex;
    dt_buf_init(&text, 64u << 10);
    dt_buf_init(&regex, 64u << 10);
    dt_buf_printf(&regex, "%s^(?:[^&]*&)*?", nocase ? "~*" : "~");
    dt_write_quoted(&regex, name);
    /* The name of the group is that of the parameter, in hex: it may be any text. */
    dt_buf_str(&regex, "(?:=(?<detour_q");
    for (size_t i = 0; i < name.len && i < 12; i++)
        dt_buf_printf(&regex, "%02x", (unsigned)(unsigned char)name.ptr[i]);
    dt_buf_str(&regex, ">[^&]*))?(?:&|$)");
    dt_buf_str(&text, " {\n    ");
    dt_nginx_put_quoted(&text, dt_buf_slice(&regex));
    dt_buf_str(&text, " 1;\n}\n");
    size_t number = dt_nginx_gate_intern(writing, &writing->gates, &writing->gate_count,
                                         &writing->gate_cap, DT_S("map $args"), &text);
    dt_buf_release(&text);
    dt_buf_release(&regex);
    return number;
}

static bool is_captured(const struct dt_rule *rule, struct dt_slice name)
{
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++)
        if (dt_slice_eq(rule->more->queries[i], name))
            return true;
    return false;
}

static void params(struct gate *gate, const struct dt_rule *rule)
{
    bool nocase = rule->flags & DT_RULE_IGNORE_CASE;
    for (unsigned i = 0; i < rule->nparams; i++) {
        if (is_captured(rule, rule->params[i].name)) {
            size_t number = dt_nginx_query_gate(gate->writing, rule->params[i].name, nocase);
            dt_buf_printf(&gate->gates, "${detour_when_%zu}", number + 1);
            gate->entry->gate_count++;
            continue;
        }
        dt_buf_str(&gate->work, nocase ? "~*(?:^|&)" : "~(?:^|&)");
        put_param(&gate->work, &rule->params[i]);
        dt_buf_str(&gate->work, "(?:&|$)");
        add_regex(gate, "$args", false);
    }
    if (!(rule->flags & DT_RULE_EXACT_QUERY))
        return;
    dt_buf_str(&gate->work, nocase ? "~*^(?:" : "~^(?:");
    for (unsigned i = 0; i < rule->nparams; i++) {
        dt_buf_str(&gate->work, "(?:");
        put_param(&gate->work, &rule->params[i]);
        dt_buf_str(&gate->work, ")(?:&|$)|");
    }
    dt_buf_str(&gate->work, "&)*$");
    add_regex(gate, "$args", false);
}

/* A host with labels that are captured. */
static void labels(struct gate *gate, const struct dt_rule *rule)
{
    dt_buf_str(&gate->work, "~^");
    for (unsigned i = 0; i < dt_write_labels(rule); i++)
        dt_buf_printf(&gate->work, "(?<detour_l%u>[^.]+)\\.", i);
    dt_write_quoted(&gate->work, rule->host);
    dt_buf_char(&gate->work, '$');
    add_regex(gate, "$host", false);
}

bool dt_nginx_write_gates(struct dt_nginx_writing *writing, const struct dt_rule *rule,
                          bool with_params, struct dt_nginx_entry *ret)
{
    const struct dt_conditions *conditions = dt_write_conditions(writing->write, rule);
    struct gate gate = {.writing = writing, .entry = ret};
    dt_buf_init(&gate.gates, 64u << 10);
    dt_buf_init(&gate.work, 1u << 20);
    dt_buf_init(&gate.text, 2u << 20);
    ret->gate_count = 0;
    bool own_port = (rule->scheme == DT_SCHEME_HTTP && rule->port == 80) ||
                    (rule->scheme == DT_SCHEME_HTTPS && rule->port == 443);
    if (rule->host_kind == DT_HOST_LABELS)
        labels(&gate, rule);
    if (rule->scheme) {
        dt_buf_printf(&gate.work, "~^%s$", rule->scheme == DT_SCHEME_HTTPS ? "https" : "http");
        add_regex(&gate, "$scheme", false);
    }
    if (rule->port) {
        (void)own_port;
        writing->helpers |= 1u << DT_NGINX_HELP_PORT;
        dt_buf_printf(&gate.work, "~^%u$", rule->port);
        add_regex(&gate, "$detour_port", false);
    }
    if (with_params)
        params(&gate, rule);
    for (uint32_t i = 0; i < conditions->count && i < DT_NGINX_GATES; i++)
        one(&gate, &conditions->list[i]);
    if (conditions->count > DT_NGINX_GATES)
        dt_write_cannot(writing->write, "condition", "more conditions than are written");
    ret->gates = dt_nginx_take(writing, &gate.gates);
    bool fine = !gate.gates.err && !gate.work.err && !gate.text.err;
    dt_buf_release(&gate.gates);
    dt_buf_release(&gate.work);
    dt_buf_release(&gate.text);
    return fine;
}
