/* fuzz_checkpoint.c - the texts of a checkpoint: its state, and the list of its files; what is written of a state is read again */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/checkpoint_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void state(const char *text, size_t len)
{
	struct checkpoint_state s = { 0 }, again = { 0 };
	struct buf once = { 0 }, twice = { 0 };
	struct err e = { 0 };

	if (checkpoint_state_parse(&s, text, len, &e))
		return;
	for (size_t i = 0; i < s.n; i++) {
		const char *t;
		uint64_t u;
		double f;

		checkpoint_state_u64(&s, s.item[i].key, &u, NULL);
		if ((s.item[i].kind == CHECKPOINT_STR ? checkpoint_state_str(&s, s.item[i].key, &t, NULL)
						      : checkpoint_state_f64(&s, s.item[i].key, &f, NULL)) != 0)
			abort();
	}
	checkpoint_state_write(&s, &once);
	if (checkpoint_state_parse(&again, once.data, once.len, &e) || again.n != s.n)
		abort();
	checkpoint_state_write(&again, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	buf_release(&once);
	buf_release(&twice);
	checkpoint_state_release(&again);
	checkpoint_state_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct checkpoint_file file[CHECKPOINT_MAX_FILES];
	struct err e = { 0 };
	char *text = xmalloc(len + 1); /* no NUL behind */
	int n;

	memcpy(text, data, len);
	state(text, len);
	n = checkpoint_done_parse(file, text, len, &e);
	for (int i = 0; i < n; i++)
		if (strchr(file[i].name, '/') || file[i].name[0] == '.' || strlen(file[i].sha256) != SHA256_HEX - 1)
			abort();
	free(text);
	return 0;
}
