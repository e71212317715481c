/* SPDX-License-Identifier: MIT
 *
 * A second reading of the rule language: rules as plain structures, matched one after another, with
 * strings compared where the engine hashes. It shares no code with the library and is written from
 * the language's definition (docs/rules.md), for clarity only.
 */
#ifndef DT_TEST_ORACLE_H
#define DT_TEST_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT 256
#define MAX_PARAMS 8

struct text {
    char s[TEXT];
};

enum scheme { ANY_SCHEME, HTTP, HTTPS };
enum host_form { ANY_HOST, EXACT_HOST, SUBDOMAINS, DOMAIN_AND_SUBDOMAINS };
enum passing { PASS, DROP, KEEP, WITHOUT };

struct pair {
    struct text name, value;
    bool has_value; /* "=" was written */
};

struct rule {
    enum scheme scheme;
    enum host_form host_form;
    struct text host;
    int port;         /* 0: any */
    struct text path; /* normal form; of a folder without its final slash and star */
    bool folder;
    struct pair params[MAX_PARAMS];
    int nparams;
    bool nocase, noslash, only;
    int priority;
    int status;
    struct text target; /* with :splat in it; empty: none */
    enum passing passing;
    struct text names[2]; /* of keep and without; a final * is a wildcard */
    int nnames;
    int line;
};

struct request {
    enum scheme scheme;
    struct text host;
    int port;
    struct text path; /* normal form */
    struct pair params[MAX_PARAMS];
    int nparams;
    struct text query; /* normal form, as it was written */
};

bool oracle_matches(const struct rule *rule, const struct request *request);

/* The rule that wins, or NULL. */
const struct rule *oracle_best(const struct rule *rules, size_t count, bool order_first,
                               const struct request *request);

/* The Location, or an empty text. */
void oracle_location(const struct rule *rule, const struct request *request, char *ret, size_t cap);

#endif
