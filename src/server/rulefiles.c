/* SPDX-License-Identifier: MIT
 *
 * Which files are meant, and reading them. Rules point into the texts, so the texts live as long as
 * the set. Files are read, not mapped: an editor that cuts a mapped file short would kill us.
 */
#include "server/rulefiles.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TEXT ((size_t)4 << 30)

#define MAX_ZONE ((size_t)1 << 20)
#define ZONES "/usr/share/zoneinfo"

struct dt_rulefiles_text {
    struct dt_rulefiles_text *next;
    char *text; /* NULL: it could not be read */
    size_t len;
    bool zone;
    char name[]; /* NUL-terminated */
};

static void problem(struct dt_rulefiles *files, const char *path, const char *reason)
{
    dt_buf_printf(files->problems, "%s: %s\n", path, reason);
}

/* A page is named by many rules, and read once. */
static const struct dt_rulefiles_text *find_text(const struct dt_rulefiles *files, const char *path)
{
    const struct dt_rulefiles_text *text = files->texts;
    while (text && !(text->text && strcmp(text->name, path) == 0))
        text = text->next;
    return text;
}

/* What cannot be read is kept by name: it may be there later. */
static enum dt_err read_text(struct dt_rulefiles *files, const char *path, bool zone,
                             const struct dt_rulefiles_text **ret)
{
    size_t size = strlen(path) + 1;
    struct dt_rulefiles_text *text = calloc(1, sizeof *text + size);
    if (!text)
        return DT_ERR_NOMEM;
    memcpy(text->name, path, size);
    text->zone = zone;
    text->next = files->texts;
    files->texts = text;
    enum dt_err err = dt_file_read(path, zone ? MAX_ZONE : MAX_TEXT, &text->text, &text->len);
    if (!err)
        *ret = text;
    return err;
}

/* For @include and page=. The rule set says what went wrong, at the line. */
static enum dt_err load_include(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    char path[PATH_MAX];
    const struct dt_rulefiles_text *text;
    if (name.len >= sizeof path)
        return DT_ERR_NOT_FOUND;
    memcpy(path, name.ptr, name.len);
    path[name.len] = '\0';
    text = find_text(ctx, path);
    enum dt_err err = text ? DT_OK : read_text(ctx, path, false, &text);
    if (err)
        return err == DT_ERR_NOT_FOUND || err == DT_ERR_NOMEM ? err : DT_ERR_IO;
    *ret_text = dt_slice_of(text->text, text->len);
    return DT_OK;
}

/* "Europe/Berlin", "Etc/GMT+5": no way out of the folder, and no name that the folder of zones has
 * none of. */
static bool is_zone_name(struct dt_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool begins = i == 0 || name.ptr[i - 1] == '/';
        bool letter = dt_ascii_lower(c) >= 'a' && dt_ascii_lower(c) <= 'z';
        bool inside = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
        if (begins ? !letter : !letter && !inside)
            return false;
    }
    return name.len > 0 && name.ptr[name.len - 1] != '/';
}

/* For tz=: a TZif file of the system's, or of $TZDIR (as tzset(3) has it). */
static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    char path[PATH_MAX];
    const struct dt_rulefiles_text *text;
    const char *folder = getenv("TZDIR");
    if (!folder || !*folder)
        folder = ZONES;
    if (!is_zone_name(name))
        return DT_ERR_NOT_FOUND;
    int len = snprintf(path, sizeof path, "%s/%.*s", folder, DT_SLICE_FMT(name));
    if (len >= (int)sizeof path)
        return DT_ERR_NOT_FOUND;
    text = find_text(ctx, path);
    enum dt_err err = text ? DT_OK : read_text(ctx, path, true, &text);
    if (err == DT_ERR_NOT_FOUND && access(folder, F_OK) != 0)
        return DT_ERR_IO; /* there are no zones at all on this machine */
    if (err)
        return err == DT_ERR_NOT_FOUND || err == DT_ERR_NOMEM ? err : DT_ERR_IO;
    *ret_bytes = dt_slice_of(text->text, text->len);
    return DT_OK;
}

static enum dt_err read_file(struct dt_rulefiles *files, const char *path, enum dt_format format)
{
    const struct dt_rulefiles_text *text;
    enum dt_err err = read_text(files, path, false, &text);
    if (err == DT_ERR_NOMEM)
        return err;
    if (err) {
        problem(files, path, err == DT_ERR_LIMIT ? "larger than 4 GiB" : strerror(errno));
        return DT_ERR_IO;
    }
    struct dt_slice body = dt_slice_of(text->text, text->len);
    if (dt_snapshot_is(body)) {
        problem(files, path, "a snapshot can only be served alone");
        return DT_ERR_INVALID;
    }
    return dt_ruleset_read(files->set, dt_slice_str(text->name), body, format);
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), n = strlen(end);
    return len > n && strcmp(name + len - n, end) == 0;
}

bool dt_rulefiles_is_name(const char *name)
{
    if (name[0] == '.')
        return strcmp(name, ".htaccess") == 0;
    return strcmp(name, "firebase.json") == 0 || ends_with(name, ".rules") ||
           ends_with(name, ".csv") || ends_with(name, ".tsv") || strcmp(name, "_redirects") == 0 ||
           strcmp(name, "_redirects.txt") == 0;
}

