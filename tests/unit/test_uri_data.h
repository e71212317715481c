/* SPDX-License-Identifier: MIT
 *
 * Reads the URL vectors of web-platform-tests from where DETOUR_TEST_DATA says (by default
 * ../shared/data beside the source tree). The files hold lone surrogates, which a test in a
 * browser passes to the parser as U+FFFD and jansson refuses; so they are made U+FFFD here, in
 * memory, before the JSON is parsed.
 */
#ifndef DT_TEST_URI_DATA_H
#define DT_TEST_URI_DATA_H

#include <detour/slice.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static inline char *uri_data_read(const char *name, size_t *ret_len)
{
    char path[4096];
    const char *data = getenv("DETOUR_TEST_DATA");
    const char *root = getenv("DETOUR_SOURCE_ROOT");
    if (data)
        (void)snprintf(path, sizeof path, "%s/wpt/%s", data, name);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/data/wpt/%s", root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t cap = 4u << 20;
    char *text = malloc(cap);
    *ret_len = text ? fread(text, 1, cap, file) : 0;
    (void)fclose(file);
    return text;
}

/* The number in "\uXXXX" at text, or 0x10000 when no such escape is there. */
static inline unsigned uri_data_unit(const char *text, size_t left)
{
    unsigned unit;
    char hex[5] = {0};
    if (left < 6 || text[0] != '\\' || text[1] != 'u')
        return 0x10000;
    memcpy(hex, text + 2, 4);
    return sscanf(hex, "%x", &unit) == 1 ? unit : 0x10000;
}

static inline void uri_data_mend(char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '\\')
            continue;
        unsigned unit = uri_data_unit(text + i, len - i);
        unsigned next = unit < 0x10000 ? uri_data_unit(text + i + 6, len - i - 6) : 0x10000;
        if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
            i += 11;
        } else if (unit >= 0xd800 && unit < 0xe000) {
            memcpy(text + i + 2, "fffd", 4);
            i += 5;
        } else {
            i += unit < 0x10000 ? 5 : 1;
        }
    }
}

/* The array in the file; NULL when the file is not there. A file that is no JSON ends the test. */
static inline json_t *uri_data_load(const char *name)
{
    size_t len;
    char *text = uri_data_read(name, &len);
    if (!text) {
        (void)printf("# %s is not in DETOUR_TEST_DATA\n", name);
        return NULL;
    }
    uri_data_mend(text, len);
    json_error_t error;
    json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, &error);
    if (!json) {
        (void)fprintf(stderr, "%s:%d: %s\n", name, error.line, error.text);
        abort();
    }
    free(text);
    return json;
}

/* The member as a slice; empty when it is absent or null. */
static inline struct dt_slice uri_data_string(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? dt_slice_of(json_string_value(value), json_string_length(value))
                                 : DT_SLICE_NONE;
}

#endif
