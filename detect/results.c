/* results.c - see results.h */
#include "detect/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/draw.h"
#include "common/io.h"
#include "common/num.h"

static size_t stem_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? (size_t)(dot - name) : strlen(name);
}

char *results_flat_name(const char *path)
{
	char *name;

	while (*path == '/' || strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0)
		path = strchr(path, '/') + 1;
	name = xasprintf("%.*s.jpg", (int)stem_length(path), path);
	for (char *s = name; *s; s++)
		if (*s == '/')
			*s = '_';
	return name;
}

static void draw_face(struct image *m, const struct detection *d, double fx, double fy)
{
	static const struct colour green = { 40, 220, 60 }, point = { 255, 60, 60 }, text = { 255, 255, 0 };
	double size = (d->x2 - d->x1) * fx;
	int thick = size > 200 ? 3 : size > 60 ? 2 : 1;
	char label[NUM_SIZE];

	draw_rect(m, d->x1 * fx, d->y1 * fy, d->x2 * fx, d->y2 * fy, thick, green);
	for (int k = 0; k < 5; k++)
		draw_disc(m, d->point[k][0] * fx, d->point[k][1] * fy, size > 60 ? size / 60 + 1 : 1, point);
	snprintf(label, sizeof label, "%.2f", (double)d->score);
	draw_text(m, (int)(d->x1 * fx), (int)(d->y1 * fy) - 9 * (thick > 1 ? 2 : 1), thick > 1 ? 2 : 1, label, text);
}

int results_draw(const char *dir, const char *path, struct image *m, int w, int h, const struct detections *d,
		 struct err *e)
{
	char *name = results_flat_name(path), *file = xasprintf("%s/%s", dir, name);
	struct buf b = { 0 };
	int rc = -1;

	for (size_t i = 0; i < d->n; i++)
		draw_face(m, &d->item[i], (double)m->w / w, (double)m->h / h);
	if (image_encode_jpeg(m, 92, &b, e) == 0 && io_make_dirs(dir, e) == 0)
		rc = io_write_file(file, b.data, b.len, e);
	buf_release(&b);
	free(file);
	free(name);
	return rc;
}

int results_wider(const char *dir, const char *path, const struct detections *d, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *event = slash;
	char *folder, *file, text[NUM_SIZE];
	struct buf b = { 0 };
	int rc = -1, stem = (int)stem_length(name);

	while (event && event > path && event[-1] != '/')
		event--;
	folder = event ? xasprintf("%s/%.*s", dir, (int)(slash - event), event) : xstrdup(dir);
	file = xasprintf("%s/%.*s.txt", folder, stem, name);
	buf_printf(&b, "%.*s\n%zu\n", stem, name, d->n);
	for (size_t i = 0; i < d->n; i++) {
		const struct detection *x = &d->item[i];

		buf_printf(&b, "%d %d %d %d %s\n", (int)x->x1, (int)x->y1, (int)x->x2 - (int)x->x1,
			   (int)x->y2 - (int)x->y1, num_f32(text, x->score));
	}
	if (io_make_dirs(folder, e) == 0)
		rc = io_write_file(file, b.data, b.len, e);
	buf_release(&b);
	free(file);
	free(folder);
	return rc;
}
