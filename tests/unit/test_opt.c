/*
 * test_opt.c - option tables: every kind, every way to write one, every error with its exit status, the help text
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"
#include "tests/unit/support_child.h"

static struct {
	struct opt_common common;
	bool recursive, keep;
	int count;
	int64_t big;
	float threshold;
	double eps;
	uint64_t bytes;
	const char *weights;
	int dtype, unset;
	struct opt_list add;
	int short_side, long_side;
	int loud;
} v;

static const char *const dtypes[] = { "f32", "bf16", "auto", NULL };

static int set_resize(void *data, const char *arg, struct err *e)
{
	(void)data;
	if (sscanf(arg, "%d,%d", &v.short_side, &v.long_side) != 2)
		return err_set(e, "'%s' is not SHORT,LONG", arg);
	return 0;
}

static int set_loud(void *data, const char *arg, struct err *e)
{
	(void)e;
	++*(int *)data;
	return arg ? -1 : 0;
}

static const struct opt options[] = {
	OPT_GROUP("Detection"),
	OPT_F32('t', "threshold", "N", &v.threshold, 0, 1, "keep faces that score at least N"),
	OPT_BOOL('r', "recursive", &v.recursive, "descend into directories"),
	OPT_BOOL('k', "keep", &v.keep, "keep going"),
	OPT_INT('c', "count", "N", &v.count, 1, 100,
		"how many, said in so many words that the line must be wrapped somewhere"),
	OPT_I64(0, "big", "N", &v.big, 0, 0, "any whole number"),
	OPT_F64(0, "eps", "N", &v.eps, 0, INFINITY, "a small one"),
	OPT_BYTES('m', "max-bytes", "SIZE", &v.bytes, "refuse more"),
	OPT_STR('w', "weights", "FILE", &v.weights, "read them there"),
	OPT_CHOICE(0, "dtype", NULL, &v.dtype, dtypes, "numbers"),
	OPT_CHOICE(0, "other-dtype", "TYPE", &v.dtype, dtypes, "more numbers"),
	OPT_CHOICE(0, "unset", "TYPE", &v.unset, dtypes, "none chosen"),
	OPT_LIST('a', "add", "X", &v.add, "one more"),
	OPT_FN(0, "resize", "S,L", set_resize, NULL, "sides"),
	OPT_FN('l', "loud", NULL, set_loud, &v.loud, "louder"),
	OPT_COMMON(&v.common),
	OPT_END,
};

static const struct opt_program program = {
	.name = "prog",
	.synopsis = "prog [options] [FILE...]\nprog --other",
	.purpose = "Does things.",
	.example = "prog a | prog -\nprog b",
};

static int parse(void *data)
{
	char **argv = data;
	int argc = 0;
	while (argv[argc])
		argc++;
	err_program("prog");
	memset(&v, 0, sizeof v);
	v.keep = true;
	v.unset = -1;
	v.threshold = 0.4f;
	v.count = 3;
	v.eps = 1e-7;
	v.bytes = (uint64_t)2 << 30;
	int i = opt_parse(&program, options, argc, argv);
	printf("t%g r%d k%d c%d b%" PRId64 " e%g m%" PRIu64 " w%s d%s a", (double)v.threshold, v.recursive, v.keep,
	       v.count, v.big, v.eps, v.bytes, v.weights ? v.weights : "", dtypes[v.dtype]);
	for (int k = 0; k < v.add.n; k++)
		printf("%s%s", k ? "," : "", v.add.item[k]);
	printf(" s%d,%d l%d q%d j%d p%d T%d:", v.short_side, v.long_side, v.loud, v.common.quiet, v.common.json,
	       v.common.no_pg, v.common.threads);
	for (; i < argc; i++)
		printf(" %s", argv[i]);
	return io_finish(0);
}

#define MAX_ARGS 12
#define DEFAULTS "t0.4 r0 k1 c3 b0 e1e-07 m2147483648 w df32 a s0,0 l0 q0 j0 p0 T0:"

static void run(struct child *c, const char *const *args)
{
	char *argv[MAX_ARGS + 2] = { (char *)"prog" };
	for (int i = 0; i < MAX_ARGS && args[i]; i++)
		argv[i + 1] = (char *)args[i];
	child_run(c, parse, argv);
}

static void every_way_to_write_one(void **state)
{
	(void)state;
	static const struct {
		const char *args[MAX_ARGS + 1];
		const char *out;
	} t[] = {
		{ { NULL }, DEFAULTS },
		{ { "x", "-r", "--nonsense" }, DEFAULTS " x -r --nonsense" }, /* options end at the first argument */
		{ { "--", "-r" }, DEFAULTS " -r" },
		{ { "-", "-r" }, DEFAULTS " - -r" },
		{ { "-t.7", "-r", "x" }, "t0.7 r1 k1 c3 b0 e1e-07 m2147483648 w df32 a s0,0 l0 q0 j0 p0 T0: x" },
		{ { "-t", "0", "-rqc9" }, "t0 r1 k1 c9 b0 e1e-07 m2147483648 w df32 a s0,0 l0 q1 j0 p0 T0:" },
		{ { "--threshold=1", "--no-keep" }, "t1 r0 k0 c3 b0 e1e-07 m2147483648 w df32 a s0,0 l0 q0 j0 p0 T0:" },
		{ { "--threshold", "1", "--recursive", "--no-recursive" },
		  "t1 r0 k1 c3 b0 e1e-07 m2147483648 w df32 a s0,0 l0 q0 j0 p0 T0:" },
		{ { "--big=-9000000000000000000", "--eps", "1e9", "-m3k", "-w", "" },
		  "t0.4 r0 k1 c3 b-9000000000000000000 e1e+09 m3072 w df32 a s0,0 l0 q0 j0 p0 T0:" },
		{ { "--weights=a=b", "--dtype", "bf16", "-a", "x,y", "--add=-z" },
		  "t0.4 r0 k1 c3 b0 e1e-07 m2147483648 wa=b dbf16 ax,y,-z s0,0 l0 q0 j0 p0 T0:" },
		{ { "--resize", "1200,1600", "-ll", "--loud", "--json", "--no-pg", "--threads=4" },
		  "t0.4 r0 k1 c3 b0 e1e-07 m2147483648 w df32 a s1200,1600 l3 q0 j1 p1 T4:" },
		{ { "--no-pg", "--pg", "-w", "--", "-q" },
		  "t0.4 r0 k1 c3 b0 e1e-07 m2147483648 w-- df32 a s0,0 l0 q1 j0 p0 T0:" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct child c;
		run(&c, t[i].args);
		assert_string_equal(c.err, "");
		assert_string_equal(c.out, t[i].out);
		assert_int_equal(c.exit_code, 0);
	}
}

