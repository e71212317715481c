/* SPDX-License-Identifier: MIT
 *
 * One set of conditions as bytes, in the order in which they will be asked: what depends on the
 * least first. The path is the rule's own matter; the time makes no cache keep answers apart; a
 * field does; and what no field tells forbids caching altogether.
 */
#include "rules/cond/cond_read.h"
#include "rules/cond/cond_write.h"

static unsigned turn_of(const struct dt_condition *condition)
{
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_PATH:
        return 0;
    case DT_CONDITION_TIME:
        return 1;
    case DT_CONDITION_WINDOW:
        return 2;
    case DT_CONDITION_METHOD:
        return 3;
    case DT_CONDITION_HEADER:
        return 4;
    case DT_CONDITION_COOKIE:
        return 5;
    case DT_CONDITION_LANG:
        return 6;
    case DT_CONDITION_REFERER:
        return 7;
    case DT_CONDITION_UA:
        return 8;
    case DT_CONDITION_PERCENT:
        return condition->key == DT_PERCENT_ADDRESS ? 12 : 9;
    case DT_CONDITION_COUNTRY:
        return 10;
    case DT_CONDITION_IP:
        return 11;
    }
    return 12;
}
#define TURNS 13u

static void put_text(struct dt_cond_writer *w, struct dt_slice text)
{
    dt_cond_put_varint(w, text.len);
    dt_buf_put(&w->out, text);
}

static void put_texts(struct dt_cond_writer *w, const struct dt_condition *c)
{
    dt_cond_put_varint(w, c->count);
    for (size_t i = 0; i < c->count; i++)
        put_text(w, c->texts[i]);
}

static void put_ranges(struct dt_cond_writer *w, const struct dt_condition *c)
{
    dt_cond_put_varint(w, c->count);
    for (size_t i = 0; i < c->count; i++) {
        dt_cond_put(w, c->ranges[i].from, 2);
        dt_cond_put(w, c->ranges[i].to, 2);
    }
}

static void put_rivals(struct dt_cond_writer *w, const struct dt_condition *c)
{
    dt_cond_put_varint(w, c->nrivals);
    for (size_t i = 0; i < c->nrivals; i++) {
        bool own = false;
        for (size_t t = 0; t < c->count; t++)
            own |= dt_slice_eq(c->rivals[i], c->texts[t]);
        dt_cond_put_varint(w, c->rivals[i].len * 2 + own);
        dt_buf_put(&w->out, c->rivals[i]);
    }
}

static void put_nets(struct dt_cond_writer *w, const struct dt_condition *c)
{
    for (unsigned v4 = 0; v4 < 2; v4++) {
        size_t count = 0, skip = v4 ? 12 : 0;
        for (size_t i = 0; i < c->count; i++)
            count += dt_net_is_v4(&c->nets[i]) == v4;
        dt_cond_put_varint(w, count);
        for (size_t i = 0; i < c->count; i++) {
            const struct dt_net *net = &c->nets[i];
            if (dt_net_is_v4(net) != v4)
                continue;
            dt_buf_put(&w->out, dt_slice_of((const char *)net->address + skip, 16 - skip));
            dt_cond_put(w, net->bits, 1);
        }
    }
}

static void put_percent(struct dt_cond_writer *w, const struct dt_condition *c)
{
    struct dt_slice key = w->plan->set->share_key;
    if (!key.len)
        key = DT_S("detour"); /* without @key */
    dt_cond_put(w, c->key, 1);
    dt_cond_put(w, dt_cond_field_number(w, c), 1);
    put_text(w, c->name);
    put_text(w, key);
    put_ranges(w, c);
}

static void put_condition(struct dt_cond_writer *w, const struct dt_condition *c)
{
    dt_cond_put(w, c->kind | (c->negated ? DT_COND_NEGATED : 0u), 1);
    if (dt_cond_field_name(c).len && c->kind != DT_CONDITION_PERCENT)
        dt_cond_put(w, dt_cond_field_number(w, c), 1);
    switch ((enum dt_condition_kind)c->kind) {
    case DT_CONDITION_HEADER:
    case DT_CONDITION_COOKIE:
        put_text(w, c->name);
        put_texts(w, c);
        break;
    case DT_CONDITION_METHOD:
    case DT_CONDITION_REFERER:
    case DT_CONDITION_UA:
    case DT_CONDITION_PATH:
        put_texts(w, c);
        break;
    case DT_CONDITION_LANG:
        put_rivals(w, c);
        break;
    case DT_CONDITION_COUNTRY:
        dt_cond_put_varint(w, c->count);
        for (size_t i = 0; i < c->count; i++)
            dt_buf_put(&w->out, c->texts[i]);
        break;
    case DT_CONDITION_IP:
        put_nets(w, c);
        break;
    case DT_CONDITION_TIME:
        dt_cond_put(w, (uint64_t)c->from, 8);
        dt_cond_put(w, (uint64_t)c->until, 8);
        break;
    case DT_CONDITION_WINDOW:
        dt_cond_put(w, c->days, 1);
        dt_cond_put(w, c->zone ? dt_cond_zone_ref(w, c->zone) : 0, 4);
        put_ranges(w, c);
        break;
    case DT_CONDITION_PERCENT:
        put_percent(w, c);
        break;
    }
}

void dt_cond_encode(struct dt_cond_writer *w, const struct dt_conditions *conditions)
{
    int64_t until = dt_cond_until(conditions);
    dt_cond_put(w, until == DT_TIME_MAX ? 0 : DT_COND_HAS_UNTIL, 1);
    if (until != DT_TIME_MAX)
        dt_cond_put(w, (uint64_t)until, 8);
    dt_cond_put(w, conditions->count, 1);
    for (unsigned turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < conditions->count; i++)
            if (turn_of(&conditions->list[i]) == turn)
                put_condition(w, &conditions->list[i]);
}
