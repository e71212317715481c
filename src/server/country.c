/* SPDX-License-Identifier: MIT
 *
 * The database is copied into a memory file, and libmaxminddb maps that one: an updater that
 * overwrites the file in its place must not change, or cut short, what workers read, and no request
 * may wait for a disk.
 *
 * Only three calls of the library are used after the start, and none of them allocates:
 * MMDB_lookup_sockaddr, MMDB_aget_value (its sisters with variable arguments do), and nothing else.
 */
#include "server/country.h"

#ifdef DT_HAVE_MAXMINDDB

#include "base/file.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_DATABASE ((size_t)4 << 30)

struct dt_country {
    MMDB_s mmdb;
    char title[128];
};

static bool write_all(int fd, const char *mem, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, mem, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        mem += n;
        len -= (size_t)n;
    }
    return true;
}

/* A memory file with the bytes of path. */
static enum dt_err copy(const char *path, int *ret_fd, const char **ret_why)
{
    char *mem;
    size_t len;
    enum dt_err err = dt_file_read(path, MAX_DATABASE, &mem, &len);
    if (err) {
        *ret_why = err == DT_ERR_LIMIT ? "larger than 4 GiB" : strerror(errno);
        return err == DT_ERR_NOMEM ? err : DT_ERR_IO;
    }
    int fd;
    err = dt_file_memory("detour-country", &fd);
    if (!err && !write_all(fd, mem, len)) {
        close(fd);
        err = DT_ERR_IO;
    }
    free(mem);
    if (err)
        *ret_why = strerror(errno);
    else
        *ret_fd = fd;
    return err;
}

static void write_title(struct dt_country *db)
{
    const MMDB_metadata_s *meta = &db->mmdb.metadata;
    time_t made = (time_t)meta->build_epoch;
    struct tm date;
    char day[32] = "";
    if (gmtime_r(&made, &date))
        (void)strftime(day, sizeof day, " of %Y-%m-%d", &date);
    snprintf(db->title, sizeof db->title, "%.80s%s",
             meta->database_type ? meta->database_type : "a database", day);
    for (char *c = db->title; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

enum dt_err dt_country_open(const char *path, struct dt_country **ret, const char **ret_why)
{
    int fd;
    enum dt_err err = copy(path, &fd, ret_why);
    if (err)
        return err;
    struct dt_country *db = calloc(1, sizeof *db);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int status = db ? MMDB_open(name, MMDB_MODE_MMAP, &db->mmdb) : MMDB_OUT_OF_MEMORY_ERROR;
    close(fd);
    if (status != MMDB_SUCCESS) {
        free(db);
        *ret_why = MMDB_strerror(status);
        return status == MMDB_OUT_OF_MEMORY_ERROR ? DT_ERR_NOMEM : DT_ERR_INVALID;
    }
    write_title(db);
    *ret = db;
    return DT_OK;
}

void dt_country_free(struct dt_country *db)
{
    if (db)
        MMDB_close(&db->mmdb);
    free(db);
}

const char *dt_country_title(const struct dt_country *db)
{
    return db->title;
}

/* IPv4 is asked as IPv4: not every database has ::ffff:0:0/96 beside it. */
static void to_sockaddr(const uint8_t address[16], struct sockaddr_storage *ret)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (memcmp(address, MAPPED, sizeof MAPPED) == 0) {
        memcpy(&v4.sin_addr, address + sizeof MAPPED, 4);
        memcpy(ret, &v4, sizeof v4);
    } else {
        memcpy(&v6.sin6_addr, address, 16);
        memcpy(ret, &v6, sizeof v6);
    }
}

bool dt_country_find(const struct dt_country *db, const uint8_t address[16], char ret[2])
{
    static const char *const CODE[] = {"country", "iso_code", NULL};
    struct sockaddr_storage addr;
    int status = MMDB_SUCCESS;
    to_sockaddr(address, &addr);
    MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&db->mmdb, (const struct sockaddr *)&addr, &status);
    MMDB_entry_data_s data;
    if (status != MMDB_SUCCESS || !found.found_entry ||
        MMDB_aget_value(&found.entry, &data, CODE) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
        return false;
    for (int i = 0; i < 2; i++)
        if (data.utf8_string[i] < 'A' || data.utf8_string[i] > 'Z')
            return false;
    memcpy(ret, data.utf8_string, 2);
    return true;
}

#else

enum dt_err dt_country_open(const char *path, struct dt_country **ret, const char **ret_why)
{
    (void)path;
    (void)ret;
    *ret_why = "this program was built without libmaxminddb";
    return DT_ERR_INVALID;
}

void dt_country_free(struct dt_country *db)
{
    (void)db;
}

const char *dt_country_title(const struct dt_country *db)
{
    (void)db;
    return "";
}

bool dt_country_find(const struct dt_country *db, const uint8_t address[16], char ret[2])
{
    (void)db;
    (void)address;
    (void)ret;
    return false;
}

#endif
