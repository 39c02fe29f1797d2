/*
 * support_child.c - runs code that ends its process in a child and tells how it ended
 */
#include "tests/unit/support_child.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_text(FILE *f, char *text, size_t size)
{
	rewind(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

void child_run(struct child *c, int (*fn)(void *data), void *data)
{
	/* Files, not pipes: a child that writes much needs nobody to read meanwhile. */
	FILE *out = tmpfile(), *err = tmpfile();
	assert_non_null(out);
	assert_non_null(err);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		/* cmocka catches crashes in order to report them; here they are what is looked for */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		/* and what a shell's background job, or nohup, ignores */
		signal(SIGINT, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		alarm(60);
		exit(fn(data));
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	read_text(out, c->out, sizeof c->out);
	read_text(err, c->err, sizeof c->err);
}
