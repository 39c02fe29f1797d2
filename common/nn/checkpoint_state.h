/*
 * checkpoint_state.h - what a run remembers that is no tensor: keys with a text or a number, as a flat JSON object
 *
 * Everything reads back to the same bits: any u64, any double (nan, infinities and -0 too), any bytes of a text (escaped as in
 * manifests, frl-manifest(5)).
 */
#ifndef FRL_NN_CHECKPOINT_STATE_H
#define FRL_NN_CHECKPOINT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum checkpoint_kind { CHECKPOINT_STR, CHECKPOINT_U64, CHECKPOINT_F64 };

struct checkpoint_pair {
	char *key;
	enum checkpoint_kind kind;
	char *str; /* CHECKPOINT_STR */
	uint64_t u64;
	double f64;
};

/* Zero-initialise it. */
struct checkpoint_state {
	struct checkpoint_pair *item; /* [n], in the order in which they came */
	size_t n;
};

void checkpoint_state_release(struct checkpoint_state *s);

/* A key that is there already gets the new value. Copies key and text. */
void checkpoint_state_put_str(struct checkpoint_state *s, const char *key, const char *text);
void checkpoint_state_put_u64(struct checkpoint_state *s, const char *key, uint64_t v);
void checkpoint_state_put_f64(struct checkpoint_state *s, const char *key, double v);

/* Harmless when it is absent. */
void checkpoint_state_remove(struct checkpoint_state *s, const char *key);

bool checkpoint_state_has(const struct checkpoint_state *s, const char *key);
/*
 * 0, or -1 when the key is absent or of another kind (e names it). A number without fraction is a double as well; one
 * that was put as a double is no u64 unless it is whole. A text belongs to s.
 */
int checkpoint_state_str(const struct checkpoint_state *s, const char *key, const char **v, struct err *e);
int checkpoint_state_u64(const struct checkpoint_state *s, const char *key, uint64_t *v, struct err *e);
int checkpoint_state_f64(const struct checkpoint_state *s, const char *key, double *v, struct err *e);

/* Adds the JSON text to b, a line for each key, nothing after the last brace: no shorter text is whole. */
void checkpoint_state_write(const struct checkpoint_state *s, struct buf *b);
/* Into s (empty on entry and on failure). At most 1 MiB and 10,000 keys; other than texts and numbers is refused. */
int checkpoint_state_parse(struct checkpoint_state *s, const char *text, size_t len, struct err *e);

#endif
