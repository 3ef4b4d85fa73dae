/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/httpd.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/intake/exchange.h"
#include "gateway/intake/httpd_priv.h"
#include "gateway/intake/listen.h"
#include "gateway/intake/tls.h"

#define THREADS 2u
#define CONNECTION_MEMORY (24u * 1024)	/* header of LIM_HTTP_HEADER, answer's header, read buffer */
#define HANDSHAKE_MS 10000		/* TLS and the first request's header */
#define STOP_MS 2000			/* for answers that are on their way */
#define PULSE_MS 60000
#define SPARE_FDS 64

/* --- connections --- */

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **ctx, enum MHD_ConnectionNotificationCode what)
{
	struct httpd *h = cls;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		const struct sockaddr *from =
		    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;

		*ctx = conns_add(h->conns, fd, from, clock_mono_ms() + HANDSHAKE_MS);
	} else if (*ctx != NULL) {
		conns_remove(h->conns, *ctx);
		*ctx = NULL;
	}
}

/* No address here needs an escape; so none is undone, and none can hide anything. */
static size_t
leave_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

/* --- the daemon --- */

/* A descriptor a connection, as far as we are allowed to. */
static void
raise_fd_limit(unsigned connections)
{
	const rlim_t want = (rlim_t)connections + SPARE_FDS;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static struct MHD_Daemon *
start_daemon(struct httpd *h, int fd)
{
	struct MHD_OptionItem cert[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)tls_door_present },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, httpd_on_request, h,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, THREADS,
	    MHD_OPTION_CONNECTION_LIMIT, h->o.max_connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, h->o.per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(h->o.timeout_ms / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
	    MHD_OPTION_NOTIFY_COMPLETED, httpd_on_completed, h,
	    MHD_OPTION_HTTPS_PRIORITIES, tls_priorities(h->o.tls12),
	    MHD_OPTION_HTTPS_MEM_TRUST, (const char *)h->anchors->hint.p,
	    MHD_OPTION_ARRAY, cert, MHD_OPTION_END);
}

static void
log_listening(const struct httpd *h, unsigned port)
{
	struct log_line l;

	log_begin(&l, LOG_NOTICE, "httpd.listening");
	log_str(&l, "address", h->o.listen);
	log_u64(&l, "port", port);
	log_str(&l, "tls", h->o.tls12 ? "1.2 1.3" : "1.3");
	log_end(&l);
}

static int
listen_and_serve(struct httpd *h, struct err *e)
{
	unsigned port;
	int fd;

	if (listen_open(h->o.listen, &fd, &port, e) != 0)
		return -1;
	raise_fd_limit(h->o.max_connections);
	h->mhd = start_daemon(h, fd);
	if (h->mhd == NULL) {
		close(fd);
		return err_set(e, R_CONFIG, "%.100s: the HTTPS server cannot start", h->o.listen);
	}
	log_listening(h, port);
	return 0;
}

static void
free_all(struct httpd *h)
{
	worker_free(h->worker);
	tls_door_free(h->tls);
	anchors_release(h->anchors);
	quota_free(h->quota);
	conns_free(h->conns);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

int
httpd_start(const struct httpd_options *o, struct httpd **out, struct err *e)
{
	struct httpd *h = xcalloc(1, sizeof(*h));

	h->o = *o;
	pthread_mutex_init(&h->lock, NULL);
	h->conns = conns_new();
	h->quota = quota_new(o->requests_per_minute);
	if (anchors_new(&o->anchors, &h->anchors, e) != 0 ||
	    tls_door_new(o->cert, o->key, &h->tls, e) != 0 || worker_start(&o->store, &h->worker, e) != 0) {
		free_all(h);
		return -1;
	}
	h->door = (struct door){ o->profiles, h->quota, h->worker, o->max_open };
	if (listen_and_serve(h, e) != 0) {
		worker_stop(h->worker);
		free_all(h);
		return -1;
	}
	*out = h;
	return 0;
}

int
httpd_reload(struct httpd *h, struct err *e)
{
	struct anchors *fresh, *old;

	if (anchors_new(&h->o.anchors, &fresh, e) != 0)
		return -1;
	if (tls_door_reload(h->tls, e) != 0) {
		anchors_release(fresh);
		return -1;
	}
	pthread_mutex_lock(&h->lock);
	old = h->anchors;
	h->anchors = fresh;
	pthread_mutex_unlock(&h->lock);
	anchors_release(old);
	return 0;
}

void
httpd_tick(struct httpd *h)
{
	size_t n = conns_sweep(h->conns, clock_mono_ms());
	struct log_line l;

	if (n == 0)
		return;
	log_begin(&l, LOG_INFO, "httpd.slow");
	log_u64(&l, "closed", n);
	log_end(&l);
}

bool
httpd_alive(struct httpd *h)
{
	return clock_mono_ms() - worker_pulse(h->worker) < PULSE_MS;
}

/*
 * The order matters: the library ends the process when it is stopped with a suspended connection. The
 * worker, as it stops, gives every job back, and takes none any more; so nobody is suspended after it.
 */
void
httpd_stop(struct httpd *h)
{
	const int64_t until = clock_mono_ms() + STOP_MS;
	int fd = MHD_quiesce_daemon(h->mhd);

	if (fd >= 0)
		close(fd);
	worker_stop(h->worker);
	while (conns_count_busy(h->conns) > 0 && clock_mono_ms() < until)
		(void)poll(NULL, 0, 10);
	MHD_stop_daemon(h->mhd);
	free_all(h);
}
