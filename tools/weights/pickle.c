/* pickle.c - reads a Python pickle as data */
#include "tools/weights/pickle_machine.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/le.h"

/* The bytes are in memory already; what is built from them may take this much more. */
enum { MAX_PICKLE = 32 << 20, MAX_ARENA = 512 << 20, CHUNK = 1 << 16 };

struct chunk {
	struct chunk *next;
	_Alignas(16) char data[];
};

/* ---- memory: freed all at once */

void *pickle_arena(struct pickle *m, size_t bytes)
{
	void *p;

	bytes = (bytes + 15) & ~(size_t)15;
	if (bytes > m->chunk_left) {
		size_t size = bytes > CHUNK ? bytes : CHUNK;
		struct chunk *c;

		if (m->arena_bytes + size > MAX_ARENA) {
			err_set(m->e, "needs more than %d MiB", MAX_ARENA >> 20);
			return NULL;
		}
		m->arena_bytes += size;
		c = xmalloc(sizeof *c + size);
		c->next = m->chunks;
		m->chunks = c;
		m->chunk_next = c->data;
		m->chunk_left = size;
	}
	p = m->chunk_next;
	m->chunk_next += bytes;
	m->chunk_left -= bytes;
	return p;
}

struct pickle_value *pickle_new(struct pickle *m, enum pickle_kind kind)
{
	struct pickle_value *v = pickle_arena(m, sizeof *v);

	if (v) {
		memset(v, 0, sizeof *v);
		v->kind = kind;
	}
	return v;
}

int pickle_seq_add(struct pickle *m, struct pickle_value *seq, struct pickle_value *item)
{
	if (seq->seq.n == seq->seq.cap) {
		size_t cap = seq->seq.cap ? 2 * seq->seq.cap : 4;
		struct pickle_value **items = pickle_arena(m, cap * sizeof(*items));

		if (!items)
			return -1;
		if (seq->seq.n)
			memcpy(items, seq->seq.item, seq->seq.n * sizeof(*items));
		seq->seq.item = items;
		seq->seq.cap = cap;
	}
	seq->seq.item[seq->seq.n++] = item;
	return 0;
}

/* ---- the stack */

static int push(struct pickle *m, struct pickle_value *v)
{
	if (!v)
		return -1;
	if (m->depth == m->stack_cap) {
		m->stack_cap = m->stack_cap ? 2 * m->stack_cap : 256;
		m->stack = xrealloc_array(m->stack, m->stack_cap, sizeof(*m->stack));
	}
	m->stack[m->depth++] = v;
	return 0;
}

static int push_int(struct pickle *m, enum pickle_kind kind, int64_t i)
{
	struct pickle_value *v = pickle_new(m, kind);

	if (v)
		v->i = i;
	return push(m, v);
}

/* Values below the last mark may not be taken by other opcodes than those that take the mark. */
static size_t floor_of(const struct pickle *m)
{
	return m->marks ? m->mark[m->marks - 1] : 0;
}

static struct pickle_value *pop(struct pickle *m)
{
	if (m->depth <= floor_of(m)) {
		err_set(m->e, "takes from an empty stack");
		return NULL;
	}
	return m->stack[--m->depth];
}

static struct pickle_value *top(struct pickle *m)
{
	if (m->depth <= floor_of(m)) {
		err_set(m->e, "looks at an empty stack");
		return NULL;
	}
	return m->stack[m->depth - 1];
}

/* Takes the last mark; *from is where its values begin. */
static int pop_mark(struct pickle *m, size_t *from)
{
	if (m->marks == 0) {
		err_set(m->e, "has no mark");
		return -1;
	}
	*from = m->mark[--m->marks];
	return 0;
}

/* ---- the bytes */

static const uint8_t *take(struct pickle *m, uint64_t n)
{
	const uint8_t *p = m->p;

	if (n > (uint64_t)(m->end - m->p)) {
		err_set(m->e, "is cut short");
		return NULL;
	}
	m->p += n;
	return p;
}

