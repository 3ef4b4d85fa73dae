/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/labca/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/alloc.h"

#define IDLE_S 120
#define CONNECTIONS 1024
#define CMP_TYPE "application/pkixcmp"

struct server {
	struct labca *ca;
	struct MHD_Daemon *daemon;
};

/* A request while its body comes in. */
struct post {
	enum mode mode;
	struct buf body;
};

static enum MHD_Result
answer_text(struct MHD_Connection *c, unsigned status, const char *header, const char *value,
    const char *text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
	    MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc;

	if (r == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html");
	if (header != NULL)
		(void)MHD_add_response_header(r, header, value);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

/* Takes der over. */
static enum MHD_Result
answer_cmp(struct MHD_Connection *c, struct blob der)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(der.len, der.p, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result rc;

	if (r == NULL) {
		blob_free(&der);
		return MHD_NO;
	}
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, CMP_TYPE);
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	rc = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return rc;
}

static bool
is_below(const char *url, const char *path)
{
	size_t len = strlen(path);

	return strncmp(url, path, len) == 0 && (url[len] == '\0' || url[len] == '/');
}

/* Parameters of the media type are left alone. */
static bool
is_cmp_type(const char *type)
{
	size_t len = strlen(CMP_TYPE);

	return type != NULL && strncasecmp(type, CMP_TYPE, len) == 0 &&
	    (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* The first look: 0 when the body may come, else the status to answer with. */
static unsigned
check_request(struct MHD_Connection *c, const char *url, const char *method)
{
	if (!is_below(url, "/.well-known/cmp") && !is_below(url, "/pkix"))
		return MHD_HTTP_NOT_FOUND;
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	if (!is_cmp_type(MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE)))
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	return 0;
}

static enum MHD_Result
finish(struct server *s, struct MHD_Connection *c, struct post *p)
{
	struct blob out = { NULL, 0 };

	if (!buf_ok(&p->body))
		return answer_text(c, MHD_HTTP_CONTENT_TOO_LARGE, NULL, NULL, "<p>too long</p>");
	switch (labca_exchange(s->ca, p->mode, buf_mem(&p->body), &out)) {
	case OUTCOME_ANSWER:
		return answer_cmp(c, out);
	case OUTCOME_BUSY:
		return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, MHD_HTTP_HEADER_RETRY_AFTER, "1",
		    "<html><body><h1>Service Unavailable</h1></body></html>");
	case OUTCOME_BAD:
		return answer_text(c, MHD_HTTP_BAD_REQUEST, NULL, NULL, "<p>not a PKIMessage</p>");
	case OUTCOME_CLOSE:
		break;
	}
	return MHD_NO;
}

static enum MHD_Result
handle(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **state)
{
	struct server *s = self;
	struct post *p = *state;
	unsigned refuse;

	(void)version;
	if (p == NULL) {
		refuse = check_request(c, url, method);
		if (refuse != 0)
			return answer_text(c, refuse, NULL, NULL, "<p>nemra-labca takes CMP only</p>");
		p = *state = mem_calloc(1, sizeof(*p));
		if (p == NULL)
			return MHD_NO;
		buf_init(&p->body, LIM_CMP_NEST);
		p->mode = mode_take(s->ca->dir);
		return p->mode == MODE_DOWN ? MHD_NO : MHD_YES;
	}
	if (*size > 0) {
		buf_add(&p->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return finish(s, c, p);
}

static void
completed(void *self, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	struct post *p = *state;

	(void)self;
	(void)c;
	(void)code;
	if (p == NULL)
		return;
	buf_free(&p->body);
	free(p);
	*state = NULL;
}

int
server_start(struct labca *l, uint16_t *port, struct server **out, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const union MHD_DaemonInfo *info;
	struct server *s = mem_calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, R_NO_MEMORY, "server");
	s->ca = l;
	s->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_POLL, *port, NULL, NULL, handle, s,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, s,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_END);
	if (s->daemon == NULL) {
		free(s);
		return err_sys(e, R_FILE_IO, "127.0.0.1:%u", *port);
	}
	info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
	if (info != NULL)
		*port = info->port;
	*out = s;
	return 0;
}

void
server_stop(struct server *s)
{
	if (s == NULL)
		return;
	MHD_stop_daemon(s->daemon);
	free(s);
}
