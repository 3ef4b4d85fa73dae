/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcyaml's part: its schema is built from the table, with every scalar a text, and what it loads is a
 * tree of texts in the table's order.
 */
#include <cyaml/cyaml.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/conf/internal.h"

/* One table's fields, and the schemas of the tables below it. */
struct conf_schema {
	const struct conf_key *keys;
	cyaml_schema_field_t *field;		/* ended by one without key */
	cyaml_schema_value_t *entry;		/* of a list, by key */
	struct conf_schema **sub;		/* by key; NULL where there is none */
	cyaml_schema_value_t top;
	size_t n;
};

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)
};

static const cyaml_config_t config = {
	.log_fn = NULL,
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

size_t
conf_schema_slot(const struct conf_key *k)
{
	switch (k->kind) {
	case CONF_MAP:
		return conf_schema_size(k->sub);
	case CONF_LIST:
	case CONF_PATHS:
	case CONF_MAPS:
		return sizeof(struct conf_list);
	case CONF_TEXT:
	case CONF_BOOL:
	case CONF_UINT:
	case CONF_SIZE:
	case CONF_TIME:
	case CONF_RATE:
	case CONF_FRACTION:
	case CONF_CHOICE:
	case CONF_PATH:
		break;
	}
	return sizeof(char *);
}

size_t
conf_schema_size(const struct conf_key *keys)
{
	size_t size = 0;

	for (size_t i = 0; keys[i].name != NULL; i++)
		size += conf_schema_slot(&keys[i]);
	return size;
}

static size_t
count(const struct conf_key *keys)
{
	size_t n = 0;

	while (keys[n].name != NULL)
		n++;
	return n;
}

void
conf_schema_free(struct conf_schema *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->sub != NULL && i < s->n; i++)
		conf_schema_free(s->sub[i]);
	free(s->sub);
	free(s->entry);
	free(s->field);
	free(s);
}

static cyaml_schema_value_t
map_value(const struct conf_schema *s, enum cyaml_flag flags)
{
	return (cyaml_schema_value_t){ .type = CYAML_MAPPING, .flags = flags,
		.data_size = (uint32_t)conf_schema_size(s->keys), .mapping.fields = s->field };
}

static cyaml_schema_value_t
list_value(const cyaml_schema_value_t *entry)
{
	return (cyaml_schema_value_t){ .type = CYAML_SEQUENCE,
		.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		.data_size = entry->type == CYAML_MAPPING ? entry->data_size : sizeof(char *),
		.sequence = { .entry = entry, .min = 0, .max = CONF_ENTRIES } };
}

/* The field of key i, whose slot begins at offset. */
static int
add_field(struct conf_schema *s, size_t i, size_t offset, struct err *e)
{
	const struct conf_key *k = &s->keys[i];
	cyaml_schema_field_t *f = &s->field[i];

	f->key = k->name;
	f->data_offset = (uint32_t)offset;
	if (k->sub != NULL && conf_schema_new(k->sub, &s->sub[i], e) != 0)
		return -1;
	if (k->kind == CONF_MAP) {
		f->value = map_value(s->sub[i], CYAML_FLAG_OPTIONAL);
	} else if (k->kind == CONF_MAPS || k->kind == CONF_LIST || k->kind == CONF_PATHS) {
		s->entry[i] = k->kind == CONF_MAPS ? map_value(s->sub[i], CYAML_FLAG_DEFAULT)
		    : text_entry;
		f->value = list_value(&s->entry[i]);
		f->count_offset = (uint32_t)(offset + offsetof(struct conf_list, n));
		f->count_size = sizeof(size_t);
	} else {
		f->value = text_entry;
		f->value.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
	}
	return 0;
}

int
conf_schema_new(const struct conf_key *keys, struct conf_schema **out, struct err *e)
{
	struct conf_schema *s = mem_calloc(1, sizeof(*s));
	size_t offset = 0;

	if (s == NULL)
		return err_set(e, R_NO_MEMORY, "configuration");
	s->keys = keys;
	s->n = count(keys);
	if (s->n > CONF_KEYS) {
		err_set(e, R_INTERNAL, "a table of %zu keys", s->n);
		goto out;
	}
	s->field = mem_calloc(s->n + 1, sizeof(*s->field));
	s->entry = mem_calloc(s->n + 1, sizeof(*s->entry));
	s->sub = mem_calloc(s->n + 1, sizeof(struct conf_schema *));
	if (s->field == NULL || s->entry == NULL || s->sub == NULL) {
		err_set(e, R_NO_MEMORY, "configuration");
		goto out;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (add_field(s, i, offset, e) != 0)
			goto out;
		offset += conf_schema_slot(&keys[i]);
	}
	s->top = map_value(s, CYAML_FLAG_POINTER);
	*out = s;
	return 0;
out:
	conf_schema_free(s);
	return -1;
}

int
conf_tree_load(const struct conf_file *f, const struct conf_schema *s, void **tree, struct err *e)
{
	cyaml_data_t *data = NULL;
	cyaml_err_t rc;

	rc = cyaml_load_data(f->text.p, f->text.len, &config, &s->top, &data, NULL);
	if (rc == CYAML_ERR_OOM)
		return err_set(e, R_NO_MEMORY, "%s", f->name);
	if (rc != CYAML_OK || data == NULL)	/* the scan has seen it all: this one sees it differently */
		return conf_fail(f, NULL, "", e, "cannot be loaded: %s", cyaml_strerror(rc));
	*tree = data;
	return 0;
}

void
conf_tree_free(const struct conf_schema *s, void *tree)
{
	if (tree != NULL)
		(void)cyaml_free(&config, &s->top, tree, 0);
}
