/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/crmf_asn.h"

ASN1_SEQUENCE(CertTemplate) = {
	ASN1_IMP_OPT(CertTemplate, version, ASN1_INTEGER, 0),
	ASN1_IMP_OPT(CertTemplate, serialNumber, ASN1_INTEGER, 1),
	ASN1_IMP_OPT(CertTemplate, signingAlg, ASN1_SEQUENCE, 2),
	ASN1_EXP_OPT(CertTemplate, issuer, ASN1_SEQUENCE, 3),
	ASN1_IMP_OPT(CertTemplate, validity, ASN1_SEQUENCE, 4),
	ASN1_EXP_OPT(CertTemplate, subject, ASN1_SEQUENCE, 5),
	ASN1_IMP_OPT(CertTemplate, publicKey, SubjectPublicKeyInfo, 6),
	ASN1_IMP_OPT(CertTemplate, issuerUID, ASN1_BIT_STRING, 7),
	ASN1_IMP_OPT(CertTemplate, subjectUID, ASN1_BIT_STRING, 8),
	ASN1_IMP_SEQUENCE_OF_OPT(CertTemplate, extensions, X509_EXTENSION, 9)
} static_ASN1_SEQUENCE_END(CertTemplate)

ASN1_SEQUENCE(AttributeTypeAndValue) = {
	ASN1_SIMPLE(AttributeTypeAndValue, type, ASN1_OBJECT),
	ASN1_SIMPLE(AttributeTypeAndValue, value, ASN1_ANY)
} static_ASN1_SEQUENCE_END(AttributeTypeAndValue)

ASN1_SEQUENCE(CertRequest) = {
	ASN1_SIMPLE(CertRequest, certReqId, ASN1_INTEGER),
	ASN1_SIMPLE(CertRequest, certTemplate, CertTemplate),
	ASN1_SEQUENCE_OF_OPT(CertRequest, controls, AttributeTypeAndValue)
} ASN1_SEQUENCE_END(CertRequest)

ASN1_SEQUENCE(POPOSigningKey) = {
	ASN1_IMP_OPT(POPOSigningKey, poposkInput, ASN1_SEQUENCE, 0),
	ASN1_SIMPLE(POPOSigningKey, algorithmIdentifier, ASN1_SEQUENCE),
	ASN1_SIMPLE(POPOSigningKey, signature, ASN1_BIT_STRING)
} ASN1_SEQUENCE_END(POPOSigningKey)

ASN1_CHOICE(ProofOfPossession) = {
	ASN1_IMP(ProofOfPossession, d.raVerified, ASN1_NULL, 0),
	ASN1_IMP(ProofOfPossession, d.signature, POPOSigningKey, 1),
	ASN1_EXP(ProofOfPossession, d.privKey, ASN1_ANY, 2),
	ASN1_EXP(ProofOfPossession, d.privKey, ASN1_ANY, 3)
} ASN1_CHOICE_END(ProofOfPossession)

ASN1_SEQUENCE(CertReqMsg) = {
	ASN1_SIMPLE(CertReqMsg, certReq, ASN1_SEQUENCE),
	ASN1_OPT(CertReqMsg, popo, ProofOfPossession),
	ASN1_SEQUENCE_OF_OPT(CertReqMsg, regInfo, AttributeTypeAndValue)
} ASN1_SEQUENCE_END(CertReqMsg)

ASN1_ITEM_TEMPLATE(CertReqMessages) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, CertReqMessages, CertReqMsg)
ASN1_ITEM_TEMPLATE_END(CertReqMessages)
