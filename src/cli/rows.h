/* SPDX-License-Identifier: MIT
 *
 * Flags that several commands have: one row each, so that they mean the same everywhere.
 */
#ifndef DT_CLI_ROWS_H
#define DT_CLI_ROWS_H

#include "cli/cmdline.h"

/* In the order of enum dt_format. */
extern const char *const dt_format_choices[];
/* In the order of enum dt_color. */
extern const char *const dt_color_choices[];

#define DT_ROW_FORMAT(values, field)                                                               \
    {                                                                                              \
        .kind = DT_OPTION_CHOICE, .name = "format", .arg = "FORMAT", .fallback = "auto",           \
        .choices = dt_format_choices, .offset = offsetof(struct values, field),                    \
        .help = "How the rule files are written: auto (by name and beginning), native, "           \
                "govuk-csv, mdn-tsv, netlify, firebase, apache, cloudflare-pages, "                \
                "cloudflare-bulk, vercel, vercel-bulk, nginx, haproxy, caddy, wordpress-csv, "     \
                "wordpress-json or openpublishing"                                                 \
    }

#define DT_ROW_COLOR(values, field)                                                                \
    {                                                                                              \
        .kind = DT_OPTION_CHOICE, .name = "color", .arg = "WHEN", .fallback = "auto",              \
        .choices = dt_color_choices, .offset = offsetof(struct values, field),                     \
        .help = "Colours: auto (on a terminal, unless $NO_COLOR is set), always or never"          \
    }

#define DT_ROW_JSON(values, field)                                                                 \
    {                                                                                              \
        .kind = DT_OPTION_FLAG, .name = "json", .offset = offsetof(struct values, field),          \
        .help = "Print one JSON object instead of text; docs/json.md says what is in it"           \
    }

#define DT_ROW_KEEP_GOING(values, field, what)                                                     \
    {                                                                                              \
        .kind = DT_OPTION_FLAG, .name = "keep-going", .letter = 'k',                               \
        .offset = offsetof(struct values, field), .help = (what)                                   \
    }

#endif
