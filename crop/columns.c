/* columns.c - see columns.h */
#include "crop/columns.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

/* ---- finding */

/* A column's name cut into "lm3" and 'x': the length of the first part, 0 where it is no landmark. */
static size_t landmark_name(const char *column)
{
	const char *s = strncmp(column, "det_", 4) ? column : column + 4;
	if (strncmp(s, "lm", 2) || !isdigit((unsigned char)s[2]))
		return 0;
	s += 2 + strspn(s + 2, "0123456789");
	return s[0] == 'x' && !s[1] ? (size_t)(s - column) : 0;
}

static void find_landmarks(struct columns *c, const struct tsv *t)
{
	c->landmark = xcalloc((size_t)t->head.n, sizeof *c->landmark);
	for (int i = 0; i < t->head.n; i++) {
		size_t n = landmark_name(t->head.field[i]);
		if (!n)
			continue;
		struct landmark l = { .x = i, .name = xstrndup(t->head.field[i], n) };
		char *y = xasprintf("%sy", l.name);
		l.y = tsv_col(t, y);
		free(y);
		if (l.y >= 0)
			c->landmark[c->n_landmarks++] = l;
		else
			free(l.name);
	}
}

static int find_box(struct columns *c, const struct tsv *t, const struct crop_options *o, struct err *e)
{
	static const char *const names[4] = { "x1", "y1", "x2", "y2" };
	bool det = o->box == CROP_BOX_DET || (o->box == CROP_BOX_AUTO && tsv_col(t, "det_x1") >= 0);
	for (int i = 0; i < 4; i++) {
		char *name = xasprintf("%s%s", det ? "det_" : "", names[i]);
		c->box[i] = tsv_col(t, name);
		bool needed = !o->align && !o->centre;
		int rc = c->box[i] < 0 && needed ? tsv_need(t, name, e) : 0;
		free(name);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int find_centre(struct columns *c, const struct tsv *t, const struct crop_options *o, struct err *e)
{
	char *list = xstrdup(o->centre), *s = list, *name;
	int n = 0, rc = 0;
	while (rc == 0 && (name = strsep(&s, ",")))
		if (n == 3)
			rc = err_code(e, EXIT_CODE_USAGE, "--centre takes three columns, not '%s'", o->centre);
		else if ((c->centre[n++] = tsv_need(t, name, e)) < 0)
			rc = -1;
	if (rc == 0 && n < 3)
		rc = err_code(e, EXIT_CODE_USAGE, "--centre takes three columns, not '%s'", o->centre);
	free(list);
	return rc;
}

/* "36", "lm36" or "det_lm0" to the landmark's index. */
static int find_point(const struct columns *c, const char *prefix, const char *name)
{
	char *full = xasprintf("%s%s", isdigit((unsigned char)*name) ? prefix : "", name);
	int found = -1;
	for (int i = 0; i < c->n_landmarks && found < 0; i++)
		if (!strcmp(c->landmark[i].name, full))
			found = i;
	free(full);
	return found;
}

static int find_mean(struct columns *c, struct point_source *p, const char *prefix, const char *names, struct err *e)
{
	char *list = xstrdup(names), *s = list, *name;
	int rc = 0;
	p->landmark = xcalloc(strlen(names) + 1, sizeof *p->landmark);
	while (rc == 0 && (name = strsep(&s, "+")))
		if ((p->landmark[p->n++] = find_point(c, prefix, name)) < 0)
			rc = err_set(
				e,
				"no landmark '%s' in the manifest's columns\nhint: --points names five of them, --box which kind",
				name);
	free(list);
	return rc;
}

static int find_points(struct columns *c, const struct crop_options *o, struct err *e)
{
	bool det = o->box == CROP_BOX_DET || (o->box == CROP_BOX_AUTO && find_point(c, "", "det_lm0") >= 0);
	char *list = xstrdup(o->points), *s = list, *names;
	int n = 0, rc = 0;
	while (rc == 0 && (names = strsep(&s, ",")))
		rc = n == 5 ? err_code(e, EXIT_CODE_USAGE, "--points takes five points, not '%s'", o->points)
			    : find_mean(c, &c->point[n++], det ? "det_lm" : "lm", names, e);
	if (rc == 0 && n < 5)
		rc = err_code(e, EXIT_CODE_USAGE, "--points takes five points, not '%s'", o->points);
	free(list);
	return rc;
}

int crop_columns_find(struct columns *c, const struct tsv *t, const struct crop_options *o, struct err *e)
{
	*c = (struct columns){
		.width = tsv_col(t, "width"),
		.height = tsv_col(t, "height"),
		.face = tsv_col(t, "face"),
		.score = tsv_col(t, "score"),
		.status = tsv_col(t, "status"),
		.label = -1,
	};
	find_landmarks(c, t);
	if ((c->id = tsv_need(t, "id", e)) < 0 || (c->path = tsv_need(t, "path", e)) < 0)
		return -1;
	if (o->label && (c->label = tsv_need(t, o->label, e)) < 0)
		return -1;
	if (o->min_score > 0 && c->score < 0)
		return tsv_need(t, "score", e);
	if (find_box(c, t, o, e) < 0 || (o->centre && find_centre(c, t, o, e) < 0))
		return -1;
	return o->align ? find_points(c, o, e) : 0;
}

void crop_columns_release(struct columns *c)
{
	for (int i = 0; i < c->n_landmarks; i++)
		free(c->landmark[i].name);
	free(c->landmark);
	for (int i = 0; i < 5; i++)
		free(c->point[i].landmark);
	*c = (struct columns){ 0 };
}

/* ---- reading */

static int number(const struct tsv_row *row, int col, double *v)
{
	return num_parse_f64(tsv_raw(row, col), v) < 0 || !isfinite(*v) ? -1 : 0;
}

int crop_columns_box(const struct columns *c, const struct tsv_row *row, struct face_box *b, struct err *e)
{
	double *v[4] = { &b->x1, &b->y1, &b->x2, &b->y2 };
	for (int i = 0; i < 4; i++)
		if (number(row, c->box[i], v[i]) < 0)
			return err_set(e, "no box");
	if (!(b->x2 > b->x1 && b->y2 > b->y1))
		return err_set(e, "empty box");
	return 0;
}

int crop_columns_landmark(const struct columns *c, const struct tsv_row *row, int i, double *x, double *y)
{
	return number(row, c->landmark[i].x, x) < 0 || number(row, c->landmark[i].y, y) < 0 ? -1 : 0;
}

static int map_by_points(const struct columns *c, const struct tsv_row *row, const struct crop_options *o,
			 struct crop_map *m, struct err *e)
{
	double points[5][2] = { 0 };
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < c->point[i].n; k++) {
			int l = c->point[i].landmark[k];
			double x, y;
			if (crop_columns_landmark(c, row, l, &x, &y) < 0)
				return err_set(e, "no landmark %s", c->landmark[l].name);
			points[i][0] += x / c->point[i].n;
			points[i][1] += y / c->point[i].n;
		}
	if (crop_map_points(m, o, (const double(*)[2])points) < 0)
		return err_set(e, "landmarks coincide");
	return 0;
}

static int map_by_centre(const struct columns *c, const struct tsv_row *row, const struct crop_options *o,
			 struct crop_map *m, double *size, struct err *e)
{
	double v[3];
	for (int i = 0; i < 3; i++)
		if (number(row, c->centre[i], &v[i]) < 0)
			return err_set(e, "no centre and scale");
	*size = v[2] * o->unit;
	if (!(*size > 0))
		return err_set(e, "empty box");
	crop_map_square(m, o, v[0], v[1], *size);
	return 0;
}

int crop_columns_map(const struct columns *c, const struct tsv_row *row, const struct crop_options *o,
		     struct crop_map *m, double *size, struct err *e)
{
	struct face_box b;
	struct err no_box = { 0 };
	bool has_box = crop_columns_box(c, row, &b, &no_box) == 0;
	*size = has_box ? crop_side_of(&b, (enum crop_side)o->side) : 0;
	if (o->align) {
		if (map_by_points(c, row, o, m, e) < 0)
			return -1;
	} else if (o->centre) {
		if (map_by_centre(c, row, o, m, size, e) < 0)
			return -1;
	} else {
		if (!has_box)
			return err_set(e, "%s", no_box.msg);
		crop_map_square(m, o, (b.x1 + b.x2) / 2, (b.y1 + b.y2) / 2, *size);
	}
	if (!crop_map_usable(m, o->w, o->h))
		return err_set(e, "face too large, too small or too far away");
	return 0;
}
