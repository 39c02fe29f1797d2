/*
 * test_retinaface.c - whole networks against what PyTorch computed (../shared/data/retinaface-runs, reference/retinaface-r50)
 *
 * The values are other people's; where they are not at hand the tests SKIP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/model/retinaface.h"
#include "tests/unit/support_image.h"
#include "tests/unit/support_npy.h"
#include "tests/unit/support_seeded.h"

enum { LOC, CONF, LANDM };
static const char *const part_name[] = { "loc", "conf", "landm" };
static const int part_width[] = { 4, 2, 10 };

struct raw {
	float *v[3];
	size_t n;
};

static void read_shared(struct image *m, const char *name)
{
	struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct err e;
	const char *path = support_shared(name);

	if (!path)
		skip();
	if (image_read(m, NULL, path, &limits, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
}

static void run_raw(struct raw *r, struct retinaface *net, const struct image *m)
{
	struct retinaface_scratch s = { 0 };

	r->n = retinaface_anchors(net, m->w, m->h);
	for (int i = 0; i < 3; i++)
		r->v[i] = xaligned(r->n * (size_t)part_width[i] * sizeof(float));
	retinaface_raw(net, m, &s, r->v[LOC], r->v[CONF], r->v[LANDM]);
	retinaface_scratch_release(&s);
}

static void raw_release(struct raw *r)
{
	for (int i = 0; i < 3; i++)
		free(r->v[i]);
}

/* prefix + loc.npy and so on; prints what share of the tolerance was used. */
static void compare(const struct raw *r, const char *prefix, const double tolerance[3])
{
	for (int i = 0; i < 3; i++) {
		char *name = xasprintf("%s%s.npy", prefix, part_name[i]);
		const char *path = support_shared(name);
		size_t count = 0;
		float *want = path ? support_npy(path, &count) : NULL;
		double most = 0;

		if (!want)
			skip();
		assert_int_equal(count, r->n * (size_t)part_width[i]);
		for (size_t k = 0; k < count; k++) {
			double d = fabs((double)want[k] - (double)r->v[i][k]);

			most = d <= most ? most : d; /* NaN stays */
		}
		printf("%s: %.3g, %.0f%% of %g\n", name, most, 100 * most / tolerance[i], tolerance[i]);
		if (!(most <= tolerance[i]))
			fail_msg("%s: largest difference %g, allowed %g", name, most, tolerance[i]);
		free(want);
		free(name);
	}
}

/* ---- ResNet-50 from seeded weights */

static void test_resnet50(void **state)
{
	/* Five times what float32 by oneDNN is away from float64: the reference's own advice. */
	static const double tolerance[3] = { 3.5e-4, 2.2e-5, 3.7e-4 };
	const char *names = support_shared("data/reference/retinaface-r50/NAMES.tsv");
	char *file;
	struct seeded seeded;
	struct safetensors s;
	struct retinaface *net;
	struct image m;
	struct raw r;
	struct err e;

	(void)state;
	if (!names)
		skip();
	file = xasprintf("/tmp/frl-test-r50.%ld", (long)getpid());
	if (seeded_load(&seeded, names, 11, &e) < 0 || seeded_write(&seeded, file, NULL, 0, &e) < 0 ||
	    safetensors_open(&s, file, &e) < 0)
		fail_msg("%s", e.msg);
	unlink(file);
	net = retinaface_new(nn_backend_cpu(), NN_F32, &s, &e);
	if (!net)
		fail_msg("%s", e.msg);
	assert_string_equal(retinaface_name(net), "retinaface-resnet50");
	seeded_release(&seeded);
	safetensors_close(&s);
	read_shared(&m, "data/photos/face_alignment/aflw-test.jpg");
	run_raw(&r, net, &m);
	compare(&r, "data/reference/retinaface-r50/", tolerance);
	raw_release(&r);
	image_release(&m);
	retinaface_free(net);
	free(file);
}

/* ---- MobileNet with the published weights */

