/*
 * cpu.c - the CPU backend: frl's own kernels (kern/), and oneDNN where that is faster
 *
 * Both read and write the same blocked layout, so each convolution is given to whichever does it best: own kernels for
 * 3x3 and depthwise layers, for narrow ones and for bf16, oneDNN for wide 1x1 layers in f32 (cpu_pack.c).
 */
#include "common/nn/backend.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/cpu_internal.h"

enum { MAX_BLOCKS = KERN_MAX_CHANNELS / 8 };

static const struct kern *kern;

static enum kern_dtype kern_type(enum nn_dtype t)
{
	return t == NN_BF16 ? KERN_BF16 : KERN_F32;
}

/* ---- values */

static size_t cpu_value_bytes(const struct nn_backend *b, enum nn_dtype dtype, int c, int h, int w)
{
	(void)b;
	return ((size_t)kern_blocks(kern, c) * kern_block_bytes(kern, kern_type(dtype), h, w) + 63) / 64 * 64;
}

static struct nn_value cpu_slice(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *v, int c0,
				 int c)
{
	if (c0 % b->block || c0 + c > v->c)
		BUG("slice %d+%d of %d channels", c0, c, v->c);
	return (struct nn_value){ c, v->h, v->w,
				  (char *)v->data + (size_t)(c0 / b->block) *
							    kern_block_bytes(kern, kern_type(dtype), v->h, v->w) };
}

/* Appends the pointers to v's blocks at p; returns the end. */
static void **block_pointers(const struct nn_value *v, enum kern_dtype dtype, void **p, void *const *end)
{
	size_t step = kern_block_bytes(kern, dtype, v->h, v->w);
	int n = kern_blocks(kern, v->c);

	if (end - p < n)
		BUG("more than %d channel blocks", MAX_BLOCKS);
	for (int i = 0; i < n; i++)
		*p++ = (char *)v->data + (size_t)i * step;
	return p;
}

/* ---- convolutions */

static struct nn_packed *cpu_conv_pack(const struct nn_backend *b, const struct nn_conv *c, const float *w,
				       const float *bias, const float *slope)
{
	(void)b;
	return cpu_pack(kern, c, w, bias, slope);
}

static struct nn_bound *cpu_conv_bind(const struct nn_backend *b, const struct nn_packed *p, int ih, int iw, bool res,
				      bool up, int ny, size_t *scratch)
{
	struct nn_bound *bound = xcalloc(1, sizeof *bound);

	(void)b;
	(void)up;
	bound->packed = p;
	bound->ih = ih;
	bound->iw = iw;
	bound->oh = nn_conv_out(ih, p->geom.kh, p->geom.stride, p->geom.pad);
	bound->ow = nn_conv_out(iw, p->geom.kw, p->geom.stride, p->geom.pad);
	bound->bytes = sizeof *bound;
	if (p->dnnl_weights && ny == 1) {
		struct dnnl_conv_desc d = cpu_dnnl_geometry(kern, &p->geom, p->slope, ih, iw, res);

		bound->dnnl = dnnl_conv_new(&d);
	}
	if (bound->dnnl) {
		*scratch = dnnl_conv_scratch(bound->dnnl);
		bound->bytes += 64 << 10; /* a generated kernel with its descriptors, measured on oneDNN 2.6 */
		return bound;
	}
	if (!p->kern_weights) {
		bound->own_weights = cpu_pack_for_shape(kern, p);
		bound->bytes += kern_pack_size(kern, &p->kern);
	}
	*scratch = kern_conv_scratch(kern, &p->kern, iw);
	return bound;
}

static void cpu_bound_free(struct nn_bound *bound)
{
	if (!bound)
		return;
	dnnl_conv_free(bound->dnnl);
	free(bound->own_weights);
	free(bound);
}

static size_t cpu_bound_bytes(const struct nn_bound *bound)
{
	return bound->bytes;
}

/* y += up, read at the nearest position as PyTorch's interpolate does. f32 only. */
static void add_nearest(const struct nn_value *y, const struct nn_value *up)
{
	size_t block = (size_t)kern->block, ystep = kern_block_bytes(kern, KERN_F32, y->h, y->w) / sizeof(float);
	size_t ustep = kern_block_bytes(kern, KERN_F32, up->h, up->w) / sizeof(float);

	for (int n = 0; n < kern_blocks(kern, y->c); n++) {
		float *dst = (float *)y->data + (size_t)n * ystep;
		const float *src = (const float *)up->data + (size_t)n * ustep;

		for (int i = 0; i < y->h; i++)
			for (int j = 0; j < y->w; j++, dst += block) {
				int ui = (int)((int64_t)i * up->h / y->h), uj = (int)((int64_t)j * up->w / y->w);
				const float *s = src + ((size_t)ui * (size_t)up->w + (size_t)uj) * block;

				for (size_t k = 0; k < block; k++)
					dst[k] += s[k];
			}
	}
}

