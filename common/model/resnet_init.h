/*
 * resnet_init.h - a backbone's weights from a file that somebody else made
 */
#ifndef FRL_MODEL_RESNET_INIT_H
#define FRL_MODEL_RESNET_INIT_H

#include "common/nn/safetensors.h"
#include "common/nn/train_params.h"

/*
 * Parameters and running statistics whose names begin with `base` ("backbone.") from the tensors of the same torchvision
 * names in s, behind what resnet_find knows. -1: no ResNet, or another one; e names the tensor. The backend's numbers are f32.
 */
int resnet_init(struct train_params *p, const char *base, const struct safetensors *s, struct err *e);

/* What metadata call a start (frl.init): "random", or the path's last part without its ending. To be freed. */
char *resnet_init_name(const char *path);

#endif
