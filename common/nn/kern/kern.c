/* kern.c - which instruction set runs, and the checks in front of its functions */
#include <stdlib.h>

#include "common/err.h"
#include "common/nn/kern/kern_priv.h"

/* Lowest first. */
static const struct kern kerns[] = {
	{ "generic", 8, 0, &kern_ops_generic, &kern_ops_generic },
#if defined(__x86_64__)
	{ "avx2", 8, 0, &kern_ops_avx2, &kern_ops_avx2 },
	{ "avx512", 16, 0, &kern_ops_avx512, &kern_ops_avx512 },
	{ "avx512bf16", 16, 1, &kern_ops_avx512, &kern_ops_avx512bf16 },
#endif
};
#define N_KERNS ((int)(sizeof(kerns) / sizeof(*kerns)))

/* The index of the best set the CPU (and the kernel: the builtins ask xgetbv too) can run. */
static int cpu_best(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
		return 0;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
		return 1;
	return __builtin_cpu_supports("avx512bf16") ? 3 : 2;
#else
	return 0;
#endif
}

static int find(const char *name)
{
	for (int i = 0; i < N_KERNS; i++)
		if (!strcmp(name, kerns[i].name))
			return i;
	return -1;
}

const struct kern *kern_best(void)
{
	const char *want = getenv("FRL_ISA");
	int best = cpu_best(), i = want ? find(want) : -1;

	return &kerns[i >= 0 && i < best ? i : best];
}

const char *kern_isa_ignored(void)
{
	const char *want = getenv("FRL_ISA");

	return want && *want && (find(want) < 0 || find(want) > cpu_best()) ? want : NULL;
}

const struct kern *kern_by_name(const char *name)
{
	int i = find(name);

	return i < 0 || i > cpu_best() ? NULL : &kerns[i];
}

int kern_blocks(const struct kern *k, int channels)
{
	return div_up(channels, k->block);
}

size_t kern_esize(const struct kern *k, enum kern_dtype dt)
{
	return dt == KERN_BF16 && k->fast_bf16 ? sizeof(uint16_t) : sizeof(float);
}

size_t kern_block_bytes(const struct kern *k, enum kern_dtype dt, int h, int w)
{
	return (size_t)h * (size_t)w * (size_t)k->block * kern_esize(k, dt);
}

int kern_out(const struct kern_conv *c, int l, int n)
{
	return (n + 2 * c->pad - l) / c->stride + 1;
}

static void check(const struct kern_conv *c)
{
	if (c->ic < 1 || c->ic > KERN_MAX_CHANNELS || c->oc < 1 || c->oc > KERN_MAX_CHANNELS || c->kh < 1 ||
	    c->kw < 1 || c->kh * c->kw > KERN_MAX_TAPS || (c->stride != 1 && c->stride != 2) || c->pad < 0 ||
	    c->pad > 7)
		BUG("convolution %d -> %d, %dx%d / %d, pad %d", c->ic, c->oc, c->kh, c->kw, c->stride, c->pad);
	if (c->depthwise && (c->ic != c->oc || c->kh != 3 || c->kw != 3 || c->pad != 1))
		BUG("depthwise convolution %d -> %d, %dx%d, pad %d", c->ic, c->oc, c->kh, c->kw, c->pad);
}

const struct kern_ops *kern_resolve(const struct kern *k, const struct kern_conv *conv, struct kern_conv *c)
{
	const struct kern_ops *o = conv->dtype == KERN_BF16 ? k->bf16 : k->f32;
	int can = o->winograd && conv->kh == 3 && conv->kw == 3 && conv->stride == 1 && conv->pad == 1 &&
		  !conv->depthwise;

	check(conv);
	*c = *conv;
	c->algo = can && conv->algo != KERN_DIRECT ? KERN_WINOGRAD : KERN_DIRECT;
	return o;
}

/* The same, and what a call of it must keep to: output height oh. */
static const struct kern_ops *resolve_call(const struct kern *k, const struct kern_conv *conv, const void *packed,
					   const struct kern_io *io, int y0, int y1, struct kern_conv *c)
{
	const struct kern_ops *o = kern_resolve(k, conv, c);
	const struct packed *head = packed;
	int oh = kern_out(c, c->kh, io->ih), ow = kern_out(c, c->kw, io->iw);

	if (head->algo != (int32_t)c->algo || head->oc_blocks != div_up(c->oc, o->block))
		BUG("weights packed for another convolution");
	if (io->ih < 1 || io->iw < 1 || oh < 1 || ow < 1 || y0 < 0 || y1 > oh || (io->up && (io->uh < 1 || io->uw < 1)))
		BUG("rows %d to %d of %dx%d", y0, y1, oh, ow);
	if (c->depthwise && (io->res || io->up))
		BUG("depthwise convolution with an addend");
	return o;
}

