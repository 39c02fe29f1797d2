/* frl-crop's parts: geometry against its formula and Pillow (tests/golden/crop.py), columns, choice of a face. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "crop/geometry.h"
#include "crop/input.h"
#include "support_image.h"

static struct crop_options defaults(int size)
{
	return (struct crop_options){ .w = size,
				      .h = size,
				      .face = 190 * size / 256.,
				      .unit = 1,
				      .points = "0,1,2,3,4",
				      .limits = IMAGE_LIMITS_DEFAULT };
}

static void near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * (1 + fabs(b))))
		fail_msg("%.17g is not %.17g", a, b);
}

static void test_pillow(void **state)
{
	struct buf table = { 0 }, bytes = { 0 };
	struct image photo, crop;
	size_t at = 0;
	char filter[16], fill[16];
	(void)state;
	support_pattern(&photo, 150, 120);
	support_slurp(&table, "tests/golden/crop.tsv");
	support_slurp(&bytes, "tests/golden/crop.bin");
	image_init(&crop, 48, 48);
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		struct crop_options o = defaults(48);
		struct face_box b;
		struct crop_map m;
		double a11, a13, a23;
		assert_int_equal(sscanf(line, "%lf %lf %lf %lf %lf %lf %15s %15s %lf %lf %lf", &b.x1, &b.y1, &b.x2,
					&b.y2, &o.shift, &o.margin, filter, fill, &a11, &a13, &a23),
				 11);
		o.filter = !strcmp(filter, "lanczos");
		o.fill = !strcmp(fill, "edge")	    ? RESAMPLE_EDGE
			 : !strcmp(fill, "reflect") ? RESAMPLE_REFLECT
						    : RESAMPLE_ZERO;
		crop_map_square(&m, &o, (b.x1 + b.x2) / 2, (b.y1 + b.y2) / 2, crop_side_of(&b, CROP_SIDE_MAX));
		near(m.a[0], a11);
		near(m.a[4], a11);
		near(m.a[2], a13);
		near(m.a[5], a23);
		crop_render(&crop, &photo, 1, &m, &o);
		struct image want = { .w = 48, .h = 48, .stride = 144, .data = (uint8_t *)bytes.data + at };
		at += 144 * 48;
		assert_true(at <= bytes.len);
		if (support_difference(&crop, &want) > 1)
			fail_msg("differs by %d:%.60s", support_difference(&crop, &want), line + 1);
	}
	assert_int_equal(at, bytes.len);
	image_release(&crop);
	image_release(&photo);
	buf_release(&table);
	buf_release(&bytes);
}

/* A face of 190 pixels is copied, one of 95 is doubled: X = (x - cx) * 190/S + 128. */
static void test_scale(void **state)
{
	struct crop_options o = defaults(256);
	struct image photo, crop;
	struct crop_map m;
	(void)state;
	support_pattern(&photo, 600, 500);
	image_init(&crop, 256, 256);
	crop_map_square(&m, &o, 300, 260, 190);
	assert_true(m.a[0] == 1 && m.a[1] == 0 && m.a[2] == -172 && m.a[3] == 0 && m.a[4] == 1 && m.a[5] == -132);
	for (o.filter = 0; o.filter < 2; o.filter++) {
		crop_render(&crop, &photo, 1, &m, &o);
		for (int y = 0; y < 256; y++)
			assert_memory_equal(image_at(&crop, 0, y), image_at(&photo, 172, 132 + y), 3 * 256);
	}
	crop_map_square(&m, &o, 300, 260, 95);
	assert_true(m.a[0] == 2 && m.a[4] == 2 && m.a[2] == 128 - 600 && m.a[5] == 128 - 520);
	assert_true(crop_outside(&m, 256, 256, 600, 500) == 0);
	image_release(&photo);
	image_release(&crop);
}

static void test_sides(void **state)
{
	const struct face_box b = { 10, 20, 40, 32 };
	(void)state;
	near(crop_side_of(&b, CROP_SIDE_MAX), 30);
	near(crop_side_of(&b, CROP_SIDE_MEAN), 21);
	near(crop_side_of(&b, CROP_SIDE_SQRT), sqrt(360));
}

