/* select.c - see select.h */
#include "subsample/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/io.h"
#include "subsample/groups.h"
#include "subsample/spool.h"

enum { BATCH = 4096, BUCKETS = 1 << 16 };

/* Samples up to here are chosen; of those equal to it only so many (rows of one id and face are not told apart). */
struct bound {
	uint64_t hash;
	uint32_t face;
	uint64_t equals;
};

struct select {
	struct select_rule rule;
	struct groups groups;
	uint64_t rows, population;
	int fd;			    /* the samples */
	struct sample batch[BATCH]; /* what is written or read together */
	size_t at, in_batch;
	uint64_t asked;

	bool *allowed;	 /* [groups.n] SELECT_FROM: samples may come from here */
	bool *kept;	 /* [groups.n] SELECT_FLOOR, where it binds: the lowest sample is chosen anyway */
	uint8_t *chosen; /* [rows] a bit each, with per_group */
	bool by_share;	 /* the share decides; otherwise bound does */
	struct bound bound;
};

uint64_t select_hash(uint64_t seed, uint64_t key)
{
	static const char digits[] = "0123456789abcdef";
	char text[48];
	uint8_t digest[32];
	uint64_t hash = 0;
	size_t at = sizeof text;

	for (int i = 0; i < 16; i++, key >>= 4)
		text[--at] = digits[key & 15];
	text[--at] = ' ';
	do
		text[--at] = digits[seed % 10];
	while (seed /= 10);
	sha256_bytes(text + at, sizeof text - at, digest);
	for (int i = 0; i < 8; i++)
		hash = hash << 8 | digest[i];
	return hash;
}

struct select *select_new(const struct select_rule *rule)
{
	struct select *s = xcalloc(1, sizeof *s);

	s->rule = *rule;
	s->fd = -1;
	return s;
}

void select_free(struct select *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	groups_release(&s->groups);
	free(s->allowed);
	free(s->kept);
	free(s->chosen);
	free(s);
}

uint64_t select_population(const struct select *s)
{
	return s->population;
}

/* ---- the samples on disk */

static int flush(struct select *s, struct err *e)
{
	if (s->fd < 0 && (s->fd = spool_open(e)) < 0)
		return -1;
	if (io_write_full(s->fd, s->batch, s->in_batch * sizeof *s->batch))
		return err_sys(e, "cannot write to a temporary file");
	s->in_batch = 0;
	return 0;
}

static int put(struct select *s, struct sample sample, struct err *e)
{
	s->batch[s->in_batch++] = sample;
	s->rows++;
	return s->in_batch == BATCH ? flush(s, e) : 0;
}

static int rewind_samples(struct select *s, struct err *e)
{
	s->at = s->in_batch = 0;
	s->asked = 0;
	return lseek(s->fd, 0, SEEK_SET) < 0 ? err_sys(e, "seek") : 0;
}

/* The next sample, NULL at the end or after an error (which sets e). */
static const struct sample *get(struct select *s, struct err *e)
{
	if (s->at == s->in_batch) {
		ssize_t n = io_read_full(s->fd, s->batch, sizeof s->batch);
		if (n < 0)
			err_sys(e, "cannot read a temporary file");
		s->in_batch = n > 0 ? (size_t)n / sizeof *s->batch : 0;
		s->at = 0;
		if (s->in_batch == 0)
			return NULL;
	}
	s->asked++;
	return &s->batch[s->at++];
}

int select_add(struct select *s, uint64_t hash, uint32_t face, uint64_t group, struct err *e)
{
	uint32_t at = groups_at(&s->groups, group);
	struct group *g = &s->groups.group[at];

	g->samples++;
	if (hash < g->hash || (hash == g->hash && face < g->face)) {
		g->hash = hash;
		g->face = face;
	}
	s->population++;
	return put(s, (struct sample){ hash, face, at }, e);
}

int select_skip(struct select *s, struct err *e)
{
	return put(s, (struct sample){ .group = SELECT_NONE }, e);
}

/* ---- deciding */

static int compare(const struct sample *a, const struct sample *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->face > b->face) - (a->face < b->face);
}

static int by_place(const void *a, const void *b)
{
	return compare(a, b);
}

/* Is it the lowest sample of a group that keeps its own whatever the bound is? */
static bool is_kept(const struct select *s, const struct sample *x)
{
	const struct group *g = &s->groups.group[x->group];

	return s->kept && s->kept[x->group] && x->hash == g->hash && x->face == g->face;
}

