/* predict.c - frl-eval predict: pictures of record streams to the columns of one task or several */
#include <unistd.h>

#include "common/fail_ok.h"
#include "common/opt.h"
#include "common/thread.h"
#include "eval/eval.h"
#include "eval/predictor.h"

static const struct opt_program program = {
	.name = "frl-eval predict",
	.synopsis = "frl-eval predict --model RUN[,RUN ...] [option ...] [STREAM ...] > ROWS",
	.purpose =
		"What models of tasks say of the pictures of a record stream: a row for each, under the truth's names.",
	.example = "frl-eval predict --model emo/last,au/last --rows crops.tsv < crops.bin > people.tsv",
};

int eval_predict(int argc, char **argv)
{
	struct predictor_config c = { .argc = argc, .argv = argv };
	struct opt_common common = { 0 };
	struct fail_ok fail_ok = { 0 };
	const char *output = NULL;
	struct summary s = { 0 };
	struct out out = { 0 };
	struct err e = { 0 };
	const struct opt options[] = {
		OPT_GROUP("Predictions"),
		OPT_STR('m', "model", "RUN,..", &c.models, "models of frl-finetune: files, RUN or RUN/last"),
		OPT_STR(0, "rows", "FILE", &c.rows,
			"manifest of the crops (frl-crop -m): ids and paths; points come back to the photo"),
		OPT_GROUP("Output"),
		OPT_STR(0, "mesh", "FILE", &c.mesh, "write all vertices of a mesh, as frl-eval mesh reads them"),
		OPT_STR('o', "output", "FILE", &output, "write FILE instead of standard output"),
		OPT_STR(0, "draw", "DIR", &c.draw, "write each picture to DIR, with what was predicted drawn on"),
		OPT_FAIL_OK(&fail_ok),
		OPT_COMMON(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);

	if (!c.models)
		opt_usage(&program, "--model is needed");
	if (c.mesh && out_same(c.mesh, output))
		opt_usage(&program, "--mesh and --output are the same");
	if (first == argc && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	c.path = argv + first;
	c.paths = argc - first;
	c.threads = common.threads ? common.threads : thread_default();
	c.quiet = common.quiet;
	c.no_pg = common.no_pg;
	if (out_open(&out, output, false, &e) || predictor_run(&c, &out, &s, &e) || out_commit(&out, &e)) {
		out_abort(&out);
		die_err(&e);
	}
	summary_print(&s, common.quiet, common.json);
	return fail_ok_status(&fail_ok, s.failed, s.in);
}
