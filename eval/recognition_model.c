/* recognition_model.c - embeddings made for frl-eval recognition --model */
#include <stdlib.h>

#include "common/thread.h"
#include "eval/embed_stream.h"
#include "eval/made.h"
#include "eval/recognition.h"

int recognition_embed(struct recognition *r, uint64_t *failed, struct err *e)
{
	char *list = xstrdup(r->data);
	struct embed_config c = {
		.model = r->model,
		.layer = EMBEDDER_AUTO,
		.flip_sum = r->flip_sum,
		.recognition = true,
		.scored = !r->force,
		.threads = r->threads,
		.quiet = r->report.quiet,
		.no_pg = r->report.no_pg,
		.argc = r->argc,
		.argv = r->argv,
	};
	char **path = made_paths(list, &c.paths);
	struct summary s = { 0 };
	struct out out = { .fd = -1 };
	uint64_t damage;
	int rc;

	c.path = path;
	r->embeddings = r->name = xasprintf("embeddings of %s", r->model);
	rc = past_read(&r->past, r->model, e);
	made_columns(&r->report, &r->past);
	rc = rc || (r->fd = made_open(&out, r->embeddings, e)) < 0 || embed_stream(&c, &out, &s, &damage, e) ||
			     out_commit(&out, e) || made_keep(r->fd, r->pred_out, e)
		     ? -1
		     : 0;
	*failed = s.failed;
	out_abort(&out);
	free(path);
	free(list);
	return rc;
}
