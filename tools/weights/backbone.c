/* backbone.c - see backbone.h */
#include "tools/weights/backbone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ours[] = "module.base_net.", our_head[] = "module.projection_net.net.",
		  our_prototypes[] = "module.prototypes.";

/* ---- the layers */

static struct backbone_layer layer_of(const char *block, const char *conv, const char *bn, int ic, int oc, int k,
				      int stride)
{
	struct backbone_layer l = { .ic = ic, .oc = oc, .k = k, .stride = stride };

	snprintf(l.conv, sizeof l.conv, "%s%s", block, conv);
	snprintf(l.bn, sizeof l.bn, "%s%s", block, bn);
	return l;
}

int backbone_layers(struct backbone_layer layer[BACKBONE_LAYERS], enum resnet_arch arch, int width)
{
	static const int blocks[2][4] = { { 2, 2, 2, 2 }, { 3, 4, 6, 3 } };
	int n = 0, ic = 64 * width;
	char at[32];

	layer[n++] = layer_of("", "conv1", "bn1", 3, ic, 7, 2);
	for (int i = 0; i < 4; i++) {
		int planes = (64 << i) * width, oc = arch == RESNET50 ? 4 * planes : planes;

		for (int j = 0; j < blocks[arch][i]; j++, ic = oc) {
			int stride = i > 0 && j == 0 ? 2 : 1;

			snprintf(at, sizeof at, "layer%d.%d.", i + 1, j);
			if (arch == RESNET50) {
				layer[n++] = layer_of(at, "conv1", "bn1", ic, planes, 1, 1);
				layer[n++] = layer_of(at, "conv2", "bn2", planes, planes, 3, stride);
				layer[n++] = layer_of(at, "conv3", "bn3", planes, oc, 1, 1);
			} else {
				layer[n++] = layer_of(at, "conv1", "bn1", ic, planes, 3, stride);
				layer[n++] = layer_of(at, "conv2", "bn2", planes, planes, 3, 1);
			}
			if (ic != oc || stride != 1)
				layer[n++] = layer_of(at, "downsample.0", "downsample.1", ic, oc, 1, stride);
		}
	}
	return n;
}

/* ---- names */

static bool begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static const struct weight *find(const struct weights *w, const char *prefix, const char *name)
{
	char *whole = xasprintf("%s%s", prefix, name);
	const struct weight *t = weights_find(w, whole);

	free(whole);
	return t;
}

/* "conv3_1_1x1_reduce_bn.weight" -> "layer2.0.bn1.weight"; NULL: no such name. To be freed. */
static char *from_vggface2(const char *name)
{
	static const struct {
		const char *theirs, *conv, *bn;
	} parts[] = {
		{ "1x1_reduce", "conv1", "bn1" },
		{ "3x3", "conv2", "bn2" },
		{ "1x1_increase", "conv3", "bn3" },
		{ "1x1_proj", "downsample.0", "downsample.1" },
	};
	int stage, block, len = 0;

	if (begins(name, "conv1_7x7_s2_bn."))
		return xasprintf("bn1.%s", strchr(name, '.') + 1);
	if (begins(name, "conv1_7x7_s2."))
		return xasprintf("conv1.%s", strchr(name, '.') + 1);
	if (sscanf(name, "conv%1d_%1d_%n", &stage, &block, &len) != 2 || !len || stage < 2 || block < 1)
		return NULL;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const char *rest;
		bool bn;

		if (!begins(name + len, parts[i].theirs))
			continue;
		rest = name + len + strlen(parts[i].theirs);
		bn = begins(rest, "_bn.");
		if (bn || *rest == '.')
			return xasprintf("layer%d.%d.%s.%s", stage - 1, block - 1, bn ? parts[i].bn : parts[i].conv,
					 rest + (bn ? 4 : 1));
	}
	return NULL;
}

/* ---- whose they are */

enum kind { NO_RESNET, FRL, SWAV, EXPORTED, TORCHVISION, VGGFACE2 };

/* A file whose names all began with module. comes without it. */
struct origin_names {
	enum kind kind;
	const char *base, *head, *prototypes; /* what stands before the names of each part */
};

/* More than a backbone: names come out as frl-pretrain's. */
static bool has_parts(enum kind kind)
{
	return kind == FRL || kind == SWAV || kind == EXPORTED;
}

