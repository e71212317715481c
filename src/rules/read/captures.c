/* SPDX-License-Identifier: MIT
 *
 * Names of captures: see captures.h.
 */
#include "rules/read/captures.h"

#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

size_t dt_capture_name_length(struct dt_slice s)
{
    size_t len = 0;
    if (s.len == 0 || (!dt_is_alpha(s.ptr[0]) && s.ptr[0] != '_'))
        return 0;
    while (len < s.len && dt_is_word(s.ptr[len]))
        len++;
    return len;
}

bool dt_capture_add(struct dt_reader *reader, struct dt_slice at, const struct dt_capture_name *add)
{
    struct dt_capture_names *names = &reader->captures;
    if (dt_slice_eq(add->name, DT_S("splat")))
        return DT_REFUSE(reader, at, "source-name",
                         ":splat is the name of what a \"*\" matches, and cannot be given");
    if (dt_capture_find(names, add->name))
        return DT_REFUSE(reader, at, "source-name", "a second :%.*s", DT_SLICE_FMT(add->name));
    if (names->count >= DT_LIMIT_NAMES)
        return DT_REFUSE(reader, at, "source-name", "more than %u names in one rule",
                         DT_LIMIT_NAMES);
    names->list[names->count] = *add;
    if (!dt_reader_keep(reader, &names->list[names->count].name))
        return false;
    names->count++;
    return true;
}

bool dt_capture_more(struct dt_reader *reader, struct dt_rule *rule, unsigned names, bool star)
{
    unsigned labels = reader->captures.labels;
    rule->more = NULL;
    if (labels == 0 && names == 0)
        return true;
    struct dt_rule_more *more = dt_arena_alloc(&reader->set->arena, sizeof *more);
    if (!more)
        return dt_reader_nomem(reader);
    *more = (struct dt_rule_more){
        .labels = (uint8_t)labels,
        .names = (uint8_t)names,
        .captures = (uint8_t)(labels + names + star),
    };
    rule->more = more;
    return true;
}
