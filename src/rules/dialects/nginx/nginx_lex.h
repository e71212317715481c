/* SPDX-License-Identifier: MIT
 *
 * nginx's configuration as a tree of directives, as ngx_conf_file.c cuts it.
 */
#ifndef DT_RULES_NGINX_LEX_H
#define DT_RULES_NGINX_LEX_H

#include "rules/read/reader.h"

struct dt_nginx_word {
    struct dt_slice text; /* without its quotes and backslashes */
    struct dt_slice raw;  /* as it stands in the file, for places */
    uint32_t file, line;
    bool quoted;
};

struct dt_nginx_dir {
    struct dt_nginx_word *words; /* the first is its name */
    unsigned count;
    bool block; /* it has "{ ... }" */
    struct dt_nginx_dir *children;
    struct dt_nginx_dir *next;
};

/* Reads the file that the reader stands at the beginning of; what `include` names is not read.
 * False after an error. */
bool dt_nginx_parse(struct dt_reader *reader, struct dt_nginx_dir **ret);

/* Makes a word's line the reader's, so that errors point to it. */
void dt_nginx_go_to(struct dt_reader *reader, const struct dt_nginx_word *word);

/* Reads another file into the set, and its directives. False when it cannot be had; an error is
 * told for a broken one. */
bool dt_nginx_include(struct dt_reader *reader, const struct dt_nginx_word *name,
                      struct dt_nginx_dir **ret);

static inline bool dt_nginx_is_named(const struct dt_nginx_dir *dir, const char *name)
{
    return dt_slice_eq(dir->words[0].text, dt_slice_str(name));
}

/* An error, or a warning, at a word. */
#define DT_NGINX_ERROR(reader, word, ...)                                                          \
    (dt_nginx_go_to(reader, word), dt_reader_error(reader, (word)->raw, __VA_ARGS__))
#define DT_NGINX_REFUSE(reader, word, ...) (DT_NGINX_ERROR(reader, word, __VA_ARGS__), false)
#define DT_NGINX_WARN(reader, word, ...)                                                           \
    (dt_nginx_go_to(reader, word), dt_reader_warn(reader, (word)->raw, __VA_ARGS__))

#endif
