/* SPDX-License-Identifier: MIT
 * Requests, half of them made to fit one of the world's rules. */
#include "generate.h"

#include <ctype.h>

/* Another spelling: unreserved characters escaped, hex in lower case, dot
 * segments put in. */
static void respell(struct random *random, const char *path, char *to, size_t cap)
{
    to[0] = 0;
    for (size_t i = 0; path[i]; i++) {
        char one[8] = {path[i], 0};
        if (path[i] == '%') {
            snprintf(one, sizeof one, "%%%c%c",
                     random_one_in(random, 2) ? tolower(path[i + 1]) : path[i + 1],
                     random_one_in(random, 2) ? tolower(path[i + 2]) : path[i + 2]);
            i += 2;
        } else if (isalnum((unsigned char)path[i]) && random_one_in(random, 6)) {
            snprintf(one, sizeof one, random_one_in(random, 2) ? "%%%02x" : "%%%02X",
                     (unsigned char)path[i]);
        } else if (path[i] == '/' && random_one_in(random, 10)) {
            put(to, cap, random_one_in(random, 2) ? "/." : "/q/%2e.");
        }
        put(to, cap, one);
    }
}

/* A path for a rule's: names and the star become something. */
static void fit_path(struct random *random, const struct rule *rule, struct text *ret)
{
    struct text inside;
    ret->s[0] = 0;
    if (rule->regex) {
        int count = 0;
        while (count < 3 && rule->regex->samples[count])
            count++;
        put(ret->s, TEXT, rule->regex->samples[random_below(random, (uint32_t)count)]);
        return;
    }
    for (const char *s = rule->path.s; *s; s++) {
        if (*s == '*') {
            generate_path(random, &inside, true);
            put(ret->s, TEXT, inside.s + (inside.s[0] && random_below(random, 8)));
        } else if (*s == '/' && s[1] == ':') {
            put(ret->s, TEXT, "/");
            put(ret->s, TEXT, generate_segment(random));
            s += 2;
        } else {
            put_char(ret->s, TEXT, *s);
        }
    }
    size_t n = strlen(ret->s);
    if (n > 1 && ret->s[n - 1] == '/' && random_one_in(random, 3))
        ret->s[n - 1] = 0;
}

static void fit_host(struct random *random, const struct rule *rule, struct request *request)
{
    static const char *const LABEL[] = {"a.", "b.", "www."};
    bool below = rule->host_form == SUBDOMAINS ||
                 (rule->host_form == DOMAIN_AND_SUBDOMAINS && random_one_in(random, 2));
    request->host.s[0] = 0;
    for (int i = 0; i < rule->labels + below; i++)
        put(request->host.s, TEXT, PICK(random, LABEL));
    put(request->host.s, TEXT, rule->host.s);
    if (rule->scheme != ANY_SCHEME)
        request->scheme = rule->scheme;
    if (rule->port)
        request->port = rule->port;
}

static void add_pair(struct random *random, struct request *request, const struct pair *pair)
{
    if (request->nparams == MAX_PARAMS)
        return;
    if (request->nparams)
        put(request->query.s, TEXT, random_below(random, 8) ? "&" : "&&");
    request->params[request->nparams] = *pair;
    request->params[request->nparams++].capture = NULL;
    put(request->query.s, TEXT, pair->name.s);
    put(request->query.s, TEXT, pair->has_value ? "=" : "");
    put(request->query.s, TEXT, pair->value.s);
}

static void fit_query(struct random *random, const struct rule *rule, struct request *request)
{
    for (int i = 0; i < rule->nparams; i++) {
        struct pair pair = rule->params[i], other;
        if (!pair.has_value && random_below(random, 4)) {
            generate_pair(random, &other);
            pair.value = other.value;
            pair.has_value = other.has_value;
        }
        add_pair(random, request, &pair);
    }
}

/* One letter in the other case, now and then. */
static void change_case(struct random *random, char *s)
{
    size_t at = random_below(random, (uint32_t)strlen(s));
    bool escape = (at > 0 && s[at - 1] == '%') || (at > 1 && s[at - 2] == '%');
    if (!escape && isalpha((unsigned char)s[at]))
        s[at] ^= 0x20;
}

void generate_request(struct maker *maker, const struct world *world, struct request *ret)
{
    struct random *random = &maker->random;
    struct request *request = ret;
    memset(request, 0, sizeof *request);
    const struct rule *like = random_one_in(random, 2)
                                  ? &world->rules[random_below(random, (uint32_t)world->count)]
                                  : NULL;
    request->scheme = random_one_in(random, 2) ? HTTP : HTTPS;
    request->port = generate_port(random);
    put(request->host.s, TEXT, generate_host(random));
    if (like && like->host_form != ANY_HOST)
        fit_host(random, like, request);
    if (like)
        fit_path(random, like, &request->path);
    else
        generate_path(random, &request->path, false);
    if (!request->path.s[0])
        put(request->path.s, TEXT, "/");
    if (like && like->nocase && random_one_in(random, 2))
        change_case(random, request->path.s);
    respell(random, request->path.s, request->spelling, sizeof request->spelling);
    if (like && random_below(random, 4))
        fit_query(random, like, request);
    for (uint32_t n = random_one_in(random, 2) ? 0 : random_below(random, 5); n; n--) {
        struct pair pair;
        generate_pair(random, &pair);
        add_pair(random, request, &pair);
    }
    generate_client(maker, request);
}
