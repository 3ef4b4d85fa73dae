/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strict YAML. A table describes the file; every scalar is read as text and converted by one
 * routine. Errors are R_CONFIG with "FILE:LINE:COLUMN: KEY: what is allowed".
 */
#ifndef NEMRA_CONF_CONF_H
#define NEMRA_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

enum conf_kind {
	CONF_TEXT,	/* char *; min, max: length in octets (max 0: 4096) */
	CONF_BOOL,	/* bool: yes, no */
	CONF_UINT,	/* uint64_t: decimal without sign or leading zero */
	CONF_SIZE,	/* uint64_t octets: "16KiB", "64MiB", plain number */
	CONF_TIME,	/* int64_t milliseconds: "500ms", "30s", "5m", "12h", "30d" */
	CONF_RATE,	/* double per second: "50/s", "10/m" */
	CONF_FRACTION,	/* double: "2/3", "0.5" */
	CONF_CHOICE,	/* int: index into choice */
	CONF_PATH,	/* char *: absolute, or relative to the file's folder (then made absolute) */
	CONF_LIST,	/* char **, size_t behind it: list of texts; a single text is a list of one */
	CONF_MAP,	/* a struct inside: sub describes it */
	CONF_MAPS	/* pointer to an array of structs, size_t behind it: list of maps; size is one's */
};

struct conf_key {
	const char *name;
	enum conf_kind kind;
	size_t offset;
	uint64_t min, max;		/* of numbers (TIME: ms), lengths, or list entries; 0, 0: no bound */
	const char *dflt;		/* as it would stand in the file; NULL: empty, zero, false */
	bool must;
	const char *const *choice;	/* NULL-terminated */
	const struct conf_key *sub;	/* ended by a key without name */
	size_t size;			/* CONF_MAPS: of one element */
	int (*check)(const void *value, struct err *e);	/* value: the converted field */
};

/* Fills *out (zeroed by the caller); on failure it is as if conf_free() had been called. */
int conf_load(const char *path, const struct conf_key *keys, void *out, struct err *e) MUSTUSE;

/* The same from memory; name stands for the file's path. For fuzzing and tests. */
int conf_parse(const char *name, const char *text, size_t len, const struct conf_key *keys, void *out,
    struct err *e) MUSTUSE;

void conf_free(const struct conf_key *keys, void *out);

/* One line a key with value, for config check: "cas[0].url = http://…". */
void conf_print(const struct conf_key *keys, const void *in, void (*line)(void *arg, const char *text), void *arg);

#endif
