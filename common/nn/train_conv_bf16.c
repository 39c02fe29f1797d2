/*
 * train_conv_bf16.c - convolutions in bf16: oneDNN's where the machine's instructions pay and the library has a kernel;
 * otherwise the f32 ones on copies, rounded before and after
 *
 * Packed: forward weights and weights for backward data in bf16 in the orders of dnnl_api.h, then the bias in f32. Without
 * instructions, or for groups: as f32 packs them, rounded.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/train_bf16.h"
#include "common/nn/train_vec.h"

enum { BLOCK = 16 };

static size_t round64(size_t n)
{
	return (n + 63) / 64 * 64;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static bool native(const struct nn_train *b, const struct nn_train_conv *c)
{
	return train_native_bf16(b) && c->groups == 1;
}

static size_t taps_of(const struct nn_train_conv *c)
{
	return (size_t)c->kh * (size_t)c->kw;
}

/* ---- weights */

static size_t forward_numbers(const struct nn_train *b, const struct nn_train_conv *c)
{
	size_t pairs = (size_t)(c->ic + 1) / 2;

	return c->plain ? (size_t)train_padded(b, c, c->oc) * taps_of(c) * pairs * 2 : train_forward_floats(b, c);
}

static size_t weight_bytes(const struct nn_train *b, const struct nn_train_conv *c)
{
	return (forward_numbers(b, c) + train_backward_floats(b, c)) * sizeof(uint16_t);
}

static size_t forward_at(const struct nn_train *b, const struct nn_train_conv *c, size_t o, size_t i, size_t tap)
{
	size_t pairs = (size_t)(c->ic + 1) / 2, inputs = (size_t)train_blocks(b, c->ic);

	if (c->plain)
		return ((o / BLOCK * taps_of(c) + tap) * pairs + i / 2) * 2 * BLOCK + o % BLOCK * 2 + i % 2;
	return ((o / BLOCK * inputs + i / BLOCK) * taps_of(c) + tap) * BLOCK * BLOCK + i % BLOCK / 2 * 2 * BLOCK +
	       o % BLOCK * 2 + i % 2;
}

/* Tap 0 of the tile that w[o][i] lies in, for backward data. */
static size_t backward_tile(const struct nn_train *b, const struct nn_train_conv *c, size_t o, size_t i)
{
	size_t inputs = (size_t)train_blocks(b, c->ic), outputs = (size_t)train_blocks(b, c->oc);
	size_t tile = o / BLOCK * inputs + i / BLOCK;

	if (dnnl_train_input_outermost(BLOCK, c->kh, c->kw))
		tile = i / BLOCK * outputs + o / BLOCK;
	return tile * taps_of(c) * BLOCK * BLOCK;
}

size_t train_packed_bytes_bf16(const struct nn_train *b, const struct nn_train_conv *c)
{
	if (!native(b, c))
		return train_packed_bytes(train_f32_of(b), c);
	return weight_bytes(b, c) + (size_t)train_padded(b, c, c->oc) * sizeof(float);
}

/* A block of output channels by a block of input channels, both orders: w [oc, ic, taps]. */
static void pack_tile(const struct nn_train *b, const struct nn_train_conv *c, int ob, int ib, const float *w,
		      uint16_t *forward, uint16_t *backward)
{
	size_t taps = taps_of(c), o0 = (size_t)ob * BLOCK, i0 = (size_t)ib * BLOCK, tile = BLOCK * BLOCK;
	size_t no = (size_t)train_lanes(b, c->oc, ob), ni = (size_t)train_lanes(b, c->ic, ib);

	forward += forward_at(b, c, o0, i0, 0);
	backward += backward_tile(b, c, o0, i0);
	for (size_t o = 0; o < no; o++) {
		const float *s = w + ((o0 + o) * (size_t)c->ic + i0) * taps;

		for (size_t i = 0; i < ni; i++)
			for (size_t k = 0; k < taps; k++) {
				uint16_t v = bf16_of(*s++);

				forward[k * tile + i / 2 * 2 * BLOCK + o * 2 + i % 2] = v;
				backward[k * tile + o / 2 * 2 * BLOCK + i * 2 + o % 2] = v;
			}
	}
}

static void pack_plain(const struct nn_train *b, const struct nn_train_conv *c, const float *w, uint16_t *forward)
{
	for (size_t o = 0; o < (size_t)c->oc; o++)
		for (size_t i = 0; i < (size_t)c->ic; i++)
			for (size_t k = 0; k < taps_of(c); k++)
				forward[forward_at(b, c, o, i, k)] = bf16_of(*w++);
}

