/* kdtree.c - see align.h: nearest neighbours in three dimensions */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/metrics/align.h"

enum { LEAF = 8 };

/*
 * The tree is the order of the points: a range is split at its middle, which stands there, with smaller coordinates of the
 * range's axis before it and larger ones after it. Ranges up to LEAF are searched through.
 */
struct kdtree {
	const double (*p)[3];
	size_t n;
	size_t *order; /* [n] */
	uint8_t *axis; /* [n] of the range whose middle this is */
};

static int widest_axis(const struct kdtree *t, size_t begin, size_t end)
{
	int best = 0;
	double most = -1;

	for (int k = 0; k < 3; k++) {
		double low = INFINITY, high = -INFINITY;
		for (size_t i = begin; i < end; i++) {
			low = fmin(low, t->p[t->order[i]][k]);
			high = fmax(high, t->p[t->order[i]][k]);
		}
		if (high - low > most) {
			most = high - low;
			best = k;
		}
	}
	return best;
}

/* Puts the element that sorting would put at `middle` there, smaller ones before it (Hoare). */
static void select_middle(struct kdtree *t, size_t begin, size_t end, size_t middle, int axis)
{
	while (end - begin > 1) {
		double pivot =
			t->p[t->order[begin + (end - begin - 1) / 2]][axis]; /* never the last, or nothing is split */
		size_t i = begin, j = end - 1;

		for (;;) {
			while (t->p[t->order[i]][axis] < pivot)
				i++;
			while (t->p[t->order[j]][axis] > pivot)
				j--;
			if (i >= j)
				break;
			size_t swap = t->order[i];
			t->order[i++] = t->order[j];
			t->order[j--] = swap;
		}
		if (middle <= j)
			end = j + 1;
		else
			begin = j + 1;
	}
}

static void build(struct kdtree *t, size_t begin, size_t end)
{
	while (end - begin > LEAF) {
		size_t middle = begin + (end - begin) / 2;
		int axis = widest_axis(t, begin, end);

		select_middle(t, begin, end, middle, axis);
		t->axis[middle] = (uint8_t)axis;
		build(t, begin, middle);
		begin = middle + 1;
	}
}

struct kdtree *kdtree_new(const double (*p)[3], size_t n)
{
	struct kdtree *t = xmalloc(sizeof *t);

	*t = (struct kdtree){ .p = p, .n = n };
	t->order = xrealloc_array(NULL, n + 1, sizeof *t->order);
	t->axis = xcalloc(n + 1, 1);
	for (size_t i = 0; i < n; i++)
		t->order[i] = i;
	build(t, 0, n);
	return t;
}

struct query {
	const struct kdtree *t;
	const double *x;
	size_t best;
	double square;
};

static void look_at(struct query *q, size_t at)
{
	const double *p = q->t->p[q->t->order[at]];
	double dx = p[0] - q->x[0], dy = p[1] - q->x[1], dz = p[2] - q->x[2];
	double square = dx * dx + dy * dy + dz * dz;

	if (square < q->square) {
		q->square = square;
		q->best = q->t->order[at];
	}
}

static void search(struct query *q, size_t begin, size_t end)
{
	while (end - begin > LEAF) {
		size_t middle = begin + (end - begin) / 2;
		int axis = q->t->axis[middle];
		double gap = q->x[axis] - q->t->p[q->t->order[middle]][axis];

		look_at(q, middle);
		if (gap < 0) {
			search(q, begin, middle);
			if (gap * gap >= q->square)
				return;
			begin = middle + 1;
		} else {
			search(q, middle + 1, end);
			if (gap * gap >= q->square)
				return;
			end = middle;
		}
	}
	for (; begin < end; begin++)
		look_at(q, begin);
}

size_t kdtree_nearest(const struct kdtree *t, const double x[3], double *square)
{
	struct query q = { t, x, 0, INFINITY };

	search(&q, 0, t->n);
	*square = q.square;
	return q.best;
}

void kdtree_free(struct kdtree *t)
{
	free(t->order);
	free(t->axis);
	free(t);
}
