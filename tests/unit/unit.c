/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <CUnit/Basic.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"

#define DATA_MAX (16u * 1024 * 1024)

static char tmp_root[64];
static pid_t tmp_owner;		/* a child that a test forks leaves the folder alone */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
remove_tmp(void)
{
	if (getpid() == tmp_owner)
		(void)nftw(tmp_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
unit_tmp(void)
{
	static char path[96];
	static unsigned count;

	if (tmp_root[0] == '\0') {
		snprintf(tmp_root, sizeof(tmp_root), "/tmp/nemra-unit-XXXXXX");
		tmp_owner = getpid();
		if (mkdtemp(tmp_root) == NULL || atexit(remove_tmp) != 0) {
			perror("mkdtemp");
			exit(2);
		}
	}
	snprintf(path, sizeof(path), "%s/%u", tmp_root, count++);
	if (mkdir(path, 0700) != 0) {
		perror(path);
		exit(2);
	}
	return path;
}

struct blob
unit_data(const char *name)
{
	struct blob b = { NULL, 0 };
	char path[256];
	struct err e;

	snprintf(path, sizeof(path), "tests/data/%s", name);
	if (file_read(path, DATA_MAX, &b, &e) != 0) {
		fprintf(stderr, "%s: %s\n", path, e.detail);
		exit(2);
	}
	return b;
}

int
unit_main(const struct unit_suite *const *suites, size_t n)
{
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; i < n; i++) {
		CU_pSuite s = CU_add_suite(suites[i]->name, NULL, NULL);

		for (size_t k = 0; s != NULL && k < suites[i]->n; k++)
			if (CU_add_test(s, suites[i]->test[k].name, suites[i]->test[k].run) == NULL)
				return 2;
	}
	CU_basic_set_mode(CU_BRM_SILENT);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 2;
	CU_basic_show_failures(CU_get_failure_list());
	failed = CU_get_number_of_tests_failed();
	printf("\n%u passed, %u failed\n", CU_get_number_of_tests_run() - failed, failed);
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}
