/* samples.c - see samples.h */
#include "common/data/samples.h"

#include <stdlib.h>
#include <string.h>

#include "common/data/batches.h"
#include "common/data/order.h"

struct scratch {
	struct source_room room;
	struct augment_scratch warp;
};

struct samples {
	struct samples_config c;
	uint64_t n, steps, next;
	size_t picture_bytes, label_at, label_bytes; /* of a row: picture, then (aligned) label */
	struct scratch *scratch;		     /* [threads] */
	struct batches *batches;
	double waited;
};

struct samples *samples_open(const struct samples_config *c, struct err *e)
{
	uint64_t n = c->labels->n, batch = (uint64_t)c->batch;
	struct samples *s;

	if (warp_check(&c->warp, e))
		return NULL;
	if (c->batch < 1 || c->ranks < 1 || c->rank < 0 || c->rank >= c->ranks || c->threads < 1 || c->prefetch < 1) {
		err_set(e, "a batch of %d, rank %d of %d, %d threads, %d batches ahead", c->batch, c->rank, c->ranks,
			c->threads, c->prefetch);
		return NULL;
	}
	s = xcalloc(1, sizeof *s);
	s->c = *c;
	s->n = n;
	if (n % batch == 1 && n > batch && batch > 1)
		s->steps = n / batch;
	else
		s->steps = (n + batch - 1) / batch;
	for (uint64_t i = 0; i < 2 && i < s->steps; i++)
		if (samples_count(s, i ? s->steps - 1 : 0) < c->ranks) {
			err_code(
				e, EXIT_CODE_USAGE,
				"a batch of %d samples cannot be shared out over %d ranks\n"
				"hint: the last batch of an epoch holds what is left over; another --batch, or fewer ranks",
				samples_count(s, i ? s->steps - 1 : 0), c->ranks);
			free(s);
			return NULL;
		}
	s->picture_bytes = 3 * (size_t)c->warp.size * (size_t)c->warp.size * sizeof(float);
	s->label_at = (s->picture_bytes + 7) & ~(size_t)7;
	s->label_bytes = (size_t)(c->move ? c->width : c->labels->width) * sizeof(double);
	s->scratch = xcalloc((size_t)c->threads, sizeof *s->scratch);
	return s;
}

void samples_close(struct samples *s)
{
	if (!s)
		return;
	batches_free(s->batches);
	for (int i = 0; i < s->c.threads; i++) {
		source_room_release(&s->scratch[i].room);
		augment_scratch_release(&s->scratch[i].warp);
	}
	free(s->scratch);
	free(s);
}

/* ---- which samples */

uint64_t samples_steps(const struct samples *s)
{
	return s->steps;
}

int samples_count(const struct samples *s, uint64_t step)
{
	uint64_t batch = (uint64_t)s->c.batch, at = step % s->steps;

	return (int)(at + 1 < s->steps ? batch : s->n - at * batch);
}

uint64_t samples_at(const struct samples *s, uint64_t step, int i)
{
	uint64_t position = step % s->steps * (uint64_t)s->c.batch + (uint64_t)i;
	struct order o;

	if (!s->c.augment)
		return position;
	order_init(&o, s->n, s->c.seed, (uint32_t)(step / s->steps));
	return order_at(&o, position);
}

int samples_begin(const struct samples *s, int n)
{
	return (int)((long)n * s->c.rank / s->c.ranks);
}

int samples_own(const struct samples *s, int n)
{
	return (int)((long)n * (s->c.rank + 1) / s->c.ranks) - samples_begin(s, n);
}

int samples_most(const struct samples *s)
{
	int first = samples_own(s, samples_count(s, 0)), last = samples_own(s, samples_count(s, s->steps - 1));

	return first > last ? first : last;
}

/* ---- making them */

static int make(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin, struct err *e)
{
	struct samples *s = data;
	struct scratch *room = &s->scratch[worker];
	int n = samples_count(s, step);
	uint64_t sample;
	struct source_picture p;
	struct warp_draws d;
	const double *value;
	double *label = (double *)(void *)(dst + s->label_at);

	if (row >= samples_own(s, n))
		return 0;
	sample = samples_at(s, step, samples_begin(s, n) + row);
	if (source_read(s->c.source, s->c.labels->record[sample], &room->room, &p, e))
		return -1;
	*origin = (struct batch_row){ p.key, p.face };
	if (s->c.augment)
		warp_draw(&d, &s->c.warp, p.image.w, p.image.h, s->c.seed, (uint32_t)(step / s->steps), sample, 0);
	else
		warp_none(&d, &s->c.warp, p.image.w, p.image.h);
	warp_apply(&s->c.warp, &d, &p.image, &room->warp, (float *)(void *)dst);
	value = s->c.labels->value + sample * (uint64_t)s->c.labels->width;
	if (s->c.move)
		return s->c.move(s->c.move_data, &d, p.image.w, p.image.h, value, label, e);
	memcpy(label, value, s->label_bytes);
	return 0;
}

void samples_seek(struct samples *s, uint64_t step)
{
	batches_free(s->batches);
	s->batches = NULL;
	s->next = step;
}

int samples_next(struct samples *s, float *picture, double *label, struct err *e)
{
	struct batches_config c = {
		.make = make,
		.data = s,
		.row_bytes = (s->label_at + s->label_bytes + 63) & ~(size_t)63,
		.rows = samples_most(s),
		.threads = s->c.threads,
		.prefetch = s->c.prefetch,
	};
	int own = samples_own(s, samples_count(s, s->next));
	struct batch b;

	if (!s->batches)
		s->batches = batches_start(&c, s->next);
	if (batches_take(s->batches, &b, &s->waited, e))
		return -1;
	for (int i = 0; i < own; i++) {
		const uint8_t *row = b.bytes + (size_t)i * c.row_bytes;

		memcpy((char *)picture + (size_t)i * s->picture_bytes, row, s->picture_bytes);
		memcpy((char *)label + (size_t)i * s->label_bytes, row + s->label_at, s->label_bytes);
	}
	batches_done(s->batches);
	s->next++;
	return 0;
}

double samples_waited(const struct samples *s)
{
	return s->waited;
}
