/* SPDX-License-Identifier: MIT
 *
 * Everything that needs rights or can be wrong is done here, before anything is forked: limits, the
 * sockets, the user to become.
 */
#include "server/options.h"

#include "base/buf.h"
#include "base/log.h"
#include "http/http1_chars.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static unsigned or_default(unsigned value, unsigned instead)
{
    return value ? value : instead;
}

static unsigned cpu_count(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    if (n > DT_SERVE_MAX_WORKERS)
        n = DT_SERVE_MAX_WORKERS;
    return (unsigned)n;
}

static void fill_defaults(struct dt_serve_options *o)
{
    o->workers = or_default(o->workers, cpu_count());
    o->buffer_mib = or_default(o->buffer_mib, DT_SERVE_BUFFER_MIB);
    o->head_timeout = or_default(o->head_timeout, DT_SERVE_HEAD_TIMEOUT);
    o->idle_timeout = or_default(o->idle_timeout, DT_SERVE_IDLE_TIMEOUT);
    o->write_timeout = or_default(o->write_timeout, DT_SERVE_WRITE_TIMEOUT);
    o->body_timeout = or_default(o->body_timeout, DT_SERVE_BODY_TIMEOUT);
    o->linger_timeout = or_default(o->linger_timeout, DT_SERVE_LINGER_TIMEOUT);
    o->drain_timeout = or_default(o->drain_timeout, DT_SERVE_DRAIN_TIMEOUT);
    o->compile_time = or_default(o->compile_time, DT_SERVE_COMPILE_TIME);
    if (!o->compile_memory)
        o->compile_memory = DT_SERVE_COMPILE_MEMORY;
}

static bool read_addresses(struct dt_setup *setup)
{
    static const char *const fallback[] = {DT_SERVE_LISTEN};
    const char *const *listen = setup->options.nlisten ? setup->options.listen : fallback;
    size_t n = setup->options.nlisten ? setup->options.nlisten : 1;
    if (n > DT_SETUP_MAX_LISTEN) {
        dt_log(DT_LOG_ERROR, "more than %d addresses to listen on", DT_SETUP_MAX_LISTEN);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (dt_net_address_parse(listen[i], &setup->address[i]) != DT_OK) {
            dt_log(DT_LOG_ERROR,
                   "\"%s\" is no address to listen on: write ADDR:PORT, [v6]:PORT, :PORT or PORT",
                   listen[i]);
            return false;
        }
    }
    setup->nlisten = (unsigned)n;
    return true;
}

