/* mtl.c - see mtl.h */
#include "tools/synth/mtl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

enum { LINE = 1024 };

static const char blank[] = " \t\r";

static int bad(unsigned long long line, struct err *e, const char *what)
{
	return err_set(e, "line %llu: %s", line, what);
}

/* Takes blanks off both ends. */
static char *trim(char *s)
{
	size_t n;

	s += strspn(s, blank);
	for (n = strlen(s); n && strchr(blank, s[n - 1]); n--)
		;
	s[n] = 0;
	return s;
}

static int take_name(char to[MTL_NAME], const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= MTL_NAME)
		return -1;
	memcpy(to, name, n + 1);
	return 0;
}

static int take_colour(float colour[3], char *s)
{
	for (int k = 0; k < 3; k++) {
		size_t n;

		s += strspn(s, blank);
		n = strcspn(s, blank);
		if (s[n])
			s[n++] = 0;
		if (num_parse_f32(s, &colour[k]) < 0 || !(colour[k] >= 0 && colour[k] <= 1))
			return -1;
		s += n;
	}
	return 0;
}

/* Behind options, which begin with a hyphen, the last word; a name alone may have spaces. */
static int take_texture(char to[MTL_NAME], char *s)
{
	if (*s == '-') {
		char *word = s + strlen(s);

		while (word > s && !strchr(blank, word[-1]))
			word--;
		s = word;
	}
	return take_name(to, s) || !mtl_is_inside(to) ? -1 : 0;
}

static int add_material(struct mtl *m, const char *name)
{
	if (m->n == MTL_MAX)
		return -1;
	if (!m->material)
		m->material = xcalloc(MTL_MAX, sizeof *m->material);
	m->material[m->n] = (struct mtl_material){ .colour = { .7F, .7F, .7F } };
	return take_name(m->material[m->n++].name, name);
}

static int parse_line(struct mtl *m, char *s, unsigned long long line, struct err *e)
{
	struct mtl_material *last = m->n ? &m->material[m->n - 1] : NULL;
	size_t n;

	s = trim(s);
	n = strcspn(s, blank);
	if (n == 6 && !memcmp(s, "newmtl", 6))
		return add_material(m, trim(s + n))
			       ? bad(line, e,
				     "a material without a name of less than 256 letters, or more than 256 materials")
			       : 0;
	if (last && n == 2 && !memcmp(s, "Kd", 2))
		return take_colour(last->colour, s + n) ? bad(line, e, "a colour is three numbers of 0 to 1") : 0;
	if (last && n == 6 && !memcmp(s, "map_Kd", 6))
		return take_texture(last->texture, trim(s + n))
			       ? bad(line, e, "a texture has to be a file in the folder of its library, or below")
			       : 0;
	return 0;
}

int mtl_parse(struct mtl *m, const char *text, size_t len, struct err *e)
{
	unsigned long long number = 0;
	int rc = 0;

	*m = (struct mtl){ 0 };
	for (size_t at = 0; !rc && at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t n = newline ? (size_t)(newline - text) - at : len - at;
		char line[LINE];

		number++;
		if (n < sizeof line && !memchr(text + at, 0, n)) {
			memcpy(line, text + at, n);
			line[n] = 0;
			rc = parse_line(m, line, number, e);
		} else if (text[at] != '#') {
			rc = bad(number, e, "longer than 1023 bytes, or not text");
		}
		at += n + 1;
	}
	if (rc)
		mtl_release(m);
	return rc;
}

bool mtl_is_inside(char *name)
{
	if (name[0] && name[1] == ':')
		return false;
	for (char *c = name; *c; c++)
		if (*c == '\\')
			*c = '/';
	if (*name == '/')
		return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		size_t n;

		part += *part == '/';
		n = strcspn(part, "/");
		if (n == 2 && part[0] == '.' && part[1] == '.')
			return false;
	}
	return true;
}

void mtl_release(struct mtl *m)
{
	free(m->material);
	*m = (struct mtl){ 0 };
}
