/* SPDX-License-Identifier: MIT
 *
 * A rule in Caddy's words: which form it takes, the path or expression that is asked for, and the
 * target. Captures are taken from the path as it was sent, so that they are sent on with their
 * escapes: Caddy's own path_regexp captures decoded bytes, of which a %3F would begin a query.
 */
#include "rules/dialects/caddy/caddy_write.h"

#include "rules/read/native_scan.h"

#define EXPRESSION_MAX (1u << 20)

struct work {
    struct dt_write *write;
    const struct dt_rule *rule;
    struct dt_caddy_line *line;
    struct dt_pieces target;
    bool own;      /* the target has {host} and its like, or labels */
    bool captures; /* of the path */
    bool all;      /* every path */
    bool asks_raw; /* the matcher asks for {raw_path} */
};

/* ---- The target ---- */

static void look(struct work *work)
{
    for (size_t i = 0; i < work->target.count; i++) {
        uint8_t kind = work->target.list[i].kind;
        work->own |= kind == DT_PIECE_OWN || kind == DT_PIECE_LABEL;
        work->captures |= kind == DT_PIECE_NAME || kind == DT_PIECE_STAR || kind == DT_PIECE_GROUP;
    }
}

static void capture_differs(struct work *work, const struct dt_piece *piece)
{
    bool path = piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_STAR ||
                piece->kind == DT_PIECE_GROUP ||
                (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH);
    bool query = piece->kind == DT_PIECE_QUERY ||
                 (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_QUERY);
    if (path && piece->place == DT_MARK_QUERY)
        dt_write_differs(work->write, "query-capture",
                         "a piece of the path is put into the query as it is, & and + and all");
    if (query && piece->place == DT_MARK_PATH)
        dt_write_differs(work->write, "path-capture",
                         "a piece of the query is put into the path as it is, / and all");
    if (piece->place == DT_MARK_HOST && (path || query))
        dt_write_cannot(work->write, "open", "%s would send whatever was captured as a host",
                        work->write->title);
}

static void put_own(struct work *work, const struct dt_piece *piece, struct dt_buf *out)
{
    switch (piece->number) {
    case DT_CAPTURE_SCHEME:
        dt_buf_str(out, "{scheme}");
        break;
    case DT_CAPTURE_HOST:
        dt_buf_str(out, "{host}");
        break;
    case DT_CAPTURE_PATH:
        work->line->raw = true;
        dt_buf_str(out, "{raw_path}");
        break;
    case DT_CAPTURE_QUERY:
        dt_buf_str(out, "{query}");
        break;
    default:
        dt_write_cannot(work->write, "port", "%s knows no port that the client did not write",
                        work->write->title);
    }
}

/* A group of the expression, as the output of a map, or as a placeholder. */
static void put_group(struct work *work, unsigned group, struct dt_slice behind, struct dt_buf *out)
{
    if (work->line->form == DT_CADDY_SINGLE)
        dt_buf_printf(out, "{re.path.%u}", group);
    else if (behind.len && dt_is_word(behind.ptr[0]))
        dt_buf_printf(out, "${%u}", group);
    else
        dt_buf_printf(out, "$%u", group);
}

