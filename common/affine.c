/* affine.c - the antialiased warp, and the similarity between two sets of points */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/resample.h"

int affine_invert(double b[6], const double a[6])
{
	double det = a[0] * a[4] - a[1] * a[3];
	if (!(fabs(det) > 1e-12) || !isfinite(a[2]) || !isfinite(a[5]))
		return -1;
	b[0] = a[4] / det;
	b[1] = -a[1] / det;
	b[3] = -a[3] / det;
	b[4] = a[0] / det;
	b[2] = -(b[0] * a[2] + b[1] * a[5]);
	b[5] = -(b[3] * a[2] + b[4] * a[5]);
	return 0;
}

/* A tent over source positions about u, `reach` to either side. */
struct tent {
	int n;
	int *at;  /* [n] source positions, -1 where black is */
	float *w; /* [n], their sum is 1 */
};

static void tent_set(struct tent *t, double u, double reach, int size, enum resample_fill fill)
{
	float sum = 0;
	int begin = (int)floor(u - reach + .5), end = (int)floor(u + reach + .5);
	t->n = 0;
	for (int i = begin; i < end; i++) {
		float w = (float)(1 - fabs(i + .5 - u) / reach);
		if (!(w > 0))
			continue;
		t->at[t->n] = resample_fill_index(i, size, fill);
		t->w[t->n++] = w;
		sum += w;
	}
	for (int i = 0; i < t->n; i++)
		t->w[i] /= sum;
}

static void sample(uint8_t *dst, const struct image *src, const struct tent *tx, const struct tent *ty)
{
	float rgb[3] = { .5f, .5f, .5f };
	for (int j = 0; j < ty->n; j++) {
		float row[3] = { 0 };
		if (ty->at[j] < 0)
			continue;
		for (int i = 0; i < tx->n; i++) {
			if (tx->at[i] < 0)
				continue;
			const uint8_t *s = image_at(src, tx->at[i], ty->at[j]);
			for (int c = 0; c < 3; c++)
				row[c] += tx->w[i] * s[c];
		}
		for (int c = 0; c < 3; c++)
			rgb[c] += ty->w[j] * row[c];
	}
	for (int c = 0; c < 3; c++)
		dst[c] = (uint8_t)(rgb[c] < 255 ? rgb[c] : 255);
}

static void tent_init(struct tent *t, double reach)
{
	size_t most = 2 * (size_t)ceil(reach) + 2;
	t->at = xcalloc(most, sizeof *t->at);
	t->w = xcalloc(most, sizeof *t->w);
}

static void tent_release(struct tent *t)
{
	free(t->at);
	free(t->w);
}

/* Far outside, where it is black or a mirror of a mirror, the place no longer matters: kept within int. */
static double near_enough(double u)
{
	return fmin(fmax(u, -RESAMPLE_FARTHEST), RESAMPLE_FARTHEST);
}

void resample_affine(struct image *dst, const struct image *src, const double a[6], enum resample_fill fill)
{
	double b[6];
	struct tent tx, ty;
	if (affine_invert(b, a) < 0)
		BUG("affine map without an inverse");
	/* One step in the destination covers this much of the source along x and along y. */
	double reach_x = fmax(1, hypot(b[0], b[1])), reach_y = fmax(1, hypot(b[3], b[4]));
	if (!(fmax(reach_x, reach_y) <= RESAMPLE_FARTHEST))
		BUG("affine map that reduces %g times", fmax(reach_x, reach_y));
	tent_init(&tx, reach_x);
	tent_init(&ty, reach_y);
	for (int y = 0; y < dst->h; y++)
		for (int x = 0; x < dst->w; x++) {
			double u = b[0] * (x + .5) + b[1] * (y + .5) + b[2];
			double v = b[3] * (x + .5) + b[4] * (y + .5) + b[5];
			tent_set(&tx, near_enough(u), reach_x, src->w, fill);
			tent_set(&ty, near_enough(v), reach_y, src->h, fill);
			sample(image_at(dst, x, y), src, &tx, &ty);
		}
	tent_release(&tx);
	tent_release(&ty);
}

/*
 * In the plane the best similarity is one complex number: with both sets centred, c = sum(conj(s) d) / sum(|s|^2) is the
 * minimum that Umeyama's SVD finds.
 */
int similarity_fit(double a[6], const double (*src)[2], const double (*dst)[2], int n)
{
	double ms[2] = { 0 }, md[2] = { 0 }, re = 0, im = 0, norm = 0, extent = 0;
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 2; k++) {
			ms[k] += src[i][k] / n;
			md[k] += dst[i][k] / n;
		}
	for (int i = 0; i < n; i++) {
		double sx = src[i][0] - ms[0], sy = src[i][1] - ms[1];
		double dx = dst[i][0] - md[0], dy = dst[i][1] - md[1];
		re += sx * dx + sy * dy;
		im += sx * dy - sy * dx;
		norm += sx * sx + sy * sy;
		extent = fmax(extent, fmax(fabs(src[i][0]), fabs(src[i][1])));
	}
	/* Coinciding points, a map onto one point, or numbers that are none. */
	if (n < 2 || !(norm > 1e-20 * (1 + extent * extent)) || !(re * re + im * im > 0) || !isfinite(re) ||
	    !isfinite(im))
		return -1;
	a[0] = a[4] = re / norm;
	a[3] = im / norm;
	a[1] = -a[3];
	a[2] = md[0] - a[0] * ms[0] - a[1] * ms[1];
	a[5] = md[1] - a[3] * ms[0] - a[4] * ms[1];
	return 0;
}