/* For loops and machines in f32. */
static void pack_rounded(const struct nn_train *b, const struct nn_train_conv *c, const float *w, const void *bias,
			 void *packed)
{
	size_t n = (size_t)c->oc * (size_t)(c->ic / c->groups) * taps_of(c);
	float *rounded = xaligned((n + 1) * sizeof *rounded);

	train_vec_best()->round(w, rounded, n);
	train_conv_pack(train_f32_of(b), c, rounded, bias, packed);
	free(rounded);
}

void train_conv_pack_bf16(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
			  void *packed)
{
	uint16_t *forward = packed, *backward = forward + forward_numbers(b, c);

	if (!native(b, c)) {
		pack_rounded(b, c, w, bias, packed);
		return;
	}
	memset(packed, 0, train_packed_bytes_bf16(b, c));
	if (c->plain)
		pack_plain(b, c, w, forward);
	for (int ob = 0; !c->plain && ob < train_blocks(b, c->oc); ob++)
		for (int ib = 0; ib < train_blocks(b, c->ic); ib++)
			pack_tile(b, c, ob, ib, w, forward, backward);
	if (c->bias)
		memcpy((char *)packed + weight_bytes(b, c), bias, (size_t)c->oc * sizeof(float));
}

/* ---- plans */

static size_t x_numbers(const struct nn_train *b, const struct nn_conv_plan *p)
{
	struct nn_batch x = { p->n, p->c.ic, p->ih, p->iw, p->c.plain, NULL };

	return train_numbers(b, &x);
}

static size_t y_numbers(const struct nn_train *b, const struct nn_conv_plan *p)
{
	struct nn_batch y = { p->n, p->c.oc, p->oh, p->ow, false, NULL };

	return train_numbers(b, &y);
}

static size_t dense_numbers(const struct nn_train_conv *c)
{
	return (size_t)c->oc * (size_t)c->ic * taps_of(c);
}

/* Copies in f32: where they lie in the scratch. */
struct copies {
	float *x, *y, *dense, *packed;
	void *rest;
	size_t bytes; /* before rest */
};

static struct copies copies_in(const struct nn_train *b, const struct nn_conv_plan *p, void *scratch)
{
	size_t x = round64(x_numbers(b, p) * sizeof(float)), y = round64(y_numbers(b, p) * sizeof(float));
	size_t dense = 0, packed = 0;
	char *at = scratch;

	if (native(b, &p->c)) {
		dense = round64(dense_numbers(&p->c) * sizeof(float));
		packed = round64(train_packed_bytes(train_f32_of(b), &p->c));
	}
	return (struct copies){
		(float *)(void *)at,	       (float *)(void *)(at + x),
		(float *)(void *)(at + x + y), (float *)(void *)(at + x + y + dense),
		at + x + y + dense + packed,   x + y + dense + packed,
	};
}

static size_t native_scratch(const struct nn_train *b, const struct nn_conv_plan *p)
{
	size_t x = p->c.plain ? round64(x_numbers(b, p) * sizeof(uint16_t)) : 0, need = 0;

	if (p->forward)
		need = x + train_primitive_scratch(p->forward);
	if (p->backward_weights)
		need = larger(need, x + train_primitive_scratch(p->backward_weights));
	if (p->backward_data)
		need = larger(need, p->library_scratch + train_dx_numbers(b, p) * sizeof(uint16_t));
	return need;
}

struct nn_conv_plan *train_conv_plan_bf16(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih,
					  int iw, size_t *scratch)
{
	struct nn_conv_plan *p = train_conv_geometry(c, n, ih, iw);
	char dummy;

	if (native(b, c)) {
		p->forward = train_primitive(b, p, DNNL_API_FORWARD);
		p->backward_weights = train_primitive(b, p, DNNL_API_BACKWARD_WEIGHTS);
		if (!c->plain)
			p->backward_data = train_primitive(b, p, DNNL_API_BACKWARD_DATA);
	}
	p->library_scratch = train_primitive_scratch(p->backward_data);
	*scratch = native_scratch(b, p);
	if (!p->forward || !p->backward_weights || (!c->plain && !p->backward_data)) {
		size_t more;

		p->f32 = train_conv_plan(train_f32_of(b), c, n, ih, iw, &more);
		*scratch = larger(*scratch, copies_in(b, p, &dummy).bytes + more);
	}
	return p;
}

/* ---- running on copies */

