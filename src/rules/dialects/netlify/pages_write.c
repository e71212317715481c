/* SPDX-License-Identifier: MIT
 *
 * Cloudflare Pages' _redirects. Rules without placeholders come first in the file, where they are
 * cheap and 2,000 of them may stand, unless a rule with placeholders that comes before them would
 * answer for them; of the others there are at most 100.
 *
 * "/dir/" and a star is not for "/dir" there, so a folder is two lines, and so is a path whose
 * final slash does not count.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/names.h"
#include "rules/dialects/netlify/pages_format.h"
#include "rules/dialects/plain_regex.h"
#include "rules/read/native_scan.h"
#include "rules/read/option.h"

#define WIDTH_SOURCE 32u /* of a column, when what stands there is no longer */
#define WIDTH_TARGET 40u
#define PART_MAX ((size_t)64 << 10)

/* A rule is one line, or two. */
struct form {
    struct dt_buf source, target;
    bool star;    /* with the star of a folder; else it stands for nothing */
    bool slash;   /* with one more slash */
    bool dynamic; /* where it is to stand */
    bool twice;   /* its source stands there already */
};

struct pages {
    struct dt_write *write;
    const struct dt_rule *rule;
    struct dt_names names;
    struct dt_plain_regex regex; /* of a rule that has one */
    struct form forms[2];
    unsigned count;
    struct dt_buf fixed, dynamic; /* the two parts of the file */
    struct dt_slice sources[DT_PAGES_STATIC];
    unsigned nsources;
    struct dt_slice patterns[DT_PAGES_DYNAMIC];
    unsigned npatterns;
};

static const char *const groups[] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                     "i", "j", "k", "l", "m", "n", "o", "p"};
#define GROUPS (sizeof groups / sizeof *groups)

/* ---- Does a pattern match a path? ---- */

/* Behind each step the rest is tried shorter and shorter; patterns have few of them. */
static bool matches(struct dt_slice pattern, struct dt_slice path)
{
    while (pattern.len) {
        size_t name = pattern.ptr[0] == ':' ? dt_pages_name(dt_slice_from(pattern, 1)) : 0;
        bool star = pattern.ptr[0] == '*';
        if (name || star) {
            size_t most = 0;
            while (most < path.len && (star || path.ptr[most] != '/'))
                most++;
            for (size_t len = most + 1; len-- > (name ? 1u : 0u);)
                if (matches(dt_slice_from(pattern, name + 1), dt_slice_from(path, len)))
                    return true;
            return false;
        }
        if (path.len == 0 || path.ptr[0] != pattern.ptr[0])
            return false;
        pattern = dt_slice_from(pattern, 1);
        path = dt_slice_from(path, 1);
    }
    return path.len == 0;
}

/* ---- Sources ---- */

static void put_literal(struct pages *pages, struct form *form, struct dt_slice text)
{
    if (dt_pages_dynamic(text))
        dt_write_cannot(pages->write, "literal",
                        "in a source for Cloudflare Pages \"*\", and \":\" before a letter, cannot "
                        "stand for themselves");
    dt_buf_put(&form->source, text);
}

static void put_regex(struct pages *pages, struct form *form)
{
    unsigned stars = 0;
    for (unsigned i = 0; i < pages->regex.count; i++) {
        const struct dt_plain *part = &pages->regex.list[i];
        if (part->kind == DT_PLAIN_TEXT) {
            bool joins = i && pages->regex.list[i - 1].kind == DT_PLAIN_SEGMENT &&
                         dt_is_word(part->text.ptr[0]);
            if (joins)
                dt_write_cannot(pages->write, "regex",
                                "Cloudflare Pages cannot tell where a placeholder ends before a "
                                "letter or digit");
            put_literal(pages, form, part->text);
        } else if (part->kind == DT_PLAIN_ANY) {
            dt_buf_char(&form->source, '*');
            stars++;
        } else {
            dt_buf_printf(&form->source, ":%s", groups[(part->group - 1u) % GROUPS]);
        }
    }
    if (stars > 1 || pages->regex.groups > GROUPS)
        dt_write_cannot(pages->write, "regex", "Cloudflare Pages has one \"*\" in a source");
}

