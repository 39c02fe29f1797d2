/*
 * input.h - where frl-detect's pictures come from: names and folders given as arguments, a manifest, a list
 *
 * All become rows: those of a manifest keep their columns, others have id and path (the id is the path as given).
 */
#ifndef FRL_DETECT_INPUT_H
#define FRL_DETECT_INPUT_H

#include <stdbool.h>

#include "common/tsv.h"

struct input;

/*
 * args: files; folders (entered when recursive, sorted by name, pictures by extension; otherwise a row that says it is a
 * folder); "-" or no argument: a manifest on standard input. list: a file with one path a line, or WIDER FACE's own list
 * (wider_face_val_bbx_gt.txt, label.txt). NULL with e set when a manifest or list cannot be opened.
 */
struct input *input_open(char *const *args, int n, const char *list, bool recursive, struct err *e);
void input_close(struct input *in);

/* Column names of the rows, and comment lines to carry on. */
const struct tsv_row *input_head(const struct input *in);
const struct buf *input_comments(const struct input *in);
int input_col(const struct input *in, const char *name);
/* Number of rows if known before reading, else 0. */
size_t input_total(const struct input *in);

/* The next row, copied into row: 1, 0 at the end, -1 bad. */
int input_next(struct input *in, struct tsv_row *row, struct err *e);

#endif
