/* recognition_pairs.c - LFW's protocol: pairs of pictures in folds, the threshold from the other folds */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/metrics/bootstrap.h"
#include "common/metrics/dot.h"
#include "common/num.h"
#include "common/tsv.h"
#include "eval/lines.h"
#include "eval/measure.h"
#include "eval/recognition.h"

enum { FOLDS = 1000 };

/* A picture that some pair names. A key may be given in two forms, of which one is to be found. */
struct picture {
	uint64_t key, other;
	float *v; /* unit norm; NULL until found */
	char *name;
};

struct pair {
	size_t picture[2];
	bool same;
	int fold;
	double score;
};

struct pair_list {
	struct pair *pair;
	size_t n;
	struct picture *picture; /* two a pair, until they are merged by key */
	size_t pictures;
	int folds;
	size_t dim;
};

static void add_pair(struct pair_list *l, const char *a, const char *b, bool same, int fold, const char *extension)
{
	const char *name[2] = { a, b };
	struct pair p = { .same = same, .fold = fold };

	if ((l->n & (l->n - 1)) == 0)
		l->pair = xrealloc_array(l->pair, l->n ? 2 * l->n : 1, sizeof *l->pair);
	if ((l->n & (l->n - 1)) == 0)
		l->picture = xrealloc_array(l->picture, l->n ? 4 * l->n : 2, sizeof *l->picture);
	for (int k = 0; k < 2; k++) {
		char *full = xasprintf("%s%s", name[k], extension);

		p.picture[k] = l->pictures;
		l->picture[l->pictures++] =
			(struct picture){ .key = hash_key(full), .other = hash_key(name[k]), .name = full };
	}
	l->pair[l->n++] = p;
	if (fold >= l->folds)
		l->folds = fold + 1;
}

/* NAME and number as LFW files its pictures: NAME/NAME_0001. NULL if the number is none. */
static char *lfw_id(const char *name, const char *number)
{
	int64_t v;

	if (num_parse_i64(number, &v) || v < 0 || v > 9999)
		return NULL;
	return xasprintf("%s/%s_%04d", name, name, (int)v);
}

/* pairs.txt: "folds pairs", then for each fold so many "NAME i j" and as many "NAME i OTHER j". */
static int read_lfw(struct pair_list *l, struct lines *in, struct err *e)
{
	int64_t folds = 0, per_fold = 0, line = 0;
	char *f[4], *id[2];
	int rc;

	if (lines_split(in, "\t ", f, 4) != 2 || num_parse_i64(f[0], &folds) || num_parse_i64(f[1], &per_fold) ||
	    folds < 2 || folds > FOLDS || per_fold < 1 || per_fold > 1000000)
		return lines_bad(in, e, "not the numbers of folds and of pairs");
	for (; (rc = lines_next(in, e)) > 0; line++) {
		int n = lines_split(in, "\t ", f, 4);
		bool same = n == 3;

		if ((n != 3 && n != 4) || line >= 2 * folds * per_fold || same != (line % (2 * per_fold) < per_fold))
			return lines_bad(in, e, "not the pair that pairs.txt has here");
		id[0] = lfw_id(f[0], f[1]);
		id[1] = same ? lfw_id(f[0], f[2]) : lfw_id(f[2], f[3]);
		if (id[0] && id[1])
			add_pair(l, id[0], id[1], same, (int)(line / (2 * per_fold)), ".jpg");
		else
			rc = lines_bad(in, e, "no number of a picture");
		free(id[0]);
		free(id[1]);
		if (rc < 0)
			return -1;
	}
	if (!rc && line != 2 * folds * per_fold)
		rc = lines_bad(in, e, "fewer pairs than the first line says");
	return rc;
}

static int read_manifest(struct pair_list *l, const char *path, struct err *e)
{
	struct buf a = { 0 }, b = { 0 };
	struct tsv t;
	int id1, id2, same, fold, rc = tsv_open(&t, path, e);

	if (rc)
		return -1;
	id1 = tsv_need(&t, "id1", e);
	id2 = id1 < 0 ? -1 : tsv_need(&t, "id2", e);
	same = id2 < 0 ? -1 : tsv_need(&t, "same", e);
	fold = tsv_col(&t, "fold");
	rc = same < 0 ? -1 : 0;
	while (!rc && (rc = tsv_next(&t, e)) > 0) {
		int64_t s, f = 0;

		rc = tsv_i64(&t, &t.row, same, &s, e) || (fold >= 0 && tsv_i64(&t, &t.row, fold, &f, e)) ? -1 : 0;
		if (!rc && (f < 0 || f >= FOLDS || (s != 0 && s != 1)))
			rc = err_set(e, "'%s' line %llu: same is not 0 or 1, or fold not below %d", t.name,
				     (unsigned long long)t.row.line, FOLDS);
		if (!rc)
			add_pair(l, tsv_get(&t.row, id1, &a), tsv_get(&t.row, id2, &b), s == 1, (int)f, "");
	}
	buf_release(&a);
	buf_release(&b);
	tsv_close(&t);
	return rc;
}

