/* SPDX-License-Identifier: MIT
 *
 * What does reading a request head cost, and writing an answer? Nanoseconds for each, on requests
 * as browsers and load generators send them. Run it on a quiet core:
 *
 *     ninja -C build micro_head && taskset -c 1 build/src/http/micro_head
 */
#include "http/http1_parse.h"
#include "http/http1_scan.h"
#include "http/http1_write.h"

#include <detour/ruleset.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 501
#define BYTES 200000 /* a round reads about that many */

static const char SMALL[] = "GET /news.html HTTP/1.1\r\n"
                            "Host: www.example.ai\r\n"
                            "\r\n";

static const char BROWSER[] =
    "GET /news.html HTTP/1.1\r\n"
    "Host: www.example.ai\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "\r\n";

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds a call, when nothing disturbs: of many short rounds, the one at five percent. */
static double measure(void (*call)(void *), void *arg, size_t bytes)
{
    static double rounds[ROUNDS];
    size_t calls = BYTES / bytes + 1;
    for (size_t i = 0; i < ROUNDS; i++) {
        double start = now_ns();
        for (size_t k = 0; k < calls; k++)
            call(arg);
        rounds[i] = (now_ns() - start) / (double)calls;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, by_value);
    return rounds[ROUNDS / 20];
}

static void parse_call(void *arg)
{
    const struct dt_slice *input = arg;
    static struct dt_http_request request;
    struct dt_http1_error error;
    size_t used = 0;
    if (dt_http1_parse(*input, &request, &used, &error) == DT_HTTP1_BAD)
        abort();
    __asm__ volatile("" : : "r"(&request) : "memory");
}

struct scan_job {
    dt_http1_scanner *scan;
    struct dt_slice input;
};

static void scan_call(void *arg)
{
    const struct scan_job *job = arg;
    struct dt_http1_index index;
    job->scan(job->input.ptr, job->input.len, &index);
    __asm__ volatile("" : : "r"(&index) : "memory");
}

static void write_call(void *arg)
{
    const struct dt_http_date *date = arg;
    static char mem[1024];
    static const struct dt_answer ANSWER = {
        .status = 307,
        .retry_after = DT_RETRY_AFTER_NONE,
        .location = {"http://www.example.ai/breaking/news.html", 40},
    };
    struct dt_out out = dt_out_init(mem, sizeof mem);
    dt_http1_write(&out, &ANSWER, date, false, true, 11);
    __asm__ volatile("" : : "r"(mem) : "memory");
}

static void report(const char *what, struct dt_slice input)
{
    struct {
        const char *name;
        dt_http1_scanner *scan;
    } scanners[] = {
        {"avx512", dt_http1_scanner_avx512()},
        {"avx2", dt_http1_scanner_avx2()},
        {"sse2", dt_http1_scanner_sse2()},
        {"scalar", dt_http1_scanner_scalar()},
    };
    printf("%-28s %4zu bytes  parse %6.1f ns   index only:", what, input.len,
           measure(parse_call, &input, input.len));
    for (size_t i = 0; i < sizeof scanners / sizeof *scanners; i++) {
        struct scan_job job = {scanners[i].scan, input};
        if (job.scan)
            printf(" %s %.1f", scanners[i].name, measure(scan_call, &job, input.len));
    }
    printf("\n");
}

int main(void)
{
    static char padded[1024]; /* in the middle of other bytes, as in a connection's buffer */
    static char large[DT_HTTP1_MAX_HEAD];
    struct dt_http_date date = {0};
    dt_http_date_update(&date, 1795356000);
    report("GET and Host", dt_slice_str(SMALL));
    report("a browser's 12 fields", dt_slice_str(BROWSER));
    memcpy(padded, SMALL, sizeof SMALL - 1);
    memcpy(padded + sizeof SMALL - 1, SMALL, sizeof SMALL - 1);
    report("two pipelined, the first", dt_slice_of(padded, 2 * (sizeof SMALL - 1)));
    memset(large, 'x', sizeof large);
    memcpy(large, "GET /", 5);
    report("unfinished, one line", dt_slice_of(large, sizeof large - 1));
    size_t len = (size_t)snprintf(large, sizeof large, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (unsigned i = 0; i < 98; i++, len += 160) {
        memset(large + len, 'x', 160);
        large[len + 20] = ':';
        memcpy(large + len + 158, "\r\n", 2);
    }
    report("unfinished, 99 fields", dt_slice_of(large, len));
    memset(large, 'x', sizeof large);
    memcpy(large, "GET / HTTP/1.1\r\nHost: a\r\nConnection: ", 37);
    memset(large + 37, ',', 1000);
    memcpy(large + 1037, "\r\nX: ", 5);
    report("unfinished, 1000 commas", dt_slice_of(large, sizeof large - 1));
    memset(large + 45, ' ', sizeof large - 45);
    memcpy(large + 37, "close\r\nX:", 9);
    memcpy(large + sizeof large - 3, "\r\n", 2);
    report("unfinished, 16 KiB of spaces", dt_slice_of(large, sizeof large - 1));
    printf("an answer: %.1f ns\n", measure(write_call, &date, 100));
    return 0;
}
