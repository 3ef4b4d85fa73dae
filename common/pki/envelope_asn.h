/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The content of the envelope, as envelope.h describes it; EXPLICIT tags, so the requests stay whole.
 */
#ifndef NEMRA_PKI_ENVELOPE_ASN_H
#define NEMRA_PKI_ENVELOPE_ASN_H

#include "common/pki/ossl.h"

typedef struct {
	ASN1_INTEGER *version;
	ASN1_UTF8STRING *station;
	ASN1_UTF8STRING *profile;
	ASN1_STRING *pkcs10;
	ASN1_STRING *crmf;
} RequestContent;
DECLARE_ASN1_ITEM(RequestContent)

#define REQUEST_CONTENT_VERSION 1

#endif
