/* test_checkpoint.c - checkpoints come back to the bit; what is damaged or of another network is refused; which is read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/nn/checkpoint.h"
#include "tests/support/naive.h"
#include "tests/unit/support_checkpoint.h"

/* Opening and loading fails, with these words in the message. */
static void refused(struct ckpt_net *n, const char *path, const char *words, const char *more)
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
		struct ckpt_net a, b;
		struct checkpoint c;
		struct err e = { 0 };

		ckpt_start(&a, ops, kinds[i / 2]);
		ckpt_start(&b, ops, kinds[i / 2]);
		ckpt_fill(&a, 40 + i);
		if (checkpoint_save(ckpt_run, 40 + i, &a.parts, &state, NULL, 0, &e) ||
		    checkpoint_open(&c, ckpt_run, &e) || checkpoint_load(&c, &b.parts, &e))
			fail_msg("%s", e.msg);
		assert_true(c.step == 40 + i && checkpoint_has(&c, "queue") && !checkpoint_has(&c, "other"));
		assert_false(checkpoint_state_has(&c.state, "step"));
		checkpoint_close(&c);
		ckpt_assert_same(&a, &b);
		ckpt_finish(&a);
		ckpt_finish(&b);
	}
}

/* The model's file as others see it: names, f32, metadata. DONE is a list for sha256sum. */
static void files(void **unused)
{
	struct safetensors_meta meta[] = { { "frl.network", "resnet18" }, { "frl.version", "mine" } };
	struct checkpoint_state state = { 0 };
	struct safetensors s;
	struct err e = { 0 };
	struct ckpt_net n;
	char command[200];

	(void)unused;
	ckpt_start(&n, nn_train_cpu(), OPTIM_SGD);
	ckpt_fill(&n, 9);
	if (checkpoint_save(ckpt_run, 9, &n.parts, &state, meta, 2, &e) ||
	    safetensors_open(&s, ckpt_path("last/model.safetensors"), &e))
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
		 "cd '%s/step-00000009' && sha256sum --quiet -c DONE && test $(wc -l <DONE) = 5", ckpt_run);
	assert_int_equal(system(command), 0);
	ckpt_finish(&n);
}

/* ---- what is not loaded */

static void add_tensor(struct train_params *p, const char *name, int64_t n)
{
	train_params_declare(p, name, TRAIN_BIAS, 1, (struct shape){ 1, { n } });
}

/* A network of conv, bn and those tensors. */
static void other(struct ckpt_net *n, int oc, const char *more, int64_t count)
{
	struct optim_config c = { .kind = OPTIM_LARS };
	size_t running;

	*n = (struct ckpt_net){ 0 };
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
	struct ckpt_net n, m;

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	const char *model = ckpt_path("step-00000005/model.safetensors");
	other(&m, 16, NULL, 0);
	refused(&m, ckpt_run, "'body.conv.weight' is [8,3,3,3], and [16,3,3,3] in the network", model);
	ckpt_finish(&m);
	other(&m, 8, "head.bias", 5);
	refused(&m, ckpt_run, "no tensor 'head.bias'", model);
	ckpt_finish(&m);
	other(&m, 8, "head.weight", 40);
	refused(&m, ckpt_run, "'head.weight' is [5,8], and [40] in the network", model);
	ckpt_finish(&m);
	other(&m, 8, NULL, 0);
	refused(&m, ckpt_run, "'head.weight' is not of this network", model);
	ckpt_finish(&m);
	ckpt_start(&m, nn_train_naive(), OPTIM_LARS);
	refused(&m, ckpt_run, "'body.conv.weight' is F32, and F64", model);
	ckpt_finish(&m);
	/* nothing is changed by a refusal that comes late: here with the last file */
	ckpt_start(&m, nn_train_cpu(), OPTIM_LARS);
	ckpt_fill(&m, 77);
	m.tensor[1].shape.dim[0] = 2;
	refused(&m, ckpt_run, "'target-mean' is [3], and [2]", "step-00000005/target-mean.safetensors");
	ckpt_finish(&n);
	ckpt_start(&n, nn_train_cpu(), OPTIM_LARS);
	ckpt_fill(&n, 77);
	ckpt_assert_same(&n, &m);
	n.tensor[0].name = "absent";
	refused(&n, ckpt_run, "absent.safetensors", "step-00000005");
	ckpt_finish(&m);
	ckpt_finish(&n);
}

