/* detections.c - see detections.h */
#include "common/model/detections.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/err.h"

void detections_add(struct detections *d, const struct detection *x)
{
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 64;
		d->item = xrealloc_array(d->item, d->cap, sizeof *d->item);
	}
	d->item[d->n++] = *x;
}

void detections_release(struct detections *d)
{
	free(d->item);
	*d = (struct detections){ 0 };
}

/* The reference sorts ascending and reverses: among equals the later one comes first. */
static int by_falling_score(const void *a, const void *b)
{
	const struct detection *const *x = a, *const *y = b;

	if ((*x)->score != (*y)->score)
		return (*x)->score > (*y)->score ? -1 : 1;
	return *x > *y ? -1 : *x < *y;
}

/* Structure of arrays, so that one candidate against all kept ones is a loop the compiler turns into vector code. */
struct boxes {
	float *x1, *y1, *x2, *y2, *area;
	size_t n;
};

static bool overlaps(const struct boxes *kept, const struct detection *d, float area, float iou)
{
	int over = 0;

	for (size_t i = 0; i < kept->n; i++) {
		float x1 = kept->x1[i] > d->x1 ? kept->x1[i] : d->x1, y1 = kept->y1[i] > d->y1 ? kept->y1[i] : d->y1;
		float x2 = kept->x2[i] < d->x2 ? kept->x2[i] : d->x2, y2 = kept->y2[i] < d->y2 ? kept->y2[i] : d->y2;
		float w = x2 - x1 + 1, h = y2 - y1 + 1, inter;

		w = w > 0 ? w : 0;
		h = h > 0 ? h : 0;
		inter = w * h;
		over |= inter / (kept->area[i] + area - inter) > iou;
	}
	return over;
}

void detections_nms(struct detections *d, float iou)
{
	const struct detection **order = xcalloc(d->n + 1, sizeof *order);
	float *soa = xcalloc(5 * d->n + 1, sizeof *soa);
	struct boxes kept = { soa, soa + d->n, soa + 2 * d->n, soa + 3 * d->n, soa + 4 * d->n, 0 };
	struct detection *out = xcalloc(d->n + 1, sizeof *out);

	for (size_t i = 0; i < d->n; i++)
		order[i] = &d->item[i];
	qsort(order, d->n, sizeof *order, by_falling_score);
	for (size_t i = 0; i < d->n; i++) {
		const struct detection *c = order[i];
		float area = (c->x2 - c->x1 + 1) * (c->y2 - c->y1 + 1);

		if (overlaps(&kept, c, area, iou))
			continue;
		kept.x1[kept.n] = c->x1;
		kept.y1[kept.n] = c->y1;
		kept.x2[kept.n] = c->x2;
		kept.y2[kept.n] = c->y2;
		kept.area[kept.n] = area;
		out[kept.n++] = *c;
	}
	free(d->item);
	free(order);
	free(soa);
	d->item = out;
	d->cap = d->n + 1;
	d->n = kept.n;
}

void detections_filter(struct detections *d, float min_size, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n && (!max || n < max); i++) {
		const struct detection *x = &d->item[i];

		if (x->x2 - x->x1 >= min_size && x->y2 - x->y1 >= min_size)
			d->item[n++] = *x;
	}
	d->n = n;
}
