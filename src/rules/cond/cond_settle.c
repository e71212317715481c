/* SPDX-License-Identifier: MIT
 *
 * From the words of a line to the conditions of a rule. Some words are one condition together
 * (from= and until=, days= and hours=, all except=), tz= speaks of several, and @default's stand
 * where the line has none of its own. The list comes out in one order, so that rules that say the
 * same in another order have the same conditions.
 */
#include "rules/cond/cond_read.h"
#include "rules/read/reader.h"
#include "semantics/zone.h"
#include <stdlib.h>

struct draft {
    struct dt_reader *reader;
    const struct dt_options *options;
    struct dt_condition list[DT_LIMIT_CONDITIONS];
    size_t count;
    const struct dt_zone *zone;
    bool has_zone;
};

/* Those that count: @default's, when the line has its own, do not. */
static const struct dt_cond_item *next_item(const struct dt_options *options,
                                            const struct dt_cond_item *item, bool *own)
{
    item = item ? item->next : options->items;
    for (; item; item = item->next) {
        if (item == options->inherited)
            *own = false;
        if (*own || !(options->seen & dt_option_bit(item->option, item->condition.negated)))
            return item;
    }
    return NULL;
}

#define EACH_ITEM(item, options)                                                                   \
    bool own_ = true;                                                                              \
    for (const struct dt_cond_item *item = next_item(options, NULL, &own_); item;                  \
         item = next_item(options, item, &own_))

static const struct dt_cond_item *find_item(const struct dt_options *options, enum dt_option option)
{
    EACH_ITEM(item, options)
    if (item->option == option && !item->condition.negated)
        return item;
    return NULL;
}

/* Where an error about an item is told: at its words, when they are on this line. */
static struct dt_slice place_of(const struct dt_reader *reader, const struct dt_cond_item *item)
{
    return item->line == reader->line ? item->at : dt_reader_line_end(reader);
}

static bool add(struct draft *draft, const struct dt_condition *condition)
{
    if (draft->count == DT_LIMIT_CONDITIONS)
        return DT_REFUSE(draft->reader, dt_reader_line_end(draft->reader), "cond-many",
                         "more than %u conditions", DT_LIMIT_CONDITIONS);
    draft->list[draft->count++] = *condition;
    return true;
}

/* ---- from= and until= ---- */

static bool instant_of(struct draft *draft, const struct dt_cond_item *item, int64_t *ret)
{
    *ret = item->condition.from;
    if (!item->local)
        return true;
    if (!draft->has_zone)
        return DT_REFUSE(draft->reader, place_of(draft->reader, item), "cond-zone",
                         "a time without an offset: write Z behind it for UTC, or tz=");
    *ret = dt_zone_instant(draft->zone, *ret);
    return true;
}

static bool add_time(struct draft *draft)
{
    const struct dt_cond_item *from = find_item(draft->options, DT_OPTION_FROM);
    const struct dt_cond_item *until = find_item(draft->options, DT_OPTION_UNTIL);
    struct dt_condition time = {
        .kind = DT_CONDITION_TIME, .from = DT_TIME_MIN, .until = DT_TIME_MAX};
    if (!from && !until)
        return true;
    if ((from && !instant_of(draft, from, &time.from)) ||
        (until && !instant_of(draft, until, &time.until)))
        return false;
    if (time.from >= time.until)
        return DT_REFUSE(draft->reader, place_of(draft->reader, until), "cond-never",
                         "until= is not behind from=: that would never be");
    return add(draft, &time);
}

/* ---- days= and hours= ---- */

static bool add_windows(struct draft *draft)
{
    const struct dt_cond_item *days = find_item(draft->options, DT_OPTION_DAYS);
    const struct dt_cond_item *hours = find_item(draft->options, DT_OPTION_HOURS);
    if (days || hours) {
        struct dt_condition window = hours ? hours->condition : days->condition;
        window.days = days ? days->condition.days : window.days;
        window.zone = draft->zone;
        if (!add(draft, &window))
            return false;
    }
    EACH_ITEM(item, draft->options)
    {
        struct dt_condition window = item->condition;
        window.zone = draft->zone;
        if (window.kind == DT_CONDITION_WINDOW && window.negated && !add(draft, &window))
            return false;
    }
    return true;
}

/* ---- except= ---- */

