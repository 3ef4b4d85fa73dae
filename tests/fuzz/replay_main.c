/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Gives files, and those of folders, to a fuzz target that was built without clang's fuzzer: for
 * compilers that have none, for valgrind, and to look at one input in a debugger.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"

#define INPUT_MAX (16u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static void
replay_file(const char *path)
{
	struct blob b = { NULL, 0 };
	struct err e;

	if (file_read(path, INPUT_MAX, &b, &e) != 0) {
		fprintf(stderr, "%s: %s\n", path, e.detail);
		exit(2);
	}
	(void)LLVMFuzzerTestOneInput(b.p, b.len);
	blob_free(&b);
	replayed++;
}

static void
replay_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *f;

	if (d == NULL) {
		perror(path);
		exit(2);
	}
	while ((f = readdir(d)) != NULL) {
		char name[4096];
		int n = snprintf(name, sizeof(name), "%s/%s", path, f->d_name);

		if (f->d_name[0] != '.' && n > 0 && (size_t)n < sizeof(name))
			replay_file(name);
	}
	(void)closedir(d);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%zu inputs replayed\n", replayed);
	return replayed > 0 ? 0 : 2;
}
