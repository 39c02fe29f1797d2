/* task.c - the table of tasks, and their models as metadata: see task.h */
#include "common/model/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

const struct task *const task_list[] = {
	&task_recognition, &task_landmarks, &task_au, &task_emotion, &task_mesh, NULL
};

const struct task *task_find(const char *name)
{
	for (const struct task *const *t = task_list; *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return NULL;
}

void task_model_init(struct task_model *m, const struct task *task)
{
	*m = (struct task_model){
		.task = task,
		.arch = RESNET50,
		.width = 1,
		.input = model_input_swav,
		.sigma = 1,
		.margin = .35,
		.sharpness = 64,
	};
	m->input.size = task->preset.size;
}

void task_model_release(struct task_model *m)
{
	for (int i = 0; i < m->names; i++)
		free(m->name[i]);
	free(m->name);
	if (m->mesh)
		face_mesh_release(m->mesh);
	free(m->mesh);
	*m = (struct task_model){ 0 };
}

const char *const task_affine[TASK_AFFINE] = { "a11", "a12", "a13", "a21", "a22", "a23" };

int task_check_affine(const struct table *t, struct err *e)
{
	for (int i = 0; i < TASK_AFFINE; i++)
		if (!table_has(t, task_affine[i]))
			return err_set(
				e,
				"'%s' has no column '%s'\nhint: the rows that frl-crop -m writes have it: it says "
				"where in the crop a point is",
				t->tsv.name, task_affine[i]);
	return 0;
}

double task_affine_scale(const double a[TASK_AFFINE])
{
	return sqrt(fabs(a[0] * a[4] - a[1] * a[3]));
}

size_t task_tensors(const struct task_model *m, struct safetensor *item)
{
	return m->mesh ? face_mesh_tensors(m->mesh, item) : 0;
}

void task_columns_release(struct task_columns *c)
{
	free(c->number);
	free(c->text);
	*c = (struct task_columns){ 0 };
}

int task_model_name(const struct task_model *m, const char *name)
{
	for (int i = 0; i < m->names; i++)
		if (!strcmp(m->name[i], name))
			return i;
	return -1;
}

void task_predict_outputs(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
			  double *prediction)
{
	int n = m->task->predictions(m);

	(void)h;
	(void)w;
	(void)d;
	for (int i = 0; i < n; i++)
		prediction[i] = (double)out[i];
}

void task_model_warp(const struct task_model *m, struct warp *w)
{
	const struct model_input *in = &m->input;

	w->size = in->size;
	w->bgr = in->bgr;
	for (int k = 0; k < 3; k++) {
		w->mean[k] = in->mean[k] / in->scale;
		w->std[k] = in->std[k] / in->scale;
	}
}

/* ---- metadata */

static void put(struct task_meta *meta, const char *key, char *value)
{
	meta->item = xrealloc_array(meta->item, meta->n + 1, sizeof *meta->item);
	meta->item[meta->n++] = (struct safetensors_meta){ key, value };
}

static char *three(const float v[3])
{
	char text[3][NUM_SIZE];

	for (int k = 0; k < 3; k++)
		num_f32(text[k], v[k]);
	return xasprintf("%s,%s,%s", text[0], text[1], text[2]);
}

static char *number(double v)
{
	char text[NUM_SIZE];

	num_f64(text, v);
	return xstrdup(text);
}

void task_meta(const struct task_model *m, struct task_meta *meta)
{
	struct buf names = { 0 };

	*meta = (struct task_meta){ 0 };
	put(meta, "frl.task", xstrdup(m->task->name));
	put(meta, "frl.network", xstrdup(resnet_arch_name(m->arch)));
	put(meta, "frl.width", xasprintf("%d", m->width));
	put(meta, "frl.input.size", xasprintf("%d", m->input.size));
	put(meta, "frl.input.order", xstrdup(m->input.bgr ? "bgr" : "rgb"));
	put(meta, "frl.input.mean", three(m->input.mean));
	put(meta, "frl.input.std", three(m->input.std));
	put(meta, "frl.input.scale", number((double)m->input.scale));
	put(meta, "frl.outputs", xasprintf("%d", m->outputs));
	if (m->task == &task_landmarks) {
		put(meta, "frl.sigma", number(m->sigma));
		put(meta, "frl.compat", xstrdup(m->compat == LANDMARKS_HRNET ? "hrnet" : "none"));
	}
	if (m->task == &task_recognition) {
		put(meta, "frl.margin", number(m->margin));
		put(meta, "frl.sharpness", number(m->sharpness));
	}
	if (!m->names)
		return;
	for (int i = 0; i < m->names; i++) {
		if (i)
			buf_add_char(&names, '\t');
		tsv_escape(&names, m->name[i], strlen(m->name[i]));
	}
	put(meta, "frl.names", xstrdup(names.data));
	buf_release(&names);
}

void task_meta_release(struct task_meta *meta)
{
	for (size_t i = 0; i < meta->n; i++)
		free((char *)meta->item[i].value);
	free(meta->item);
	*meta = (struct task_meta){ 0 };
}

static int read_number(const struct safetensors *s, const char *key, double least, double most, double *v,
		       struct err *e)
{
	const char *text = safetensors_get_meta(s, key);

	if (!text)
		return err_set(e, "metadata %s is missing", key);
	if (num_parse_f64(text, v) || !(*v >= least && *v <= most))
		return err_set(e, "metadata %s: '%.100s' is no number from %g to %g", key, text, least, most);
	return 0;
}

static int read_int(const struct safetensors *s, const char *key, int least, int most, int *v, struct err *e)
{
	double d;

	if (read_number(s, key, least, most, &d, e))
		return -1;
	*v = (int)d;
	return d == *v ? 0 : err_set(e, "metadata %s: '%.100s' is no whole number", key, safetensors_get_meta(s, key));
}

static int read_names(struct task_model *m, const char *text, struct err *e)
{
	char *copy = xstrdup(text), *at = copy;
	struct buf b = { 0 };
	int rc = 0;

	for (char *part; !rc && (part = strsep(&at, "\t"));) {
		buf_reset(&b);
		if (m->names == TASK_MAX_OUTPUTS || tsv_unescape(&b, part)) {
			rc = err_set(e, "metadata frl.names cannot be read");
			break;
		}
		if (!(m->names & (m->names - 1)))
			m->name = xrealloc_array(m->name, m->names ? 2 * (size_t)m->names : 1, sizeof *m->name);
		m->name[m->names++] = xstrdup(b.data ? b.data : "");
	}
	buf_release(&b);
	free(copy);
	return rc;
}

/* What only one task has. */
static int read_own(struct task_model *m, const struct safetensors *s, struct err *e)
{
	const char *compat = safetensors_get_meta(s, "frl.compat");

	if (m->task == &task_landmarks) {
		m->compat = compat && !strcmp(compat, "hrnet") ? LANDMARKS_HRNET : LANDMARKS_SUBPIXEL;
		return read_number(s, "frl.sigma", .1, 100, &m->sigma, e);
	}
	if (m->task == &task_mesh) {
		m->mesh = xcalloc(1, sizeof *m->mesh);
		return face_mesh_read(m->mesh, s, e);
	}
	if (m->task == &task_recognition && (read_number(s, "frl.margin", 0, 2, &m->margin, e) ||
					     read_number(s, "frl.sharpness", 1e-3, 1e4, &m->sharpness, e)))
		return -1;
	return 0;
}

/* What each task can have been made with; a file may say anything. */
static bool outputs_fit(const struct task_model *m)
{
	if (m->task == &task_landmarks)
		return landmarks_mirror(m->outputs) != NULL;
	if (m->task == &task_recognition)
		return m->outputs <= TASK_MAX_EMBEDDING;
	if (m->task == &task_mesh)
		return m->outputs == m->mesh->vertices[0];
	return m->names == m->outputs && m->outputs <= TASK_MAX_COLUMNS;
}

/* The decoder's first layer is as large as the mesh says: a file cannot ask for more memory than its own size. */
static int check_decoder(const struct task_model *m, const struct safetensors *s, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, "head.linear.weight");
	const struct face_mesh *f = m->mesh;

	if (f &&
	    (!t || t->shape.n != 2 || t->shape.dim[0] != (int64_t)f->vertices[f->levels] * f->channels[f->levels - 1]))
		return err_set(e, "tensor head.linear.weight: missing, or not of the mesh's size");
	return 0;
}