static struct origin_names recognise(const struct weights *w)
{
	static const struct origin_names known[] = {
		{ FRL, "module.base_net.", "module.projection_net.net.", "module.prototypes." },
		{ FRL, "base_net.", "projection_net.net.", "prototypes." },
		{ SWAV, "module.", "module.projection_head.", "module.prototypes." },
		{ SWAV, "", "projection_head.", "prototypes." },
		{ EXPORTED, "", "projection.", "prototypes." },
	};
	const char *deeper;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct origin_names o = known[i];

		if (!find(w, o.base, "conv1.weight") || !find(w, o.base, "layer1.0.conv1.weight"))
			continue;
		if (o.kind != FRL && !find(w, o.head, "0.weight")) {
			if (o.kind == SWAV && *o.base == '\0')
				continue;
			o.kind = TORCHVISION;
		}
		/* ResNet-34, -101 and -152 are none of these. */
		deeper = find(w, o.base, "layer1.0.conv3.weight") ? "layer3.6.conv1.weight" : "layer1.2.conv1.weight";
		if (o.kind == TORCHVISION && find(w, o.base, deeper))
			o.kind = NO_RESNET;
		return o;
	}
	if (weights_find(w, "conv1_7x7_s2.weight") && weights_find(w, "conv2_1_1x1_reduce.weight"))
		return (struct origin_names){ VGGFACE2, "", "", "" };
	return (struct origin_names){ NO_RESNET, "", "", "" };
}

/* Tensors that only training or a classifier of other classes has a use for. */
static bool is_dropped(const char *name, enum kind kind)
{
	return ends(name, ".num_batches_tracked") || begins(name, "fc.") ||
	       (kind == VGGFACE2 && (begins(name, "classifier.") || begins(name, "feat_extract.")));
}

/* The name that comes out; NULL: a strange one. To be freed. */
static char *new_name(const struct origin_names *o, const char *name)
{
	if (o->kind == VGGFACE2)
		return from_vggface2(name);
	if (o->kind == TORCHVISION)
		return xstrdup(name + (begins(name, o->base) ? strlen(o->base) : 0));
	if (begins(name, o->head))
		return xasprintf("%s%s", our_head, name + strlen(o->head));
	if (begins(name, o->prototypes))
		return xasprintf("%s%s", our_prototypes, name + strlen(o->prototypes));
	return begins(name, o->base) ? xasprintf("%s%s", ours, name + strlen(o->base)) : NULL;
}

static int rename_all(struct weights *w, const struct origin_names *o, struct err *e)
{
	for (size_t i = 0; i < w->n;) {
		const char *bare = w->item[i].name + (begins(w->item[i].name, o->base) ? strlen(o->base) : 0);
		char *name;

		if (is_dropped(bare, o->kind)) {
			weights_remove(w, i);
			continue;
		}
		name = new_name(o, w->item[i].name);
		if (!name)
			return err_set(e, "a ResNet with a tensor that has no place in it: '%.200s'", w->item[i].name);
		weight_rename(&w->item[i], name);
		free(name);
		i++;
	}
	return weights_check_names(w, e);
}

/* ---- are all there, and nothing else? */

static int check(const struct weights *w, const char *prefix, const char *name, const char *part, struct shape shape,
		 struct err *e)
{
	char *whole = xasprintf("%s%s.%s", prefix, name, part), have[SHAPE_TEXT], want[SHAPE_TEXT];
	const struct weight *t = weights_find(w, whole);
	int rc = 0;

	if (!t)
		rc = err_set(e, "a ResNet without '%s'", whole);
	else if (!shape_equal(&t->shape, &shape))
		rc = err_set(e, "'%s' is [%s] where a ResNet of this width has [%s]", whole,
			     shape_text(&t->shape, have), shape_text(&shape, want));
	else if (!dtype_is_float(t->dtype))
		rc = err_set(e, "'%s' is of type %s", whole, dtype_name(t->dtype));
	free(whole);
	return rc;
}

static int check_bn(const struct weights *w, const char *prefix, const char *name, int64_t c, struct err *e)
{
	static const char *const part[] = { "weight", "bias", "running_mean", "running_var" };

	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (check(w, prefix, name, part[i], (struct shape){ 1, { c } }, e))
			return -1;
	return 0;
}

