/* recognition.c - frl-eval recognition: verification and identification of faces by embeddings */
#include "eval/recognition.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/thread.h"
#include "eval/eval.h"

static const struct opt_program program = {
	.name = "frl-eval recognition",
	.synopsis = "frl-eval recognition --pred STREAM --pairs FILE [option ...]\n"
		    "frl-eval recognition --model RUN --data FILE,.. --pairs FILE [option ...]\n"
		    "frl-eval recognition --pred STREAM --templates FILE --template-pairs FILE\n"
		    "frl-eval recognition --pred STREAM --templates FILE \\\n"
		    "                     --gallery FILE ... --probe FILE",
	.purpose = "Verification (LFW's folds, IJB's 1:1) and identification (IJB's 1:N) by embeddings.",
	.example = "frl-eval recognition --pred lfw.bin --pairs pairs.txt --table\n"
		   "frl-eval recognition --pred ijbc.bin --templates ijbc_face_tid_mid.txt \\\n"
		   "    --quality ijbc_name_5pts_score.txt --template-pairs ijbc_template_pair_label.txt",
};

static int run(struct recognition *r, struct err *e)
{
	struct templates t = { 0 };
	int rc = 0;

	if (r->pairs)
		rc = recognition_pairs(r, e);
	if (!rc && r->templates)
		rc = templates_read(&t, r, e);
	if (!rc && r->template_pairs)
		rc = recognition_verify(r, &t, e);
	if (!rc && r->probe)
		rc = recognition_identify(r, &t, e);
	templates_release(&t);
	return rc || report_write(&r->report, r->argc, r->argv, e) ? -1 : 0;
}

static void check_options(const struct recognition *r)
{
	if (!r->embeddings == !r->model)
		opt_usage(&program, "one of --pred and --model is needed");
	if (r->model && !r->data)
		opt_usage(&program, "--data is needed with --model");
	if (!r->model && (r->data || r->pred_out || r->force || r->flip_sum))
		opt_usage(&program, "--data, --flip-sum, --pred-out and --force go with --model");
	if (r->pred_out && out_same(r->pred_out, r->report.out))
		opt_usage(&program, "--pred-out and --output are the same");
	if (!r->pairs && !r->template_pairs && !r->probe)
		opt_usage(&program, "one of --pairs, --template-pairs and --probe is needed");
	if ((r->template_pairs || r->probe) && !r->templates)
		opt_usage(&program, "--templates is needed");
	if (!r->probe != !r->gallery.n)
		opt_usage(&program, "--gallery and --probe go together");
}

int eval_recognition(int argc, char **argv)
{
	static const char *const identifications[] = { "nist", "merged", NULL };
	static const char *const rules[] = { "nearest", "at-most", NULL };
	struct recognition r = { .argc = argc, .argv = argv, .fd = -1 };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_STR(0, "pred", "STREAM", &r.embeddings, "record stream of embeddings"),
		OPT_STR(0, "pairs", "FILE", &r.pairs, "LFW's pairs.txt, or a manifest id1 id2 same fold"),
		OPT_STR(0, "truth", "FILE", &r.pairs, "the same as --pairs"),
		OPT_STR(0, "labels", "FILE", &r.pairs, "the same as --pairs"),
		OPT_STR(0, "templates", "FILE", &r.templates, "name, template and media a line"),
		OPT_STR(0, "quality", "FILE", &r.quality, "name .. factor a line: embeddings are multiplied by it"),
		OPT_BOOL(0, "unit", &r.unit, "embeddings are normalised before they are pooled"),
		OPT_STR(0, "template-pairs", "FILE", &r.template_pairs, "1:1: template, template and label a line"),
		OPT_LIST(0, "gallery", "FILE", &r.gallery, "1:N: csv of TEMPLATE_ID,SUBJECT_ID"),
		OPT_STR(0, "probe", "FILE", &r.probe, "1:N: the same of the probes"),
		OPT_GROUP("Instead of --pred"),
		OPT_STR('m', "model", "RUN", &r.model, "embed with a model of frl-finetune: a file, RUN or RUN/last"),
		OPT_STR(0, "data", "FILE,..", &r.data, "record streams of aligned faces; - is standard input"),
		OPT_BOOL(0, "flip-sum", &r.flip_sum, "add the embedding of the mirrored picture"),
		OPT_STR(0, "pred-out", "FILE", &r.pred_out, "keep the embeddings, as frl-eval embed writes them"),
		OPT_BOOL(0, "force", &r.force, "score a model on pictures that it was chosen on"),
		OPT_GROUP("Recognition"),
		OPT_CHOICE(0, "identification", "HOW", &r.identification, identifications,
			   "how 1:N counts: nist or merged"),
		OPT_CHOICE(0, "far", "RULE", &r.rule, rules, "the point of the curve for a FAR: nearest or at-most"),
		OPT_STR(0, "roc", "FILE", &r.roc, "the curve of FMR and FNMR, as TSV"),
		OPT_STR(0, "samples", "FILE", &r.samples, "write every pair's judgement, for frl-eval compare"),
		OPT_REPORT_BOOTSTRAP(&r.report),
		OPT_REPORT_OUTPUT(&r.report),
		OPT_REPORT_COMMON(&r.report),
		OPT_INT(0, "threads", "N", &r.threads, 0, 1024, "threads; 0: one per processor"),
		OPT_END,
	};
	uint64_t failed = 0;
	int first;

	report_init(&r.report, "recognition");
	first = opt_parse(&program, options, argc, argv);
	if (first < argc)
		opt_usage(&program, "unexpected argument '%s'", argv[first]);
	check_options(&r);
	if (!r.threads)
		r.threads = thread_default();
	first = (r.model && recognition_embed(&r, &failed, &e)) || run(&r, &e) ? -1 : 0;
	report_release(&r.report);
	if (r.fd >= 0)
		close(r.fd);
	past_release(&r.past);
	free(r.name);
	if (first)
		die_err(&e);
	return failed ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}
