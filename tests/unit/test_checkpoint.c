/* test_checkpoint.c - checkpoints come back to the bit, or not at all: damage, full disks, kill -9 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/nn/checkpoint.h"
#include "common/rng.h"
#include "tests/support/naive.h"
#include "tests/unit/support_child.h"

enum { QUEUE = 2 * 5 * 4 };

/* A small network in training, all its numbers being random bits. */
struct net {
	struct train_params params;
	struct optim optim;
	double queue[QUEUE];
	float extra[3];
	struct checkpoint_tensor tensor[2];
	struct checkpoint_parts parts;
};

static char run[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int setup(void **unused)
{
	(void)unused;
	snprintf(run, sizeof run, "/tmp/frl-test-XXXXXX");
	return mkdtemp(run) ? 0 : -1;
}

static int teardown(void **unused)
{
	(void)unused;
	return nftw(run, remove_one, 8, FTW_DEPTH | FTW_PHYS);
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

/* Everything that a checkpoint holds, as a function of the step. */
static void fill(struct net *n, uint64_t step)
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

static void start(struct net *n, const struct nn_train *ops, enum optim_kind kind)
{
	struct optim_config c = { .kind = kind };
	size_t running;

	*n = (struct net){ 0 };
	train_params_init(&n->params, ops);
	train_params_conv(&n->params, "body.conv", 8, 3, 3);
	train_params_bn(&n->params, "body.bn", 8, &running);
	train_params_declare(&n->params, "head.weight", TRAIN_LINEAR, 8, (struct shape){ 2, { 5, 8 } });
	train_params_alloc(&n->params);
	optim_init(&n->optim, &c, &n->params);
	n->tensor[0] = (struct checkpoint_tensor){ "queue", DTYPE_F64, { 3, { 2, 5, 4 } }, n->queue };
	n->tensor[1] = (struct checkpoint_tensor){ "target-mean", DTYPE_F32, { 1, { 3 } }, n->extra };
	n->parts = (struct checkpoint_parts){ &n->params, &n->optim, n->tensor, 2 };
}

static void finish(struct net *n)
{
	optim_release(&n->optim);
	train_params_release(&n->params);
}

static void assert_same(const struct net *a, const struct net *b)
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

static int try_save(struct net *n, uint64_t step, struct err *e)
{
	struct checkpoint_state state = { 0 };
	int rc;

	checkpoint_state_put_u64(&state, "seed", step * 7);
	rc = checkpoint_save(run, step, &n->parts, &state, NULL, 0, e);
	checkpoint_state_release(&state);
	return rc;
}

static void save(struct net *n, uint64_t step)
{
	struct err e = { 0 };

	if (try_save(n, step, &e))
		fail_msg("%s", e.msg);
}

/* What is in path (NULL: the run) is whole and that of its step, which is returned. */
static uint64_t check(const char *path)
{
	struct net want, have;
	struct checkpoint c;
	struct err e = { 0 };
	uint64_t step, seed;

	start(&want, nn_train_cpu(), OPTIM_LARS);
	start(&have, nn_train_cpu(), OPTIM_LARS);
	if (checkpoint_open(&c, path ? path : run, &e) || checkpoint_load(&c, &have.parts, &e) ||
	    checkpoint_state_u64(&c.state, "seed", &seed, &e))
		fail_msg("%s", e.msg);
	step = c.step;
	assert_true(seed == 7 * step);
	checkpoint_close(&c);
	fill(&want, step);
	assert_same(&want, &have);
	finish(&want);
	finish(&have);
	return step;
}

/* A run with checkpoints of the steps given (0 ends them). */
static void make_run(struct net *n, const uint64_t *steps)
{
	start(n, nn_train_cpu(), OPTIM_LARS);
	for (; *steps; steps++) {
		fill(n, *steps);
		save(n, *steps);
	}
}

/* A path in the run, valid until the fourth call after. */
static const char *in_run(const char *name)
{
	static char path[4][300];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", run, name);
	return path[turn];
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(in_run(name), &st) == 0;
}

/* Entries of the run's folder, . and .. not counted. */
static int entries(void)
{
	char command[200];
	int n = -1;

	snprintf(command, sizeof command, "ls -A '%s' | wc -l", run);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

/* Opening and loading fails, with these words in the message. */
static void refused(struct net *n, const char *path, const char *words, const char *more)
{
	struct checkpoint c;
	struct err e = { 0 };
	int rc = checkpoint_open(&c, path, &e);

	if (!rc) {
		rc = checkpoint_load(&c, &n->parts, &e);
		checkpoint_close(&c);
	}
	if (!rc)
		fail_msg("%s: loaded, without a word of '%s'", path, words);
	if (!strstr(e.msg, words) || !strstr(e.msg, more))
		fail_msg("'%s' says nothing of '%s' or '%s'", e.msg, words, more);
}

/* ---- there and back */

static void round_trip(void **unused)
{
	static const enum optim_kind kinds[] = { OPTIM_SGD, OPTIM_LARS, OPTIM_ADAM };

	(void)unused;
	for (uint64_t i = 0; i < 6; i++) {
		const struct nn_train *ops = i % 2 ? nn_train_naive() : nn_train_cpu();
		struct checkpoint_state state = { 0 };
		struct net a, b;
		struct checkpoint c;
		struct err e = { 0 };

		start(&a, ops, kinds[i / 2]);
		start(&b, ops, kinds[i / 2]);
		fill(&a, 40 + i);
		if (checkpoint_save(run, 40 + i, &a.parts, &state, NULL, 0, &e) || checkpoint_open(&c, run, &e) ||
		    checkpoint_load(&c, &b.parts, &e))
			fail_msg("%s", e.msg);
		assert_true(c.step == 40 + i && checkpoint_has(&c, "queue") && !checkpoint_has(&c, "other"));
		assert_false(checkpoint_state_has(&c.state, "step"));
		checkpoint_close(&c);
		assert_same(&a, &b);
		finish(&a);
		finish(&b);
	}
}

/* The model's file as others see it: names, f32, metadata. DONE is a list for sha256sum. */
static void files(void **unused)
{
	struct safetensors_meta meta[] = { { "frl.network", "resnet18" }, { "frl.version", "mine" } };
	struct checkpoint_state state = { 0 };
	struct safetensors s;
	struct err e = { 0 };
	struct net n;
	char command[200];

	(void)unused;
	start(&n, nn_train_cpu(), OPTIM_SGD);
	fill(&n, 9);
	if (checkpoint_save(run, 9, &n.parts, &state, meta, 2, &e) ||
	    safetensors_open(&s, in_run("last/model.safetensors"), &e))
		fail_msg("%s", e.msg);
	assert_string_equal(safetensors_get_meta(&s, "frl.network"), "resnet18");
	assert_string_equal(safetensors_get_meta(&s, "frl.version"), "mine");
	assert_string_equal(safetensors_get_meta(&s, "frl.step"), "9");
	const struct safetensor *var = safetensors_find(&s, "body.bn.running_var");
	const struct safetensor *conv = safetensors_find(&s, "body.conv.weight");
	assert_true(s.n == 6 && var && conv && var->dtype == DTYPE_F32 && conv->shape.n == 4);
	assert_memory_equal(var->data, n.params.running[0].var, var->bytes);
	safetensors_close(&s);
	snprintf(command, sizeof command,
		 "cd '%s/step-00000009' && sha256sum --quiet -c DONE && test $(wc -l <DONE) = 5", run);
	assert_int_equal(system(command), 0);
	finish(&n);
}

/* ---- what is not loaded */

static void add_tensor(struct train_params *p, const char *name, int64_t n)
{
	train_params_declare(p, name, TRAIN_BIAS, 1, (struct shape){ 1, { n } });
}

/* A network of conv, bn and those tensors. */
static void other(struct net *n, int oc, const char *more, int64_t count)
{
	struct optim_config c = { .kind = OPTIM_LARS };
	size_t running;

	*n = (struct net){ 0 };
	train_params_init(&n->params, nn_train_cpu());
	train_params_conv(&n->params, "body.conv", oc, 3, 3);
	train_params_bn(&n->params, "body.bn", 8, &running);
	if (more)
		add_tensor(&n->params, more, count);
	train_params_alloc(&n->params);
	optim_init(&n->optim, &c, &n->params);
	n->parts = (struct checkpoint_parts){ .params = &n->params, .optim = &n->optim };
}

static void another_network(void **unused)
{
	struct net n, m;

	(void)unused;
	make_run(&n, (uint64_t[]){ 5, 0 });
	const char *model = in_run("step-00000005/model.safetensors");
	other(&m, 16, NULL, 0);
	refused(&m, run, "'body.conv.weight' is [8,3,3,3], and [16,3,3,3] in the network", model);
	finish(&m);
	other(&m, 8, "head.bias", 5);
	refused(&m, run, "no tensor 'head.bias'", model);
	finish(&m);
	other(&m, 8, "head.weight", 40);
	refused(&m, run, "'head.weight' is [5,8], and [40] in the network", model);
	finish(&m);
	other(&m, 8, NULL, 0);
	refused(&m, run, "'head.weight' is not of this network", model);
	finish(&m);
	start(&m, nn_train_naive(), OPTIM_LARS);
	refused(&m, run, "'body.conv.weight' is F32, and F64", model);
	finish(&m);
	/* nothing is changed by a refusal that comes late: here with the last file */
	start(&m, nn_train_cpu(), OPTIM_LARS);
	fill(&m, 77);
	m.tensor[1].shape.dim[0] = 2;
	refused(&m, run, "'target-mean' is [3], and [2]", "step-00000005/target-mean.safetensors");
	finish(&n);
	start(&n, nn_train_cpu(), OPTIM_LARS);
	fill(&n, 77);
	assert_same(&n, &m);
	n.tensor[0].name = "absent";
	refused(&n, run, "absent.safetensors", "step-00000005");
	finish(&m);
	finish(&n);
}

static void another_optimiser(void **unused)
{
	struct net n, m;

	(void)unused;
	make_run(&n, (uint64_t[]){ 5, 0 });
	start(&m, nn_train_cpu(), OPTIM_SGD);
	refused(&m, run, "optimiser lars, not sgd", "optimizer.safetensors");
	finish(&m);
	start(&m, nn_train_cpu(), OPTIM_ADAM);
	refused(&m, run, "no tensor 'v.body.conv.weight'", "optimizer.safetensors");
	finish(&m);
	/* more steps than the run has made, and a negative number */
	start(&m, nn_train_cpu(), OPTIM_LARS);
	n.optim.steps[2] = 6;
	save(&n, 5);
	refused(&m, run, "'body.bn.bias' has made 6 steps in a run of 5", "optimizer.safetensors");
	n.optim.steps[2] = (uint64_t)-1;
	save(&n, 5);
	refused(&m, run, "'body.bn.bias' has made -1 steps", "optimizer.safetensors");
	finish(&m);
	finish(&n);
}

static void cut(const char *name, off_t by)
{
	struct stat st;

	assert_int_equal(stat(in_run(name), &st), 0);
	assert_int_equal(truncate(in_run(name), st.st_size > by ? st.st_size - by : 0), 0);
}

static void write_text(const char *name, const char *text)
{
	struct err e = { 0 };

	if (io_write_file(in_run(name), text, strlen(text), &e))
		fail_msg("%s", e.msg);
}

static void damage(void **unused)
{
	static const char *const files[] = { "model.safetensors", "optimizer.safetensors", "queue.safetensors",
					     "target-mean.safetensors", "state.json" };
	struct net n, m;
	char name[100];

	(void)unused;
	start(&m, nn_train_cpu(), OPTIM_LARS);
	for (size_t i = 0; i < 5; i++)
		for (off_t by = 1; by < 100000; by *= 64) {
			make_run(&n, (uint64_t[]){ 5, 0 });
			snprintf(name, sizeof name, "last/%s", files[i]);
			cut(name, by);
			refused(&m, run, "damaged or cut short", files[i]);
			finish(&n);
		}
	make_run(&n, (uint64_t[]){ 5, 0 });
	assert_int_equal(unlink(in_run("last/queue.safetensors")), 0);
	refused(&m, run, "queue.safetensors", "No such file");
	assert_int_equal(symlink("model.safetensors", in_run("last/queue.safetensors")), 0);
	refused(&m, run, "queue.safetensors", "cannot open");
	save(&n, 5);
	cut("last/DONE", 1);
	refused(&m, run, "DONE: line 5", "step-00000005");
	write_text("last/DONE", "");
	refused(&m, run, "does not list state.json", "DONE");
	/* a state that is not one, under a DONE that lists it as it is */
	static const char empty[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  state.json\n";
	write_text("last/DONE", empty);
	write_text("last/state.json", "{}");
	refused(&m, run, "state.json: no 'step'", "step-00000005");
	finish(&n);
	finish(&m);
}

static void hostile_done(void **unused)
{
#define HASH "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
	static const char *const bad[] = {
		"x",
		"\n",
		HASH "\n",
		HASH "  \n",
		HASH "  state.json",
		HASH " state.json\n",
		HASH "  ../../x.safetensors\n",
		HASH "  /etc/passwd\n",
		HASH "  .safetensors\n",
		HASH "  DONE\n",
		HASH "  Model.safetensors\n",
		HASH "  state.json\n" HASH "  state.json\n",
		"44136FA355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  state.json\n"
	};
	struct net n;
	struct buf many = { 0 };

	(void)unused;
	make_run(&n, (uint64_t[]){ 5, 0 });
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_text("last/DONE", bad[i]);
		refused(&n, run, "step-00000005/DONE: ", "");
	}
	for (int i = 0; i < 17; i++)
		buf_printf(&many, HASH "  a%d.safetensors\n", i);
	write_text("last/DONE", many.data);
	refused(&n, run, "more than 16 files", "step-00000005/DONE");
	buf_release(&many);
	finish(&n);
}

/* ---- which one is read */

static void which(void **unused)
{
	struct net n;
	struct stat st;
	char target[20] = "";

	(void)unused;
	start(&n, nn_train_cpu(), OPTIM_LARS);
	refused(&n, run, "no whole checkpoint in", run);
	refused(&n, in_run("nowhere"), "nowhere", "No such file");
	finish(&n);
	make_run(&n, (uint64_t[]){ 3, 7, 11, 0 });
	assert_int_equal(lstat(in_run("last"), &st), 0);
	assert_true(S_ISLNK(st.st_mode) && readlink(in_run("last"), target, 19) == 13);
	assert_string_equal(target, "step-00000011");
	assert_int_equal(check(NULL), 11);
	assert_int_equal(check(in_run("last")), 11);
	assert_int_equal(check(in_run("step-00000003")), 3);
	/* taken back by hand, and gone */
	assert_int_equal(unlink(in_run("last")), 0);
	assert_int_equal(symlink("step-00000007", in_run("last")), 0);
	assert_int_equal(check(NULL), 7);
	assert_int_equal(unlink(in_run("last")), 0);
	assert_int_equal(check(NULL), 11);
	/* without DONE there is nothing */
	assert_int_equal(unlink(in_run("step-00000011/DONE")), 0);
	assert_int_equal(check(NULL), 7);
	refused(&n, in_run("step-00000011"), "no DONE in it", "step-00000011");
	assert_int_equal(symlink("step-00000011", in_run("last")), 0);
	assert_int_equal(check(NULL), 7);
	/* another step's contents under a step's name */
	assert_int_equal(rename(in_run("step-00000007"), in_run("step-00000008")), 0);
	refused(&n, in_run("step-00000008"), "holds step 7", "step-00000008");
	assert_int_equal(rename(in_run("step-00000008"), in_run("best")), 0);
	assert_int_equal(check(in_run("best")), 7);
	refused(&n, in_run("best/DONE"), "no folder", "best/DONE");
	finish(&n);
}

/* The same step once more: replaced, and nothing else touched. */
static void again(void **unused)
{
	struct net n;

	(void)unused;
	make_run(&n, (uint64_t[]){ 3, 7, 0 });
	write_text("step-00000007/DONE", "");
	save(&n, 7);
	assert_int_equal(check(NULL), 7);
	assert_int_equal(entries(), 3);
	/* a dead writer's folder of that step is in nobody's way */
	assert_int_equal(mkdir(in_run(".step-00000007.tmp"), 0777), 0);
	write_text(".step-00000007.tmp/model.safetensors", "x");
	save(&n, 7);
	assert_int_equal(check(NULL), 7);
	assert_int_equal(entries(), 3);
	finish(&n);
}

static void prune(int keep, uint64_t every)
{
	struct err e = { 0 };

	if (checkpoint_prune(run, keep, every, &e))
		fail_msg("%s", e.msg);
}

static void pruning(void **unused)
{
	struct net n;

	(void)unused;
	prune(1, 0);
	make_run(&n, (uint64_t[]){ 2, 4, 6, 8, 10, 12, 14, 0 });
	assert_int_equal(mkdir(in_run(".step-00000099.tmp"), 0777), 0);
	write_text(".step-00000099.tmp/model.safetensors", "x");
	write_text("log.tsv", "x");
	assert_int_equal(mkdir(in_run("step-5"), 0777), 0); /* no name of ours */
	prune(2, 4);
	assert_true(!exists(".step-00000099.tmp") && exists("log.tsv") && exists("step-5"));
	assert_true(!exists("step-00000002") && exists("step-00000004") && !exists("step-00000006"));
	assert_true(exists("step-00000008") && !exists("step-00000010") && exists("step-00000012"));
	assert_int_equal(check(NULL), 14);
	assert_int_equal(check(in_run("step-00000004")), 4);
	/* taken back to 8: what is beyond stays */
	assert_int_equal(unlink(in_run("last")), 0);
	assert_int_equal(symlink("step-00000008", in_run("last")), 0);
	prune(0, 0);
	assert_true(!exists("step-00000004") && exists("step-00000008") && exists("step-00000012"));
	/* somebody's own link: nothing is known to be old */
	assert_int_equal(unlink(in_run("last")), 0);
	assert_int_equal(symlink("elsewhere", in_run("last")), 0);
	prune(1, 0);
	assert_true(exists("step-00000008") && exists("step-00000012") && exists("step-00000014"));
	finish(&n);
}

/* ---- faults */

/* A save in which no file may grow beyond so many bytes: what a full disk looks like. 0: it was saved. */
static int save_within(void *data)
{
	rlim_t bytes = *(rlim_t *)data;
	struct checkpoint_state state = { 0 };
	struct net n;
	struct err e = { 0 };
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	start(&n, nn_train_cpu(), OPTIM_LARS);
	fill(&n, 6);
	checkpoint_state_put_u64(&state, "seed", 42);
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY }))
		return 9;
	rc = checkpoint_save(run, 6, &n.parts, &state, NULL, 0, &e);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }); /* standard error is a file, too */
	fprintf(stderr, "%s\n", e.msg);
	checkpoint_state_release(&state);
	finish(&n);
	return rc ? e.code : 0;
}

