/* obj.c - see obj.h */
#include "common/obj.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

enum { WORD = 64 };

struct parser {
	struct obj *o;
	const struct obj_limits *limits;
	const char *at, *end; /* of the line */
	unsigned long long line;
	int vertex_room, triangle_room, place_room;
	int32_t material; /* of the triangles to come */
};

/* The line's next word into word[WORD]: its length, 0 at the end, -1 when it is too long to be a number. */
static int next_word(struct parser *p, char *word)
{
	int n = 0;

	while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\r'))
		p->at++;
	for (; p->at < p->end && *p->at != ' ' && *p->at != '\t' && *p->at != '\r'; p->at++) {
		if (n == WORD - 1)
			return -1;
		word[n++] = *p->at;
	}
	word[n] = 0;
	return n;
}

static int bad(const struct parser *p, struct err *e, const char *what)
{
	return err_set(e, "line %llu: %s", p->line, what);
}

static int add_vertex(struct parser *p, struct err *e)
{
	struct obj *o = p->o;
	char word[WORD];

	if (o->vertices == p->limits->max_vertices)
		return bad(p, e, "too many vertices");
	if (o->vertices == p->vertex_room) {
		p->vertex_room = 2 * p->vertex_room + 256;
		o->vertex = xrealloc_array(o->vertex, 3 * (size_t)p->vertex_room, sizeof *o->vertex);
	}
	for (int k = 0; k < 3; k++) {
		float v;

		if (next_word(p, word) <= 0 || num_parse_f32(word, &v) < 0 || !isfinite(v))
			return bad(p, e, "a vertex is three numbers");
		o->vertex[3 * (size_t)o->vertices + (size_t)k] = v;
	}
	o->vertices++;
	return 0;
}

static int add_place(struct parser *p, struct err *e)
{
	struct obj *o = p->o;
	char word[WORD];

	if (o->places == p->limits->max_vertices)
		return bad(p, e, "too many places in textures");
	if (o->places == p->place_room) {
		p->place_room = 2 * p->place_room + 256;
		o->place = xrealloc_array(o->place, 2 * (size_t)p->place_room, sizeof *o->place);
	}
	for (int k = 0; k < 2; k++) {
		float v;

		if (next_word(p, word) <= 0 || num_parse_f32(word, &v) < 0 || !(fabsf(v) < 1e6F))
			return bad(p, e, "a place in a texture is two numbers");
		o->place[2 * (size_t)o->places + (size_t)k] = v;
	}
	o->places++;
	return 0;
}

/* "7" from 1, or "-1" from the end: the number from 0, or -1. */
static int number_of(const char *word, int n)
{
	int64_t v;

	if (num_parse_i64(word, &v) < 0)
		return -1;
	v = v < 0 ? v + n : v - 1;
	return v >= 0 && v < n ? (int)v : -1;
}

/* "7", "7/1", "7//3", "-1/2/3": vertex and place; -1: no vertex, or something else than a place behind the stroke. */
static int corner(const struct parser *p, char *word, int32_t v[2])
{
	char *stroke = strchr(word, '/');

	if (stroke)
		*stroke++ = 0;
	v[0] = number_of(word, p->o->vertices);
	v[1] = -1;
	if (v[0] < 0 || !p->limits->textures || !stroke)
		return v[0] < 0 ? -1 : 0;
	stroke[strcspn(stroke, "/")] = 0;
	if (*stroke)
		v[1] = number_of(stroke, p->o->places);
	return *stroke && v[1] < 0 ? -1 : 0;
}

static int add_triangle(struct parser *p, int32_t v[3][2], struct err *e)
{
	struct obj *o = p->o;

	if (o->triangles == p->limits->max_triangles)
		return bad(p, e, "too many faces");
	if (o->triangles == p->triangle_room) {
		p->triangle_room = 2 * p->triangle_room + 256;
		o->triangle = xrealloc_array(o->triangle, (size_t)p->triangle_room, sizeof *o->triangle);
		if (p->limits->textures) {
			o->corner = xrealloc_array(o->corner, (size_t)p->triangle_room, sizeof *o->corner);
			o->material = xrealloc_array(o->material, (size_t)p->triangle_room, sizeof *o->material);
		}
	}
	for (int k = 0; k < 3; k++)
		o->triangle[o->triangles][k] = v[k][0];
	if (p->limits->textures) {
		for (int k = 0; k < 3; k++)
			o->corner[o->triangles][k] = v[k][1];
		o->material[o->triangles] = p->material;
	}
	o->triangles++;
	return 0;
}

