/* SPDX-License-Identifier: MIT
 *
 * firebase.json: the list hosting.redirects. The first redirect that matches wins, whatever files
 * there are.
 *
 * What else Firebase Hosting does by this file (headers, rewrites, its own redirects to clean URLs)
 * needs files to serve: each kind is named in one warning, and passed over.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/firebase/firebase_glob.h"
#include "rules/dialects/firebase/firebase_target.h"
#include "rules/dialects/json_walk.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

enum { SOURCE, REGEX, TARGET, TYPE, KEYS };

struct redirect {
    struct dt_json_found keys[KEYS];
    struct dt_json_place place; /* of its opening brace */
    const char *brace;
};

/* A warning that this key says something that no rule can. */
static bool passed_over(struct dt_json_walk *walk, const struct dt_json_value *key, const char *why)
{
    if (!dt_json_reach(walk, key->text.ptr))
        return false;
    dt_reader_warn(walk->reader, key->text, "firebase-passed-over", "\"%.*s\" is passed over: %s",
                   DT_SLICE_FMT(key->text), why);
    return true;
}

/* ---- One redirect ---- */

static bool key_number(struct dt_slice name, unsigned *ret)
{
    static const char *const names[] = {"source", "glob", "regex", "destination", "type"};
    static const unsigned numbers[] = {SOURCE, SOURCE, REGEX, TARGET, TYPE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (dt_slice_eq(name, dt_slice_str(names[i]))) {
            *ret = numbers[i];
            return true;
        }
    }
    return false;
}

/* Finds the members, all of the right kind. *ret_fine: nothing was wrong. False: cannot go on. */
static bool find_keys(struct dt_json_walk *walk, const struct dt_json_value *object,
                      struct redirect *ret, bool *ret_fine)
{
    struct dt_slice inside = dt_json_inside(object);
    struct dt_json_value key, value;
    while (dt_json_member(&inside, &key, &value)) {
        unsigned number;
        if (!key_number(key.text, &number)) {
            if (!passed_over(walk, &key, "a redirect has source or regex, destination and type"))
                return false;
            continue;
        }
        if (!dt_json_reach(walk, value.text.ptr))
            return false;
        if (value.kind != (number == TYPE ? '0' : '"'))
            *ret_fine = DT_REFUSE(walk->reader, value.text, "firebase-value", "\"%.*s\" is a %s",
                                  DT_SLICE_FMT(key.text), number == TYPE ? "number" : "string");
        else if (ret->keys[number].is)
            *ret_fine = DT_REFUSE(walk->reader, key.text, "firebase-value",
                                  "\"source\" and \"glob\" are one: give one of them");
        ret->keys[number] = (struct dt_json_found){value, walk->here, true};
    }
    return true;
}

static bool read_type(struct dt_json_walk *walk, const struct dt_json_found *type, uint16_t *ret)
{
    unsigned status = 0;
    *ret = 301;
    if (!type->is)
        return true;
    struct dt_slice text = type->value.text;
    for (size_t i = 0; i < text.len && status < 1000; i++)
        status = dt_is_digit(text.ptr[i]) ? status * 10 + (unsigned)(text.ptr[i] - '0') : 1000;
    dt_json_go_to(walk, type->place);
    if (!dt_options_redirects(status))
        return DT_REFUSE(walk->reader, text, "status-unknown",
                         "%.*s is not the status of a redirect: 301, 302, 303, 307 or 308",
                         DT_SLICE_FMT(text));
    *ret = (uint16_t)status;
    return true;
}

static bool check_keys(struct dt_json_walk *walk, const struct redirect *redirect)
{
    const struct dt_json_found *keys = redirect->keys;
    dt_json_go_to(walk, redirect->place);
    struct dt_slice brace = dt_slice_of(redirect->brace, 0);
    if (keys[SOURCE].is == keys[REGEX].is)
        return DT_REFUSE(walk->reader, brace, "firebase-source",
                         keys[SOURCE].is ? "both a source and a regex"
                                         : "a redirect without a source or a regex");
    if (!keys[TARGET].is)
        return DT_REFUSE(walk->reader, brace, "target-missing", "a redirect without a destination");
    return true;
}

static void make_rule(struct dt_json_walk *walk, const struct redirect *redirect)
{
    struct dt_reader *reader = walk->reader;
    const struct dt_json_found *source =
        &redirect->keys[redirect->keys[SOURCE].is ? SOURCE : REGEX];
    const struct dt_json_found *target = &redirect->keys[TARGET];
    struct dt_options options = dt_options_standard();
    struct dt_slice from, to;
    struct dt_rule rule = {.file = reader->file, .line = source->place.line};
    bool fine = read_type(walk, &redirect->keys[TYPE], &options.action.status);
    if (!dt_ruleset_intern_action(reader->set, &options.action, &rule.action) ||
        !dt_json_string(walk, source, &from) || !dt_json_string(walk, target, &to))
        return;
    if (source == &redirect->keys[REGEX]) {
        struct dt_firebase_regex_rule in = {source->value.text, from, target->value.text, to};
        dt_json_go_to(walk, source->place);
        if (fine)
            dt_firebase_regex_rule(reader, &in, &rule);
        return;
    }
    if (!dt_pattern_begin(reader, &rule))
        return;
    dt_json_go_to(walk, source->place);
    if (!dt_firebase_glob(reader, source->value.text, from, &rule))
        return;
    dt_json_go_to(walk, target->place);
    if (dt_firebase_target(reader, target->value.text, to, &rule) && fine &&
        dt_source_fold(reader, &rule, 0))
        dt_ruleset_add_rule(reader->set, &rule);
}

