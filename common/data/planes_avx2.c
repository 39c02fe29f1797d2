/* planes_avx2.c - see planes_loops.h */
#if defined(__x86_64__)
#define PLANES_OPS planes_avx2
#define PLANES_NAME "avx2"
#include "common/data/planes_loops.h"
#endif
