/*
 * test_mesh_task.c - 3D faces: the decoder and its loss against PyTorch (tests/golden/make_decoder.py), the mesh in a model's
 * file, targets from record streams, and that vertices move with their picture
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/model/task_net.h"
#include "common/nn/real.h"
#include "tests/support/naive.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_mesh.h"
#include "tests/unit/support_seeded.h"

/* As the script has them. */
enum { ROWS = 3, FEATURES = 20, LENGTH = 5, SEED = 5, NUMBERS = ROWS * 3 * SHEET_VERTICES };
static const int32_t channels[] = { 8, 16 };

static char *folder;

static char *file_in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void fill(void *dst, size_t n, const char *name, const char *role, int64_t fan_in, size_t real)
{
	float *f = xmalloc((n + 1) * sizeof *f);

	assert_int_equal(seeded_fill(f, n, SEED, name, role, fan_in), 0);
	for (size_t i = 0; i < n; i++)
		real_set(dst, i, real, (double)f[i]);
	free(f);
}

static void build(struct face_mesh *f, const int32_t *point, int points)
{
	struct mesh sheet;
	struct err e = { 0 };

	sheet_load(&sheet);
	if (face_mesh_build(f, &sheet, channels, 2, LENGTH, point, points, &e))
		fail_msg("%s", e.msg);
	mesh_release(&sheet);
}

/* ---- the decoder */

/* A line of the golden file: norm, sum, eight elements; tolerance: of the norm. */
static void check(const char *name, const void *x, size_t n, size_t real, double tolerance)
{
	char *path = golden_path("decoder.tsv"), line[1000];
	size_t len = strlen(name);
	FILE *f = fopen(path, "r");
	double want[10], norm = 0, sum = 0;
	bool found = false;

	free(path);
	assert_non_null(f);
	while (!found && fgets(line, sizeof line, f))
		found = !strncmp(line, name, len) && line[len] == '\t';
	fclose(f);
	if (!found)
		fail_msg("no line '%s'", name);
	char *at = line + len;
	for (int i = 0; i < 10; i++)
		want[i] = strtod(at, &at);
	for (size_t i = 0; i < n; i++) {
		norm += real_get(x, i, real) * real_get(x, i, real);
		sum += real_get(x, i, real);
	}
	norm = sqrt(norm);
	double within = tolerance * want[0];
	if (!(fabs(norm - want[0]) <= within) || !(fabs(sum - want[1]) <= within * sqrt((double)n)))
		fail_msg("%s: norm %.15g, not %.15g; sum %.15g, not %.15g", name, norm, want[0], sum, want[1]);
	for (size_t i = 0; i < 8; i++)
		if (!(fabs(real_get(x, i * (n - 1) / 7, real) - want[2 + i]) <= within))
			fail_msg("%s: e%zu %.15g, not %.15g", name, i, real_get(x, i * (n - 1) / 7, real), want[2 + i]);
}

/* Forward and backward on a backend, in slices; outputs, and every gradient. */
static void decode(const struct nn_train *ops, double tolerance)
{
	struct task_model m = { .task = &task_mesh, .outputs = SHEET_VERTICES };
	void *dense = xcalloc(NUMBERS, ops->real);
	struct train_params params;
	struct nn_batch v;

	m.mesh = xcalloc(1, sizeof *m.mesh);
	build(m.mesh, NULL, 0);
	train_params_init(&params, ops);
	struct train_net *net = train_net_new(ops, &params);
	task_mesh.head(net, &params, &m, NULL, train_net_input(net, FEATURES, false));
	train_params_alloc(&params);
	for (size_t i = 0; i < params.n; i++)
		fill(train_params_value(&params, i), params.item[i].count, params.item[i].name,
		     params.item[i].role == TRAIN_BIAS ? "bias" : "linear", params.item[i].fan_in, ops->real);
	train_net_pack(net, 2);
	struct train_plan *plan = train_plan_new(net, ROWS, 1, 1, 2);
	v = train_plan_input(plan);
	fill(dense, ROWS * FEATURES, "rows", "linear", 1, ops->real);
	ops->upload(ops, dense, &v);
	train_plan_forward(plan, true, 2);
	v = train_plan_output(plan);
	assert_true(v.n == ROWS * SHEET_VERTICES && v.c == 3);
	ops->download(ops, &v, dense);
	check("out", dense, NUMBERS, ops->real, tolerance);
	v = train_plan_output_gradient(plan);
	fill(dense, NUMBERS, "gradient", "linear", 1, ops->real);
	ops->upload(ops, dense, &v);
	train_plan_backward(plan, 2);
	v = train_plan_input_gradient(plan);
	ops->download(ops, &v, dense);
	check("in", dense, ROWS * FEATURES, ops->real, tolerance);
	assert_int_equal(params.n, 8);
	for (size_t i = 0; i < params.n; i++)
		check(params.item[i].name, train_params_grad(&params, i), params.item[i].count, ops->real, tolerance);
	train_plan_free(plan);
	train_net_free(net);
	train_params_release(&params);
	task_model_release(&m);
	free(dense);
}

