/* resnet.c - see resnet.h */
#include "common/model/resnet.h"

#include <stdio.h>

/* prefix + block + part as one name; layers keep their names only while they are added. */
struct names {
	char conv[96], bn[96];
};

static struct net_layer layer(struct names *s, const char *block, const char *conv, const char *bn, int oc, int k,
			      int stride, float slope)
{
	snprintf(s->conv, sizeof s->conv, "%s%s", block, conv);
	snprintf(s->bn, sizeof s->bn, "%s%s", block, bn);
	return (struct net_layer){ .name = s->conv, .bn = s->bn, .oc = oc, .k = k, .stride = stride, .slope = slope };
}

static int bottleneck(struct net *n, int x, const char *block, int width, int stride, bool project)
{
	struct names s;
	int y, shortcut = x;

	y = net_conv(n, x, layer(&s, block, "conv1", "bn1", width, 1, 1, 0));
	y = net_conv(n, y, layer(&s, block, "conv2", "bn2", width, 3, stride, 0));
	if (project)
		shortcut = net_conv(n, x, layer(&s, block, "downsample.0", "downsample.1", 4 * width, 1, stride, 1));
	return net_conv_add(n, y, layer(&s, block, "conv3", "bn3", 4 * width, 1, 1, 0), shortcut);
}

void resnet50(struct net *n, const char *prefix, bool bgr, int stage[4])
{
	static const int blocks[4] = { 3, 4, 6, 3 };
	char block[64];
	struct names s;
	int x = net_maxpool(n, net_first(n, layer(&s, prefix, "conv1", "bn1", 64, 7, 2, 0), bgr));

	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < blocks[i]; j++) {
			snprintf(block, sizeof block, "%slayer%d.%d.", prefix, i + 1, j);
			x = bottleneck(n, x, block, 64 << i, i > 0 && j == 0 ? 2 : 1, j == 0);
		}
		stage[i] = x;
	}
}
