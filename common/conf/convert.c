/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts into values: the one place where a number is read. Everything is decimal, whole to its last
 * octet, without sign, leading zero or exponent; a unit is one of its table, written as there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/conf/internal.h"

#define FRACTION_DIGITS 9
#define FRACTION_DENOM 1000000u

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024 * 1024 * 1024 }, { NULL, 0 },
};

static const struct unit time_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 }, { "d", 86400 * 1000 },
	{ NULL, 0 },
};

/* Seconds that the count stands for. */
static const struct unit rate_units[] = {
	{ "/s", 1 }, { "/m", 60 }, { "/h", 3600 }, { NULL, 0 },
};

/* Digits at *s, which then stands behind them. */
static int
take_number(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
		return -1;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return -1;
	*s = p;
	*out = v;
	return 0;
}

static int
take_unit(const char *s, const struct unit *units, uint64_t *factor)
{
	for (; units->name != NULL; units++)
		if (strcmp(s, units->name) == 0) {
			*factor = units->factor;
			return 0;
		}
	return -1;
}

static bool
within(const struct conf_key *k, uint64_t v)
{
	return v >= k->min && (k->max == 0 || v <= k->max);
}

/* "wrong; allowed: form, from MIN to MAX" with the bounds written as the file would have them. */
static int
refuse(const struct conf_key *k, const char *form, void (*print)(uint64_t, char *, size_t),
    struct err *e)
{
	char min[32], max[32];

	if (k->max == 0 && k->min == 0)
		return err_set(e, R_CONFIG, "bad value; allowed: %s", form);
	print(k->min, min, sizeof(min));
	if (k->max == 0)
		return err_set(e, R_CONFIG, "bad value; allowed: %s, at least %s", form, min);
	print(k->max, max, sizeof(max));
	return err_set(e, R_CONFIG, "bad value; allowed: %s, from %s to %s", form, min, max);
}

static void
print_plain(uint64_t v, char *out, size_t size)
{
	(void)snprintf(out, size, "%" PRIu64, v);
}

/* In the largest unit that leaves a whole number. */
static void
print_unit(uint64_t v, const struct unit *units, char *out, size_t size)
{
	const struct unit *best = units;

	for (const struct unit *u = units; u->name != NULL; u++)
		if (v != 0 && v % u->factor == 0)
			best = u;
	(void)snprintf(out, size, "%" PRIu64 "%s", v / best->factor, best->name);
}

void
conf_print_size(uint64_t v, char *out, size_t size)
{
	print_unit(v, size_units, out, size);
}

void
conf_print_time(uint64_t v, char *out, size_t size)
{
	print_unit(v, time_units, out, size);
}

static void
print_rate(uint64_t v, char *out, size_t size)
{
	(void)snprintf(out, size, "%" PRIu64 "/s", v);
}

static int
convert_uint(const struct conf_key *k, const char *text, uint64_t *out, struct err *e)
{
	uint64_t v;

	if (take_number(&text, &v) != 0 || *text != '\0' || !within(k, v))
		return refuse(k, "a whole number", print_plain, e);
	*out = v;
	return 0;
}

static int
convert_size(const struct conf_key *k, const char *text, uint64_t *out, struct err *e)
{
	uint64_t v, factor;

	if (take_number(&text, &v) != 0 || take_unit(text, size_units, &factor) != 0 ||
	    __builtin_mul_overflow(v, factor, &v) || !within(k, v))
		return refuse(k, "octets, or with KiB, MiB, GiB", conf_print_size, e);
	*out = v;
	return 0;
}

static int
convert_time(const struct conf_key *k, const char *text, int64_t *out, struct err *e)
{
	uint64_t v, factor;

	if (take_number(&text, &v) != 0 || take_unit(text, time_units, &factor) != 0 ||
	    __builtin_mul_overflow(v, factor, &v) || v > INT64_MAX || !within(k, v))
		return refuse(k, "a time in ms, s, m, h or d", conf_print_time, e);
	*out = (int64_t)v;
	return 0;
}

static int
convert_rate(const struct conf_key *k, const char *text, double *out, struct err *e)
{
	uint64_t v, seconds;
	double rate;

	if (take_number(&text, &v) != 0 || take_unit(text, rate_units, &seconds) != 0)
		return refuse(k, "a rate like 50/s, 10/m, 3/h", print_rate, e);
	rate = (double)v / (double)seconds;
	if (rate < (double)k->min || (k->max != 0 && rate > (double)k->max))
		return refuse(k, "a rate like 50/s, 10/m, 3/h", print_rate, e);
	*out = rate;
	return 0;
}