/* The first tensor of the backbone (names beginning with prefix, and no head or prototypes) that no layer has. */
static const char *strange(const struct weights *w, const char *prefix, const struct backbone_layer *layer, int layers)
{
	for (size_t i = 0; i < w->n; i++) {
		const char *name = w->item[i].name;
		bool mine = false;

		if (begins(name, our_head) || begins(name, our_prototypes))
			continue;
		if (begins(name, prefix))
			name += strlen(prefix);
		for (int l = 0; l < layers && !mine; l++) {
			size_t conv = strlen(layer[l].conv), bn = strlen(layer[l].bn);

			mine = (strncmp(name, layer[l].conv, conv) == 0 && strcmp(name + conv, ".weight") == 0) ||
			       (strncmp(name, layer[l].bn, bn) == 0 && name[bn] == '.');
		}
		if (!mine)
			return w->item[i].name;
	}
	return NULL;
}

static int check_backbone(const struct weights *w, const char *prefix, struct backbone *b, struct err *e)
{
	const struct weight *stem = find(w, prefix, "conv1.weight");
	struct backbone_layer layer[BACKBONE_LAYERS];
	const char *name;
	int n;

	b->arch = find(w, prefix, "layer1.0.conv3.weight") ? RESNET50 : RESNET18;
	b->width = stem && stem->shape.n == 4 && stem->shape.dim[0] <= 256 ? (int)stem->shape.dim[0] / 64 : 0;
	if (b->width != 1 && b->width != 2 && b->width != 4)
		return err_set(e, "'%sconv1.weight' is not that of a ResNet of width 1, 2 or 4", prefix);
	n = backbone_layers(layer, b->arch, b->width);
	for (int i = 0; i < n; i++) {
		const struct backbone_layer *l = &layer[i];
		struct shape shape = { 4, { l->oc, l->ic, l->k, l->k } };

		if (check(w, prefix, l->conv, "weight", shape, e) || check_bn(w, prefix, l->bn, l->oc, e))
			return -1;
	}
	name = strange(w, prefix, layer, n);
	return name ? err_set(e, "not a ResNet-%d: it has no '%.200s'", b->arch == RESNET50 ? 50 : 18, name) : 0;
}

/* ---- metadata */

static void complete(struct weights *w, const char *key, const char *value)
{
	if (value && !weights_get_meta(w, key))
		weights_set_meta(w, key, value);
}

/* What the input of well-known weights looks like; NULL: unknown. */
static const char *const *input_of(const char *name)
{
	/* order, mean, std, scale */
	static const char *const imagenet[] = { "rgb", "0.485,0.456,0.406", "0.229,0.224,0.225", "1" };
	static const char *const swav[] = { "rgb", "0.485,0.456,0.406", "0.228,0.224,0.225", "1" };
	static const char *const vggface[] = { "bgr", "91.4953,103.8827,131.0912", "1,1,1", "255" };
	static const struct {
		const char *name;
		const char *const *input;
	} known[] = { { "imagenet", imagenet }, { "swav", swav }, { "frl", swav }, { "vggface", vggface } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].input;
	return NULL;
}

static void set_metadata(struct weights *w, const struct backbone *b, enum kind kind, const char *name)
{
	static const char *const names[] = { [FRL] = "frl", [SWAV] = "swav", [VGGFACE2] = "vggface" };
	char text[RESNET_NAME];
	const char *who = kind == TORCHVISION || kind == EXPORTED ? NULL : names[kind];
	const char *const *input = name ? input_of(name) : NULL;

	if (!input && who)
		input = input_of(who);
	complete(w, "frl.network", resnet_name(text, b->arch, 1));
	snprintf(text, sizeof text, "%d", b->width);
	complete(w, "frl.width", text);
	if (name)
		weights_set_meta(w, "frl.name", name);
	else if (!weights_get_meta(w, "frl.version")) /* else of a run of frl-pretrain */
		complete(w, "frl.name", who);
	if (kind == VGGFACE2)
		complete(w, "frl.stride", "1x1");
	if (!input)
		return;
	complete(w, "frl.input.order", input[0]);
	complete(w, "frl.input.mean", input[1]);
	complete(w, "frl.input.std", input[2]);
	complete(w, "frl.input.scale", input[3]);
	complete(w, "frl.input.size", "224");
}

/* ---- import and export */

