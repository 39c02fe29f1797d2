/*
 * train_conv.c - convolutions in training: oneDNN's where it has a compiled one, loops otherwise
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/train_internal.h"

/*
 * A 1x1 convolution with a stride reads every stride-th pixel: its gradient is that of stride 1 on the small map, spread
 * out. oneDNN has no compiled kernel of its own for some sizes of it.
 */
static bool spreads(const struct nn_train_conv *c)
{
	return c->kh == 1 && c->kw == 1 && c->stride > 1 && c->pad == 0 && !c->plain;
}

static struct dnnl_train *primitive(const struct nn_train *b, const struct nn_conv_plan *p, enum dnnl_api_kind kind)
{
	const struct nn_train_conv *c = &p->c;
	struct dnnl_train_desc d = {
		.kind = kind,
		.n = p->n,
		.ic = c->plain ? c->ic : train_padded(b, c, c->ic),
		.oc = train_padded(b, c, c->oc),
		.kh = c->kh,
		.kw = c->kw,
		.stride = c->stride,
		.pad = c->pad,
		.dilation = c->dilation,
		.ih = p->ih,
		.iw = p->iw,
		.oh = p->oh,
		.ow = p->ow,
		.block = b->block,
		.plain = c->plain,
		.bias = c->bias,
	};

	if (kind == DNNL_API_BACKWARD_DATA && spreads(c)) {
		d.stride = 1;
		d.ih = p->oh;
		d.iw = p->ow;
	}
	return dnnl_train_new(&d);
}

static size_t scratch_of(const struct dnnl_train *t)
{
	return t ? (dnnl_train_scratch(t) + 63) / 64 * 64 : 0;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void check_geometry(const struct nn_conv_plan *p)
{
	const struct nn_train_conv *c = &p->c;

	if (p->n < 1 || p->oh < 1 || p->ow < 1 || c->groups < 1 || c->ic % c->groups || c->oc % c->groups ||
	    c->dilation < 1 || c->stride < 1)
		BUG("convolution %d->%d, %dx%d, stride %d, dilation %d, %d groups on %dx%dx%d", c->ic, c->oc, c->kh,
		    c->kw, c->stride, c->dilation, c->groups, p->n, p->ih, p->iw);
}

/* What the primitive for backward data writes. */
static size_t dx_floats(const struct nn_train *b, const struct nn_conv_plan *p)
{
	size_t pixels = spreads(&p->c) ? (size_t)p->oh * (size_t)p->ow : (size_t)p->ih * (size_t)p->iw;

	return (size_t)p->n * (size_t)train_padded(b, &p->c, p->c.ic) * pixels;
}

/* dx [.., ih, iw, block] from src [.., oh, ow, block]. */
static void spread(const struct nn_train *b, const struct nn_conv_plan *p, const float *src, float *dx, bool accumulate)
{
	size_t row = (size_t)p->iw * (size_t)b->block, maps = dx_floats(b, p) / ((size_t)p->oh * (size_t)p->ow);
	int block = b->block, stride = p->c.stride;

	maps /= (size_t)block;
	if (!accumulate)
		memset(dx, 0, maps * row * (size_t)p->ih * sizeof *dx);
	for (size_t m = 0; m < maps; m++, dx += row * (size_t)p->ih)
		for (int y = 0; y < p->oh; y++) {
			float *d = dx + (size_t)(y * stride) * row;

			for (int x = 0; x < p->ow; x++, d += block * stride, src += block)
				for (int i = 0; i < block; i++)
					d[i] += src[i];
		}
}

struct nn_conv_plan *train_conv_plan(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih, int iw,
				     size_t *scratch)
{
	struct nn_conv_plan *p = xcalloc(1, sizeof *p);
	size_t need = 0;

	p->c = *c;
	p->n = n;
	p->ih = ih;
	p->iw = iw;
	p->oh = nn_train_conv_out(ih, c->kh, c);
	p->ow = nn_train_conv_out(iw, c->kw, c);
	check_geometry(p);
	if (c->groups == 1) {
		p->forward = primitive(b, p, DNNL_API_FORWARD);
		p->backward_weights = primitive(b, p, DNNL_API_BACKWARD_WEIGHTS);
		if (!c->plain)
			p->backward_data = primitive(b, p, DNNL_API_BACKWARD_DATA);
	}
	p->library_scratch = scratch_of(p->backward_data);
	/* oneDNN overwrites dx: to accumulate or to spread, it writes behind its own scratch. */
	if (p->backward_data)
		need = p->library_scratch + dx_floats(b, p) * sizeof(float);
	*scratch = larger(need, larger(scratch_of(p->forward), scratch_of(p->backward_weights)));
	return p;
}

void train_conv_plan_free(struct nn_conv_plan *p)
{
	if (!p)
		return;
	dnnl_train_free(p->forward);
	dnnl_train_free(p->backward_data);
	dnnl_train_free(p->backward_weights);
	free(p);
}

static void check_values(const struct nn_conv_plan *p, const struct nn_batch *x, const struct nn_batch *y)
{
	struct nn_batch want_x = { p->n, p->c.ic, p->ih, p->iw, p->c.plain, NULL };
	struct nn_batch want_y = { p->n, p->c.oc, p->oh, p->ow, false, NULL };

	train_same_shape(x, &want_x, "convolution's input");
	train_same_shape(y, &want_y, "convolution's output");
}

void train_conv(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x, const void *packed,
		const struct nn_batch *y, void *scratch)
{
	const float *w = packed, *bias = w + train_forward_floats(b, &p->c) + train_backward_floats(b, &p->c);

	check_values(p, x, y);
	if (p->forward)
		dnnl_train_run(p->forward, x->data, w, bias, y->data, scratch);
	else
		train_loops_forward(b, p, x, packed, y);
}

void train_conv_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			      const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch)
{
	const float *w = (const float *)packed + train_forward_floats(b, &p->c);
	float *d = dx->data, *sum = (float *)scratch + p->library_scratch / sizeof(float);

	check_values(p, dx, dy);
	if (!p->backward_data) {
		train_loops_backward_data(b, p, dy, packed, dx, accumulate);
		return;
	}
	dnnl_train_run(p->backward_data, accumulate || spreads(&p->c) ? sum : d, w, NULL, dy->data, scratch);
	if (spreads(&p->c))
		spread(b, p, sum, d, accumulate);
	else if (accumulate)
		for (size_t i = 0, n = dx_floats(b, p); i < n; i++)
			d[i] += sum[i];
}

void train_conv_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				 const struct nn_batch *dy, void *partial, void *scratch)
{
	float *bias = (float *)partial + train_forward_floats(b, &p->c);

	check_values(p, x, dy);
	if (p->backward_weights)
		dnnl_train_run(p->backward_weights, x->data, partial, bias, dy->data, scratch);
	else
		train_loops_backward_weights(b, p, x, dy, partial);
}
