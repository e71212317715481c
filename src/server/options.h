/* SPDX-License-Identifier: MIT
 *
 * The options of serve with every default filled in, and the listeners opened: what the processes
 * share. Private to src/server.
 */
#ifndef DT_SERVER_OPTIONS_H
#define DT_SERVER_OPTIONS_H

#include "net/listen.h"
#include "server/client.h"
#include "server/serve.h"

#define DT_SETUP_MAX_LISTEN 32

struct dt_setup {
    struct dt_serve_options options; /* no 0 is left where 0 means the default */
    struct dt_net_address address[DT_SETUP_MAX_LISTEN];
    unsigned nlisten;
    struct dt_client_trust trust;
    struct dt_country *country; /* that trust points to; NULL: none */
    int *listeners; /* [worker * nlisten + address]; each worker has its own for each address */
};

/* Fills setup, opens the listeners, becomes options->user. Failures are logged. Returns the exit
 * code to end with, or 0. */
int dt_setup_init(struct dt_setup *setup, const struct dt_serve_options *options);

/* Logs that so many rules are served, where, and by how many workers. */
void dt_setup_log(const struct dt_setup *setup, uint64_t rules);

/* Closes this process's copies of the listeners. */
void dt_setup_close_listeners(struct dt_setup *setup);

void dt_setup_release(struct dt_setup *setup);

#endif
