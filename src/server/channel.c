/* SPDX-License-Identifier: MIT
 *
 * A sequenced-packet socket keeps messages apart and in order, says when the other end has died,
 * and carries descriptors (SCM_RIGHTS, unix(7)).
 */
#include "server/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum dt_err dt_channel_pair(int ret_fds[2])
{
    int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return socketpair(AF_UNIX, type, 0, ret_fds) == 0 ? DT_OK : DT_ERR_IO;
}

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool dt_channel_send(int fd, const struct dt_message *message, int pass_fd)
{
    struct dt_message copy = *message;
    struct iovec part = {&copy, sizeof copy};
    union control control;
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    memset(&control, 0, sizeof control);
    if (pass_fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &pass_fd, sizeof(int));
    }
    ssize_t n;
    do
        n = sendmsg(fd, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof copy;
}

int dt_channel_receive(int fd, struct dt_message *ret, int *ret_fd)
{
    struct dt_message message;
    struct iovec part = {&message, sizeof message};
    union control control;
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    ssize_t n;
    do
        n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    int passed = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(&passed, CMSG_DATA(header), sizeof passed);
    if (n != (ssize_t)sizeof message) {
        if (passed >= 0)
            close(passed);
        return -1;
    }
    *ret = message;
    *ret_fd = passed;
    return 1;
}
