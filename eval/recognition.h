/*
 * recognition.h - what the files of frl-eval recognition share
 */
#ifndef FRL_EVAL_RECOGNITION_H
#define FRL_EVAL_RECOGNITION_H

#include "common/metrics/roc.h"
#include "common/opt.h"
#include "eval/embeddings.h"
#include "eval/past.h"
#include "eval/report.h"

enum identification { IDENTIFY_NIST, IDENTIFY_MERGED };

struct recognition {
	const char *embeddings; /* with a model a name only */
	int fd;			/* of the model's, else -1 */
	/* With a model, which makes the embeddings now: of the streams in data. */
	const char *model, *data, *pred_out;
	bool flip_sum, force;
	char *name;		    /* recognition_model.c's own */
	struct past past;	    /* the same */
	const char *pairs;	    /* LFW's pairs.txt, or a manifest id1 id2 same [fold] */
	const char *templates;	    /* name template media a line */
	const char *template_pairs; /* template template label a line */
	const char *quality;	    /* name .. factor a line: embeddings are multiplied by it */
	struct opt_list gallery;    /* csv: TEMPLATE_ID, SUBJECT_ID */
	const char *probe;
	int identification;  /* enum identification */
	bool unit;	     /* embeddings are normalised before they are pooled */
	int rule;	     /* enum roc_rule */
	const char *roc;     /* file for the curve */
	const char *samples; /* file for the judgement of each pair */
	int threads;
	struct report report;
	int argc;
	char *const *argv;
};

/* ---- recognition_model.c */

/* Embeddings of the model into r->fd, and into r->pred_out where that is asked for; *failed: records without one. */
int recognition_embed(struct recognition *r, uint64_t *failed, struct err *e);

/* ---- the protocols; each adds its rows to the report */

int recognition_pairs(struct recognition *r, struct err *e);

/* Templates pooled from embeddings, each of norm 1. */
struct templates {
	size_t n, dim;
	float *v;	 /* [n][dim] */
	int64_t *id;	 /* [n] ascending */
	int32_t *number; /* [max_id + 1] id -> number, -1 */
	int64_t max_id;
};

int templates_read(struct templates *t, const struct recognition *r, struct err *e);
int32_t templates_find(const struct templates *t, int64_t id);
void templates_release(struct templates *t);

int recognition_verify(struct recognition *r, const struct templates *t, struct err *e);
int recognition_identify(struct recognition *r, const struct templates *t, struct err *e);

/* Rows tar@1e-6 .. tar@1e-1, eer, auc; the curve if asked for. Takes sorted scores. */
int recognition_rates(struct recognition *r, const char *subset, const struct scores *s, struct err *e);

#endif
