/*
 * task.h - the downstream tasks, a row each: what they read, predict, minimise, and how the paper trains them
 *
 * recognition, landmarks, au, emotion, mesh (Bulat et al., ECCV 2022, supplement 1.2). A row says which columns of a manifest
 * are its labels, how these move under the augmentation, which head stands on the ResNet, the loss, the paper's preset, and
 * the columns of a prediction. Everything else (frl-finetune, frl-eval predict) is the same for all of them.
 */
#ifndef FRL_MODEL_TASK_H
#define FRL_MODEL_TASK_H

#include "common/data/warp.h"
#include "common/model/face_mesh.h"
#include "common/model/input.h"
#include "common/model/landmarks.h"
#include "common/model/mesh_targets.h"
#include "common/model/resnet_train.h"
#include "common/nn/optim.h"
#include "common/nn/safetensors.h"
#include "common/table.h"

enum {
	TASK_MAX_OUTPUTS = 1 << 20,
	TASK_MAX_EMBEDDING = 1 << 16,
	TASK_MAX_COLUMNS = 99,
	TASK_SHARES = 3,
	TASK_OWN = 8,
	TASK_AFFINE = 6
};

/* How the paper trains; what it leaves open is in frl-finetune(1), each with its source. */
struct task_preset {
	int size;		    /* of the input, pixels */
	int batch;		    /* over all ranks */
	double epochs[TASK_SHARES]; /* with all labels, with a tenth, with a fiftieth or less */
	struct optim_config optim;
	double lr;
	struct warp warp; /* size and normalisation are the model's */
};

/* A model of a task: what its tensors do not say. Kept as metadata beside them (frl.task ..). */
struct task_model {
	const struct task *task;
	enum resnet_arch arch;
	int width;
	struct model_input input;
	int outputs; /* units, classes, points, dimensions of the embedding, vertices */
	char **name; /* [names] of units, classes, or identities; NULL for the others */
	int names;
	double sigma;		      /* landmarks: of the heatmaps' Gaussians, in their pixels */
	enum landmarks_compat compat; /* landmarks */
	double margin, sharpness;     /* recognition: CosFace's m and s */
	struct face_mesh *mesh;	      /* mesh: owned; NULL before training begins */
	struct mesh_targets *targets; /* mesh: where labels come from; the caller's, NULL where there are none */
	int column[TASK_OWN];	      /* where `columns` put what only some manifests have; -1: absent */
};

/* Columns of a manifest that a task reads. */
struct task_columns {
	const char **number, **text; /* the model's, or literals */
	int numbers, texts;
};

struct task_net;

/* A batch of one rank, and the whole batch's size. */
struct task_batch {
	int n, total;
	const void *out;     /* [n][..] what the network says: values [c][h][w] of a sample, or its rows, dense */
	const double *label; /* [n][label_width] moved */
	void *grad;	     /* as out; NULL: not wanted */
	int threads;
	size_t real; /* bytes of a number of out and grad: the backend's (real.h) */
};

enum { TASK_PARTS = 3 };

struct task_loss {
	double total;
	double part[TASK_PARTS]; /* named by the task; their sum is total */
};

struct task {
	const char *name;
	struct task_preset preset;
	const char *part[TASK_PARTS + 1]; /* of the loss, NULL-ended */
	/*
	 * Sets outputs and names from the columns of a manifest that is open and not yet read; for a model that has them
	 * (from a file), checks that the manifest has the same: -1 names the difference.
	 */
	int (*configure)(struct task_model *m, const struct table *t, struct err *e);
	/* What is to be loaded, to be released by task_columns_release. */
	void (*columns)(struct task_model *m, const struct table *t, struct task_columns *c);
	/* Names that only all rows tell (identities): after loading, before labels. NULL: none. */
	int (*names)(struct task_model *m, const struct table *t, struct err *e);
	int (*value_width)(const struct task_model *m); /* what `label` writes */
	int (*label_width)(const struct task_model *m); /* what `move` makes of it */
	/* As labels.h: 1 a label, 0 none in this row, -1 an error that names line and column. data: the model. */
	int (*label)(void *model, const struct table *t, size_t row, double *value, struct err *e);
	/* As samples.h. */
	int (*move)(void *model, const struct warp_draws *d, int w, int h, const double *value, double *label,
		    struct err *e);
	/* The head on the stages' values and on the pooled rows: the network's output. */
	int (*head)(struct train_net *n, struct train_params *params, const struct task_model *m, const int stage[4],
		    int pooled);
	/* What else the loss learns (class weights). NULL: nothing. Declared after the head. */
	void (*declare)(struct train_params *params, const struct task_model *m);
	void (*loss)(struct task_net *t, const struct task_batch *b, struct task_loss *loss);
	/*
	 * A sample's error in the field's own measure, in percent, to choose RUN/best by: score_name is its column. NULL: it is
	 * chosen by the loss.
	 */
	const char *score_name;
	double (*score)(const struct task_model *m, const float *out, const double *label);
	/* Columns of a prediction: their number and the name of column i, to be freed. */
	int (*predictions)(const struct task_model *m);
	char *(*prediction_name)(const struct task_model *m, int i);
	/* From a sample's output; places in the picture that went through d. h, w: of the output's maps. */
	void (*predict)(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
			double *prediction);
};

/* NULL-ended; in the paper's order. */
extern const struct task *const task_list[];
/* NULL: there is none of that name. */
const struct task *task_find(const char *name);

/* The paper's: ResNet-50, the preset's size, SwAV's normalisation. */
void task_model_init(struct task_model *m, const struct task *task);
void task_model_release(struct task_model *m);
void task_columns_release(struct task_columns *c);
/* The number of the name, or -1. */
int task_model_name(const struct task_model *m, const char *name);
/* Size, normalisation and order of channels of the model's input, into a policy. */
void task_model_warp(const struct task_model *m, struct warp *w);

/* ---- metadata: lines to be freed by task_meta_release; reading checks every range */

struct task_meta {
	struct safetensors_meta *item;
	size_t n;
};
void task_meta(const struct task_model *m, struct task_meta *meta);
void task_meta_release(struct task_meta *meta);
/* -1: no model of a task, or one that is not understood. */
int task_model_read(struct task_model *m, const struct safetensors *s, struct err *e);

/* A task's `predict` whose predictions are the first outputs as they are. */
void task_predict_outputs(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
			  double *prediction);

/* frl-crop's columns a11 .. a23: the map of a photo's places to those of the record's picture. */
extern const char *const task_affine[TASK_AFFINE];
/* -1, with a hint, where the manifest lacks one of them. */
int task_check_affine(const struct table *t, struct err *e);
/* How far a map stretches: what lengths along z are multiplied by. */
double task_affine_scale(const double a[TASK_AFFINE]);

/* The rows. */
extern const struct task task_recognition, task_landmarks, task_au, task_emotion, task_mesh;

/* mesh: a sample's output as places of its picture, [vertices][3], x y in the pixels that went through d, z in the same unit. */
void task_mesh_vertices(const struct task_model *m, const float *out, const struct warp_draws *d, double (*v)[3]);
/* The tensors that belong to the model beside the network's; item [FACE_MESH_TENSORS] points into it. Returns how many. */
size_t task_tensors(const struct task_model *m, struct safetensor *item);

#endif
