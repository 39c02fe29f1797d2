/* eyes.c - see eyes.h: the eyeballs */
#include "tools/synth/eyes.h"

#include <math.h>
#include <string.h>

#include "tools/synth/noise.h"
#include "tools/synth/vec.h"

/* A grown person's eyeball and iris, cm; an eye is about as wide as its ball. */
static const float usual_radius = 1.2F, usual_width = 2.7F, iris_angle = .5F, pupil_angle = .19F;

/* Gauss-Newton on the distances of the rim's vertices from a sphere of known radius, held near the place it starts from. */
static void fit_sphere(float c[3], float radius, const float *p, const struct synth_loop *l)
{
	for (int round = 0; round < 20; round++) {
		float step[3] = { 0 };

		for (int i = 0; i < l->n; i++) {
			float d[3], length;

			vec_sub(d, p + 3 * (size_t)l->vertex[i], c);
			length = sqrtf(vec_dot(d, d));
			if (length > 0)
				vec_add_scaled(step, step, (length - radius) / length / (float)l->n, d);
		}
		vec_add_scaled(c, c, .8F, step);
	}
}

void synth_eye_fit(struct synth_eye *e, const struct synth_surface *s, const float *p, int side)
{
	const struct synth_loop *l = &s->eye[side];
	const float *outer = p + 3 * (size_t)s->m->landmark[side ? 45 : 36];
	const float *inner = p + 3 * (size_t)s->m->landmark[side ? 42 : 39];

	*e = (struct synth_eye){ .radius = usual_radius * vec_distance(outer, inner) / usual_width };
	for (int k = 0; k < 3; k++)
		e->gaze[k][k] = 1;
	if (!l->n)
		return;
	memcpy(e->centre, p + 3 * (size_t)s->eye_apex[side], sizeof e->centre);
	e->centre[2] -= .75F * e->radius;
	fit_sphere(e->centre, e->radius, p, l);
}

static float weight_of(const struct synth_model *m, const float *weight, const char *shape, int side)
{
	char name[SYNTH_NAME];
	size_t len = strlen(shape);
	int i;

	memcpy(name, shape, len);
	memcpy(name + len, side ? "_L" : "_R", 3);
	i = synth_model_shape(m, name);
	return i < 0 ? 0 : weight[i];
}

void synth_eye_turn(struct synth_eye *e, const struct synth_model *m, const float *weight, int side)
{
	/* Half a radian at full weight, less upwards, as eyes do. Out is towards the temple: left for the left eye. */
	float out = weight_of(m, weight, "eyeLookOut", side) - weight_of(m, weight, "eyeLookIn", side);
	float down = .55F * weight_of(m, weight, "eyeLookDown", side) - .45F * weight_of(m, weight, "eyeLookUp", side);
	float left = .55F * (side ? out : -out);
	float sy = sinf(left), cy = cosf(left), sx = sinf(down), cx = cosf(down);
	float g[3][3] = { { cy, sy * sx, sy * cx }, { 0, cx, -sx }, { -sy, cy * sx, cy * cx } };

	memcpy(e->gaze, g, sizeof g);
}

void synth_eyeball_albedo(const struct synth_look *l, const float d[3], float rgb[3])
{
	static const float white[3] = { .72F, .68F, .64F }, red[3] = { .6F, .36F, .32F };
	float angle = acosf(vec_clamp(d[2], -1, 1)), round = atan2f(d[1], d[0]);
	float in_iris = 1 - vec_smooth(iris_angle - .04F, iris_angle + .03F, angle);
	float in_pupil = 1 - vec_smooth(pupil_angle - .03F, pupil_angle + .02F, angle);
	float limbus = vec_smooth(.32F, iris_angle, angle), spokes = noise2(5, 6 * round, 8 * angle);
	float corner = vec_smooth(.75F, 1.2F, angle);

	for (int k = 0; k < 3; k++) {
		float sclera = white[k] + corner * (red[k] - white[k]);
		float iris = l->iris[k] * (1.35F + .35F * spokes) * (1 - .75F * limbus);

		rgb[k] = sclera + in_iris * (iris - sclera);
		rgb[k] += in_pupil * (.006F - rgb[k]);
	}
}

/* How far along the ray the sphere is met, or -1. */
static float meet(const struct synth_eye *e, const struct synth_ray *ray)
{
	float from[3], a = vec_dot(ray->toward, ray->toward), b, c, root;

	vec_sub(from, ray->origin, e->centre);
	b = vec_dot(from, ray->toward);
	c = vec_dot(from, from) - e->radius * e->radius;
	root = b * b - a * c;
	return root < 0 ? -1 : (-b - sqrtf(root)) / a;
}

void synth_eye_colour(const struct synth_eye *e, const struct synth_look *l, const struct synth_light *light,
		      const float r[3][3], const struct synth_ray *ray, float rgb[3])
{
	float t = meet(e, ray), shadow = .32F + .68F * vec_smooth(0, .55F, ray->middle);
	float n[3] = { 0, 0, 1 }, seen[3], albedo[3], lit[3];

	if (t >= 0) {
		float at[3], d[3];

		vec_add_scaled(at, ray->origin, t, ray->toward);
		vec_sub(n, at, e->centre);
		vec_unit(n);
		vec_rotate_back(d, (const float(*)[3])e->gaze, n);
		synth_eyeball_albedo(l, d, albedo);
	} else {
		/* The corners, where the ball is not: wet flesh. */
		for (int k = 0; k < 3; k++)
			albedo[k] = l->skin[k] * (k ? .5F : .8F);
	}
	vec_rotate(seen, r, n);
	synth_light_at(light, seen, lit);
	for (int k = 0; k < 3; k++)
		rgb[k] = albedo[k] * lit[k] * shadow +
			 (t >= 0 ? .9F * light->highlight[k] * synth_light_gloss(light, seen, 7) * shadow : 0);
}