static int check_read(const struct task_model *m, const struct safetensors *s, struct err *e)
{
	if (m->input.size < 16)
		return err_set(e, "metadata frl.input.size: an input of %d pixels is too small", m->input.size);
	if (!outputs_fit(m))
		return err_set(e, "metadata frl.outputs: %d outputs and %d names are no model of %s", m->outputs,
			       m->names, m->task->name);
	return check_decoder(m, s, e);
}

int task_model_read(struct task_model *m, const struct safetensors *s, struct err *e)
{
	const char *name = safetensors_get_meta(s, "frl.task"), *network = safetensors_get_meta(s, "frl.network");
	const char *names = safetensors_get_meta(s, "frl.names");
	const struct task *task = name ? task_find(name) : NULL;

	*m = (struct task_model){ 0 };
	if (!name)
		return err_set(e, "not the model of a task: its metadata have no frl.task");
	if (!task)
		return err_set(e, "metadata frl.task: there is no task '%.100s'", name);
	task_model_init(m, task);
	if (!network || resnet_arch_named(network, &m->arch))
		return err_set(e, "metadata frl.network: '%.100s' is no network known", network ? network : "");
	if (read_int(s, "frl.width", 1, 4, &m->width, e) || model_input_read(&m->input, s, e) ||
	    read_int(s, "frl.outputs", 1, TASK_MAX_OUTPUTS, &m->outputs, e) || (names && read_names(m, names, e)) ||
	    read_own(m, s, e))
		return -1;
	return check_read(m, s, e);
}
