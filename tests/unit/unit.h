/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A test program is a list of suites, a suite a list of named functions. A name says the behaviour.
 */
#ifndef NEMRA_TESTS_UNIT_H
#define NEMRA_TESTS_UNIT_H

#include <CUnit/CUnit.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

struct unit_test {
	const char *name;
	void (*run)(void);
};

struct unit_suite {
	const char *name;
	const struct unit_test *test;
	size_t n;
};

#define UNIT(f)			{ #f, f }
#define UNIT_AS(name, f)	{ #name, f }	/* a weakness of others, and the behaviour that keeps it out */
#define UNIT_SUITE(s, tests)	const struct unit_suite s = { #s, tests, sizeof(tests) / sizeof((tests)[0]) }

/* Runs all, prints failures and "N passed, N failed"; the exit status of main(). */
int unit_main(const struct unit_suite *const *suites, size_t n);

/* A file below tests/data/; ends the program when it is not there. Freed with blob_free(). */
struct blob unit_data(const char *name);

/* A fresh folder for one test, removed at exit with what is in it. */
const char *unit_tmp(void);

#endif
