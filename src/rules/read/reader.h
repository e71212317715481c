/* SPDX-License-Identifier: MIT
 *
 * The reading of one file, line by line: what the native language and the dialects share. A part
 * that finds an error says so through the reader, with the bytes of the line that are wrong, and
 * returns false; the reader then goes on with the next line.
 */
#ifndef DT_RULES_READER_H
#define DT_RULES_READER_H

#include "rules/read/captures.h"
#include "rules/read/option.h"
#include "rules/read/source.h"
#include "rules/ruleset_priv.h"

/* The text behind a target, and what it was read to. */
struct dt_tail {
    struct dt_slice text; /* ptr NULL: nothing yet */
    struct dt_options options;
    uint32_t action;
    uint32_t conditions;
};
#define DT_TAILS 8u

struct dt_reader {
    struct dt_ruleset *set;
    const char *pos; /* what is still to be read */
    const char *end;
    struct dt_slice text; /* the line, without its end */
    uint32_t file;
    uint32_t line;

    /* What directives set for the lines below. */
    struct dt_host_pattern host;
    struct dt_options defaults;

    const struct dt_reader *parent; /* the including file's; NULL at the top */
    unsigned depth;

    /* Lines resemble their neighbours: what was found out about the last ones is kept. */
    struct dt_tail tails[DT_TAILS];
    unsigned next_tail;        /* that will be forgotten */
    unsigned last_tail;        /* that was used last */
    struct dt_slice authority; /* a source's, as written, read to: */
    struct dt_host_pattern pattern;
    struct dt_slice target_host; /* a target's, in normal form already */

    struct dt_capture_names captures; /* of the source that was read last */
};

/* Steps to the next line; false at the end of the file, or when memory is out. Lines that are too
 * long are errors, and passed over. */
bool dt_reader_next(struct dt_reader *reader);

/* An error or a warning at these bytes of the line (a slice of reader->text, which may be empty:
 * then the place alone is shown). */
__attribute__((format(printf, 4, 5))) void dt_reader_error(struct dt_reader *reader,
                                                           struct dt_slice at, const char *name,
                                                           const char *format, ...);
__attribute__((format(printf, 4, 5))) void dt_reader_warn(struct dt_reader *reader,
                                                          struct dt_slice at, const char *name,
                                                          const char *format, ...);

/* An error, as a value: false. */
#define DT_REFUSE(...) (dt_reader_error(__VA_ARGS__), false)

/* Notes that memory is out; false. */
static inline bool dt_reader_nomem(struct dt_reader *reader)
{
    reader->set->err = DT_ERR_NOMEM;
    return false;
}

/* Checks text that need not be looked at for its meaning: an error at a control character or at
 * bytes that are not UTF-8. */
bool dt_reader_check_text(struct dt_reader *reader, struct dt_slice s, unsigned bits);

/* s itself when it does not lie in the scratch memory, else a copy that lives as long as the set.
 * False when memory is out. */
bool dt_reader_keep(struct dt_reader *reader, struct dt_slice *s);

/* The name of a file that this one speaks of, joined to this one's folder. False when memory is
 * out.
 */
bool dt_reader_join(struct dt_reader *reader, struct dt_slice name, struct dt_slice *ret);

/* The empty place behind the line's last byte. */
static inline struct dt_slice dt_reader_line_end(const struct dt_reader *reader)
{
    return dt_slice_of(reader->text.ptr + reader->text.len, 0);
}

/* Files the text and makes a reader at its beginning, for a dialect that reads another file's lines
 * itself. False when memory is out. */
bool dt_reader_open(struct dt_ruleset *set, const struct dt_reader *parent, struct dt_slice name,
                    struct dt_slice text, struct dt_reader *ret);

/* Reads a whole text as one format; parent is NULL for a file that was not included. */
void dt_reader_file(struct dt_ruleset *set, const struct dt_reader *parent, struct dt_slice name,
                    struct dt_slice text, enum dt_format format);

/* The format that a file's name and beginning speak for. */
enum dt_format dt_format_recognise(struct dt_slice name, struct dt_slice text);

/* A line that begins with "@". */
void dt_native_directive(struct dt_reader *reader, struct dt_slice line);

#endif
