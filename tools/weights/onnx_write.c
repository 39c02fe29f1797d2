/* onnx_write.c - see onnx_write.h */
#include "tools/weights/onnx_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/num.h"
#include "tools/weights/onnx_graph.h"

/* BatchNormalization's own default is 1e-5, as PyTorch's; it is written all the same. */
static const float bn_eps = 1e-5F;

static char *conv_bn(struct onnx_graph *g, const struct backbone_layer *l, const char *x)
{
	struct onnx_node conv, bn;
	char *y, *z;

	conv = onnx_node(g, "Conv", l->conv, x);
	onnx_param(&conv, l->conv, "weight");
	onnx_ints(&conv, "kernel_shape", 2, (int64_t[]){ l->k, l->k });
	onnx_ints(&conv, "strides", 2, (int64_t[]){ l->stride, l->stride });
	onnx_ints(&conv, "pads", 4, (int64_t[]){ l->k / 2, l->k / 2, l->k / 2, l->k / 2 });
	y = onnx_output(&conv);
	bn = onnx_node(g, "BatchNormalization", l->bn, y);
	onnx_param(&bn, l->bn, "weight");
	onnx_param(&bn, l->bn, "bias");
	onnx_param(&bn, l->bn, "running_mean");
	onnx_param(&bn, l->bn, "running_var");
	onnx_float(&bn, "epsilon", bn_eps);
	z = onnx_output(&bn);
	return z;
}

static char *relu(struct onnx_graph *g, const char *name, const char *x)
{
	struct onnx_node n = onnx_node(g, "Relu", name, x);

	return onnx_output(&n);
}

static char *stem(struct onnx_graph *g, const struct backbone_layer *l)
{
	struct onnx_node pool = onnx_node(g, "MaxPool", "maxpool", relu(g, "relu", conv_bn(g, l, "input")));

	onnx_ints(&pool, "kernel_shape", 2, (int64_t[]){ 3, 3 });
	onnx_ints(&pool, "strides", 2, (int64_t[]){ 2, 2 });
	onnx_ints(&pool, "pads", 4, (int64_t[]){ 1, 1, 1, 1 });
	return onnx_output(&pool);
}

/* The layers of one block at l; *used of them. */
static char *block(struct onnx_graph *g, const struct backbone_layer *l, const struct backbone_layer *end, int depth,
		   const char *x, int *used)
{
	char *y = NULL, *name = xstrndup(l->conv, (size_t)(strrchr(l->conv, '.') - l->conv));
	const char *shortcut = x;
	struct onnx_node sum;

	for (int i = 0; i < depth; i++) {
		char *act = xasprintf("%s.relu%d", name, i + 1);

		y = conv_bn(g, l + i, i ? y : x);
		if (i + 1 < depth)
			y = relu(g, act, y);
		free(act);
	}
	*used = depth;
	if (l + depth < end && strstr(l[depth].conv, ".downsample.")) {
		shortcut = conv_bn(g, l + depth, x);
		++*used;
	}
	sum = onnx_node(g, "Add", name, y);
	onnx_input(&sum, shortcut);
	y = relu(g, name, onnx_output(&sum));
	free(name);
	return y;
}

static char *linear(struct onnx_graph *g, const char *name, const char *x)
{
	struct onnx_node n = onnx_node(g, "Gemm", name, x);

	onnx_param(&n, name, "weight");
	onnx_param(&n, name, "bias");
	onnx_int(&n, "transB", 1);
	return onnx_output(&n);
}

static void head(struct onnx_graph *g, const char *x)
{
	struct onnx_node bn = onnx_node(g, "BatchNormalization", "projection.1", linear(g, "projection.0", x));

	onnx_param(&bn, "projection.1", "weight");
	onnx_param(&bn, "projection.1", "bias");
	onnx_param(&bn, "projection.1", "running_mean");
	onnx_param(&bn, "projection.1", "running_var");
	onnx_float(&bn, "epsilon", bn_eps);
	linear(g, "projection.3", relu(g, "projection.2", onnx_output(&bn)));
	onnx_name_last(g, "embedding");
}

static void build(struct onnx_graph *g, const struct backbone *b, const struct weights *w)
{
	struct backbone_layer layer[BACKBONE_LAYERS];
	int n = backbone_layers(layer, b->arch, b->width), used = 0;
	const struct weight *out = weights_find(w, "projection.3.weight");
	int64_t channels = resnet_channels(b->arch, b->width, 3), side = 0;
	const char *size = weights_get_meta(w, "frl.input.size");
	struct onnx_node pool, flat;
	char *x = stem(g, &layer[0]);

	for (int i = 1; i < n; i += used)
		x = block(g, layer + i, layer + n, b->arch == RESNET50 ? 3 : 2, x, &used);
	pool = onnx_node(g, "GlobalAveragePool", "avgpool", x);
	flat = onnx_node(g, "Flatten", "flatten", onnx_output(&pool));
	onnx_int(&flat, "axis", 1);
	onnx_output(&flat);
	onnx_name_last(g, "features");
	if (out)
		head(g, "features");
	if (!size || num_parse_i64(size, &side) || side < 1)
		side = 0; /* any */
	onnx_value(g, true, "input", (int64_t[]){ 0, 3, side, side }, 4);
	onnx_value(g, false, "features", (int64_t[]){ 0, channels }, 2);
	if (out)
		onnx_value(g, false, "embedding", (int64_t[]){ 0, out->shape.dim[0] }, 2);
}

int onnx_write(const struct weights *w, const struct backbone *b, struct out *o, struct err *e)
{
	struct onnx_graph *g = onnx_graph_new();
	int rc;

	build(g, b, w);
	rc = onnx_graph_write(g, w, o, e);
	onnx_graph_free(g);
	return rc;
}