static void every_error_is_usage(void **state)
{
	(void)state;
	static const struct {
		const char *args[MAX_ARGS + 1];
		const char *err;
	} t[] = {
		{ { "--nope" }, "unknown option '--nope'" },
		{ { "--nope=3" }, "unknown option '--nope'" },
		{ { "--thresh=1" }, "unknown option '--thresh'" }, /* no abbreviations */
		{ { "--no-threshold" }, "unknown option '--no-threshold'" },
		{ { "--no-no-pg" }, "unknown option '--no-no-pg'" },
		{ { "-x" }, "unknown option '-x'" },
		{ { "-rx" }, "unknown option '-x'" },
		{ { "--threshold" }, "option '--threshold' needs a value" },
		{ { "-rt" }, "option '-t' needs a value" },
		{ { "--recursive=1" }, "option '--recursive' takes no value" },
		{ { "--loud=1" }, "option '--loud' takes no value" },
		{ { "-t", "1.1" }, "option '--threshold': '1.1' is not a number from 0 to 1" },
		{ { "-t", "nan" }, "option '--threshold': 'nan' is not a number from 0 to 1" },
		{ { "-t", "0,5" }, "option '--threshold': '0,5' is not a number from 0 to 1" },
		{ { "-t", "" }, "option '--threshold': '' is not a number from 0 to 1" },
		{ { "--eps=-1" }, "option '--eps': '-1' is not a number of at least 0" },
		{ { "--eps=nan" }, "option '--eps': 'nan' is not a number of at least 0" },
		{ { "-c0" }, "option '--count': '0' is not a whole number from 1 to 100" },
		{ { "-c101" }, "option '--count': '101' is not a whole number from 1 to 100" },
		{ { "-c2.5" }, "option '--count': '2.5' is not a whole number from 1 to 100" },
		{ { "-c99999999999999999999" },
		  "option '--count': '99999999999999999999' is not a whole number from 1 to 100" },
		{ { "--big=9223372036854775808" }, "option '--big': '9223372036854775808' is not a whole number" },
		{ { "-m3x" }, "option '--max-bytes': '3x' is not a number of bytes (with k, m, g or t)" },
		{ { "-m-1" }, "option '--max-bytes': '-1' is not a number of bytes (with k, m, g or t)" },
		{ { "--dtype=f64" }, "option '--dtype': 'f64' is not one of f32|bf16|auto" },
		{ { "--dtype=f3" }, "option '--dtype': 'f3' is not one of f32|bf16|auto" },
		{ { "--resize=9" }, "option '--resize': '9' is not SHORT,LONG" },
		{ { "--threads=-1" }, "option '--threads': '-1' is not a whole number from 0 to 1024" },
		{ { "--help=yes" }, "unknown option '--help'" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct child c;
		char want[300];
		run(&c, t[i].args);
		snprintf(want, sizeof want, "prog: %s\nhint: prog --help lists the options\n", t[i].err);
		assert_string_equal(c.err, want);
		assert_string_equal(c.out, "");
		assert_int_equal(c.exit_code, EXIT_CODE_USAGE);
	}
}

static void help(void **state)
{
	(void)state;
	struct child c;
	const char *const args[] = { "--help", NULL };
	run(&c, args);
	assert_int_equal(c.exit_code, 0);
	assert_string_equal(c.err, "");
	assert_string_equal(c.out, "usage: prog [options] [FILE...]\n"
				   "       prog --other\n"
				   "\n"
				   "Does things.\n"
				   "\n"
				   "Detection:\n"
				   "  -t, --threshold N           keep faces that score at least N (default: 0.4)\n"
				   "  -r, --recursive             descend into directories\n"
				   "  -k, --keep                  keep going (default: on)\n"
				   "  -c, --count N               how many, said in so many words that the line must\n"
				   "                              be wrapped somewhere (default: 3)\n"
				   "      --big N                 any whole number (default: 0)\n"
				   "      --eps N                 a small one (default: 1e-07)\n"
				   "  -m, --max-bytes SIZE        refuse more (default: 2g)\n"
				   "  -w, --weights FILE          read them there\n"
				   "      --dtype f32|bf16|auto   numbers (default: f32)\n"
				   "      --other-dtype TYPE      more numbers (f32, bf16, auto; default: f32)\n"
				   "      --unset TYPE            none chosen (f32, bf16, auto)\n"
				   "  -a, --add X                 one more\n"
				   "      --resize S,L            sides\n"
				   "  -l, --loud                  louder\n"
				   "\n"
				   "Common:\n"
				   "      --threads N             threads; 0: one per processor (default: 0)\n"
				   "  -q, --quiet                 no progress and no summary\n"
				   "      --json                  write the summary as JSON\n"
				   "      --no-pg                 leave provenance out of outputs\n"
				   "\n"
				   "      --help                  this text\n"
				   "      --version               name and version\n"
				   "\n"
				   "An option without a value is undone by its opposite: no- before its name, or\n"
				   "without the no- that it begins with.\n"
				   "\n"
				   "Exit status:\n"
				   "  0 all done; 1 failed at run time; 2 usage; 3 bad input; 4 finished, but some\n"
				   "  records failed; 75 try again later\n"
				   "\n"
				   "Example:\n"
				   "  prog a | prog -\n"
				   "  prog b\n");
	for (const char *line = c.out; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");
		assert_true(len <= 80 && (!len || line[len - 1] != ' '));
	}
}

/* The help shows the values as they are when it is asked for. */
static void help_shows_live_values(void **state)
{
	(void)state;
	struct child c;
	const char *const args[] = { "-t", "0.75", "-w", "a file", "--help", "--nope", NULL };
	run(&c, args);
	assert_int_equal(c.exit_code, 0);
	assert_non_null(strstr(c.out, "at least N (default: 0.75)\n"));
	assert_non_null(strstr(c.out, "read them there (default: a file)\n"));
}

static void version(void **state)
{
	(void)state;
	struct child c;
	char want[200];
	const char *const args[] = { "--version", NULL };
	run(&c, args);
	assert_int_equal(c.exit_code, 0);
	snprintf(want, sizeof want, "prog %s\n", err_version());
	assert_string_equal(c.out, want);
	assert_true(isdigit((unsigned char)err_version()[0]));
}

static int clash(void *data)
{
	static bool a, b;
	const struct opt same_name[] = { OPT_BOOL('a', "aa", &a, ""), OPT_BOOL('b', "aa", &b, ""), OPT_END };
	const struct opt same_letter[] = { OPT_BOOL('a', "aa", &a, ""), OPT_BOOL('a', "bb", &b, ""), OPT_END };
	const struct opt takes_help[] = { OPT_BOOL(0, "help", &a, ""), OPT_END };
	const struct opt *const tables[] = { same_name, same_letter, takes_help };
	char *argv[] = { (char *)"prog", NULL };
	return opt_parse(&program, tables[*(int *)data], 1, argv);
}

/* What opt_text says, opt_set reads: every kind of value, and what it refuses. */
static void set_and_text(void **state)
{
	static const char *const pairs[][2] = {
		{ "threshold", "0.25" }, { "recursive", "on" }, { "keep", "off" },
		{ "count", "7" },	 { "big", "-12" },	{ "eps", "1e-08" },
		{ "max-bytes", "3k" },	 { "weights", "a b" },	{ "dtype", "bf16" },
	};
	static const char *const bad[][2] = {
		{ "no-such", "1" }, { "no-keep", "on" }, { "keep", "yes" },	{ "count", "101" },
		{ "count", "" },    { "dtype", "f64" },	 { "max-bytes", "-1" }, { "threshold", "nan" },
		{ "resize", "no" }, { "eps", "1e-8 " },	 { "help", "on" },
	};
	struct buf b = { 0 };

	(void)state;
	memset(&v, 0, sizeof v);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const struct opt *o = options;
		struct err e = { 0 };

		assert_int_equal(opt_set(options, pairs[i][0], pairs[i][1], &e), 0);
		while (!o->name || strcmp(o->name, pairs[i][0]) != 0)
			o++;
		opt_text(o, &b);
		assert_string_equal(b.data, pairs[i][1]);
	}
	assert_true(v.recursive && !v.keep && v.count == 7 && v.big == -12 && v.bytes == 3072 && v.dtype == 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = { 0 };

		assert_int_equal(opt_set(options, bad[i][0], bad[i][1], &e), -1);
		assert_non_null(strstr(e.msg, bad[i][0]));
	}
	assert_int_equal(v.count, 7);
	buf_release(&b);
}

