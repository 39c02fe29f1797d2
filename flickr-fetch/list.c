/* The modes that only ask: --list and --dry-run. */
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/progress.h"
#include "flickr-fetch/client.h"
#include "flickr-fetch/fetch.h"
#include "flickr-fetch/feed.h"
#include "flickr-fetch/walk.h"

#define PERIODS 12 /* rows of --dry-run */

static char empty[] = "";

static int add_row(void *data, const struct photo *p, const char *status, struct err *e)
{
	struct feed *feed = data;
	struct ledger_row row = {
		.photo = *p, .status = status ? status : "none:listed", .ext = "", .state = LEDGER_FAILED
	};

	(void)e;
	if (!row.photo.url)
		row.photo.url = empty;
	feed_add(feed, "", &row);
	return 0;
}

/* Everything asked for has its own pace, so here we wait for the reader. */
static int push_all(struct feed *feed, struct err *e)
{
	while (feed_busy(feed)) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

		poll(&p, 1, 1000);
		if (feed_push(feed, e))
			return -1;
		if (fetch_signal)
			return err_code(e, 0, "stopped");
	}
	while (feed_left(feed))
		;
	return 0;
}

static int list_all(struct walk *w, struct feed *feed, uint64_t limit, struct err *e)
{
	struct api_reply reply;
	int rc;

	while (!walk_done(w) && !fetch_signal) {
		walk_ask(w);
		if (client_call(w->k, false, &reply, &fetch_signal, e))
			return -1;
		rc = walk_reply(w, &reply, e);
		api_reply_release(&reply);
		if (rc || push_all(feed, e))
			return -1;
		if (limit && w->fresh >= limit)
			break;
	}
	return 0;
}

int fetch_list(const struct config *c, struct transfers *t)
{
	struct ledger *l = NULL;
	struct client k = { 0 };
	struct walk w = { 0 };
	struct feed feed = { 0 };
	struct summary s = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (ledger_open(&l, NULL, &e) || feed_open(&feed, c, &e) || client_init(&k, c, l, t, &e))
		goto out;
	walk_init(&w, c, l, &k, c->since, c->until ? c->until : (int64_t)config_time());
	w.listed = add_row;
	w.data = &feed;
	rc = list_all(&w, &feed, (uint64_t)c->limit, &e);
	s.in = w.seen;
	s.out = w.fresh;
	summary_extra(&s, "API calls", (double)k.calls);
	summary_extra(&s, "out of reach", (double)w.plan.lost);
	summary_print(&s, c->common.quiet, c->common.json);
out:
	if (rc && e.code)
		warn("%s", e.msg);
	else if (rc && !fetch_signal)
		fetch_signal = SIGPIPE;
	feed_close(&feed);
	buf_release(&k.url);
	ledger_close(l);
	return rc ? e.code : EXIT_CODE_OK;
}

/* ---- the plan */

static void print_date(int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char text[32];

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%s\t", text);
}

static int ask_total(const struct config *c, struct client *k, int64_t from, int64_t to, int64_t *total, struct err *e)
{
	struct api_query q = {
		.tags = &c->tags,
		.tag_n = c->tags.n,
		.licences = c->licences,
		.from = from,
		.to = to,
		.page = 1,
		.safe_search = c->safe_search,
		.per_page = 1,
		.sizes = &c->sizes,
	};
	struct api_reply reply;

	buf_reset(&k->url);
	api_search_url(&k->url, c->api_url, c->key, &q);
	k->first_page = true;
	if (client_call(k, false, &reply, &fetch_signal, e))
		return -1;
	*total = reply.total > 0 ? reply.total : 0;
	api_reply_release(&reply);
	return 0;
}

int fetch_dry_run(const struct config *c, struct transfers *t)
{
	int64_t to = c->until ? c->until : (int64_t)config_time(), sum = 0, total;
	struct ledger *l = NULL;
	struct client k = { 0 };
	struct err e = { 0 };
	int i, rc = -1;

	if (ledger_open(&l, NULL, &e) || client_init(&k, c, l, t, &e))
		goto out;
	printf("since\tuntil\ttags\tphotos\tcalls\n");
	for (i = 0; i < PERIODS; i++) {
		int64_t a = c->since + (to - c->since + 1) / PERIODS * i;
		int64_t b = i == PERIODS - 1 ? to : c->since + (to - c->since + 1) / PERIODS * (i + 1) - 1;

		if (ask_total(c, &k, a, b, &total, &e))
			goto out;
		print_date(a);
		print_date(b);
		/* A page brings 500; windows that are cut, and seconds asked twice, cost about a tenth more. */
		printf("%d\t%" PRId64 "\t%" PRId64 "\n", c->tags.n, total, 1 + total * 11 / 10 / API_PER_PAGE);
		sum += total;
	}
	rc = 0;
	if (!c->common.quiet)
		fprintf(stderr,
			"%s: about %" PRId64
			" photos; at %g calls an hour and %g photos a second listing takes %.1f h, "
			"fetching %.1f h\n",
			err_program_name(), sum, c->api_rate, c->image_rate,
			(double)sum * 1.1 / API_PER_PAGE / c->api_rate, (double)sum / c->image_rate / 3600);
out:
	if (rc && e.code)
		warn("%s", e.msg);
	buf_release(&k.url);
	ledger_close(l);
	return rc ? e.code : EXIT_CODE_OK;
}
