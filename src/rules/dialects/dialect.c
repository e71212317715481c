/* SPDX-License-Identifier: MIT
 *
 * The table of formats, in the order of enum dt_format.
 */
#include "rules/dialects/dialect.h"

static const struct dt_dialect dialects[] = {
    [DT_FORMAT_NATIVE] = {"native", "Detour's own language", NULL, dt_native_read, dt_native_write},
    [DT_FORMAT_GOVUK] = {"govuk-csv", "gov.uk transition CSV", dt_govuk_is, dt_govuk_read,
                         dt_govuk_write},
    [DT_FORMAT_MDN] = {"mdn-tsv", "MDN _redirects.txt", dt_mdn_is, dt_mdn_read, dt_mdn_write},
    [DT_FORMAT_NETLIFY] = {"netlify", "Netlify _redirects", dt_netlify_is, dt_netlify_read,
                           dt_netlify_write},
    [DT_FORMAT_FIREBASE] = {"firebase", "firebase.json", dt_firebase_is, dt_firebase_read, NULL},
    [DT_FORMAT_APACHE] = {"apache", "Apache httpd", dt_apache_is, dt_apache_read, dt_apache_write},
    [DT_FORMAT_PAGES] = {"cloudflare-pages", "Cloudflare Pages _redirects", NULL, dt_pages_read,
                         dt_pages_write},
    [DT_FORMAT_CLOUDFLARE_BULK] = {"cloudflare-bulk", "Cloudflare Bulk Redirects CSV",
                                   dt_cloudflare_bulk_is, dt_cloudflare_bulk_read,
                                   dt_cloudflare_bulk_write},
    [DT_FORMAT_VERCEL] = {"vercel", "vercel.json", dt_vercel_is, dt_vercel_read, dt_vercel_write},
    [DT_FORMAT_VERCEL_BULK] = {"vercel-bulk", "Vercel bulk redirects CSV", dt_vercel_bulk_is,
                               dt_vercel_bulk_read, dt_vercel_bulk_write},
    [DT_FORMAT_NGINX] = {"nginx", "nginx", dt_nginx_is, dt_nginx_read, dt_nginx_write},
    [DT_FORMAT_HAPROXY] = {"haproxy", "HAProxy", dt_haproxy_is, dt_haproxy_read, dt_haproxy_write},
    [DT_FORMAT_CADDY] = {"caddy", "Caddy", dt_caddy_is, dt_caddy_read, dt_caddy_write},
    [DT_FORMAT_WORDPRESS_CSV] = {"wordpress-csv", "WordPress Redirection CSV", dt_wordpress_csv_is,
                                 dt_wordpress_csv_read, dt_wordpress_csv_write},
    [DT_FORMAT_WORDPRESS_JSON] = {"wordpress-json", "WordPress Redirection JSON",
                                  dt_wordpress_json_is, dt_wordpress_json_read,
                                  dt_wordpress_json_write},
    [DT_FORMAT_OPENPUBLISHING] = {"openpublishing", "Microsoft .openpublishing.redirection.json",
                                  dt_openpublishing_is, dt_openpublishing_read, NULL},
};

const struct dt_dialect *dt_dialect(enum dt_format format)
{
    if (format == DT_FORMAT_AUTO || (size_t)format >= sizeof dialects / sizeof *dialects)
        return NULL;
    return &dialects[format];
}