static void clashes_are_bugs(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct child c;
		child_run(&c, clash, &i);
		assert_int_equal(c.exit_code, EXIT_CODE_FAILED);
		assert_non_null(strstr(c.err, "bug at common/opt.c:"));
	}
}

static int usage(void *data)
{
	err_program("prog");
	if (data)
		opt_usage(&program, "%s is missing", (char *)data);
	opt_usage(&program, NULL);
}

static void usage_text(void **state)
{
	(void)state;
	struct child c;
	child_run(&c, usage, NULL);
	assert_int_equal(c.exit_code, EXIT_CODE_USAGE);
	assert_string_equal(c.err,
			    "usage: prog [options] [FILE...]\n       prog --other\nhint: prog --help says more\n");
	child_run(&c, usage, (char *)"FILE");
	assert_int_equal(c.exit_code, EXIT_CODE_USAGE);
	assert_string_equal(c.err,
			    "prog: FILE is missing\n"
			    "usage: prog [options] [FILE...]\n       prog --other\nhint: prog --help says more\n");
	assert_string_equal(c.out, "");
}

/* ---- commands */

static int info_main(int argc, char **argv)
{
	printf("info %d %s %s", argc, argv[0], argc > 1 ? argv[1] : "");
	return 4;
}

static int command(void *data)
{
	static const struct opt_command commands[] = {
		{ "info", info_main,
		  "tells about a file, in a line that is so long that it has to be broken into two" },
		{ "cat", info_main, "joins files" },
		{ NULL, NULL, NULL },
	};
	char **argv = data;
	int argc = 0;
	while (argv[argc])
		argc++;
	err_program("prog");
	return opt_command(&program, commands, argc, argv);
}

