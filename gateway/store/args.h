/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a statement: arrays in PostgreSQL's binary form (one element a row of the caller's), and scalars as
 * text. Fails stickily: build first, pg_call() tests.
 */
#ifndef NEMRA_STORE_ARGS_H
#define NEMRA_STORE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/uuid.h"

#define ARGS_MAX 28
#define ARG_BYTES (64u * 1024 * 1024)	/* of one parameter */

enum arg_type {
	ARG_SCALAR,
	ARG_UUIDS,
	ARG_BYTEAS,
	ARG_TEXTS,
	ARG_INTS,	/* int4 */
	ARG_BIGINTS,	/* int8 */
	ARG_BOOLS
};

struct arg {
	enum arg_type type;
	bool null;		/* ARG_SCALAR: no value */
	bool has_null;		/* an element is NULL */
	uint32_t n;
	struct buf b;
};

struct args {
	struct arg v[ARGS_MAX];
	size_t n;
};

/* types has n entries; scalars are NULL until set. */
void args_init(struct args *a, const enum arg_type *types, size_t n);
void args_free(struct args *a);

/* Writes the headers of the arrays. false: something did not fit. Afterwards nothing more may be added. */
bool args_finish(struct args *a) MUSTUSE;

void args_set_text(struct args *a, size_t i, const char *s);	/* NULL: no value */
void args_set_i64(struct args *a, size_t i, int64_t v);
void args_set_f64(struct args *a, size_t i, double v);
void args_set_bool(struct args *a, size_t i, bool v);
void args_set_uuid(struct args *a, size_t i, const struct uuid *u);

void args_uuid(struct args *a, size_t i, const struct uuid *u);
void args_bytes(struct args *a, size_t i, struct mem m);
void args_bytes_or_null(struct args *a, size_t i, struct mem m);	/* NULL when empty */
void args_text(struct args *a, size_t i, const char *s);	/* NULL: no value; not UTF-8: escaped */
void args_int(struct args *a, size_t i, int32_t v);
void args_bigint(struct args *a, size_t i, int64_t v);
void args_bool(struct args *a, size_t i, bool v);

#endif
