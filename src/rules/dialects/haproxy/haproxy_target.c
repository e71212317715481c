/* SPDX-License-Identifier: MIT
 *
 * Locations: log-format with expressions in it, as targets of the native language. regsub about the
 * path asks the rule's source to have the groups: it becomes the rule's expression.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/dialects/apache/apache_regex.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

struct work {
    struct dt_haproxy *haproxy;
    const struct dt_haproxy_wants *wants;
    const struct dt_haproxy_entry *entry;
    struct dt_haproxy_target *to;
    struct dt_buf literal; /* the text when it has no captures */
    struct dt_buf native;
    bool ended; /* the query was put behind it */
};

static bool refuse(struct work *work, const char *why)
{
    struct dt_reader *reader = work->haproxy->reader;
    return DT_REFUSE(reader, reader->text, "haproxy-location", "%s", why);
}

/* ---- Text ---- */

/* Would a sign be read as a capture, where it stands? */
static bool looks_like_capture(const struct dt_buf *out, char c, char next)
{
    char last = out->len ? out->ptr[out->len - 1] : 0;
    if (c == ':')
        return next == '_' || (dt_is_alpha(next) && !dt_is_word(last) && last != ':');
    return c == '{' || (c == '$' && (dt_is_digit(next) || next == '{'));
}

static void put_text(struct work *work, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 0;
        dt_buf_char(&work->literal, c);
        if (looks_like_capture(&work->native, c, next))
            dt_buf_printf(&work->native, "%%%02X", (unsigned)(unsigned char)c);
        else
            dt_buf_char(&work->native, c);
    }
}

static void put_capture(struct work *work, const char *name)
{
    work->to->captures = true;
    dt_buf_str(&work->native, name);
}

static void put_group(struct work *work, unsigned number)
{
    work->to->captures = true;
    dt_buf_printf(&work->native, "${%u}", number);
}

/* Text in which \1 to \9 are groups; shift is added to them. */
static void put_with(struct work *work, struct dt_slice text, unsigned shift)
{
    for (size_t i = 0; i < text.len; i++) {
        bool back = text.ptr[i] == '\\' && i + 1 < text.len;
        if (back && dt_is_digit(text.ptr[i + 1])) {
            put_group(work, (unsigned)(text.ptr[++i] - '0') + shift);
            continue;
        }
        i += back;
        put_text(work, dt_slice_of(text.ptr + i, 1));
    }
}

/* ---- The query ---- */

/* "utm_[^=&]*|a" as "utm_*,a". */
static bool names_of(struct work *work, struct dt_slice regex, struct dt_slice *ret)
{
    struct dt_slice any = DT_S("[^=&]*");
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    for (size_t i = 0; i < regex.len; i++) {
        if (dt_slice_starts(dt_slice_from(regex, i), any)) {
            dt_buf_char(&buf, '*');
            i += any.len - 1;
        } else if (regex.ptr[i] == '|') {
            dt_buf_char(&buf, ',');
        } else if (regex.ptr[i] != '\\') {
            dt_buf_char(&buf, regex.ptr[i]);
        }
    }
    return dt_haproxy_keep(work->haproxy, &buf, ret);
}

static bool has_own_query(const struct dt_buf *text)
{
    const char *mark = text->len ? memchr(text->ptr, '?', text->len) : NULL;
    return mark && mark + 1 < text->ptr + text->len;
}

static bool put_tail(struct work *work, const struct dt_haproxy_value *value)
{
    struct dt_haproxy_target *to = work->to;
    struct dt_slice without = value->less;
    if (has_own_query(&work->native) && value->less.len)
        without = value->less_too.len ? value->less : DT_SLICE_NONE;
    work->ended = true;
    to->query = value->keep.len ? DT_QUERY_KEEP : without.len ? DT_QUERY_WITHOUT : DT_QUERY_PASS;
    if (to->query == DT_QUERY_PASS)
        return true;
    return names_of(work, value->keep.len ? value->keep : without, &to->names);
}

