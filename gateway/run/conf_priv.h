/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between the files that make up the reading of the configuration.
 */
#ifndef NEMRA_RUN_CONF_PRIV_H
#define NEMRA_RUN_CONF_PRIV_H

#include "common/conf/conf.h"
#include "gateway/run/conf.h"

extern const struct conf_key nemra_keys[], profile_keys[];

/* Checks of one value, for the tables: value is the converted field. */
int check_cert_field(const void *value, struct err *e);
int check_db_url(const void *value, struct err *e);
int check_dn(const void *value, struct err *e);
int check_dns(const void *value, struct err *e);	/* a list of DNs */
int check_ekus(const void *value, struct err *e);
int check_env(const void *value, struct err *e);	/* a list of NAME=VALUE */
int check_hosts(const void *value, struct err *e);	/* a list of host names */
int check_http_url(const void *value, struct err *e);
int check_key(const void *value, struct err *e);	/* a file, or the URI of a key */
int check_key_types(const void *value, struct err *e);
int check_listen(const void *value, struct err *e);
int check_listen_or_none(const void *value, struct err *e);
int check_name(const void *value, struct err *e);	/* of a CA or profile */
int check_operators(const void *value, struct err *e);
int check_regex(const void *value, struct err *e);
int check_san_dns(const void *value, struct err *e);
int check_san_ip(const void *value, struct err *e);
int check_subject(const void *value, struct err *e);

/* profiles/NAME.yaml beside the file at path, sorted by name; their CAs are looked up in c. */
int profiles_load(const char *path, const struct nemra_conf *c, struct profiles *out,
    struct err *e) MUSTUSE;
void profiles_free(struct profiles *l);
void profiles_print(const struct profiles *l, void (*line)(void *arg, const char *text), void *arg);

#endif
