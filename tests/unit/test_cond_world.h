/* SPDX-License-Identifier: MIT
 *
 * A rule set with its section of conditions as the compiler makes it, requests written as text, and
 * what asking one comes to, as text too.
 */
#ifndef DT_TEST_COND_WORLD_H
#define DT_TEST_COND_WORLD_H

#include "rules/cond/cond.h"
#include "semantics/network.h"
#include "test_rules_dump.h"

#define SEED UINT64_C(0x5eed)

/* ---- A small world: rules, and their section of conditions ---- */

struct world {
    struct dt_ruleset *set;
    struct dt_plan plan;
    unsigned char *section;
    struct dt_snapshot snapshot;
};

/* From the machine's own zones; what was read is freed at the end of the tests. */
static struct dt_buf zone_files[64];
static size_t zone_file_count;

static inline enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    char path[128];
    (void)ctx;
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", DT_SLICE_FMT(name));
    FILE *file = fopen(path, "rb");
    if (!file || zone_file_count == sizeof zone_files / sizeof *zone_files)
        return DT_ERR_NOT_FOUND;
    struct dt_buf *buf = &zone_files[zone_file_count++];
    dt_buf_init(buf, 1u << 20);
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        dt_buf_char(buf, (char)c);
    (void)fclose(file);
    *ret_bytes = dt_buf_slice(buf);
    return DT_OK;
}

static inline int free_zones(void **state)
{
    (void)state;
    while (zone_file_count)
        dt_buf_release(&zone_files[--zone_file_count]);
    return 0;
}

static inline bool has_zones(void)
{
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
    if (file)
        (void)fclose(file);
    else
        print_message("no /usr/share/zoneinfo here: skipped\n");
    return file != NULL;
}

static inline void world_compile(struct world *w, uint64_t seed)
{
    size_t len;
    w->plan = (struct dt_plan){.set = w->set, .seed = seed, .count = (uint32_t)w->set->count};
    assert_int_equal(dt_plan_conditions(&w->plan), DT_OK);
    len = w->plan.lens[DT_SECTION_CONDITIONS];
    w->section = aligned_alloc(64, dt_align(len + 1, 64));
    assert_non_null(w->section);
    if (len)
        dt_conditions_write(&w->plan, w->section);
    w->snapshot =
        (struct dt_snapshot){.seed = seed, .conditions = w->section, .conditions_len = len};
}

static inline void world_forget(struct world *w)
{
    free(w->plan.condition_refs);
    free(w->plan.condition_section);
    free(w->section);
}

static inline void world_read(struct world *w, struct dt_slice text)
{
    static const struct dt_loader loader = {.zone = load_zone};
    w->set = dt_ruleset_new(&loader);
    assert_non_null(w->set);
    if (dt_ruleset_read(w->set, DT_S("t"), text, DT_FORMAT_NATIVE)) {
        for (size_t i = 0; i < dt_ruleset_diag_count(w->set); i++)
            print_error("%.*s\n", DT_SLICE_FMT(dt_ruleset_diag(w->set, i)->message));
        fail();
    }
    world_compile(w, SEED);
}

static inline void world_free(struct world *w)
{
    world_forget(w);
    dt_ruleset_free(w->set);
}

static inline bool hold(const struct world *w, size_t rule, const struct dt_request *request,
                        struct dt_cond_outcome *ret)
{
    uint32_t number = w->set->rules[rule].conditions;
    return dt_cond_hold(&w->snapshot, w->plan.condition_refs[number], request, ret);
}

/* ---- Requests as text ---- */

struct asked {
    struct dt_request request;
    struct dt_field fields[64];
};

/* "GET /path ip=192.0.2.1 at=2026-12-01T00:00Z country=DE from=X-Country", then lines of fields. */
static inline void ask(struct asked *asked, const char *text)
{
    struct dt_slice rest = dt_slice_str(text);
    *asked = (struct asked){.request = {.method = DT_S("GET"), .path = DT_S("/")}};
    for (unsigned line = 0; rest.len; line++) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        size_t len = newline ? (size_t)(newline - rest.ptr) : rest.len;
        struct dt_slice s = dt_slice_of(rest.ptr, len);
        rest = dt_slice_from(rest, len + 1);
        const char *colon = line ? memchr(s.ptr, ':', s.len) : NULL;
        if (colon) {
            size_t name = (size_t)(colon - s.ptr);
            asked->fields[asked->request.nfields++] =
                (struct dt_field){dt_slice_of(s.ptr, name), dt_slice_from(s, name + 2)};
        }
        while (!line && s.len) {
            const char *blank = memchr(s.ptr, ' ', s.len);
            struct dt_slice word = dt_slice_of(s.ptr, blank ? (size_t)(blank - s.ptr) : s.len);
            const char *why;
            bool local;
            s = dt_slice_from(s, word.len + 1);
            if (dt_slice_starts(word, DT_S("ip="))) {
                assert_int_equal(dt_address_parse(dt_slice_from(word, 3), asked->request.address),
                                 DT_OK);
                asked->request.has_address = true;
            } else if (dt_slice_starts(word, DT_S("at="))) {
                assert_int_equal(
                    dt_civil_parse(dt_slice_from(word, 3), &asked->request.now, &local, &why),
                    DT_OK);
            } else if (dt_slice_starts(word, DT_S("country="))) {
                asked->request.country = dt_slice_from(word, 8);
            } else if (dt_slice_starts(word, DT_S("from="))) {
                asked->request.country_field = dt_slice_from(word, 5);
            } else if (word.len && word.ptr[0] == '/') {
                asked->request.path = word;
            } else if (word.len) {
                asked->request.method = word;
            }
        }
    }
    asked->request.fields = asked->fields;
}

/* "yes" or "no", then what it depended on: " Cookie", " @2026-...". */
static inline void describe(const struct world *w, const struct asked *asked,
                            const struct dt_cond_outcome *outcome, struct dt_buf *out)
{
    char mem[256];
    struct dt_slice vary;
    assert_true(dt_cond_vary(&w->snapshot, outcome->vary, asked->request.country_field, mem,
                             sizeof mem, &vary));
    dt_buf_str(out, outcome->holds ? "yes" : "no");
    if (vary.len)
        dt_buf_printf(out, " %.*s", DT_SLICE_FMT(vary));
    if (outcome->changes_at != DT_TIME_MAX) {
        dt_buf_str(out, " @");
        cond_dump_time(out, outcome->changes_at);
    }
}

struct eval_case {
    const char *options;
    const char *request;
    const char *want;
};

static inline void run(const struct eval_case *cases, size_t count)
{
    struct asked asked;
    for (size_t i = 0; i < count; i++) {
        struct world w;
        struct dt_cond_outcome outcome;
        struct dt_buf text, got;
        dt_buf_init(&text, 1u << 16);
        dt_buf_init(&got, 1u << 16);
        dt_buf_printf(&text, "/a/* /b %s", cases[i].options);
        world_read(&w, dt_buf_slice(&text));
        ask(&asked, cases[i].request);
        assert_true(hold(&w, 0, &asked.request, &outcome));
        describe(&w, &asked, &outcome, &got);
        if (!dt_slice_eq(dt_buf_slice(&got), dt_slice_str(cases[i].want))) {
            print_error("%s\n%s\nwanted: %s\ngot:    %.*s\n", cases[i].options, cases[i].request,
                        cases[i].want, DT_SLICE_FMT(dt_buf_slice(&got)));
            fail();
        }
        dt_buf_release(&text);
        dt_buf_release(&got);
        world_free(&w);
    }
}

#define RUN(cases) run(cases, sizeof(cases) / sizeof *(cases))

#endif
