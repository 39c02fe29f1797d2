/* params.c - see params.h */
#include "tools/synth/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLE_BITS = 24 };

void synth_rng(struct rng *r, uint64_t seed, enum synth_purpose purpose, uint64_t identity, uint32_t sample)
{
	rng_init(r, seed, (uint32_t)purpose, identity << SAMPLE_BITS | sample, 0);
}

double synth_uniform(struct rng *r, double low, double high)
{
	return low + (high - low) * rng_f64(r);
}

static void draw_shape(struct synth_picture *p, const struct synth_options *o, const struct synth_model *m)
{
	struct rng r;

	synth_rng(&r, o->seed, SYNTH_FOR_SHAPE, p->identity, 0);
	for (int i = 0; i < m->modes; i++) {
		double v;

		do
			v = rng_normal(&r);
		while (fabs(v) > o->shape_limit);
		p->coefficient[i] = (float)v;
	}
}

/* ---- expressions */

/* Shapes that act together: the two sides of one, and the eyes, which look the same way. */
static int partner(const struct synth_model *m, int i)
{
	static const char *const looks[][2] = { { "eyeLookOut_L", "eyeLookIn_R" }, { "eyeLookIn_L", "eyeLookOut_R" } };
	size_t len = strlen(m->shape[i]);
	char other[SYNTH_NAME];

	for (int k = 0; k < 2; k++)
		for (int side = 0; side < 2; side++)
			if (!strcmp(m->shape[i], looks[k][side]))
				return synth_model_shape(m, looks[k][!side]);
	if (len < 2 || m->shape[i][len - 2] != '_')
		return -1;
	memcpy(other, m->shape[i], len + 1);
	other[len - 1] = other[len - 1] == 'L' ? 'R' : 'L';
	return synth_model_shape(m, other);
}

static float within(double v)
{
	return (float)(v < 0 ? 0 : v > 1 ? 1 : v);
}

/*
 * Draws come in the order of the model's list, three for each shape whether it is active or not, so that one shape's draw
 * depends on no other's. Of two that act together, the first one's draws count.
 */
static void draw_expression(struct synth_picture *p, const struct synth_options *o, const struct synth_model *m)
{
	int close = synth_model_shape(m, "mouthClose"), open = synth_model_shape(m, "jawOpen");
	struct rng r;

	synth_rng(&r, o->seed, SYNTH_FOR_EXPRESSION, p->identity, p->sample + 1);
	for (int i = 0; i < m->shapes; i++) {
		bool active = rng_f64(&r) < o->active;
		double w = rng_f64(&r), lean = o->asymmetry * synth_uniform(&r, -.5, .5);
		int other = partner(m, i);

		if (other >= 0 && other < i)
			continue;
		p->weight[i] = active ? within(w * (other < 0 ? 1 : 1 + lean)) : 0;
		if (other >= 0)
			p->weight[other] = active ? within(w * (1 - lean)) : 0;
	}
	/* It closes the lips of an open jaw; beyond that it would turn the mouth inside out. */
	if (close >= 0)
		p->weight[close] = fminf(p->weight[close], open >= 0 ? p->weight[open] : 0);
}

/* ---- */

void synth_draw(struct synth_picture *p, const struct synth_options *o, const struct synth_model *m, uint64_t i)
{
	struct rng r;

	*p = (struct synth_picture){
		.identity = (uint64_t)o->first_identity + i / (uint64_t)o->per_identity,
		.sample = (uint32_t)(i % (uint64_t)o->per_identity),
	};
	draw_shape(p, o, m);
	draw_expression(p, o, m);
	synth_rng(&r, o->seed, SYNTH_FOR_POSE, p->identity, p->sample + 1);
	p->yaw = synth_uniform(&r, -o->yaw, o->yaw);
	p->pitch = synth_uniform(&r, -o->pitch, o->pitch);
	p->roll = synth_uniform(&r, -o->roll, o->roll);
	synth_rng(&r, o->seed, SYNTH_FOR_CAMERA, p->identity, p->sample + 1);
	p->distance = o->near * pow(o->far / o->near, rng_f64(&r));
	p->zoom = pow(o->spread, synth_uniform(&r, -1, 1));
	if (o->weak)
		p->distance = INFINITY;
	synth_rng(&r, o->seed, SYNTH_FOR_BOX, p->identity, p->sample + 1);
	for (int k = 0; k < 4; k++)
		p->jitter[k] = synth_uniform(&r, -o->jitter, o->jitter);
}

void synth_id(char *id, const struct synth_options *o, const struct synth_picture *p)
{
	snprintf(id, 64, "synth/%llu/%06llu/%04u", (unsigned long long)o->seed, (unsigned long long)p->identity,
		 p->sample);
}
