/* SPDX-License-Identifier: MIT
 *
 * Conditions, from their words to their answers. The input is three texts with NUL between them:
 * what stands behind a target, line by line; the header fields of a request; and damage, as pairs
 * of a place (two bytes) and what is changed there. A section that was changed on its way answers
 * nothing or the truth; one that a liar wrote, with all its checks agreeing, may answer anything
 * but reads nothing that is not there.
 */
#include "../unit/test_rules_check.h"
#include "base/out.h"
#include "fuzz_zone_file.h"
#include "rules/cond/cond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RULES 64u
#define MAX_FIELDS 40u

struct world {
    struct dt_plan plan;
    struct dt_snapshot snapshot;
    unsigned char *section, *copy;
    size_t len;
    struct dt_field fields[MAX_FIELDS];
    struct dt_request requests[3];
    struct dt_cond_outcome right[MAX_RULES][3];
};

static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    (void)ctx;
    *ret_bytes = fuzz_zone_file();
    return dt_slice_eq(name, DT_S("Europe/Berlin")) ? DT_OK : DT_ERR_NOT_FOUND;
}

static struct dt_slice cut(struct dt_slice *rest, char at)
{
    const char *found = rest->len ? memchr(rest->ptr, at, rest->len) : NULL;
    struct dt_slice piece = dt_slice_of(rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len);
    *rest = dt_slice_from(*rest, piece.len + 1);
    return piece;
}

/* One request with all there is, one long ago with nothing, one in between. */
static void make_requests(struct world *w, struct dt_slice text)
{
    uint16_t count = 0;
    while (text.len && count < MAX_FIELDS) {
        struct dt_slice line = cut(&text, '\n');
        struct dt_slice name = cut(&line, ':');
        w->fields[count++] = (struct dt_field){name, line};
    }
    w->requests[0] = (struct dt_request){.method = DT_S("GET"),
                                         .path = DT_S("/a/b"),
                                         .has_address = true,
                                         .address = {[10] = 0xff, 0xff, 10, 1, 2, 3},
                                         .now = 1782900000,
                                         .country = DT_S("DE"),
                                         .country_field = DT_S("X-Country"),
                                         .fields = w->fields,
                                         .nfields = count};
    w->requests[1] = (struct dt_request){.method = DT_S("GET"), .path = DT_S("/"), .now = 1};
    w->requests[2] = w->requests[0];
    w->requests[2].method = DT_S("POST");
    w->requests[2].address[0] = 0x20;
    w->requests[2].now = INT64_C(9000000000);
    w->requests[2].country_field = DT_SLICE_NONE;
}

static bool ask(const struct world *w, size_t rule, size_t request, struct dt_cond_outcome *ret)
{
    uint32_t number = w->plan.set->rules[rule].conditions;
    char mem[256];
    struct dt_slice vary;
    if (!number ||
        !dt_cond_hold(&w->snapshot, w->plan.condition_refs[number], &w->requests[request], ret))
        return false;
    if (dt_cond_vary(&w->snapshot, ret->vary, w->requests[request].country_field, mem, sizeof mem,
                     &vary))
        RULES_CHECK(vary.len <= sizeof mem);
    return true;
}

/* All checks are made to agree again; blocks are where they were. */
static void seal(struct world *w)
{
    for (size_t at = 0; at + 8 <= w->len;) {
        uint32_t len, check;
        memcpy(&len, w->copy + at + 4, sizeof len);
        if (len > w->len - at - 8)
            return;
        memcpy(w->section + at + 4, &len, sizeof len);
        check = dt_snap_check(w->section + at + 4, 4 + (size_t)len, w->snapshot.seed,
                              dt_snap_place(DT_SECTION_CONDITIONS, at / 4));
        memcpy(w->section + at, &check, sizeof check);
        at += 8 + dt_align(len, 4);
        while (at + 8 <= w->len && !memcmp(w->copy + at, "\0\0\0\0", 4))
            at += 4; /* up to a multiple of 8 */
    }
}

static void apply(struct world *w, struct dt_slice damage)
{
    for (; damage.len >= 3; damage = dt_slice_from(damage, 3)) {
        size_t at = (size_t)((unsigned char)damage.ptr[0] | (unsigned char)damage.ptr[1] << 8);
        w->section[at % w->len] ^= (unsigned char)damage.ptr[2];
    }
}

static void ask_all(struct world *w, size_t count, struct dt_slice damage)
{
    struct dt_cond_outcome got;
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < 3; r++)
            RULES_CHECK(ask(w, i, r, &w->right[i][r]) || !w->plan.set->rules[i].conditions);
    if (damage.len < 3)
        return;
    apply(w, damage);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < 3; r++)
            if (ask(w, i, r, &got))
                RULES_CHECK(got.holds == w->right[i][r].holds && got.vary == w->right[i][r].vary &&
                            got.changes_at == w->right[i][r].changes_at);
    seal(w);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < 3; r++)
            (void)ask(w, i, r, &got);
}

static void compile(struct world *w, struct dt_ruleset *set, struct dt_slice damage)
{
    w->plan = (struct dt_plan){.set = set, .seed = 7};
    size_t count = set->count < MAX_RULES ? set->count : MAX_RULES;
    if (dt_plan_conditions(&w->plan) == DT_OK && w->plan.lens[DT_SECTION_CONDITIONS]) {
        w->len = (size_t)w->plan.lens[DT_SECTION_CONDITIONS];
        w->section = aligned_alloc(64, dt_align(w->len, 64));
        w->copy = malloc(w->len);
        if (w->section && w->copy) {
            dt_conditions_write(&w->plan, w->section);
            memcpy(w->copy, w->section, w->len);
            w->snapshot =
                (struct dt_snapshot){.seed = 7, .conditions = w->section, .conditions_len = w->len};
            ask_all(w, count, damage);
        }
        free(w->section);
        free(w->copy);
    }
    free(w->plan.condition_refs);
    free(w->plan.condition_section);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static char rules[64u << 10];
    struct dt_loader loader = {.zone = load_zone};
    if (size == 0 || size > sizeof rules)
        return 0;
    struct dt_slice rest = dt_slice_of((const char *)data, size);
    struct dt_slice lines = cut(&rest, 0), fields = cut(&rest, 0);
    struct dt_out out = dt_out_init(rules, sizeof rules);
    while (lines.len) {
        dt_out_put(&out, DT_S("/a/* /b "));
        dt_out_put(&out, cut(&lines, '\n'));
        dt_out_char(&out, '\n');
    }
    struct dt_ruleset *set = !out.overflow ? dt_ruleset_new(&loader) : NULL;
    if (!set)
        return 0;
    (void)!dt_ruleset_read(set, DT_S("fuzz"), dt_out_slice(&out), DT_FORMAT_NATIVE);
    rules_check(set);
    make_requests(&world, fields);
    compile(&world, set, rest);
    dt_ruleset_free(set);
    return 0;
}
