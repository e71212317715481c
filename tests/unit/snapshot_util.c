/* SPDX-License-Identifier: MIT
 * Compiling and asking, for tests; see snapshot_util.h. */
#include "snapshot_util.h"

#include <detour/uri.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const char one_of_everything[] =
    "/plain /target\n"
    "/gone - 410 note=\"Gone for good\" owner=team\n"
    "/legal - 451 note=no\n"
    "/later - 503 retry-after=120 cache=no\n"
    "/moved https://shared.example/folder/page 301 cache=1h\n"
    "/moved2 https://shared.example/folder/page 301\n"
    "/moved3 https://shared.example/folder/other 308\n"
    "/moved4 https://shared.example/folder/more?q=1#f 308\n"
    "/dir/* /to/:splat\n"
    "/dir/sub/* https://shared.example/folder/:splat?s=:splat 302 query=drop\n"
    "/* /any 303 priority=-5\n"
    "/Case/X?Q=A /case case=ignore\n"
    "/slash/ /slash2 slash=ignore query=keep:a,b\n"
    "/Both/ /both case=ignore slash=ignore query=without:utm_*\n"
    "//h.example/plain /exact-host\n"
    "//*.h.example/plain /subdomain\n"
    "//.h.example/* /domain/:splat\n"
    "//*.deep.h.example/d/e/* /deep/:splat\n"
    "https://h.example:8443/plain /pinned priority=9\n"
    "http://h.example/only /http\n"
    "//h.example:81/only /port\n"
    "/q?a=1 /q1\n"
    "/q?a=1&b=2 /q2\n"
    "/q?b=2&c /q3\n"
    "/q?c /q4 params=only\n"
    "/q /q5 params=only\n"
    "/dir/*?a=1 /qdir query=drop\n"
    "/item/:id /p/:id?s={scheme}\n"
    "/Item/:a/b/:b/* /i/:b/:a/:splat case=ignore\n"
    "/last/:x /l/:x slash=ignore method=GET,POST\n"
    "/glob/*.png /img/:splat\n"
    "~^/r/(\\d+)/x /rx/$1\n"
    "~*/y(.)$ https://{host}/$1 header=X-Mode:a,b* !ip=10.0.0.0/8\n"
    "~^http://u\\.example/u/(?<n>.*) /u/${n}\n"
    "//:t.lab.example/:u https://:t.example.com/:u\n"
    "/ask?q=:v /answer?x=:v percent=50 lang=de\n"
    "/keep - pass\n"
    "maintenance //m.example/* https://s.example/ from=2026-01-01T00:00Z until=2026-01-02T00:00Z "
    "except=/health\n"
    "/fields /f set-header=\"X-A: b\"\n";

struct dt_match_scratch *scratch(void)
{
    static struct dt_match_scratch one;
    return &one;
}

unsigned char *copy_aligned(const unsigned char *bytes, size_t len)
{
    /* Not aligned_alloc, whose size must be a multiple: the block ends where the bytes end, so that
     * ASan sees a read past them. */
    void *mem = NULL;
    assert_int_equal(posix_memalign(&mem, 64, len ? len : 1), 0);
    if (bytes)
        memcpy(mem, bytes, len);
    else
        memset(mem, 0, len);
    return mem;
}

void compile_set(struct dt_ruleset *set, uint64_t seed, struct compiled *ret)
{
    struct dt_plan *plan;
    assert_int_equal(dt_plan_new(set, seed, 1700000000, &plan), DT_OK);
    *ret = (struct compiled){.set = set, .len = dt_plan_size(plan)};
    ret->mem = copy_aligned(NULL, ret->len);
    assert_int_equal(dt_plan_write(plan, ret->mem), DT_OK);
    dt_plan_free(plan);
    assert_int_equal(dt_snapshot_open(ret->mem, ret->len, &ret->snapshot), DT_OK);
    assert_int_equal(dt_snapshot_prepare(&ret->snapshot), DT_OK);
}

void compile_seeded(const char *text, uint64_t seed, struct compiled *ret)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    char *copy = strdup(text);
    assert_non_null(copy);
    enum dt_err err = dt_ruleset_read(set, DT_S("t.rules"), dt_slice_str(copy), DT_FORMAT_NATIVE);
    for (size_t i = 0; err && i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        print_error("t.rules:%u:%u: %.*s\n", diag->line, diag->col, DT_SLICE_FMT(diag->message));
    }
    assert_int_equal(err, DT_OK);
    compile_set(set, seed, ret);
    ret->text = copy;
}

void compile(const char *text, struct compiled *ret)
{
    compile_seeded(text, UINT64_C(0x0123456789abcdef), ret);
}

