/* SPDX-License-Identifier: MIT
 *
 * Writing a rule set in another dialect. Every rule is accounted for: it is written, or written
 * approximately (when that is allowed), or refused with a reason. No I/O here: the files are texts.
 */
#ifndef DETOUR_CONVERT_H
#define DETOUR_CONVERT_H

#include <detour/err.h>
#include <detour/ruleset.h>
#include <detour/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dt_convert_options {
    enum dt_format to;    /* one for which dt_format_writes */
    bool approximate;     /* what cannot be said exactly is written as near as it can be */
    struct dt_slice name; /* of the file that will be written, without folders: what stands beside
                             it (map files) is named after it. Empty: "redirects" */
};

/* A text that was written. The first is what was asked for; others stand beside it, by these names.
 */
struct dt_convert_file {
    struct dt_slice name; /* empty for the first */
    struct dt_slice text;
};

enum dt_converted {
    DT_CONVERTED_WRITTEN,
    DT_CONVERTED_APPROXIMATED,
    DT_CONVERTED_REFUSED,
};

/* Why a rule is not written as it is; a rule may have several. */
struct dt_convert_note {
    uint32_t rule;           /* of the set; UINT32_MAX: about the whole */
    bool refused;            /* false: approximated */
    const char *name;        /* stable: "cookie", "query-capture" */
    struct dt_slice message; /* "nginx cannot ask for a share of the visitors" */
};

struct dt_convert;

/* Writes the set. It must outlive the result. DT_ERR_INVALID: nothing writes that format;
 * DT_ERR_NOMEM; DT_ERR_LIMIT: more than 4 GiB. */
DT_MUST_USE enum dt_err dt_convert_new(const struct dt_ruleset *set,
                                       const struct dt_convert_options *options,
                                       struct dt_convert **ret);
void dt_convert_free(struct dt_convert *convert); /* accepts NULL */

size_t dt_convert_file_count(const struct dt_convert *convert);
struct dt_convert_file dt_convert_file(const struct dt_convert *convert, size_t at);
size_t dt_convert_note_count(const struct dt_convert *convert);
const struct dt_convert_note *dt_convert_note(const struct dt_convert *convert, size_t at);
/* How many rules came to this; the three together are all rules of the set. */
size_t dt_convert_count(const struct dt_convert *convert, enum dt_converted outcome);
/* What became of one rule. */
enum dt_converted dt_convert_outcome(const struct dt_convert *convert, uint32_t rule);

#ifdef __cplusplus
}
#endif
#endif
