/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NEMRA_CTL_LIST_H
#define NEMRA_CTL_LIST_H

#include <jansson.h>
#include <stdint.h>

#include "gateway/ctl/cmd.h"

/* false: enough. */
typedef bool list_row_fn(void *arg, json_t *row);

/* Every row of a list, page by page, by --where (or, when not NULL, where instead) and --limit. */
enum ctl_exit list_each(struct ctl *c, const char *path, const char *where, list_row_fn *fn, void *arg) MUSTUSE;

/* --limit, or as many as there are. */
enum ctl_exit list_limit(const struct ctl *c, size_t *out) MUSTUSE;

#endif
