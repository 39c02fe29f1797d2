/*
 * --verify: are the photos we hold still there for everyone to see?
 *
 * Asking for each photo alone would cost a call a photo, a month for two million. So the query is walked once more: what
 * its pages bring, 500 at a time, is public. Only for the rest (retagged, relicensed, indexed badly, or taken back) getInfo
 * is asked, and its word alone removes a photo: first the ledger entry, then the file. A run cut short goes on with
 * --resume; files whose removal was cut short go at the next start.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/io.h"
#include "common/progress.h"
#include "flickr-fetch/client.h"
#include "flickr-fetch/fetch.h"
#include "flickr-fetch/walk.h"

#define BATCH 512

struct verify {
	const struct config *c;
	struct ledger *l;
	struct client k;
	struct walk w;
	int64_t started; /* photos seen since then are settled */
	int64_t id[BATCH];
	char ext[BATCH][4];
	bool file[BATCH];
	int n;
	uint64_t asked, withdrawn;
};

static int walk_again(struct verify *v, struct err *e)
{
	struct api_reply reply;
	int64_t from, to;
	int rc;

	if (ledger_held_range(v->l, &from, &to, e))
		return -1;
	if (to <= 0)
		return 0;
	walk_init(&v->w, v->c, v->l, &v->k, from, to);
	v->w.public_at = v->started;
	while (!walk_done(&v->w)) {
		walk_ask(&v->w);
		if (client_call(&v->k, false, &reply, &fetch_signal, e))
			return -1;
		rc = walk_reply(&v->w, &reply, e);
		api_reply_release(&reply);
		if (rc)
			return -1;
	}
	return 0;
}

static int collect(void *data, const struct ledger_row *row, struct err *e)
{
	struct verify *v = data;

	(void)e;
	v->id[v->n] = row->photo.id;
	v->file[v->n] = strcmp(row->status, "ok") == 0;
	snprintf(v->ext[v->n], sizeof(v->ext[0]), "%s", row->ext);
	return ++v->n == BATCH;
}

static int remove_file(const struct config *c, int64_t id, const char *ext, struct err *e)
{
	char path[64], *full;
	int rc = 0;

	ledger_path(path, id, ext);
	full = xasprintf("%s/%s", c->dir, path);
	if (unlink(full) && errno != ENOENT)
		rc = err_sys(e, "cannot remove '%s'", full);
	free(full);
	return rc;
}

static int withdraw(struct verify *v, int i, struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, v->id[i]);
	/* The entry stays in the list of removals until the file is gone. */
	if (ledger_begin(v->l, e))
		return -1;
	if (ledger_withdraw(v->l, v->id[i], e) || ledger_set_i64(v->l, "stale", 1, e) ||
	    ledger_set_i64(v->l, "removing", v->id[i], e) || ledger_set(v->l, "removing_ext", v->ext[i], e) ||
	    ledger_commit(v->l, e)) {
		ledger_rollback(v->l);
		return -1;
	}
	if (v->file[i] && remove_file(v->c, v->id[i], v->ext[i], e))
		return -1;
	v->withdrawn++;
	printf("%016" PRIx64 "\n", hash_key(text));
	return ledger_set_i64(v->l, "removing", 0, e);
}

/* A removal that a kill interrupted. */
static int finish_removal(struct verify *v, struct err *e)
{
	struct buf ext = { 0 };
	int64_t id;
	int rc = -1;

	if (ledger_get_i64(v->l, "removing", 0, &id, e) || ledger_get(v->l, "removing_ext", &ext, e))
		goto out;
	rc = id && (remove_file(v->c, id, ext.data, e) || ledger_set_i64(v->l, "removing", 0, e)) ? -1 : 0;
out:
	buf_release(&ext);
	return rc;
}

static int ask_each(struct verify *v, struct err *e)
{
	struct api_reply reply;
	int i, rc;

	for (i = 0; i < v->n; i++) {
		buf_reset(&v->k.url);
		api_info_url(&v->k.url, v->c->api_url, v->c->key, v->id[i]);
		if (client_call(&v->k, true, &reply, &fetch_signal, e))
			return -1;
		v->asked++;
		if (reply.ok && reply.is_public)
			rc = ledger_mark_public(v->l, v->id[i], v->started, e);
		else
			rc = withdraw(v, i, e);
		api_reply_release(&reply);
		if (rc)
			return -1;
	}
	return 0;
}

static int ask_rest(struct verify *v, struct err *e)
{
	do {
		v->n = 0;
		if (ledger_each(v->l, LEDGER_UNCHECKED, v->started, collect, v, e) < 0)
			return -1;
		if (ask_each(v, e))
			return -1;
	} while (v->n == BATCH);
	return 0;
}

static int add_key(void *data, const struct ledger_row *row, struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, row->photo.id);
	return out_printf(data, e, "%016" PRIx64 "\n", hash_key(text));
}

/* DIR/withdrawn.tsv: all that were ever taken back, for shards made at any time. A manifest of one column. */
static int write_keys(struct verify *v, struct err *e)
{
	char *path = xasprintf("%s/withdrawn.tsv", v->c->dir);
	struct out o;
	int rc = out_open(&o, path, false, e);

	if (rc == 0 &&
	    (out_printf(&o, e, "key\n") || ledger_each(v->l, LEDGER_GONE_IDS, 0, add_key, &o, e) || out_commit(&o, e)))
		rc = -1;
	out_abort(&o);
	free(path);
	return rc;
}

static int start(struct verify *v, struct err *e)
{
	/* Photos that came in this very second are asked after, too. */
	v->started = (int64_t)config_time() + 1;
	/* A pass that was cut short goes on where it was. */
	if (v->c->resume && ledger_get_i64(v->l, "verify_started", v->started, &v->started, e))
		return -1;
	return ledger_set_i64(v->l, "verify_started", v->started, e);
}

static int finish(struct verify *v, struct err *e)
{
	char *path = xasprintf("%s/photos.tsv", v->c->dir);
	int rc = write_keys(v, e);

	if (rc == 0 && v->withdrawn)
		rc = manifest_write(v->c, v->l, path, e) || ledger_set_i64(v->l, "stale", 0, e) ? -1 : 0;
	free(path);
	return rc;
}

int fetch_verify(const struct config *c, struct ledger *l, struct transfers *t)
{
	struct verify *v = xcalloc(1, sizeof(*v));
	struct summary s = { 0 };
	struct err e = { 0 };
	int rc = -1;

	v->c = c;
	v->l = l;
	if (finish_removal(v, &e) || client_init(&v->k, c, l, t, &e) || start(v, &e))
		goto out;
	printf("key\n");
	if (walk_again(v, &e) == 0 && ask_rest(v, &e) == 0)
		rc = ledger_set(l, "verify_started", NULL, &e) || client_close(&v->k, &e) ? -1 : 0;
	/* Whatever was withdrawn is told, even when the pass was cut short. */
	if (e.code != EXIT_CODE_FAILED || rc == 0) {
		struct err late = { 0 };

		if (finish(v, &late)) {
			e = late;
			rc = -1;
		}
	}
	s.in = v->w.seen + v->asked;
	s.out = v->withdrawn;
	summary_extra(&s, "asked alone", (double)v->asked);
	summary_extra(&s, "withdrawn", (double)v->withdrawn);
	summary_extra(&s, "API calls", (double)v->k.calls);
	summary_print(&s, c->common.quiet, c->common.json);
out:
	if (rc && e.code)
		warn("%s", e.msg);
	free(v);
	return rc ? e.code : EXIT_CODE_OK;
}
