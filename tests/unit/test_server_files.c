/* SPDX-License-Identifier: MIT
 *
 * Rule files and what is done with them below the processes: loading, compiling into a file,
 * replacing files, watching folders, passing descriptors, swapping views.
 */
#include "base/file.h"
#include "base/log.h"
#include "server/channel.h"
#include "server/rulefiles.h"
#include "server/view.h"
#include "server/watch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/detour-test-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(dt_file_replace(path, text, strlen(text)), DT_OK);
}

/* ---- files ---- */

static void files_are_replaced_whole(void **state)
{
    (void)state;
    char *text;
    size_t len;
    struct stat st;
    umask(022);
    put("a", "one");
    put("a", "two and more");
    assert_int_equal(dt_file_read("a", 100, &text, &len), DT_OK);
    assert_string_equal(text, "two and more");
    assert_int_equal(len, 12);
    free(text);
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(dt_file_read("a", 11, &text, &len), DT_ERR_LIMIT);
    assert_int_equal(dt_file_read("b", 100, &text, &len), DT_ERR_NOT_FOUND);
    assert_int_equal(dt_file_read(".", 100000, &text, &len), DT_ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(dt_file_read("/proc/self/stat", 100000, &text, &len), DT_OK);
    assert_true(len > 10);
    free(text);
    assert_int_equal(dt_file_replace("no/such/folder", "x", 1), DT_ERR_IO);

    struct dt_file_new file;
    assert_int_equal(dt_file_new_begin(&file, "a"), DT_OK);
    assert_int_equal(write(file.fd, "x", 1), 1);
    dt_file_new_abort(&file);
    assert_int_equal(access(file.temp, F_OK), -1);
    assert_int_equal(dt_file_read("a", 100, &text, &len), DT_OK);
    assert_string_equal(text, "two and more");
    free(text);
}

static void sealed_memory_cannot_change(void **state)
{
    (void)state;
    int fd;
    assert_int_equal(dt_file_memory("test", &fd), DT_OK);
    assert_int_equal(dt_file_reserve(fd, 8192), DT_OK);
    assert_int_equal(dt_file_memory_seal(fd), DT_OK);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 1), -1);
    assert_ptr_equal(mmap(NULL, 8192, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    close(fd);
}

static void log_lines_are_limited(void **state)
{
    (void)state;
    struct dt_log_limit limit = {0};
    unsigned held = 9;
    assert_true(dt_log_allow(&limit, 100, 2, &held));
    assert_int_equal(held, 0);
    assert_true(dt_log_allow(&limit, 100, 2, &held));
    for (int i = 0; i < 5; i++)
        assert_false(dt_log_allow(&limit, 100, 2, &held));
    assert_true(dt_log_allow(&limit, 101, 2, &held));
    assert_int_equal(held, 5);
}

/* ---- rule files ---- */

static enum dt_err load(struct dt_rulefiles *files, struct dt_buf *problems, size_t n,
                        const char *const *paths)
{
    dt_buf_init(problems, 1u << 16);
    return dt_rulefiles_load(paths, n, DT_FORMAT_AUTO, problems, files);
}

static void unload(struct dt_rulefiles *files, struct dt_buf *problems)
{
    dt_rulefiles_release(files);
    dt_buf_release(problems);
}

static void a_folder_is_its_rule_files(void **state)
{
    (void)state;
    struct dt_rulefiles files;
    struct dt_buf problems;
    assert_int_equal(mkdir("d", 0755), 0);
    put("d/20.rules", "/b /two\n");
    put("d/10.rules", "/a /one\n@include sub.inc\n");
    put("d/sub.inc", "/i /included\n");
    put("d/README", "nothing\n");
    put("d/.hidden.rules", "nothing\n");
    put("d/30.csv", "Old Url,New Url,Status\nhttp://a.example/x,https://b.example/,301\n");
    const char *paths[] = {"d"};
    assert_int_equal(load(&files, &problems, 1, paths), DT_OK);
    assert_int_equal(dt_ruleset_count(files.set), 4);
    struct dt_slice first = dt_ruleset_rule(files.set, 0)->path;
    assert_true(dt_slice_eq(first, DT_S("/a")));
    assert_true(dt_ruleset_file_count(files.set) >= 4);
    unload(&files, &problems);
}

static void every_problem_is_told(void **state)
{
    (void)state;
    struct dt_rulefiles files;
    struct dt_buf problems;
    assert_int_equal(mkdir("empty", 0755), 0);
    put("good.rules", "/a /one\n");
    put("bad.rules", "/b\t http//www.example.ai/x\n@include absent.inc\n");
    const char *missing[] = {"absent", "good.rules", "empty"};
    assert_int_equal(load(&files, &problems, 3, missing), DT_ERR_IO);
    assert_int_equal(dt_ruleset_count(files.set), 1);
    dt_buf_char(&problems, '\0');
    assert_non_null(strstr(problems.ptr, "absent: No such file"));
    assert_non_null(strstr(problems.ptr, "empty: no rule files"));
    unload(&files, &problems);

    const char *bad[] = {"good.rules", "bad.rules"};
    assert_int_equal(load(&files, &problems, 2, bad), DT_ERR_SYNTAX);
    assert_int_equal(dt_ruleset_error_count(files.set), 2);
    struct dt_buf text;
    dt_buf_init(&text, 1u << 16);
    for (size_t i = 0; i < 2; i++)
        dt_rulefiles_diag(files.set, dt_ruleset_diag(files.set, i), &text);
    dt_buf_char(&text, '\0');
    assert_non_null(strstr(text.ptr, "bad.rules:1:5: error: "));
    assert_non_null(strstr(text.ptr, "    /b\t http//www.example.ai/x\n"));
    assert_non_null(strstr(text.ptr, "      \t ^~~~"));
    assert_non_null(strstr(text.ptr, "bad.rules:2:"));
    dt_buf_release(&text);
    unload(&files, &problems);
}

/* What is read besides rules: pages once, and looked for when they are not there; zones by name. */
static void what_rules_name_is_read(void **state)
{
    (void)state;
    struct dt_rulefiles files;
    struct dt_buf problems;
    put("p.html", "<p>{status}");
    put("p.rules", "/a - 410 page=p.html\n/b - 404 page=p.html\n/c - 410 page=later.html\n"
                   "/d /e hours=1-2 tz=Zone/One\n/f /g hours=1-2 tz=Zone/None\n"
                   "/h /i hours=1-2 tz=../p.html\n/j /k hours=1-2 tz=/etc/passwd\n");
    char *utc;
    size_t len;
    if (dt_file_read("/usr/share/zoneinfo/UTC", 1u << 20, &utc, &len) != DT_OK)
        skip();
    assert_int_equal(mkdir("zones", 0755), 0);
    assert_int_equal(mkdir("zones/Zone", 0755), 0);
    assert_int_equal(dt_file_replace("zones/Zone/One", utc, len), DT_OK);
    free(utc);
    assert_int_equal(setenv("TZDIR", "zones", 1), 0);
    const char *paths[] = {"p.rules"};
    assert_int_equal(load(&files, &problems, 1, paths), DT_ERR_SYNTAX);
    assert_int_equal(dt_ruleset_count(files.set), 3);
    assert_int_equal(dt_ruleset_error_count(files.set), 4);
    const struct dt_rulefiles_text *at = NULL;
    const char *name;
    unsigned pages = 0, later = 0, all = 0;
    while ((name = dt_rulefiles_next(&files, &at)) != NULL) {
        all++;
        pages += strcmp(name, "p.html") == 0;
        later += strcmp(name, "later.html") == 0;
    }
    assert_int_equal(all, 3);
    assert_int_equal(pages, 1);
    assert_int_equal(later, 1);
    unload(&files, &problems);
    assert_int_equal(unsetenv("TZDIR"), 0);
}

static int compile_to(const char *path, const char *rules, uint64_t seed)
{
    struct dt_rulefiles files;
    struct dt_buf problems;
    struct dt_file_new file;
    put("c.rules", rules);
    const char *paths[] = {"c.rules"};
    assert_int_equal(load(&files, &problems, 1, paths), DT_OK);
    assert_int_equal(dt_file_new_begin(&file, path), DT_OK);
    assert_int_equal(dt_rulefiles_compile(files.set, seed, 1795356000, file.fd), DT_OK);
    int fd = dup(file.fd);
    assert_int_equal(dt_file_new_commit(&file), DT_OK);
    unload(&files, &problems);
    return fd;
}

static void a_snapshot_stands_alone(void **state)
{
    (void)state;
    struct dt_rulefiles files;
    struct dt_buf problems;
    close(compile_to("s.snap", "/a /one\n/b /two\n", 1));
    assert_true(dt_rulefiles_is_snapshot("s.snap"));
    assert_false(dt_rulefiles_is_snapshot("c.rules"));
    assert_false(dt_rulefiles_is_snapshot("."));
    assert_false(dt_rulefiles_is_snapshot("absent"));
    const char *paths[] = {"s.snap", "c.rules"};
    assert_int_equal(load(&files, &problems, 1, paths), DT_OK);
    assert_null(files.set);
    assert_int_equal(files.snapshot.rules, 2);
    unload(&files, &problems);
    assert_int_equal(load(&files, &problems, 2, paths), DT_ERR_INVALID);
    unload(&files, &problems);
    assert_int_equal(truncate("s.snap", 100), 0);
    assert_int_equal(load(&files, &problems, 1, paths), DT_ERR_TORN);
    unload(&files, &problems);
}

/* ---- views ---- */

static void views_change_between_two_slices(void **state)
{
    (void)state;
    struct dt_view view = {0};
    int one = compile_to("1.snap", "/a /one\n", 1),
        two = compile_to("2.snap", "/a /two\n/b /x\n", 2);
    int three = compile_to("3.snap", "/a /three\n/b /x\n/c /y\n", 3);
    assert_int_equal(dt_view_offer(&view, one, 1, true), DT_OK);
    assert_int_equal(view.current.generation, 1);
    while (dt_view_work(&view))
        ;
    assert_true(dt_view_settled(&view));
    assert_false(dt_view_settled(&view));

    assert_int_equal(dt_view_offer(&view, two, 2, true), DT_OK);
    assert_int_equal(view.current.generation, 1); /* not before it is mapped in */
    assert_int_equal(dt_view_offer(&view, three, 3, true), DT_OK);
    while (view.current.generation == 1)
        assert_true(dt_view_work(&view));
    assert_int_equal(view.current.generation, 3);
    assert_int_equal(view.current.snapshot.rules, 3);
    assert_false(dt_view_settled(&view)); /* the others are still mapped */
    while (dt_view_work(&view))
        ;
    assert_true(dt_view_settled(&view));

    int fd;
    assert_int_equal(dt_file_memory("bad", &fd), DT_OK);
    assert_int_equal(write(fd, "no snapshot", 11), 11);
    assert_int_not_equal(dt_view_offer(&view, fd, 4, true), DT_OK);
    assert_int_equal(view.current.generation, 3);
    dt_snapshot_release(&view.current.snapshot);
    munmap(view.current.mem, view.current.len);
}

/* ---- channels ---- */

static void channels_carry_descriptors(void **state)
{
    (void)state;
    int ends[2], passed, fd;
    assert_int_equal(dt_channel_pair(ends), DT_OK);
    struct dt_message message = {.type = DT_MESSAGE_SNAPSHOT, .generation = 7, .value = 1u << 20};
    struct dt_message got;
    assert_int_equal(dt_channel_receive(ends[1], &got, &passed), 0);
    assert_int_equal(dt_file_memory("test", &fd), DT_OK);
    assert_true(dt_channel_send(ends[0], &message, fd));
    message.type = DT_MESSAGE_WARM;
    assert_true(dt_channel_send(ends[0], &message, -1));
    close(fd);
    assert_int_equal(dt_channel_receive(ends[1], &got, &passed), 1);
    assert_int_equal(got.type, DT_MESSAGE_SNAPSHOT);
    assert_int_equal(got.generation, 7);
    assert_true(passed >= 0);
    assert_int_equal(write(passed, "x", 1), 1);
    close(passed);
    assert_int_equal(dt_channel_receive(ends[1], &got, &passed), 1);
    assert_int_equal(passed, -1);
    close(ends[0]);
    assert_int_equal(dt_channel_receive(ends[1], &got, &passed), -1);
    assert_false(dt_channel_send(ends[1], &message, -1));
    close(ends[1]);
}

/* ---- watching ---- */

static bool noticed(struct dt_watch *watch)
{
    struct pollfd fd = {.fd = watch->fd, .events = POLLIN};
    bool found = false;
    while (poll(&fd, 1, 20) == 1)
        found |= dt_watch_read(watch);
    return found;
}

static void changes_are_noticed(void **state)
{
    (void)state;
    struct dt_watch watch;
    assert_int_equal(mkdir("w", 0755), 0);
    assert_int_equal(mkdir("r", 0755), 0);
    put("one.rules", "x");
    put("r/real.rules", "x");
    assert_int_equal(symlink("r/real.rules", "link.rules"), 0);
    assert_int_equal(dt_watch_init(&watch), DT_OK);
    dt_watch_add(&watch, "one.rules");
    dt_watch_add(&watch, "one.rules");
    dt_watch_add(&watch, "link.rules");
    dt_watch_add(&watch, "w");
    assert_false(noticed(&watch));
    put("other.rules", "x");
    assert_false(noticed(&watch));
    put("one.rules", "y");
    assert_true(noticed(&watch));
    put("r/real.rules", "y");
    assert_true(noticed(&watch));
    put("w/README", "y");
    assert_false(noticed(&watch));
    put("w/new.rules", "y");
    assert_true(noticed(&watch));
    assert_int_equal(unlink("w/new.rules"), 0);
    assert_true(noticed(&watch));
    assert_int_equal(symlink("elsewhere", "..data"), 0);
    assert_true(noticed(&watch));
    assert_int_equal(unlink("w/README"), 0);
    assert_int_equal(rmdir("w"), 0);
    (void)noticed(&watch);
    assert_true(watch.lost);
    assert_false(dt_watch_retry(&watch));
    assert_int_equal(mkdir("w", 0755), 0);
    assert_true(dt_watch_retry(&watch));
    assert_false(watch.lost);
    put("w/again.rules", "y");
    assert_true(noticed(&watch));
    dt_watch_release(&watch);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_are_replaced_whole),
        cmocka_unit_test(sealed_memory_cannot_change),
        cmocka_unit_test(log_lines_are_limited),
        IN_FOLDER(a_folder_is_its_rule_files),
        IN_FOLDER(every_problem_is_told),
        IN_FOLDER(what_rules_name_is_read),
        IN_FOLDER(a_snapshot_stands_alone),
        IN_FOLDER(views_change_between_two_slices),
        cmocka_unit_test(channels_carry_descriptors),
        IN_FOLDER(changes_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
