/* SPDX-License-Identifier: MIT
 *
 * Is an expression valid? PCRE2 says, and its limits keep the answer quick whatever is asked: the
 * text, how deep its groups nest, and the code that it becomes are all bounded. What this library
 * refuses beyond PCRE2 would give a rule power over the server (limits, callouts), or a meaning
 * that depends on PCRE2's version.
 */
#include "rules/regex/regex.h"

#include "rules/regex/regex_pcre.h"
#include "rules/regex/regex_tree.h"

#include <detour/location.h>
#include <stdio.h>

#define NEST_MAX 100u /* groups in groups */

_Static_assert(DT_REGEX_TEXT_MAX == 32 << 10 && DT_REGEX_CODE_MAX == 64 << 10 &&
                   DT_CAPTURES_MAX == 64,
               "the messages below say so");

static enum dt_err refuse(struct dt_regex_error *error, size_t at, const char *message)
{
    error->at = at;
    snprintf(error->message, sizeof error->message, "%s", message);
    return DT_ERR_SYNTAX;
}

/* A pattern goes to Vectorscan as a C string, and "." must not depend on what a newline is. */
static enum dt_err check_bytes(struct dt_slice text, struct dt_regex_error *error)
{
    if (text.len > DT_REGEX_TEXT_MAX)
        return refuse(error, 0, "an expression has at most 32 KiB");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80)
            return refuse(error, i, "an expression is ASCII: paths are percent-encoded");
        if (c < 0x20 || c == 0x7f)
            return refuse(error, i, "a control character");
    }
    return DT_OK;
}

static int first_callout(pcre2_callout_enumerate_block *block, void *at)
{
    *(size_t *)at = block->pattern_position - 1; /* it tells what stands behind the callout */
    return 1;
}

static bool sets_limits(const pcre2_code *code)
{
    static const uint32_t infos[] = {PCRE2_INFO_MATCHLIMIT, PCRE2_INFO_DEPTHLIMIT,
                                     PCRE2_INFO_HEAPLIMIT};
    uint32_t value;
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++)
        if (pcre2_pattern_info(code, infos[i], &value) == 0)
            return true;
    return false;
}

static enum dt_err check_code(const pcre2_code *code, uint16_t *ret_groups,
                              struct dt_regex_error *error)
{
    size_t size = 0, at = 0;
    uint32_t groups = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (size > DT_REGEX_CODE_MAX)
        return refuse(error, 0, "it compiles to more than 64 KiB");
    if (groups > DT_CAPTURES_MAX - 1)
        return refuse(error, 0, "more than 63 groups; what need not be captured is (?:...)");
    if (sets_limits(code))
        return refuse(error, 0, "an expression cannot set its own limits");
    if (pcre2_callout_enumerate(code, first_callout, &at) != 0)
        return refuse(error, at, "a callout, which nothing here listens to");
    *ret_groups = (uint16_t)groups;
    return DT_OK;
}

static enum dt_err complain(int code, size_t at, struct dt_regex_error *error)
{
    char message[sizeof error->message];
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return DT_ERR_NOMEM;
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message) < 0)
        return refuse(error, at, "not a regular expression");
    return refuse(error, at, message);
}

static enum dt_err compile(struct dt_slice text, bool nocase, pcre2_code **ret,
                           struct dt_regex_error *error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return DT_ERR_NOMEM;
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    int failure = 0;
    size_t at = 0;
    pcre2_code *code = dt_regex_compile(text, nocase, context, &failure, &at);
    pcre2_compile_context_free(context);
    if (!code)
        return complain(failure, at < text.len ? at : text.len, error);
    *ret = code;
    return DT_OK;
}

/* A copy that outlives the tree. */
static bool keep(struct dt_arena *arena, struct dt_slice s, struct dt_slice *ret)
{
    *ret = dt_arena_copy(arena, s);
    return s.len == 0 || ret->ptr != NULL;
}

static struct dt_slice longest(const struct dt_regex_runs *runs)
{
    struct dt_slice best = DT_SLICE_NONE;
    for (size_t i = 0; i < runs->count; i++) {
        const struct dt_regex_run *run = &runs->list[i];
        bool one_of = (i > 0 && run[-1].choice == run->choice) ||
                      (i + 1 < runs->count && run[1].choice == run->choice);
        if (!one_of && run->text.len > best.len)
            best = run->text;
    }
    return best;
}

/* Shape and literal: what cannot be read has none. */
static enum dt_err look(struct dt_slice text, struct dt_arena *arena, struct dt_regex *regex,
                        struct dt_regex_error *error)
{
    struct dt_arena scratch;
    struct dt_regex_tree tree;
    struct dt_regex_runs runs;
    struct dt_slice shape;
    size_t at = 0;
    dt_arena_init(&scratch);
    enum dt_err err = dt_regex_parse(text, regex->nocase, &scratch, &tree, &at);
    if (!err)
        err = dt_regex_find_runs(&tree, text.len, &scratch, &runs);
    if (!err)
        err = dt_regex_find_shape(&tree, text.len, &scratch, &shape);
    if (!err) {
        regex->nocase = tree.nocase;
        if (!keep(arena, shape, &regex->shape) || !keep(arena, longest(&runs), &regex->literal))
            err = DT_ERR_NOMEM;
    }
    dt_arena_release(&scratch);
    if (err == DT_ERR_SYNTAX)
        return refuse(error, at,
                      "{,n} is read as a repetition or as it stands, by PCRE2's version: "
                      "write {0,n}, or \\{");
    return err == DT_ERR_NOT_FOUND ? DT_OK : err;
}

enum dt_err dt_regex_check(struct dt_slice text, bool nocase, struct dt_arena *arena,
                           struct dt_regex *ret, struct dt_regex_error *ret_error)
{
    struct dt_regex regex = {.nocase = nocase};
    pcre2_code *code = NULL;
    enum dt_err err = check_bytes(text, ret_error);
    if (!err)
        err = compile(text, nocase, &code, ret_error);
    if (!err)
        err = check_code(code, &regex.groups, ret_error);
    pcre2_code_free(code);
    if (!err)
        err = look(text, arena, &regex, ret_error);
    if (!err)
        *ret = regex;
    return err;
}

unsigned dt_regex_group(struct dt_slice text, struct dt_slice name)
{
    char copy[129]; /* PCRE2 wants a C string; its longest name has 32 bytes, or 128 */
    if (name.len == 0 || name.len >= sizeof copy || memchr(name.ptr, '\0', name.len))
        return 0;
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    int failure;
    size_t at;
    pcre2_code *code = dt_regex_compile(text, false, NULL, &failure, &at);
    int number = code ? pcre2_substring_number_from_name(code, (PCRE2_SPTR)copy) : 0;
    pcre2_code_free(code);
    return number > 0 ? (unsigned)number : 0;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '%' || c == '~' || c == ':' || c == '@' || (unsigned char)c >= 0x80;
}

bool dt_regex_quote(struct dt_slice text, char *mem, size_t cap, size_t *len)
{
    size_t at = *len;
    for (size_t i = 0; i < text.len; i++) {
        bool plain = is_plain(text.ptr[i]);
        if (cap - at < (plain ? 1u : 2u))
            return false;
        if (!plain)
            mem[at++] = '\\';
        mem[at++] = text.ptr[i];
    }
    *len = at;
    return true;
}
