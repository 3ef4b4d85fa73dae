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

struct tls_door;

struct httpd {
	struct httpd_options o;
	struct MHD_Daemon *mhd;
	struct conns *conns;
	struct quota *quota;
	struct worker *worker;
	struct tls_door *tls;
	struct door door;

	pthread_mutex_t lock;
	struct anchors *anchors;	/* under lock: a reload changes it */
};

enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **ctx);
void httpd_on_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_RequestTerminationCode how);

#endif
