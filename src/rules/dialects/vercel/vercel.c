/* SPDX-License-Identifier: MIT
 *
 * vercel.json: the list "redirects", and the file of bulk redirects that it names, which Vercel
 * asks first. The first redirect that matches wins, and its status is 308 when it has neither
 * "permanent" nor "statusCode".
 */
#include "rules/dialects/vercel/vercel.h"

#include "base/buf.h"
#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

enum { SOURCE, TARGET, PERMANENT, STATUS, HAS, MISSING, KEYS };

static const struct {
    const char *name;
    char kind;        /* as dt_json_value's; 't' for either truth */
    const char *what; /* it is, for errors */
} keys[KEYS] = {
    [SOURCE] = {"source", '"', "string"},
    [TARGET] = {"destination", '"', "string"},
    [PERMANENT] = {"permanent", 't', "true or false"},
    [STATUS] = {"statusCode", '0', "number"},
    [HAS] = {"has", '[', "list"},
    [MISSING] = {"missing", '[', "list"},
};

/* ---- One redirect ---- */

static bool find_keys(struct dt_json_walk *walk, const struct dt_json_value *object,
                      struct dt_json_found *ret)
{
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key, value;
    while (dt_json_member(&inside, &key, &value)) {
        unsigned i = 0;
        while (i < KEYS && !dt_slice_eq(key.text, dt_slice_str(keys[i].name)))
            i++;
        if (!dt_json_reach(walk, i == KEYS ? key.text.ptr : value.text.ptr))
            return false;
        if (i == KEYS)
            return DT_REFUSE(walk->reader, key.text, "vercel-key",
                             "a redirect has source, destination, permanent or statusCode, has and "
                             "missing");
        char kind = value.kind == 'f' ? 't' : value.kind;
        if (kind != keys[i].kind)
            return DT_REFUSE(walk->reader, dt_json_start(&value), "vercel-value", "\"%s\" is a %s",
                             keys[i].name, keys[i].what);
        ret[i] = (struct dt_json_found){value, walk->here, true};
    }
    return true;
}

static bool read_status(struct dt_json_walk *walk, const struct dt_json_found *found, uint16_t *ret)
{
    struct dt_slice text = found[STATUS].value.text;
    unsigned status = 0;
    *ret = 308;
    if (found[PERMANENT].is)
        *ret = found[PERMANENT].value.kind == 't' ? 308 : 307;
    if (!found[STATUS].is)
        return true;
    dt_json_go_to(walk, found[STATUS].place);
    if (found[PERMANENT].is)
        return DT_REFUSE(walk->reader, text, "vercel-value",
                         "both permanent and statusCode, which Vercel refuses");
    for (size_t i = 0; i < text.len && status < 1000; i++)
        status = dt_is_digit(text.ptr[i]) ? status * 10 + (unsigned)(text.ptr[i] - '0') : 1000;
    if (!dt_options_redirects(status))
        return DT_REFUSE(walk->reader, text, "status-unknown",
                         "%.*s is not the status of a redirect: 301, 302, 303, 307 or 308",
                         DT_SLICE_FMT(text));
    *ret = (uint16_t)status;
    return true;
}

static bool read_source(struct dt_vercel_redirect *redirect, const struct dt_json_found *found)
{
    struct dt_reader *reader = redirect->walk->reader;
    struct dt_slice text, at = found->value.text;
    if (!dt_json_string(redirect->walk, found, &text))
        return false;
    if (text.len == 0 || text.len > DT_VERCEL_LENGTH)
        return DT_REFUSE(reader, at, "source-long", "a source has 1 to %u characters",
                         DT_VERCEL_LENGTH);
    if (!strchr("/({", text.ptr[0]))
        return DT_REFUSE(reader, at, "source-relative",
                         "a source is a path and begins with / (a host is a condition of \"has\")");
    if (dt_vercel_parse(&reader->set->arena, text, &redirect->path))
        return true;
    return DT_REFUSE(reader, at, "source-path", "not a path for Vercel: %s", redirect->path.error);
}

/* Reads what "has" and "missing" come to as if it stood behind a rule. */
static bool read_options(struct dt_vercel_redirect *redirect, const struct dt_json_found *found)
{
    struct dt_reader *reader = redirect->walk->reader;
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(redirect->conditions));
    if (dt_buf_err(redirect->conditions) || (redirect->conditions->len && !copy.ptr))
        return dt_reader_nomem(reader);
    if (copy.len == 0)
        return true;
    dt_json_go_to(redirect->walk, found[found[HAS].is ? HAS : MISSING].place);
    return dt_options_parse(reader, copy, &redirect->options);
}

