/* SPDX-License-Identifier: MIT
 *
 * Substitutions. Apache escapes the path that comes out of one, and a query that it put together,
 * unless NE is given: with NE all is sent as it stands. What is written out here is sent as it
 * stands; what was captured is decoded and must be escaped. A target that has both needs the map
 * int:escape for what was captured, which only a server's own file can name.
 *
 *     /b/$1                       escaped by Apache: nothing in "/b/" needs to be kept
 *     /b;c/${escape:$1}   [NE]    ";" would be escaped
 *     /find?q=$1          [B,NE]  in a query all but letters and digits is escaped
 */
#include "rules/dialects/apache/apache_write.h"

#define NO_GROUP 100u /* a digit names a group: there are nine */

/* What there is in a target. */
struct survey {
    bool decoded_path; /* a capture of the path in the target's path */
    bool star_path;    /* that may have a slash in it */
    bool decoded_query, decoded_fragment;
    bool raw_query; /* a value of the request's query, or all of it */
    bool all_query; /* all of it */
    bool odd_path, odd_query;
    bool query, fragment;
};

static bool is_decoded(const struct dt_piece *piece)
{
    return piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_STAR ||
           piece->kind == DT_PIECE_GROUP ||
           (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH);
}

static void survey_text(struct dt_slice text, char place, struct survey *survey)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '#' && place != DT_MARK_FRAGMENT) {
            survey->fragment = true;
            place = DT_MARK_FRAGMENT;
        } else if (c == '?' && place != DT_MARK_FRAGMENT && place != DT_MARK_QUERY) {
            survey->query = true;
            place = DT_MARK_QUERY;
        } else if (place == DT_MARK_QUERY) {
            survey->odd_query |= dt_apache_is_odd(dt_slice_of(&c, 1));
        } else if (place != DT_MARK_FRAGMENT) {
            survey->odd_path |= dt_apache_is_odd(dt_slice_of(&c, 1));
        }
    }
}

static struct survey look_at(struct dt_pieces target)
{
    struct survey survey = {.query = false};
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        bool own_query = piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_QUERY;
        if (piece->kind == DT_PIECE_TEXT)
            survey_text(piece->text, piece->place, &survey);
        else if (piece->kind == DT_PIECE_QUERY || own_query)
            survey.raw_query = true;
        survey.all_query |= own_query;
        if (!is_decoded(piece))
            continue;
        survey.decoded_path |= piece->place == DT_MARK_PATH || piece->place == DT_MARK_HOST;
        survey.star_path |= piece->place == DT_MARK_PATH && piece->kind != DT_PIECE_NAME;
        survey.decoded_query |= piece->place == DT_MARK_QUERY;
        survey.decoded_fragment |= piece->place == DT_MARK_FRAGMENT;
    }
    return survey;
}

/* ---- Can it be said? ---- */

static void check_piece(struct dt_write *write, const struct dt_piece *piece)
{
    bool own = piece->kind == DT_PIECE_OWN;
    bool query = piece->kind == DT_PIECE_QUERY || (own && piece->number == DT_CAPTURE_QUERY);
    bool host = own && (piece->number == DT_CAPTURE_SCHEME || piece->number == DT_CAPTURE_HOST ||
                        piece->number == DT_CAPTURE_PORT);
    if (piece->place == DT_MARK_HOST && piece->kind != DT_PIECE_LABEL &&
        piece->kind != DT_PIECE_TEXT && !host)
        dt_write_cannot(write, "target-open",
                        "a capture chooses the host: Apache would not check that it is one");
    if (query && piece->place != DT_MARK_QUERY)
        dt_write_cannot(write, "query-capture",
                        "Apache would put a value of the query into the path as it is, with "
                        "slashes and all");
}

/* Is it for requests without a query only? */
static bool no_query(const struct dt_rule *rule)
{
    return (rule->flags & DT_RULE_EXACT_QUERY) && rule->nparams == 0;
}

