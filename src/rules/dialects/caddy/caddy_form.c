/* SPDX-License-Identifier: MIT
 *
 * Expressions that say what a rule can say plainly. Those that are written here for other
 * conditions (caddy_write_query.c and its neighbours) are among them, so that a Caddyfile that
 * Detour wrote becomes the rules that it was.
 */
#include "rules/dialects/caddy/caddy.h"

#include "rules/read/native_scan.h"

bool dt_caddy_cut(struct dt_slice *expression, const char *text)
{
    size_t len = strlen(text);
    if (!dt_slice_starts(*expression, dt_slice_of(text, len)))
        return false;
    *expression = dt_slice_from(*expression, len);
    return true;
}

size_t dt_caddy_literal(struct dt_slice expression, struct dt_buf *out)
{
    size_t at = 0;
    while (at < expression.len) {
        char c = expression.ptr[at];
        bool escape = c == '\\' && at + 1 < expression.len && !dt_is_word(expression.ptr[at + 1]);
        if (!escape && strchr("\\^$.|?*+()[]{}", c))
            break;
        size_t next = at + 1 + escape;
        if (next < expression.len && strchr("?*+{", expression.ptr[next]))
            break; /* it is asked for more than once, or perhaps not at all */
        dt_buf_char(out, escape ? expression.ptr[at + 1] : c);
        at = next;
    }
    return at;
}

/* ---- Texts with stars ---- */

static bool glob(struct dt_slice *rest, bool begins, struct dt_buf *out)
{
    bool first = dt_caddy_cut(rest, "^") || begins, any = false;
    dt_buf_str(out, first ? "" : "*");
    for (;;) {
        size_t from = out->len, len = dt_caddy_literal(*rest, out);
        for (size_t i = from; i < out->len; i++)
            if (strchr(",*", out->ptr[i]))
                return false;
        *rest = dt_slice_from(*rest, len);
        any |= len > 0;
        if (dt_caddy_cut(rest, ".*") || dt_caddy_cut(rest, "[^;]*"))
            dt_buf_char(out, '*');
        else
            break;
        any = true;
    }
    bool last = dt_caddy_cut(rest, "$");
    dt_buf_str(out, last || begins ? "" : "*");
    return any;
}

bool dt_caddy_globs(struct dt_slice expression, struct dt_buf *out)
{
    struct dt_slice rest = expression;
    bool group = dt_caddy_cut(&rest, "^(?:");
    if (dt_slice_eq(rest, DT_S(".*")) || dt_slice_eq(rest, DT_S(".")) || !rest.len)
        return false;
    for (;;) {
        if (!glob(&rest, group, out))
            return false;
        if (!dt_caddy_cut(&rest, "|"))
            break;
        dt_buf_char(out, ',');
    }
    return group ? dt_caddy_cut(&rest, ")$") && !rest.len : !rest.len;
}

/* ---- Queries ---- */

/* name, name=value, and what is captured. */
static bool param(struct dt_caddy_rule *made, struct dt_slice *rest, struct dt_slice group)
{
    struct dt_buf *out = &made->query;
    struct dt_slice kept;
    if (out->len)
        dt_buf_char(out, '&');
    size_t from = out->len, len = dt_caddy_literal(*rest, out);
    if (out->len == from)
        return false;
    *rest = dt_slice_from(*rest, len);
    kept = *rest;
    if (dt_caddy_cut(rest, "(?:=([^&]*))?") || dt_caddy_cut(rest, "([^&]*)")) {
        if (out->ptr[out->len - 1] == '=')
            out->len--;
        dt_buf_printf(out, "=:%.*s", DT_SLICE_FMT(group.len ? group : DT_S("q0")));
    } else if (dt_caddy_cut(rest, "(?:=[^&]*)?")) {
        *rest = dt_slice_from(kept, strlen("(?:=[^&]*)?"));
    } else if (dt_caddy_cut(rest, "=?")) {
        dt_buf_char(out, '=');
    }
    return out->len > from;
}

static bool ends(struct dt_slice rest)
{
    return dt_slice_eq(rest, DT_S("(?:&|$)")) || dt_slice_eq(rest, DT_S("(&|$)"));
}

/* "(?:a&b|b&a)": the first order says it all. */
static bool orders(struct dt_caddy_rule *made, struct dt_slice *rest, const char *between,
                   struct dt_slice group)
{
    bool several = dt_caddy_cut(rest, "(?:");
    if (!param(made, rest, group))
        return false;
    while (several && dt_caddy_cut(rest, between))
        if (!param(made, rest, group))
            return false;
    if (!several)
        return true;
    const char *end = rest->len ? memrchr(rest->ptr, ')', rest->len) : NULL;
    size_t tail =
        dt_slice_eq(dt_slice_from(*rest, rest->len > 7 ? rest->len - 7 : 0), DT_S("(?:&|$)")) ? 7
                                                                                              : 0;
    if (tail)
        end = memrchr(rest->ptr, ')', rest->len - tail);
    if (!end || rest->ptr[0] != '|')
        return false;
    *rest = dt_slice_from(*rest, (size_t)(end - rest->ptr) + 1);
    return true;
}

bool dt_caddy_query_form(struct dt_caddy_rule *made, struct dt_slice expression,
                         struct dt_slice group)
{
    struct dt_slice rest = expression;
    made->nocase |= dt_caddy_cut(&rest, "(?i)");
    if (dt_caddy_cut(&rest, "(?:^|&)") || dt_caddy_cut(&rest, "(^|&)"))
        return param(made, &rest, group) && ends(rest);
    if (!dt_caddy_cut(&rest, "^"))
        return false;
    made->only = true;
    if (dt_slice_eq(rest, DT_S("$")))
        return true;
    return orders(made, &rest, "&", group) && dt_slice_eq(rest, DT_S("$"));
}

bool dt_caddy_uri_form(struct dt_caddy_rule *made, struct dt_slice expression)
{
    struct dt_slice rest = expression, none = DT_SLICE_NONE;
    if (dt_slice_eq(rest, DT_S("\\??$")) || dt_slice_eq(rest, DT_S("$"))) {
        made->only = true;
        return true;
    }
    if (dt_slice_eq(rest, DT_S("(?:\\?|$)")) || dt_slice_eq(rest, DT_S("(\\?|$)")))
        return true;
    if (!dt_caddy_cut(&rest, "\\?"))
        return false;
    made->only = !dt_caddy_cut(&rest, "(?:.*&)?");
    if (!orders(made, &rest, made->only ? "&" : "&(?:.*&)?", none))
        return false;
    return made->only ? dt_slice_eq(rest, DT_S("$")) : ends(rest);
}
