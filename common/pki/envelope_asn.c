/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/envelope_asn.h"

ASN1_SEQUENCE(RequestContent) = {
	ASN1_SIMPLE(RequestContent, version, ASN1_INTEGER),
	ASN1_SIMPLE(RequestContent, station, ASN1_UTF8STRING),
	ASN1_EXP_OPT(RequestContent, profile, ASN1_UTF8STRING, 0),
	ASN1_EXP_OPT(RequestContent, pkcs10, ASN1_SEQUENCE, 1),
	ASN1_EXP_OPT(RequestContent, crmf, ASN1_SEQUENCE, 2)
} ASN1_SEQUENCE_END(RequestContent)
