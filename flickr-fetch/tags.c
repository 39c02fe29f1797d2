#include "flickr-fetch/tags.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"

const char *const tags_paper[TAGS_PAPER] = {
	"human",     "people",	    "person",	 "face",	"fashion",     "portrait",  "emotion",	"expression",
	"affect",    "happy",	    "sad",	 "anger",	"angry",       "smile",	    "laugh",	"joy",
	"surprise",  "disgust",	    "confused",	 "fear",	"horror",      "adult",	    "lady",	"ladies",
	"beauty",    "gentleman",   "gentlemen", "man",		"men",	       "woman",	    "women",	"baby",
	"infant",    "toddler",	    "kid",	 "child",	"children",    "senior",    "father",	"mother",
	"dad",	     "mom",	    "elderly",	 "grandfather", "grandmother", "grandpa",   "grandma",	"grandparent",
	"ancestor",  "40s",	    "50s",	 "60s",		"70s",	       "80s",	    "90s",	"couple",
	"family",    "brother",	    "sister",	 "sibling",	"cousin",      "wedding",   "marriage", "funeral",
	"party",     "formal",	    "boy",	 "girl",	"teen",	       "teenager",  "youth",	"friend",
	"classmate", "group photo", "team",	 "gathering",	"teacher",     "professor", "lecturer", "coach",
	"tutor",     "worker",	    "boss",	 "celebrity",	"sport",       "self",	    "selfie",	"photoshoot",
	"concert",   "gigs",	    "band",	 "dance",	"marathon",    "passenger", "army",	"soldier",
	"marching",  "military",    "protest",	 "crowds",
};

/* Letters of other scripts are bytes above 127 and stay as they are. */
static bool keep(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 128;
}

int tags_add(struct tags *t, const char *text, struct err *e)
{
	struct buf b = { 0 };
	const char *p;
	int i;

	for (p = text; *p; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;

		if (keep(c))
			buf_add_char(&b, c);
	}
	if (!b.len || b.len > 255) {
		buf_release(&b);
		return err_code(e, EXIT_CODE_USAGE, "'%.60s' is no tag", text);
	}
	for (i = 0; i < t->n; i++) {
		if (strcmp(t->tag[i], b.data) == 0) {
			buf_release(&b);
			return 0;
		}
	}
	t->tag = xrealloc_array(t->tag, (size_t)t->n + 1, sizeof(*t->tag));
	t->tag[t->n++] = b.data;
	return 0;
}

int tags_add_list(struct tags *t, const char *text, struct err *e)
{
	const char *p = text;

	for (;;) {
		size_t n = strcspn(p, ",");
		char *word = xstrndup(p, n);
		int rc = tags_add(t, word, e);

		free(word);
		if (rc)
			return -1;
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

void tags_add_paper(struct tags *t)
{
	struct err e = { 0 };
	int i;

	for (i = 0; i < TAGS_PAPER; i++)
		if (tags_add(t, tags_paper[i], &e))
			BUG("%s", e.msg);
}

int tags_add_file(struct tags *t, const char *path, struct err *e)
{
	struct buf b = { 0 };
	char *line, *next;
	int number = 0, rc = -1;

	if (io_slurp_given(path, 1 << 20, &b, e))
		goto out;
	for (line = b.data; line && *line; line = next) {
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		line[n] = '\0';
		number++;
		if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0')
			continue;
		if (tags_add(t, line, e)) {
			err_prefix(e, "%s:%d", path, number);
			goto out;
		}
	}
	rc = 0;
out:
	buf_release(&b);
	return rc;
}

void tags_text(const struct tags *t, int first, int n, struct buf *b)
{
	int i;

	for (i = first; i < first + n; i++) {
		if (i > first)
			buf_add_char(b, ',');
		buf_add_str(b, t->tag[i]);
	}
}

void tags_release(struct tags *t)
{
	int i;

	for (i = 0; i < t->n; i++)
		free(t->tag[i]);
	free(t->tag);
	t->tag = NULL;
	t->n = 0;
}