static int read_pairs(struct pair_list *l, const char *path, struct err *e)
{
	struct lines in;
	int rc = lines_open(&in, path, e);

	if (!rc && (rc = lines_next(&in, e)) > 0) {
		if (isdigit((unsigned char)*in.text))
			rc = read_lfw(l, &in, e);
		else
			rc = read_manifest(l, path, e);
	}
	lines_close(&in);
	if (!rc && !l->n)
		rc = err_set(e, "'%s': no pairs in it", path);
	return rc;
}

/* ---- finding the embeddings */

static int by_key(const void *a, const void *b)
{
	const struct picture *x = *(struct picture *const *)a, *y = *(struct picture *const *)b;

	return (x->key > y->key) - (x->key < y->key);
}

static int by_other(const void *a, const void *b)
{
	const struct picture *x = *(struct picture *const *)a, *y = *(struct picture *const *)b;

	return (x->other > y->other) - (x->other < y->other);
}

struct finder {
	struct pair_list *list;
	struct picture **by_key, **by_other; /* [pictures] sorted */
	const char *path;
};

/* Gives v to all pictures of that key in one of the two orders. */
static int give(struct finder *f, uint64_t key, const float *v, size_t n, bool other, struct err *e)
{
	struct picture **p = other ? f->by_other : f->by_key;
	size_t low = 0, high = f->list->pictures;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if ((other ? p[mid]->other : p[mid]->key) < key)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < f->list->pictures && (other ? p[low]->other : p[low]->key) == key; low++) {
		if (p[low]->v)
			return err_set(e, "'%s': two embeddings of '%s'", f->path, p[low]->name);
		p[low]->v = xrealloc_array(NULL, n, sizeof *v);
		memcpy(p[low]->v, v, n * sizeof *v);
		if (embedding_unit(p[low]->v, n))
			return err_set(e, "'%s': the embedding of '%s' is zero", f->path, p[low]->name);
	}
	return 0;
}

static int take(void *data, const struct record *head, const float *v, size_t n, struct err *e)
{
	struct finder *f = data;

	f->list->dim = n;
	return give(f, head->key, v, n, false, e) || give(f, head->key, v, n, true, e) ? -1 : 0;
}

static int find_embeddings(struct pair_list *l, const char *path, int fd, struct err *e)
{
	struct finder f = { .list = l, .path = path };
	int rc;

	f.by_key = xrealloc_array(NULL, l->pictures, sizeof(struct picture *));
	f.by_other = xrealloc_array(NULL, l->pictures, sizeof(struct picture *));
	for (size_t i = 0; i < l->pictures; i++) {
		f.by_key[i] = f.by_other[i] = &l->picture[i];
		/* One form only: it is not to be found twice. */
		if (l->picture[i].other == l->picture[i].key)
			l->picture[i].other = 0;
	}
	qsort(f.by_key, l->pictures, sizeof(struct picture *), by_key);
	qsort(f.by_other, l->pictures, sizeof(struct picture *), by_other);
	rc = embeddings_each(path, fd, take, &f, e);
	for (size_t i = 0; i < l->pictures && !rc; i++)
		if (!l->picture[i].v)
			rc = err_set(e, "'%s': no embedding of '%s'", path, l->picture[i].name);
	free(f.by_key);
	free(f.by_other);
	return rc;
}

/* ---- scoring */

/* The scores of pairs in the fold, or in all others; all for fold -1. */
static void collect(const struct pair_list *l, int fold, double *genuine, double *impostor, struct scores *s)
{
	*s = (struct scores){ .genuine = genuine, .impostor = impostor };
	for (size_t i = 0; i < l->n; i++) {
		if (fold >= 0 && l->pair[i].fold == fold)
			continue;
		if (l->pair[i].same)
			genuine[s->genuines++] = l->pair[i].score;
		else
			impostor[s->impostors++] = l->pair[i].score;
	}
	roc_sort(genuine, s->genuines);
	roc_sort(impostor, s->impostors);
}

