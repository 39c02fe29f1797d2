/*
 * resnet_train.h - ResNet-18 and -50 in training (He et al., CVPR 2016; torchvision's names; stride in the 3x3), and the
 * same made 2 or 4 times as wide, as SwAV's RN50-w2 and -w4
 */
#ifndef FRL_MODEL_RESNET_TRAIN_H
#define FRL_MODEL_RESNET_TRAIN_H

#include "common/model/resnet.h"
#include "common/nn/train_net.h"

/*
 * From a plain input of three channels to the rows after the mean over the last stage: 512 or 2048 channels times width.
 * prefix ("module.base_net." or "") goes before each name. Parameters are declared in PyTorch's order.
 */
int resnet_train(struct train_net *n, struct train_params *params, enum resnet_arch arch, int width, const char *prefix,
		 int x);
/* The same; the ends of the four stages (strides 4, 8, 16, 32) as well. */
int resnet_train_stages(struct train_net *n, struct train_params *params, enum resnet_arch arch, int width,
			const char *prefix, int x, int stage[4]);
/* Channels of those rows. */
int resnet_features(enum resnet_arch arch, int width);

#endif
