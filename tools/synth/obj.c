/* obj.c - see obj.h */
#include "tools/synth/obj.h"

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
	int vertex_room, triangle_room;
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
		return bad(p, e, "more vertices than a face model has");
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

/* "7", "7/1", "7//3", "-1/2/3": the vertex from 0, or -1. */
static int corner(const struct parser *p, char *word)
{
	int64_t v;

	word[strcspn(word, "/")] = 0;
	if (num_parse_i64(word, &v) < 0)
		return -1;
	v = v < 0 ? v + p->o->vertices : v - 1;
	return v >= 0 && v < p->o->vertices ? (int)v : -1;
}

static int add_face(struct parser *p, struct err *e)
{
	struct obj *o = p->o;
	int first = -1, last = -1, n = 0, len;
	char word[WORD];

	while ((len = next_word(p, word)) != 0) {
		int v = len < 0 ? -1 : corner(p, word);

		if (v < 0)
			return bad(p, e, "a face's corner is no vertex");
		if (n++ >= 2) {
			if (o->triangles == p->limits->max_triangles)
				return bad(p, e, "more faces than a face model has");
			if (o->triangles == p->triangle_room) {
				p->triangle_room = 2 * p->triangle_room + 256;
				o->triangle = xrealloc_array(o->triangle, (size_t)p->triangle_room,
							     sizeof *o->triangle);
			}
			memcpy(o->triangle[o->triangles++], (int32_t[]){ first, last, v }, sizeof *o->triangle);
		}
		first = n == 1 ? v : first;
		last = v;
	}
	return n >= 3 ? 0 : bad(p, e, "a face of less than three corners");
}

static int parse_line(struct parser *p, struct err *e)
{
	char word[WORD];
	int len = next_word(p, word);

	if (len == 1 && word[0] == 'v')
		return add_vertex(p, e);
	if (len == 1 && word[0] == 'f' && !p->limits->no_faces)
		return add_face(p, e);
	return 0;
}

int obj_parse(struct obj *o, const char *text, size_t len, const struct obj_limits *limits, struct err *e)
{
	struct parser p = { .o = o, .limits = limits };
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
	*o = (struct obj){ 0 };
}
