/* model.c - see model.h: compact arrays, and what the two forms share */
#include "tools/synth/model.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/le.h"
#include "common/num.h"

enum { TEXT_MAX = 1 << 16 };

/* ---- files of numbers whose shape is in their name */

/* The file in `path` called PREFIX_<dims>SUFFIX, dims as in "153x9409x3"; its name, to be freed, or NULL. */
static char *find_array(const char *path, const char *prefix, const char *suffix, int n, int dims[3], struct err *e)
{
	DIR *d = opendir(path);
	char *found = NULL;
	size_t head = strlen(prefix), tail = strlen(suffix);

	if (!d) {
		err_sys(e, "cannot open folder '%s'", path);
		return NULL;
	}
	for (struct dirent *f; !found && (f = readdir(d));) {
		size_t len = strlen(f->d_name);
		int end = 0, got;

		if (len < head + tail || strncmp(f->d_name, prefix, head) != 0 ||
		    strcmp(f->d_name + len - tail, suffix) != 0)
			continue;
		got = n == 3 ? sscanf(f->d_name + head, "%6dx%6dx%6d%n", &dims[0], &dims[1], &dims[2], &end)
			     : sscanf(f->d_name + head, "%6dx%6d%n", &dims[0], &dims[1], &end);
		if (got == n && head + (size_t)end + tail == len)
			found = xasprintf("%s/%s", path, f->d_name);
	}
	closedir(d);
	if (!found)
		err_set(e, "no file %s%s%s in '%s'", prefix, n == 3 ? "NxVx3" : "Nx3", suffix, path);
	return found;
}

/* The whole of a file of `count` little-endian words of four bytes, to be freed; NULL with the reason. */
static uint32_t *read_words(const char *file, size_t count, struct err *e)
{
	struct buf b = { 0 };
	uint32_t *w = NULL;

	if (io_slurp(file, 4 * count + 1, &b, e) == 0) {
		if (b.len != 4 * count) {
			err_set(e, "'%s' has %zu%s bytes, its name says %zu", file, b.len,
				b.len > 4 * count ? " or more" : "", 4 * count);
		} else {
			w = xmalloc(4 * count);
			for (size_t i = 0; i < count; i++)
				w[i] = le_get32(b.data + 4 * i);
		}
	}
	buf_release(&b);
	return w;
}

static int out_of_range(const char *file, const char *what, int v, int least, int most, struct err *e)
{
	if (v >= least && v <= most)
		return 0;
	return err_set(e, "'%s': %d %s; they may be %d to %d", file, v, what, least, most);
}

static int read_neutral(struct synth_model *m, const char *path, struct err *e)
{
	int dims[3] = { 0 };
	char *file = find_array(path, "neutral_", ".f32", 2, dims, e);
	int rc = -1;

	if (file && !out_of_range(file, "vertices", dims[0], SYNTH_LANDMARKS, SYNTH_MAX_VERTICES, e) &&
	    !out_of_range(file, "coordinates", dims[1], 3, 3, e)) {
		m->vertices = m->face_vertices = dims[0];
		m->neutral = (float *)(void *)read_words(file, 3 * (size_t)dims[0], e);
		rc = m->neutral ? 0 : -1;
	}
	free(file);
	return rc;
}

static int read_deltas(struct synth_model *m, const char *path, struct err *e)
{
	int dims[3] = { 0 };
	char *file = find_array(path, "deltas_", ".f32", 3, dims, e);
	int rc = -1;

	if (file && !out_of_range(file, "fields", dims[0], 1, SYNTH_MAX_MODES + SYNTH_MAX_SHAPES, e) &&
	    !out_of_range(file, "vertices", dims[1], m->vertices, m->vertices, e) &&
	    !out_of_range(file, "coordinates", dims[2], 3, 3, e)) {
		m->shapes = dims[0]; /* until names.txt has been read */
		m->delta = (float *)(void *)read_words(file, (size_t)dims[0] * 3 * (size_t)m->vertices, e);
		rc = m->delta ? 0 : -1;
	}
	free(file);
	return rc;
}

static int read_triangles(struct synth_model *m, const char *path, struct err *e)
{
	int dims[3] = { 0 };
	char *file = find_array(path, "triangles_", ".i32", 2, dims, e);
	int rc = -1;

	if (file && !out_of_range(file, "triangles", dims[0], 1, SYNTH_MAX_TRIANGLES, e) &&
	    !out_of_range(file, "corners", dims[1], 3, 3, e)) {
		m->triangles = dims[0];
		m->triangle = (int32_t(*)[3])(void *)read_words(file, 3 * (size_t)dims[0], e);
		rc = m->triangle ? 0 : -1;
	}
	free(file);
	return rc;
}

/* ---- the two texts */

