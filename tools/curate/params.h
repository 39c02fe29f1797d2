/*
 * params.h - coefficients of the 3D face model in 300W-LP's .mat files, as records beside the manifest: the numbers themselves, or
 * the vertices that a linear model makes of them
 *
 * A record is f32 [PARAMS]: 199 of shape (Shape_Para), 29 of expression (Exp_Para), then Pose_Para: pitch, yaw, roll in radians,
 * translation x y z, scale; each as it stands in the file. Or f32 [vertices, 3], in pixels of the picture like the points of the
 * manifest: y down and z to the viewer. Its key is that of the row's id.
 */
#ifndef FRL_CURATE_PARAMS_H
#define FRL_CURATE_PARAMS_H

#include "common/mat.h"
#include "tools/curate/curate.h"

enum {
	PARAMS_SHAPE = 199,
	PARAMS_EXPRESSION = 29,
	PARAMS_POSE = 7,
	PARAMS_SIDE = 450, /* of the pictures */
	PARAMS = PARAMS_SHAPE + PARAMS_EXPRESSION + PARAMS_POSE
};

/* For mats_open: Pose_Para alone without --params and --mesh. `more` may be NULL. */
const char *const *params_names(const struct curate *c, const char *more, const char *names[5]);
/* The pose into v + PARAMS_SHAPE + PARAMS_EXPRESSION, with --params or --mesh the others before it. -1 with "mat: WHY". */
int params_read(const struct curate *c, const struct mat_file *f, double v[PARAMS], struct err *e);
/* After row_end: records for a row that is ok. */
int params_write(struct curate *c, const double v[PARAMS], struct err *e);

/* Around a reader; without --params and --mesh they do nothing. */
int params_open(struct curate *c, struct err *e);
int params_close(struct curate *c, struct err *e);

#endif
