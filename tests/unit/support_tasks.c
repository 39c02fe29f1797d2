/* support_tasks.c - see support_tasks.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/nn/real.h"
#include "tests/unit/support_seeded.h"
#include "tests/unit/support_tasks.h"

enum { SEED = 5 };

/* n numbers of that name as reals from number `at` on. */
static void fill(void *dst, size_t at, size_t n, size_t real, const char *name, const char *role, int64_t fan_in)
{
	float *f = xcalloc(n, sizeof *f);

	assert_int_equal(seeded_fill(f, n, SEED, name, role, fan_in), 0);
	for (size_t i = 0; i < n; i++)
		real_set(dst, at + i, real, (double)f[i]);
	free(f);
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
	fill(&m->mesh->mean[0][0], 0, 3 * SHEET_VERTICES, sizeof(float), "mean", "linear", 1);
	m->mesh->deviation[0] = 20;
	mesh_release(&sheet);
}

void tasks_model(struct task_model *m, const struct task *task, int size)
{
	char text[16];

	task_model_init(m, task);
	m->arch = RESNET18;
	m->input.size = size;
	m->outputs = task == &task_au	       ? TASKS_UNITS
		     : task == &task_emotion   ? TASKS_CLASSES
		     : task == &task_landmarks ? TASKS_POINTS
					       : TASKS_DIMS;
	if (task == &task_mesh)
		add_mesh(m);
	if (task != &task_recognition)
		return;
	m->name = xcalloc(TASKS_PERSONS, sizeof *m->name);
	for (; m->names < TASKS_PERSONS; m->names++) {
		snprintf(text, sizeof text, "p%d", m->names);
		m->name[m->names] = xstrdup(text);
	}
}

struct task_net *tasks_net(const struct nn_train *ops, const struct task_model *m, int n)
{
	static const char *const role[] = { "conv", "linear", "bias", "bn_weight", "bn_bias" };
	const struct task_net_config c = { .batch = n, .slices = 3 };
	struct task_net *t = task_net_new(ops, m, &c);
	struct train_params *p = task_net_params(t);

	for (size_t i = 0; i < p->n; i++)
		fill(p->value, p->item[i].offset, p->item[i].count, p->real, p->item[i].name, role[p->item[i].role],
		     p->item[i].fan_in);
	return t;
}

void *tasks_pictures(int n, int size, size_t real)
{
	size_t count = (size_t)n * 3 * (size_t)size * (size_t)size;
	void *x = xcalloc(count, real);

	fill(x, 0, count, real, "pictures", "linear", 1);
	return x;
}

double *tasks_labels(const struct task *task, int n, int size)
{
	double *label = xcalloc((size_t)n * TASKS_WIDEST, sizeof *label), u[2 * TASKS_CLASSES];
	size_t many = (size_t)n;

	if (task == &task_au) {
		fill(label, 0, many * TASKS_UNITS, sizeof *label, "au", "linear", 1);
		for (size_t i = 0; i < many * TASKS_UNITS; i++)
			label[i] = 2.5 + 2.5 * label[i];
		label[1 * TASKS_UNITS + 2] = label[(many - 2) * TASKS_UNITS] = NAN;
	} else if (task == &task_emotion) {
		fill(u, 0, 2 * many, sizeof *u, "affect", "linear", 1);
		for (int i = 0; i < n; i++) {
			label[3 * i] = i == 2 ? NAN : u[2 * i];
			label[3 * i + 1] = u[2 * i + 1];
			label[3 * i + 2] = i == n / 2 ? -1 : i % TASKS_CLASSES;
		}
	} else if (task == &task_landmarks) {
		fill(label, 0, many * 2 * TASKS_POINTS, sizeof *label, "points", "linear", 1);
		for (size_t i = 0; i < many * 2 * TASKS_POINTS; i++)
			label[i] = size / 2. + 3 * size / 8. * label[i];
	} else if (task == &task_mesh) {
		fill(label, 0, many * 3 * SHEET_VERTICES, sizeof *label, "vertices", "linear", 1);
		for (size_t i = 0; i < many * 3 * SHEET_VERTICES; i++)
			label[i] = 32 + 24 * label[i];
	} else {
		for (int i = 0; i < n; i++)
			label[i] = i % TASKS_PERSONS;
	}
	return label;
}
