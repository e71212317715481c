/* SPDX-License-Identifier: MIT
 *
 * Firebase's sources: globs with extglob and captures, each as a source of our own.
 */
#ifndef DT_RULES_FIREBASE_GLOB_H
#define DT_RULES_FIREBASE_GLOB_H

#include <detour/ruleset.h>

struct dt_reader;

/* A glob; at is how it is written in the file, for errors. Sets path, path_kind and what belongs to
 * it, and reader->captures, in which the names are those of the glob. */
bool dt_firebase_glob(struct dt_reader *reader, struct dt_slice at, struct dt_slice glob,
                      struct dt_rule *rule);

/* How long a capture's name at the start of text is (behind the colon); 0: none. */
size_t dt_firebase_name(struct dt_slice text);

#endif
