/* SPDX-License-Identifier: MIT
 *
 * Files for programs: reading whole ones, replacing one so that no reader ever sees half of it, and
 * memory that can be passed between processes. Not part of the library, which does no I/O.
 *
 * Functions that fail with DT_ERR_IO or DT_ERR_NOT_FOUND leave errno as the system call set it.
 */
#ifndef DT_BASE_FILE_H
#define DT_BASE_FILE_H

#include <detour/err.h>
#include <limits.h>
#include <stddef.h>

/* Reads a whole file into memory of its own (not a mapping: the file may be cut short while it is
 * in use). *ret_text is for free(), never NULL, with a NUL after the last byte. DT_ERR_NOT_FOUND,
 * DT_ERR_IO (a folder is EISDIR), DT_ERR_LIMIT past max bytes, DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_file_read(const char *path, size_t max, char **ret_text,
                                     size_t *ret_len);

/* A file on its way to replacing another. */
struct dt_file_new {
    int fd; /* open for reading and writing, empty at first */
    char path[PATH_MAX];
    char temp[PATH_MAX];
};

/* Makes an empty temporary file in path's folder, with the permissions a new file gets. */
DT_MUST_USE enum dt_err dt_file_new_begin(struct dt_file_new *file, const char *path);

/* Puts it in path's place for good: fsync, rename, fsync of the folder. Closes fd; on failure the
 * old file is untouched and the temporary one is gone. */
DT_MUST_USE enum dt_err dt_file_new_commit(struct dt_file_new *file);

/* Gives up: closes and removes the temporary file. */
void dt_file_new_abort(struct dt_file_new *file);

/* All of it at once, for bytes that are in memory. */
DT_MUST_USE enum dt_err dt_file_replace(const char *path, const void *mem, size_t len);

/* Sets an empty file's size, with its blocks: a later write through a mapping cannot find the disk
 * full. */
DT_MUST_USE enum dt_err dt_file_reserve(int fd, size_t len);

/* An anonymous file in memory that can be sealed. name is for people, in /proc. */
DT_MUST_USE enum dt_err dt_file_memory(const char *name, int *ret_fd);

/* Maps a file, shared, where huge pages fit; munmap(mem, len) ends it. NULL on failure. */
void *dt_file_map(int fd, size_t len, int prot);

/* Moves a memory file's bytes onto huge pages where the system has some: then a walk through it at
 * random, and mapping it, cost less. Takes a while; a failure changes nothing. */
void dt_file_memory_gather(int fd, size_t len);

/* From now on nobody can change it or its size, whoever holds it; no writable mapping may be left.
 */
DT_MUST_USE enum dt_err dt_file_memory_seal(int fd);

#endif
