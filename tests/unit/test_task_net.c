/*
 * test_task_net.c - training steps of each task against PyTorch's (tests/golden/make_tasks.py): network, head, loss and
 * optimiser together; what is frozen stays
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

#include "common/model/task_net.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_mesh.h"
#include "tests/unit/support_seeded.h"

/* As the script has them. */
enum { N = 6, SIZE = 64, UNITS = 4, CLASSES = 8, POINTS = 5, PERSONS = 5, DIMS = 16, SEED = 5 };
enum { VERTICES = 3 * SHEET_VERTICES, LABELS = VERTICES };

static void fill(float *dst, size_t n, const char *name, const char *role, int64_t fan_in)
{
	assert_int_equal(seeded_fill(dst, n, SEED, name, role, fan_in), 0);
}

/* The sheet with two levels under it; its mean and deviation are the script's. */
static void add_mesh(struct task_model *m)
{
	static const int32_t channels[] = { 8, 16 };
	struct mesh sheet;
	struct err e = { 0 };

	sheet_load(&sheet);
	m->outputs = SHEET_VERTICES;
	m->mesh = xcalloc(1, sizeof *m->mesh);
	if (face_mesh_build(m->mesh, &sheet, channels, 2, 5, NULL, 0, &e))
		fail_msg("%s", e.msg);
	fill(&m->mesh->mean[0][0], VERTICES, "mean", "linear", 1);
	m->mesh->deviation[0] = 20;
	mesh_release(&sheet);
}

static void model_of(struct task_model *m, const struct task *task)
{
	char text[16];

	task_model_init(m, task);
	m->arch = RESNET18;
	m->input.size = SIZE;
	m->outputs = task == &task_au	       ? UNITS
		     : task == &task_emotion   ? CLASSES
		     : task == &task_landmarks ? POINTS
					       : DIMS;
	if (task == &task_mesh)
		add_mesh(m);
	if (task != &task_recognition)
		return;
	m->name = xcalloc(PERSONS, sizeof *m->name);
	for (; m->names < PERSONS; m->names++) {
		snprintf(text, sizeof text, "p%d", m->names);
		m->name[m->names] = xstrdup(text);
	}
}

static struct task_net *net_of(const struct task_model *m, bool freeze)
{
	static const char *const role[] = { "conv", "linear", "bias", "bn_weight", "bn_bias" };
	const struct task_net_config c = { .batch = N, .slices = 3, .freeze = freeze };
	struct task_net *t = task_net_new(nn_train_cpu(), m, &c);
	struct train_params *p = task_net_params(t);

	for (size_t i = 0; i < p->n; i++)
		fill(train_params_value(p, i), p->item[i].count, p->item[i].name, role[p->item[i].role],
		     p->item[i].fan_in);
	return t;
}

/* label [N][label_width]: the script's, from the same numbers. */
static void labels_of(const struct task *task, double *label)
{
	static float u[N * LABELS];

	if (task == &task_au) {
		fill(u, N * UNITS, "au", "linear", 1);
		for (int i = 0; i < N * UNITS; i++)
			label[i] = 2.5 + 2.5 * (double)u[i];
		label[1 * UNITS + 2] = label[4 * UNITS] = NAN;
	} else if (task == &task_emotion) {
		fill(u, 2 * N, "affect", "linear", 1);
		for (int i = 0; i < N; i++) {
			label[3 * i] = i == 2 ? NAN : (double)u[2 * i];
			label[3 * i + 1] = (double)u[2 * i + 1];
			label[3 * i + 2] = i == 3 ? -1 : i % CLASSES;
		}
	} else if (task == &task_landmarks) {
		fill(u, N * 2 * POINTS, "points", "linear", 1);
		for (int i = 0; i < N * 2 * POINTS; i++)
			label[i] = 32 + 24 * (double)u[i];
	} else if (task == &task_mesh) {
		fill(u, N * VERTICES, "vertices", "linear", 1);
		for (int i = 0; i < N * VERTICES; i++)
			label[i] = 32 + 24 * (double)u[i];
	} else {
		for (int i = 0; i < N; i++)
			label[i] = i % PERSONS;
	}
}