static int push_string(struct pickle *m, uint64_t len)
{
	const uint8_t *bytes = take(m, len);
	struct pickle_value *v = bytes ? pickle_new(m, PICKLE_STR) : NULL;
	char *copy = v ? pickle_arena(m, (size_t)len + 1) : NULL;

	if (!copy)
		return -1;
	memcpy(copy, bytes, (size_t)len);
	copy[len] = '\0';
	v->str.s = copy;
	v->str.len = (size_t)len;
	return push(m, v);
}

/* ---- plain values */

static int op_none(struct pickle *m)
{
	return push(m, pickle_new(m, PICKLE_NONE));
}

static int op_true(struct pickle *m)
{
	return push_int(m, PICKLE_BOOL, 1);
}

static int op_false(struct pickle *m)
{
	return push_int(m, PICKLE_BOOL, 0);
}

static int op_binint(struct pickle *m)
{
	const uint8_t *p = take(m, 4);

	return p ? push_int(m, PICKLE_INT, (int32_t)le_get32(p)) : -1;
}

static int op_binint1(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	return p ? push_int(m, PICKLE_INT, *p) : -1;
}

static int op_binint2(struct pickle *m)
{
	const uint8_t *p = take(m, 2);

	return p ? push_int(m, PICKLE_INT, le_get16(p)) : -1;
}

