#include "flickr-fetch/plan.h"

#include <string.h>

#include "common/err.h"

#define TARGET 2000 /* results a window should have: far enough from PLAN_SAFE for density to change by half */
#define PAGE 500
#define GROWTH 32
#define MAX_PASSES 5

void plan_init(struct plan *p, int64_t from, int64_t to, int n_tags, uint32_t licences)
{
	memset(p, 0, sizeof(*p));
	p->at = from;
	p->to = to;
	p->width = to - from + 1;
	p->n_tags = n_tags;
	p->licences = licences;
}

static struct plan_slice window(const struct plan *p)
{
	struct plan_slice s = { p->at, p->to, p->licences, 0, p->n_tags };

	if (p->to - p->at >= p->width)
		s.to = p->at + p->width - 1;
	return s;
}

bool plan_next(const struct plan *p, struct plan_slice *slice, int *page)
{
	if (p->depth) {
		*slice = p->stack[p->depth - 1];
		*page = p->page;
		return true;
	}
	if (p->at > p->to)
		return false;
	*slice = window(p);
	*page = 1;
	return true;
}

double plan_progress(const struct plan *p, int64_t from)
{
	return p->at > p->to ? 1 : (double)(p->at - from) / (double)(p->to - from + 1);
}

/* ---- ids seen in the slice in hand */

static void forget(struct plan *p)
{
	if (p->n_seen)
		memset(p->seen, 0, sizeof(p->seen));
	p->n_seen = 0;
}

/* Adds the reply's ids; returns how many had not been seen. */
static int see(struct plan *p, const struct plan_reply *r)
{
	int i, fresh = 0;

	for (i = 0; i < r->n; i++) {
		uint64_t h = (uint64_t)r->id[i] * UINT64_C(0x9e3779b97f4a7c15) >> 49;

		while (p->seen[h] && p->seen[h] != r->id[i])
			h = (h + 1) % PLAN_SEEN;
		/* A server that pours out ids without end must not fill the table. */
		if (p->seen[h] || p->n_seen >= PLAN_SEEN / 2)
			continue;
		p->seen[h] = r->id[i];
		p->n_seen++;
		fresh++;
	}
	return fresh;
}

/* ---- a slice read page by page */

static void start_pages(struct plan *p, int page)
{
	p->page = page;
	p->pass = 1;
	p->pass_fresh = 0;
}

static void push(struct plan *p, struct plan_slice s)
{
	if (p->depth == PLAN_DEPTH)
		BUG("more than %d slices", PLAN_DEPTH);
	p->stack[p->depth++] = s;
}

/* Replaces the slice in hand by parts of it; false when it is one licence and one tag already. */
static bool split(struct plan *p)
{
	struct plan_slice s = p->stack[p->depth - 1];
	int half = s.tag_n / 2;
	int i;

	if (s.licences & (s.licences - 1)) {
		p->depth--;
		for (i = 31; i >= 0; i--) {
			struct plan_slice part = s;

			part.licences = UINT32_C(1) << i;
			if (s.licences & part.licences)
				push(p, part);
		}
	} else if (half) {
		struct plan_slice first = s, second = s;

		first.tag_n = half;
		second.tag_first += half;
		second.tag_n -= half;
		p->depth--;
		push(p, second);
		push(p, first);
	} else {
		return false;
	}
	p->splits++;
	forget(p);
	start_pages(p, 1);
	return true;
}

static void finish_slice(struct plan *p)
{
	struct plan_slice s = p->stack[--p->depth];

	forget(p);
	start_pages(p, 1);
	if (!p->depth)
		p->at = s.to + 1;
}

