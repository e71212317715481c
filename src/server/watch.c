/* SPDX-License-Identifier: MIT
 *
 * inotify on folders, by name. A file that is being written is left alone until it is closed, so
 * that half of it is not read. Kubernetes changes a mounted ConfigMap by renaming a link called
 * "..data" beside the links that point through it: names that begin with two dots always count.
 */
#include "server/watch.h"

#include "server/rulefiles.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF |       \
     IN_MOVE_SELF)

struct dt_watch_entry {
    struct dt_watch_entry *next;
    int wd;     /* -1: the folder is gone */
    char *name; /* in the folder; empty: all rule files */
    char folder[];
};

enum dt_err dt_watch_init(struct dt_watch *watch)
{
    *watch = (struct dt_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    return watch->fd >= 0 ? DT_OK : DT_ERR_IO;
}

void dt_watch_release(struct dt_watch *watch)
{
    while (watch->entries) {
        struct dt_watch_entry *next = watch->entries->next;
        free(watch->entries);
        watch->entries = next;
    }
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

static void add_entry(struct dt_watch *watch, const char *folder, const char *name)
{
    for (struct dt_watch_entry *e = watch->entries; e; e = e->next)
        if (strcmp(e->folder, folder) == 0 && strcmp(e->name, name) == 0)
            return;
    size_t folder_size = strlen(folder) + 1, name_size = strlen(name) + 1;
    struct dt_watch_entry *entry = malloc(sizeof *entry + folder_size + name_size);
    if (!entry)
        return;
    memcpy(entry->folder, folder, folder_size);
    entry->name = entry->folder + folder_size;
    memcpy(entry->name, name, name_size);
    entry->wd = inotify_add_watch(watch->fd, folder, EVENTS);
    watch->lost |= entry->wd < 0;
    entry->next = watch->entries;
    watch->entries = entry;
}

static void add_file(struct dt_watch *watch, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) {
        add_entry(watch, ".", path);
        return;
    }
    int len = snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    if (len < (int)sizeof folder)
        add_entry(watch, folder, slash + 1);
}

void dt_watch_add(struct dt_watch *watch, const char *path)
{
    struct stat st;
    char real[PATH_MAX];
    if (watch->fd < 0)
        return;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        add_entry(watch, path, "");
        return;
    }
    add_file(watch, path);
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
        add_file(watch, real);
}

/* A new file is not whole yet; a new name for a whole one (a link) is. */
static bool is_unfinished(const struct dt_watch_entry *entry, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    int len = snprintf(path, sizeof path, "%s/%s", entry->folder, name);
    return len < (int)sizeof path && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_nlink == 1;
}

static bool concerns(struct dt_watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    bool gone = event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF);
    bool found = false;
    const char *name = event->len ? event->name : "";
    for (struct dt_watch_entry *e = watch->entries; e; e = e->next) {
        if (e->wd != event->wd)
            continue;
        if (gone) {
            e->wd = -1;
            watch->lost = true;
            continue;
        }
        bool named = e->name[0] ? strcmp(e->name, name) == 0 : dt_rulefiles_is_name(name);
        if (named && (event->mask & IN_CREATE) && is_unfinished(e, name))
            continue;
        found |= named || strncmp(name, "..", 2) == 0;
    }
    return found;
}

bool dt_watch_read(struct dt_watch *watch)
{
    _Alignas(struct inotify_event) char buffer[16384];
    bool found = false;
    ssize_t n;
    while ((n = read(watch->fd, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + n;) {
            struct inotify_event event;
            memcpy(&event, at, sizeof event);
            found |= concerns(watch, (const struct inotify_event *)(const void *)at);
            at += sizeof event + event.len;
        }
    }
    return found;
}

bool dt_watch_retry(struct dt_watch *watch)
{
    bool back = false;
    watch->lost = false;
    for (struct dt_watch_entry *e = watch->entries; e; e = e->next) {
        if (e->wd >= 0)
            continue;
        e->wd = inotify_add_watch(watch->fd, e->folder, EVENTS);
        back |= e->wd >= 0;
        watch->lost |= e->wd < 0;
    }
    return back;
}
