/* SPDX-License-Identifier: MIT
 *
 * mod_alias, for rules that ask for the path alone: the shortest way to say them, and the one that
 * most people know. It is used for all rules or for none, since mod_rewrite comes before it
 * wherever the directives stand. Redirect moves a folder, so a single page is RedirectMatch.
 */
#include "rules/dialects/apache/apache_write.h"

#define LONGEST (64u << 10)

/* ---- Can it be said? ---- */

static bool query_fits(const struct dt_action *action, struct dt_slice target)
{
    bool query = target.len && memchr(target.ptr, '?', target.len);
    bool fragment = target.len && memchr(target.ptr, '#', target.len);
    if (fragment)
        return false; /* the request's query would be put behind it */
    return target.len == 0 || action->query == (query ? DT_QUERY_DROP : DT_QUERY_PASS);
}

/* Its text is sent as it is, and its captures are the path's. */
static bool target_fits(struct dt_write *write, const struct dt_rule *rule)
{
    struct dt_pieces target = dt_write_target(write, rule);
    bool query = false;
    if (rule->target.len && rule->target.ptr[0] != '/' &&
        !dt_slice_starts(rule->target, DT_S("http://")) &&
        !dt_slice_starts(rule->target, DT_S("https://")))
        return false;
    for (size_t i = 0; i < target.count; i++) {
        const struct dt_piece *piece = &target.list[i];
        struct dt_slice text = piece->text;
        const char *mark = piece->kind == DT_PIECE_TEXT ? memchr(text.ptr, '?', text.len) : NULL;
        if (piece->kind != DT_PIECE_TEXT) {
            bool path = piece->kind == DT_PIECE_NAME || piece->kind == DT_PIECE_STAR ||
                        piece->kind == DT_PIECE_GROUP;
            if (!path || piece->place != DT_MARK_PATH || dt_write_group(rule, piece) > 9)
                return false;
            continue;
        }
        if (mark)
            text.len = (size_t)(mark - text.ptr);
        if (!query && (dt_apache_is_odd(text) || memchr(text.ptr, '$', text.len)))
            return false;
        query |= mark != NULL;
    }
    return true;
}

static bool fits(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *scratch)
{
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_slice plain;
    if (rule->host_kind != DT_HOST_ANY || rule->scheme || rule->port || rule->nparams ||
        rule->conditions || (rule->flags & ~(unsigned)DT_RULE_IGNORE_SLASH) ||
        action->status == DT_STATUS_PASS || action->cache.len || action->fields.len ||
        action->retry_after != DT_RETRY_AFTER_NONE || !query_fits(action, rule->target) ||
        !target_fits(write, rule))
        return false;
    if (rule->path_kind == DT_PATH_REGEX && (rule->flags & DT_RULE_URL))
        return false;
    dt_buf_clear(scratch);
    return dt_write_regex(write, rule, DT_WRITE_DECODED, scratch) &&
           (rule->path_kind == DT_PATH_REGEX || rule->path_kind == DT_PATH_PATTERN ||
            rule->path_kind == DT_PATH_GLOB || dt_write_decode(write, rule->path, &plain));
}

bool dt_apache_all_alias(struct dt_write *write)
{
    struct dt_buf scratch;
    bool all = true;
    dt_buf_init(&scratch, LONGEST);
    for (uint32_t i = 0; i < write->count && all; i++)
        all = fits(write, dt_ruleset_rule(write->set, write->order[i]), &scratch);
    dt_buf_release(&scratch);
    return all;
}

/* ---- Writing it ---- */

static void put_match(struct dt_apache_write *apache, const struct dt_rule *rule)
{
    struct dt_write *write = apache->write;
    struct dt_pieces target = dt_write_target(write, rule);
    struct dt_buf pattern, url;
    dt_buf_init(&pattern, LONGEST);
    dt_buf_init(&url, LONGEST);
    if (rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0)
        dt_buf_str(&pattern, "^/(.*)$");
    else
        (void)dt_write_regex(write, rule, DT_WRITE_DECODED, &pattern);
    for (size_t i = 0; i < target.count; i++) {
        if (target.list[i].kind == DT_PIECE_TEXT)
            dt_buf_put(&url, target.list[i].text);
        else
            dt_buf_printf(&url, "$%u", dt_write_group(rule, &target.list[i]));
    }
    dt_buf_printf(&apache->body, "RedirectMatch %u ", dt_write_action(write, rule)->status);
    dt_apache_put_word(&apache->body, dt_buf_slice(&pattern));
    if (url.len) {
        dt_buf_char(&apache->body, ' ');
        dt_apache_put_word(&apache->body, dt_buf_slice(&url));
    }
    dt_buf_char(&apache->body, '\n');
    dt_buf_release(&pattern);
    dt_buf_release(&url);
}

/* A folder and all below it, to one of the same shape or to none. */
static void put_folder(struct dt_apache_write *apache, const struct dt_rule *rule,
                       struct dt_slice url)
{
    struct dt_slice path = rule->path;
    (void)dt_write_decode(apache->write, path, &path);
    dt_buf_printf(&apache->body, "Redirect %u ", dt_write_action(apache->write, rule)->status);
    dt_apache_put_word(&apache->body, path.len ? path : DT_S("/"));
    if (url.len) {
        dt_buf_char(&apache->body, ' ');
        dt_apache_put_word(&apache->body, url);
    }
    dt_buf_char(&apache->body, '\n');
}

/* Is the second what Redirect makes of all below the first's path? */
static bool is_pair(struct dt_write *write, const struct dt_rule *page,
                    const struct dt_rule *folder)
{
    struct dt_pieces target = dt_write_target(write, folder);
    struct dt_slice begin = page->target;
    if (page->path_kind != DT_PATH_EXACT || folder->path_kind != DT_PATH_PREFIX || page->flags ||
        folder->flags || !dt_slice_eq(page->path, folder->path) || page->action != folder->action ||
        page->priority != folder->priority || dt_location_has_marks(begin) || begin.len < 2 ||
        memchr(begin.ptr, '?', begin.len) || target.count != 2 ||
        target.list[0].kind != DT_PIECE_TEXT || target.list[1].kind != DT_PIECE_STAR ||
        page->path.len < 2)
        return false;
    struct dt_slice text = target.list[0].text;
    return text.len == begin.len + 1 && dt_slice_starts(text, begin) && text.ptr[begin.len] == '/';
}

static bool begin(struct dt_apache_write *apache, uint32_t at)
{
    struct dt_write *write = apache->write;
    const struct dt_rule *rule = dt_write_begin(write, write->order[at]);
    dt_write_check(write, rule, UINT32_MAX);
    return dt_write_go(write);
}

void dt_apache_write_alias(struct dt_apache_write *apache)
{
    struct dt_write *write = apache->write;
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(write->set, write->order[i]);
        const struct dt_rule *next =
            i + 1 < write->count ? dt_ruleset_rule(write->set, write->order[i + 1]) : NULL;
        if (!begin(apache, i))
            continue;
        dt_write_lead(write, &apache->body, "# ");
        bool pair = next && is_pair(write, rule, next);
        if (rule->path_kind == DT_PATH_PREFIX && rule->target.len == 0)
            put_folder(apache, rule, DT_SLICE_NONE);
        else if (pair && begin(apache, i + 1))
            put_folder(apache, rule, rule->target);
        else
            put_match(apache, rule);
        i += pair;
    }
}
