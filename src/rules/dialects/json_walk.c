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

bool dt_json_reach(struct dt_json_walk *walk, const char *p)
{
    struct dt_reader *reader = walk->reader;
    dt_json_go_to(walk, walk->furthest);
    while (p >= reader->pos)
        if (!dt_reader_next(reader))
            return false;
    walk->furthest = (struct dt_json_place){reader->text, reader->line};
    return p >= reader->text.ptr; /* else its line was too long */
}

bool dt_json_find(struct dt_json_walk *walk, const struct dt_json_value *value,
                  struct dt_json_found *ret)
{
    if (!dt_json_reach(walk, value->text.ptr))
        return false;
    *ret = (struct dt_json_found){*value, walk->furthest, true};
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
