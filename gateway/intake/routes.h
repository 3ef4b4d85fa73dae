/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses there are: one table.
 */
#ifndef NEMRA_INTAKE_ROUTES_H
#define NEMRA_INTAKE_ROUTES_H

#include "common/base/attr.h"
#include "gateway/intake/exchange.h"

enum who {
	WHO_ANYBODY,
	WHO_STATION_IF_ANY,	/* answers more to a station, but to others too */
	WHO_STATION
};

struct route {
	enum http_method method;
	const char *pattern;	/* * stands for one segment */
	enum who who;
	bool est;		/* errors as text/plain; * is the EST label */
	bool takes_profile;	/* ?profile=NAME */
	/* May such a body come, and how long is it? R_WRONG_CONTENT_TYPE. NULL: no body at all. */
	int (*body)(const struct http_head *h, size_t *max, struct err *e);
	enum turn (*run)(struct exchange *x);
};

/* R_NOT_FOUND; R_HTTP_METHOD, and then *allow names the method that is meant. part receives what stands
 * for *. */
int routes_find(enum http_method method, const char *path, const struct route **out,
    char part[LIM_PROFILE_NAME + 1], const char **allow, struct err *e) MUSTUSE;

/* est.c */
enum turn est_cacerts(struct exchange *x);
enum turn est_csrattrs(struct exchange *x);
enum turn est_enroll(struct exchange *x);
enum turn est_reenroll(struct exchange *x);

/* requests.c */
enum turn requests_submit(struct exchange *x);
enum turn requests_show(struct exchange *x);
enum turn requests_certificate(struct exchange *x);
enum turn requests_installed(struct exchange *x);

/* pages.c */
enum turn page_template(struct exchange *x);
enum turn page_trust(struct exchange *x);
enum turn page_health(struct exchange *x);
enum turn page_ready(struct exchange *x);
enum turn page_problem(struct exchange *x);

#endif
