/* SPDX-License-Identifier: MIT
 *
 * The section of conditions: zones in spans, shares that stay what they are, rivals, numbers of
 * fields, and what comes of it all when a byte is changed.
 */
#include "test_cond_world.h"

#include "semantics/window.h"
#include "semantics/zone.h"

/* A section keeps zones in spans; the answers are those of the whole zone, at any moment. */
static void spans_are_the_zone(void **state)
{
    static const char *const zones[] = {"Europe/Berlin",     "America/New_York",
                                        "Africa/Casablanca", "Australia/Lord_Howe",
                                        "Pacific/Apia",      "Asia/Kathmandu"};
    uint64_t random = 1;
    (void)state;
    if (!has_zones())
        return;
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        struct world w;
        char text[128];
        int len =
            snprintf(text, sizeof text, "/a /b days=mon-fri hours=22:30-6,9-17 tz=%s", zones[z]);
        world_read(&w, dt_slice_of(text, (size_t)len));
        const struct dt_condition *c =
            &dt_ruleset_conditions(w.set, w.set->rules[0].conditions)->list[0];
        for (unsigned i = 0; i < 40000; i++) {
            struct dt_request request = {0};
            struct dt_cond_outcome outcome;
            int64_t changes;
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            request.now = (int64_t)((random >> 20) % UINT64_C(7400000000)) + 1;
            if (i < 1000 && c->zone->count) /* and at the changes themselves */
                request.now = c->zone->since[i / 2 % c->zone->count] - (int64_t)(i % 2);
            if (request.now <= 0)
                continue;
            bool on = dt_window_on(c->days, c->ranges, c->count, c->zone, request.now, &changes);
            assert_true(hold(&w, 0, &request, &outcome));
            assert_int_equal(outcome.holds, on);
            assert_int_equal(outcome.changes_at, changes);
        }
        world_free(&w);
    }
}

/* ---- Shares ---- */

static const struct eval_case percent_cases[] = {
    {"percent=100", "GET ip=192.0.2.1", "yes *"},
    {"percent=0", "GET ip=192.0.2.1", "no *"},
    {"!percent=0", "GET ip=192.0.2.1", "yes *"},
    {"percent=100", "GET", "no *"},
    {"!percent=100", "GET", "no *"},
    {"percent=100:cookie:uid", "GET\nCookie: uid=7", "yes Cookie"},
    {"percent=100:cookie:uid", "GET ip=::1\nCookie: id=7", "yes *"},
    {"percent=100:cookie:uid", "GET ip=::1\nCookie: uid=", "yes *"},
    {"percent=100:cookie:uid", "GET", "no *"},
    {"!percent=100:header:X-Id", "GET\nx-id: 7", "no X-Id"},
    {"percent=100:header:X-Id", "GET ip=::1", "yes *"},
};

static unsigned ask_share(const struct world *w, size_t rule, unsigned client)
{
    struct dt_request request = {.has_address = true};
    struct dt_cond_outcome outcome;
    memcpy(request.address + 12, &client, sizeof client);
    assert_true(hold(w, rule, &request, &outcome));
    return outcome.holds;
}

static void shares(void **state)
{
    enum { CLIENTS = 20000 };
    static unsigned char first[CLIENTS];
    struct world w;
    unsigned tenth = 0, differ = 0;
    (void)state;
    RUN(percent_cases);
    world_read(&w, DT_S("/a /b percent=10\n/a /b !percent=10\n/a /b percent=0-30,60-65\n"
                        "/a /b percent=30-60,65-100"));
    for (unsigned i = 0; i < CLIENTS; i++) {
        first[i] = (unsigned char)ask_share(&w, 0, i);
        tenth += first[i];
        assert_int_equal(ask_share(&w, 1, i), !first[i]);
        assert_int_equal(ask_share(&w, 2, i), !ask_share(&w, 3, i));
    }
    assert_in_range(tenth, CLIENTS / 10 - CLIENTS / 100, CLIENTS / 10 + CLIENTS / 100);
    world_forget(&w);
    world_compile(&w, ~SEED); /* another snapshot picks the same clients */
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(ask_share(&w, 0, i), first[i]);
    world_free(&w);
    world_read(&w, DT_S("/a /b percent=10\n@key other")); /* another key picks others */
    for (unsigned i = 0; i < CLIENTS; i++)
        differ += ask_share(&w, 0, i) != first[i];
    assert_in_range(differ, CLIENTS / 10, CLIENTS / 4);
    world_free(&w);
}

/* ---- Languages: rules of one source are rivals ---- */

static const char *choice(const struct world *w, const char *accept)
{
    static char chosen[8];
    char text[128];
    struct asked asked;
    struct dt_cond_outcome outcome;
    (void)snprintf(text, sizeof text, "GET\nAccept-Language: %s", accept);
    ask(&asked, text);
    memset(chosen, 0, sizeof chosen);
    for (size_t i = 0; i < w->set->count; i++) {
        assert_true(hold(w, i, &asked.request, &outcome));
        chosen[i] = outcome.holds ? 'y' : 'n';
    }
    return chosen;
}

