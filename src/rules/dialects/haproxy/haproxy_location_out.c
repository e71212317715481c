/* SPDX-License-Identifier: MIT
 *
 * Locations in HAProxy's log-format: what is written out as it is, and each capture as an
 * expression that cuts it out of path, host or query, and escapes it for its place as Detour does.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

#include "rules/read/native_scan.h"
#include "semantics/query.h"

struct work {
    struct dt_haproxy_out *out;
    const struct dt_rule *rule;
    struct dt_buf *to;
};

/* ---- Captures ---- */

static bool has(struct dt_slice text, const char *what)
{
    return text.len && memmem(text.ptr, text.len, what, strlen(what));
}

/* Does an expression count its groups itself? */
static bool counts_groups(struct dt_slice regex)
{
    for (size_t i = 0; i + 1 < regex.len; i++) {
        if (regex.ptr[i] != '\\')
            continue;
        char c = regex.ptr[++i];
        if ((c >= '1' && c <= '9') || c == 'g' || c == 'k')
            return true;
    }
    return has(regex, "(?1") || has(regex, "(?R") || has(regex, "(?(") || has(regex, "(?|") ||
           has(regex, "(?P=") || has(regex, "(?-");
}

/* ",regsub(...)" that leaves group `number` of the rule's expression. */
static void cut_group(struct work *work, unsigned number)
{
    const struct dt_rule *rule = work->rule;
    const char *flags = rule->flags & DT_RULE_IGNORE_CASE ? "i" : "";
    bool own = rule->path_kind == DT_PATH_REGEX;
    char with[3] = {'\\', (char)('0' + (number ? number : 1)), 0};
    struct dt_buf regex;
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    dt_buf_str(&regex, !own ? "" : number ? "^.*?(?:" : "^.*?(");
    (void)dt_write_regex(work->out->write, rule, 0, &regex);
    dt_buf_str(&regex, own ? ").*$" : "");
    struct dt_slice text = dt_haproxy_kept(work->out, &regex);
    dt_buf_char(work->to, ',');
    dt_haproxy_put_regsub(work->to, text, with, flags);
}

static void put_path_piece(struct work *work, const struct dt_piece *piece)
{
    const struct dt_rule *rule = work->rule;
    struct dt_buf regex;
    if (rule->flags & DT_RULE_URL) {
        work->out->uses |= DT_HAPROXY_USES_URL;
        dt_buf_str(work->to, DT_HAPROXY_VAR(DT_HAPROXY_URL));
        dt_buf_str(work->to, rule->flags & DT_RULE_RELATIVE ? ",regsub(^[a-z]+:,\"\")" : "");
    } else {
        work->out->uses |= DT_HAPROXY_USES_PATH;
        dt_buf_str(work->to, DT_HAPROXY_VAR(DT_HAPROXY_PATH));
    }
    if (rule->path_kind != DT_PATH_PREFIX) {
        cut_group(work, dt_write_group(rule, piece));
        return;
    }
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    dt_buf_char(&regex, '^');
    dt_write_quoted(&regex, rule->path);
    dt_buf_str(&regex, "/?");
    struct dt_slice text = dt_haproxy_kept(work->out, &regex);
    dt_buf_char(work->to, ',');
    dt_haproxy_put_regsub(work->to, text, "", rule->flags & DT_RULE_IGNORE_CASE ? "i" : "");
}

static void put_label(struct work *work, unsigned number)
{
    struct dt_buf regex;
    work->out->uses |= DT_HAPROXY_USES_HOST;
    dt_buf_str(work->to, DT_HAPROXY_VAR(DT_HAPROXY_HOST) ",");
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    dt_buf_char(&regex, '^');
    for (unsigned i = 0; i < number; i++)
        dt_buf_str(&regex, "[^.]+\\.");
    dt_buf_str(&regex, "([^.]+)\\..*$");
    dt_haproxy_put_regsub(work->to, dt_haproxy_kept(work->out, &regex), "\\1", "");
}

