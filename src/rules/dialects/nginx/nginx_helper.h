/* SPDX-License-Identifier: MIT
 *
 * The maps that we write into every configuration, and know again when we read one.
 *
 * nginx has the path in two forms: $request_uri is what the client sent, $uri is decoded, with
 * slashes merged. Neither is the normal form that rules are compared in, and what is decoded must
 * never be put into a Location as it is: %0D%0A would end the field. $detour_path is what was sent,
 * unless that has dot segments or escapes that need not be; then it is $uri, when that is as
 * harmless.
 */
#ifndef DT_RULES_NGINX_HELPER_H
#define DT_RULES_NGINX_HELPER_H

#include "rules/dialects/nginx/nginx.h"

struct dt_nginx_helper {
    const char *name; /* without "$" */
    const char *comment;
    const char *source;   /* what is looked up */
    const char *standard; /* the default; NULL: empty */
    const char *rows[6];  /* key, value, key, value ..., NULL */
    enum dt_nginx_kind kind;
    unsigned needs; /* a bit for each helper before it that it speaks of */
};

enum dt_nginx_helper_number {
    DT_NGINX_HELP_SENT,
    DT_NGINX_HELP_URI,
    DT_NGINX_HELP_PATH,
    DT_NGINX_HELP_LOWER,
    DT_NGINX_HELP_BARE,
    DT_NGINX_HELP_PORT,
    DT_NGINX_HELPERS,
};

extern const struct dt_nginx_helper dt_nginx_helpers[DT_NGINX_HELPERS];

/* The expression of the maps that tell whether a path was found in the very case of the rule: the
 * path, the path of the rule, its answer. */
#define DT_NGINX_SAME_CASE "^([^ ]+) \\1 (?<detour_found>.+)$"
#define DT_NGINX_FOUND "$detour_found"

/* A host of the Referer field. */
#define DT_NGINX_REFERER "^(?i:[^/]*//(?:[^/?#]*@)?"
#define DT_NGINX_REFERER_BELOW "[^/?#:@]+\\."
#define DT_NGINX_REFERER_DOMAIN "(?:[^/?#:@]+\\.)?"
#define DT_NGINX_REFERER_END "\\.?(?:[:/?#]|$))"

/* What is left of a query: a map of "&$args" to what is kept of it, in runs between what is not.
 * Group 1 is a parameter that stays, group 2 a run of those that do not. */
#define DT_NGINX_OTHERS "((?:(?!(?1))&[^&]*)*+))^(?2)"
#define DT_NGINX_QUERY_SOURCE "&$args"
#define DT_NGINX_WITHOUT "~(?(DEFINE)(&(?!(?:" /* then names ... */
#define DT_NGINX_WITHOUT_END ")(?:=|&|$))[^&]+)" DT_NGINX_OTHERS
#define DT_NGINX_KEEP "~(?(DEFINE)(&(?:"
#define DT_NGINX_KEEP_END ")(?:=[^&]*)?(?=&|$))" DT_NGINX_OTHERS
#define DT_NGINX_RUNS 9
#define DT_NGINX_ANY_NAME "[^=&]*" /* the star of utm_* */
/* And the same with "?" in front, for targets without a query. */
#define DT_NGINX_LEAD "~^&(?<detour_query>.+)$"
#define DT_NGINX_LED "?$detour_query"

#endif
