/*
 * bench_tasks - a downstream task's training steps, without data: ResNet-50, the preset's size of input and optimiser
 *
 *	bench_tasks TASK BATCH THREADS SLICES STEPS
 *
 * TASK decoder is that of mesh, alone. BATCH 0 is the preset's. After a step of warm-up. Prints samples a second, CPU seconds a
 * sample, peak resident MiB, MiB of activations, and the loss.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/err.h"
#include "common/model/task_net.h"
#include "common/progress.h"
#include "common/rng.h"

/* A sheet of as many vertices as the Basel Face Model (53,215), nearly. */
enum { ACROSS = 231, DOWN = 230 };

/* Points of 300W, units of DISFA, identities of VGGFace2's training set. */
enum { POINTS = 68, UNITS = 12, CLASSES = 8, DIMS = 512, PERSONS = 8631, FEATURES = 2048, WARM = 1 };

struct bench {
	struct task_model model;
	struct task_net *net;
	struct optim optim;
	float *picture;
	double *label;
	int batch, threads;
};

static void add_mesh(struct task_model *m)
{
	static const int32_t channels[] = { 32, 32, 32, 64 };
	struct mesh sheet = { .vertices = ACROSS * DOWN, .faces = 2 * (ACROSS - 1) * (DOWN - 1) };
	struct err e = { 0 };
	int faces = 0;

	sheet.at = xcalloc((size_t)sheet.vertices, sizeof *sheet.at);
	sheet.face = xcalloc((size_t)sheet.faces, sizeof *sheet.face);
	for (int i = 0; i < sheet.vertices; i++) {
		double x = i % ACROSS, y = i / ACROSS, at[3] = { x, y, 30 * sin(.03 * x) * cos(.05 * y) };

		memcpy(sheet.at[i], at, sizeof at);
	}
	for (int y = 0; y + 1 < DOWN; y++)
		for (int x = 0; x + 1 < ACROSS; x++) {
			int a = y * ACROSS + x, c = a + ACROSS;

			memcpy(sheet.face[faces++], (int32_t[]){ a, a + 1, c + 1 }, sizeof *sheet.face);
			memcpy(sheet.face[faces++], (int32_t[]){ a, c + 1, c }, sizeof *sheet.face);
		}
	m->outputs = sheet.vertices;
	m->mesh = xcalloc(1, sizeof *m->mesh);
	if (face_mesh_build(m->mesh, &sheet, channels, 4, 9, NULL, 0, &e))
		die_err(&e);
	mesh_release(&sheet);
}

static void model_of(struct task_model *m, const struct task *task)
{
	task_model_init(m, task);
	m->outputs = task == &task_au	       ? UNITS
		     : task == &task_emotion   ? CLASSES
		     : task == &task_landmarks ? POINTS
					       : DIMS;
	if (task == &task_mesh)
		add_mesh(m);
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

/* The decoder of the task mesh alone: forward and backward of rows of features. */
struct decoder {
	struct task_model model;
	struct train_params params;
	struct train_net *net;
	struct train_plan *plan;
	struct nn_batch in, out;
	float *features, *vertices;
};

static void decoder_setup(struct decoder *d, int batch, int slices)
{
	const struct nn_train *ops = nn_train_cpu();
	struct rng r;

	rng_init(&r, 1, 0, 0, 0);
	model_of(&d->model, &task_mesh);
	train_params_init(&d->params, ops);
	d->net = train_net_new(ops, &d->params);
	task_mesh.head(d->net, &d->params, &d->model, NULL, train_net_input(d->net, FEATURES, false));
	train_params_alloc(&d->params);
	train_params_start(&d->params, 1);
	train_net_pack(d->net, 1);
	d->plan = train_plan_new(d->net, batch, 1, 1, slices);
	d->features = xmalloc((size_t)batch * FEATURES * sizeof *d->features);
	for (int i = 0; i < batch * FEATURES; i++)
		d->features[i] = (float)(2 * rng_f64(&r) - 1);
	d->vertices = xmalloc((size_t)batch * 3 * (size_t)d->model.outputs * sizeof *d->vertices);
}

static double decoder_step(struct decoder *d, int threads)
{
	const struct nn_train *ops = nn_train_cpu();
	struct nn_batch in = train_plan_input(d->plan), out, grad;

	train_params_zero_grad(&d->params);
	ops->upload(ops, d->features, &in);
	train_plan_forward(d->plan, true, threads);
	out = train_plan_output(d->plan);
	ops->download(ops, &out, d->vertices);
	grad = train_plan_output_gradient(d->plan);
	ops->upload(ops, d->vertices, &grad); /* of half the sum of squares */
	train_plan_backward(d->plan, threads);
	return (double)d->vertices[0];
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

static void print(int samples, double wall, double cpu, double bytes, double loss)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	printf("%.4f\t%.4f\t%.0f\t%.0f\t%.4f\n", samples / wall, cpu / samples, (double)use.ru_maxrss / 1024,
	       bytes / (1 << 20), loss);
}

static int bench_decoder(char **argv)
{
	int batch = (int)strtol(argv[2], NULL, 10), threads = (int)strtol(argv[3], NULL, 10);
	int slices = (int)strtol(argv[4], NULL, 10), steps = (int)strtol(argv[5], NULL, 10);
	struct decoder d = { 0 };
	double first = 0;

	decoder_setup(&d, batch > 0 ? batch : task_mesh.preset.batch, slices);
	for (int i = 0; i < WARM; i++)
		decoder_step(&d, threads);
	double wall = clock_wall(), cpu = clock_cpu();
	for (int i = 0; i < steps; i++)
		first = decoder_step(&d, threads);
	print(steps * (batch > 0 ? batch : task_mesh.preset.batch), clock_wall() - wall, clock_cpu() - cpu,
	      (double)train_plan_bytes(d.plan), first);
	train_plan_free(d.plan);
	train_net_free(d.net);
	train_params_release(&d.params);
	task_model_release(&d.model);
	free(d.features);
	free(d.vertices);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	double loss = 0;

	err_program("bench_tasks");
	if (argc == 6 && !strcmp(argv[1], "decoder"))
		return bench_decoder(argv);
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
	print(steps * b.batch, wall, cpu, (double)task_net_bytes(b.net), loss);
	optim_release(&b.optim);
	task_net_free(b.net);
	task_model_release(&b.model);
	free(b.picture);
	free(b.label);
	return 0;
}
