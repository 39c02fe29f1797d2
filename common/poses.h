/*
 * poses.h - lists of head poses: what a scan is drawn at, and what its renders are called after
 */
#ifndef FRL_POSES_H
#define FRL_POSES_H

#include <stddef.h>

#include "common/err.h"

enum { POSES_MAX = 100000 };

/* Degrees, with the signs of frl-manifest(5). */
struct pose {
	double pitch, yaw;
};

struct poses {
	struct pose *pose; /* [n]; to be freed, after a failure, too */
	size_t n;
};

/* What a render at p is called, without suffix: PITCH_YAW to six digits; to be freed. */
char *pose_name(const struct pose *p);
/*
 * The rows of a TSV with the columns pitch and yaw, both within 180 degrees, one at least and at most POSES_MAX, no two
 * of one name. poses is
 * all zero before. -1: e names file, line and column.
 */
int poses_read(struct poses *p, const char *path, struct err *e);

#endif
