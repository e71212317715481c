/* SPDX-License-Identifier: MIT
 *
 * TZif files (RFC 9636): made here for the zones of the test's own, so that the
 * test knows what is in them; Europe/Berlin is the system's, where it has one.
 */
#include "generate.h"

#define CHANGE INT64_C(1796162400) /* of Test/Shift, as in generate_time.c */

struct file {
    const char *name, *footer;
    int before, after;
    bool changes;
    char bytes[256];
    size_t len;
};

static struct file files[] = {
    {.name = "UTC", .footer = "UTC0"},
    {.name = "Test/East", .footer = "<+0530>-5:30", .before = 19800},
    {.name = "Test/West", .footer = "<-0930>9:30", .before = -34200},
    {.name = "Test/Shift", .footer = "<+03>-3", .before = 3600, .after = 10800, .changes = true},
};

static char berlin[16384];
static size_t berlin_len;

static void add_number(struct file *file, int64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        file->bytes[file->len++] = (char)((uint64_t)number >> (8 * i));
}

static void add_bytes(struct file *file, const char *s, size_t len)
{
    memcpy(file->bytes + file->len, s, len);
    file->len += len;
}

/* A header and its data (section 3); the first of the two is for readers of
 * version 1. */
static void add_block(struct file *file, int time_bytes)
{
    int times = file->changes, types = 1 + times;
    static const char RESERVED[15] = {0};
    add_bytes(file, "TZif2", 5);
    add_bytes(file, RESERVED, sizeof RESERVED);
    const int counts[] = {0, 0, 0, times, types, 4};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add_number(file, counts[i], 4);
    if (times) {
        add_number(file, CHANGE, time_bytes);
        add_number(file, 1, 1);
    }
    for (int i = 0; i < types; i++) {
        add_number(file, i ? file->after : file->before, 4);
        add_number(file, 0, 2); /* no summer time; the abbreviation at 0 */
    }
    add_bytes(file, "LMT", 4);
}

static void make(struct file *file)
{
    add_block(file, 4);
    add_block(file, 8);
    add_bytes(file, "\n", 1);
    add_bytes(file, file->footer, strlen(file->footer));
    add_bytes(file, "\n", 1);
}

bool zone_has_berlin(void)
{
    static bool tried;
    if (!tried) {
        tried = true;
        FILE *in = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
        if (in) {
            berlin_len = fread(berlin, 1, sizeof berlin, in);
            fclose(in);
        }
    }
    return berlin_len > 0;
}

bool zone_file(struct dt_slice name, struct dt_slice *ret)
{
    if (dt_slice_eq(name, DT_S("Europe/Berlin")) && zone_has_berlin()) {
        *ret = dt_slice_of(berlin, berlin_len);
        return true;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!dt_slice_eq(name, dt_slice_str(files[i].name)))
            continue;
        if (!files[i].len)
            make(&files[i]);
        *ret = dt_slice_of(files[i].bytes, files[i].len);
        return true;
    }
    return false;
}
