/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/conf/table.h"

#include <stdio.h>
#include <string.h>

#define OFF(type, field) .offset = offsetof(type, field)

static const char *const colours[] = { "red", "green", NULL };

static int
even(const void *value, struct err *e)
{
	if (*(const uint64_t *)value % 2 != 0)
		return err_set(e, R_CONFIG, "odd; allowed: even numbers");
	return 0;
}

static const struct conf_key batch_keys[] = {
	{ "max", CONF_UINT, .offset = 0, .min = 1, .max = 500, .dflt = "50" },
	{ 0 },
};

static const struct conf_key ca_keys[] = {
	{ "name", CONF_TEXT, OFF(struct ca, name), .min = 1, .max = 8, .must = true },
	{ "trust", CONF_PATHS, .offset = CONF_LIST_AT(struct ca, trust, n_trust), .max = 2 },
	{ "batch", CONF_MAP, OFF(struct ca, batch), .sub = batch_keys },
	{ 0 },
};

static const struct conf_key map_keys[] = {
	{ "inner", CONF_TEXT, OFF(struct all, map.inner) },
	{ "wait", CONF_TIME, OFF(struct all, map.wait), .min = 100, .max = 60000, .dflt = "500ms" },
	{ 0 },
};

const struct conf_key all_keys[] = {
	{ "text", CONF_TEXT, OFF(struct all, text), .min = 2, .max = 4 },
	{ "flag", CONF_BOOL, OFF(struct all, flag), .dflt = "yes" },
	{ "count", CONF_UINT, OFF(struct all, count), .check = even },
	{ "size", CONF_SIZE, OFF(struct all, size), .min = 1024, .max = 1048576, .dflt = "64KiB" },
	{ "time", CONF_TIME, OFF(struct all, time) },
	{ "rate", CONF_RATE, OFF(struct all, rate), .max = 100 },
	{ "fraction", CONF_FRACTION, OFF(struct all, fraction), .dflt = "2/3" },
	{ "choice", CONF_CHOICE, OFF(struct all, choice), .choice = colours, .dflt = "green" },
	{ "path", CONF_PATH, OFF(struct all, path) },
	{ "list", CONF_LIST, .offset = CONF_LIST_AT(struct all, list, n_list), .min = 0, .max = 3 },
	{ "paths", CONF_PATHS, .offset = CONF_LIST_AT(struct all, paths, n_paths) },
	{ "cas", CONF_MAPS, .offset = CONF_LIST_AT(struct all, cas, n_cas), .sub = ca_keys, .size = sizeof(struct ca) },
	{ "map", CONF_MAP, 0, .sub = map_keys },
	{ 0 },
};

int
read_text(const char *text, struct all *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	return conf_parse("/etc/x/t.yaml", text, strlen(text), all_keys, out, e);
}

bool
refused(const char *text, const char *detail)
{
	struct all a;
	struct err e = { R_NONE, "" };

	if (read_text(text, &a, &e) == 0) {
		fprintf(stderr, "taken: %s\n", text);
		conf_free(all_keys, &a);
		return false;
	}
	if (e.reason == R_CONFIG && strcmp(e.detail, detail) == 0)
		return true;
	fprintf(stderr, "%s\n  is refused with \"%s\"\n  and not with \"%s\"\n", text, e.detail, detail);
	return false;
}