static void put_text(struct work *work, struct dt_slice text, struct dt_buf *out)
{
    bool expands = work->line->form == DT_CADDY_PATTERN || work->line->form == DT_CADDY_URI;
    for (size_t i = 0; i < text.len; i++) {
        if (expands && text.ptr[i] == '$')
            dt_buf_char(out, '$');
        if (!expands && (text.ptr[i] == '{' || text.ptr[i] == '}'))
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
}

static unsigned query_group(const struct work *work, const struct dt_piece *piece)
{
    unsigned groups = dt_write_names(work->rule) + (dt_write_has_star(work->rule) ? 1 : 0);
    return groups + 1 + piece->number;
}

/* What the star of a rule for every path takes; after "/", which {raw_path} has itself. */
static void put_rest(struct work *work, struct dt_buf *out)
{
    if (out->len && out->ptr[out->len - 1] == '/')
        out->len--;
    work->line->raw = true;
    dt_buf_str(out, "{raw_path}");
}

static void put_piece(struct work *work, size_t at, struct dt_buf *out)
{
    const struct dt_piece *piece = &work->target.list[at];
    struct dt_slice behind = DT_SLICE_NONE;
    if (at + 1 < work->target.count && piece[1].kind == DT_PIECE_TEXT)
        behind = piece[1].text;
    capture_differs(work, piece);
    switch ((enum dt_piece_kind)piece->kind) {
    case DT_PIECE_TEXT:
        put_text(work, piece->text, out);
        break;
    case DT_PIECE_LABEL:
        dt_buf_printf(out, "{re.host.%u}", piece->number + 1u);
        break;
    case DT_PIECE_NAME:
    case DT_PIECE_STAR:
    case DT_PIECE_GROUP:
        if (work->all)
            put_rest(work, out);
        else
            put_group(work, dt_write_group(work->rule, piece), behind, out);
        break;
    case DT_PIECE_QUERY:
        if (work->line->form == DT_CADDY_SINGLE)
            dt_buf_printf(out, "{re.q%u.1}", piece->number % 10u);
        else
            put_group(work, query_group(work, piece), behind, out);
        break;
    case DT_PIECE_OWN:
        put_own(work, piece, out);
        break;
    }
}

static void put_tail(struct dt_buf *out, uint8_t tail)
{
    if (tail != DT_CADDY_NO_TAIL)
        dt_buf_str(out, tail == DT_CADDY_QUERY ? "{qs}" : "{more}");
}

/* "{raw_path}{qs}" is {uri}. */
static void shorten(struct work *work)
{
    struct dt_slice *target = &work->line->target, end = DT_S("{raw_path}");
    if (!work->all || work->line->tail != DT_CADDY_QUERY || target->len < end.len ||
        !dt_slice_eq(dt_slice_from(*target, target->len - end.len), end))
        return;
    struct dt_buf out;
    dt_buf_init(&out, 2u << 16);
    dt_buf_put(&out, dt_slice_of(target->ptr, target->len - end.len));
    dt_buf_str(&out, "{uri}");
    *target = dt_caddy_kept(work->write, &out);
    work->line->tail = DT_CADDY_NO_TAIL;
    work->line->raw = work->asks_raw;
}

/* Puts {qs} before the fragment, where there is one. */
static struct dt_slice with_tail(struct work *work, struct dt_slice target)
{
    const char *hash = target.len ? memchr(target.ptr, '#', target.len) : NULL;
    if (!hash || work->line->tail == DT_CADDY_NO_TAIL)
        return target;
    struct dt_buf out;
    dt_buf_init(&out, 2u << 16);
    dt_buf_put(&out, dt_slice_of(target.ptr, (size_t)(hash - target.ptr)));
    put_tail(&out, work->line->tail);
    work->line->tail = DT_CADDY_NO_TAIL;
    dt_buf_put(&out, dt_slice_from(target, (size_t)(hash - target.ptr)));
    return dt_caddy_kept(work->write, &out);
}

static bool target_has(const struct work *work, char c)
{
    const struct dt_slice target = work->rule->target;
    return target.len && memchr(target.ptr, c, target.len);
}

static void choose_tail(struct work *work)
{
    const struct dt_action *action = work->line->action;
    bool query = target_has(work, '?');
    if (!work->rule->target.len || action->query == DT_QUERY_DROP)
        return;
    work->line->tail = query ? DT_CADDY_MORE : DT_CADDY_QUERY;
    if (action->query != DT_QUERY_PASS)
        dt_write_differs(work->write, "query",
                         "%s cannot pass some parameters and leave others: all are passed",
                         work->write->title);
    else if (query)
        dt_write_differs(work->write, "query-merge",
                         "a parameter that the target and the request both have is sent twice");
}

static void put_target(struct work *work)
{
    struct dt_buf out;
    dt_buf_init(&out, 2u << 16);
    for (size_t i = 0; i < work->target.count; i++)
        put_piece(work, i, &out);
    work->line->target = with_tail(work, dt_caddy_kept(work->write, &out));
    shorten(work);
}

/* ---- The path ---- */

/* A path and, with slash=ignore, the one with a slash behind it. */
static bool exact_paths(struct work *work)
{
    const struct dt_rule *rule = work->rule;
    struct dt_slice path;
    bool slash = rule->flags & DT_RULE_IGNORE_SLASH;
    if (rule->path_kind != DT_PATH_EXACT || (rule->flags & DT_RULE_IGNORE_CASE) ||
        !dt_write_decode(work->write, rule->path, &path) || !dt_scan_utf8(path) ||
        (path.len && memchr(path.ptr, '{', path.len)))
        return false;
    bool root = path.len <= 1;
    if (slash && !root && path.ptr[path.len - 1] == '/')
        return false;
    work->line->input = root ? DT_S("/") : path;
    if (slash && !root) {
        struct dt_buf out;
        dt_buf_init(&out, EXPRESSION_MAX);
        dt_buf_put(&out, path);
        dt_buf_char(&out, '/');
        work->line->second = dt_caddy_kept(work->write, &out);
    }
    return true;
}

/* The path as the beginning of an expression for {uri}: without its end. */
static void put_uri_path(struct work *work, struct dt_buf *out)
{
    struct dt_pieces path = dt_write_path(work->write, work->rule);
    bool folder = false, slash = false;
    dt_buf_char(out, '^');
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        slash = false;
        if (piece->kind == DT_PIECE_TEXT) {
            dt_write_quoted(out, piece->text);
            slash = piece->text.ptr[piece->text.len - 1] == '/';
        } else if (piece->kind == DT_PIECE_NAME) {
            dt_buf_str(out, "([^/?]+)");
        } else {
            folder = piece->number == DT_WRITE_FOLDER;
            dt_buf_str(out, folder ? "(?:/([^?]*))?" : "([^?]*)");
        }
    }
    if ((work->rule->flags & DT_RULE_IGNORE_SLASH) && !folder)
        dt_buf_str(out, slash && work->rule->path.len > 1 ? "/" : slash ? "" : "/?");
}

