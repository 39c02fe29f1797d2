#include "flickr-fetch/photos.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/progress.h"
#include "flickr-fetch/url.h"

#define FOR_EVER 1e9
#define MAX_BODY (64u << 20)
#define MAX_PAUSE 3600.0

struct job {
	int64_t id;
	char *url;
	int width, height;
	int tries;    /* earlier runs that gave it up */
	int attempts; /* of this run */
	int redirects;
	double not_before; /* steady clock */
	char why[64];	   /* the last trouble, for the status */
};

enum decision_kind { DECIDED_FAILED, DECIDED_POSTPONED, DECIDED_PATIENCE };

struct decision {
	enum decision_kind kind;
	int64_t id;
	int tries;
	double not_before; /* unix seconds */
	char status[80];
};

int photos_init(struct photos *p, const struct config *c, struct ledger *l, struct store *s, struct transfers *t,
		struct err *e)
{
	double until;

	memset(p, 0, sizeof(*p));
	p->c = c;
	p->l = l;
	p->store = s;
	p->t = t;
	p->hosts.rate = c->image_rate;
	p->jitter = (uint64_t)(config_time() * 1e6) ^ 0x5bd1e995;
	p->heap = xcalloc(PHOTOS_PARKED, sizeof(struct job *));
	if (ledger_count_todo(l, &p->waiting, e) || ledger_get_f64(l, "image_not_before", 0, &until, e))
		return -1;
	p->not_before = clock_wall() + fmax(0, until - config_time());
	p->stopped = until - config_time() > c->max_wait;
	return 0;
}

static void free_job(struct job *j)
{
	if (!j)
		return;
	free(j->url);
	free(j);
}

void photos_release(struct photos *p)
{
	int i;

	for (i = 0; i < p->n_parked; i++)
		free_job(p->heap[i]);
	free_job(p->head);
	free(p->heap);
	free(p->decision);
	hosts_release(&p->hosts);
	memset(p, 0, sizeof(*p));
}

/* ---- the heap of parked jobs: the one that is due first on top */

