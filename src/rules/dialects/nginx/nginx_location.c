/* SPDX-License-Identifier: MIT
 *
 * Locations, in an order in which the first that matches is the one that nginx would choose.
 */
#include "rules/dialects/nginx/nginx_follow.h"

enum form { EXACT, FIRM, PREFIX, REGEX, REGEX_NOCASE, NAMED };

/* "location [= | ^~ | ~ | ~*] name" */
static bool form_of(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir, enum form *ret,
                    const struct dt_nginx_word **ret_name)
{
    static const char *const signs[] = {"=", "^~", "", "~", "~*"};
    if (dir->count == 3) {
        *ret_name = &dir->words[2];
        for (unsigned i = 0; i < 5; i++)
            if (dt_slice_eq(dir->words[1].text, dt_slice_str(signs[i]))) {
                *ret = (enum form)i;
                return true;
            }
    }
    *ret_name = &dir->words[1];
    *ret = PREFIX;
    if (dir->count == 2 && dir->words[1].text.len) {
        char c = dir->words[1].text.ptr[0];
        if (c == '/')
            return true;
        if (c == '@') {
            *ret = NAMED;
            return true;
        }
    }
    return DT_NGINX_REFUSE(walk->nginx->reader, dir->words, "nginx-syntax",
                           "expected: location [= | ^~ | ~ | ~*] name { ... }");
}

static bool is_location(const struct dt_nginx_dir *dir)
{
    return dt_nginx_is_named(dir, "location") && dir->block;
}

static void enter_location(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                           enum form form, const struct dt_nginx_word *name,
                           const struct dt_nginx_want *want)
{
    struct dt_nginx *nginx = walk->nginx;
    struct dt_nginx_want made = *want;
    struct dt_nginx_walk inner = {.nginx = nginx, .location = dir, .depth = walk->depth};
    const struct dt_nginx_test test = {.how = DT_NGINX_MATCHES,
                                       .nocase = form == REGEX_NOCASE,
                                       .pattern = name->text,
                                       .word = name};
    bool never = false, fine;
    if (form == EXACT)
        fine = dt_nginx_want_exact(nginx, &made, name->text, false, &never);
    else if (form == REGEX || form == REGEX_NOCASE)
        fine = dt_nginx_want_regex(nginx, &made, &test);
    else
        fine = dt_nginx_want_prefix(nginx, &made, name, name->text, &never);
    if (!fine || never)
        return;
    for (const struct dt_nginx_dir *child = dir->children; child; child = child->next)
        if (is_location(child)) {
            dt_nginx_choose_location(&inner, dir->children, &made);
            break;
        }
    dt_nginx_run(&inner, dir->children, NULL, &made, NULL);
}

/* All locations of some forms; of names the longest first. */
static void enter_all(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dirs, bool firm,
                      bool regex, const struct dt_nginx_want *want)
{
    size_t longest = SIZE_MAX;
    for (;;) {
        size_t next = 0;
        for (const struct dt_nginx_dir *dir = dirs; dir && !dt_nginx_stopped(walk);
             dir = dir->next) {
            enum form form;
            const struct dt_nginx_word *name;
            if (!is_location(dir) || !form_of(walk, dir, &form, &name))
                continue;
            bool is_regex = form == REGEX || form == REGEX_NOCASE;
            if (regex ? !is_regex : form != (firm ? FIRM : PREFIX))
                continue;
            if (regex || name->text.len == longest)
                enter_location(walk, dir, form, name, want);
            else if (name->text.len < longest && name->text.len > next)
                next = name->text.len;
        }
        if (regex || next == 0)
            return;
        longest = next;
    }
}

/* A name below a "^~" one is asked for the expressions again, which an order cannot say. */
static void check_firm(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dirs)
{
    bool expressions = false;
    enum form form, other;
    const struct dt_nginx_word *name, *inner;
    for (const struct dt_nginx_dir *dir = dirs; dir; dir = dir->next)
        expressions |= is_location(dir) && dir->count == 3 && dir->words[1].text.len &&
                       dir->words[1].text.ptr[0] == '~';
    for (const struct dt_nginx_dir *dir = dirs; dir && expressions; dir = dir->next) {
        if (!is_location(dir) || dir->count != 3 || !form_of(walk, dir, &form, &name) ||
            form != FIRM)
            continue;
        for (const struct dt_nginx_dir *more = dirs; more; more = more->next)
            if (is_location(more) && more->count == 2 && form_of(walk, more, &other, &inner) &&
                other == PREFIX && inner->text.len > name->text.len &&
                dt_slice_starts(inner->text, name->text))
                DT_NGINX_ERROR(walk->nginx->reader, inner, "nginx-location",
                               "a location inside of the ^~ one of line %u, beside expressions: "
                               "write ^~ here too",
                               name->line);
    }
}

/* "=" first; then "^~" names, for which expressions are not asked; expressions; other names. */
void dt_nginx_choose_location(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dirs,
                              const struct dt_nginx_want *want)
{
    enum form form;
    const struct dt_nginx_word *name;
    check_firm(walk, dirs);
    for (const struct dt_nginx_dir *dir = dirs; dir && !dt_nginx_stopped(walk); dir = dir->next)
        if (is_location(dir) && form_of(walk, dir, &form, &name) && form == EXACT)
            enter_location(walk, dir, form, name, want);
    enter_all(walk, dirs, true, false, want);
    enter_all(walk, dirs, false, true, want);
    enter_all(walk, dirs, false, false, want);
}
