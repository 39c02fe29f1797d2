#include "flickr-fetch/ledger.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/num.h"

#define APPLICATION_ID 0x46524c46 /* "FRLF" */
#define SCHEMA_VERSION 1

/*
 * todo and due are places in two queues, NULL when the photo is in neither: partial indices hold just the queues, so that
 * ten million photos that are done cost nothing.
 */
static const char schema[] =
	"CREATE TABLE IF NOT EXISTS value(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS photo(id INTEGER PRIMARY KEY, state INTEGER NOT NULL, status TEXT, todo INTEGER,"
	" due INTEGER, url TEXT, owner TEXT, owner_name TEXT, title TEXT, license INTEGER, page TEXT, tags TEXT,"
	" date_taken TEXT, date_upload INTEGER, width INTEGER, height INTEGER, ext TEXT, bytes INTEGER, sha256 BLOB,"
	" same_as INTEGER, tries INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,"
	" held_at INTEGER, public_at INTEGER);"
	"CREATE INDEX IF NOT EXISTS photo_todo ON photo(todo) WHERE todo IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS photo_due ON photo(due) WHERE due IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS photo_sha256 ON photo(sha256) WHERE sha256 IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS photo_same_as ON photo(same_as) WHERE same_as IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS photo_withdrawn ON photo(id) WHERE state = 3;"
	"CREATE TABLE IF NOT EXISTS call(at INTEGER, from_date INTEGER, to_date INTEGER, licenses INTEGER,"
	" first_tag INTEGER, tags INTEGER, page INTEGER, total INTEGER, entries INTEGER, fresh INTEGER);";

enum statement {
	S_SET,
	S_GET,
	S_ADD,
	S_PUBLIC,
	S_CALL,
	S_NEXT,
	S_COUNT_TODO,
	S_CONTENT,
	S_HELD,
	S_FAILED,
	S_POSTPONED,
	S_HANDED,
	S_RANGE,
	S_WITHDRAW,
	S_REQUEUE,
	S_ALL,
	S_UNHANDED,
	S_UNCHECKED,
	S_GONE,
	S_ONE,
	N_STATEMENTS,
};

#define ROW \
	"SELECT id, state, status, due, url, owner, owner_name, title, license, page, tags, date_taken, date_upload," \
	" width, height, ext, bytes, sha256 FROM photo "

static const char *const sql[N_STATEMENTS] = {
	[S_SET] = "INSERT INTO value VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2",
	[S_GET] = "SELECT value FROM value WHERE name = ?1",
	[S_ADD] = "INSERT INTO photo(id, state, status, todo, due, url, owner, owner_name, title, license, page, tags,"
		  " date_taken, date_upload, width, height) VALUES(?1, ?2, ?3, CASE ?2 WHEN 0 THEN ?15 END,"
		  " CASE ?2 WHEN 0 THEN NULL ELSE ?16 END, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
		  " ON CONFLICT(id) DO UPDATE SET url = excluded.url, width = excluded.width, height = excluded.height"
		  " WHERE state = 0 AND url <> excluded.url",
	[S_PUBLIC] = "UPDATE photo SET public_at = ?2 WHERE id = ?1",
	[S_CALL] = "INSERT INTO call VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[S_NEXT] =
		"SELECT id, todo, tries, not_before, url, width, height FROM photo WHERE todo > ?1 ORDER BY todo LIMIT 1",
	[S_COUNT_TODO] = "SELECT count(*) FROM photo WHERE todo IS NOT NULL",
	[S_CONTENT] = "SELECT id FROM photo WHERE sha256 = ?1 AND state = 1 AND same_as IS NULL LIMIT 1",
	[S_HELD] = "UPDATE photo SET state = 1, status = ?2, todo = NULL, due = ?10, ext = ?3, bytes = ?4,"
		   " sha256 = ?5, width = ?6, height = ?7, same_as = ?8, held_at = ?9, public_at = ?9 WHERE id = ?1",
	[S_FAILED] = "UPDATE photo SET state = 2, status = ?2, todo = NULL, due = ?3 WHERE id = ?1",
	[S_POSTPONED] = "UPDATE photo SET status = ?2, tries = ?3, not_before = ?4 WHERE id = ?1",
	[S_HANDED] = "UPDATE photo SET due = NULL WHERE id = ?1",
	[S_RANGE] = "SELECT coalesce(min(date_upload), 0), coalesce(max(date_upload), 0) FROM photo WHERE state = 1",
	[S_WITHDRAW] = "UPDATE photo SET state = 3, status = 'gone:withdrawn', todo = NULL, due = NULL, url = NULL,"
		       " owner = NULL, owner_name = NULL, title = NULL, page = NULL, tags = NULL, date_taken = NULL,"
		       " width = NULL, height = NULL, bytes = NULL, sha256 = NULL, same_as = NULL WHERE id = ?1",
	[S_REQUEUE] = "UPDATE photo SET state = 0, status = NULL, due = NULL, same_as = NULL, sha256 = NULL, todo = ?2"
		      " WHERE id = (SELECT id FROM photo WHERE same_as = ?1 LIMIT 1)",
	[S_ALL] = ROW "WHERE state <> 3 ORDER BY id",
	[S_UNHANDED] = ROW "WHERE due > ?1 ORDER BY due",
	[S_UNCHECKED] = ROW "WHERE state = 1 AND coalesce(public_at, 0) < ?1 ORDER BY id",
	[S_GONE] = ROW "WHERE state = 3 ORDER BY id",
	[S_ONE] = ROW "WHERE id = ?1",
};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *st[N_STATEMENTS];
	char *name;
	int64_t todo, due; /* the last places given; only ever growing, so that a reader's cursor misses nothing */
};