static void park(struct photos *p, struct job *j)
{
	int i = p->n_parked++;

	while (i && p->heap[(i - 1) / 2]->not_before > j->not_before) {
		p->heap[i] = p->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	p->heap[i] = j;
}

static struct job *unpark(struct photos *p)
{
	struct job *top = p->heap[0], *last = p->heap[--p->n_parked];
	int i = 0, child;

	while ((child = 2 * i + 1) < p->n_parked) {
		if (child + 1 < p->n_parked && p->heap[child + 1]->not_before < p->heap[child]->not_before)
			child++;
		if (last->not_before <= p->heap[child]->not_before)
			break;
		p->heap[i] = p->heap[child];
		i = child;
	}
	p->heap[i] = last;
	return top;
}

/* ---- decisions */

static struct decision *decide(struct photos *p, const struct job *j, enum decision_kind kind)
{
	struct decision *d;

	if (p->n_decisions == p->cap_decisions) {
		p->cap_decisions = p->cap_decisions ? 2 * p->cap_decisions : 64;
		p->decision = xrealloc_array(p->decision, (size_t)p->cap_decisions, sizeof(*d));
	}
	d = &p->decision[p->n_decisions++];
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->id = j->id;
	d->tries = j->tries;
	return d;
}

/* It can never be had. class: "gone" or "bad". Frees j. */
static void fail_job(struct photos *p, struct job *j, const char *class)
{
	struct decision *d = decide(p, j, DECIDED_FAILED);

	snprintf(d->status, sizeof(d->status), "%s:%s", class, j->why);
	if (*class == 'g')
		p->gone++;
	else
		p->bad++;
	p->waiting--;
	free_job(j);
}

/* Not in this run. A photo that fails run after run, while others come, is bad. Frees j. */
static void postpone(struct photos *p, struct job *j, double now)
{
	struct decision *d;

	if (p->held && ++j->tries >= PHOTOS_RUNS) {
		fail_job(p, j, "bad");
		return;
	}
	d = decide(p, j, DECIDED_POSTPONED);
	d->not_before = config_time() + fmax(0, j->not_before - now);
	snprintf(d->status, sizeof(d->status), "temp:%s", *j->why ? j->why : "waiting");
	p->postponed++;
	free_job(j);
}

/* Another attempt, not before `pause` seconds have passed, if it has any left. */
static void again(struct photos *p, struct job *j, double pause, double now)
{
	j->attempts++;
	if (++p->failures >= PHOTOS_DEAD)
		p->stopped = true;
	j->not_before = now + fmax(pause, backoff(j->attempts, p->c->backoff, 60, &p->jitter));
	if (j->attempts > p->c->retries || j->not_before - now > p->c->max_wait || p->stopped)
		postpone(p, j, now);
	else
		park(p, j);
}

/* The server named a time: it is kept at once, so that a killed run does not forget it. */
static void keep_patience(struct photos *p, const struct job *j, double pause)
{
	struct decision *d = decide(p, j, DECIDED_PATIENCE);

	d->not_before = config_time() + pause;
	snprintf(d->status, sizeof(d->status), "temp:%s", j->why);
}

void photos_stop(struct photos *p, double now)
{
	p->stopped = true;
	while (p->n_parked)
		postpone(p, unpark(p), now);
	free_job(p->head);
	p->head = NULL;
}

void photos_dropped(struct photos *p, void *owner)
{
	p->running--;
	free_job(owner);
}

/* ---- starting */

static bool more_wanted(const struct photos *p)
{
	return !p->c->limit ||
	       p->held + (uint64_t)p->running + (uint64_t)store_pending(p->store) < (uint64_t)p->c->limit;
}

/* The next job that is due: parked or from the queue. 1, 0 none, -1. */
static int next_job(struct photos *p, double now, struct err *e)
{
	double wall = config_time();
	struct ledger_todo t;
	int rc;

	if (p->n_parked && p->heap[0]->not_before <= now) {
		p->head = unpark(p);
		return 1;
	}
	/* Room is kept for those under way: each may have to be parked. */
	while (p->n_parked + p->running + store_pending(p->store) < PHOTOS_PARKED - 1) {
		struct job *j;

		rc = ledger_next_todo(p->l, p->cursor, &t, e);
		if (rc <= 0)
			return rc;
		p->cursor = t.seq;
		j = xcalloc(1, sizeof(*j));
		j->id = t.photo.id;
		j->url = t.photo.url;
		j->width = t.photo.width;
		j->height = t.photo.height;
		j->tries = t.tries;
		j->not_before = now + fmax(0, t.not_before - wall);
		if (j->not_before - now > p->c->max_wait) {
			p->postponed++;
			free_job(j);
			continue;
		}
		if (j->not_before > now) {
			park(p, j);
			continue;
		}
		p->head = j;
		return 1;
	}
	return 0;
}

/* Starts the job at the head. Seconds until its host may be asked; 0: it is under way, or was refused. */
static double start_head(struct photos *p, double now)
{
	struct job *j = p->head;
	struct host *h;
	double wait;

	/* What was listed in an earlier run may no longer be allowed. */
	if (!url_image_allowed(j->url, p->c->allow_host.item, p->c->allow_host.n)) {
		snprintf(j->why, sizeof(j->why), "foreign-host");
		fail_job(p, j, "bad");
		p->head = NULL;
		return 0;
	}
	h = hosts_find(&p->hosts, j->url, now);
	wait = host_wait(h, now);
	if (wait > 0)
		return wait;
	limit_take(&h->limit, now);
	transfers_start(p->t, j->url, MAX_BODY, j);
	p->head = NULL;
	p->running++;
	return 0;
}

static bool nothing_in_hand(const struct photos *p)
{
	if (p->running || store_pending(p->store) || (p->hold && !p->stopped))
		return false;
	return (!p->head && !p->n_parked) || !more_wanted(p);
}

double photos_step(struct photos *p, double now, bool *idle, struct err *e)
{
	double wait = FOR_EVER;

	*idle = false;
	if (p->not_before > now && !p->stopped)
		return p->not_before - now;
	while (!p->stopped && !p->hold && p->running < p->c->connections && store_room(p->store) && more_wanted(p)) {
		int rc = p->head ? 1 : next_job(p, now, e);
		double pause;

		if (rc < 0)
			return -1;
		if (!rc)
			break;
		pause = start_head(p, now);
		if (pause > 0) {
			wait = pause;
			break;
		}
	}
	if (p->n_parked && p->heap[0]->not_before - now < wait)
		wait = p->heap[0]->not_before - now;
	*idle = nothing_in_hand(p);
	return wait < 0 ? 0 : wait;
}

/* ---- answers */

static void redirected(struct photos *p, struct job *j, struct transfer_result *r, double now)
{
	char host[URL_HOST_SIZE];
	bool https;

	if (r->redirect && url_is_placeholder(r->redirect)) {
		snprintf(j->why, sizeof(j->why), "placeholder");
		fail_job(p, j, "gone");
	} else if (!r->redirect || ++j->redirects > 3) {
		snprintf(j->why, sizeof(j->why), "redirects");
		fail_job(p, j, "bad");
	} else if (!url_image_allowed(r->redirect, p->c->allow_host.item, p->c->allow_host.n)) {
		if (url_host(r->redirect, host, &https))
			snprintf(host, sizeof(host), "nowhere");
		snprintf(j->why, sizeof(j->why), "redirect-to-%.40s", host);
		fail_job(p, j, "bad");
	} else {
		free(j->url);
		j->url = xstrdup(r->redirect);
		j->not_before = now;
		park(p, j);
	}
}

static void too_many(struct photos *p, struct job *j, const struct transfer_result *r, double now)
{
	int row = host_complained(hosts_find(&p->hosts, j->url, now), now);
	double pause = r->retry_after > 0 ? r->retry_after
					  : backoff(j->attempts + 1, 30 * p->c->backoff, MAX_PAUSE, &p->jitter);

	p->complaints++;
	snprintf(j->why, sizeof(j->why), "429");
	j->not_before = now + pause;
	keep_patience(p, j, pause);
	/* A server that is merely busy is not the photo's fault: no attempt is counted while others succeed. */
	if (row >= PHOTOS_GIVE_UP || pause > p->c->max_wait || p->stopped)
		postpone(p, j, now);
	else
		park(p, j);
	if (row >= PHOTOS_GIVE_UP) {
		p->stopped = true;
		p->not_before = fmax(p->not_before, now + fmax(pause, 300 * p->c->backoff));
	}
}

static void arrived(struct photos *p, struct job *j, struct transfer_result *r, double now)
{
	struct store_item *item = xcalloc(1, sizeof(*item));

	p->failures = 0;
	host_good(hosts_find(&p->hosts, j->url, now));
	p->bytes += r->body.len;
	item->owner = j;
	item->id = j->id;
	item->body = r->body.data ? r->body.data : xstrdup("");
	item->len = r->body.len;
	item->width = j->width;
	item->height = j->height;
	r->body = (struct buf){ 0 };
	store_put(p->store, item);
}

void photos_result(struct photos *p, struct transfer_result *r, double now)
{
	struct job *j = r->owner;

	p->running--;
	snprintf(j->why, sizeof(j->why), "http-%ld", r->http);
	if (r->outcome != TRANSFER_DONE) {
		snprintf(j->why, sizeof(j->why), "%s", r->reason);
		again(p, j, 0, now);
	} else if (r->http == 200) {
		arrived(p, j, r, now);
	} else if (r->http >= 300 && r->http < 400) {
		redirected(p, j, r, now);
	} else if (r->http == 429) {
		too_many(p, j, r, now);
	} else if (r->http == 408 || r->http >= 500 || r->http < 200) {
		if (r->retry_after > 0)
			keep_patience(p, j, r->retry_after);
		again(p, j, r->retry_after, now);
	} else if (r->http == 401 || r->http == 403 || r->http == 404 || r->http == 410 || r->http == 451) {
		snprintf(j->why, sizeof(j->why), "%ld", r->http);
		fail_job(p, j, "gone");
	} else {
		fail_job(p, j, "bad");
	}
	transfer_result_release(r);
}

/* ---- entering */

/* A file on disk: held, or the same as one we hold, whose copy goes. */
static int enter_held(struct photos *p, const struct store_item *item, struct err *e)
{
	int64_t same;
	char path[64];

	if (ledger_find_content(p->l, item->sha256, &same, e))
		return -1;
	if (same == item->id)
		same = 0;
	if (same) {
		char *full;

		ledger_path(path, item->id, item->ext);
		full = xasprintf("%s/%s", p->c->dir, path);
		if (unlink(full) && errno != ENOENT)
			warn("cannot remove '%s': %s", full, strerror(errno));
		free(full);
		p->same++;
	}
	p->held++;
	p->waiting--;
	return ledger_held(p->l, item->id, item->ext, item->len, item->sha256, item->width, item->height, same,
			   (int64_t)config_time(), e);
}

/* The body was not the photo. Cut short or garbled, it may come right next time. */
static void reject(struct photos *p, struct job *j, const char *bad, double now)
{
	bool garbled = strcmp(bad, "wrong-size") != 0 && strcmp(bad, "placeholder") != 0;

	snprintf(j->why, sizeof(j->why), "%s", bad);
	if (garbled && j->attempts < p->c->retries)
		again(p, j, 0, now);
	else
		fail_job(p, j, strcmp(bad, "placeholder") == 0 ? "gone" : "bad");
}

int photos_enter(struct photos *p, struct store_item *items, double now, struct err *e)
{
	struct store_item *item, *next;
	int i, rc = 0;

	for (item = items; item; item = next) {
		next = item->next;
		if (item->bad) {
			reject(p, item->owner, item->bad, now);
		} else {
			rc = rc ? rc : enter_held(p, item, e);
			free_job(item->owner);
		}
		free(item->body);
		free(item);
	}
	for (i = 0; i < p->n_decisions && rc == 0; i++) {
		const struct decision *d = &p->decision[i];

		if (d->kind == DECIDED_FAILED)
			rc = ledger_failed(p->l, d->id, d->status, e);
		else
			rc = ledger_postponed(p->l, d->id, d->status, d->tries, d->not_before, e);
	}
	p->n_decisions = 0;
	if (rc == 0 && p->not_before > now)
		rc = ledger_set_f64(p->l, "image_not_before", config_time() + p->not_before - now, e);
	return rc == 0 ? ledger_set_i64(p->l, "stale", 1, e) : -1;
}
