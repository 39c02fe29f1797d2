/*
 * retinaface_net.h - RetinaFace's layers, by the reference's names
 */
#ifndef FRL_MODEL_RETINAFACE_NET_H
#define FRL_MODEL_RETINAFACE_NET_H

#include "common/nn/net.h"

enum retinaface_body { RETINAFACE_MOBILENET, RETINAFACE_RESNET50 };

/* head[level]: a value of 32 channels, class 2x2, box 2x4, landmarks 2x10, kept as an output; strides 8, 16, 32. */
void retinaface_net(struct net *n, enum retinaface_body body, bool bgr, int head[3]);

#endif
