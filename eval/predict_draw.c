/* predict_draw.c - see predict_draw.h */
#include "eval/predict_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/draw.h"
#include "common/io.h"

/* Pixels: a side that is enlarged to, of the panel, its lines and bars; bytes of a name in a file's name. */
enum { LEAST_SIDE = 256, PANEL = 208, LINE = 14, MARGIN = 8, LABEL = 78, BAR = 80, NAME = 150, TOP_UNIT = 5 };

static const struct colour black = { 20, 20, 24 }, white = { 235, 235, 235 }, grey = { 70, 70, 78 };
static const struct colour green = { 60, 210, 90 }, red = { 230, 80, 70 }, dot = { 80, 255, 110 };

/* Numbers of a point among the predictions of a task that predicts points; 0 where it does not. */
static int point_width(const struct task_model *m)
{
	int width = 0;
	char *name[3] = { NULL };

	for (int i = 0; i < 3 && i < m->task->predictions(m); i++)
		name[i] = m->task->prediction_name(m, i);
	if (name[1] && !strcmp(name[0], "lm0x") && !strcmp(name[1], "lm0y"))
		width = name[2] && !strcmp(name[2], "lm0z") ? 3 : 2;
	for (int i = 0; i < 3; i++)
		free(name[i]);
	return width;
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

	if (isnan(v))
		at = zero;
	snprintf(text, sizeof text, "%.2f", fabs(v) < .005 ? 0 : v);
	draw_fill(p->m, x, p->y, BAR, LINE - 5, grey);
	draw_fill(p->m, x + (at < zero ? at : zero), p->y, abs(at - zero), LINE - 5, v < 0 ? red : green);
	draw_fill(p->m, x + zero, p->y, 1, LINE - 5, white);
	write_line(p, label, text);
	p->y += LINE;
}

static void draw_said(struct panel *p, const struct said *s)
{
	const struct task_model *m = s->model;
	int n = m->task->predictions(m);

	for (int i = 0; i < n && (m->task == &task_au || m->task == &task_emotion); i++) {
		char *name = m->task->prediction_name(m, i);
		int k = (int)s->prediction[i];

		if (m->task == &task_au) {
			draw_bar(p, name, s->prediction[i], 0, TOP_UNIT);
		} else if (strcmp(name, "expression") != 0) {
			draw_bar(p, name, s->prediction[i], -1, 1);
		} else {
			draw_text(p->m, p->x + MARGIN, p->y, 1, name, white);
			draw_text(p->m, p->x + MARGIN + LABEL, p->y, 1, k >= 0 && k < m->names ? m->name[k] : "?",
				  green);
			p->y += LINE;
		}
		free(name);
	}
}

static int panel_lines(const struct said *said, int n)
{
	int lines = 0;

	for (int k = 0; k < n; k++)
		if (said[k].model->task == &task_au || said[k].model->task == &task_emotion)
			lines += said[k].model->task->predictions(said[k].model);
	return lines;
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

void predict_draw(struct image *dst, const struct image *picture, const struct said *said, int n)
{
	int side = picture->w > picture->h ? picture->w : picture->h, lines = panel_lines(said, n);
	int factor = side < LEAST_SIDE ? (LEAST_SIDE + side - 1) / side : 1, w = picture->w * factor;
	int h = picture->h * factor, least = lines * LINE + 2 * MARGIN;
	double radius = fmax(1, side * factor / 128.);
	struct panel p = { dst, w, MARGIN };

	image_resize(dst, w + (lines ? PANEL : 0), lines && h < least ? least : h);
	draw_fill(dst, 0, 0, dst->w, dst->h, black);
	enlarge(dst, picture, factor);
	for (int k = 0; k < n; k++) {
		int width = point_width(said[k].model), total = said[k].model->task->predictions(said[k].model);
		/* Vertices are many: small dots leave the face to be seen. */
		double r = width == 3 && total > 3 * 500 ? .6 : radius;

		for (int i = 0; width && i + width <= total; i += width)
			draw_disc(dst, factor * said[k].prediction[i], factor * said[k].prediction[i + 1], r, dot);
		draw_said(&p, &said[k]);
	}
}

int predict_draw_file(const char *dir, uint64_t number, const char *name, const struct image *picture,
		      const struct said *said, int n, struct err *e)
{
	char *path = xasprintf("%s/%06llu-%.*s.png", dir, (unsigned long long)number, NAME, name);
	struct image m = { 0 };
	struct buf b = { 0 };
	int rc = -1;

	for (char *s = path + strlen(dir) + 1; *s; s++)
		if (*s == '/')
			*s = '_';
	predict_draw(&m, picture, said, n);
	if (!io_make_dirs(dir, e) && !image_encode_png(&m, &b, e))
		rc = io_write_file(path, b.data, b.len, e);
	image_release(&m);
	buf_release(&b);
	free(path);
	return rc;
}
