/* plan.c - a network at one picture size: shapes, places in the arena, the run; and the cache of plans */
#include "common/nn/net.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/net_internal.h"

struct plan {
	const struct net *net;
	int w, h;
	struct {
		int h, w;
		size_t offset, bytes;
		int last;	/* the last node that touches it */
	} root[NET_MAX_VALUES]; /* of values that own memory */
	struct nn_bound *bound[NET_MAX_NODES];
	size_t scratch_offset, arena_bytes, bytes;
	/* the cache's own */
	struct plan *next;
	int users;
	uint64_t tick;
};

/* ---- shapes */

static int root_of(const struct net *n, int v)
{
	return n->value[v].root;
}

static void set_shape(struct plan *p, int v, int h, int w)
{
	int r = root_of(p->net, v);

	p->root[r].h = h;
	p->root[r].w = w;
}

static void infer_shapes(struct plan *p)
{
	const struct net *n = p->net;

	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];
		int h = d->x < 0 ? p->h : p->root[root_of(n, d->x)].h;
		int w = d->x < 0 ? p->w : p->root[root_of(n, d->x)].w;

		for (int j = 0; j < d->n_links; j++) {
			h = nn_conv_out(h, d->link_geom[j].k, d->link_geom[j].stride, d->link_geom[j].k / 2);
			w = nn_conv_out(w, d->link_geom[j].k, d->link_geom[j].stride, d->link_geom[j].k / 2);
		}
		if (!d->n_links) {
			h = nn_conv_out(h, d->k, d->stride, d->k / 2);
			w = nn_conv_out(w, d->k, d->stride, d->k / 2);
		}
		for (int j = 0; j < d->ny; j++)
			set_shape(p, d->y[j], h, w);
	}
}

/* ---- memory: each root lives from the first node that writes it to the last that touches it */

static void touch(struct plan *p, int v, int node)
{
	if (v >= 0)
		p->root[root_of(p->net, v)].last = node;
}

static void find_lifetimes(struct plan *p)
{
	const struct net *n = p->net;

	for (int v = 0; v < n->n_values; v++)
		p->root[v].last = -1;
	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];

		touch(p, d->x, i);
		touch(p, d->res, i);
		touch(p, d->up, i);
		for (int j = 0; j < d->ny; j++)
			touch(p, d->y[j], i);
	}
	for (int v = 0; v < n->n_values; v++)
		if (n->value[v].is_output)
			p->root[v].last = n->n_nodes;
}

/* The lowest offset where `bytes` fit beside the roots in live[0..count), which are sorted by offset. */
static size_t lowest_gap(const struct plan *p, const int *live, int count, size_t bytes)
{
	size_t at = 0;

	for (int i = 0; i < count; i++) {
		if (p->root[live[i]].offset >= at + bytes)
			break;
		if (p->root[live[i]].offset + p->root[live[i]].bytes > at)
			at = p->root[live[i]].offset + p->root[live[i]].bytes;
	}
	return at;
}

static int expire(const struct plan *p, int *live, int count, int node)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (p->root[live[i]].last >= node)
			live[kept++] = live[i];
	return kept;
}

static int insert(const struct plan *p, int *live, int count, int v)
{
	int i = count;

	for (; i > 0 && p->root[live[i - 1]].offset > p->root[v].offset; i--)
		live[i] = live[i - 1];
	live[i] = v;
	return count + 1;
}

static size_t place_values(struct plan *p)
{
	const struct net *n = p->net;
	int live[NET_MAX_VALUES], count = 0;
	bool placed[NET_MAX_VALUES] = { false };
	size_t top = 0;

	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];

		count = expire(p, live, count, i);
		for (int j = 0; j < d->ny; j++) {
			int r = root_of(n, d->y[j]);

			if (placed[r])
				continue;
			placed[r] = true;
			p->root[r].bytes = n->backend->value_bytes(n->backend, n->dtype, n->value[r].c, p->root[r].h,
								   p->root[r].w);
			p->root[r].offset = lowest_gap(p, live, count, p->root[r].bytes);
			count = insert(p, live, count, r);
			if (p->root[r].offset + p->root[r].bytes > top)
				top = p->root[r].offset + p->root[r].bytes;
		}
	}
	return top;
}

/* ---- the backend's part */

static size_t bind_nodes(struct plan *p)
{
	const struct net *n = p->net;
	const struct nn_backend *b = n->backend;
	size_t most = 0;

	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];
		int h = d->x < 0 ? p->h : p->root[root_of(n, d->x)].h,
		    w = d->x < 0 ? p->w : p->root[root_of(n, d->x)].w;
		size_t scratch = 0;

		switch (d->kind) {
		case NET_FIRST:
			scratch = b->first_scratch(b, d->packed, w);
			break;
		case NET_CONV:
			p->bound[i] = b->conv_bind(b, d->packed, h, w, d->res >= 0, d->up >= 0, d->ny, &scratch);
			p->bytes += b->bound_bytes(p->bound[i]);
			break;
		case NET_PAIR:
			scratch = b->pair_scratch(b, d->packed, d->packed2, w);
			break;
		case NET_CHAIN:
			scratch = b->chain_scratch(b, d->link, d->n_links, w);
			break;
		case NET_MAXPOOL:
			break;
		}
		if (scratch > most)
			most = scratch;
	}
	return most;
}

struct plan *plan_new(const struct net *n, int w, int h)
{
	struct plan *p = xcalloc(1, sizeof *p);