static void test_outside(void **state)
{
	struct crop_options o = defaults(256);
	struct crop_map m;
	double eighth = sqrt(.5);
	(void)state;
	o.face = 256;
	crop_map_square(&m, &o, 0, 50, 100); /* half to the left of the photo */
	near(crop_outside(&m, 256, 256, 200, 200), .5);
	crop_map_square(&m, &o, 0, 0, 100);
	near(crop_outside(&m, 256, 256, 200, 200), .75);
	crop_map_square(&m, &o, 100, 100, 400); /* the photo is a quarter of the crop */
	near(crop_outside(&m, 256, 256, 200, 200), .75);
	crop_map_square(&m, &o, 1000, 100, 100);
	assert_true(crop_outside(&m, 256, 256, 200, 200) == 1);
	/* A photo turned by 45 degrees about the crop's middle, its corners cut off: an octagon. */
	m = (struct crop_map){ .a = { eighth, -eighth, 50, eighth, eighth, 50 - 2 * eighth * 50 } };
	near(crop_outside(&m, 100, 100, 100, 100), 1 - 2 * (sqrt(2) - 1));
}

static void test_template(void **state)
{
	static const double want112[2] = { 38.2946, 51.6963 };
	static const struct {
		int w, h;
		double x, y;
	} cases[] = {
		{ 112, 112, 38.2946, 51.6963 },		{ 96, 112, 30.2946, 51.6963 },
		{ 224, 224, 2 * 38.2946, 2 * 51.6963 }, { 128, 128, 46.2946, 51.6963 },
		{ 256, 256, 2 * 46.2946, 2 * 51.6963 }, { 448, 448, 4 * 38.2946, 4 * 51.6963 },
		{ 56, 56, 38.2946 / 2, 51.6963 / 2 },
	};
	double t[5][2];
	struct crop_map m;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		crop_template(t, cases[i].w, cases[i].h);
		near(t[0][0], cases[i].x);
		near(t[0][1], cases[i].y);
	}
	/* The template maps onto itself by the identity. */
	struct crop_options o = defaults(112);
	crop_template(t, 112, 112);
	assert_int_equal(crop_map_points(&m, &o, (const double(*)[2])t), 0);
	for (int i = 0; i < 6; i++)
		assert_true(fabs(m.a[i] - (i % 4 == 0)) < 1e-12);
	near(t[0][0], want112[0]);
	/* A margin shrinks it about the middle. */
	o.margin = .5;
	crop_map_points(&m, &o, (const double(*)[2])t);
	near(m.a[0], .5);
	near(m.a[2], 28);
}

static void test_usable(void **state)
{
	struct crop_options o = defaults(256);
	struct crop_map m;
	(void)state;
	crop_map_square(&m, &o, 300, 260, 95);
	assert_true(crop_map_usable(&m, 256, 256));
	crop_map_square(&m, &o, 1e7, 260, 95);
	assert_false(crop_map_usable(&m, 256, 256));
	crop_map_square(&m, &o, 300, 260, 1e-9);
	assert_false(crop_map_usable(&m, 256, 256));
	crop_map_square(&m, &o, 300, 260, 1e9);
	assert_false(crop_map_usable(&m, 256, 256));
	m.a[0] = NAN;
	assert_false(crop_map_usable(&m, 256, 256));
}

/* ---- manifests */

static void open_text(struct input *in, const struct crop_options *o, const char *path, const char *text)
{
	struct err e = { 0 };
	static char *files[1];
	files[0] = (char *)path;
	assert_int_equal(io_write_file(path, text, strlen(text), &e), 0);
	if (crop_input_open(in, o, files, 1, &e) < 0)
		fail_msg("%s", e.msg);
}

static void expect_refused(const struct crop_options *o, const char *header, const char *want)
{
	struct err e = { 0 };
	struct tsv t;
	struct columns c;
	assert_int_equal(tsv_open_memory(&t, "m", header, strlen(header), &e), 0);
	assert_int_equal(crop_columns_find(&c, &t, o, &e), -1);
	assert_non_null(strstr(e.msg, want));
	crop_columns_release(&c);
	tsv_close(&t);
}

