/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/log.h"
#include "gateway/ops/json.h"
#include "gateway/ops/listen.h"
#include "gateway/ops/peer.h"

#define CONNECTIONS	32u
#define DB_CONNECTIONS	4u
#define IDLE_S		60u
#define STRANGER_S	2u		/* for who may only ask whether we live: connections are few */
#define HEADER_BYTES	(32u * 1024)	/* of a connection: its header and read buffer */
#define RETRY_S		"2"

struct ops_server {
	struct api_env env;
	struct admins admins;
	char *socket;
	struct MHD_Daemon *mhd;
	atomic_bool stopping;
};

/* One request and its answer. */
struct exchange {
	struct api_call call;
	const struct route *route;
	const char *allow;
	struct import *import;
	struct buf body;
	struct err err;		/* R_NONE: nothing is wrong so far */
};

/* --- connections --- */

static void
on_connection(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
	const struct ops_server *s = arg;
	const union MHD_ConnectionInfo *info;
	struct peer *p;
	struct err e;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*context);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info == NULL || peer_of(info->connect_fd, &s->admins, p, &e) != 0)
		p->admin = false;
	if (!p->admin)
		(void)MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, STRANGER_S);
	*context = p;
}

static const struct peer *
peer_get(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

/* --- what comes in --- */

struct header_count {
	unsigned length, encoding;
};

static enum MHD_Result
count_header(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct header_count *n = arg;

	(void)kind;
	(void)value;
	n->length += strcasecmp(key, "Content-Length") == 0;
	n->encoding += strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* RFC 9112 section 6.3: two readers could see two messages in one. */
static int
check_headers(struct MHD_Connection *c, struct err *e)
{
	struct header_count n = { 0, 0 };

	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, count_header, &n);
	if (n.length + n.encoding > 1)
		return err_set(e, R_HTTP_AMBIGUOUS, "Content-Length %u times, Transfer-Encoding %u times",
		    n.length, n.encoding);
	return 0;
}

static enum MHD_Result
add_param(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct exchange *x = arg;

	(void)kind;
	return x->err.reason == R_NONE && api_param_add(&x->call, x->route, key, value, &x->err) == 0 ?
	    MHD_YES : MHD_NO;
}

static int
admit(const struct route *r, const struct peer *p, struct err *e)
{
	struct log_line l;

	if (r->open || (p != NULL && p->admin))
		return 0;
	log_begin(&l, LOG_WARN, "ops.refused");
	log_str(&l, "who", p == NULL ? "?" : p->who);
	log_end(&l);
	return err_set(e, R_OPERATOR_UNKNOWN, "%s", p == NULL ? "?" : p->who);
}

/* All that can be judged before the body comes; what is wrong is in x->err. */
static void
begin(struct exchange *x, struct ops_server *s, struct MHD_Connection *c, const char *method, const char *url)
{
	const struct peer *p = peer_get(c);

	x->call.env = &s->env;
	x->call.path = url;
	x->call.who = p == NULL ? "?" : p->who;
	x->call.status = MHD_HTTP_OK;
	if (check_headers(c, &x->err) != 0 ||
	    api_route(method, url, &x->route, x->call.arg, &x->allow, &x->err) != 0 ||
	    admit(x->route, p, &x->err) != 0)
		return;
	(void)MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_param, x);
	if (x->err.reason != R_NONE)
		return;
	if (x->route->slow)
		(void)MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	if (x->route->handle == NULL && api_import_open(&x->call, MHD_lookup_connection_value(c,
	    MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE), &x->import, &x->err) != 0)
		return;
	buf_init(&x->body, x->route->takes != NULL ? API_BODY : 0);
}

static void
take_body(struct exchange *x, const char *p, size_t len)
{
	struct mem data = { (const uint8_t *)p, len };

	if (x->import != NULL)
		import_feed(x->import, data);
	else
		buf_add_mem(&x->body, data);
}

static void
handle(struct exchange *x)
{
	int rc;

	if (x->import != NULL)
		rc = import_finish(x->import, &x->call.json, &x->err);
	else if (!buf_ok(&x->body))
		rc = err_set(&x->err, R_TOO_LONG, "the body of %s has more than %zu octets", x->call.path,
		    x->body.max);
	else {
		x->call.body = buf_mem(&x->body);
		rc = x->route->handle(&x->call, &x->err);
	}
	if (rc != 0 && x->err.reason == R_NONE)
		err_set(&x->err, R_INTERNAL, "%s failed without a reason", x->call.path);
}

