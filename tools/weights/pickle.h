/*
 * pickle.h - reads a Python pickle as data
 *
 * A pickle is a program that builds objects. This interpreter knows the opcodes that torch.save's files use and an
 * allow-list of names (pickle_names.c): containers, torch's storages, and the functions that make a tensor out of a
 * storage. Nothing is ever called: a name outside the list is an error that says the name. Values are shared, so a
 * walker must bound its depth and its steps (a container may hold itself).
 */
#ifndef FRL_WEIGHTS_PICKLE_H
#define FRL_WEIGHTS_PICKLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/nn/tensor.h"

enum pickle_kind {
	PICKLE_NONE,
	PICKLE_BOOL,
	PICKLE_INT,
	PICKLE_BIG, /* an integer beyond 64 bits; its value is not kept */
	PICKLE_REAL,
	PICKLE_STR, /* and bytes */
	PICKLE_TUPLE,
	PICKLE_LIST,
	PICKLE_DICT,
	PICKLE_NAME,	/* a class or function of the allow-list */
	PICKLE_STORAGE, /* what a persistent id refers to */
	PICKLE_TENSOR,
	PICKLE_INERT, /* an object that is of no use here (a numpy scalar, a Namespace) */
};

/* A block of elements outside of the pickle. */
struct pickle_storage {
	const char *key; /* its name in the file */
	enum dtype dtype;
	int64_t total;			   /* elements of the block */
	int64_t first;			   /* a view of it: where it begins */
	int64_t count;			   /* and its elements; first + count <= total */
	const struct pickle_storage *next; /* the one named before this one */
};

/* A view of a storage; all elements lie inside it. */
struct pickle_tensor {
	const struct pickle_storage *storage;
	int64_t offset; /* elements from the storage's first */
	struct shape shape;
	int64_t stride[SHAPE_MAX]; /* elements, >= 0 */
};

struct pickle_value {
	enum pickle_kind kind;
	union {
		int64_t i; /* bool, int */
		double f;
		struct {
			const char *s; /* a NUL follows that does not count */
			size_t len;
		} str;
		struct {
			struct pickle_value **item; /* dict: key, value, key, value .. */
			size_t n, cap;
		} seq;
		const struct pickle_name *name;
		struct pickle_storage *storage;
		struct pickle_tensor *tensor;
	};
};

struct pickle; /* a stream's values */

/*
 * Interprets the pickle at data up to its STOP. Returns its values, to be freed with pickle_free, or NULL with opcode and
 * offset in e. *used: bytes up to and with STOP.
 */
struct pickle *pickle_load(const void *data, size_t len, size_t *used, struct err *e);
const struct pickle_value *pickle_root(const struct pickle *p);
/* All storages that the pickle names, in no particular order, some perhaps several times; NULL for none. */
const struct pickle_storage *pickle_storages(const struct pickle *p);
/* NULL is fine. */
void pickle_free(struct pickle *p);

/* The value of a string key in a dict, NULL when there is none. */
const struct pickle_value *pickle_get(const struct pickle_value *dict, const char *key);

/* ---- the allow-list, for pickle.c */

enum pickle_name_kind {
	PICKLE_NAME_DICT,      /* called without arguments or with pairs */
	PICKLE_NAME_TENSOR,    /* (storage, offset, size, stride, ..) */
	PICKLE_NAME_FIRST,     /* stands for its first argument: Parameter, Size */
	PICKLE_NAME_FROM_TYPE, /* (function, type, arguments, state) */
	PICKLE_NAME_STORAGE,
	PICKLE_NAME_INERT,
};

struct pickle_name {
	const char *module, *name;
	enum pickle_name_kind kind;
	enum dtype dtype; /* of a storage */
};

/* NULL: not on the list. */
const struct pickle_name *pickle_name_find(const char *module, const char *name);

#endif