static void test_columns(void **state)
{
	struct crop_options o = defaults(256);
	struct tsv t;
	struct columns c;
	struct err e = { 0 };
	struct crop_map m;
	struct face_box b;
	double size;
	static const char text[] =
		"path\tid\tx1\ty1\tx2\ty2\tdet_x1\tdet_y1\tdet_x2\tdet_y2\tlm0x\tlm0y\tlm1x\tlmx\tdet_lm0y\tdet_lm0x\n"
		"p\ti\t1\t2\t3\t4\t10\t20\t30\t50\t\t7\t8\t9\t1\t2\n";
	(void)state;
	assert_int_equal(tsv_open_memory(&t, "m", text, strlen(text), &e), 0);
	assert_int_equal(crop_columns_find(&c, &t, &o, &e), 0);
	assert_int_equal(c.n_landmarks, 2); /* lm1 has no y, lmx no number */
	assert_string_equal(c.landmark[0].name, "lm0");
	assert_string_equal(c.landmark[1].name, "det_lm0");
	assert_int_equal(tsv_next(&t, &e), 1);
	double x, y;
	assert_int_equal(crop_columns_landmark(&c, &t.row, 0, &x, &y), -1);
	assert_int_equal(crop_columns_landmark(&c, &t.row, 1, &x, &y), 0);
	assert_true(x == 2 && y == 1);
	assert_int_equal(crop_columns_box(&c, &t.row, &b, &e), 0);
	assert_true(b.x1 == 10 && b.y2 == 50);
	assert_int_equal(crop_columns_map(&c, &t.row, &o, &m, &size, &e), 0);
	near(size, 30);
	crop_columns_release(&c);
	o.box = CROP_BOX_PLAIN;
	assert_int_equal(crop_columns_find(&c, &t, &o, &e), 0);
	assert_int_equal(crop_columns_box(&c, &t.row, &b, &e), 0);
	assert_true(b.x1 == 1 && b.y2 == 4);
	crop_columns_release(&c);
	tsv_close(&t);

	o = defaults(256);
	expect_refused(&o, "path\tx1\ty1\tx2\ty2\n", "'id'");
	expect_refused(&o, "id\tx1\ty1\tx2\ty2\n", "'path'");
	expect_refused(&o, "id\tpath\tx1\ty1\tx2\n", "'y2'");
	o.box = CROP_BOX_DET;
	expect_refused(&o, "id\tpath\tx1\ty1\tx2\ty2\n", "'det_x1'");
	o = defaults(256);
	o.align = true;
	expect_refused(&o, "id\tpath\tlm0x\tlm0y\n", "landmark '1'");
	o.points = "0,1";
	expect_refused(&o, "id\tpath\tlm0x\tlm0y\tlm1x\tlm1y\n", "five points");
	o.align = false;
	o.centre = "cx,cy";
	expect_refused(&o, "id\tpath\tcx\tcy\n", "three columns");
	o.centre = "cx,cy,s,t";
	expect_refused(&o, "id\tpath\tcx\tcy\ts\tt\n", "three columns");
}

/* Points as means of others: the eyes' corners of 68 points. */
static void test_means(void **state)
{
	struct crop_options o = defaults(112);
	struct tsv t;
	struct columns c;
	struct err e = { 0 };
	struct crop_map m;
	double size;
	static const char text[] =
		"id\tpath\tlm0x\tlm0y\tlm1x\tlm1y\tlm2x\tlm2y\tlm3x\tlm3y\tlm4x\tlm4y\tdet_lm0x\tdet_lm0y\n"
		"i\tp\t36.2946\t50.6963\t40.2946\t52.6963\t56.0252\t71.7366\t41.5493\t92.3655\t70.7299\t92.2041\t"
		"73.5318\t51.5014\n";
	(void)state;
	o.align = true;
	o.points = "lm0+lm1,det_lm0,lm2,lm3,lm4";
	assert_int_equal(tsv_open_memory(&t, "m", text, strlen(text), &e), 0);
	assert_int_equal(crop_columns_find(&c, &t, &o, &e), 0);
	assert_int_equal(tsv_next(&t, &e), 1);
	assert_int_equal(crop_columns_map(&c, &t.row, &o, &m, &size, &e), 0);
	for (int i = 0; i < 6; i++)
		assert_true(fabs(m.a[i] - (i % 4 == 0)) < 1e-12);
	assert_true(size == 0);
	crop_columns_release(&c);
	tsv_close(&t);
}