/* What the model's file holds besides and never changes: it must be there, of that shape, and is not read into anything. */
static void fixed_tensors(void **unused)
{
	static const int32_t triangle[] = { 0, 1, 2, 1, 2, 3 };
	int32_t other[6] = { 9, 9, 9, 9, 9, 9 };
	struct safetensor was = { "mesh", DTYPE_I32, { 2, { 2, 3 } }, triangle, sizeof triangle }, is = was;
	struct checkpoint_state state = { 0 };
	struct safetensors s;
	struct ckpt_net n, m;
	struct checkpoint c;
	struct err e = { 0 };

	(void)unused;
	ckpt_start(&n, nn_train_cpu(), OPTIM_SGD);
	ckpt_fill(&n, 3);
	n.parts.fixed = &was;
	n.parts.n_fixed = 1;
	assert_int_equal(checkpoint_save(ckpt_run, 3, &n.parts, &state, NULL, 0, &e), 0);
	assert_int_equal(safetensors_open(&s, ckpt_path("step-00000003/model.safetensors"), &e), 0);
	assert_memory_equal(safetensors_find(&s, "mesh")->data, triangle, sizeof triangle);
	safetensors_close(&s);
	ckpt_start(&m, nn_train_cpu(), OPTIM_SGD);
	is.data = other;
	m.parts.fixed = &is;
	m.parts.n_fixed = 1;
	if (checkpoint_open(&c, ckpt_run, &e) || checkpoint_load(&c, &m.parts, &e))
		fail_msg("%s", e.msg);
	checkpoint_close(&c);
	ckpt_assert_same(&n, &m);
	assert_int_equal(other[5], 9);
	is.shape.dim[0] = 1;
	is.bytes = 12;
	refused(&m, ckpt_run, "'mesh' is [2,3], and [1,3]", "model.safetensors");
	m.parts.n_fixed = 0;
	refused(&m, ckpt_run, "'mesh' is not of this network", "model.safetensors");
	is = was;
	is.name = "net";
	m.parts.n_fixed = 1;
	refused(&m, ckpt_run, "no tensor 'net'", "model.safetensors");
	ckpt_finish(&n);
	ckpt_finish(&m);
}

static void another_optimiser(void **unused)
{
	struct ckpt_net n, m;

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	ckpt_start(&m, nn_train_cpu(), OPTIM_SGD);
	refused(&m, ckpt_run, "optimiser lars, not sgd", "optimizer.safetensors");
	ckpt_finish(&m);
	ckpt_start(&m, nn_train_cpu(), OPTIM_ADAM);
	refused(&m, ckpt_run, "no tensor 'v.body.conv.weight'", "optimizer.safetensors");
	ckpt_finish(&m);
	/* more steps than the run has made, and a negative number */
	ckpt_start(&m, nn_train_cpu(), OPTIM_LARS);
	n.optim.steps[2] = 6;
	ckpt_save(&n, 5);
	refused(&m, ckpt_run, "'body.bn.bias' has made 6 steps in a run of 5", "optimizer.safetensors");
	n.optim.steps[2] = (uint64_t)-1;
	ckpt_save(&n, 5);
	refused(&m, ckpt_run, "'body.bn.bias' has made -1 steps", "optimizer.safetensors");
	ckpt_finish(&m);
	ckpt_finish(&n);
}

static void cut(const char *name, off_t by)
{
	struct stat st;

	assert_int_equal(stat(ckpt_path(name), &st), 0);
	assert_int_equal(truncate(ckpt_path(name), st.st_size > by ? st.st_size - by : 0), 0);
}

static void damage(void **unused)
{
	static const char *const files[] = { "model.safetensors", "optimizer.safetensors", "queue.safetensors",
					     "target-mean.safetensors", "state.json" };
	struct ckpt_net n, m;
	char name[100];

	(void)unused;
	ckpt_start(&m, nn_train_cpu(), OPTIM_LARS);
	for (size_t i = 0; i < 5; i++)
		for (off_t by = 1; by < 100000; by *= 64) {
			ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
			snprintf(name, sizeof name, "last/%s", files[i]);
			cut(name, by);
			refused(&m, ckpt_run, "damaged or cut short", files[i]);
			ckpt_finish(&n);
		}
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	assert_int_equal(unlink(ckpt_path("last/queue.safetensors")), 0);
	refused(&m, ckpt_run, "queue.safetensors", "No such file");
	assert_int_equal(symlink("model.safetensors", ckpt_path("last/queue.safetensors")), 0);
	refused(&m, ckpt_run, "queue.safetensors", "cannot open");
	ckpt_save(&n, 5);
	cut("last/DONE", 1);
	refused(&m, ckpt_run, "DONE: line 5", "step-00000005");
	ckpt_write("last/DONE", "");
	refused(&m, ckpt_run, "does not list state.json", "DONE");
	/* a state that is not one, under a DONE that lists it as it is */
	static const char empty[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  state.json\n";
	ckpt_write("last/DONE", empty);
	ckpt_write("last/state.json", "{}");
	refused(&m, ckpt_run, "state.json: no 'step'", "step-00000005");
	ckpt_finish(&n);
	ckpt_finish(&m);
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
	struct ckpt_net n;
	struct buf many = { 0 };

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ckpt_write("last/DONE", bad[i]);
		refused(&n, ckpt_run, "step-00000005/DONE: ", "");
	}
	for (int i = 0; i < 17; i++)
		buf_printf(&many, HASH "  a%d.safetensors\n", i);
	ckpt_write("last/DONE", many.data);
	refused(&n, ckpt_run, "more than 16 files", "step-00000005/DONE");
	buf_release(&many);
	ckpt_finish(&n);
}

/* ---- which one is read */

