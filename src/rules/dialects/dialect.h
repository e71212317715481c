/* SPDX-License-Identifier: MIT
 *
 * The table of formats: the native language and the dialects, each with its name, how it is
 * recognised, its reader and its writer. Nothing else lists them.
 */
#ifndef DT_RULES_DIALECT_H
#define DT_RULES_DIALECT_H

#include <detour/ruleset.h>

struct dt_reader;
struct dt_write;

/* A file before it is read. */
struct dt_look {
    struct dt_slice base;  /* its name without folders */
    struct dt_slice first; /* its first line, without its end */
    struct dt_slice text;  /* its beginning, as far as it is looked at */
};

struct dt_dialect {
    const char *name;                       /* of --format and --to: "netlify" */
    const char *title;                      /* for people: "Netlify _redirects" */
    bool (*is)(const struct dt_look *look); /* NULL: only when it is asked for by name */
    void (*read)(struct dt_reader *reader); /* takes the lines of a file that was just opened */
    void (*write)(struct dt_write *write);  /* see rules/write/write.h; NULL: it is only read */
};

/* By enum dt_format; NULL for AUTO and past the last. */
const struct dt_dialect *dt_dialect(enum dt_format format);

/* ---- Looking at a file's name and beginning (DT_LOOK bytes of it) ---- */

#define DT_LOOK (64u << 10)

/* Does it end so, whatever the case? */
bool dt_look_ends(struct dt_slice s, struct dt_slice with);
/* The first byte that is no blank; 0: there is none. */
char dt_look_first(struct dt_slice text);
/* Does the first line that is not empty and no comment ("#") begin with one of these words, with a
 * blank behind it? The list ends with NULL; case does not count. */
bool dt_look_word(struct dt_slice text, const char *const *words);

bool dt_govuk_is(const struct dt_look *look);
bool dt_mdn_is(const struct dt_look *look);
bool dt_netlify_is(const struct dt_look *look);
bool dt_firebase_is(const struct dt_look *look);
bool dt_apache_is(const struct dt_look *look);
bool dt_cloudflare_bulk_is(const struct dt_look *look);
bool dt_vercel_is(const struct dt_look *look);
bool dt_vercel_bulk_is(const struct dt_look *look);
bool dt_nginx_is(const struct dt_look *look);
bool dt_haproxy_is(const struct dt_look *look);
bool dt_caddy_is(const struct dt_look *look);
bool dt_wordpress_csv_is(const struct dt_look *look);
bool dt_wordpress_json_is(const struct dt_look *look);
bool dt_openpublishing_is(const struct dt_look *look);

/* ---- Readers, and writers ---- */

void dt_native_read(struct dt_reader *reader);
void dt_govuk_read(struct dt_reader *reader);
void dt_mdn_read(struct dt_reader *reader);
void dt_netlify_read(struct dt_reader *reader);
void dt_pages_read(struct dt_reader *reader);
void dt_firebase_read(struct dt_reader *reader);
void dt_apache_read(struct dt_reader *reader);
void dt_cloudflare_bulk_read(struct dt_reader *reader);
void dt_vercel_read(struct dt_reader *reader);
void dt_vercel_bulk_read(struct dt_reader *reader);
void dt_nginx_read(struct dt_reader *reader);
void dt_haproxy_read(struct dt_reader *reader);
void dt_caddy_read(struct dt_reader *reader);
void dt_wordpress_csv_read(struct dt_reader *reader);
void dt_wordpress_json_read(struct dt_reader *reader);
void dt_openpublishing_read(struct dt_reader *reader);

void dt_native_write(struct dt_write *write);
void dt_govuk_write(struct dt_write *write);
void dt_mdn_write(struct dt_write *write);
void dt_netlify_write(struct dt_write *write);
void dt_pages_write(struct dt_write *write);
void dt_apache_write(struct dt_write *write);
void dt_cloudflare_bulk_write(struct dt_write *write);
void dt_vercel_write(struct dt_write *write);
void dt_vercel_bulk_write(struct dt_write *write);
void dt_nginx_write(struct dt_write *write);
void dt_haproxy_write(struct dt_write *write);
void dt_caddy_write(struct dt_write *write);
void dt_wordpress_csv_write(struct dt_write *write);
void dt_wordpress_json_write(struct dt_write *write);

#endif
