/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/httpd.h"

#include <malloc.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/intake/exchange.h"
#include "gateway/intake/gate.h"
#include "gateway/intake/httpd_priv.h"
#include "gateway/intake/listen.h"
#include "gateway/intake/tls.h"
#include "gateway/store/health.h"

#define CONNECTION_MEMORY (24u * 1024)	/* header of LIM_HTTP_HEADER, answer's header, read buffer */
#define STOP_MS 2000			/* for answers that are on their way */
#define PULSE_MS 60000
#define SPARE_FDS 64
#define REPORT_MS 10000
#define LISTS_MS 10000			/* between two looks at the files of revocation lists */
#define ASKS_FACTOR 10			/* stations that may have one address in common */
#define TRIM_AFTER 64			/* connections that must have gone before memory is given back */

/* --- connections --- */

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **ctx, enum MHD_ConnectionNotificationCode what)
{
	struct httpd *h = cls;
	int fd;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		*ctx = conns_take(h->conns, fd);
		if (*ctx == NULL)
			(void)shutdown(fd, SHUT_RDWR);
	} else if (*ctx != NULL) {
		conns_remove(h->conns, *ctx, clock_mono_ms());
		*ctx = NULL;
	}
}

/* Called by the gate. The library need not know the address. */
static bool
take(void *arg, int fd)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct httpd *h = arg;
	struct MHD_Daemon *to = h->mhd[h->next++ % HTTPD_THREADS];

	return MHD_add_connection(to, fd, &nobody, sizeof(nobody)) == MHD_YES;
}

static void
on_greeted(void *arg, int fd)
{
	struct httpd *h = arg;

	conns_greeted(h->conns, fd);
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

/* A descriptor a connection; where fewer are allowed, fewer connections. */
static unsigned
raise_fd_limit(unsigned connections)
{
	const rlim_t want = (rlim_t)connections + SPARE_FDS;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return connections;
	r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur >= want)
		return connections;
	return r.rlim_cur > 2 * SPARE_FDS ? (unsigned)r.rlim_cur - SPARE_FDS : SPARE_FDS;
}

/*
 * poll(2) and not epoll: in 0.9.75, a client that stops in its handshake makes the library's epoll thread
 * go round without a pause. The library does not accept, the gate does.
 */
static struct MHD_Daemon *
start_daemon(struct httpd *h)
{
	struct MHD_OptionItem cert[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)tls_door_present },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME |
	    MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, httpd_on_request, h,
	    MHD_OPTION_CONNECTION_LIMIT, 2 * h->o.max_connections,	/* those that are ended may linger */
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
stop_daemons(struct httpd *h)
{
	for (size_t i = 0; i < HTTPD_THREADS; i++)
		if (h->mhd[i] != NULL)
			MHD_stop_daemon(h->mhd[i]);
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
	const struct gate_options gate = { h->fd, h->conns, h->o.handshake_ms, take, h };

	tls_door_watch(h->tls, on_greeted, h);
	for (size_t i = 0; i < HTTPD_THREADS; i++) {
		h->mhd[i] = start_daemon(h);
		if (h->mhd[i] == NULL)
			return err_set(e, R_CONFIG, "%.100s: the HTTPS server cannot start", h->o.listen);
	}
	return gate_start(&gate, &h->gate, e);
}

