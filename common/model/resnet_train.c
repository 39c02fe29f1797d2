/* resnet_train.c - see resnet_train.h */
#include "common/model/resnet_train.h"

#include <stdio.h>

struct block {
	struct train_net *net;
	struct train_params *params;
	const char *prefix; /* "layer1.0." with what comes before it */
};

enum { NAME = 128 };

static const char *name(char text[NAME], const struct block *b, const char *part)
{
	snprintf(text, NAME, "%s%s", b->prefix, part);
	return text;
}

static void declare(const struct block *b, const char *conv, const char *bn, int oc, int ic, int k)
{
	char text[NAME];
	size_t running;

	train_params_conv(b->params, name(text, b, conv), oc, ic, k);
	train_params_bn(b->params, name(text, b, bn), oc, &running);
}

/* act(bn(conv(x)) + res) */
static int layer(const struct block *b, int x, const char *conv, const char *bn, int oc, int k, int stride,
		 double slope, int res)
{
	char text[NAME];
	int y = train_net_conv(b->net, x, name(text, b, conv), oc, k, stride);

	return train_net_bn(b->net, y, name(text, b, bn), slope, res);
}

/*
 * The shortcut is computed before the last layer, which adds it; PyTorch declares it after. Hence what a block has is
 * declared first.
 */
static int bottleneck(const struct block *b, int x, int ic, int planes, int stride)
{
	int oc = 4 * planes, shortcut = x, y;

	declare(b, "conv1", "bn1", planes, ic, 1);
	declare(b, "conv2", "bn2", planes, planes, 3);
	declare(b, "conv3", "bn3", oc, planes, 1);
	y = layer(b, x, "conv1", "bn1", planes, 1, 1, 0, -1);
	y = layer(b, y, "conv2", "bn2", planes, 3, stride, 0, -1);
	if (ic != oc || stride != 1)
		shortcut = layer(b, x, "downsample.0", "downsample.1", oc, 1, stride, 1, -1);
	return layer(b, y, "conv3", "bn3", oc, 1, 1, 0, shortcut);
}

static int basic(const struct block *b, int x, int ic, int planes, int stride)
{
	int shortcut = x, y;

	declare(b, "conv1", "bn1", planes, ic, 3);
	declare(b, "conv2", "bn2", planes, planes, 3);
	y = layer(b, x, "conv1", "bn1", planes, 3, stride, 0, -1);
	if (ic != planes || stride != 1)
		shortcut = layer(b, x, "downsample.0", "downsample.1", planes, 1, stride, 1, -1);
	return layer(b, y, "conv2", "bn2", planes, 3, 1, 0, shortcut);
}

int resnet_features(enum resnet_arch arch, int width)
{
	return (arch == RESNET18 ? 512 : 2048) * width;
}

int resnet_train(struct train_net *n, struct train_params *params, enum resnet_arch arch, int width, const char *prefix,
		 int x)
{
	int stage[4];

	return resnet_train_stages(n, params, arch, width, prefix, x, stage);
}

int resnet_train_stages(struct train_net *n, struct train_params *params, enum resnet_arch arch, int width,
			const char *prefix, int x, int stage[4])
{
	static const int blocks[2][4] = { { 2, 2, 2, 2 }, { 3, 4, 6, 3 } };
	struct block b = { n, params, prefix };
	char text[NAME];
	int ic = 64 * width;

	x = layer(&b, x, "conv1", "bn1", ic, 7, 2, 0, -1);
	x = train_net_maxpool(n, x, (struct nn_pool){ .k = 3, .stride = 2, .pad = 1 });
	train_net_mark(n, x, TRAIN_MARK_STAGE);
	b.prefix = text;
	for (int i = 0; i < 4; i++) {
		int planes = (64 << i) * width;

		for (int j = 0; j < blocks[arch][i]; j++) {
			int stride = i > 0 && j == 0 ? 2 : 1;

			snprintf(text, sizeof text, "%slayer%d.%d.", prefix, i + 1, j);
			x = (arch == RESNET18 ? basic : bottleneck)(&b, x, ic, planes, stride);
			ic = arch == RESNET18 ? planes : 4 * planes;
			if (i < 3 || j < blocks[arch][i] - 1)
				train_net_mark(n, x, j < blocks[arch][i] - 1 ? TRAIN_MARK_BLOCK : TRAIN_MARK_STAGE);
		}
		stage[i] = x;
	}
	return train_net_avgpool(n, x);
}
