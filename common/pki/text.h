/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * DER as text: PEM (RFC 7468) and base64 (RFC 4648 section 4).
 */
#ifndef NEMRA_PKI_TEXT_H
#define NEMRA_PKI_TEXT_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* Appends base64; lines of 64 characters ended by LF when wrap. */
void base64_add(struct buf *b, struct mem der, bool wrap);

/* Strict but for CR, LF, space and tab, which RFC 8951 section 3.1 asks to tolerate. */
int base64_parse(struct mem text, size_t max, struct blob *out, struct err *e) MUSTUSE;

/* label: "CERTIFICATE", "CERTIFICATE REQUEST" */
void pem_add(struct buf *b, const char *label, struct mem der);

bool pem_is(struct mem text);		/* looks like PEM: to tell it from DER */

/* The one object with that label and nothing but white space around it. */
int pem_parse(struct mem text, const char *label, size_t max, struct blob *out, struct err *e) MUSTUSE;

#endif
