/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The operator's API without its transport: one table of routes is what the server serves and what
 * /openapi.json describes. A handler gets a call, fills its answer, or fails with a reason that becomes a
 * problem (RFC 9457).
 */
#ifndef NEMRA_OPS_API_H
#define NEMRA_OPS_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "gateway/core/profile.h"
#include "gateway/ops/import.h"
#include "gateway/ops/pool.h"
#include "gateway/ops/watch.h"

#define API_PARAMS	8
#define API_ARG		256		/* octets of the part of a path that names an object */
#define API_BODY	(64u * 1024)	/* octets of a body that is not an import */
#define API_ROWS	1000u		/* of one page */

/* What the handlers need from around. */
struct api_env {
	struct pool *pool;
	struct watch *watch;
	const struct profiles *profiles;
	/* signer_audit_check(); never called twice at once */
	int (*audit_check)(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
	    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e);
	void *audit_arg;
	bool (*stopping)(void *arg);
	void *stopping_arg;
};

struct api_param {
	const char *key;
	const char *value;		/* "" when it has none */
};

struct api_call {
	/* in */
	struct api_env *env;
	const char *who;		/* "1000:alice": stands in every audit event */
	const char *path;
	char arg[API_ARG + 1];		/* what stands for {…} in the route's path */
	struct api_param param[API_PARAMS];
	size_t n_params;
	struct mem body;

	/* out: one of json and bytes */
	int status;			/* 200 unless set */
	const char *type;		/* of bytes */
	json_t *json;
	struct blob bytes;
};

struct route {
	const char *method;
	const char *path;		/* "/api/v1/stations/{station}" */
	const char *id;			/* operationId: "station.show" */
	const char *summary;
	const char *const *params;	/* query parameters, NULL-terminated; NULL: none */
	int (*handle)(struct api_call *c, struct err *e);	/* NULL: an import */
	const char *takes;		/* media types of the body; NULL: no body is read */
	const char *gives;		/* media type of the answer */
	const char *const *(*columns)(void);	/* of the objects in it, or NULL */
	bool open;			/* for everybody who can connect */
	bool slow;			/* may take minutes */
};

const struct route *api_routes(size_t *n);

/* R_NOT_FOUND, R_HTTP_METHOD (then *allow lists the methods). Fills arg with what stands for {…}. */
int api_route(const char *method, const char *path, const struct route **out, char arg[API_ARG + 1],
    const char **allow, struct err *e) MUSTUSE;

/* Adds a query parameter: R_BAD_PARAMETER when the route does not know it or it stands twice. */
int api_param_add(struct api_call *c, const struct route *r, const char *key, const char *value,
    struct err *e) MUSTUSE;

const char *api_param(const struct api_call *c, const char *key);	/* NULL: not given */

/* "1", "0", or not given. */
int api_param_bool(const struct api_call *c, const char *key, bool *out, struct err *e) MUSTUSE;
int api_param_size(const struct api_call *c, const char *key, size_t max, size_t *out, struct err *e) MUSTUSE;

/* The text member why of the JSON object in the body; must: it may not be missing. Freed by free(). */
int api_body_why(const struct api_call *c, bool must, char **why, struct err *e) MUSTUSE;

void api_call_free(struct api_call *c);

/* --- handlers, in the file of their noun --- */

int api_station_list(struct api_call *c, struct err *e);
int api_station_show(struct api_call *c, struct err *e);
int api_station_block(struct api_call *c, struct err *e);
int api_station_unblock(struct api_call *c, struct err *e);
int api_request_list(struct api_call *c, struct err *e);
int api_request_show(struct api_call *c, struct err *e);
int api_request_approve(struct api_call *c, struct err *e);
int api_request_deny(struct api_call *c, struct err *e);
int api_request_retry(struct api_call *c, struct err *e);
int api_request_cancel(struct api_call *c, struct err *e);
int api_certificate_list(struct api_call *c, struct err *e);
int api_certificate_show(struct api_call *c, struct err *e);
int api_certificate_chain(struct api_call *c, struct err *e);
int api_audit_list(struct api_call *c, struct err *e);
int api_audit_verify(struct api_call *c, struct err *e);
int api_ca_list(struct api_call *c, struct err *e);
int api_ca_pause(struct api_call *c, struct err *e);
int api_ca_resume(struct api_call *c, struct err *e);
int api_status(struct api_call *c, struct err *e);
int api_healthz(struct api_call *c, struct err *e);
int api_readyz(struct api_call *c, struct err *e);
int api_problem(struct api_call *c, struct err *e);
int api_openapi(struct api_call *c, struct err *e);

/* Options of POST /api/v1/stations from the query and the Content-Type; put goes to the store as who. */
int api_import_open(struct api_call *c, const char *content_type, struct import **out, struct err *e) MUSTUSE;

#endif
