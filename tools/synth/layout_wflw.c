/*
 * layout_wflw.c - WFLW's 98 points on a model that marks 68 (places.h)
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/synth/canvas.h"
#include "tools/synth/layout.h"
#include "tools/synth/light.h"
#include "tools/synth/look.h"

enum { POINTS = 98, CONTOUR = 33, LINE = 96 };

/* The 33 points of the contour are the 17 of the jaw and those halfway between them. */
static struct synth_place place_of(int i)
{
	/* From point 33 on: brows (above, then below), nose, eyes, lips, pupils. */
	static const struct synth_place table[POINTS - CONTOUR] = {
		{ 17, 17, 0, 0 },	  { 18, 18, 0, 0 },   { 19, 19, 0, 0 },	  { 20, 20, 0, 0 },
		{ 21, 21, 0, 0 },	  { 21, 21, 0, .5F }, { 20, 20, 0, .6F }, { 19, 19, 0, .6F },
		{ 18, 18, 0, .5F },	  { 22, 22, 0, 0 },   { 23, 23, 0, 0 },	  { 24, 24, 0, 0 },
		{ 25, 25, 0, 0 },	  { 26, 26, 0, 0 },   { 25, 25, 0, .5F }, { 24, 24, 0, .6F },
		{ 23, 23, 0, .6F },	  { 22, 22, 0, .5F }, { 27, 27, 0, 0 },	  { 28, 28, 0, 0 },
		{ 29, 29, 0, 0 },	  { 30, 30, 0, 0 },   { 31, 31, 0, 0 },	  { 32, 32, 0, 0 },
		{ 33, 33, 0, 0 },	  { 34, 34, 0, 0 },   { 35, 35, 0, 0 },	  { 36, 36, 0, 0 },
		{ 37, 37, 0, 0 },	  { 37, 38, .5F, 0 }, { 38, 38, 0, 0 },	  { 39, 39, 0, 0 },
		{ 40, 40, 0, 0 },	  { 40, 41, .5F, 0 }, { 41, 41, 0, 0 },	  { 42, 42, 0, 0 },
		{ 43, 43, 0, 0 },	  { 43, 44, .5F, 0 }, { 44, 44, 0, 0 },	  { 45, 45, 0, 0 },
		{ 46, 46, 0, 0 },	  { 46, 47, .5F, 0 }, { 47, 47, 0, 0 },	  { 48, 48, 0, 0 },
		{ 49, 49, 0, 0 },	  { 50, 50, 0, 0 },   { 51, 51, 0, 0 },	  { 52, 52, 0, 0 },
		{ 53, 53, 0, 0 },	  { 54, 54, 0, 0 },   { 55, 55, 0, 0 },	  { 56, 56, 0, 0 },
		{ 57, 57, 0, 0 },	  { 58, 58, 0, 0 },   { 59, 59, 0, 0 },	  { 60, 60, 0, 0 },
		{ 61, 61, 0, 0 },	  { 62, 62, 0, 0 },   { 63, 63, 0, 0 },	  { 64, 64, 0, 0 },
		{ 65, 65, 0, 0 },	  { 66, 66, 0, 0 },   { 67, 67, 0, 0 },	  { SYNTH_MEAN, 36, 6, 0 },
		{ SYNTH_MEAN, 42, 6, 0 },
	};

	if (i < CONTOUR)
		return (struct synth_place){ i / 2, (i + 1) / 2, i % 2 ? .5F : 0, 0 };
	return table[i - CONTOUR];
}

/* Pose, expression (lips apart), illumination (dark), make-up (strong colour of the lips), occlusion, blur: from the draws. */
static void attributes(const struct synth_options *o, const struct synth_job *j, int flag[6])
{
	static const float front[3] = { 0, 0, 1 };
	const struct synth_picture *p = &j->truth.picture;
	struct synth_light light;
	struct synth_look look;
	float e[3];

	synth_light_draw(&light, o, p);
	synth_light_at(&light, front, e);
	synth_look_draw(&look, o, p->identity);
	flag[0] = fabs(p->yaw) > 20 || fabs(p->pitch) > 15;
	flag[1] = j->truth.labels.unit[SYNTH_AU25] > 3;
	flag[2] = .3F * e[0] + .6F * e[1] + .1F * e[2] < .75F;
	flag[3] = look.lip_strength > .85F;
	flag[4] = j->truth.hidden > 0;
	flag[5] = synth_blur(o, p) > 1;
}

static void all_places(struct synth_place p[POINTS])
{
	for (int i = 0; i < POINTS; i++)
		p[i] = place_of(i);
}

int synth_wflw_start(struct synth_layout *l, struct err *e)
{
	struct synth_place p[POINTS];

	(void)e;
	all_places(p);
	synth_places_find(&l->scene->model, p, POINTS, l->vertex);
	return 0;
}

void synth_wflw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	unsigned long long person = synth_layout_person(l, j);
	const char *list = person % 4 == 3
				   ? "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt"
				   : "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt";
	struct synth_place p[POINTS];
	float xy[POINTS][2];
	char name[LINE];
	int flag[6];

	snprintf(name, sizeof name, "%llu--Synth/%06llu_%04u.jpg", person % 60, person, j->truth.picture.sample);
	buf_printf(path, "WFLW_images/%s", name);
	all_places(p);
	synth_places_at(j, p, l->vertex, POINTS, xy);
	for (int i = 0; i < POINTS; i++)
		synth_layout_add(l, list, "%.6f %.6f ", (double)xy[i][0], (double)xy[i][1]);
	for (int k = 0; k < 4; k++)
		synth_layout_add(l, list, "%ld ", lrint(j->truth.box[k]));
	attributes(&l->scene->options, j, flag);
	for (int k = 0; k < 6; k++)
		synth_layout_add(l, list, "%d ", flag[k]);
	synth_layout_add(l, list, "%s\n", name);
}