/* The same numbers to float64's precision, the upsampling's weights being 1e-9 apart; and to float32's. */
static void decoder(void **unused)
{
	(void)unused;
	decode(nn_train_naive(), 1e-8);
	decode(nn_train_cpu_block(8), 1e-5);
	decode(nn_train_cpu_block(16), 1e-5);
}

/* Xavier's bound for weights, zero for biases; the ResNet's own layers as ever. */
static void start(void **unused)
{
	struct task_model m = { .task = &task_mesh, .outputs = SHEET_VERTICES };
	const struct nn_train *ops = nn_train_naive();
	struct train_params params;

	(void)unused;
	m.mesh = xcalloc(1, sizeof *m.mesh);
	build(m.mesh, NULL, 0);
	train_params_init(&params, ops);
	struct train_net *net = train_net_new(ops, &params);
	task_mesh.head(net, &params, &m, NULL, train_net_input(net, FEATURES, false));
	train_params_alloc(&params);
	train_params_start(&params, 3);
	for (size_t i = 0; i < params.n; i++) {
		const struct train_param *p = &params.item[i];
		const double *x = train_params_value(&params, i);
		double bound = p->shape.n == 2 ? sqrt(6. / (double)(p->shape.dim[0] + p->shape.dim[1])) : 0, most = 0;

		for (size_t k = 0; k < p->count; k++)
			most = fmax(most, fabs(x[k]));
		assert_true(most <= bound && most >= .9 * bound);
	}
	train_net_free(net);
	train_params_release(&params);
	task_model_release(&m);
}

static void l1(void **unused)
{
	const struct task_net_config c = { .batch = 1, .slices = 1 };
	float *out = xcalloc(NUMBERS, sizeof *out), *grad = xcalloc(NUMBERS, sizeof *grad);
	double *label = xcalloc(NUMBERS, sizeof *label);
	struct task_loss loss = { 0 };
	struct task_model m;

	(void)unused;
	task_model_init(&m, &task_mesh);
	m.arch = RESNET18;
	m.input.size = 32;
	m.outputs = SHEET_VERTICES;
	m.mesh = xcalloc(1, sizeof *m.mesh);
	build(m.mesh, NULL, 0);
	struct task_net *t = task_net_new(nn_train_cpu(), &m, &c);
	fill(out, NUMBERS, "said", "linear", 1, sizeof *out);
	fill(label, NUMBERS, "label", "linear", 1, sizeof *label);
	for (int i = 0; i < NUMBERS / 3; i++)
		if (i % SHEET_VERTICES % 10 == 0) /* a tie: no distance, and no gradient */
			for (int k = 0; k < 3; k++)
				label[3 * i + k] = (double)out[3 * i + k];
	/* The same label in pixels, of a mesh that has a mean and a deviation. */
	m.mesh->deviation[0] = 8;
	for (int i = 0; i < SHEET_VERTICES; i++)
		for (int k = 0; k < 3; k++)
			m.mesh->mean[i][k] = (float)(i + k);
	for (int i = 0; i < NUMBERS; i++)
		label[i] = 8 * label[i] + i % (3 * SHEET_VERTICES) / 3 + i % 3;
	const struct task_batch b = { ROWS, ROWS, out, label, grad, 2, sizeof *out };
	task_mesh.loss(t, &b, &loss);
	check("loss", &loss.total, 1, sizeof(double), 1e-12);
	check("dloss", grad, NUMBERS, sizeof *grad, 1e-7);
	task_net_free(t);
	task_model_release(&m);
	free(out);
	free(grad);
	free(label);
}