/* What follows "0." or "1.": one to nine digits. */
static int
take_decimals(const char *s, double *out)
{
	uint64_t v = 0, scale = 1;
	size_t n = strlen(s);

	if (n == 0 || n > FRACTION_DIGITS || strspn(s, "0123456789") != n)
		return -1;
	for (; *s != '\0'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		scale *= 10;
	}
	*out = (double)v / (double)scale;
	return 0;
}

static int
take_fraction(const char *s, double *out)
{
	uint64_t a, b;
	double rest = 0;

	if (take_number(&s, &a) != 0)
		return -1;
	if (*s == '/') {
		s++;
		if (take_number(&s, &b) != 0 || *s != '\0' || b == 0 || b > FRACTION_DENOM || a > b)
			return -1;
		*out = (double)a / (double)b;
		return 0;
	}
	if (*s == '.' && take_decimals(s + 1, &rest) != 0)
		return -1;
	if ((*s != '.' && *s != '\0') || a > 1 || (a == 1 && rest > 0))
		return -1;
	*out = (double)a + rest;
	return 0;
}

static int
convert_bool(const char *text, bool *out, struct err *e)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return err_set(e, R_CONFIG, "bad value; allowed: yes, no");
	*out = text[0] == 'y';
	return 0;
}

static int
convert_choice(const struct conf_key *k, const char *text, int *out, struct err *e)
{
	char all[96] = "";
	size_t len = 0;

	for (int i = 0; k->choice[i] != NULL; i++) {
		int n;

		if (strcmp(text, k->choice[i]) == 0) {
			*out = i;
			return 0;
		}
		n = snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? ", " : "", k->choice[i]);
		if (n > 0 && (size_t)n < sizeof(all) - len)
			len += (size_t)n;
	}
	return err_set(e, R_CONFIG, "bad value; allowed: %s", all);
}

static int
copy(const char *text, char **out, struct err *e)
{
	char *s = mem_strdup(text);

	if (s == NULL)
		return err_set(e, R_NO_MEMORY, "configuration");
	*out = s;
	return 0;
}

static int
convert_text(const struct conf_key *k, const char *text, char **out, struct err *e)
{
	struct conf_key bounds = *k;

	if (bounds.max == 0)
		bounds.max = CONF_TEXT_MAX;
	if (!within(&bounds, strlen(text)))
		return refuse(&bounds, "a text, its length in octets", print_plain, e);
	return copy(text, out, e);
}

/* "pkcs11:token=..." is a name for OSSL_STORE, not a file. */
static bool
is_uri(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	return n > 1 && text[n] == ':';
}

static int
convert_path(const struct conf_key *k, const char *text, const char *folder, char **out,
    struct err *e)
{
	struct buf b;
	struct blob joined = { NULL, 0 };

	if (text[0] == '/' || text[0] == '\0' || folder[0] == '\0' || is_uri(text))
		return convert_text(k, text, out, e);
	if (strlen(text) > CONF_TEXT_MAX)
		return err_set(e, R_CONFIG, "the path is too long; allowed: %u octets", CONF_TEXT_MAX);
	buf_init(&b, 2 * CONF_TEXT_MAX);
	buf_printf(&b, "%s/%s", folder, text);
	buf_add_u8(&b, 0);
	if (buf_take(&b, &joined, e) != 0) {
		buf_free(&b);
		return -1;
	}
	*out = (char *)joined.p;
	return 0;
}

int
conf_convert_entry(const struct conf_key *k, const char *text, const char *folder, char **out,
    struct err *e)
{
	struct conf_key bounds = { .name = k->name, .kind = CONF_TEXT, .min = 1 };

	if (text[0] == '\0')
		return err_set(e, R_CONFIG, "the entry is empty");
	if (k->kind == CONF_PATHS)
		return convert_path(&bounds, text, folder, out, e);
	return convert_text(&bounds, text, out, e);
}

int
conf_convert(const struct conf_key *k, const char *text, const char *folder, void *field,
    struct err *e)
{
	switch (k->kind) {
	case CONF_TEXT:
		return convert_text(k, text, field, e);
	case CONF_BOOL:
		return convert_bool(text, field, e);
	case CONF_UINT:
		return convert_uint(k, text, field, e);
	case CONF_SIZE:
		return convert_size(k, text, field, e);
	case CONF_TIME:
		return convert_time(k, text, field, e);
	case CONF_RATE:
		return convert_rate(k, text, field, e);
	case CONF_FRACTION:
		if (take_fraction(text, field) == 0)
			return 0;
		return err_set(e, R_CONFIG, "bad value; allowed: 0 to 1, like 2/3 or 0.5");
	case CONF_CHOICE:
		return convert_choice(k, text, field, e);
	case CONF_PATH:
		return convert_path(k, text, folder, field, e);
	case CONF_LIST:
	case CONF_PATHS:
	case CONF_MAP:
	case CONF_MAPS:
		break;
	}
	return err_set(e, R_INTERNAL, "%s is not a single value", k->name);
}