void kern_rows_read(const struct kern *k, const struct kern_conv *conv, int ih, int y0, int y1, int *from, int *to)
{
	struct kern_conv c;

	kern_resolve(k, conv, &c);
	if (c.algo == KERN_WINOGRAD) {
		y0 = y0 / WINO_OUT * WINO_OUT;
		y1 = div_up(y1, WINO_OUT) * WINO_OUT;
	}
	*from = y0 * c.stride - c.pad;
	*to = (y1 - 1) * c.stride - c.pad + c.kh;
	*from = *from < 0 ? 0 : *from;
	*to = *to > ih ? ih : *to;
}

size_t kern_conv_scratch(const struct kern *k, const struct kern_conv *conv, int iw)
{
	struct kern_conv c;
	const struct kern_ops *o = kern_resolve(k, conv, &c);

	return o->conv_scratch(&c, iw);
}

void kern_conv(const struct kern *k, const struct kern_conv *conv, const void *packed, const struct kern_io *io, int y0,
	       int y1)
{
	struct kern_conv c;

	resolve_call(k, conv, packed, io, y0, y1, &c)->conv(&c, packed, io, y0, y1);
}

static void check_pair(const struct kern_conv *dw, const struct kern_conv *pw)
{
	if (!dw->depthwise || pw->depthwise || pw->kh != 1 || pw->kw != 1 || pw->stride != 1 || pw->pad != 0 ||
	    pw->ic != dw->ic || pw->dtype != dw->dtype)
		BUG("not a depthwise convolution and its 1x1 convolution");
}

size_t kern_dwpw_scratch(const struct kern *k, const struct kern_conv *dw, const struct kern_conv *pw, int iw)
{
	struct kern_conv d, p;
	const struct kern_ops *o = kern_resolve(k, dw, &d);

	check_pair(dw, pw);
	kern_resolve(k, pw, &p);
	return o->dwpw_scratch(&d, &p, iw);
}

void kern_dwpw(const struct kern *k, const struct kern_conv *dw, const void *pdw, const struct kern_conv *pw,
	       const void *ppw, const struct kern_io *io, int y0, int y1)
{
	struct kern_conv d, p;
	struct kern_io plain = *io;
	const struct kern_ops *o;

	check_pair(dw, pw);
	plain.res = plain.up = NULL;
	o = resolve_call(k, dw, pdw, &plain, y0, y1, &d);
	kern_resolve(k, pw, &p);
	o->dwpw(&d, pdw, &p, ppw, io, y0, y1);
}

size_t kern_first_scratch(const struct kern *k, const struct kern_conv *conv, int iw)
{
	struct kern_conv c;
	const struct kern_ops *o = kern_resolve(k, conv, &c);

	return o->first_scratch(&c, iw);
}

void kern_first(const struct kern *k, const struct kern_conv *conv, const void *packed, const struct kern_picture *pic,
		const struct kern_io *io, int y0, int y1)
{
	struct kern_io plain = *io;
	struct kern_conv c;
	const struct kern_ops *o;

	plain.res = plain.up = NULL;
	o = resolve_call(k, conv, packed, &plain, y0, y1, &c);
	if (c.ic != 3 || c.depthwise)
		BUG("a first convolution of %d channels", c.ic);
	o->first(&c, packed, pic, &plain, y0, y1);
}

void kern_maxpool(const struct kern *k, enum kern_dtype dt, int channels, const struct kern_io *io, int y0, int y1)
{
	const struct kern_ops *o = dt == KERN_BF16 ? k->bf16 : k->f32;

	if (io->ih < 1 || io->iw < 1 || y0 < 0 || y1 > (io->ih - 1) / 2 + 1)
		BUG("rows %d to %d of a pooling of %dx%d", y0, y1, io->ih, io->iw);
	o->maxpool(div_up(channels, o->block), io, y0, y1);
}
