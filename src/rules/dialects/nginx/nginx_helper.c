/* SPDX-License-Identifier: MIT
 *
 * The maps that are the same in every configuration; see nginx_helper.h.
 */
#include "rules/dialects/nginx/nginx_helper.h"

#define BIT(helper) (1u << (helper))

const struct dt_nginx_helper dt_nginx_helpers[DT_NGINX_HELPERS] = {
    [DT_NGINX_HELP_SENT] = {"detour_sent",
                            "The path as it was sent.",
                            "$request_uri",
                            NULL,
                            {"~^(?<detour_raw>[^?#]*)", "$detour_raw", NULL},
                            DT_NGINX_TEXT,
                            0},
    [DT_NGINX_HELP_URI] = {"detour_plain",
                           "The decoded path, when it has no byte that had to be escaped.",
                           "$uri",
                           "$detour_sent",
                           {"~^[A-Za-z0-9/._~!$&'()*+,;=:@-]+$", "$uri", NULL},
                           DT_NGINX_TEXT,
                           BIT(DT_NGINX_HELP_SENT)},
    [DT_NGINX_HELP_PATH] =
        {"detour_path",
         "The path that rules are compared with: as it was sent, and safe in a Location. One with\n"
         "# dot segments, or escapes that need not be, is taken from $uri.",
         "$request_uri",
         "$detour_sent",
         {"~*^(?![^?]*%(?:2[146-9A-CF]|3[ABD]|40))"
          "[^?]*(?:%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)|/\\.\\.?(?:[/?]|$))",
          "$detour_plain", NULL},
         DT_NGINX_PATH,
         BIT(DT_NGINX_HELP_SENT) | BIT(DT_NGINX_HELP_URI)},
    [DT_NGINX_HELP_LOWER] = {"detour_lower",
                             "The same, when it has no capital: the strings of a map match in any "
                             "case.",
                             "$detour_path",
                             NULL,
                             {"~^(?:[^A-Z%]|%..)*$", "$detour_path", NULL},
                             DT_NGINX_LOWER,
                             BIT(DT_NGINX_HELP_PATH)},
    [DT_NGINX_HELP_BARE] = {"detour_bare",
                            "The path without a final slash.",
                            "$detour_path",
                            "$detour_path",
                            {"~^(?<detour_cut>/.*)/$", "$detour_cut", NULL},
                            DT_NGINX_BARE,
                            BIT(DT_NGINX_HELP_PATH)},
    [DT_NGINX_HELP_PORT] = {"detour_port",
                            "The port of the URL that was asked for.",
                            "$scheme $http_host",
                            "80",
                            {"~:(?<detour_number>[0-9]+)$", "$detour_number", "~^https ", "443",
                             NULL},
                            DT_NGINX_PORT,
                            0},
};
