/*
 * text.h - other people's text, line by line: lists and CSV
 *
 * A byte-order mark and carriage returns are taken off, the last line needs no newline, lines end at a megabyte and hold no
 * NUL: everything else is the reader's business.
 */
#ifndef FRL_CURATE_TEXT_H
#define FRL_CURATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct text {
	char *name; /* for messages; owned */
	int fd;
	bool end;
	struct buf data;
	size_t at;
	char *line; /* the current one, NUL-terminated, in data */
	uint64_t number;
};

int text_open(struct text *t, const char *path, struct err *e);
/* The next line that is not blank: 1, 0 at the end, -1. Spaces and tabs at its end are taken off. */
int text_next(struct text *t, struct err *e);
void text_close(struct text *t);
/* -1 with file and line before the message. */
int text_bad(const struct text *t, struct err *e, const char *what);

/* Splits line in place at runs of blanks; how many fields, at most max + 1 (then there are more). */
int text_words(char *line, char **field, int max);
/*
 * Splits a line of CSV in place: fields may be quoted, "" in quotes is a quote, blanks around a field are taken off. The
 * last of max fields takes the rest of the line, so that a URL with commas stays whole.
 */
int text_csv(char *line, char **field, int max);
/* n numbers: -1 if one is none or not finite. */
int text_numbers(char *const *field, int n, double *v);

#endif
