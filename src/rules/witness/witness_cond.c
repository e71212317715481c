/* SPDX-License-Identifier: MIT
 *
 * A client that fulfils conditions: the plainest value for each that must hold, something else for
 * each that must not. What excludes itself is found by asking the result again.
 */
#include "rules/witness/witness_priv.h"

#include "semantics/glob.h"
#include "semantics/network.h"
#include "semantics/share.h"
#include "semantics/window.h"

#define ADDRESSES 40000u /* that are tried for a share */
#define VALUES 40000u
#define STEPS 2000u /* in time */

/* ---- Values ---- */

/* The pattern with a letter for each star. */
static struct dt_slice fill(struct dt_witness_maker *maker, const char *before,
                            struct dt_slice pattern)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    dt_out_put(out, dt_slice_str(before));
    for (size_t i = 0; i < pattern.len; i++)
        dt_out_char(out, pattern.ptr[i] == '*' ? 'x' : pattern.ptr[i]);
    return dt_slice_of(out->start + from, dt_out_len(out) - from);
}

static bool add_field(struct dt_witness_maker *maker, struct dt_slice name, struct dt_slice value)
{
    if (maker->nfields == DT_WITNESS_FIELDS)
        return false;
    maker->fields[maker->nfields++] = (struct dt_field){name, value};
    return true;
}

static bool in_texts(const struct dt_condition *condition, struct dt_slice text)
{
    for (unsigned i = 0; i < condition->count; i++)
        if (dt_slice_eq(condition->texts[i], text))
            return true;
    return false;
}

/* Is one of the condition's patterns what this text is like? */
static bool like(const struct dt_condition *condition, struct dt_slice text, bool fold)
{
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice pattern = condition->texts[i];
        bool star = memchr(pattern.ptr, '*', pattern.len) != NULL;
        if (fold && !star ? dt_glob_contains(pattern, text, true)
                          : dt_glob_match(pattern, text, fold))
            return true;
    }
    return false;
}

/* The opposite of a condition, among the same rule's; NULL: there is none. */
static const struct dt_condition *opposite(const struct dt_conditions *all,
                                           const struct dt_condition *one)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->list[i].kind == one->kind && all->list[i].negated != one->negated &&
            dt_slice_eq(all->list[i].name, one->name))
            return &all->list[i];
    return NULL;
}

/* ---- One kind each ---- */

static bool method(const struct dt_condition *condition, struct dt_request *request)
{
    static const char *const methods[] = {"GET",     "POST",  "HEAD",  "PUT", "DELETE",
                                          "OPTIONS", "PATCH", "QUERY", "LOCK"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (in_texts(condition, dt_slice_str(methods[i])) != condition->negated) {
            request->method = dt_slice_str(methods[i]);
            return true;
        }
    }
    request->method = condition->negated ? DT_S("UNLOCK") : condition->texts[0];
    return true;
}

/* The first alternative that its opposite lets pass. */
static bool pattern_value(struct dt_witness_maker *maker, const struct dt_condition *condition,
                          const struct dt_condition * not, bool fold, struct dt_slice *ret)
{
    if (condition->count == 0) {
        *ret = DT_S("1");
        return !not || (not ->count && !like(not, *ret, fold));
    }
    for (unsigned i = 0; i < condition->count; i++) {
        *ret = fill(maker, "", condition->texts[i]);
        if (!not || (not ->count && !like(not, *ret, fold)))
            return true;
    }
    return false;
}

static bool header(struct dt_witness_maker *maker, const struct dt_conditions *all,
                   const struct dt_condition *condition)
{
    struct dt_slice value;
    if (condition->negated)
        return true; /* it is not sent */
    return pattern_value(maker, condition, opposite(all, condition), false, &value) &&
           add_field(maker, condition->name, value);
}

static bool cookie(struct dt_witness_maker *maker, const struct dt_conditions *all,
                   const struct dt_condition *condition)
{
    struct dt_slice value;
    if (condition->negated)
        return true;
    if (!pattern_value(maker, condition, opposite(all, condition), false, &value))
        return false;
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    dt_out_put(out, condition->name);
    dt_out_char(out, '=');
    dt_out_put(out, value);
    return add_field(maker, DT_S("Cookie"), dt_slice_of(out->start + from, dt_out_len(out) - from));
}

static bool language(struct dt_witness_maker *maker, const struct dt_conditions *all,
                     const struct dt_condition *condition)
{
    const struct dt_condition *not = opposite(all, condition);
    if (condition->negated) {
        if (not )
            return true; /* the other chooses */
        for (unsigned i = 0; i < condition->nrivals; i++)
            if (!in_texts(condition, condition->rivals[i]))
                return add_field(maker, DT_S("Accept-Language"), condition->rivals[i]);
        return true;
    }
    for (unsigned i = 0; i < condition->count; i++)
        if (!not || !in_texts(not, condition->texts[i]))
            return add_field(maker, DT_S("Accept-Language"), condition->texts[i]);
    return false;
}

