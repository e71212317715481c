/* SPDX-License-Identifier: MIT
 *
 * What the URL parser does to its input before it parses: ends trimmed, tabs and newlines out,
 * ill-formed UTF-8 replaced (https://url.spec.whatwg.org/#concept-basic-url-parser steps 1 to 3).
 */
#ifndef DT_URI_URL_INPUT_H
#define DT_URI_URL_INPUT_H

#include <detour/err.h>
#include <detour/slice.h>

struct dt_url_input {
    struct dt_slice text; /* the raw input's own bytes, when nothing was to be done in it */
    char *owned;          /* or else a copy */
};

/* raw must outlive it. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_url_input_init(struct dt_url_input *input, struct dt_slice raw);
void dt_url_input_release(struct dt_url_input *input);

#endif
