#include "flickr-fetch/client.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/progress.h"

#define HOUR 3600.0
#define FOR_EVER 1e9
#define MAX_PAUSE 3600.0

double config_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int client_init(struct client *k, const struct config *c, struct ledger *l, struct transfers *t, struct err *e)
{
	double now = clock_wall(), wall = config_time();
	double tokens, at, cool;

	memset(k, 0, sizeof(*k));
	k->c = c;
	k->l = l;
	k->t = t;
	k->jitter = (uint64_t)(wall * 1e6);
	limit_init(&k->limit, c->api_rate, HOUR, now);
	/* Never seen before: a full bucket. Absent though the ledger was used: killed, so empty. */
	if (ledger_get_f64(l, "api_tokens", -1, &tokens, e) || ledger_get_f64(l, "api_tokens_at", 0, &at, e) ||
	    ledger_get_f64(l, "api_not_before", 0, &cool, e))
		return -1;
	if (at == 0 || tokens >= 0) {
		k->limit.tokens = at == 0 ? FOR_EVER : tokens;
		k->limit.at = at == 0 ? now : now - fmax(0, wall - at);
	}
	k->not_before = now + fmax(0, cool - wall);
	/* From here on only an orderly end says how many are left. */
	return ledger_set_f64(l, "api_tokens", -1, e) || ledger_set_f64(l, "api_tokens_at", wall, e) ? -1 : 0;
}

int client_close(struct client *k, struct err *e)
{
	int rc;

	limit_wait(&k->limit, clock_wall());
	rc = ledger_set_f64(k->l, "api_tokens", fmax(0, k->limit.tokens), e) ||
	     ledger_set_f64(k->l, "api_tokens_at", config_time(), e);
	buf_release(&k->url);
	return rc ? -1 : 0;
}

void client_begin(struct client *k, bool info)
{
	k->info = info;
	k->busy = true;
	k->sent = false;
	k->failures = 0;
}

static void count_call(struct client *k, double now)
{
	int64_t minute = (int64_t)(now / 60);

	/* Minutes nothing happened in. */
	for (; k->minute_at < minute; k->minute_at++) {
		if (minute - k->minute_at > 60)
			k->minute_at = minute - 60;
		k->minute[(k->minute_at + 1) % 60] = 0;
	}
	k->minute[minute % 60]++;
	k->calls++;
}

int client_left(struct client *k)
{
	int i, n = 0;

	for (i = 0; i < 60; i++)
		n += k->minute[i];
	return (int)fmax(0, k->c->api_rate - n);
}

double client_step(struct client *k, double now, struct err *e)
{
	double wait;

	if (!k->busy || k->sent)
		return FOR_EVER;
	wait = k->not_before - now;
	if (wait > k->c->max_wait) {
		err_code(e, EXIT_CODE_TEMPORARY, "the Flickr API asks us to wait %.0f s", wait);
		return -1;
	}
	if (wait > 0)
		return wait;
	wait = limit_wait(&k->limit, now);
	if (wait > 0)
		return wait;
	limit_take(&k->limit, now);
	count_call(k, now);
	k->sent = true;
	transfers_start(k->t, k->url.data, API_MAX_REPLY, k);
	return FOR_EVER;
}

/* Servers repeat what they were sent; the key goes no further. */
static void redact(const struct client *k, char *text)
{
	size_t n = strlen(k->c->key);
	char *p;

	while (n && (p = strstr(text, k->c->key))) {
		memset(p, '*', n);
	}
}

/* The call failed, perhaps not for ever: waits at least `pause` seconds, or gives up. */
static int again(struct client *k, const char *why, double pause, double now, struct err *e)
{
	char text[300];

	snprintf(text, sizeof(text), "%s", why);
	redact(k, text);
	k->failures++;
	k->sent = false;
	if (k->failures > k->c->retries)
		return err_code(e, EXIT_CODE_TEMPORARY, "the Flickr API does not answer after %d attempts: %s",
				k->failures, text);
	k->not_before = now + fmax(pause, backoff(k->failures, k->c->backoff, 60, &k->jitter));
	return 0;
}

