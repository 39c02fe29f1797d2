/* train_vec_generic.c - loops over numbers in a row, in plain C, and which set of them runs */
#include <string.h>

#include "common/nn/kern/kern.h"

#define TRAIN_VEC train_vec_generic
#include "common/nn/train_vec_loops.h"

const struct train_vec *train_vec_best(void)
{
#if defined(__x86_64__)
	const char *isa = kern_best()->name;

	if (strncmp(isa, "avx512", 6) == 0)
		return &train_vec_avx512;
	if (strncmp(isa, "avx", 3) == 0)
		return &train_vec_avx2;
#endif
	return &train_vec_generic;
}
