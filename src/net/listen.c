/* SPDX-License-Identifier: MIT
 *
 * Each worker listens with a socket of its own (SO_REUSEPORT): the kernel spreads connections over
 * them, no lock is shared, and no worker wakes for another's visitor.
 */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096

static bool parse_port(const char *text, uint16_t *ret)
{
    unsigned value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
        if (value > 65535)
            return false;
    }
    *ret = (uint16_t)value;
    return true;
}

static void set_v4(struct dt_net_address *address, struct in_addr ip, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
    memset(address, 0, sizeof *address);
    memcpy(&address->addr, &in, sizeof in);
    address->len = sizeof in;
}

static void set_v6(struct dt_net_address *address, struct in6_addr ip, uint16_t port)
{
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = ip};
    memset(address, 0, sizeof *address);
    memcpy(&address->addr, &in, sizeof in);
    address->len = sizeof in;
}

enum dt_err dt_net_address_parse(const char *text, struct dt_net_address *ret)
{
    const char *colon = strrchr(text, ':');
    uint16_t port;
    if (!parse_port(colon ? colon + 1 : text, &port))
        return DT_ERR_INVALID;
    struct in_addr v4 = {.s_addr = htonl(INADDR_ANY)};
    size_t len = colon ? (size_t)(colon - text) : 0;
    char host[INET6_ADDRSTRLEN];
    if (len == 0) {
        set_v4(ret, v4, port);
        return DT_OK;
    }
    bool brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (brackets) {
        text++;
        len -= 2;
    }
    if (len >= sizeof host)
        return DT_ERR_INVALID;
    memcpy(host, text, len);
    host[len] = '\0';
    struct in6_addr v6;
    if (brackets) {
        if (inet_pton(AF_INET6, host, &v6) != 1)
            return DT_ERR_INVALID;
        set_v6(ret, v6, port);
        return DT_OK;
    }
    if (strcmp(host, "localhost") == 0)
        v4.s_addr = htonl(INADDR_LOOPBACK);
    else if (inet_pton(AF_INET, host, &v4) != 1)
        return DT_ERR_INVALID;
    set_v4(ret, v4, port);
    return DT_OK;
}

void dt_net_address_text(const struct dt_net_address *address, char out[DT_NET_ADDRESS_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->addr.ss_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, &address->addr, sizeof in);
        inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
        snprintf(out, DT_NET_ADDRESS_MAX, "[%s]:%u", host, ntohs(in.sin6_port));
        return;
    }
    struct sockaddr_in in;
    memcpy(&in, &address->addr, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    snprintf(out, DT_NET_ADDRESS_MAX, "%s:%u", host, ntohs(in.sin_port));
}

static void close_keep_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* Sets it to 1. */
static bool set_option(int fd, int level, int name)
{
    static const int one = 1;
    return setsockopt(fd, level, name, &one, sizeof one) == 0;
}

/* A bound socket; shared ones have SO_REUSEPORT. SO_REUSEADDR lets a restarted server bind while
 * old connections are in TIME_WAIT; TCP_NODELAY is inherited by what is accepted. With
 * TCP_DEFER_ACCEPT a connection is accepted when its first bytes are there, so that a visit is
 * never polled for; one that sends nothing is accepted a second or more later (tcp(7)), and then it
 * times out as any other. */
static int open_bound(const struct dt_net_address *address, bool shared)
{
    int family = address->addr.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct sockaddr_storage addr = address->addr;
    if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR) ||
        (shared && !set_option(fd, SOL_SOCKET, SO_REUSEPORT)) ||
        (family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY)) ||
        !set_option(fd, IPPROTO_TCP, TCP_NODELAY) ||
        !set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) ||
        bind(fd, (const struct sockaddr *)&addr, address->len) != 0) {
        close_keep_errno(fd);
        return -1;
    }
    return fd;
}

/* A bind without SO_REUSEPORT fails when any listener has the address already. */
static bool is_free(const struct dt_net_address *address)
{
    int fd = open_bound(address, false);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

enum dt_err dt_net_listen(struct dt_net_address *address, size_t n, int ret_fds[])
{
    if (!is_free(address))
        return DT_ERR_IO;
    struct dt_net_address bound = *address;
    size_t opened = 0;
    for (; opened < n; opened++) {
        int fd = open_bound(&bound, true);
        if (fd < 0)
            break;
        ret_fds[opened] = fd;
        bound.len = sizeof bound.addr;
        if (getsockname(fd, (struct sockaddr *)&bound.addr, &bound.len) != 0 ||
            listen(fd, BACKLOG) != 0) {
            opened++;
            break;
        }
        if (opened + 1 == n) {
            *address = bound;
            return DT_OK;
        }
    }
    while (opened > 0)
        close_keep_errno(ret_fds[--opened]);
    return DT_ERR_IO;
}
