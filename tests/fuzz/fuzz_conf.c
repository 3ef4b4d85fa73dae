/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Configuration files: what is taken must print and free, what is refused must leave nothing behind.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/conf/conf.h"

#define OFF(field) .offset = offsetof(struct file, field)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct item {
	char *name;
	char **trust;
	size_t n_trust;
};

struct file {
	char *text, *path;
	bool flag;
	uint64_t count, size;
	int64_t time;
	double rate, fraction;
	int choice;
	char **list;
	size_t n_list;
	struct item *items;
	size_t n_items;
	struct item map;
};

static const char *const choices[] = { "auto", "single", NULL };

static const struct conf_key item_keys[] = {
	{ "name", CONF_TEXT, .offset = offsetof(struct item, name), .min = 1, .max = 64, .must = true },
	{ "trust", CONF_PATHS, .offset = CONF_LIST_AT(struct item, trust, n_trust), .max = 8 },
	{ .name = NULL },
};

static const struct conf_key file_keys[] = {
	{ "text", CONF_TEXT, OFF(text), .max = 32, .dflt = "abc" },
	{ "path", CONF_PATH, OFF(path) },
	{ "flag", CONF_BOOL, OFF(flag) },
	{ "count", CONF_UINT, OFF(count), .min = 1, .max = 500, .dflt = "50" },
	{ "size", CONF_SIZE, OFF(size) },
	{ "time", CONF_TIME, OFF(time), .dflt = "500ms" },
	{ "rate", CONF_RATE, OFF(rate) },
	{ "fraction", CONF_FRACTION, OFF(fraction) },
	{ "choice", CONF_CHOICE, OFF(choice), .choice = choices },
	{ "list", CONF_LIST, .offset = CONF_LIST_AT(struct file, list, n_list) },
	{ "items", CONF_MAPS, .offset = CONF_LIST_AT(struct file, items, n_items),
	    .sub = item_keys, .size = sizeof(struct item) },
	{ "map", CONF_MAP, OFF(map), .sub = item_keys },
	{ .name = NULL },
};

static void
look_at(void *arg, const char *line)
{
	size_t *octets = arg;

	for (size_t i = 0; line[i] != '\0'; i++)
		if ((uint8_t)line[i] < 0x20)	/* a value must not leave its line */
			abort();
	*octets += strlen(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct file none;
	struct file f = none;
	struct err e = { R_NONE, "" };
	size_t octets = 0;

	if (size > LIM_CONF)
		return 0;
	if (conf_parse("/etc/f.yaml", (const char *)data, size, file_keys, &f, &e) == 0) {
		if (f.count < 1 || f.count > 500 || f.fraction < 0 || f.fraction > 1 || f.rate < 0)
			abort();
		conf_print(file_keys, &f, look_at, &octets);
		conf_free(file_keys, &f);
	} else if (e.reason == R_NONE || e.reason == R_INTERNAL) {
		abort();
	}
	if (memcmp(&f.items, &none.items, sizeof(f.items)) != 0 || f.text != NULL || f.n_list != 0)
		abort();
	return 0;
}