static void put_value(struct work *work, unsigned number)
{
    struct dt_buf regex;
    work->out->uses |= DT_HAPROXY_USES_QUERY;
    dt_buf_str(work->to, DT_HAPROXY_VAR(DT_HAPROXY_QUERY) ",");
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    dt_buf_str(&regex, "^(?:.*?&)?");
    dt_write_quoted(&regex, work->rule->more->queries[number]);
    dt_buf_str(&regex, "(?:=([^&]*))?(?:&.*)?$");
    dt_haproxy_put_regsub(work->to, dt_haproxy_kept(work->out, &regex), "\\1",
                          work->rule->flags & DT_RULE_IGNORE_CASE ? "i" : "");
}

static void put_own(struct work *work, unsigned which)
{
    static const struct {
        const char *var;
        unsigned uses;
    } rows[] = {
        {DT_HAPROXY_VAR(DT_HAPROXY_SCHEME), DT_HAPROXY_USES_SCHEME},
        {DT_HAPROXY_VAR(DT_HAPROXY_HOST), DT_HAPROXY_USES_HOST},
        {DT_HAPROXY_VAR(DT_HAPROXY_PORT), DT_HAPROXY_USES_PORT},
        {DT_HAPROXY_VAR(DT_HAPROXY_PATH), DT_HAPROXY_USES_PATH},
        {DT_HAPROXY_VAR(DT_HAPROXY_QUERY), DT_HAPROXY_USES_QUERY},
    };
    unsigned row = which - DT_CAPTURE_SCHEME;
    work->out->uses |= rows[row].uses;
    dt_buf_str(work->to, rows[row].var);
}

/* What a capture brings that its place may not have: see <detour/location.h>. */
static const char *escapes_of(const struct work *work, const struct dt_piece *piece)
{
    static const char *const into_query = ",regsub(&,%26,g),regsub(=,%3D,g),regsub(\"\\+\",%2B,g),"
                                          "regsub(;,%3B,g),regsub(\"'\",%27,g)";
    bool query = piece->kind == DT_PIECE_QUERY;
    bool from_path = piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_STAR ||
                     (piece->kind == DT_PIECE_GROUP && !(work->rule->flags & DT_RULE_URL)) ||
                     (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH);
    if (piece->place == DT_MARK_QUERY)
        return from_path ? into_query : "";
    if (piece->place != DT_MARK_PATH)
        return "";
    if (query)
        return ",regsub(/,%2F,g),regsub(\"\\?\",%3F,g),regsub(\"\\+\",%20,g)";
    return from_path || piece->kind == DT_PIECE_LABEL ||
                   (piece->kind == DT_PIECE_OWN && piece->number != DT_CAPTURE_QUERY)
               ? ""
               : ",regsub(\"\\?\",%3F,g)";
}

/* A capture that ends within an escape: its "%" becomes %25. */
static bool may_cut_escape(const struct dt_rule *rule, const struct dt_piece *piece)
{
    return piece->kind == DT_PIECE_GROUP ||
           (piece->kind == DT_PIECE_STAR && rule->path_kind == DT_PATH_GLOB);
}

static void put_expression(struct work *work, const struct dt_piece *piece)
{
    switch ((enum dt_piece_kind)piece->kind) {
    case DT_PIECE_TEXT:
        return;
    case DT_PIECE_LABEL:
        put_label(work, piece->number);
        break;
    case DT_PIECE_NAME:
    case DT_PIECE_STAR:
    case DT_PIECE_GROUP:
        put_path_piece(work, piece);
        break;
    case DT_PIECE_QUERY:
        put_value(work, piece->number);
        break;
    case DT_PIECE_OWN:
        put_own(work, piece->number);
        break;
    }
    dt_buf_str(work->to, escapes_of(work, piece));
    if (may_cut_escape(work->rule, piece))
        dt_buf_str(work->to, ",regsub(\"%(.?)$\",\"%25\\1\")");
}

