/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one place that touches GnuTLS. It gives the door its certificate, and hands on the peer's
 * chain as DER; what GnuTLS thinks about names, time or trust is never asked.
 */
#ifndef NEMRA_INTAKE_TLS_H
#define NEMRA_INTAKE_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "gateway/intake/identity.h"

/* GnuTLS priorities: TLS 1.3; with tls12 also 1.2 with forward secrecy and AEAD. */
const char *tls_priorities(bool tls12);

/* --- the door's own certificate --- */

struct tls_door;

int tls_door_new(const char *cert_file, const char *key_file, struct tls_door **out,
    struct err *e) MUSTUSE;

/*
 * Reads both files again; connections from now on get the new ones. R_KEY_UNUSABLE, also for a certificate that is not
 * valid now or not for servers while the old one is; on any failure nothing changes.
 */
int tls_door_reload(struct tls_door *d, struct err *e) MUSTUSE;

/* To be called once a second, by the thread that reloads: wipes what was replaced long enough ago. */
void tls_door_tick(struct tls_door *d);

/* When the first certificate of the door's chain expires. For the thread that reloads. */
int64_t tls_door_not_after(const struct tls_door *d);

/*
 * For the library's handshakes: the door's certificate. GnuTLS gives such a function no argument of ours, so
 * there is one door in a process: the last one made. What it lends stays for minutes after a reload has
 * replaced it: longer than a handshake may take.
 */
gnutls_certificate_retrieve_function2 tls_door_present;

/* Who wants to know that a handshake asks for the certificate: the costly part begins now. */
void tls_door_watch(struct tls_door *d, void (*greeted)(void *arg, int fd), void *arg);
void tls_door_free(struct tls_door *d);

/* --- the peer --- */

/*
 * The chain that the peer sent, lent by the session; p->n == 0 when there is none. The SPKI, as
 * GnuTLS reads it from the leaf, is written to spki and lent in p. R_CLIENT_CERT_BAD.
 */
int tls_peer(gnutls_session_t session, struct peer *p, struct buf *spki, struct err *e) MUSTUSE;

#endif
