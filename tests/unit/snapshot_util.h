/* SPDX-License-Identifier: MIT
 *
 * From rule text to a snapshot in memory, and from a URL to what the snapshot answers, so that a
 * test is a rule text and a list of questions.
 */
#ifndef DT_TEST_SNAPSHOT_UTIL_H
#define DT_TEST_SNAPSHOT_UTIL_H

#include "rules/snapshot/layout.h"

#include <detour/match.h>
#include <detour/ruleset.h>
#include <detour/snapshot.h>

struct compiled {
    struct dt_ruleset *set; /* with what the compiler found */
    char *text;
    unsigned char *mem; /* aligned, exactly len bytes */
    size_t len;
    struct dt_snapshot snapshot;
};

/* Rules of every kind, for a snapshot that has one of everything. */
extern const char one_of_everything[];

/* Reads native rules as the file "t.rules" and compiles them; fails the test at the first error. */
void compile(const char *text, struct compiled *ret);
void compile_seeded(const char *text, uint64_t seed, struct compiled *ret);
/* Compiles a rule set that was read already; it is the compiled's from then on. */
void compile_set(struct dt_ruleset *set, uint64_t seed, struct compiled *ret);
void compiled_release(struct compiled *compiled);

/* A copy of a snapshot's bytes, aligned to 64 and exactly len long; free() it. */
unsigned char *copy_aligned(const unsigned char *bytes, size_t len);

/* Makes the header's checksum, or those of all sections too, agree with the bytes again. */
void reseal_header(unsigned char *mem);
void reseal_sections(unsigned char *mem);
struct dt_snap_section_row section_row(const unsigned char *mem, unsigned section);

/* A request for an absolute http or https URL, its parts in normal form. */
struct question {
    struct dt_request request;
    char host[2000], path[200 << 10], query[64 << 10];
};
void question_set(struct question *question, const char *url);

/* What a snapshot answers, in a few words: "3: 307 /target" with the line of the rule, "none", or
 * the name of an error. The text lives until the next call. */
const char *answer(const struct dt_snapshot *snapshot, const char *url);

/* answer() is this; and dt_match_all agrees on it. */
#define assert_answer(compiled, url, want) check_answer(compiled, url, want, __FILE__, __LINE__)
void check_answer(const struct compiled *compiled, const char *url, const char *want,
                  const char *file, int line);

/* Questions to a rule text. */
struct ask {
    const char *url;
    const char *want;
};
#define CHECK_ANSWERS(rules, ...)                                                                  \
    do {                                                                                           \
        static const struct ask ASKS[] = {__VA_ARGS__};                                            \
        check_answers(rules, ASKS, sizeof ASKS / sizeof ASKS[0], __FILE__, __LINE__);              \
    } while (0)
void check_answers(const char *rules, const struct ask *asks, size_t count, const char *file,
                   int line);

/* One scratch for all: tests have one thread. */
struct dt_match_scratch *scratch(void);

#endif
