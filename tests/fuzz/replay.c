/* SPDX-License-Identifier: MIT
 *
 * Fuzz corpora belong to the normal tests: what a fuzzer found once must stay found on every
 * compiler, without libFuzzer. This main runs a target over each file of the folders that it is
 * given, and prints TAP. A file's name is printed before its bytes are tried, and its bytes lie in
 * a block of exactly their size, so that a crash is named and a read past the end is seen by ASan.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The file's bytes, the caller's to free; NULL when it cannot be read. */
static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *bytes = NULL;
    long size = -1;
    if (fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0 && fseek(file, 0, SEEK_SET) == 0)
        bytes = malloc(size > 0 ? (size_t)size : 1);
    if (bytes && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    if (bytes)
        *ret_size = (size_t)size;
    return bytes;
}

/* Returns false when a file could not be read. */
static bool replay_file(const char *folder, const char *name, unsigned number)
{
    char path[4096];
    size_t size = 0;
    uint8_t *bytes = NULL;
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    printf("# %s\n", name);
    if (len > 0 && (size_t)len < sizeof path)
        bytes = read_file(path, &size);
    if (!bytes) {
        printf("not ok %u - %s cannot be read\n", number, name);
        return false;
    }
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    printf("ok %u - %s\n", number, name);
    return true;
}

int main(int argc, char **argv)
{
    unsigned number = 0;
    bool ok = true;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        int count = scandir(argv[i], &entries, is_visible, alphasort);
        if (count <= 0) {
            printf("not ok %u - no corpus in %s\n", ++number, argv[i]);
            ok = false;
        }
        for (int n = 0; n < count; n++) {
            ok = replay_file(argv[i], entries[n]->d_name, ++number) && ok;
            free(entries[n]);
        }
        free(entries);
    }
    printf("1..%u\n", number);
    return ok && number > 0 ? 0 : 1;
}
