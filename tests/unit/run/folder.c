/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/run/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/unit/unit.h"

static char folder[128], file[160];

const char *
folder_make(const char *nemra_yaml)
{
	char profiles[160];
	struct err e;

	snprintf(folder, sizeof(folder), "%s", unit_tmp());
	snprintf(file, sizeof(file), "%s/nemra.yaml", folder);
	snprintf(profiles, sizeof(profiles), "%s/profiles", folder);
	CU_ASSERT_EQUAL_FATAL(mkdir(profiles, 0700), 0);
	CU_ASSERT_EQUAL_FATAL(file_write(file, mem_str(nemra_yaml), 0600, &e), 0);
	return file;
}

void
folder_add(const char *name, const char *text)
{
	char path[256];
	struct err e;

	snprintf(path, sizeof(path), "%s/profiles/%s", folder, name);
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str(text), 0600, &e), 0);
}

int
folder_load(struct nemra_conf *out, struct err *e)
{
	return nemra_conf_load(file, out, e);
}

bool
folder_refused(const char *part)
{
	struct nemra_conf c;
	struct err e = { R_NONE, "" };

	if (folder_load(&c, &e) == 0) {
		fprintf(stderr, "taken, and not refused with \"%s\"\n", part);
		nemra_conf_free(&c);
		return false;
	}
	if (e.reason == R_CONFIG && strstr(e.detail, part) != NULL)
		return true;
	fprintf(stderr, "refused with \"%s\"\n  and not with \"%s\"\n", e.detail, part);
	return false;
}
