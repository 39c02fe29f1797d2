/* hrnet.c - see hrnet.h */
#include "tools/curate/hrnet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/curate/text.h"

enum { NAME, SCALE, COLUMNS_MAX = 5 + 2 * HRNET_POINTS_MAX };

/* With box_size there is one more column before the points. */
static int read_head(struct text *t, int points, bool *with_size, struct err *e)
{
	char *f[COLUMNS_MAX];
	int n = text_csv(t->line, f, COLUMNS_MAX), centre;

	*with_size = n > 2 && strcmp(f[2], "box_size") == 0;
	centre = *with_size ? 3 : 2;
	if (n != centre + 2 + 2 * points || strncmp(f[NAME], "image_", 6) != 0 || strcmp(f[SCALE], "scale") != 0 ||
	    strcmp(f[centre], "center_w") != 0 || strcmp(f[centre + 1], "center_h") != 0)
		return text_bad(t, e, "not image_name, scale, center_w, center_h and the points");
	return 0;
}

static int read_face(struct curate *c, struct text *t, int points, bool with_size, double from, struct hrnet_face *face,
		     double *v, struct err *e)
{
	char *f[COLUMNS_MAX], *comma = strchr(t->line, ',');
	const int n = (with_size ? 5 : 4) + 2 * points;
	char *rest = xstrdup(comma ? comma + 1 : "");
	double half;

	face->coordinates = rest;
	if (text_csv(t->line, f, COLUMNS_MAX) != n || !*f[NAME] || text_numbers(f + 1, n - 1, v))
		return text_bad(t, e, "not a picture, scale, centre and the points");
	half = 100 * v[0];
	face->size = with_size ? v[1] : NAN;
	v += with_size ? 2 : 1;
	for (int i = 0; i < 2 + 2 * points; i++)
		v[i] -= from;
	for (int i = 0; i < 2; i++) {
		face->box[i] = v[i] - half;
		face->box[i + 2] = v[i] + half;
	}
	face->point = v + 2;
	face->picture = f[NAME];
	face->path = xasprintf("%s%s", curate_exists(c, "images") ? "images/" : "", f[NAME]);
	return 0;
}

int hrnet_each(struct curate *c, const char *list, int points, double from,
	       int (*fn)(struct curate *c, const struct hrnet_face *f, void *data, struct err *e), void *data,
	       struct err *e)
{
	struct text t = { .fd = -1 };
	bool with_size = false;
	int rc = text_open(&t, curate_path(c, list), e);

	if (!rc && (rc = text_next(&t, e)) >= 0)
		rc = rc ? read_head(&t, points, &with_size, e) : err_set(e, "'%s' is empty", t.name);
	while (!rc && (rc = text_next(&t, e)) == 1) {
		struct hrnet_face face = { 0 };
		double v[COLUMNS_MAX];

		rc = read_face(c, &t, points, with_size, from, &face, v, e);
		rc = rc ? rc : fn(c, &face, data, e);
		free(face.path);
		free((char *)face.coordinates);
	}
	text_close(&t);
	return rc;
}
