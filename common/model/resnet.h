/*
 * resnet.h - ResNet-50 (He et al., CVPR 2016; stride in the 3x3, as torchvision) by torchvision's names
 */
#ifndef FRL_MODEL_RESNET_H
#define FRL_MODEL_RESNET_H

#include "common/nn/net.h"

/*
 * Adds the convolutional part of ResNet-50 after the picture. prefix ("body." or "") goes before each name. The outputs of
 * layer1..layer4 (256, 512, 1024, 2048 channels at strides 4, 8, 16, 32) go to stage[0..3].
 */
void resnet50(struct net *n, const char *prefix, bool bgr, int stage[4]);

#endif
