/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/net/http/priv.h"

#define RETRY_MAX (366LL * 24 * 3600)	/* nobody means more than a year */

static const char *
header_get0(struct http_work *w, const char *name)
{
	struct curl_header *h;

	/* -1: of the last answer, so that an interim one (1xx) is not looked at */
	if (curl_easy_header(w->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return h->value;
}

/* RFC 9110 section 10.2.3: seconds or a date. What is neither counts as not said. */
static int64_t
retry_after(const char *value)
{
	int64_t s = 0;
	time_t when;

	if (value == NULL || *value == '\0')
		return -1;
	if (value[strspn(value, "0123456789")] != '\0') {
		when = curl_getdate(value, NULL);
		if (when == (time_t)-1)
			return -1;
		s = (int64_t)when - clock_wall_s();
		return s < 0 ? 0 : s > RETRY_MAX ? RETRY_MAX : s;
	}
	for (; *value != '\0' && s <= RETRY_MAX; value++)
		s = s * 10 + (*value - '0');
	return s > RETRY_MAX ? RETRY_MAX : s;
}

/* The type without parameters, in lower case; one that is too long is none of those we know. */
static void
media_type(const char *value, char *out, size_t size)
{
	size_t n = value == NULL ? 0 : strcspn(value, "; \t");

	if (n >= size)
		n = 0;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)value[i]);
	out[n] = '\0';
}

static int
take_answer(struct http_work *w)
{
	struct http_exchange *x = w->x;
	const char *location = header_get0(w, "Location");
	long status = 0;

	if (curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
	    status < 200 || status > 999)
		return err_set(&x->err, R_PEER_ANSWER, "HTTP status %ld", status);
	if (!w->head_whole)
		return err_set(&x->err, R_PEER_ANSWER, "the headers are cut");
	if (location != NULL && strlen(location) >= sizeof(x->location))
		return err_set(&x->err, R_PEER_ANSWER, "Location has more than %zu octets",
		    sizeof(x->location) - 1);
	if (buf_take(&w->answer, &x->answer, &x->err) != 0)
		return -1;
	if (location != NULL)
		memcpy(x->location, location, strlen(location) + 1);
	media_type(header_get0(w, "Content-Type"), x->answer_type, sizeof(x->answer_type));
	x->retry_after = retry_after(header_get0(w, "Retry-After"));
	x->status = (int)status;
	return 0;
}

static enum reason
reason_of(const struct http_work *w, CURLcode code)
{
	switch ((int)code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return R_PEER_NOT_TRUSTED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return R_NAME_LOOKUP;
	case CURLE_SSL_CONNECT_ERROR:
		return R_TLS_FAILED;
	case CURLE_OPERATION_TIMEDOUT:
		return w->handed ? R_TIMED_OUT : R_UNREACHABLE;
	case CURLE_SSL_CACERT_BADFILE:
		return R_FILE_IO;
	case CURLE_SSL_CERTPROBLEM:
		return R_KEY_UNUSABLE;
	case CURLE_OUT_OF_MEMORY:
		return R_NO_MEMORY;
	case CURLE_URL_MALFORMAT:
		return R_CONFIG;
	case CURLE_PARTIAL_FILE:
	case CURLE_WRITE_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_FILESIZE_EXCEEDED:
		return R_PEER_ANSWER;
	case CURLE_UNSUPPORTED_PROTOCOL:	/* of the address, or an answer of HTTP/0.9 */
		return w->handed ? R_PEER_ANSWER : R_CONFIG;
	case CURLE_RECV_ERROR:
		return w->heard ? R_PEER_ANSWER : R_UNREACHABLE;
	default:
		return R_UNREACHABLE;
	}
}

static int
fail(struct http_work *w, CURLcode code)
{
	const char *text = w->text[0] != '\0' ? w->text : curl_easy_strerror(code);

	if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_ABORTED_BY_CALLBACK)
		text = "the connection was closed before an answer came";
	if (w->answer.over)
		text = "the answer is longer than the limit";
	return err_set(&w->x->err, reason_of(w, code), "%s", text);
}

void
http_outcome(struct http_work *w, CURLcode code)
{
	struct http_exchange *x = w->x;

	x->never_left = !w->handed;
	if (code != CURLE_OK)
		(void)fail(w, code);
	else
		(void)take_answer(w);
}
