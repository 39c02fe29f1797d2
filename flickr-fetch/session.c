#include "flickr-fetch/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "flickr-fetch/licence.h"

static int take_lock(struct session *s, const struct config *c, struct err *e)
{
	char *path = xasprintf("%s/.lock", c->dir);
	int rc = 0;

	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0)
		rc = err_sys(e, "cannot create '%s'", path);
	else if (flock(s->lock, LOCK_EX | LOCK_NB))
		rc = errno == EWOULDBLOCK ? err_code(e, EXIT_CODE_TEMPORARY, "another run works in '%s'", c->dir)
					  : err_sys(e, "cannot lock '%s'", path);
	free(path);
	return rc;
}

int session_open(struct session *s, const struct config *c, bool lock, struct err *e)
{
	char *path = xasprintf("%s/ledger.sqlite", c->dir);
	int rc = -1;

	s->lock = -1;
	s->l = NULL;
	if (lock && (io_make_dirs(c->dir, e) || take_lock(s, c, e)))
		goto out;
	if (!lock && access(path, F_OK)) {
		err_sys(e, "cannot open '%s'", path);
		e->code = EXIT_CODE_BAD_INPUT;
		goto out;
	}
	rc = ledger_open(&s->l, path, e);
out:
	free(path);
	if (rc)
		session_close(s);
	return rc;
}

void session_close(struct session *s)
{
	ledger_close(s->l);
	s->l = NULL;
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

/* ---- the query, as one line that can be compared; the tags are kept apart, for they can be read back */

static void query_text(const struct config *c, struct buf *b)
{
	buf_printf(b, "since=%" PRId64 " until=%" PRId64 " safe=%d max_side=%d original=%d min_side=%d licences=",
		   c->since, c->until, c->safe_search, c->sizes.max_side, c->sizes.original, c->min_side);
	licence_add_text(b, c->licences);
	buf_add_str(b, " tags=");
	tags_text(&c->tags, 0, c->tags.n, b);
}

static int recall(struct session *s, struct config *c, struct err *e)
{
	struct buf b = { 0 };
	int64_t v;
	int rc = -1;

	if (ledger_get(s->l, "tags", &b, e))
		goto out;
	if (!b.len) {
		err_code(e, EXIT_CODE_USAGE,
			 "no tags\nhint: --tags-default asks for the paper's 100, --tag TAG and --tags-file FILE "
			 "for others");
		goto out;
	}
	if (tags_add_list(&c->tags, b.data, e) || ledger_get(s->l, "licences", &b, e) ||
	    licence_parse(&c->licences, b.data, e))
		goto out;
	if (ledger_get_i64(s->l, "since", c->since, &c->since, e) ||
	    ledger_get_i64(s->l, "until", c->until, &c->until, e))
		goto out;
	if (ledger_get_i64(s->l, "safe_search", 1, &v, e))
		goto out;
	c->safe_search = (int)v;
	if (ledger_get_i64(s->l, "max_side", c->sizes.max_side, &v, e))
		goto out;
	c->sizes.max_side = (int)v;
	if (ledger_get_i64(s->l, "original", 0, &v, e))
		goto out;
	c->sizes.original = v != 0;
	if (ledger_get_i64(s->l, "min_side", 0, &v, e))
		goto out;
	c->min_side = (int)v;
	rc = 0;
out:
	buf_release(&b);
	return rc;
}

static int remember(struct session *s, const struct config *c, const char *text, struct err *e)
{
	struct ledger *l = s->l;
	struct buf tags = { 0 }, licences = { 0 };
	int rc = -1;

	tags_text(&c->tags, 0, c->tags.n, &tags);
	licence_add_text(&licences, c->licences);
	if (ledger_begin(l, e))
		goto out;
	if (ledger_set(l, "query", text, e) || ledger_set(l, "tags", tags.data, e) ||
	    ledger_set(l, "licences", licences.data, e) || ledger_set_i64(l, "since", c->since, e) ||
	    ledger_set_i64(l, "until", c->until, e) || ledger_set_i64(l, "safe_search", c->safe_search, e) ||
	    ledger_set_i64(l, "max_side", c->sizes.max_side, e) ||
	    ledger_set_i64(l, "original", c->sizes.original, e) || ledger_set_i64(l, "min_side", c->min_side, e) ||
	    ledger_set_i64(l, "walk_at", c->since, e) || ledger_set_i64(l, "walk_done", 0, e) || ledger_commit(l, e))
		ledger_rollback(l);
	else
		rc = 0;
out:
	buf_release(&tags);
	buf_release(&licences);
	return rc;
}

int session_query(struct session *s, struct config *c, struct err *e)
{
	struct buf now = { 0 }, then = { 0 };
	int rc = -1;

	if (!c->tags.n)
		return recall(s, c, e);
	query_text(c, &now);
	if (ledger_get(s->l, "query", &then, e))
		goto out;
	rc = strcmp(now.data, then.data) == 0 ? 0 : remember(s, c, now.data, e);
out:
	buf_release(&now);
	buf_release(&then);
	return rc;
}

/* ---- the key */

static int check_key(struct config *c, const char *text, const char *from, struct err *e)
{
	size_t n = strcspn(text, " \t\r\n");

	if (n < 1 || n > 128 || text[n + strspn(text + n, " \t\r\n")] ||
	    strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") < n)
		return err_code(e, EXIT_CODE_USAGE, "what %s holds does not look like an API key", from);
	c->key = xstrndup(text, n);
	c->key_from = from;
	return 0;
}

int session_key(struct config *c, const char *path, struct err *e)
{
	const char *env = getenv("FLICKR_API_KEY");
	struct buf b = { 0 };
	struct stat st;
	int rc;

	if (!path && env && *env)
		return check_key(c, env, "FLICKR_API_KEY", e);
	if (!path)
		return err_code(e, EXIT_CODE_USAGE,
				"no API key\nhint: put it into the environment as FLICKR_API_KEY or into a file "
				"of mode 600 named by --key-file; keys: https://www.flickr.com/services/api/keys/");
	if (stat(path, &st))
		return err_sys(e, "cannot open '%s'", path);
	if (st.st_mode & 077)
		return err_code(e, EXIT_CODE_USAGE, "'%s' can be read by others than you\nhint: chmod 600 '%s'", path,
				path);
	rc = io_slurp(path, 4096, &b, e) ? -1 : check_key(c, b.data ? b.data : "", path, e);
	/* The key is nowhere but where it is needed. */
	if (b.data)
		explicit_bzero(b.data, b.len);
	buf_release(&b);
	return rc;
}
