/* poses.c - see poses.h */
#include "common/poses.h"

#include <math.h>

#include "common/tsv.h"

static int add(struct poses *p, struct tsv *t, int pitch, int yaw, const char *path, struct err *e)
{
	struct pose at;

	if (tsv_f64(t, &t->row, pitch, &at.pitch, e) || tsv_f64(t, &t->row, yaw, &at.yaw, e))
		return -1;
	if (!(fabs(at.pitch) <= 180 && fabs(at.yaw) <= 180))
		return err_set(e, "'%s': pitch %g, yaw %g are not within 180 degrees", path, at.pitch, at.yaw);
	if (p->n == POSES_MAX)
		return err_set(e, "'%s' has more than %d poses", path, POSES_MAX);
	p->pose = xrealloc_array(p->pose, p->n + 1, sizeof *p->pose);
	p->pose[p->n++] = at;
	return 0;
}

int poses_read(struct poses *p, const char *path, struct err *e)
{
	struct tsv t;
	int pitch, yaw, rc = tsv_open(&t, path, e);

	if (rc)
		return -1;
	pitch = tsv_need(&t, "pitch", e);
	yaw = pitch < 0 ? -1 : tsv_need(&t, "yaw", e);
	rc = yaw < 0 ? -1 : 0;
	while (!rc && (rc = tsv_next(&t, e)) == 1)
		rc = add(p, &t, pitch, yaw, path, e);
	tsv_close(&t);
	return !rc && !p->n ? err_set(e, "'%s' has no pose", path) : rc;
}
