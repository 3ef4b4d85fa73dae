/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strict YAML. A table describes the file; every scalar is read as text and converted by one
 * routine. What YAML offers beyond maps, lists and texts is refused: anchors, aliases, tags,
 * directives, null, several documents. Errors are R_CONFIG with
 * "FILE:LINE:COLUMN: KEY.PATH: what is wrong; allowed: ...".
 */
#ifndef NEMRA_CONF_CONF_H
#define NEMRA_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

enum conf_kind {
	CONF_TEXT,	/* char *, never NULL; min, max: length in octets (max 0: 4096) */
	CONF_BOOL,	/* bool: yes, no */
	CONF_UINT,	/* uint64_t: decimal without sign or leading zero */
	CONF_SIZE,	/* uint64_t octets: "16KiB", "64MiB", "1GiB", plain number */
	CONF_TIME,	/* int64_t milliseconds: "500ms", "30s", "5m", "12h", "30d" */
	CONF_RATE,	/* double per second: "50/s", "10/m", "3/h" */
	CONF_FRACTION,	/* double from 0 to 1: "2/3", "0.5" */
	CONF_CHOICE,	/* int: index into choice */
	CONF_PATH,	/* char *, never NULL: absolute, or relative to the file's folder and then joined to
			 * it; "" and URIs ("pkcs11:...") stay as they are */
	CONF_LIST,	/* char **, size_t right behind it: list of texts, none of them empty */
	CONF_PATHS,	/* the same of paths */
	CONF_MAP,	/* a struct at offset: sub describes it, with offsets from there */
	CONF_MAPS	/* pointer to an array of structs, size_t right behind it: list of maps; size is one's */
};

#define CONF_ENTRIES	4096	/* of any list */
#define CONF_KEYS	64	/* of one table */

/* The offset of a list's pointer; does not compile when its count is not right behind it. */
#define CONF_LIST_AT(type, list, count) (offsetof(type, list) + \
    0 * sizeof(char[offsetof(type, count) == offsetof(type, list) + sizeof(void *) ? 1 : -1]))

struct conf_key {
	const char *name;
	enum conf_kind kind;
	size_t offset;
	uint64_t min, max;		/* of numbers (TIME: ms; RATE: per second), lengths, or list entries;
					 * max 0: no upper bound. Lists: at most CONF_ENTRIES */
	const char *dflt;		/* as it would stand in the file; NULL: empty, zero, false. Not for
					 * lists and maps, whose parts have their own */
	bool must;
	const char *const *choice;	/* NULL-terminated */
	const struct conf_key *sub;	/* ended by a key without name */
	size_t size;			/* CONF_MAPS: of one element */
	int (*check)(const void *value, struct err *e);	/* value: the converted field */
};

/*
 * Fills *out (zeroed by the caller); on failure it is as if conf_free() had been called. The file has at
 * most LIM_CONF octets.
 */
int conf_load(const char *path, const struct conf_key *keys, void *out, struct err *e) MUSTUSE;

/* The same from memory; name stands for the file's path. For fuzzing and tests. */
int conf_parse(const char *name, const char *text, size_t len, const struct conf_key *keys, void *out,
    struct err *e) MUSTUSE;

/*
 * For checks between keys, made after loading: fills e with R_CONFIG and the position of the key at path
 * ("cas[1].url"; of the map around it when the file does not have it). Always -1.
 */
int conf_refuse(const char *path, const struct conf_key *keys, const char *key_path, struct err *e,
    const char *fmt, ...) PRINTF(5, 6);

void conf_free(const struct conf_key *keys, void *out);

/*
 * One line a key with its value in effect, in the table's order: "cas[0].url = http://…". Values are made
 * safe to show.
 */
void conf_print(const struct conf_key *keys, const void *in,
    void (*line)(void *arg, const char *text), void *arg);

#endif