static void add_rules(struct dt_vercel_redirect *redirect, const struct dt_json_found *found)
{
    struct dt_reader *reader = redirect->walk->reader;
    for (unsigned i = 0; i == 0 || i < redirect->nhosts; i++) {
        struct dt_rule rule = {.file = reader->file, .line = found[SOURCE].place.line};
        if (!dt_ruleset_intern_action(reader->set, &redirect->options.action, &rule.action) ||
            !dt_ruleset_intern_conditions(reader->set, &redirect->options.conditions,
                                          &rule.conditions) ||
            !dt_vercel_source(redirect, &found[SOURCE], i, &rule))
            return;
        if (redirect->query.len) {
            dt_json_go_to(redirect->walk, found[HAS].place);
            if (rule.path_kind == DT_PATH_REGEX) {
                dt_reader_error(reader, dt_json_start(&found[HAS].value), "vercel-query",
                                "a query parameter can be asked for beside whole segments only: "
                                "this source is a regular expression here");
                return;
            }
            if (!dt_source_query(reader, redirect->query, DT_SOURCE_ANY | DT_SOURCE_CAPTURES,
                                 &rule))
                return;
        }
        if (!dt_vercel_target(redirect, &found[TARGET], &rule) ||
            !dt_source_fold(reader, &rule, 0) || !dt_ruleset_add_rule(reader->set, &rule))
            return;
    }
}

static void read_redirect(struct dt_json_walk *walk, const struct dt_json_value *object)
{
    struct dt_json_found found[KEYS] = {0};
    struct dt_vercel_redirect *redirect =
        dt_arena_alloc(&walk->reader->set->arena, sizeof *redirect);
    struct dt_buf conditions;
    if (!redirect) {
        dt_reader_nomem(walk->reader);
        return;
    }
    dt_buf_init(&conditions, DT_LIMIT_LINE);
    memset(redirect, 0, sizeof *redirect);
    redirect->walk = walk;
    redirect->conditions = &conditions;
    redirect->options = dt_options_standard();
    bool fine = find_keys(walk, object, found);
    if (fine && (!found[SOURCE].is || !found[TARGET].is) && dt_json_reach(walk, object->text.ptr))
        fine = DT_REFUSE(walk->reader, dt_json_start(object), "vercel-key",
                         "a redirect without a %s", found[SOURCE].is ? "destination" : "source");
    fine = fine && read_source(redirect, &found[SOURCE]) &&
           read_status(walk, found, &redirect->options.action.status);
    if (fine && found[HAS].is)
        fine = dt_vercel_conditions(redirect, &found[HAS], false);
    if (fine && found[MISSING].is)
        fine = dt_vercel_conditions(redirect, &found[MISSING], true);
    if (fine && read_options(redirect, found))
        add_rules(redirect, found);
    dt_buf_release(&conditions);
}

static void read_redirects(struct dt_json_walk *walk, const struct dt_json_value *list)
{
    struct dt_slice inside = dt_json_inside(list);
    struct dt_json_value value;
    if (!dt_json_reach(walk, list->text.ptr))
        return;
    if (list->kind != '[') {
        dt_reader_error(walk->reader, dt_json_start(list), "vercel-value",
                        "\"redirects\" is a list");
        return;
    }
    for (unsigned count = 1; dt_json_element(&inside, &value); count++) {
        if (!dt_json_reach(walk, value.text.ptr))
            return;
        dt_json_anchor(walk);
        if (count > DT_VERCEL_REDIRECTS) {
            dt_reader_error(walk->reader, dt_json_start(&value), "vercel-many",
                            "Vercel takes %u redirects, and refuses a file with more",
                            DT_VERCEL_REDIRECTS);
            return;
        }
        if (value.kind == '{')
            read_redirect(walk, &value);
        else
            dt_reader_error(walk->reader, dt_json_start(&value), "vercel-value",
                            "a redirect is an object");
    }
}

/* ---- The file ---- */

