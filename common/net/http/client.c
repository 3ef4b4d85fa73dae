/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcurl's multi interface. Two traps decide how it is used here. libcurl sends a POST again by
 * itself when a kept connection closes unanswered; so a body can be read once, and a second
 * connection is refused to a request that is not idempotent. And "was anything sent?" cannot be read from
 * counters that move after the fact; so the moment before the first octet is caught instead.
 */
#include "common/net/http/client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/net/http/priv.h"

struct http {
	CURLM *multi;
	struct http_options o;
	struct http_work *working;	/* also those in the queue of finished ones */
	struct http_work *done, **done_tail;
	bool global;		/* curl_global_init() has been called for us */
};

static int
copy_text(const char **to, const char *from)
{
	if (from == NULL)
		return 0;
	*to = mem_strdup(from);
	return *to == NULL ? -1 : 0;
}

static int
copy_options(struct http *h, const struct http_options *o, struct err *e)
{
	h->o = *o;
	h->o.ca_file = h->o.cert_file = h->o.key_file = h->o.unix_socket = NULL;
	if (copy_text(&h->o.ca_file, o->ca_file) != 0 || copy_text(&h->o.cert_file, o->cert_file) != 0 ||
	    copy_text(&h->o.key_file, o->key_file) != 0 ||
	    copy_text(&h->o.unix_socket, o->unix_socket) != 0)
		return err_set(e, R_NO_MEMORY, "HTTP client");
	return 0;
}

int
http_new(const struct http_options *o, struct http **out, struct err *e)
{
	struct http *h = mem_calloc(1, sizeof(*h));
	long n = o->connections == 0 ? 1 : (long)o->connections;

	if (h == NULL)
		return err_set(e, R_NO_MEMORY, "HTTP client");
	h->done_tail = &h->done;
	if (copy_options(h, o, e) != 0)
		goto out;
	h->global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	h->multi = h->global ? curl_multi_init() : NULL;
	if (h->multi == NULL || curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, n) != CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, n) != CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) != CURLM_OK) {
		err_set(e, R_NO_MEMORY, "libcurl does not start");
		goto out;
	}
	*out = h;
	h = NULL;
out:
	if (h == NULL)
		return 0;
	http_free(h);
	return -1;
}

/* Out of the list of those under way (not of the queue), and all of libcurl's side of it freed. */
static void
work_free(struct http_work *w)
{
	struct http *h;

	if (w == NULL)
		return;
	h = w->http;
	if (w->at != NULL)
		*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	if (w->easy != NULL) {
		(void)curl_multi_remove_handle(h->multi, w->easy);
		curl_easy_cleanup(w->easy);
	}
	curl_slist_free_all(w->headers);
	buf_free(&w->answer);
	w->x->priv = NULL;
	free(w);
}

void
http_free(struct http *h)
{
	struct http_work *w, *next;

	if (h == NULL)
		return;
	for (w = h->working; w != NULL; w = next) {
		next = w->next;
		work_free(w);
	}
	if (h->multi != NULL)
		(void)curl_multi_cleanup(h->multi);
	if (h->global)
		curl_global_cleanup();
	free((char *)(uintptr_t)h->o.ca_file);
	free((char *)(uintptr_t)h->o.cert_file);
	free((char *)(uintptr_t)h->o.key_file);
	free((char *)(uintptr_t)h->o.unix_socket);
	free(h);
}

/* --- what libcurl calls --- */

static size_t
give_body(char *to, size_t size, size_t n, void *arg)
{
	struct http_work *w = arg;
	size_t left = w->x->body.len - w->sent;
	size_t take = size * n < left ? size * n : left;

	if (take > 0)
		memcpy(to, w->x->body.p + w->sent, take);
	w->sent += take;
	return take;
}

static int
never_rewind(void *arg, curl_off_t offset, int origin)
{
	(void)arg;
	(void)offset;
	(void)origin;
	return CURL_SEEKFUNC_FAIL;
}

static size_t
take_piece(char *from, size_t size, size_t n, void *arg)
{
	struct http_work *w = arg;

	buf_add(&w->answer, from, size * n);
	return buf_ok(&w->answer) ? size * n : 0;
}

/* libcurl takes headers that are cut for whole ones: only the empty line says that they are. */
static size_t
see_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_work *w = arg;

	w->heard = true;
	if (size * n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		w->head_whole = false;
	else if (size * n > 0 && (line[0] == '\r' || line[0] == '\n'))
		w->head_whole = true;
	return size * n;
}

