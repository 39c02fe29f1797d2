/* poses.c - see poses.h */
#include "common/poses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/tsv.h"

char *pose_name(const struct pose *p)
{
	return xasprintf("%g_%g", p->pitch, p->yaw);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check_names(const struct poses *p, const char *path, struct err *e)
{
	char **name = xcalloc(p->n, sizeof *name);
	int rc = 0;

	for (size_t i = 0; i < p->n; i++)
		name[i] = pose_name(&p->pose[i]);
	qsort(name, p->n, sizeof *name, by_name);
	for (size_t i = 1; i < p->n && !rc; i++)
		if (!strcmp(name[i - 1], name[i]))
			rc = err_set(e, "'%s': two poses are %s (pitch_yaw)", path, name[i]);
	for (size_t i = 0; i < p->n; i++)
		free(name[i]);
	free(name);
	return rc;
}

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
	if (!rc && !p->n)
		return err_set(e, "'%s' has no pose", path);
	return rc ? rc : check_names(p, path, e);
}
