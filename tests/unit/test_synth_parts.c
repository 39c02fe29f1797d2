/* The parts of frl-synth by themselves: rotation, z-buffer, labels, draws, models that cannot be read. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_synth.h"
#include "tools/synth/vec.h"

/* ---- rotation: which way each angle turns */

static void rotation_turns(void **state)
{
	float r[3][3], v[3];

	(void)state;
	synth_rotation(r, 0, 30, 0);
	vec_rotate(v, (const float(*)[3])r, (const float[]){ 0, 0, 1 });
	assert_true(fabsf(v[0] + .5F) < 1e-6F && v[2] > 0); /* the nose to the picture's left */
	synth_rotation(r, 30, 0, 0);
	vec_rotate(v, (const float(*)[3])r, (const float[]){ 0, 0, 1 });
	assert_true(fabsf(v[1] - .5F) < 1e-6F); /* up */
	synth_rotation(r, 0, 0, 30);
	vec_rotate(v, (const float(*)[3])r, (const float[]){ 0, 1, 0 });
	assert_true(fabsf(v[0] - .5F) < 1e-6F); /* the forehead to the right: clockwise */
	synth_rotation(r, 20, -40, 70);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			assert_true(fabsf(vec_dot(r[i], r[k]) - (float)(i == k)) < 1e-6F);
}

/* ---- the z-buffer */

/* A fan of triangles about a point fills its polygon: each sample inside belongs to a triangle, and none outside. */
static void raster_has_no_gaps(void **state)
{
	enum { N = 37, SIDE = 64 };
	float xyz[N + 1][3];
	int32_t triangle[N][3];
	struct raster r = { 0 };
	int inside = 0, wrong = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		double a = 2 * acos(-1) * i / N;
		memcpy(xyz[i], (float[]){ (float)(31.7 + 25 * cos(a)), (float)(32.2 + 25 * sin(a)), 1 }, sizeof xyz[i]);
		memcpy(triangle[i], (int32_t[]){ i, (i + 1) % N, N }, sizeof triangle[i]);
	}
	memcpy(xyz[N], (float[]){ 20.5F, 30.5F, 2 }, sizeof xyz[N]); /* on a sample */
	raster_init(&r, SIDE);
	raster_clear(&r);
	raster_draw(&r, xyz[0], (const int32_t(*)[3])triangle, 0, N, false);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			double d = hypot(x + .5 - 31.7, y + .5 - 32.2);
			bool hit = r.triangle[y * SIDE + x] >= 0;

			inside += hit;
			wrong += (d < 24.8 && !hit) || (d > 25.01 && hit);
		}
	assert_int_equal(wrong, 0);
	assert_true(inside > 1900);
	raster_release(&r);
}

/* A sample on an edge belongs to exactly one of its two triangles. */
static void raster_edges(void **state)
{
	static const float xyz[][3] = { { 0, 0, 1 }, { 8, 8, 1 }, { 8, 0, 1 }, { 0, 8, 1 } };
	static const int32_t apart[][3] = { { 0, 1, 2 }, { 0, 1, 3 } };
	struct raster r = { 0 }, q = { 0 };

	(void)state;
	raster_init(&r, 8);
	raster_init(&q, 8);
	raster_clear(&r);
	raster_clear(&q);
	raster_draw(&r, xyz[0], apart, 0, 1, false);
	raster_draw(&q, xyz[0], apart, 1, 1, false);
	for (int i = 0; i < 64; i++)
		assert_int_equal((r.triangle[i] >= 0) + (q.triangle[i] >= 0), 1);
	raster_release(&r);
	raster_release(&q);
}

/* A level triangle at depth 1 and a slope of depth y / 4: the nearer one is seen. Corners far away do no harm. */
static void raster_depth(void **state)
{
	static const float xyz[][3] = { { -9, -9, 1 },	      { 40, -9, 1 },	{ -9, 40, 1 },	{ -50, -50, -12.5F },
					{ 100, -50, -12.5F }, { 0, 90, 22.5F }, { 1e9F, 0, 99 } };
	static const int32_t triangle[][3] = { { 0, 1, 2 }, { 3, 4, 5 }, { 0, 1, 6 } };
	struct raster r = { 0 };

	(void)state;
	raster_init(&r, 8);
	raster_clear(&r);
	raster_draw(&r, xyz[0], triangle, 0, 3, false);
	for (int i = 0; i < 64; i++) {
		double slope = (i / 8 + .5) / 4;

		assert_int_equal(r.triangle[i], slope > 1);
		assert_true(fabs(r.depth[i] - fmax(slope, 1)) < 1e-4);
	}
	raster_release(&r);
}

