/* SPDX-License-Identifier: MIT
 *
 * Vectorscan: one automaton for thousands of expressions, which says in one pass over the subject
 * which of them match. Its grammar is PCRE2's but for what an automaton cannot do; an expression
 * with that is taken approximately (HS_FLAG_PREFILTER), and what is not taken even so is tried
 * every time. A database fits one version of the library and CPUs that have the features it was
 * made for, and is made again where it does not fit.
 */
#include "rules/regex/regex_scan.h"
#include "rules/regex/regex_tree.h"

#include <hs/hs.h>
#include <stdlib.h>

struct dt_scanner {
    hs_database_t *database;
    const uint32_t *items;
    uint32_t count;
};

bool dt_scanner_present(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

static void stamp(struct dt_scan_block *block)
{
    const char *version = hs_version();
    size_t len = strcspn(version, " ");
    memcpy(block->version, version, len < sizeof block->version ? len : sizeof block->version);
    hs_platform_info_t platform;
    if (hs_populate_platform(&platform) == HS_SUCCESS)
        block->features = platform.cpu_features;
}

static unsigned flags_of(const struct dt_scan_item *item)
{
    return HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | (item->nocase ? HS_FLAG_CASELESS : 0) |
           (item->prefiltered ? HS_FLAG_PREFILTER : 0);
}

static char *c_string(struct dt_slice text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* ---- Which expressions it takes ---- */

/* Vectorscan reads some things otherwise than one PCRE2 or another: these it is not asked. */
static bool is_doubtful(struct dt_slice text)
{
    unsigned min, max;
    size_t len;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '{' && dt_regex_braces(dt_slice_from(text, i), &min, &max, &len) < 0)
            return true;
    return text.len >= 2 && text.ptr[0] == '(' && text.ptr[1] == '*';
}

static bool takes(const char *text, unsigned flags)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    bool good = hs_expression_info(text, flags, &info, &error) == HS_SUCCESS;
    hs_free_compile_error(error);
    free(info);
    return good;
}

enum dt_err dt_scanner_judge(struct dt_scan_item *item)
{
    item->prefiltered = item->always = false;
    if (is_doubtful(item->text)) {
        item->always = true;
        return DT_OK;
    }
    char *text = c_string(item->text);
    if (!text)
        return DT_ERR_NOMEM;
    item->prefiltered = !takes(text, flags_of(item));
    item->always = item->prefiltered && !takes(text, flags_of(item));
    item->prefiltered &= !item->always;
    free(text);
    return DT_OK;
}

/* ---- Making a database ---- */

struct source {
    char **texts;
    unsigned *flags;
    unsigned *ids;
    size_t count;
};

static void source_release(struct source *source)
{
    for (size_t i = 0; source->texts && i < source->count; i++)
        free(source->texts[i]);
    free(source->texts);
    free(source->flags);
    free(source->ids);
}

static bool source_init(struct source *source, const struct dt_scan_item *items, size_t count)
{
    *source =
        (struct source){calloc(count + 1, sizeof(char *)), calloc(count + 1, sizeof(unsigned)),
                        calloc(count + 1, sizeof(unsigned)), count};
    if (!source->texts || !source->flags || !source->ids)
        return false;
    for (size_t i = 0; i < count; i++) {
        source->texts[i] = c_string(items[i].text);
        if (!source->texts[i])
            return false;
        source->flags[i] = flags_of(&items[i]);
        source->ids[i] = (unsigned)i;
    }
    return true;
}

static enum dt_err make(const struct dt_scan_item *items, size_t count, hs_database_t **ret)
{
    struct source source;
    hs_compile_error_t *error = NULL;
    enum dt_err err = DT_ERR_NOMEM;
    if (source_init(&source, items, count)) {
        hs_error_t code =
            hs_compile_multi((const char *const *)source.texts, source.flags, source.ids,
                             (unsigned)count, HS_MODE_VECTORED, NULL, ret, &error);
        bool refused = error && !strstr(error->message, "allocate memory");
        err = code == HS_SUCCESS ? DT_OK : refused ? DT_ERR_LIMIT : DT_ERR_NOMEM;
        hs_free_compile_error(error);
    }
    source_release(&source);
    return err;
}

enum dt_err dt_scanner_write(const struct dt_scan_item *items, size_t count, struct dt_buf *out)
{
    hs_database_t *database;
    enum dt_err err = make(items, count, &database);
    if (err)
        return err;
    char *bytes = NULL;
    size_t len;
    if (hs_serialize_database(database, &bytes, &len) != HS_SUCCESS) {
        hs_free_database(database);
        return DT_ERR_NOMEM;
    }
    struct dt_scan_block block = {.database_len = len, .count = (uint32_t)count};
    stamp(&block);
    dt_buf_put(out, dt_slice_of((const char *)&block, sizeof block));
    for (size_t i = 0; i < count; i++)
        dt_buf_put(out, dt_slice_of((const char *)&items[i].item, 4));
    dt_buf_put(out, dt_slice_of(bytes, len));
    free(bytes);
    hs_free_database(database);
    return DT_OK;
}

/* ---- Opening one ---- */

