/* SPDX-License-Identifier: MIT
 *
 * @include: another file's text is brought by the caller's loader and read in this place, with what
 * @host and @default say here.
 */
#include "rules/read/native_words.h"

static bool in_cycle(const struct dt_reader *reader, struct dt_slice name)
{
    for (const struct dt_reader *up = reader; up; up = up->parent)
        if (dt_slice_eq(dt_ruleset_file(up->set, up->file), name))
            return true;
    return false;
}

static void include(struct dt_reader *reader, struct dt_slice at, struct dt_slice name)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice text, path;
    if (!dt_reader_join(reader, name, &path))
        return;
    enum dt_err err = DT_OK;
    if (!set->loader.load) {
        dt_reader_error(reader, at, "include-none", "files cannot be included here");
    } else if (in_cycle(reader, path)) {
        dt_reader_error(reader, at, "include-cycle", "%.*s includes itself", DT_SLICE_FMT(path));
    } else if (reader->depth >= DT_LIMIT_DEPTH || set->file_count >= DT_LIMIT_FILES) {
        dt_reader_error(reader, at, "include-depth",
                        "files included more than %u deep, or more than %u of them", DT_LIMIT_DEPTH,
                        DT_LIMIT_FILES);
    } else if ((err = set->loader.load(set->loader.ctx, path, &text)) != DT_OK) {
        if (err == DT_ERR_NOMEM)
            dt_reader_nomem(reader);
        else
            dt_reader_error(reader, at, "include-missing", "%.*s: %s", DT_SLICE_FMT(path),
                            dt_err_message(err));
    } else {
        dt_reader_file(set, reader, path, text, DT_FORMAT_AUTO);
    }
}

void dt_native_include(struct dt_words *words)
{
    struct dt_slice word, name;
    if (!dt_words_quoted(words, &word, &name))
        return;
    if (name.len == 0)
        (void)dt_words_missing(words, word, "a file's name");
    else if (dt_words_end(words))
        include(words->reader, word, name);
}
