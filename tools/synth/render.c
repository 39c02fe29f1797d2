/* render.c - see render.h */
#include "tools/synth/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/vec.h"

static float *triples(const struct synth_scene *s)
{
	return xcalloc((size_t)s->surface.vertices, 3 * sizeof(float));
}

void synth_worker_init(struct synth_worker *w, const struct synth_scene *scene)
{
	*w = (struct synth_worker){ .scene = scene };
	w->person.base = triples(scene);
	w->person.albedo = triples(scene);
	w->person.gloss = xcalloc((size_t)scene->surface.vertices, sizeof *w->person.gloss);
	w->person.hair = xcalloc((size_t)scene->surface.vertices, sizeof *w->person.hair);
	w->p = triples(scene);
	w->normal = triples(scene);
	w->xyz = triples(scene);
	w->lit = triples(scene);
	raster_init(&w->raster, scene->frame.size * scene->samples);
	synth_canvas_init(&w->canvas, scene->frame.size);
}

void synth_worker_release(struct synth_worker *w)
{
	float *all[] = { w->person.base, w->person.albedo, w->person.gloss, w->person.hair,
			 w->p,		 w->normal,	   w->xyz,	    w->lit };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	raster_release(&w->raster);
	synth_canvas_release(&w->canvas);
	*w = (struct synth_worker){ 0 };
}

/* ---- geometry */

static void meet_person(struct synth_worker *w, const struct synth_picture *p)
{
	const struct synth_scene *s = w->scene;
	struct synth_person *q = &w->person;

	if (q->known && q->identity == p->identity)
		return;
	q->known = true;
	q->identity = p->identity;
	synth_look_draw(&q->look, &s->options, p->identity);
	synth_model_add(&s->model, q->base, s->model.neutral, 0, p->coefficient, s->model.modes);
	synth_surface_complete(&s->surface, q->base, w->normal);
	for (int i = 0; i < SYNTH_EYES; i++)
		synth_eye_fit(&q->eye[i], &s->surface, q->base, i);
	synth_teeth_fit(&q->teeth, &s->surface, q->base);
	synth_skin_paint(&s->regions, &q->look, q->albedo, q->gloss, q->hair);
}

/* Positions to draw, in samples: those of the truth, and the volume of hair on them. */
static void place(struct synth_worker *w, const struct synth_camera *c)
{
	const struct synth_surface *s = &w->scene->surface;
	const struct synth_person *q = &w->person;
	float samples = (float)w->scene->samples;

	for (int i = 0; i < s->vertices; i++)
		vec_add_scaled(w->lit + 3 * (size_t)i, w->p + 3 * (size_t)i, q->look.hair_volume * q->hair[i],
			       w->normal + 3 * (size_t)i);
	synth_camera_project(c, w->lit, s->vertices, w->xyz);
	for (int i = 0; i < s->vertices; i++)
		for (int k = 0; k < 2; k++)
			w->xyz[3 * (size_t)i + (size_t)k] *= samples;
}

static void tell_truth(struct synth_worker *w, struct synth_truth *t)
{
	const struct synth_model *m = &w->scene->model;

	synth_labels(&t->labels, m, t->picture.weight);
	synth_camera_look(&t->camera, &w->scene->frame, &t->picture, m, w->p, t->box);
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		synth_camera_project(&t->camera, w->p + 3 * (size_t)m->landmark[i], 1, t->landmark[i]);
	if (t->mesh)
		synth_camera_project(&t->camera, w->p, m->face_vertices, t->mesh);
}

/* ---- light */

static void light_vertices(struct synth_worker *w, const struct synth_camera *c, const struct synth_light *l)
{
	const struct synth_surface *s = &w->scene->surface;
	const struct synth_person *q = &w->person;

	for (int i = 0; i < s->vertices; i++) {
		float n[3], e[3], open = .12F + .88F * s->open[i], shine, *out = w->lit + 3 * (size_t)i;

		vec_rotate(n, c->r, w->normal + 3 * (size_t)i);
		synth_light_at(l, n, e);
		shine = q->gloss[i] * open * (synth_light_gloss(l, n, 3) + 2 * synth_light_gloss(l, n, 5));
		for (int k = 0; k < 3; k++)
			out[k] = q->albedo[3 * (size_t)i + (size_t)k] * e[k] * open + shine * l->highlight[k];
	}
}

