/* support_swav.h - where the reference's runs of SwAV begin: weights from a formula, views from a record stream */
#ifndef FRL_TESTS_SUPPORT_SWAV_H
#define FRL_TESTS_SUPPORT_SWAV_H

#include <stdint.h>

#include "common/nn/train_params.h"

/* FOLDER/NAME, to be freed. */
char *support_in_folder(const char *folder, const char *name);
/* Values of all tensors in FOLDER/NAMES.tsv, which have to be p's in p's order. */
void support_swav_weights(struct train_params *p, const char *folder, uint64_t seed);
/* dst [3][size][size] = (rgb / 255 - mean) / std in f32, SwAV's mean and deviation. */
void support_swav_view(float *dst, const uint8_t *rgb, int size);

#endif
