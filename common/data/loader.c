/* loader.c - see loader.h: which steps there are, and handing one out */
#include "common/data/loader.h"

#include <stdlib.h>

#include "common/data/loader_internal.h"
#include "common/thread.h"

/* ---- opening */

/* A replay's groups name a size, mean and deviation; the rest is set to what nobody uses. */
static int check_group(const struct loader_group *g, bool replay, struct err *e)
{
	struct augment a = AUGMENT_SWAV(g->augment.size, .5, 1);

	if (g->count < 1)
		return err_set(e, "%d views of %d pixels", g->count, g->augment.size);
	for (int k = 0; k < 3; k++) {
		a.mean[k] = g->augment.mean[k];
		a.std[k] = g->augment.std[k];
	}
	return augment_check(replay ? &a : &g->augment, e);
}

static int check_config(const struct loader_config *c, struct err *e)
{
	if (!c->paths == !c->views)
		return err_set(e, "either streams of pictures or one of views is needed");
	if (c->threads < 1 || c->prefetch < 1)
		return err_set(e, "%d threads, %d batches ahead: at least 1", c->threads, c->prefetch);
	if (c->ranks < 1 || c->rank < 0 || c->rank >= c->ranks)
		return err_set(e, "rank %d of %d", c->rank, c->ranks);
	if (c->batch < 1 || c->batch % c->ranks != 0)
		return err_set(e, "a batch of %d samples for %d rank%s", c->batch, c->ranks, c->ranks == 1 ? "" : "s");
	if (c->groups < 1 || c->groups > LOADER_MAX_GROUPS)
		return err_set(e, "%d groups of views: 1 to %d", c->groups, LOADER_MAX_GROUPS);
	for (int g = 0; g < c->groups; g++)
		if (check_group(&c->group[g], c->views, e))
			return -1;
	return 0;
}

/* Samples from records; what is wrong with their number. */
static int count_samples(struct loader *l, struct err *e)
{
	const struct source *s = &l->source;

	l->samples = s->n;
	if (l->replay) {
		l->samples /= (uint64_t)l->views;
		if (s->n % (uint64_t)l->views)
			return err_set(e, "'%s': %llu records are no whole samples of %d views", s->file[0].path,
				       (unsigned long long)s->n, l->views);
	}
	l->steps = l->samples / (uint64_t)l->config.batch;
	if (l->steps == 0)
		return err_set(e, "'%s'%s: %llu samples do not make a batch of %d", s->file[0].path,
			       s->files > 1 ? " and others" : "", (unsigned long long)l->samples, l->config.batch);
	return 0;
}

struct loader *loader_open(const struct loader_config *c, struct err *e)
{
	struct loader *l = xcalloc(1, sizeof *l);

	if (check_config(c, e))
		goto fail;
	l->config = *c;
	l->config.path = NULL;
	l->config.views = NULL;
	l->replay = c->views != NULL;
	for (int g = 0; g < c->groups; g++) {
		l->row_bytes += (size_t)c->group[g].count * loader_view_bytes(l, g);
		if (c->group[g].count > 4095 - l->views) {
			err_set(e, "more than 4095 views of a sample");
			goto fail;
		}
		l->views += c->group[g].count;
	}
	l->scratch = xcalloc((size_t)c->threads, sizeof *l->scratch);
	if (source_open(&l->source, l->replay ? &c->views : c->path, l->replay ? 1 : c->paths, l->replay, e) ||
	    count_samples(l, e))
		goto fail;
	return l;
fail:
	loader_close(l);
	return NULL;
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	loader_dump_abort(l);
	loader_stop(l);
	for (int i = 0; l->scratch && i < l->config.threads; i++) {
		source_room_release(&l->scratch[i].room);
		augment_scratch_release(&l->scratch[i].augment);
	}
	free(l->scratch);
	source_close(&l->source);
	free(l);
}

uint64_t loader_samples(const struct loader *l)
{
	return l->samples;
}

uint64_t loader_steps(const struct loader *l)
{
	return l->steps;
}

int loader_views(const struct loader *l)
{
	return l->views;
}

/* ---- steps */

/* What the threads make: this rank's rows, or all of them for a dump, which rank 0 has, whose own are the first. */
static struct batches_config plan(struct loader *l)
{
	const struct loader_config *c = &l->config;

	return (struct batches_config){
		.make = l->replay ? loader_replay : loader_make,
		.data = l,
		.row_bytes = l->row_bytes,
		.rows = l->dump ? c->batch : c->batch / c->ranks,
		.threads = c->threads,
		.prefetch = c->prefetch,
	};
}

size_t loader_bytes(const struct loader *l)
{
	struct batches_config b = {
		.row_bytes = l->row_bytes,
		.rows = l->dump ? l->config.batch : l->config.batch / l->config.ranks,
		.prefetch = l->config.prefetch,
	};
	return batches_bytes(&b);
}

void loader_stop(struct loader *l)
{
	batches_free(l->batches);
	l->batches = NULL;
}

void loader_seek(struct loader *l, uint64_t step)
{
	if (step == l->step)
		return;
	loader_stop(l);
	l->step = step;
}

/* Row i of a batch to floats. */
struct conversion {
	const struct loader *l;
	const uint8_t *bytes;
	float *const *dst;
};

static void convert(void *data, size_t row, int worker)
{
	const struct conversion *c = data;
	const struct loader *l = c->l;
	const uint8_t *at = c->bytes + row * l->row_bytes;
	size_t rows = (size_t)(l->config.batch / l->config.ranks);

	(void)worker;
	for (int g = 0; g < l->config.groups; g++) {
		size_t n = loader_view_bytes(l, g);
		for (size_t i = 0; i < (size_t)l->config.group[g].count; i++, at += n)
			augment_normalise(&l->config.group[g].augment, at, c->dst[g] + (i * rows + row) * n);
	}
}

int loader_next(struct loader *l, float *const *dst, struct err *e)
{
	struct batches_config made = plan(l);
	struct batch batch;

	if (!l->batches)
		l->batches = batches_start(&made, l->step);
	if (batches_take(l->batches, &batch, &l->waited, e) ||
	    (l->dump && loader_dump_batch(l, &batch, made.rows, e))) {
		loader_stop(l);
		return -1;
	}
	struct conversion c = { l, batch.bytes, dst };
	parallel_for(l->config.threads, (size_t)(l->config.batch / l->config.ranks), convert, &c);
	batches_done(l->batches);
	l->step++;
	return 0;
}

double loader_waited(const struct loader *l)
{
	return l->waited;
}
