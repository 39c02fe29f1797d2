/*
 * test_kern.c - every instruction set's kernels against a naive loop in double
 *
 * Small integers are compared exactly where no rounding happens (direct, f32); else with a tolerance that follows from
 * the sum's magnitude. Every buffer lies between guard bytes, and rows computed in two calls equal the whole.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"

#define GUARD 256
#define MAX_BLOCKS 16

static const char *const isas[] = { "generic", "avx2", "avx512", "avx512bf16" };
static const struct kern *k;
static uint64_t state = 1;

static int draw(int lo, int hi)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return lo + (int)((state >> 33) % (uint64_t)(hi - lo + 1));
}

/* Small integers or multiples of 1/64 in [-2, 2]. */
static float *draws(int n, int integers)
{
	float *p = xrealloc_array(NULL, (size_t)n, sizeof(*p));

	for (int i = 0; i < n; i++)
		p[i] = integers ? (float)draw(-3, 3) : (float)draw(-128, 128) / 64;
	return p;
}

/* n bytes, aligned, between guards. */
static void *guarded(size_t n)
{
	char *p = xaligned(n + 2 * GUARD);

	memset(p, 0x5a, n + 2 * GUARD);
	return p + GUARD;
}

static void release(void *p, size_t n)
{
	char *c = (char *)p - GUARD;

	for (size_t i = 0; i < GUARD; i++)
		if (c[i] != 0x5a || c[GUARD + n + i] != 0x5a)
			fail_msg("%s: a byte beyond a buffer of %zu was written", k->name, n);
	free(c);
}

/* A blocked tensor, every block between guards. */
struct tensor {
	int c, h, w;
	enum kern_dtype dt;
	void *blocks[MAX_BLOCKS * 2];
};

static struct tensor tensor_new(enum kern_dtype dt, int c, int h, int w, const float *nchw)
{
	struct tensor t = { .c = c, .h = h, .w = w, .dt = dt };

	for (int b = 0; b < kern_blocks(k, c); b++)
		t.blocks[b] = guarded(kern_block_bytes(k, dt, h, w));
	if (nchw)
		kern_from_nchw(k, dt, c, h, w, nchw, t.blocks);
	return t;
}

static void tensor_free(struct tensor *t)
{
	for (int b = 0; b < kern_blocks(k, t->c); b++)
		release(t->blocks[b], kern_block_bytes(k, t->dt, t->h, t->w));
}

static int same_blocks(const struct tensor *a, const struct tensor *b)
{
	size_t n = (size_t)a->h * (size_t)a->w * (size_t)k->block * kern_esize(k, a->dt);

	for (int i = 0; i < kern_blocks(k, a->c); i++)
		if (memcmp(a->blocks[i], b->blocks[i], n))
			return 0;
	return 1;
}

static float rounded(enum kern_dtype dt, float f)
{
	uint32_t u;

	if (dt == KERN_F32)
		return f;
	memcpy(&u, &f, 4);
	u = (u + 0x7fffu + (u >> 16 & 1u)) & 0xffff0000u;
	memcpy(&f, &u, 4);
	return f;
}

/* What is computed: parameters and plain tensors. */
struct problem {
	struct kern_conv c;
	int ih, iw, oh, ow, uh, uw;
	float *src, *w, *bias, *slope, *res, *up;
	double *want, *scale; /* [oc][oh][ow]: the value, and the sum of magnitudes */
};

