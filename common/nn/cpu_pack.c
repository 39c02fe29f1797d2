/*
 * cpu_pack.c - who computes a convolution, frl's kernels or oneDNN, and its weights in their form
 */
#include "common/nn/cpu_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"

enum {
	PROBE_SIDE = 28, /* a size to ask oneDNN about, before any picture is known */
	WIDE = 256,
};

struct kern_conv cpu_kern_geometry(const struct nn_conv *c)
{
	return (struct kern_conv){
		.ic = c->ic,
		.oc = c->oc,
		.kh = c->kh,
		.kw = c->kw,
		.stride = c->stride,
		.pad = c->pad,
		.depthwise = c->groups > 1,
		.dtype = c->dtype == NN_BF16 ? KERN_BF16 : KERN_F32,
		.algo = KERN_AUTO,
	};
}

static bool uniform(const float *slope, int n)
{
	for (int i = 1; slope && i < n; i++)
		if (slope[i] != slope[0])
			return false;
	return true;
}

struct dnnl_conv_desc cpu_dnnl_geometry(const struct kern *k, const struct nn_conv *c, float slope, int ih, int iw,
					bool residual)
{
	return (struct dnnl_conv_desc){
		.ic = c->ic,
		.oc = c->oc,
		.kh = c->kh,
		.kw = c->kw,
		.stride = c->stride,
		.pad = c->pad,
		.ih = ih,
		.iw = iw,
		.oh = nn_conv_out(ih, c->kh, c->stride, c->pad),
		.ow = nn_conv_out(iw, c->kw, c->stride, c->pad),
		.block = k->block,
		.residual = residual,
		.slope = slope,
	};
}

/*
 * Wide f32 1x1 convolutions with one activation go to oneDNN, whose generated code is a matrix product as good as ours and
 * needs no packing of its own kind; 3x3 ones are ours, by Winograd. On a machine without our vector kernels every
 * convolution that oneDNN can do is its.
 */
static bool choose_dnnl(const struct kern *k, const struct nn_conv *c, const float *slope)
{
	if (c->paired || c->dtype != NN_F32 || c->groups != 1 || c->ic % k->block || c->oc % k->block ||
	    !uniform(slope, c->oc))
		return false;
	return strcmp(k->name, "generic") == 0 || (c->kh == 1 && c->kw == 1 && c->ic >= WIDE && c->oc >= WIDE);
}

static float *dnnl_pack(const struct kern *k, const struct nn_conv *c, const float *w)
{
	size_t b = (size_t)k->block, taps = (size_t)c->kh * (size_t)c->kw, ic = (size_t)c->ic;
	float *p = xaligned((size_t)c->oc * ic * taps * sizeof *p), *q = p;

	for (size_t o = 0; o < (size_t)c->oc; o += b)
		for (size_t i = 0; i < ic; i += b)
			for (size_t t = 0; t < taps; t++)
				for (size_t ii = i; ii < i + b; ii++)
					for (size_t oo = o; oo < o + b; oo++)
						*q++ = w[(oo * ic + ii) * taps + t];
	return p;
}

static float *dnnl_unpack(const struct kern *k, const struct nn_conv *c, const float *packed)
{
	size_t b = (size_t)k->block, taps = (size_t)c->kh * (size_t)c->kw, ic = (size_t)c->ic;
	float *w = xaligned((size_t)c->oc * ic * taps * sizeof *w);

	for (size_t o = 0; o < (size_t)c->oc; o += b)
		for (size_t i = 0; i < ic; i += b)
			for (size_t t = 0; t < taps; t++)
				for (size_t ii = i; ii < i + b; ii++)
					for (size_t oo = o; oo < o + b; oo++)
						w[(oo * ic + ii) * taps + t] = *packed++;
	return w;
}

static void *kern_pack_new(const struct kern *k, const struct kern_conv *c, const float *w, const float *bias,
			   const float *slope)
{
	void *p = xaligned(kern_pack_size(k, c));

	kern_pack(k, c, w, bias, slope, p);
	return p;
}

struct nn_packed *cpu_pack(const struct kern *k, const struct nn_conv *c, const float *w, const float *bias,
			   const float *slope)
{
	struct nn_packed *p = xcalloc(1, sizeof *p);
	struct dnnl_conv *probe = NULL;

	p->geom = *c;
	p->kern = cpu_kern_geometry(c);
	p->slope = slope ? slope[0] : 1;
	if (choose_dnnl(k, c, slope)) {
		struct dnnl_conv_desc d = cpu_dnnl_geometry(k, c, p->slope, PROBE_SIDE, PROBE_SIDE, false);

		probe = dnnl_conv_new(&d);
	}
	if (probe) {
		dnnl_conv_free(probe);
		p->dnnl_weights = dnnl_pack(k, c, w);
		p->bias = xaligned((size_t)c->oc * sizeof *p->bias);
		for (int i = 0; i < c->oc; i++)
			p->bias[i] = bias ? bias[i] : 0;
	} else {
		p->kern_weights = kern_pack_new(k, &p->kern, w, bias, slope);
	}
	return p;
}

struct nn_packed *cpu_pack_first(const struct kern *k, const struct nn_conv *c, bool swap, const float *w,
				 const float *bias, const float *slope)
{
	struct nn_packed *p = xcalloc(1, sizeof *p);

	p->geom = *c;
	p->kern = cpu_kern_geometry(c);
	p->kern_weights = xaligned(kern_first_pack_size(k, &p->kern));
	kern_first_pack(k, &p->kern, swap, w, bias, slope, p->kern_weights);
	return p;
}

void cpu_packed_free(struct nn_packed *p)
{
	if (!p)
		return;
	free(p->kern_weights);
	free(p->dnnl_weights);
	free(p->bias);
	free(p);
}

/* oneDNN took the layer but not this input size: our kernels compute it from the same weights. */
void *cpu_pack_for_shape(const struct kern *k, const struct nn_packed *p)
{
	float *w = dnnl_unpack(k, &p->geom, p->dnnl_weights), *slope = xaligned((size_t)p->geom.oc * sizeof *slope);
	void *packed;

	for (int i = 0; i < p->geom.oc; i++)
		slope[i] = p->slope;
	packed = kern_pack_new(k, &p->kern, w, p->bias, slope);
	free(slope);
	free(w);
	return packed;
}
