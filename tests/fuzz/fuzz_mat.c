/*
 * fuzz_mat.c - .mat files: what the child process may send (first byte even), or a whole file through the child (odd)
 *
 * The child may crash in libmatio, that is what it is for; this process may not, and must not wait for ever.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/io.h"
#include "common/mat.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
void __sanitizer_set_death_callback(void (*fn)(void));
const char *__asan_default_options(void);

/* Reports of the child's crashes are not read; finding the names of their lines takes seconds. */
const char *__asan_default_options(void)
{
	return "symbolize=0:detect_leaks=0";
}

/* The child's end is not the fuzzer's. */
static void in_child(void)
{
	__sanitizer_set_death_callback(NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return pthread_atfork(NULL, NULL, in_child);
}

/* Looks at every value, so that a pointer astray is seen. */
static double walk(const struct mat *m, uint64_t n)
{
	double sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (m[i].kind == MAT_CELL)
			sum += walk(m[i].cell, m[i].count);
		else if (m[i].kind == MAT_TEXT)
			for (const char *s = m[i].text; *s; s++)
				sum += *s;
		else
			for (uint64_t k = 0; k < m[i].count; k++)
				sum += mat_number(&m[i], k);
	}
	return sum;
}

static void through_child(const uint8_t *data, size_t len)
{
	static char path[64];
	struct mat_limits limits = { .bytes = 64 << 20, .seconds = 2 };
	struct mat_file f;
	struct err e = { 0 };

	if (!path[0])
		snprintf(path, sizeof path, "/tmp/frl-fuzz-mat-%ld", (long)getpid());
	if (io_write_file(path, data, len, &e))
		abort();
	if (mat_read(&f, path, NULL, &limits, &e) == 0)
		(void)walk(f.var, f.n);
	mat_release(&f);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mat_file f = { 0 };
	struct err e = { 0 };

	if (len == 0)
		return 0;
	if (data[0] & 1) {
		through_child(data + 1, len - 1);
		return 0;
	}
	buf_add(&f.bytes, data + 1, len - 1);
	if (mat_decode(&f, &e) == 0)
		(void)walk(f.var, f.n);
	mat_release(&f);
	return 0;
}
