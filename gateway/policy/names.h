/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the judgement, inside gateway/policy only.
 */
#ifndef NEMRA_POLICY_NAMES_H
#define NEMRA_POLICY_NAMES_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pki/wanted.h"
#include "gateway/core/profile.h"

/* Subject and subject alternative names are exactly those of the grant. R_NAME_MALFORMED,
 * R_SUBJECT_MISMATCH, R_SAN_MISMATCH. */
int policy_names(const struct wanted *w, const struct grant *g, struct err *e) MUSTUSE;

/* A request's extensions: from a short list, and within the profile. R_EXTENSION_FORBIDDEN. */
int policy_extensions(const struct wanted *w, const struct profile *p, struct err *e) MUSTUSE;

/* No CA rights, and each extended key usage is one of the profile's. R_EXTENSION_FORBIDDEN. */
int policy_usages(const struct wanted *w, const struct profile *p, struct err *e) MUSTUSE;

/* The key is of one of the profile's types. R_KEY_TYPE, R_KEY_TOO_WEAK. */
int policy_key(const struct wanted *w, const struct profile *p, struct err *e) MUSTUSE;

#endif
