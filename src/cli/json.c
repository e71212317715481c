/* SPDX-License-Identifier: MIT
 *
 * What jansson does not do by itself: rule files may hold bytes that are not UTF-8, which JSON may
 * not (RFC 8259 section 8.1).
 */
#include "cli/json.h"
#include "cli/text.h"

#include <string.h>

json_t *dt_json_text(struct dt_slice text)
{
    struct dt_buf buf;
    dt_buf_init(&buf, 3 * text.len + 1);
    for (struct dt_slice rest = text; rest.len;) {
        uint32_t c;
        size_t len = dt_text_char(rest, &c);
        dt_buf_put(&buf, c == UINT32_MAX ? DT_S("\xEF\xBF\xBD") : dt_slice_of(rest.ptr, len));
        rest = dt_slice_from(rest, len);
    }
    json_t *json = dt_buf_err(&buf) == DT_OK ? json_stringn(buf.len ? buf.ptr : "", buf.len) : NULL;
    dt_buf_release(&buf);
    return json;
}

json_t *dt_json_optional(struct dt_slice text)
{
    return text.len ? dt_json_text(text) : json_null();
}

json_t *dt_json_number_or_null(uint32_t number)
{
    return number ? json_integer(number) : json_null();
}

json_t *dt_json_place(const struct dt_place *place)
{
    return json_pack("{s:o, s:i, s:o}", "file", dt_json_text(place->file), "line", (int)place->line,
                     "text", dt_json_optional(place->text));
}

json_t *dt_json_diag(struct dt_slice file, const struct dt_diag *diag)
{
    bool error = diag->severity == DT_SEVERITY_ERROR;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:o}", "severity",
                     error ? "error" : "warning", "name", diag->name ? diag->name : "", "file",
                     dt_json_text(file), "line", dt_json_number_or_null(diag->line), "column",
                     dt_json_number_or_null(diag->col), "length", (int)diag->span, "message",
                     dt_json_text(diag->message), "text", dt_json_optional(diag->text));
}

json_t *dt_json_diags(const struct dt_load *load)
{
    json_t *array = json_array();
    size_t count;
    const struct dt_diag **diags = dt_load_sorted_diags(load, &count);
    bool fine = array && diags;
    for (size_t i = 0; fine && i < count; i++) {
        struct dt_slice file = dt_ruleset_file(load->files.set, diags[i]->file);
        fine = json_array_append_new(array, dt_json_diag(file, diags[i])) == 0;
    }
    free(diags);
    if (!fine)
        json_decref(array);
    return fine ? array : NULL;
}

json_t *dt_json_problems(const struct dt_load *load)
{
    json_t *array = json_array();
    struct dt_slice rest = dt_buf_slice(&load->problems);
    while (array && rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        if (json_array_append_new(array, dt_json_text(dt_slice_of(rest.ptr, len))) != 0) {
            json_decref(array);
            return NULL;
        }
        rest = dt_slice_from(rest, len + 1);
    }
    return array;
}

int dt_json_print(const struct dt_command *command, json_t *object, int code)
{
    if (!object) {
        dt_complain(command, "out of memory");
        return DT_EXIT_FINDINGS;
    }
    json_dumpf(object, stdout, JSON_INDENT(2)); /* a failed write is told at the end of main */
    fputc('\n', stdout);
    json_decref(object);
    return code;
}