static void put_source(struct pages *pages, struct form *form)
{
    if (pages->rule->path_kind == DT_PATH_REGEX) {
        put_regex(pages, form);
        return;
    }
    struct dt_pieces path = dt_write_path(pages->write, pages->rule);
    for (size_t i = 0; i < path.count; i++) {
        const struct dt_piece *piece = &path.list[i];
        bool folder = piece->kind == DT_PIECE_STAR && piece->number == DT_WRITE_FOLDER;
        struct dt_slice name = dt_names_of(&pages->names, piece);
        if (piece->kind == DT_PIECE_TEXT)
            put_literal(pages, form, piece->text);
        else if (piece->kind == DT_PIECE_NAME)
            dt_buf_printf(&form->source, ":%.*s", DT_SLICE_FMT(name));
        else if (!folder || form->star)
            dt_buf_str(&form->source, folder ? "/*" : "*");
    }
    if (form->slash || form->source.len == 0)
        dt_buf_char(&form->source, '/');
}

/* ---- Targets ---- */

/* A colon that Cloudflare would take for one of the source's placeholders. */
static bool is_placeholder(const struct pages *pages, struct dt_slice text)
{
    if (pages->rule->path_kind == DT_PATH_REGEX)
        return dt_pages_name(text) > 0;
    for (unsigned i = 0; i < pages->names.count; i++)
        if (dt_slice_starts(text, pages->names.list[i]))
            return true;
    return dt_write_has_star(pages->rule) && dt_slice_starts(text, DT_S("splat"));
}

static void put_target_text(struct pages *pages, struct form *form, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ':' && is_placeholder(pages, dt_slice_from(text, i + 1)))
            dt_buf_str(&form->target, "%3A");
        else
            dt_buf_char(&form->target, text.ptr[i]);
    }
}

static void put_group(struct pages *pages, struct form *form, unsigned number)
{
    for (unsigned i = 0; i < pages->regex.count; i++) {
        const struct dt_plain *part = &pages->regex.list[i];
        if (part->group != number || part->kind == DT_PLAIN_TEXT)
            continue;
        dt_buf_printf(&form->target, ":%s",
                      part->kind == DT_PLAIN_ANY ? "splat" : groups[(number - 1) % GROUPS]);
        return;
    }
    if (form == pages->forms)
        dt_write_cannot(pages->write, "target-capture",
                        "a target for Cloudflare Pages has what the path of its source captures");
}

static void put_capture(struct pages *pages, struct form *form, const struct dt_piece *piece)
{
    const struct dt_rule *rule = pages->rule;
    struct dt_slice text;
    bool all = rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0;
    if (piece->kind == DT_PIECE_OWN && dt_names_own(rule, piece, &text))
        dt_buf_put(&form->target, text);
    else if (piece->kind == DT_PIECE_OWN && piece->number == DT_CAPTURE_PATH && all)
        dt_buf_str(&form->target, "/:splat");
    else if (piece->kind == DT_PIECE_STAR && (form->star || rule->path_kind == DT_PATH_GLOB))
        dt_buf_str(&form->target, ":splat");
    else if (piece->kind == DT_PIECE_NAME)
        dt_buf_printf(&form->target, ":%.*s", DT_SLICE_FMT(dt_names_of(&pages->names, piece)));
    else if (piece->kind != DT_PIECE_STAR)
        put_group(pages, form, piece->kind == DT_PIECE_GROUP ? piece->number : UINT8_MAX);
}

/* Said once for a rule, with its first form. */
static void check_target(struct pages *pages, const struct form *form)
{
    const struct dt_action *action = dt_write_action(pages->write, pages->rule);
    struct dt_slice target = dt_buf_slice(&form->target);
    bool own = dt_pages_query(target);
    if (target.len && !dt_slice_starts(target, DT_S("/")) &&
        !dt_slice_starts(target, DT_S("https://")))
        dt_write_cannot(pages->write, "target-scheme",
                        "a target for Cloudflare Pages begins with / or https://");
    if (action->query == DT_QUERY_PASS && own)
        dt_write_differs(pages->write, "query",
                         "Cloudflare Pages does not add the request's query to a target's own");
    if (action->query == DT_QUERY_DROP && !own)
        dt_write_differs(pages->write, "query",
                         "Cloudflare Pages passes the query on to a target that has none");
    if (action->query != DT_QUERY_PASS && action->query != DT_QUERY_DROP)
        dt_write_differs(pages->write, "query",
                         "Cloudflare Pages passes the query on as a whole or not at all");
}

