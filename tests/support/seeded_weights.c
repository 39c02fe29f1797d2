/*
 * seeded_weights.c - weights from a formula as a file, for command-line tests of programs that load weights
 *
 *	seeded_weights NAMES.tsv SEED [PREFIX] > FILE.safetensors	(support_seeded.h)
 *
 * PREFIX: only tensors whose names begin with it, and without it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tests/unit/support_seeded.h"

int main(int argc, char **argv)
{
	struct seeded w = { 0 };
	struct safetensor *item;
	struct err e = { 0 };
	struct out o;
	uint64_t seed;
	size_t n = 0, strip = argc > 3 ? strlen(argv[3]) : 0;

	err_program("seeded_weights");
	if (argc < 3 || argc > 4 || num_parse_u64(argv[2], &seed))
		die(EXIT_CODE_USAGE, "usage: seeded_weights NAMES.tsv SEED [PREFIX]");
	if (seeded_load(&w, argv[1], seed, &e))
		die_err(&e);
	item = xcalloc(w.n, sizeof *item);
	for (size_t i = 0; i < w.n; i++)
		if (!strip || !strncmp(w.item[i].name, argv[3], strip)) {
			item[n] = w.item[i];
			item[n++].name += strip;
		}
	if (out_open(&o, NULL, true, &e) || safetensors_write(&o, item, n, NULL, 0, &e) || out_commit(&o, &e))
		die_err(&e);
	free(item);
	seeded_release(&w);
	return io_finish(EXIT_CODE_OK);
}