/* ---- Expressions ---- */

static bool wraps(struct dt_slice text, const char *before, struct dt_slice inner,
                  const char *after)
{
    struct dt_slice front = dt_slice_str(before), back = dt_slice_str(after);
    return text.len == front.len + inner.len + back.len && dt_slice_starts(text, front) &&
           dt_slice_starts(dt_slice_from(text, front.len), inner) &&
           dt_slice_eq(dt_slice_from(text, front.len + inner.len), back);
}

/* Does the expression take groups out of this one, which the rule asks? */
static bool takes_from(struct work *work, const struct dt_haproxy_value *value,
                       struct dt_slice regex, bool nocase)
{
    bool whole = wraps(value->regex, "^.*?(", regex, ").*$");
    struct dt_slice with = value->with;
    if (nocase != value->regex_nocase || with.len != 2 || with.ptr[0] != '\\' ||
        !dt_is_digit(with.ptr[1]))
        return false;
    if (!dt_slice_eq(value->regex, regex) && !wraps(value->regex, "^.*?(?:", regex, ").*$") &&
        !(whole && with.ptr[1] == '1'))
        return false;
    work->to->regex = regex;
    work->to->regex_nocase = nocase;
    put_group(work, whole ? 0 : (unsigned)(with.ptr[1] - '0'));
    return true;
}

/* "^/old/?" with nothing, of a rule for /old and below. */
static bool takes_below(struct work *work, const struct dt_haproxy_value *value)
{
    const struct dt_haproxy_wants *wants = work->wants;
    struct dt_slice folder = wants->folder, regex = value->regex;
    struct dt_buf buf;
    bool all = !wants->exact.ptr && !wants->regex_count && !wants->url.len;
    if (!(folder.ptr || all) || value->with.len)
        return false;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_char(&buf, '^');
    for (size_t i = 0; folder.ptr && i < folder.len; i++) {
        if (strchr("\\^$.|?*+()[]{}", folder.ptr[i]))
            dt_buf_char(&buf, '\\');
        dt_buf_char(&buf, folder.ptr[i]);
    }
    dt_buf_str(&buf, "/?");
    bool same = dt_slice_eq(dt_buf_slice(&buf), regex);
    dt_buf_release(&buf);
    if (same)
        put_capture(work, ":splat");
    return same;
}

/* Is the text up to here a scheme and a host, or nothing? */
static bool at_edge(const struct dt_buf *text)
{
    struct dt_slice s = dt_buf_slice(text);
    size_t scheme = dt_scan_http(s);
    return !s.len || (scheme && !memchr(s.ptr + scheme, '/', s.len - scheme));
}

/* regsub in general: what is before the match, what is put there, and what is behind it. */
static bool replace(struct work *work, const struct dt_haproxy_value *value)
{
    struct dt_haproxy_target *to = work->to;
    struct dt_slice regex = value->regex;
    bool tied = dt_slice_starts(regex, DT_S("^")) && !dt_apache_choice(regex);
    bool edge = at_edge(&work->native);
    bool slash = value->with.len && value->with.ptr[0] == '/';
    unsigned groups = dt_apache_groups(regex);
    struct dt_buf buf;
    if (to->regex.len || (edge && !tied) || (edge && value->with.len && !slash))
        return refuse(work, "what regsub leaves of the path would choose the host");
    to->rest = edge && !value->with.len;
    if (to->rest)
        dt_reader_warn(work->haproxy->reader, work->haproxy->reader->text, "haproxy-location",
                       "where no / is behind what regsub takes away, HAProxy sends another host: "
                       "those paths are not redirected");
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_str(&buf, tied ? "(?:" : "^(.*?)(?:");
    dt_buf_put(&buf, regex);
    dt_buf_str(&buf, to->rest ? ")/(.*)$" : ")(.*)$");
    if (!dt_haproxy_keep(work->haproxy, &buf, &to->regex))
        return false;
    if (tied) { /* "^" stands first in an expression whose beginning is known */
        const struct dt_slice parts[] = {DT_S("^(?:"), dt_slice_from(regex, 1),
                                         to->rest ? DT_S(")/(.*)$") : DT_S(")(.*)$")};
        to->regex = dt_pattern_join(work->haproxy->reader, parts, 3);
    }
    to->regex_nocase = value->regex_nocase;
    to->replaces = true;
    to->before = work->native.len;
    if (!tied)
        put_group(work, 1);
    put_with(work, value->with, tied ? 0 : 1);
    if (to->rest)
        put_text(work, DT_S("/"));
    put_group(work, groups + (tied ? 1 : 2));
    return true;
}

