/* align.c - see align.h: closed form and ICP */
#include "common/metrics/align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

static void centroid(const double (*p)[3], size_t n, double c[3])
{
	for (int k = 0; k < 3; k++) {
		c[k] = 0;
		for (size_t i = 0; i < n; i++)
			c[k] += p[i][k];
		c[k] /= n ? (double)n : 1;
	}
}

/* Zeroes a[p][q] of a symmetric matrix by a rotation, which v collects (Jacobi). */
static void rotate(double a[4][4], double v[4][4], int p, int q)
{
	double theta, t, c, s;

	if (a[p][q] == 0)
		return;
	theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
	t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
	c = 1 / sqrt(t * t + 1);
	s = t * c;
	for (int k = 0; k < 4; k++) {
		double x = a[k][p], y = a[k][q];
		a[k][p] = c * x - s * y;
		a[k][q] = s * x + c * y;
	}
	for (int k = 0; k < 4; k++) {
		double x = a[p][k], y = a[q][k];
		a[p][k] = c * x - s * y;
		a[q][k] = s * x + c * y;
	}
	for (int k = 0; k < 4; k++) {
		double x = v[k][p], y = v[k][q];
		v[k][p] = c * x - s * y;
		v[k][q] = s * x + c * y;
	}
}

/* The eigenvector of the largest eigenvalue of a symmetric matrix. */
static void largest_eigenvector(double a[4][4], double out[4])
{
	double v[4][4] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 1 } };
	int best = 0;

	for (int sweep = 0; sweep < 50; sweep++)
		for (int p = 0; p < 3; p++)
			for (int q = p + 1; q < 4; q++)
				rotate(a, v, p, q);
	for (int k = 1; k < 4; k++)
		if (a[k][k] > a[best][best])
			best = k;
	for (int k = 0; k < 4; k++)
		out[k] = v[k][best];
}

/* Horn (1987): the unit quaternion that turns best, from the sums s[j][k] of from_j to_k. */
static void best_rotation(double s[3][3], double r[3][3])
{
	double n[4][4] = {
		{ s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0] },
		{ s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2] },
		{ s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1] },
		{ s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1] },
	};
	double q[4], w, x, y, z;

	largest_eigenvector(n, q);
	w = q[0];
	x = q[1];
	y = q[2];
	z = q[3];
	r[0][0] = w * w + x * x - y * y - z * z;
	r[0][1] = 2 * (x * y - w * z);
	r[0][2] = 2 * (x * z + w * y);
	r[1][0] = 2 * (x * y + w * z);
	r[1][1] = w * w - x * x + y * y - z * z;
	r[1][2] = 2 * (y * z - w * x);
	r[2][0] = 2 * (x * z - w * y);
	r[2][1] = 2 * (y * z + w * x);
	r[2][2] = w * w - x * x - y * y + z * z;
}

void align_points(const double (*from)[3], const double (*to)[3], size_t n, int rigid, struct align *a)
{
	double cf[3], ct[3], s[3][3] = { { 0 } }, square = 0, along = 0;

	centroid(from, n, cf);
	centroid(to, n, ct);
	for (size_t i = 0; i < n; i++)
		for (int j = 0; j < 3; j++) {
			square += (from[i][j] - cf[j]) * (from[i][j] - cf[j]);
			for (int k = 0; k < 3; k++)
				s[j][k] += (from[i][j] - cf[j]) * (to[i][k] - ct[k]);
		}
	best_rotation(s, a->rotation);
	for (int j = 0; j < 3; j++)
		for (int k = 0; k < 3; k++)
			along += a->rotation[k][j] * s[j][k];
	a->scale = rigid || !(square > 0) || !(along > 0) ? 1 : along / square;
	for (int k = 0; k < 3; k++) {
		a->shift[k] = ct[k];
		for (int j = 0; j < 3; j++)
			a->shift[k] -= a->scale * a->rotation[k][j] * cf[j];
	}
}

void align_apply(const struct align *a, const double (*from)[3], size_t n, double (*to)[3])
{
	for (size_t i = 0; i < n; i++) {
		double x[3] = { from[i][0], from[i][1], from[i][2] };
		for (int k = 0; k < 3; k++)
			to[i][k] = a->scale * (a->rotation[k][0] * x[0] + a->rotation[k][1] * x[1] +
					       a->rotation[k][2] * x[2]) +
				   a->shift[k];
	}
}

double align_icp(double (*from)[3], size_t n_from, const double (*to)[3], size_t n_to, int rounds, size_t *nearest)
{
	double(*pick)[3] = xrealloc_array(NULL, n_to + 1, sizeof *pick), last = INFINITY, mean = 0;

	for (int round = 0;; round++) {
		struct kdtree *tree = kdtree_new((const double(*)[3])from, n_from);
		struct align a;

		mean = 0;
		for (size_t i = 0; i < n_to; i++) {
			double square;
			nearest[i] = kdtree_nearest(tree, to[i], &square);
			mean += sqrt(square) / (double)n_to;
			memcpy(pick[i], from[nearest[i]], sizeof *pick);
		}
		kdtree_free(tree);
		if (round >= rounds || (round && !(last - mean > 1e-9 * last)))
			break;
		last = mean;
		align_points((const double(*)[3])pick, to, n_to, 1, &a);
		align_apply(&a, (const double(*)[3])from, n_from, from);
	}
	free(pick);
	return mean;
}