static bool read_trust(struct dt_setup *setup)
{
    const struct dt_serve_options *o = &setup->options;
    for (size_t i = 0; i < o->ntrust_proxy; i++) {
        struct dt_slice bad = DT_SLICE_NONE;
        enum dt_err err = dt_client_trust_add(&setup->trust, dt_slice_str(o->trust_proxy[i]), &bad);
        if (err == DT_ERR_LIMIT) {
            dt_log(DT_LOG_ERROR, "more than %d networks of proxies to trust",
                   DT_CLIENT_MAX_TRUSTED);
            return false;
        }
        if (err) {
            dt_log(DT_LOG_ERROR,
                   "\"%.*s\" is no network of proxies to trust: write 10.0.0.7, 10.0.0.0/8 or "
                   "2001:db8::/32, with no bits behind the prefix",
                   DT_SLICE_FMT(bad));
            return false;
        }
    }
    return true;
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!dt_http1_is_token(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool open_country(struct dt_setup *setup)
{
    const char *path = setup->options.country_db;
    const char *why = NULL;
    setup->trust.country_field = dt_slice_str(setup->options.country_header);
    if (!path)
        return true;
    enum dt_err err = dt_country_open(path, &setup->country, &why);
    if (err) {
        dt_log(DT_LOG_ERROR, "cannot tell countries by %s: %s", path,
               why ? why : dt_err_message(err));
        return false;
    }
    setup->trust.country = setup->country;
    dt_log(DT_LOG_INFO, "countries by %s: %s", path, dt_country_title(setup->country));
    return true;
}

static bool open_listeners(struct dt_setup *setup)
{
    unsigned workers = setup->options.workers;
    int fds[DT_SERVE_MAX_WORKERS];
    setup->listeners = malloc(sizeof(int) * workers * setup->nlisten);
    if (!setup->listeners)
        return false;
    for (unsigned i = 0; i < workers * setup->nlisten; i++)
        setup->listeners[i] = -1;
    for (unsigned a = 0; a < setup->nlisten; a++) {
        char text[DT_NET_ADDRESS_MAX];
        if (dt_net_listen(&setup->address[a], workers, fds) != DT_OK) {
            dt_net_address_text(&setup->address[a], text);
            dt_log(DT_LOG_ERROR, "cannot listen on %s: %s", text, strerror(errno));
            return false;
        }
        for (unsigned w = 0; w < workers; w++)
            setup->listeners[w * setup->nlisten + a] = fds[w];
    }
    return true;
}

/* Each connection is a descriptor: take as many as the system lets us have. */
static void raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool become(const char *name)
{
    if (geteuid() != 0) {
        dt_log(DT_LOG_WARNING, "not root: staying the user that started this, not \"%s\"", name);
        return true;
    }
    const struct passwd *user = getpwnam(name);
    if (!user) {
        dt_log(DT_LOG_ERROR, "there is no user \"%s\"", name);
        return false;
    }
    if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0 || (user->pw_uid != 0 && setuid(0) == 0)) {
        dt_log(DT_LOG_ERROR, "cannot become the user \"%s\": %s", name, strerror(errno));
        return false;
    }
    return true;
}

int dt_setup_init(struct dt_setup *setup, const struct dt_serve_options *options)
{
    memset(setup, 0, sizeof *setup);
    setup->options = *options;
    fill_defaults(&setup->options);
    if (options->npaths == 0) {
        dt_log(DT_LOG_ERROR, "no rules were named");
        return 2;
    }
    if (options->workers > DT_SERVE_MAX_WORKERS) {
        dt_log(DT_LOG_ERROR, "at most %d workers are possible", DT_SERVE_MAX_WORKERS);
        return 2;
    }
    if (options->country_header && !is_token(dt_slice_str(options->country_header))) {
        dt_log(DT_LOG_ERROR, "\"%s\" is no name of a header field that could tell the country",
               options->country_header);
        return 2;
    }
    if (!read_addresses(setup) || !read_trust(setup))
        return 2;
    raise_limit();
    if (!open_country(setup) || !open_listeners(setup) ||
        (options->user && !become(options->user))) {
        dt_setup_release(setup);
        return 1;
    }
    return 0;
}

void dt_setup_log(const struct dt_setup *setup, uint64_t rules)
{
    struct dt_buf where;
    dt_buf_init(&where, 4096);
    for (unsigned i = 0; i < setup->nlisten; i++) {
        char text[DT_NET_ADDRESS_MAX];
        dt_net_address_text(&setup->address[i], text);
        dt_buf_printf(&where, "%shttp://%s", i ? ", " : "", text);
    }
    unsigned workers = setup->options.workers;
    dt_log(DT_LOG_INFO, "serving %llu rule%s on %.*s with %u worker%s", (unsigned long long)rules,
           rules == 1 ? "" : "s", DT_SLICE_FMT(dt_buf_slice(&where)), workers,
           workers == 1 ? "" : "s");
    dt_buf_release(&where);
}

void dt_setup_close_listeners(struct dt_setup *setup)
{
    for (unsigned i = 0; setup->listeners && i < setup->options.workers * setup->nlisten; i++) {
        if (setup->listeners[i] >= 0)
            close(setup->listeners[i]);
        setup->listeners[i] = -1;
    }
}

void dt_setup_release(struct dt_setup *setup)
{
    dt_setup_close_listeners(setup);
    free(setup->listeners);
    setup->listeners = NULL;
    dt_country_free(setup->country);
    setup->country = NULL;
}
