/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom this door trusts: the factories with their vendor-identity rules, and the operator's CAs.
 * Read from files, immutable, counted: a reload makes new ones, and who holds the old ones keeps them.
 */
#ifndef NEMRA_INTAKE_ANCHORS_H
#define NEMRA_INTAKE_ANCHORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/trust.h"
#include "gateway/core/identity.h"

struct factory_options {
	const char *vendor;
	const char *ca;			/* file */
	const char *crl;		/* file; "" = none */
	const char *serial;		/* certificate field, as cert_field() knows it */
	const char *pattern;
	bool bind_first;
};

struct anchors_options {
	const struct factory_options *factory;
	size_t n_factory;
	char *const *operators;		/* files */
	size_t n_operators;
	const char *operator_crl;	/* file; "" = none */
};

struct factory {
	struct vendor_rule rule;
	struct trust *trust;
};

struct anchors {
	atomic_uint refs;
	uint64_t mark;			/* random: tells one reading from another */
	struct factory *factory;
	size_t n_factory;
	struct trust *operators;
	struct blob operators_pem;	/* /v1/trust */
	struct blob operators_p7;	/* /cacerts: base64 of certs-only PKCS#7 */
	struct blob hint;		/* PEM of all anchors: the names in TLS's CertificateRequest */
};

int anchors_new(const struct anchors_options *o, struct anchors **out, struct err *e) MUSTUSE;

/* Changes when one of the revocation lists' files is replaced or written to. */
uint64_t anchors_lists_stamp(const struct anchors_options *o);

struct anchors *anchors_hold(struct anchors *a);
void anchors_release(struct anchors *a);	/* NULL is fine */

#endif
