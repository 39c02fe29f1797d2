/* frl-subsample - deterministic low-data subsets of manifests and record streams; man frl-subsample(1) */
#include <unistd.h>

#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"
#include "common/progress.h"
#include "subsample/subsample.h"

static const struct opt_program program = {
	.name = "frl-subsample",
	.synopsis = "frl-subsample [option ...] [FILE]",
	.purpose = "Draws a subset of a manifest or a record stream, the same one on any machine.",
	.example = "frl-subsample -f 2% affectnet.tsv > affectnet-2pct-seed0.tsv\n"
		   "frl-subsample -n 1000000 < vggface2.bin > small.bin",
};

/* Which options were given: values alone do not tell. */
struct given {
	struct ratio fraction, floor, from;
};

static int set_ratio(void *data, const char *arg, struct err *e)
{
	return ratio_parse(data, arg, e);
}

/* Ends with the usage where options contradict each other. */
static void check_options(const struct subsample *s, const struct given *g, int64_t count)
{
	bool identities = g->floor.den || g->from.den;

	if (g->fraction.den && count)
		opt_usage(&program, "--fraction and --count exclude each other");
	if (g->floor.den && g->from.den)
		opt_usage(&program, "--min-identities and --identities exclude each other");
	if (s->all && !s->every && !s->where.n)
		opt_usage(&program, "one of --fraction, --count, --every and --where is needed");
	if (s->all && (identities || s->per))
		opt_usage(&program, "--fraction or --count is needed");
	if (s->per && identities)
		opt_usage(&program, "--per does not go with a rule for identities");
}

static void set_rule(struct subsample *s, const struct given *g, int64_t count, int64_t seed)
{
	struct select_rule *r = &s->rule;

	s->all = !g->fraction.den && !count;
	check_options(s, g, count);
	r->seed = (uint64_t)seed;
	r->by_count = count != 0;
	r->count = (uint64_t)count;
	r->fraction = g->fraction;
	r->per_group = s->per != NULL;
	r->identity = g->floor.den ? SELECT_FLOOR : g->from.den ? SELECT_FROM : SELECT_BLIND;
	r->share = g->floor.den ? g->floor : g->from;
	s->streaming = !r->by_count && !r->per_group && r->identity == SELECT_BLIND;
}

static int run(struct subsample *s, const char *path, struct err *e)
{
	struct subset_input in;
	int rc;

	rc = subset_input_open(&in, path, e);
	if (!rc) {
		progress_start("subsample", 0, s->common.quiet);
		rc = in.records ? subsample_records(s, &in, e) : subsample_manifest(s, &in, e);
		progress_stop();
	}
	subset_input_close(&in);
	return rc;
}

int main(int argc, char **argv)
{
	struct subsample s = { .out = "-", .identity = "identity", .frame = "frame", .subject = "subject" };
	struct given given = { 0 };
	struct err e = { 0 };
	int64_t count = 0, seed = 0;
	struct opt options[] = {
		OPT_GROUP("How many"),
		OPT_FN('f', "fraction", "SHARE", set_ratio, &given.fraction,
		       "this share of the samples, each by its own hash: 0.02, 2% or 1/50"),
		OPT_I64('n', "count", "N", &count, 0, 9e15, "exactly so many samples, those of the lowest hashes"),
		OPT_STR(0, "per", "COLUMN", &s.per, "so many of each value of a column (of a record: its label)"),
		OPT_GROUP("Of what"),
		OPT_LIST(0, "where", "COLUMN", &s.where, "only samples that have a value there"),
		OPT_I64(0, "every", "N", &s.every, 0, 1000000000,
			"only every N-th frame of each subject's video; 0: all"),
		OPT_STR(0, "frame", "COLUMN", &s.frame, "where the frame's number is; without it the id's last digits"),
		OPT_STR(0, "subject", "COLUMN", &s.subject, "where the subject is"),
		OPT_GROUP("Identities"),
		OPT_FN(0, "min-identities", "SHARE", set_ratio, &given.floor,
		       "at least this share of the identities keeps a sample"),
		OPT_FN(0, "identities", "SHARE", set_ratio, &given.from,
		       "draw all samples from this share of the identities"),
		OPT_STR(0, "identity", "COLUMN", &s.identity, "where the identity is (of a record: its label)"),
		OPT_GROUP("Common"),
		OPT_I64(0, "seed", "N", &seed, 0, 9e15, "another seed, another subset"),
		OPT_STR('o', "output", "FILE", &s.out, "where the subset goes; - is standard output"),
		OPT_QUIET(&s.common),
		OPT_JSON(&s.common),
		OPT_NO_PG(&s.common),
		OPT_END,
	};
	int first;

	err_program(program.name);
	io_catch_signals();
	summary_start();
	if (argc == 1 && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	first = opt_parse(&program, options, argc, argv);
	if (argc - first > 1)
		opt_usage(&program, "unexpected argument '%s'", argv[first + 1]);
	set_rule(&s, &given, count, seed);
	s.argc = argc;
	s.argv = argv;
	if (run(&s, first < argc ? argv[first] : "-", &e))
		die_err(&e);
	summary_print(&s.summary, s.common.quiet, s.common.json);
	return io_finish(s.summary.failed ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK);
}
