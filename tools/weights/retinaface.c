/* retinaface.c - RetinaFace's weights under the names of the reference */
#include "tools/weights/retinaface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * "fx.stageS.B.REST" -> "body.stageS.B.REST'": a block of a depthwise and a pointwise convolution is one list of six
 * layers in the reference (conv, norm, activation, conv, ..) and two lists of three here, so "B.C.D" becomes "B.(3C+D)".
 * The first convolution of stage 1 ("fx.stage1.0.D") is a list of three in both. NULL: some other name.
 */
static char *body_name(const char *name)
{
	int stage, block, part, layer, len = 0;

	if (sscanf(name, "fx.stage%1d.%1d.%1d.%1d.%n", &stage, &block, &part, &layer, &len) == 4 && len > 0)
		return xasprintf("body.stage%d.%d.%d.%s", stage, block, 3 * part + layer, name + len);
	if (sscanf(name, "fx.stage1.0.%1d.%n", &layer, &len) == 1 && len > 0)
		return xasprintf("body.stage1.0.%d.%s", layer, name + len);
	return strncmp(name, "fx.", 3) == 0 ? xasprintf("body.%s", name + 3) : NULL;
}

/* "class_head.class_head.N.weight", and by a path in a graph "class_head.N.weight" -> "ClassHead.N.conv1x1.weight". */
static char *head_name(const char *name)
{
	static const struct {
		const char *from, *to;
	} heads[] = {
		{ "class_head.", "ClassHead" },
		{ "bbox_head.", "BboxHead" },
		{ "landmark_head.", "LandmarkHead" },
	};

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t len = strlen(heads[i].from);
		const char *rest = name;

		while (strncmp(rest, heads[i].from, len) == 0)
			rest += len;
		if (rest > name && rest[0] >= '0' && rest[0] <= '9' && rest[1] == '.')
			return xasprintf("%s.%c.conv1x1.%s", heads[i].to, rest[0], rest + 2);
	}
	return NULL;
}

size_t retinaface_rename(struct weights *w)
{
	size_t count = 0;

	/* Both must be there, lest some other network's "fx" be taken for this one. */
	if (!weights_find(w, "fx.stage1.0.0.weight") || !weights_find(w, "fpn.output1.0.weight"))
		return 0;
	for (size_t i = 0; i < w->n; i++) {
		char *name = body_name(w->item[i].name);

		if (!name)
			name = head_name(w->item[i].name);
		if (name) {
			weight_rename(&w->item[i], name);
			count++;
		}
		free(name);
	}
	return count;
}

static bool has(const struct weights *w, const char *name, const struct shape *shape)
{
	const struct weight *t = weights_find(w, name);

	return t && shape_equal(&t->shape, shape);
}

const char *retinaface_recognise(struct weights *w)
{
	static const char *const lines[][2] = {
		{ "frl.input.order", "bgr" },	{ "frl.input.mean", "104,117,123" },	   { "frl.input.std", "1,1,1" },
		{ "frl.input.scale", "255" },	{ "frl.anchors", "16,32;64,128;256,512" }, { "frl.steps", "8,16,32" },
		{ "frl.variances", "0.1,0.2" },
	};
	const char *network = NULL;

	if (!weights_find(w, "ClassHead.0.conv1x1.weight") || !weights_find(w, "ssh1.conv3X3.0.weight"))
		return NULL;
	if (has(w, "body.stage1.0.0.weight", &(struct shape){ 4, { 8, 3, 3, 3 } }))
		network = "retinaface-mobilenet0.25";
	else if (has(w, "body.conv1.weight", &(struct shape){ 4, { 64, 3, 7, 7 } }) &&
		 has(w, "fpn.output3.0.weight", &(struct shape){ 4, { 256, 2048, 1, 1 } }))
		network = "retinaface-resnet50";
	if (!network)
		return NULL;
	if (!weights_get_meta(w, "frl.network"))
		weights_set_meta(w, "frl.network", network);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (!weights_get_meta(w, lines[i][0]))
			weights_set_meta(w, lines[i][0], lines[i][1]);
	return network;
}
