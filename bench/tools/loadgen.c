/* SPDX-License-Identifier: MIT
 *
 * The load generator's front. It connects, prints "ready", and then does what it reads on standard
 * input, one line of JSON for each run on standard output:
 *
 *     run SECONDS       count REQUESTS       quit
 *
 * Between two runs the connections stay open and idle: the caller can read the server's CPU time,
 * memory or counters when nothing is on its way, and have all and only the run between two
 * readings.
 */
#include "connections.h"
#include "histogram.h"
#include "requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: load -p PORT [-c CONNECTIONS] [-P DEPTH] [-k KEYFILE | -u PATH [-l LOCATION]]\n"
    "            [-H 'Name: value']... [-C] [-r RATE] [-s STATUS] [-x]\n"
    "  -C  a connection for each request    -r  requests a second    -x  any Location is right\n";

struct arguments {
    struct dt_load_options options;
    const char *key_file;
    const char *path;
    const char *location;
    char fields[8192];
};

static bool add_field(struct arguments *arguments, const char *field)
{
    size_t used = strlen(arguments->fields);
    int len = snprintf(arguments->fields + used, sizeof arguments->fields - used, "%s\r\n", field);
    return len >= 0 && (size_t)len < sizeof arguments->fields - used;
}

static bool set(struct arguments *arguments, int option, const char *value)
{
    struct dt_load_options *o = &arguments->options;
    switch (option) {
    case 'p':
        o->port = (uint16_t)atoi(value);
        return o->port != 0;
    case 'c':
        o->connections = atoi(value);
        return o->connections > 0;
    case 'P':
        o->depth = atoi(value);
        return o->depth > 0;
    case 'k':
        arguments->key_file = value;
        return true;
    case 'u':
        arguments->path = value;
        return true;
    case 'l':
        arguments->location = value;
        return true;
    case 'H':
        return add_field(arguments, value);
    case 'C':
        o->visits = true;
        return add_field(arguments, "Connection: close");
    case 'r':
        o->rate = atof(value);
        return o->rate > 0;
    case 's':
        o->status = atoi(value);
        return true;
    case 'x':
        o->any_location = true;
        return true;
    default:
        return false;
    }
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    int option;
    while ((option = getopt(argc, argv, "p:c:P:k:u:l:H:Cr:s:x")) != -1) {
        if (!set(arguments, option, optarg))
            return false;
    }
    return arguments->options.port != 0 && optind == argc;
}

static void print(const struct dt_load_counts *c, const struct dt_histogram *latency)
{
    double seconds = (double)(c->end_ns - c->begin_ns) / 1e9;
    printf("{\"requests\": %" PRIu64 ", \"seconds\": %.6f, \"bytes\": %" PRIu64, c->requests,
           seconds, c->bytes);
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {{"p50_us", 0.5}, {"p99_us", 0.99}, {"p999_us", 0.999}};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        printf(", \"%s\": %.1f", quantiles[i].name,
               (double)dt_histogram_quantile(latency, quantiles[i].part) / 1e3);
    printf(", \"max_us\": %.1f", (double)latency->max / 1e3);
    printf(", \"bad_status\": %" PRIu64 ", \"bad_location\": %" PRIu64 ", \"broken\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"closing\": %" PRIu64,
           c->bad_status, c->bad_location, c->broken, c->lost, c->refused, c->closing);
    printf(", \"old\": %" PRIu64 ", \"new\": %" PRIu64 ", \"swapped_ns\": %" PRIu64
           ", \"stale\": %" PRIu64 "}\n",
           c->version[0], c->version[1], c->swapped_ns, c->stale);
    fflush(stdout);
}

static int obey(struct dt_load *load)
{
    static struct dt_histogram latency;
    struct dt_load_counts counts;
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "run ", 4) == 0) {
            dt_load_run(load, atof(line + 4), UINT64_MAX, &counts, &latency);
        } else if (strncmp(line, "count ", 6) == 0) {
            dt_load_run(load, 60, strtoull(line + 6, NULL, 10), &counts, &latency);
        } else if (strcmp(line, "quit\n") == 0) {
            break;
        } else {
            fputs("load: run SECONDS, count REQUESTS or quit\n", stderr);
            return 2;
        }
        print(&counts, &latency);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.options = {.connections = 64, .depth = 1, .status = 307},
                                  .path = "/"};
    struct dt_requests requests;
    if (!read_arguments(argc, argv, &arguments)) {
        fputs(usage, stderr);
        return 2;
    }
    bool built =
        arguments.key_file != NULL
            ? dt_requests_read(arguments.key_file, arguments.fields, &requests)
            : dt_requests_one(arguments.path, arguments.location, arguments.fields, &requests);
    if (!built)
        return 1;
    struct dt_load *load = dt_load_new(&arguments.options, &requests);
    if (load == NULL)
        return 1;
    puts("ready");
    fflush(stdout);
    int status = obey(load);
    dt_load_free(load);
    return status;
}
