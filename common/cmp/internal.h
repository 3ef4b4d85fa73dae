/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share and nobody else sees.
 */
#ifndef NEMRA_CMP_INTERNAL_H
#define NEMRA_CMP_INTERNAL_H

#include "common/cmp/asn.h"
#include "common/cmp/body.h"
#include "common/cmp/msg.h"

/* --- header.c --- */

/* h lends from a. R_TOO_LONG, R_NOT_DER, R_CMP_HEADER. */
int header_read(const PKIHeader *a, struct cmp_header *h, struct err *e) MUSTUSE;

PKIHeader *header_make(const struct cmp_header *h, struct err *e);

/* --- status.c --- */

int status_read(const PKIStatusInfo *a, struct pki_status_info *s, struct err *e) MUSTUSE;

/* Fills a, which is fresh. */
int status_set(PKIStatusInfo *a, const struct pki_status_info *s, struct err *e) MUSTUSE;

/* --- body.c --- */

/* The item that a body's content is decoded with; NULL: it is left as it came. */
const ASN1_ITEM *body_item(enum cmp_body body);

/*
 * The decoded content of a message whose body is one of those in the set (CMP_BIT).
 * NULL and R_CMP_BODY when it is another.
 */
const void *body_content(const struct cmp_msg *m, uint32_t set, struct err *e);

/* Exactly one element where RFC 9483 wants one: R_CMP_BODY. */
int body_want_one(int n, const char *what, struct err *e) MUSTUSE;

int integer_read(const ASN1_INTEGER *a, int64_t *out, const char *what, struct err *e) MUSTUSE;

/* --- msg.c --- */

/* Decoded with its body_item(); NULL when that is NULL. */
const void *msg_get0_content(const struct cmp_msg *m);

#endif
