/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char path[256];

static const char *
in_tmp(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", unit_tmp(), name);
	return path;
}

static void
a_file_is_read_as_it_was_written(void)
{
	const char *p = in_tmp("a");
	struct blob b = { NULL, 0 };
	struct stat st;

	CU_ASSERT_EQUAL(file_write(p, mem_str("old and longer"), 0644, NULL), 0);
	CU_ASSERT_EQUAL(file_write(p, mem_str("new"), 0640, NULL), 0);
	CU_ASSERT_EQUAL(file_read(p, 3, &b, NULL), 0);
	CU_ASSERT_TRUE(mem_eq(mem_of(&b), mem_str("new")));
	CU_ASSERT_EQUAL(stat(p, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	blob_free(&b);
}

static void
a_file_over_the_limit_is_refused(void)
{
	const char *p = in_tmp("a");
	struct blob b = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(file_write(p, mem_str("1234"), 0600, NULL), 0);
	CU_ASSERT_EQUAL(file_read(p, 3, &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	CU_ASSERT_PTR_NULL(b.p);
}

static void
what_is_not_a_file_is_refused(void)
{
	struct blob b = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(file_read(unit_tmp(), 100, &b, &e), -1);
	CU_ASSERT_EQUAL(file_read(in_tmp("absent"), 100, &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "absent"));
}

static void
a_key_that_others_can_read_is_refused(void)
{
	const char *p = in_tmp("key");
	struct blob b = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(file_write(p, mem_str("secret"), 0640, NULL), 0);
	CU_ASSERT_EQUAL(file_read_secret(p, 100, &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL(chmod(p, 0600), 0);
	CU_ASSERT_EQUAL(file_read_secret(p, 100, &b, &e), 0);
	blob_cleanse(&b);
}

/* The reason for which a file of that mode is refused as a secret; R_NONE: it is taken. */
static enum reason
secret_of_mode(const char *dir, const char *name, mode_t mode)
{
	struct blob b = { NULL, 0 };
	struct err e = { .reason = R_NONE };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_EQUAL(file_write(path, mem_str("secret"), mode, NULL), 0);
	if (file_read_secret(path, 100, &b, &e) == 0)
		e.reason = R_NONE;
	blob_cleanse(&b);
	return e.reason;
}

static void
a_credential_of_systemds_may_show_its_access_list(void)
{
	char dir[128];

	snprintf(dir, sizeof(dir), "%s", unit_tmp());
	snprintf(path, sizeof(path), "%s/below", dir);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "ra.key", 0440), R_NONE);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "ra.key", 0444), R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "ra.key", 0460), R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "below/ra.key", 0440), R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", "", 1), 0);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "ra.key", 0440), R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	CU_ASSERT_EQUAL(secret_of_mode(dir, "ra.key", 0440), R_KEY_FILE_OPEN);
}

static void
a_failed_write_leaves_the_old_file(void)
{
	char target[300];
	const char *dir = unit_tmp();
	struct err e;

	snprintf(target, sizeof(target), "%s/none/a", dir);
	CU_ASSERT_EQUAL(file_write(target, mem_str("x"), 0600, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
}

static void
what_cannot_be_written_leaves_nothing_behind(void)
{
	char longer[8192], text[400];
	struct err e;

	(void)in_tmp("folder");
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
	CU_ASSERT_EQUAL(file_write(path, mem_str("x"), 0600, &e), -1);	/* renaming fails: a folder is there */
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	err_print(&e, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, path));
	CU_ASSERT_EQUAL(rmdir(path), 0);
	(void)in_tmp("no/file");
	CU_ASSERT_EQUAL(file_write(path, mem_str("x"), 0600, &e), -1);
	CU_ASSERT_EQUAL(file_fsync_dir(path, &e), -1);
	memset(longer, 'l', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT_EQUAL(file_write(longer, mem_str("x"), 0600, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
}

static const struct unit_test tests[] = {
	UNIT(a_file_is_read_as_it_was_written),
	UNIT(a_file_over_the_limit_is_refused),
	UNIT(what_is_not_a_file_is_refused),
	UNIT(a_key_that_others_can_read_is_refused),
	UNIT(a_credential_of_systemds_may_show_its_access_list),
	UNIT(a_failed_write_leaves_the_old_file),
	UNIT(what_cannot_be_written_leaves_nothing_behind),
};
extern const struct unit_suite file_suite;
UNIT_SUITE(file_suite, tests);
