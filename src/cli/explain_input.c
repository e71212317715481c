/* SPDX-License-Identifier: MIT
 *
 * What the server learns from a connection and its clock is said with flags here. What is not said
 * is not known, and conditions on it do not hold; only the time is always known.
 */
#include "cli/explain_input.h"
#include "cli/moment.h"
#include "semantics/network.h"

#include <stdlib.h>
#include <string.h>

/* RFC 9110 section 5.6.2. */
static bool is_token(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c))
            return false;
    }
    return text.len > 0;
}

static bool is_value(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

/* "Name: value"; false when it is none. */
static bool read_field(const char *text, struct dt_field *ret)
{
    struct dt_slice field = dt_slice_str(text);
    const char *colon = strchr(text, ':');
    struct dt_slice name = dt_slice_of(text, colon ? (size_t)(colon - text) : 0);
    struct dt_slice value = dt_slice_from(field, name.len + 1);
    while (value.len && (*value.ptr == ' ' || *value.ptr == '\t'))
        value = dt_slice_from(value, 1);
    while (value.len && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    *ret = (struct dt_field){name, value};
    return is_token(name) && is_value(value);
}

/* The last Host replaces the URL's host. */
static bool take_fields(const struct dt_command *command, const struct dt_texts *texts,
                        struct dt_explain_input *ret)
{
    ret->fields = calloc(texts->count + 1, sizeof *ret->fields);
    if (!ret->fields) {
        dt_complain(command, "out of memory");
        return false;
    }
    for (size_t i = 0; i < texts->count; i++) {
        if (!read_field(texts->items[i], &ret->fields[i])) {
            dt_usage_error(command, "-H wants \"Name: value\", not \"%s\"", texts->items[i]);
            return false;
        }
        if (dt_slice_eq_nocase(ret->fields[i].name, DT_S("host")))
            ret->input.host = ret->fields[i].value;
    }
    ret->input.fields = ret->fields;
    ret->input.nfields = texts->count;
    return true;
}

static bool take_country(const struct dt_command *command, const char *text,
                         struct dt_explain_input *ret)
{
    if (!text)
        return true;
    for (int i = 0; i < 2; i++) {
        char c = dt_ascii_lower(text[i]);
        if (c < 'a' || c > 'z' || (i && text[2])) {
            dt_usage_error(command, "--country wants two letters such as DE, not \"%s\"", text);
            return false;
        }
        ret->country[i] = (char)(c & ~0x20);
    }
    ret->input.country = dt_slice_of(ret->country, 2);
    return true;
}

bool dt_explain_input_read(const struct dt_command *command, const struct dt_explain_words *words,
                           struct dt_explain_input *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->input.method = dt_slice_str(words->method);
    ret->input.url = dt_slice_str(words->url);
    if (!is_token(ret->input.method)) {
        dt_usage_error(command, "\"%s\" is no method", words->method);
        return false;
    }
    if (!take_fields(command, words->fields, ret) || !take_country(command, words->country, ret) ||
        !dt_moment_read(command, words->at, &ret->input.at))
        return false;
    if (!words->address)
        return true;
    ret->input.has_address = true;
    if (dt_address_parse(dt_slice_str(words->address), ret->input.address) != DT_OK) {
        dt_usage_error(command,
                       "--ip wants an address such as 192.0.2.7 or 2001:db8::7, not \"%s\"",
                       words->address);
        return false;
    }
    return true;
}

void dt_explain_input_release(struct dt_explain_input *input)
{
    free(input->fields);
    input->fields = NULL;
}
