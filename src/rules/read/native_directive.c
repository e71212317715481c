/* SPDX-License-Identifier: MIT
 *
 * Directives: @host, @default and @include shape how the lines below are read; @order, @key and
 * @expect are the set's.
 */
#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include "rules/read/native_words.h"

static void read_host(struct dt_words *words)
{
    struct dt_slice word = dt_words_next(words);
    struct dt_slice name = dt_slice_starts(word, DT_S("//")) ? dt_slice_from(word, 2) : word;
    struct dt_host_pattern pattern;
    if (name.len == 0) {
        (void)dt_words_missing(words, word, "a host, .host, *.host, or * for any");
        return;
    }
    if (dt_source_host(words->reader, name, &pattern) && dt_words_end(words))
        words->reader->host = pattern;
}

static void read_default(struct dt_words *words)
{
    struct dt_options options = dt_options_standard();
    if (!dt_options_parse(words->reader, words->rest, &options))
        return;
    words->reader->defaults = options;
    for (size_t i = 0; i < DT_TAILS; i++)
        words->reader->tails[i].text = DT_SLICE_NONE;
}

static void read_order(struct dt_words *words)
{
    struct dt_reader *reader = words->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_slice word = dt_words_next(words);
    enum dt_order order = dt_slice_eq(word, DT_S("first"))      ? DT_ORDER_FIRST
                          : dt_slice_eq(word, DT_S("specific")) ? DT_ORDER_SPECIFIC
                                                                : DT_ORDER_UNSET;
    if (order == DT_ORDER_UNSET) {
        (void)dt_words_missing(words, word, "first or specific");
        return;
    }
    if (!dt_words_end(words))
        return;
    if (set->order != DT_ORDER_UNSET && set->order != order) {
        struct dt_slice file = dt_ruleset_file(set, set->order_file);
        dt_reader_error(reader, word, "order-differs",
                        "%.*s:%u says @order %s, and it is one for "
                        "the whole set",
                        DT_SLICE_FMT(file), set->order_line,
                        set->order == DT_ORDER_FIRST ? "first" : "specific");
        return;
    }
    set->order = order;
    set->order_file = reader->file;
    set->order_line = reader->line;
}

/* The key of all shares: whoever has the same key picks the same clients. */
static void read_key(struct dt_words *words)
{
    struct dt_reader *reader = words->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_slice word, text;
    if (!dt_words_quoted(words, &word, &text))
        return;
    if (text.len == 0) {
        (void)dt_words_missing(words, word, "a text, the key of all percent=");
        return;
    }
    if (!dt_words_end(words))
        return;
    if (set->share_key.len && !dt_slice_eq(set->share_key, text)) {
        struct dt_slice file = dt_ruleset_file(set, set->key_file);
        dt_reader_error(reader, word, "key-differs",
                        "%.*s:%u says @key %.*s, and it is one for the whole set",
                        DT_SLICE_FMT(file), set->key_line, DT_SLICE_FMT(set->share_key));
        return;
    }
    set->share_key = text;
    set->key_file = reader->file;
    set->key_line = reader->line;
}

/* ---- The whole ---- */

static const struct {
    const char *name;
    void (*read)(struct dt_words *words);
} directives[] = {
    {"@host", read_host},   {"@default", read_default}, {"@include", dt_native_include},
    {"@order", read_order}, {"@key", read_key},         {"@expect", dt_native_expect},
};
#define DIRECTIVES (sizeof directives / sizeof *directives)

static void unknown(struct dt_reader *reader, struct dt_slice word)
{
    const char *names[DIRECTIVES];
    for (size_t i = 0; i < DIRECTIVES; i++)
        names[i] = directives[i].name;
    const char *nearest = dt_diag_nearest(word, names, DIRECTIVES);
    if (nearest)
        dt_reader_error(reader, word, "directive-unknown", "no such directive, did you mean %s",
                        nearest);
    else
        dt_reader_error(reader, word, "directive-unknown",
                        "no such directive: there are @host, @default, @include, @order, @key, "
                        "@expect");
}

void dt_native_directive(struct dt_reader *reader, struct dt_slice line)
{
    struct dt_words words = {reader, line};
    struct dt_slice word = dt_words_next(&words);
    if (!dt_reader_check_text(reader, line, dt_scan_bits(line)))
        return;
    for (size_t i = 0; i < DIRECTIVES; i++) {
        if (dt_slice_eq(word, dt_slice_str(directives[i].name))) {
            directives[i].read(&words);
            return;
        }
    }
    unknown(reader, word);
}
