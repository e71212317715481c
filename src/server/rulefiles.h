/* SPDX-License-Identifier: MIT
 *
 * From the paths on a command line to a rule set or a snapshot: files, folders of rule files, and
 * @include, or one compiled snapshot, which is mapped and not read.
 */
#ifndef DT_SERVER_RULEFILES_H
#define DT_SERVER_RULEFILES_H

#include "base/buf.h"

#include <detour/err.h>
#include <detour/ruleset.h>
#include <detour/snapshot.h>

struct dt_rulefiles_text; /* a file's text, private */

struct dt_rulefiles {
    struct dt_ruleset *set;      /* NULL when the path was a snapshot */
    struct dt_snapshot snapshot; /* valid when set is NULL */
    int snapshot_fd;             /* open for reading; -1 when there is a set */
    struct dt_rulefiles_text *texts;
    struct dt_buf *problems;
};

/* Loads paths in order. A folder stands for its *.rules, *.csv, *.tsv, _redirects,
 * _redirects.txt, firebase.json and .htaccess files, sorted by name, not those of its subfolders.
 * Problems that no rule-set diagnostic can say (a path that cannot be read, a folder without rule
 * files, a snapshot beside other files) are written to problems as lines "PATH: reason"; it may not
 * be released before *ret. DT_OK; DT_ERR_SYNTAX: there are error diagnostics in ret->set;
 * DT_ERR_INVALID: a snapshot and other paths together, a usage error; DT_ERR_IO: a path could not
 * be read, DT_ERR_FOREIGN, _VERSION, _TORN, _DAMAGED: a bad snapshot (problems has the line);
 * DT_ERR_NOMEM. *ret is always set and always to be released; after DT_ERR_IO and DT_ERR_SYNTAX
 * ret->set holds what could be read, for a caller that keeps going. */
DT_MUST_USE enum dt_err dt_rulefiles_load(const char *const *paths, size_t npaths,
                                          enum dt_format format, struct dt_buf *problems,
                                          struct dt_rulefiles *ret);

/* The paths of all files that were read or asked for and not found, pages too, one a call: *at is
 * NULL at first. NULL after the last. Time zones are not among them. */
const char *dt_rulefiles_next(const struct dt_rulefiles *files,
                              const struct dt_rulefiles_text **at);

/* True when the path names a snapshot that can be opened, whatever its state. */
bool dt_rulefiles_is_snapshot(const char *path);

/* True for a file name that a folder of rule files stands for. */
bool dt_rulefiles_is_name(const char *name);

/* Frees the set and its texts, unmaps and closes the snapshot; idempotent. */
void dt_rulefiles_release(struct dt_rulefiles *files);

/* Appends a diagnostic as compilers print it: "news.rules:12:31: error: message [name]", then the
 * line and a caret with tildes under what is meant, when the line is known. */
void dt_rulefiles_diag(const struct dt_ruleset *set, const struct dt_diag *diag,
                       struct dt_buf *out);

/* Compiles set into the file fd, which is empty and open for reading and writing: sets its size,
 * writes the snapshot through a shared mapping, adds the compiler's warnings to the set. seed and
 * created as for dt_plan_new. DT_ERR_IO (errno says why), DT_ERR_NOMEM, DT_ERR_LIMIT. */
DT_MUST_USE enum dt_err dt_rulefiles_compile(struct dt_ruleset *set, uint64_t seed,
                                             uint64_t created, int fd);

#endif
