/* The walk through upload dates, against a server that cheats: is all listed, and with how many calls? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#include "common/err.h"
#include "flickr-fetch/limit.h"
#include "flickr-fetch/plan.h"

#define TAGS 8
#define PER_PAGE 500

struct photo_here {
	int64_t date, id;
	uint32_t tags; /* bit per tag */
	int licence;
	bool found;
};

struct server {
	struct photo_here *photo;
	int n;
	/* cheats */
	double lie;	/* totals are off by up to this share */
	int shift;	/* places that pages after the first move by, up to */
	bool error_20;	/* beyond 4,000 results; otherwise repeats */
	bool unsorted;	/* newest first, whatever was asked */
	int short_page; /* every so many calls a page lacks one; 0: never */
	uint64_t draw;
	int calls;
};

static uint64_t draw(struct server *s)
{
	s->draw = s->draw * 6364136223846793005u + 1442695040888963407u;
	return s->draw >> 33;
}

static int by_date(const void *a, const void *b)
{
	const struct photo_here *x = a, *y = b;

	return x->date != y->date ? (x->date < y->date ? -1 : 1) : x->id < y->id ? -1 : 1;
}

static void add(struct server *s, int n, int64_t from, int64_t to)
{
	int i;

	s->photo = xrealloc_array(s->photo, (size_t)(s->n + n), sizeof(*s->photo));
	for (i = 0; i < n; i++) {
		struct photo_here *p = &s->photo[s->n++];

		memset(p, 0, sizeof(*p));
		p->id = 1000 + s->n * 7;
		p->date = from + (int64_t)(draw(s) % (uint64_t)(to - from + 1));
		p->tags = 1u << draw(s) % TAGS | 1u << draw(s) % TAGS;
		p->licence = (int)(draw(s) % 4);
	}
	qsort(s->photo, (size_t)s->n, sizeof(*s->photo), by_date);
}

/* Answers one query as the real one would, and marks what it showed. */
static void serve(struct server *s, const struct plan_slice *q, int page, struct plan_reply *r, int64_t *id)
{
	uint32_t tags = ((1u << q->tag_n) - 1) << q->tag_first;
	struct photo_here **hit = xcalloc((size_t)s->n + 1, sizeof(struct photo_here *));
	int i, n = 0, first = (page - 1) * PER_PAGE, last;

	s->calls++;
	memset(r, 0, sizeof(*r));
	r->per_page = PER_PAGE;
	r->id = id;
	r->sorted = true;
	for (i = 0; i < s->n; i++) {
		struct photo_here *p = &s->photo[s->unsorted ? s->n - 1 - i : i];

		if (p->date >= q->from && p->date <= q->to && (p->tags & tags) && (q->licences >> p->licence & 1))
			hit[n++] = p;
	}
	r->total = n + (int64_t)((double)n * s->lie * ((double)(draw(s) % 2001) / 1000 - 1));
	if (first >= PLAN_CAP && s->error_20) {
		r->too_far = true;
		r->total = -1;
		free(hit);
		return;
	}
	if (first >= PLAN_CAP)
		first = PLAN_CAP - PER_PAGE;
	if (page > 1 && s->shift)
		first += (int)(draw(s) % (uint64_t)(2 * s->shift + 1)) - s->shift;
	last = first + PER_PAGE < n ? first + PER_PAGE : n;
	for (i = first; i < last; i++) {
		if (s->short_page && s->calls % s->short_page == 0 && i == first + 100)
			continue;
		hit[i]->found = true;
		if (!r->n)
			r->first = hit[i]->date;
		else if (hit[i]->date < r->last)
			r->sorted = false;
		r->last = hit[i]->date;
		id[r->n++] = hit[i]->id;
	}
	r->entries = r->n;
	free(hit);
}

static int walk(struct server *s, struct plan *p, int64_t from, int64_t to)
{
	int64_t *id = xcalloc(PER_PAGE, sizeof(*id));
	struct plan_slice q;
	struct plan_reply r;
	int i, page, lost = 0;

	plan_init(p, from, to, TAGS, 0xf);
	while (plan_next(p, &q, &page)) {
		assert_true(s->calls < 100000);
		assert_true(q.from <= q.to && q.from >= from && q.to <= to && page >= 1);
		serve(s, &q, page, &r, id);
		plan_reply(p, &r);
	}
	for (i = 0; i < s->n; i++)
		lost += !s->photo[i].found && s->photo[i].date >= from && s->photo[i].date <= to;
	free(id);
	return lost;
}

static void check(const char *what, struct server *s, int max_lost, double max_calls)
{
	static struct plan p;
	int lost = walk(s, &p, 0, 999999999);

	print_message("%s: %d photos, %d not listed, %d calls, %.2f of photos / 500\n", what, s->n, lost, s->calls,
		      s->calls * 500.0 / s->n);
	assert_true(lost <= max_lost);
	assert_true(s->calls <= max_calls);
	assert_int_equal(p.lost, 0);
	free(s->photo);
}

static void honest(void **state)
{
	struct server s = { 0 };

	(void)state;
	add(&s, 50000, 0, 999999999);
	check("honest", &s, 0, 110);
}