	p->net = n;
	p->w = w;
	p->h = h;
	p->bytes = sizeof *p;
	infer_shapes(p);
	find_lifetimes(p);
	p->scratch_offset = place_values(p);
	p->arena_bytes = p->scratch_offset + bind_nodes(p) + 64;
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->net->n_nodes; i++)
		if (p->bound[i])
			p->net->backend->bound_free(p->bound[i]);
	free(p);
}

size_t plan_arena_bytes(const struct plan *p)
{
	return p->arena_bytes;
}

size_t plan_bytes(const struct plan *p)
{
	return p->bytes;
}

struct nn_value plan_value(const struct plan *p, int v, void *arena)
{
	const struct net *n = p->net;
	int r = root_of(n, v);
	struct nn_value whole = { n->value[r].c, p->root[r].h, p->root[r].w, (char *)arena + p->root[r].offset };

	return r == v ? whole : n->backend->slice(n->backend, n->dtype, &whole, n->value[v].c0, n->value[v].c);
}

static void run_conv(const struct plan *p, int i, void *arena, void *scratch)
{
	const struct net_node *d = &p->net->node[i];
	struct nn_value x = plan_value(p, d->x, arena), res, up, y[NET_MAX_PARTS];
	struct nn_conv_args a = { .x = &x, .y = y, .ny = d->ny };

	for (int j = 0; j < d->ny; j++)
		y[j] = plan_value(p, d->y[j], arena);
	if (d->res >= 0) {
		res = plan_value(p, d->res, arena);
		a.res = &res;
	}
	if (d->up >= 0) {
		up = plan_value(p, d->up, arena);
		a.up = &up;
	}
	p->net->backend->conv(p->net->backend, p->bound[i], &a, scratch);
}

void plan_run(const struct plan *p, const struct nn_picture *picture, void *arena)
{
	const struct net *n = p->net;
	const struct nn_backend *b = n->backend;
	void *scratch = (char *)arena + p->scratch_offset;

	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];
		struct nn_value y = plan_value(p, d->y[0], arena), x = { 0 };

		if (d->x >= 0)
			x = plan_value(p, d->x, arena);
		switch (d->kind) {
		case NET_FIRST:
			b->first(b, d->packed, picture, &y, scratch);
			break;
		case NET_CONV:
			run_conv(p, i, arena, scratch);
			break;
		case NET_PAIR:
			b->pair(b, d->packed, d->packed2, &x, &y, scratch);
			break;
		case NET_CHAIN:
			b->chain(b, d->link, d->n_links, picture, &x, &y, scratch);
			break;
		case NET_MAXPOOL:
			b->maxpool(b, n->dtype, &x, &y);
			break;
		}
	}
}

/* ---- the cache */

struct plan_cache {
	const struct net *net;
	size_t max_bytes, bytes;
	struct plan *first;
	pthread_mutex_t lock;
	uint64_t tick, hits, misses;
};

struct plan_cache *plan_cache_new(const struct net *n, size_t max_bytes)
{
	struct plan_cache *c = xcalloc(1, sizeof *c);

	c->net = n;
	c->max_bytes = max_bytes;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void plan_cache_free(struct plan_cache *c)
{
	if (!c)
		return;
	while (c->first) {
		struct plan *p = c->first;

		c->first = p->next;
		plan_free(p);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Gives up idle plans, the longest unused first, until the bound holds. Called with the lock. */
static void shrink(struct plan_cache *c)
{
	while (c->bytes > c->max_bytes) {
		struct plan **oldest = NULL, *p;

		for (struct plan **q = &c->first; *q; q = &(*q)->next)
			if (!(*q)->users && (!oldest || (*q)->tick < (*oldest)->tick))
				oldest = q;
		if (!oldest)
			return;
		p = *oldest;
		*oldest = p->next;
		c->bytes -= p->bytes;
		plan_free(p);
	}
}

static struct plan *lookup(struct plan_cache *c, int w, int h)
{
	for (struct plan *p = c->first; p; p = p->next)
		if (p->w == w && p->h == h)
			return p;
	return NULL;
}

const struct plan *plan_cache_get(struct plan_cache *c, int w, int h)
{
	struct plan *p, *fresh = NULL;

	pthread_mutex_lock(&c->lock);
	p = lookup(c, w, h);
	if (p) {
		c->hits++;
	} else {
		c->misses++;
		/* Preparing takes milliseconds: others go on meanwhile. Two may prepare the same size; the second is dropped. */
		pthread_mutex_unlock(&c->lock);
		fresh = plan_new(c->net, w, h);
		pthread_mutex_lock(&c->lock);
		p = lookup(c, w, h);
		if (!p) {
			p = fresh;
			fresh = NULL;
			p->next = c->first;
			c->first = p;
			c->bytes += p->bytes;
		}
	}
	p->users++;
	p->tick = ++c->tick;
	shrink(c);
	pthread_mutex_unlock(&c->lock);
	plan_free(fresh);
	return p;
}

void plan_cache_put(struct plan_cache *c, const struct plan *p)
{
	pthread_mutex_lock(&c->lock);
	((struct plan *)(uintptr_t)p)->users--;
	shrink(c);
	pthread_mutex_unlock(&c->lock);
}

void plan_cache_stats(struct plan_cache *c, uint64_t *hits, uint64_t *misses)
{
	pthread_mutex_lock(&c->lock);
	*hits = c->hits;
	*misses = c->misses;
	pthread_mutex_unlock(&c->lock);
}