static void write_photo(const char *path, int w, int h)
{
	struct image m;
	struct buf b = { 0 };
	struct err e = { 0 };
	support_pattern(&m, w, h);
	assert_int_equal(image_encode_png(&m, &b, &e), 0);
	assert_int_equal(io_write_file(path, b.data, b.len, &e), 0);
	buf_release(&b);
	image_release(&m);
}

static void test_choice(void **state)
{
	static const char text[] = "id\tpath\tface\tx1\ty1\tx2\ty2\tstatus\n"
				   "a\tp.png\t0\t0\t0\t30\t30\tok\n"   /* large, in the corner */
				   "a\tp.png\t1\t40\t30\t60\t50\tok\n" /* small, in the middle */
				   "a\tp.png\t2\t30\t20\t58\t48\tok\n" /* both, nearly */
				   "a\tp.png\t3\t0\t0\t1\t0\tok\n"     /* empty */
				   "b\tp.png\t0\t0\t0\t1\t1\tnone:no-face\n"
				   "b\tq.png\t7\t40\t30\t60\t50\tok\n";
	static const struct {
		bool largest, nearest;
		int best;
	} cases[] = { { true, false, 0 }, { false, true, 1 }, { true, true, 2 } };
	char dir[] = "/tmp/frl-test-XXXXXX", path[64];
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/p.png", dir);
	write_photo(path, 100, 80);
	snprintf(path, sizeof path, "%s/m.tsv", dir);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct crop_options o = defaults(32);
		struct input in;
		o.largest = cases[i].largest;
		o.nearest = cases[i].nearest;
		o.root = dir;
		open_text(&in, &o, path, text);
		struct job *j = crop_input_next(&in);
		assert_int_equal(j->n, 4);
		crop_job_work(j, &in.columns, &o);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(j->face[k].state, k == cases[i].best ? FACE_CROPPED : FACE_NONE);
			assert_true((j->face[k].number == 0) == (k == cases[i].best));
		}
		assert_int_equal(j->face[3].state, FACE_BAD);
		assert_int_equal(j->face[3].number, 3);
		crop_job_free(j);
		j = crop_input_next(&in); /* nothing to choose from */
		assert_int_equal(j->n, 1);
		assert_int_equal(j->face[0].state, FACE_PASSED);
		crop_job_free(j);
		j = crop_input_next(&in);
		crop_job_work(j, &in.columns, &o);
		assert_int_equal(j->face[0].state, FACE_BAD);
		assert_string_equal(j->face[0].why, "no such file");
		crop_job_free(j);
		assert_null(crop_input_next(&in));
		assert_false(in.failed);
		crop_input_release(&in);
	}
	unlink(path);
	snprintf(path, sizeof path, "%s/p.png", dir);
	unlink(path);
	rmdir(dir);
}

/* However many faces a photo has, it is read once, and few of its crops are in memory at a time. */
static void test_jobs(void **state)
{
	struct crop_options o = defaults(32);
	struct input in;
	struct buf text = { 0 };
	char path[] = "/tmp/frl-test-XXXXXX";
	int rows = 0, jobs = 0;
	struct photo *first = NULL;
	(void)state;
	close(mkstemp(path));
	buf_add_str(&text, "id\tpath\tface\tx1\ty1\tx2\ty2\tstatus\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "a\tp.png\t%d\t0\t0\t9\t9\t%s\n", i, i % 3 ? "ok" : "gone:removed");
	open_text(&in, &o, path, text.data);
	for (struct job *j; (j = crop_input_next(&in)); crop_job_free(j), jobs++) {
		assert_true(j->n <= 8);
		if (!first)
			first = crop_photo_share(j->photo);
		assert_ptr_equal(j->photo, first);
		rows += j->n;
	}
	assert_int_equal(rows, 1000);
	assert_int_equal(jobs, 125);
	crop_photo_drop(first);
	crop_input_release(&in);
	buf_release(&text);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pillow),	cmocka_unit_test(test_scale),	 cmocka_unit_test(test_sides),
		cmocka_unit_test(test_outside), cmocka_unit_test(test_template), cmocka_unit_test(test_usable),
		cmocka_unit_test(test_columns), cmocka_unit_test(test_means),	 cmocka_unit_test(test_choice),
		cmocka_unit_test(test_jobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