static bool read_redirects(struct dt_json_walk *walk, const struct dt_json_value *list)
{
    struct dt_slice inside = dt_json_inside(list);
    struct dt_json_value value;
    if (!dt_json_reach(walk, list->text.ptr))
        return false;
    if (list->kind != '[')
        return DT_REFUSE(walk->reader, dt_slice_of(list->text.ptr, 0), "firebase-value",
                         "\"redirects\" is a list");
    while (dt_json_element(&inside, &value)) {
        struct redirect redirect = {0};
        bool fine = true;
        if (!dt_json_reach(walk, value.text.ptr))
            return false;
        redirect.place = walk->here;
        redirect.brace = value.text.ptr;
        if (value.kind != '{') {
            dt_reader_error(walk->reader, dt_slice_of(value.text.ptr, 0), "firebase-value",
                            "a redirect is an object");
            continue;
        }
        if (!find_keys(walk, &value, &redirect, &fine))
            return false;
        if (fine && check_keys(walk, &redirect))
            make_rule(walk, &redirect);
    }
    return true;
}

/* ---- The file ---- */

/* Why a key of "hosting" is passed over; NULL: it is about deployment, and says nothing of any
 * answer. */
static const char *reason(struct dt_slice key)
{
    static const char *const rows[][2] = {
        {"headers", "header fields for files"},
        {"rewrites", "files and functions under other names"},
        {"i18n", "files by language and country"},
        {"cleanUrls", "Firebase's own redirects from /a.html to /a, where there is a file"},
        {"trailingSlash", "Firebase's own redirects for a final slash, where there is a file"},
        {"appAssociation", "files for apps"},
        {"public", NULL},
        {"ignore", NULL},
        {"site", NULL},
        {"target", NULL},
        {"source", NULL},
        {"predeploy", NULL},
        {"postdeploy", NULL},
        {"frameworksBackend", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (dt_slice_eq(key, dt_slice_str(rows[i][0])))
            return rows[i][1];
    return "not known";
}

static bool read_site(struct dt_json_walk *walk, const struct dt_json_value *site)
{
    struct dt_slice inside = dt_json_inside(site);
    struct dt_json_value key, value;
    if (site->kind != '{')
        return DT_REFUSE(walk->reader, dt_slice_of(site->text.ptr, 0), "firebase-value",
                         "\"hosting\" is an object");
    while (dt_json_member(&inside, &key, &value)) {
        const char *why = reason(key.text);
        if (dt_slice_eq(key.text, DT_S("redirects"))) {
            if (!read_redirects(walk, &value))
                return false;
        } else if (why && !passed_over(walk, &key, why)) {
            return false;
        }
    }
    return true;
}

/* One site, or a list of sites; of which only one can be read, for nothing says their hosts. */
static bool read_hosting(struct dt_json_walk *walk, const struct dt_json_value *hosting)
{
    struct dt_json_value site = *hosting, more;
    if (!dt_json_reach(walk, hosting->text.ptr))
        return false;
    if (hosting->kind == '[') {
        struct dt_slice inside = dt_json_inside(hosting);
        if (!dt_json_element(&inside, &site))
            return true;
        if (dt_json_element(&inside, &more))
            return DT_REFUSE(walk->reader, dt_slice_of(hosting->text.ptr, 0), "firebase-sites",
                             "several sites in one file, which does not say their hosts: write "
                             "each as a file of its own, and include it below @host");
        if (!dt_json_reach(walk, site.text.ptr))
            return false;
    }
    return read_site(walk, &site);
}

static void read_top(struct dt_json_walk *walk, const struct dt_json_value *top)
{
    struct dt_json_value key, value;
    struct dt_slice inside = dt_json_inside(top);
    bool found = false;
    while (top->kind == '{' && dt_json_member(&inside, &key, &value)) {
        if (!dt_slice_eq(key.text, DT_S("hosting")))
            continue; /* of other products of Firebase */
        found = true;
        if (!read_hosting(walk, &value))
            return;
    }
    if (!found && dt_json_reach(walk, top->text.ptr))
        dt_reader_error(walk->reader, dt_json_start(top), "firebase-hosting",
                        "no \"hosting\" is in this file");
}

/* Also an object that has "hosting" near its beginning. */
bool dt_firebase_is(const struct dt_look *look)
{
    return dt_slice_eq(look->base, DT_S("firebase.json")) ||
           (dt_look_first(look->text) == '{' &&
            memmem(look->text.ptr, look->text.len, "\"hosting\"", 9));
}

void dt_firebase_read(struct dt_reader *reader)
{
    struct dt_json_walk walk;
    struct dt_json_value top;
    reader->set->first_wanted = "Firebase";
    if (dt_json_begin(&walk, reader, &top))
        read_top(&walk, &top);
}