static void put_target(struct pages *pages, struct form *form)
{
    struct dt_pieces target = dt_write_target(pages->write, pages->rule);
    if (pages->rule->path_kind == DT_PATH_REGEX && pages->regex.count == 0)
        return; /* it is refused */
    for (size_t i = 0; i < target.count; i++) {
        struct dt_slice text = target.list[i].text;
        if (i == 0 && target.list[i].kind == DT_PIECE_TEXT && dt_scan_http(text) == 7) {
            if (form == pages->forms)
                dt_write_differs(pages->write, "target-http",
                                 "Cloudflare Pages redirects to https only");
            dt_buf_str(&form->target, "https://");
            text = dt_slice_from(text, 7);
        }
        if (target.list[i].kind == DT_PIECE_TEXT)
            put_target_text(pages, form, text);
        else
            put_capture(pages, form, &target.list[i]);
    }
}

/* ---- Where lines stand ---- */

static bool stands(const struct dt_slice *list, unsigned count, struct dt_slice source)
{
    for (unsigned i = 0; i < count; i++)
        if (dt_slice_eq(list[i], source))
            return true;
    return false;
}

static void place(struct pages *pages, struct form *form)
{
    struct dt_slice source = dt_buf_slice(&form->source);
    form->dynamic = dt_pages_dynamic(source);
    for (unsigned i = 0; i < pages->npatterns && !form->dynamic; i++)
        form->dynamic = matches(pages->patterns[i], source);
    form->twice = stands(pages->sources, pages->nsources, source) ||
                  stands(pages->patterns, pages->npatterns, source);
}

static void check_room(struct pages *pages)
{
    unsigned fixed = pages->nsources, dynamic = pages->npatterns;
    for (unsigned i = 0; i < pages->count; i++) {
        if (pages->forms[i].dynamic)
            dynamic++;
        else
            fixed++;
    }
    if (fixed > DT_PAGES_STATIC)
        dt_write_cannot(pages->write, "many",
                        "Cloudflare Pages has room for %u rules without placeholders",
                        DT_PAGES_STATIC);
    if (dynamic > DT_PAGES_DYNAMIC)
        dt_write_cannot(pages->write, "many",
                        "Cloudflare Pages has room for %u rules with placeholders",
                        DT_PAGES_DYNAMIC);
}

static void pad(struct dt_buf *out, size_t from, size_t width)
{
    do
        dt_buf_char(out, ' ');
    while (out->len - from < width);
}

static void put_line(struct pages *pages, const struct form *form)
{
    struct dt_buf *out = form->dynamic ? &pages->dynamic : &pages->fixed;
    struct dt_slice source = dt_arena_copy(&pages->write->arena, dt_buf_slice(&form->source));
    if (!source.ptr) {
        pages->write->out.err = DT_ERR_NOMEM;
        return;
    }
    if (form->dynamic)
        pages->patterns[pages->npatterns++] = source;
    else
        pages->sources[pages->nsources++] = source;
    size_t from = out->len;
    dt_buf_put(out, source);
    pad(out, from, WIDTH_SOURCE);
    from = out->len;
    dt_buf_put(out, dt_buf_slice(&form->target));
    pad(out, from, WIDTH_TARGET);
    dt_buf_printf(out, "%u\n", dt_write_action(pages->write, pages->rule)->status);
}

/* ---- Rules ---- */

static void begin_forms(struct pages *pages)
{
    const struct dt_rule *rule = pages->rule;
    struct dt_pieces path = dt_write_path(pages->write, rule);
    const struct dt_piece *last = path.count ? &path.list[path.count - 1] : NULL;
    bool folder = last && last->kind == DT_PIECE_STAR && last->number == DT_WRITE_FOLDER;
    for (unsigned i = 0; i < 2; i++) {
        dt_buf_clear(&pages->forms[i].source);
        dt_buf_clear(&pages->forms[i].target);
        pages->forms[i].star = pages->forms[i].slash = false;
    }
    pages->count = 1;
    if (folder && path.count == 1) {
        pages->forms[0].star = true;
    } else if (folder) {
        pages->forms[1].star = true;
        pages->count = 2;
    } else if ((rule->flags & DT_RULE_IGNORE_SLASH) && rule->path.len) {
        pages->forms[1].slash = true;
        pages->count = 2;
    }
}