/* v: the polygon's first corner, the last one, and this. */
static int add_face(struct parser *p, struct err *e)
{
	int32_t v[3][2] = { { 0 } };
	int n = 0, len;
	char word[WORD];

	while ((len = next_word(p, word)) != 0) {
		if (len < 0 || corner(p, word, v[n ? 2 : 0]) < 0)
			return bad(p, e, "a face's corner is no vertex");
		if (n >= 2 && add_triangle(p, v, e) < 0)
			return -1;
		memcpy(v[1], v[n ? 2 : 0], sizeof v[1]);
		n++;
	}
	return n >= 3 ? 0 : bad(p, e, "a face of less than three corners");
}

/* The rest of the line without spaces around it, to be freed; NULL: nothing, or too much. */
static char *rest(const struct parser *p)
{
	const char *a = p->at, *b = p->end;

	while (a < b && (*a == ' ' || *a == '\t'))
		a++;
	while (b > a && (b[-1] == ' ' || b[-1] == '\t' || b[-1] == '\r'))
		b--;
	return a == b || b - a >= OBJ_NAME || memchr(a, 0, (size_t)(b - a)) ? NULL : xstrndup(a, (size_t)(b - a));
}

static int use_material(struct parser *p, struct err *e)
{
	struct obj *o = p->o;
	char *name = rest(p);

	if (!name)
		return bad(p, e, "a material's name is missing or too long");
	for (p->material = 0; p->material < o->names; p->material++)
		if (!strcmp(o->name[p->material], name)) {
			free(name);
			return 0;
		}
	if (o->names == OBJ_MAX_NAMES) {
		free(name);
		return bad(p, e, "more than 256 materials");
	}
	if (!o->name)
		o->name = xcalloc(OBJ_MAX_NAMES, sizeof *o->name);
	o->name[o->names++] = name;
	return 0;
}

static int use_library(struct parser *p, struct err *e)
{
	char *name = rest(p);

	if (!name)
		return bad(p, e, "the name of a material library is missing or too long");
	if (p->o->library)
		free(name);
	else
		p->o->library = name;
	return 0;
}

static int parse_line(struct parser *p, struct err *e)
{
	char word[WORD];
	int len = next_word(p, word);

	if (len == 1 && word[0] == 'v')
		return add_vertex(p, e);
	if (len == 1 && word[0] == 'f' && !p->limits->no_faces)
		return add_face(p, e);
	if (len <= 0 || !p->limits->textures)
		return 0;
	if (!strcmp(word, "vt"))
		return add_place(p, e);
	if (!strcmp(word, "usemtl"))
		return use_material(p, e);
	return strcmp(word, "mtllib") ? 0 : use_library(p, e);
}

int obj_parse(struct obj *o, const char *text, size_t len, const struct obj_limits *limits, struct err *e)
{
	struct parser p = { .o = o, .limits = limits, .material = -1 };
	int rc = 0;

	*o = (struct obj){ 0 };
	for (size_t at = 0; !rc && at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t stop = newline ? (size_t)(newline - text) : len;

		p.at = text + at;
		p.end = text + stop;
		p.line++;
		rc = parse_line(&p, e);
		at = stop + 1;
	}
	if (rc)
		obj_release(o);
	return rc;
}

void obj_release(struct obj *o)
{
	free(o->vertex);
	free(o->triangle);
	free(o->place);
	free(o->corner);
	free(o->material);
	for (int i = 0; i < o->names; i++)
		free(o->name[i]);
	free(o->name);
	free(o->library);
	*o = (struct obj){ 0 };
}
