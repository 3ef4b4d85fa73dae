/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages of rows as JSON objects.
 */
#ifndef NEMRA_OPS_LIST_H
#define NEMRA_OPS_LIST_H

#include "gateway/ops/api.h"

typedef int list_fn(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e);

/* A row as an object; NULL: no memory. */
json_t *list_object(const char *const *columns, const char *const *value, size_t n);

/* {items: […], next: KEY or null} by the call's where, after and limit. */
int list_page(struct api_call *c, list_fn *list, const char *const *columns, struct err *e) MUSTUSE;

/* The one row whose key column is value; R_NOT_FOUND. */
int list_one(struct db *db, list_fn *list, const char *const *columns, const char *key, const char *value,
    json_t **out, struct err *e) MUSTUSE;

#endif
