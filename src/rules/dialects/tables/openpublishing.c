/* SPDX-License-Identifier: MIT
 *
 * Microsoft's .openpublishing.redirection.json, of documentation that is built from files: a source
 * is a file of the repository, whose page has the same path without its ending. Where the site puts
 * the repository's root is not in the file: @host and the folder of an including file say it, or it
 * is the root of every host.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/json_walk.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum { SOURCE, FROM_ROOT, TARGET, ID, KEYS };

static const char *const keys[KEYS] = {"source_path", "source_path_from_root", "redirect_url",
                                       "redirect_document_id"};

static bool find_keys(struct dt_json_walk *walk, const struct dt_json_value *object,
                      struct dt_json_found *ret)
{
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key, value;
    while (dt_json_member(&inside, &key, &value)) {
        unsigned i = 0;
        while (i < KEYS && !dt_slice_eq(key.text, dt_slice_str(keys[i])))
            i++;
        if (!dt_json_reach(walk, i == KEYS ? key.text.ptr : value.text.ptr))
            return false;
        if (i == KEYS)
            return DT_REFUSE(walk->reader, key.text, "openpublishing-key",
                             "a redirection has source_path or source_path_from_root, "
                             "redirect_url and redirect_document_id");
        if (i != ID && value.kind != '"')
            return DT_REFUSE(walk->reader, dt_json_start(&value), "openpublishing-value",
                             "\"%s\" is a string", keys[i]);
        ret[i] = (struct dt_json_found){value, walk->here, true};
    }
    return true;
}

/* "articles/start/index.md" as "/articles/start/". */
static struct dt_slice page_of(struct dt_reader *reader, struct dt_slice file)
{
    static const char *const endings[] = {".md", ".yml", ".yaml", ".html", ".ipynb"};
    while (file.len && file.ptr[0] == '/')
        file = dt_slice_from(file, 1);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (dt_look_ends(file, dt_slice_str(endings[i]))) {
            file.len -= strlen(endings[i]);
            break;
        }
    }
    bool index = dt_look_ends(file, DT_S("/index")) || dt_slice_eq_nocase(file, DT_S("index"));
    if (index)
        file.len -= 5;
    char *mem = dt_arena_alloc(&reader->set->arena, file.len + 1);
    if (!mem) {
        dt_reader_nomem(reader);
        return DT_SLICE_NONE;
    }
    mem[0] = '/';
    memcpy(mem + 1, file.len ? file.ptr : "", file.len);
    return dt_slice_of(mem, file.len + 1);
}

static bool read_source(struct dt_json_walk *walk, const struct dt_json_found *found,
                        struct dt_rule *rule)
{
    struct dt_slice text, at = found->value.text;
    if (!dt_json_string(walk, found, &text))
        return false;
    if (text.len == 0 || memmem(text.ptr, text.len, "..", 2) || memchr(text.ptr, '?', text.len) ||
        memchr(text.ptr, '#', text.len) || memchr(text.ptr, ':', text.len))
        return DT_REFUSE(walk->reader, at, "source-relative",
                         "a source is a file of the repository, such as articles/start.md");
    struct dt_slice page = page_of(walk->reader, text);
    return page.len &&
           dt_source_parse(walk->reader, page, dt_scan_bits(page), DT_SOURCE_LITERAL, rule);
}

static bool read_target(struct dt_json_walk *walk, const struct dt_json_found *found,
                        struct dt_rule *rule)
{
    struct dt_slice text;
    if (!dt_json_string(walk, found, &text))
        return false;
    return dt_target_read(walk->reader, text.len ? text : found->value.text, DT_TARGET_LITERAL,
                          rule);
}

static void read_redirection(struct dt_json_walk *walk, const struct dt_json_value *object)
{
    struct dt_reader *reader = walk->reader;
    struct dt_json_found found[KEYS] = {0};
    struct dt_options options = dt_options_standard();
    if (!find_keys(walk, object, found))
        return;
    unsigned source = found[FROM_ROOT].is ? FROM_ROOT : SOURCE;
    if ((!found[source].is || !found[TARGET].is || (found[SOURCE].is && found[FROM_ROOT].is)) &&
        dt_json_reach(walk, object->text.ptr)) {
        dt_reader_error(reader, dt_json_start(object), "openpublishing-key",
                        "a redirection has one source and a redirect_url");
        return;
    }
    struct dt_rule rule = {.file = reader->file, .line = found[source].place.line};
    bool fine = read_source(walk, &found[source], &rule);
    fine &= read_target(walk, &found[TARGET], &rule);
    options.action.status = 301;
    if (fine && dt_source_fold(reader, &rule, DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH) &&
        dt_ruleset_intern_action(reader->set, &options.action, &rule.action))
        dt_ruleset_add_rule(reader->set, &rule);
}

static void read_list(struct dt_json_walk *walk, const struct dt_json_value *list)
{
    struct dt_slice inside = dt_json_inside(list);
    struct dt_json_value value;
    if (list->kind != '[') {
        dt_reader_error(walk->reader, dt_json_start(list), "openpublishing-value",
                        "\"redirections\" is a list");
        return;
    }
    while (dt_json_element(&inside, &value)) {
        if (!dt_json_reach(walk, value.text.ptr))
            return;
        if (value.kind == '{')
            read_redirection(walk, &value);
        else
            dt_reader_error(walk->reader, dt_json_start(&value), "openpublishing-value",
                            "a redirection is an object");
    }
}

bool dt_openpublishing_is(const struct dt_look *look)
{
    struct dt_slice redirect_url = DT_S("\"redirect_url\"");
    return (dt_slice_starts(look->base, DT_S(".openpublishing.redirection")) &&
            dt_look_ends(look->base, DT_S(".json"))) ||
           (dt_look_first(look->text) == '{' &&
            memmem(look->text.ptr, look->text.len, "\"redirections\"", 14) &&
            memmem(look->text.ptr, look->text.len, redirect_url.ptr, redirect_url.len));
}

void dt_openpublishing_read(struct dt_reader *reader)
{
    struct dt_json_walk walk;
    struct dt_json_value top, key, value;
    if (!dt_json_begin(&walk, reader, &top))
        return;
    struct dt_slice inside = dt_json_inside(&top);
    while (top.kind == '{' && dt_json_member(&inside, &key, &value)) {
        if (!dt_json_reach(&walk, key.text.ptr))
            return;
        if (dt_slice_eq(key.text, DT_S("redirections")))
            read_list(&walk, &value);
        else
            dt_reader_error(reader, key.text, "openpublishing-key",
                            "the file has \"redirections\" and nothing else that is read");
    }
    if (top.kind != '{' && dt_json_reach(&walk, top.text.ptr))
        dt_reader_error(reader, dt_json_start(&top), "openpublishing-value",
                        "the file is an object");
}
