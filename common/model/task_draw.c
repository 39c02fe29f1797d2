/* task_draw.c - see task_draw.h */
#include "common/model/task_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/draw.h"
#include "common/io.h"
#include "common/model/affect_loss.h"

/* Pixels: a side that is enlarged to, of the panel, its lines and bars; bytes of a name in a file's name. */
enum {
	LEAST_SIDE = 256,
	PANEL = 208,
	LINE = 14,
	MARGIN = 8,
	LABEL = 78,
	BAR = 80,
	NAME = 150,
	TOP_UNIT = 5,
	FEW_POINTS = 500
};

static const struct colour black = { 20, 20, 24 }, white = { 235, 235, 235 }, grey = { 70, 70, 78 };
static const struct colour green = { 60, 210, 90 }, red = { 230, 80, 70 }, dot = { 80, 255, 110 };

/* Numbers of a point; 0: of a task that has none. */
static int point_width(const struct task_model *m)
{
	return m->task == &task_landmarks ? 2 : m->task == &task_mesh ? 3 : 0;
}

/* ---- the panel */

struct panel {
	struct image *m;
	int x, y;
};

static void write_line(struct panel *p, const char *label, const char *value)
{
	draw_text(p->m, p->x + MARGIN, p->y, 1, label, white);
	draw_text(p->m, p->x + MARGIN + LABEL + BAR + MARGIN, p->y, 1, value, white);
}

/* A bar from zero to v on the axis from least to most. */
static void draw_bar(struct panel *p, const char *label, double v, double least, double most)
{
	char text[32];
	int x = p->x + MARGIN + LABEL, zero = (int)lrint(BAR * (0 - least) / (most - least));
	int at = (int)lrint(BAR * (fmin(fmax(v, least), most) - least) / (most - least));

	if (isnan(v)) {
		write_line(p, label, "-");
		p->y += LINE;
		return;
	}
	snprintf(text, sizeof text, "%.2f", fabs(v) < .005 ? 0 : v);
	draw_fill(p->m, x, p->y, BAR, LINE - 5, grey);
	draw_fill(p->m, x + (at < zero ? at : zero), p->y, abs(at - zero), LINE - 5, v < 0 ? red : green);
	draw_fill(p->m, x + zero, p->y, 1, LINE - 5, white);
	write_line(p, label, text);
	p->y += LINE;
}

/* A name, such as a class. */
static void draw_name(struct panel *p, const char *label, const struct task_model *m, double v)
{
	int k = isnan(v) ? -1 : (int)v;

	draw_text(p->m, p->x + MARGIN, p->y, 1, label, white);
	draw_text(p->m, p->x + MARGIN + LABEL, p->y, 1, k >= 0 && k < m->names ? m->name[k] : "-", green);
	p->y += LINE;
}

/* Lines of the panel that a task has. */
static int lines_of(const struct task_said *s)
{
	const struct task *t = s->model->task;

	return t == &task_au || t == &task_emotion ? s->values : t == &task_recognition && s->values == 1;
}

static void draw_said(struct panel *p, const struct task_said *s)
{
	const struct task_model *m = s->model;

	for (int i = 0; i < lines_of(s); i++) {
		char *name = m->task == &task_recognition ? xstrdup("identity") : m->task->prediction_name(m, i);

		if (m->task == &task_au)
			draw_bar(p, name, s->value[i], 0, TOP_UNIT);
		else if (m->task == &task_emotion && i < AFFECT_DIMENSIONS)
			draw_bar(p, name, s->value[i], -1, 1);
		else
			draw_name(p, name, m, s->value[i]);
		free(name);
	}
}

/* ---- the picture */

static void enlarge(struct image *dst, const struct image *src, int factor)
{
	for (int y = 0; y < src->h; y++)
		for (int x = 0; x < src->w; x++) {
			const uint8_t *c = image_at(src, x, y);

			draw_fill(dst, x * factor, y * factor, factor, factor, (struct colour){ c[0], c[1], c[2] });
		}
}

void task_draw(struct image *dst, const struct image *picture, const struct task_said *said, int n)
{
	int side = picture->w > picture->h ? picture->w : picture->h, lines = 0;
	int factor = side < LEAST_SIDE ? (LEAST_SIDE + side - 1) / side : 1, w = picture->w * factor;
	int h = picture->h * factor, least;
	double radius = fmax(1, side * factor / 128.);
	struct panel p = { dst, w, MARGIN };

	for (int k = 0; k < n; k++)
		lines += lines_of(&said[k]);
	least = lines * LINE + 2 * MARGIN;
	image_resize(dst, w + (lines ? PANEL : 0), lines && h < least ? least : h);
	draw_fill(dst, 0, 0, dst->w, dst->h, black);
	enlarge(dst, picture, factor);
	for (int k = 0; k < n; k++) {
		int width = point_width(said[k].model);
		/* Vertices are many: small dots leave the face to be seen. */
		double r = width && said[k].values > width * FEW_POINTS ? .6 : radius;

		for (int i = 0; width && i + width <= said[k].values; i += width)
			draw_disc(dst, factor * said[k].value[i], factor * said[k].value[i + 1], r, dot);
		draw_said(&p, &said[k]);
	}
}

int task_draw_file(const char *dir, uint64_t number, const char *name, const struct image *picture,
		   const struct task_said *said, int n, struct err *e)
{
	char *path = xasprintf("%s/%06llu-%.*s.png", dir, (unsigned long long)number, NAME, name);
	struct image m = { 0 };
	struct buf b = { 0 };
	int rc = -1;

	for (char *s = path + strlen(dir) + 1; *s; s++)
		if (*s == '/')
			*s = '_';
	task_draw(&m, picture, said, n);
	if (!io_make_dirs(dir, e) && !image_encode_png(&m, &b, e))
		rc = io_write_file(path, b.data, b.len, e);
	image_release(&m);
	buf_release(&b);
	free(path);
	return rc;
}