static void read_bulk(struct dt_json_walk *walk, const struct dt_json_value *value)
{
    struct dt_reader *reader = walk->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_json_found found;
    struct dt_slice name, path, text;
    enum dt_err err = DT_OK;
    if (!dt_json_find(walk, value, &found))
        return;
    if (value->kind != '"') {
        dt_reader_error(reader, dt_json_start(value), "vercel-value",
                        "\"bulkRedirectsPath\" is a string");
        return;
    }
    if (!dt_json_string(walk, &found, &name) || !dt_reader_join(reader, name, &path))
        return;
    if (!dt_look_ends(name, DT_S(".csv")))
        dt_reader_error(reader, value->text, "vercel-bulk",
                        "bulk redirects are read from one CSV file, not from JSON or a folder");
    else if (!set->loader.load)
        dt_reader_error(reader, value->text, "include-none", "files cannot be included here");
    else if (set->file_count >= DT_LIMIT_FILES || reader->depth >= DT_LIMIT_DEPTH)
        dt_reader_error(reader, value->text, "include-depth", "too many files");
    else if ((err = set->loader.load(set->loader.ctx, path, &text)) == DT_ERR_NOMEM)
        dt_reader_nomem(reader);
    else if (err)
        dt_reader_error(reader, value->text, "include-missing", "%.*s: %s", DT_SLICE_FMT(path),
                        dt_err_message(err));
    else
        dt_reader_file(set, reader, path, text, DT_FORMAT_VERCEL_BULK);
}

/* Keys that say something about answers, and are not read. */
static void pass_over(struct dt_json_walk *walk, const struct dt_json_value *key)
{
    static const char *const rows[][2] = {
        {"cleanUrls", "Vercel's own redirects from /a.html to /a, where there is a file"},
        {"trailingSlash", "Vercel's own redirects that put a final slash or take it away"},
        {"headers", "header fields for files"},
        {"rewrites", "files and functions under other names"},
        {"i18n", "files by language"},
    };
    if (dt_slice_eq(key->text, DT_S("routes"))) {
        if (dt_json_reach(walk, key->text.ptr))
            dt_reader_error(
                walk->reader, key->text, "vercel-routes",
                "\"routes\" is Vercel's older way, and is not read: write its redirects "
                "as \"redirects\"");
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (dt_slice_eq(key->text, dt_slice_str(rows[i][0])) && dt_json_reach(walk, key->text.ptr))
            dt_reader_warn(walk->reader, key->text, "vercel-passed-over",
                           "\"%s\" is passed over: %s", rows[i][0], rows[i][1]);
}

/* Bulk redirects first, wherever they are named. */
static void read_top(struct dt_json_walk *walk, const struct dt_json_value *top)
{
    struct dt_slice inside = dt_json_inside(top);
    struct dt_json_value key, value, list = {0};
    bool found = false;
    while (dt_json_member(&inside, &key, &value)) {
        if (dt_slice_eq(key.text, DT_S("bulkRedirectsPath"))) {
            read_bulk(walk, &value);
            found = true;
        } else if (dt_slice_eq(key.text, DT_S("redirects"))) {
            list = value;
            found = true;
        } else {
            pass_over(walk, &key);
        }
    }
    if (list.kind)
        read_redirects(walk, &list);
    else if (!found && dt_json_reach(walk, top->text.ptr))
        dt_reader_warn(walk->reader, dt_json_start(top), "vercel-none",
                       "no \"redirects\" and no \"bulkRedirectsPath\" are in this file");
}

bool dt_vercel_is(const struct dt_look *look)
{
    static const char *const words[] = {"\"redirects\"", "\"source\"", "\"destination\""};
    if (dt_slice_eq(look->base, DT_S("vercel.json")))
        return true;
    if (dt_look_first(look->text) != '{' ||
        memmem(look->text.ptr, look->text.len, "\"hosting\"", 9))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!memmem(look->text.ptr, look->text.len, words[i], strlen(words[i])))
            return false;
    return true;
}

void dt_vercel_read(struct dt_reader *reader)
{
    struct dt_json_walk walk;
    struct dt_json_value top;
    reader->set->first_wanted = "Vercel";
    if (!dt_json_begin(&walk, reader, &top))
        return;
    if (top.kind == '{')
        read_top(&walk, &top);
    else if (dt_json_reach(&walk, top.text.ptr))
        dt_reader_error(reader, dt_json_start(&top), "vercel-value", "the file is an object");
}
