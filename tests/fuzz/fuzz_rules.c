/* SPDX-License-Identifier: MIT
 *
 * Any text as a rule file, in any format: the first byte says which. Whatever is read keeps the
 * reader's promises, and everything that can be asked of the set is asked.
 */
#include "../unit/test_rules_check.h"
#include "fuzz_zone_file.h"
#include <detour/convert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

#define MAX_LOADS 20u /* a text that includes itself twice would be read 2^16 times */

struct world {
    struct dt_slice text;
    unsigned loads;
};

/* The text includes itself under other names, but for "missing"; and it is every page. */
static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    struct world *world = ctx;
    if (dt_slice_eq(name, DT_S("missing")) || world->loads++ >= MAX_LOADS)
        return DT_ERR_NOT_FOUND;
    *ret_text = world->text;
    return DT_OK;
}

/* One good zone; under other names the text, which is none, but for "missing". */
static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    struct world *world = ctx;
    if (dt_slice_eq(name, DT_S("missing")) || world->loads++ >= MAX_LOADS)
        return DT_ERR_NOT_FOUND;
    *ret_bytes = dt_slice_eq(name, DT_S("Europe/Berlin")) ? fuzz_zone_file() : world->text;
    return DT_OK;
}

static void touch(struct dt_slice s)
{
    size_t sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += (unsigned char)s.ptr[i];
    sink += sum;
}

static void touch_set(const struct dt_ruleset *set)
{
    for (size_t i = 0; i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        touch(rule->host);
        touch(rule->path);
        touch(rule->target);
        touch(dt_ruleset_action(set, rule->action)->fields);
        touch(dt_ruleset_action(set, rule->action)->page);
    }
    for (size_t i = 0; i < dt_ruleset_expect_count(set); i++)
        for (size_t f = 0; f < dt_ruleset_expect(set, i)->nfields; f++)
            touch(dt_ruleset_expect(set, i)->fields[f].value);
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        touch(dt_ruleset_diag(set, i)->text);
        touch(dt_ruleset_diag(set, i)->message);
    }
    for (size_t i = 0; i < dt_ruleset_file_count(set); i++)
        touch(dt_ruleset_file(set, i));
    touch(dt_ruleset_line(set, 0, 2));
}

/* Bytes below 0x20 are numbers of formats. "a" is gov.uk's, "b" MDN's, "c" Netlify's, "d" any, "e"
 * native, "f" Firebase's, "g" Apache's; from 0x80 on the file is a .htaccess. */
static const enum dt_format formats[7] = {
    DT_FORMAT_MDN,      DT_FORMAT_NETLIFY, DT_FORMAT_AUTO,  DT_FORMAT_NATIVE,
    DT_FORMAT_FIREBASE, DT_FORMAT_APACHE,  DT_FORMAT_GOVUK,
};

static enum dt_format format_of(unsigned char first)
{
    return first < 0x20 ? (enum dt_format)(first % (DT_FORMAT_OPENPUBLISHING + 1u))
                        : formats[first % 7];
}

/* What was read can be written: every rule is accounted for in every format. */
static void write_all(const struct dt_ruleset *set)
{
    for (unsigned to = 0; dt_format_name((enum dt_format)to); to++) {
        const struct dt_convert_options options = {.to = (enum dt_format)to, .approximate = true};
        struct dt_convert *convert;
        if (!dt_format_writes(options.to) || dt_convert_new(set, &options, &convert))
            continue;
        size_t count = 0;
        for (unsigned outcome = 0; outcome <= DT_CONVERTED_REFUSED; outcome++)
            count += dt_convert_count(convert, (enum dt_converted)outcome);
        RULES_CHECK(count == dt_ruleset_count(set));
        for (size_t i = 0; i < dt_convert_file_count(convert); i++)
            touch(dt_convert_file(convert, i).text);
        dt_convert_free(convert);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > (256u << 10))
        return 0;
    /* A copy of its exact size, so that a read past its end is seen. */
    char *mem = malloc(size);
    if (!mem)
        return 0;
    memcpy(mem, data, size);
    struct world world = {.text = dt_slice_of(mem + 1, size - 1)};
    struct dt_loader loader = {.load = load, .ctx = &world, .zone = load_zone};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    if (set) {
        unsigned char first = (unsigned char)mem[0];
        struct dt_slice name = first < 0x80 ? DT_S("d/fuzz") : DT_S("d/.htaccess");
        enum dt_err err = dt_ruleset_read(set, name, world.text, format_of(first));
        RULES_CHECK(err == DT_OK || err == DT_ERR_SYNTAX);
        RULES_CHECK((err == DT_OK) == (dt_ruleset_error_count(set) == 0));
        rules_check(set);
        touch_set(set);
        write_all(set);
    }
    dt_ruleset_free(set);
    free(mem);
    return 0;
}