static void check_rule(struct pages *pages)
{
    const struct dt_rule *rule = pages->rule;
    dt_write_check(pages->write, rule,
                   DT_CAN_NO_CASE | DT_CAN_NO_SLASH | DT_CAN_GLOB | DT_CAN_NAMES | DT_CAN_STAR |
                       DT_CAN_REGEX | DT_CAN_COMMENT);
    dt_write_check_conditions(pages->write, rule, 0);
    if (rule->flags & DT_RULE_IGNORE_CASE)
        dt_write_differs(pages->write, "case", "Cloudflare Pages does not ignore case");
    if (!dt_options_redirects(dt_write_action(pages->write, rule)->status))
        dt_write_cannot(pages->write, "status",
                        "Cloudflare Pages answers 301, 302, 303, 307 and 308 only");
    if (rule->path_kind == DT_PATH_REGEX && !(rule->flags & DT_RULE_URL) &&
        !dt_plain_regex(&pages->write->arena, rule->path, &pages->regex)) {
        pages->regex.count = 0;
        dt_write_cannot(pages->write, "regex",
                        "Cloudflare Pages has placeholders and one star, and no regular "
                        "expressions");
    }
}

static void write_rule(struct pages *pages)
{
    pages->regex.count = pages->regex.groups = 0;
    dt_names_choose(pages->write, pages->rule, &pages->names);
    check_rule(pages);
    begin_forms(pages);
    for (unsigned i = 0; i < pages->count; i++) {
        struct form *form = &pages->forms[i];
        put_source(pages, form);
        put_target(pages, form);
        place(pages, form);
        if (dt_pages_loops(dt_buf_slice(&form->source), dt_buf_slice(&form->target)))
            dt_write_cannot(pages->write, "loop",
                            "Cloudflare Pages takes a folder's redirect to its index for a loop");
        if (form->source.len + form->target.len + 80 > DT_PAGES_PROMISED)
            dt_write_cannot(pages->write, "long",
                            "Cloudflare Pages promises to read lines of up to %u characters",
                            DT_PAGES_PROMISED);
    }
    check_target(pages, &pages->forms[0]);
    if (pages->count == 2 && pages->forms[0].twice != pages->forms[1].twice) {
        /* a better rule has one of them already */
        if (pages->forms[0].twice) {
            struct form swap = pages->forms[0];
            pages->forms[0] = pages->forms[1];
            pages->forms[1] = swap;
        }
        pages->count = 1;
    }
    check_room(pages);
    if (!dt_write_go(pages->write))
        return;
    dt_write_lead(pages->write, pages->forms[0].dynamic ? &pages->dynamic : &pages->fixed, "# ");
    for (unsigned i = 0; i < pages->count; i++)
        put_line(pages, &pages->forms[i]);
}

static void finish(struct pages *pages)
{
    struct dt_buf *out = &pages->write->out;
    struct dt_buf *const bufs[6] = {&pages->fixed,           &pages->dynamic,
                                    &pages->forms[0].source, &pages->forms[0].target,
                                    &pages->forms[1].source, &pages->forms[1].target};
    dt_buf_put(out, dt_buf_slice(&pages->fixed));
    if (pages->fixed.len && pages->dynamic.len)
        dt_buf_char(out, '\n');
    dt_buf_put(out, dt_buf_slice(&pages->dynamic));
    for (size_t i = 0; i < 6; i++) {
        if (dt_buf_err(bufs[i]))
            out->err = DT_ERR_NOMEM;
        dt_buf_release(bufs[i]);
    }
}

void dt_pages_write(struct dt_write *write)
{
    struct pages *pages = dt_arena_alloc(&write->arena, sizeof *pages);
    if (!pages) {
        write->out.err = DT_ERR_NOMEM;
        for (uint32_t i = 0; i < write->count; i++) {
            dt_write_begin(write, write->order[i]);
            (void)dt_write_go(write);
        }
        return;
    }
    memset(pages, 0, sizeof *pages);
    pages->write = write;
    dt_buf_init(&pages->fixed, PART_MAX * 64);
    dt_buf_init(&pages->dynamic, PART_MAX * 64);
    for (unsigned i = 0; i < 2; i++) {
        dt_buf_init(&pages->forms[i].source, PART_MAX);
        dt_buf_init(&pages->forms[i].target, PART_MAX);
    }
    for (uint32_t i = 0; i < write->count; i++) {
        pages->rule = dt_write_begin(write, write->order[i]);
        write_rule(pages);
    }
    finish(pages);
}
