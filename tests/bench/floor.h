/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The primitives that an enrolment cannot do without, each measured alone: microseconds of processor time of one
 * operation, on the side that is the gateway's.
 */
#ifndef NEMRA_BENCH_FLOOR_H
#define NEMRA_BENCH_FLOOR_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct figure {
	const char *name;
	double us;
};

#define FIGURES_MAX 32
struct figures {
	struct figure v[FIGURES_MAX];
	size_t n;
	unsigned slice_ms;	/* how long each is measured */
};

void figure_add(struct figures *f, const char *name, double us);

/* Repeats op for a slice of this thread's processor time, and adds what one took. -1: op failed. */
int figure_time(struct figures *f, const char *name, int (*op)(void *arg), void *arg);

int64_t thread_ns(void);

int floor_crypto(struct figures *f, struct err *e) MUSTUSE;
int floor_tls(struct figures *f, struct err *e) MUSTUSE;
int floor_http(struct figures *f, struct err *e) MUSTUSE;

/* url: a database to make a schema bench_floor in; it is dropped again. */
int floor_database(struct figures *f, const char *url, struct err *e) MUSTUSE;

#endif
