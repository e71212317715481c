/* SPDX-License-Identifier: MIT
 *
 * One list of errors for the whole library. 0 is success. Functions that can fail return
 * enum dt_err, are marked DT_MUST_USE, and leave their ret_ arguments untouched on failure.
 */
#ifndef DETOUR_ERR_H
#define DETOUR_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#define DT_MUST_USE __attribute__((warn_unused_result))

/* X(name, message) */
#define DT_ERR_LIST(X)                                                                             \
    X(OK, "success")                                                                               \
    X(NOMEM, "out of memory")                                                                      \
    X(SPACE, "the output does not fit")                                                            \
    X(INVALID, "invalid argument")                                                                 \
    X(URL, "not a valid URL")                                                                      \
    X(HOST, "not a valid host")                                                                    \
    X(SYNTAX, "the input has errors")                                                              \
    X(IO, "input/output error")                                                                    \
    X(NOT_FOUND, "not found")                                                                      \
    X(LIMIT, "a limit was exceeded")                                                               \
    X(FOREIGN, "not a Detour snapshot")                                                            \
    X(VERSION, "a snapshot of another version")                                                    \
    X(TORN, "a snapshot that was cut short")                                                       \
    X(DAMAGED, "a damaged snapshot")

enum dt_err {
#define X(name, message) DT_ERR_##name,
    DT_ERR_LIST(X)
#undef X
};
#define DT_OK DT_ERR_OK

/* "DT_ERR_TORN"; never NULL. */
const char *dt_err_name(enum dt_err err);

/* "a snapshot that was cut short"; never NULL. */
const char *dt_err_message(enum dt_err err);

#ifdef __cplusplus
}
#endif
#endif
