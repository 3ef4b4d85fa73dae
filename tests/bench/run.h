/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lets the stations enrol, and keeps how long each step took.
 */
#ifndef NEMRA_BENCH_RUN_H
#define NEMRA_BENCH_RUN_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "tests/bench/check.h"
#include "tests/bench/conn.h"
#include "tests/bench/options.h"
#include "tests/bench/station.h"

/* Microseconds, one each; sorted when the run is over. */
struct times {
	double *v;
	size_t n;
};

struct result {
	size_t done;		/* certificates that came and are right */
	size_t failed;
	size_t again;		/* times that a station was told to come back later */
	double seconds;
	struct times connect;	/* TCP and TLS */
	struct times ack;	/* upload to its acknowledgement (v1) */
	struct times whole;	/* upload to the checked certificate */
	double late;		/* with a rate: the most that a station began too late, microseconds */
	struct err first;	/* the first failure */
	char first_station[64];
};

int run(const struct options *o, const struct target *t, const struct checker *c, const struct stations *s,
    struct result *out, struct err *e) MUSTUSE;
void result_free(struct result *r);

/* share 0.5 is the median; 0 when nothing was measured. */
double times_at(const struct times *t, double share);

#endif
