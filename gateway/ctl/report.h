/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the calls of an import add up to, and the file of the lines that were not taken.
 */
#ifndef NEMRA_CTL_REPORT_H
#define NEMRA_CTL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "gateway/ctl/cmd.h"

struct report {
	const char *path;	/* of the error file */
	FILE *errors;		/* opened with the first error */
	json_int_t lines, added, changed, same, failed, taken_to;
	bool stopped;
};

json_int_t report_count(const json_t *answer, const char *key);

/* Adds one call's answer. CTL_LOCAL when the error file cannot be written. */
enum ctl_exit report_add(struct report *r, const json_t *answer) MUSTUSE;

/* CTL_REFUSED when a line was not taken. */
enum ctl_exit report_end(struct report *r, const struct ctl *c) MUSTUSE;

#endif
