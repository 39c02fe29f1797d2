/*
 * What frl-synth says of its pictures is what they show: vertices where NumPy projects them, dots painted on the landmarks
 * where the landmarks are, nothing seen through a hole of the mask.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/tsv.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_synth.h"
#include "tools/synth/vec.h"

enum { STEP = 97 };

/* ---- against tests/golden/make_synth.py */

static double column(const struct tsv *t, const char *prefix, int i, int axis)
{
	char name[32];
	double v;
	struct err e = { 0 };

	snprintf(name, sizeof name, "%s%d%c", prefix, i, "xyz"[axis]);
	if (tsv_f64(t, &t->row, tsv_col(t, name), &v, &e) < 0)
		fail_msg("%s", e.msg);
	return v;
}

/* The largest distance between what synth says and the golden rows. */
static double compare(struct synth_scene *s, const char *golden)
{
	char *path = golden_path(golden);
	struct synth_worker w;
	struct synth_truth t;
	struct tsv rows;
	struct err e = { 0 };
	double most = 0;
	uint64_t n = 0;

	synth_worker_init(&w, s);
	t.mesh = xrealloc_array(NULL, (size_t)s->model.face_vertices, 3 * sizeof *t.mesh);
	if (tsv_open(&rows, path, &e) < 0)
		fail_msg("%s", e.msg);
	while (tsv_next(&rows, &e) == 1) {
		char id[64];

		assert_int_equal(synth_render(&w, n++, &t, &e), 0);
		synth_id(id, &s->options, &t.picture);
		assert_string_equal(id, tsv_raw(&rows.row, 0));
		for (int axis = 0; axis < 3; axis++) {
			for (int i = 0; i < SYNTH_LANDMARKS; i++)
				most = fmax(most, fabs(column(&rows, "lm", i, axis) - t.landmark[i][axis]));
			for (int i = 0; i < s->model.face_vertices; i += STEP)
				most = fmax(most, fabs(column(&rows, "v", i, axis) - t.mesh[3 * i + axis]));
		}
		/* The mesh and the landmarks are the same vertices. */
		for (int i = 0; i < SYNTH_LANDMARKS; i++)
			assert_memory_equal(t.landmark[i], t.mesh + 3 * (size_t)s->model.landmark[i],
					    3 * sizeof(float));
	}
	assert_true(n >= 3);
	tsv_close(&rows);
	synth_worker_release(&w);
	free(t.mesh);
	free(path);
	return most;
}

static void small_mask_is_where_numpy_puts_it(void **state)
{
	char *folder = golden_path("synth/model");
	struct synth_scene s;

	(void)state;
	support_synth_open(&s, folder, 256, 1);
	s.options.per_identity = 2;
	assert_true(compare(&s, "synth/small.tsv") < 1e-3);
	s.options = (struct synth_options)SYNTH_OPTIONS_DEFAULT;
	s.options.weak = true;
	s.options.seed = 7;
	assert_true(compare(&s, "synth/small-weak.tsv") < 1e-3);
	support_synth_close(&s);
	free(folder);
}

static void ict_face_is_where_numpy_puts_it(void **state)
{
	char *folder = shared_path("ict-face-model");
	struct synth_scene s;

	(void)state;
	if (!folder) {
		skip();
		return;
	}
	support_synth_open(&s, folder, 256, 1);
	s.options.per_identity = 1;
	assert_true(compare(&s, "synth/ict.tsv") < 1e-3);
	support_synth_close(&s);
	free(folder);
}

/* ---- dots on the landmarks */

/* Dots of one group are far from each other; three groups, a colour each, are painted at a time. */
enum { GROUPS = 6, COLOURS = 3 };

/*
 * Dots are small beside the folds of lids and lips, and yet several pixels wide: so the picture is four times the usual one.
 * The bar is .1 px of a picture of 256 px, which is .4 px here; that all of them are off by less than .05 px together shows
 * that pixels are where they should be.
 */
enum { SIZE = 1024 };

struct dots {
	const struct synth_worker *w;
	int group;    /* the first of three */
	float radius; /* cm */
};

