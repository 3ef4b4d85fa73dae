/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A signer with keys of its own in a fresh folder, run by hand or by a thread, and things to ask it.
 */
#ifndef NEMRA_TESTS_SIGNER_FIXTURE_H
#define NEMRA_TESTS_SIGNER_FIXTURE_H

#include <pthread.h>
#include <stdbool.h>

#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/cmp/protect.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/pki/trust.h"
#include "gateway/signer/client.h"
#include "gateway/signer/job.h"
#include "gateway/signer/signer.h"

/* Milliseconds by which both clocks are ahead: tests need not sleep. */
extern int64_t clock_ahead_ms;

struct fixture {
	char dir[128];
	char ra_key[160], ra_cert[160], txid_key[160], audit_key[160];
	struct signer_conf conf;
	struct signer_server *server;
	pthread_t thread;
	int wake[2];		/* closing [1] ends the thread */
};

/* Files with good keys: K_txid is 00 01 … 1f, K_audit 20 … 3f. names: O=Example Operator. */
void fx_files(struct fixture *f);

/*
 * Opens the server; fx_run() also serves, in a thread. fx_end() ends both. What that thread looks at, the clock as well
 * as the server, is changed only between fx_pause() and the next fx_run().
 */
void fx_open(struct fixture *f);
void fx_run(struct fixture *f);
void fx_pause(struct fixture *f);
void fx_end(struct fixture *f);

const char *fx_socket(const struct fixture *f, enum signer_role role);

/* The CA that issued the RA's certificate, as an anchor. */
struct trust *fx_trust(void);

/* A certificate for the key at key_path; ext: "keyUsage=digitalSignature" …, ended by NULL. */
void fx_write_cert(const char *path, const char *key_path, const char *const *ext);

/* The same, valid from and until so many seconds from now. */
void fx_write_cert_valid(const char *path, const char *key_path, const char *const *ext, long from, long until);

/* The content of one file into another, mode 0600. */
void fx_copy(const char *from, const char *to);

void fx_write(const char *path, const void *data, size_t len, mode_t mode);

/* --- requests --- */

struct key *fx_station_key(void);	/* the same each time */

/* A signed PKCS#10 for it; ext as above. */
struct blob fx_csr(const char *subject, const char *const *ext);
struct blob fx_crmf(const char *subject);
struct blob fx_crmf_ra_verified(const char *subject);

/* The part of a message as the RA makes it: header filled from the credential of f, then changed. */
struct cmp_header fx_header(const struct certs *chain, struct mem sig_alg);
struct blob fx_part(const struct cmp_header *h, enum cmp_body body, struct mem content);

struct credential {
	struct certs chain;
	struct blob sig_alg;
};
void fx_credential(const struct fixture *f, struct credential *c);
void fx_credential_free(struct credential *c);

#endif
