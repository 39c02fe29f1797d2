/* test_net.c - the engine on small networks: folding, slices, merged siblings, pairs, plans, the cache */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/net.h"
#include "tests/unit/support_seeded.h"

/* ---- a network's parameters from a list of names, by the formula of support_seeded.h */

struct spec {
	const char *name;
	int64_t shape[4];
	int n;
	const char *role;
};

static void make_params(struct params *p, const struct spec *spec, size_t n)
{
	struct safetensor *item = xcalloc(n, sizeof *item);
	struct safetensors s = { .item = item, .n = n };

	for (size_t i = 0; i < n; i++) {
		int64_t fan_in = 1;
		size_t count;
		float *v;

		item[i] = (struct safetensor){ .name = spec[i].name, .dtype = DTYPE_F32, .shape = { .n = spec[i].n } };
		for (int d = 0; d < spec[i].n; d++) {
			item[i].shape.dim[d] = spec[i].shape[d];
			fan_in *= d ? spec[i].shape[d] : 1;
		}
		count = (size_t)shape_count(&item[i].shape);
		v = xaligned(count * sizeof *v + 64);
		assert_int_equal(seeded_fill(v, count, 1, spec[i].name, spec[i].role, fan_in), 0);
		item[i].data = v;
		item[i].bytes = count * sizeof *v;
	}
	assert_int_equal(params_load(p, &s, NULL, NULL), 0);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)item[i].data);
	free(item);
}

#define W(name, oc, ic, k) \
	{ \
		name ".weight", { oc, ic, k, k }, 4, "conv" \
	}
#define BN(name, c) \
	{ name ".weight", { c }, 1, "bn_weight" }, { name ".bias", { c }, 1, "bn_bias" }, \
		{ name ".running_mean", { c }, 1, "bn_mean" }, \
	{ \
		name ".running_var", { c }, 1, "bn_var" \
	}

static const struct spec small[] = {
	W("c0", 16, 3, 3), BN("b0", 16), W("d1", 16, 1, 3), BN("e1", 16), W("p1", 32, 16, 1), BN("f1", 32),
	W("a", 16, 32, 3), BN("ab", 16), W("b", 16, 32, 3), BN("bb", 16), W("c", 16, 16, 3),  BN("cb", 16),
	W("r", 32, 32, 1), BN("rb", 32), W("u", 32, 32, 3), BN("ub", 32),
};
#define N_SMALL (sizeof small / sizeof *small)

static struct net_layer layer(const char *name, const char *bn, int oc, int k, int stride, float slope)
{
	return (struct net_layer){ .name = name, .bn = bn, .oc = oc, .k = k, .stride = stride, .slope = slope };
}

/* first /2 -> pair -> siblings a, b into a place -> r with residual -> up-added u; merged: siblings in one convolution. */
static struct net *build(struct params *p, int *out, bool merged)
{
	struct net *n = net_new(nn_backend_cpu(), NN_F32, p);
	struct net_layer dw = layer("d1", "e1", 16, 3, 1, .1f), pw = layer("p1", "f1", 32, 1, 1, .1f);
	struct net_layer side[2] = { layer("a", "ab", 16, 3, 1, 0), layer("b", "bb", 16, 3, 1, .1f) };
	int x, cat, part[2], low;

	dw.depthwise = true;
	x = net_first(n, layer("c0", "b0", 16, 3, 2, .1f), false);
	x = merged ? net_pair(n, x, dw, pw) : net_conv(n, net_conv(n, x, dw), pw);
	cat = net_place(n, 32);
	part[0] = net_slice(n, cat, 0, 16);
	part[1] = net_slice(n, cat, 16, 16);
	if (merged) {
		net_siblings(n, x, side, part, 2);
	} else {
		net_conv_into(n, x, side[0], part[0]);
		net_conv_into(n, x, side[1], part[1]);
	}
	x = net_conv_add(n, cat, layer("r", "rb", 32, 1, 1, 0), x);
	low = net_conv(n, x, layer("u", "ub", 32, 3, 2, 1));
	*out = net_conv_up(n, x, layer("r", "rb", 32, 1, 1, .1f), low);
	net_output(n, *out);
	assert_int_equal(params_check(p, "the test network", NULL), 0);
	return n;
}

