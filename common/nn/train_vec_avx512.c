/* train_vec_avx512.c - loops over numbers in a row, compiled into vectors */
#if defined(__x86_64__)
#define TRAIN_VEC train_vec_avx512
#include "common/nn/train_vec_loops.h"
#endif