static void reference(struct problem *p)
{
	const struct kern_conv *c = &p->c;
	enum kern_dtype dt = c->dtype;
	int per = c->depthwise ? 1 : c->ic, n = c->oc * p->oh * p->ow;

	p->want = xrealloc_array(NULL, (size_t)n, sizeof(double));
	p->scale = xrealloc_array(NULL, (size_t)n, sizeof(double));
	for (int at = 0; at < n; at++) {
		int o = at / p->oh / p->ow, y = at / p->ow % p->oh, x = at % p->ow;
		double sum = p->bias ? (double)p->bias[o] : 0, mag = fabs(sum);

		for (int i = 0; i < per * c->kh * c->kw; i++) {
			int taps = c->kh * c->kw, ch = c->depthwise ? o : i / taps, t = i % taps;
			int iy = y * c->stride - c->pad + t / c->kw, ix = x * c->stride - c->pad + t % c->kw;
			double v;

			if (iy < 0 || iy >= p->ih || ix < 0 || ix >= p->iw)
				continue;
			v = (double)rounded(dt, p->src[(ch * p->ih + iy) * p->iw + ix]) *
			    (double)rounded(dt, p->w[o * per * c->kh * c->kw + i]);
			sum += v;
			mag += fabs(v);
		}
		if (p->res)
			sum += (double)rounded(dt, p->res[at]);
		sum = sum > 0 ? sum : sum * (p->slope ? (double)p->slope[o] : 1);
		if (p->up)
			sum += (double)rounded(dt, p->up[(o * p->uh + y * p->uh / p->oh) * p->uw + x * p->uw / p->ow]);
		p->want[at] = sum;
		p->scale[at] = mag + fabs(sum);
	}
}

static struct problem problem_new(struct kern_conv c, int ih, int iw, int integers, int extras)
{
	struct problem p = { .c = c, .ih = ih, .iw = iw };
	int n;

	p.oh = kern_out(&c, c.kh, ih);
	p.ow = kern_out(&c, c.kw, iw);
	n = c.oc * p.oh * p.ow;
	p.src = draws(c.ic * ih * iw, integers);
	p.w = draws(c.oc * (c.depthwise ? 1 : c.ic) * c.kh * c.kw, integers);
	p.bias = extras & 1 ? draws(c.oc, integers) : NULL;
	p.slope = extras & 2 ? draws(c.oc, integers) : NULL;
	for (int i = 0; p.slope && i < c.oc; i++)
		p.slope[i] = integers ? (float)(i % 2) : i % 3 ? .1f : 0;
	p.res = extras & 4 ? draws(n, integers) : NULL;
	p.uh = (p.oh + 1) / 2;
	p.uw = (p.ow + 1) / 2;
	p.up = extras & 8 ? draws(c.oc * p.uh * p.uw, integers) : NULL;
	reference(&p);
	return p;
}

static void problem_free(struct problem *p)
{
	free(p->src);
	free(p->w);
	free(p->bias);
	free(p->slope);
	free(p->res);
	free(p->up);
	free(p->want);
	free(p->scale);
}

/* tolerance is relative to the sum of magnitudes; bf16 adds half a unit of its last place */
static void compare(const struct problem *p, const struct tensor *t, double tolerance, const char *what)
{
	const struct kern_conv *c = &p->c;
	int n = p->oh * p->ow;
	float *got = xrealloc_array(NULL, (size_t)(n * c->oc), sizeof(*got));

	kern_to_nhwc(k, c->dtype, c->oc, p->oh, p->ow, (const void *const *)t->blocks, got);
	for (int i = 0; i < n * c->oc; i++) {
		double want = p->want[i % c->oc * n + i / c->oc], scale = p->scale[i % c->oc * n + i / c->oc];
		double allowed = tolerance * scale + (c->dtype == KERN_BF16 ? fabs(want) / 250 : 0);

		if (!(fabs((double)got[i] - want) <= allowed))
			fail_msg(
				"%s %s: %d>%d %dx%d/%d pad %d dw %d dtype %d algo %d, %dx%d: output %d of channel %d is %g, not %g",
				k->name, what, c->ic, c->oc, c->kh, c->kw, c->stride, c->pad, c->depthwise, c->dtype,
				c->algo, p->ih, p->iw, i / c->oc, i % c->oc, (double)got[i], want);
	}
	free(got);
}

/* Lanes past the last channel are 0. */
static void check_spare_lanes(const struct tensor *t)
{
	int all = kern_blocks(k, t->c) * k->block;
	float *got = xrealloc_array(NULL, (size_t)(all * t->h * t->w), sizeof(*got));

	kern_to_nhwc(k, t->dt, all, t->h, t->w, (const void *const *)t->blocks, got);
	for (int i = 0; i < all * t->h * t->w; i++)
		if (i % all >= t->c && got[i] != 0)
			fail_msg("%s: a lane past the last channel holds %g", k->name, (double)got[i]);
	free(got);
}

