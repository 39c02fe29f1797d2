#include "flickr-fetch/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/progress.h"
#include "flickr-fetch/client.h"
#include "flickr-fetch/photos.h"
#include "flickr-fetch/feed.h"
#include "flickr-fetch/store.h"
#include "flickr-fetch/walk.h"

#define QUEUE_HIGH 20000 /* listed and not fetched: listing pauses here, so that what is fetched was seen lately */
#define QUEUE_LOW 10000
#define DELIVER_BYTES 65536 /* of rows waiting for the pipe */
#define COMMIT_SECONDS 0.05 /* decisions wait this long for company */
#define GRACE_SECONDS 2	    /* after a signal, for transfers in flight */

volatile sig_atomic_t fetch_signal;

struct fetch {
	const struct config *c;
	struct ledger *l;
	struct transfers *t;
	struct store *store;
	struct client client;
	struct walk walk;
	struct photos photos;
	struct feed feed;
	int64_t delivered; /* place of the last row given to rows */
	bool more_rows;	   /* the ledger may hold rows after it */
	bool paused;	   /* listing, until the queue is shorter */
	bool api_down;	   /* the API side gave up; what is queued is still fetched */
	struct err api_err;
	double changed; /* when the oldest decision not yet entered was made, 0: none */
	double stop_at; /* after a signal: when to drop the rest */
	bool reader_gone;
	struct err err; /* of the whole run */
	double shown;	/* progress line */
};

static void wake(void *data)
{
	transfers_wake(data);
}

/* ---- opening */

/* Where the walk begins: at the start of the range, or where the last run was, less the overlap when that one had ended. */
static int walk_start(const struct config *c, struct ledger *l, int64_t *from, struct err *e)
{
	int64_t at, done;

	if (ledger_get_i64(l, "walk_at", c->since, &at, e) || ledger_get_i64(l, "walk_done", 0, &done, e))
		return -1;
	*from = c->since;
	if (c->resume && at > c->since) {
		if (done)
			at -= c->overlap;
		*from = at > c->since ? at : c->since;
	}
	if (ledger_set_i64(l, "walk_at", *from, e) || ledger_set_i64(l, "walk_done", 0, e))
		return -1;
	return 0;
}

static int fetch_open(struct fetch *f, const struct config *c, struct ledger *l, struct transfers *t)
{
	struct err *e = &f->err;
	int64_t from;

	memset(f, 0, sizeof(*f));
	f->c = c;
	f->l = l;
	f->t = t;
	f->more_rows = true;
	if (feed_open(&f->feed, c, e) || walk_start(c, l, &from, e) || client_init(&f->client, c, l, t, e))
		return -1;
	f->store = store_open(c->dir, &c->deny, wake, t, e);
	if (!f->store || photos_init(&f->photos, c, l, f->store, t, e))
		return -1;
	walk_init(&f->walk, c, l, &f->client, from, c->until ? c->until : (int64_t)config_time());
	return 0;
}

/* ---- the two sides */

static bool listing_wanted(struct fetch *f)
{
	int64_t high = QUEUE_HIGH;

	if (f->c->limit && f->c->limit < high)
		high = f->c->limit;
	if (f->photos.waiting >= high)
		f->paused = true;
	else if (f->photos.waiting < (high < QUEUE_LOW ? high : QUEUE_LOW))
		f->paused = false;
	if (f->c->limit && (int64_t)f->photos.held >= f->c->limit)
		return false;
	return !f->paused && !f->api_down && !f->stop_at && !f->photos.stopped;
}

/*
 * The API gave up. When it is only away, what is in the queue can still be had; when the key is refused, we are not welcome.
 */
static void api_failed(struct fetch *f, const struct err *e)
{
	f->api_down = true;
	f->api_err = *e;
	f->client.busy = false;
	f->walk.asking = false;
	if (e->code != EXIT_CODE_TEMPORARY)
		photos_stop(&f->photos, clock_wall());
}

static double step_api(struct fetch *f, double now)
{
	struct err e = { 0 };
	double wait;

	if (!f->walk.asking && listing_wanted(f) && !walk_done(&f->walk))
		walk_ask(&f->walk);
	wait = client_step(&f->client, now, &e);
	if (wait >= 0)
		return wait;
	api_failed(f, &e);
	return 0;
}

static int api_result(struct fetch *f, struct transfer_result *r, double now)
{
	struct api_reply reply = { 0 };
	struct err e = { 0 };
	uint64_t fresh = f->walk.fresh;
	int rc = client_result(&f->client, r, &reply, now, &e);

	transfer_result_release(r);
	if (rc < 0)
		api_failed(f, &e);
	if (rc <= 0)
		return 0;
	rc = walk_reply(&f->walk, &reply, &f->err);
	api_reply_release(&reply);
	if (rc)
		return -1;
	if (f->walk.fresh > fresh) {
		f->more_rows = true;
		if (ledger_count_todo(f->l, &f->photos.waiting, &f->err))
			return -1;
	}
	if (walk_done(&f->walk))
		return ledger_set_i64(f->l, "walk_done", 1, &f->err);
	return 0;
}

