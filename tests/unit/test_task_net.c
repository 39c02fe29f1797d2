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

#include "tests/unit/support_golden.h"
#include "tests/unit/support_tasks.h"

enum { N = 6, SIZE = 64 };

/* Losses of `steps` steps at that part of the preset's rate. */
static void train(const struct task *task, double part, int steps, int threads, double *loss)
{
	float *picture = tasks_pictures(N, SIZE, sizeof *picture);
	double *label = tasks_labels(task, N, SIZE);
	struct task_model m;
	struct optim optim;

	tasks_model(&m, task, SIZE);
	struct task_net *t = tasks_net(nn_train_cpu(), &m, N);
	struct train_params *p = task_net_params(t);
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
	free(label);
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
	tasks_model(&m, &task_au, SIZE);
	m.name = names;
	m.names = TASKS_UNITS;
	m.input.bgr = true;
	m.input.mean[1] = .1f;
	task_meta(&m, &meta);
	s.meta = meta.item;
	s.n_meta = meta.n;
	if (task_model_read(&back, &s, &e))
		fail_msg("%s", e.msg);
	assert_ptr_equal(back.task, &task_au);
	assert_true(back.arch == RESNET18 && back.input.size == SIZE && back.outputs == TASKS_UNITS && back.input.bgr);
	assert_memory_equal(back.input.mean, m.input.mean, sizeof m.input.mean);
	for (int i = 0; i < TASKS_UNITS; i++)
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

		tasks_model(&m, tasks[k], SIZE);
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
