/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * libnemra-agent: a station's half of certificate enrolment at a Nemra gateway.
 *
 * The core is a state machine that does no input or output of its own: nemra_agent_step() takes the time and
 * what was heard, and says what to do next. It never sleeps, opens a socket, forks, exits or reads a clock.
 * What it needs from the outside are structs of functions: a store for keys and state, and, for the blocking
 * loop nemra_agent_run(), a transport and a host. Ready ones for Linux come with the library; firmware may bring
 * its own. One agent is used by one thread at a time. See libnemra-agent(3).
 */
#ifndef NEMRA_AGENT_H
#define NEMRA_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NEMRA_TEXT	256	/* room for a text in the structs below */
#define NEMRA_NAMES	64	/* names of one kind in a certificate, at most */
#define NEMRA_VALUE	(96u * 1024)	/* octets of a value in the store, at most */

struct nemra_bytes {
	const uint8_t *p;
	size_t len;
};

/* --- errors --- */

struct nemra_error {
	const char *reason;	/* "KEY_TOO_WEAK"; "" when all is well. The texts are constants, never NULL. */
	const char *sentence;	/* what */
	const char *cause;	/* why */
	const char *fix;	/* what to do */
	int status;		/* the exit status for it, as nemra-agent(8) lists them; 0: all is well */
	char detail[NEMRA_TEXT]; /* what was special; may be empty */
};

/* For functions that you write: fills e, gives -1. reason: "FILE_IO", "UNREACHABLE", "HOOK_FAILED" …;
 * the ids are those of the reasons page. */
int nemra_error_set(struct nemra_error *e, const char *reason, const char *detail);
void nemra_error_clear(struct nemra_error *e);

/* --- the outside: store --- */

struct nemra_pair {
	struct nemra_bytes key;		/* PEM PKCS#8 */
	struct nemra_bytes cert;	/* PEM, one certificate */
	struct nemra_bytes chain;	/* PEM, from its issuer to a root; may be empty */
};

/*
 * Where keys and state live. Each function gives 0, or -1 with *e filled; get and installed also 1: there is none.
 * put is durable when it returns, and all or nothing; values may hold private keys. An empty value removes. install
 * makes the pair the one in use, so that at any moment, also after a crash, one pair that matches is in use.
 */
struct nemra_store {
	void *self;
	int (*get)(void *self, const char *name, uint8_t *to, size_t size, size_t *len, struct nemra_error *e);
	int (*put)(void *self, const char *name, struct nemra_bytes value, struct nemra_error *e);
	int (*install)(void *self, const struct nemra_pair *pair, struct nemra_error *e);
	int (*installed)(void *self, uint8_t *cert, size_t size, size_t *len, struct nemra_error *e);
	void (*free)(void *self);
};

/*
 * A folder: pending and trust are values; gen-N/ holds key.pem cert.pem chain.pem fullchain.pem; current is a symbolic
 * link to the one in use; the one before is kept. The folder is locked against a second agent unless read_only.
 */
int nemra_store_folder(const char *dir, bool read_only, struct nemra_store *out, struct nemra_error *e);

/* --- the outside: template --- */

/* What the gateway wants this station to ask for. Empty texts and counts of 0 say nothing. */
struct nemra_template {
	char station[NEMRA_TEXT];
	char profile[NEMRA_TEXT];
	char subject[1024];				/* RFC 4514 */
	char dns[NEMRA_NAMES][NEMRA_TEXT];
	size_t n_dns;
	char ip[NEMRA_NAMES][64];
	size_t n_ip;
	char key_types[16][32];				/* the first is preferred */
	size_t n_key_types;
	char eku[16][64];				/* "clientAuth" or dotted decimal */
	size_t n_eku;
	bool envelope_required;
	unsigned renew_num, renew_den;			/* renew after this part of the life; 0: not said */
};

/* Reads the gateway's JSON with whatever library the program has. profile: the one wanted; NULL: the first. */
typedef int (*nemra_template_fn)(void *arg, struct nemra_bytes json, const char *profile,
    struct nemra_template *out, struct nemra_error *e);

/* The reason's id and detail of an application/problem+json into two texts of NEMRA_TEXT. 0: found. */
typedef int (*nemra_problem_fn)(void *arg, struct nemra_bytes json, char *reason, char *detail);

/* --- configuration --- */

enum nemra_form {
	NEMRA_BOTH,		/* PKCS#10 and CRMF of the same key in the envelope; without one: PKCS#10 */
	NEMRA_PKCS10,
	NEMRA_CRMF
};

/* The struct is copied; what it points to is lent until nemra_agent_free(). */
struct nemra_agent_config {
	const char *station;		/* NULL: the template says */
	const char *profile;		/* NULL: the gateway chooses */
	const char *subject;		/* NULL: the template says */
	const char *const *dns, *const *ip;	/* when n_dns or n_ip is not 0 they replace the template's */
	size_t n_dns, n_ip;
	const char *key_type;		/* "ec-p256" "ec-p384" "rsa-2048" … "rsa-4096" "ed25519"; NULL: template */
	enum nemra_form form;
	bool no_envelope;		/* send the request without the device key's signature around it */

	struct nemra_bytes device_cert;	/* PEM: the device certificate first, then its issuers */
	const char *device_key;		/* a file (mode 0600), or a URI: "pkcs11:…", "handle:…" */
	struct nemra_bytes operator_trust; /* PEM anchors; empty: /v1/trust, pinned at first use */

	int64_t wait_s;			/* how long to go on; 0: one attempt; -1: for ever */
	uint32_t retry_first_s;		/* back-off: first and longest; 0: 1 and 300 */
	uint32_t retry_most_s;