static float *run(const struct net *n, int out, const uint8_t *rgb, int w, int h, size_t *count)
{
	struct plan *p = plan_new(n, w, h);
	struct nn_picture pic = { rgb, (size_t)w * 3, w, h, { 10, 20, 30 }, { 1, .5f, 2 } };
	void *arena = xaligned(plan_arena_bytes(p));
	struct nn_value v;
	float *y;

	memset(arena, 0xff, plan_arena_bytes(p)); /* NaN: nothing may be read before it is written */
	plan_run(p, &pic, arena);
	v = plan_value(p, out, arena);
	*count = (size_t)v.c * (size_t)v.h * (size_t)v.w;
	y = xaligned(*count * sizeof *y + 64);
	nn_backend_cpu()->download(nn_backend_cpu(), NN_F32, &v, y);
	free(arena);
	plan_free(p);
	return y;
}

static uint8_t *picture(int w, int h)
{
	uint8_t *rgb = xmalloc((size_t)w * (size_t)h * 3);

	for (int i = 0; i < w * h * 3; i++)
		rgb[i] = (uint8_t)(((uint32_t)i * 2654435761u) >> 24);
	return rgb;
}

/* ---- the same network in double, layer by layer, from the parameters themselves (batch norm apart) */

struct map {
	double *v; /* [c][h][w] */
	int c, h, w;
};

static struct map map_new(int c, int h, int w)
{
	return (struct map){ xcalloc((size_t)c * (size_t)h * (size_t)w, sizeof(double)), c, h, w };
}

static double at(const struct map *m, int c, int y, int x)
{
	return y < 0 || x < 0 || y >= m->h || x >= m->w
		       ? 0
		       : m->v[((size_t)c * (size_t)m->h + (size_t)y) * (size_t)m->w + (size_t)x];
}

static double value(struct params *p, const char *name, const char *part, size_t i)
{
	char *whole = xasprintf("%s.%s", name, part);
	double v = (double)params_find(p, whole)->data[i];

	free(whole);
	return v;
}

static struct map plain(struct params *p, const struct map *x, struct net_layer l, const struct map *res,
			const struct map *up)
{
	int per = l.depthwise ? 1 : x->c, pad = l.k / 2;
	struct map y = map_new(l.oc, (x->h + 2 * pad - l.k) / l.stride + 1, (x->w + 2 * pad - l.k) / l.stride + 1);
	double *out = y.v;

	for (int o = 0; o < y.c; o++) {
		size_t k = (size_t)o;
		double inv = value(p, l.bn, "weight", k) / sqrt(value(p, l.bn, "running_var", k) + 1e-5);

		for (int i = 0; i < y.h; i++)
			for (int j = 0; j < y.w; j++, out++) {
				double s = 0;
				size_t wi = k * (size_t)(per * l.k * l.k);

				for (int c = 0; c < per; c++)
					for (int a = 0; a < l.k; a++)
						for (int b = 0; b < l.k; b++, wi++)
							s += value(p, l.name, "weight", wi) *
							     at(x, l.depthwise ? o : c, i * l.stride + a - pad,
								j * l.stride + b - pad);
				s = (s - value(p, l.bn, "running_mean", k)) * inv + value(p, l.bn, "bias", k);
				s += res ? at(res, o, i, j) : 0;
				s = s > 0 ? s : s * (double)l.slope;
				*out = s + (up ? at(up, o, i * up->h / y.h, j * up->w / y.w) : 0);
			}
	}
	return y;
}

static struct map reference(struct params *p, const uint8_t *rgb, int w, int h)
{
	static const double mean[3] = { 10, 20, 30 }, scale[3] = { 1, .5, 2 };
	struct map m[9];
	struct net_layer dw = layer("d1", "e1", 16, 3, 1, .1f);
	size_t half;

	dw.depthwise = true;
	m[0] = map_new(3, h, w);
	for (int c = 0; c < 3; c++)
		for (int i = 0; i < w * h; i++)
			m[0].v[c * w * h + i] = (rgb[3 * i + c] - mean[c]) * scale[c];
	m[1] = plain(p, &m[0], layer("c0", "b0", 16, 3, 2, .1f), NULL, NULL);
	m[2] = plain(p, &m[1], dw, NULL, NULL);
	m[3] = plain(p, &m[2], layer("p1", "f1", 32, 1, 1, .1f), NULL, NULL);
	m[4] = plain(p, &m[3], layer("a", "ab", 16, 3, 1, 0), NULL, NULL);
	m[5] = plain(p, &m[3], layer("b", "bb", 16, 3, 1, .1f), NULL, NULL);
	m[6] = map_new(32, m[4].h, m[4].w);
	half = (size_t)m[4].c * (size_t)m[4].h * (size_t)m[4].w;
	memcpy(m[6].v, m[4].v, half * sizeof(double));
	memcpy(m[6].v + half, m[5].v, half * sizeof(double));
	m[7] = plain(p, &m[6], layer("r", "rb", 32, 1, 1, 0), &m[3], NULL);
	m[8] = plain(p, &m[7], layer("u", "ub", 32, 3, 2, 1), NULL, NULL);
	struct map y = plain(p, &m[7], layer("r", "rb", 32, 1, 1, .1f), NULL, &m[8]);

