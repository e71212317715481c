/* SPDX-License-Identifier: MIT
 *
 * See json_walk.h.
 */
#include "rules/dialects/json_walk.h"

#include "base/buf.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

#include <jansson.h>

void dt_json_go_to(struct dt_json_walk *walk, struct dt_json_place place)
{
    walk->reader->text = place.text;
    walk->reader->line = place.line;
}

/* The next line of those that were read already; false: there are no more. */
static bool step_again(struct dt_json_walk *walk)
{
    struct dt_reader *reader = walk->reader;
    if (!walk->again || walk->again >= reader->pos) {
        walk->again = NULL;
        return false;
    }
    const char *newline = memchr(walk->again, '\n', (size_t)(reader->pos - walk->again));
    const char *end = newline ? newline : reader->pos;
    struct dt_slice text = dt_slice_of(walk->again, (size_t)(end - walk->again));
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    walk->here = (struct dt_json_place){text, walk->here.line + 1};
    walk->again = newline ? newline + 1 : reader->pos;
    return true;
}

static bool step(struct dt_json_walk *walk)
{
    if (step_again(walk))
        return true;
    dt_json_go_to(walk, walk->last);
    bool more = dt_reader_next(walk->reader);
    walk->here = walk->last = (struct dt_json_place){walk->reader->text, walk->reader->line};
    return more;
}

/* To the line before the anchor's, or before the first one. */
static void go_back(struct dt_json_walk *walk, const char *p)
{
    struct dt_slice text = walk->reader->set->files[walk->reader->file].text;
    bool near = walk->anchor.text.ptr && walk->anchor.text.ptr <= p;
    walk->again = near ? walk->anchor.text.ptr : text.ptr;
    walk->here = (struct dt_json_place){DT_SLICE_NONE, near ? walk->anchor.line - 1 : 0};
}

bool dt_json_reach(struct dt_json_walk *walk, const char *p)
{
    if (walk->here.text.ptr && p < walk->here.text.ptr)
        go_back(walk, p);
    const char *pos = walk->again ? walk->again : walk->reader->pos;
    while (p >= pos) {
        if (!step(walk))
            return false;
        pos = walk->again ? walk->again : walk->reader->pos;
    }
    dt_json_go_to(walk, walk->here);
    return p >= walk->here.text.ptr && walk->here.text.len <= DT_LIMIT_LINE; /* else too long */
}

void dt_json_anchor(struct dt_json_walk *walk)
{
    walk->anchor = walk->here;
}

bool dt_json_find(struct dt_json_walk *walk, const struct dt_json_value *value,
                  struct dt_json_found *ret)
{
    if (!dt_json_reach(walk, value->text.ptr))
        return false;
    *ret = (struct dt_json_found){*value, walk->here, true};
    return true;
}

bool dt_json_string(struct dt_json_walk *walk, const struct dt_json_found *found,
                    struct dt_slice *ret)
{
    struct dt_reader *reader = walk->reader;
    dt_json_go_to(walk, found->place);
    if (!dt_json_decode(&reader->set->arena, found->value.text, ret))
        return dt_reader_nomem(reader);
    return dt_reader_check_text(reader, found->value.text, dt_scan_bits(*ret));
}

static void not_json(struct dt_json_walk *walk, const json_error_t *error)
{
    struct dt_reader *reader = walk->reader;
    size_t len = (size_t)(reader->end - reader->pos);
    size_t at = error->position > 0 ? (size_t)error->position : 0;
    at = at < len ? at : len;
    if (json_error_code(error) == json_error_out_of_memory) {
        dt_reader_nomem(reader);
        return;
    }
    const char *p = reader->pos + (at && at == len ? at - 1 : at);
    if (len && dt_json_reach(walk, p))
        dt_reader_error(reader, dt_slice_of(p, 0), "json-syntax", "not JSON: %s%s", error->text,
                        strstr(error->text, "near '/") ? " (JSON has no comments)" : "");
}

bool dt_json_begin(struct dt_json_walk *walk, struct dt_reader *reader, struct dt_json_value *ret)
{
    json_error_t error;
    struct dt_slice text = dt_slice_of(reader->pos, (size_t)(reader->end - reader->pos));
    *walk = (struct dt_json_walk){.reader = reader};
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    bool fine = json && dt_json_value(&text, ret);
    if (!json && text.len)
        not_json(walk, &error);
    json_decref(json);
    return fine;
}

void dt_json_put(struct dt_buf *out, struct dt_slice text)
{
    dt_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            dt_buf_char(out, '\\');
        if (c < ' ')
            dt_buf_printf(out, "\\u%04x", c);
        else
            dt_buf_char(out, (char)c);
    }
    dt_buf_char(out, '"');
}
