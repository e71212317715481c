/* SPDX-License-Identifier: MIT
 *
 * A client that fulfils conditions: the plainest value for each that must hold, something else for
 * each that must not. What excludes itself is found by asking the result again.
 */
#include "rules/witness/witness_priv.h"

#include "rules/cond/cond_ask.h"
#include "semantics/glob.h"
#include "semantics/lang.h"
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

static bool method(const struct dt_conditions *all, const struct dt_condition *condition,
                   struct dt_request *request)
{
    static const char *const methods[] = {"GET",     "POST",  "HEAD",  "PUT",  "DELETE",
                                          "OPTIONS", "PATCH", "QUERY", "LOCK", "UNLOCK"};
    const struct dt_condition *not = opposite(all, condition);
    if (condition->negated && not )
        return true; /* the other chooses */
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        request->method = dt_slice_str(methods[i]);
        if (in_texts(condition, request->method) != condition->negated &&
            !(not &&in_texts(not, request->method)))
            return true;
    }
    for (unsigned i = 0; !condition->negated && i < condition->count; i++) {
        request->method = condition->texts[i];
        if (!not || !in_texts(not, request->method))
            return true;
    }
    return false;
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

/* Does a client that sends this field choose one of the condition's own languages? */
static bool chooses(const struct dt_condition *condition, struct dt_slice field)
{
    const struct dt_slice *offers = condition->nrivals ? condition->rivals : condition->texts;
    size_t count = condition->nrivals ? condition->nrivals : condition->count;
    int choice = dt_lang_choose(&field, 1, offers, count);
    return choice >= 0 && in_texts(condition, offers[choice]);
}

/* "en" is a client of en-GB too, when that is offered: then the others are said not to be wanted.
 */
static struct dt_slice choose(struct dt_witness_maker *maker, const struct dt_condition *condition,
                              struct dt_slice tag)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    dt_out_put(out, tag);
    for (unsigned i = 0; i < condition->nrivals; i++) {
        if (in_texts(condition, condition->rivals[i]))
            continue;
        dt_out_put(out, DT_S(", "));
        dt_out_put(out, condition->rivals[i]);
        dt_out_put(out, DT_S(";q=0"));
    }
    return dt_slice_of(out->start + from, dt_out_len(out) - from);
}

/* A client that sends no field chooses none. */
static bool language(struct dt_witness_maker *maker, const struct dt_conditions *all,
                     const struct dt_condition *condition)
{
    const struct dt_condition *not = opposite(all, condition);
    for (unsigned i = 0; !condition->negated && i < condition->count; i++) {
        struct dt_slice field = condition->texts[i];
        if (!chooses(condition, field))
            field = choose(maker, condition, field);
        if (chooses(condition, field) && !(not &&chooses(not, field)))
            return add_field(maker, DT_S("Accept-Language"), field);
    }
    return condition->negated;
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

/* A page on such a host, or with such a URL. */
static struct dt_slice page(struct dt_witness_maker *maker, struct dt_slice text)
{
    bool url = memmem(text.ptr, text.len, "://", 3) != NULL;
    if (dt_slice_starts(text, DT_S("//")))
        return fill(maker, "https:", text);
    if (url || memchr(text.ptr, '/', text.len))
        return fill(maker, url ? "" : "https://", text);
    struct dt_slice value =
        fill(maker, "https://", text.ptr[0] == '.' ? dt_slice_from(text, 1) : text);
    dt_out_char(&maker->out, '/');
    value.len++;
    return value;
}

static bool referer(struct dt_witness_maker *maker, const struct dt_conditions *all,
                    const struct dt_condition *condition)
{
    const struct dt_condition *not = opposite(all, condition);
    if (condition->negated)
        return true; /* it is not sent, or the other says it */
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice value = page(maker, condition->texts[i]);
        bool barred = false;
        for (unsigned n = 0; not &&n < not ->count; n++)
            barred |= dt_referer_is(not ->texts[n], value);
        if (!barred && dt_referer_is(condition->texts[i], value))
            return add_field(maker, DT_S("Referer"), value);
    }
    return false;
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

/* The value by which a share is told, when the client sends one; empty: by its address then. */
static struct dt_slice sent(const struct dt_witness_maker *maker, const struct dt_condition *share)
{
    for (unsigned i = 0; i < maker->nfields; i++) {
        const struct dt_field *field = &maker->fields[i];
        if (share->key == DT_PERCENT_HEADER && dt_slice_eq_nocase(field->name, share->name))
            return field->value;
        if (share->key == DT_PERCENT_COOKIE && dt_slice_eq(field->name, DT_S("Cookie")) &&
            dt_slice_starts(field->value, share->name) && field->value.len > share->name.len &&
            field->value.ptr[share->name.len] == '=')
            return dt_slice_from(field->value, share->name.len + 1);
    }
    return DT_SLICE_NONE;
}

static bool is_by_address(const struct dt_witness_maker *maker, const struct dt_condition *share)
{
    return share->key == DT_PERCENT_ADDRESS || sent(maker, share).len == 0;
}

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
        } else if (condition->kind == DT_CONDITION_PERCENT && is_by_address(maker, condition)) {
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
    struct dt_slice there = sent(maker, condition);
    if (there.len)
        return share_fits(maker, all, condition, there);
    for (uint32_t i = 0; i < at; i++) /* what must not be sent: the address is looked at */
        if (all->list[i].kind ==
                (condition->key == DT_PERCENT_COOKIE ? DT_CONDITION_COOKIE : DT_CONDITION_HEADER) &&
            all->list[i].negated && dt_slice_eq(all->list[i].name, condition->name))
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

/* "/dir/" and a star take in "/dir" too. */
static bool covers(struct dt_slice text, struct dt_slice path)
{
    if (text.ptr[text.len - 1] != '*')
        return dt_slice_eq(text, path);
    text.len -= 2;
    return dt_slice_starts(path, text) && (path.len == text.len || path.ptr[text.len] == '/');
}

static bool path_fits(const struct dt_condition *condition, struct dt_slice path)
{
    for (unsigned i = 0; i < condition->count; i++)
        if (covers(condition->texts[i], path))
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
            fine = method(all, condition, request);
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
            fine = referer(maker, all, condition);
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
            fine = condition->key == DT_PERCENT_ADDRESS || share(maker, all, i);
            wants_address |= is_by_address(maker, condition);
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