/* Inside the whole head: eyeballs, teeth and gums, whose colours are no skin's. */
static void light_inside(struct synth_worker *w, const struct synth_camera *c, const struct synth_light *l)
{
	const struct synth_surface *s = &w->scene->surface;
	float middle[SYNTH_EYES][3] = { { 0 } };
	int n[SYNTH_EYES] = { 0 };

	for (int t = 0; t < s->triangles; t++) {
		int side = s->material[t] - SYNTH_BALL_RIGHT;

		if (side < 0 || side >= SYNTH_EYES)
			continue;
		n[side]++;
		vec_add_scaled(middle[side], middle[side], 1, s->rest + 3 * (size_t)s->triangle[t][0]);
	}
	for (int side = 0; side < SYNTH_EYES; side++)
		for (int k = 0; k < 3; k++)
			middle[side][k] /= (float)(n[side] ? n[side] : 1);
	for (int t = 0; t < s->triangles; t++)
		for (int k = 0; k < 3; k++) {
			int32_t v = s->triangle[t][k];
			float albedo[3] = { .45F, .16F, .15F }, d[3], e[3], open = .2F + .8F * s->open[v];
			int side = s->material[t] - SYNTH_BALL_RIGHT;

			if (s->material[t] < SYNTH_SOCKET)
				continue;
			if (side == 0 || side == 1) {
				vec_sub(d, s->rest + 3 * (size_t)v, middle[side]);
				vec_unit(d);
				synth_eyeball_albedo(&w->person.look, d, albedo);
			} else if (s->material[t] == SYNTH_TEETH) {
				memcpy(albedo, (float[]){ .66F, .6F, .5F }, sizeof albedo);
			}
			vec_rotate(d, c->r, w->normal + 3 * (size_t)v);
			synth_light_at(l, d, e);
			for (int i = 0; i < 3; i++)
				w->lit[3 * (size_t)v + (size_t)i] = albedo[i] * e[i] * open;
		}
}

/* ---- samples to pixels */

struct shader {
	struct synth_worker *w;
	const struct synth_camera *camera;
	const struct synth_light *light;
	struct synth_eye eye[SYNTH_EYES];
	struct synth_teeth teeth;
};

/* Through a hole: what the ray behind it finds. The membrane's apex is its triangles' third corner. */
static void shade_hole(const struct shader *h, enum synth_material material, float x, float y, float middle,
		       float rgb[3])
{
	const struct synth_look *l = &h->w->person.look;
	struct synth_ray ray = { .middle = middle };
	float inverse = 1 / (float)h->w->scene->samples;

	synth_camera_ray(h->camera, x * inverse, y * inverse, ray.origin, ray.toward);
	if (material == SYNTH_MOUTH)
		synth_mouth_colour(&h->teeth, l, h->light, h->camera->r, &ray, rgb);
	else
		synth_eye_colour(&h->eye[material - SYNTH_EYE_RIGHT], l, h->light, h->camera->r, &ray, rgb);
}

/* What three corners have, by their weights. */
static void mix_corners(float out[3], const float *value, const int32_t v[3], const float b[3])
{
	const float *p = value + 3 * (size_t)v[0], *q = value + 3 * (size_t)v[1], *r = value + 3 * (size_t)v[2];

	for (int k = 0; k < 3; k++)
		out[k] = b[0] * p[k] + b[1] * q[k] + b[2] * r[k];
}

static void shade_sample(const struct shader *h, int32_t t, float x, float y, float rgb[3])
{
	const struct synth_surface *s = &h->w->scene->surface;
	const struct synth_probe *probe = h->w->scene->probe;
	const int32_t *v = s->triangle[t];
	enum synth_material material = s->material[t];
	float b[3], at[3];

	raster_weights(h->w->xyz, v, x, y, b);
	if (material == SYNTH_EYE_RIGHT || material == SYNTH_EYE_LEFT || material == SYNTH_MOUTH)
		shade_hole(h, material, x, y, b[2], rgb);
	else
		mix_corners(rgb, h->w->lit, v, b);
	if (probe && probe->paint) {
		mix_corners(at, h->w->p, v, b);
		probe->paint(probe->data, at, rgb);
	}
}

