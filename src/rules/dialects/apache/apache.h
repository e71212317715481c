/* SPDX-License-Identifier: MIT
 *
 * The reading of one file of Apache's directives (httpd 2.4), for the files that share the work.
 *
 * Apache answers in an order of its own: mod_rewrite's rules come before mod_alias's redirects,
 * wherever they stand. So rules wait for the end of their scope (the file, or a VirtualHost), and
 * are added to the set in the order in which Apache would ask them.
 */
#ifndef DT_RULES_APACHE_H
#define DT_RULES_APACHE_H

#include "base/buf.h"
#include "rules/read/reader.h"

#define DT_APACHE_CONDS 16u   /* before one RewriteRule */
#define DT_APACHE_HOSTS 32u   /* of one VirtualHost */
#define DT_APACHE_UNENDED 16u /* rules without L, of one scope */
#define DT_APACHE_DEPTH 32u   /* sections in sections */

/* A RewriteCond, as it is written. */
struct dt_apache_cond {
    struct dt_slice test;
    struct dt_slice pattern;
    uint32_t line;
    bool nocase;  /* NC */
    bool or_next; /* OR */
};

struct dt_apache_rules {
    struct dt_rule *list;
    size_t count;
    size_t cap;
};

/* A RewriteRule that redirects and has no L. */
struct dt_apache_unended {
    uint32_t line;
    size_t from, to; /* its rules in rewrites */
};

/* What holds from one <VirtualHost> to its end, or in the rest of the file. */
struct dt_apache_scope {
    struct dt_apache_rules rewrites;
    struct dt_apache_rules aliases;
    bool engine;           /* RewriteEngine On */
    struct dt_slice base;  /* of RewriteBase; empty: none */
    uint32_t rewrite_line; /* of the first RewriteRule; 0: none */
    struct dt_apache_unended unended[DT_APACHE_UNENDED];
    unsigned unended_count;
    struct dt_slice hosts[DT_APACHE_HOSTS]; /* ServerName and ServerAlias */
    unsigned host_count;
    uint16_t port; /* of <VirtualHost *:80>; 0: any */
};

enum dt_apache_section {
    DT_APACHE_OPEN,   /* <IfModule mod_rewrite.c>: as if it were not there */
    DT_APACHE_SKIP,   /* <IfModule !mod_rewrite.c>: as if nothing were in it */
    DT_APACHE_CLOSED, /* <Files>, <If>: what is in it is not for every request */
    DT_APACHE_VHOST,
};

struct dt_apache_nest {
    struct dt_slice name;
    uint32_t line;
    uint8_t kind; /* enum dt_apache_section */
};

/* Directives that are not about redirects, by name. */
struct dt_apache_passed {
    struct dt_slice name;
    uint32_t line; /* the first */
    uint32_t count;
    char lines[80]; /* as text */
    struct dt_apache_passed *next;
};

enum dt_apache_map_kind {
    DT_APACHE_MAP_TEXT,
    DT_APACHE_MAP_LOWER,  /* int:tolower */
    DT_APACHE_MAP_ESCAPE, /* int:escape */
    DT_APACHE_MAP_OTHER,  /* nothing that can be read: an error where it is used */
};

struct dt_apache_row {
    struct dt_slice text, key, value;
    uint32_t line;
};

/* A RewriteMap. */
struct dt_apache_map {
    struct dt_slice name;
    enum dt_apache_map_kind kind;
    uint32_t file;
    struct dt_apache_row *rows;
    size_t count, cap;
    struct dt_apache_map *next;
};

struct dt_apache {
    struct dt_reader *reader;
    bool directory;     /* a .htaccess: patterns see paths without their first slash */
    uint32_t last_line; /* the last that was read; reader->line may be an earlier one */
    struct dt_apache_scope file, vhost;
    struct dt_apache_scope *scope;
    struct dt_apache_cond conds[DT_APACHE_CONDS];
    unsigned cond_count;
    bool nocase;      /* the rule that is read has NC */
    bool cond_broken; /* one could not be read: the next rule is refused without a word */
    struct dt_apache_nest nest[DT_APACHE_DEPTH];
    unsigned depth;
    struct dt_apache_passed *passed;
    bool vhosts; /* there was one */
    struct dt_apache_map *maps;
    const struct dt_apache_map *queried; /* whose rows with a query a rule before has taken */
};

/* ---- apache_words.c ---- */

/* The next line, with those that it is continued on, without blanks around it. The reader stands at
 * its first. */
bool dt_apache_line(struct dt_apache *apache, struct dt_slice *ret);

/* Takes the next word off the line, as Apache does: in quotes, or up to a blank. False when there
 * is none. */
bool dt_apache_word(struct dt_apache *apache, struct dt_slice *line, struct dt_slice *ret);

/* The same as mod_rewrite does. */
bool dt_apache_raw_word(struct dt_slice *line, struct dt_slice *ret);

/* Makes a line that was read the reader's. */
void dt_apache_go_to(struct dt_apache *apache, uint32_t line);

/* What a buffer holds, in the arena; releases it. False after an error: too long, no memory. */
bool dt_apache_keep(struct dt_apache *apache, struct dt_buf *buf, struct dt_slice at,
                    struct dt_slice *ret);

/* ---- apache_alias.c ---- */

enum dt_apache_alias { DT_APACHE_REDIRECT, DT_APACHE_PERMANENT, DT_APACHE_TEMP, DT_APACHE_MATCH };

/* Redirect, RedirectPermanent, RedirectTemp, RedirectMatch; args is what follows. */
void dt_apache_alias(struct dt_apache *apache, enum dt_apache_alias which, struct dt_slice args);

/* A status by number or by one of Apache's words; 0: neither. */
unsigned dt_apache_status(struct dt_slice word);

/* ---- apache_rewrite.c ---- */

void dt_apache_cond(struct dt_apache *apache, struct dt_slice args);
void dt_apache_rule(struct dt_apache *apache, struct dt_slice args);

/* ---- apache_map.c ---- */

/* RewriteMap */
void dt_apache_map(struct dt_apache *apache, struct dt_slice args);
/* The map at the beginning of "${name:..."; NULL: there is none of that name. */
const struct dt_apache_map *dt_apache_map_find(const struct dt_apache *apache,
                                               struct dt_slice lookup);
void dt_apache_maps_end(struct dt_apache *apache);

/* ---- apache_scope.c ---- */

/* Keeps a rule until the end of its scope. */
bool dt_apache_wait(struct dt_apache *apache, struct dt_apache_rules *rules,
                    const struct dt_rule *rule);

/* The scope ends: its rules are added, and its memory is given back. */
void dt_apache_end(struct dt_apache *apache, struct dt_apache_scope *scope);

#endif
