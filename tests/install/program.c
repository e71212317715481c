/* SPDX-License-Identifier: MIT
 *
 * Somebody else's program: it knows the installed headers and detour.pc, nothing of this tree.
 * Compiled as C and as C++.
 */
#include <detour/status.h>
#include <detour/uri.h>

#include <stdio.h>

int main(void)
{
    const struct dt_status *status = dt_status_get(307);
    if (!status)
        return 1;

    char mem[64];
    struct dt_slice path;
    enum dt_err err = dt_norm_path(dt_slice_str("/a/./b/../%7euser"), mem, sizeof mem, &path);
    if (err) {
        printf("%s\n", dt_err_message(err));
        return 1;
    }

    struct dt_url base;
    struct dt_url url;
    if (dt_url_parse(DT_S("http://www.example.ai/news.html"), NULL, &base))
        return 1;
    err = dt_url_parse(DT_S("breaking/b\xc3\xbc"
                            "cher.html"),
                       &base, &url);
    dt_url_release(&base);
    if (err)
        return 1;
    printf("%.*s | %.*s | %.*s\n", DT_SLICE_FMT(status->reason), DT_SLICE_FMT(path),
           DT_SLICE_FMT(url.href));
    dt_url_release(&url);
    return 0;
}
