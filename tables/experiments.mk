# Tables 1 to 3, Figure 2, and the protocols of the main text, by experiments; frl-tables(7):
#   make table3 DATA=/data OURS=run/last IMAGENET=FILE VGGFACE=FILE [SCALE=paper] [WHAT=plan]
#   make tables SCALE=ci
# All that are asked for are one make of its own, tables/paper/main.mk, as they share datasets and initialisations. What cannot be
# made there does not keep it from the rest; its status is kept.
EXPERIMENTS = table1 table2 table3 recognition landmarks mesh fig2
EXPERIMENTS_ASKED = $(if $(filter tables,$(MAKECMDGOALS)),$(EXPERIMENTS),$(filter $(EXPERIMENTS),$(MAKECMDGOALS)))
PAPER_MAKE = $(MAKE) --no-print-directory -f tables/paper/main.mk BUILD='$(BUILD)'

tables $(filter-out fig2,$(EXPERIMENTS)): experiments

# Figure 2 is drawn by tables.mk, of curves that are there; they are made first where it is known from what.
ifneq ($(CED),)
EXPERIMENTS := $(filter-out fig2,$(EXPERIMENTS))
else ifneq ($(filter ci,$(SCALE))$(DATA),)
fig2: experiments
tables: fig2
endif

ifeq ($(WHAT),plan)
experiments:
	+@$(PAPER_MAKE) -s plan ASKED='$(EXPERIMENTS_ASKED)'
else
experiments: all $(if $(filter ci,$(SCALE)),$(BUILD)/tests/seeded_weights)
	+@test -n '$(DATA)$(filter ci,$(SCALE))' || { echo 'frl: make $(EXPERIMENTS_ASKED) DATA=DIR, or SCALE=ci' >&2; exit 2; }; \
	rc=0; $(PAPER_MAKE) $(EXPERIMENTS_ASKED:%=%-cells) || rc=$$?; \
	$(PAPER_MAKE) $(EXPERIMENTS_ASKED:%=%-join) || rc=$$?; exit $$rc
endif

.PHONY: tables experiments $(EXPERIMENTS)

# Figure 1 of the faces that ours was trained on.
ifeq ($(SCALE),ci)
tables: fig1-ci
fig1_ci := $(or $(RESULTS),tables/out)/ci
fig1-ci: experiments
	@[ '$(fig1_ci)/fig1.svg' -nt '$(fig1_ci)/data/flickr/faces.tsv' ] || \
		$(MAKE) --no-print-directory fig1 FACES='$(fig1_ci)/data/flickr/faces.tsv' OUT='$(fig1_ci)'
.PHONY: fig1-ci
endif
