/* kern_pack.c - weights from PyTorch's order into the kernels' (kern_priv.h says which), and activations in and out */
#include "common/err.h"
#include "common/nn/kern/kern_priv.h"

/* Bytes of the weights of one block of output channels. */
static size_t block_weights(const struct kern_ops *o, const struct kern_conv *c)
{
	size_t b = (size_t)o->block, taps = (size_t)(c->kh * c->kw), icb = (size_t)div_up(c->ic, o->block);

	if (c->depthwise)
		return taps * b * sizeof(float);
	if (c->algo == KERN_WINOGRAD)
		return WINO_POINTS * icb * b * b * sizeof(float);
	return taps * icb * b * b * (o->bf16 ? sizeof(uint16_t) : sizeof(float));
}

size_t kern_pack_size(const struct kern *k, const struct kern_conv *conv)
{
	struct kern_conv c;
	const struct kern_ops *o = kern_resolve(k, conv, &c);
	int ocb = div_up(c.oc, o->block);

	return packed_head(ocb * o->block) + align_up((size_t)ocb * block_weights(o, &c));
}

/* Everything but the weights; returns where those go. */
static void *pack_head(const struct kern_ops *o, const struct kern_conv *c, int ic_blocks, const float *bias,
		       const float *slope, void *p)
{
	struct packed *head = p;
	int ocb = div_up(c->oc, o->block), n = ocb * o->block;
	float *v = (float *)((char *)p + sizeof(*head));

	memset(p, 0, packed_head(n));
	head->algo = (int32_t)c->algo;
	head->oc_blocks = ocb;
	head->ic_blocks = ic_blocks;
	for (int i = 0; i < c->oc; i++) {
		v[i] = bias ? bias[i] : 0;
		v[n + i] = slope ? slope[i] : 1;
		if (!(v[n + i] >= 0 && v[n + i] <= 1))
			BUG("slope %g is not in [0, 1]", (double)v[n + i]);
	}
	return (char *)p + packed_head(n);
}

/* G g G' for one 3x3 filter: six points in each direction. */
static void winograd_filter(const float *g, float u[WINO_POINTS])
{
	static const double G[WINO_IN][3] = {
		{ 1. / 4, 0, 0 },
		{ -1. / 6, -1. / 6, -1. / 6 },
		{ -1. / 6, 1. / 6, -1. / 6 },
		{ 1. / 24, 1. / 12, 1. / 6 },
		{ 1. / 24, -1. / 12, 1. / 6 },
		{ 0, 0, 1 },
	};

	for (int y = 0; y < WINO_IN; y++)
		for (int x = 0; x < WINO_IN; x++) {
			double sum = 0;

			for (int i = 0; i < 9; i++)
				sum += G[y][i / 3] * G[x][i % 3] * (double)g[i];
			u[y * WINO_IN + x] = (float)sum;
		}
}

static void pack_winograd(int b, const struct kern_conv *c, const float *w, float *dst)
{
	int icb = div_up(c->ic, b);

	for (int o = 0; o < c->oc; o++)
		for (int i = 0; i < c->ic; i++) {
			float g[9], u[WINO_POINTS];

			for (int t = 0; t < 9; t++)
				g[t] = c->dtype == KERN_BF16 ? bf16_round(*w++) : *w++;
			winograd_filter(g, u);
			for (int f = 0; f < WINO_POINTS; f++)
				dst[((((ptrdiff_t)(o / b) * WINO_POINTS + f) * icb + i / b) * b + i % b) * b + o % b] =
					u[f];
		}
}