static void run_problem(const struct problem *p, double tolerance)
{
	const struct kern_conv *c = &p->c;
	size_t packed_size = kern_pack_size(k, c), scratch_size = kern_conv_scratch(k, c, p->iw);
	void *packed = guarded(packed_size), *scratch = guarded(scratch_size);
	struct tensor src = tensor_new(c->dtype, c->ic, p->ih, p->iw, p->src), res = { 0 }, up = { 0 };
	struct tensor whole = tensor_new(c->dtype, c->oc, p->oh, p->ow, NULL);
	struct tensor parts = tensor_new(c->dtype, c->oc, p->oh, p->ow, NULL);
	struct kern_io io = { .src = (const void *const *)src.blocks,
			      .dst = whole.blocks,
			      .ih = p->ih,
			      .iw = p->iw,
			      .scratch = scratch };
	int cut = draw(0, p->oh);

	if (p->res) {
		res = tensor_new(c->dtype, c->oc, p->oh, p->ow, p->res);
		io.res = (const void *const *)res.blocks;
	}
	if (p->up) {
		up = tensor_new(c->dtype, c->oc, p->uh, p->uw, p->up);
		io.up = (const void *const *)up.blocks;
		io.uh = p->uh;
		io.uw = p->uw;
	}
	kern_pack(k, c, p->w, p->bias, p->slope, packed);
	kern_conv(k, c, packed, &io, 0, p->oh);
	compare(p, &whole, tolerance, "conv");
	check_spare_lanes(&whole);
	io.dst = parts.blocks;
	kern_conv(k, c, packed, &io, cut, p->oh);
	kern_conv(k, c, packed, &io, 0, cut);
	if (!same_blocks(&whole, &parts))
		fail_msg("%s: rows [0, %d) and [%d, %d) apart differ from the whole", k->name, cut, cut, p->oh);
	if (p->res) { /* in place */
		io.res = (const void *const *)res.blocks;
		io.dst = res.blocks;
		kern_conv(k, c, packed, &io, 0, p->oh);
		if (!same_blocks(&whole, &res))
			fail_msg("%s: in place over the residual differs", k->name);
		tensor_free(&res);
	}
	if (p->up)
		tensor_free(&up);
	tensor_free(&src);
	tensor_free(&whole);
	tensor_free(&parts);
	release(packed, packed_size);
	release(scratch, scratch_size);
}

/* One convolution in every set, dtype and algorithm; integers exactly where nothing rounds. */
static void try_conv(struct kern_conv c, int ih, int iw, int extras)
{
	if (ih + 2 * c.pad < c.kh || iw + 2 * c.pad < c.kw)
		return;
	for (int v = 0; v < 8; v++) {
		struct problem p;
		int integers = v & 1, exact;

		c.dtype = v & 2 ? KERN_BF16 : KERN_F32;
		c.algo = v & 4 ? KERN_AUTO : KERN_DIRECT;
		exact = integers && !(extras & 2 && c.dtype == KERN_BF16) && c.algo == KERN_DIRECT;
		p = problem_new(c, ih, iw, integers, extras);
		run_problem(&p, exact ? 0 : c.algo == KERN_AUTO ? 2e-6 : 4e-7);
		problem_free(&p);
	}
}

static void for_every_isa(void (*test)(void))
{
	for (size_t i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
		k = kern_by_name(isas[i]);
		state = i + 1;
		if (k)
			test();
		else
			printf("SKIP: this CPU has no %s\n", isas[i]);
	}
}

