/* SPDX-License-Identifier: MIT
 *
 * The floor: what one redirect costs when nothing is done but the system calls. One thread, one
 * level-triggered epoll set; every request head that arrives (four bytes, CR LF CR LF, are all that
 * it knows of HTTP) is answered with the same 307. What Detour costs above this is what its
 * parsing, matching and writing cost; what is below it, only the kernel can win.
 *
 * A head may be cut anywhere by the network. Of an unfinished head the floor keeps one byte for
 * each connection: how much of CR LF CR LF its end has matched.
 *
 * usage: floor PORT [close]    with close: the connection is closed after its first answer, and a
 *                              connection is accepted when its first bytes are there
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER(connection)                                                                         \
    "HTTP/1.1 307 Temporary Redirect\r\n"                                                          \
    "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"                                                      \
    "Location: https://www.example.com/new/docs/section-123/page-456789-the-new-title-here\r\n"    \
    "Content-Length: 0\r\n" connection "\r\n"

enum { MAX_FDS = 20000, EVENTS = 256, BATCH = 64, INPUT = 65536, END = 4 };

static const char keep_answer[] = ANSWER("");
static const char close_answer[] = ANSWER("Connection: close\r\n");

static unsigned char matched[MAX_FDS]; /* of CR LF CR LF, at the end of what was received so far */
static char batch[BATCH * sizeof keep_answer];
static char input[INPUT];

static unsigned char step(unsigned char state, char byte)
{
    static const char end[] = "\r\n\r\n";
    if (byte == end[state])
        return (unsigned char)(state + 1);
    return byte == '\r' ? 1 : 0;
}

/* Counts the heads that end in these bytes; *state is carried from one piece to the next. */
static size_t count_heads(const char *bytes, size_t len, unsigned char *state)
{
    const char *at = bytes, *end = bytes + len;
    size_t heads = 0;
    unsigned char s = *state;
    while (s != 0 && at < end) {
        s = step(s, *at++);
        if (s == END) {
            heads++;
            s = 0;
        }
    }
    const char *found;
    while (at < end && (found = memmem(at, (size_t)(end - at), "\r\n\r\n", END)) != NULL) {
        heads++;
        at = found + END;
    }
    const char *tail = end - at > END - 1 ? end - (END - 1) : at;
    for (; tail < end; tail++)
        s = step(s, *tail);
    *state = s;
    return heads;
}

static int listen_on(uint16_t port, bool deferred)
{
    int one = 1;
    int defer_seconds = deferred;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer_seconds, sizeof defer_seconds) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) {
        perror("floor: listen");
        exit(1);
    }
    return fd;
}

static void accept_all(int epoll, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (fd >= MAX_FDS) {
            close(fd);
            continue;
        }
        matched[fd] = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            close(fd);
    }
}

/* False when the answers did not fit the socket: the floor has no output buffer. */
static bool answer(int fd, size_t heads)
{
    while (heads > 0) {
        size_t n = heads < BATCH ? heads : BATCH;
        size_t len = n * (sizeof keep_answer - 1);
        if (send(fd, batch, len, MSG_NOSIGNAL) != (ssize_t)len)
            return false;
        heads -= n;
    }
    return true;
}

static void serve(int fd, bool closing)
{
    ssize_t got = recv(fd, input, sizeof input, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close(fd);
        return;
    }
    size_t heads = count_heads(input, (size_t)got, &matched[fd]);
    if (closing && heads > 0) {
        (void)send(fd, close_answer, sizeof close_answer - 1, MSG_NOSIGNAL);
        close(fd);
    } else if (!answer(fd, heads)) {
        close(fd);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: floor PORT [close]\n", stderr);
        return 2;
    }
    bool closing = argc > 2 && strcmp(argv[2], "close") == 0;
    for (size_t i = 0; i < BATCH; i++)
        memcpy(batch + i * (sizeof keep_answer - 1), keep_answer, sizeof keep_answer - 1);
    int listener = listen_on((uint16_t)atoi(argv[1]), closing);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("floor: epoll");
        return 1;
    }
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                serve(events[i].data.fd, closing);
        }
    }
}