static void conv_dnnl(const struct nn_bound *bound, const struct nn_conv_args *a, void *scratch)
{
	const struct nn_packed *p = bound->packed;

	if (a->res && a->res->data != a->y->data)
		memcpy(a->y->data, a->res->data,
		       (size_t)kern_blocks(kern, a->y->c) * kern_block_bytes(kern, KERN_F32, a->y->h, a->y->w));
	dnnl_conv_run(bound->dnnl, a->x->data, p->dnnl_weights, p->bias, a->y->data, scratch);
	if (a->up)
		add_nearest(a->y, a->up);
}

static void cpu_conv(const struct nn_backend *b, const struct nn_bound *bound, const struct nn_conv_args *a,
		     void *scratch)
{
	const struct nn_packed *p = bound->packed;
	void *src[MAX_BLOCKS], *dst[MAX_BLOCKS], *res[MAX_BLOCKS], *up[MAX_BLOCKS], **d = dst;
	struct kern_io io = { .ih = bound->ih, .iw = bound->iw, .scratch = scratch };

	(void)b;
	if (bound->dnnl) {
		conv_dnnl(bound, a, scratch);
		return;
	}
	block_pointers(a->x, p->kern.dtype, src, src + MAX_BLOCKS);
	for (int i = 0; i < a->ny; i++)
		d = block_pointers(&a->y[i], p->kern.dtype, d, dst + MAX_BLOCKS);
	io.src = (const void *const *)src;
	io.dst = dst;
	if (a->res) {
		block_pointers(a->res, p->kern.dtype, res, res + MAX_BLOCKS);
		io.res = (const void *const *)res;
	}
	if (a->up) {
		block_pointers(a->up, p->kern.dtype, up, up + MAX_BLOCKS);
		io.up = (const void *const *)up;
		io.uh = a->up->h;
		io.uw = a->up->w;
	}
	kern_conv(kern, &p->kern, p->kern_weights ? p->kern_weights : bound->own_weights, &io, 0, bound->oh);
}

/* ---- the first convolution, pairs, chains, pooling */

static struct nn_packed *cpu_first_pack(const struct nn_backend *b, const struct nn_conv *c, bool swap, const float *w,
					const float *bias, const float *slope)
{
	(void)b;
	return cpu_pack_first(kern, c, swap, w, bias, slope);
}

static size_t cpu_first_scratch(const struct nn_backend *b, const struct nn_packed *p, int iw)
{
	(void)b;
	return kern_first_scratch(kern, &p->kern, iw);
}

static struct kern_picture kern_picture_of(const struct nn_picture *picture)
{
	struct kern_picture k = { .rgb = picture->rgb, .pitch = picture->pitch };

	memcpy(k.mean, picture->mean, sizeof k.mean);
	memcpy(k.scale, picture->scale, sizeof k.scale);
	return k;
}

static void cpu_first(const struct nn_backend *b, const struct nn_packed *p, const struct nn_picture *picture,
		      const struct nn_value *y, void *scratch)
{
	struct kern_picture pic = kern_picture_of(picture);
	void *dst[MAX_BLOCKS];
	struct kern_io io = { .dst = dst, .ih = picture->h, .iw = picture->w, .scratch = scratch };

	(void)b;
	block_pointers(y, p->kern.dtype, dst, dst + MAX_BLOCKS);
	kern_first(kern, &p->kern, p->kern_weights, &pic, &io, 0, y->h);
}

static size_t cpu_pair_scratch(const struct nn_backend *b, const struct nn_packed *dw, const struct nn_packed *pw,
			       int iw)
{
	(void)b;
	return kern_dwpw_scratch(kern, &dw->kern, &pw->kern, iw);
}

static void cpu_pair(const struct nn_backend *b, const struct nn_packed *dw, const struct nn_packed *pw,
		     const struct nn_value *x, const struct nn_value *y, void *scratch)
{
	void *src[MAX_BLOCKS], *dst[MAX_BLOCKS];
	struct kern_io io = { .src = (const void *const *)src, .dst = dst, .ih = x->h, .iw = x->w, .scratch = scratch };

	(void)b;
	block_pointers(x, dw->kern.dtype, src, src + MAX_BLOCKS);
	block_pointers(y, pw->kern.dtype, dst, dst + MAX_BLOCKS);
	kern_dwpw(kern, &dw->kern, dw->kern_weights, &pw->kern, pw->kern_weights, &io, 0, y->h);
}