static int is_rule_file(const struct dirent *entry)
{
    return dt_rulefiles_is_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* the same in every locale */
}

/* The worse of two: an error that ends everything, then what a caller may go on after. */
static enum dt_err worse(enum dt_err a, enum dt_err b)
{
    if (a == DT_ERR_NOMEM || b == DT_ERR_NOMEM)
        return DT_ERR_NOMEM;
    if (a == DT_ERR_INVALID || b == DT_ERR_INVALID)
        return DT_ERR_INVALID;
    if (a == DT_ERR_IO || b == DT_ERR_IO)
        return DT_ERR_IO;
    return a ? a : b;
}

static enum dt_err read_folder(struct dt_rulefiles *files, const char *path, enum dt_format format)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_rule_file, by_name);
    if (n < 0) {
        problem(files, path, strerror(errno));
        return DT_ERR_IO;
    }
    enum dt_err err = DT_OK;
    if (n == 0) {
        problem(files, path,
                "no rule files in this folder (*.rules, *.csv, *.tsv, _redirects, "
                "firebase.json, .htaccess)");
        err = DT_ERR_IO;
    }
    const char *slash = ends_with(path, "/") ? "" : "/";
    for (int i = 0; i < n; i++) {
        char file[PATH_MAX];
        int len = snprintf(file, sizeof file, "%s%s%s", path, slash, entries[i]->d_name);
        if (len < (int)sizeof file && err != DT_ERR_NOMEM)
            err = worse(err, read_file(files, file, format));
        free(entries[i]);
    }
    free(entries);
    return err;
}

static bool begins_as_snapshot(int fd)
{
    char begin[64];
    ssize_t n = pread(fd, begin, sizeof begin, 0);
    return n > 0 && dt_snapshot_is(dt_slice_of(begin, (size_t)n));
}

/* Maps the snapshot that fd is open on; takes fd over. */
static enum dt_err map_snapshot(struct dt_rulefiles *files, const char *path, int fd)
{
    struct stat st;
    enum dt_err err = DT_ERR_IO;
    void *mem = MAP_FAILED;
    if (fstat(fd, &st) == 0)
        mem = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (mem != MAP_FAILED) {
        err = dt_snapshot_open(mem, (size_t)st.st_size, &files->snapshot);
        if (err)
            munmap(mem, (size_t)st.st_size);
    }
    if (err) {
        problem(files, path, err == DT_ERR_IO ? strerror(errno) : dt_err_message(err));
        close(fd);
        return err;
    }
    files->snapshot_fd = fd;
    return DT_OK;
}

/* Opens path when it is a snapshot; -1 when it is something else. */
static int open_snapshot(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0 && !begins_as_snapshot(fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

bool dt_rulefiles_is_snapshot(const char *path)
{
    int fd = open_snapshot(path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

enum dt_err dt_rulefiles_load(const char *const *paths, size_t npaths, enum dt_format format,
                              struct dt_buf *problems, struct dt_rulefiles *ret)
{
    *ret = (struct dt_rulefiles){.snapshot_fd = -1, .problems = problems};
    if (npaths == 1) {
        int fd = open_snapshot(paths[0]);
        if (fd >= 0)
            return map_snapshot(ret, paths[0], fd);
    }
    struct dt_loader loader = {.load = load_include, .zone = load_zone, .ctx = ret};
    ret->set = dt_ruleset_new(&loader);
    if (!ret->set)
        return DT_ERR_NOMEM;
    enum dt_err err = DT_OK;
    for (size_t i = 0; i < npaths && err != DT_ERR_NOMEM; i++) {
        struct stat st;
        bool folder = stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode);
        err = worse(err,
                    folder ? read_folder(ret, paths[i], format) : read_file(ret, paths[i], format));
    }
    return err;
}

const char *dt_rulefiles_next(const struct dt_rulefiles *files, const struct dt_rulefiles_text **at)
{
    const struct dt_rulefiles_text *text = *at ? (*at)->next : files->texts;
    while (text && text->zone)
        text = text->next;
    *at = text;
    return text ? text->name : NULL;
}

void dt_rulefiles_release(struct dt_rulefiles *files)
{
    dt_ruleset_free(files->set);
    files->set = NULL;
    while (files->texts) {
        struct dt_rulefiles_text *next = files->texts->next;
        free(files->texts->text);
        free(files->texts);
        files->texts = next;
    }
    if (files->snapshot_fd >= 0) {
        union {
            const unsigned char *in;
            void *out;
        } mem = {files->snapshot.mem}; /* munmap takes no const */
        munmap(mem.out, files->snapshot.len);
        close(files->snapshot_fd);
    }
    files->snapshot_fd = -1;
}

enum dt_err dt_rulefiles_compile(struct dt_ruleset *set, uint64_t seed, uint64_t created, int fd)
{
    struct dt_plan *plan;
    enum dt_err err = dt_plan_new(set, seed, created, &plan);
    if (err)
        return err;
    size_t size = dt_plan_size(plan);
    err = dt_file_reserve(fd, size);
    if (!err) {
        void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mem == MAP_FAILED) {
            err = DT_ERR_NOMEM;
        } else {
            err = dt_plan_write(plan, mem);
            munmap(mem, size);
        }
    }
    dt_plan_free(plan);
    return err;
}
