/* SPDX-License-Identifier: MIT
 *
 * The hosts that rules name. A rule for any host matches whatever host is asked, but the server is
 * asked only for its own: /events to https://other.example/events is a loop if other.example is
 * served by these rules too, and else the commonest redirect there is. A host that some rule names
 * is served; of others nothing is known.
 */
#include "rules/check/check_client.h"

#include "base/hash.h"

#include <stdlib.h>

static struct dt_slice *slot_of(const struct dt_names *names, struct dt_slice host)
{
    size_t at = (size_t)dt_hash64(host.ptr, host.len, 0) & names->mask;
    while (names->slots[at].ptr && !dt_slice_eq(names->slots[at], host))
        at = (at + 1) & names->mask;
    return &names->slots[at];
}

static bool grow(struct dt_names *names)
{
    struct dt_names more = {.mask = 2 * names->mask + 1};
    more.slots = calloc(more.mask + 1, sizeof *more.slots);
    if (!more.slots)
        return false;
    for (size_t i = 0; i <= names->mask; i++)
        if (names->slots[i].ptr)
            *slot_of(&more, names->slots[i]) = names->slots[i];
    free(names->slots);
    *names = more;
    return true;
}

bool dt_names_init(struct dt_names *names, struct dt_checker *checker)
{
    size_t used = 0;
    const char *last = NULL; /* hosts are interned, and come in runs */
    *names = (struct dt_names){.mask = 63};
    names->slots = calloc(names->mask + 1, sizeof *names->slots);
    bool good = names->slots != NULL;
    for (uint32_t i = 0; good && i < checker->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(checker->set, i);
        if (rule->host_kind == DT_HOST_ANY || !rule->host.len || rule->host.ptr == last)
            continue;
        last = rule->host.ptr;
        struct dt_slice *slot = slot_of(names, rule->host);
        used += slot->ptr == NULL;
        *slot = rule->host;
        if (used > names->mask / 2)
            good = grow(names);
    }
    if (!good)
        checker->err = DT_ERR_NOMEM;
    return good;
}

void dt_names_release(struct dt_names *names)
{
    free(names->slots);
    *names = (struct dt_names){0};
}

bool dt_names_have(const struct dt_names *names, struct dt_slice host)
{
    while (host.len) {
        if (slot_of(names, host)->ptr)
            return true;
        const char *dot = memchr(host.ptr, '.', host.len);
        host = dot ? dt_slice_from(host, (size_t)(dot - host.ptr) + 1) : DT_SLICE_NONE;
    }
    return false;
}