/* Does the bound decide about it? */
static bool is_eligible(const struct select *s, const struct sample *x)
{
	return x->group != SELECT_NONE && (!s->allowed || s->allowed[x->group]) && !is_kept(s, x);
}

/*
 * Sets the bound to the k-th lowest of the eligible samples, of which there are k at least: counts by the first 16 bits,
 * then sorts the one bucket that the k-th is in.
 */
static int find_bound(struct select *s, uint64_t k, struct err *e)
{
	uint64_t *count = xcalloc(BUCKETS, sizeof *count);
	uint64_t before = 0;
	size_t bucket = 0, n = 0;
	struct sample *in = NULL;
	const struct sample *x;

	s->bound = (struct bound){ 0 };
	e->code = 0;
	if (k == 0 || rewind_samples(s, e))
		goto out;
	while ((x = get(s, e)))
		count[x->hash >> 48] += is_eligible(s, x);
	while (bucket < BUCKETS - 1 && before + count[bucket] < k)
		before += count[bucket++];
	in = xrealloc_array(NULL, (size_t)count[bucket] + 1, sizeof *in);
	if (e->code || rewind_samples(s, e))
		goto out;
	while ((x = get(s, e)))
		if (x->hash >> 48 == bucket && is_eligible(s, x) && n < count[bucket])
			in[n++] = *x;
	if (e->code)
		goto out;
	if (before + n < k)
		BUG("fewer samples than were counted");
	qsort(in, n, sizeof *in, by_place);
	x = &in[k - before - 1];
	s->bound = (struct bound){ x->hash, x->face, 0 };
	for (size_t i = 0; i < k - before; i++)
		s->bound.equals += compare(&in[i], x) == 0;
out:
	free(count);
	free(in);
	return e->code ? -1 : 0;
}

struct ranked {
	uint64_t hash;
	uint32_t face;
	uint32_t group;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->face != y->face)
		return x->face < y->face ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

/* Marks the first m groups: by the hash of the identity, or by the place of their lowest samples. */
static bool *first_groups(const struct select *s, uint64_t m, bool by_sample)
{
	struct ranked *r = xrealloc_array(NULL, (size_t)s->groups.n + 1, sizeof *r);
	bool *mark = xcalloc((size_t)s->groups.n + 1, sizeof *mark);

	for (uint32_t i = 0; i < s->groups.n; i++) {
		const struct group *g = &s->groups.group[i];
		r[i] = (struct ranked){ by_sample ? g->hash : select_hash(s->rule.seed, g->key),
					by_sample ? g->face : 0, i };
	}
	qsort(r, s->groups.n, sizeof *r, by_rank);
	for (uint64_t i = 0; i < m; i++)
		mark[r[i].group] = true;
	free(r);
	return mark;
}

static int finish_from(struct select *s, struct buf *note, struct err *e)
{
	uint64_t m = ratio_ceil(s->rule.share, s->groups.n), there = 0;
	uint64_t want = s->rule.by_count ? s->rule.count : ratio_round(s->rule.fraction, s->population);

	s->allowed = first_groups(s, m, false);
	for (uint32_t i = 0; i < s->groups.n; i++)
		there += s->allowed[i] ? s->groups.group[i].samples : 0;
	if (there < want)
		return err_set(e, "%llu samples are wanted, but the %llu identities they are drawn from have %llu",
			       (unsigned long long)want, (unsigned long long)m, (unsigned long long)there);
	buf_printf(note, "drawn from %llu of %u identities", (unsigned long long)m, s->groups.n);
	return find_bound(s, want, e);
}

/* How many groups does the blind subset hold? Those whose lowest sample is in it. */
static uint64_t groups_in_subset(const struct select *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->groups.n; i++) {
		const struct group *g = &s->groups.group[i];
		const struct sample x = { g->hash, g->face, i }, bound = { s->bound.hash, s->bound.face, 0 };
		n += s->by_share ? ratio_holds(s->rule.fraction, g->hash) != 0 : compare(&x, &bound) <= 0;
	}
	return n;
}

static int count_share(struct select *s, uint64_t *n, struct err *e)
{
	const struct sample *x;

	*n = 0;
	e->code = 0;
	if (rewind_samples(s, e))
		return -1;
	while ((x = get(s, e)))
		*n += x->group != SELECT_NONE && ratio_holds(s->rule.fraction, x->hash);
	return e->code ? -1 : 0;
}