static int fail(struct ledger *l, struct err *e)
{
	int code = sqlite3_errcode(l->db) & 0xff;
	bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

	return err_code(e, damaged ? EXIT_CODE_BAD_INPUT : EXIT_CODE_FAILED, "ledger '%s': %s", l->name,
			sqlite3_errmsg(l->db));
}

/* Prepares once, binds: i int64_t, d double, s text or NULL, h a hash of 32 bytes or NULL. */
static sqlite3_stmt *bind(struct ledger *l, enum statement which, struct err *e, const char *fmt, va_list ap)
{
	sqlite3_stmt *st;
	int i, rc = SQLITE_OK;

	if (!l->st[which] &&
	    sqlite3_prepare_v3(l->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &l->st[which], NULL) != SQLITE_OK) {
		fail(l, e);
		return NULL;
	}
	st = l->st[which];
	sqlite3_reset(st);
	for (i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
		if (*fmt == 'i')
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		else if (*fmt == 'd')
			rc = sqlite3_bind_double(st, i, va_arg(ap, double));
		else if (*fmt == 's')
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		else
			rc = sqlite3_bind_blob(st, i, va_arg(ap, const void *), 32, SQLITE_TRANSIENT);
	}
	if (rc != SQLITE_OK) {
		fail(l, e);
		return NULL;
	}
	return st;
}

