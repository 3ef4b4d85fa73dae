/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request in, a verdict and a reason out. Pure: no database, no clock of its own.
 */
#ifndef NEMRA_POLICY_POLICY_H
#define NEMRA_POLICY_POLICY_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/wanted.h"
#include "gateway/core/profile.h"
#include "gateway/core/station.h"

/* A request as the door took it apart. At least one of the forms is there. */
struct policy_input {
	const struct station *station;
	const struct profile *profile;
	const struct csr *pkcs10;	/* NULL: not in this form */
	const struct crmf *crmf;
	bool enveloped;
	bool proved;			/* somebody else checks proof of possession: before anything comes of this */
};

enum policy_verdict {
	POLICY_ADMIT,
	POLICY_HOLD,
	POLICY_REFUSE
};

/*
 * Station not blocked, envelope if required, proof of possession of each form, both forms agree, key type
 * and strength, not the device key, subject and SANs equal to what inventory and profile grant, extensions,
 * approval rule. why is filled unless the verdict is POLICY_ADMIT.
 */
enum policy_verdict policy_check(const struct policy_input *in, struct err *why);

/* The names part alone, for a certificate that a CA made: key, subject, SANs, EKU within the grant, not a CA. */
int policy_check_names(const struct wanted *w, const struct profile *p, const struct station *s,
    struct err *e) MUSTUSE;

#endif
