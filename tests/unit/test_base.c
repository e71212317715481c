/* SPDX-License-Identifier: MIT
 * Unit tests of src/base. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void arena_is_empty_at_first(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    assert_null(arena.chunks);
    dt_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_is_empty_at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