static bool put_path(struct work *work, const struct dt_haproxy_value *value)
{
    const struct dt_haproxy_wants *wants = work->wants;
    if (value->lower)
        return refuse(work, "a path in lower case");
    if (!value->regex.len && !work->native.len) { /* no target begins with a capture */
        work->to->regex = DT_S("^/(.*)$");
        put_text(work, DT_S("/"));
        put_group(work, 1);
        return true;
    }
    if (!value->regex.len) {
        put_capture(work, "{path}");
        return true;
    }
    if (takes_below(work, value))
        return true;
    for (unsigned i = 0; i < wants->regex_count; i++)
        if (!wants->regexes[i].negated &&
            takes_from(work, value, wants->regexes[i].text, wants->regexes[i].nocase))
            return true;
    return replace(work, value);
}

/* "^[^.]+\.([^.]+)\..*$" is the second label. */
static bool put_host(struct work *work, const struct dt_haproxy_value *value)
{
    struct dt_slice rest = dt_slice_from(value->regex, 1), label = DT_S("[^.]+\\.");
    char name[16] = ":l0";
    if (!value->regex.len) {
        put_capture(work, "{host}");
        return true;
    }
    for (; dt_slice_starts(rest, label) && name[2] < '9'; name[2]++)
        rest = dt_slice_from(rest, label.len);
    if (!dt_slice_eq(rest, DT_S("([^.]+)\\..*$")) ||
        !dt_slice_starts(work->wants->host, DT_S(":l")))
        return refuse(work, "regsub of the host: write the redirect for a host that is named");
    put_capture(work, name);
    return true;
}

static bool put_param(struct work *work, const struct dt_haproxy_value *value)
{
    const struct dt_haproxy_wants *wants = work->wants;
    char name[16] = ":p0", plain[256];
    size_t len = 0;
    for (size_t i = 0; i < value->name.len && len < sizeof plain; i++)
        if (value->name.ptr[i] != '\\')
            plain[len++] = value->name.ptr[i];
    for (unsigned i = 0; i < wants->param_count; i++) {
        if (!dt_slice_eq(wants->params[i], dt_slice_of(plain, len)))
            continue;
        name[2] = (char)('a' + i);
        work->to->params[i] = true;
        put_capture(work, name);
        return true;
    }
    return refuse(work,
                  "a parameter of which the condition does not say that it is there (-m found)");
}

static bool put_url(struct work *work, const struct dt_haproxy_value *value)
{
    return (work->wants->url.len &&
            takes_from(work, value, work->wants->url, work->wants->url_nocase)) ||
           refuse(work, "a part of the URL that the condition does not match");
}

/* What the map has. */
static bool put_entry(struct work *work, const struct dt_haproxy_value *value,
                      const struct dt_haproxy_value *lookup)
{
    struct dt_slice text = work->entry->value;
    const char *hash = text.len ? memchr(text.ptr, '#', text.len) : NULL;
    size_t at = hash ? (size_t)(hash - text.ptr) : text.len;
    if (lookup->below) {
        const char *blank = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
        if (!blank)
            return refuse(work, "expected a folder and a target");
        put_text(work, dt_slice_from(text, (size_t)(blank - text.ptr) + 1));
        put_capture(work, ":splat");
        return true;
    }
    if (value->before_hash)
        text.len = at;
    if (value->from_hash)
        text = dt_slice_from(text, at);
    if (lookup->how == DT_HAPROXY_REGM)
        put_with(work, text, 0);
    else
        put_text(work, text);
    return true;
}

