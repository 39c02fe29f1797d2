/*
 * support_child.h - runs code that ends its process (die, exit, signals) in a child and tells how it ended
 */
#ifndef FRL_TESTS_SUPPORT_CHILD_H
#define FRL_TESTS_SUPPORT_CHILD_H

struct child {
	int exit_code;		     /* -1 when a signal ended it */
	int signal;		     /* 0 when it exited */
	char out[16384], err[16384]; /* what it wrote, as text */
};

/* fn returns the exit status, which goes through exit(), so that atexit functions run. */
void child_run(struct child *c, int (*fn)(void *data), void *data);

#endif
