/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A station, its profile, its two keys, and the requests that it makes.
 */
#ifndef NEMRA_TESTS_INTAKE_SCENE_H
#define NEMRA_TESTS_INTAKE_SCENE_H

#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "gateway/core/profile.h"
#include "gateway/core/station.h"

struct scene {
	struct station station;
	struct profile profile;
	struct profiles profiles;
	struct key *key;	/* the new one */
	struct key *device;
	struct certs chain;	/* of the device key */
};

void scene_open(struct scene *s);
void scene_close(struct scene *s);

struct blob scene_pkcs10(const struct scene *s);
struct blob scene_crmf(const struct scene *s);
struct blob scene_envelope(const struct scene *s, const char *station, const char *profile,
    const struct blob *pkcs10, const struct blob *crmf);
void scene_armour(struct mem der, struct blob *pem, struct blob *base64);

#endif