/* The packed weights as f32 has them. */
static const void *packed_f32(const struct nn_train *b, const struct nn_conv_plan *p, const struct copies *f,
			      const void *packed)
{
	const struct nn_train_conv *c = &p->c;
	const uint16_t *w = packed;
	float *d = f->dense;

	if (!native(b, c))
		return packed;
	for (size_t o = 0; o < (size_t)c->oc; o++)
		for (size_t i = 0; i < (size_t)c->ic; i++)
			for (size_t k = 0; k < taps_of(c); k++)
				*d++ = bf16_value(w[forward_at(b, c, o, i, k)]);
	train_conv_pack(train_f32_of(b), c, f->dense, (const char *)packed + weight_bytes(b, c), f->packed);
	return f->packed;
}

/* x in f32; a plain one rounded. */
static struct nn_batch copy_x(const struct nn_train *b, const struct nn_batch *x, float *to)
{
	struct nn_batch copy = *x;

	copy.data = to;
	if (x->plain)
		train_vec_best()->round(x->data, to, train_numbers(b, x));
	else
		train_widen(b, x, to);
	return copy;
}

static struct nn_batch copy_y(const struct nn_train *b, const struct nn_batch *y, float *to, bool filled)
{
	struct nn_batch copy = *y;

	copy.data = to;
	if (filled)
		train_widen(b, y, to);
	return copy;
}

/* ---- ops */

/* What the library reads: a plain x as bf16, in the scratch, which then begins after it. */
static const void *native_x(const struct nn_train *b, const struct nn_batch *x, void **scratch)
{
	uint16_t *to = *scratch;
	size_t n = train_numbers(b, x);

	if (!x->plain)
		return x->data;
	train_vec_best()->narrow(x->data, to, n);
	*scratch = (char *)*scratch + round64(n * sizeof *to);
	return to;
}

void train_conv_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
		     const void *packed, const struct nn_batch *y, void *scratch)
{
	train_conv_check(p, x, y);
	if (p->forward) {
		const void *s = native_x(b, x, &scratch);

		dnnl_train_run(p->forward, s, packed, (const char *)packed + weight_bytes(b, &p->c), y->data, scratch);
		return;
	}
	struct copies f = copies_in(b, p, scratch);
	struct nn_batch wx = copy_x(b, x, f.x), wy = copy_y(b, y, f.y, false);
	train_conv(train_f32_of(b), p->f32, &wx, packed_f32(b, p, &f, packed), &wy, f.rest);
	train_narrow(b, f.y, y);
}

/* By loops, in memory of its own: no network asks for it. */
static void plain_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
				const void *packed, const struct nn_batch *dx, bool accumulate)
{
	char dummy;
	void *scratch = xaligned(copies_in(b, p, &dummy).bytes + 64);
	struct copies f = copies_in(b, p, scratch);
	struct nn_batch wy = copy_y(b, dy, f.y, true);

	train_loops_backward_data(train_f32_of(b), p, &wy, packed_f32(b, p, &f, packed), dx, accumulate);
	free(scratch);
}

void train_conv_backward_data_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
				   const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch)
{
	train_conv_check(p, dx, dy);
	if (p->backward_data) {
		const uint16_t *w = (const uint16_t *)packed + forward_numbers(b, &p->c);
		void *sum = (char *)scratch + p->library_scratch;
		bool spreads = train_conv_spreads(&p->c);

		dnnl_train_run(p->backward_data, accumulate || spreads ? sum : dx->data, w, NULL, dy->data, scratch);
		if (spreads)
			train_spread(b, p, sum, dx->data, accumulate);
		else if (accumulate)
			train_vec_best()->add_bf16(sum, dx->data, train_dx_numbers(b, p));
		return;
	}
	if (dx->plain) {
		plain_backward_data(b, p, dy, packed, dx, accumulate);
		return;
	}
	struct copies f = copies_in(b, p, scratch);
	struct nn_batch wy = copy_y(b, dy, f.y, true), wx = copy_y(b, dx, f.x, accumulate);
	train_conv_backward_data(train_f32_of(b), p->f32, &wy, packed_f32(b, p, &f, packed), &wx, accumulate, f.rest);
	train_narrow(b, f.x, dx);
}

void train_conv_backward_weights_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				      const struct nn_batch *dy, void *partial, void *scratch)
{
	float *bias = (float *)partial + train_forward_floats(b, &p->c);

	train_conv_check(p, x, dy);
	if (p->backward_weights) {
		const void *s = native_x(b, x, &scratch);

		dnnl_train_run(p->backward_weights, s, partial, bias, dy->data, scratch);
		return;
	}
	struct copies f = copies_in(b, p, scratch);
	struct nn_batch wx = copy_x(b, x, f.x), wy = copy_y(b, dy, f.y, true);
	train_conv_backward_weights(train_f32_of(b), p->f32, &wx, &wy, partial, f.rest);
}
