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

/* "//user:password@host:port", userinfo and host as written in the input; port -1 for none. When
 * at is false userinfo is not looked at. DT_ERR_HOST, DT_ERR_NOMEM. */
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

/* "/" and the segment, percent-encoded. */
void dt_url_build_segment(struct dt_url_build *b, struct dt_slice segment);

/* https://url.spec.whatwg.org/#shorten-a-urls-path */
void dt_url_build_shorten(struct dt_url_build *b);

/* "mailto:" and such: the path is one string. */
void dt_url_build_opaque_path(struct dt_url_build *b, struct dt_slice path);

/* "?" or "#" and what follows. */
void dt_url_build_query(struct dt_url_build *b, struct dt_slice query);
void dt_url_build_fragment(struct dt_url_build *b, struct dt_slice fragment);

/* The path as it stands. */
static inline struct dt_slice dt_url_build_path_slice(const struct dt_url_build *b)
{
    return dt_slice_of(b->out.start + b->path.from, b->path.to - b->path.from);
}

/* Puts "/." before a path that would read as an authority, and makes the slices. The memory of
 * b->out becomes ret_url's. DT_ERR_URL when the memory was too small. */
DT_MUST_USE enum dt_err dt_url_build_finish(struct dt_url_build *b, struct dt_url *ret_url);

/* https://url.spec.whatwg.org/#windows-drive-letter: a letter and ":" (or "|"), and no more. */
bool dt_url_is_drive_letter(struct dt_slice s);

/* A letter and ":". */
bool dt_url_is_normal_drive_letter(struct dt_slice s);

#endif