static bool country(const struct dt_conditions *all, const struct dt_condition *condition,
                    struct dt_request *request)
{
    static const char *const countries[] = {"DE", "US", "JP", "BR", "ZA", "AU", "IN", "CA"};
    const struct dt_condition *not = opposite(all, condition);
    if (condition->negated && not )
        return true;
    for (unsigned i = 0; !condition->negated && i < condition->count; i++) {
        request->country = condition->texts[i];
        if (!not || !in_texts(not, request->country))
            return true;
    }
    for (size_t i = 0; condition->negated && i < sizeof countries / sizeof *countries; i++) {
        request->country = dt_slice_str(countries[i]);
        if (!in_texts(condition, request->country))
            return true;
    }
    return false;
}

static bool referer(struct dt_witness_maker *maker, const struct dt_condition *condition)
{
    if (condition->negated)
        return true;
    struct dt_slice text = condition->texts[0], value;
    bool url = memmem(text.ptr, text.len, "://", 3) != NULL;
    if (dt_slice_starts(text, DT_S("//")))
        value = fill(maker, "https:", text);
    else if (url)
        value = fill(maker, "", text);
    else if (memchr(text.ptr, '/', text.len))
        value = fill(maker, "https://", text);
    else
        value = fill(maker, "https://", text.ptr[0] == '.' ? dt_slice_from(text, 1) : text);
    if (!memchr(text.ptr, '/', text.len)) {
        dt_out_char(&maker->out, '/');
        value.len++;
    }
    return add_field(maker, DT_S("Referer"), value);
}

static bool agent(struct dt_witness_maker *maker, const struct dt_conditions *all,
                  const struct dt_condition *condition)
{
    struct dt_slice value;
    if (condition->negated)
        return true;
    return pattern_value(maker, condition, opposite(all, condition), true, &value) &&
           add_field(maker, DT_S("User-Agent"), value);
}

/* ---- Address, and shares ---- */

/* Do conditions on the address, and shares by it, hold? */
static bool address_fits(const struct dt_witness_maker *maker, const struct dt_conditions *all,
                         const uint8_t address[16])
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct dt_condition *condition = &all->list[i];
        bool in = false;
        if (condition->kind == DT_CONDITION_IP) {
            for (unsigned n = 0; n < condition->count; n++)
                in |= dt_net_has(&condition->nets[n], address);
        } else if (condition->kind == DT_CONDITION_PERCENT &&
                   condition->key == DT_PERCENT_ADDRESS) {
            unsigned share = dt_share_of(maker->share_key, dt_slice_of((const char *)address, 16));
            for (unsigned n = 0; n < condition->count; n++)
                in |= share >= condition->ranges[n].from && share < condition->ranges[n].to;
        } else {
            continue;
        }
        if (in == condition->negated)
            return false;
    }
    return true;
}

/* address + step, in the bits behind the prefix; false when the network has no more. */
static bool step_address(const struct dt_net *net, uint32_t step, uint8_t ret[16])
{
    unsigned free_bits = 128u - net->bits;
    if (free_bits < 32 && step >> free_bits)
        return false;
    memcpy(ret, net->address, 16);
    for (int i = 15; i >= 0 && step; i--, step >>= 8)
        ret[i] = (uint8_t)(ret[i] | (step & 0xff));
    return true;
}

static bool address(struct dt_witness_maker *maker, const struct dt_conditions *all,
                    struct dt_request *request)
{
    static const struct dt_net plain[] = {
        {{[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2}, 120},
        {{[10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18}, 111},
        {{[0] = 0x20, [1] = 0x01, [2] = 0x0d, [3] = 0xb8}, 32},
        {{[10] = 0xff, [11] = 0xff, [12] = 10}, 104},
    };
    const struct dt_net *nets = plain;
    unsigned count = sizeof plain / sizeof *plain;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->list[i].kind == DT_CONDITION_IP && !all->list[i].negated) {
            nets = all->list[i].nets;
            count = all->list[i].count;
        }
    }
    request->has_address = true;
    for (uint32_t step = 0; step < ADDRESSES; step++)
        for (unsigned i = 0; i < count; i++)
            /* ".1" first: a network's own address is no client's */
            if (step_address(&nets[i], (step + 1) % ADDRESSES, request->address) &&
                address_fits(maker, all, request->address))
                return true;
    for (unsigned i = 0; i < count; i++) {
        memcpy(request->address, nets[i].address, 16);
        if (address_fits(maker, all, request->address))
            return true;
    }
    return false;
}

static bool share_fits(const struct dt_witness_maker *maker, const struct dt_conditions *all,
                       const struct dt_condition *like_this, struct dt_slice value)
{
    unsigned share = dt_share_of(maker->share_key, value);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct dt_condition *condition = &all->list[i];
        bool in = false;
        if (condition->kind != DT_CONDITION_PERCENT || condition->key != like_this->key ||
            !dt_slice_eq(condition->name, like_this->name))
            continue;
        for (unsigned n = 0; n < condition->count; n++)
            in |= share >= condition->ranges[n].from && share < condition->ranges[n].to;
        if (in == condition->negated)
            return false;
    }
    return true;
}

