#include "flickr-fetch/walk.h"

#include <stdlib.h>
#include <string.h>

#include "flickr-fetch/licence.h"
#include "flickr-fetch/url.h"

void walk_init(struct walk *w, const struct config *c, struct ledger *l, struct client *k, int64_t from, int64_t to)
{
	memset(w, 0, sizeof(*w));
	w->c = c;
	w->l = l;
	w->k = k;
	w->from = from;
	if (from <= to)
		plan_init(&w->plan, from, to, c->tags.n, c->licences);
	else
		w->plan.at = 1; /* nothing to ask: at > to */
}

bool walk_done(const struct walk *w)
{
	struct plan_slice s;
	int page;

	return !w->asking && !plan_next(&w->plan, &s, &page);
}

void walk_ask(struct walk *w)
{
	struct api_query q = {
		.tags = &w->c->tags,
		.safe_search = w->c->safe_search,
		.per_page = API_PER_PAGE,
		.sizes = &w->c->sizes,
	};

	if (!plan_next(&w->plan, &w->slice, &w->page))
		BUG("the walk is over");
	q.from = w->slice.from;
	q.to = w->slice.to;
	q.licences = w->slice.licences;
	q.tag_first = w->slice.tag_first;
	q.tag_n = w->slice.tag_n;
	q.page = w->page;
	buf_reset(&w->k->url);
	api_search_url(&w->k->url, w->c->api_url, w->c->key, &q);
	w->asking = true;
	w->k->first_page = w->page == 1;
	client_begin(w->k, false);
}

/* Why a photo that was listed will not be fetched; NULL: it will. */
static const char *refusal(const struct config *c, const struct photo *p)
{
	int side = p->width < p->height ? p->width : p->height;

	if (!p->url)
		return "none:no-size";
	if (side && side < c->min_side)
		return "none:below-min";
	if (!url_image_allowed(p->url, c->allow_host.item, c->allow_host.n))
		return "bad:foreign-host";
	return NULL;
}

static int enter(struct walk *w, const struct photo *p, int *fresh, struct err *e)
{
	const char *status = refusal(w->c, p);
	bool is_new;

	w->seen++;
	/* The server's filter is not trusted, nor are ids that the list does not know. */
	if (!licence_in(w->c->licences, p->license)) {
		w->excluded++;
		return 0;
	}
	if (w->public_at)
		return ledger_mark_public(w->l, p->id, w->public_at, e);
	if (ledger_add(w->l, p, status, &is_new, e))
		return -1;
	if (!is_new)
		return 0;
	w->fresh++;
	w->refused += status && *status == 'b';
	(*fresh)++;
	return w->listed ? w->listed(w->data, p, status, e) : 0;
}

int walk_reply(struct walk *w, const struct api_reply *reply, struct err *e)
{
	struct plan_reply r = {
		.total = reply->total,
		.entries = reply->entries,
		.per_page = API_PER_PAGE,
		.too_far = !reply->ok,
		.sorted = reply->sorted,
		.n = reply->n,
	};
	int64_t *id = xcalloc((size_t)reply->n + 1, sizeof(*id));
	int i, fresh = 0, rc = -1;

	w->asking = false;
	w->malformed += (uint64_t)reply->malformed;
	for (i = 0; i < reply->n; i++)
		id[i] = reply->photo[i].id;
	r.id = id;
	if (reply->n) {
		r.first = reply->photo[0].date_upload;
		r.last = reply->photo[reply->n - 1].date_upload;
	}
	if (ledger_begin(w->l, e))
		goto out;
	for (i = 0; i < reply->n; i++)
		if (enter(w, &reply->photo[i], &fresh, e))
			goto out;
	plan_reply(&w->plan, &r);
	if (!w->public_at &&
	    (ledger_set_i64(w->l, "walk_at", w->plan.at, e) || (fresh && ledger_set_i64(w->l, "stale", 1, e))))
		goto out;
	if (ledger_add_call(w->l, &w->slice, w->page, &r, fresh, (int64_t)config_time(), e) || ledger_commit(w->l, e))
		goto out;
	rc = 0;
out:
	if (rc)
		ledger_rollback(w->l);
	free(id);
	return rc;
}
