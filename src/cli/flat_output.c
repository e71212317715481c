/* SPDX-License-Identifier: MIT
 *
 * A set with an error in it is never written: what could not be read would be lost. The same holds
 * for a rule that cannot be said in the native language, though there should be none.
 */
#include "cli/flat_output.h"
#include "base/file.h"
#include "cli/text.h"
#include "rules/check/flatten.h"

#include <detour/convert.h>
#include <errno.h>
#include <string.h>

static int fail(const struct dt_check *check, const char *why)
{
    dt_complain(check->call->command, "nothing is flattened: %s", why);
    return DT_EXIT_FINDINGS;
}

static bool write_text(const struct dt_check *check, struct dt_slice text, const char *output)
{
    if (!output) {
        fwrite(text.len ? text.ptr : "", 1, text.len, stdout); /* a failure is told in main */
        return true;
    }
    enum dt_err err = dt_file_replace(output, text.len ? text.ptr : "", text.len);
    if (err)
        dt_complain(check->call->command, "%s: %s", output,
                    err == DT_ERR_NOMEM ? dt_err_message(err) : strerror(errno));
    return err == DT_OK;
}

static void say(const struct dt_check *check, const char *output)
{
    size_t changed = dt_check_flat_count(check->result);
    fprintf(stderr, "detour check: %s of ", dt_count_text(changed).text);
    dt_print_count(stderr, dt_check_rules(check), "rule");
    fprintf(stderr, " flattened%s%s\n", output ? ", written to " : "", output ? output : "");
}

int dt_flat_output(struct dt_check *check, const char *output)
{
    struct dt_ruleset *set = check->load.files.set;
    struct dt_convert *convert = NULL;
    const struct dt_convert_options options = {.to = DT_FORMAT_NATIVE};
    if (!set)
        return fail(check, "a snapshot has no text; name the files that it was compiled from");
    if (!check->result || dt_load_errors(&check->load))
        return fail(check, "what could not be read would be lost");
    enum dt_err err = dt_ruleset_flatten(set, check->result);
    if (!err)
        err = dt_convert_new(set, &options, &convert);
    if (err)
        return fail(check, dt_err_message(err));
    int code = DT_EXIT_FINDINGS;
    size_t refused = dt_convert_count(convert, DT_CONVERTED_REFUSED);
    if (refused || dt_convert_file_count(convert) != 1)
        fail(check, "a rule cannot be written in the native language");
    else if (write_text(check, dt_convert_file(convert, 0).text, output))
        code = DT_EXIT_OK;
    if (code == DT_EXIT_OK)
        say(check, output);
    dt_convert_free(convert);
    return code;
}
