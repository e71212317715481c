/* SPDX-License-Identifier: MIT
 *
 * A file that is replaced must be the old one or the new one at every moment, a power cut included:
 * the new bytes reach the disk before the name does (fsync, then rename), and the name before we
 * report success (fsync of the folder).
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_quietly(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* Reads until the end, growing as needed: /proc and pipes do not tell their size. */
static enum dt_err read_all(int fd, size_t size_hint, size_t max, char **ret_text, size_t *ret_len)
{
    size_t cap = size_hint + 2;
    size_t len = 0;
    char *text = malloc(cap);
    if (!text)
        return DT_ERR_NOMEM;
    for (;;) {
        if (len + 1 >= cap) {
            char *more = realloc(text, cap * 2);
            if (!more) {
                free(text);
                return DT_ERR_NOMEM;
            }
            text = more;
            cap *= 2;
        }
        ssize_t n = read(fd, text + len, cap - 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                break;
            free(text);
            return DT_ERR_IO;
        }
        len += (size_t)n;
        if (len > max) {
            free(text);
            return DT_ERR_LIMIT;
        }
    }
    text[len] = '\0';
    *ret_text = text;
    *ret_len = len;
    return DT_OK;
}

enum dt_err dt_file_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? DT_ERR_NOT_FOUND : DT_ERR_IO;
    struct stat st;
    enum dt_err err = DT_ERR_IO;
    if (fstat(fd, &st) == 0) {
        size_t hint = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 4096;
        err = hint > max ? DT_ERR_LIMIT : read_all(fd, hint, max, ret_text, ret_len);
    }
    close_quietly(fd);
    return err;
}

/* The folder of a path, with its final "/", or "./". */
static void folder_of(const char *path, char out[static PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(out, PATH_MAX, "%.*s", (int)(slash - path + 1), path);
    else
        snprintf(out, PATH_MAX, "./");
}

enum dt_err dt_file_new_begin(struct dt_file_new *file, const char *path)
{
    if (strlen(path) + sizeof ".XXXXXX" > PATH_MAX) {
        errno = ENAMETOOLONG;
        return DT_ERR_IO;
    }
    snprintf(file->path, sizeof file->path, "%s", path);
    memcpy(file->temp, file->path, strlen(path));
    memcpy(file->temp + strlen(path), ".XXXXXX", sizeof ".XXXXXX");
    file->fd = mkostemp(file->temp, O_CLOEXEC);
    if (file->fd < 0)
        return DT_ERR_IO;
    /* mkostemp makes it private; a file written by open() would follow the umask. */
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(file->fd, 0666 & ~mask) != 0) {
        dt_file_new_abort(file);
        return DT_ERR_IO;
    }
    return DT_OK;
}

void dt_file_new_abort(struct dt_file_new *file)
{
    int saved = errno;
    if (file->fd >= 0) {
        close(file->fd);
        unlink(file->temp);
    }
    file->fd = -1;
    errno = saved;
}

static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    folder_of(path, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close_quietly(fd);
    return rc;
}

enum dt_err dt_file_new_commit(struct dt_file_new *file)
{
    if (fsync(file->fd) != 0 || rename(file->temp, file->path) != 0) {
        dt_file_new_abort(file);
        return DT_ERR_IO;
    }
    close_quietly(file->fd);
    file->fd = -1;
    return sync_folder(file->path) == 0 ? DT_OK : DT_ERR_IO;
}

enum dt_err dt_file_replace(const char *path, const void *mem, size_t len)
{
    struct dt_file_new file;
    enum dt_err err = dt_file_new_begin(&file, path);
    if (err)
        return err;
    const char *at = mem;
    while (len > 0) {
        ssize_t n = write(file.fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            dt_file_new_abort(&file);
            return DT_ERR_IO;
        }
        at += n;
        len -= (size_t)n;
    }
    return dt_file_new_commit(&file);
}

#define HUGE_PAGE ((size_t)2 << 20)
#define SMALL_PAGE ((size_t)sysconf(_SC_PAGESIZE))
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1; an older kernel refuses it, and nothing is lost */
#endif

enum dt_err dt_file_reserve(int fd, size_t len)
{
    int rc;
    do
        rc = posix_fallocate(fd, 0, (off_t)len);
    while (rc == EINTR);
    if (rc == 0)
        return DT_OK;
    errno = rc;
    return DT_ERR_IO;
}

enum dt_err dt_file_memory(const char *name, int *ret_fd)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return DT_ERR_IO;
    *ret_fd = fd;
    return DT_OK;
}

void *dt_file_map(int fd, size_t len, int prot)
{
    char *room = mmap(NULL, len + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)room & (HUGE_PAGE - 1));
    char *mem = room + before;
    size_t kept = (len + SMALL_PAGE - 1) & ~(SMALL_PAGE - 1);
    bool mapped = mmap(mem, len, prot, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
    if (!mapped)
        kept = 0;
    if (before)
        munmap(room, before);
    munmap(mem + kept, len + HUGE_PAGE - before - kept);
    return mapped ? mem : NULL;
}

void dt_file_memory_gather(int fd, size_t len)
{
    void *mem = len >= HUGE_PAGE ? dt_file_map(fd, len, PROT_READ) : NULL;
    if (!mem)
        return;
    (void)madvise(mem, len & ~(HUGE_PAGE - 1), MADV_COLLAPSE);
    munmap(mem, len);
}

enum dt_err dt_file_memory_seal(int fd)
{
    int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    return fcntl(fd, F_ADD_SEALS, seals) == 0 ? DT_OK : DT_ERR_IO;
}