static void paint_dots(void *data, const float place[3], float rgb[3])
{
	const struct dots *d = data;

	for (int k = 0; k < COLOURS; k++) {
		rgb[k] = 0;
		for (int i = d->group + k; i < SYNTH_LANDMARKS; i += GROUPS)
			if (vec_distance(place, d->w->p + 3 * (size_t)d->w->scene->model.landmark[i]) < d->radius)
				rgb[k] = 1;
	}
}

/* The light within 3 pixels of (x, y): its sum and its middle. */
static double centroid(const struct synth_canvas *c, int colour, double x, double y, double at[2])
{
	double sum = 0;

	at[0] = at[1] = 0;
	for (int py = (int)y - 7; py <= (int)y + 7; py++)
		for (int px = (int)x - 7; px <= (int)x + 7; px++) {
			double v;

			if (px < 0 || py < 0 || px >= c->size || py >= c->size || hypot(px + .5 - x, py + .5 - y) > 6)
				continue;
			v = c->rgb[3 * (py * c->size + px) + colour];
			sum += v;
			at[0] += v * (px + .5);
			at[1] += v * (py + .5);
		}
	at[0] /= sum;
	at[1] /= sum;
	return sum;
}

/*
 * Is the whole dot seen? Its surface must face the camera (by 60 degrees at most), and what lies in the z-buffer about it
 * must be that surface: the landmark's own depth, but for the slope.
 */
static bool seen(const struct synth_worker *w, const struct synth_truth *t, int i, double radius)
{
	const float *normal = w->normal + 3 * (size_t)w->scene->model.landmark[i];
	int n = w->scene->samples, side = w->raster.side;
	float facing[3];

	vec_rotate(facing, (const float(*)[3])t->camera.r, normal);
	if (facing[2] < .6F)
		return false;
	for (int k = 0; k < 16; k++) {
		double a = k * acos(-1) / 8, r = radius * t->camera.scale;
		int x = (int)((t->landmark[i][0] + r * cos(a)) * n), y = (int)((t->landmark[i][1] + r * sin(a)) * n);

		if (x < 0 || y < 0 || x >= side || y >= side)
			return false;
		if (fabs(w->raster.depth[y * side + x] - t->landmark[i][2]) > 1.8 * r + .2)
			return false;
	}
	return true;
}

static void dots_are_found(const char *folder, int pictures, double radius, int least)
{
	static const float black[3] = { 0 };
	struct synth_scene s;
	struct synth_worker w;
	struct dots dots = { .w = &w, .radius = (float)radius };
	const struct synth_probe probe = { .background = black, .paint = paint_dots, .data = &dots };
	struct synth_truth t = { .mesh = NULL };
	struct err e = { 0 };
	double most = 0, shift[2] = { 0 };
	int found = 0;

	support_synth_open(&s, folder, SIZE, 2);
	s.probe = &probe;
	s.options.per_identity = 1;
	synth_worker_init(&w, &s);
	for (int i = 0; i < pictures; i++)
		for (dots.group = 0; dots.group < GROUPS; dots.group += COLOURS) {
			assert_int_equal(synth_render(&w, (uint64_t)i, &t, &e), 0);
			for (int k = 0; k < SYNTH_LANDMARKS; k++) {
				double at[2], gap;
				int colour = k % GROUPS - dots.group;

				if (colour < 0 || colour >= COLOURS || !seen(&w, &t, k, radius) ||
				    centroid(&w.canvas, colour, t.landmark[k][0], t.landmark[k][1], at) == 0)
					continue;
				gap = hypot(at[0] - t.landmark[k][0], at[1] - t.landmark[k][1]);
				if (getenv("FRL_VERBOSE"))
					printf("%d %d %.3f\n", i, k, gap);
				most = fmax(most, gap);
				shift[0] += at[0] - t.landmark[k][0];
				shift[1] += at[1] - t.landmark[k][1];
				found++;
			}
		}
	printf("%d dots, farthest %.3f px, mean shift %.4f %.4f\n", found, most, shift[0] / found, shift[1] / found);
	assert_true(found >= least);
	assert_true(most * 256 / SIZE < .1);
	assert_true(fabs(shift[0] / found) < .05 && fabs(shift[1] / found) < .05);
	synth_worker_release(&w);
	support_synth_close(&s);
}