	for (int i = 0; i < 9; i++)
		free(m[i].v);
	return y;
}

static void check_size(int w, int h)
{
	struct params p;
	int out[2];
	struct net *n[2];
	uint8_t *rgb = picture(w, h);
	struct map ref;
	float *y[2];
	size_t count;
	double most = 0, scale = 0;

	make_params(&p, small, N_SMALL);
	for (int i = 0; i < 2; i++) {
		n[i] = build(&p, &out[i], i == 1);
		y[i] = run(n[i], out[i], rgb, w, h, &count);
	}
	ref = reference(&p, rgb, w, h);
	assert_int_equal(count, (size_t)ref.c * (size_t)ref.h * (size_t)ref.w);
	for (int c = 0; c < ref.c; c++)
		for (int i = 0; i < ref.h * ref.w; i++) {
			double r = ref.v[c * ref.h * ref.w + i];

			scale = fmax(scale, fabs(r));
			for (int k = 0; k < 2; k++)
				most = fmax(most, fabs(r - (double)y[k][(size_t)i * (size_t)ref.c + (size_t)c]));
		}
	if (!(most <= 2e-5 * scale))
		fail_msg("%dx%d: largest difference %g of %g", w, h, most, scale);
	free(ref.v);
	free(rgb);
	for (int i = 0; i < 2; i++) {
		free(y[i]);
		net_free(n[i]);
	}
	params_release(&p);
}

static void test_against_double(void **state)
{
	(void)state;
	check_size(33, 21);
	check_size(64, 48);
	check_size(1, 1);
	check_size(1, 40);
	check_size(7, 2);
}

/* The same bits alone and among other sizes, from any arena. */
static void test_same_bits(void **state)
{
	struct params p;
	int out;
	struct net *n;
	uint8_t *rgb = picture(50, 40);
	float *a, *b;
	size_t count;

	(void)state;
	make_params(&p, small, N_SMALL);
	n = build(&p, &out, true);
	a = run(n, out, rgb, 50, 40, &count);
	free(run(n, out, rgb, 31, 17, &count));
	b = run(n, out, rgb, 50, 40, &count);
	assert_memory_equal(a, b, count * sizeof *a);
	free(a);
	free(b);
	free(rgb);
	net_free(n);
	params_release(&p);
}

static void test_missing(void **state)
{
	struct params p;
	struct err e;
	struct net *n;

	(void)state;
	make_params(&p, small, N_SMALL);
	n = net_new(nn_backend_cpu(), NN_F32, &p);
	net_first(n, layer("c0", "b0", 16, 3, 2, 0), false);
	net_first(n, layer("nobody", "b0", 16, 3, 2, 0), false);
	net_first(n, layer("c0", "b0", 8, 3, 2, 0), false);
	assert_int_equal(params_check(&p, "a test", &e), -1);
	assert_non_null(strstr(e.msg, "nobody.weight"));
	assert_non_null(strstr(e.msg, "c0.weight (is [16,3,3,3], not 216 values)"));
	assert_non_null(strstr(e.msg, "not used: d1.weight"));
	net_free(n);
	params_release(&p);
}

static void test_cache(void **state)
{
	struct params p;
	int out;
	struct net *n;
	struct plan_cache *c;
	const struct plan *a, *b;
	uint64_t hits, misses;
	size_t one;

	(void)state;
	make_params(&p, small, N_SMALL);
	n = build(&p, &out, true);
	struct plan *probe = plan_new(n, 10, 10);

	one = plan_bytes(probe);
	plan_free(probe);
	c = plan_cache_new(n, 2 * one + one / 2);
	a = plan_cache_get(c, 10, 10);
	b = plan_cache_get(c, 10, 10);
	assert_ptr_equal(a, b);
	plan_cache_put(c, a);
	plan_cache_put(c, b);
	plan_cache_put(c, plan_cache_get(c, 20, 10));
	plan_cache_put(c, plan_cache_get(c, 10, 10));
	plan_cache_put(c, plan_cache_get(c, 30, 10)); /* pushes out 20x10, the longest unused */
	plan_cache_put(c, plan_cache_get(c, 10, 10));
	plan_cache_stats(c, &hits, &misses);
	assert_int_equal(hits, 3);
	assert_int_equal(misses, 3);
	plan_cache_put(c, plan_cache_get(c, 20, 10));
	plan_cache_stats(c, &hits, &misses);
	assert_int_equal(misses, 4);
	plan_cache_free(c);
	net_free(n);
	params_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_double),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
