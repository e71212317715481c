/* SPDX-License-Identifier: MIT
 *
 * See names.h.
 */
#include "rules/dialects/names.h"

#include "rules/read/native_scan.h"

#define LONGEST 40u

static const char *const letters[] = {
    "a", "b", "c", "d", "e",  "f",  "g",  "h",  "i",  "j",  "k",  "l",  "m",  "n",  "o",  "p",
    "q", "r", "s", "t", "u",  "v",  "w",  "x",  "y",  "z",  "A",  "B",  "C",  "D",  "E",  "F",
    "G", "H", "I", "J", "K",  "L",  "M",  "N",  "O",  "P",  "Q",  "R",  "S",  "T",  "U",  "V",
    "W", "X", "Y", "Z", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "m1", "m2", "m3"};
_Static_assert(sizeof letters / sizeof *letters == DT_CAPTURES_MAX, "a name for each capture");

static struct dt_slice word(struct dt_slice text)
{
    size_t len = 0;
    while (len < text.len && dt_is_word(text.ptr[len]))
        len++;
    return dt_slice_of(text.ptr, len);
}

static bool known(const struct dt_names *names, struct dt_slice name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (dt_slice_eq(names->list[i], name))
            return true;
    return false;
}

/* The words behind colons, in the order in which they stand in the rule's line. */
static void find_names(struct dt_slice line, struct dt_names *names)
{
    for (size_t i = 1; i < line.len && names->count < DT_CAPTURES_MAX; i++) {
        struct dt_slice name = word(dt_slice_from(line, i + 1));
        if (line.ptr[i] != ':' || !strchr("/.=(\"", line.ptr[i - 1]) || name.len == 0 ||
            name.len > LONGEST || !dt_is_alpha(name.ptr[0]) || dt_slice_eq(name, DT_S("splat")) ||
            dt_slice_eq(name, DT_S("host")) || known(names, name))
            continue;
        names->list[names->count++] = name;
    }
}

static bool overlap(const struct dt_names *names, unsigned wanted)
{
    for (unsigned i = 0; i < wanted; i++)
        for (unsigned j = 0; j < wanted; j++)
            if (i != j && dt_slice_starts(names->list[i], names->list[j]))
                return true;
    return false;
}

void dt_names_choose(const struct dt_write *write, const struct dt_rule *rule, struct dt_names *ret)
{
    dt_names_read(write->set, rule, ret);
}

void dt_names_read(const struct dt_ruleset *set, const struct dt_rule *rule, struct dt_names *ret)
{
    ret->count = 0;
    ret->labels = dt_write_labels(rule);
    ret->paths = dt_write_names(rule);
    unsigned wanted = ret->labels + ret->paths + (rule->more ? rule->more->nqueries : 0u);
    if (wanted == 0)
        return;
    find_names(dt_ruleset_line(set, rule->file, rule->line), ret);
    if (ret->count >= wanted && !overlap(ret, wanted)) {
        ret->count = wanted;
        return;
    }
    for (ret->count = 0; ret->count < wanted && ret->count < DT_CAPTURES_MAX; ret->count++)
        ret->list[ret->count] = dt_slice_str(letters[ret->count]);
}

struct dt_slice dt_names_of(const struct dt_names *names, const struct dt_piece *piece)
{
    unsigned at = piece->number;
    if (piece->kind == DT_PIECE_NAME)
        at += names->labels;
    else if (piece->kind == DT_PIECE_QUERY)
        at += names->labels + names->paths;
    return at < names->count ? names->list[at] : DT_S("x");
}

struct dt_slice dt_names_query(const struct dt_names *names, const struct dt_rule *rule,
                               struct dt_slice param)
{
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++) {
        struct dt_piece piece = {.kind = DT_PIECE_QUERY, .number = (uint8_t)i};
        if (dt_slice_eq(rule->more->queries[i], param))
            return dt_names_of(names, &piece);
    }
    return DT_SLICE_NONE;
}

bool dt_names_own(const struct dt_rule *rule, const struct dt_piece *piece, struct dt_slice *ret)
{
    static const char *const schemes[] = {"", "http", "https"};
    switch (piece->number) {
    case DT_CAPTURE_SCHEME:
        *ret = dt_slice_str(schemes[rule->scheme]);
        return rule->scheme != DT_SCHEME_ANY;
    case DT_CAPTURE_HOST:
        *ret = rule->host;
        return rule->host_kind == DT_HOST_EXACT;
    case DT_CAPTURE_PATH:
        *ret = rule->path;
        return rule->path_kind == DT_PATH_EXACT && rule->path.len &&
               !(rule->flags & (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH));
    default:
        return false;
    }
}

bool dt_names_colon(struct dt_slice text, size_t at)
{
    char next = at + 1 < text.len ? text.ptr[at + 1] : 0;
    bool behind = at && (dt_is_word(text.ptr[at - 1]) || text.ptr[at - 1] == ':');
    return text.ptr[at] == ':' && !behind && (dt_is_alpha(next) || next == '_');
}