static int take_results(struct fetch *f, double now)
{
	struct transfer_result r;

	while (transfers_next(f->t, &r)) {
		if (r.owner == &f->client) {
			if (api_result(f, &r, now))
				return -1;
		} else {
			photos_result(&f->photos, &r, now);
		}
	}
	return 0;
}

/* ---- ledger and pipe */

/* Enters what has been decided since, and which rows have left, in one transaction. */
static int commit(struct fetch *f, double now)
{
	struct err *e = &f->err;
	int store_rc;
	struct store_item *items = store_done(f->store, &store_rc, e);
	int64_t id = feed_left(&f->feed);
	bool due;

	if (!items && !f->photos.n_decisions && !id) {
		f->changed = 0;
		return store_rc;
	}
	if (!f->changed)
		f->changed = now;
	due = items || now - f->changed >= COMMIT_SECONDS || !transfers_running(f->t) || id;
	if (!due)
		return store_rc;
	if (ledger_begin(f->l, e))
		return -1;
	if (items || f->photos.n_decisions) {
		f->more_rows = true;
		if (photos_enter(&f->photos, items, now, e))
			goto err;
	}
	for (; id; id = feed_left(&f->feed))
		if (ledger_handed(f->l, id, e))
			goto err;
	if (ledger_commit(f->l, e))
		goto err;
	f->changed = 0;
	return store_rc;
err:
	ledger_rollback(f->l);
	return -1;
}

static int deliver_row(void *data, const struct ledger_row *row, struct err *e)
{
	struct fetch *f = data;

	(void)e;
	feed_add(&f->feed, f->c->dir, row);
	f->delivered = row->due;
	return f->feed.w.line.len - f->feed.at >= DELIVER_BYTES;
}

/* Rows go from the ledger to the pipe, those of earlier runs first. */
static int deliver(struct fetch *f)
{
	int rc;

	if (!feed_busy(&f->feed) && f->more_rows && f->feed.first == f->feed.n) {
		rc = ledger_each(f->l, LEDGER_UNHANDED, f->delivered, deliver_row, f, &f->err);
		if (rc < 0)
			return -1;
		f->more_rows = rc > 0;
	}
	if (feed_push(&f->feed, &f->err)) {
		if (f->err.code)
			return -1;
		f->reader_gone = true;
	}
	return 0;
}

/* ---- the loop */

static void show_progress(struct fetch *f, double now)
{
	const struct photos *p = &f->photos;
	double rate, done = plan_progress(&f->walk.plan, f->walk.from);

	if (f->c->common.quiet || now - f->shown < 0.5 || !isatty(STDERR_FILENO))
		return;
	f->shown = now;
	rate = (double)p->held / fmax(now, 0.1);
	fprintf(stderr,
		"\r%llu photos, %lld waiting, %llu known, %llu gone, %llu 429s, %.1f/s, %.2f MB/s, %d calls left this "
		"hour, listed %.1f %%, ETA %.1f h\033[K",
		(unsigned long long)p->held, (long long)p->waiting, (unsigned long long)(f->walk.seen - f->walk.fresh),
		(unsigned long long)p->gone, (unsigned long long)(p->complaints + f->client.complaints), rate,
		(double)p->bytes / 1e6 / fmax(now, 0.1), client_left(&f->client), 100 * done,
		rate > 0 && done > 0 ? (double)(p->held + (uint64_t)p->waiting) / done / rate / 3600 - now / 3600
				     : 0.0);
}

static void check_signal(struct fetch *f, double now)
{
	if (!fetch_signal && !f->reader_gone)
		return;
	if (!f->stop_at)
		f->stop_at = now + GRACE_SECONDS;
	if (!f->photos.stopped)
		photos_stop(&f->photos, now);
	if (f->client.busy && !f->client.sent)
		f->client.busy = f->walk.asking = false;
	if (now >= f->stop_at) {
		void *owner;

		while ((owner = transfers_drop(f->t))) {
			if (owner == &f->client)
				f->client.busy = f->walk.asking = false;
			else
				photos_dropped(&f->photos, owner);
		}
	}
}

static bool finished(struct fetch *f, bool photos_idle)
{
	bool listed = !f->client.busy && (!listing_wanted(f) || walk_done(&f->walk));
	bool told = f->feed.first == f->feed.n && !f->more_rows && !feed_busy(&f->feed);

	return photos_idle && listed && !f->photos.n_decisions && (told || f->reader_gone || f->stop_at);
}

