/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for gateway/store by link: a few rows in memory, and what was asked of it.
 */
#ifndef NEMRA_TESTS_OPS_STORE_FAKE_H
#define NEMRA_TESTS_OPS_STORE_FAKE_H

#include <stdbool.h>
#include <stddef.h>

struct store_fake {
	bool away;		/* nothing can be opened */
	bool restarted;		/* a connection that is open is found to be closed, until it is reopened */
	size_t reopened;
	size_t rows;		/* stations gnb-0001 … */
	size_t opened;
	size_t put;		/* stations that were put for good */
	char who[80];
	char why[600];
	char where[256];	/* conditions of the last list: "key op value;" each */
	bool approved, denied, blocked;
};

extern struct store_fake fake;

void fake_reset(void);

#endif
