#include "tests/mock/count.h"

#include <stdlib.h>
#include <string.h>

#include "tests/mock/catalogue.h"

const double count_window[COUNT_WINDOWS] = { 1, 10, 60, 3600 };

uint64_t count_add(struct count *c, double now)
{
	int w;

	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 1024;
		c->at = xrealloc_array(c->at, c->cap, sizeof(*c->at));
	}
	c->at[c->n++] = now;
	c->total++;
	for (w = 0; w < COUNT_WINDOWS; w++) {
		while (now - c->at[c->first[w]] >= count_window[w])
			c->first[w]++;
		if (c->n - c->first[w] > c->most[w])
			c->most[w] = c->n - c->first[w];
	}
	return c->n - c->first[0];
}

/* Addresses with a time before which they should not be asked for, in a table that is never cleared. */
static struct early {
	uint64_t key;
	double until;
} * table;
static size_t cap, used;
static uint64_t total;

static struct early *slot(uint64_t key)
{
	size_t i = key & (cap - 1);

	while (table[i].key && table[i].key != key)
		i = (i + 1) & (cap - 1);
	return &table[i];
}

static uint64_t hash(const char *url)
{
	uint64_t h = 1;

	for (; *url; url++)
		h = mix(h, (unsigned char)*url);
	return h | 1;
}

void early_set(const char *url, double until)
{
	struct early *s;

	if (2 * (used + 1) > cap) {
		struct early *old = table;
		size_t i, n = cap;

		cap = cap ? 2 * cap : 1024;
		table = xcalloc(cap, sizeof(*table));
		for (i = 0; i < n; i++)
			if (old[i].key)
				*slot(old[i].key) = old[i];
		free(old);
	}
	s = slot(hash(url));
	used += !s->key;
	s->key = hash(url);
	s->until = until;
}

int early_check(const char *url, double now)
{
	struct early *s = cap ? slot(hash(url)) : NULL;

	if (!s || !s->key || now >= s->until)
		return 0;
	total++;
	return 1;
}

uint64_t early_total(void)
{
	return total;
}
