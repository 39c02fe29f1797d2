/*
 * input.h - what a network's input must look like, as the metadata of its weights say
 *
 *	frl.input.size	 224			pixels a side, of networks that take one size
 *	frl.input.order	 rgb			or bgr
 *	frl.input.mean	 0.485,0.456,0.406	in that order
 *	frl.input.std	 0.228,0.224,0.225
 *	frl.input.scale	 1			what the byte 255 stands for
 */
#ifndef FRL_MODEL_INPUT_H
#define FRL_MODEL_INPUT_H

#include "common/image.h"
#include "common/nn/backend.h"
#include "common/nn/safetensors.h"

enum { MODEL_INPUT_MAX_SIZE = 2048 };

/* The network reads (byte * scale / 255 - mean) / std, mean and std in the order of its channels. */
struct model_input {
	int size; /* 0: any */
	float mean[3], std[3], scale;
	bool bgr;
};

/* Of networks trained here and by SwAV's authors: 224, RGB in 0..1, mean .485 .456 .406, deviation .228 .224 .225. */
extern const struct model_input model_input_swav;

/* Fields that the metadata does not speak of stay as they are. -1: a value that is none, or out of range. */
int model_input_read(struct model_input *in, const struct safetensors *s, struct err *e);
/* Exactly n numbers of metadata line `key`, ',' or ';' between them; v stays as it is where there is no such line. */
int model_meta_numbers(const struct safetensors *s, const char *key, float *v, int n, struct err *e);
/* m with the normalisation that backends apply. m must outlive it. */
struct nn_picture model_input_picture(const struct model_input *in, const struct image *m);

#endif
