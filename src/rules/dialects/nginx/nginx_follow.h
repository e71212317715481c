/* SPDX-License-Identifier: MIT
 *
 * The following of directives, for the two files that share it.
 */
#ifndef DT_RULES_NGINX_FOLLOW_H
#define DT_RULES_NGINX_FOLLOW_H

#include "rules/dialects/nginx/nginx.h"

/* What is to be followed behind the end of a block. */
struct dt_nginx_frame {
    const struct dt_nginx_dir *next;
    const struct dt_nginx_frame *parent;
    bool stop; /* nothing: who entered the block goes on himself */
};

struct dt_nginx_walk {
    struct dt_nginx *nginx;
    const struct dt_nginx_dir *location; /* NULL: of the server */
    unsigned depth;
};

static inline bool dt_nginx_stopped(const struct dt_nginx_walk *walk)
{
    return walk->nginx->reader->set->err != DT_OK || walk->nginx->steps == 0;
}

/* Follows rewrite directives from dir on, then what comes behind them. */
void dt_nginx_run(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dir,
                  const struct dt_nginx_frame *frame, const struct dt_nginx_want *want,
                  const struct dt_nginx_bound *bound);

/* Follows each of these locations, in the order in which nginx chooses one. */
void dt_nginx_choose_location(struct dt_nginx_walk *walk, const struct dt_nginx_dir *dirs,
                              const struct dt_nginx_want *want);

#endif