static void full_disk(void **unused)
{
	struct child c;
	struct net n;
	int failures = 0;

	(void)unused;
	make_run(&n, (uint64_t[]){ 4, 5, 0 });
	finish(&n);
	for (rlim_t bytes = 0; bytes < 8000; bytes = bytes * 3 / 2 + 1) {
		child_run(&c, save_within, &bytes);
		if (c.exit_code == 0)
			break;
		assert_int_equal(c.exit_code, EXIT_CODE_FAILED);
		assert_non_null(strstr(c.err, "File too large"));
		assert_non_null(strstr(c.err, "/.step-00000006.tmp/"));
		assert_int_equal(check(NULL), 5);
		assert_int_equal(entries(), 3);
		failures++;
	}
	assert_true(failures > 5);
	assert_int_equal(check(NULL), 6);
}

/* What stands in the way is named, and what is there stays. */
static void obstacles(void **unused)
{
	struct err e = { 0 };
	struct net n;
	char folder[sizeof run];

	(void)unused;
	make_run(&n, (uint64_t[]){ 5, 0 });
	assert_int_equal(unlink(in_run("last")), 0);
	assert_int_equal(mkdir(in_run("last"), 0777), 0);
	assert_int_equal(try_save(&n, 6, &e), -1);
	assert_non_null(strstr(e.msg, "cannot point"));
	assert_int_equal(e.code, EXIT_CODE_FAILED);
	assert_int_equal(entries(), 3);
	assert_int_equal(rmdir(in_run("last")), 0);
	write_text("step-00000007", "a file");
	assert_int_equal(try_save(&n, 7, &e), -1);
	assert_non_null(strstr(e.msg, "step-00000007.tmp'"));
	assert_int_equal(entries(), 3);
	snprintf(folder, sizeof folder, "%s", run);
	snprintf(run, sizeof run, "%.30s/step-00000007", folder);
	assert_int_equal(try_save(&n, 8, &e), -1);
	assert_non_null(strstr(e.msg, run));
	memcpy(run, folder, sizeof run);
	fill(&n, 9);
	save(&n, 9);
	assert_int_equal(check(NULL), 9);
	finish(&n);
}