/* $BUILD/bin/frl-weights import FILE into a temporary file, opened. */
static void import_weights(struct safetensors *s, const char *file)
{
	char path[] = "/tmp/frl-test-XXXXXX", *program;
	int fd = mkstemp(path), status;
	struct err e;
	pid_t pid;

	assert_true(fd >= 0);
	program = xasprintf("%s/bin/frl-weights", getenv("BUILD") ? getenv("BUILD") : "build");
	pid = fork();
	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		execl(program, "frl-weights", "import", "--quiet", file, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	if (safetensors_open(s, path, &e) < 0)
		fail_msg("%s", e.msg);
	unlink(path);
	free(program);
}

static struct retinaface *published(enum nn_dtype dtype)
{
	const char *file = support_shared("data/retinaface/mobilenet0.25_Final.pth");
	struct safetensors s;
	struct retinaface *net;
	struct err e;

	if (!file)
		skip();
	import_weights(&s, file);
	net = retinaface_new(nn_backend_cpu(), dtype, &s, &e);
	if (!net)
		fail_msg("%s", e.msg);
	assert_string_equal(retinaface_name(net), "retinaface-mobilenet0.25");
	safetensors_close(&s);
	return net;
}

static const struct {
	const char *picture, *golden;
} pictures[] = {
	{ "data/photos/insightface/t1.jpg", "data/retinaface-runs/golden/t1." },
	{ "data/photos/face_alignment/aflw-test.jpg", "data/retinaface-runs/golden/aflw_test." },
	{ "data/dlib-faces/2008_001322.jpg", "data/retinaface-runs/golden/dlib_2008_001322." },
};
enum { PICTURES = sizeof pictures / sizeof *pictures };

static void test_mobilenet(void **state)
{
	static const double tolerance[3] = { 1e-3, 1e-4, 1e-3 };
	struct retinaface *net = published(NN_F32);

	(void)state;
	for (int i = 0; i < PICTURES; i++) {
		struct image m;
		struct raw r;

		read_shared(&m, pictures[i].picture);
		run_raw(&r, net, &m);
		compare(&r, pictures[i].golden, tolerance);
		raw_release(&r);
		image_release(&m);
	}
	retinaface_free(net);
}

/* NAME.det.tsv: x1 y1 x2 y2 score and five points a line, by falling score. */
static size_t read_faces(const char *golden, float (*face)[15])
{
	char *name = xasprintf("%sdet.tsv", golden), line[1024];
	const char *path = support_shared(name);
	FILE *f = path ? fopen(path, "r") : NULL;
	size_t n = 0;

	if (!f)
		skip();
	while (fgets(line, sizeof line, f)) {
		char *s = line;
		int k = 0;

		if (strchr("#x", line[0]))
			continue;
		for (; k < 15; k++)
			face[n][k] = strtof(s, &s);
		n++;
	}
	fclose(f);
	free(name);
	return n;
}

/* Same faces, boxes and points within 0.1 px, in the same order. */
static void test_faces(void **state)
{
	struct retinaface *net = published(NN_F32);

	(void)state;
	for (int i = 0; i < PICTURES; i++) {
		struct retinaface_scratch s = { 0 };
		struct detections d = { 0 };
		float want[64][15];
		size_t n = read_faces(pictures[i].golden, want);
		struct image m;

		read_shared(&m, pictures[i].picture);
		retinaface_detect(net, &m, .5f, &s, &d);
		detections_nms(&d, .4f);
		assert_true(n > 0);
		assert_int_equal(d.n, n);
		for (size_t k = 0; k < n; k++) {
			const float *got = &d.item[k].x1;

			for (int j = 0; j < 15; j++)
				if (!(fabsf(got[j] - want[k][j]) <= (j == 4 ? 1e-4f : .1f)))
					fail_msg("%s: face %zu, value %d: %g, not %g", pictures[i].picture, k, j,
						 (double)got[j], (double)want[k][j]);
		}
		detections_release(&d);
		retinaface_scratch_release(&s);
		image_release(&m);
	}
	retinaface_free(net);
}

/* ---- alone, among others, on several threads: the same bits */

struct job {
	struct retinaface *net;
	const struct image *m;
	struct detections d[PICTURES];
};

static void *detect_all(void *arg)
{
	struct job *j = arg;
	struct retinaface_scratch s = { 0 };

	for (int i = 0; i < PICTURES; i++) {
		retinaface_detect(j->net, &j->m[i], .02f, &s, &j->d[i]);
		detections_nms(&j->d[i], .4f);
	}
	retinaface_scratch_release(&s);
	return NULL;
}

static void same_bits(enum nn_dtype dtype)
{
	struct retinaface *net = published(dtype);
	struct image m[PICTURES];
	struct job job[4];
	pthread_t thread[4];

	for (int i = 0; i < PICTURES; i++)
		read_shared(&m[i], pictures[i].picture);
	for (int t = 0; t < 4; t++) {
		job[t] = (struct job){ .net = net, .m = m };
		assert_int_equal(pthread_create(&thread[t], NULL, detect_all, &job[t]), 0);
	}
	for (int t = 0; t < 4; t++)
		pthread_join(thread[t], NULL);
	for (int i = 0; i < PICTURES; i++) {
		struct retinaface_scratch s = { 0 };
		struct detections alone = { 0 };

		retinaface_detect(net, &m[i], .02f, &s, &alone);
		detections_nms(&alone, .4f);
		for (int t = 0; t < 4; t++) {
			assert_int_equal(job[t].d[i].n, alone.n);
			assert_memory_equal(job[t].d[i].item, alone.item, alone.n * sizeof *alone.item);
			detections_release(&job[t].d[i]);
		}
		detections_release(&alone);
		retinaface_scratch_release(&s);
		image_release(&m[i]);
	}
	retinaface_free(net);
}

static void test_same_bits(void **state)
{
	(void)state;
	same_bits(NN_F32);
}

static void test_same_bits_bf16(void **state)
{
	(void)state;
	same_bits(NN_BF16);
}

/* bf16 finds every face that f32 scores .6 or more, and its boxes are near: median .2 px, 99 % within max(2 px, 3 %). */
static int by_value(const void *a, const void *b)
{
	const float *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void test_bf16(void **state)
{
	struct retinaface *net[2] = { published(NN_F32), published(NN_BF16) };
	float error[256];
	size_t n = 0, far = 0;

	(void)state;
	for (int i = 0; i < PICTURES; i++) {
		struct detections d[2] = { { 0 }, { 0 } };
		struct retinaface_scratch s = { 0 };
		struct image m;

		read_shared(&m, pictures[i].picture);
		for (int t = 0; t < 2; t++) {
			retinaface_detect(net[t], &m, .4f, &s, &d[t]);
			detections_nms(&d[t], .4f);
		}
		for (size_t k = 0; k < d[0].n; k++) {
			const struct detection *f = &d[0].item[k];
			float best = INFINITY, side = fmaxf(f->x2 - f->x1, f->y2 - f->y1);

			if (f->score < .6f)
				continue;
			for (size_t j = 0; j < d[1].n; j++) {
				const struct detection *g = &d[1].item[j];

				best = fminf(best, fmaxf(fmaxf(fabsf(f->x1 - g->x1), fabsf(f->y1 - g->y1)),
							 fmaxf(fabsf(f->x2 - g->x2), fabsf(f->y2 - g->y2))));
			}
			if (!(best < side / 2))
				fail_msg("%s: no bf16 face near %g,%g", pictures[i].picture, (double)f->x1,
					 (double)f->y1);
			far += best > fmaxf(2, .03f * side);
			assert_true(n < 256);
			error[n++] = best;
		}
		detections_release(&d[0]);
		detections_release(&d[1]);
		retinaface_scratch_release(&s);
		image_release(&m);
	}
	qsort(error, n, sizeof *error, by_value);
	printf("bf16: %zu faces, median error %.3f px, largest %.3f\n", n, (double)error[n / 2], (double)error[n - 1]);
	assert_int_equal(far, 0);
	for (int t = 0; t < 2; t++)
		retinaface_free(net[t]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resnet50),  cmocka_unit_test(test_mobilenet),	 cmocka_unit_test(test_faces),
		cmocka_unit_test(test_same_bits), cmocka_unit_test(test_same_bits_bf16), cmocka_unit_test(test_bf16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