static void put_piece(struct work *work, const struct dt_piece *piece)
{
    if (piece->kind == DT_PIECE_TEXT) {
        dt_haproxy_put_format(work->to, piece->text);
        return;
    }
    dt_buf_str(work->to, "%[");
    put_expression(work, piece);
    dt_buf_char(work->to, ']');
}

void dt_haproxy_put_open(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to)
{
    struct dt_pieces target = dt_write_target(out->write, rule);
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        struct dt_buf text;
        struct work work = {out, rule, &text};
        if (piece->kind == DT_PIECE_TEXT || piece->place != DT_MARK_HOST ||
            (piece->kind == DT_PIECE_OWN && piece->number <= DT_CAPTURE_PORT))
            continue;
        dt_buf_init(&text, DT_HAPROXY_WORD);
        put_expression(&work, piece);
        dt_haproxy_put_test(to, false, dt_haproxy_kept(out, &text), "-m reg",
                            DT_S("^[A-Za-z0-9_.-]+$"));
    }
}

/* ---- The query ---- */

/* "utm_*,a" as alternatives. */
static void put_names(struct dt_buf *regex, struct dt_slice names)
{
    bool first = true;
    while (names.len) {
        const char *comma = memchr(names.ptr, ',', names.len);
        struct dt_slice one =
            dt_slice_of(names.ptr, comma ? (size_t)(comma - names.ptr) : names.len);
        names = dt_slice_from(names, one.len + 1);
        bool star = one.len && one.ptr[one.len - 1] == '*';
        one.len -= star;
        dt_buf_str(regex, first ? "" : "|");
        dt_write_quoted(regex, one);
        dt_buf_str(regex, star ? "[^=&]*" : "");
        first = false;
    }
}

/* The target's own names. */
static void put_own_names(struct dt_buf *regex, struct dt_slice own)
{
    struct dt_query_param param;
    for (bool first = true; dt_query_next(&own, &param); first = false) {
        dt_buf_str(regex, first ? "" : "|");
        dt_write_quoted(regex, param.name);
    }
}

/* The query that a target has itself; *ret_has: it has a "?". Captures in it are of no matter. */
static struct dt_slice own_query(const struct dt_rule *rule, bool *ret_has)
{
    const char *mark = memchr(rule->target.ptr, '?', rule->target.len);
    *ret_has = mark != NULL;
    if (!mark)
        return DT_SLICE_NONE;
    struct dt_slice own = dt_slice_from(rule->target, (size_t)(mark - rule->target.ptr) + 1);
    const char *hash = own.len ? memchr(own.ptr, '#', own.len) : NULL;
    return hash ? dt_slice_of(own.ptr, (size_t)(hash - own.ptr)) : own;
}

/* Is there a name in the target's query that a capture is part of? */
static bool captures_name(struct dt_slice own)
{
    struct dt_query_param param;
    while (dt_query_next(&own, &param))
        for (size_t i = 0; i < param.name.len; i++)
            if (param.name.ptr[i] < ' ')
                return true;
    return false;
}

struct dt_slice dt_haproxy_tail(struct dt_haproxy_out *out, const struct dt_rule *rule)
{
    const struct dt_action *action = dt_write_action(out->write, rule);
    bool has_own;
    struct dt_slice own = own_query(rule, &has_own);
    struct dt_buf text;
    if (action->query == DT_QUERY_DROP)
        return DT_SLICE_NONE;
    if (action->query == DT_QUERY_PASS && !has_own) {
        out->uses |= DT_HAPROXY_USES_TAIL;
        return DT_S("%[" DT_HAPROXY_VAR(DT_HAPROXY_TAIL) "]");
    }
    out->uses |= DT_HAPROXY_USES_QUERY;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    dt_buf_str(&text, "%[" DT_HAPROXY_VAR(DT_HAPROXY_QUERY) ",");
    if (action->query != DT_QUERY_PASS) {
        bool keep = action->query == DT_QUERY_KEEP;
        dt_buf_str(&text, keep ? DT_HAPROXY_ONLY_BEGIN : DT_HAPROXY_LESS_BEGIN);
        put_names(&text, action->names);
        dt_buf_str(&text, keep ? DT_HAPROXY_ONLY_END "," : DT_HAPROXY_LESS_END ",");
    }
    if (own.len) {
        dt_buf_str(&text, DT_HAPROXY_LESS_BEGIN);
        put_own_names(&text, own);
        dt_buf_str(&text, DT_HAPROXY_LESS_END ",");
    }
    dt_buf_str(&text, DT_HAPROXY_TIDY);
    if (!has_own)
        dt_buf_str(&text, "," DT_HAPROXY_ASK);
    else if (own.len && own.ptr[own.len - 1] != '&')
        dt_buf_str(&text, "," DT_HAPROXY_AND);
    dt_buf_char(&text, ']');
    return dt_haproxy_kept(out, &text);
}