/* One turn: 1 goes on, 0 all done, -1. */
static int turn(struct fetch *f)
{
	double now = clock_wall(), wait, photo_wait = 1;
	bool idle = true, out_ready;

	check_signal(f, now);
	/* Given up in this run by the host's complaints: what waits goes to a later one. */
	if (f->photos.stopped && f->photos.n_parked)
		photos_stop(&f->photos, now);
	wait = step_api(f, now);
	f->photos.hold = feed_busy(&f->feed) && !f->reader_gone;
	photo_wait = photos_step(&f->photos, now, &idle, &f->err);
	if (photo_wait < 0)
		return -1;
	if (!f->photos.running)
		store_flush(f->store);
	if (commit(f, now) || deliver(f))
		return -1;
	if (finished(f, idle && !store_pending(f->store)))
		return 0;
	show_progress(f, now);
	wait = fmin(fmin(wait, photo_wait), f->changed ? COMMIT_SECONDS : 1);
	/* Rows that have just left are entered in the next turn. */
	if (f->feed.n && !feed_busy(&f->feed))
		wait = 0;
	if (transfers_wait(f->t, wait, feed_busy(&f->feed) && !f->reader_gone ? STDOUT_FILENO : -1, &out_ready,
			   &f->err))
		return -1;
	return take_results(f, clock_wall()) ? -1 : 1;
}

/* ---- closing */

static void summarise(struct fetch *f)
{
	const struct photos *p = &f->photos;
	struct summary s = { .in = f->walk.seen, .out = p->held - p->same, .failed = p->bad + f->walk.refused };

	if (isatty(STDERR_FILENO) && f->shown > 0)
		fprintf(stderr, "\r\033[K");
	summary_extra(&s, "new", (double)f->walk.fresh);
	summary_extra(&s, "known", (double)(f->walk.seen - f->walk.fresh - f->walk.excluded));
	summary_extra(&s, "other licence", (double)f->walk.excluded);
	summary_extra(&s, "malformed", (double)f->walk.malformed);
	summary_extra(&s, "out of reach", (double)f->walk.plan.lost);
	summary_extra(&s, "same content", (double)p->same);
	summary_extra(&s, "gone", (double)p->gone);
	summary_extra(&s, "later", (double)p->postponed);
	summary_extra(&s, "API calls", (double)f->client.calls);
	summary_extra(&s, "429s", (double)(p->complaints + f->client.complaints));
	summary_extra(&s, "MB", (double)p->bytes / 1e6);
	summary_print(&s, f->c->common.quiet, f->c->common.json);
	if (f->walk.plan.lost)
		warn("%llu photos cannot be reached: more than %d carry one tag and one licence and were uploaded in one second",
		     (unsigned long long)f->walk.plan.lost, PLAN_CAP);
}

static int write_manifest(struct fetch *f)
{
	char *path = NULL;
	int64_t stale;
	int rc;

	if (ledger_get_i64(f->l, "stale", 1, &stale, &f->err))
		return -1;
	path = xasprintf("%s/photos.tsv", f->c->dir);
	/* A signal leaves it for the next run: with millions of rows it takes long. */
	rc = fetch_signal || (!stale && access(path, F_OK) == 0) ? 0 : manifest_write(f->c, f->l, path, &f->err);
	if (rc == 0 && !fetch_signal && stale)
		rc = ledger_set_i64(f->l, "stale", 0, &f->err);
	free(path);
	return rc;
}

static int exit_status(struct fetch *f)
{
	if (f->api_down) {
		warn("%s", f->api_err.msg);
		return f->api_err.code;
	}
	if (f->photos.postponed || f->photos.stopped) {
		if (f->photos.stopped && !fetch_signal && !f->reader_gone)
			warn("the image host does not serve us at present; a later run will fetch what is missing");
		return EXIT_CODE_TEMPORARY;
	}
	return f->photos.bad || f->walk.refused ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}

int fetch_run(const struct config *c, struct ledger *l, struct transfers *t)
{
	struct fetch f;
	int rc = fetch_open(&f, c, l, t), status;

	if (rc == 0)
		while ((rc = turn(&f)) > 0)
			;
	if (rc == 0)
		rc = client_close(&f.client, &f.err) || write_manifest(&f);
	summarise(&f);
	status = rc ? f.err.code : exit_status(&f);
	if (rc)
		warn("%s", f.err.msg);
	store_close(f.store);
	photos_release(&f.photos);
	feed_close(&f.feed);
	if (f.reader_gone && !fetch_signal)
		fetch_signal = SIGPIPE;
	return status;
}
