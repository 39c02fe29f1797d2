/*
 * curate.h - frl-curate: published datasets on disk to manifests
 *
 * A reader knows one dataset: the files as they were published, quirks included. It writes rows in a fixed order: that of
 * the published list where there is one, of strcmp over paths otherwise. A picture or label that cannot be used is a row
 * with a status; a list that cannot be read ends the run (exit 3).
 */
#ifndef FRL_CURATE_CURATE_H
#define FRL_CURATE_CURATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/fail_ok.h"
#include "common/io.h"
#include "common/model/linear_face.h"
#include "common/opt.h"
#include "common/progress.h"
#include "common/record.h"
#include "common/tsv.h"

enum { CURATE_CLASSES = 8 };

struct curate;

struct reader {
	const char *name;
	const char *what;	   /* one line, for --help */
	const char *where;	   /* it is obtained */
	const char *layout;	   /* expected under --root */
	const char *const *splits; /* NULL-ended; NULL: it has none */
	int (*read)(struct curate *c, struct err *e);
	bool takes_pictures, takes_classes, takes_params; /* these options; others refuse them */
};

/* By name; ended by one without a name. */
extern const struct reader curate_readers[];

struct curate {
	const struct reader *reader;
	const char *root, *split, *output;
	const char *id_prefix;	  /* before each id; "" */
	const char *pictures;	  /* where pictures inside .mat files go; NULL: nowhere */
	const char *mesh, *model; /* where vertices of 3D faces go, and what makes them of the coefficients */
	const char *params;	  /* where coefficients of 3D faces go; NULL: nowhere */
	bool no_stat;
	int classes; /* expressions that are classes, from 0 on */
	struct fail_ok fail_ok;
	struct opt_common common;
	struct tsv_out rows;
	struct out out;
	struct summary summary;
	struct buf path; /* of the current row, relative to root */
	struct buf id;
	bool row_ok;  /* the status of the last row */
	bool bad_box; /* the current row has a box of negative size */
	struct out params_out;
	struct record_writer params_writer, mesh_writer;
	struct out mesh_out;
	struct linear_face face;
	float *vertices; /* [face.vertices][3] */
	struct buf full; /* scratch for root/path */
};

/* The main of every reader's command; argv[0] is its name. */
int curate_main(int argc, char **argv);

/* Is this split asked for? Without --split all are. */
bool curate_wants(const struct curate *c, const char *split);
/* "ROOT/path", valid until the next call. */
const char *curate_path(struct curate *c, const char *path);
bool curate_exists(struct curate *c, const char *path);
/* -1: path is not there; e says what the dataset is, where it is obtained and what was expected. */
int curate_absent(const struct curate *c, const char *path, struct err *e);
/* The same unless path exists: 0. */
int curate_need(struct curate *c, const char *path, struct err *e);

/* ---- rows: id (behind --id-prefix), path, the reader's columns, points, status */

/* columns: names with a space between them. Then lm0x, lm0y (with dims 3 lm0z, too) and so on for `points` points. */
int row_head(struct curate *c, const char *columns, int points, int dims, struct err *e);
/* id is path, or what the dataset's lists call the picture. */
void row_begin(struct curate *c, const char *path);
void row_begin_as(struct curate *c, const char *id, const char *path);
void row_str(struct curate *c, const char *text);
void row_i64(struct curate *c, int64_t v);
void row_f64(struct curate *c, double v);
void row_blank(struct curate *c, int n);
/* n numbers; one that is not finite is blank. */
void row_numbers(struct curate *c, const double *v, size_t n);
/* x1 y1 x2 y2; where x2 is left of x1, or y2 above y1, the status is bad:box unless row_end is given one. */
void row_box(struct curate *c, double x1, double y1, double x2, double y2);
/*
 * Blank for what was not given, and the status. NULL: ok if the picture is there (with --no-stat: ok), bad:missing,
 * bad:empty or bad:not-a-file otherwise.
 */
int row_end(struct curate *c, const char *status, struct err *e);

#endif
