/* retinaface_net.c - see retinaface_net.h */
#include "common/model/retinaface_net.h"

#include <stdio.h>

#include "common/model/resnet.h"

/* The names of a layer while it is added: "fpn.output1" + ".0" and ".1" are its convolution and batch norm. */
struct names {
	char conv[64], bn[64];
};

static struct net_layer conv_bn(struct names *s, const char *name, int first, int oc, int k, int stride, float slope)
{
	snprintf(s->conv, sizeof s->conv, "%s.%d", name, first);
	snprintf(s->bn, sizeof s->bn, "%s.%d", name, first + 1);
	return (struct net_layer){ .name = s->conv, .bn = s->bn, .oc = oc, .k = k, .stride = stride, .slope = slope };
}

/* ---- MobileNetV1 x0.25 */

/* Names of a block: depthwise and pointwise. */
struct block_names {
	struct names dw, pw;
};

static struct net_link dw_link(struct block_names *s, int stage, int index, int ic, int oc, int stride)
{
	char name[32];
	struct net_link l = { .kind = NN_LINK_PAIR };

	snprintf(name, sizeof name, "body.stage%d.%d", stage, index);
	l.layer = conv_bn(&s->dw, name, 0, ic, 3, stride, .1f);
	l.layer.depthwise = true;
	l.pointwise = conv_bn(&s->pw, name, 3, oc, 1, 1, .1f);
	return l;
}

static int dw_block(struct net *n, int x, int stage, int index, int ic, int oc, int stride)
{
	struct block_names s;
	struct net_link l = dw_link(&s, stage, index, ic, oc, stride);

	return net_pair(n, x, l.layer, l.pointwise);
}

static void mobilenet(struct net *n, bool bgr, int out[3])
{
	struct names s;
	struct block_names t[4];
	/* Down to stride 8 the maps are large and their channels few: one chain, nothing of it in memory. */
	struct net_link stem[5] = {
		{ .kind = NN_LINK_FIRST, .layer = conv_bn(&s, "body.stage1.0", 0, 8, 3, 2, .1f) },
		dw_link(&t[0], 1, 1, 8, 16, 1),
		dw_link(&t[1], 1, 2, 16, 32, 2),
		dw_link(&t[2], 1, 3, 32, 32, 1),
		dw_link(&t[3], 1, 4, 32, 64, 2),
	};
	int x = net_chain(n, -1, stem, 5, bgr);

	out[0] = x = dw_block(n, x, 1, 5, 64, 64, 1);
	x = dw_block(n, x, 2, 0, 64, 128, 2);
	for (int i = 1; i <= 5; i++)
		x = dw_block(n, x, 2, i, 128, 128, 1);
	out[1] = x;
	x = dw_block(n, x, 3, 0, 128, 256, 2);
	out[2] = dw_block(n, x, 3, 1, 256, 256, 1);
}

/* ---- FPN: laterals, then from the coarsest level down: add the level above, smooth */

static void fpn(struct net *n, const int in[3], int width, float slope, int out[3])
{
	struct names s;
	int x;

	out[2] = net_conv(n, in[2], conv_bn(&s, "fpn.output3", 0, width, 1, 1, slope));
	x = net_conv_up(n, in[1], conv_bn(&s, "fpn.output2", 0, width, 1, 1, slope), out[2]);
	out[1] = net_conv(n, x, conv_bn(&s, "fpn.merge2", 0, width, 3, 1, slope));
	x = net_conv_up(n, in[0], conv_bn(&s, "fpn.output1", 0, width, 1, 1, slope), out[1]);
	out[0] = net_conv(n, x, conv_bn(&s, "fpn.merge1", 0, width, 3, 1, slope));
}

/*
 * SSH: three receptive fields side by side, ReLU after the concatenation. Of the inner layers only those named with _1 or
 * 7x7_2 have an activation of their own; the ReLU of the others is the one after the concatenation.
 */
static int ssh(struct net *n, int level, int x, int width, float slope)
{
	struct names s, t;
	char name[5][32];
	static const char *const part[5] = { "conv3X3", "conv5X5_1", "conv5X5_2", "conv7X7_2", "conv7x7_3" };
	int quarter = width / 4, cat = net_place(n, width);
	int five = net_place(n, quarter), seven = net_place(n, quarter);

	for (int i = 0; i < 5; i++)
		snprintf(name[i], sizeof name[i], "ssh%d.%s", level, part[i]);
	struct net_layer first[] = { conv_bn(&s, name[0], 0, width / 2, 3, 1, 0),
				     conv_bn(&t, name[1], 0, quarter, 3, 1, slope) };
	net_siblings(n, x, first, (int[]){ net_slice(n, cat, 0, width / 2), five }, 2);
	struct net_layer second[] = { conv_bn(&s, name[2], 0, quarter, 3, 1, 0),
				      conv_bn(&t, name[3], 0, quarter, 3, 1, slope) };
	net_siblings(n, five, second, (int[]){ net_slice(n, cat, width / 2, quarter), seven }, 2);
	net_conv_into(n, seven, conv_bn(&s, name[4], 0, quarter, 3, 1, 0),
		      net_slice(n, cat, width / 2 + quarter, quarter));
	return cat;
}

static int heads(struct net *n, int level, int x)
{
	static const char *const kind[3] = { "ClassHead", "BboxHead", "LandmarkHead" };
	static const int oc[3] = { 4, 8, 20 };
	struct net_layer l[3];
	char name[3][32];

	for (int i = 0; i < 3; i++) {
		snprintf(name[i], sizeof name[i], "%s.%d.conv1x1", kind[i], level);
		l[i] = (struct net_layer){ .name = name[i], .oc = oc[i], .k = 1, .stride = 1, .slope = 1 };
	}
	return net_stack(n, x, l, 3);
}

void retinaface_net(struct net *n, enum retinaface_body body, bool bgr, int head[3])
{
	int width = body == RETINAFACE_MOBILENET ? 64 : 256, level[3], stage[4];
	float slope = width <= 64 ? .1f : 0;

	if (body == RETINAFACE_MOBILENET) {
		mobilenet(n, bgr, level);
	} else {
		resnet_stages(n, RESNET50, 1, "body.", bgr, stage);
		for (int i = 0; i < 3; i++)
			level[i] = stage[i + 1];
	}
	fpn(n, level, width, slope, level);
	for (int i = 0; i < 3; i++) {
		head[i] = heads(n, i, ssh(n, i + 1, level[i], width, slope));
		net_output(n, head[i]);
	}
}