/* ---- labels */

static void weight_of(struct synth_model *m, float *weight, const char *name, float v)
{
	snprintf(m->shape[m->shapes], SYNTH_NAME, "%s", name);
	weight[m->shapes++] = v;
}

static void labels_follow_the_tables(void **state)
{
	char shape[8][SYNTH_NAME];
	float weight[8] = { 0 };
	struct synth_model m = { .shape = shape };
	struct synth_labels l;

	(void)state;
	synth_labels(&l, &m, weight);
	for (int u = 0; u < SYNTH_UNITS; u++)
		assert_true(l.unit[u] == 0);
	assert_true(l.valence == 0 && l.arousal == 0 && l.expression == 0);
	weight_of(&m, weight, "mouthSmile_L", .6F);
	weight_of(&m, weight, "mouthSmile_R", .8F);
	weight_of(&m, weight, "cheekSquint_L", 1);
	weight_of(&m, weight, "jawOpen", .5F);
	weight_of(&m, weight, "mouthClose", .3F);
	weight_of(&m, weight, "mouthUpperUp_R", .1F);
	synth_labels(&l, &m, weight);
	assert_true(fabsf(l.unit[SYNTH_AU12] - 4) < 1e-6F); /* the stronger side */
	assert_true(l.unit[SYNTH_AU06] == 5);
	assert_true(fabsf(l.unit[SYNTH_AU26] - 2.5F) < 1e-6F);
	assert_true(fabsf(l.unit[SYNTH_AU25] - 1.5F) < 1e-5F); /* .5 - .3 + .1 */
	assert_true(fabsf(l.unit[SYNTH_AU10] - .5F) < 1e-6F);
	/* .8 + .3 - .25 * .1 + .05 * .3; .25 * .8 + .1 + .1 * .1 + .15 * .3 + .4 * .5 */
	assert_true(fabsf(l.valence - 1) < 1e-6F);
	assert_true(fabsf(l.arousal - .555F) < 1e-6F);
	assert_int_equal(l.expression, 1);
}

