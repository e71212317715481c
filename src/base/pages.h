/* SPDX-License-Identifier: MIT
 *
 * Large arrays that are walked at random: on huge pages where the system gives them, since with
 * small pages most of such a walk is page faults and missing translations.
 */
#ifndef DT_BASE_PAGES_H
#define DT_BASE_PAGES_H

#include <stddef.h>

/* Not zeroed; NULL when memory is out; given back with free(). */
void *dt_pages_alloc(size_t count, size_t element);

/* The same, zeroed. */
void *dt_pages_zalloc(size_t count, size_t element);

#endif
