/* SPDX-License-Identifier: MIT
 * Paths with names and stars: does one match, and which of two comes first. */
#include "oracle.h"

#include <ctype.h>

static bool is_name(const char *segment)
{
    return segment[0] == ':' && (isalpha((unsigned char)segment[1]) || segment[1] == '_');
}

bool path_is_exact(const struct rule *rule)
{
    if (strchr(rule->path.s, '*'))
        return false;
    for (const char *s = rule->path.s; *s; s++)
        if (*s == '/' && is_name(s + 1))
            return false;
    return true;
}

static bool is_folder(const struct rule *rule)
{
    return ends_with(rule->path.s, "/*");
}

static void without_final_slash(char *path)
{
    size_t n = strlen(path);
    if (n && path[n - 1] == '/')
        path[n - 1] = 0;
}

/* The path as it is compared: slash=ignore takes one final slash away. */
static struct text wanted_path(const struct rule *rule)
{
    struct text want = rule->path;
    if (rule->noslash)
        without_final_slash(want.s);
    return want;
}

/* A name: the whole of a segment, and something. */
static bool name_matches(const struct rule *rule, const char *want, const char *path,
                         struct captures *captures);

/* From the left, byte by byte; a star tries every length. */
static bool matches(const struct rule *rule, const char *want, const char *path,
                    struct captures *captures)
{
    if (is_folder(rule) && strcmp(want, "/*") == 0) { /* the folder itself, or anything below */
        if (*path && *path != '/')
            return false;
        path += *path == '/';
        capture_add(captures, "splat", path, strlen(path), FROM_PATH);
        return true;
    }
    if (!*want)
        return !*path;
    if (*want == '*') {
        for (size_t n = 0;; n++) {
            int count = captures->count;
            capture_add(captures, "splat", path, n, FROM_PATH);
            if (matches(rule, want + 1, path + n, captures))
                return true;
            captures->count = count;
            if (!path[n])
                return false;
        }
    }
    char one[2] = {*want, 0}, other[2] = {*path, 0};
    if (!equal(one, other, rule->nocase))
        return false;
    if (*want == '/' && is_name(want + 1))
        return name_matches(rule, want + 1, path + 1, captures);
    return matches(rule, want + 1, path + 1, captures);
}

static bool name_matches(const struct rule *rule, const char *want, const char *path,
                         struct captures *captures)
{
    size_t len = strcspn(want, "/"), n = strcspn(path, "/");
    if (!n)
        return false;
    char name[8] = "";
    put_bytes(name, sizeof name, want + 1, len - 1);
    int count = captures->count;
    capture_add(captures, name, path, n, FROM_PATH);
    if (matches(rule, want + len, path + n, captures))
        return true;
    captures->count = count;
    return false;
}

bool path_matches(const struct rule *rule, const char *path, struct captures *captures)
{
    struct text want = wanted_path(rule), have;
    text_set(&have, path);
    if (rule->noslash && !ends_with(want.s, "*")) /* a star at the end takes in what there is */
        without_final_slash(have.s);
    return matches(rule, want.s, have.s, captures);
}

/* ---- Precedence ---- */

enum kind { END, STATIC, NAME, INNER_STAR, FINAL_STAR };

static enum kind kind_of(const char *segment, bool folder)
{
    size_t n = strcspn(segment, "/");
    if (folder && strcmp(segment, "*") == 0)
        return FINAL_STAR;
    if (memchr(segment, '*', n))
        return INNER_STAR;
    return is_name(segment) ? NAME : STATIC;
}

/* Bytes as written, from a segment with a star to the end. */
static int literal_bytes(const char *segment)
{
    int n = 0;
    for (const char *s = segment; *s;) {
        if (s[-1] == '/' && is_name(s)) {
            s += strcspn(s, "/");
        } else {
            n += *s != '*';
            s++;
        }
    }
    return n;
}

static int segments_order(const char *a, const char *b, bool folder_a, bool folder_b)
{
    for (;;) {
        enum kind x = *a ? kind_of(a + 1, folder_a) : END;
        enum kind y = *b ? kind_of(b + 1, folder_b) : END;
        if (x != y)
            return (int)x - (int)y;
        if (x == END || x == FINAL_STAR)
            return 0;
        if (x == INNER_STAR)
            return literal_bytes(b + 1) - literal_bytes(a + 1);
        a += 1 + strcspn(a + 1, "/");
        b += 1 + strcspn(b + 1, "/");
    }
}

int path_order(const struct rule *a, const struct rule *b)
{
    int x = a->regex ? 2 : path_is_exact(a) ? 0 : 1, y = b->regex ? 2 : path_is_exact(b) ? 0 : 1;
    if (x != y || x != 1)
        return x - y;
    struct text p = wanted_path(a), q = wanted_path(b);
    return segments_order(p.s, q.s, is_folder(a), is_folder(b));
}
