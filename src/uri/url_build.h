/* SPDX-License-Identifier: MIT
 *
 * A URL under construction. The basic URL parser meets the components in the order in which they
 * are serialised, so each is written straight to its place in href and only its bounds are noted;
 * the slices are made at the end. Inheriting from a base is copying a stretch of the base's href.
 *
 * One memory block, of a size that is always enough but for absurd IDNA growth, is made at the
 * start; running over its end is sticky (struct dt_out) and asked for once.
 */
#ifndef DT_URI_URL_BUILD_H
#define DT_URI_URL_BUILD_H

#include "base/out.h"
#include "uri/char_class.h"
#include "uri/url_scheme.h"
#include <detour/uri.h>

struct dt_url_span {
    size_t from, to; /* offsets in href */
};

struct dt_url_build {
    struct dt_out out;
    const struct dt_url_scheme *special; /* NULL: another scheme */
    struct dt_url_span scheme, username, password, host, port, path, query, fragment;
    bool has_host, has_query, has_fragment, opaque_path;
};

/* "scheme:", lower-cased. */
void dt_url_build_scheme(struct dt_url_build *b, struct dt_slice scheme);

/* "//user:password@host:port", userinfo and host as written in the input, userinfo empty for none;
 * port may be DT_PORT_NONE. DT_ERR_HOST, DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_url_build_authority(struct dt_url_build *b, struct dt_slice userinfo,
                                               struct dt_slice host, int port);

/* "//host" of a file URL; "localhost" becomes the empty host. */
DT_MUST_USE enum dt_err dt_url_build_file_host(struct dt_url_build *b, struct dt_slice host);

/* The base's authority, if it has one, as it stands. */
void dt_url_build_copy_authority(struct dt_url_build *b, const struct dt_url *base);

/* The base's path and, separately, its query. */
void dt_url_build_copy_path(struct dt_url_build *b, const struct dt_url *base);
void dt_url_build_copy_query(struct dt_url_build *b, const struct dt_url *base);

/* An empty path at the end of what is there. */
void dt_url_build_path(struct dt_url_build *b);

/* One step of the path state: appends the segment, or does what "." and ".." ask for. The last one
 * has no slash behind it. */
void dt_url_build_step(struct dt_url_build *b, struct dt_slice segment, bool last);

/* The base's first segment, if it is a drive letter. */
void dt_url_build_copy_drive(struct dt_url_build *b, const struct dt_url *base);

/* https://url.spec.whatwg.org/#shorten-a-urls-path */
void dt_url_build_shorten(struct dt_url_build *b);

/* "mailto:" and such: the path is one string. */
void dt_url_build_opaque_path(struct dt_url_build *b, struct dt_slice path);

/* "?" or "#" and what follows. */
void dt_url_build_query(struct dt_url_build *b, struct dt_slice query);
void dt_url_build_fragment(struct dt_url_build *b, struct dt_slice fragment);

/* Puts "/." before a path that would read as an authority, and makes the slices. The memory of
 * b->out becomes ret_url's. DT_ERR_URL when the memory was too small. */
DT_MUST_USE enum dt_err dt_url_build_finish(struct dt_url_build *b, struct dt_url *ret_url);

/* https://url.spec.whatwg.org/#windows-drive-letter: a letter and ":" or "|", and no more. */
bool dt_url_is_drive_letter(struct dt_slice s);

/* https://url.spec.whatwg.org/#start-with-a-windows-drive-letter */
bool dt_url_starts_with_drive_letter(struct dt_slice s);

#endif
