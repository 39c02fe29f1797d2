/*
 * bench_augment - SwAV's views of pictures in memory, on one thread
 *
 *	bench_augment FILE [SECONDS]
 *
 * FILE holds pictures of 256x256 RGB bytes (peer_augment.py --pictures). 2 views of 224 and 6 of 96 pixels, to normalised floats.
 * Prints pictures a second and CPU milliseconds a picture.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/augment.h"
#include "common/io.h"
#include "common/progress.h"

enum { SIDE = 256, GROUPS = 2, LARGEST = 224, PICTURE = 3 * SIDE * SIDE };

static const struct {
	int count;
	struct augment augment;
} group[GROUPS] = { { 2, AUGMENT_SWAV(224, .14, 1) }, { 6, AUGMENT_SWAV(96, .05, .14) } };

/* All views of picture `sample`. */
static void picture(const char *data, uint64_t sample, struct augment_scratch *s, float *out)
{
	struct image m = { .w = SIDE, .h = SIDE, .stride = 3 * SIDE, .data = (uint8_t *)(uintptr_t)data };
	struct augment_draws d;
	uint32_t view = 0;

	for (int g = 0; g < GROUPS; g++)
		for (int i = 0; i < group[g].count; i++, view++) {
			augment_draw(&d, &group[g].augment, SIDE, SIDE, 31, 0, sample, view);
			augment_apply(&group[g].augment, &d, &m, s, AUGMENT_PLANES, out);
		}
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 5;
	struct augment_scratch s = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };

	err_program("bench_augment");
	if (argc < 2) {
		fprintf(stderr, "usage: bench_augment FILE [SECONDS]\n");
		return EXIT_CODE_USAGE;
	}
	if (io_slurp(argv[1], 1 << 30, &b, &e))
		die_err(&e);
	if (b.len < PICTURE || b.len % PICTURE != 0 || buf_add(&b, "0123456789abcdef", 16))
		die(EXIT_CODE_BAD_INPUT, "'%s': no pictures of 256x256", argv[1]);
	float *out = xaligned(3 * LARGEST * LARGEST * sizeof *out);
	uint64_t n = b.len / PICTURE, done = 0;
	for (uint64_t i = 0; i < 4; i++)
		picture(b.data, i, &s, out);
	double start = clock_wall(), cpu = clock_cpu();
	for (; clock_wall() - start < seconds; done++)
		picture(b.data + done % n * PICTURE, done, &s, out);
	printf("%.2f\t%.3f\n", (double)done / (clock_wall() - start), (clock_cpu() - cpu) / (double)done * 1000);
	augment_scratch_release(&s);
	buf_release(&b);
	free(out);
	return 0;
}
