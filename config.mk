# What a person may want to change. Every variable can also be given on make's command line.

PREFIX  = /usr/local
DESTDIR =

CC      = cc
CFLAGS  = -O2 -g
LDFLAGS =

# 0: without MPI, even if it is there. Training then runs as one process.
MPI =

# A comma-separated list for -fsanitize=, e.g. address,undefined. Builds into build/sanitize instead of build.
SANITIZE =

# 1: warnings are errors (CI does this).
DEVELOPER =