static int finish_floor(struct select *s, struct buf *note, struct err *e)
{
	uint64_t m = ratio_ceil(s->rule.share, s->groups.n), kept = groups_in_subset(s);
	uint64_t want = s->rule.count;

	if (kept >= m) {
		buf_printf(note, "%llu of %u identities are kept, the floor of %llu did not bind",
			   (unsigned long long)kept, s->groups.n, (unsigned long long)m);
		return 0;
	}
	if (s->by_share && count_share(s, &want, e))
		return -1;
	if (want < m && s->rule.by_count)
		return err_set(e, "%llu samples cannot keep %llu identities", (unsigned long long)want,
			       (unsigned long long)m);
	buf_printf(note, "the floor of %llu of %u identities binds: without it %llu are kept", (unsigned long long)m,
		   s->groups.n, (unsigned long long)kept);
	/* The identities that come first anyway, so that a larger subset keeps those of a smaller one. */
	s->kept = first_groups(s, m, true);
	s->by_share = false;
	return find_bound(s, want > m ? want - m : 0, e);
}

struct row_sample {
	struct sample sample;
	uint64_t row;
};

static int by_group(const void *a, const void *b)
{
	const struct row_sample *x = a, *y = b;

	if (x->sample.group != y->sample.group)
		return x->sample.group < y->sample.group ? -1 : 1;
	if (compare(&x->sample, &y->sample))
		return compare(&x->sample, &y->sample);
	return (x->row > y->row) - (x->row < y->row);
}

/* Each group by itself: its lowest samples, a share rounded up so that none is lost. */
static int finish_groups(struct select *s, struct err *e)
{
	struct row_sample *r = xrealloc_array(NULL, (size_t)s->population + 1, sizeof *r);
	const struct sample *x;
	size_t n = 0;

	e->code = 0;
	s->chosen = xcalloc((size_t)(s->rows / 8) + 1, 1);
	if (!rewind_samples(s, e))
		while ((x = get(s, e)))
			if (x->group != SELECT_NONE && n < s->population)
				r[n++] = (struct row_sample){ *x, s->asked - 1 };
	qsort(r, n, sizeof *r, by_group);
	for (size_t i = 0, first = 0; i < n; i++) {
		uint64_t size, want;

		if (r[i].sample.group != r[first].sample.group)
			first = i;
		size = s->groups.group[r[i].sample.group].samples;
		want = s->rule.by_count ? s->rule.count : ratio_ceil(s->rule.fraction, size);
		if (i - first < want)
			s->chosen[r[i].row / 8] |= (uint8_t)(1u << (r[i].row % 8));
	}
	free(r);
	return e->code ? -1 : 0;
}

static int decide(struct select *s, struct buf *note, struct err *e)
{
	if (s->rule.per_group)
		return finish_groups(s, e);
	if (s->rule.by_count && s->population < s->rule.count)
		return err_set(e, "%llu samples are wanted and there are %llu", (unsigned long long)s->rule.count,
			       (unsigned long long)s->population);
	if (s->rule.identity == SELECT_FROM)
		return finish_from(s, note, e);
	s->by_share = !s->rule.by_count;
	if (s->rule.by_count && find_bound(s, s->rule.count, e))
		return -1;
	return s->rule.identity == SELECT_FLOOR ? finish_floor(s, note, e) : 0;
}

int select_finish(struct select *s, struct buf *note, struct err *e)
{
	struct err local = { 0 };
	int rc = flush(s, &local) || decide(s, note, &local) || rewind_samples(s, &local) ? -1 : 0;

	if (rc && e)
		*e = local;
	return rc;
}

int select_next(struct select *s, struct err *e)
{
	struct err local = { 0 };
	const struct sample *x = get(s, &local);
	struct sample bound = { s->bound.hash, s->bound.face, 0 };
	int c;

	if (!x) {
		if (e)
			*e = local;
		return local.code ? -1 : err_set(e, "the input has grown since it was looked at first");
	}
	if (s->chosen)
		return s->chosen[(s->asked - 1) / 8] >> ((s->asked - 1) % 8) & 1;
	if (x->group == SELECT_NONE)
		return 0;
	if (s->by_share)
		return ratio_holds(s->rule.fraction, x->hash) != 0;
	if (is_kept(s, x))
		return 1;
	if (!is_eligible(s, x))
		return 0;
	c = compare(x, &bound);
	if (c == 0 && s->bound.equals) {
		s->bound.equals--;
		return 1;
	}
	return c < 0;
}