static void which(void **unused)
{
	struct ckpt_net n;
	struct stat st;
	char target[20] = "";

	(void)unused;
	ckpt_start(&n, nn_train_cpu(), OPTIM_LARS);
	refused(&n, ckpt_run, "no whole checkpoint in", ckpt_run);
	refused(&n, ckpt_path("nowhere"), "nowhere", "No such file");
	ckpt_finish(&n);
	ckpt_make_run(&n, (uint64_t[]){ 3, 7, 11, 0 });
	assert_int_equal(lstat(ckpt_path("last"), &st), 0);
	assert_true(S_ISLNK(st.st_mode) && readlink(ckpt_path("last"), target, 19) == 13);
	assert_string_equal(target, "step-00000011");
	assert_int_equal(ckpt_check(NULL), 11);
	assert_int_equal(ckpt_check(ckpt_path("last")), 11);
	assert_int_equal(ckpt_check(ckpt_path("step-00000003")), 3);
	/* taken back by hand, and gone */
	assert_int_equal(unlink(ckpt_path("last")), 0);
	assert_int_equal(symlink("step-00000007", ckpt_path("last")), 0);
	assert_int_equal(ckpt_check(NULL), 7);
	assert_int_equal(unlink(ckpt_path("last")), 0);
	assert_int_equal(ckpt_check(NULL), 11);
	/* without DONE there is nothing */
	assert_int_equal(unlink(ckpt_path("step-00000011/DONE")), 0);
	assert_int_equal(ckpt_check(NULL), 7);
	refused(&n, ckpt_path("step-00000011"), "no DONE in it", "step-00000011");
	assert_int_equal(symlink("step-00000011", ckpt_path("last")), 0);
	assert_int_equal(ckpt_check(NULL), 7);
	/* another step's contents under a step's name */
	assert_int_equal(rename(ckpt_path("step-00000007"), ckpt_path("step-00000008")), 0);
	refused(&n, ckpt_path("step-00000008"), "holds step 7", "step-00000008");
	assert_int_equal(rename(ckpt_path("step-00000008"), ckpt_path("best")), 0);
	assert_int_equal(ckpt_check(ckpt_path("best")), 7);
	refused(&n, ckpt_path("best/DONE"), "no folder", "best/DONE");
	ckpt_finish(&n);
}

/* The same step once more: replaced, and nothing else touched. */
static void again(void **unused)
{
	struct ckpt_net n;

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 3, 7, 0 });
	ckpt_write("step-00000007/DONE", "");
	ckpt_save(&n, 7);
	assert_int_equal(ckpt_check(NULL), 7);
	assert_int_equal(ckpt_entries(), 3);
	/* a dead writer's folder of that step is in nobody's way */
	assert_int_equal(mkdir(ckpt_path(".step-00000007.tmp"), 0777), 0);
	ckpt_write(".step-00000007.tmp/model.safetensors", "x");
	ckpt_save(&n, 7);
	assert_int_equal(ckpt_check(NULL), 7);
	assert_int_equal(ckpt_entries(), 3);
	ckpt_finish(&n);
}

static void pruning(void **unused)
{
	struct ckpt_net n;

	(void)unused;
	ckpt_prune(1, 0);
	ckpt_make_run(&n, (uint64_t[]){ 2, 4, 6, 8, 10, 12, 14, 0 });
	assert_int_equal(mkdir(ckpt_path(".step-00000099.tmp"), 0777), 0);
	ckpt_write(".step-00000099.tmp/model.safetensors", "x");
	ckpt_write("log.tsv", "x");
	assert_int_equal(mkdir(ckpt_path("step-5"), 0777), 0); /* no name of ours */
	ckpt_prune(2, 4);
	assert_true(!ckpt_exists(".step-00000099.tmp") && ckpt_exists("log.tsv") && ckpt_exists("step-5"));
	assert_true(!ckpt_exists("step-00000002") && ckpt_exists("step-00000004") && !ckpt_exists("step-00000006"));
	assert_true(ckpt_exists("step-00000008") && !ckpt_exists("step-00000010") && ckpt_exists("step-00000012"));
	assert_int_equal(ckpt_check(NULL), 14);
	assert_int_equal(ckpt_check(ckpt_path("step-00000004")), 4);
	/* taken back to 8: what is beyond stays */
	assert_int_equal(unlink(ckpt_path("last")), 0);
	assert_int_equal(symlink("step-00000008", ckpt_path("last")), 0);
	ckpt_prune(0, 0);
	assert_true(!ckpt_exists("step-00000004") && ckpt_exists("step-00000008") && ckpt_exists("step-00000012"));
	/* somebody's own link: nothing is known to be old */
	assert_int_equal(unlink(ckpt_path("last")), 0);
	assert_int_equal(symlink("elsewhere", ckpt_path("last")), 0);
	ckpt_prune(1, 0);
	assert_true(ckpt_exists("step-00000008") && ckpt_exists("step-00000012") && ckpt_exists("step-00000014"));
	ckpt_finish(&n);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, ckpt_setup, ckpt_teardown)
	const struct CMUnitTest tests[] = {
		T(round_trip), T(files),	T(another_network), T(fixed_tensors), T(another_optimiser),
		T(damage),     T(hostile_done), T(which),	    T(again),	      T(pruning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
