/* SPDX-License-Identifier: MIT
 *
 * Conditions as they are written: each word becomes an item; when a line has been read, its items
 * become the list that the model wants: in order, from= and until= joined, days= and hours= too,
 * local times brought to UTC.
 */
#ifndef DT_RULES_COND_READ_H
#define DT_RULES_COND_READ_H

#include "rules/read/option_value.h"

#define DT_LIMIT_CONDITIONS 64u /* of a rule */
#define DT_LIMIT_RANGES 64u     /* of one hours= or percent= */
#define DT_LIMIT_LANGS 255u     /* that rules of one source offer together */

struct dt_cond_item {
    const struct dt_cond_item *next;
    struct dt_slice at;            /* the value in the line */
    struct dt_condition condition; /* from: the time of from= and of until=; zone: of tz= */
    struct dt_net *nets;           /* of except=, which has paths besides */
    uint32_t line;                 /* where at is good */
    uint16_t nnets;
    uint8_t option; /* enum dt_option */
    bool local;     /* the time is the zone's */
};

/* ---- cond_read.c, cond_read_client.c, cond_read_time.c: one word ---- */

/* Each fills ret->condition. False after an error, which was told. */
typedef bool dt_cond_reader(const struct dt_given *given, struct dt_cond_item *ret);
dt_cond_reader dt_cond_method, dt_cond_header, dt_cond_cookie, dt_cond_lang, dt_cond_country;
dt_cond_reader dt_cond_ip, dt_cond_referer, dt_cond_ua, dt_cond_percent, dt_cond_except;
dt_cond_reader dt_cond_time, dt_cond_days, dt_cond_hours, dt_cond_tz;

/* An error at a piece of the value; false. */
__attribute__((format(printf, 3, 4))) bool
dt_cond_refuse(const struct dt_given *given, struct dt_slice piece, const char *format, ...);

/* Cuts the next alternative off a list, without the blanks around it. False at the end. */
bool dt_cond_next(struct dt_slice *list, struct dt_slice *ret);

/* Memory for as many rows of `size` as the list has alternatives; NULL after an error: too many, or
 * no memory. */
void *dt_cond_rows(const struct dt_given *given, struct dt_slice list, size_t size);

/* The alternatives of a list, each brought to its form by norm (which tells its errors), sorted. */
bool dt_cond_texts(const struct dt_given *given, struct dt_slice list,
                   bool (*norm)(const struct dt_given *given, struct dt_slice *piece),
                   struct dt_condition *ret);

/* Sorts and takes out what is there twice. */
size_t dt_cond_sort_texts(struct dt_slice *texts, size_t count);

/* Sorts by address, and takes out what another one has in it. IPv4 and IPv6 have nothing in common
 * (see dt_net_has), so those of each are apart from each other. */
size_t dt_cond_sort_nets(struct dt_net *nets, size_t count);
bool dt_net_is_v4(const struct dt_net *net);

/* Upper case becomes lower, ASCII, in a copy when there is any. False: no memory. */
bool dt_cond_lower(const struct dt_given *given, struct dt_slice *s);

/* ---- cond_settle.c: the whole line ---- */

/* Makes options->conditions of the items. */
bool dt_cond_settle(struct dt_reader *reader, struct dt_options *options);

/* Leaves the path alone too, as except= would. */
bool dt_cond_exempt(struct dt_reader *reader, struct dt_options *options, struct dt_slice path);

/* Is there something that tz= is for? */
bool dt_cond_uses_zone(const struct dt_options *options);

/* The until= of a set; DT_TIME_MAX: none. */
int64_t dt_cond_until(const struct dt_conditions *conditions);

/* ---- cond_model.c ---- */

/* Three-way, over everything that a condition says. */
int dt_condition_cmp(const struct dt_condition *a, const struct dt_condition *b);

#endif
