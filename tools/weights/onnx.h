/*
 * onnx.h - the weights in an ONNX graph (protobuf-c)
 *
 * Weights are the constants (initialisers, Constant nodes) that stand where a layer takes its parameters, and further
 * float initialisers. A constant keeps its own name unless an exporter made it up ("onnx::Conv_595", "595"); then the
 * first layer that uses it names it, by its path: "/ssh1/conv3X3/conv3X3.0/Conv" gives ssh1.conv3X3.0.weight and .bias.
 * Identity nodes are followed, so that a layer called twice comes out once. Tensors come in the order of their use.
 */
#ifndef FRL_WEIGHTS_ONNX_H
#define FRL_WEIGHTS_ONNX_H

#include "tools/weights/weights.h"

/* Could these be the first bytes of an ONNX model? */
bool onnx_is(const void *data, size_t len);
int onnx_load(struct weights *w, const void *data, size_t len, struct err *e);

#endif