/* Saves and prunes from the run's last step on until it is killed; some steps twice, to replace one. */
static _Noreturn void save_for_ever(uint64_t step)
{
	struct err e = { 0 };
	struct net n;
	int rc;

	start(&n, nn_train_cpu(), OPTIM_LARS);
	do {
		fill(&n, ++step);
		rc = try_save(&n, step, &e) || checkpoint_prune(run, 2, 0, &e) ||
		     (step % 3 == 0 && try_save(&n, step, &e));
	} while (!rc);
	print_message("%s\n", e.msg);
	_exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * Killed at any instant, again and again; before and after each kill, a reader finds a whole checkpoint, and never one
 * older than what it has seen.
 */
static void killed(void **unused)
{
	struct net n;
	struct rng r;
	uint64_t seen = 1, first;
	int kills = 0, reads = 0, status;
	int64_t end, one = now();

	(void)unused;
	make_run(&n, (uint64_t[]){ 1, 0 });
	finish(&n);
	one = now() - one;
	rng_init(&r, (uint64_t)now(), 0, 0, 0);
	for (end = now() + 3000000; now() < end; kills++) {
		int64_t until = now() + rng_below(&r, (uint32_t)(3 * one));
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			save_for_ever(seen);
		while (now() < until) {
			uint64_t step = check(NULL);
			assert_true(step >= seen);
			seen = step;
			reads++;
		}
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		first = check(NULL);
		assert_true(first >= seen);
		seen = first;
	}
	print_message("%d kills, %d reads, %ju steps\n", kills, reads, (uintmax_t)seen);
	assert_true(kills > 5 && seen > 5);
	prune(2, 0);
	assert_true(entries() <= 4); /* two, perhaps one beyond `last`, and `last`: nothing half done */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(round_trip), T(files), T(another_network), T(another_optimiser), T(damage),	 T(hostile_done),
		T(which),      T(again), T(pruning),	     T(full_disk),	   T(obstacles), T(killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
