/*
 * bfm.h - 3D face models in MATLAB files as one linear model: frl-weights import --bfm
 *
 * The Basel Face Model is licensed to persons; these are the two forms in which programs pass it on:
 *	BFM.mat (face3d): a struct `model` with shapeMU shapePC shapeEV expMU expPC expEV tri kpt_ind
 *	Model_Shape.mat and Model_Exp.mat (3DDFA): mu_shape w sigma tri keypoints; mu_exp w_exp sigma_exp
 * Of these names all but sigma and sigma_exp stand in public programs that read the files (those are recollected): a file without
 * them is read all the same, and gives no tensor of deviations.
 *
 * What is written (V vertices, coordinates x y z in the model's unit, components as they are in the file, so that the coefficients
 * of 300W-LP's .mat files multiply them as they stand):
 *	mean [V,3] (of shape and of expression, added)      identity [K,V,3], identity_sigma [K]
 *	triangles [T,3] i32 from 0, keypoints [68] from 0   expression [E,V,3], expression_sigma [E]
 * A vertex is mean + sum a_k identity_k + sum b_e expression_e.
 */
#ifndef FRL_WEIGHTS_BFM_H
#define FRL_WEIGHTS_BFM_H

#include "tools/weights/weights.h"

/* From BFM.mat (expression NULL), or from Model_Shape.mat and Model_Exp.mat. -1: e names file and variable. */
int bfm_load(struct weights *w, const char *shape, const char *expression, struct err *e);

#endif
