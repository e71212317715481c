/* SPDX-License-Identifier: MIT
 *
 * Access logs come from whoever sent the requests. The input is a log whose first line, when it
 * begins with "#", is a format; without one the format is guessed. Whatever is in it: what is read
 * of a line lies in the line, every line is counted once, and requests are in normal form.
 */
#include "../unit/test_rules_check.h"
#include "traffic/log_request.h"

#include <detour/uri.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct work {
    struct dt_log_format format;
    struct dt_log_line line;
    struct dt_log_reader reader;
    char mem[3 * DT_LOG_TARGET_MAX + 1];
};

static bool inside(struct dt_slice part, struct dt_slice text, const struct dt_log_line *line)
{
    static const char HTTPS[] = "https";
    if (!part.len || (part.len == 5 && memcmp(part.ptr, HTTPS, 5) == 0))
        return true;
    bool in_text = part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len;
    return in_text || (part.ptr >= line->scratch &&
                       part.ptr + part.len <= line->scratch + sizeof line->scratch);
}

static void check_request(struct work *work, const struct dt_request *request)
{
    struct dt_slice again;
    RULES_CHECK(request->path.len && request->path.ptr[0] == '/');
    RULES_CHECK(dt_norm_path(request->path, work->mem, sizeof work->mem, &again) == DT_OK);
    RULES_CHECK(dt_slice_eq(again, request->path));
    RULES_CHECK(dt_norm_query(request->query, work->mem, sizeof work->mem, &again) == DT_OK);
    RULES_CHECK(dt_slice_eq(again, request->query));
    RULES_CHECK(request->port && request->method.len);
}

static void read_line(struct work *work, struct dt_slice text)
{
    struct dt_log_site site;
    struct dt_slice target;
    struct dt_request request;
    bool asked;
    enum dt_log_bad bad = dt_log_line_read(&work->format, text, &work->line);
    RULES_CHECK(bad < DT_LOG_BAD_COUNT);
    if (bad)
        return;
    for (unsigned i = 0; i < DT_LOG_PARTS; i++)
        RULES_CHECK(inside(work->line.parts[i], text, &work->line));
    RULES_CHECK(work->line.nfields <= DT_LOG_FIELDS);
    for (unsigned i = 0; i < work->line.nfields; i++)
        RULES_CHECK(inside(work->line.fields[i].value, text, &work->line));
    RULES_CHECK(work->line.parts[DT_LOG_TARGET].len);
    if (!dt_log_reader_site(&work->reader, &work->line, &site, &target, &asked) && asked &&
        !dt_log_reader_request(&work->reader, &work->line, &site, target, &request))
        check_request(work, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dt_slice rest = dt_slice_of((const char *)data, size);
    struct work *work = malloc(sizeof *work);
    const char *why = NULL;
    if (!work)
        return 0;
    const struct dt_log_defaults defaults = {.host = DT_S("d.example"), .wants = DT_LOG_WANT_ALL};
    dt_log_reader_init(&work->reader, &defaults);
    enum dt_err err;
    if (size && data[0] == '#') {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        err = dt_log_format_read(dt_slice_of(rest.ptr + 1, len - 1), &work->format, &why);
        RULES_CHECK(!err || why);
        rest = dt_slice_from(rest, len + 1);
    } else {
        err = dt_log_format_guess(rest, &work->format, &why);
    }
    while (!err && rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        /* A block of its own, so that a read past the line is seen. */
        char *copy = malloc(len ? len : 1);
        if (copy) {
            memcpy(copy, rest.ptr, len);
            read_line(work, dt_slice_of(copy, len));
        }
        free(copy);
        rest = dt_slice_from(rest, len + 1);
    }
    free(work);
    return 0;
}
