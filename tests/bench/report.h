/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NEMRA_BENCH_REPORT_H
#define NEMRA_BENCH_REPORT_H

#include "tests/bench/books.h"
#include "tests/bench/cost.h"
#include "tests/bench/options.h"
#include "tests/bench/run.h"

struct report {
	const struct options *o;
	const struct result *r;
	const struct costs *used;	/* during the run */
	const struct count *count;
};

void report_print(const struct report *p);
int report_write(const struct report *p, const char *path, struct err *e) MUSTUSE;

#endif
