/* SPDX-License-Identifier: MIT
 *
 * Access logs as files, plain or compressed by gzip, or from a pipe; as blocks of whole lines.
 */
#ifndef DT_CLI_LOG_INPUT_H
#define DT_CLI_LOG_INPUT_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

struct dt_log_input;

/* "-" is the standard input. DT_ERR_NOT_FOUND, DT_ERR_IO (errno says why), DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_log_input_open(const char *path, struct dt_log_input **ret);
void dt_log_input_close(struct dt_log_input *input); /* accepts NULL */

/* The next lines, up to the end of one; empty at the end of the file. They live until the next
 * call. *ret_cut: what was read is the beginning of a line that is too long; its rest was passed
 * over. DT_ERR_IO, DT_ERR_NOMEM; DT_ERR_TORN, DT_ERR_DAMAGED of gzip; DT_ERR_INVALID of another
 * compression. */
DT_MUST_USE enum dt_err dt_log_input_next(struct dt_log_input *input, struct dt_slice *ret_lines,
                                          bool *ret_cut);

/* Bytes of the file that were read, and its size; 0: not known. */
uint64_t dt_log_input_done(const struct dt_log_input *input);
uint64_t dt_log_input_size(const struct dt_log_input *input);

/* For people: what an error of dt_log_input_next means. */
const char *dt_log_input_message(const struct dt_log_input *input, enum dt_err err);

#endif
