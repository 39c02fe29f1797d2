/*
 * init.h - where a network starts: random numbers of a seed, or a file of weights
 */
#ifndef FRL_PRETRAIN_INIT_H
#define FRL_PRETRAIN_INIT_H

#include "common/nn/train_params.h"

/*
 * path "random": all values by the seed. A safetensors file, or the folder of a run or of a checkpoint: the backbone's values and
 * running statistics from it (resnet_init.h); whole: head and prototypes too, by their
 * own names. Everything else starts by the seed. -1: unreadable, or a tensor is absent or of another shape; file and tensor
 * are named.
 */
int init_params(struct train_params *p, const char *path, bool whole, uint64_t seed, struct err *e);
#endif