/* Losses of `steps` steps at that part of the preset's rate. */
static void train(const struct task *task, double part, int steps, int threads, double *loss)
{
	float *picture = xcalloc(N * 3 * SIZE * SIZE, sizeof *picture);
	static double label[N * LABELS];
	struct task_model m;
	struct optim optim;

	model_of(&m, task);
	struct task_net *t = net_of(&m, false);
	struct train_params *p = task_net_params(t);
	fill(picture, N * 3 * SIZE * SIZE, "pictures", "linear", 1);
	labels_of(task, label);
	optim_init(&optim, &task->preset.optim, p);
	for (int i = 0; i < steps; i++) {
		struct task_loss l;

		task_net_pack(t, threads);
		train_params_zero_grad(p);
		task_net_step(t, picture, label, N, N, threads, &l);
		optim_step(&optim, part * task->preset.lr, threads);
		loss[i] = l.total;
	}
	optim_release(&optim);
	task_net_free(t);
	task_model_release(&m);
	free(picture);
}

/*
 * 1e-5 of the loss, or three times what PyTorch's own float32 had parted from its float64 up to that step: sign changes of
 * ReLUs, which steps then multiply.
 */
static void check(const struct task *task)
{
	char *path = golden_path("tasks.tsv"), line[400], name[32];
	FILE *f = fopen(path, "r");
	double part, want, single, loss[2][5], far = 0;
	int step, rows = 0;

	free(path);
	assert_non_null(f);
	train(task, .01, 5, 2, loss[0]);
	train(task, 1, 2, 3, loss[1]);
	while (fgets(line, sizeof line, f)) {
		assert_int_equal(sscanf(line, "%31s %lf %d %lf %lf", name, &part, &step, &want, &single), 5);
		if (strcmp(name, task->name) != 0)
			continue;
		double got = loss[part == 1][step];
		far = step ? fmax(far, fabs(single - want)) : fabs(single - want);
		print_message("%s, %g of the rate, step %d: %.9g, not %.9g\n", name, part, step, got, want);
		assert_true(fabs(got - want) <= fmax(1e-5 * want, 3 * far));
		rows++;
	}
	assert_int_equal(rows, 7);
	fclose(f);
}

static void recognition(void **unused)
{
	(void)unused;
	check(&task_recognition);
}

static void landmarks(void **unused)
{
	(void)unused;
	check(&task_landmarks);
}

static void au(void **unused)
{
	(void)unused;
	check(&task_au);
}

static void emotion(void **unused)
{
	(void)unused;
	check(&task_emotion);
}

static void mesh(void **unused)
{
	(void)unused;
	check(&task_mesh);
}

/* ---- metadata */

static void metadata(void **unused)
{
	static char *names[] = { "neutral", "a\tb", "", "d" };
	struct task_model m, back;
	struct task_meta meta;
	struct safetensors s = { 0 };
	struct err e = { 0 };

	(void)unused;
	model_of(&m, &task_au);
	m.name = names;
	m.names = UNITS;
	m.input.bgr = true;
	m.input.mean[1] = .1f;
	task_meta(&m, &meta);
	s.meta = meta.item;
	s.n_meta = meta.n;
	if (task_model_read(&back, &s, &e))
		fail_msg("%s", e.msg);
	assert_ptr_equal(back.task, &task_au);
	assert_true(back.arch == RESNET18 && back.input.size == SIZE && back.outputs == UNITS && back.input.bgr);
	assert_memory_equal(back.input.mean, m.input.mean, sizeof m.input.mean);
	for (int i = 0; i < UNITS; i++)
		assert_string_equal(back.name[i], names[i]);
	task_model_release(&back);
	/* each line broken, or gone: refused */
	for (size_t i = 0; i < meta.n; i++) {
		const char *was = meta.item[i].value;

		meta.item[i].value = "-3 pixels";
		assert_int_equal(task_model_read(&back, &s, &e), -1);
		task_model_release(&back);
		meta.item[i].value = was;
	}
	task_meta_release(&meta);
}

/* Outputs that no model of the task has: refused before anything is made of that size. */
static void hostile_outputs(void **unused)
{
	static const struct task *const tasks[] = { &task_recognition, &task_landmarks, &task_au, &task_emotion };
	struct err e = { 0 };

	(void)unused;
	for (int k = 0; k < 4; k++) {
		struct safetensors s = { 0 };
		struct task_model m, back;
		struct task_meta meta;

		model_of(&m, tasks[k]);
		m.outputs = k == 1 ? 67 : 1000000;
		task_meta(&m, &meta);
		s.meta = meta.item;
		s.n_meta = meta.n;
		assert_int_equal(task_model_read(&back, &s, &e), -1);
		assert_non_null(strstr(e.msg, "frl.outputs"));
		task_model_release(&back);
		task_model_release(&m);
		task_meta_release(&meta);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognition),	   cmocka_unit_test(landmarks), cmocka_unit_test(au),
		cmocka_unit_test(emotion),	   cmocka_unit_test(mesh),	cmocka_unit_test(metadata),
		cmocka_unit_test(hostile_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