/* Binds and makes the first step: 1 a row, 0 none, -1. The caller resets after reading (the next use does too). */
static int query(struct ledger *l, enum statement which, struct err *e, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	st = bind(l, which, e, fmt, ap);
	va_end(ap);
	if (!st)
		return -1;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		fail(l, e);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int exec(struct ledger *l, const char *text, struct err *e)
{
	return sqlite3_exec(l->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(l, e);
}

/* ---- opening */

static int ask_i64(struct ledger *l, const char *text, int64_t *v, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	if (sqlite3_prepare_v2(l->db, text, -1, &st, NULL) != SQLITE_OK)
		return fail(l, e);
	rc = sqlite3_step(st);
	*v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : fail(l, e);
}

static int check_kind(struct ledger *l, struct err *e)
{
	int64_t id, version, tables;

	if (ask_i64(l, "PRAGMA application_id", &id, e) || ask_i64(l, "PRAGMA user_version", &version, e) ||
	    ask_i64(l, "SELECT count(*) FROM sqlite_master", &tables, e))
		return -1;
	if (tables && id != APPLICATION_ID)
		return err_set(e, "'%s' is not a ledger of frl-flickr-fetch", l->name);
	if (version > SCHEMA_VERSION)
		return err_set(e, "ledger '%s' is of a later version (%" PRId64 ")", l->name, version);
	return 0;
}

int ledger_open(struct ledger **out, const char *path, struct err *e)
{
	static const char setup[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA mmap_size = 0;"
		"PRAGMA temp_store = FILE; PRAGMA journal_size_limit = 16777216;";
	struct ledger *l = xcalloc(1, sizeof(*l));
	char mark[100];

	l->name = xstrdup(path ? path : "(temporary)");
	/* An empty name is a temporary file that is gone when closed. */
	if (sqlite3_open_v2(path ? path : "", &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		fail(l, e);
		goto err;
	}
	sqlite3_busy_timeout(l->db, 10000);
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID,
		 SCHEMA_VERSION);
	if (check_kind(l, e) || exec(l, setup, e) || exec(l, "BEGIN IMMEDIATE", e))
		goto err;
	if (exec(l, schema, e) || exec(l, mark, e) || exec(l, "COMMIT", e))
		goto err;
	if (ask_i64(l, "SELECT coalesce(max(todo), 0) FROM photo WHERE todo IS NOT NULL", &l->todo, e) ||
	    ask_i64(l, "SELECT coalesce(max(due), 0) FROM photo WHERE due IS NOT NULL", &l->due, e))
		goto err;
	*out = l;
	return 0;
err:
	ledger_close(l);
	return -1;
}

void ledger_close(struct ledger *l)
{
	int i;

	if (!l)
		return;
	for (i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(l->st[i]);
	sqlite3_close(l->db);
	free(l->name);
	free(l);
}

int ledger_begin(struct ledger *l, struct err *e)
{
	return exec(l, "BEGIN IMMEDIATE", e);
}

int ledger_commit(struct ledger *l, struct err *e)
{
	return exec(l, "COMMIT", e);
}

void ledger_rollback(struct ledger *l)
{
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- values */

int ledger_set(struct ledger *l, const char *name, const char *value, struct err *e)
{
	return query(l, S_SET, e, "ss", name, value);
}

int ledger_set_f64(struct ledger *l, const char *name, double value, struct err *e)
{
	return query(l, S_SET, e, "sd", name, value);
}

int ledger_set_i64(struct ledger *l, const char *name, int64_t value, struct err *e)
{
	return query(l, S_SET, e, "si", name, value);
}

int ledger_get(struct ledger *l, const char *name, struct buf *value, struct err *e)
{
	int rc = query(l, S_GET, e, "s", name);
	const char *text = rc > 0 ? (const char *)sqlite3_column_text(l->st[S_GET], 0) : NULL;

	buf_reset(value);
	buf_add_str(value, text ? text : "");
	if (rc > 0)
		sqlite3_reset(l->st[S_GET]);
	return rc < 0 ? -1 : 0;
}

int ledger_get_f64(struct ledger *l, const char *name, double otherwise, double *value, struct err *e)
{
	int rc = query(l, S_GET, e, "s", name);

	*value = rc > 0 ? sqlite3_column_double(l->st[S_GET], 0) : otherwise;
	if (rc > 0)
		sqlite3_reset(l->st[S_GET]);
	return rc < 0 ? -1 : 0;
}

int ledger_get_i64(struct ledger *l, const char *name, int64_t otherwise, int64_t *value, struct err *e)
{
	int rc = query(l, S_GET, e, "s", name);

	*value = rc > 0 ? sqlite3_column_int64(l->st[S_GET], 0) : otherwise;
	if (rc > 0)
		sqlite3_reset(l->st[S_GET]);
	return rc < 0 ? -1 : 0;
}

/* ---- listing */

int ledger_add(struct ledger *l, const struct photo *p, const char *status, bool *fresh, struct err *e)
{
	sqlite3_int64 before = sqlite3_last_insert_rowid(l->db);
	int rc;

	/* An update leaves the last inserted id alone; ids are positive, so 0 can be told from all of them. */
	sqlite3_set_last_insert_rowid(l->db, 0);
	rc = query(l, S_ADD, e, "iisssssisssiiiii", p->id, (int64_t)(status ? LEDGER_FAILED : LEDGER_TODO), status,
		   p->url, p->owner, p->owner_name, p->title, p->license, p->page, p->tags, p->date_taken,
		   p->date_upload, (int64_t)p->width, (int64_t)p->height, l->todo + 1, l->due + 1);
	*fresh = rc == 0 && sqlite3_last_insert_rowid(l->db) == p->id;
	sqlite3_set_last_insert_rowid(l->db, before);
	if (*fresh && status)
		l->due++;
	else if (*fresh)
		l->todo++;
	return rc;
}

int ledger_mark_public(struct ledger *l, int64_t id, int64_t when, struct err *e)
{
	return query(l, S_PUBLIC, e, "ii", id, when);
}

int ledger_add_call(struct ledger *l, const struct plan_slice *s, int page, const struct plan_reply *r, int fresh,
		    int64_t when, struct err *e)
{
	return query(l, S_CALL, e, "iiiiiiiiii", when, s->from, s->to, (int64_t)s->licences, (int64_t)s->tag_first,
		     (int64_t)s->tag_n, (int64_t)page, r->total, (int64_t)r->entries, (int64_t)fresh);
}

/* ---- fetching */

int ledger_next_todo(struct ledger *l, int64_t after, struct ledger_todo *t, struct err *e)
{
	int rc = query(l, S_NEXT, e, "i", after);
	sqlite3_stmt *st = l->st[S_NEXT];
	const char *url;

	if (rc <= 0)
		return rc;
	memset(t, 0, sizeof(*t));
	t->photo.id = sqlite3_column_int64(st, 0);
	t->seq = sqlite3_column_int64(st, 1);
	t->tries = sqlite3_column_int(st, 2);
	t->not_before = sqlite3_column_double(st, 3);
	url = (const char *)sqlite3_column_text(st, 4);
	t->photo.url = xstrdup(url ? url : "");
	t->photo.width = sqlite3_column_int(st, 5);
	t->photo.height = sqlite3_column_int(st, 6);
	sqlite3_reset(st);
	return 1;
}

int ledger_count_todo(struct ledger *l, int64_t *n, struct err *e)
{
	if (query(l, S_COUNT_TODO, e, "") < 0)
		return -1;
	*n = sqlite3_column_int64(l->st[S_COUNT_TODO], 0);
	sqlite3_reset(l->st[S_COUNT_TODO]);
	return 0;
}

int ledger_find_content(struct ledger *l, const uint8_t sha256[32], int64_t *id, struct err *e)
{
	int rc = query(l, S_CONTENT, e, "h", sha256);

	*id = rc > 0 ? sqlite3_column_int64(l->st[S_CONTENT], 0) : 0;
	if (rc > 0)
		sqlite3_reset(l->st[S_CONTENT]);
	return rc < 0 ? -1 : 0;
}

int ledger_held(struct ledger *l, int64_t id, const char *ext, uint64_t bytes, const uint8_t sha256[32], int width,
		int height, int64_t same_as, int64_t when, struct err *e)
{
	char same[48];

	l->due++;
	if (!same_as)
		return query(l, S_HELD, e, "issihiisii", id, "ok", ext, (int64_t)bytes, sha256, (int64_t)width,
			     (int64_t)height, (const char *)NULL, when, l->due);
	snprintf(same, sizeof(same), "none:same-as-%" PRId64, same_as);
	return query(l, S_HELD, e, "issihiiiii", id, same, ext, (int64_t)bytes, sha256, (int64_t)width, (int64_t)height,
		     same_as, when, l->due);
}

int ledger_failed(struct ledger *l, int64_t id, const char *status, struct err *e)
{
	return query(l, S_FAILED, e, "isi", id, status, ++l->due);
}

int ledger_postponed(struct ledger *l, int64_t id, const char *status, int tries, double not_before, struct err *e)
{
	return query(l, S_POSTPONED, e, "isid", id, status, (int64_t)tries, not_before);
}

/* ---- rows */

static char *column(sqlite3_stmt *st, int i)
{
	/* NULL columns read as "", so that a row can be printed without asking; the strings are not changed by anybody. */
	static char empty[] = "";
	const unsigned char *s = sqlite3_column_text(st, i);

	return s ? (char *)(uintptr_t)s : empty;
}

static void read_row(sqlite3_stmt *st, struct ledger_row *r)
{
	const uint8_t *hash;
	int i;

	memset(r, 0, sizeof(*r));
	r->photo.id = sqlite3_column_int64(st, 0);
	r->state = (enum ledger_state)sqlite3_column_int(st, 1);
	r->status = column(st, 2);
	r->due = sqlite3_column_int64(st, 3);
	r->photo.url = column(st, 4);
	r->photo.owner = column(st, 5);
	r->photo.owner_name = column(st, 6);
	r->photo.title = column(st, 7);
	r->photo.license = sqlite3_column_int64(st, 8);
	r->photo.page = column(st, 9);
	r->photo.tags = column(st, 10);
	r->photo.date_taken = column(st, 11);
	r->photo.date_upload = sqlite3_column_int64(st, 12);
	r->photo.width = sqlite3_column_int(st, 13);
	r->photo.height = sqlite3_column_int(st, 14);
	r->ext = column(st, 15);
	r->bytes = sqlite3_column_int64(st, 16);
	hash = sqlite3_column_blob(st, 17);
	for (i = 0; hash && i < 32 && sqlite3_column_bytes(st, 17) == 32; i++)
		snprintf(r->sha256 + 2 * i, 3, "%02x", hash[i]);
}

static int each(struct ledger *l, enum statement which, int rc,
		int (*fn)(void *data, const struct ledger_row *row, struct err *e), void *data, struct err *e)
{
	sqlite3_stmt *st = l->st[which];
	struct ledger_row row;

	while (rc > 0) {
		int stop;

		read_row(st, &row);
		stop = fn(data, &row, e);
		if (stop) {
			sqlite3_reset(st);
			return stop;
		}
		rc = sqlite3_step(st);
		rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : fail(l, e);
	}
	if (st)
		sqlite3_reset(st);
	return rc;
}

int ledger_each(struct ledger *l, enum ledger_select select, int64_t value,
		int (*fn)(void *data, const struct ledger_row *row, struct err *e), void *data, struct err *e)
{
	static const enum statement which[] = {
		[LEDGER_ALL] = S_ALL,
		[LEDGER_UNHANDED] = S_UNHANDED,
		[LEDGER_UNCHECKED] = S_UNCHECKED,
		[LEDGER_GONE_IDS] = S_GONE,
	};
	bool has_value = select == LEDGER_UNHANDED || select == LEDGER_UNCHECKED;

	return each(l, which[select], query(l, which[select], e, has_value ? "i" : "", value), fn, data, e);
}

int ledger_one(struct ledger *l, int64_t id, int (*fn)(void *data, const struct ledger_row *row, struct err *e),
	       void *data, struct err *e)
{
	return each(l, S_ONE, query(l, S_ONE, e, "i", id), fn, data, e);
}

int ledger_handed(struct ledger *l, int64_t id, struct err *e)
{
	return query(l, S_HANDED, e, "i", id);
}

/* ---- taking back */

int ledger_held_range(struct ledger *l, int64_t *from, int64_t *to, struct err *e)
{
	if (query(l, S_RANGE, e, "") < 0)
		return -1;
	*from = sqlite3_column_int64(l->st[S_RANGE], 0);
	*to = sqlite3_column_int64(l->st[S_RANGE], 1);
	sqlite3_reset(l->st[S_RANGE]);
	return 0;
}

int ledger_withdraw(struct ledger *l, int64_t id, struct err *e)
{
	do {
		if (query(l, S_REQUEUE, e, "ii", id, ++l->todo) < 0)
			return -1;
	} while (sqlite3_changes(l->db));
	return query(l, S_WITHDRAW, e, "i", id);
}

void ledger_path(char path[64], int64_t id, const char *ext)
{
	char text[32];
	uint64_t key;

	snprintf(text, sizeof(text), "%" PRId64, id);
	key = hash_key(text);
	snprintf(path, 64, "%02x/%02x/%s.%s", (unsigned)(key >> 56), (unsigned)(key >> 48 & 0xff), text, ext);
}
