/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A grant's texts in the form that a request has: DER name and alternative names.
 */
#ifndef NEMRA_POLICY_GRANTED_H
#define NEMRA_POLICY_GRANTED_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/name.h"
#include "gateway/core/profile.h"

struct granted {
	struct blob subject;
	struct san *san;	/* DNS names are lent by the grant */
	size_t n;
	uint8_t (*ip)[16];	/* what the IP entries of san point to */
};

/* R_SUBJECT_MISMATCH: inventory or profile hold a text that is no name; not the station's fault. */
int granted_parse(const struct grant *g, struct granted *out, struct err *e) MUSTUSE;
void granted_free(struct granted *g);

#endif