/* A connection stands and the next thing libcurl does is to write the request to it. */
static int
before_request(void *arg, char *to_ip, char *from_ip, int to_port, int from_port)
{
	struct http_work *w = arg;

	(void)to_ip;
	(void)from_ip;
	(void)to_port;
	(void)from_port;
	if (w->handed && w->once)
		return CURL_PREREQFUNC_ABORT;
	w->handed = true;
	return CURL_PREREQFUNC_OK;
}

/* --- one exchange --- */

#define SET(option, value) (curl_easy_setopt(w->easy, (option), (value)) == CURLE_OK)

static const char *
ca_file(const struct http_work *w)
{
	return w->x->ca_file != NULL ? w->x->ca_file : w->http->o.ca_file;
}

static long
total_ms(const struct http *h, const struct http_exchange *x)
{
	return x->total_ms != 0 ? x->total_ms : h->o.total_ms;
}

static bool
set_peer(struct http_work *w)
{
	const struct http_options *o = &w->http->o;
	bool ok = SET(CURLOPT_PROTOCOLS_STR, ca_file(w) != NULL ? "http,https" : "http") &&
	    SET(CURLOPT_PROXY, "") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	    SET(CURLOPT_CAPATH, NULL) && SET(CURLOPT_CAINFO, ca_file(w)) &&
	    SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	if (o->cert_file != NULL)
		ok = ok && SET(CURLOPT_SSLCERT, o->cert_file);
	if (o->key_file != NULL)
		ok = ok && SET(CURLOPT_SSLKEY, o->key_file);
	if (o->unix_socket != NULL)
		ok = ok && SET(CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
	return ok;
}

static bool
set_limits(struct http_work *w)
{
	const struct http_options *o = &w->http->o;

	return SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_TCP_NODELAY, 1L) &&
	    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_HTTP09_ALLOWED, 0L) &&
	    SET(CURLOPT_CONNECTTIMEOUT_MS, o->connect_ms) && SET(CURLOPT_TIMEOUT_MS, total_ms(w->http, w->x)) &&
	    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)o->max_answer) &&
	    SET(CURLOPT_ERRORBUFFER, w->text) && SET(CURLOPT_PRIVATE, w) &&
	    SET(CURLOPT_WRITEFUNCTION, take_piece) && SET(CURLOPT_WRITEDATA, w) &&
	    SET(CURLOPT_HEADERFUNCTION, see_header) && SET(CURLOPT_HEADERDATA, w) &&
	    SET(CURLOPT_PREREQFUNCTION, before_request) && SET(CURLOPT_PREREQDATA, w) &&
	    SET(CURLOPT_USERAGENT, "nemra/" NEMRA_VERSION);
}

static bool
set_method(struct http_work *w)
{
	const struct http_exchange *x = w->x;
	bool get = strcmp(x->method, "GET") == 0, head = strcmp(x->method, "HEAD") == 0;

	w->once = !get && !head;
	if (head)
		return SET(CURLOPT_NOBODY, 1L);
	if (get)
		return SET(CURLOPT_HTTPGET, 1L);
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, x->method) &&
	    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len) &&
	    SET(CURLOPT_READFUNCTION, give_body) && SET(CURLOPT_READDATA, w) &&
	    SET(CURLOPT_SEEKFUNCTION, never_rewind) && SET(CURLOPT_SEEKDATA, w);
}