static bool put_value(struct work *work, const struct dt_haproxy_value *value,
                      const struct dt_haproxy_value *lookup)
{
    switch ((enum dt_haproxy_subject)value->subject) {
    case DT_HAPROXY_IS_PATH:
        return put_path(work, value);
    case DT_HAPROXY_IS_HOST:
        return put_host(work, value);
    case DT_HAPROXY_IS_BASE:
        put_capture(work, "{host}{path}");
        return true;
    case DT_HAPROXY_IS_URI:
        return put_path(work, value) && put_tail(work, value);
    case DT_HAPROXY_IS_QUERY:
        put_capture(work, "{query}");
        return true;
    case DT_HAPROXY_IS_TAIL:
        return put_tail(work, value);
    case DT_HAPROXY_IS_PARAM:
        return put_param(work, value);
    case DT_HAPROXY_IS_SCHEME:
        put_capture(work, "{scheme}");
        return true;
    case DT_HAPROXY_IS_PORT:
        put_capture(work, "{port}");
        return true;
    case DT_HAPROXY_IS_TEXT:
        put_text(work, value->name);
        return true;
    case DT_HAPROXY_IS_URL:
    case DT_HAPROXY_IS_REL_URL:
        return put_url(work, value);
    case DT_HAPROXY_IS_VARIABLE:
        if (work->entry && lookup)
            return put_entry(work, value, lookup);
        break;
    case DT_HAPROXY_NOTHING:
    case DT_HAPROXY_IS_BASEQ:
    case DT_HAPROXY_IS_PATHQ:
    case DT_HAPROXY_IS_FIELD:
    case DT_HAPROXY_IS_COOKIE:
    case DT_HAPROXY_IS_METHOD:
    case DT_HAPROXY_IS_SSL:
    case DT_HAPROXY_IS_SRC:
    case DT_HAPROXY_IS_DATE:
    case DT_HAPROXY_IS_TRUE:
    case DT_HAPROXY_IS_FALSE:
        break;
    }
    return refuse(work, "something that no target can have");
}

/* A piece; those behind the query are a fragment. */
static bool put_piece(struct work *work, const struct dt_haproxy_pieces *pieces, unsigned number,
                      const struct dt_haproxy_value *lookup)
{
    const struct dt_haproxy_value *value = &pieces->list[number].value;
    struct dt_slice text = pieces->list[number].text;
    if (work->ended && !(text.len && text.ptr[0] == '#') && !value->from_hash)
        return refuse(work, "the request's query, with more behind it");
    if (value->map)
        return work->entry ? put_entry(work, value, value) : refuse(work, "a second map");
    if (value->subject)
        return put_value(work, value, lookup);
    put_text(work, text);
    return true;
}

bool dt_haproxy_target(struct dt_haproxy *haproxy, const struct dt_haproxy_pieces *pieces,
                       const struct dt_haproxy_wants *wants, const struct dt_haproxy_value *lookup,
                       const struct dt_haproxy_entry *entry, struct dt_haproxy_target *ret)
{
    struct work work = {.haproxy = haproxy, .wants = wants, .entry = entry, .to = ret};
    bool fine = true;
    *ret = (struct dt_haproxy_target){.query = DT_QUERY_DROP};
    dt_buf_init(&work.literal, 2 * DT_LIMIT_TARGET);
    dt_buf_init(&work.native, 2 * DT_LIMIT_TARGET);
    for (unsigned i = 0; fine && i < pieces->count; i++)
        fine = put_piece(&work, pieces, i, lookup);
    if (fine)
        fine = dt_haproxy_keep(haproxy, ret->captures ? &work.native : &work.literal, &ret->text);
    dt_buf_release(&work.native);
    dt_buf_release(&work.literal);
    return fine;
}
