# The tables of the paper: `make table3 ..` at the top of the tree comes here, see frl-tables(7). Run from the top.
#   scale.mk    how much of the paper's effort is spent      sets.mk    datasets: manifest, faces, subsets
#   inits.mk    the four initialisations                     cells.mk   what the runs of all tables share
#   join.mk     from cells to tables                      plan.mk     WHAT=plan
#   table1.mk ..  an experiment each: its cells, and the commands of one

.ONESHELL:
.SECONDEXPANSION:
.SECONDARY:
.DELETE_ON_ERROR:
SHELL = /bin/sh
.SHELLFLAGS = -euc
MAKEFLAGS += -k --no-builtin-rules
.SUFFIXES:

BUILD = build
SCALE = paper
RESULTS = tables/out
# The figures have an OUT of their own, which a command line may set.
override OUT := $(RESULTS)/$(SCALE)
SEEDS = 0
HERE := tables/paper
export PATH := $(abspath $(BUILD)/bin):$(PATH)

# What each experiment's fragment adds to.
TABLES :=

include $(addprefix $(HERE)/,scale.mk sets.mk inits.mk cells.mk)
include $(addprefix $(HERE)/,table1.mk table2.mk table3.mk recognition.mk landmarks.mk mesh.mk fig2.mk join.mk plan.mk)
