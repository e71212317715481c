/* SPDX-License-Identifier: MIT
 *
 * Loaded before the other libraries (LD_PRELOAD): counts every allocation of the process, and says
 * how many there were when it gets SIGUSR2. In a program that AddressSanitizer allocates for, it
 * asks that to call us.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong count;

#ifdef COUNT_BY_SANITIZER
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *mem, size_t size)
{
    (void)mem;
    (void)size;
    atomic_fetch_add(&count, 1);
}

static void on_free(const volatile void *mem)
{
    (void)mem;
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *mem, size_t size);
void *__libc_memalign(size_t align, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *mem, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_realloc(mem, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_memalign(align, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
    *ret = aligned_alloc(align, size);
    return *ret ? 0 : ENOMEM;
}
#endif

static void say(int signal)
{
    (void)signal;
    char line[64] = "allocations: ";
    size_t len = strlen(line);
    char digits[24];
    size_t n = 0;
    unsigned long value = atomic_load(&count);
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n > 0)
        line[len++] = digits[--n];
    line[len++] = '\n';
    (void)!write(STDERR_FILENO, line, len);
}

__attribute__((constructor)) static void begin(void)
{
#ifdef COUNT_BY_SANITIZER
    __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#endif
    signal(SIGUSR2, say);
}