void compiled_release(struct compiled *compiled)
{
    dt_snapshot_release(&compiled->snapshot);
    dt_ruleset_free(compiled->set);
    free(compiled->text);
    free(compiled->mem);
    *compiled = (struct compiled){0};
}

/* ---- seals ---- */

struct dt_snap_section_row section_row(const unsigned char *mem, unsigned section)
{
    struct dt_snap_header header;
    memcpy(&header, mem, sizeof header);
    return header.sections[section];
}

void reseal_header(unsigned char *mem)
{
    struct dt_snap_header header;
    memcpy(&header, mem, sizeof header);
    header.check = dt_hash64(&header, offsetof(struct dt_snap_header, check), 0);
    memcpy(mem, &header, sizeof header);
}

void reseal_sections(unsigned char *mem)
{
    struct dt_snap_header header;
    memcpy(&header, mem, sizeof header);
    for (unsigned i = 0; i < DT_SECTION_COUNT; i++)
        header.sections[i].check =
            dt_hash64(mem + header.sections[i].offset, header.sections[i].len, header.seed);
    memcpy(mem, &header, sizeof header);
    reseal_header(mem);
}

/* ---- questions ---- */

void question_set(struct question *question, const char *url)
{
    bool tls = strncmp(url, "https://", 8) == 0;
    assert_true(tls || strncmp(url, "http://", 7) == 0);
    const char *from = url + (tls ? 8 : 7);
    size_t len = strcspn(from, "/?");
    struct dt_slice host;
    struct dt_request *request = &question->request;
    *request = (struct dt_request){.method = DT_S("GET"),
                                   .scheme = tls ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP};
    if (len) { /* HTTP/1.0 without Host has none */
        assert_int_equal(dt_authority_split(dt_slice_of(from, len), &host, &request->port), DT_OK);
        assert_int_equal(dt_norm_host(host, question->host, sizeof question->host, &request->host),
                         DT_OK);
    }
    if (!request->port)
        request->port = tls ? 443 : 80;
    from += len;
    len = strcspn(from, "?");
    assert_int_equal(
        dt_norm_path(dt_slice_of(from, len), question->path, sizeof question->path, &request->path),
        DT_OK);
    from += len + (from[len] == '?');
    assert_int_equal(
        dt_norm_query(dt_slice_str(from), question->query, sizeof question->query, &request->query),
        DT_OK);
}

const char *answer(const struct dt_snapshot *snapshot, const char *url)
{
    static struct question question;
    static char text[DT_MATCH_LOCATION_MAX + 64];
    struct dt_decision decision;
    question_set(&question, url);
    enum dt_err err = dt_match(snapshot, &question.request, scratch(), &decision);
    if (err)
        return dt_err_name(err);
    if (!decision.matched)
        return "none";
    struct dt_origin origin;
    err = dt_snapshot_origin(snapshot, decision.rule, &origin);
    if (err)
        return dt_err_name(err);
    (void)snprintf(text, sizeof text, "%u: %u%s%.*s", origin.line, decision.status,
                   decision.location.len ? " " : "", DT_SLICE_FMT(decision.location));
    return text;
}

/* The first of dt_match_all is what dt_match said. */
static void check_all(const struct dt_snapshot *snapshot, const char *url)
{
    static struct question question;
    static struct dt_candidate all[64];
    struct dt_decision decision;
    size_t count;
    question_set(&question, url);
    enum dt_err err = dt_match(snapshot, &question.request, scratch(), &decision);
    enum dt_err all_err = dt_match_all(snapshot, &question.request, scratch(), 64, all, &count);
    if (err == DT_ERR_SPACE) /* no Location is built to explain */
        return;
    assert_int_equal(err, all_err);
    if (err)
        return;
    assert_int_equal(decision.matched, count > 0);
    for (size_t i = 0; i < count && i < 64; i++) {
        assert_int_equal(all[i].wins, i == 0);
        assert_non_null(all[i].reason);
        assert_true(i == 0 || all[i - 1].rule < all[i].rule);
    }
    if (count)
        assert_int_equal(all[0].rule, decision.rule);
}

void check_answer(const struct compiled *compiled, const char *url, const char *want,
                  const char *file, int line)
{
    const char *got = answer(&compiled->snapshot, url);
    if (strcmp(got, want) != 0) {
        print_error("%s\n  want %.200s\n  got  %.200s\n", url, want, got);
        _fail(file, line);
    }
    check_all(&compiled->snapshot, url);
}

void check_answers(const char *rules, const struct ask *asks, size_t count, const char *file,
                   int line)
{
    struct compiled c;
    compile(rules, &c);
    assert_int_equal(dt_snapshot_verify(&c.snapshot, NULL), DT_OK);
    for (size_t i = 0; i < count; i++)
        check_answer(&c, asks[i].url, asks[i].want, file, line);
    compiled_release(&c);
}