/* ---- the mesh in a file */

static void write_tensors(const char *path, const struct safetensor *item, size_t n)
{
	struct err e = { 0 };
	struct out o;

	assert_int_equal(out_open(&o, path, true, &e), 0);
	assert_int_equal(safetensors_write(&o, item, n, NULL, 0, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
}

static int read_back(struct face_mesh *f, const struct safetensor *item, size_t n, struct err *e)
{
	char *path = file_in_folder("mesh.safetensors");
	struct safetensors s = { 0 };
	int rc;

	write_tensors(path, item, n);
	rc = safetensors_open(&s, path, e) || face_mesh_read(f, &s, e) ? -1 : 0;
	safetensors_close(&s);
	free(path);
	return rc;
}

static void kept_in_a_file(void **unused)
{
	static const int32_t point[] = { 3, 140 };
	struct safetensor item[FACE_MESH_TENSORS], again[FACE_MESH_TENSORS];
	struct face_mesh f, back;
	struct err e = { 0 };
	size_t n;

	(void)unused;
	build(&f, point, 2);
	assert_true(f.vertices[0] == SHEET_VERTICES && f.vertices[1] == 37 && f.vertices[2] == 9 && f.levels == 2);
	f.mean[5][1] = 2.5f;
	f.deviation[0] = 7.25;
	n = face_mesh_tensors(&f, item);
	if (read_back(&back, item, n, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(face_mesh_tensors(&back, again), n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(item[i].name, again[i].name);
		assert_int_equal(item[i].bytes, again[i].bytes);
		assert_memory_equal(item[i].data, again[i].data, item[i].bytes);
	}
	assert_true(back.level[1].csr[0].rows == 37 && back.level[1].csr[0].cols == 9);
	face_mesh_release(&back);
	/* each one missing, of another type, a row short, or with a number that may not be there */
	for (size_t i = 0; i < n; i++) {
		const struct safetensor was = item[i];
		int32_t *bad = xmalloc(was.bytes);

		item[i] = item[n - 1];
		assert_int_equal(read_back(&back, item, n - 1, &e), -1);
		item[i] = was;
		item[i].dtype = was.dtype == DTYPE_I32 ? DTYPE_F32 : DTYPE_I32;
		item[i].shape = (struct shape){ 1, { (int64_t)was.bytes / 4 } };
		assert_int_equal(read_back(&back, item, n, &e), -1);
		item[i] = was;
		item[i].shape.dim[0]--;
		item[i].bytes = (size_t)shape_bytes(&item[i].shape, was.dtype);
		bool optional = !strcmp(was.name, "mesh.triangles") || !strcmp(was.name, "mesh.points");
		assert_int_equal(read_back(&back, item, n, &e), optional ? 0 : -1);
		if (optional)
			face_mesh_release(&back);
		item[i] = was;
		memcpy(bad, was.data, was.bytes);
		bad[was.bytes / 4 - 1] = was.dtype == DTYPE_I32 ? 1 << 22 : -1; /* -1: NaN, of either kind */
		item[i].data = bad;
		if (read_back(&back, item, n, &e) != -1)
			fail_msg("%s: took a number that may not be there", was.name);
		item[i] = was;
		free(bad);
	}
	face_mesh_release(&f);
}

static void bad_builds(void **unused)
{
	static const int32_t none[] = { 0, 8 }, many[] = { 8, 8, 8, 8, 8, 8 }, point[] = { SHEET_VERTICES };
	struct mesh sheet;
	struct face_mesh f;
	struct err e = { 0 };

	(void)unused;
	sheet_load(&sheet);
	assert_int_equal(face_mesh_build(&f, &sheet, none, 2, 5, NULL, 0, &e), -1);
	assert_int_equal(face_mesh_build(&f, &sheet, channels, 0, 5, NULL, 0, &e), -1);
	assert_int_equal(face_mesh_build(&f, &sheet, channels, 2, 0, NULL, 0, &e), -1);
	assert_int_equal(face_mesh_build(&f, &sheet, channels, 2, 5, point, 1, &e), -1);
	/* 147, 37, 9, less: no spiral of five at the third level */
	assert_int_equal(face_mesh_build(&f, &sheet, many, 6, 5, NULL, 0, &e), -1);
	assert_non_null(strstr(e.msg, "level 3 of a mesh of 147 vertices"));
	mesh_release(&sheet);
}

/* ---- templates */

static void write_text(const char *path, const char *text)
{
	struct err e = { 0 };

	assert_int_equal(io_write_file(path, text, strlen(text), &e), 0);
}

static void templates(void **unused)
{
	static const float at[] = { 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, .5f, .5f, 1 };
	static const int32_t face[] = { 0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4 }, key[] = { 4, 2 };
	static const int32_t part[] = { 4, 2, 1, 3 }, twice[] = { 0, 1, 0 };
	struct safetensor item[] = {
		{ "mean", DTYPE_F32, { 2, { 5, 3 } }, at, sizeof at },
		{ "triangles", DTYPE_I32, { 2, { 4, 3 } }, face, sizeof face },
		{ "keypoints", DTYPE_I32, { 1, { 2 } }, key, sizeof key },
	};
	char *path = file_in_folder("template");
	struct err e = { 0 };
	struct mesh m;
	int32_t *point;
	int points;

	(void)unused;
	write_tensors(path, item, 3);
	if (face_mesh_template(&m, &point, &points, path, &e))
		fail_msg("%s", e.msg);
	assert_true(m.vertices == 5 && m.faces == 4 && points == 2 && point[0] == 4 && point[1] == 2);
	assert_true(m.at[4][2] == 1 && m.face[3][0] == 3);
	/* four of the vertices, in another order: two faces are left */
	assert_int_equal(face_mesh_cut(&m, point, points, part, 4, &e), 0);
	assert_true(m.vertices == 4 && m.faces == 2 && point[0] == 0 && point[1] == 1 && m.at[0][2] == 1);
	assert_true(m.face[0][0] == 2 && m.face[0][1] == 1 && m.face[0][2] == 0);
	/* a point that is not among them, a vertex twice, one that is none */
	assert_int_equal(face_mesh_cut(&m, point, points, part + 2, 2, &e), -1);
	assert_int_equal(face_mesh_cut(&m, point, 0, twice, 3, &e), -1);
	assert_int_equal(face_mesh_cut(&m, point, 0, part, 4, &e), -1);
	mesh_release(&m);
	free(point);
	write_tensors(path, item, 1);
	assert_int_equal(face_mesh_template(&m, &point, &points, path, &e), -1);
	write_tensors(path, item + 1, 2);
	assert_int_equal(face_mesh_template(&m, &point, &points, path, &e), -1);
	item[2].shape.dim[0] = 1;
	item[2].bytes = 4;
	item[2].data = (const int32_t[]){ 5 };
	write_tensors(path, item, 3);
	assert_int_equal(face_mesh_template(&m, &point, &points, path, &e), -1);
	assert_non_null(strstr(e.msg, "keypoint 0: vertex 5 of 5"));
	write_text(path, "# a square\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 .5\nf 1 2 3 4\n");
	if (face_mesh_template(&m, &point, &points, path, &e))
		fail_msg("%s", e.msg);
	assert_true(m.vertices == 4 && m.faces == 2 && !points && !point && m.at[3][2] == .5);
	mesh_release(&m);
	write_text(path, "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 4\n");
	assert_int_equal(face_mesh_template(&m, &point, &points, path, &e), -1);
	assert_non_null(strstr(e.msg, path));
	free(path);
}

static void lists_of_numbers(void **unused)
{
	char *path = file_in_folder("numbers");
	struct err e = { 0 };
	int32_t *v;
	int n;

	(void)unused;
	write_text(path, "# the eyes\n3\n\n 17 # left\r\n0");
	assert_int_equal(face_mesh_numbers(&v, &n, 3, path, &e), 0);
	assert_true(n == 3 && v[0] == 3 && v[1] == 17 && v[2] == 0);
	free(v);
	assert_int_equal(face_mesh_numbers(&v, &n, 2, path, &e), -1);
	write_text(path, "3\n-1\n");
	assert_int_equal(face_mesh_numbers(&v, &n, 3, path, &e), -1);
	assert_non_null(strstr(e.msg, "line 2"));
	write_text(path, "\n");
	assert_int_equal(face_mesh_numbers(&v, &n, 3, path, &e), -1);
	free(path);
}

/* ---- targets */

/* A record stream of n records of `numbers` floats, [numbers] or [numbers / 3, 3], of faces 0, 1 .. of each key. */
static void write_stream(const char *path, const float *v, int n, uint32_t numbers, bool rows, bool end)
{
	struct err e = { 0 };
	struct out o;
	struct record_writer w = { &o, 0 };

	assert_int_equal(out_open(&o, path, true, &e), 0);
	for (int i = 0; i < n; i++) {
		struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = rows ? 2 : 1, .label = -1 };

		r.dims[0] = rows ? numbers / 3 : numbers;
		r.dims[1] = rows ? 3 : 0;
		r.bytes = 4 * (uint64_t)numbers;
		r.key = 100 + (uint64_t)i / 2;
		r.face = (uint32_t)i % 2;
		assert_int_equal(record_write(&w, &r, v + (size_t)i * numbers, &e), 0);
	}
	if (end)
		assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
}

static int open_targets(struct mesh_targets *t, const struct mesh_targets_config *c, struct err *e)
{
	int rc = mesh_targets_open(t, c, e);

	if (rc)
		mesh_targets_release(t);
	return rc;
}

static void targets(void **unused)
{
	static const int32_t region[] = { 2, 0 }, outside[] = { 4 };
	char *one = file_in_folder("one"), *two = file_in_folder("two"), *both = xasprintf("%s,%s", one, two);
	float v[4 * 12], got[12];
	struct mesh_targets_config c = { .mesh = one };
	struct mesh_targets_room room = { 0 };
	struct mesh_targets t;
	struct err e = { 0 };

	(void)unused;
	for (int i = 0; i < 48; i++)
		v[i] = (float)i;
	write_stream(one, v, 4, 12, true, true);
	assert_int_equal(open_targets(&t, &c, &e), 0);
	assert_true(t.n == 4 && t.vertices == 4);
	assert_int_equal(mesh_targets_find(&t, 101, 0), 2);
	assert_int_equal(mesh_targets_find(&t, 101, 2), -1);
	assert_int_equal(mesh_targets_read(&t, 2, &room, got, &e), 0);
	assert_memory_equal(got, v + 24, sizeof got);
	mesh_targets_room_release(&room);
	mesh_targets_release(&t);
	c.region = region;
	c.region_n = 2;
	assert_int_equal(open_targets(&t, &c, &e), 0);
	assert_int_equal(mesh_targets_read(&t, 1, &room, got, &e), 0);
	assert_true(t.vertices == 2 && got[0] == 18 && got[5] == 14);
	mesh_targets_room_release(&room);
	mesh_targets_release(&t);
	c.region = outside;
	c.region_n = 1;
	assert_int_equal(open_targets(&t, &c, &e), -1);
	c.region = NULL;
	/* a face in both, a mesh of another size, another type, a stream without its end, a number that is none */
	c.mesh = both;
	write_stream(two, v, 1, 12, true, true);
	assert_int_equal(open_targets(&t, &c, &e), -1);
	assert_non_null(strstr(e.msg, "two records of key"));
	write_stream(two, v, 1, 9, true, true);
	assert_int_equal(open_targets(&t, &c, &e), -1);
	assert_non_null(strstr(e.msg, "record 0: a mesh of 3 vertices among those of 4"));
	c.mesh = two;
	write_stream(two, v, 1, 12, false, true);
	assert_int_equal(open_targets(&t, &c, &e), -1);
	write_stream(two, v, 2, 12, true, false);
	assert_int_equal(open_targets(&t, &c, &e), -1);
	v[7] = NAN;
	write_stream(two, v, 2, 12, true, true);
	assert_int_equal(open_targets(&t, &c, &e), 0);
	assert_int_equal(mesh_targets_read(&t, 1, &room, got, &e), 0);
	assert_int_equal(mesh_targets_read(&t, 0, &room, got, &e), -1);
	assert_non_null(strstr(e.msg, "record 0: holds a number that is not finite"));
	mesh_targets_room_release(&room);
	mesh_targets_release(&t);
	free(one);
	free(two);
	free(both);
}

/* Coefficients and pose: what linear_face.h makes of them, cut to a region or not. */
static void linear_targets(void **unused)
{
	static const int32_t region[] = { 2, 0 };
	char *model = file_in_folder("face"), *params = file_in_folder("params");
	float mean[9], identity[18], expression[9], v[2][10], want[9], got[9];
	const struct safetensor item[] = {
		{ "mean", DTYPE_F32, { 2, { 3, 3 } }, mean, sizeof mean },
		{ "identity", DTYPE_F32, { 3, { 2, 3, 3 } }, identity, sizeof identity },
		{ "expression", DTYPE_F32, { 3, { 1, 3, 3 } }, expression, sizeof expression },
	};
	struct mesh_targets_config c = { .params = params, .face_model = model };
	struct mesh_targets_room room = { 0 };
	struct linear_face face;
	struct mesh_targets t;
	struct err e = { 0 };

	(void)unused;
	fill(mean, 9, "mean", "linear", 1, sizeof *mean);
	fill(identity, 18, "identity", "linear", 1, sizeof *identity);
	fill(expression, 9, "expression", "linear", 1, sizeof *expression);
	fill(v, 20, "v", "linear", 1, sizeof **v);
	write_tensors(model, item, 3);
	write_stream(params, v[0], 2, 10, false, true);
	assert_int_equal(linear_face_open(&face, model, &e), 0);
	linear_face_shape(&face, v[1], v[1] + 2, want);
	linear_face_project(want, 3, v[1] + 3, 451);
	linear_face_release(&face);
	if (open_targets(&t, &c, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t.vertices, 3);
	assert_int_equal(mesh_targets_read(&t, 1, &room, got, &e), 0);
	assert_memory_equal(got, want, sizeof got);
	mesh_targets_release(&t);
	c.region = region;
	c.region_n = 2;
	assert_int_equal(open_targets(&t, &c, &e), 0);
	assert_int_equal(mesh_targets_read(&t, 1, &room, got, &e), 0);
	assert_memory_equal(got, want + 6, 12);
	assert_memory_equal(got + 3, want, 12);
	mesh_targets_release(&t);
	mesh_targets_room_release(&room);
	write_stream(params, v[0], 2, 9, false, true);
	assert_int_equal(open_targets(&t, &c, &e), -1);
	assert_non_null(strstr(e.msg, "9 coefficients, not 10"));
	free(model);
	free(params);
}

/* ---- vertices move with their picture */

enum { DOTS = 9, SIDE = 150 };

/* In the photo, a crop of which is the picture; depths of some spread. */
static const double crop[6] = { 1.1, -.2, 7, .2, 1.1, -12 };

static void paint(struct image *m, float (*v)[3])
{
	memset(m->data, 0, (size_t)m->h * m->stride);
	for (int i = 0; i < DOTS; i++) {
		double at[2];

		v[i][0] = (float)(32 + 34 * (i % 3) + .37 * i);
		v[i][1] = (float)(30 + 34 * (i / 3) - .21 * i);
		v[i][2] = (float)(10 + 7 * (i % 4));
		warp_point(crop, (double)v[i][0], (double)v[i][1], at);
		for (int y = 0; y < m->h; y++)
			for (int x = 0; x < m->w; x++) {
				double dx = x + .5 - at[0], dy = y + .5 - at[1];
				double value = 250 * exp(-(dx * dx + dy * dy) / (2 * 3.5 * 3.5));

				if (value > 1)
					image_at(m, x, y)[i % 3] = (uint8_t)rint(value);
			}
	}
}

static bool centroid(const float *plane, int size, const double near[2], double got[2])
{
	const double reach = 14;
	double sum = 0, sx = 0, sy = 0;

	if (near[0] < reach || near[1] < reach || near[0] > size - reach || near[1] > size - reach)
		return false;
	for (int y = 0; y < size; y++)
		for (int x = 0; x < size; x++) {
			double v = (double)plane[y * size + x];

			if (hypot(x + .5 - near[0], y + .5 - near[1]) > reach)
				continue;
			sum += v;
			sx += v * (x + .5);
			sy += v * (y + .5);
		}
	got[0] = sx / sum;
	got[1] = sy / sum;
	return true;
}

/* What is wrong with the moved label: the largest distance of a dot, and of depths' spread from what it must be. */
static void moved(const struct task_model *m, const struct warp *p, uint64_t sample, const double *value,
		  const struct image *picture, float (*v)[3], double *far, double *deep, int *found)
{
	float *out = xcalloc(3 * (size_t)p->size * (size_t)p->size, sizeof *out);
	struct augment_scratch s = { 0 };
	double label[DOTS][3], depth = 0, mean = 0;
	struct warp_draws d;
	struct err e = { 0 };

	warp_draw(&d, p, picture->w, picture->h, 5, 0, sample, 0);
	warp_apply(p, &d, picture, &s, out);
	assert_int_equal(task_mesh.move((void *)(uintptr_t)m, &d, picture->w, picture->h, value, &label[0][0], &e), 0);
	for (int i = 0; i < DOTS; i++) {
		depth += label[i][2] / DOTS;
		mean += (double)v[i][2] / DOTS;
	}
	assert_true(fabs(depth) < 1e-9);
	for (int i = 0; i < DOTS; i++) {
		double got[2], scale = hypot(d.a[0], d.a[3]) * hypot(crop[0], crop[3]);

		*deep = fmax(*deep, fabs(label[i][2] - scale * ((double)v[i][2] - mean)));
		if (!centroid(out + (size_t)(i % 3) * (size_t)p->size * (size_t)p->size, p->size, label[i], got))
			continue;
		*far = fmax(*far, hypot(got[0] - label[i][0], got[1] - label[i][1]));
		++*found;
	}
	augment_scratch_release(&s);
	free(out);
}

static void dots(void **unused)
{
	char *path = file_in_folder("dots");
	const struct mesh_targets_config c = { .mesh = path };
	struct warp p = task_mesh.preset.warp;
	struct mesh_targets t;
	struct task_model m = { .task = &task_mesh, .outputs = DOTS, .targets = &t };
	double value[7] = { 0 }, off[7] = { 0 }, far = 0, deep = 0, half = 0, none = 0;
	struct image picture;
	struct warp_draws d;
	struct err e = { 0 };
	float v[DOTS][3];
	int found = 0, more = 0;

	(void)unused;
	p.size = 127;
	for (int k = 0; k < 3; k++)
		p.std[k] = 1;
	image_init(&picture, SIDE, SIDE - 13);
	paint(&picture, v);
	write_stream(path, v[0], 1, 3 * DOTS, true, true);
	assert_int_equal(open_targets(&t, &c, &e), 0);
	memcpy(value + 1, crop, sizeof crop);
	memcpy(off, value, sizeof off);
	off[3] += .6; /* half a pixel of the input */
	for (uint64_t sample = 0; sample < 30; sample++) {
		moved(&m, &p, sample, value, &picture, v, &far, &deep, &found);
		moved(&m, &p, sample, off, &picture, v, &half, &none, &more);
	}
	print_message("%d dots, the worst %.3g px off; with half a pixel planted %.3g\n", found, far, half);
	assert_true(found > 100 && far < .05 && deep < 1e-4);
	assert_true(half > .3);
	/* no mirror image */
	p.flip_p = 1;
	warp_draw(&d, &p, SIDE, SIDE, 5, 0, 0, 0);
	double *label = xcalloc(3 * DOTS, sizeof *label);
	assert_int_equal(task_mesh.move(&m, &d, SIDE, SIDE, value, label, &e), -1);
	assert_non_null(strstr(e.msg, "no mirror image"));
	free(label);
	mesh_targets_release(&t);
	image_release(&picture);
	free(path);
}

/* A label that goes through the network's units and back is what it was, in the picture. */
static void there_and_back(void **unused)
{
	static const int32_t point[] = { 7, 100 };
	const struct warp p = {
		.size = 96, .rotation = 30, .scale = { .8, 1.2 }, .translation = .1, .std = { 1, 1, 1 }
	};
	float *out = xcalloc(3 * SHEET_VERTICES, sizeof *out);
	double(*v)[3] = xcalloc(SHEET_VERTICES, sizeof *v), points[6], label[SHEET_VERTICES][3];
	struct task_model m = { .task = &task_mesh, .outputs = SHEET_VERTICES };
	struct warp_draws d;

	(void)unused;
	m.mesh = xcalloc(1, sizeof *m.mesh);
	build(m.mesh, point, 2);
	m.mesh->deviation[0] = 11;
	fill(&m.mesh->mean[0][0], 3 * SHEET_VERTICES, "mean", "linear", 1, sizeof(float));
	warp_draw(&d, &p, 130, 90, 1, 2, 3, 0);
	for (int i = 0; i < SHEET_VERTICES; i++) {
		warp_point(d.a, i, 90 - i / 2., label[i]);
		label[i][2] = (i % 9 - 4) * d.scale;
		for (int k = 0; k < 3; k++)
			out[3 * i + k] = (float)((label[i][k] - (double)m.mesh->mean[i][k]) / 11);
	}
	task_mesh_vertices(&m, out, &d, v);
	for (int i = 0; i < SHEET_VERTICES; i++)
		assert_true(fabs(v[i][0] - i) < 1e-4 && fabs(v[i][1] - (90 - i / 2.)) < 1e-4 &&
			    fabs(v[i][2] - (i % 9 - 4)) < 1e-4);
	assert_int_equal(task_mesh.predictions(&m), 6);
	task_mesh.predict(&m, out, 1, 1, &d, points);
	assert_memory_equal(points, v[7], sizeof *v);
	assert_memory_equal(points + 3, v[100], sizeof *v);
	/* no error; ten pixels of x are 1000 / side of the box percent */
	assert_true(task_mesh.score(&m, out, &label[0][0]) < 1e-4);
	task_model_release(&m);
	free(out);
	free(v);
}

static int make_folder(void **unused)
{
	static char name[] = "/tmp/frl-mesh.XXXXXX";

	(void)unused;
	folder = mkdtemp(name);
	return folder ? 0 : -1;
}

static int remove_folder(void **unused)
{
	char *command = xasprintf("rm -r '%s'", folder);
	int rc = system(command);

	(void)unused;
	free(command);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoder),
		cmocka_unit_test(start),
		cmocka_unit_test(l1),
		cmocka_unit_test(kept_in_a_file),
		cmocka_unit_test(bad_builds),
		cmocka_unit_test(templates),
		cmocka_unit_test(lists_of_numbers),
		cmocka_unit_test(targets),
		cmocka_unit_test(linear_targets),
		cmocka_unit_test(dots),
		cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
