/* mesh.c - see mesh.h */
#include "common/metrics/mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/metrics/align.h"

enum { ICP_ROUNDS = 50 };

const char *const mesh_align_name[MESH_ALIGNS] = { "none", "similarity", "rigid", "icp", "icp-match" };

double mesh_box(const double (*truth)[3], size_t n)
{
	double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY };

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 2; k++) {
			low[k] = fmin(low[k], truth[i][k]);
			high[k] = fmax(high[k], truth[i][k]);
		}
	return n ? sqrt((high[0] - low[0]) * (high[1] - low[1])) : NAN;
}

double mesh_nme_2d(const double (*pred)[3], const double (*truth)[3], size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += hypot(pred[i][0] - truth[i][0], pred[i][1] - truth[i][1]);
	return sum / (double)n / mesh_box(truth, n);
}

static double distance(const double a[3], const double b[3])
{
	double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];

	return sqrt(x * x + y * y + z * z);
}

double mesh_nme_3d(const double (*pred)[3], const double (*truth)[3], size_t n)
{
	double sum = 0, shift = 0;

	for (size_t i = 0; i < n; i++)
		shift += (truth[i][2] - pred[i][2]) / (double)n;
	for (size_t i = 0; i < n; i++) {
		double moved[3] = { pred[i][0], pred[i][1], pred[i][2] + shift };
		sum += distance(moved, truth[i]);
	}
	return sum / (double)n / mesh_box(truth, n);
}

int mesh_yaw_bin(double yaw)
{
	yaw = fabs(yaw);
	if (isnan(yaw))
		return -1;
	return yaw <= 30 ? 0 : yaw <= 60 ? 1 : 2;
}

static double mean_distance(const double (*pred)[3], const double (*truth)[3], size_t n, const size_t *index)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += distance(pred[index ? index[i] : i], truth[i]);
	return sum / (double)n;
}

/* The closed form over the vertices that correspond. */
static void start(const double (*pred)[3], const double (*truth)[3], size_t n, const struct mesh_match *match,
		  int rigid, struct align *a)
{
	size_t m = match ? match->n : n;
	double(*from)[3] = xrealloc_array(NULL, 2 * m + 1, sizeof *from), (*to)[3] = from + m;

	for (size_t i = 0; i < m; i++) {
		memcpy(from[i], pred[match ? match->pred[i] : i], sizeof *from);
		memcpy(to[i], truth[match ? match->truth[i] : i], sizeof *to);
	}
	align_points((const double(*)[3])from, (const double(*)[3])to, m, rigid, a);
	free(from);
}

double mesh_reconstruction(const double (*pred)[3], size_t n_pred, const double (*truth)[3], size_t n_truth,
			   enum mesh_align how, const struct mesh_match *match)
{
	double(*moved)[3], error;
	struct align a;

	if (how < MESH_ICP && n_pred != n_truth)
		BUG("vertex by vertex with %zu and %zu vertices", n_pred, n_truth);
	if (how == MESH_NONE)
		return mean_distance(pred, truth, n_truth, NULL);
	moved = xrealloc_array(NULL, n_pred + 1, sizeof *moved);
	start(pred, truth, n_pred, match, how == MESH_RIGID, &a);
	align_apply(&a, pred, n_pred, moved);
	if (how < MESH_ICP) {
		error = mean_distance((const double(*)[3])moved, truth, n_truth, NULL);
	} else {
		size_t *nearest = xrealloc_array(NULL, n_truth + 1, sizeof *nearest);

		error = align_icp(moved, n_pred, truth, n_truth, ICP_ROUNDS, nearest);
		if (how == MESH_ICP_MATCH)
			error = mean_distance(pred, truth, n_truth, nearest);
		free(nearest);
	}
	free(moved);
	return error;
}
