/* wider.c - see wider.h: result files and lists, which are text */
#include "common/wider.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/num.h"

enum { LINE_MAX_LEN = 4096, FACES_MAX = 1000000, LIST_MAX = 10000000 };

const char *const wider_subset_name[WIDER_SUBSETS] = { "easy", "medium", "hard" };

/* ---- lines of other people's text */

struct lines {
	const char *name;
	const char *at, *end;
	uint64_t number;
	char text[LINE_MAX_LEN + 1]; /* the current line without its end */
};

/* The next line: 1, 0 at the end, -1. */
static int next_line(struct lines *l, struct err *e)
{
	const char *nl;
	size_t len;

	if (l->at == l->end)
		return 0;
	l->number++;
	nl = memchr(l->at, '\n', (size_t)(l->end - l->at));
	len = (size_t)((nl ? nl : l->end) - l->at);
	if (len > LINE_MAX_LEN)
		return err_set(e, "'%s' line %llu: longer than %d bytes", l->name, (unsigned long long)l->number,
			       LINE_MAX_LEN);
	if (memchr(l->at, 0, len))
		return err_set(e, "'%s' line %llu: a NUL byte in text", l->name, (unsigned long long)l->number);
	memcpy(l->text, l->at, len);
	l->at = nl ? nl + 1 : l->end;
	while (len && (l->text[len - 1] == '\r' || l->text[len - 1] == ' ' || l->text[len - 1] == '\t'))
		len--;
	l->text[len] = 0;
	return 1;
}

static int parse_face(const struct lines *l, double face[5], struct err *e)
{
	static const char *const what[5] = { "x", "y", "w", "h", "score" };
	const char *s = l->text;

	for (int i = 0; i < 5; i++) {
		char word[64];
		size_t len;

		s += strspn(s, " \t");
		len = strcspn(s, " \t");
		if (len == 0)
			return err_set(e, "'%s' line %llu: no %s", l->name, (unsigned long long)l->number, what[i]);
		if (len >= sizeof word)
			return err_set(e, "'%s' line %llu: %s is no number", l->name, (unsigned long long)l->number,
				       what[i]);
		memcpy(word, s, len);
		word[len] = 0;
		s += len;
		if (num_parse_f64(word, &face[i]) || !isfinite(face[i]))
			return err_set(e, "'%s' line %llu: %s is no number: '%s'", l->name,
				       (unsigned long long)l->number, what[i], word);
	}
	if (s[strspn(s, " \t")])
		return err_set(e, "'%s' line %llu: more than five numbers", l->name, (unsigned long long)l->number);
	if (face[2] < 0 || face[3] < 0)
		return err_set(e, "'%s' line %llu: a negative size", l->name, (unsigned long long)l->number);
	return 0;
}

/* ---- result files */

void wider_result_add(struct wider_result *r, const double face[5])
{
	/* Doubling: room is full whenever n is a power of two. */
	if ((r->n & (r->n - 1)) == 0)
		r->face = xrealloc_array(r->face, r->n ? 2 * r->n : 1, sizeof *r->face);
	memcpy(r->face[r->n++], face, sizeof *r->face);
}

static void merge(double (*a)[5], double (*tmp)[5], size_t n)
{
	size_t half = n / 2, i = 0, k = half, out = 0;

	if (n < 2)
		return;
	merge(a, tmp, half);
	merge(a + half, tmp, n - half);
	while (i < half && k < n)
		memcpy(tmp[out++], a[k][4] > a[i][4] ? a[k++] : a[i++], sizeof *tmp);
	memcpy(tmp + out, a + i, (half - i) * sizeof *tmp);
	out += half - i;
	memcpy(a, tmp, out * sizeof *tmp);
}

void wider_result_sort(struct wider_result *r)
{
	double(*tmp)[5];
	size_t i;

	for (i = 1; i < r->n && r->face[i][4] <= r->face[i - 1][4]; i++)
		;
	if (i >= r->n)
		return;
	tmp = xrealloc_array(NULL, r->n, sizeof *tmp);
	merge(r->face, tmp, r->n);
	free(tmp);
}

int wider_result_parse(struct wider_result *r, const char *name, const char *data, size_t len, struct err *e)
{
	struct lines l = { .name = name, .at = data, .end = data + len };
	int64_t count;
	int rc;

	*r = (struct wider_result){ 0 };
	if ((rc = next_line(&l, e)) <= 0 || (rc = next_line(&l, e)) <= 0)
		return rc ? -1 : err_set(e, "'%s': no line with the number of faces", name);
	if (num_parse_i64(l.text, &count) || count < 0 || count > FACES_MAX)
		return err_set(e, "'%s' line 2: no number of faces: '%.40s'", name, l.text);
	while ((rc = next_line(&l, e)) > 0) {
		double face[5];

		if (!l.text[0])
			continue;
		if (parse_face(&l, face, e))
			return -1;
		if ((int64_t)r->n == count)
			return err_set(e, "'%s' line %llu: more faces than the %lld of line 2", name,
				       (unsigned long long)l.number, (long long)count);
		wider_result_add(r, face);
	}
	if (rc == 0 && (int64_t)r->n < count)
		return err_set(e, "'%s': %zu faces where line 2 says %lld", name, r->n, (long long)count);
	if (rc == 0)
		wider_result_sort(r);
	return rc;
}

void wider_result_release(struct wider_result *r)
{
	free(r->face);
	*r = (struct wider_result){ 0 };
}

/* ---- keys and lists */

const char *wider_key(const char *path, struct buf *b)
{
	static const char *const extension[] = { ".jpg", ".jpeg", ".png" };
	size_t len = strlen(path);
	const char *from;
	int slashes = 0;

	for (size_t i = 0; i < sizeof extension / sizeof *extension; i++) {
		size_t n = strlen(extension[i]);
		if (len > n && strncasecmp(path + len - n, extension[i], n) == 0) {
			len -= n;
			break;
		}
	}
	for (from = path + len; from > path; from--)
		if (from[-1] == '/' && ++slashes == 2)
			break;
	if (slashes == 0 || *from == '/' || path[len - 1] == '/')
		return NULL;
	buf_reset(b);
	if (buf_add(b, from, (size_t)(path + len - from)))
		return NULL;
	return b->data;
}

int wider_list_parse(struct wider_list *l, const char *name, const char *data, size_t len, struct err *e)
{
	struct lines in = { .name = name, .at = data, .end = data + len };
	struct buf key = { 0 };
	int rc;

	*l = (struct wider_list){ 0 };
	while ((rc = next_line(&in, e)) > 0) {
		if (!in.text[0])
			continue;
		if (!wider_key(in.text, &key)) {
			rc = err_set(e, "'%s' line %llu: not EVENT/NAME: '%.100s'", name, (unsigned long long)in.number,
				     in.text);
			break;
		}
		if (l->n == LIST_MAX) {
			rc = err_set(e, "'%s': more than %d lines", name, LIST_MAX);
			break;
		}
		if ((l->n & (l->n - 1)) == 0)
			l->key = xrealloc_array(l->key, l->n ? 2 * l->n : 1, sizeof *l->key);
		l->key[l->n++] = xstrdup(key.data);
	}
	buf_release(&key);
	return rc;
}

void wider_list_release(struct wider_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->key[i]);
	free(l->key);
	*l = (struct wider_list){ 0 };
}
