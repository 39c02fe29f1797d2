/* geometry.c - see geometry.h */
#include "crop/geometry.h"

#include <math.h>
#include <string.h>

double crop_side_of(const struct face_box *b, enum crop_side side)
{
	double w = b->x2 - b->x1, h = b->y2 - b->y1;
	switch (side) {
	case CROP_SIDE_MAX:
		return fmax(w, h);
	case CROP_SIDE_MEAN:
		return (w + h) / 2;
	case CROP_SIDE_SQRT:
		return sqrt(w * h);
	}
	BUG("side %d", side);
}

/* --margin: the same crop of a window that is larger about its centre. */
static void widen(struct crop_map *m, const struct crop_options *o)
{
	double s = 1 / (1 + 2 * o->margin), middle[2] = { o->w / 2., o->h / 2. };
	if (o->margin == 0)
		return;
	for (int r = 0; r < 2; r++) {
		double *a = m->a + 3 * r;
		a[0] *= s;
		a[1] *= s;
		a[2] = (a[2] - middle[r]) * s + middle[r];
	}
}

void crop_map_square(struct crop_map *m, const struct crop_options *o, double cx, double cy, double size)
{
	double k = o->face / size;
	*m = (struct crop_map){ .straight = true };
	m->a[0] = m->a[4] = k;
	m->a[2] = o->w / 2. - k * cx;
	m->a[5] = o->h / 2. - k * (cy + o->shift * size);
	widen(m, o);
}

void crop_template(double points[5][2], int w, int h)
{
	static const double at112[5][2] = {
		{ 38.2946, 51.6963 }, { 73.5318, 51.5014 }, { 56.0252, 71.7366 },
		{ 41.5493, 92.3655 }, { 70.7299, 92.2041 },
	};
	bool border = h % 112 != 0 && h % 128 == 0;
	double s = border ? h / 128. : h / 112.;
	/* The square template, cut or widened evenly where the crop is not square. */
	double left = border ? 8 * s : 0, square = h;
	for (int i = 0; i < 5; i++) {
		points[i][0] = at112[i][0] * s + left + (w - square) / 2;
		points[i][1] = at112[i][1] * s;
	}
}

int crop_map_points(struct crop_map *m, const struct crop_options *o, const double points[5][2])
{
	double to[5][2];
	*m = (struct crop_map){ 0 };
	crop_template(to, o->w, o->h);
	if (similarity_fit(m->a, points, (const double(*)[2])to, 5) < 0)
		return -1;
	widen(m, o);
	return 0;
}

void crop_map_point(const struct crop_map *m, double x, double y, double *to_x, double *to_y)
{
	*to_x = m->a[0] * x + m->a[1] * y + m->a[2];
	*to_y = m->a[3] * x + m->a[4] * y + m->a[5];
}

/* ---- how much lies outside: the photo, mapped into the crop's frame, cut by the crop's four sides */

enum { MOST_CORNERS = 8 }; /* of a four-sided figure cut by four lines */

struct polygon {
	double p[MOST_CORNERS][2];
	int n;
};

/* Keeps the part where sign * (coordinate - limit) <= 0 (Sutherland and Hodgman 1974). */
static void cut(struct polygon *g, int axis, double limit, double sign)
{
	struct polygon out = { .n = 0 };
	for (int i = 0; i < g->n; i++) {
		const double *a = g->p[i], *b = g->p[(i + 1) % g->n];
		double da = sign * (a[axis] - limit), db = sign * (b[axis] - limit);
		if (da <= 0 && out.n < MOST_CORNERS)
			memcpy(out.p[out.n++], a, sizeof out.p[0]);
		if ((da <= 0) != (db <= 0) && out.n < MOST_CORNERS) {
			double t = da / (da - db);
			out.p[out.n][axis] = limit;
			out.p[out.n++][!axis] = a[!axis] + t * (b[!axis] - a[!axis]);
		}
	}
	*g = out;
}

static double area(const struct polygon *g)
{
	double twice = 0;
	for (int i = 0; i < g->n; i++) {
		const double *a = g->p[i], *b = g->p[(i + 1) % g->n];
		twice += a[0] * b[1] - b[0] * a[1];
	}
	return fabs(twice) / 2;
}

double crop_outside(const struct crop_map *m, int w, int h, int photo_w, int photo_h)
{
	struct polygon g = { .n = 4 };
	for (int i = 0; i < 4; i++)
		crop_map_point(m, i == 1 || i == 2 ? photo_w : 0, i >= 2 ? photo_h : 0, &g.p[i][0], &g.p[i][1]);
	cut(&g, 0, 0, -1);
	cut(&g, 0, w, 1);
	cut(&g, 1, 0, -1);
	cut(&g, 1, h, 1);
	double outside = 1 - area(&g) / ((double)w * h);
	return outside < 1e-9 ? 0 : outside; /* rounding is not a border */
}

bool crop_map_usable(const struct crop_map *m, int w, int h)
{
	const double *a = m->a;
	double det = a[0] * a[4] - a[1] * a[3];
	/* Between 1/1000 and 1000 times; the far corners of the window within what resample.h takes. */
	if (!(det > 1e-6 && det < 1e6))
		return false;
	for (int i = 0; i < 4; i++) {
		double x = (i & 1 ? w : 0) - a[2], y = (i & 2 ? h : 0) - a[5];
		double u = (a[4] * x - a[1] * y) / det, v = (a[0] * y - a[3] * x) / det;
		if (!(fabs(u) < RESAMPLE_FARTHEST && fabs(v) < RESAMPLE_FARTHEST))
			return false;
	}
	return true;
}

void crop_render(struct image *dst, const struct image *photo, int scale, const struct crop_map *m,
		 const struct crop_options *o)
{
	double a[6];
	for (int i = 0; i < 6; i++)
		a[i] = i % 3 == 2 ? m->a[i] : m->a[i] * scale;
	if (!m->straight) {
		resample_affine(dst, photo, a, (enum resample_fill)o->fill);
		return;
	}
	double x0 = -a[2] / a[0], y0 = -a[5] / a[4];
	resample_box(dst, photo, x0, y0, x0 + dst->w / a[0], y0 + dst->h / a[4],
		     (enum resample_filter)(o->filter + RESAMPLE_BILINEAR), (enum resample_fill)o->fill);
}
