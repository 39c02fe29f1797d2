/*
 * resnet_init.h - a backbone's weights from a file that somebody else made
 */
#ifndef FRL_MODEL_RESNET_INIT_H
#define FRL_MODEL_RESNET_INIT_H

#include "common/nn/safetensors.h"
#include "common/nn/train_params.h"

/*
 * Parameters and running statistics whose names begin with `base` ("backbone.") from the tensors of the same torchvision
 * names in s, bare or behind module., base_net., module.base_net. or backbone. -1: no ResNet, or another one; e names the
 * tensor.
 */
int resnet_init(struct train_params *p, const char *base, const struct safetensors *s, struct err *e);

/*
 * The file of weights that a path means: itself, or of a folder its model.safetensors, or that of its `last`. To be
 * freed.
 */
char *resnet_init_path(const char *path);

#endif
