/* landmarks.c - see landmarks.h */
#include "common/model/landmarks.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* ---- mirrors: pairs of points that change places, from 0, -1 at the end */

/* FAN's, 68 points as in 300W. */
static const int pairs68[] = { 0,  16, 1,  15, 2,  14, 3,  13, 4,  12, 5,  11, 6,  10, 7,  9,  17, 26, 18, 25,
			       19, 24, 20, 23, 21, 22, 31, 35, 32, 34, 36, 45, 37, 44, 38, 43, 39, 42, 40, 47,
			       41, 46, 48, 54, 49, 53, 50, 52, 61, 63, 60, 64, 67, 65, 58, 56, 59, 55, -1 };
/* HRNet's. */
static const int pairs98[] = { 0,  32, 1,  31, 2,  30, 3,  29, 4,  28, 5,  27, 6,  26, 7,  25, 8,  24,
			       9,  23, 10, 22, 11, 21, 12, 20, 13, 19, 14, 18, 15, 17, 33, 46, 34, 45,
			       35, 44, 36, 43, 37, 42, 38, 50, 39, 49, 40, 48, 41, 47, 60, 72, 61, 71,
			       62, 70, 63, 69, 64, 68, 65, 75, 66, 74, 67, 73, 55, 59, 56, 58, 76, 82,
			       77, 81, 78, 80, 87, 83, 86, 84, 88, 92, 89, 91, 95, 93, 96, 97, -1 };
static const int pairs29[] = { 0, 1, 4, 6, 2, 3, 5, 7, 8, 9, 10, 11, 12, 14, 16, 17, 13, 15, 18, 19, 22, 23, -1 };
static const int pairs19[] = { 0, 5, 1, 4, 2, 3, 6, 11, 7, 10, 8, 9, 12, 14, 15, 17, -1 };
/* Eyes and corners of the mouth, the nose between. */
static const int pairs5[] = { 0, 1, 3, 4, -1 };

static int map68[68], map98[98], map29[29], map19[19], map5[5];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(int *map, int n, const int *pairs)
{
	for (int i = 0; i < n; i++)
		map[i] = i;
	for (; *pairs >= 0; pairs += 2) {
		map[pairs[0]] = pairs[1];
		map[pairs[1]] = pairs[0];
	}
}

static void fill_all(void)
{
	fill(map68, 68, pairs68);
	fill(map98, 98, pairs98);
	fill(map29, 29, pairs29);
	fill(map19, 19, pairs19);
	fill(map5, 5, pairs5);
}

const int *landmarks_mirror(int n)
{
	pthread_once(&once, fill_all);
	switch (n) {
	case 68:
		return map68;
	case 98:
		return map98;
	case 29:
		return map29;
	case 19:
		return map19;
	case 5:
		return map5;
	default:
		return NULL;
	}
}

/* ---- drawing */

static int clamp(double v, int most)
{
	return v < 0 ? 0 : v > most ? most : (int)v;
}

static void draw_at(float *map, int w, int h, double x, double y, double sigma)
{
	double reach = 3 * sigma, scale = 1 / (2 * sigma * sigma);
	/* Pixels whose centres are within reach. */
	int left = clamp(ceil(x - reach - .5), w), right = clamp(floor(x + reach - .5) + 1, w);
	int top = clamp(ceil(y - reach - .5), h), bottom = clamp(floor(y + reach - .5) + 1, h);

	for (int j = top; j < bottom; j++)
		for (int i = left; i < right; i++) {
			double dx = i + .5 - x, dy = j + .5 - y;

			map[(size_t)j * (size_t)w + (size_t)i] = (float)exp(-(dx * dx + dy * dy) * scale);
		}
}

/* generate_target of HRNet: a patch of int(6 sigma + 1) pixels, the peak on its middle one. */
static void draw_hrnet(float *map, int w, int h, int x, int y, double sigma)
{
	int left = (int)(x - 3 * sigma), right = (int)(x + 3 * sigma + 1);
	int top = (int)(y - 3 * sigma), bottom = (int)(y + 3 * sigma + 1);
	int middle = (int)(6 * sigma + 1) / 2;

	if (left >= w || top >= h || right < 0 || bottom < 0)
		return;
	for (int j = top > 0 ? top : 0; j < bottom && j < h; j++)
		for (int i = left > 0 ? left : 0; i < right && i < w; i++) {
			double dx = i - left - middle, dy = j - top - middle;

			map[(size_t)j * (size_t)w + (size_t)i] = (float)exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
		}
}

void landmarks_draw(float *map, int w, int h, double x, double y, double sigma, enum landmarks_compat compat)
{
	memset(map, 0, (size_t)w * (size_t)h * sizeof *map);
	if (!(fabs(x) < 1e6 && fabs(y) < 1e6))
		return;
	if (compat == LANDMARKS_SUBPIXEL)
		draw_at(map, w, h, x, y, sigma);
	else if (y > 0)
		draw_hrnet(map, w, h, (int)x, (int)y, sigma);
}

/* ---- decoding */

/* How far from the middle of three values the peak is. */
static double shift(double before, double here, double after, enum landmarks_compat compat)
{
	double quarter = after > before ? .25 : after < before ? -.25 : 0;
	double bend, slope;

	if (compat == LANDMARKS_HRNET || !(before > 0 && after > 0))
		return quarter;
	bend = 2 * log(here) - log(before) - log(after);
	slope = log(after) - log(before);
	return bend > 0 ? fmin(fmax(slope / (2 * bend), -.5), .5) : quarter;
}

double landmarks_peak(const float *map, int w, int h, enum landmarks_compat compat, double at[2])
{
	size_t row = (size_t)w, best = 0;

	for (size_t i = 1; i < row * (size_t)h; i++)
		if (map[i] > map[best])
			best = i;
	int x = (int)(best % row), y = (int)(best / row);
	const float *p = map + best;

	at[0] = x + .5;
	at[1] = y + .5;
	if (compat == LANDMARKS_HRNET) {
		if (!(*p > 0)) {
			at[0] = at[1] = 0;
		} else if (x > 0 && x + 1 < w && y > 0 && y + 1 < h) {
			at[0] += shift((double)p[-1], (double)p[0], (double)p[1], compat);
			at[1] += shift((double)p[-w], (double)p[0], (double)p[w], compat);
		}
		return (double)*p;
	}
	if (*p > 0 && x > 0 && x + 1 < w)
		at[0] += shift((double)p[-1], (double)p[0], (double)p[1], compat);
	if (*p > 0 && y > 0 && y + 1 < h)
		at[1] += shift((double)p[-w], (double)p[0], (double)p[w], compat);
	return (double)*p;
}
