/* SPDX-License-Identifier: MIT
 *
 * `detour serve` as a function: supervisor, workers and control process from one set of options.
 * An all-zero struct is a valid set of options: every 0 means the default named beside it.
 */
#ifndef DT_SERVER_SERVE_H
#define DT_SERVER_SERVE_H

#include <detour/ruleset.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DT_SERVE_LISTEN "127.0.0.1:8307"
#define DT_SERVE_HEAD_TIMEOUT 10   /* seconds for a whole request head, from its first byte */
#define DT_SERVE_IDLE_TIMEOUT 60   /* seconds between requests */
#define DT_SERVE_WRITE_TIMEOUT 30  /* seconds for a client to take an answer */
#define DT_SERVE_BODY_TIMEOUT 10   /* seconds to drain a request body of at most 64 KiB */
#define DT_SERVE_LINGER_TIMEOUT 10 /* seconds to discard what follows a refused body */
#define DT_SERVE_DRAIN_TIMEOUT 10  /* seconds for requests in progress after SIGTERM */
#define DT_SERVE_COMPILE_TIME 300  /* seconds of CPU for reading and compiling the rules */
#define DT_SERVE_COMPILE_MEMORY ((uint64_t)16 << 30) /* bytes of address space for the same */
#define DT_SERVE_MAX_WORKERS 256
#define DT_SERVE_BUFFER_MIB                                                                        \
    64 /* memory for slow clients' partial heads and unsent answers, a worker */

struct dt_serve_options {
    const char *const *listen; /* "ADDR:PORT", "[v6]:PORT", ":PORT", "PORT"; port 0 picks one */
    size_t nlisten;            /* 0: DT_SERVE_LISTEN */
    const char *const *paths;  /* rule files, folders of them, or one snapshot; at least one */
    size_t npaths;
    const char *user; /* when root: become this user once the sockets are open; NULL: stay */
    unsigned workers; /* 0: one for each CPU this process may use */
    unsigned max_connections; /* a worker; 0: as many as RLIMIT_NOFILE's hard limit allows */
    unsigned buffer_mib;      /* 0: DT_SERVE_BUFFER_MIB */
    unsigned head_timeout;    /* seconds, as those below; 0: DT_SERVE_HEAD_TIMEOUT and so on */
    unsigned idle_timeout;
    unsigned write_timeout;
    unsigned body_timeout;
    unsigned linger_timeout;
    unsigned drain_timeout;
    unsigned compile_time;   /* seconds of CPU; 0: DT_SERVE_COMPILE_TIME */
    uint64_t compile_memory; /* bytes; 0: DT_SERVE_COMPILE_MEMORY */
    const char *const
        *trust_proxy; /* "10.0.0.0/8,2001:db8::1": whose X-Forwarded-For is believed */
    size_t ntrust_proxy;
    const char *country_header; /* the field that tells the client's country; NULL: none */
    const char *country_db;     /* a database in MaxMind's format; NULL: none */
    enum dt_format format;      /* of every file; DT_FORMAT_AUTO recognises each */
    bool watch;                 /* reload when a rule file changes */
    bool keep_going;            /* serve what could be read, log every line that was refused */
    bool http10_fallback;       /* answer 307 as 302, 308 as 301, 303 as 302 to HTTP/1.0 */
    bool no_note;               /* redirects without a body, whatever the rules say */
    bool quiet;                 /* log errors only: no ready line, no line for each reload */
};

/* Serves until SIGTERM or SIGINT. Returns the program's exit code: 0 after a clean end, 1 when the
 * rules or the sockets were refused (the log says why), 2 for options that cannot be. Call it once,
 * from a process without threads; it forks, and it changes signal handlers. */
int dt_serve(const struct dt_serve_options *options);

#endif