static void
free_all(struct httpd *h)
{
	worker_free(h->worker);
	tls_door_free(h->tls);
	anchors_release(h->anchors);
	quota_free(h->quota);
	conns_free(h->conns);
	if (h->fd >= 0)
		close(h->fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static struct conns_limits
limits_of(const struct httpd_options *o)
{
	return (struct conns_limits){ o->max_connections,
		o->max_strangers < o->max_connections ? o->max_strangers : o->max_connections, o->per_address,
		o->per_station, o->requests_per_minute * ASKS_FACTOR, o->penalty_ms };
}

int
httpd_start(const struct httpd_options *o, struct httpd **out, struct err *e)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	struct conns_limits limits;
	unsigned port = 0;

	h->o = *o;
	h->fd = -1;
	h->o.max_connections = raise_fd_limit(o->max_connections);
	limits = limits_of(&h->o);
	pthread_mutex_init(&h->lock, NULL);
	h->conns = conns_new(&limits);
	h->quota = quota_new(o->requests_per_minute);
	if (anchors_new(&o->anchors, &h->anchors, e) != 0 ||
	    tls_door_new(o->cert, o->key, &h->tls, e) != 0 || listen_open(o->listen, &h->fd, &port, e) != 0 ||
	    worker_start(&o->store, &h->worker, e) != 0) {
		free_all(h);
		return -1;
	}
	h->door = (struct door){ o->profiles, h->quota, h->worker, h->conns, o->max_open };
	if (listen_and_serve(h, e) != 0) {
		worker_stop(h->worker);
		stop_daemons(h);
		free_all(h);
		return -1;
	}
	h->lists_stamp = anchors_lists_stamp(&o->anchors);
	h->lists_seen_at = clock_mono_ms();
	health_expires("door_certificate", tls_door_not_after(h->tls));
	log_listening(h, port);
	*out = h;
	return 0;
}

/* --- reading anew --- */

/* Who is served already keeps the old ones until his next request. */
static void
take_anchors(struct httpd *h, struct anchors *fresh, uint64_t stamp)
{
	struct anchors *old;

	pthread_mutex_lock(&h->lock);
	old = h->anchors;
	h->anchors = fresh;
	pthread_mutex_unlock(&h->lock);
	anchors_release(old);
	h->lists_stamp = stamp;
}

int
httpd_reload(struct httpd *h, struct err *e)
{
	uint64_t stamp = anchors_lists_stamp(&h->o.anchors);
	struct anchors *fresh;

	if (anchors_new(&h->o.anchors, &fresh, e) != 0)
		return -1;
	if (tls_door_reload(h->tls, e) != 0) {
		anchors_release(fresh);
		return -1;
	}
	take_anchors(h, fresh, stamp);
	health_expires("door_certificate", tls_door_not_after(h->tls));
	return 0;
}

/* Revocation lists are replaced daily, by whatever fetches them: nobody should have to tell us. */
static void
look_at_lists(struct httpd *h, int64_t now)
{
	uint64_t stamp;
	struct anchors *fresh;
	struct log_line l;
	struct err e;

	if (now - h->lists_seen_at < LISTS_MS)
		return;
	h->lists_seen_at = now;
	stamp = anchors_lists_stamp(&h->o.anchors);
	if (stamp == h->lists_stamp)
		return;
	if (anchors_new(&h->o.anchors, &fresh, &e) != 0) {
		log_failure(LOG_ERROR, "httpd.lists", &e);
		h->lists_stamp = stamp;		/* once said; the next change is looked at again */
		health_set("revocation_lists", &e, 0);
		return;
	}
	take_anchors(h, fresh, stamp);
	health_set("revocation_lists", NULL, 0);
	log_begin(&l, LOG_NOTICE, "httpd.lists_read");
	log_end(&l);
}

/* --- watching --- */

static void
log_report(const struct conns_report *r)
{
	struct log_line l;

	log_begin(&l, LOG_NOTICE, "httpd.pressure");
	log_u64(&l, "connections", r->open);
	log_u64(&l, "strangers", r->strangers);
	log_u64(&l, "turned_away", r->turned_away);
	log_u64(&l, "crowded_out", r->crowded_out);
	log_u64(&l, "timed_out", r->timed_out);
	log_u64(&l, "penalised", r->penalised);
	log_u64(&l, "unsaid", r->unsaid);
	log_end(&l);
	for (size_t i = 0; i < r->n_worst; i++) {
		log_begin(&l, LOG_NOTICE, "httpd.source");
		log_str(&l, "source", r->worst[i].source);
		log_u64(&l, "turned_away", r->worst[i].turned_away);
		log_u64(&l, "unsaid", r->worst[i].unsaid);
		log_str(&l, "penalised", r->worst[i].penalised ? "yes" : "no");
		log_end(&l);
	}
}

/* What a crowd needed is given back to the system when it has gone. */
static void
give_back_memory(struct httpd *h, unsigned open)
{
	if (open > h->most_open)
		h->most_open = open;
	if (h->most_open < TRIM_AFTER || open > h->most_open / 2)
		return;
	h->most_open = open;
	(void)malloc_trim(0);
}

void
httpd_tick(struct httpd *h)
{
	const int64_t now = clock_mono_ms();
	struct conns_report r = { 0 };

	tls_door_tick(h->tls);
	look_at_lists(h, now);
	if (now - h->reported_at < REPORT_MS)
		return;
	h->reported_at = now;
	conns_report(h->conns, now, &r);
	if (r.turned_away + r.crowded_out + r.timed_out + r.unsaid > 0)
		log_report(&r);
	give_back_memory(h, r.open);
}

bool
httpd_alive(struct httpd *h)
{
	const int64_t now = clock_mono_ms();

	return now - worker_pulse(h->worker) < PULSE_MS && now - gate_pulse(h->gate) < PULSE_MS;
}

/*
 * The order matters: the library ends the process when it is stopped with a suspended connection. The
 * worker, as it stops, gives every job back, and takes none any more; so nobody is suspended after it.
 */
void
httpd_stop(struct httpd *h)
{
	const int64_t until = clock_mono_ms() + STOP_MS;

	gate_stop(h->gate);
	worker_stop(h->worker);
	while (conns_count_busy(h->conns) > 0 && clock_mono_ms() < until)
		(void)poll(NULL, 0, 10);
	stop_daemons(h);
	free_all(h);
}