/* Marks which pairs are judged rightly, each fold with the threshold that is best on the others; the accuracy by fold. */
static void judge(const struct pair_list *l, double *genuine, double *impostor, uint8_t *right, double *accuracy)
{
	for (int f = 0; f < l->folds; f++) {
		struct scores s;
		size_t best, n = 0, good = 0;
		double threshold;

		collect(l, l->folds > 1 ? f : -1, genuine, impostor, &s);
		threshold = roc_best_threshold(&s, &best);
		for (size_t i = 0; i < l->n; i++)
			if (l->pair[i].fold == f) {
				right[i] = (l->pair[i].score >= threshold) == l->pair[i].same;
				good += right[i];
				n++;
			}
		accuracy[f] = n ? (double)good / (double)n : NAN;
	}
}

static void add_accuracy(struct recognition *r, const struct pair_list *l, const uint8_t *right, const double *accuracy)
{
	double sum = 0, square = 0, mean;
	int n = 0;

	for (int f = 0; f < l->folds; f++)
		if (!isnan(accuracy[f])) {
			sum += accuracy[f];
			n++;
		}
	mean = sum / n;
	for (int f = 0; f < l->folds; f++)
		square += isnan(accuracy[f]) ? 0 : (accuracy[f] - mean) * (accuracy[f] - mean);
	report_add(&r->report, "all", "acc", "", mean, (int64_t)l->n);
	if (r->report.bootstrap) {
		double *value = xrealloc_array(NULL, (size_t)r->report.bootstrap, sizeof *value);
		uint32_t *times = xrealloc_array(NULL, l->n, sizeof *times);

		for (int b = 0; b < r->report.bootstrap; b++) {
			uint64_t good = 0;
			bootstrap_draw((uint64_t)r->report.seed, (uint32_t)b, l->n, times);
			for (size_t i = 0; i < l->n; i++)
				good += right[i] ? times[i] : 0;
			value[b] = (double)good / (double)l->n;
		}
		report_interval(&r->report, r->report.row + r->report.n - 1, value);
		free(times);
		free(value);
	}
	report_add(&r->report, "all", "acc-sd", "", sqrt(square / n), n);
}

/* A pair is a sample, its number the face; its group is the folder of its first picture, which is a person in LFW. */
static int write_samples(const struct recognition *r, const struct pair_list *l, const uint8_t *right, struct err *e)
{
	struct sample_file f;
	int rc = sample_file_open(&f, r->samples, &r->report, r->argc, r->argv, e);

	for (size_t i = 0; r->samples && i < l->n && !rc; i++) {
		const struct pair *p = &l->pair[i];
		const char *a = l->picture[p->picture[0]].name, *b = l->picture[p->picture[1]].name;
		char *id = xasprintf("%s %s", a, b), *group = xstrndup(a, strcspn(a, "/"));

		rc = sample_file_add(&f, id, (int64_t)i, group, "acc", p->same, p->same == (right[i] != 0), !right[i],
				     e);
		free(id);
		free(group);
	}
	if (!rc)
		return sample_file_close(&f, e);
	sample_file_abort(&f);
	return -1;
}

int recognition_pairs(struct recognition *r, struct err *e)
{
	struct pair_list l = { 0 };
	int rc = read_pairs(&l, r->pairs, e) || find_embeddings(&l, r->embeddings, r->fd, e) ? -1 : 0;

	if (!rc) {
		double *genuine = xrealloc_array(NULL, 2 * l.n, sizeof *genuine), *impostor = genuine + l.n;
		double *accuracy = xrealloc_array(NULL, (size_t)l.folds, sizeof *accuracy);
		uint8_t *right = xmalloc(l.n);
		struct scores s;

		for (size_t i = 0; i < l.n; i++)
			l.pair[i].score = dot_f32(l.picture[l.pair[i].picture[0]].v, l.picture[l.pair[i].picture[1]].v,
						  l.dim);
		judge(&l, genuine, impostor, right, accuracy);
		add_accuracy(r, &l, right, accuracy);
		collect(&l, -1, genuine, impostor, &s);
		rc = write_samples(r, &l, right, e) || recognition_rates(r, "all", &s, e) ? -1 : 0;
		free(genuine);
		free(accuracy);
		free(right);
	}
	for (size_t i = 0; i < l.pictures; i++) {
		free(l.picture[i].name);
		free(l.picture[i].v);
	}
	free(l.picture);
	free(l.pair);
	return rc;
}