/* Each pixel is the mean of its samples; those that show no face leave the background. */
static void resolve(const struct shader *h)
{
	struct synth_worker *w = h->w;
	int n = w->scene->samples, side = w->raster.side;
	float share = 1 / (float)(n * n);

	for (int y = 0; y < w->canvas.size; y++)
		for (int x = 0; x < w->canvas.size; x++) {
			float *out = w->canvas.rgb + 3 * ((size_t)y * (size_t)w->canvas.size + (size_t)x),
			      sum[3] = { 0 };
			int seen = 0;

			for (int i = 0; i < n * n; i++) {
				int sx = x * n + i % n, sy = y * n + i / n;
				int32_t t = w->raster.triangle[(size_t)sy * (size_t)side + (size_t)sx];
				float rgb[3];

				if (t < 0)
					continue;
				shade_sample(h, t, (float)sx + .5F, (float)sy + .5F, rgb);
				vec_add_scaled(sum, sum, 1, rgb);
				seen++;
			}
			for (int k = 0; k < 3; k++)
				out[k] = share * (sum[k] + (float)(n * n - seen) * out[k]);
		}
}

static void draw_face(struct synth_worker *w, const struct synth_truth *t)
{
	const struct synth_scene *s = w->scene;
	const int32_t(*triangle)[3] = (const int32_t(*)[3])s->surface.triangle;
	struct synth_light light;
	struct shader h = { .w = w, .camera = &t->camera, .light = &light, .teeth = w->person.teeth };

	synth_light_draw(&light, &s->options, &t->picture);
	for (int i = 0; i < SYNTH_EYES; i++) {
		h.eye[i] = w->person.eye[i];
		synth_eye_turn(&h.eye[i], &s->model, t->picture.weight, i);
	}
	synth_teeth_move(&h.teeth, &s->surface, w->person.base, w->p);
	place(w, &t->camera);
	light_vertices(w, &t->camera, &light);
	if (s->model.whole)
		light_inside(w, &t->camera, &light);
	raster_clear(&w->raster);
	raster_draw(&w->raster, w->xyz, triangle, 0, s->surface.skin, true);
	raster_draw(&w->raster, w->xyz, triangle, s->surface.skin, s->surface.triangles - s->surface.skin, false);
	resolve(&h);
}

/* ---- */

static void fill(struct synth_canvas *c, const float rgb[3])
{
	for (size_t i = 0; i < 3 * (size_t)c->size * (size_t)c->size; i++)
		c->rgb[i] = rgb[i % 3];
}

static int count_hidden(const struct synth_scene *s, const struct synth_truth *t)
{
	float xy[SYNTH_LANDMARKS][2];
	bool hidden[SYNTH_LANDMARKS];
	int n = 0;

	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		memcpy(xy[i], t->landmark[i], sizeof xy[i]);
	synth_hidden(&s->options, &t->picture, s->frame.size, (const float(*)[2])xy, SYNTH_LANDMARKS, hidden);
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		n += hidden[i];
	return n;
}

int synth_render(struct synth_worker *w, uint64_t i, struct synth_truth *t, struct err *e)
{
	const struct synth_scene *s = w->scene;
	struct synth_options clean = s->options;

	synth_draw(&t->picture, &s->options, &s->model, i);
	meet_person(w, &t->picture);
	synth_model_add(&s->model, w->p, w->person.base, s->model.modes, t->picture.weight, s->model.shapes);
	synth_surface_complete(&s->surface, w->p, w->normal);
	tell_truth(w, t);
	if (s->probe && s->probe->background)
		fill(&w->canvas, s->probe->background);
	else if (synth_background(&w->canvas, &s->backdrop, &s->options, &t->picture, e) < 0)
		return -1;
	draw_face(w, t);
	t->hidden = 0;
	if (s->probe) {
		clean.degrade = 0;
	} else {
		synth_occlude(&w->canvas, &s->options, &t->picture);
		t->hidden = count_hidden(s, t);
	}
	return synth_degrade(&w->canvas, &clean, &t->picture, e);
}
