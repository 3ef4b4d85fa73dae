/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra.yaml and profiles/NAME.yaml as structs. docs/nemra.yaml.5.scd is their manual.
 */
#ifndef NEMRA_RUN_CONF_H
#define NEMRA_RUN_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/core/profile.h"

struct conf_factory {
	char *vendor;
	char *ca;		/* file */
	char *crl;		/* file; "" = none */
	char *serial;		/* certificate field */
	char *pattern;
	bool bind_first;
};

struct conf_ca {
	char *name;
	int backend;		/* 0 cmp */
	char *url;
	char *recipient;	/* DN of the CA */
	char **trust;		/* files: whom its CMP answers and certificates must lead to */
	size_t n_trust;
	char *tls_trust;	/* file: anchors of its HTTPS server; "" = url is http */
	struct {
		int strategy;	/* 0 auto, 1 single */
		uint64_t max;
		int64_t wait;	/* ms */
	} batch;
	struct {
		double rate;	/* per second; 0 = no limit */
		uint64_t parallel;
	} pace;
	bool implicit_confirm;	/* ask for it */
	int64_t timeout;	/* ms an exchange may take */
};

struct nemra_conf {
	struct {
		char *url;
		int durability;	/* 0 local, 1 synchronous */
	} database;
	struct {
		struct conf_factory *factory;
		size_t n_factory;
		char **operators;	/* trust.operator: files */
		size_t n_operators;
		char *operator_crl;	/* "" = none */
	} trust;
	struct {
		char *listen;
		char *cert;
		char *key;
		bool tls12;
		uint64_t max_connections;
		uint64_t per_address;	/* connections from one address */
		uint64_t per_station;	/* connections of one device key */
		uint64_t max_strangers;	/* connections before a client certificate is proved */
		int64_t handshake;	/* ms, for TLS and the first request's header */
		int64_t penalty;	/* ms that an address which misbehaves is kept out; 0 = none */
		int64_t timeout;	/* ms of silence */
		uint64_t requests_per_minute; /* per station */
		uint64_t open_requests;	/* per station, not final */
	} https;
	/* read and checked, without effect in this version: nemra_conf_reserved() */
	struct {
		char *listen;
		char **legacy_paths;
		size_t n_legacy_paths;
	} cmp;
	struct {
		char *listen;
		char *host_key;
		uint64_t sessions;
	} sftp;
	struct {
		char *socket;
		char **admins;		/* user names */
		size_t n_admins;
		char *listen;		/* reserved */
		char **operators;	/* reserved: must be empty */
		size_t n_operators;
	} ops;
	struct {
		char *run;		/* folder of the sockets */
		char *ra_key, *ra_cert, *audit_key, *txid_key;
		char **token_env;	/* NAME=VALUE: what the token's module wants in its environment */
		size_t n_token_env;
		char *bundle_key;	/* reserved */
		char **names;		/* suffixes that subjects must have, as DN text; none: nothing is signed */
		size_t n_names;
		char **dns_names;	/* what DNS names must end with; none: anything */
		size_t n_dns_names;
		double rate;		/* signatures per second; 0 = no limit */
		char **dispatch_users;	/* who may connect, beside the signer's own user */
		size_t n_dispatch_users;
		char **httpd_users;
		size_t n_httpd_users;
		char **ops_users;
		size_t n_ops_users;
	} signer;
	struct conf_ca *cas;
	size_t n_cas;
	struct {
		int level;		/* index into error, warn, notice, info, trace */
	} log;
	struct profiles profiles;	/* from profiles/ beside the file */
};

/*
 * Reads the file and profiles/NAME.yaml beside it, then checks what belongs together (each profile's CA exists,
 * key types, names and fields are known, …). Files that it names are not opened: each daemon may read its own
 * alone. R_CONFIG.
 */
int nemra_conf_load(const char *path, struct nemra_conf *out, struct err *e) MUSTUSE;
void nemra_conf_free(struct nemra_conf *c);

/* What is in effect, a line a key: "https.listen = [::]:8443", "profiles.gnb.ca = core". */
void nemra_conf_print(const struct nemra_conf *c, void (*line)(void *arg, const char *text), void *arg);

/* The i-th key that is set and has no effect in this version; NULL beyond the last. */
const char *nemra_conf_reserved(const struct nemra_conf *c, size_t i);

/* "192.0.2.1:8443", "[::1]:8443", "host.example:8443": address and port, 1 to 65535, or 0 for a free one. */
int nemra_conf_listen(const char *text, char host[256], uint16_t *port, struct err *e) MUSTUSE;

const struct conf_ca *nemra_conf_ca(const struct nemra_conf *c, const char *name);

#endif