	struct nemra_store store;	/* taken over by nemra_agent_new(), also when it fails */
	nemra_template_fn read_template; /* NULL: the configuration says all, and the gateway is not asked */
	nemra_problem_fn read_problem;	/* NULL: only HTTP statuses are understood */
	void *arg;			/* for the two */
};

/* --- the core --- */

struct nemra_agent;

int nemra_agent_new(const struct nemra_agent_config *c, struct nemra_agent **out, struct nemra_error *e);
void nemra_agent_free(struct nemra_agent *a);

struct nemra_now {
	int64_t wall_s;		/* seconds since 1970 */
	int64_t mono_ms;	/* milliseconds that never jump; any origin */
	bool wall_trusted;	/* false: somebody knows that the clock was not set yet */
};

enum nemra_action {
	NEMRA_SEND,		/* send .ask; step again with what was answered */
	NEMRA_WAIT,		/* step again at .wake_ms or later; .error says what the wait is for */
	NEMRA_HOOKS,		/* the pair in use is new: tell its users; step again with .error as it went */
	NEMRA_DONE,
	NEMRA_FAILED		/* .error says why */
};

/* Lent until the next step. */
struct nemra_ask {
	const char *method;		/* "GET", "POST" */
	const char *path;		/* below the gateway's address: "/v1/…" */
	const char *content_type;	/* NULL: none */
	unsigned hold_s;		/* not 0: send "Prefer: wait=N", and wait so much longer */
	struct nemra_bytes body;
};

struct nemra_answer {
	int status;			/* of HTTP; 0: none came, error says why */
	const char *location;		/* NULL or "": none */
	int64_t retry_after_s;		/* -1: not said */
	struct nemra_bytes body;
	struct nemra_error error;
};

struct nemra_step {
	enum nemra_action action;
	struct nemra_ask ask;
	int64_t wake_ms;
	struct nemra_error error;
};

/*
 * What to do, said before the first step. A request that is under way is continued, with its key and its bytes: that
 * is how a restarted agent finds its request again.
 */
enum nemra_goal {
	NEMRA_ENROL,		/* get a certificate and install it, when renewal is due or there is none */
	NEMRA_ENROL_NOW,	/* also when it is not due */
	NEMRA_REQUEST,		/* make key and request, and stop there */
	NEMRA_INSTALL,		/* the chain of nemra_agent_offer(), for the pending key */
	NEMRA_HOOKS_AGAIN	/* the pair is in place, its users were not told */
};

void nemra_agent_aim(struct nemra_agent *a, enum nemra_goal goal);

/* Copies a chain (PEM, or one certificate as DER) for NEMRA_INSTALL. */
int nemra_agent_offer(struct nemra_agent *a, struct nemra_bytes chain, struct nemra_error *e);

/* in: NULL at first, after NEMRA_WAIT, or when nothing came yet (the same step is said again). */
void nemra_agent_step(struct nemra_agent *a, const struct nemra_now *now, const struct nemra_answer *in,
    struct nemra_step *out);

/* The pending request, lent: as it is sent (envelope or one form), or its PKCS#10 alone (DER). Empty: none. */
struct nemra_bytes nemra_agent_get0_request(const struct nemra_agent *a, bool pkcs10);

enum nemra_state {
	NEMRA_NOTHING,		/* no key, no certificate */
	NEMRA_READY,		/* key and request are made */
	NEMRA_PENDING,		/* the gateway has the request */
	NEMRA_NOT_HOOKED,	/* installed, but its users were not told */
	NEMRA_INSTALLED
};

/* "nothing", "ready", "pending", "issued, hook failed", "installed"; constants. */
const char *nemra_state_name(enum nemra_state s);

/*
 * The state of the latest enrolment, and a line for each thing known: state, request (the gateway's id), profile, and
 * of the certificate in use subject, names, issuer, serial, sha256, not_before, not_after, renew_at.
 */
typedef void (*nemra_line_fn)(void *arg, const char *key, const char *value);
int nemra_agent_status(struct nemra_agent *a, nemra_line_fn line, void *arg, enum nemra_state *out,
    struct nemra_error *e);

/* --- the blocking loop --- */

/* exchange fills *out; its bytes stay valid until the next call. */
struct nemra_transport {
	void *self;
	void (*exchange)(void *self, const struct nemra_ask *ask, struct nemra_answer *out);
	void (*free)(void *self);
};

struct nemra_https {
	const char *gateway;		/* "https://nem.example:8443" */
	const char *trust_file;		/* PEM, whom to believe as gateway */
	const char *cert_file, *key_file; /* the device certificate and key, PEM */
	long connect_ms, total_ms;	/* 0: 10 and 30 seconds */
};

int nemra_transport_https(const struct nemra_https *o, struct nemra_transport *out, struct nemra_error *e);

/* sleep_until may come back early. hooks may be NULL: nobody needs to be told. */
struct nemra_host {
	void *self;
	void (*now)(void *self, struct nemra_now *out);
	void (*sleep_until)(void *self, int64_t mono_ms, const struct nemra_error *why);
	int (*hooks)(void *self, struct nemra_error *e);
};

/* The clocks and nanosleep of this machine, no hooks. */
extern const struct nemra_host nemra_host_default;

/* Steps until NEMRA_DONE (0) or NEMRA_FAILED (-1). */
int nemra_agent_run(struct nemra_agent *a, const struct nemra_transport *t, const struct nemra_host *h,
    struct nemra_error *e);

#ifdef __cplusplus
}
#endif

#endif
