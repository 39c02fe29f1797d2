/* embed.c - frl-eval embed: pictures of a record stream to features */
#include <unistd.h>

#include "common/fail_ok.h"
#include "common/opt.h"
#include "common/thread.h"
#include "eval/embed_stream.h"
#include "eval/eval.h"

enum { MOST_PIXELS = 512 };

static const struct opt_program program = {
	.name = "frl-eval embed",
	.synopsis = "frl-eval embed --model WEIGHTS [option ...] [STREAM ...] > EMBEDDINGS\n"
		    "frl-eval embed --pixels N [option ...] [STREAM ...] > EMBEDDINGS",
	.purpose = "Features of the pictures of a record stream, as a record stream of the same order.",
	.example = "frl-eval embed --model run/last < shard.bin > embeddings.bin",
};

int eval_embed(int argc, char **argv)
{
	static const char *const layers[] = { "layer1", "layer2", "layer3", "pooled", "head", "auto", NULL };
	struct embed_config c = { .argc = argc, .argv = argv };
	struct opt_common common = { 0 };
	struct fail_ok fail_ok = { 0 };
	const char *output = NULL;
	int first, layer = EMBEDDER_AUTO;
	struct summary s = { 0 };
	struct out out = { 0 };
	struct err e = { 0 };
	uint64_t damage = 0;
	const struct opt options[] = {
		OPT_GROUP("Features"),
		OPT_STR('m', "model", "WEIGHTS", &c.model, "safetensors of a ResNet, or a folder: RUN or RUN/last"),
		OPT_CHOICE('l', "layer", "NAME", &layer, layers,
			   "layer1, layer2, layer3, pooled (the last stage), head; auto: head of recognition, else "
			   "pooled"),
		OPT_BOOL(0, "flip-sum", &c.flip_sum, "add the features of the mirrored picture"),
		OPT_INT(0, "size", "N", &c.size, 0, MODEL_INPUT_MAX_SIZE,
			"pixels a side that the network sees; 0: as the weights say"),
		OPT_INT(0, "pixels", "N", &c.pixels, 0, MOST_PIXELS,
			"no network: the picture shrunk to N x N is the feature"),
		OPT_GROUP("Output"),
		OPT_STR('o', "output", "FILE", &output, "write FILE instead of standard output"),
		OPT_FAIL_OK(&fail_ok),
		OPT_COMMON(&common),
		OPT_END,
	};

	malloc_return_large(4 << 20);
	first = opt_parse(&program, options, argc, argv);
	if (!c.model == !c.pixels)
		opt_usage(&program, "one of --model and --pixels is needed");
	if (c.pixels && (c.flip_sum || c.size || layer != EMBEDDER_AUTO))
		opt_usage(&program, "--pixels takes none of --layer, --size and --flip-sum");
	if (first == argc && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	c.layer = (enum embedder_layer)layer;
	c.path = argv + first;
	c.paths = argc - first;
	c.threads = common.threads ? common.threads : thread_default();
	c.quiet = common.quiet;
	c.no_pg = common.no_pg;
	if (out_open(&out, output, true, &e) || embed_stream(&c, &out, &s, &damage, &e) || out_commit(&out, &e)) {
		out_abort(&out);
		die_err(&e);
	}
	summary_print(&s, common.quiet, common.json);
	return fail_ok_status(&fail_ok, s.failed, s.in + damage);
}
