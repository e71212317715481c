/* SPDX-License-Identifier: MIT
 *
 * Comparing over a log: each request that came is asked of both sides, once for each different one
 * as long as neither side looks at the client or the time.
 */
#include "traffic/compare_priv.h"

#include "traffic/replay.h"

unsigned dt_compare_wants(const struct dt_compare_options *options)
{
    return dt_replay_wants(options->snapshots[0]) | dt_replay_wants(options->snapshots[1]);
}

void dt_compare_log(struct dt_compare *compare, const struct dt_log_format *format)
{
    compare->format = format;
}

void dt_compare_long_line(struct dt_compare *compare)
{
    compare->totals.log_lines++;
    compare->totals.log_bad++;
}

static bool copy(struct dt_compare *compare, struct dt_slice text, struct dt_slice *ret)
{
    *ret = text.len ? dt_arena_copy(&compare->arena, text) : DT_SLICE_NONE;
    return !text.len || ret->ptr;
}

/* The request's fields are gone with its line, so its answers are kept. */
static bool keep(struct dt_compare *compare, uint32_t row, const struct dt_request *request,
                 const struct dt_decision decisions[2])
{
    struct dt_compare_example *example = dt_compare_keep(compare, row);
    if (!example)
        return true;
    struct dt_compare_answer *answers = dt_arena_alloc(&compare->arena, 2 * sizeof *answers);
    if (!answers)
        return false;
    struct dt_slice url = dt_request_url(request, compare->url, sizeof compare->url);
    bool fine =
        copy(compare, request->method, &example->method) && copy(compare, url, &example->url);
    for (unsigned side = 0; side < 2 && fine; side++) {
        struct dt_compare_answer answer;
        dt_compare_answer_of(&decisions[side], &answer);
        answers[side] = answer;
        fine = copy(compare, answer.location, &answers[side].location) &&
               copy(compare, answer.cache, &answers[side].cache) &&
               copy(compare, answer.fields, &answers[side].fields);
    }
    example->answers = answers;
    example->hits = 1;
    return fine;
}

/* Counts the URL of a difference, whoever asked for it and when; past the limit, each one. */
static bool count_url(struct dt_compare *compare, const struct dt_request *request, uint32_t row,
                      bool *ret_new)
{
    struct dt_request url = {.method = request->method,
                             .scheme = request->scheme,
                             .host = request->host,
                             .port = request->port,
                             .path = request->path,
                             .query = request->query};
    *ret_new = true;
    if (compare->noted < compare->options.distinct && !dt_compare_note(compare, &url, ret_new))
        return false;
    compare->noted += *ret_new;
    compare->rows[row].urls += *ret_new;
    return true;
}

/* *ret_row: the number of its group + 1, or 0. */
static enum dt_err ask(struct dt_compare *compare, const struct dt_request *request,
                       uint32_t *ret_row)
{
    struct dt_decision answers[2];
    uint32_t row;
    bool is_new;
    *ret_row = 0;
    enum dt_err err = dt_compare_ask(compare, request, answers);
    unsigned change = err ? 0 : dt_compare_change(compare, request, answers);
    if (!change)
        return err;
    if (!dt_compare_add(compare, change, answers, &row) ||
        !count_url(compare, request, row, &is_new) ||
        (is_new && !keep(compare, row, request, answers)))
        return DT_ERR_NOMEM;
    *ret_row = row + 1;
    return DT_OK;
}

static void count(struct dt_compare *compare, uint32_t row, uint64_t hits)
{
    compare->totals.log_requests += hits;
    if (!row)
        return;
    compare->totals.log_differ += hits;
    compare->rows[row - 1].hits += hits;
}

/* A number for method and site; 0: there are too many of them. */
static bool site_key(struct dt_compare *compare, const struct dt_log_site *site, uint64_t *ret)
{
    char text[3 * DT_LOG_HOST_MAX + 64];
    struct dt_slice method = compare->line.parts[DT_LOG_METHOD];
    struct dt_seen_entry *entry;
    uint64_t where = (uint64_t)site->port << 8 | site->scheme;
    *ret = 0;
    if (method.len + site->host.len + 1 > sizeof text)
        return true;
    if (method.len)
        memcpy(text, method.ptr, method.len);
    text[method.len] = ' ';
    if (site->host.len)
        memcpy(text + method.len + 1, site->host.ptr, site->host.len);
    struct dt_slice whole = dt_slice_of(text, method.len + 1 + site->host.len);
    uint64_t hash = dt_seen_hash(where, whole);
    entry = dt_seen_find(&compare->sites, hash, where, whole);
    if (!entry && !dt_seen_add(&compare->sites, hash, where, whole, &entry))
        return false;
    if (entry && !entry->value)
        entry->value = (uint32_t)compare->sites.count;
    *ret = entry ? entry->value : 0;
    return true;
}

static enum dt_err line(struct dt_compare *compare, struct dt_slice text)
{
    struct dt_log_site site;
    struct dt_request request;
    struct dt_seen_entry *entry = NULL;
    struct dt_slice target = DT_SLICE_NONE;
    uint64_t key = 0, hash = 0;
    uint32_t row;
    bool asked;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    if (!text.len)
        return DT_OK;
    compare->totals.log_lines++;
    enum dt_log_bad bad = dt_log_line_read(compare->format, text, &compare->line);
    if (!bad)
        bad = dt_log_reader_site(&compare->reader, &compare->line, &site, &target, &asked);
    if (!bad && asked && compare->cached) {
        if (!site_key(compare, &site, &key))
            return DT_ERR_NOMEM;
        hash = dt_seen_hash(key, target);
        entry = key ? dt_seen_find(&compare->requests, hash, key, target) : NULL;
        if (entry) {
            entry->count++;
            return DT_OK;
        }
    }
    if (!bad && asked)
        bad = dt_log_reader_request(&compare->reader, &compare->line, &site, target, &request);
    compare->totals.log_bad += bad != DT_LOG_GOOD;
    if (bad || !asked)
        return DT_OK;
    enum dt_err err = ask(compare, &request, &row);
    if (err)
        return err;
    if (key && !dt_seen_add(&compare->requests, hash, key, target, &entry))
        return DT_ERR_NOMEM;
    if (entry) {
        entry->count = 1;
        entry->value = row;
    } else {
        count(compare, row, 1);
    }
    return DT_OK;
}

enum dt_err dt_compare_lines(struct dt_compare *compare, struct dt_slice lines)
{
    const char *at = lines.ptr, *end = lines.ptr + lines.len;
    enum dt_err err = DT_OK;
    while (at < end && !err) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        err = line(compare, dt_slice_of(at, (size_t)(stop - at)));
        at = stop + 1;
    }
    return err;
}
