/* SPDX-License-Identifier: MIT
 *
 * What a RewriteCond asks for, in words of our own: alternatives, each one thing.
 */
#ifndef DT_RULES_APACHE_COND_H
#define DT_RULES_APACHE_COND_H

#include "rules/dialects/apache/apache.h"
#include "rules/dialects/apache/apache_literal.h"

enum dt_apache_want {
    DT_APACHE_NOTHING,   /* it always holds */
    DT_APACHE_OPTION,    /* text: a condition as the native language writes it */
    DT_APACHE_HOST,      /* text: a host, or "*.host" */
    DT_APACHE_SCHEME,    /* number */
    DT_APACHE_PORT,      /* number */
    DT_APACHE_PARAM,     /* text: a query parameter, that must be there */
    DT_APACHE_ONLY,      /* no parameters but those that others ask for */
    DT_APACHE_QUERY,     /* text: the whole query, of one parameter or none */
    DT_APACHE_PATH,      /* text: an expression that looks at the path and takes nothing */
    DT_APACHE_URL_HOST,  /* text: an expression for the host */
    DT_APACHE_URL_QUERY, /* text: an expression for the query */
};

struct dt_apache_effect {
    enum dt_apache_want want;
    struct dt_slice text;
    unsigned number;
};

#define DT_APACHE_EFFECTS 16u

struct dt_apache_effects {
    struct dt_apache_effect list[DT_APACHE_EFFECTS];
    unsigned count; /* 0: it never holds */
};

/* Appends the condition's alternatives. captures: the rule asks for its groups. False after an
 * error. */
bool dt_apache_effects(struct dt_apache *apache, const struct dt_apache_cond *cond, bool captures,
                       struct dt_apache_effects *ret);

/* ---- For the two files that read them ---- */

/* A condition in its parts. */
struct dt_apache_parts {
    struct dt_apache *apache;
    const struct dt_apache_cond *written;
    struct dt_slice variable; /* of %{...} */
    struct dt_slice pattern;  /* without "!" */
    bool negated, nocase, captures;
    bool spelt; /* texts is what it matches */
    struct dt_apache_texts texts;
};

/* An error at the condition's pattern; false. */
bool dt_apache_refuse(const struct dt_apache_parts *cond, const char *why);

bool dt_apache_add(struct dt_apache_effects *effects, const struct dt_apache_parts *cond,
                   enum dt_apache_want want, struct dt_slice text, unsigned number);

/* As an expression for a part of the URL, whose groups the target may have; dot is what "." stands
 * for there. */
bool dt_apache_in_url(const struct dt_apache_parts *cond, const char *dot, enum dt_apache_want want,
                      struct dt_apache_effects *ret);

/* A condition on what the client sends besides path and query (apache_field.c). */
bool dt_apache_field(struct dt_apache_parts *cond, struct dt_apache_effects *ret);
bool dt_apache_host(struct dt_apache_parts *cond, struct dt_apache_effects *ret);

#endif
