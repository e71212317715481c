/* SPDX-License-Identifier: MIT
 * See prop_engine.h. */
#include "prop_engine.h"
#include "generate.h"

#include <arpa/inet.h>
#include <detour/uri.h>

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    *ret_text = DT_S(PAGE_TEXT);
    return dt_slice_eq(name, DT_S("page.html")) ? DT_OK : DT_ERR_NOT_FOUND;
}

static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    (void)ctx;
    return zone_file(name, ret_bytes) ? DT_OK : DT_ERR_NOT_FOUND;
}

static void *compile(struct dt_ruleset *set, size_t *ret_len)
{
    struct dt_plan *plan = NULL;
    if (dt_plan_new(set, 0x1234567, 0, &plan))
        return NULL;
    *ret_len = dt_plan_size(plan);
    size_t room = (*ret_len + 63) / 64 * 64;
    void *mem = aligned_alloc(64, room);
    if (mem) {
        memset(mem, 0, room);
        if (dt_plan_write(plan, mem)) {
            free(mem);
            mem = NULL;
        }
    }
    dt_plan_free(plan);
    return mem;
}

static bool read_world(struct engine *engine, const struct world *world, bool say)
{
    enum dt_err err = dt_ruleset_read(engine->set, DT_S("world.rules"), dt_slice_str(world->text),
                                      DT_FORMAT_NATIVE);
    for (size_t i = 0; err && say && i < dt_ruleset_diag_count(engine->set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(engine->set, i);
        if (diag->severity == DT_SEVERITY_ERROR)
            printf("# %u:%u: %.*s\n# %.*s\n", diag->line, diag->col, DT_SLICE_FMT(diag->message),
                   DT_SLICE_FMT(diag->text));
    }
    return err == DT_OK;
}

bool engine_compile(struct engine *engine)
{
    size_t len = 0;
    dt_snapshot_release(&engine->snapshot);
    free(engine->mem);
    engine->mem = compile(engine->set, &len);
    return engine->mem && dt_snapshot_open(engine->mem, len, &engine->snapshot) == DT_OK &&
           dt_snapshot_prepare(&engine->snapshot) == DT_OK;
}

bool engine_open(struct engine *engine, const struct world *world, bool say)
{
    static const struct dt_loader LOADER = {.load = load, .zone = load_zone};
    size_t len = 0;
    engine->mem = NULL;
    engine->snapshot.mem = NULL;
    engine->set = dt_ruleset_new(&LOADER);
    bool good = engine->set && read_world(engine, world, say);
    engine->mem = good ? compile(engine->set, &len) : NULL;
    good = engine->mem && dt_snapshot_open(engine->mem, len, &engine->snapshot) == DT_OK;
    if (good && dt_snapshot_prepare(&engine->snapshot) == DT_OK)
        return true;
    if (say)
        printf("# the rule set was not compiled:\n%s", world->text);
    if (good)
        dt_snapshot_release(&engine->snapshot);
    free(engine->mem);
    dt_ruleset_free(engine->set);
    return false;
}

void engine_close(struct engine *engine)
{
    dt_snapshot_release(&engine->snapshot);
    free(engine->mem);
    dt_ruleset_free(engine->set);
}

static void add_address(const char *text, struct dt_request *ret)
{
    if (inet_pton(AF_INET6, text, ret->address) != 1) {
        ret->address[10] = ret->address[11] = 0xff;
        if (inet_pton(AF_INET, text, ret->address + 12) != 1)
            abort();
    }
    ret->has_address = true;
}

bool engine_request(const struct engine *engine, const struct request *request, bool less,
                    struct dt_request *ret)
{
    static char path[24 * TEXT], query[8 * TEXT];
    static struct dt_field fields[MAX_HEADERS];
    uint32_t needs = less ? engine->snapshot.needs : ~0u;
    *ret =
        (struct dt_request){.method = dt_slice_str(request->method),
                            .host = dt_slice_str(request->host.s),
                            .port = (uint16_t)request->port,
                            .scheme = request->scheme == HTTP ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS};
    for (int i = 0; i < request->nheaders && (needs & DT_NEED_FIELDS); i++)
        fields[ret->nfields++] = (struct dt_field){dt_slice_str(request->headers[i].name),
                                                   dt_slice_str(request->headers[i].value)};
    ret->fields = fields;
    if (request->address && (needs & DT_NEED_ADDRESS))
        add_address(request->address, ret);
    if (needs & DT_NEED_COUNTRY) {
        ret->country = dt_slice_str(request->country);
        ret->country_field = dt_slice_str(request->country_field);
    }
    if (needs & DT_NEED_TIME)
        ret->now = request->now;
    return !dt_norm_path(dt_slice_str(request->spelling), path, sizeof path, &ret->path) &&
           !dt_norm_query(dt_slice_str(request->query.s), query, sizeof query, &ret->query);
}

int engine_line(const struct engine *engine, uint32_t rule)
{
    struct dt_origin origin;
    return dt_snapshot_origin(&engine->snapshot, rule, &origin) ? 0 : (int)origin.line;
}
