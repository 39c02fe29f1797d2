/*
 * lfw.c - Labeled Faces in the Wild: PERSON/PERSON_0001.jpg, and pairs.txt of View 2
 *
 * pairs.txt: a first line with the number of folds and of pairs of each kind in a fold, then for each fold that many lines
 * "person n m" and that many "person n person m". No person is in two folds.
 */
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

static const char *const places[] = { "lfw-deepfunneled", "lfw_funneled", "lfw", "lfw2" };

struct lfw {
	const char *base; /* the folder of persons; "" is the root */
	struct names pictures;
	struct names folds; /* "person\tfold", sorted */
};

static int add_picture(struct lfw *l, const char *person, const char *number, int64_t fold)
{
	int64_t n;
	char *s;

	if (num_parse_i64(number, &n) || n < 1 || n > 9999 || strchr(person, '/') || *person == '.')
		return -1;
	s = xasprintf("%s%s%s/%s_%04d.jpg", l->base, *l->base ? "/" : "", person, person, (int)n);
	names_add(&l->pictures, s);
	free(s);
	s = xasprintf("%s\t%lld", person, (long long)fold);
	names_add(&l->folds, s);
	free(s);
	return 0;
}

static int pair(struct lfw *l, struct text *t, int64_t fold, struct err *e)
{
	char *f[4];
	int n = text_words(t->line, f, 4);
	int rc = -1;

	if (n == 3)
		rc = add_picture(l, f[0], f[1], fold) || add_picture(l, f[0], f[2], fold);
	else if (n == 4)
		rc = add_picture(l, f[0], f[1], fold) || add_picture(l, f[2], f[3], fold);
	return rc ? text_bad(t, e, "not 'person n m' or 'person n person m'") : 0;
}

static int read_pairs(struct lfw *l, struct curate *c, struct err *e)
{
	struct text t;
	char *f[2];
	int64_t folds = 0, each = 0, n = 0;
	int rc = text_open(&t, curate_path(c, "pairs.txt"), e);

	if (!rc && (rc = text_next(&t, e)) == 1)
		rc = text_words(t.line, f, 2) == 2 && !num_parse_i64(f[0], &folds) && !num_parse_i64(f[1], &each) &&
				     folds > 0 && each > 0 && folds < 1000 && each < 1000000
			     ? 0
			     : text_bad(&t, e, "not 'folds pairs'");
	while (!rc && (rc = text_next(&t, e)) == 1) {
		if (n == folds * 2 * each)
			rc = text_bad(&t, e, "more pairs than the first line says");
		else
			rc = pair(l, &t, n++ / (2 * each) + 1, e);
	}
	if (!rc && n != folds * 2 * each)
		rc = err_set(e, "'%s' has %lld pairs; its first line says %lld", t.name, (long long)n,
			     (long long)(folds * 2 * each));
	text_close(&t);
	names_sort(&l->folds);
	return rc;
}

/* The fold of a person, "" without one. */
static const char *fold_of(const struct lfw *l, const char *person)
{
	size_t lo = 0, hi = l->folds.n, len = strlen(person);
	char *key = xasprintf("%s\t", person);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(l->folds.name[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	free(key);
	return lo < l->folds.n && strncmp(l->folds.name[lo], person, len) == 0 && l->folds.name[lo][len] == '\t'
		       ? l->folds.name[lo] + len + 1
		       : "";
}

static int write_row(struct curate *c, const struct lfw *l, const char *path, struct err *e)
{
	const char *person = path + strlen(l->base) + (*l->base != 0), *slash = strrchr(path, '/');
	char *name = slash && slash > person ? xstrndup(person, (size_t)(slash - person)) : xstrdup("");
	bool own = *name && strncmp(slash + 1, name, strlen(name)) == 0 && slash[1 + strlen(name)] == '_';
	int rc;

	row_begin_as(c, person, path);
	row_str(c, name);
	row_str(c, fold_of(l, name));
	rc = row_end(c, own ? NULL : "bad:not-a-name-of-lfw", e);
	free(name);
	return rc;
}

int read_lfw(struct curate *c, struct err *e)
{
	struct lfw l = { .base = "" };
	int rc;

	for (size_t i = 0; i < sizeof places / sizeof *places && !*l.base; i++)
		if (curate_exists(c, places[i]))
			l.base = places[i];
	rc = names_folder(&l.pictures, c->root, l.base, ".jpg", 1, e);
	if (!rc && !l.pictures.n)
		rc = curate_absent(c, "a picture", e);
	if (!rc && curate_exists(c, "pairs.txt"))
		rc = read_pairs(&l, c, e);
	names_sort(&l.pictures);
	if (!rc)
		rc = row_head(c, "identity fold", 0, 0, e);
	for (size_t i = 0; !rc && i < l.pictures.n; i++)
		rc = write_row(c, &l, l.pictures.name[i], e);
	names_release(&l.pictures);
	names_release(&l.folds);
	return rc;
}