static void rivals(void **state)
{
    struct world w;
    (void)state;
    world_read(&w, DT_S("/a /1 lang=de\n/a /2 lang=en,fr\n/b /3 lang=de\n/a?x /4 lang=de\n"
                        "/a /5 !lang=de method=GET\n/a /6 lang=it case=ignore"));
    assert_string_equal(choice(&w, "de, en;q=0.9"), "ynyynn");
    assert_string_equal(choice(&w, "en, de;q=0.9"), "nyyyyn");
    assert_string_equal(choice(&w, "fr;q=0.3, de;q=0.2"), "nyyyyn");
    assert_string_equal(choice(&w, "it"), "nnnnyy");
    assert_string_equal(choice(&w, "*"), "ynyyny"); /* the first in the file */
    size_t sets = dt_ruleset_conditions_count(w.set);
    world_forget(&w);
    world_compile(&w, SEED + 1); /* again: nothing new */
    assert_int_equal(dt_ruleset_conditions_count(w.set), sets);
    assert_string_equal(choice(&w, "en, de;q=0.9"), "nyyyyn");
    world_free(&w);
}

static void too_many_rivals(void **state)
{
    struct dt_buf text;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    (void)state;
    dt_buf_init(&text, 1u << 20);
    for (unsigned i = 0; i < 300; i++)
        dt_buf_printf(&text, "/a /b lang=x-%u\n", i);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_buf_slice(&text), DT_FORMAT_NATIVE), DT_OK);
    struct dt_plan plan = {.set = set, .seed = SEED, .count = 300};
    assert_int_equal(dt_plan_conditions(&plan), DT_ERR_LIMIT);
    assert_string_equal(dt_ruleset_diag(set, 0)->name, "cond-many");
    assert_int_equal(dt_ruleset_diag(set, 0)->line, 256);
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

/* ---- Vary, needs ---- */

static const char *vary_of(const struct world *w, uint32_t vary, const char *country)
{
    static char mem[4096];
    struct dt_slice text;
    assert_true(
        dt_cond_vary(&w->snapshot, vary, dt_slice_str(country), mem, sizeof mem - 1, &text));
    mem[text.len] = 0;
    assert_true(text.len == 0 || text.ptr == mem);
    return mem;
}

static void vary(void **state)
{
    struct world w;
    char mem[8];
    struct dt_slice text;
    (void)state;
    world_read(&w, DT_S("/a /b header=x-LOWER header=X-Lower:2 lang=de\n/a /b ua=x cookie=a "
                        "referer=b percent=1:header:DNT"));
    const char all[] = "Accept-Language, Cookie, DNT, Referer, User-Agent, x-LOWER";
    assert_string_equal(vary_of(&w, 0, ""), "");
    assert_string_equal(vary_of(&w, 0x3f, ""), all);
    assert_string_equal(vary_of(&w, 0x12, ""), "Cookie, User-Agent");
    assert_string_equal(vary_of(&w, 0x12 | DT_VARY_COUNTRY, "CF-IPCountry"),
                        "CF-IPCountry, Cookie, User-Agent");
    assert_string_equal(vary_of(&w, 0x12 | DT_VARY_COUNTRY, "X-Country"),
                        "Cookie, User-Agent, X-Country");
    assert_string_equal(vary_of(&w, 0x02 | DT_VARY_COUNTRY, "cookie"), "Cookie");
    assert_string_equal(vary_of(&w, 0x02 | DT_VARY_COUNTRY, "DNT"), "Cookie, DNT");
    assert_string_equal(vary_of(&w, DT_VARY_COUNTRY, "X-Country"), "X-Country");
    assert_string_equal(vary_of(&w, 0x02 | DT_VARY_COUNTRY, ""), "*");
    assert_string_equal(vary_of(&w, 0x02 | DT_VARY_ANY, "X-Country"), "*");
    /* what does not fit is any */
    assert_true(dt_cond_vary(&w.snapshot, 0x3f, DT_SLICE_NONE, mem, sizeof mem, &text));
    assert_true(dt_slice_eq(text, DT_S("*")));
    assert_false(dt_cond_vary(&w.snapshot, 0x3f, DT_SLICE_NONE, mem, 0, &text));
    /* a field that there is not */
    assert_false(dt_cond_vary(&w.snapshot, 0x40, DT_SLICE_NONE, mem, sizeof mem, &text));
    world_free(&w);
}

