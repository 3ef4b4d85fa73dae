/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys in PKCS#11 tokens, named as RFC 7512 says. OpenSSL reaches a token through a provider (pkcs11-provider) or
 * through an engine (libp11); which of them there is shows at run time.
 */
#ifndef NEMRA_PKI_KEY_TOKEN_H
#define NEMRA_PKI_KEY_TOKEN_H

#include <openssl/evp.h>
#include <openssl/ui.h>
#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"

#define TOKEN_PIN_MAX 255u

struct token_uri {
	char *key;		/* the URI without its query, type=private: what a driver is given, and may be shown */
	char *module;		/* module-path; NULL: what the system is configured for */
	char *pin_file;		/* pin-source; NULL: none */
};

/*
 * pkcs11: with a token and an object or id. The query may have module-path, and pin-source with the name of a
 * file. A PIN itself (pin-value) has no place in a configuration: R_CONFIG.
 */
int token_uri_parse(const char *text, struct token_uri *out, struct err *e) MUSTUSE;
void token_uri_free(struct token_uri *u);

/* Given to OpenSSL when it asks, once an opening: a token counts wrong PINs and locks itself. */
struct token_pin {
	char text[TOKEN_PIN_MAX + 1];
	bool known;
	bool asked;
};

enum token_outcome {
	TOKEN_OPENED,
	TOKEN_FAILED,		/* OpenSSL's error queue says why */
	TOKEN_NO_DRIVER		/* it is not installed */
};

/* A private key as OpenSSL sees it, and where it works. */
struct token_key {
	EVP_PKEY *pkey;
	OSSL_LIB_CTX *ctx;	/* NULL: the default one; else key_provider_release() after the key is freed */
};

enum token_outcome key_provider_open(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin,
    struct token_key *out);
void key_provider_release(OSSL_LIB_CTX *ctx);	/* NULL is fine */

enum token_outcome key_engine_open(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin,
    struct token_key *out);

/* By whichever is there. R_CONFIG, R_TOKEN_PIN, R_KEY_FILE_OPEN (of the PIN), R_KEY_UNUSABLE. */
int key_token_open(const char *uri, struct token_key *out, struct err *e) MUSTUSE;

#endif