static void put_expression(struct work *work, struct dt_buf *out)
{
    const struct dt_rule *rule = work->rule;
    if (rule->flags & DT_RULE_IGNORE_CASE)
        dt_buf_str(out, "(?i)");
    if (rule->path_kind != DT_PATH_REGEX) {
        (void)dt_write_regex(work->write, rule, 0, out);
    } else if (!dt_caddy_re2(rule->path, out)) {
        dt_write_cannot(work->write, "regex",
                        "%s has RE2's expressions, without look-around and references",
                        work->write->title);
    }
}

static struct dt_slice expression(struct work *work)
{
    struct dt_buf out;
    dt_buf_init(&out, EXPRESSION_MAX);
    if (work->line->form == DT_CADDY_URI) {
        dt_buf_str(&out, work->rule->flags & DT_RULE_IGNORE_CASE ? "(?i)" : "");
        put_uri_path(work, &out);
        (void)dt_caddy_uri_query(work->rule, &out);
    } else {
        put_expression(work, &out);
    }
    return dt_caddy_kept(work->write, &out);
}

/* What an expression begins with, for certain. */
static struct dt_slice literal_begin(struct dt_slice text)
{
    size_t len = 1;
    if (!text.len || text.ptr[0] != '^' || memchr(text.ptr, '|', text.len))
        return DT_SLICE_NONE;
    while (len < text.len && (dt_is_word(text.ptr[len]) || strchr("/-_~%=&;,", text.ptr[len])))
        len++;
    if (len < text.len && strchr("?*{+", text.ptr[len]))
        len--;
    return dt_slice_of(text.ptr + 1, len > 0 ? len - 1 : 0);
}

static void set_begins(struct work *work)
{
    const struct dt_rule *rule = work->rule;
    struct dt_slice path = rule->path;
    if (rule->path_kind == DT_PATH_REGEX)
        path = literal_begin(path);
    for (size_t i = 0; rule->path_kind != DT_PATH_REGEX && i < path.len; i++)
        if (path.ptr[i] == DT_PATH_NAME || path.ptr[i] == DT_PATH_STAR)
            path.len = i;
    work->line->begins = path;
    work->line->whole = rule->path_kind == DT_PATH_EXACT;
    if (rule->path_kind != DT_PATH_EXACT && path.len && path.ptr[path.len - 1] == '/' &&
        rule->path_kind != DT_PATH_REGEX)
        work->line->begins.len--; /* "/a/..." is "/a" too */
}

/* ---- The form ---- */

/* Does every star of the target stand behind a slash? */
static bool rests(const struct work *work)
{
    for (size_t i = 0; i < work->target.count; i++) {
        const struct dt_piece *piece = &work->target.list[i];
        if (piece->kind != DT_PIECE_STAR)
            continue;
        if (!i || piece[-1].kind != DT_PIECE_TEXT ||
            piece[-1].text.ptr[piece[-1].text.len - 1] != '/')
            return false;
    }
    return true;
}

static void choose_form(struct work *work)
{
    const struct dt_rule *rule = work->rule;
    struct dt_caddy_line *line = work->line;
    bool asks = dt_caddy_param_count(rule) || (rule->flags & DT_RULE_EXACT_QUERY);
    bool fragment = line->tail != DT_CADDY_NO_TAIL && target_has(work, '#');
    work->all = rule->path_kind == DT_PATH_PREFIX && !rule->path.len && rests(work);
    line->form = DT_CADDY_SINGLE;
    if (rule->conditions || dt_caddy_asks_host(rule))
        return;
    if (work->all && !asks)
        return;
    if (asks) {
        struct dt_buf out;
        dt_buf_init(&out, EXPRESSION_MAX);
        if (rule->path_kind != DT_PATH_REGEX && !work->own && !fragment &&
            dt_caddy_uri_query(rule, &out))
            line->form = DT_CADDY_URI;
        dt_buf_release(&out);
    } else if (exact_paths(work)) {
        line->form = DT_CADDY_EXACT;
    } else if (!work->own && !fragment) {
        line->form = DT_CADDY_PATTERN;
    }
    work->all &= line->form == DT_CADDY_SINGLE;
}

