/*
 * retinaface.h - RetinaFace's weights under the names of the reference (github.com/biubug6/Pytorch_Retinaface)
 */
#ifndef FRL_WEIGHTS_RETINAFACE_H
#define FRL_WEIGHTS_RETINAFACE_H

#include "tools/weights/weights.h"

/*
 * Gives the tensors of a re-implementation (fx.stage1.1.0.0.weight, class_head.class_head.0.weight) the reference's names
 * (body.stage1.1.0.weight, ClassHead.0.conv1x1.weight); others stay as they are. Returns how many were renamed.
 */
size_t retinaface_rename(struct weights *w);

/*
 * "retinaface-mobilenet0.25", "retinaface-resnet50", or NULL. When it is one of them, the metadata that says what its
 * input must look like and what its anchors are is added, except for lines that are there already.
 */
const char *retinaface_recognise(struct weights *w);

#endif