static void more_fields_than_numbers(void **state)
{
    struct world w;
    struct dt_buf rules;
    (void)state;
    dt_buf_init(&rules, 1u << 16);
    for (unsigned i = 0; i < 40; i++)
        dt_buf_printf(&rules, "/a%u /b header=F%02u:x\n", i, i);
    world_read(&w, dt_buf_slice(&rules));
    for (unsigned i = 0; i < 40; i++) {
        char text[32], want[8];
        struct asked asked;
        struct dt_cond_outcome outcome;
        (void)snprintf(text, sizeof text, "GET\nf%02u: x", i);
        (void)snprintf(want, sizeof want, "F%02u", i);
        ask(&asked, text);
        assert_true(hold(&w, i, &asked.request, &outcome));
        assert_true(outcome.holds);
        assert_string_equal(vary_of(&w, outcome.vary, ""), i < 30 ? want : "*");
        assert_int_equal(outcome.vary, i < 30 ? UINT32_C(1) << i : DT_VARY_ANY);
    }
    world_free(&w);
    dt_buf_release(&rules);
}

static void needs(void **state)
{
    static const struct {
        const char *options;
        uint32_t needs;
    } cases[] = {
        {"", 0},
        {"method=GET", 0},
        {"except=/x", 0},
        {"header=A", DT_NEED_FIELDS},
        {"lang=de", DT_NEED_FIELDS},
        {"percent=5", DT_NEED_ADDRESS},
        {"percent=5:cookie:a", DT_NEED_FIELDS | DT_NEED_ADDRESS},
        {"ip=::1", DT_NEED_ADDRESS},
        {"country=DE", DT_NEED_COUNTRY},
        {"from=2026-01-01T00:00Z", DT_NEED_TIME},
        {"days=mon referer=x", DT_NEED_TIME | DT_NEED_FIELDS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        char text[64];
        int len = snprintf(text, sizeof text, "/a /b %s", cases[i].options);
        world_read(&w, dt_slice_of(text, (size_t)len));
        assert_int_equal(w.plan.needs, cases[i].needs);
        assert_int_equal(w.snapshot.conditions_len > 0, i > 0);
        world_free(&w);
    }
}

/* ---- Damage ---- */

static const char damage_rules[] =
    "/a /b header=A:x,y* cookie=c:1 !lang=de,en ua=bot,*x* referer=a.example,https://b.example/*\n"
    "/a /b ip=10.0.0.0/8,2001:db8::/32 country=DE percent=0-50:cookie:uid except=/x,/y/*\n"
    "/a /b from=2026-01-01T00:00Z until=2027-01-01T00:00Z days=mon-fri hours=22-6,9-17\n"
    "/a /b method=GET !header=B\n";

/* Each byte is changed, a bit and all bits: what comes out is nothing, or what came out before. */
static void damage(void **state)
{
    struct world w;
    struct asked asked[2];
    struct dt_cond_outcome want[2][5];
    size_t count = has_zones() ? 5 : 4;
    struct dt_buf rules;
    (void)state;
    dt_buf_init(&rules, 1u << 16);
    dt_buf_str(&rules, damage_rules);
    dt_buf_str(&rules, count == 5 ? "/a /b hours=9-17 tz=Europe/Berlin\n" : "");
    world_read(&w, dt_buf_slice(&rules));
    ask(&asked[0], "GET /z ip=10.1.2.3 country=DE at=2026-07-01T10:00Z\nA: yz\nCookie: c=1; uid=9\n"
                   "Accept-Language: fr\nUser-Agent: Bot\nReferer: https://b.example/q");
    ask(&asked[1], "POST /y/1 at=2026-07-04T03:00Z\nB: 1");
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < count; i++)
            assert_true(hold(&w, i, &asked[r].request, &want[r][i]));
    assert_true(want[0][0].holds);
    size_t refused = 0;
    for (size_t at = 0; at < 2 * w.snapshot.conditions_len; at++) {
        unsigned char flip = (unsigned char)(at % 2 ? 0xffu : 1u << at / 2 % 8);
        w.section[at / 2] ^= flip;
        for (size_t r = 0; r < 2; r++) {
            for (size_t i = 0; i < count; i++) {
                struct dt_cond_outcome got;
                char mem[256];
                struct dt_slice text;
                if (!hold(&w, i, &asked[r].request, &got)) {
                    refused++;
                    continue;
                }
                assert_int_equal(got.holds, want[r][i].holds);
                assert_int_equal(got.vary, want[r][i].vary);
                assert_int_equal(got.changes_at, want[r][i].changes_at);
                assert_int_equal(got.until, want[r][i].until);
                (void)dt_cond_vary(&w.snapshot, got.vary, DT_SLICE_NONE, mem, sizeof mem, &text);
            }
        }
        w.section[at / 2] ^= flip;
    }
    assert_true(refused > 100);
    struct dt_cond_outcome unused;
    const uint64_t wild[] = {0, 1, UINT32_MAX, UINT64_MAX, w.snapshot.conditions_len / 4};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        assert_false(dt_cond_hold(&w.snapshot, wild[i], &asked[0].request, &unused));
    world_free(&w);
    dt_buf_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_the_zone),
        cmocka_unit_test(shares),
        cmocka_unit_test(rivals),
        cmocka_unit_test(too_many_rivals),
        cmocka_unit_test(vary),
        cmocka_unit_test(more_fields_than_numbers),
        cmocka_unit_test(needs),
        cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests_name("rules: the section of conditions", tests, NULL, free_zones);
}
