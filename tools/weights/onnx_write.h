/*
 * onnx_write.h - a ResNet backbone, and its projection head, as an ONNX model
 *
 * Opset 13. Input "input" [n, 3, size, size] f32, normalised as the metadata says, which goes along as metadata_props; output
 * "features" [n, channels], and "embedding" with a head. Initialisers have the tensors' names, so that onnx_load gives back
 * what was written.
 */
#ifndef FRL_WEIGHTS_ONNX_WRITE_H
#define FRL_WEIGHTS_ONNX_WRITE_H

#include "tools/weights/backbone.h"

/* w as backbone_export leaves it, all F32. 2 GB are the format's limit. */
int onnx_write(const struct weights *w, const struct backbone *b, struct out *o, struct err *e);

#endif
