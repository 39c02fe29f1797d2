/*
 * opt.h - one table of options per program: the parser, the --help text, and what the man page is compared with
 *
 *	struct opt options[] = {
 *		OPT_GROUP("Detection"),
 *		OPT_F32('t', "threshold", "N", &cfg.threshold, 0, 1, "keep faces that score at least N"),
 *		OPT_BOOL('r', "recursive", &cfg.recursive, "descend into directories"),
 *		OPT_COMMON(&common), OPT_END
 *	};
 *
 * Defaults shown by --help are the values the variables hold before parsing. Long names are never abbreviated; "--x=v"
 * and "--x v", "-xv" and "-x v" are alike; a bool also has --no-x (one called no-x has --x). Numbers with min and max 0
 * have no range. Options end at "--" or at the first argument. "-" alone is an argument. An error names the option and
 * its range and exits with EXIT_CODE_USAGE.
 */
#ifndef FRL_OPT_H
#define FRL_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

enum opt_kind {
	OPT_KIND_END,
	OPT_KIND_GROUP,
	OPT_KIND_BOOL,	 /* bool * */
	OPT_KIND_INT,	 /* int * */
	OPT_KIND_I64,	 /* int64_t * */
	OPT_KIND_F32,	 /* float * */
	OPT_KIND_F64,	 /* double * */
	OPT_KIND_BYTES,	 /* uint64_t *, suffixes k m g t */
	OPT_KIND_STR,	 /* const char **, kept by pointer into argv */
	OPT_KIND_CHOICE, /* int *: index into the NULL-ended list `choices`, -1 before any */
	OPT_KIND_LIST,	 /* struct opt_list *: every use adds one; a comma does not split */
	OPT_KIND_FN,	 /* int (*)(void *data, const char *arg, struct err *): own syntax */
};

struct err;

struct opt_list {
	const char **item; /* into argv; the array lives as long as the process */
	int n;
};

struct opt {
	enum opt_kind kind;
	char letter; /* 0: none */
	const char *name;
	const char *arg; /* what --help calls the value: "N", "FILE", "DIR" */
	void *value;
	double min, max; /* of numbers, inclusive */
	const char *help;
	const char *const *choices;
	int (*fn)(void *data, const char *arg, struct err *e);
	bool hide_default;
};

/* clang-format off */
#define OPT_GROUP(title) { .kind = OPT_KIND_GROUP, .help = (title) }
#define OPT_BOOL(l, n, v, h) { .kind = OPT_KIND_BOOL, .letter = (l), .name = (n), .value = (v), .help = (h) }
#define OPT_INT(l, n, a, v, lo, hi, h) \
	{ .kind = OPT_KIND_INT, .letter = (l), .name = (n), .arg = (a), .value = (v), .min = (lo), .max = (hi), .help = (h) }
#define OPT_I64(l, n, a, v, lo, hi, h) \
	{ .kind = OPT_KIND_I64, .letter = (l), .name = (n), .arg = (a), .value = (v), .min = (lo), .max = (hi), .help = (h) }
#define OPT_F32(l, n, a, v, lo, hi, h) \
	{ .kind = OPT_KIND_F32, .letter = (l), .name = (n), .arg = (a), .value = (v), .min = (lo), .max = (hi), .help = (h) }
#define OPT_F64(l, n, a, v, lo, hi, h) \
	{ .kind = OPT_KIND_F64, .letter = (l), .name = (n), .arg = (a), .value = (v), .min = (lo), .max = (hi), .help = (h) }
#define OPT_BYTES(l, n, a, v, h) { .kind = OPT_KIND_BYTES, .letter = (l), .name = (n), .arg = (a), .value = (v), .help = (h) }
#define OPT_STR(l, n, a, v, h) { .kind = OPT_KIND_STR, .letter = (l), .name = (n), .arg = (a), .value = (v), .help = (h) }
#define OPT_CHOICE(l, n, a, v, c, h) \
	{ .kind = OPT_KIND_CHOICE, .letter = (l), .name = (n), .arg = (a), .value = (v), .choices = (c), .help = (h) }
#define OPT_LIST(l, n, a, v, h) { .kind = OPT_KIND_LIST, .letter = (l), .name = (n), .arg = (a), .value = (v), .help = (h) }
#define OPT_FN(l, n, a, f, d, h) \
	{ .kind = OPT_KIND_FN, .letter = (l), .name = (n), .arg = (a), .fn = (f), .value = (d), .help = (h) }
#define OPT_END { .kind = OPT_KIND_END }
/* clang-format on */

/* What a program says about itself, for --help. */
struct opt_program {
	const char *name;     /* "frl-detect" */
	const char *synopsis; /* one or more lines after "usage: ", '\n' between them */
	const char *purpose;  /* one sentence */
	const char *example;  /* a command line or two */
	const char *notice;   /* a line that --version adds, say because a service's terms ask for it; NULL */
};

/* The options all programs share. Programs that have no use for one leave it out of their table (device, seed). */
struct opt_common {
	int threads; /* 0: one per processor this process may use (thread.h: thread_default) */
	bool quiet;  /* no progress, no summary, no warnings of mere interest */
	bool json;   /* the closing summary as one JSON object on stderr */
	bool no_pg;  /* no provenance, so that outputs can be compared byte by byte */
};

#define OPT_THREADS(c) OPT_INT(0, "threads", "N", &(c)->threads, 0, 1024, "threads; 0: one per processor")
#define OPT_QUIET(c) OPT_BOOL('q', "quiet", &(c)->quiet, "no progress and no summary")
#define OPT_JSON(c) OPT_BOOL(0, "json", &(c)->json, "write the summary as JSON")
#define OPT_NO_PG(c) OPT_BOOL(0, "no-pg", &(c)->no_pg, "leave provenance out of outputs")
#define OPT_COMMON(c) OPT_GROUP("Common"), OPT_THREADS(c), OPT_QUIET(c), OPT_JSON(c), OPT_NO_PG(c)

/*
 * Parses argv[1..] and returns the index of the first argument. --help and --version (always there) print to stdout and
 * exit 0. Errors exit 2. The table must not have a name or letter twice (BUG).
 */
int opt_parse(const struct opt_program *p, const struct opt *options, int argc, char **argv);
/*
 * Outside of a command line, for presets and files that keep options: the value of the option of that long name (a bool: "on"
 * or "off"), and the text that would set it so again (not of LIST and FN). 0, or -1 with the option named; strings are kept
 * by pointer.
 */
int opt_set(const struct opt *options, const char *name, const char *value, struct err *e);
void opt_text(const struct opt *o, struct buf *b);
/* The short usage to stderr with exit 2, for "no argument on a terminal" and wrong arguments; msg may be NULL. */
_Noreturn void opt_usage(const struct opt_program *p, const char *msg, ...) __attribute__((format(printf, 2, 3)));

/* "frl-shard info FILE": runs the table's function whose name is argv[1]; prints the list for --help. */
struct opt_command {
	const char *name;
	int (*main)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
	const char *help;
};
int opt_command(const struct opt_program *p, const struct opt_command *commands, int argc, char **argv);

#endif
