/* export.c - frl-weights export: a backbone under torchvision's names, or as ONNX */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/opt.h"
#include "common/progress.h"
#include "tools/weights/backbone.h"
#include "tools/weights/commands.h"
#include "tools/weights/load.h"
#include "tools/weights/onnx_write.h"

static const struct opt_program program = {
	.name = "frl-weights export",
	.synopsis = "frl-weights export [OPTION]... FILE|FOLDER > OUT",
	.purpose = "Writes a ResNet backbone for other programs: safetensors with torchvision's names, or ONNX.",
	.example = "frl-weights export run/last > backbone.safetensors\n"
		   "frl-weights export --onnx -o backbone.onnx run/last",
};

struct options {
	const char *output;
	bool onnx, head;
	struct opt_common common;
};

/* Programs that read these files expect f32. */
static int to_f32(struct weights *w, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		struct weight *t = &w->item[i];
		struct safetensor s = { t->name, t->dtype, t->shape, t->data, t->bytes };
		size_t count = (size_t)shape_count(&t->shape);
		float *v;

		if (t->dtype == DTYPE_F32)
			continue;
		v = xrealloc_array(NULL, count + 1, sizeof *v);
		if (safetensor_f32(&s, v, count, e)) {
			free(v);
			return -1;
		}
		free(t->data);
		t->data = (uint8_t *)v;
		t->bytes = count * sizeof *v;
		t->dtype = DTYPE_F32;
	}
	return 0;
}

static int run(struct weights *w, struct origin *origin, const char *path, const struct options *o, struct err *e)
{
	struct backbone b;
	struct out out;
	struct summary s = { 0 };
	bool read = false;

	if (load_file(w, path, NULL, origin, e) == 0) {
		read = true;
		s.in = w->n;
	}
	if (!read || backbone_export(w, o->head, &b, e) || to_f32(w, e))
		return read ? err_prefix(e, "%s", path) : -1;
	if (!o->common.quiet && !weights_get_meta(w, "frl.input.mean"))
		warn("nothing tells what the network's input looks like; frl-weights import --name can");
	if (out_open(&out, o->output, true, e))
		return -1;
	if ((o->onnx ? onnx_write(w, &b, &out, e) : weights_write(w, &out, e))) {
		out_abort(&out);
		return -1;
	}
	if (out_commit(&out, e))
		return -1;
	s.out = w->n;
	summary_print(&s, o->common.quiet, o->common.json);
	return 0;
}

int cmd_export(int argc, char **argv)
{
	struct options o = { 0 };
	const struct opt options[] = {
		OPT_GROUP("Export"),
		OPT_STR('o', "output", "FILE", &o.output, "write FILE instead of standard output"),
		OPT_BOOL(0, "onnx", &o.onnx, "an ONNX model instead of safetensors"),
		OPT_BOOL(0, "head", &o.head, "with the projection head, where the file has one"),
		OPT_GROUP("Common"),
		OPT_QUIET(&o.common),
		OPT_JSON(&o.common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct weights w = { 0 };
	struct origin origin = { 0 };
	struct err e = { 0 };
	char *path;
	int rc;

	if (argc - first > 1)
		opt_usage(&program, "one file at a time");
	if (argc == first && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	path = safetensors_path(argc > first ? argv[first] : "-");
	rc = run(&w, &origin, path, &o, &e);
	if (rc)
		warn("%s", e.msg);
	free(path);
	weights_release(&w);
	origin_release(&origin);
	return rc ? e.code : EXIT_CODE_OK;
}