/* One header line. A line break in a value would be another header: refused. */
static int
add_header(struct http_work *w, const char *name, const char *value, struct err *e)
{
	struct curl_slist *l;
	struct buf b;
	int rc = -1;

	buf_init(&b, LIM_HTTP_HEADER);
	if (name != NULL)
		buf_printf(&b, "%s: ", name);
	buf_add_str(&b, value);
	if (buf_text(&b) == NULL || strpbrk(value, "\r\n") != NULL) {
		err_set(e, R_USAGE, "header line");
		goto out;
	}
	l = curl_slist_append(w->headers, buf_text(&b));
	if (l == NULL) {
		err_set(e, R_NO_MEMORY, "header line");
		goto out;
	}
	w->headers = l;
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

static int
set_headers(struct http_work *w, struct err *e)
{
	const struct http_exchange *x = w->x;

	/* Without these libcurl would add a type of its own, and wait for "100 Continue". */
	if (add_header(w, NULL, "Expect:", e) != 0 ||
	    (x->content_type != NULL ? add_header(w, "Content-Type", x->content_type, e) :
	    add_header(w, NULL, "Content-Type:", e)) != 0 ||
	    (x->accept != NULL && add_header(w, "Accept", x->accept, e) != 0) ||
	    (x->header != NULL && add_header(w, NULL, x->header, e) != 0))
		return -1;
	return SET(CURLOPT_HTTPHEADER, w->headers) ? 0 : err_set(e, R_NO_MEMORY, "HTTP exchange");
}

static void
exchange_reset(struct http_exchange *x)
{
	blob_free(&x->answer);
	x->status = 0;
	x->answer_type[0] = x->location[0] = '\0';
	x->retry_after = -1;
	x->never_left = true;
	x->priv = NULL;
	err_clear(&x->err);
}

static int
work_set(struct http_work *w, struct err *e)
{
	const struct http_exchange *x = w->x;

	if (ca_file(w) == NULL && strncasecmp(x->url, "https:", 6) == 0)
		return err_set(e, R_CONFIG, "no trust anchor for %s", x->url);
	w->easy = curl_easy_init();
	if (w->easy == NULL || !set_peer(w) || !set_limits(w) || !set_method(w) ||
	    !SET(CURLOPT_URL, x->url))
		return err_set(e, R_NO_MEMORY, "HTTP exchange");
	return set_headers(w, e);
}

int
http_start(struct http *h, struct http_exchange *x, struct err *e)
{
	struct http_work *w;

	exchange_reset(x);
	w = mem_calloc(1, sizeof(*w));
	if (w == NULL)
		return err_set(e, R_NO_MEMORY, "HTTP exchange");
	w->http = h;
	w->x = x;
	buf_init(&w->answer, h->o.max_answer);
	if (work_set(w, e) != 0)
		goto out;
	if (curl_multi_add_handle(h->multi, w->easy) != CURLM_OK) {
		err_set(e, R_NO_MEMORY, "HTTP exchange");
		goto out;
	}
	w->next = h->working;
	if (w->next != NULL)
		w->next->at = &w->next;
	w->at = &h->working;
	h->working = w;
	x->priv = w;
	return 0;
out:
	work_free(w);
	return -1;
}

/* --- waiting --- */

/* What libcurl has finished goes to the queue, its outcome written down. */
static void
collect(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		struct http_work *w = NULL;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &w) != CURLE_OK || w == NULL)
			continue;
		http_outcome(w, code);
		w->done = NULL;
		*h->done_tail = w;
		h->done_tail = &w->done;
	}
}

static struct http_exchange *
pop_done(struct http *h, const struct http_exchange *only)
{
	struct http_work **at = &h->done, *w, *before = NULL;
	struct http_exchange *x;

	while ((w = *at) != NULL && only != NULL && w->x != only) {
		before = w;
		at = &w->done;
	}
	if (w == NULL)
		return NULL;
	*at = w->done;
	if (w->done == NULL)
		h->done_tail = before == NULL ? &h->done : &before->done;
	x = w->x;
	work_free(w);
	return x;
}

static struct http_exchange *
turn(struct http *h, const struct http_exchange *only, int wait_ms, int wake_fd)
{
	struct curl_waitfd wake = { .fd = wake_fd, .events = CURL_WAIT_POLLIN };
	int64_t until = clock_mono_ms() + wait_ms;
	struct http_exchange *x;

	/* libcurl asks the kernel about each connection in each call: what has ended is given back first. */
	x = pop_done(h, only);
	while (x == NULL) {
		int64_t left;
		int running;

		(void)curl_multi_perform(h->multi, &running);
		collect(h);
		x = pop_done(h, only);
		left = until - clock_mono_ms();
		if (x != NULL || left <= 0 || wake.revents != 0)
			break;
		if (curl_multi_poll(h->multi, wake_fd < 0 ? NULL : &wake, wake_fd < 0 ? 0 : 1,
		    left > 1000 ? 1000 : (int)left, NULL) != CURLM_OK)
			break;
	}
	return x;
}

struct http_exchange *
http_turn(struct http *h, int wait_ms, int wake_fd)
{
	return turn(h, NULL, wait_ms, wake_fd);
}

int
http_do(struct http *h, struct http_exchange *x, struct err *e)
{
	if (http_start(h, x, e) != 0)
		return -1;
	/* libcurl's own time limit ends it; some seconds more mean that it does not. */
	if (turn(h, x, (int)total_ms(h, x) + 5000, -1) != NULL)
		return 0;
	if (x->priv != NULL)
		work_free(x->priv);
	return err_set(e, R_INTERNAL, "the HTTP client does not end");
}

void
http_exchange_free(struct http_exchange *x)
{
	struct http_work *w;

	if (x == NULL)
		return;
	w = x->priv;
	if (w != NULL && pop_done(w->http, x) == NULL)
		work_free(w);
	blob_free(&x->answer);
}
