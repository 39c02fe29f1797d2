/* resnet.c - see resnet.h */
#include "common/model/resnet.h"

#include <stdio.h>
#include <string.h>

static const int blocks[2][4] = { { 2, 2, 2, 2 }, { 3, 4, 6, 3 } };

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

static int bottleneck(struct net *n, int x, const char *block, int planes, int stride, bool project)
{
	struct names s;
	int y, shortcut = x;

	y = net_conv(n, x, layer(&s, block, "conv1", "bn1", planes, 1, 1, 0));
	y = net_conv(n, y, layer(&s, block, "conv2", "bn2", planes, 3, stride, 0));
	if (project)
		shortcut = net_conv(n, x, layer(&s, block, "downsample.0", "downsample.1", 4 * planes, 1, stride, 1));
	return net_conv_add(n, y, layer(&s, block, "conv3", "bn3", 4 * planes, 1, 1, 0), shortcut);
}

static int basic(struct net *n, int x, const char *block, int planes, int stride, bool project)
{
	struct names s;
	int y, shortcut = x;

	y = net_conv(n, x, layer(&s, block, "conv1", "bn1", planes, 3, stride, 0));
	if (project)
		shortcut = net_conv(n, x, layer(&s, block, "downsample.0", "downsample.1", planes, 1, stride, 1));
	return net_conv_add(n, y, layer(&s, block, "conv2", "bn2", planes, 3, 1, 0), shortcut);
}

int resnet_channels(enum resnet_arch arch, int width, int i)
{
	return (arch == RESNET50 ? 256 : 64) * width << i;
}

void resnet_stages(struct net *n, enum resnet_arch arch, int width, const char *prefix, bool bgr, int stage[4])
{
	char block[64];
	struct names s;
	int x = net_maxpool(n, net_first(n, layer(&s, prefix, "conv1", "bn1", 64 * width, 7, 2, 0), bgr));

	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < blocks[arch][i]; j++) {
			bool project = j == 0 && (i > 0 || arch == RESNET50);

			snprintf(block, sizeof block, "%slayer%d.%d.", prefix, i + 1, j);
			x = (arch == RESNET50 ? bottleneck : basic)(n, x, block, (64 << i) * width,
								    i > 0 && j == 0 ? 2 : 1, project);
		}
		stage[i] = x;
	}
}

/* ---- what a file holds */

static const struct safetensor *tensor(const struct safetensors *s, const char *prefix, const char *name)
{
	char whole[96];

	snprintf(whole, sizeof whole, "%s%s", prefix, name);
	return safetensors_find(s, whole);
}

/* Is there a block after the last one that `arch` has? */
static bool is_deeper(const struct safetensors *s, const char *prefix, enum resnet_arch arch)
{
	char name[32];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "layer%d.%d.conv1.weight", i + 1, blocks[arch][i]);
		if (tensor(s, prefix, name))
			return true;
	}
	return false;
}

int resnet_find(struct resnet_found *f, const struct safetensors *s, struct err *e)
{
	static const char *const prefixes[] = { "", "module.", "base_net.", "module.base_net.", "backbone." };
	const struct safetensor *stem = NULL;

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && !stem; i++) {
		f->prefix = prefixes[i];
		stem = tensor(s, f->prefix, "conv1.weight");
		if (!tensor(s, f->prefix, "layer1.0.conv1.weight"))
			stem = NULL;
	}
	if (!stem)
		return err_set(e, "not the weights of a ResNet: neither conv1.weight nor module.base_net.conv1.weight "
				  "is there with layer1.0.conv1.weight");
	f->arch = tensor(s, f->prefix, "layer1.0.conv3.weight") ? RESNET50 : RESNET18;
	if (is_deeper(s, f->prefix, f->arch))
		return err_set(e, "a ResNet deeper than ResNet-%d: only ResNet-18 and -50 are known",
			       f->arch == RESNET50 ? 50 : 18);
	f->width = stem->shape.n == 4 ? (int)(stem->shape.dim[0] / 64) : 0;
	if (stem->shape.dim[0] % 64 || (f->width != 1 && f->width != 2 && f->width != 4))
		return err_set(e, "%sconv1.weight is not that of a ResNet of width 1, 2 or 4", f->prefix);
	return 0;
}

const char *resnet_arch_name(enum resnet_arch arch)
{
	return arch == RESNET18 ? "resnet18" : "resnet50";
}

int resnet_arch_named(const char *name, enum resnet_arch *arch)
{
	*arch = !strcmp(name, "resnet18") ? RESNET18 : RESNET50;
	return strcmp(name, resnet_arch_name(*arch)) ? -1 : 0;
}

const char *resnet_name(char text[RESNET_NAME], enum resnet_arch arch, int width)
{
	if (width == 1)
		snprintf(text, RESNET_NAME, "%s", resnet_arch_name(arch));
	else
		snprintf(text, RESNET_NAME, "%s-w%d", resnet_arch_name(arch), width);
	return text;
}
