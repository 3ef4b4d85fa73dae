/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the tree of texts to the caller's struct, by the table.
 */
#include "common/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/conf/internal.h"

struct fill {
	const struct conf_file *f;
	char *folder;			/* of the file; "" when the name has none */
	struct conf_path path;
	struct err *e;
};

static int fill_map(struct fill *fl, const struct conf_key *keys, const uint8_t *tree, uint8_t *out);

/* Neither in the file nor a default: zero, as the caller made it, but texts are never NULL. */
static int
fill_empty(const struct conf_key *k, void *field, struct err *e)
{
	if (k->kind != CONF_TEXT && k->kind != CONF_PATH)
		return 0;
	*(char **)field = mem_strdup("");
	return *(char **)field != NULL ? 0 : err_set(e, R_NO_MEMORY, "configuration");
}

/* Adds the place to what is wrong. */
static int
refuse_here(struct fill *fl, const struct err *why)
{
	struct conf_pos at;
	const char *path = fl->path.text;

	if (why->reason == R_NO_MEMORY)
		return err_set(fl->e, R_NO_MEMORY, "%s", fl->f->name);
	return conf_fail(fl->f, conf_find(fl->f, path, &at) == 0 ? &at : NULL, path, fl->e, "%s",
	    why->detail);
}

static int
fill_single(struct fill *fl, const struct conf_key *k, const char *text, void *field)
{
	struct err why;

	if (text == NULL && k->must) {
		err_set(&why, R_CONFIG, "is missing");
		return refuse_here(fl, &why);
	}
	if (text == NULL)
		text = k->dflt;
	if (text == NULL ? fill_empty(k, field, &why) != 0
	    : conf_convert(k, text, fl->folder, field, &why) != 0)
		return refuse_here(fl, &why);
	return 0;
}

static int
fill_entry(struct fill *fl, const struct conf_key *k, const struct conf_list *in, size_t i,
    struct conf_list *out)
{
	struct err why;
	size_t size;

	if (k->kind == CONF_MAPS) {
		size = conf_schema_size(k->sub);
		return fill_map(fl, k->sub, (const uint8_t *)in->v + i * size,
		    (uint8_t *)out->v + i * k->size);
	}
	if (conf_convert_entry(k, ((char *const *)in->v)[i], fl->folder, &((char **)out->v)[i], &why) != 0)
		return refuse_here(fl, &why);
	return 0;
}

static int
check_count(struct fill *fl, const struct conf_key *k, size_t n)
{
	struct err why;

	if (n == 0 && k->must)
		err_set(&why, R_CONFIG, "is missing or an empty list");
	else if (n < k->min)
		err_set(&why, R_CONFIG, "too short; allowed: at least %zu entries", (size_t)k->min);
	else if (k->max != 0 && n > k->max)
		err_set(&why, R_CONFIG, "too long; allowed: at most %zu entries", (size_t)k->max);
	else
		return 0;
	return refuse_here(fl, &why);
}

/* The field is a pointer with its count right behind it: a struct conf_list by another name. */
static int
fill_list(struct fill *fl, const struct conf_key *k, const struct conf_list *in, struct conf_list *out)
{
	size_t len = fl->path.len;
	int rc = 0;

	if (check_count(fl, k, in->n) != 0)
		return -1;
	if (in->n == 0)
		return 0;
	out->v = mem_calloc(in->n, k->kind == CONF_MAPS ? k->size : sizeof(char *));
	if (out->v == NULL)
		return err_set(fl->e, R_NO_MEMORY, "%s", fl->f->name);
	out->n = in->n;
	for (size_t i = 0; rc == 0 && i < in->n; i++) {
		conf_path_index(&fl->path, i);
		rc = fill_entry(fl, k, in, i, out);
		conf_path_back(&fl->path, len);
	}
	return rc;
}

static int
fill_key(struct fill *fl, const struct conf_key *k, const uint8_t *slot, uint8_t *field)
{
	struct err why;
	int rc;

	if (k->kind == CONF_MAP)
		rc = fill_map(fl, k->sub, slot, field);
	else if (k->kind == CONF_LIST || k->kind == CONF_PATHS || k->kind == CONF_MAPS)
		rc = fill_list(fl, k, (const struct conf_list *)(const void *)slot,
		    (struct conf_list *)(void *)field);
	else
		rc = fill_single(fl, k, *(const char *const *)(const void *)slot, field);
	if (rc == 0 && k->check != NULL && k->check(field, &why) != 0)
		rc = refuse_here(fl, &why);
	return rc;
}

