/*
 * bench_tasks - a downstream task's training steps, without data: ResNet-50, the preset's size of input and optimiser
 *
 *	bench_tasks TASK BATCH THREADS SLICES STEPS
 *
 * BATCH 0 is the preset's. After a step of warm-up. Prints samples a second, CPU seconds a sample, peak resident MiB, MiB of
 * activations, and the loss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "common/err.h"
#include "common/model/task_net.h"
#include "common/progress.h"
#include "common/rng.h"

/* Points of 300W, units of DISFA, identities of VGGFace2's training set. */
enum { POINTS = 68, UNITS = 12, CLASSES = 8, DIMS = 512, PERSONS = 8631, WARM = 1 };

struct bench {
	struct task_model model;
	struct task_net *net;
	struct optim optim;
	float *picture;
	double *label;
	int batch, threads;
};

static void model_of(struct task_model *m, const struct task *task)
{
	task_model_init(m, task);
	m->outputs = task == &task_au	       ? UNITS
		     : task == &task_emotion   ? CLASSES
		     : task == &task_landmarks ? POINTS
					       : DIMS;
	if (task != &task_recognition)
		return;
	m->name = xcalloc(PERSONS, sizeof *m->name);
	for (; m->names < PERSONS; m->names++)
		m->name[m->names] = xasprintf("p%d", m->names);
}

static double label_of(const struct bench *b, struct rng *r, int column)
{
	const struct task *task = b->model.task;
	double u = rng_f64(r);

	if (task == &task_recognition)
		return (int)(u * PERSONS);
	if (task == &task_landmarks)
		return u * b->model.input.size;
	if (task == &task_emotion)
		return column == 2 ? (int)(u * CLASSES) : 2 * u - 1;
	return 5 * u;
}

static void setup(struct bench *b, const struct task *task, int slices)
{
	const struct task_net_config c = { .batch = b->batch, .slices = slices };
	size_t side = (size_t)task->preset.size, n = (size_t)b->batch * 3 * side * side;
	struct rng r;

	rng_init(&r, 1, 0, 0, 0);
	model_of(&b->model, task);
	b->net = task_net_new(nn_train_cpu(), &b->model, &c);
	train_params_start(task_net_params(b->net), 1);
	optim_init(&b->optim, &task->preset.optim, task_net_params(b->net));
	b->picture = xmalloc(n * sizeof *b->picture);
	for (size_t i = 0; i < n; i++)
		b->picture[i] = (float)(2 * rng_f64(&r) - 1);
	int width = task->label_width(&b->model);
	b->label = xmalloc((size_t)b->batch * (size_t)width * sizeof *b->label);
	for (int i = 0; i < b->batch * width; i++)
		b->label[i] = label_of(b, &r, i % width);
}

static double step(struct bench *b)
{
	struct task_loss loss;

	task_net_pack(b->net, b->threads);
	train_params_zero_grad(task_net_params(b->net));
	task_net_step(b->net, b->picture, b->label, b->batch, b->batch, b->threads, &loss);
	optim_step(&b->optim, .01 * b->model.task->preset.lr, b->threads);
	return loss.total;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct rusage use;
	double loss = 0;

	err_program("bench_tasks");
	const struct task *task = argc == 6 ? task_find(argv[1]) : NULL;
	if (!task)
		die(EXIT_CODE_USAGE, "usage: bench_tasks TASK BATCH THREADS SLICES STEPS");
	b.batch = (int)strtol(argv[2], NULL, 10);
	if (b.batch < 1)
		b.batch = task->preset.batch;
	b.threads = (int)strtol(argv[3], NULL, 10);
	setup(&b, task, (int)strtol(argv[4], NULL, 10));
	int steps = (int)strtol(argv[5], NULL, 10);

	for (int i = 0; i < WARM; i++)
		step(&b);
	double wall = clock_wall(), cpu = clock_cpu();
	for (int i = 0; i < steps; i++)
		loss = step(&b);
	wall = clock_wall() - wall;
	cpu = clock_cpu() - cpu;
	getrusage(RUSAGE_SELF, &use);
	printf("%.4f\t%.4f\t%.0f\t%.0f\t%.4f\n", steps * b.batch / wall, cpu / (steps * b.batch),
	       (double)use.ru_maxrss / 1024, (double)task_net_bytes(b.net) / (1 << 20), loss);
	optim_release(&b.optim);
	task_net_free(b.net);
	task_model_release(&b.model);
	free(b.picture);
	free(b.label);
	return 0;
}