static void classes_are_sectors(void **state)
{
	static const struct {
		double degrees, radius;
		int want;
	} at[] = { { 20, .5, 1 },  { 75, .5, 3 },  { 110, .5, 4 }, { 130, .5, 6 }, { 160, .5, 5 }, { 180, .5, 7 },
		   { 230, .5, 2 }, { 300, .5, 0 }, { 340, .5, 1 }, { 110, .1, 0 }, { 0, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		double a = at[i].degrees * acos(-1) / 180;
		assert_int_equal(synth_class(at[i].radius * cos(a), at[i].radius * sin(a)), at[i].want);
	}
}

/* ---- draws */

static void draws_follow_the_distribution(void **state)
{
	enum { N = 4000 };
	char *folder = golden_path("synth/model");
	struct synth_scene s;
	double active[SYNTH_MAX_SHAPES] = { 0 }, sum = 0, square = 0, yaw = 0;
	int jaw;

	(void)state;
	support_synth_open(&s, folder, 64, 1);
	jaw = synth_model_shape(&s.model, "jawOpen");
	s.options.per_identity = 2;
	for (uint64_t i = 0; i < N; i++) {
		struct synth_picture p;

		synth_draw(&p, &s.options, &s.model, i);
		assert_int_equal(p.identity, i / 2);
		for (int k = 0; k < s.model.shapes; k++)
			active[k] += p.weight[k] > 0;
		for (int k = 0; k < s.model.modes; k++) {
			sum += p.coefficient[k];
			square += p.coefficient[k] * p.coefficient[k];
			assert_true(fabsf(p.coefficient[k]) <= 2.5F);
		}
		assert_true(fabs(p.yaw) <= 30 && fabs(p.pitch) <= 20 && fabs(p.roll) <= 15);
		assert_true(p.distance >= 50 && p.distance <= 200);
		assert_true(p.weight[synth_model_shape(&s.model, "mouthClose")] <= p.weight[jaw]);
		assert_true((p.weight[synth_model_shape(&s.model, "eyeLookOut_L")] > 0) ==
			    (p.weight[synth_model_shape(&s.model, "eyeLookIn_R")] > 0));
		yaw += p.yaw;
	}
	/* Five standard deviations: sqrt(.2 .8 / 4000) = .0063; a standard normal cut at 2.5 has variance .911. */
	assert_true(fabs(active[jaw] / N - .2) < .032);
	assert_true(fabs(active[0] / N - .2) < .032);
	assert_true(fabs(sum / (3 * N)) < .05);
	assert_true(fabs(square / (3 * N) - .911) < .06);
	assert_true(fabs(yaw / N) < 1.4);
	support_synth_close(&s);
	free(folder);
}

/* A picture is the same whichever was made before it, and a person's coefficients in all its pictures. */
static void draws_depend_on_nothing_else(void **state)
{
	char *folder = golden_path("synth/model");
	struct synth_scene s;
	struct synth_worker a, b;
	struct synth_truth t;
	struct err e = { 0 };

	(void)state;
	support_synth_open(&s, folder, 64, 2);
	s.options.per_identity = 3;
	synth_worker_init(&a, &s);
	synth_worker_init(&b, &s);
	for (uint64_t i = 0; i < 7; i++) {
		t.mesh = NULL;
		assert_int_equal(synth_render(&a, i, &t, &e), 0);
	}
	assert_int_equal(synth_render(&b, 6, &t, &e), 0);
	for (int y = 0; y < 64; y++)
		assert_memory_equal(image_at(&a.canvas.picture, 0, y), image_at(&b.canvas.picture, 0, y), 192);
	synth_worker_release(&a);
	synth_worker_release(&b);
	support_synth_close(&s);
	free(folder);
}

/* ---- models that cannot be read */

struct folder {
	char path[64];
};

static void put(const struct folder *f, const char *name, const void *data, size_t len)
{
	char *path = xasprintf("%s/%s", f->path, name);

	assert_int_equal(io_write_file(path, data, len, NULL), 0);
	free(path);
}

/* Calls fn for each file in a folder. */
static void each_file(const char *path, void (*fn)(const struct folder *, const char *file, const char *name),
		      const struct folder *f)
{
	DIR *d = opendir(path);

	assert_non_null(d);
	for (struct dirent *entry; (entry = readdir(d));)
		if (entry->d_name[0] != '.') {
			char *file = xasprintf("%s/%s", path, entry->d_name);

			fn(f, file, entry->d_name);
			free(file);
		}
	closedir(d);
}

static void copy_file(const struct folder *f, const char *file, const char *name)
{
	struct buf b = { 0 };

	assert_int_equal(io_slurp(file, 1 << 20, &b, NULL), 0);
	put(f, name, b.data, b.len);
	buf_release(&b);
}

static void remove_file(const struct folder *f, const char *file, const char *name)
{
	(void)f, (void)name;
	assert_int_equal(unlink(file), 0);
}

static void folder_make(struct folder *f)
{
	char *from = golden_path("synth/model");

	*f = (struct folder){ "/tmp/frl-test-synth.XXXXXX" };
	assert_non_null(mkdtemp(f->path));
	each_file(from, copy_file, f);
	free(from);
}

static void folder_remove(struct folder *f)
{
	each_file(f->path, remove_file, f);
	assert_int_equal(rmdir(f->path), 0);
}

static void refused(const struct folder *f, const char *why)
{
	struct synth_model m;
	struct err e = { 0 };

	assert_int_equal(synth_model_load(&m, f->path, 1, &e), -1);
	if (!strstr(e.msg, why))
		fail_msg("'%s' instead of '%s'", e.msg, why);
	assert_null(m.neutral);
}

static void damaged_models_are_refused(void **state)
{
	static const float nothing[3 * 725] = { NAN };
	struct folder f;
	char *file;

	(void)state;
	folder_make(&f);
	put(&f, "landmarks68.txt", "1 2 3", 5);
	refused(&f, "landmarks68.txt': not 68 vertices");
	put(&f, "landmarks68.txt", "725", 3);
	refused(&f, "'725' is no vertex");
	put(&f, "names.txt", "identity000 x identity001", 25);
	refused(&f, "'identity001' comes after an expression");
	put(&f, "names.txt", "a b", 3);
	refused(&f, "has 2 names, there are 13 fields");
	put(&f, "triangles_1312x3.i32", "", 0);
	refused(&f, "has 0 bytes, its name says 15744");
	put(&f, "neutral_725x3.f32", nothing, sizeof nothing - 4);
	refused(&f, "has 8696 bytes, its name says 8700");
	file = xasprintf("%s/neutral_725x3.f32", f.path);
	assert_int_equal(unlink(file), 0);
	free(file);
	refused(&f, "no file neutral_Nx3.f32");
	put(&f, "neutral_900000x3.f32", "", 0);
	refused(&f, "900000 vertices; they may be 68 to 100000");
	folder_remove(&f);
	folder_make(&f);
	put(&f, "neutral_725x3.f32", nothing, sizeof nothing);
	refused(&f, "vertex 0 of the neutral face");
	folder_remove(&f);
	f = (struct folder){ "/nowhere/at/all" };
	refused(&f, "cannot open model '/nowhere/at/all'");
}

/* ---- the published form: the same mask as OBJ files gives the same model, to the rounding of a difference */

static void write_obj(const struct folder *f, const char *name, const struct synth_model *m, int field)
{
	struct buf b = { 0 };

	buf_add_str(&b, "mtllib none.mtl\n");
	for (int v = 0; v < m->vertices; v++) {
		const float *p = m->neutral + 3 * (size_t)v;
		const float *d = m->delta + 3 * (size_t)m->vertices * (size_t)(field < 0 ? 0 : field) + 3 * (size_t)v;
		double on = field < 0 ? 0 : 1;

		buf_printf(&b, "v %.9g %.9g %.9g\n", p[0] + on * d[0], p[1] + on * d[1], p[2] + on * d[2]);
	}
	/* Quads as published: two triangles in a row that share an edge. */
	for (int t = 0; t < m->triangles; t += 2)
		buf_printf(&b, "f %d/1/1 %d/1/1 %d/1/1 %d/1/1\n", m->triangle[t][0] + 1, m->triangle[t][1] + 1,
			   m->triangle[t][2] + 1, m->triangle[t + 1][2] + 1);
	put(f, name, b.data, b.len);
	buf_release(&b);
}

static void write_indices(const struct folder *f, const struct synth_model *m)
{
	struct buf b = { 0 };

	buf_add_str(&b, "{\"idx_to_landmark_verts\": [");
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		buf_printf(&b, "%s%d", i ? "," : "", m->landmark[i]);
	buf_add_str(&b, "], \"other\": {}, \"expressions\": [");
	for (int i = 0; i < m->shapes; i++)
		buf_printf(&b, "%s\"%s\"", i ? "," : "", m->shape[i]);
	buf_add_str(&b, "]}");
	put(f, "vertex_indices.json", b.data, b.len);
	buf_release(&b);
}

static void published_form_is_the_same(void **state)
{
	static const char few[] = "{\"idx_to_landmark_verts\": [1], \"expressions\": []}";
	char *path = golden_path("synth/model");
	struct synth_model m, n;
	struct folder f = { "/tmp/frl-test-synth.XXXXXX" };
	struct err e = { 0 };

	(void)state;
	assert_non_null(mkdtemp(f.path));
	assert_int_equal(synth_model_load(&m, path, 1, &e), 0);
	write_obj(&f, "generic_neutral_mesh.obj", &m, -1);
	for (int i = 0; i < m.modes + m.shapes; i++) {
		char *name = i < m.modes ? xasprintf("identity%03d.obj", i) : xasprintf("%s.obj", m.shape[i - m.modes]);

		write_obj(&f, name, &m, i);
		free(name);
	}
	refused(&f, "vertex_indices.json");
	write_indices(&f, &m);
	if (synth_model_load(&n, f.path, 2, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(n.vertices, m.vertices);
	assert_int_equal(n.triangles, m.triangles);
	assert_int_equal(n.modes, m.modes);
	assert_int_equal(n.shapes, m.shapes);
	assert_false(n.whole);
	assert_memory_equal(n.triangle, m.triangle, (size_t)m.triangles * sizeof *m.triangle);
	assert_memory_equal(n.landmark, m.landmark, sizeof m.landmark);
	assert_memory_equal(n.neutral, m.neutral, 3 * (size_t)m.vertices * sizeof *m.neutral);
	/* Sums of about 15 are written with nine digits: half a unit of the last, and a float's rounding. */
	for (size_t i = 0; i < 3 * (size_t)m.vertices * (size_t)(m.modes + m.shapes); i++)
		assert_true(fabsf(n.delta[i] - m.delta[i]) < 2e-6F);
	synth_model_release(&n);
	put(&f, "jawOpen.obj", "v 1 2 3\n", 8);
	refused(&f, "jawOpen.obj' has 1 vertices, the neutral face 725");
	put(&f, "identity001.obj", "v 1 2\n", 6);
	refused(&f, "identity001.obj': line 1");
	put(&f, "vertex_indices.json", few, sizeof few - 1);
	refused(&f, "no list of 68 vertices");
	folder_remove(&f);
	synth_model_release(&m);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rotation_turns),
		cmocka_unit_test(raster_has_no_gaps),
		cmocka_unit_test(raster_edges),
		cmocka_unit_test(raster_depth),
		cmocka_unit_test(labels_follow_the_tables),
		cmocka_unit_test(classes_are_sectors),
		cmocka_unit_test(draws_follow_the_distribution),
		cmocka_unit_test(draws_depend_on_nothing_else),
		cmocka_unit_test(damaged_models_are_refused),
		cmocka_unit_test(published_form_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
