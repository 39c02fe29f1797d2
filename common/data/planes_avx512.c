/* planes_avx512.c - see planes_loops.h */
#if defined(__x86_64__)
#define PLANES_OPS planes_avx512
#define PLANES_NAME "avx512"
#include "common/data/planes_loops.h"
#endif