static void pack_direct(int b, int pairs, const struct kern_conv *c, const float *w, void *dst)
{
	int icb = div_up(c->ic, b), taps = c->kh * c->kw;

	for (int o = 0; o < c->oc; o++)
		for (int i = 0; i < c->ic; i++)
			for (int t = 0; t < taps; t++, w++) {
				ptrdiff_t m = (((ptrdiff_t)(o / b) * icb + i / b) * taps + t) * b * b;

				if (pairs)
					((uint16_t *)dst)[m + i % b / 2 * 2 * b + o % b * 2 + i % 2] = bf16_of(*w);
				else
					((float *)dst)[m + i % b * b + o % b] = c->dtype == KERN_BF16 ? bf16_round(*w)
												      : *w;
			}
}

void kern_pack(const struct kern *k, const struct kern_conv *conv, const float *w, const float *bias,
	       const float *slope, void *p)
{
	struct kern_conv c;
	const struct kern_ops *o = kern_resolve(k, conv, &c);
	int b = o->block, taps = c.kh * c.kw;
	float *dst = pack_head(o, &c, div_up(c.ic, b), bias, slope, p);

	memset(dst, 0, (size_t)div_up(c.oc, b) * block_weights(o, &c));
	if (c.depthwise) {
		for (int i = 0; i < c.ic * taps; i++)
			dst[(i / taps / b * taps + i % taps) * b + i / taps % b] = c.dtype == KERN_BF16
											   ? bf16_round(w[i])
											   : w[i];
	} else if (c.algo == KERN_WINOGRAD) {
		pack_winograd(b, &c, w, dst);
	} else {
		pack_direct(b, o->bf16, &c, w, dst);
	}
}

size_t kern_first_pack_size(const struct kern *k, const struct kern_conv *c)
{
	int ocb = div_up(c->oc, k->block);

	return packed_head(ocb * k->block) + align_up((size_t)(ocb * k->block * c->kh * c->kw * 3) * sizeof(float));
}

void kern_first_pack(const struct kern *k, const struct kern_conv *conv, int swap, const float *w, const float *bias,
		     const float *slope, void *p)
{
	struct kern_conv c;
	const struct kern_ops *o = kern_resolve(k, conv, &c);
	int b = o->block, taps = c.kh * c.kw;
	float *dst = pack_head(o, &c, 1, bias, slope, p);

	memset(dst, 0, (size_t)(div_up(c.oc, b) * b * taps * 3) * sizeof(*dst));
	for (int i = 0; i < c.oc; i++)
		for (int ch = 0; ch < 3; ch++)
			for (int t = 0; t < taps; t++, w++)
				dst[((i / b * taps + t) * 3 + (swap ? 2 - ch : ch)) * b + i % b] =
					c.dtype == KERN_BF16 ? bf16_round(*w) : *w;
}

void kern_from_nchw(const struct kern *k, enum kern_dtype dt, int channels, int h, int w, const float *src,
		    void *const *dst)
{
	ptrdiff_t plane = (ptrdiff_t)h * w;
	int b = k->block;

	for (int c = 0; c < div_up(channels, b) * b; c++)
		for (ptrdiff_t i = 0; i < plane; i++) {
			float v = c < channels ? src[c * plane + i] : 0;

			if (dt == KERN_BF16 && k->fast_bf16)
				((uint16_t *)dst[c / b])[i * b + c % b] = bf16_of(v);
			else
				((float *)dst[c / b])[i * b + c % b] = dt == KERN_BF16 ? bf16_round(v) : v;
		}
}

void kern_to_nhwc(const struct kern *k, enum kern_dtype dt, int channels, int h, int w, const void *const *src,
		  float *dst)
{
	int b = k->block, two = dt == KERN_BF16 && k->fast_bf16;

	for (ptrdiff_t i = 0; i < (ptrdiff_t)h * w; i++)
		for (int c = 0; c < channels; c += b) {
			int n = channels - c < b ? channels - c : b;

			if (two)
				for (int l = 0; l < n; l++)
					dst[l] = bf16_to(((const uint16_t *)src[c / b])[i * b + l]);
			else
				memcpy(dst, (const float *)src[c / b] + i * b, (size_t)n * sizeof(*dst));
			dst += n;
		}
}
