/*
 * test_task_double.c - one step of each task on the double backend against PyTorch's float64 (make_tasks_double.py): loss,
 * every gradient, and how far the paper's optimiser moves every parameter
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

#include "tests/support/naive.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_tasks.h"

enum { N = 3, SIZE = 32, ELEMENTS = 3 };

/* Norm and sum, as many elements of x; want is advanced past them. Within 1e-8 of the norm. */
static void check(const char *name, const double *x, size_t n, int elements, char **want)
{
	double norm = 0, sum = 0, should = strtod(*want, want);
	/* Before batch norm a bias has no gradient: what there is, is noise. */
	double within = should < 1e-12 ? 1e-12 : 1e-8 * should;

	for (size_t i = 0; i < n; i++) {
		norm += x[i] * x[i];
		sum += x[i];
	}
	norm = sqrt(norm);
	if (!(fabs(norm - should) <= within))
		fail_msg("%s: norm %.12g, not %.12g", name, norm, should);
	should = strtod(*want, want);
	if (!(fabs(sum - should) <= within * sqrt((double)n)))
		fail_msg("%s: sum %.12g, not %.12g", name, sum, should);
	for (int i = 0; i < elements; i++) {
		double at = x[(size_t)i * (n - 1) / (ELEMENTS - 1)];

		should = strtod(*want, want);
		if (!(fabs(at - should) <= within))
			fail_msg("%s: e%d %.12g, not %.12g", name, i, at, should);
	}
}

/* A step, as frl-finetune takes it. moved [params->count]: how far. */
static double take_step(struct task_net *t, double *moved)
{
	const struct task *task = task_net_model(t)->task;
	struct train_params *p = task_net_params(t);
	double *picture = tasks_pictures(N, SIZE, sizeof *picture), *label = tasks_labels(task, N, SIZE);
	struct task_loss loss;
	struct optim optim;

	optim_init(&optim, &task->preset.optim, p);
	task_net_pack(t, 2);
	train_params_zero_grad(p);
	task_net_step(t, picture, label, N, N, 2, &loss);
	memcpy(moved, p->value, p->count * sizeof *moved);
	optim_step(&optim, task->preset.lr, 2);
	for (size_t i = 0; i < p->count; i++)
		moved[i] = ((double *)p->value)[i] - moved[i];
	optim_release(&optim);
	free(picture);
	free(label);
	return loss.total;
}

static void compare(const struct task *task, double loss, const struct train_params *p, const double *moved)
{
	char *path = golden_path("tasks_double.tsv"), line[1000], label[20], name[200];
	FILE *f = fopen(path, "r");
	size_t i = 0;

	free(path);
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		char *at;
		int n;

		assert_int_equal(sscanf(line, "%19s %199s%n", label, name, &n), 2);
		at = line + n;
		if (strcmp(label, task->name) != 0)
			continue;
		if (!strcmp(name, "loss")) {
			double want = strtod(at, NULL);

			print_message("%s: loss %.15g, PyTorch %.15g\n", label, loss, want);
			assert_true(fabs(loss - want) <= 1e-10 * want);
			continue;
		}
		assert_true(i < p->n);
		assert_string_equal(p->item[i].name, name);
		check(name, train_params_grad(p, i), p->item[i].count, ELEMENTS, &at);
		check(name, moved + p->item[i].offset, p->item[i].count, 0, &at);
		i++;
	}
	fclose(f);
	assert_int_equal(i, p->n);
}

static void step(void **state)
{
	const struct task *task = *state;
	struct task_model m;

	if (getenv("FRL_SANITIZED") && task != &task_recognition && task != &task_mesh) {
		puts("SKIP landmarks, action units, emotion: two tasks are enough under the sanitizers, and f32 does all");
		skip();
	}
	tasks_model(&m, task, SIZE);
	struct task_net *t = tasks_net(nn_train_naive(), &m, N);
	struct train_params *p = task_net_params(t);
	double *moved = xcalloc(p->count, sizeof *moved);
	compare(task, take_step(t, moved), p, moved);
	free(moved);
	task_net_free(t);
	task_model_release(&m);
}

#define STEP(task) \
	{ \
#task, step, NULL, NULL, (void *)(uintptr_t)&task_##task \
	}

int main(void)
{
	const struct CMUnitTest tests[] = { STEP(recognition), STEP(landmarks), STEP(au), STEP(emotion), STEP(mesh) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
