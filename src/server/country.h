/* SPDX-License-Identifier: MIT
 *
 * From an address to a country, by a database in MaxMind's format.
 */
#ifndef DT_SERVER_COUNTRY_H
#define DT_SERVER_COUNTRY_H

#include <detour/err.h>
#include <stdbool.h>
#include <stdint.h>

struct dt_country;

/* Reads a database into memory that processes forked later share. DT_ERR_NOMEM; DT_ERR_IO and
 * DT_ERR_INVALID set *ret_why, a static sentence. */
DT_MUST_USE enum dt_err dt_country_open(const char *path, struct dt_country **ret,
                                        const char **ret_why);
void dt_country_free(struct dt_country *db); /* accepts NULL */

/* What it is and when it was made, for people: "GeoLite2-Country of 2026-11-03". */
const char *dt_country_title(const struct dt_country *db);

/* The two letters of an address's country (country.iso_code), upper-case; false when it has none.
 * Allocates nothing. */
bool dt_country_find(const struct dt_country *db, const uint8_t address[16], char ret[2]);

#endif