static void shapes(void)
{
	static const struct kern_conv kinds[] = {
		{ .kh = 1, .kw = 1, .stride = 1 },
		{ .kh = 1, .kw = 1, .stride = 2 },
		{ .kh = 3, .kw = 3, .stride = 1, .pad = 1 },
		{ .kh = 3, .kw = 3, .stride = 2, .pad = 1 },
		{ .kh = 7, .kw = 7, .stride = 2, .pad = 3 },
		{ .kh = 1, .kw = 3, .stride = 1, .pad = 1 },
		{ .kh = 5, .kw = 5, .stride = 1, .pad = 2 },
		{ .kh = 3, .kw = 3, .stride = 1 },
		{ .kh = 3, .kw = 3, .stride = 1, .pad = 1, .depthwise = 1 },
		{ .kh = 3, .kw = 3, .stride = 2, .pad = 1, .depthwise = 1 },
	};
	static const int sides[][2] = { { 1, 1 }, { 1, 37 }, { 19, 1 }, { 2, 2 }, { 4, 4 }, { 15, 20 }, { 9, 17 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		for (size_t s = 0; s < sizeof(sides) / sizeof(*sides); s++) {
			struct kern_conv c = kinds[i];

			c.ic = draw(3, s % 2 ? 24 : 70);
			c.oc = c.depthwise ? c.ic : draw(1, s % 2 ? 70 : 24);
			try_conv(c, sides[s][0], sides[s][1], draw(0, c.depthwise ? 3 : 15));
		}
	/* whole blocks, several groups; and many pixels, so that chunks and batches wrap */
	try_conv((struct kern_conv){ .ic = 32, .oc = 48, .kh = 3, .kw = 3, .stride = 1, .pad = 1 }, 21, 22, 15);
	try_conv((struct kern_conv){ .ic = 130, .oc = 48, .kh = 1, .kw = 1, .stride = 1 }, 17, 19, 11);
	try_conv((struct kern_conv){ .ic = 8, .oc = 16, .kh = 1, .kw = 1, .stride = 1 }, 50, 61, 7);
}

static void pair(void)
{
	for (int i = 0; i < 40; i++) {
		struct kern_conv dw = { .ic = draw(3, 70),
					.kh = 3,
					.kw = 3,
					.stride = 1 + i % 2,
					.pad = 1,
					.depthwise = 1,
					.dtype = i & 2 ? KERN_BF16 : KERN_F32 };
		struct kern_conv pw = {
			.ic = dw.ic, .oc = draw(1, 70), .kh = 1, .kw = 1, .stride = 1, .dtype = dw.dtype
		};
		int ih = draw(1, 20), iw = draw(1, 70), cut;
		struct problem d, p;
		struct tensor src, mid, apart, whole, parts;
		size_t ds, ps, ss, cs;
		void *pd, *pp, *scratch, *scratch2;
		struct kern_io io = { .ih = ih, .iw = iw }, io2;

		dw.oc = dw.ic;
		d = problem_new(dw, ih, iw, 0, 3);
		p = problem_new(pw, d.oh, d.ow, 0, 3);
		pd = guarded(ds = kern_pack_size(k, &dw));
		pp = guarded(ps = kern_pack_size(k, &pw));
		scratch = guarded(ss = kern_dwpw_scratch(k, &dw, &pw, iw));
		scratch2 = guarded(cs = kern_conv_scratch(k, &pw, d.ow));
		src = tensor_new(dw.dtype, dw.ic, ih, iw, d.src);
		mid = tensor_new(dw.dtype, dw.ic, d.oh, d.ow, NULL);
		apart = tensor_new(dw.dtype, pw.oc, d.oh, d.ow, NULL);
		whole = tensor_new(dw.dtype, pw.oc, d.oh, d.ow, NULL);
		parts = tensor_new(dw.dtype, pw.oc, d.oh, d.ow, NULL);
		kern_pack(k, &dw, d.w, d.bias, d.slope, pd);
		kern_pack(k, &pw, p.w, p.bias, p.slope, pp);
		io.src = (const void *const *)src.blocks;
		io.dst = mid.blocks;
		kern_conv(k, &dw, pd, &io, 0, d.oh);
		io2 = (struct kern_io){ .src = (const void *const *)mid.blocks,
					.dst = apart.blocks,
					.ih = d.oh,
					.iw = d.ow,
					.scratch = scratch2 };
		kern_conv(k, &pw, pp, &io2, 0, d.oh);
		io.dst = whole.blocks;
		io.scratch = scratch;
		kern_dwpw(k, &dw, pd, &pw, pp, &io, 0, d.oh);
		assert_true(same_blocks(&whole, &apart));
		io.dst = parts.blocks;
		cut = draw(0, d.oh);
		kern_dwpw(k, &dw, pd, &pw, pp, &io, cut, d.oh);
		kern_dwpw(k, &dw, pd, &pw, pp, &io, 0, cut);
		assert_true(same_blocks(&whole, &parts));
		check_spare_lanes(&whole);
		tensor_free(&src);
		tensor_free(&mid);
		tensor_free(&apart);
		tensor_free(&whole);
		tensor_free(&parts);
		release(pd, ds);
		release(pp, ps);
		release(scratch, ss);
		release(scratch2, cs);
		problem_free(&d);
		problem_free(&p);
	}
}

/* The picture's rows lie `pitch` apart; the convolution of (picture - mean) * scale is the reference. */
static void first(void)
{
	for (int i = 0; i < 32; i++) {
		struct kern_conv c = { .ic = 3,
				       .oc = draw(1, 70),
				       .kh = i & 4 ? 7 : 3,
				       .kw = i & 4 ? 7 : 3,
				       .stride = i & 8 ? 1 : 2,
				       .pad = i & 4 ? 3 : 1,
				       .dtype = i & 2 ? KERN_BF16 : KERN_F32 };
		int ih = draw(1, 20), iw = draw(1, 140), swap = i & 1, cut, pitch = iw * 3 + draw(0, 5);
		struct problem p = problem_new(c, ih, iw, 0, 3);
		size_t ps = kern_first_pack_size(k, &c), ss = kern_first_scratch(k, &c, iw),
		       rs = (size_t)(pitch * (ih - 1) + iw * 3);
		void *packed = guarded(ps), *scratch = guarded(ss);
		uint8_t *rgb = guarded(rs);
		struct tensor whole = tensor_new(c.dtype, c.oc, p.oh, p.ow, NULL);
		struct tensor parts = tensor_new(c.dtype, c.oc, p.oh, p.ow, NULL);
		struct kern_picture pic = {
			.rgb = rgb, .pitch = (size_t)pitch, .mean = { 123, 117, 104 }, .scale = { 1, 1, 1 }
		};
		struct kern_io io = { .dst = whole.blocks, .ih = ih, .iw = iw, .scratch = scratch };

		for (size_t at = 0; at < rs; at++)
			rgb[at] = (uint8_t)draw(0, 255);
		for (int ch = 0; ch < 3; ch++)
			for (int at = 0; at < ih * iw; at++) {
				int mem = swap ? 2 - ch : ch;

				p.src[ch * ih * iw + at] = (float)rgb[at / iw * pitch + at % iw * 3 + mem] -
							   pic.mean[mem];
			}
		free(p.want);
		free(p.scale);
		reference(&p);
		kern_first_pack(k, &c, swap, p.w, p.bias, p.slope, packed);
		kern_first(k, &c, packed, &pic, &io, 0, p.oh);
		compare(&p, &whole, 4e-7, "first");
		check_spare_lanes(&whole);
		io.dst = parts.blocks;
		cut = draw(0, p.oh);
		kern_first(k, &c, packed, &pic, &io, cut, p.oh);
		kern_first(k, &c, packed, &pic, &io, 0, cut);
		assert_true(same_blocks(&whole, &parts));
		tensor_free(&whole);
		tensor_free(&parts);
		release(packed, ps);
		release(scratch, ss);
		release(rgb, rs);
		problem_free(&p);
	}
}

/* A layer of a chain: description, weights, and its output computed alone. */
struct layer {
	struct kern_link link;
	struct kern_conv conv, pw;
	void *packed, *packed_pw;
	size_t packed_size, packed_pw_size;
	struct tensor out;
};

static struct layer layer_new(enum kern_link_kind kind, struct kern_conv conv, int oc, int ih, int iw)
{
	struct layer l = { .conv = conv, .link.kind = kind };
	float *w, *slope = draws(oc, 0);

	for (int i = 0; i < oc; i++)
		slope[i] = .1f;
	l.conv.oc = kind == KERN_LINK_DWPW ? conv.ic : oc;
	w = draws(l.conv.oc * (l.conv.depthwise ? 1 : conv.ic) * conv.kh * conv.kw, 0);
	if (kind == KERN_LINK_FIRST) {
		l.packed = guarded(l.packed_size = kern_first_pack_size(k, &l.conv));
		kern_first_pack(k, &l.conv, 0, w, NULL, slope, l.packed);
	} else {
		l.packed = guarded(l.packed_size = kern_pack_size(k, &l.conv));
		kern_pack(k, &l.conv, w, NULL, kind == KERN_LINK_DWPW ? NULL : slope, l.packed);
	}
	free(w);
	if (kind == KERN_LINK_DWPW) {
		l.pw = (struct kern_conv){
			.ic = conv.ic, .oc = oc, .kh = 1, .kw = 1, .stride = 1, .dtype = conv.dtype
		};
		w = draws(oc * conv.ic, 0);
		l.packed_pw = guarded(l.packed_pw_size = kern_pack_size(k, &l.pw));
		kern_pack(k, &l.pw, w, NULL, slope, l.packed_pw);
		free(w);
	}
	l.out = tensor_new(conv.dtype, oc, kern_out(&conv, conv.kh, ih), kern_out(&conv, conv.kw, iw), NULL);
	free(slope);
	return l;
}

static void chain_once(enum kern_dtype dt, int ih, int iw)
{
	const struct kern_conv kinds[] = {
		{ .ic = 3, .kh = 3, .kw = 3, .stride = 2, .pad = 1, .dtype = dt },
		{ .ic = 8, .kh = 3, .kw = 3, .stride = 1, .pad = 1, .depthwise = 1, .dtype = dt },
		{ .ic = 19, .kh = 3, .kw = 3, .stride = 1, .pad = 1, .dtype = dt },
		{ .ic = 24, .kh = 1, .kw = 1, .stride = 2, .dtype = dt },
		{ .ic = 33, .kh = 3, .kw = 3, .stride = 2, .pad = 1, .depthwise = 1, .dtype = dt },
	};
	const int oc[] = { 8, 19, 24, 33, 17 };
	struct layer l[5];
	struct kern_link links[5];
	size_t rs = (size_t)(ih * iw * 3), one = 0, all;
	uint8_t *rgb = guarded(rs);
	struct kern_picture pic = {
		.rgb = rgb, .pitch = (size_t)iw * 3, .mean = { 1, 2, 3 }, .scale = { .01f, .01f, .01f }
	};
	struct kern_io io = { .ih = ih, .iw = iw };
	struct tensor got;
	void *scratch;
	int h = ih, w = iw, cut;

	for (size_t i = 0; i < rs; i++)
		rgb[i] = (uint8_t)draw(0, 255);
	for (int i = 0; i < 5; i++) {
		enum kern_link_kind kind = i == 0		? KERN_LINK_FIRST
					   : kinds[i].depthwise ? KERN_LINK_DWPW
								: KERN_LINK_CONV;

		l[i] = layer_new(kind, kinds[i], oc[i], h, w);
		links[i] = (struct kern_link){ kind, &l[i].conv, l[i].packed, &l[i].pw, l[i].packed_pw };
		all = kern_chain_scratch(k, &links[i], 1, w);
		one = all > one ? all : one;
		h = l[i].out.h;
		w = l[i].out.w;
	}
	io.scratch = scratch = guarded(one);
	for (int i = 0; i < 5; i++) { /* chains of one are the layers alone */
		io.dst = l[i].out.blocks;
		kern_chain(k, &links[i], 1, &pic, &io, 0, l[i].out.h);
		io.src = (const void *const *)l[i].out.blocks;
		io.ih = l[i].out.h;
		io.iw = l[i].out.w;
	}
	release(scratch, one);
	all = kern_chain_scratch(k, links, 5, iw);
	got = tensor_new(dt, oc[4], h, w, NULL);
	io = (struct kern_io){ .dst = got.blocks, .ih = ih, .iw = iw, .scratch = scratch = guarded(all) };
	cut = draw(0, h);
	kern_chain(k, links, 5, &pic, &io, cut, h);
	kern_chain(k, links, 5, &pic, &io, 0, cut);
	assert_true(same_blocks(&got, &l[4].out));
	release(scratch, all);
	release(rgb, rs);
	tensor_free(&got);
	for (int i = 0; i < 5; i++) {
		tensor_free(&l[i].out);
		release(l[i].packed, l[i].packed_size);
		if (l[i].packed_pw)
			release(l[i].packed_pw, l[i].packed_pw_size);
	}
}

static void chain(void)
{
	for (int i = 0; i < 8; i++)
		chain_once(i & 1 ? KERN_BF16 : KERN_F32, i < 2 ? draw(1, 8) : draw(100, 300), draw(1, 60));
	chain_once(KERN_F32, 200, 700);
}

static void pool(void)
{
	for (int i = 0; i < 16; i++) {
		struct kern_conv like = { .ic = 1, .oc = 1, .kh = 3, .kw = 3, .stride = 2, .pad = 1 };
		enum kern_dtype dt = i & 1 ? KERN_BF16 : KERN_F32;
		int c = draw(1, 40), h = draw(1, 20), w = draw(1, 20), oh = kern_out(&like, 3, h),
		    ow = kern_out(&like, 3, w);
		float *in = draws(c * h * w, 0), *got = xrealloc_array(NULL, (size_t)(c * oh * ow), sizeof(*got));
		struct tensor src = tensor_new(dt, c, h, w, in), dst = tensor_new(dt, c, oh, ow, NULL);
		struct kern_io io = { .src = (const void *const *)src.blocks, .dst = dst.blocks, .ih = h, .iw = w };

		kern_maxpool(k, dt, c, &io, oh / 2, oh);
		kern_maxpool(k, dt, c, &io, 0, oh / 2);
		kern_to_nhwc(k, dt, c, oh, ow, (const void *const *)dst.blocks, got);
		for (int at = 0; at < c * oh * ow; at++) {
			int ch = at % c, y = at / c / ow, x = at / c % ow;
			float most = -1e30f;

			for (int t = 0; t < 9; t++) {
				int iy = 2 * y - 1 + t / 3, ix = 2 * x - 1 + t % 3;

				if (iy >= 0 && iy < h && ix >= 0 && ix < w && in[(ch * h + iy) * w + ix] > most)
					most = in[(ch * h + iy) * w + ix];
			}
			if (got[at] != rounded(dt, most))
				fail_msg("%s: pooled %g, not %g", k->name, (double)got[at], (double)most);
		}
		check_spare_lanes(&dst);
		tensor_free(&src);
		tensor_free(&dst);
		free(in);
		free(got);
	}
}

static void test_shapes(void **s)
{
	(void)s;
	for_every_isa(shapes);
}

static void test_pair(void **s)
{
	(void)s;
	for_every_isa(pair);
}

static void test_first(void **s)
{
	(void)s;
	for_every_isa(first);
}

static void test_chain(void **s)
{
	(void)s;
	for_every_isa(chain);
}

static void test_pool(void **s)
{
	(void)s;
	for_every_isa(pool);
}

/* FRL_ISA lowers the set and never raises it. */
static void test_choice(void **s)
{
	const struct kern *best;

	(void)s;
	unsetenv("FRL_ISA");
	best = kern_best();
	assert_null(kern_isa_ignored());
	setenv("FRL_ISA", "generic", 1);
	assert_string_equal(kern_best()->name, "generic");
	setenv("FRL_ISA", "mmx", 1);
	assert_ptr_equal(kern_best(), best);
	assert_string_equal(kern_isa_ignored(), "mmx");
	for (size_t i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
		setenv("FRL_ISA", isas[i], 1);
		assert_ptr_equal(kern_best(), kern_by_name(isas[i]) ? kern_by_name(isas[i]) : best);
	}
	unsetenv("FRL_ISA");
	assert_null(kern_by_name("mmx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice), cmocka_unit_test(test_shapes), cmocka_unit_test(test_pair),
		cmocka_unit_test(test_first),  cmocka_unit_test(test_chain),  cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests_name("kern", tests, NULL, NULL);
}
