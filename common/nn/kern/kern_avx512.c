/* kern_avx512.c - the kernels for avx512: f32, and bf16 as rounded f32 */
#include "common/nn/kern/kern_priv.h"

#if defined(__x86_64__)
#include "common/nn/kern/vec_avx512.h"
#define KERN_OPS kern_ops_avx512
#include "common/nn/kern/simd_ops.h"
#endif
