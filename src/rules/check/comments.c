/* SPDX-License-Identifier: MIT
 *
 * Comments are for people, and readers pass over them; a check reads two things in them: dates, and
 * which findings are meant. A million rules without a comment must cost no more than one look over
 * their text, so lines are counted only up to where something was found.
 */
#include "rules/check/comments.h"

#include "rules/ruleset_priv.h"

static bool has_comments(uint8_t format)
{
    switch ((enum dt_format)format) {
    case DT_FORMAT_NATIVE:
    case DT_FORMAT_MDN:
    case DT_FORMAT_NETLIFY:
    case DT_FORMAT_PAGES:
    case DT_FORMAT_APACHE:
    case DT_FORMAT_NGINX:
    case DT_FORMAT_HAPROXY:
    case DT_FORMAT_CADDY:
        return true;
    case DT_FORMAT_AUTO:
    case DT_FORMAT_GOVUK:
    case DT_FORMAT_FIREBASE:
    case DT_FORMAT_CLOUDFLARE_BULK:
    case DT_FORMAT_VERCEL:
    case DT_FORMAT_VERCEL_BULK:
    case DT_FORMAT_WORDPRESS_CSV:
    case DT_FORMAT_WORDPRESS_JSON:
    case DT_FORMAT_OPENPUBLISHING:
        return false;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct dt_slice trim(struct dt_slice s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = dt_slice_from(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static size_t line_end(struct dt_slice text, size_t at)
{
    const char *newline = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
    return newline ? (size_t)(newline - text.ptr) : text.len;
}

static size_t line_start(struct dt_slice text, size_t at)
{
    const char *newline = at ? memrchr(text.ptr, '\n', at) : NULL;
    return newline ? (size_t)(newline - text.ptr) + 1 : 0;
}

/* Where the comment of this line begins: the first "#" at its beginning or behind a blank, outside
 * of quotes. */
static bool find_comment(struct dt_slice line, size_t *ret)
{
    bool quoted = false;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        if (c == '"' && (quoted || i == 0 || is_blank(line.ptr[i - 1]) || line.ptr[i - 1] == '='))
            quoted = !quoted;
        else if (c == '\\' && quoted)
            i++;
        else if (c == '#' && !quoted && (i == 0 || is_blank(line.ptr[i - 1]))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* What a comment line is about, whose end is given; it is found once for all lines of a block. */
static uint32_t about_below(struct dt_comment_walk *walk, struct dt_slice text, size_t end)
{
    uint32_t line = walk->line + 1;
    if (line <= walk->block_end)
        return walk->block_about;
    walk->block_end = line;
    walk->block_about = 0;
    while (end < text.len) {
        size_t from = end + 1;
        end = line_end(text, from);
        struct dt_slice below = trim(dt_slice_of(text.ptr + from, end - from));
        if (below.len == 0)
            break;
        if (below.ptr[0] != '#') {
            walk->block_about = walk->block_end + 1;
            break;
        }
        walk->block_end++;
    }
    return walk->block_about;
}

static void count_lines(struct dt_comment_walk *walk, struct dt_slice text, size_t to)
{
    const char *newline;
    while (walk->at < to && (newline = memchr(text.ptr + walk->at, '\n', to - walk->at))) {
        walk->at = (size_t)(newline - text.ptr) + 1;
        walk->line++;
    }
}

bool dt_comment_next(struct dt_comment_walk *walk, struct dt_slice having, struct dt_comment *ret)
{
    const struct dt_rule_file *file = &walk->set->files[walk->file];
    struct dt_slice text = file->text, sought = having.len ? having : DT_S("#");
    if (!has_comments(file->format))
        return false;
    size_t from = walk->at;
    while (from < text.len) {
        const char *found = memmem(text.ptr + from, text.len - from, sought.ptr, sought.len);
        if (!found)
            return false;
        size_t hit = (size_t)(found - text.ptr);
        from = hit + sought.len;
        if (!having.len && hit > 0 && !is_blank(text.ptr[hit - 1]) && text.ptr[hit - 1] != '\n')
            continue; /* a fragment */
        size_t start = line_start(text, hit), end = line_end(text, hit), comment;
        struct dt_slice line = dt_slice_of(text.ptr + start, end - start);
        if (!find_comment(line, &comment) || start + comment > hit)
            continue;
        count_lines(walk, text, start);
        bool alone = trim(dt_slice_of(line.ptr, comment)).len == 0;
        *ret = (struct dt_comment){
            .text = trim(dt_slice_from(line, comment + 1)),
            .file = walk->file,
            .line = walk->line + 1,
            .about = alone ? about_below(walk, text, end) : walk->line + 1,
        };
        walk->line++;
        walk->at = end < text.len ? end + 1 : text.len;
        return true;
    }
    return false;
}