/* --- what goes out --- */

static struct MHD_Response *
json_response(json_t *j, const char *type)
{
	char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
	struct MHD_Response *r;

	if (text == NULL)
		return NULL;
	r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (r == NULL)
		free(text);
	else
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return r;
}

static struct MHD_Response *
problem_response(const struct exchange *x)
{
	json_t *j = json_problem(&x->err, x->call.path);
	struct MHD_Response *r = json_response(j, "application/problem+json");

	json_decref(j);
	if (r == NULL)
		return NULL;
	if (x->allow != NULL)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, x->allow);
	if (reason_info(x->err.reason)->class == RC_RETRY)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_S);
	return r;
}

static struct MHD_Response *
bytes_response(struct exchange *x)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(x->call.bytes.len, x->call.bytes.p,
	    MHD_RESPMEM_MUST_COPY);

	if (r != NULL)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, x->call.type);
	return r;
}

static void
log_call(const struct exchange *x, const char *method, int status)
{
	struct log_line l;

	log_begin(&l, status >= 500 ? LOG_ERROR : LOG_INFO, "ops.call");
	log_str(&l, "who", x->call.who);
	log_str(&l, "method", method);
	log_str(&l, "path", x->call.path);
	log_i64(&l, "status", status);
	log_err(&l, &x->err);
	log_end(&l);
}

static enum MHD_Result
answer(struct exchange *x, struct MHD_Connection *c, const char *method)
{
	bool good = x->err.reason == R_NONE;
	int status = good ? x->call.status : reason_info(x->err.reason)->http_status;
	struct MHD_Response *r = !good ? problem_response(x) :
	    x->call.json != NULL ? json_response(x->call.json, "application/json") : bytes_response(x);
	enum MHD_Result rc;

	log_call(x, method, status);
	if (r == NULL)
		return MHD_NO;		/* no memory: the connection ends */
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	rc = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	return rc;
}

/* --- the server --- */

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	struct exchange *x = *con_cls;

	(void)version;
	if (x == NULL) {
		x = *con_cls = xcalloc(1, sizeof(*x));
		begin(x, arg, c, method, url);
		return x->err.reason == R_NONE ? MHD_YES : answer(x, c, method);
	}
	if (*upload_data_size > 0) {
		take_body(x, upload_data, *upload_data_size);
		*upload_data_size = 0;
		return MHD_YES;
	}
	handle(x);
	return answer(x, c, method);
}

static void
on_completed(void *arg, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *con_cls;

	(void)arg;
	(void)c;
	(void)why;
	if (x == NULL)
		return;
	import_free(x->import);
	buf_free(&x->body);
	api_call_free(&x->call);
	free(x);
	*con_cls = NULL;
}

static bool
is_stopping(void *arg)
{
	struct ops_server *s = arg;

	return atomic_load(&s->stopping);
}

static struct MHD_Daemon *
start_mhd(struct ops_server *s, int fd)
{
	return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL,
	    0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)HEADER_BYTES, MHD_OPTION_END);
}

int
ops_server_start(const struct ops_options *o, struct ops_server **out, struct err *e)
{
	struct ops_server *s;
	int fd;

	if (listen_unix(o->socket, &fd, e) != 0)
		return -1;
	s = xcalloc(1, sizeof(*s));
	s->socket = xstrdup(o->socket);
	s->env = (struct api_env){ .profiles = o->profiles, .pool = pool_new(&o->db, DB_CONNECTIONS),
		.audit_check = o->audit_check,
		.watch = watch_new(&(struct watch_options){ o->db, o->signer, o->signer_arg }),
		.audit_arg = o->audit_arg, .stopping = is_stopping, .stopping_arg = s };
	admins_resolve(o->admins, o->n_admins, &s->admins);
	s->mhd = start_mhd(s, fd);
	if (s->mhd == NULL) {
		(void)close(fd);
		ops_server_stop(s);
		return err_set(e, R_INTERNAL, "the HTTP server does not start");
	}
	*out = s;
	return 0;
}

void
ops_server_turn(struct ops_server *s)
{
	watch_turn(s->env.watch);
}

void
ops_server_stop(struct ops_server *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stopping, true);
	(void)unlink(s->socket);
	if (s->mhd != NULL)
		MHD_stop_daemon(s->mhd);
	watch_goodbye(s->env.watch);
	watch_free(s->env.watch);
	pool_free(s->env.pool);
	admins_free(&s->admins);
	free(s->socket);
	free(s);
}