/* A two's complement integer of n bytes. */
static int push_long(struct pickle *m, uint64_t n)
{
	const uint8_t *p = take(m, n);
	uint64_t v = 0;

	if (!p)
		return -1;
	if (n > 8)
		return push(m, pickle_new(m, PICKLE_BIG));
	for (uint64_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	if (n > 0 && n < 8 && p[n - 1] & 0x80)
		v |= UINT64_MAX << (8 * n);
	return push_int(m, PICKLE_INT, (int64_t)v);
}

static int op_long1(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	return p ? push_long(m, *p) : -1;
}

static int op_long4(struct pickle *m)
{
	const uint8_t *p = take(m, 4);

	return p ? push_long(m, le_get32(p)) : -1;
}

static int op_binfloat(struct pickle *m)
{
	const uint8_t *p = take(m, 8);
	struct pickle_value *v = p ? pickle_new(m, PICKLE_REAL) : NULL;
	uint8_t little[8];

	if (!v)
		return -1;
	for (int i = 0; i < 8; i++)
		little[i] = p[7 - i];
	v->f = le_getf64(little);
	return push(m, v);
}

static int op_string1(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	return p ? push_string(m, *p) : -1;
}

static int op_string4(struct pickle *m)
{
	const uint8_t *p = take(m, 4);

	return p ? push_string(m, le_get32(p)) : -1;
}

static int op_string8(struct pickle *m)
{
	const uint8_t *p = take(m, 8);

	return p ? push_string(m, le_get64(p)) : -1;
}

/* ---- containers */

static int push_seq(struct pickle *m, enum pickle_kind kind, size_t from)
{
	struct pickle_value *v = pickle_new(m, kind);
	size_t n = m->depth - from;

	if (!v)
		return -1;
	if (n) {
		v->seq.item = pickle_arena(m, n * sizeof(*v->seq.item));
		if (!v->seq.item)
			return -1;
		memcpy(v->seq.item, m->stack + from, n * sizeof(*v->seq.item));
		v->seq.n = v->seq.cap = n;
	}
	m->depth = from;
	return push(m, v);
}

static int push_top(struct pickle *m, size_t n)
{
	if (m->depth - floor_of(m) < n)
		return err_set(m->e, "takes from an empty stack");
	return push_seq(m, PICKLE_TUPLE, m->depth - n);
}

static int op_empty_tuple(struct pickle *m)
{
	return push_seq(m, PICKLE_TUPLE, m->depth);
}

static int op_tuple(struct pickle *m)
{
	size_t from;

	return pop_mark(m, &from) ? -1 : push_seq(m, PICKLE_TUPLE, from);
}

static int op_tuple1(struct pickle *m)
{
	return push_top(m, 1);
}

static int op_tuple2(struct pickle *m)
{
	return push_top(m, 2);
}

static int op_tuple3(struct pickle *m)
{
	return push_top(m, 3);
}

static int op_empty_list(struct pickle *m)
{
	return push(m, pickle_new(m, PICKLE_LIST));
}

static int op_empty_dict(struct pickle *m)
{
	return push(m, pickle_new(m, PICKLE_DICT));
}

static int op_empty_set(struct pickle *m)
{
	return push(m, pickle_new(m, PICKLE_INERT));
}

static int op_frozenset(struct pickle *m)
{
	size_t from;

	if (pop_mark(m, &from))
		return -1;
	m->depth = from;
	return push(m, pickle_new(m, PICKLE_INERT));
}

/* The values from `from` on go into the container below them, which has to be of that kind or of no use. */
static int add_items(struct pickle *m, enum pickle_kind kind, size_t from)
{
	size_t n = m->depth - from;
	struct pickle_value *v;

	m->depth = from;
	v = top(m);
	if (!v)
		return -1;
	if (v->kind == PICKLE_INERT)
		return 0;
	if (v->kind != kind)
		return err_set(m->e, "adds to something that is no container of that kind");
	if (kind == PICKLE_DICT && n % 2)
		return err_set(m->e, "has a key without a value");
	for (size_t i = 0; i < n; i++)
		if (pickle_seq_add(m, v, m->stack[from + i]))
			return -1;
	return 0;
}

static int op_append(struct pickle *m)
{
	if (m->depth - floor_of(m) < 2)
		return err_set(m->e, "takes from an empty stack");
	return add_items(m, PICKLE_LIST, m->depth - 1);
}

static int op_appends(struct pickle *m)
{
	size_t from;

	return pop_mark(m, &from) ? -1 : add_items(m, PICKLE_LIST, from);
}

static int op_setitem(struct pickle *m)
{
	if (m->depth - floor_of(m) < 3)
		return err_set(m->e, "takes from an empty stack");
	return add_items(m, PICKLE_DICT, m->depth - 2);
}

static int op_setitems(struct pickle *m)
{
	size_t from;

	return pop_mark(m, &from) ? -1 : add_items(m, PICKLE_DICT, from);
}

/* Adding to a set: nothing kept. */
static int op_additems(struct pickle *m)
{
	size_t from;

	return pop_mark(m, &from) ? -1 : add_items(m, PICKLE_INERT, from);
}

/* ---- stack, memo, frame */

static int op_mark(struct pickle *m)
{
	if (m->marks == m->mark_cap) {
		m->mark_cap = m->mark_cap ? 2 * m->mark_cap : 64;
		m->mark = xrealloc_array(m->mark, m->mark_cap, sizeof *m->mark);
	}
	m->mark[m->marks++] = m->depth;
	return 0;
}

static int op_pop(struct pickle *m)
{
	return pop(m) ? 0 : -1;
}

static int op_pop_mark(struct pickle *m)
{
	size_t from;

	if (pop_mark(m, &from))
		return -1;
	m->depth = from;
	return 0;
}

static int op_dup(struct pickle *m)
{
	return push(m, top(m));
}

static int memo_put(struct pickle *m, uint64_t id)
{
	struct pickle_value *v = top(m);

	if (!v)
		return -1;
	/* Picklers count up; leave room for those that left some out, but not for numbers out of the blue. */
	if (id > 16 * (uint64_t)m->memo_put + 4096)
		return err_set(m->e, "has memo number %" PRIu64 " after %zu others", id, m->memo_put);
	if (id >= m->memo_n) {
		size_t n = 2 * (size_t)id + 256;

		m->memo = xrealloc_array(m->memo, n, sizeof(*m->memo));
		memset(m->memo + m->memo_n, 0, (n - m->memo_n) * sizeof(*m->memo));
		m->memo_n = n;
	}
	m->memo_put++;
	m->memo[id] = v;
	return 0;
}

static int memo_get(struct pickle *m, uint64_t id)
{
	if (id >= m->memo_n || !m->memo[id])
		return err_set(m->e, "asks for memo %" PRIu64 ", which is not there", id);
	return push(m, m->memo[id]);
}

static int op_binput(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	return p ? memo_put(m, *p) : -1;
}

static int op_long_binput(struct pickle *m)
{
	const uint8_t *p = take(m, 4);

	return p ? memo_put(m, le_get32(p)) : -1;
}

static int op_memoize(struct pickle *m)
{
	return memo_put(m, m->memo_put);
}

static int op_binget(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	return p ? memo_get(m, *p) : -1;
}

static int op_long_binget(struct pickle *m)
{
	const uint8_t *p = take(m, 4);

	return p ? memo_get(m, le_get32(p)) : -1;
}

static int op_proto(struct pickle *m)
{
	const uint8_t *p = take(m, 1);

	if (!p)
		return -1;
	return *p <= 5 ? 0 : err_set(m->e, "is of protocol %d; 2 to 5 are read", *p);
}

static int op_frame(struct pickle *m)
{
	return take(m, 8) ? 0 : -1;
}

static int op_stop(struct pickle *m)
{
	m->root = pop(m);
	return m->root ? 0 : -1;
}

/* ---- names and what they make */

static int push_name(struct pickle *m, const char *module, const char *name)
{
	const struct pickle_name *known = pickle_name_find(module, name);
	struct pickle_value *v;

	if (!known)
		return err_set(m->e, "refers to '%.100s.%.100s', which is not on the list of harmless names", module,
			       name);
	v = pickle_new(m, PICKLE_NAME);
	if (v)
		v->name = known;
	return push(m, v);
}

/* A line of the text, NUL-terminated, without its newline. */
static const char *take_line(struct pickle *m)
{
	const uint8_t *newline = memchr(m->p, '\n', (size_t)(m->end - m->p));
	size_t len;
	char *line;

	if (!newline) {
		err_set(m->e, "is cut short");
		return NULL;
	}
	len = (size_t)(newline - m->p);
	line = pickle_arena(m, len + 1);
	if (line) {
		memcpy(line, m->p, len);
		line[len] = '\0';
	}
	m->p = newline + 1;
	return line;
}

static int op_global(struct pickle *m)
{
	const char *module = take_line(m), *name = module ? take_line(m) : NULL;

	return name ? push_name(m, module, name) : -1;
}

static int op_stack_global(struct pickle *m)
{
	struct pickle_value *name = pop(m), *module = name ? pop(m) : NULL;

	if (!module)
		return -1;
	if (name->kind != PICKLE_STR || module->kind != PICKLE_STR)
		return err_set(m->e, "refers to a name that is no string");
	return push_name(m, module->str.s, name->str.s);
}

static int op_binpersid(struct pickle *m)
{
	struct pickle_value *id = pop(m);

	return id ? push(m, pickle_storage_of(m, id)) : -1;
}

static int op_reduce(struct pickle *m)
{
	struct pickle_value *args = pop(m), *f = args ? pop(m) : NULL;

	return f ? push(m, pickle_apply(m, f, args)) : -1;
}

/* State for the object below: attributes, which no dictionary, tensor or inert object has any use for here. */
static int op_build(struct pickle *m)
{
	struct pickle_value *state = pop(m), *v = state ? top(m) : NULL;

	if (!v)
		return -1;
	if (v->kind != PICKLE_DICT && v->kind != PICKLE_TENSOR && v->kind != PICKLE_INERT)
		return err_set(m->e, "sets the state of something that has none");
	return 0;
}

/* ---- the machine */

static const struct {
	int (*run)(struct pickle *m);
	const char *name;
} ops[256] = {
	[0x80] = { op_proto, "PROTO" },
	[0x95] = { op_frame, "FRAME" },
	['.'] = { op_stop, "STOP" },
	['('] = { op_mark, "MARK" },
	['0'] = { op_pop, "POP" },
	['1'] = { op_pop_mark, "POP_MARK" },
	['2'] = { op_dup, "DUP" },
	['N'] = { op_none, "NONE" },
	[0x88] = { op_true, "NEWTRUE" },
	[0x89] = { op_false, "NEWFALSE" },
	['J'] = { op_binint, "BININT" },
	['K'] = { op_binint1, "BININT1" },
	['M'] = { op_binint2, "BININT2" },
	[0x8a] = { op_long1, "LONG1" },
	[0x8b] = { op_long4, "LONG4" },
	['G'] = { op_binfloat, "BINFLOAT" },
	['U'] = { op_string1, "SHORT_BINSTRING" },
	['T'] = { op_string4, "BINSTRING" },
	['C'] = { op_string1, "SHORT_BINBYTES" },
	['B'] = { op_string4, "BINBYTES" },
	[0x8e] = { op_string8, "BINBYTES8" },
	[0x8c] = { op_string1, "SHORT_BINUNICODE" },
	['X'] = { op_string4, "BINUNICODE" },
	[0x8d] = { op_string8, "BINUNICODE8" },
	[')'] = { op_empty_tuple, "EMPTY_TUPLE" },
	['t'] = { op_tuple, "TUPLE" },
	[0x85] = { op_tuple1, "TUPLE1" },
	[0x86] = { op_tuple2, "TUPLE2" },
	[0x87] = { op_tuple3, "TUPLE3" },
	[']'] = { op_empty_list, "EMPTY_LIST" },
	['a'] = { op_append, "APPEND" },
	['e'] = { op_appends, "APPENDS" },
	['}'] = { op_empty_dict, "EMPTY_DICT" },
	['s'] = { op_setitem, "SETITEM" },
	['u'] = { op_setitems, "SETITEMS" },
	[0x8f] = { op_empty_set, "EMPTY_SET" },
	[0x90] = { op_additems, "ADDITEMS" },
	[0x91] = { op_frozenset, "FROZENSET" },
	['q'] = { op_binput, "BINPUT" },
	['r'] = { op_long_binput, "LONG_BINPUT" },
	[0x94] = { op_memoize, "MEMOIZE" },
	['h'] = { op_binget, "BINGET" },
	['j'] = { op_long_binget, "LONG_BINGET" },
	['c'] = { op_global, "GLOBAL" },
	[0x93] = { op_stack_global, "STACK_GLOBAL" },
	['Q'] = { op_binpersid, "BINPERSID" },
	['R'] = { op_reduce, "REDUCE" },
	[0x81] = { op_reduce, "NEWOBJ" },
	['b'] = { op_build, "BUILD" },
};

static int run(struct pickle *m, const uint8_t *start)
{
	while (!m->root) {
		size_t at = (size_t)(m->p - start);
		uint8_t op;

		if (m->p == m->end)
			return err_set(m->e, "pickle ends without STOP after %zu bytes", at);
		op = *m->p++;
		if (!ops[op].run)
			return err_set(m->e, "pickle opcode 0x%02x at offset %zu is not one that torch.save writes", op,
				       at);
		if (ops[op].run(m))
			return err_prefix(m->e, "pickle opcode %s at offset %zu", ops[op].name, at);
	}
	return 0;
}

struct pickle *pickle_load(const void *data, size_t len, size_t *used, struct err *e)
{
	struct pickle *m = xcalloc(1, sizeof *m);

	m->p = data;
	m->end = m->p + (len < MAX_PICKLE ? len : MAX_PICKLE);
	m->e = e;
	if (run(m, data)) {
		pickle_free(m);
		return NULL;
	}
	*used = (size_t)(m->p - (const uint8_t *)data);
	m->e = NULL;
	return m;
}

const struct pickle_value *pickle_root(const struct pickle *p)
{
	return p->root;
}

const struct pickle_storage *pickle_storages(const struct pickle *p)
{
	return p->storages;
}

void pickle_free(struct pickle *p)
{
	if (!p)
		return;
	while (p->chunks) {
		struct chunk *next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
	free(p->stack);
	free(p->mark);
	free(p->memo);
	free(p);
}

const struct pickle_value *pickle_get(const struct pickle_value *dict, const char *key)
{
	if (dict->kind != PICKLE_DICT)
		return NULL;
	/* The last one counts, as in Python. */
	for (size_t i = dict->seq.n; i >= 2; i -= 2) {
		const struct pickle_value *k = dict->seq.item[i - 2];

		if (k->kind == PICKLE_STR && strcmp(k->str.s, key) == 0)
			return dict->seq.item[i - 1];
	}
	return NULL;
}