/* Too many requests: the time they ask for, or a minute doubling; kept for later runs as well. */
static int too_many(struct client *k, const struct transfer_result *r, double now, struct err *e)
{
	double pause = r->retry_after;

	k->complaints++;
	if (pause <= 0)
		pause = backoff(k->failures + 1, 30 * k->c->backoff, MAX_PAUSE, &k->jitter);
	if (ledger_set_f64(k->l, "api_not_before", config_time() + pause, e))
		return -1;
	return again(k, "HTTP 429, too many requests", pause, now, e);
}

static int failed_reply(struct client *k, const struct api_reply *reply, double now, struct err *e)
{
	char text[300];

	snprintf(text, sizeof(text), "error %lld: %s", (long long)reply->code, reply->message);
	redact(k, text);
	switch (api_failure(reply, k->info)) {
	case API_RETRY:
		return again(k, text, 0, now, e);
	case API_SPLIT:
		return k->first_page ? again(k, text, 0, now, e) : 1;
	case API_GONE:
		return 1;
	case API_KEY:
		return err_code(e, EXIT_CODE_FAILED,
				"the Flickr API refuses the key from %s: %s\nhint: new keys need a Flickr "
				"Pro account; see https://www.flickr.com/services/api/keys/",
				k->c->key_from, text);
	case API_STOP:
		break;
	}
	return err_code(e, EXIT_CODE_FAILED, "the Flickr API refuses the query: %s", text);
}

static int judge(struct client *k, struct transfer_result *r, struct api_reply *reply, double now, struct err *e)
{
	struct err bad = { 0 };
	char text[400];
	int rc;

	if (r->outcome == TRANSFER_UNTRUSTED)
		return err_code(e, EXIT_CODE_FAILED,
				"cannot trust the API's server: %s\nhint: --cacert FILE names other "
				"authorities",
				r->detail);
	if (r->outcome != TRANSFER_DONE)
		return again(k, r->detail, 0, now, e);
	if (r->http == 429)
		return too_many(k, r, now, e);
	if (r->http != 200) {
		snprintf(text, sizeof(text), "HTTP %ld", r->http);
		if (r->http == 401 || r->http == 403)
			return err_code(e, EXIT_CODE_FAILED, "the Flickr API refuses us: %s", text);
		if (r->retry_after > 0 && ledger_set_f64(k->l, "api_not_before", config_time() + r->retry_after, e))
			return -1;
		return again(k, text, r->retry_after, now, e);
	}
	rc = k->info ? api_parse_info(reply, r->body.data ? r->body.data : "", r->body.len, &bad)
		     : api_parse_search(reply, r->body.data ? r->body.data : "", r->body.len, &k->c->sizes, &bad);
	if (rc) {
		api_reply_release(reply);
		snprintf(text, sizeof(text), "not a reply: %.300s", bad.msg);
		return again(k, text, 0, now, e);
	}
	if (reply->ok)
		return 1;
	rc = failed_reply(k, reply, now, e);
	if (rc != 1)
		api_reply_release(reply);
	return rc;
}

int client_result(struct client *k, struct transfer_result *r, struct api_reply *reply, double now, struct err *e)
{
	int rc = judge(k, r, reply, now, e);

	if (rc)
		k->busy = false;
	return rc;
}

int client_call(struct client *k, bool info, struct api_reply *reply, const volatile int *stop, struct err *e)
{
	struct transfer_result r;
	int rc = 0;
	bool ready;

	client_begin(k, info);
	while (rc == 0) {
		double wait = client_step(k, clock_wall(), e);

		if (wait < 0)
			return -1;
		if (*stop) {
			err_code(e, 0, "stopped");
			return -1;
		}
		if (transfers_wait(k->t, fmin(wait, 1), -1, &ready, e))
			return -1;
		while (transfers_next(k->t, &r)) {
			rc = client_result(k, &r, reply, clock_wall(), e);
			transfer_result_release(&r);
		}
	}
	return rc < 0 ? -1 : 0;
}
