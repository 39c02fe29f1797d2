/*
 * train_run_spiral.c - spiral convolutions in a plan: rows are gathered and multiplied a tile at a time, so that the gathered
 * ones, length times as many numbers as the input has, are never there as a whole
 */
#include "common/err.h"
#include "common/nn/train_run_internal.h"

/* Gathered numbers of a tile: it stays in a core's cache from one op to the next. */
enum { TILE_NUMBERS = 1 << 17 };

int train_run_spiral_tile(const struct node *d, int channels)
{
	int rows = TILE_NUMBERS / (d->spiral->length * channels);

	return rows < 1 ? 1 : rows < d->spiral->rows ? rows : d->spiral->rows;
}

/* A tile: rows [first, first + spiral.rows) of sample `sample` of the slice's. */
struct tile {
	struct nn_spiral spiral;
	struct nn_batch x, rows; /* the sample's input, and the gathered rows in scratch */
	int first;		 /* of the slice's rows of y */
	bool begins;		 /* the sample's first */
};

struct tiles {
	const struct job *j;
	struct nn_batch x;
	void *scratch;
	int samples, tile, sample, row;
};

static struct tiles tiles_of(const struct job *j, int slice, int worker, const struct nn_batch *x)
{
	return (struct tiles){
		.j = j,
		.x = *x,
		.scratch = job_scratch(j, worker),
		.samples = slice_count(j->p, slice),
		.tile = train_run_spiral_tile(j->d, x->c),
	};
}

static bool next_tile(struct tiles *s, struct tile *t)
{
	const struct nn_spiral *all = s->j->d->spiral;

	if (s->row == all->rows) {
		s->row = 0;
		s->sample++;
	}
	if (s->sample == s->samples)
		return false;
	int left = all->rows - s->row, n = left < s->tile ? left : s->tile;
	t->spiral = (struct nn_spiral){ all->from, n, all->length, all->vertex + (size_t)s->row * (size_t)all->length };
	t->x = s->j->ops->samples(s->j->ops, &s->x, s->sample * all->from, all->from);
	t->rows = (struct nn_batch){ .n = n, .c = all->length * s->x.c, .h = 1, .w = 1, .data = s->scratch };
	t->first = s->sample * all->rows + s->row;
	t->begins = s->row == 0;
	s->row += n;
	return true;
}

void train_run_spiral(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);
	struct tiles s = tiles_of(j, slice, worker, &x);
	struct tile t;

	while (next_tile(&s, &t)) {
		struct nn_batch out = j->ops->samples(j->ops, &y, t.first, t.rows.n);

		j->ops->gather(j->ops, &t.spiral, &t.x, &t.rows);
		j->ops->linear(j->ops, &t.rows, node_value(j->p->net, j->d, 0),
			       j->d->bias ? node_value(j->p->net, j->d, 1) : NULL, &out);
	}
}

void train_run_spiral_backward_slice(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), dy = job_part(j, &j->s->grad, slice), dx = { 0 };
	struct tiles s = tiles_of(j, slice, worker, &x);
	size_t weights = (size_t)dy.c * (size_t)x.c * (size_t)j->d->spiral->length;
	char *dw = job_partial(j, slice), *db = dw + weights * j->ops->real;
	bool wanted = j->x->grad.data != NULL, more = false;
	struct tile t;

	if (wanted)
		dx = job_part(j, &j->x->grad, slice);
	for (; next_tile(&s, &t); more = true) {
		struct nn_batch g = j->ops->samples(j->ops, &dy, t.first, t.rows.n);

		j->ops->gather(j->ops, &t.spiral, &t.x, &t.rows);
		j->ops->linear_backward_weights(j->ops, &t.rows, &g, dw, j->d->bias ? db : NULL, more);
		if (!wanted)
			continue;
		struct nn_batch to = j->ops->samples(j->ops, &dx, s.sample * t.spiral.from, t.spiral.from);
		j->ops->linear_backward_data(j->ops, &g, node_value(j->p->net, j->d, 0), &t.rows, false);
		j->ops->gather_backward(j->ops, &t.spiral, &t.rows, &to, j->accumulate || !t.begins);
	}
}