int backbone_import(struct weights *w, const char *name, struct backbone *b, struct err *e)
{
	struct origin_names o = recognise(w);
	/* A classifier of ImageNet's thousand classes tells where torchvision's weights come from. */
	const struct weight *fc = find(w, o.base, "fc.weight");
	bool thousand = fc && fc->shape.n == 2 && fc->shape.dim[0] == 1000;

	if (o.kind == NO_RESNET)
		return 0;
	if (rename_all(w, &o, e) || check_backbone(w, has_parts(o.kind) ? ours : "", b, e))
		return -1;
	set_metadata(w, b, o.kind, name ? name : o.kind == TORCHVISION && thousand ? "imagenet" : NULL);
	return 1;
}

/* Moves the tensor of that name to place `at`. */
static void move(struct weights *w, const char *name, size_t at)
{
	struct weight t;
	size_t i = at;

	while (strcmp(w->item[i].name, name) != 0)
		i++;
	t = w->item[i];
	memmove(w->item + at + 1, w->item + at, (i - at) * sizeof t);
	w->item[at] = t;
}

/* Returns the place after it. */
static size_t sort_backbone(struct weights *w, const struct backbone *b)
{
	static const char *const part[] = { "weight", "bias", "running_mean", "running_var" };
	struct backbone_layer layer[BACKBONE_LAYERS];
	int n = backbone_layers(layer, b->arch, b->width);
	size_t at = 0;
	char name[64];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%.23s.weight", layer[i].conv);
		move(w, name, at++);
		for (int p = 0; p < 4; p++) {
			snprintf(name, sizeof name, "%.23s.%s", layer[i].bn, part[p]);
			move(w, name, at++);
		}
	}
	return at;
}

/* After place `at`; a tensor that no layer of it has is an error. */
static int sort_head(struct weights *w, size_t at, struct err *e)
{
	static const char *const name[] = { "0.weight",	      "0.bias",	       "1.weight", "1.bias",
					    "1.running_mean", "1.running_var", "3.weight", "3.bias" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char *whole = xasprintf("projection.%s", name[i]);

		move(w, whole, at++);
		free(whole);
	}
	return at < w->n ? err_set(e, "a projection head with a tensor that has no place in it: '%.200s'",
				   w->item[at].name)
			 : 0;
}

/* PyTorch's Sequential(Linear, BatchNorm1d, ReLU, Linear): all of it, each part fitting the next. */
static int check_head(const struct weights *w, int64_t features, struct err *e)
{
	const struct weight *a = weights_find(w, "projection.0.weight"), *b = weights_find(w, "projection.3.weight");
	int64_t hidden = a && a->shape.n == 2 ? a->shape.dim[0] : 0, out = b && b->shape.n == 2 ? b->shape.dim[0] : 0;

	return check(w, "projection.", "0", "weight", (struct shape){ 2, { hidden, features } }, e) ||
			       check(w, "projection.", "0", "bias", (struct shape){ 1, { hidden } }, e) ||
			       check_bn(w, "projection.", "1", hidden, e) ||
			       check(w, "projection.", "3", "weight", (struct shape){ 2, { out, hidden } }, e) ||
			       check(w, "projection.", "3", "bias", (struct shape){ 1, { out } }, e)
		       ? -1
		       : 0;
}

int backbone_export(struct weights *w, bool head, struct backbone *b, struct err *e)
{
	struct origin_names o = recognise(w);
	bool has_head = false;
	size_t at;
	int is_one = backbone_import(w, NULL, b, e);

	if (is_one == 0)
		return err_set(e, "not the weights of a ResNet-18 or -50");
	if (is_one < 0)
		return -1;
	if (has_parts(o.kind)) {
		weights_strip(w, ours);
		for (size_t i = 0; i < w->n;) {
			const char *name = w->item[i].name;

			if (begins(name, our_prototypes) || (begins(name, our_head) && !head)) {
				weights_remove(w, i);
				continue;
			}
			if (begins(name, our_head)) {
				char *bare = xasprintf("projection.%s", name + strlen(our_head));

				weight_rename(&w->item[i], bare);
				free(bare);
				has_head = true;
			}
			i++;
		}
	}
	at = sort_backbone(w, b);
	return has_head && (check_head(w, resnet_channels(b->arch, b->width, 3), e) || sort_head(w, at, e)) ? -1 : 0;
}
