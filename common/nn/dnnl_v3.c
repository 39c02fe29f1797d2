/* oneDNN 3.x behind dnnl_api.h */
#include "common/nn/dnnl_api.h"

#include <dnnl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

/* libgomp's, which oneDNN runs on; its header is the compiler's own and not every compiler has it. */
extern void omp_set_num_threads(int n);

struct dnnl_conv {
	dnnl_primitive_t primitive;
	dnnl_memory_desc_t src, weights, bias, dst; /* opaque handles in this API */
	dnnl_primitive_desc_t pd;		    /* owns the scratchpad's description */
	const_dnnl_memory_desc_t scratch;
};

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static pthread_key_t stream_key;

#define CHECK(call) check((call), #call, __LINE__)

static void check(dnnl_status_t status, const char *what, int line)
{
	if (status != dnnl_success)
		bug_at(__FILE__, line, "oneDNN: %s returned %d", what, (int)status);
}

static void stream_free(void *stream)
{
	dnnl_stream_destroy(stream);
}

static void engine_make(void)
{
	if (pthread_key_create(&stream_key, stream_free))
		BUG("no thread-specific key for oneDNN's streams");
	CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0));
}

/* A stream holds no state that matters here; one a thread, and oneDNN's own threads off for that thread. */
static dnnl_stream_t stream_of_thread(void)
{
	static _Thread_local dnnl_stream_t stream;

	pthread_once(&engine_once, engine_make);
	if (!stream) {
		omp_set_num_threads(1);
		CHECK(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
		/* Threads come and go. */
		if (pthread_setspecific(stream_key, stream))
			BUG("no thread-specific value for a stream of oneDNN");
	}
	return stream;
}

static dnnl_primitive_attr_t attributes(const struct dnnl_conv_desc *d)
{
	dnnl_primitive_attr_t attr;
	dnnl_post_ops_t ops;

	CHECK(dnnl_primitive_attr_create(&attr));
	CHECK(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
	CHECK(dnnl_post_ops_create(&ops));
	if (d->residual)
		CHECK(dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef));
	if (d->slope < 1)
		CHECK(dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, d->slope, 0));
	CHECK(dnnl_primitive_attr_set_post_ops(attr, ops));
	CHECK(dnnl_post_ops_destroy(ops));
	return attr;
}

static bool is_compiled(const_dnnl_primitive_desc_t pd)
{
	const char *name = NULL;

	return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name &&
	       (strncmp(name, "jit", 3) == 0 || strncmp(name, "brg", 3) == 0);
}

/* Padding below or to the right, as far as the last output needs it. */
static int pad_after(int in, int out, int k, const struct dnnl_conv_desc *d)
{
	int n = (out - 1) * d->stride + k - in - d->pad;

	return n > 0 ? n : 0;
}

struct dnnl_conv *dnnl_conv_new(const struct dnnl_conv_desc *d)
{
	dnnl_format_tag_t act = d->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
	dnnl_format_tag_t wei = d->block == 16 ? dnnl_OIhw16i16o : dnnl_OIhw8i8o;
	/* Whole dnnl_dims_t: the library reads twelve numbers whatever the rank. */
	dnnl_dims_t src = { 1, d->ic, d->ih, d->iw }, weights = { d->oc, d->ic, d->kh, d->kw };
	dnnl_dims_t bias = { d->oc }, dst = { 1, d->oc, d->oh, d->ow };
	dnnl_dims_t strides = { d->stride, d->stride }, pad_l = { d->pad, d->pad };
	dnnl_dims_t pad_r = { pad_after(d->ih, d->oh, d->kh, d), pad_after(d->iw, d->ow, d->kw, d) };
	struct dnnl_conv *c = xcalloc(1, sizeof *c);
	dnnl_primitive_attr_t attr;
	dnnl_status_t status;

	stream_of_thread();
	CHECK(dnnl_memory_desc_create_with_tag(&c->src, 4, src, dnnl_f32, act));
	CHECK(dnnl_memory_desc_create_with_tag(&c->weights, 4, weights, dnnl_f32, wei));
	CHECK(dnnl_memory_desc_create_with_tag(&c->bias, 1, bias, dnnl_f32, dnnl_x));
	CHECK(dnnl_memory_desc_create_with_tag(&c->dst, 4, dst, dnnl_f32, act));
	attr = attributes(d);
	status = dnnl_convolution_forward_primitive_desc_create(&c->pd, engine, dnnl_forward_inference,
								dnnl_convolution_direct, c->src, c->weights, c->bias,
								c->dst, strides, NULL, pad_l, pad_r, attr);
	dnnl_primitive_attr_destroy(attr);
	if (status != dnnl_success || !is_compiled(c->pd)) {
		dnnl_conv_free(c);
		return NULL;
	}
	c->scratch = dnnl_primitive_desc_query_md(c->pd, dnnl_query_scratchpad_md, 0);
	CHECK(dnnl_primitive_create(&c->primitive, c->pd));
	return c;
}

