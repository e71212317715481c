/* SPDX-License-Identifier: MIT
 *
 * Sources: what of a request's URI a rule matches (scheme, host, port, path, query), read into the
 * normal form that requests are compared in.
 */
#ifndef DT_RULES_SOURCE_H
#define DT_RULES_SOURCE_H

#include <detour/ruleset.h>

struct dt_reader;

/* Scheme, host and port of a source. All zero: any. */
struct dt_host_pattern {
    struct dt_slice host; /* normalised, without wildcard */
    uint16_t port;
    uint8_t scheme; /* enum dt_scheme */
    uint8_t kind;   /* enum dt_host_kind */
    uint8_t labels; /* of DT_HOST_LABELS: how many, and their names */
    const struct dt_slice *names;
};

enum dt_source_mode {
    DT_SOURCE_NATIVE,  /* dir/..., :name, "*", and ~ for a regex; query "a=:x" captures */
    DT_SOURCE_LITERAL, /* "*" and ":" stand for themselves */
};

/* A source word; bits are the classes of its bytes. Sets scheme, port, host, path, params and more
 * of the rule, and reader->captures. A path or a regex alone takes the host of @host. */
bool dt_source_parse(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                     enum dt_source_mode mode, struct dt_rule *rule);

/* host, .host, *.host, :a.:b.host or *, with or without a port, as behind "//". */
bool dt_source_host(struct dt_reader *reader, struct dt_slice text, struct dt_host_pattern *ret);

/* A path, up to the query. raw may be empty: "/". Forgets what was captured behind the host. */
bool dt_source_path(struct dt_reader *reader, struct dt_slice raw, enum dt_source_mode mode,
                    struct dt_rule *rule);

enum dt_source_query_flag {
    DT_SOURCE_ANY = 1, /* a name without "=" is a condition for any value; else for the empty */
    DT_SOURCE_CAPTURES = 2, /* "a=:x" is one for any value, which is captured */
};

/* Query conditions, without "?"; how: enum dt_source_query_flag. To be called after the path. */
bool dt_source_query(struct dt_reader *reader, struct dt_slice raw, unsigned how,
                     struct dt_rule *rule);

enum dt_regex_flag { DT_REGEX_NOCASE = 1 };

/* A regular expression (flags: enum dt_regex_flag) as the whole source: on the URL when it begins
 * with a scheme or "//", perhaps behind "^" and with its slashes escaped, else on the path. at is
 * what an error points to, and text is what is compiled: they are the same in the native language,
 * and a dialect may have made text itself (in memory that lives as long as the set). Fills
 * reader->captures. The rule's host stays as it is; one that asks about the URL has none. */
bool dt_source_regex(struct dt_reader *reader, struct dt_slice at, struct dt_slice text,
                     unsigned flags, struct dt_rule *rule);

/* Gives the rule its flags, and path, params and more the form that they ask for. Flags that are an
 * expression's own (case, URL) stay. */
bool dt_source_fold(struct dt_reader *reader, struct dt_rule *rule, uint8_t flags);

#endif