static bool share(struct dt_witness_maker *maker, const struct dt_conditions *all, uint32_t at)
{
    const struct dt_condition *condition = &all->list[at];
    struct dt_out *out = &maker->out;
    for (uint32_t i = 0; i < at; i++) /* another share of the same value has been here */
        if (all->list[i].kind == DT_CONDITION_PERCENT && all->list[i].key == condition->key &&
            dt_slice_eq(all->list[i].name, condition->name))
            return true;
    bool is_cookie = condition->key == DT_PERCENT_COOKIE;
    for (uint32_t i = 0; i < VALUES; i++) {
        size_t from = dt_out_len(out);
        if (is_cookie) {
            dt_out_put(out, condition->name);
            dt_out_char(out, '=');
        }
        size_t value = dt_out_len(out);
        dt_out_char(out, 'v');
        dt_out_uint(out, i);
        if (share_fits(maker, all, condition,
                       dt_slice_of(out->start + value, dt_out_len(out) - value)))
            return add_field(maker, is_cookie ? DT_S("Cookie") : condition->name,
                             dt_slice_of(out->start + from, dt_out_len(out) - from));
        out->pos = out->start + from;
    }
    return false;
}

/* ---- Time ---- */

/* Do all conditions on time hold? If not, *ret_next is a later moment that is worth a try. */
static bool time_fits(const struct dt_conditions *all, int64_t now, int64_t *ret_next)
{
    bool fits = true;
    *ret_next = now + 86400;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct dt_condition *condition = &all->list[i];
        int64_t changes = DT_TIME_MAX;
        bool on = true;
        if (condition->kind == DT_CONDITION_TIME)
            on = now >= condition->from && now < condition->until;
        else if (condition->kind == DT_CONDITION_WINDOW)
            on = dt_window_on(condition->days, condition->ranges, condition->count, condition->zone,
                              now, &changes) != condition->negated;
        if (!on && changes < *ret_next && changes > now)
            *ret_next = changes;
        fits &= on;
    }
    return fits;
}

static bool moment(const struct dt_witness_maker *maker, const struct dt_conditions *all,
                   struct dt_request *request)
{
    int64_t at = maker->now, next;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct dt_condition *condition = &all->list[i];
        if (condition->kind != DT_CONDITION_TIME)
            continue;
        if (at < condition->from)
            at = condition->from;
        if (at >= condition->until) /* it is over: when it began, or shortly before the end */
            at = condition->from != DT_TIME_MIN ? condition->from
                                                : condition->until - (int64_t)14 * 86400;
    }
    for (unsigned step = 0; step < STEPS; step++, at = next) {
        request->now = at;
        if (time_fits(all, at, &next))
            return true;
    }
    return false;
}

/* ---- The path, which is there already ---- */

static bool path_fits(const struct dt_condition *condition, struct dt_slice path)
{
    for (unsigned i = 0; i < condition->count; i++)
        if (dt_glob_match(condition->texts[i], path, false))
            return !condition->negated;
    return condition->negated;
}

bool dt_witness_conditions(struct dt_witness_maker *maker, const struct dt_conditions *all,
                           struct dt_request *request)
{
    bool fine = true, wants_address = false;
    request->method = DT_S("GET");
    for (uint32_t i = 0; fine && i < all->count; i++) {
        const struct dt_condition *condition = &all->list[i];
        switch ((enum dt_condition_kind)condition->kind) {
        case DT_CONDITION_METHOD:
            if (!condition->negated || !opposite(all, condition))
                fine = method(condition, request);
            break;
        case DT_CONDITION_HEADER:
            fine = header(maker, all, condition);
            break;
        case DT_CONDITION_COOKIE:
            fine = cookie(maker, all, condition);
            break;
        case DT_CONDITION_LANG:
            fine = language(maker, all, condition);
            break;
        case DT_CONDITION_COUNTRY:
            fine = country(all, condition, request);
            break;
        case DT_CONDITION_REFERER:
            fine = referer(maker, condition);
            break;
        case DT_CONDITION_UA:
            fine = agent(maker, all, condition);
            break;
        case DT_CONDITION_PATH:
            fine = path_fits(condition, request->path);
            break;
        case DT_CONDITION_IP:
            wants_address = true;
            break;
        case DT_CONDITION_PERCENT:
            wants_address |= condition->key == DT_PERCENT_ADDRESS;
            fine = condition->key == DT_PERCENT_ADDRESS || share(maker, all, i);
            break;
        case DT_CONDITION_TIME:
        case DT_CONDITION_WINDOW:
            break;
        }
    }
    fine = fine && (!wants_address || address(maker, all, request)) && moment(maker, all, request);
    request->fields = maker->fields;
    request->nfields = (uint16_t)maker->nfields;
    return fine;
}
