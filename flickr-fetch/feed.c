#include "flickr-fetch/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flickr-fetch/licence.h"

/* A pipe that polls writable takes this much without blocking (POSIX: PIPE_BUF, Linux: a page). */
#define CHUNK 4096

static const char *const columns[] = {
	"id",	"path",	      "url",	     "owner", "owner_name", "title", "license", "license_url", "page",
	"tags", "date_taken", "date_upload", "width", "height",	    "bytes", "sha256",	"status",
};

void manifest_header(struct tsv_out *w, const struct config *c)
{
	size_t i;

	tsv_out_pg(w, c->common.no_pg, c->argc, c->argv);
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		tsv_out_raw(w, columns[i]);
	tsv_out_end(w);
}

static void out_positive(struct tsv_out *w, int64_t v)
{
	if (v > 0)
		tsv_out_i64(w, v);
	else
		tsv_out_raw(w, "");
}

void manifest_row(struct tsv_out *w, const char *dir, const struct ledger_row *row)
{
	const struct photo *p = &row->photo;
	char name[64];
	char *path = NULL;

	if (strcmp(row->status, "ok") == 0) {
		ledger_path(name, p->id, row->ext);
		path = xasprintf("%s/%s", dir, name);
	}
	tsv_out_i64(w, p->id);
	tsv_out_str(w, path ? path : "");
	tsv_out_str(w, p->url ? p->url : "");
	tsv_out_str(w, p->owner);
	tsv_out_str(w, p->owner_name);
	tsv_out_str(w, p->title);
	tsv_out_i64(w, p->license);
	tsv_out_str(w, licence_url(p->license));
	tsv_out_str(w, p->page);
	tsv_out_str(w, p->tags);
	tsv_out_str(w, p->date_taken);
	out_positive(w, p->date_upload);
	out_positive(w, p->width);
	out_positive(w, p->height);
	out_positive(w, row->bytes);
	tsv_out_raw(w, row->sha256);
	if (row->state == LEDGER_TODO && !*row->status)
		tsv_out_raw(w, "temp:waiting");
	else
		tsv_out_str(w, row->status);
	tsv_out_end(w);
	free(path);
}

int feed_open(struct feed *r, const struct config *c, struct err *e)
{
	memset(r, 0, sizeof(*r));
	manifest_header(&r->w, c);
	return feed_push(r, e);
}

void feed_add(struct feed *r, const char *dir, const struct ledger_row *row)
{
	manifest_row(&r->w, dir, row);
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->mark = xrealloc_array(r->mark, r->cap, sizeof(*r->mark));
	}
	r->mark[r->n++] = (struct feed_mark){ r->w.line.len, row->photo.id };
	r->count++;
}

bool feed_busy(const struct feed *r)
{
	return r->at < r->w.line.len;
}

int feed_push(struct feed *r, struct err *e)
{
	while (feed_busy(r)) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
		size_t left = r->w.line.len - r->at;
		ssize_t n;

		if (poll(&p, 1, 0) <= 0)
			return 0;
		n = write(STDOUT_FILENO, r->w.line.data + r->at, left < CHUNK ? left : CHUNK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			return 0;
		if (n < 0) {
			int code = errno == EPIPE ? 0 : EXIT_CODE_FAILED;

			err_sys(e, "cannot write to standard output");
			e->code = code;
			return -1;
		}
		r->at += (size_t)n;
	}
	return 0;
}

int64_t feed_left(struct feed *r)
{
	if (r->first < r->n && r->mark[r->first].end <= r->at)
		return r->mark[r->first++].id;
	if (r->first == r->n && !feed_busy(r)) {
		buf_reset(&r->w.line);
		r->at = 0;
		r->first = r->n = 0;
	}
	return 0;
}

void feed_close(struct feed *r)
{
	tsv_out_release(&r->w);
	free(r->mark);
	memset(r, 0, sizeof(*r));
}
