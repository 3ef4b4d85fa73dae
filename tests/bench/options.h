/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-load: what it is told to do.
 */
#ifndef NEMRA_BENCH_OPTIONS_H
#define NEMRA_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

enum load_key { LOAD_P256, LOAD_RSA };
enum load_form { LOAD_PKCS10, LOAD_CRMF, LOAD_ENVELOPE };
enum load_door { LOAD_V1, LOAD_EST };

struct options {
	const char *lab;	/* the lab's folder */
	const char *prefix;	/* of the stations' names */
	const char *json;	/* a file for the result; NULL: none */
	const char *operator_ca;	/* what the certificates must lead to; NULL: the lab's */
	size_t stations;
	size_t each;		/* requests of each station, over one connection */
	size_t parallel;	/* stations at work at a time */
	size_t inventory;	/* stations that only stand in the inventory */
	size_t patience;	/* seconds after which a station gives up */
	double rate;		/* stations that begin in a second; 0: as fast as it goes */
	enum load_key key;
	enum load_form form;
	enum load_door door;
	bool quiet;
};

int options_read(int argc, char **argv, struct options *o) MUSTUSE;
void options_usage(void);

const char *load_key_name(enum load_key k);
const char *load_form_name(enum load_form f);
const char *load_door_name(enum load_door d);

#endif