static void uneven(void **state)
{
	struct server s = { .lie = 0.1, .shift = 4 };

	(void)state;
	add(&s, 20000, 0, 999999999);
	add(&s, 20000, 900000000, 900086399); /* one day */
	add(&s, 5000, 950000000, 950000000);  /* one second, over the cap */
	check("uneven, shifting, lying", &s, 0, 150);
}

static void shifting_without_order(void **state)
{
	struct server s = { .unsorted = true, .shift = 4 };

	(void)state;
	add(&s, 20000, 0, 999999999);
	check("unsorted and shifting", &s, 10, 400);
}

static void short_pages(void **state)
{
	struct server s = { .short_page = 5, .lie = 0.05 }, always = { .short_page = 1 };

	(void)state;
	add(&s, 30000, 0, 999999999);
	check("a page in five is one short", &s, 0, 120);
	/* The photo that is never shown is lost; those after it are not. */
	add(&always, 30000, 0, 999999999);
	check("every page is one short", &always, 150, 130);
}

static void burst_with_error(void **state)
{
	struct server s = { .error_20 = true, .lie = 0.3 };

	(void)state;
	add(&s, 9000, 500, 500);
	add(&s, 100, 0, 999999999);
	check("9,000 in a second, error 20", &s, 0, 100);
}

/* More than 4,000 of one licence and one tag in one second: no query can reach the rest, and that is said. */
static void out_of_reach(void **state)
{
	static struct plan p;
	struct server s = { 0 };
	int i, lost;

	(void)state;
	add(&s, 6000, 500, 500);
	for (i = 0; i < s.n; i++) {
		s.photo[i].tags = 1;
		s.photo[i].licence = 2;
	}
	lost = walk(&s, &p, 0, 999);
	assert_int_equal(lost, 2000);
	assert_int_equal(p.lost, 2000);
	free(s.photo);
}

static void nothing(void **state)
{
	static struct plan p;
	struct server s = { 0 };

	(void)state;
	add(&s, 1, 5, 5);
	assert_int_equal(walk(&s, &p, 100, 100), 0);
	assert_true(s.calls <= 2);
	free(s.photo);
}

/* A server that always answers a full page of the same ids must not keep us for ever. */
static void stuck(void **state)
{
	static struct plan p;
	struct plan_slice q;
	int64_t id[PER_PAGE];
	struct plan_reply r = { .total = 1000000,
				.entries = PER_PAGE,
				.per_page = PER_PAGE,
				.sorted = true,
				.n = PER_PAGE,
				.id = id,
				.first = 7,
				.last = 7 };
	int i, page, calls = 0;

	(void)state;
	for (i = 0; i < PER_PAGE; i++)
		id[i] = i + 1;
	plan_init(&p, 0, 15, TAGS, 0xf);
	while (plan_next(&p, &q, &page)) {
		assert_true(++calls < 20000);
		plan_reply(&p, &r);
	}
}

/* ---- limits: no sliding window ever holds more than was allowed */

static void windows(double per_window, double window, double span, double tick)
{
	struct limit l;
	double *at = xcalloc(200000, sizeof(*at)), now;
	int n = 0, first = 0, most = 0;

	limit_init(&l, per_window, window, 0);
	l.tokens = 1e9; /* the fullest it can be */
	for (now = 0; now < span; now += tick) {
		while (limit_wait(&l, now) <= 0) {
			limit_take(&l, now);
			at[n++] = now;
			while (now - at[first] >= window)
				first++;
			if (n - first > most)
				most = n - first;
		}
	}
	print_message("%g in %g s: at most %d, %.1f %% of it used\n", per_window, window, most,
		      100 * n / (per_window * span / window));
	assert_true(most <= per_window || most <= 1);
	assert_true(n >= 0.9 * per_window * span / window - 1);
	free(at);
}

static void limits(void **state)
{
	struct limit l;
	int i;

	(void)state;
	windows(5, 1, 100, 0.001);
	windows(1, 1, 100, 0.003);
	windows(100, 1, 20, 0.0007);
	windows(1000, 1, 20, 0.0003);
	windows(3600, 3600, 20000, 0.05);
	windows(0.2, 1, 1000, 0.01);
	limit_init(&l, 8, 1, 0);
	limit_slow(&l, 0);
	assert_true(l.rate > 3.99 && l.rate < 4.01);
	for (i = 0; i < 1000; i++)
		limit_slow(&l, i);
	assert_true(l.rate >= 0.125);
	for (i = 0; i < 1000; i++)
		limit_grow(&l);
	assert_true(l.rate <= l.ceiling);
}

static void pauses(void **state)
{
	uint64_t rng = 1;
	double sum = 0;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		double t = backoff(3, 2, 60, &rng);

		assert_true(t >= 4 && t < 12);
		sum += t;
		t = backoff(30, 2, 60, &rng);
		assert_true(t >= 30 && t < 90);
	}
	assert_true(sum / 10000 > 7.8 && sum / 10000 < 8.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),
		cmocka_unit_test(uneven),
		cmocka_unit_test(shifting_without_order),
		cmocka_unit_test(short_pages),
		cmocka_unit_test(burst_with_error),
		cmocka_unit_test(out_of_reach),
		cmocka_unit_test(nothing),
		cmocka_unit_test(stuck),
		cmocka_unit_test(limits),
		cmocka_unit_test(pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
