/* mouth.c - see eyes.h: teeth, and the dark behind the lips */
#include <math.h>

#include "tools/synth/eyes.h"
#include "tools/synth/noise.h"
#include "tools/synth/vec.h"

static const float *landmark(const struct synth_surface *s, const float *p, int i)
{
	return p + 3 * (size_t)s->m->landmark[i];
}

void synth_teeth_fit(struct synth_teeth *t, const struct synth_surface *s, const float *p)
{
	const float *right = landmark(s, p, 48), *left = landmark(s, p, 54), *upper = landmark(s, p, 62);
	float width = left[0] - right[0];

	*t = (struct synth_teeth){
		.front = upper[2] - .75F,
		.half_width = .52F * width,
		.depth = .65F * width,
		.upper = upper[1] - .12F,
		.lower = upper[1] - .3F,
		.tall = .85F,
	};
}

void synth_teeth_move(struct synth_teeth *t, const struct synth_surface *s, const float *neutral, const float *p)
{
	/* The skin of the chin goes a little further than the bone. */
	t->lower += .85F * (landmark(s, p, 8)[1] - landmark(s, neutral, 8)[1]);
	t->lower = fminf(t->lower, t->upper - .1F);
}

/* The arch of ellipses x = w sin a, z = front - depth (1 - cos a): how far along the ray it is met from outside, or -1. */
static float meet(const struct synth_teeth *t, float back, const struct synth_ray *ray)
{
	float w = t->half_width, d = t->depth, z0 = t->front - back - d;
	float ox = ray->origin[0] / w, oz = (ray->origin[2] - z0) / d, dx = ray->toward[0] / w, dz = ray->toward[2] / d;
	float a = dx * dx + dz * dz, b = ox * dx + oz * dz, c = ox * ox + oz * oz - 1, root = b * b - a * c;

	return root < 0 || a == 0 ? -1 : (-b - sqrtf(root)) / a;
}

/* Teeth between two heights, gums beyond; false where the ray passes them. */
static bool tooth(const struct synth_teeth *t, bool upper, const struct synth_ray *ray, float albedo[3], float n[3])
{
	static const float white[3] = { .66F, .6F, .5F }, gum[3] = { .42F, .15F, .14F };
	float back = upper ? 0 : .25F, along = meet(t, back, ray), at[3], round, gap, height;

	if (along < 0)
		return false;
	vec_add_scaled(at, ray->origin, along, ray->toward);
	height = upper ? at[1] - t->upper : t->lower - at[1];
	if (height < 0 || at[2] < t->front - t->depth)
		return false;
	/* Distances between teeth along the arch: wider in the upper row. */
	round = asinf(vec_clamp(at[0] / t->half_width, -1, 1)) * t->half_width / (upper ? .8F : .58F);
	gap = fabsf(round - roundf(round));
	for (int k = 0; k < 3; k++) {
		albedo[k] = white[k] * (1 - .55F * vec_smooth(.11F, .02F, gap));
		albedo[k] += vec_smooth(t->tall - .1F, t->tall + .1F, height) * (gum[k] - albedo[k]);
	}
	n[0] = at[0] / (t->half_width * t->half_width);
	n[1] = 0;
	n[2] = (at[2] - t->front + back + t->depth) / (t->depth * t->depth);
	vec_unit(n);
	return true;
}

void synth_mouth_colour(const struct synth_teeth *t, const struct synth_look *l, const struct synth_light *light,
			const float r[3][3], const struct synth_ray *ray, float rgb[3])
{
	static const float dark[3] = { .03F, .008F, .008F };
	float albedo[3], n[3], seen[3], lit[3], shadow = .12F + .75F * vec_smooth(0, .6F, ray->middle);

	(void)l;
	if (!tooth(t, true, ray, albedo, n) && !tooth(t, false, ray, albedo, n)) {
		for (int k = 0; k < 3; k++)
			rgb[k] = dark[k];
		return;
	}
	vec_rotate(seen, r, n);
	synth_light_at(light, seen, lit);
	for (int k = 0; k < 3; k++)
		rgb[k] = albedo[k] * lit[k] * shadow;
}