static bool fits(const struct dt_scan_block *block)
{
    struct dt_scan_block here = {0};
    stamp(&here);
    return memcmp(here.version, block->version, sizeof here.version) == 0 &&
           (block->features & ~here.features) == 0;
}

static enum dt_err make_again(const struct dt_scan_block *block, const uint32_t *numbers,
                              const struct dt_scan_texts *texts, hs_database_t **ret)
{
    struct dt_scan_item *items = calloc(block->count + 1u, sizeof *items);
    enum dt_err err = items ? DT_OK : DT_ERR_NOMEM;
    for (uint32_t i = 0; !err && i < block->count; i++) {
        if (!texts->get(texts->ctx, numbers[i], &items[i]))
            err = DT_ERR_DAMAGED;
        else
            err = dt_scanner_judge(&items[i]);
        if (!err && items[i].always)
            err = DT_ERR_LIMIT;
    }
    if (!err)
        err = make(items, block->count, ret);
    free(items);
    return err;
}

/* NULL stays: all is reported, which is slow and right. */
static enum dt_err load(const struct dt_scan_block *block, const struct dt_scan_texts *texts,
                        hs_database_t **ret)
{
    const uint32_t *numbers = (const uint32_t *)(block + 1);
    const char *bytes = (const char *)(numbers + block->count);
    hs_error_t code = HS_DB_VERSION_ERROR;
    if (!dt_scanner_present())
        return DT_OK;
    if (fits(block))
        code = hs_deserialize_database(bytes, (size_t)block->database_len, ret);
    if (code == HS_SUCCESS)
        return DT_OK;
    if (code == HS_NOMEM)
        return DT_ERR_NOMEM;
    if (code != HS_DB_VERSION_ERROR && code != HS_DB_PLATFORM_ERROR && code != HS_DB_MODE_ERROR)
        return DT_ERR_DAMAGED;
    enum dt_err err = make_again(block, numbers, texts, ret);
    return err == DT_ERR_LIMIT ? DT_OK : err;
}

enum dt_err dt_scanner_open(const void *mem, size_t len, const struct dt_scan_texts *texts,
                            struct dt_scratch **scratch, struct dt_scanner **ret)
{
    const struct dt_scan_block *block = mem;
    if (len < sizeof *block || (len - sizeof *block) / 4 < block->count ||
        len - sizeof *block - 4 * (size_t)block->count != block->database_len)
        return DT_ERR_DAMAGED;
    struct dt_scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return DT_ERR_NOMEM;
    scanner->items = (const uint32_t *)(block + 1);
    scanner->count = block->count;
    enum dt_err err = load(block, texts, &scanner->database);
    if (!err && scanner->database) {
        hs_scratch_t *grown = (hs_scratch_t *)*scratch;
        if (hs_alloc_scratch(scanner->database, &grown) != HS_SUCCESS)
            err = DT_ERR_NOMEM;
        *scratch = (struct dt_scratch *)grown;
    }
    if (err) {
        dt_scanner_free(scanner);
        return err;
    }
    *ret = scanner;
    return DT_OK;
}

void dt_scanner_free(struct dt_scanner *scanner)
{
    if (!scanner)
        return;
    hs_free_database(scanner->database);
    free(scanner);
}

void dt_scratch_free(struct dt_scratch *scratch)
{
    hs_free_scratch((hs_scratch_t *)scratch);
}

/* ---- Scanning ---- */

struct reporter {
    const struct dt_scanner *scanner;
    struct dt_scan_hits *hits;
};

static int report(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                  void *ctx)
{
    const struct reporter *r = ctx;
    (void)from;
    (void)to;
    (void)flags;
    if (id < r->scanner->count)
        dt_scan_hit(r->hits, r->scanner->items[id]);
    return 0;
}

/* Vectorscan 5.4.9 (Debian 12) overlooks matches at the end of what it is given: the searches by
 * which its automata skip ahead lose their last bytes ("d/" and "d$" on "/aaaaaaaaaaaaaaaad/", 19
 * bytes: neither). It does not skip in pieces of 16 bytes, so the subject is handed over in such.
 */
#define PIECE 16u
#define PIECES (((size_t)104 << 10) / PIECE)

enum dt_err dt_scanner_scan(const struct dt_scanner *scanner, struct dt_scratch *scratch,
                            struct dt_slice subject, struct dt_scan_hits *hits)
{
    struct reporter reporter = {scanner, hits};
    const char *pieces[PIECES];
    unsigned lens[PIECES], count = 0;
    if (!scanner->database || subject.len > PIECE * PIECES) {
        for (uint32_t i = 0; i < scanner->count; i++)
            dt_scan_hit(hits, scanner->items[i]);
        return DT_OK;
    }
    for (size_t at = 0; at < subject.len || !count; at += PIECE, count++) {
        pieces[count] = subject.len ? subject.ptr + at : "";
        lens[count] = (unsigned)(subject.len - at < PIECE ? subject.len - at : PIECE);
    }
    hs_error_t code = hs_scan_vector(scanner->database, pieces, lens, count, 0,
                                     (hs_scratch_t *)scratch, report, &reporter);
    return code == HS_SUCCESS ? DT_OK : DT_ERR_DAMAGED;
}