static int
fill_map(struct fill *fl, const struct conf_key *keys, const uint8_t *tree, uint8_t *out)
{
	size_t len = fl->path.len;
	int rc = 0;

	for (const struct conf_key *k = keys; rc == 0 && k->name != NULL; k++) {
		conf_path_key(&fl->path, k->name);
		rc = fill_key(fl, k, tree, out + k->offset);
		conf_path_back(&fl->path, len);
		tree += conf_schema_slot(k);
	}
	return rc;
}

static int
fill(const struct conf_file *f, const void *tree, void *out, struct err *e)
{
	struct fill fl = { .f = f, .e = e };
	const char *slash = strrchr(f->name, '/');
	int rc;

	fl.folder = mem_strndup(f->name, slash == NULL ? 0 : slash == f->name ? 1
	    : (size_t)(slash - f->name));
	if (fl.folder == NULL)
		return err_set(e, R_NO_MEMORY, "%s", f->name);
	rc = fill_map(&fl, f->keys, tree, out);
	free(fl.folder);
	return rc;
}

int
conf_parse(const char *name, const char *text, size_t len, const struct conf_key *keys, void *out,
    struct err *e)
{
	const struct conf_file f = { name, { (const uint8_t *)text, len }, keys };
	struct conf_schema *schema = NULL;
	void *tree = NULL;
	int rc = -1;

	if (len > LIM_CONF)
		return err_set(e, R_TOO_LONG, "%s has more than %u octets", name, LIM_CONF);
	if (conf_schema_new(keys, &schema, e) != 0 || conf_scan(&f, e) != 0 ||
	    conf_tree_load(&f, schema, &tree, e) != 0)
		goto out;
	rc = fill(&f, tree, out, e);
	if (rc != 0)
		conf_free(keys, out);
out:
	conf_tree_free(schema, tree);
	conf_schema_free(schema);
	return rc;
}

int
conf_load(const char *path, const struct conf_key *keys, void *out, struct err *e)
{
	struct blob text = { NULL, 0 };
	int rc;

	if (file_read(path, LIM_CONF, &text, e) != 0)
		return -1;
	rc = conf_parse(path, (const char *)text.p, text.len, keys, out, e);
	blob_free(&text);
	return rc;
}

int
conf_refuse(const char *path, const struct conf_key *keys, const char *key_path, struct err *e,
    const char *fmt, ...)
{
	struct blob text = { NULL, 0 };
	struct conf_file f = { path, MEM_NONE, keys };
	struct conf_pos at;
	char what[128];
	bool found = false;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (file_read(path, LIM_CONF, &text, NULL) == 0) {
		f.text = mem_of(&text);
		found = conf_find(&f, key_path, &at) == 0;
	}
	conf_fail(&f, found ? &at : NULL, key_path, e, "%s", what);
	blob_free(&text);
	return -1;
}

static void
free_list(const struct conf_key *k, struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (k->kind == CONF_MAPS)
			conf_free(k->sub, (uint8_t *)l->v + i * k->size);
		else
			free(((char **)l->v)[i]);
	}
	free(l->v);
	*l = (struct conf_list){ NULL, 0 };
}

void
conf_free(const struct conf_key *keys, void *out)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		void *field = (uint8_t *)out + k->offset;

		switch (k->kind) {
		case CONF_TEXT:
		case CONF_PATH:
			free(*(char **)field);
			*(char **)field = NULL;
			break;
		case CONF_LIST:
		case CONF_PATHS:
		case CONF_MAPS:
			free_list(k, field);
			break;
		case CONF_MAP:
			conf_free(k->sub, field);
			break;
		case CONF_BOOL:
		case CONF_UINT:
		case CONF_SIZE:
		case CONF_TIME:
		case CONF_RATE:
		case CONF_FRACTION:
		case CONF_CHOICE:
			break;
		}
	}
}
