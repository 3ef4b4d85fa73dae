/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ctl/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text[256 * 1024];
static int saved[2] = { -1, -1 }, file = -1;

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

void
capture_begin(void)
{
	char path[] = "/tmp/nemra-capture-XXXXXX";

	fflush(NULL);
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0 || unlink(path) != 0)
		die("capture");
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(i + 1);
		if (saved[i] < 0 || dup2(file, i + 1) < 0)
			die("capture");
	}
}

const char *
capture_end(void)
{
	ssize_t n;

	fflush(NULL);
	n = pread(file, text, sizeof(text) - 1, 0);
	for (int i = 0; i < 2; i++) {
		if (dup2(saved[i], i + 1) < 0)
			die("capture");
		(void)close(saved[i]);
	}
	(void)close(file);
	text[n > 0 ? n : 0] = '\0';
	return text;
}
