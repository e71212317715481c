/* SPDX-License-Identifier: MIT
 * The engine under test: a world's text, read and compiled, and what it
 * answers.
 */
#ifndef DT_TEST_PROP_ENGINE_H
#define DT_TEST_PROP_ENGINE_H

#include "oracle.h"

#include <detour/match.h>

struct engine {
    struct dt_ruleset *set;
    void *mem;
    struct dt_snapshot snapshot;
    struct dt_match_scratch *scratch; /* the caller's */
};

#define PAGE_TEXT "<p>{status}</p>"

/* False when the text was not read without an error, or not compiled; with say,
 * errors are told. */
bool engine_open(struct engine *engine, const struct world *world, bool say);
/* Compiles the set of an open engine again, after it was changed. */
bool engine_compile(struct engine *engine);
void engine_close(struct engine *engine);

/* The request as the engine takes it, in memory that lives until the next call.
 * With less, what the snapshot says it does not need is left out. */
bool engine_request(const struct engine *engine, const struct request *request, bool less,
                    struct dt_request *ret);

/* The line that a rule of the engine's stands in; 0: unknown. */
int engine_line(const struct engine *engine, uint32_t rule);

/* Do the engine and the oracle agree on the pair? With say, what they do not
 * agree on is told. */
bool engine_agrees(struct engine *engine, const struct world *world, const struct request *request,
                   const struct answer *answer, bool say);
/* The same about all rules that match, in their order. */
bool engine_agrees_on_all(struct engine *engine, const struct world *world,
                          const struct request *request, bool say);

#endif