/* The next word of *text, ended in place, or NULL. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t\r\n");

	if (!*word)
		return NULL;
	*text = word + strcspn(word, " \t\r\n");
	if (**text)
		*(*text)++ = 0;
	return word;
}

static int take_names(struct synth_model *m, const char *file, char *text, struct err *e)
{
	int fields = m->shapes, n = 0;

	m->shape = xcalloc((size_t)fields, SYNTH_NAME);
	m->shapes = 0;
	for (char *w; (w = next_word(&text)); n++) {
		bool mode = strncmp(w, "identity", 8) == 0;

		if (n == fields)
			return err_set(e, "'%s' has more names than there are fields, %d", file, fields);
		if (mode && m->shapes)
			return err_set(e, "'%s': '%s' comes after an expression", file, w);
		if (strlen(w) >= SYNTH_NAME)
			return err_set(e, "'%s': a name of more than %d letters", file, SYNTH_NAME - 1);
		if (mode)
			m->modes++;
		else
			memcpy(m->shape[m->shapes++], w, strlen(w) + 1);
	}
	if (n < fields)
		return err_set(e, "'%s' has %d names, there are %d fields", file, n, fields);
	return out_of_range(file, "identity modes", m->modes, 0, SYNTH_MAX_MODES, e) ||
			       out_of_range(file, "expressions", m->shapes, 0, SYNTH_MAX_SHAPES, e)
		       ? -1
		       : 0;
}

static int take_landmarks(struct synth_model *m, const char *file, char *text, struct err *e)
{
	int n = 0;

	for (char *w; (w = next_word(&text)); n++) {
		int64_t v;

		if (num_parse_i64(w, &v) < 0 || v < 0 || v >= m->face_vertices)
			return err_set(e, "'%s': '%s' is no vertex", file, w);
		if (n == SYNTH_LANDMARKS)
			break;
		m->landmark[n] = (int32_t)v;
	}
	return n == SYNTH_LANDMARKS ? 0 : err_set(e, "'%s': not %d vertices", file, SYNTH_LANDMARKS);
}

static int read_text(struct synth_model *m, const char *path, const char *name,
		     int (*take)(struct synth_model *, const char *, char *, struct err *), struct err *e)
{
	char *file = xasprintf("%s/%s", path, name);
	struct buf b = { 0 };
	int rc = io_slurp(file, TEXT_MAX, &b, e) < 0 || take(m, file, b.len ? b.data : (char[]){ 0 }, e) < 0 ? -1 : 0;

	buf_release(&b);
	free(file);
	return rc;
}

static int load_compact(struct synth_model *m, const char *path, struct err *e)
{
	return read_neutral(m, path, e) || read_deltas(m, path, e) || read_triangles(m, path, e) ||
			       read_text(m, path, "names.txt", take_names, e) ||
			       read_text(m, path, "landmarks68.txt", take_landmarks, e)
		       ? -1
		       : 0;
}

/* ---- */

int synth_model_check(const struct synth_model *m, const char *path, struct err *e)
{
	size_t numbers = 3 * (size_t)m->vertices;

	for (size_t i = 0; i < numbers; i++)
		if (!(fabsf(m->neutral[i]) < 1e4F))
			return err_set(e, "'%s': vertex %zu of the neutral face is not within 100 m", path, i / 3);
	for (size_t i = 0; i < numbers * (size_t)(m->modes + m->shapes); i++)
		if (!(fabsf(m->delta[i]) < 1e4F))
			return err_set(e, "'%s': field %zu moves a vertex by more than 100 m", path, i / numbers);
	for (int t = 0; t < m->triangles; t++)
		for (int k = 0; k < 3; k++)
			if (m->triangle[t][k] < 0 || m->triangle[t][k] >= m->vertices)
				return err_set(e, "'%s': triangle %d has vertex %d of %d", path, t, m->triangle[t][k],
					       m->vertices);
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		if (m->landmark[i] < 0 || m->landmark[i] >= m->face_vertices)
			return err_set(e, "'%s': landmark %d is vertex %d of %d", path, i, m->landmark[i],
				       m->face_vertices);
	return 0;
}

int synth_model_load(struct synth_model *m, const char *path, int threads, struct err *e)
{
	char *published = xasprintf("%s/generic_neutral_mesh.obj", path);
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	int rc;

	*m = (struct synth_model){ 0 };
	if (!folder)
		rc = stat(path, &st) < 0 ? err_sys(e, "cannot open model '%s'", path)
					 : err_set(e, "model '%s' is not a folder", path);
	else if (stat(published, &st) == 0)
		rc = synth_facex_load(m, path, threads, e);
	else
		rc = load_compact(m, path, e);
	free(published);
	if (!rc)
		rc = synth_model_check(m, path, e);
	if (rc)
		synth_model_release(m);
	return rc;
}

void synth_model_release(struct synth_model *m)
{
	free(m->neutral);
	free(m->delta);
	free(m->shape);
	free(m->triangle);
	*m = (struct synth_model){ 0 };
}

int synth_model_shape(const struct synth_model *m, const char *name)
{
	for (int i = 0; i < m->shapes; i++)
		if (!strcmp(m->shape[i], name))
			return i;
	return -1;
}

void synth_model_add(const struct synth_model *m, float *out, const float *in, int first, const float *weight, int n)
{
	size_t numbers = 3 * (size_t)m->vertices;

	if (out != in)
		memcpy(out, in, numbers * sizeof *out);
	for (int i = 0; i < n; i++) {
		const float *d = m->delta + (size_t)(first + i) * numbers;
		float w = weight[i];

		if (w == 0)
			continue;
		for (size_t k = 0; k < numbers; k++)
			out[k] += w * d[k];
	}
}
