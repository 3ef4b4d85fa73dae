/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The three steps of reading a file: scan.c looks at every event of it (structure and positions),
 * tree.c lets libcyaml make a tree of texts by a schema that is built from the table, convert.c
 * turns texts into values. The tree of texts has one slot a key, one behind the
 * other.
 */
#ifndef NEMRA_CONF_INTERNAL_H
#define NEMRA_CONF_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/conf/conf.h"

#define CONF_TEXT_MAX 4096u	/* octets of a text when the table says nothing */

/* A file under work. */
struct conf_file {
	const char *name;
	struct mem text;
	const struct conf_key *keys;
};

struct conf_pos {
	size_t line, column;	/* from 1 */
};

/* Where in the configuration we are: "cas[0].batch.max". Steps nest; a step back restores len. */
#define CONF_PATH_MAX 256
struct conf_path {
	char text[CONF_PATH_MAX];
	size_t len;
};

void conf_path_key(struct conf_path *p, const char *key);
void conf_path_index(struct conf_path *p, size_t i);
void conf_path_back(struct conf_path *p, size_t len);

/* R_CONFIG with file, position (NULL: none), path and text; what is too long is cut in front. Always -1. */
int conf_fail(const struct conf_file *f, const struct conf_pos *at, const char *path, struct err *e,
    const char *fmt, ...) PRINTF(5, 6);

/* Every event of the file: only what the table knows, and nothing of YAML that is refused. */
int conf_scan(const struct conf_file *f, struct err *e) MUSTUSE;

/* Where the value at path stands, or else the map around it. -1: nowhere. */
int conf_find(const struct conf_file *f, const char *path, struct conf_pos *out) MUSTUSE;

/* --- the tree of texts --- */

struct conf_list {		/* the slot of a list */
	void *v;		/* char ** of texts, or maps of conf_schema_size(key->sub) octets each */
	size_t n;
};

struct conf_schema;

int conf_schema_new(const struct conf_key *keys, struct conf_schema **out, struct err *e) MUSTUSE;
void conf_schema_free(struct conf_schema *s);

size_t conf_schema_size(const struct conf_key *keys);
size_t conf_schema_slot(const struct conf_key *k);	/* octets of one key's slot */

int conf_tree_load(const struct conf_file *f, const struct conf_schema *s, void **tree,
    struct err *e) MUSTUSE;
void conf_tree_free(const struct conf_schema *s, void *tree);

/* --- values --- */

/*
 * One text to one field of a key that is neither list nor map. folder: what a relative path is joined
 * to. e gets only what is wrong and what is allowed; the caller adds where.
 */
int conf_convert(const struct conf_key *k, const char *text, const char *folder, void *field,
    struct err *e) MUSTUSE;

/* The value as the file would have it. */
void conf_print_size(uint64_t v, char *out, size_t size);
void conf_print_time(uint64_t v, char *out, size_t size);

/* One entry of CONF_LIST or CONF_PATHS. */
int conf_convert_entry(const struct conf_key *k, const char *text, const char *folder, char **out,
    struct err *e) MUSTUSE;

#endif
