/*
 * backbone.h - ResNet backbones: whose weights they are, torchvision's names for them, what their input looks like
 */
#ifndef FRL_WEIGHTS_BACKBONE_H
#define FRL_WEIGHTS_BACKBONE_H

#include "common/model/resnet.h"
#include "tools/weights/weights.h"

/* A convolution and its batch norm, by torchvision's names. */
struct backbone_layer {
	char conv[24], bn[24]; /* "layer1.0.conv1", "layer1.0.bn1" */
	int ic, oc, k, stride;
};

/* All layers in PyTorch's order: a block's downsample comes last. Returns how many. */
enum { BACKBONE_LAYERS = 53 };
int backbone_layers(struct backbone_layer layer[BACKBONE_LAYERS], enum resnet_arch arch, int width);

struct backbone {
	enum resnet_arch arch;
	int width;
};

/*
 * Is it a ResNet-18 or -50 of FRL, SwAV, torchvision or VGGFace2, by its tensors' names? 0: no, nothing has changed. 1: yes, and
 *
 *	FRL, SwAV	names become those of frl-pretrain: module.base_net., module.projection_net.net., module.prototypes.;
 *			so do those of what backbone_export wrote with a head
 *	torchvision	names stay
 *	VGGFace2	the names of Oxford's conversion (conv2_1_1x1_reduce_bn) become torchvision's
 *
 * classifiers and num_batches_tracked are dropped; the metadata gets frl.network, frl.name (`name`, or what is known) and the
 * frl.input. lines that name or names decide, unless they are there. -1: a tensor is missing, of another shape, or strange.
 */
int backbone_import(struct weights *w, const char *name, struct backbone *b, struct err *e);

/*
 * Leaves the backbone alone, under torchvision's names and in PyTorch's order, or with `head` that too, under
 * projection.0., .1., .3. (nothing where there is none). Metadata is kept; what is missing is added. -1 as above, or no ResNet.
 */
int backbone_export(struct weights *w, bool head, struct backbone *b, struct err *e);

#endif
