/* SPDX-License-Identifier: MIT
 *
 * Swapping a hundred megabytes of rules without anybody noticing. A fresh mapping has no page table
 * entries: the first requests after a swap would each take page faults. So the next snapshot is
 * mapped in before it is used, and the old one unmapped after, a megabyte between two turns of the
 * loop. Its memory itself is freed elsewhere: another process holds the file until all have let go.
 * What a snapshot needs besides its bytes, for its regular expressions, is made between turns too.
 */
#include "server/view.h"

#include "base/file.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum dt_err map_snapshot(int fd, struct dt_view_map *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return DT_ERR_IO;
    if (st.st_size <= 0)
        return DT_ERR_TORN;
    size_t len = (size_t)st.st_size;
    void *mem = dt_file_map(fd, len, PROT_READ);
    if (!mem)
        return DT_ERR_NOMEM;
    enum dt_err err = dt_snapshot_open(mem, len, &ret->snapshot);
    if (err) {
        munmap(mem, len);
        return err;
    }
    ret->mem = mem;
    ret->len = len;
    ret->done = 0;
    return DT_OK;
}

static void leave(struct dt_view *view, struct dt_view_map *map)
{
    if (view->nleaving == DT_VIEW_LEAVING) {
        dt_snapshot_release(&map->snapshot); /* more swaps than can be: one slow turn */
        munmap(map->mem, map->len);
    } else {
        view->leaving[view->nleaving] = *map;
        view->leaving[view->nleaving++].done = 0;
    }
    memset(map, 0, sizeof *map);
}

enum dt_err dt_view_offer(struct dt_view *view, int fd, uint32_t generation, bool in_memory)
{
    struct dt_view_map map;
    enum dt_err err = map_snapshot(fd, &map);
    close(fd);
    if (err)
        return err;
    map.generation = generation;
    if (!view->current.mem) {
        err = dt_snapshot_prepare(&map.snapshot);
        if (err) {
            dt_snapshot_release(&map.snapshot);
            munmap(map.mem, map.len);
            return err;
        }
        view->current = map;
        view->warm = in_memory;
        view->changed = true;
        return DT_OK;
    }
    if (view->next.mem)
        leave(view, &view->next);
    view->next = map;
    return DT_OK;
}

/* Makes page table entries for a slice. Kernels before 5.14 have no MADV_POPULATE_READ: read a byte
 * of each page. */
static void map_in(struct dt_view_map *map)
{
    size_t len = map->len - map->done < DT_VIEW_SLICE ? map->len - map->done : DT_VIEW_SLICE;
    char *at = map->mem + map->done;
    if (madvise(at, len, MADV_POPULATE_READ) != 0)
        for (size_t i = 0; i < len; i += 4096)
            (void)*(volatile const char *)(at + i);
    map->done += len;
}

static void unmap_slice(struct dt_view *view)
{
    struct dt_view_map *map = &view->leaving[view->nleaving - 1];
    if (!dt_snapshot_release_step(&map->snapshot))
        return;
    size_t len = map->len - map->done < DT_VIEW_SLICE ? map->len - map->done : DT_VIEW_SLICE;
    munmap(map->mem + map->done, len);
    map->done += len;
    if (map->done == map->len)
        view->nleaving--;
}

/* A step of getting the next snapshot ready. */
static void advance(struct dt_view *view)
{
    struct dt_view_map *next = &view->next;
    bool ready = false;
    if (next->done < next->len) {
        map_in(next);
        return;
    }
    enum dt_err err = dt_snapshot_prepare_step(&next->snapshot, &ready);
    if (err) {
        view->failed = err;
        view->failed_generation = next->generation;
        leave(view, next);
    } else if (ready) {
        leave(view, &view->current);
        view->current = *next;
        view->warm = true;
        view->changed = true;
        memset(next, 0, sizeof *next);
    }
}

bool dt_view_work(struct dt_view *view)
{
    if (view->next.mem) {
        advance(view);
        return true;
    }
    if (view->nleaving > 0) {
        unmap_slice(view);
        return true;
    }
    if (view->warm && view->current.done < view->current.len) {
        map_in(&view->current);
        return true;
    }
    return false;
}

bool dt_view_settled(struct dt_view *view)
{
    bool settled = view->changed && !view->next.mem && view->nleaving == 0;
    if (settled)
        view->changed = false;
    return settled;
}
