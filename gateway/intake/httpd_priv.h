/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between httpd.c, which starts and ends the door, and serve.c, which serves requests.
 */
#ifndef NEMRA_INTAKE_HTTPD_PRIV_H
#define NEMRA_INTAKE_HTTPD_PRIV_H

#include <microhttpd.h>
#include <pthread.h>

#include "gateway/intake/conns.h"
#include "gateway/intake/exchange.h"
#include "gateway/intake/httpd.h"

#define HTTPD_THREADS 2u

struct gate;
struct tls_door;

struct httpd {
	struct httpd_options o;
	int fd;				/* listens */
	struct MHD_Daemon *mhd[HTTPD_THREADS];	/* a thread each */
	unsigned next;			/* the gate's: which of them gets the next connection */
	struct gate *gate;
	struct conns *conns;
	struct quota *quota;
	struct worker *worker;
	struct tls_door *tls;
	struct door door;
	int64_t reported_at;		/* httpd_tick()'s own */
	unsigned most_open;
	int64_t lists_seen_at;		/* and these two as well */
	uint64_t lists_stamp;

	pthread_mutex_t lock;
	struct anchors *anchors;	/* under lock: a reload changes it */
};

enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **ctx);
void httpd_on_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_RequestTerminationCode how);

#endif