static void put_path_lines(struct work *work, struct dt_caddy_matcher *matcher)
{
    struct dt_caddy_line *line = work->line;
    if (work->all)
        return;
    if (exact_paths(work)) {
        dt_buf_str(&matcher->out, "vars {path} ");
        dt_caddy_token(&matcher->out, line->input);
        if (line->second.len) {
            dt_buf_char(&matcher->out, ' ');
            dt_caddy_token(&matcher->out, line->second);
        }
        dt_buf_char(&matcher->out, '\n');
        return;
    }
    struct dt_slice text = expression(work);
    if (work->rule->path_kind == DT_PATH_REGEX && !literal_begin(work->rule->path).len)
        dt_write_cannot(work->write, "regex-condition",
                        "an expression that does not begin with ^/ and a name, beside conditions");
    work->asks_raw = true;
    dt_caddy_expression(matcher, work->captures ? "path" : "", "raw_path", text);
}

static void put_matcher(struct work *work)
{
    struct dt_caddy_matcher matcher = {.write = work->write};
    const struct dt_conditions *conditions = dt_write_conditions(work->write, work->rule);
    dt_buf_init(&matcher.out, 4 * EXPRESSION_MAX);
    put_path_lines(work, &matcher);
    for (uint32_t i = 0; i < conditions->count; i++)
        work->asks_raw |= conditions->list[i].kind == DT_CONDITION_PATH;
    dt_caddy_conditions(&matcher, work->rule);
    dt_caddy_query_lines(&matcher, work->rule);
    work->line->matcher = dt_caddy_kept(work->write, &matcher.out);
}

/* ---- All of it ---- */

#define CAN                                                                                        \
    (DT_CAN_SCHEME | DT_CAN_PORT | DT_CAN_HOST | DT_CAN_HOST_BELOW | DT_CAN_LABELS |               \
     DT_CAN_REGEX | DT_CAN_PARAMS | DT_CAN_NO_CASE | DT_CAN_NO_SLASH | DT_CAN_GLOB |               \
     DT_CAN_NAMES | DT_CAN_STAR | DT_CAN_CACHE | DT_CAN_RETRY_AFTER | DT_CAN_FIELDS |              \
     DT_CAN_COMMENT)
#define CAN_ASK                                                                                    \
    (1u << DT_CONDITION_METHOD | 1u << DT_CONDITION_HEADER | 1u << DT_CONDITION_COOKIE |           \
     1u << DT_CONDITION_IP | 1u << DT_CONDITION_UA | 1u << DT_CONDITION_REFERER |                  \
     1u << DT_CONDITION_PATH)

static void check(struct work *work)
{
    const struct dt_rule *rule = work->rule;
    struct dt_write *write = work->write;
    dt_write_check(write, rule, CAN);
    dt_write_check_conditions(write, rule, CAN_ASK);
    if (work->line->action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_write_differs(write, "retry-after", "%s does not count down", write->title);
    bool own_port = !rule->port || rule->port == (rule->scheme == DT_SCHEME_HTTPS ? 443 : 80);
    if (rule->port && !rule->scheme)
        dt_write_cannot(write, "port", "%s listens on a port for http or for https, not for both",
                        write->title);
    else if (!own_port && rule->host_kind != DT_HOST_EXACT)
        dt_write_cannot(write, "port", "a port of its own, for hosts that are not named");
}

void dt_caddy_line(struct dt_write *write, const struct dt_rule *rule, struct dt_caddy_line *ret)
{
    struct work work = {.write = write, .rule = rule, .line = ret};
    *ret = (struct dt_caddy_line){.rule = rule, .action = dt_write_action(write, rule)};
    work.target = dt_write_target(write, rule);
    check(&work);
    look(&work);
    choose_tail(&work);
    choose_form(&work);
    set_begins(&work);
    if (ret->form == DT_CADDY_SINGLE)
        put_matcher(&work);
    else if (ret->form != DT_CADDY_EXACT)
        ret->input = expression(&work);
    ret->raw |= work.asks_raw || ret->form == DT_CADDY_PATTERN;
    put_target(&work);
}
