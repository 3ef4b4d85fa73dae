/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/conns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

struct conns {
	pthread_mutex_t lock;
	struct conn *head;
	size_t busy;
};

struct conns *
conns_new(void)
{
	struct conns *l = xcalloc(1, sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
conns_free(struct conns *l)
{
	if (l == NULL)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void
conns_print_address(const struct sockaddr *from, char out[CONN_SOURCE])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
	const char *ok = NULL;

	if (from != NULL && from->sa_family == AF_INET)
		ok = inet_ntop(AF_INET, &v4->sin_addr, out, CONN_SOURCE);
	else if (from != NULL && from->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		ok = inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, CONN_SOURCE);
	else if (from != NULL && from->sa_family == AF_INET6)
		ok = inet_ntop(AF_INET6, &v6->sin6_addr, out, CONN_SOURCE);
	if (ok == NULL)
		memcpy(out, "local", sizeof("local"));
}

struct conn *
conns_add(struct conns *l, int fd, const struct sockaddr *from, int64_t deadline)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->deadline = deadline;
	conns_print_address(from, c->source);
	pthread_mutex_lock(&l->lock);
	c->next = l->head;
	if (l->head != NULL)
		l->head->prev = c;
	l->head = c;
	pthread_mutex_unlock(&l->lock);
	return c;
}

void
conns_remove(struct conns *l, struct conn *c)
{
	pthread_mutex_lock(&l->lock);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		l->head = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	pthread_mutex_unlock(&l->lock);
	identity_free(&c->id);
	free(c);
}

void
conns_deadline(struct conns *l, struct conn *c, int64_t deadline)
{
	pthread_mutex_lock(&l->lock);
	c->deadline = deadline;
	pthread_mutex_unlock(&l->lock);
}

size_t
conns_sweep(struct conns *l, int64_t now)
{
	size_t n = 0;

	pthread_mutex_lock(&l->lock);
	for (struct conn *c = l->head; c != NULL; c = c->next) {
		if (c->deadline == 0 || c->deadline > now)
			continue;
		(void)shutdown(c->fd, SHUT_RDWR);
		c->deadline = 0;
		n++;
	}
	pthread_mutex_unlock(&l->lock);
	return n;
}

void
conns_busy(struct conns *l, int change)
{
	pthread_mutex_lock(&l->lock);
	l->busy = change > 0 ? l->busy + 1 : l->busy - 1;
	pthread_mutex_unlock(&l->lock);
}

size_t
conns_count_busy(struct conns *l)
{
	size_t n;

	pthread_mutex_lock(&l->lock);
	n = l->busy;
	pthread_mutex_unlock(&l->lock);
	return n;
}
