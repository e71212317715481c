/* SPDX-License-Identifier: MIT
 *
 * Counts what a process asks of the allocator, so that "no allocation in the steady state" is a
 * number and not a promise. Preloaded (LD_PRELOAD), it stands in front of glibc's functions and
 * counts calls in a shared file, one slot for each process: a forked worker has its own counts, and
 * the benchmark reads them from outside, without a word to the server.
 *
 * ALLOCCOUNT_FILE names the file; SLOTS records of struct slot, the layout that
 * bench/harness/rows_memory.py reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLOTS = 256 };

struct slot {
    _Atomic int64_t pid;
    _Atomic uint64_t allocated; /* malloc, calloc, realloc, aligned kinds */
    _Atomic uint64_t freed;
    _Atomic uint64_t mapped; /* mmap */
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static struct slot *slots; /* NULL until the constructor has run: what came before is not counted */

static struct slot *own_slot(void)
{
    int64_t pid = getpid();
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[((size_t)pid + i) % SLOTS];
        int64_t seen = 0;
        if (atomic_load(&slot->pid) == pid ||
            atomic_compare_exchange_strong(&slot->pid, &seen, pid))
            return slot;
    }
    abort(); /* more processes than slots: a count that is not whole must not look like one */
}

static void count_allocation(void)
{
    if (slots != NULL)
        atomic_fetch_add(&own_slot()->allocated, 1);
}

__attribute__((constructor)) static void open_counts(void)
{
    const char *path = getenv("ALLOCCOUNT_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || ftruncate(fd, SLOTS * sizeof(struct slot)) != 0)
        return;
    void *memory =
        mmap(NULL, SLOTS * sizeof(struct slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED)
        slots = memory;
}

void *malloc(size_t size)
{
    count_allocation();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    count_allocation();
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    count_allocation();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    count_allocation();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count_allocation();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    count_allocation();
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL)
        return ENOMEM;
    *ret = memory;
    return 0;
}

void free(void *memory)
{
    if (slots != NULL && memory != NULL)
        atomic_fetch_add(&own_slot()->freed, 1);
    __libc_free(memory);
}

void *mmap(void *where, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (slots != NULL)
        atomic_fetch_add(&own_slot()->mapped, 1);
    long result = syscall(SYS_mmap, where, len, protection, flags, fd, offset);
    return result == -1 ? MAP_FAILED : (void *)result; // NOLINT(performance-no-int-to-ptr)
}

/* The name that programs with 64-bit file offsets call it by. */
void *mmap64(void *where, size_t len, int protection, int flags, int fd, off_t offset)
{
    return mmap(where, len, protection, flags, fd, offset);
}
