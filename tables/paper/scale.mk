# SCALE: paper: every option is the task's preset, frl-finetune TASK --print-preset. small: the same data and network, 1,000 steps
# on pictures of 128 pixels, test sets of 1,000. ci: minutes, on faces that frl-synth draws; no number of it means anything.

paper_FINETUNE =
paper_TEST =

small_FINETUNE = --size 128 --steps 1000
small_TEST = 1000

# ResNet-18, 20 steps of at most 8 pictures of 48 pixels, saved once.
ci_FINETUNE = --arch resnet18 --size 48 --batch 8 --slices 2 --steps 20 --save-every 0
ci_TEST = 100

ifndef $(SCALE)_FINETUNE
ifneq ($(SCALE),paper)
$(error SCALE is paper, small or ci, not '$(SCALE)')
endif
endif

# More of them: make table3 FINETUNE='--schedule cosine'
FINETUNE =
OPTIONS = $(strip $($(SCALE)_FINETUNE) $(FINETUNE))
# Pictures of a test set; none: all of them.
TEST = $($(SCALE)_TEST)
# The tag of a row's initialisation: with SCALE=ci nothing is what it is called.
init_tag = $(if $(filter ci,$(SCALE)),stand-in:)$(1)
