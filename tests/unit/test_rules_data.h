/* SPDX-License-Identifier: MIT
 *
 * Real maps, from where DETOUR_TEST_DATA says (by default ../shared/data beside the source tree).
 */
#ifndef DT_TEST_RULES_DATA_H
#define DT_TEST_RULES_DATA_H

#include <detour/slice.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct data_files {
    glob_t names;
    struct dt_slice *texts; /* one for each name */
};

static inline struct dt_slice data_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return DT_SLICE_NONE;
    size_t cap = 16u << 20;
    char *text = malloc(cap);
    size_t len = text ? fread(text, 1, cap, file) : 0;
    (void)fclose(file);
    if (text)
        text = realloc(text, len ? len : 1);
    return dt_slice_of(text, len);
}

/* Reads all files of a pattern, which is relative to the data; false, and a line that says so, when
 * there are none. */
static inline bool data_load(const char *pattern, struct data_files *ret)
{
    char path[4096];
    const char *data = getenv("DETOUR_TEST_DATA");
    const char *root = getenv("DETOUR_SOURCE_ROOT");
    if (data)
        (void)snprintf(path, sizeof path, "%s/%s", data, pattern);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/data/%s", root ? root : ".", pattern);
    if (glob(path, GLOB_MARK, NULL, &ret->names)) {
        (void)printf("# %s is not in DETOUR_TEST_DATA\n", pattern);
        return false;
    }
    ret->texts = calloc(ret->names.gl_pathc, sizeof *ret->texts);
    for (size_t i = 0; ret->texts && i < ret->names.gl_pathc; i++)
        ret->texts[i] = data_read(ret->names.gl_pathv[i]);
    return ret->texts != NULL;
}

static inline void data_free(struct data_files *files)
{
    for (size_t i = 0; i < files->names.gl_pathc; i++)
        free((void *)(uintptr_t)files->texts[i].ptr);
    free(files->texts);
    globfree(&files->names);
}

#endif
