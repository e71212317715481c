/* SPDX-License-Identifier: MIT
 *
 * Globs. Most are plain paths, a folder with "{,/" and two stars, or whole segments with names:
 * these become sources of the native kinds, which cost nothing. What is left is written anew as a
 * regular expression with the same meaning (firebase_regex.c).
 */
#include "rules/dialects/firebase/firebase_glob.h"

#include "rules/dialects/firebase/firebase_regex.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

size_t dt_firebase_name(struct dt_slice text)
{
    size_t len = 0;
    if (text.len == 0 || dt_is_digit(text.ptr[0]))
        return 0;
    while (len < text.len && dt_is_word(text.ptr[len]))
        len++;
    return len;
}

/* Does a byte mean more than itself? */
static bool is_special(struct dt_slice text, size_t at)
{
    char c = text.ptr[at];
    bool opens = at + 1 < text.len && text.ptr[at + 1] == '(';
    if (c == ':')
        return dt_firebase_name(dt_slice_from(text, at + 1)) > 0;
    return c == '*' || c == '?' || c == '{' || c == '[' || (opens && strchr("!@+", c));
}

/* The text without its backslashes, when no byte in it is special. */
static bool plain(struct dt_reader *reader, struct dt_slice glob, struct dt_slice *ret,
                  bool *ret_is)
{
    char *mem = dt_arena_alloc(&reader->set->arena, glob.len + 1);
    size_t len = 0;
    if (!mem)
        return dt_reader_nomem(reader);
    *ret_is = true;
    for (size_t at = 0; at < glob.len; at++) {
        if (glob.ptr[at] == '\\' && at + 1 < glob.len)
            at++;
        else if (is_special(glob, at))
            *ret_is = false;
        mem[len++] = glob.ptr[at];
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

/* dir with "{,/" and two stars behind it is the native dir/..., and so is "/" with two stars. */
static bool read_folder(struct dt_reader *reader, struct dt_slice folder, struct dt_rule *rule)
{
    if (!dt_source_path(reader, folder, DT_SOURCE_LITERAL, rule))
        return false;
    rule->path_kind = DT_PATH_PREFIX;
    if (rule->path.len && rule->path.ptr[rule->path.len - 1] == '/')
        rule->path.len--;
    return dt_capture_more(reader, rule, 0, true);
}

static bool is_folder(struct dt_slice glob, size_t *ret_len)
{
    static const char tail[] = "{,/**}";
    size_t len = sizeof tail - 1;
    *ret_len = 0;
    if (dt_slice_eq(glob, DT_S("/**")))
        return true;
    if (glob.len <= len + 1 || memcmp(glob.ptr + glob.len - len, tail, len) != 0)
        return false;
    *ret_len = glob.len - len;
    return glob.ptr[*ret_len - 1] != '/' && glob.ptr[*ret_len - 1] != '\\';
}

/* Whole segments that are plain or names, the last perhaps with a star: as in the native language,
 * in which such a rest is a final star. *ret_rest is its name. */
static bool is_native(struct dt_slice glob, struct dt_slice *ret_rest, size_t *ret_len)
{
    bool names = false;
    *ret_len = glob.len;
    *ret_rest = DT_SLICE_NONE;
    for (size_t at = 1; at < glob.len; at++) {
        if (glob.ptr[at] == '\\')
            return false;
        if (!is_special(glob, at))
            continue;
        size_t len = dt_firebase_name(dt_slice_from(glob, at + 1));
        if (glob.ptr[at] != ':' || glob.ptr[at - 1] != '/')
            return false;
        names = true;
        struct dt_slice name = dt_slice_of(glob.ptr + at + 1, len);
        at += len + 1;
        if (at + 1 == glob.len && glob.ptr[at] == '*') {
            *ret_rest = name;
            *ret_len = at - len - 1;
        } else if (at < glob.len && glob.ptr[at] != '/') {
            return false;
        }
    }
    return names;
}

static bool read_native(struct dt_reader *reader, struct dt_slice glob, struct dt_slice rest,
                        size_t len, struct dt_rule *rule)
{
    struct dt_slice path = glob;
    if (rest.len) {
        char *mem = dt_arena_alloc(&reader->set->arena, len + 1);
        if (!mem)
            return dt_reader_nomem(reader);
        memcpy(mem, glob.ptr, len);
        mem[len] = '*';
        path = dt_slice_of(mem, len + 1);
    }
    if (!dt_source_path(reader, path, DT_SOURCE_NATIVE, rule))
        return false;
    struct dt_capture_names *captures = &reader->captures;
    for (unsigned i = 0; i < captures->count; i++)
        if (rest.len && dt_slice_eq(captures->list[i].name, DT_S("splat")))
            captures->list[i].name = rest;
    return true;
}

/* Sources are of one site: its paths, whether they begin with a slash or not. */
static bool with_slash(struct dt_reader *reader, struct dt_slice *glob)
{
    bool negated = glob->len > 1 && glob->ptr[0] == '!' && glob->ptr[1] != '(';
    size_t at = negated ? 1 : 0;
    if (glob->len > at && (glob->ptr[at] == '/' || glob->ptr[at] == '!'))
        return true;
    char *mem = dt_arena_alloc(&reader->set->arena, glob->len + 1);
    if (!mem)
        return dt_reader_nomem(reader);
    mem[0] = glob->ptr[0];
    mem[at] = '/';
    memcpy(mem + at + 1, glob->ptr + at, glob->len - at);
    *glob = dt_slice_of(mem, glob->len + 1);
    return true;
}

bool dt_firebase_glob(struct dt_reader *reader, struct dt_slice at, struct dt_slice glob,
                      struct dt_rule *rule)
{
    struct dt_slice text, rest;
    size_t len;
    bool is;
    if (glob.len == 0 || glob.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, at, "source-long", "a source has 1 to %u bytes", DT_LIMIT_SOURCE);
    if (!with_slash(reader, &glob) || !plain(reader, glob, &text, &is))
        return false;
    if (is && text.ptr[0] == '/')
        return dt_source_path(reader, text, DT_SOURCE_LITERAL, rule);
    if (glob.ptr[0] == '/' && is_folder(glob, &len)) {
        if (!plain(reader, dt_slice_of(glob.ptr, len), &text, &is))
            return false;
        if (is)
            return read_folder(reader, text, rule);
    }
    if (glob.ptr[0] == '/' && is_native(glob, &rest, &len))
        return read_native(reader, glob, rest, len, rule);
    return dt_firebase_regex(reader, at, glob, rule);
}
