/* SPDX-License-Identifier: MIT
 *
 * check and explain answer from what the server would serve: rule files are compiled here too, into
 * memory, so that the compiled rules are asked and not a second reading of the text.
 */
#include "cli/load.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROBLEMS_MAX (1u << 20)

uint64_t dt_load_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
    return seed;
}

enum dt_err dt_load_read(const struct dt_call *call, size_t first, uint32_t format,
                         struct dt_load *ret)
{
    memset(ret, 0, sizeof *ret);
    dt_buf_init(&ret->problems, PROBLEMS_MAX);
    ret->format = format;
    ret->err =
        dt_rulefiles_load((const char *const *)call->operands + first, call->noperands - first,
                          (enum dt_format)format, &ret->problems, &ret->files);
    return ret->err;
}

static enum dt_err map_snapshot(int fd, struct dt_load *load)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return DT_ERR_IO;
    size_t size = (size_t)status.st_size;
    void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        return DT_ERR_NOMEM;
    load->memory = memory;
    load->size = size;
    return dt_snapshot_open(memory, size, &load->snapshot);
}

enum dt_err dt_load_compile(struct dt_load *load)
{
    if (!load->files.set) {
        load->snapshot = load->files.snapshot;
        return dt_snapshot_prepare(&load->snapshot);
    }
    int fd;
    enum dt_err err = dt_file_memory("detour-rules", &fd);
    if (err != DT_OK)
        return err;
    err = dt_rulefiles_compile(load->files.set, dt_load_seed(), (uint64_t)time(NULL), fd);
    if (err == DT_OK)
        err = map_snapshot(fd, load);
    close(fd);
    return err ? err : dt_snapshot_prepare(&load->snapshot);
}

void dt_load_release(struct dt_load *load)
{
    dt_snapshot_release(&load->snapshot);
    if (load->memory)
        munmap(load->memory, load->size);
    load->memory = NULL;
    dt_rulefiles_release(&load->files);
    dt_buf_release(&load->problems);
}

static size_t count_lines(struct dt_slice text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

size_t dt_load_errors(const struct dt_load *load)
{
    size_t errors = count_lines(dt_buf_slice(&load->problems));
    return errors + (load->files.set ? dt_ruleset_error_count(load->files.set) : 0);
}

size_t dt_load_warnings(const struct dt_load *load)
{
    const struct dt_ruleset *set = load->files.set;
    return set ? dt_ruleset_diag_count(set) - dt_ruleset_error_count(set) : 0;
}

void dt_load_complain(const struct dt_load *load, const struct dt_command *command)
{
    struct dt_slice rest = dt_buf_slice(&load->problems);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        dt_complain(command, "%.*s", (int)len, rest.ptr);
        rest = dt_slice_from(rest, len + 1);
    }
}

/* The number keeps what was said first about a line first: qsort alone would not. */
struct numbered {
    const struct dt_diag *diag;
    size_t number;
};

static int by_place(const void *va, const void *vb)
{
    const struct numbered *a = va, *b = vb;
    if (a->diag->file != b->diag->file)
        return a->diag->file < b->diag->file ? -1 : 1;
    if (a->diag->line != b->diag->line)
        return a->diag->line < b->diag->line ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

const struct dt_diag **dt_load_sorted_diags(const struct dt_load *load, size_t *ret_count)
{
    size_t count = load->files.set ? dt_ruleset_diag_count(load->files.set) : 0;
    struct numbered *numbered = calloc(count + 1, sizeof *numbered);
    const struct dt_diag **sorted = calloc(count + 1, sizeof(struct dt_diag *));
    *ret_count = 0;
    if (!numbered || !sorted) {
        free(numbered);
        free(sorted);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        numbered[i] = (struct numbered){dt_ruleset_diag(load->files.set, i), i};
    qsort(numbered, count, sizeof *numbered, by_place);
    for (size_t i = 0; i < count; i++)
        sorted[i] = numbered[i].diag;
    free(numbered);
    *ret_count = count;
    return sorted;
}

void dt_load_render(const struct dt_load *load, const struct dt_render *render)
{
    size_t count;
    const struct dt_diag **diags = dt_load_sorted_diags(load, &count);
    for (size_t i = 0; i < count; i++)
        dt_render_diag(render, dt_ruleset_file(load->files.set, diags[i]->file), diags[i]);
    free(diags);
}

static struct dt_slice trim(struct dt_slice text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = dt_slice_from(text, 1);
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

enum dt_err dt_load_place(const struct dt_load *load, uint32_t rule, struct dt_place *ret)
{
    struct dt_origin origin;
    const struct dt_ruleset *set = load->files.set;
    enum dt_err err = dt_snapshot_origin(&load->snapshot, rule, &origin);
    if (err != DT_OK)
        return err;
    struct dt_place place = {origin.file, DT_SLICE_NONE, origin.line};
    for (size_t i = 0; set && i < dt_ruleset_file_count(set); i++)
        if (dt_slice_eq(dt_ruleset_file(set, i), origin.file)) {
            place.text = trim(dt_ruleset_line(set, (uint32_t)i, origin.line));
            break;
        }
    *ret = place;
    return DT_OK;
}

const struct dt_rule *dt_load_rule(const struct dt_load *load, const struct dt_place *place)
{
    const struct dt_ruleset *set = load->files.set;
    for (size_t i = 0; set && i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        if (rule->line == place->line && dt_slice_eq(dt_ruleset_file(set, rule->file), place->file))
            return rule;
    }
    return NULL;
}
