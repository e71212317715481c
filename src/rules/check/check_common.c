/* SPDX-License-Identifier: MIT
 *
 * A path that two texts with names and stars have in common. A table says from which pair of places
 * on both can still come to an end together; a path is then read off it, byte by byte, and stars
 * end as soon as they may.
 */
#include "base/out.h"
#include "rules/check/check_paths.h"

#include <stdlib.h>

#define CELLS_MAX (1u << 16)

struct table {
    struct dt_slice a, b;
    unsigned char *cells; /* (a.len + 1) rows of b.len + 1 */
};

static bool at(const struct table *table, size_t i, size_t j)
{
    return i <= table->a.len && j <= table->b.len && table->cells[i * (table->b.len + 1) + j];
}

static bool is_open(char c)
{
    return c == DT_PATH_NAME || c == DT_PATH_STAR;
}

static bool meets(const struct table *table, size_t i, size_t j)
{
    bool in_a = i < table->a.len, in_b = j < table->b.len;
    char x = in_a ? table->a.ptr[i] : 0, y = in_b ? table->b.ptr[j] : 0;
    if (!in_a && !in_b)
        return true;
    if (x == DT_PATH_STAR)
        return at(table, i + 1, j) || (in_b && at(table, i, j + 1));
    if (y == DT_PATH_STAR)
        return at(table, i, j + 1) || (in_a && at(table, i + 1, j));
    if (!in_a || !in_b)
        return false;
    if (!is_open(x) && !is_open(y))
        return dt_ascii_lower(x) == dt_ascii_lower(y) && at(table, i + 1, j + 1);
    if (x == '/' || y == '/')
        return false;
    return at(table, i + 1, j + 1) || (x == DT_PATH_NAME && !is_open(y) && at(table, i, j + 1)) ||
           (y == DT_PATH_NAME && !is_open(x) && at(table, i + 1, j));
}

struct reading {
    const struct table *table;
    const struct dt_paths_words *words;
    unsigned next;
    struct dt_out out;
    size_t i, j;
};

static void put_word(struct reading *reading)
{
    const struct dt_paths_words *words = reading->words;
    dt_out_put(&reading->out, words->words[reading->next++ % words->count]);
}

/* What a star takes in of the other side, or its end. */
static void read_star(struct reading *reading, char x, char y)
{
    const struct table *table = reading->table;
    bool both = x == DT_PATH_STAR && y == DT_PATH_STAR;
    if (both && reading->words->fill_stars)
        put_word(reading);
    bool a_ends = x == DT_PATH_STAR && at(table, reading->i + 1, reading->j);
    if (a_ends || (y == DT_PATH_STAR && !at(table, reading->i, reading->j + 1))) {
        if (!a_ends) { /* b's star takes a's next */
            if (x == DT_PATH_NAME)
                put_word(reading);
            else if (x != DT_PATH_STAR)
                dt_out_char(&reading->out, x);
        }
        reading->i++;
        return;
    }
    if (y == DT_PATH_NAME)
        put_word(reading);
    else if (y != DT_PATH_STAR)
        dt_out_char(&reading->out, y);
    reading->j++;
}

static void read_one(struct reading *reading, char x, char y)
{
    const struct table *table = reading->table;
    if (x == DT_PATH_STAR || y == DT_PATH_STAR) {
        read_star(reading, x, y);
        return;
    }
    bool end = at(table, reading->i + 1, reading->j + 1);
    if (is_open(x) && is_open(y))
        put_word(reading);
    else
        dt_out_char(&reading->out, is_open(x) ? y : x);
    reading->i += end || y == DT_PATH_NAME;
    reading->j += end || x == DT_PATH_NAME;
}

bool dt_paths_common(struct dt_slice a, struct dt_slice b, const struct dt_paths_words *words,
                     char *mem, size_t cap, struct dt_slice *ret)
{
    size_t cells = (a.len + 1) * (b.len + 1);
    struct table table = {a, b, NULL};
    if (cells > CELLS_MAX)
        return false;
    table.cells = malloc(cells);
    if (!table.cells)
        return false;
    for (size_t i = a.len + 1; i-- > 0;)
        for (size_t j = b.len + 1; j-- > 0;) {
            table.cells[i * (b.len + 1) + j] = 0;
            table.cells[i * (b.len + 1) + j] = meets(&table, i, j);
        }
    struct reading reading = {.table = &table, .words = words, .out = dt_out_init(mem, cap)};
    bool good = at(&table, 0, 0);
    while (good && (reading.i < a.len || reading.j < b.len)) {
        read_one(&reading, reading.i < a.len ? a.ptr[reading.i] : 0,
                 reading.j < b.len ? b.ptr[reading.j] : 0);
        good = !reading.out.overflow;
    }
    free(table.cells);
    *ret = dt_out_slice(&reading.out);
    return good;
}
