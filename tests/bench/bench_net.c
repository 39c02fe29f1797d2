/*
 * bench_net - the detector's network alone
 *
 *	bench_net WEIGHTS WIDTHxHEIGHT THREADS f32|bf16 [SECONDS]
 *
 * Each thread computes pictures of noise, one after the other, for SECONDS (5) after a warm-up. Prints pictures a second
 * and CPU milliseconds a picture.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/retinaface.h"
#include "common/progress.h"
#include "common/thread.h"

struct bench {
	struct retinaface *net;
	struct image picture;
	double until;
	size_t done[1024]; /* pictures, per thread */
};

static void work(void *data, size_t i, int worker)
{
	struct bench *b = data;
	struct retinaface_scratch scratch = { 0 };

	(void)worker;
	do {
		retinaface_network(b->net, &b->picture, &scratch);
		b->done[i]++;
	} while (clock_wall() < b->until);
	retinaface_scratch_release(&scratch);
}

static void run(struct bench *b, int threads, double seconds)
{
	memset(b->done, 0, sizeof(b->done));
	b->until = clock_wall() + seconds;
	parallel_for(threads, (size_t)threads, work, b);
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct safetensors s;
	struct err e = { 0 };
	int w, h, threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
	double seconds = argc > 5 ? strtod(argv[5], NULL) : 5, wall, cpu;
	size_t n = 0;
	uint32_t noise = 1;

	err_program("bench_net");
	if (argc < 5 || sscanf(argv[2], "%dx%d", &w, &h) != 2 || threads < 1 || threads > 1024)
		die(EXIT_CODE_USAGE, "usage: bench_net WEIGHTS WIDTHxHEIGHT THREADS f32|bf16 [SECONDS]");
	if (safetensors_open(&s, argv[1], &e) < 0)
		die_err(&e);
	b.net = retinaface_new(nn_backend_cpu(), strcmp(argv[4], "bf16") ? NN_F32 : NN_BF16, &s, &e);
	if (!b.net)
		die_err(&e);
	image_init(&b.picture, w, h);
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < 3 * w; x++) {
			noise = noise * 1664525 + 1013904223;
			image_at(&b.picture, 0, y)[x] = (uint8_t)(noise >> 24);
		}
	}
	run(&b, threads, 0.3);
	wall = clock_wall();
	cpu = clock_cpu();
	run(&b, threads, seconds);
	wall = clock_wall() - wall;
	cpu = clock_cpu() - cpu;
	for (int i = 0; i < threads; i++)
		n += b.done[i];
	printf("%.2f\t%.2f\n", (double)n / wall, 1000 * cpu / (double)n);
	image_release(&b.picture);
	retinaface_free(b.net);
	safetensors_close(&s);
	return 0;
}
