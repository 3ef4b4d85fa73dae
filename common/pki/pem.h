/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One PEM object after the other.
 */
#ifndef NEMRA_PKI_PEM_H
#define NEMRA_PKI_PEM_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* Takes the next object and all before it off text; 1 when there is none, out untouched. */
int pem_next(struct mem *text, const char *label, size_t max, struct blob *out, struct err *e) MUSTUSE;

#endif
