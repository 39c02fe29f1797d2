/* truth.c - see truth.h */
#include "tools/synth/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void heads(struct tsv_out *w, const char *const *name, int n)
{
	for (int i = 0; i < n; i++)
		tsv_out_raw(w, name[i]);
}

/* In the published order of DISFA and BP4D. */
static bool has_unit(enum synth_units units, enum synth_unit u)
{
	static const bool disfa[SYNTH_UNITS] = {
		[SYNTH_AU01] = true, [SYNTH_AU02] = true, [SYNTH_AU04] = true, [SYNTH_AU05] = true,
		[SYNTH_AU06] = true, [SYNTH_AU09] = true, [SYNTH_AU12] = true, [SYNTH_AU15] = true,
		[SYNTH_AU17] = true, [SYNTH_AU20] = true, [SYNTH_AU25] = true, [SYNTH_AU26] = true,
	};
	static const bool bp4d[SYNTH_UNITS] = {
		[SYNTH_AU06] = true, [SYNTH_AU10] = true, [SYNTH_AU12] = true, [SYNTH_AU14] = true, [SYNTH_AU17] = true,
	};

	return units == SYNTH_UNITS_ALL || (units == SYNTH_UNITS_DISFA ? disfa[u] : bp4d[u]);
}

void synth_truth_head(struct tsv_out *w, enum synth_units units)
{
	static const char *const first[] = { "id", "face", "width", "height", "identity", "x1", "y1", "x2", "y2" };
	static const char *const last[] = { "valence", "arousal", "expression", "pitch", "yaw", "roll", "occluded",
					    "a11",     "a12",	  "a13",	"a21",	 "a22", "a23",	"status" };
	char name[32];

	heads(w, first, sizeof first / sizeof *first);
	for (int i = 0; i < 2 * SYNTH_LANDMARKS; i++) {
		snprintf(name, sizeof name, "lm%d%c", i / 2, "xy"[i % 2]);
		tsv_out_raw(w, name);
	}
	for (int u = 0; u < SYNTH_UNITS; u++)
		if (has_unit(units, u)) {
			snprintf(name, sizeof name, "au%02d", synth_unit_number(u));
			tsv_out_raw(w, name);
		}
	heads(w, last, sizeof last / sizeof *last);
	tsv_out_end(w);
}

void synth_truth_row(struct tsv_out *w, const struct synth_scene *s, const struct synth_truth *t,
		     enum synth_units units)
{
	static const char *const identity_map[] = { "1", "0", "0", "0", "1", "0", "ok" };
	const struct synth_picture *p = &t->picture;
	char id[64];

	synth_id(id, &s->options, p);
	tsv_out_str(w, id);
	tsv_out_raw(w, "0");
	tsv_out_i64(w, s->frame.size);
	tsv_out_i64(w, s->frame.size);
	tsv_out_i64(w, (int64_t)p->identity);
	for (int k = 0; k < 4; k++)
		tsv_out_f32(w, (float)t->box[k]);
	for (int i = 0; i < 2 * SYNTH_LANDMARKS; i++)
		tsv_out_f32(w, t->landmark[i / 2][i % 2]);
	for (int u = 0; u < SYNTH_UNITS; u++)
		if (has_unit(units, u))
			tsv_out_f32(w, t->labels.unit[u]);
	tsv_out_f32(w, t->labels.valence);
	tsv_out_f32(w, t->labels.arousal);
	tsv_out_i64(w, t->labels.expression);
	tsv_out_f32(w, (float)p->pitch);
	tsv_out_f32(w, (float)p->yaw);
	tsv_out_f32(w, (float)p->roll);
	tsv_out_f32(w, (float)t->hidden / SYNTH_LANDMARKS);
	heads(w, identity_map, sizeof identity_map / sizeof *identity_map);
	tsv_out_end(w);
}

void synth_params_head(struct tsv_out *w, const struct synth_scene *s)
{
	static const char *const last[] = {
		"pitch", "yaw", "roll", "distance", "m11", "m12", "m13", "m21", "m22", "m23"
	};
	char name[32];

	tsv_out_raw(w, "id");
	for (int i = 0; i < s->model.modes; i++) {
		snprintf(name, sizeof name, "identity%03d", i);
		tsv_out_raw(w, name);
	}
	for (int i = 0; i < s->model.shapes; i++)
		tsv_out_str(w, s->model.shape[i]);
	heads(w, last, sizeof last / sizeof *last);
	tsv_out_end(w);
}

void synth_params_row(struct tsv_out *w, const struct synth_scene *s, const struct synth_truth *t)
{
	const struct synth_picture *p = &t->picture;
	char id[64];

	synth_id(id, &s->options, p);
	tsv_out_str(w, id);
	for (int i = 0; i < s->model.modes; i++)
		tsv_out_f32(w, p->coefficient[i]);
	for (int i = 0; i < s->model.shapes; i++)
		tsv_out_f32(w, p->weight[i]);
	tsv_out_f64(w, p->pitch);
	tsv_out_f64(w, p->yaw);
	tsv_out_f64(w, p->roll);
	tsv_out_f64(w, p->distance);
	for (int i = 0; i < 6; i++)
		tsv_out_f64(w, t->camera.a[i]);
	tsv_out_end(w);
}