static void reply_pages(struct plan *p, const struct plan_reply *r)
{
	bool full = r->entries >= r->per_page;
	bool capped = r->too_far || (full && (p->page + 1) * r->per_page > PLAN_CAP);
	int fresh = see(p, r);

	p->pass_fresh += fresh;
	if ((r->too_far || capped || r->total > PLAN_SAFE) && split(p))
		return;
	if (full && !capped && (fresh || p->pass > 1)) {
		p->page++;
		return;
	}
	/* The pass is over. Pages shift: where there is more than one, it takes a pass that brings nothing new. */
	if (p->pass_fresh && p->page > 1 && p->n_seen < PLAN_CAP && p->pass < MAX_PASSES) {
		p->page = 1;
		p->pass++;
		p->pass_fresh = 0;
		return;
	}
	if (capped && r->total > p->n_seen)
		p->lost += (uint64_t)(r->total - p->n_seen);
	finish_slice(p);
}

/* ---- the window that slides */

/* For the next window: about as many results as TARGET, no more than GROWTH times as wide as this one. */
static void adapt_width(struct plan *p, const struct plan_slice *s, const struct plan_reply *r)
{
	double span = (double)(s->to - s->from + 1);
	double total = r->total > r->entries ? (double)r->total : (double)r->entries;
	double want = total > 0 ? span * TARGET / total : span * GROWTH;

	if (want > span * GROWTH)
		want = span * GROWTH;
	if (want > (double)(p->to - s->from + 1))
		want = (double)(p->to - s->from + 1);
	p->width = want < 1 ? 1 : (int64_t)want;
}

/*
 * The window claims too much. Its page shows how dense the beginning is: a window four times as long as the page has about
 * 2,000. When that is too large again, the density jumps, at the page's last date or later: the next window ends before it.
 */
static void shrink(struct plan *p, const struct plan_slice *s, const struct plan_reply *r, bool sound)
{
	int64_t half = (s->to - s->from + 1) / 2, page = r->last - s->from;

	if (sound && r->n && page < half)
		p->width = p->shrunk || page * (TARGET / PAGE) > half ? page : page * (TARGET / PAGE);
	if (p->width > half)
		p->width = half;
	if (p->width < 1)
		p->width = 1;
	p->shrunk = true;
	p->again = false;
}

/* Reads the window page by page, beginning with `page`. */
static void page_through(struct plan *p, struct plan_slice s, int page, const struct plan_reply *r)
{
	forget(p);
	push(p, s);
	start_pages(p, page);
	p->again = false;
	if (page > 1)
		p->pass_fresh = see(p, r);
}

/*
 * A page that is not full, of a window that claims more. Totals lie, but pages also come with a photo or two filtered out:
 * one that is nearly full or empty is asked for once more, and then the rest of the window is. False: there is none.
 */
static bool reply_short(struct plan *p, const struct plan_slice *s, const struct plan_reply *r)
{
	if (!p->again && (r->n == 0 || r->entries >= r->per_page - r->per_page / 10)) {
		p->again = true;
		p->width = s->to - s->from + 1;
		return true;
	}
	p->again = false;
	if (r->n == 0 || r->last <= s->from)
		return false;
	p->at = r->last;
	p->width = s->to - r->last + 1;
	return true;
}

static void reply_window(struct plan *p, const struct plan_reply *r)
{
	struct plan_slice s = window(p);
	bool full = r->entries >= r->per_page;
	bool sound = r->sorted && (!r->n || (r->first >= s.from && r->last <= s.to));

	adapt_width(p, &s, r);
	if ((r->total > PLAN_SAFE || r->too_far) && s.to > s.from) {
		shrink(p, &s, r, sound);
		return;
	}
	p->shrunk = false;
	if (r->too_far || r->total > PLAN_SAFE || !sound || (full && !r->n)) {
		page_through(p, s, 1, r);
		return;
	}
	if (full && r->last == s.from) {
		s.to = s.from;
		page_through(p, s, 2, r);
		return;
	}
	if (full) {
		p->at = r->last;
		p->again = false;
		return;
	}
	if (r->total > r->entries + r->entries / 10 && reply_short(p, &s, r))
		return;
	p->again = false;
	p->at = s.to + 1;
}

void plan_reply(struct plan *p, const struct plan_reply *r)
{
	if (p->depth)
		reply_pages(p, r);
	else
		reply_window(p, r);
}
