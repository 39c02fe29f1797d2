#include "tests/mock/catalogue.h"

#include <math.h>
#include <stdlib.h>

#include "common/err.h"

uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b + UINT64_C(0x632be59bd9b4e019);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double unit(uint64_t draw, uint64_t which)
{
	return (double)(mix(draw, which) >> 11) * 0x1p-53;
}

/* More and more uploads over the years, a tenth of them on a few busy days. */
static int64_t draw_date(const struct catalogue_options *o, uint64_t draw)
{
	double span = (double)(o->until - o->since);

	if (unit(draw, 1) < 0.1) {
		double day = floor(unit(draw, 2) * 12) / 12;

		return o->since + (int64_t)(day * span + unit(draw, 3) * 86400);
	}
	return o->since + (int64_t)(pow(unit(draw, 4), 0.6) * span);
}

static uint8_t draw_licence(uint64_t draw)
{
	double u = unit(draw, 5);

	if (u < 0.35)
		return 4;
	if (u < 0.5)
		return 11;
	if (u < 0.6)
		return 9;
	if (u < 0.65)
		return 10;
	if (u < 0.97)
		return (uint8_t)(mix(draw, 6) % 17);
	return (uint8_t)(17 + mix(draw, 7) % 80);
}

static void draw_tags(struct entry *e, int n_tags)
{
	int i, n = (int)(mix(e->draw, 8) % 13);

	for (i = 0; i < n; i++) {
		double u = unit(e->draw, 100 + (uint64_t)i);
		int t = (int)(u * u * n_tags);

		e->tags[t / 64] |= UINT64_C(1) << t % 64;
	}
}

static uint8_t draw_kind(const struct catalogue_options *o, uint64_t draw)
{
	static const uint8_t kinds[] = {
		KIND_SAME,	 KIND_SAME,   KIND_GONE_404, KIND_GONE_410, KIND_PLACEHOLDER, KIND_PLACEHOLDER_200,
		KIND_WRONG_SIZE, KIND_BROKEN, KIND_FOREIGN,  KIND_NO_SIZE,  KIND_PRIVATE,     KIND_PRIVATE,
	};

	if (unit(draw, 9) >= o->trouble)
		return KIND_FINE;
	return kinds[mix(draw, 10) % sizeof(kinds)];
}

static int by_date(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* A photo whose bytes repeat another's needs one that is fine; the first one is made so. */
static void settle_same(struct catalogue *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		size_t j;

		if (c->entry[i].kind != KIND_SAME)
			continue;
		for (j = mix(c->entry[i].draw, 11) % c->n; c->entry[j].kind != KIND_FINE; j = (j + 1) % c->n)
			;
		c->entry[i].same_as = (uint32_t)j;
		c->entry[i].size = c->entry[j].size;
		c->entry[i].file = c->entry[j].file;
		/* Found together or not at all. */
		c->entry[i].licence = c->entry[j].licence;
		c->entry[i].tags[0] = c->entry[j].tags[0];
		c->entry[i].tags[1] = c->entry[j].tags[1];
	}
}

void catalogue_make(struct catalogue *c, const struct catalogue_options *o, char **tag, int n_tags)
{
	size_t i;

	c->n = o->photos;
	c->entry = xcalloc(c->n + 1, sizeof(*c->entry));
	c->tag = tag;
	c->n_tags = n_tags;
	for (i = 0; i < c->n; i++) {
		struct entry *e = &c->entry[i];

		e->draw = mix(o->seed, i);
		e->id = INT64_C(10000000000) + (int64_t)i * 1009 + (int64_t)(mix(e->draw, 0) % 1000);
		e->date = i < o->burst ? o->since + (o->until - o->since) / 2 : draw_date(o, e->draw);
		e->licence = draw_licence(e->draw);
		e->kind = i == 0 ? KIND_FINE : draw_kind(o, e->draw);
		e->size = (uint8_t)(mix(e->draw, 12) % 8);
		e->file = (uint32_t)i;
		draw_tags(e, n_tags);
	}
	qsort(c->entry, c->n, sizeof(*c->entry), by_date);
	if (c->n)
		settle_same(c);
}

struct entry *catalogue_find(const struct catalogue *c, int64_t id)
{
	size_t i;

	/* Built once: photos are found by id for every image. */
	static uint32_t *slot;
	static size_t mask;

	if (!slot) {
		for (mask = 1023; mask < 4 * c->n; mask = 2 * mask + 1)
			;
		slot = xcalloc(mask + 1, sizeof(*slot));
		for (i = 0; i < c->n; i++) {
			size_t h = mix(1, (uint64_t)c->entry[i].id) & mask;

			while (slot[h])
				h = (h + 1) & mask;
			slot[h] = (uint32_t)i + 1;
		}
	}
	for (i = mix(1, (uint64_t)id) & mask; slot[i]; i = (i + 1) & mask)
		if (c->entry[slot[i] - 1].id == id)
			return &c->entry[slot[i] - 1];
	return NULL;
}

bool catalogue_matches(const struct entry *e, const uint64_t tags[2], uint64_t licences)
{
	return ((e->tags[0] & tags[0]) || (e->tags[1] & tags[1])) && e->licence < 64 && (licences >> e->licence & 1) &&
	       e->kind != KIND_PRIVATE && e->kind != KIND_WITHDRAWN;
}

size_t catalogue_first(const struct catalogue *c, int64_t date)
{
	size_t a = 0, b = c->n;

	while (a < b) {
		size_t m = a + (b - a) / 2;

		if (c->entry[m].date < date)
			a = m + 1;
		else
			b = m;
	}
	return a;
}
