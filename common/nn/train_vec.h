/*
 * train_vec.h - loops over n numbers in a row, one set per instruction set; each gives the same bits
 */
#ifndef FRL_NN_TRAIN_VEC_H
#define FRL_NN_TRAIN_VEC_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of type uint16_t are bf16 (bf16.h). */
struct train_vec {
	void (*widen)(const uint16_t *s, float *d, size_t n);
	void (*narrow)(const float *s, uint16_t *d, size_t n);
	/* d += s, rounded once */
	void (*narrow_add)(const float *s, uint16_t *d, size_t n);
	void (*add_bf16)(const uint16_t *s, uint16_t *d, size_t n);
	void (*add)(const float *s, float *d, size_t n);
	/* d is s rounded to bf16; they may be the same. */
	void (*round)(const float *s, float *d, size_t n);
};

/* What the machine has, or what FRL_ISA allows. */
const struct train_vec *train_vec_best(void);

extern const struct train_vec train_vec_generic;
#if defined(__x86_64__)
extern const struct train_vec train_vec_avx2, train_vec_avx512;
#endif

#endif