void dnnl_conv_free(struct dnnl_conv *c)
{
	if (!c)
		return;
	if (c->primitive)
		dnnl_primitive_destroy(c->primitive);
	if (c->pd)
		dnnl_primitive_desc_destroy(c->pd);
	dnnl_memory_desc_destroy(c->src);
	dnnl_memory_desc_destroy(c->weights);
	dnnl_memory_desc_destroy(c->bias);
	dnnl_memory_desc_destroy(c->dst);
	free(c);
}

size_t dnnl_conv_scratch(const struct dnnl_conv *c)
{
	return dnnl_memory_desc_get_size(c->scratch);
}

static dnnl_memory_t wrap(const_dnnl_memory_desc_t md, const void *data)
{
	dnnl_memory_t m;

	/* Our own pointer from the start: memory of the library's own would be freed by a later set_data_handle. */
	CHECK(dnnl_memory_create(&m, md, engine, (void *)(uintptr_t)data));
	return m;
}

void dnnl_conv_run(const struct dnnl_conv *c, const void *src, const void *weights, const float *bias, void *dst,
		   void *scratch)
{
	dnnl_stream_t stream = stream_of_thread();
	dnnl_exec_arg_t args[] = {
		{ DNNL_ARG_SRC, wrap(c->src, src) },
		{ DNNL_ARG_WEIGHTS, wrap(c->weights, weights) },
		{ DNNL_ARG_BIAS, wrap(c->bias, bias) },
		{ DNNL_ARG_DST, wrap(c->dst, dst) },
		{ DNNL_ARG_SCRATCHPAD, wrap(c->scratch, scratch) },
	};
	int n = sizeof args / sizeof *args;

	CHECK(dnnl_primitive_execute(c->primitive, stream, n, args));
	CHECK(dnnl_stream_wait(stream));
	for (int i = 0; i < n; i++)
		dnnl_memory_destroy(args[i].memory);
}

/* ---- training */

struct dnnl_train {
	enum dnnl_api_kind kind;
	bool has_bias;
	dnnl_primitive_t primitive;
	dnnl_memory_desc_t src, weights, bias, dst;
	dnnl_primitive_desc_t pd; /* owns the scratchpad's description */
	const_dnnl_memory_desc_t scratch;
};

static dnnl_data_type_t train_type(const struct dnnl_train_desc *d)
{
	return d->bf16 ? dnnl_bf16 : dnnl_f32;
}

/* Gradients of weights are f32 always. */
static dnnl_data_type_t train_weights_type(const struct dnnl_train_desc *d)
{
	return d->kind == DNNL_API_BACKWARD_WEIGHTS ? dnnl_f32 : train_type(d);
}

static dnnl_format_tag_t train_weights_bf16(const struct dnnl_train_desc *d)
{
	if (d->kind == DNNL_API_FORWARD)
		return d->plain ? dnnl_OhwI16o2i : dnnl_OIhw8i16o2i;
	return dnnl_train_input_outermost(d->block, d->kh, d->kw) ? dnnl_IOhw8o16i2o : dnnl_OIhw8o16i2o;
}

static dnnl_format_tag_t train_weights(const struct dnnl_train_desc *d)
{
	if (d->bf16 && d->kind != DNNL_API_BACKWARD_WEIGHTS)
		return train_weights_bf16(d);
	if (d->plain)
		return d->block == 16 ? dnnl_Ohwi16o : dnnl_Ohwi8o;
	if (d->kind == DNNL_API_BACKWARD_DATA && dnnl_train_input_outermost(d->block, d->kh, d->kw))
		return dnnl_IOhw16o16i;
	if (d->kind == DNNL_API_BACKWARD_DATA)
		return d->block == 16 ? dnnl_OIhw16o16i : dnnl_OIhw8o8i;
	return d->block == 16 ? dnnl_OIhw16i16o : dnnl_OIhw8i8o;
}

/* Padding below and to the right, as far as the last output needs it. */
static int train_pad_after(int in, int out, int k, const struct dnnl_train_desc *d)
{
	int n = (out - 1) * d->stride + (k - 1) * d->dilation + 1 - in - d->pad;

	return n > 0 ? n : 0;
}

/* t->pd for the direction. The backward ones ask for a forward description, which may choose its own weights. */
static dnnl_status_t train_describe(struct dnnl_train *t, const struct dnnl_train_desc *d, dnnl_primitive_attr_t attr)
{
	dnnl_dims_t strides = { d->stride, d->stride }, dilates = { d->dilation - 1, d->dilation - 1 };
	dnnl_dims_t weights = { d->oc, d->ic, d->kh, d->kw }, pad_l = { d->pad, d->pad };
	dnnl_dims_t pad_r = { train_pad_after(d->ih, d->oh, d->kh, d), train_pad_after(d->iw, d->ow, d->kw, d) };
	dnnl_primitive_desc_t hint = NULL;
	dnnl_memory_desc_t any;
	dnnl_status_t status;

	if (d->kind == DNNL_API_FORWARD)
		return dnnl_convolution_forward_primitive_desc_create(&t->pd, engine, dnnl_forward_training,
								      dnnl_convolution_direct, t->src, t->weights,
								      t->has_bias ? t->bias : NULL, t->dst, strides,
								      dilates, pad_l, pad_r, attr);
	CHECK(dnnl_memory_desc_create_with_tag(&any, 4, weights, train_type(d), dnnl_format_tag_any));
	CHECK(dnnl_convolution_forward_primitive_desc_create(&hint, engine, dnnl_forward_training,
							     dnnl_convolution_direct, t->src, any, NULL, t->dst,
							     strides, dilates, pad_l, pad_r, NULL));
	if (d->kind == DNNL_API_BACKWARD_DATA)
		status = dnnl_convolution_backward_data_primitive_desc_create(&t->pd, engine, dnnl_convolution_direct,
									      t->src, t->weights, t->dst, strides,
									      dilates, pad_l, pad_r, hint, attr);
	else
		status = dnnl_convolution_backward_weights_primitive_desc_create(&t->pd, engine,
										 dnnl_convolution_direct, t->src,
										 t->weights,
										 t->has_bias ? t->bias : NULL, t->dst,
										 strides, dilates, pad_l, pad_r, hint,
										 attr);
	dnnl_primitive_desc_destroy(hint);
	dnnl_memory_desc_destroy(any);
	return status;
}

