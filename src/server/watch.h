/* SPDX-License-Identifier: MIT
 *
 * Noticing that rule files have changed. The folders are watched, not the files: editors and
 * deployments replace a file by renaming another over it.
 */
#ifndef DT_SERVER_WATCH_H
#define DT_SERVER_WATCH_H

#include <detour/err.h>
#include <stdbool.h>
#include <stddef.h>

struct dt_watch_entry;

struct dt_watch {
    int fd; /* readable when something happened; -1: nothing is watched */
    struct dt_watch_entry *entries;
    bool lost; /* a watched folder is gone: dt_watch_retry finds it again */
};

/* DT_ERR_IO, errno says why. */
DT_MUST_USE enum dt_err dt_watch_init(struct dt_watch *watch);
void dt_watch_release(struct dt_watch *watch);

/* Watches a file, which need not exist, or all rule files of a folder. What is watched already
 * stays so. A symbolic link is watched at both ends. */
void dt_watch_add(struct dt_watch *watch, const char *path);

/* Reads what happened; true when it concerns a watched file. */
bool dt_watch_read(struct dt_watch *watch);

/* Looks for folders that were lost; true when one is back. */
bool dt_watch_retry(struct dt_watch *watch);

#endif
