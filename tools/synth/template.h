/*
 * template.h - the mean face as a file: what a mesh of --mesh is made of
 */
#ifndef FRL_SYNTH_TEMPLATE_H
#define FRL_SYNTH_TEMPLATE_H

#include "common/io.h"
#include "tools/synth/model.h"

/*
 * Safetensors as frl-weights import --bfm writes them, without the bases: mean [V, 3] in centimetres, triangles [F, 3] of the
 * face and keypoints [68], V being the vertices of --mesh in their order. The caller commits o.
 */
int synth_template_write(struct out *o, const struct synth_model *m, struct err *e);

#endif