static bool add_exceptions(struct draft *draft)
{
    size_t npaths = 0, nnets = 0;
    {
        EACH_ITEM(item, draft->options)
        {
            bool except = item->option == DT_OPTION_EXCEPT;
            npaths += except ? item->condition.count : 0;
            nnets += except ? item->nnets : 0;
        }
    }
    if (npaths + nnets == 0)
        return true;
    struct dt_arena *arena = &draft->reader->set->arena;
    struct dt_slice *paths = dt_arena_alloc(arena, npaths * sizeof *paths);
    struct dt_net *nets = dt_arena_alloc(arena, nnets * sizeof *nets);
    if (!paths || !nets)
        return dt_reader_nomem(draft->reader);
    npaths = nnets = 0;
    EACH_ITEM(item, draft->options)
    {
        if (item->option != DT_OPTION_EXCEPT)
            continue;
        for (size_t i = 0; i < item->condition.count; i++)
            paths[npaths++] = item->condition.texts[i];
        for (size_t i = 0; i < item->nnets; i++)
            nets[nnets++] = item->nets[i];
    }
    npaths = dt_cond_sort_texts(paths, npaths);
    nnets = dt_cond_sort_nets(nets, nnets);
    if (npaths > UINT16_MAX || nnets > UINT16_MAX)
        return DT_REFUSE(draft->reader, dt_reader_line_end(draft->reader), "cond-many",
                         "too many exceptions");
    struct dt_condition path = {
        .kind = DT_CONDITION_PATH, .negated = true, .count = (uint16_t)npaths, .texts = paths};
    struct dt_condition net = {
        .kind = DT_CONDITION_IP, .negated = true, .count = (uint16_t)nnets, .nets = nets};
    return (!npaths || add(draft, &path)) && (!nnets || add(draft, &net));
}

/* ---- All ---- */

static bool stands_alone(const struct dt_cond_item *item)
{
    return item->option != DT_OPTION_TZ && item->option != DT_OPTION_EXCEPT &&
           item->condition.kind != DT_CONDITION_TIME && item->condition.kind != DT_CONDITION_WINDOW;
}

static int compare(const void *a, const void *b)
{
    return dt_condition_cmp(a, b);
}

static bool finish(struct draft *draft, struct dt_conditions *ret)
{
    size_t kept = 0;
    qsort(draft->list, draft->count, sizeof *draft->list, compare);
    for (size_t i = 0; i < draft->count; i++)
        if (kept == 0 || dt_condition_cmp(&draft->list[kept - 1], &draft->list[i]))
            draft->list[kept++] = draft->list[i];
    struct dt_condition *list = dt_arena_alloc(&draft->reader->set->arena, kept * sizeof *list);
    if (!list)
        return dt_reader_nomem(draft->reader);
    memcpy(list, draft->list, kept * sizeof *list);
    *ret = (struct dt_conditions){list, (uint32_t)kept};
    return true;
}

bool dt_cond_settle(struct dt_reader *reader, struct dt_options *options)
{
    struct draft draft; /* its list is long, and nearly always short */
    const struct dt_cond_item *zone = find_item(options, DT_OPTION_TZ);
    options->conditions = (struct dt_conditions){NULL, 0};
    draft.reader = reader;
    draft.options = options;
    draft.count = 0;
    draft.zone = zone ? zone->condition.zone : NULL;
    draft.has_zone = zone != NULL;
    EACH_ITEM(item, options)
    if (stands_alone(item) && !add(&draft, &item->condition))
        return false;
    if (!add_time(&draft) || !add_windows(&draft) || !add_exceptions(&draft))
        return false;
    return draft.count == 0 || finish(&draft, &options->conditions);
}

bool dt_cond_exempt(struct dt_reader *reader, struct dt_options *options, struct dt_slice path)
{
    struct dt_arena *arena = &reader->set->arena;
    struct dt_cond_item *item = dt_arena_alloc(arena, sizeof *item);
    struct dt_slice *text = dt_arena_alloc(arena, sizeof *text);
    if (!item || !text)
        return dt_reader_nomem(reader);
    *text = path;
    *item = (struct dt_cond_item){
        .next = options->items,
        .condition = {.kind = DT_CONDITION_PATH, .texts = text, .count = 1},
        .line = reader->line,
        .option = DT_OPTION_EXCEPT,
    };
    options->items = item;
    return dt_cond_settle(reader, options);
}

bool dt_cond_uses_zone(const struct dt_options *options)
{
    EACH_ITEM(item, options)
    if (item->local ||
        (item->condition.kind == DT_CONDITION_WINDOW && item->option != DT_OPTION_TZ))
        return true;
    return false;
}

int64_t dt_cond_until(const struct dt_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->list[i].kind == DT_CONDITION_TIME)
            return conditions->list[i].until;
    return DT_TIME_MAX;
}
