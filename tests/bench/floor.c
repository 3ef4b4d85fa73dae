/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-floor: what the parts of an enrolment cost when nothing is around them. One JSON object of microseconds.
 */
#include "tests/bench/floor.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2 };

void
figure_add(struct figures *f, const char *name, double us)
{
	if (f->n < FIGURES_MAX)
		f->v[f->n++] = (struct figure){ name, us };
}

int64_t
thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int
figure_time(struct figures *f, const char *name, int (*op)(void *arg), void *arg)
{
	int64_t begin, now, slice = (int64_t)f->slice_ms * 1000000;
	long n = 0;

	if (op(arg) != 0)
		return -1;
	begin = now = thread_ns();
	for (; now - begin < slice; now = thread_ns())
		for (int i = 0; i < 16; i++, n++)
			if (op(arg) != 0)
				return -1;
	figure_add(f, name, (double)(now - begin) / 1e3 / (double)n);
	return 0;
}

static int
print(const struct figures *f)
{
	json_t *o = json_object();
	int rc;

	for (size_t i = 0; i < f->n; i++)
		json_object_set_new(o, f->v[i].name, json_real(f->v[i].us));
	rc = json_dumpf(o, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	json_decref(o);
	return rc;
}

int
main(int argc, char **argv)
{
	struct figures f = { .slice_ms = 50 };
	char text[512];
	struct err e;

	if (argc != 2) {
		fprintf(stderr, "usage: nemra-floor DATABASE-URL\n");
		return EXIT_USAGE;
	}
	err_clear(&e);
	if (floor_crypto(&f, &e) == 0 && floor_tls(&f, &e) == 0 && floor_http(&f, &e) == 0 &&
	    floor_database(&f, argv[1], &e) == 0 && print(&f) == 0)
		return EXIT_SUCCESS;
	err_print(&e, text, sizeof(text));
	fprintf(stderr, "nemra-floor: %s\n", text);
	return EXIT_FAILURE;
}
