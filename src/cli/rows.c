/* SPDX-License-Identifier: MIT
 *
 * The words of the flags that have a choice.
 */
#include "cli/rows.h"

#include <detour/ruleset.h>

const char *const dt_format_choices[] = {"auto",
                                         "native",
                                         "govuk-csv",
                                         "mdn-tsv",
                                         "netlify",
                                         "firebase",
                                         "apache",
                                         "cloudflare-pages",
                                         "cloudflare-bulk",
                                         "vercel",
                                         "vercel-bulk",
                                         "nginx",
                                         "haproxy",
                                         "caddy",
                                         "wordpress-csv",
                                         "wordpress-json",
                                         "openpublishing",
                                         NULL};
_Static_assert(sizeof dt_format_choices / sizeof *dt_format_choices == DT_FORMAT_OPENPUBLISHING + 2,
               "a word for each format, in the order of enum dt_format");

const char *const dt_color_choices[] = {"auto", "always", "never", NULL};
