#include "flickr-fetch/transfer.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	struct request *next; /* of the unused */
	CURL *easy;
	void *owner;
	struct buf body;
	bool active, too_large;
	char error[CURL_ERROR_SIZE];
};

struct transfers {
	CURLM *multi;
	struct transfer_options o;
	struct request *unused;
	struct request **all; /* n_all of them */
	int n_all;
	int running;
};

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct request *r = arg;

	if (buf_add(&r->body, data, size * n)) {
		r->too_large = true;
		return 0;
	}
	return size * n;
}

static void set_common(struct transfers *t, struct request *r)
{
	CURL *h = r->easy;

	curl_easy_setopt(h, CURLOPT_PRIVATE, r);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, r->error);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	/* The caller has checked the address; this is the second lock on the same door. */
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(h, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(h, CURLOPT_USERAGENT, t->o.user_agent);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(t->o.timeout * 1000));
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(t->o.stall * 1000));
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, t->o.stall < 1 ? 1L : (long)t->o.stall);
	curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 65536L);
	/* Loopback never goes through a proxy. */
	curl_easy_setopt(h, CURLOPT_NOPROXY, getenv("no_proxy") ? NULL : "127.0.0.1,localhost,::1");
	if (t->o.cacert)
		curl_easy_setopt(h, CURLOPT_CAINFO, t->o.cacert);
}

struct transfers *transfers_new(const struct transfer_options *o, struct err *e)
{
	struct transfers *t = xcalloc(1, sizeof(*t));

	t->o = *o;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(t->multi = curl_multi_init())) {
		free(t);
		err_code(e, EXIT_CODE_FAILED, "cannot start libcurl");
		return NULL;
	}
	curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)o->connections);
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, 4L * o->connections);
	return t;
}

static struct request *take_request(struct transfers *t)
{
	struct request *r = t->unused;

	if (r) {
		t->unused = r->next;
		return r;
	}
	r = xcalloc(1, sizeof(*r));
	r->easy = curl_easy_init();
	if (!r->easy)
		die(EXIT_CODE_FAILED, "out of memory");
	set_common(t, r);
	t->all = xrealloc_array(t->all, (size_t)t->n_all + 1, sizeof(struct request *));
	t->all[t->n_all++] = r;
	return r;
}

static void give_back(struct transfers *t, struct request *r)
{
	curl_multi_remove_handle(t->multi, r->easy);
	r->active = false;
	r->next = t->unused;
	t->unused = r;
	t->running--;
}

void transfers_start(struct transfers *t, const char *url, size_t max_bytes, void *owner)
{
	struct request *r = take_request(t);

	r->owner = owner;
	r->body = (struct buf){ .max = max_bytes };
	r->active = true;
	r->too_large = false;
	r->error[0] = '\0';
	curl_easy_setopt(r->easy, CURLOPT_URL, url);
	curl_easy_setopt(r->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
	if (curl_multi_add_handle(t->multi, r->easy) != CURLM_OK)
		BUG("libcurl refuses a handle");
	t->running++;
}

int transfers_running(const struct transfers *t)
{
	return t->running;
}

int transfers_wait(struct transfers *t, double seconds, int out_fd, bool *out_ready, struct err *e)
{
	struct curl_waitfd out = { .fd = out_fd, .events = CURL_WAIT_POLLOUT };
	CURLMcode rc;
	int running, ms = seconds <= 0 ? 0 : seconds > 3600 ? 3600000 : (int)(seconds * 1000) + 1;

	*out_ready = false;
	rc = curl_multi_perform(t->multi, &running);
	/* What finished at once is not to wait for the others. */
	if (rc == CURLM_OK && running == t->running)
		rc = curl_multi_poll(t->multi, &out, out_fd < 0 ? 0 : 1, ms, NULL);
	if (rc == CURLM_OK)
		rc = curl_multi_perform(t->multi, &running);
	if (out_fd >= 0) {
		struct pollfd p = { .fd = out_fd, .events = POLLOUT };

		*out_ready = poll(&p, 1, 0) > 0;
	}
	return rc == CURLM_OK ? 0 : err_code(e, EXIT_CODE_FAILED, "libcurl: %s", curl_multi_strerror(rc));
}

static void judge(struct transfer_result *out, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *reason;
	} words[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, "no-such-host" },
		{ CURLE_COULDNT_RESOLVE_PROXY, "no-such-proxy" },
		{ CURLE_COULDNT_CONNECT, "no-connection" },
		{ CURLE_OPERATION_TIMEDOUT, "timeout" },
		{ CURLE_PARTIAL_FILE, "cut-short" },
		{ CURLE_GOT_NOTHING, "cut-short" },
		{ CURLE_RECV_ERROR, "cut-short" },
		{ CURLE_SEND_ERROR, "cut-short" },
		{ CURLE_BAD_CONTENT_ENCODING, "broken-encoding" },
		{ CURLE_SSL_CONNECT_ERROR, "tls" },
	};
	size_t i;

	out->outcome = TRANSFER_FAILED;
	out->reason = "network";
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].code == code)
			out->reason = words[i].reason;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
		out->outcome = TRANSFER_UNTRUSTED;
		out->reason = "untrusted-certificate";
	} else if (code == CURLE_FILESIZE_EXCEEDED) {
		out->outcome = TRANSFER_TOO_LARGE;
		out->reason = "too-large";
	}
}

bool transfers_next(struct transfers *t, struct transfer_result *out)
{
	struct CURLMsg *m;
	struct request *r;
	CURLcode code;
	curl_off_t retry = 0;
	char *redirect = NULL;
	int left;

	do {
		m = curl_multi_info_read(t->multi, &left);
		if (!m)
			return false;
	} while (m->msg != CURLMSG_DONE);
	code = m->data.result;
	memset(out, 0, sizeof(*out));
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&r);
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &out->http);
	curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &retry);
	curl_easy_getinfo(r->easy, CURLINFO_REDIRECT_URL, &redirect);
	out->owner = r->owner;
	out->retry_after = (double)retry;
	out->redirect = redirect ? xstrdup(redirect) : NULL;
	out->body = r->body;
	if (code != CURLE_OK) {
		judge(out, code);
		if (r->too_large) {
			out->outcome = TRANSFER_TOO_LARGE;
			out->reason = "too-large";
		}
		snprintf(out->detail, sizeof(out->detail), "%s", *r->error ? r->error : curl_easy_strerror(code));
	}
	r->body = (struct buf){ 0 };
	give_back(t, r);
	return true;
}

void *transfers_drop(struct transfers *t)
{
	int i;

	for (i = 0; i < t->n_all; i++) {
		if (!t->all[i]->active)
			continue;
		buf_release(&t->all[i]->body);
		give_back(t, t->all[i]);
		return t->all[i]->owner;
	}
	return NULL;
}

void transfer_result_release(struct transfer_result *r)
{
	free(r->redirect);
	buf_release(&r->body);
	memset(r, 0, sizeof(*r));
}

void transfers_wake(struct transfers *t)
{
	curl_multi_wakeup(t->multi);
}

void transfers_free(struct transfers *t)
{
	int i;

	if (!t)
		return;
	for (i = 0; i < t->n_all; i++) {
		curl_multi_remove_handle(t->multi, t->all[i]->easy);
		curl_easy_cleanup(t->all[i]->easy);
		buf_release(&t->all[i]->body);
		free(t->all[i]);
	}
	curl_multi_cleanup(t->multi);
	curl_global_cleanup();
	free(t->all);
	free(t);
}
