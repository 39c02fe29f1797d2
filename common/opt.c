/*
 * opt.c - one table of options per program: the parser and the --help text
 */
#include "common/opt.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/io.h"
#include "common/num.h"

#define WIDTH 80
#define HELP_COLUMN 30

static bool has_range(const struct opt *o)
{
	return o->min != 0 || o->max != 0;
}

/* Does the option stand alone, without a value? */
static bool is_flag(const struct opt *o)
{
	return o->kind == OPT_KIND_BOOL || (o->kind == OPT_KIND_FN && !o->arg);
}

/* ---- help */

/* Adds text from column `at` on, wrapped, its further lines indented. Words are never broken. */
static void add_wrapped(struct buf *b, int at, int indent, const char *text)
{
	for (bool first = true; *text; first = false) {
		int len = (int)strcspn(text, " \n");
		if (!first && at + 1 + len > WIDTH) {
			buf_printf(b, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			buf_add_char(b, ' ');
			at++;
		}
		buf_add(b, text, (size_t)len);
		at += len;
		text += len;
		text += strspn(text, " \n");
	}
	buf_add_char(b, '\n');
}

static void add_choices(struct buf *b, const struct opt *o, const char *between)
{
	for (int i = 0; o->choices[i]; i++)
		buf_printf(b, "%s%s", i ? between : "", o->choices[i]);
}

/* "2g" rather than "2147483648" */
static void add_bytes(struct buf *b, uint64_t v)
{
	static const char suffix[] = "\0kmgt";
	int i = 0;
	for (; i < 4 && v && v % 1024 == 0; i++)
		v /= 1024;
	buf_printf(b, "%" PRIu64, v);
	if (i)
		buf_add_char(b, suffix[i]);
}

/* The value that the variable holds, "" where there is none worth showing. */
static void add_value(struct buf *b, const struct opt *o)
{
	char text[NUM_SIZE];
	switch (o->kind) {
	case OPT_KIND_BOOL:
		buf_add_str(b, *(bool *)o->value ? "on" : "");
		break;
	case OPT_KIND_INT:
		buf_printf(b, "%d", *(int *)o->value);
		break;
	case OPT_KIND_I64:
		buf_printf(b, "%" PRId64, *(int64_t *)o->value);
		break;
	case OPT_KIND_F32:
		buf_add_str(b, num_f32(text, *(float *)o->value));
		break;
	case OPT_KIND_F64:
		buf_add_str(b, num_f64(text, *(double *)o->value));
		break;
	case OPT_KIND_BYTES:
		add_bytes(b, *(uint64_t *)o->value);
		break;
	case OPT_KIND_STR:
		buf_add_str(b, *(const char **)o->value ? *(const char **)o->value : "");
		break;
	case OPT_KIND_CHOICE:
		if (*(int *)o->value >= 0) /* or nothing is chosen yet */
			buf_add_str(b, o->choices[*(int *)o->value]);
		break;
	default:
		break;
	}
}

static void add_option(struct buf *b, const struct opt *o)
{
	size_t begin = b->len;
	if (o->letter)
		buf_printf(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_printf(b, "      --%s", o->name);
	if (!is_flag(o)) {
		buf_add_char(b, ' ');
		if (o->arg)
			buf_add_str(b, o->arg);
		else if (o->kind == OPT_KIND_CHOICE)
			add_choices(b, o, "|");
	}
	int at = (int)(b->len - begin);
	if (at > HELP_COLUMN - 2) {
		buf_printf(b, "\n%*s", HELP_COLUMN, "");
	} else {
		buf_printf(b, "%*s", HELP_COLUMN - at, "");
	}
	struct buf text = { 0 }, value = { 0 };
	buf_add_str(&text, o->help);
	if (!o->hide_default)
		add_value(&value, o);
	bool choices = o->kind == OPT_KIND_CHOICE && o->arg;
	if (choices || value.len)
		buf_add_str(&text, " (");
	if (choices)
		add_choices(&text, o, ", ");
	if (value.len)
		buf_printf(&text, "%sdefault: %s", choices ? "; " : "", value.data);
	if (choices || value.len)
		buf_add_char(&text, ')');
	add_wrapped(b, HELP_COLUMN, HELP_COLUMN, text.data);
	buf_release(&text);
	buf_release(&value);
}

/* Lines of text, each behind its own indent. */
static void add_lines(struct buf *b, const char *first, const char *indent, const char *text)
{
	for (const char *line = text; *line;) {
		int len = (int)strcspn(line, "\n");
		buf_printf(b, "%s%.*s\n", line == text ? first : indent, len, line);
		line += len + (line[len] == '\n');
	}
}

static void add_usage(struct buf *b, const struct opt_program *p)
{
	add_lines(b, "usage: ", "       ", p->synopsis);
}

static void add_ending(struct buf *b, const struct opt_program *p)
{
	buf_add_str(b, "\nExit status:\n"
		       "  0 all done; 1 failed at run time; 2 usage; 3 bad input; 4 finished, but some\n"
		       "  records failed; 75 try again later\n");
	if (p->example && *p->example) {
		buf_add_str(b, "\nExample:\n");
		add_lines(b, "  ", "  ", p->example);
	}
}

/* Standard output, closed and checked. */
static _Noreturn void print_and_quit(struct buf *b)
{
	struct out o;
	struct err e = { 0 };
	if (out_open(&o, NULL, false, &e) < 0 || out_write(&o, b->data, b->len, &e) < 0 || out_commit(&o, &e) < 0)
		die_err(&e);
	buf_release(b);
	quit(io_finish(EXIT_SUCCESS));
}

static const struct opt standard[] = {
	{ .kind = OPT_KIND_BOOL, .name = "help", .help = "this text" },
	{ .kind = OPT_KIND_BOOL, .name = "version", .help = "name and version" },
	OPT_END,
};

static _Noreturn void print_help(const struct opt_program *p, const struct opt *options)
{
	struct buf b = { 0 };
	bool negatable = false;
	add_usage(&b, p);
	buf_add_char(&b, '\n');
	add_wrapped(&b, 0, 0, p->purpose);
	if (options->kind != OPT_KIND_GROUP)
		buf_add_str(&b, "\nOptions:\n");
	for (const struct opt *o = options; o->kind != OPT_KIND_END; o++) {
		if (o->kind == OPT_KIND_GROUP)
			buf_printf(&b, "\n%s:\n", o->help);
		else
			add_option(&b, o);
		negatable |= o->kind == OPT_KIND_BOOL;
	}
	buf_add_char(&b, '\n');
	for (const struct opt *o = standard; o->kind != OPT_KIND_END; o++)
		buf_printf(&b, "      --%-*s%s\n", HELP_COLUMN - 8, o->name, o->help);
	if (negatable)
		buf_add_str(&b, "\nAn option without a value is undone by its opposite: no- before its name, or\n"
				"without the no- that it begins with.\n");
	add_ending(&b, p);
	print_and_quit(&b);
}

static _Noreturn void print_version(const struct opt_program *p)
{
	struct buf b = { 0 };
	buf_printf(&b, "%s %s\n", p->name, err_version());
	if (p->notice)
		buf_printf(&b, "%s\n", p->notice);
	print_and_quit(&b);
}

/* ---- values */

#define SEE_HELP "\nhint: %s --help lists the options"

static int bad_value(const struct opt *o, const char *arg, const char *what, struct err *e)
{
	struct buf range = { 0 };
	char text[NUM_SIZE];
	buf_add_str(&range, what);
	if (has_range(o) && isfinite(o->min))
		buf_printf(&range, isfinite(o->max) ? " from %s" : " of at least %s", num_f64(text, o->min));
	if (has_range(o) && isfinite(o->max))
		buf_printf(&range, isfinite(o->min) ? " to %s" : " of at most %s", num_f64(text, o->max));
	err_code(e, EXIT_CODE_USAGE, "option '--%s': '%s' is not %s", o->name, arg, range.data);
	buf_release(&range);
	return -1;
}

static bool in_range(const struct opt *o, double v)
{
	return !has_range(o) || (v >= o->min && v <= o->max); /* nan is in no range */
}

static int set_integer(const struct opt *o, const char *arg, struct err *e)
{
	int64_t v;
	if (num_parse_i64(arg, &v) < 0 || !in_range(o, (double)v) || (o->kind == OPT_KIND_INT && v != (int)v))
		return bad_value(o, arg, "a whole number", e);
	if (o->kind == OPT_KIND_INT)
		*(int *)o->value = (int)v;
	else
		*(int64_t *)o->value = v;
	return 0;
}

static int set_float(const struct opt *o, const char *arg, struct err *e)
{
	double v;
	float f;
	if (num_parse_f64(arg, &v) < 0 || num_parse_f32(arg, &f) < 0 || isnan(v) || !in_range(o, v))
		return bad_value(o, arg, "a number", e);
	if (o->kind == OPT_KIND_F32)
		*(float *)o->value = f;
	else
		*(double *)o->value = v;
	return 0;
}

static int set_choice(const struct opt *o, const char *arg, struct err *e)
{
	for (int i = 0; o->choices[i]; i++)
		if (!strcmp(arg, o->choices[i])) {
			*(int *)o->value = i;
			return 0;
		}
	struct buf b = { 0 };
	add_choices(&b, o, "|");
	err_code(e, EXIT_CODE_USAGE, "option '--%s': '%s' is not one of %s", o->name, arg, b.data);
	buf_release(&b);
	return -1;
}

/* A list's array is kept here too, so that leak checkers see that it lives as long as argv. */
struct kept {
	const char **item;
	struct kept *next;
};

static struct kept *kept;

static void add_to_list(struct opt_list *list, const char *arg)
{
	struct kept *k = kept;
	while (k && (k->item != list->item || !list->n))
		k = k->next;
	if (!k) {
		k = xcalloc(1, sizeof *k);
		k->next = kept;
		kept = k;
	}
	list->item = xrealloc_array(list->item, (size_t)list->n + 1, sizeof *list->item);
	list->item[list->n++] = arg;
	k->item = list->item;
}

static int try_value(const struct opt *o, const char *arg, struct err *e)
{
	switch (o->kind) {
	case OPT_KIND_INT:
	case OPT_KIND_I64:
		return set_integer(o, arg, e);
	case OPT_KIND_F32:
	case OPT_KIND_F64:
		return set_float(o, arg, e);
	case OPT_KIND_BYTES:
		return num_parse_bytes(arg, o->value) < 0
			       ? bad_value(o, arg, "a number of bytes (with k, m, g or t)", e)
			       : 0;
	case OPT_KIND_STR:
		*(const char **)o->value = arg;
		return 0;
	case OPT_KIND_CHOICE:
		return set_choice(o, arg, e);
	case OPT_KIND_LIST:
		add_to_list(o->value, arg);
		return 0;
	case OPT_KIND_FN:
		if (o->fn(o->value, arg, e) < 0) {
			err_prefix(e, "option '--%s'", o->name);
			e->code = EXIT_CODE_USAGE;
			return -1;
		}
		return 0;
	default:
		BUG("option '--%s' of kind %d takes no value", o->name, (int)o->kind);
	}
}

static void set_value(const struct opt_program *p, const struct opt *o, const char *arg)
{
	struct err e = { 0 };
	if (try_value(o, arg, &e) < 0)
		die(EXIT_CODE_USAGE, "%s" SEE_HELP, e.msg, p->name);
}

/* ---- parsing */

static void check_table(const struct opt *options)
{
	for (const struct opt *o = options; o->kind != OPT_KIND_END; o++) {
		if (o->kind == OPT_KIND_GROUP)
			continue;
		if (!strcmp(o->name, "help") || !strcmp(o->name, "version"))
			BUG("option '--%s' is in every table already", o->name);
		for (const struct opt *q = options; q != o; q++)
			if (q->kind != OPT_KIND_GROUP &&
			    (!strcmp(q->name, o->name) || (o->letter && q->letter == o->letter)))
				BUG("options '--%s' and '--%s' clash", q->name, o->name);
	}
}

/* Is name[0 .. len) the opposite of the bool called `name_of`: no-x of x, or x of no-x? */
static bool is_opposite(const char *name_of, const char *name, size_t len)
{
	if (!strncmp(name_of, "no-", 3))
		return strlen(name_of + 3) == len && !strncmp(name, name_of + 3, len);
	return len > 3 && !strncmp(name, "no-", 3) && strlen(name_of) == len - 3 &&
	       !strncmp(name + 3, name_of, len - 3);
}

/* The option called name[0 .. len); *off where it is a bool's opposite. NULL if there is none. */
static const struct opt *find_long(const struct opt *options, const char *name, size_t len, bool *off)
{
	*off = false;
	for (const struct opt *o = options; o->kind != OPT_KIND_END; o++)
		if (o->kind != OPT_KIND_GROUP && strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	*off = true;
	for (const struct opt *o = options; o->kind != OPT_KIND_END; o++)
		if (o->kind == OPT_KIND_BOOL && is_opposite(o->name, name, len))
			return o;
	return NULL;
}

/* One "--name", "--name=value" or "--name value"; returns how many arguments it took. */
static int parse_long(const struct opt_program *p, const struct opt *options, char **argv)
{
	const char *name = argv[0] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	bool off;
	const struct opt *o = find_long(options, name, len, &off);
	if (!o) {
		if (!strcmp(name, "help"))
			print_help(p, options);
		if (!strcmp(name, "version"))
			print_version(p);
		die(EXIT_CODE_USAGE, "unknown option '--%.*s'" SEE_HELP, (int)len, name, p->name);
	}
	if (is_flag(o)) {
		if (value)
			die(EXIT_CODE_USAGE, "option '--%.*s' takes no value" SEE_HELP, (int)len, name, p->name);
		if (o->kind == OPT_KIND_BOOL)
			*(bool *)o->value = !off;
		else
			set_value(p, o, NULL);
		return 1;
	}
	if (value) {
		set_value(p, o, value);
		return 1;
	}
	if (!argv[1])
		die(EXIT_CODE_USAGE, "option '--%s' needs a value" SEE_HELP, o->name, p->name);
	set_value(p, o, argv[1]);
	return 2;
}

/* One "-abc" or "-xVALUE" or "-x VALUE". */
static int parse_short(const struct opt_program *p, const struct opt *options, char **argv)
{
	for (const char *s = argv[0] + 1; *s; s++) {
		const struct opt *o = options;
		while (o->kind != OPT_KIND_END && o->letter != *s)
			o++;
		if (o->kind == OPT_KIND_END)
			die(EXIT_CODE_USAGE, "unknown option '-%c'" SEE_HELP, *s, p->name);
		if (o->kind == OPT_KIND_BOOL) {
			*(bool *)o->value = true;
			continue;
		}
		if (is_flag(o)) {
			set_value(p, o, NULL);
			continue;
		}
		if (s[1]) {
			set_value(p, o, s + 1);
			return 1;
		}
		if (!argv[1])
			die(EXIT_CODE_USAGE, "option '-%c' needs a value" SEE_HELP, *s, p->name);
		set_value(p, o, argv[1]);
		return 2;
	}
	return 1;
}

int opt_parse(const struct opt_program *p, const struct opt *options, int argc, char **argv)
{
	check_table(options);
	int i = 1;
	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (!strcmp(argv[i], "--"))
			return i + 1;
		if (argv[i][1] == '-')
			i += parse_long(p, options, argv + i);
		else
			i += parse_short(p, options, argv + i);
	}
	return i;
}

int opt_set(const struct opt *options, const char *name, const char *value, struct err *e)
{
	bool off;
	const struct opt *o = find_long(options, name, strlen(name), &off);
	if (!o || off)
		return err_set(e, "no option '--%s'", name);
	if (o->kind != OPT_KIND_BOOL)
		return try_value(o, value, e);
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return err_set(e, "option '--%s': '%s' is neither on nor off", name, value);
	*(bool *)o->value = !strcmp(value, "on");
	return 0;
}

void opt_text(const struct opt *o, struct buf *b)
{
	buf_reset(b);
	buf_add_str(b, "");
	if (o->kind == OPT_KIND_BOOL)
		buf_add_str(b, *(bool *)o->value ? "on" : "off");
	else
		add_value(b, o);
}

void opt_usage(const struct opt_program *p, const char *msg, ...)
{
	struct buf b = { 0 };
	add_usage(&b, p);
	if (msg) {
		struct err e;
		va_list ap;
		va_start(ap, msg);
		vsnprintf(e.msg, sizeof e.msg, msg, ap);
		va_end(ap);
		die(EXIT_CODE_USAGE, "%s\n%shint: %s --help says more", e.msg, b.data, p->name);
	}
	fprintf(stderr, "%shint: %s --help says more\n", b.data, p->name);
	quit(EXIT_CODE_USAGE);
}

/* ---- commands */

static _Noreturn void print_commands(const struct opt_program *p, const struct opt_command *commands)
{
	struct buf b = { 0 };
	add_usage(&b, p);
	buf_add_char(&b, '\n');
	add_wrapped(&b, 0, 0, p->purpose);
	buf_add_str(&b, "\nCommands:\n");
	for (; commands->name; commands++) {
		buf_printf(&b, "  %-14s", commands->name);
		add_wrapped(&b, 16, 16, commands->help);
	}
	buf_printf(&b, "\n%s COMMAND --help describes one of them.\n\n", p->name);
	for (const struct opt *o = standard; o->kind != OPT_KIND_END; o++)
		buf_printf(&b, "  --%-12s%s\n", o->name, o->help);
	add_ending(&b, p);
	print_and_quit(&b);
}

int opt_command(const struct opt_program *p, const struct opt_command *commands, int argc, char **argv)
{
	if (argc < 2)
		opt_usage(p, "no command given");
	if (!strcmp(argv[1], "--help"))
		print_commands(p, commands);
	if (!strcmp(argv[1], "--version"))
		print_version(p);
	for (const struct opt_command *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return c->main(argc - 1, argv + 1);
	die(EXIT_CODE_USAGE, "unknown %s '%s'\nhint: %s --help lists the commands",
	    argv[1][0] == '-' ? "option" : "command", argv[1], p->name);
}