/* ---- The whole ---- */

struct dt_slice dt_haproxy_location(struct dt_haproxy_out *out, const struct dt_rule *rule,
                                    bool *ret_guard)
{
    struct dt_pieces target = dt_write_target(out->write, rule);
    struct dt_slice tail = rule->target.len ? dt_haproxy_tail(out, rule) : DT_SLICE_NONE;
    struct dt_buf text;
    struct work work = {out, rule, &text};
    dt_buf_init(&text, DT_HAPROXY_WORD);
    for (size_t i = 0; i < target.count; i++) {
        struct dt_piece piece = target.list[i];
        const char *hash = tail.len && piece.kind == DT_PIECE_TEXT
                               ? memchr(piece.text.ptr, '#', piece.text.len)
                               : NULL;
        if (hash) {
            dt_haproxy_put_format(&text,
                                  dt_slice_of(piece.text.ptr, (size_t)(hash - piece.text.ptr)));
            dt_buf_put(&text, tail);
            tail = DT_SLICE_NONE;
            piece.text = dt_slice_from(piece.text, (size_t)(hash - piece.text.ptr));
        }
        put_piece(&work, &piece);
    }
    dt_buf_put(&text, tail);
    const char *p = rule->target.ptr;
    *ret_guard = rule->target.len &&
                 ((p[0] == '/' && rule->target.len > 1 && p[1] < ' ') || p[0] == DT_MARK_PATH);
    return dt_haproxy_kept(out, &text);
}

static void check_group(struct dt_haproxy_out *out, const struct dt_rule *rule,
                        const struct dt_piece *piece)
{
    if (piece->number > 9)
        dt_write_cannot(out->write, "regex-group", "HAProxy knows the groups 1 to 9, not %u",
                        piece->number);
    if (piece->number == 0 && counts_groups(rule->path))
        dt_write_cannot(out->write, "regex-group",
                        "all of the match, of an expression that refers to its own groups");
    if ((rule->flags & DT_RULE_URL) && piece->place == DT_MARK_QUERY)
        dt_write_differs(out->write, "regex-group",
                         "a group of the URL goes into a query as it is, wherever it comes from");
}

void dt_haproxy_check_target(struct dt_haproxy_out *out, const struct dt_rule *rule)
{
    struct dt_pieces target = dt_write_target(out->write, rule);
    bool has_own;
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        if (piece->kind == DT_PIECE_GROUP)
            check_group(out, rule, piece);
        else if ((piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_STAR) &&
                 rule->path_kind != DT_PATH_PREFIX && dt_write_group(rule, piece) > 9)
            dt_write_cannot(out->write, "names", "HAProxy knows the groups 1 to 9 only");
    }
    if (rule->target.len && dt_write_action(out->write, rule)->query != DT_QUERY_DROP &&
        captures_name(own_query(rule, &has_own)))
        dt_write_differs(out->write, "query-name",
                         "a capture names a parameter of the target, and the request's query is "
                         "not searched for it");
    if (rule->path_kind == DT_PATH_GLOB && (rule->flags & DT_RULE_IGNORE_SLASH) &&
        rule->path.ptr[rule->path.len - 1] == DT_PATH_STAR)
        dt_write_differs(out->write, "slash", "the star takes the slash that does not count");
}