static void commands(void **state)
{
	(void)state;
	static const struct {
		const char *args[4];
		int code;
		const char *out, *err;
	} t[] = {
		{ { "prog", "info", "x" }, 4, "info 2 info x", "" },
		{ { "prog", "nope" }, 2, "", "prog: unknown command 'nope'\nhint: prog --help lists the commands\n" },
		{ { "prog", "-q" }, 2, "", "prog: unknown option '-q'\nhint: prog --help lists the commands\n" },
		{ { "prog" }, 2, "", "prog: no command given\nusage: " },
		{ { "prog", "--version" }, 0, "prog ", "" },
		{ { "prog", "--help" },
		  0,
		  "usage: prog [options] [FILE...]\n       prog --other\n\nDoes things.\n\nCommands:\n"
		  "  info          tells about a file, in a line that is so long that it has to be\n"
		  "                broken into two\n"
		  "  cat           joins files\n"
		  "\n"
		  "prog COMMAND --help describes one of them.\n"
		  "\n"
		  "  --help        this text\n"
		  "  --version     name and version\n",
		  "" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct child c;
		char *argv[5] = { NULL };
		for (int k = 0; k < 4; k++)
			argv[k] = (char *)t[i].args[k];
		child_run(&c, command, argv);
		assert_int_equal(c.exit_code, t[i].code);
		assert_memory_equal(c.out, t[i].out, strlen(t[i].out) + !*t[i].out);
		assert_memory_equal(c.err, t[i].err, strlen(t[i].err) + !*t[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_one),
		cmocka_unit_test(every_error_is_usage),
		cmocka_unit_test(help),
		cmocka_unit_test(help_shows_live_values),
		cmocka_unit_test(version),
		cmocka_unit_test(set_and_text),
		cmocka_unit_test(clashes_are_bugs),
		cmocka_unit_test(usage_text),
		cmocka_unit_test(commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
