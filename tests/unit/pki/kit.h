/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of common/pki share. Each ends the program when it fails: they are not under test.
 */
#ifndef NEMRA_TESTS_PKI_KIT_H
#define NEMRA_TESTS_PKI_KIT_H

#include "common/pki/cert.h"
#include "common/pki/csr.h"
#include "common/pki/key.h"
#include "tests/unit/unit.h"

#define KIT_NOW 1750000000	/* 2025: inside the life of all test certificates that are to be valid */

struct key *kit_key(const char *type);			/* new */
struct key *kit_device_key(const char *kind);		/* pki/device-KIND.key */
struct cert *kit_cert(const char *name);		/* pki/NAME.pem */
struct certs kit_certs(const char *const *names, size_t n);
struct blob kit_name(const char *text);

/* "CN=gnb-1,O=Example Operator", a DNS name, clientAuth, digitalSignature. names.subject is in *subject. */
struct request_names kit_names(struct blob *subject);

struct blob kit_csr(const struct key *k);
struct blob kit_crmf(const struct key *k);

/* The reason, or R_NONE; the one of the last failure is printed when it is not the one wanted. */
bool kit_reason(const char *what, enum reason have, enum reason want);

#endif
