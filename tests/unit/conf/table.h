/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One table with a key of each kind, for all tests of this folder.
 */
#ifndef NEMRA_TESTS_CONF_TABLE_H
#define NEMRA_TESTS_CONF_TABLE_H

#include "common/conf/conf.h"

struct ca {
	char *name;
	char **trust;
	size_t n_trust;
	struct {
		uint64_t max;
	} batch;
};

struct all {
	char *text;
	bool flag;
	uint64_t count;
	uint64_t size;
	int64_t time;
	double rate;
	double fraction;
	int choice;
	char *path;
	char **list;
	size_t n_list;
	char **paths;
	size_t n_paths;
	struct ca *cas;
	size_t n_cas;
	struct {
		char *inner;
		int64_t wait;
	} map;
};

extern const struct conf_key all_keys[];

/* Reads text as /etc/x/t.yaml; the result of conf_parse(). */
int read_text(const char *text, struct all *out, struct err *e);

/* True when text is refused with R_CONFIG and exactly this detail; shows the other one when not. */
bool refused(const char *text, const char *detail);

#endif
