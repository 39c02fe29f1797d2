/*
 * train_pack.c - weights and their gradients in the order that the convolutions read and write
 *
 * Packed: forward weights, weights for backward data, bias. One group: OIhw{B}i{B}o and OIhw{B}o{B}i with both channel
 * counts padded to whole blocks by zeros; with a plain input Ohwi{B}o, which serves both. More groups: PyTorch's order.
 * A partial gradient: forward order, then the bias.
 */
#include <string.h>

#include "common/nn/train_internal.h"

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

/* The same place with the two channels inside a block changed over. */
static size_t backward_at(const struct nn_train *b, size_t at)
{
	size_t B = (size_t)b->block, in = at % (B * B);

	return at - in + in % B * B + in / B;
}

void train_conv_pack(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
		     void *packed)
{
	float *forward = packed, *backward = forward + train_forward_floats(b, c);
	float *pbias = backward + train_backward_floats(b, c);
	bool both = train_backward_floats(b, c) > 0;
	const float *s = w;

	memset(packed, 0, train_packed_bytes(b, c));
	for (int o = 0; o < c->oc; o++)
		for (int i = 0; i < c->ic / c->groups; i++)
			for (int ky = 0; ky < c->kh; ky++)
				for (int kx = 0; kx < c->kw; kx++, s++) {
					size_t at = train_weight_at(b, c, o, i, ky, kx);

					forward[at] = *s;
					if (both)
						backward[backward_at(b, at)] = *s;
				}
	if (c->bias)
		memcpy(pbias, bias, (size_t)c->oc * sizeof *pbias);
}

static float summed(const void *const *partial, int slices, size_t at, float sum)
{
	for (int s = 0; s < slices; s++)
		sum += ((const float *)partial[s])[at];
	return sum;
}

void train_add_partials(const struct nn_train *b, const struct nn_train_conv *c, const void *const *partial, int slices,
			void *dw, void *db)
{
	size_t bias = train_forward_floats(b, c);
	float *d = dw, *dbias = db;

	for (int o = 0; o < c->oc; o++)
		for (int i = 0; i < c->ic / c->groups; i++)
			for (int ky = 0; ky < c->kh; ky++)
				for (int kx = 0; kx < c->kw; kx++, d++)
					*d = summed(partial, slices, train_weight_at(b, c, o, i, ky, kx), *d);
	for (int o = 0; c->bias && o < c->oc; o++)
		dbias[o] = summed(partial, slices, bias + (size_t)o, dbias[o]);
}
