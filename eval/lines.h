/*
 * lines.h - other people's text files, line by line: score files, lists of pairs and templates
 *
 * Blank at the ends, a byte-order mark and carriage returns are taken off.
 */
#ifndef FRL_EVAL_LINES_H
#define FRL_EVAL_LINES_H

#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

struct lines {
	const char *name;
	FILE *file;
	char *text; /* the current line */
	size_t cap;
	uint64_t number;
};

int lines_open(struct lines *l, const char *path, struct err *e);
/* The next line that is not empty: 1, 0 at the end, -1. */
int lines_next(struct lines *l, struct err *e);
void lines_close(struct lines *l);

/* Splits the current line in place at any of the bytes in `at` (runs of blanks count once); returns how many, at most max. */
int lines_split(struct lines *l, const char *at, char **field, int max);
/* -1 with file and line before the message. */
int lines_bad(const struct lines *l, struct err *e, const char *what);

#endif
