/*
 * train_pack.c - weights and their gradients in the order that the convolutions read and write
 *
 * Packed: forward weights, weights for backward data, bias. One group: OIhw{B}i{B}o and dnnl_api.h's order for backward
 * data, both channel counts padded to whole blocks by zeros. A plain input: Ohwi{B}o, which serves both. More groups:
 * PyTorch's order.
 * A partial gradient: forward order, then the bias.
 */
#include <string.h>

#include "common/nn/dnnl_api.h"
#include "common/nn/train_conv.h"

static size_t padded(const struct nn_train *b, int channels)
{
	return (size_t)train_blocks(b, channels) * (size_t)b->block;
}

int train_padded(const struct nn_train *b, const struct nn_train_conv *c, int channels)
{
	return c->groups > 1 ? channels : (int)padded(b, channels);
}

size_t train_forward_floats(const struct nn_train *b, const struct nn_train_conv *c)
{
	size_t taps = (size_t)c->kh * (size_t)c->kw;

	if (c->groups > 1)
		return (size_t)c->oc * (size_t)(c->ic / c->groups) * taps;
	return padded(b, c->oc) * (c->plain ? (size_t)c->ic : padded(b, c->ic)) * taps;
}

size_t train_backward_floats(const struct nn_train *b, const struct nn_train_conv *c)
{
	return c->groups > 1 || c->plain ? 0 : train_forward_floats(b, c);
}

size_t train_weight_at(const struct nn_train *b, const struct nn_train_conv *c, int o, int i, int ky, int kx)
{
	size_t B = (size_t)b->block, so = (size_t)o, si = (size_t)i;
	size_t taps = (size_t)c->kh * (size_t)c->kw, tap = (size_t)ky * (size_t)c->kw + (size_t)kx;

	if (c->groups > 1)
		return (so * (size_t)(c->ic / c->groups) + si) * taps + tap;
	if (c->plain)
		return ((so / B * taps + tap) * (size_t)c->ic + si) * B + so % B;
	return (((so / B) * (size_t)train_blocks(b, c->ic) + si / B) * taps + tap) * B * B + si % B * B + so % B;
}

size_t train_packed_bytes(const struct nn_train *b, const struct nn_train_conv *c)
{
	return (train_forward_floats(b, c) + train_backward_floats(b, c) + padded(b, c->oc)) * sizeof(float);
}

size_t train_partial_bytes(const struct nn_train *b, const struct nn_train_conv *c)
{
	return (train_forward_floats(b, c) + padded(b, c->oc)) * sizeof(float);
}

/*
 * A block of output channels by a block of input channels: B * B * taps numbers in a row, both in PyTorch's order nearby
 * and here, so that a tile passes through the cache once.
 */
struct tile {
	int o, i;		  /* first channels */
	int no, ni;		  /* channels that exist */
	size_t forward, backward; /* where it begins */
};

static struct tile tile_at(const struct nn_train *b, const struct nn_train_conv *c, int ob, int ib)
{
	size_t size = (size_t)(b->block * b->block * c->kh * c->kw);
	int outputs = train_blocks(b, c->oc), inputs = train_blocks(b, c->ic);
	size_t forward = (size_t)(ob * inputs + ib) * size, across = (size_t)(ib * outputs + ob) * size;

	return (struct tile){ ob * b->block,
			      ib * b->block,
			      train_lanes(b, c->oc, ob),
			      train_lanes(b, c->ic, ib),
			      forward,
			      dnnl_train_input_outermost(b->block, c->kh, c->kw) ? across : forward };
}

static void pack_tile(const struct nn_train *b, const struct nn_train_conv *c, const struct tile *t, const float *w,
		      float *forward, float *backward)
{
	size_t B = (size_t)b->block, taps = (size_t)(c->kh * c->kw);

	for (int o = 0; o < t->no; o++) {
		const float *s = w + ((size_t)(t->o + o) * (size_t)c->ic + (size_t)t->i) * taps;
		float *f = forward + t->forward + o, *g = backward + t->backward + (size_t)o * B;

		for (size_t i = 0; i < (size_t)t->ni; i++)
			for (size_t k = 0; k < taps; k++, s++) {
				f[k * B * B + i * B] = *s;
				g[k * B * B + i] = *s;
			}
	}
}

void train_conv_pack(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
		     void *packed)
{
	float *forward = packed, *backward = forward + train_forward_floats(b, c);
	float *pbias = backward + train_backward_floats(b, c);
	bool tiled = train_backward_floats(b, c) > 0;
	const float *s = w;

	memset(packed, 0, train_packed_bytes(b, c));
	for (int ob = 0; tiled && ob < train_blocks(b, c->oc); ob++)
		for (int ib = 0; ib < train_blocks(b, c->ic); ib++) {
			struct tile t = tile_at(b, c, ob, ib);

			pack_tile(b, c, &t, w, forward, backward);
		}
	for (int o = 0; !tiled && o < c->oc; o++)
		for (int i = 0; i < c->ic / c->groups; i++)
			for (int ky = 0; ky < c->kh; ky++)
				for (int kx = 0; kx < c->kw; kx++)
					forward[train_weight_at(b, c, o, i, ky, kx)] = *s++;
	if (c->bias)
		memcpy(pbias, bias, (size_t)c->oc * sizeof *pbias);
}

static void add_tile(const struct nn_train *b, const struct nn_train_conv *c, const struct tile *t,
		     const float *partial, float *dw)
{
	size_t B = (size_t)b->block, taps = (size_t)(c->kh * c->kw);

	for (int o = 0; o < t->no; o++) {
		float *d = dw + ((size_t)(t->o + o) * (size_t)c->ic + (size_t)t->i) * taps;
		const float *p = partial + t->forward + o;

		for (size_t i = 0; i < (size_t)t->ni; i++)
			for (size_t k = 0; k < taps; k++)
				*d++ += p[k * B * B + i * B];
	}
}

static void add_plainly(const struct nn_train *b, const struct nn_train_conv *c, const float *partial, int first,
			int last, float *dw)
{
	size_t row = (size_t)(c->ic / c->groups) * (size_t)(c->kh * c->kw);

	dw += (size_t)first * row;
	for (int o = first; o < last; o++)
		for (int i = 0; i < c->ic / c->groups; i++)
			for (int ky = 0; ky < c->kh; ky++)
				for (int kx = 0; kx < c->kw; kx++)
					*dw++ += partial[train_weight_at(b, c, o, i, ky, kx)];
}

void train_add_partials(const struct nn_train *b, const struct nn_train_conv *c, const void *const *partial, int slices,
			int piece, int pieces, void *dw, void *db)
{
	bool tiled = train_backward_floats(b, c) > 0;
	int blocks = train_blocks(b, c->oc), from = blocks * piece / pieces, to = blocks * (piece + 1) / pieces;
	int first = from * b->block, last = to * b->block < c->oc ? to * b->block : c->oc;
	float *dbias = db;

	for (int ob = from; tiled && ob < to; ob++)
		for (int ib = 0; ib < train_blocks(b, c->ic); ib++) {
			struct tile t = tile_at(b, c, ob, ib);

			for (int s = 0; s < slices; s++)
				add_tile(b, c, &t, partial[s], dw);
		}
	for (int s = 0; s < slices; s++) {
		const float *bias = (const float *)partial[s] + train_forward_floats(b, c);

		if (!tiled)
			add_plainly(b, c, partial[s], first, last, dw);
		for (int o = first; c->bias && o < last; o++)
			dbias[o] += bias[o];
	}
}
