/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The owner of what struct wanted lends, filled from a request's or a certificate's extensions.
 */
#ifndef NEMRA_PKI_WANTS_H
#define NEMRA_PKI_WANTS_H

#include <openssl/x509v3.h>

#include "common/pki/csr.h"
#include "common/pki/ossl.h"
#include "common/pki/wanted.h"

struct wants {
	struct wanted w;
	GENERAL_NAMES *gens;
	struct san *san;
	struct wanted_ext *ext;
	char (*eku_text)[OID_TEXT];
	const char **eku;
};

/*
 * Reads extensions (NULL: none), which must outlive w. An extension that comes twice is refused
 * (RFC 5280 section 4.2). R_NAME_MALFORMED, R_EXTENSION_FORBIDDEN, R_TOO_COMPLEX.
 */
int wants_read(struct wants *w, const STACK_OF(X509_EXTENSION) *exts, struct err *e) MUSTUSE;

/* A request's names: no wildcard, a subject that passes name_check(). */
int wants_check_names(const struct wants *w, struct err *e) MUSTUSE;

/* The public key as SubjectPublicKeyInfo: sets spki and its hash. */
int wants_set_spki(struct wants *w, struct mem spki, struct err *e) MUSTUSE;

void wants_clear(struct wants *w);

/* The extensions of a new request; NULL in *out when it asks for none. */
int wants_build(const struct request_names *names, STACK_OF(X509_EXTENSION) **out,
    struct err *e) MUSTUSE;

#endif