static void dots_on_the_small_mask(void **state)
{
	char *folder = golden_path("synth/model");

	(void)state;
	dots_are_found(folder, 2, .035, 80);
	free(folder);
}

static void dots_on_the_ict_face(void **state)
{
	char *folder = shared_path("ict-face-model");

	(void)state;
	if (!folder) {
		skip();
		return;
	}
	dots_are_found(folder, 2, .035, 50);
	free(folder);
}

/* ---- nothing behind the face is seen through it */

/* Within the polygon of n points. */
static bool inside(const float (*p)[2], int n, double x, double y)
{
	bool in = false;

	for (int i = 0; i < n; i++) {
		const float *a = p[i], *b = p[(i + 1) % n];

		if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0])
			in = !in;
	}
	return in;
}

static bool in_landmarks(const struct synth_truth *t, int first, int n, double x, double y)
{
	float p[16][2];

	for (int i = 0; i < n; i++)
		memcpy(p[i], t->landmark[first + i], sizeof p[i]);
	return inside((const float(*)[2])p, n, x, y);
}

/* Within the face's outline: the jaw from ear to ear and the brows back, drawn in a little, as lines between them cut corners. */
static bool in_outline(const struct synth_truth *t, double x, double y)
{
	float p[27][2];

	for (int i = 0; i < 27; i++)
		for (int k = 0; k < 2; k++)
			p[i][k] = .95F * t->landmark[i < 17 ? i : 43 - i][k] + .05F * t->landmark[30][k];
	return inside((const float(*)[2])p, 27, x, y);
}

/* Pixels with any background in them, within eyes and mouth, and (where the head looks ahead) within the face. */
static int leaks(const struct synth_worker *w, const struct synth_truth *t, bool whole_face)
{
	int n = 0;

	for (int y = 0; y < w->canvas.size; y++)
		for (int x = 0; x < w->canvas.size; x++) {
			double px = x + .5, py = y + .5;

			if (w->canvas.rgb[3 * (y * w->canvas.size + x) + 1] < 1e3F)
				continue;
			n += in_landmarks(t, 36, 6, px, py) || in_landmarks(t, 42, 6, px, py) ||
			     in_landmarks(t, 48, 12, px, py) || (whole_face && in_outline(t, px, py));
		}
	return n;
}

static void nothing_shines_through(const char *folder, int pictures, double yaw, bool outline)
{
	static const float bright[3] = { 0, 1e6F, 0 };
	static const struct synth_probe probe = { .background = bright };
	struct synth_scene s;
	struct synth_worker w;
	struct synth_truth t = { .mesh = NULL };
	struct err e = { 0 };

	support_synth_open(&s, folder, 256, 2);
	s.probe = &probe;
	s.options.active = .5;
	synth_worker_init(&w, &s);
	for (int i = 0; i < pictures; i++) {
		s.options.yaw = i % 2 ? yaw : 25;
		assert_int_equal(synth_render(&w, (uint64_t)i, &t, &e), 0);
		assert_int_equal(leaks(&w, &t, outline && fabs(t.picture.yaw) < 25), 0);
	}
	/* That a hole is found: the same face without its membranes. */
	s.surface.triangles = s.surface.skin;
	s.options.yaw = 10;
	assert_int_equal(synth_render(&w, 0, &t, &e), 0);
	assert_true(leaks(&w, &t, false) > 20);
	synth_worker_release(&w);
	support_synth_close(&s);
}

static void no_holes_in_the_small_mask(void **state)
{
	char *folder = golden_path("synth/model");

	(void)state;
	/* Beyond, one looks between the lips of this crude mask from the side. */
	nothing_shines_through(folder, 6, 40, false);
	free(folder);
}

static void no_holes_in_the_ict_face(void **state)
{
	char *folder = shared_path("ict-face-model");

	(void)state;
	if (!folder) {
		skip();
		return;
	}
	nothing_shines_through(folder, 8, 60, true);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_mask_is_where_numpy_puts_it),
		cmocka_unit_test(ict_face_is_where_numpy_puts_it),
		cmocka_unit_test(dots_on_the_small_mask),
		cmocka_unit_test(dots_on_the_ict_face),
		cmocka_unit_test(no_holes_in_the_small_mask),
		cmocka_unit_test(no_holes_in_the_ict_face),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
