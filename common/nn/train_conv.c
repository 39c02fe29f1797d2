/*
 * train_conv.c - convolutions in training: oneDNN's where it has a compiled one, loops otherwise
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/train_conv.h"
#include "common/nn/train_vec.h"

/*
 * A 1x1 convolution with a stride reads every stride-th pixel: its gradient is that of stride 1 on the small map, spread
 * out. oneDNN has no compiled kernel of its own for some sizes of it.
 */
bool train_conv_spreads(const struct nn_train_conv *c)
{
	return c->kh == 1 && c->kw == 1 && c->stride > 1 && c->pad == 0 && !c->plain;
}

struct dnnl_train *train_primitive(const struct nn_train *b, const struct nn_conv_plan *p, int kind)
{
	const struct nn_train_conv *c = &p->c;
	struct dnnl_train_desc d = {
		.kind = (enum dnnl_api_kind)kind,
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
		.bf16 = train_is_bf16(b),
	};

	/* oneDNN 2.6's is wrong for maps one pixel wide with a stride. */
	if (d.bf16 && kind == DNNL_API_BACKWARD_WEIGHTS && p->iw < c->stride)
		return NULL;
	if (kind == DNNL_API_BACKWARD_DATA && train_conv_spreads(c)) {
		d.stride = 1;
		d.ih = p->oh;
		d.iw = p->ow;
	}
	return dnnl_train_new(&d);
}

size_t train_primitive_scratch(const struct dnnl_train *t)
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

size_t train_dx_numbers(const struct nn_train *b, const struct nn_conv_plan *p)
{
	size_t pixels = train_conv_spreads(&p->c) ? (size_t)p->oh * (size_t)p->ow : (size_t)p->ih * (size_t)p->iw;

	return (size_t)p->n * (size_t)train_padded(b, &p->c, p->c.ic) * pixels;
}

void train_spread(const struct nn_train *b, const struct nn_conv_plan *p, const void *src, void *dx, bool accumulate)
{
	size_t pixel = (size_t)b->block * b->elem, row = (size_t)p->iw * pixel, plane = (size_t)p->ih * row;
	size_t planes = train_dx_numbers(b, p) / ((size_t)p->oh * (size_t)p->ow * (size_t)b->block);
	size_t n = (size_t)b->block, stride = (size_t)p->c.stride;
	const struct train_vec *vec = train_vec_best();
	const char *s = src;

	if (!accumulate)
		memset(dx, 0, planes * plane);
	for (size_t m = 0; m < planes; m++)
		for (size_t y = 0; y < (size_t)p->oh; y++) {
			char *d = (char *)dx + m * plane + y * stride * row;

			for (int x = 0; x < p->ow; x++, d += stride * pixel, s += pixel)
				if (!accumulate)
					memcpy(d, s, pixel);
				else if (train_is_bf16(b))
					vec->add_bf16((const void *)s, (void *)d, n);
				else
					vec->add((const void *)s, (void *)d, n);
		}
}

struct nn_conv_plan *train_conv_geometry(const struct nn_train_conv *c, int n, int ih, int iw)
{
	struct nn_conv_plan *p = xcalloc(1, sizeof *p);

	*p = (struct nn_conv_plan){ .c = *c, .n = n, .ih = ih, .iw = iw };
	p->oh = nn_train_conv_out(ih, c->kh, c);
	p->ow = nn_train_conv_out(iw, c->kw, c);
	check_geometry(p);
	return p;
}

struct nn_conv_plan *train_conv_plan(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih, int iw,
				     size_t *scratch)
{
	struct nn_conv_plan *p = train_conv_geometry(c, n, ih, iw);
	size_t need = 0;

	if (c->groups == 1) {
		p->forward = train_primitive(b, p, DNNL_API_FORWARD);
		p->backward_weights = train_primitive(b, p, DNNL_API_BACKWARD_WEIGHTS);
		if (!c->plain)
			p->backward_data = train_primitive(b, p, DNNL_API_BACKWARD_DATA);
	}
	p->library_scratch = train_primitive_scratch(p->backward_data);
	/* oneDNN overwrites dx: to accumulate or to spread, it writes behind its own scratch. */
	if (p->backward_data)
		need = p->library_scratch + train_dx_numbers(b, p) * sizeof(float);
	*scratch = larger(need,
			  larger(train_primitive_scratch(p->forward), train_primitive_scratch(p->backward_weights)));
	return p;
}

void train_conv_plan_free(struct nn_conv_plan *p)
{
	if (!p)
		return;
	dnnl_train_free(p->forward);
	dnnl_train_free(p->backward_data);
	dnnl_train_free(p->backward_weights);
	train_conv_plan_free(p->f32);
	free(p);
}

void train_conv_check(const struct nn_conv_plan *p, const struct nn_batch *x, const struct nn_batch *y)
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

	train_conv_check(p, x, y);
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

	train_conv_check(p, dx, dy);
	if (!p->backward_data) {
		train_loops_backward_data(b, p, dy, packed, dx, accumulate);
		return;
	}
	dnnl_train_run(p->backward_data, accumulate || train_conv_spreads(&p->c) ? sum : d, w, NULL, dy->data, scratch);
	if (train_conv_spreads(&p->c))
		train_spread(b, p, sum, d, accumulate);
	else if (accumulate)
		train_vec_best()->add(sum, d, train_dx_numbers(b, p));
}

void train_conv_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				 const struct nn_batch *dy, void *partial, void *scratch)
{
	float *bias = (float *)partial + train_forward_floats(b, &p->c);

	train_conv_check(p, x, dy);
	if (p->backward_weights)
		dnnl_train_run(p->backward_weights, x->data, partial, bias, dy->data, scratch);
	else
		train_loops_backward_weights(b, p, x, dy, partial);
}