static void check(struct dt_apache_write *apache, const struct dt_rule *rule,
                  struct dt_pieces target, const struct survey *survey)
{
    struct dt_write *write = apache->write;
    const struct dt_action *action = dt_write_action(write, rule);
    static const char *const schemes[] = {"http://", "https://", "ftp://", "mailto:", "news:"};
    bool known = target.list[0].kind != DT_PIECE_TEXT || rule->target.ptr[0] == '/';
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known |= dt_slice_starts(rule->target, dt_slice_str(schemes[i]));
    if (!known)
        dt_write_cannot(write, "target-scheme",
                        "Apache takes the scheme of this target for the name of a file");
    for (size_t i = 0; i < target.count; i++)
        check_piece(write, &target.list[i]);
    if (action->query == DT_QUERY_KEEP || action->query == DT_QUERY_WITHOUT)
        dt_write_differs(write, "query-names",
                         "Apache sends all of the request's query on, or nothing of it");
    else if (action->query == DT_QUERY_PASS && survey->query && !survey->all_query &&
             !no_query(rule))
        dt_write_differs(write, "query-both",
                         "of a parameter that the target and the request both have, Apache sends "
                         "both");
    if (survey->decoded_query && survey->star_path)
        dt_write_differs(write, "query-capture",
                         "what is captured goes into the query as it is, with & and + and all");
    if (apache->directory && survey->decoded_fragment)
        dt_write_cannot(write, "target-escape",
                        "in a .htaccess nothing can escape what is put behind a #");
    if (apache->directory && survey->decoded_path &&
        (survey->fragment || survey->raw_query || survey->odd_query))
        dt_write_cannot(write, "target-escape",
                        "in a .htaccess nothing can escape what was captured and leave the rest "
                        "as it is");
}

/* ---- Writing it ---- */

static void put_capture(struct dt_apache_write *apache, const struct dt_rule *rule,
                        const struct dt_piece *piece, const struct dt_apache_line *line,
                        struct dt_buf *out)
{
    static const char *const own[] = {"%{REQUEST_SCHEME}", "%{SERVER_NAME}", "%{SERVER_PORT}",
                                      "%{REQUEST_URI}", "%{QUERY_STRING}"};
    unsigned group = piece->number + 1u;
    char sign = '%';
    if (piece->kind == DT_PIECE_OWN) {
        dt_buf_str(out, own[piece->number - DT_CAPTURES_MAX]);
        return;
    }
    if (piece->kind == DT_PIECE_QUERY)
        group = 1;
    if (is_decoded(piece)) {
        sign = line->groups == 'u' ? '%' : '$';
        group = dt_write_group(rule, piece);
    }
    if (group > 9)
        dt_write_cannot(apache->write, "captures", "Apache numbers nine groups, and no more");
    dt_buf_printf(out, "%c%u", sign, group % 10);
}

/* Text of a path without its escapes, for Apache to write them anew. */
static void put_path_text(struct dt_apache_write *apache, struct dt_slice text,
                          struct dt_apache_line *line)
{
    struct dt_slice plain = text;
    if (!dt_write_decode(apache->write, text, &plain))
        dt_write_cannot(apache->write, "target-escape",
                        "in a .htaccess nothing can escape what was captured and leave the rest "
                        "as it is");
    dt_apache_put_literal(&line->target, plain);
}

static void put_pieces(struct dt_apache_write *apache, const struct dt_rule *rule,
                       struct dt_pieces target, struct dt_apache_line *line)
{
    bool escape = line->raw && !line->back;
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        bool wrap = escape && is_decoded(piece) && !apache->directory;
        if (piece->kind == DT_PIECE_TEXT && line->raw) {
            dt_apache_put_literal(&line->target, piece->text);
        } else if (piece->kind == DT_PIECE_TEXT) {
            const char *mark = memchr(piece->text.ptr, '?', piece->text.len);
            size_t path = mark ? (size_t)(mark - piece->text.ptr) : piece->text.len;
            if (piece->place == DT_MARK_QUERY)
                path = 0;
            put_path_text(apache, dt_slice_of(piece->text.ptr, path), line);
            dt_apache_put_literal(&line->target, dt_slice_from(piece->text, path));
        } else {
            dt_buf_str(&line->target, wrap ? "${escape:" : "");
            put_capture(apache, rule, piece, line, &line->target);
            dt_buf_str(&line->target, wrap ? "}" : "");
            apache->escape |= wrap;
        }
    }
}

void dt_apache_put_target(struct dt_apache_write *apache, const struct dt_rule *rule,
                          struct dt_apache_line *line)
{
    const struct dt_action *action = dt_write_action(apache->write, rule);
    struct dt_pieces target = dt_write_target(apache->write, rule);
    if (target.count == 0) {
        dt_buf_char(&line->target, '-');
        return;
    }
    struct survey survey = look_at(target);
    check(apache, rule, target, &survey);
    bool pass = action->query == DT_QUERY_PASS || action->query == DT_QUERY_WITHOUT;
    line->append = pass && survey.query && !survey.all_query && !no_query(rule);
    line->drop = !pass && !survey.query && !no_query(rule);
    line->again = pass && survey.fragment && !survey.query && !no_query(rule);
    line->back = survey.decoded_query && !survey.star_path;
    bool odd = survey.odd_path || survey.odd_query;
    line->raw = survey.fragment || survey.raw_query || line->append || line->back ||
                survey.odd_query || (odd && !(survey.decoded_path && apache->directory));
    if (apache->directory && survey.decoded_path && line->append)
        line->raw = false; /* a query with escapes is escaped once more, a known kind */
    put_pieces(apache, rule, target, line);
}