static void kern_links(struct kern_link *dst, const struct nn_link *link, int n)
{
	static const enum kern_link_kind kind[] = {
		[NN_LINK_FIRST] = KERN_LINK_FIRST, [NN_LINK_CONV] = KERN_LINK_CONV, [NN_LINK_PAIR] = KERN_LINK_DWPW
	};

	if (n > KERN_MAX_LINKS)
		BUG("a chain of %d links", n);
	for (int i = 0; i < n; i++) {
		const struct nn_packed *a = link[i].packed, *b = link[i].pointwise;

		dst[i] = (struct kern_link){ kind[link[i].kind], &a->kern, a->kern_weights, b ? &b->kern : NULL,
					     b ? b->kern_weights : NULL };
	}
}

static size_t cpu_chain_scratch(const struct nn_backend *b, const struct nn_link *link, int n, int iw)
{
	struct kern_link k[KERN_MAX_LINKS];

	(void)b;
	kern_links(k, link, n);
	return kern_chain_scratch(kern, k, n, iw);
}

static void cpu_chain(const struct nn_backend *b, const struct nn_link *link, int n, const struct nn_picture *picture,
		      const struct nn_value *x, const struct nn_value *y, void *scratch)
{
	bool first = link[0].kind == NN_LINK_FIRST;
	struct kern_picture pic = first ? kern_picture_of(picture) : (struct kern_picture){ 0 };
	enum kern_dtype dtype = link[0].packed->kern.dtype;
	struct kern_link k[KERN_MAX_LINKS];
	void *src[MAX_BLOCKS], *dst[MAX_BLOCKS];
	struct kern_io io = { .dst = dst, .scratch = scratch };

	(void)b;
	kern_links(k, link, n);
	if (!first)
		block_pointers(x, dtype, src, src + MAX_BLOCKS);
	block_pointers(y, dtype, dst, dst + MAX_BLOCKS);
	io.src = first ? NULL : (const void *const *)src;
	io.ih = first ? picture->h : x->h;
	io.iw = first ? picture->w : x->w;
	kern_chain(kern, k, n, first ? &pic : NULL, &io, 0, y->h);
}

static void cpu_maxpool(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *x,
			const struct nn_value *y)
{
	void *src[MAX_BLOCKS], *dst[MAX_BLOCKS];
	struct kern_io io = { .src = (const void *const *)src, .dst = dst, .ih = x->h, .iw = x->w };

	(void)b;
	block_pointers(x, kern_type(dtype), src, src + MAX_BLOCKS);
	block_pointers(y, kern_type(dtype), dst, dst + MAX_BLOCKS);
	kern_maxpool(kern, kern_type(dtype), x->c, &io, 0, y->h);
}

static void cpu_download(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *x, float *dst)
{
	void *src[MAX_BLOCKS];

	(void)b;
	block_pointers(x, kern_type(dtype), src, src + MAX_BLOCKS);
	kern_to_nhwc(kern, kern_type(dtype), x->c, x->h, x->w, (const void *const *)src, dst);
}

static struct nn_backend cpu = {
	.name = "cpu",
	.value_bytes = cpu_value_bytes,
	.slice = cpu_slice,
	.conv_pack = cpu_conv_pack,
	.packed_free = cpu_packed_free,
	.conv_bind = cpu_conv_bind,
	.bound_free = cpu_bound_free,
	.bound_bytes = cpu_bound_bytes,
	.conv = cpu_conv,
	.first_pack = cpu_first_pack,
	.first_scratch = cpu_first_scratch,
	.first = cpu_first,
	.pair_scratch = cpu_pair_scratch,
	.pair = cpu_pair,
	.chain_scratch = cpu_chain_scratch,
	.chain = cpu_chain,
	.maxpool = cpu_maxpool,
	.download = cpu_download,
};

static void cpu_init(void)
{
	kern = kern_best();
	if (kern_isa_ignored())
		warn("FRL_ISA=%s is not an instruction set of this machine: ignored", kern_isa_ignored());
	cpu.isa = kern->name;
	cpu.block = kern->block;
	cpu.fast_bf16 = kern->fast_bf16;
}

const struct nn_backend *nn_backend_cpu(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, cpu_init);
	return &cpu;
}
