/* planes_generic.c - see planes_loops.h */
#define PLANES_OPS planes_generic
#define PLANES_NAME "generic"
#include "common/data/planes_loops.h"