struct dnnl_train *dnnl_train_new(const struct dnnl_train_desc *d)
{
	dnnl_format_tag_t act = d->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
	dnnl_dims_t src = { d->n, d->ic, d->ih, d->iw }, weights = { d->oc, d->ic, d->kh, d->kw };
	dnnl_dims_t bias = { d->oc }, dst = { d->n, d->oc, d->oh, d->ow };
	struct dnnl_train *t = xcalloc(1, sizeof *t);
	dnnl_primitive_attr_t attr;
	dnnl_status_t status;

	stream_of_thread();
	t->kind = d->kind;
	t->has_bias = d->bias && d->kind != DNNL_API_BACKWARD_DATA;
	CHECK(dnnl_memory_desc_create_with_tag(&t->src, 4, src, train_type(d), d->plain ? dnnl_nchw : act));
	CHECK(dnnl_memory_desc_create_with_tag(&t->weights, 4, weights, train_weights_type(d), train_weights(d)));
	CHECK(dnnl_memory_desc_create_with_tag(&t->bias, 1, bias, dnnl_f32, dnnl_x));
	CHECK(dnnl_memory_desc_create_with_tag(&t->dst, 4, dst, train_type(d), act));
	CHECK(dnnl_primitive_attr_create(&attr));
	CHECK(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
	status = train_describe(t, d, attr);
	dnnl_primitive_attr_destroy(attr);
	if (status != dnnl_success || !is_compiled(t->pd)) {
		dnnl_train_free(t);
		return NULL;
	}
	t->scratch = dnnl_primitive_desc_query_md(t->pd, dnnl_query_scratchpad_md, 0);
	CHECK(dnnl_primitive_create(&t->primitive, t->pd));
	return t;
}

void dnnl_train_free(struct dnnl_train *t)
{
	if (!t)
		return;
	if (t->primitive)
		dnnl_primitive_destroy(t->primitive);
	if (t->pd)
		dnnl_primitive_desc_destroy(t->pd);
	dnnl_memory_desc_destroy(t->src);
	dnnl_memory_desc_destroy(t->weights);
	dnnl_memory_desc_destroy(t->bias);
	dnnl_memory_desc_destroy(t->dst);
	free(t);
}

size_t dnnl_train_scratch(const struct dnnl_train *t)
{
	return dnnl_memory_desc_get_size(t->scratch);
}

void dnnl_train_run(const struct dnnl_train *t, const void *x, const void *weights, const void *bias, const void *y,
		    void *scratch)
{
	static const int name[3][4] = {
		[DNNL_API_FORWARD] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS },
		[DNNL_API_BACKWARD_DATA] = { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0 },
		[DNNL_API_BACKWARD_WEIGHTS] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST,
						DNNL_ARG_DIFF_BIAS },
	};
	const int *arg = name[t->kind];
	dnnl_stream_t stream = stream_of_thread();
	dnnl_exec_arg_t args[5] = {
		{ arg[0], wrap(t->src, x) },
		{ arg[1], wrap(t->weights, weights) },
		{ arg[2], wrap(t->dst, y) },
		{ DNNL_ARG_SCRATCHPAD, wrap(t->scratch, scratch) },
	};
	int n = 4;

	if (t->has_bias)
		args[n++] = (dnnl_exec_arg_t){ arg[3], wrap(t->bias, bias) };
	CHECK(dnnl_primitive_execute(t->primitive, stream, n, args));
	CHECK(dnnl_stream_wait(stream));
	for (int i = 0; i < n; i++)
		dnnl_memory_destroy(args[i].memory);
}

void dnnl_api_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a, size_t lda,
		   const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
	stream_of_thread(); /* sets this thread's number of OpenMP threads to one */
	CHECK(dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k,
			 1, a, (dnnl_dim_t)lda, b, (dnnl_dim_t)ldb, accumulate ? 1 : 0, c, (dnnl_dim_t)ldc));
}

const char *dnnl_api_version(void)
{
	static char text[32];
	const dnnl_version_t *v = dnnl_version();

	snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
	return text;
}
