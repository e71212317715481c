/* SPDX-License-Identifier: MIT
 *
 * Tests on the host. Names narrow down those of the server; what cannot be spelt out is an
 * expression, whose groups targets may have.
 */
#include "rules/dialects/nginx/nginx.h"

#include "rules/dialects/apache/apache_regex.h"

static bool below(struct dt_slice host, struct dt_slice of)
{
    return host.len > of.len && host.ptr[host.len - of.len - 1] == '.' &&
           dt_slice_eq_nocase(dt_slice_from(host, host.len - of.len), of);
}

/* Is a in b? */
static bool within(const struct dt_nginx_host *a, const struct dt_nginx_host *b)
{
    struct dt_slice x = a->below ? dt_slice_from(a->host, 2) : a->host;
    struct dt_slice y = b->below ? dt_slice_from(b->host, 2) : b->host;
    if (dt_slice_eq_nocase(x, y))
        return a->below == b->below;
    return b->below && below(x, y);
}

/* Narrows the hosts down to one; false: none is left. */
static bool narrow(struct dt_nginx *nginx, struct dt_nginx_want *want, struct dt_nginx_host host)
{
    struct dt_nginx_host *one = dt_arena_alloc(&nginx->reader->set->arena, sizeof *one);
    bool found = want->host_count == 0;
    if (!one)
        return dt_reader_nomem(nginx->reader);
    *one = host;
    for (unsigned i = 0; i < want->host_count && !found; i++) {
        found = within(&host, &want->hosts[i]);
        if (!found && within(&want->hosts[i], &host)) {
            found = true;
            *one = want->hosts[i];
        }
    }
    want->hosts = one;
    want->host_count = 1;
    return found;
}

static bool add_host(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                     const struct dt_nginx_test *test, struct dt_slice text,
                     struct dt_nginx_alts *ret)
{
    struct dt_nginx_host host = {text, dt_slice_starts(text, DT_S("*."))};
    struct dt_nginx_want *made = text.len ? dt_nginx_add_alt(nginx, want, test, ret) : NULL;
    if (!made)
        return text.len == 0;
    if (!narrow(nginx, made, host))
        ret->count--;
    return !nginx->reader->set->err;
}

/* The groups of an expression for the host may be in the target. */
static bool host_regex(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_buf buf;
    struct dt_slice inner = test->pattern;
    if (test->negated || want->host_regex.len || dt_apache_choice(inner))
        return dt_nginx_refuse_test(nginx, test,
                                    "an expression for the host that cannot be spelt out");
    bool begins = dt_slice_starts(inner, DT_S("^"));
    inner = dt_slice_from(inner, begins);
    bool ends =
        inner.len > 1 && inner.ptr[inner.len - 1] == '$' && inner.ptr[inner.len - 2] != '\\';
    inner.len -= ends;
    dt_nginx_go_to(nginx->reader, test->word);
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    dt_buf_str(&buf, begins ? "(?i:" : "(?i:[^/:?]*?");
    bool fine = dt_apache_regex_part(nginx->apache, inner, "[^/:?]", &buf);
    dt_buf_str(&buf, ends ? ")" : "[^/:?]*)");
    struct dt_nginx_want *made = dt_nginx_add_alt(nginx, want, test, ret);
    if (!made || !fine) {
        dt_buf_release(&buf);
        return false;
    }
    made->host_groups = (uint8_t)dt_apache_groups(inner);
    made->latest = DT_NGINX_OF_HOST;
    return dt_nginx_keep(nginx, &buf, &made->host_regex);
}

bool dt_nginx_test_host(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_test *test, struct dt_nginx_alts *ret)
{
    struct dt_apache_texts texts = {.count = 0}, rest = {.count = 0};
    if (test->how == DT_NGINX_TRUE)
        return test->negated || dt_nginx_add_alt(nginx, want, test, ret);
    if (test->how == DT_NGINX_MATCHES &&
        (dt_apache_groups(test->pattern) > 0 ||
         !dt_apache_texts(&nginx->reader->set->arena, test->pattern, true, &texts)))
        return !nginx->reader->set->err && host_regex(nginx, want, test, ret);
    if (test->how == DT_NGINX_EQUALS)
        texts = (struct dt_apache_texts){.list = {test->pattern}, .count = 1};
    if (!dt_nginx_lower(nginx, &texts))
        return false;
    for (unsigned i = 0; i < texts.count; i++) {
        struct dt_slice text = texts.list[i];
        bool wild = dt_slice_starts(text, DT_S("*.")) && text.len > 2 &&
                    !memchr(text.ptr + 2, '*', text.len - 2);
        bool star = text.len && memchr(text.ptr, '*', text.len);
        if (test->negated || (star && !wild))
            rest.list[rest.count++] = text;
        else if (!add_host(nginx, want, test, text, ret))
            return false;
    }
    return rest.count == 0 || dt_nginx_add_option(nginx, want, test, "header=host", &rest, ret);
}
