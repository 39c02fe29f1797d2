/*
 * resnet.h - ResNet-18 and -50 (He et al., CVPR 2016; stride in the 3x3, as torchvision) by torchvision's names, and the same
 * made 2 or 4 times as wide, as SwAV's RN50-w2 and -w4
 */
#ifndef FRL_MODEL_RESNET_H
#define FRL_MODEL_RESNET_H

#include "common/nn/net.h"

enum resnet_arch { RESNET18, RESNET50 };

/*
 * Adds the convolutional part after the picture. prefix ("body." or "") goes before each name. The outputs of layer1..layer4
 * (64, 128, 256, 512 channels times width, four times as many with ResNet-50, at strides 4, 8, 16, 32) go to stage[0..3].
 */
void resnet_stages(struct net *n, enum resnet_arch arch, int width, const char *prefix, bool bgr, int stage[4]);
/* Channels of stage i. */
int resnet_channels(enum resnet_arch arch, int width, int i);

/* What a file of weights holds. */
struct resnet_found {
	enum resnet_arch arch;
	int width;
	const char
		*prefix; /* before torchvision's names: "", "module.", "base_net.", "module.base_net.", "backbone." */
};

/*
 * Looks for a network of these kinds among the tensors' names and shapes; that all are there is for loading to find out. -1:
 * there is none, or one of another depth or width; e says so.
 */
int resnet_find(struct resnet_found *f, const struct safetensors *s, struct err *e);
/* "resnet18" */
const char *resnet_arch_name(enum resnet_arch arch);
/* -1: none of that name. */
int resnet_arch_named(const char *name, enum resnet_arch *arch);
/* With the width: "resnet50", "resnet18-w2" .. */
enum { RESNET_NAME = 16 };
const char *resnet_name(char text[RESNET_NAME], enum resnet_arch arch, int width);

#endif
