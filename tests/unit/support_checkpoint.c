/* support_checkpoint.c - see support_checkpoint.h */
#include "tests/unit/support_checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rng.h"

char ckpt_run[CKPT_RUN];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int ckpt_setup(void **unused)
{
	(void)unused;
	/* in memory where that can be had: there are thousands of syncs */
	snprintf(ckpt_run, sizeof ckpt_run, "%s/frl-test-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	return mkdtemp(ckpt_run) ? 0 : -1;
}

int ckpt_teardown(void **unused)
{
	(void)unused;
	return nftw(ckpt_run, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void random_bits(void *dst, size_t bytes, uint64_t seed, uint32_t what)
{
	struct rng r;

	rng_init(&r, seed, what, 0, 0);
	for (size_t i = 0; i < bytes; i += 4) {
		uint32_t bits = rng_u32(&r);
		memcpy((char *)dst + i, &bits, 4);
	}
}

void ckpt_fill(struct ckpt_net *n, uint64_t step)
{
	size_t bytes = n->params.count * n->params.real;

	random_bits(n->params.value, bytes, step, 0);
	random_bits(n->optim.m, bytes, step, 1);
	if (n->optim.v)
		random_bits(n->optim.v, bytes, step, 2);
	for (size_t i = 0; i < n->params.n_running; i++)
		random_bits(n->params.running[i].mean, 2 * sizeof(float) * (size_t)n->params.running[i].c, step,
			    (uint32_t)(100 + i));
	for (size_t i = 0; i < n->params.n; i++)
		n->optim.steps[i] = step - step / (i + 1);
	random_bits(n->queue, sizeof n->queue, step, 3);
	random_bits(n->extra, sizeof n->extra, step, 4);
}

void ckpt_start(struct ckpt_net *n, const struct nn_train *ops, enum optim_kind kind)
{
	struct optim_config c = { .kind = kind };
	size_t running;

	*n = (struct ckpt_net){ 0 };
	train_params_init(&n->params, ops);
	train_params_conv(&n->params, "body.conv", 8, 3, 3);
	train_params_bn(&n->params, "body.bn", 8, &running);
	train_params_declare(&n->params, "head.weight", TRAIN_LINEAR, 8, (struct shape){ 2, { 5, 8 } });
	train_params_alloc(&n->params);
	optim_init(&n->optim, &c, &n->params);
	n->tensor[0] = (struct checkpoint_tensor){ "queue", DTYPE_F64, { 3, { 2, 5, 4 } }, n->queue };
	n->tensor[1] = (struct checkpoint_tensor){ "target-mean", DTYPE_F32, { 1, { 3 } }, n->extra };
	n->parts =
		(struct checkpoint_parts){ .params = &n->params, .optim = &n->optim, .extra = n->tensor, .n_extra = 2 };
}

void ckpt_finish(struct ckpt_net *n)
{
	optim_release(&n->optim);
	train_params_release(&n->params);
}

void ckpt_assert_same(const struct ckpt_net *a, const struct ckpt_net *b)
{
	size_t bytes = a->params.count * a->params.real;

	assert_memory_equal(a->params.value, b->params.value, bytes);
	assert_memory_equal(a->optim.m, b->optim.m, bytes);
	assert_int_equal(!a->optim.v, !b->optim.v);
	if (a->optim.v)
		assert_memory_equal(a->optim.v, b->optim.v, bytes);
	assert_memory_equal(a->optim.steps, b->optim.steps, a->params.n * sizeof *a->optim.steps);
	for (size_t i = 0; i < a->params.n_running; i++)
		assert_memory_equal(a->params.running[i].mean, b->params.running[i].mean,
				    2 * sizeof(float) * (size_t)a->params.running[i].c);
	assert_memory_equal(a->queue, b->queue, sizeof a->queue);
	assert_memory_equal(a->extra, b->extra, sizeof a->extra);
}

int ckpt_try_save(struct ckpt_net *n, uint64_t step, struct err *e)
{
	struct checkpoint_state state = { 0 };
	int rc;

	checkpoint_state_put_u64(&state, "seed", step * 7);
	rc = checkpoint_save(ckpt_run, step, &n->parts, &state, NULL, 0, e);
	checkpoint_state_release(&state);
	return rc;
}

void ckpt_save(struct ckpt_net *n, uint64_t step)
{
	struct err e = { 0 };

	if (ckpt_try_save(n, step, &e))
		fail_msg("%s", e.msg);
}

uint64_t ckpt_check(const char *path)
{
	struct ckpt_net want, have;
	struct checkpoint c;
	struct err e = { 0 };
	uint64_t step, seed;

	ckpt_start(&want, nn_train_cpu(), OPTIM_LARS);
	ckpt_start(&have, nn_train_cpu(), OPTIM_LARS);
	if (checkpoint_open(&c, path ? path : ckpt_run, &e) || checkpoint_load(&c, &have.parts, &e) ||
	    checkpoint_state_u64(&c.state, "seed", &seed, &e))
		fail_msg("%s", e.msg);
	step = c.step;
	assert_true(seed == 7 * step);
	checkpoint_close(&c);
	ckpt_fill(&want, step);
	ckpt_assert_same(&want, &have);
	ckpt_finish(&want);
	ckpt_finish(&have);
	return step;
}

void ckpt_make_run(struct ckpt_net *n, const uint64_t *steps)
{
	ckpt_start(n, nn_train_cpu(), OPTIM_LARS);
	for (; *steps; steps++) {
		ckpt_fill(n, *steps);
		ckpt_save(n, *steps);
	}
}

const char *ckpt_path(const char *name)
{
	static char path[4][300];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", ckpt_run, name);
	return path[turn];
}

bool ckpt_exists(const char *name)
{
	struct stat st;

	return lstat(ckpt_path(name), &st) == 0;
}

int ckpt_entries(void)
{
	char command[200];
	int n = -1;

	snprintf(command, sizeof command, "ls -A '%s' | wc -l", ckpt_run);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

void ckpt_write(const char *name, const char *text)
{
	struct err e = { 0 };

	if (io_write_file(ckpt_path(name), text, strlen(text), &e))
		fail_msg("%s", e.msg);
}

void ckpt_prune(int keep, uint64_t every)
{
	struct err e = { 0 };

	if (checkpoint_prune(ckpt_run, keep, every, &e))
		fail_msg("%s", e.msg);
}
