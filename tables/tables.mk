# Figures of the paper. People look at PNG and SVG, programs read the TSV beside them.

# Figure 1 of the supplement, the distribution of face sizes, of any manifest with boxes:
#   make fig1 FACES=faces.tsv [OUT=DIR]       DIR/fig1.tsv, .png, .svg; DIR is that of FACES by default
#   make fig1 DATA=DIR                        of DIR/flickr-face/faces.tsv, or what `make flickr-face` made of it

fig1_faces = $(or $(FACES),$(if $(DATA),$(firstword $(wildcard $(DATA)/flickr-face/faces.tsv \
	$(DATA)/shards/flickr-face/faces.tsv) $(DATA)/flickr-face/faces.tsv)))
fig1_out = $(call figures_out,$(fig1_faces))

fig1:
	@test -n '$(fig1_faces)' || { \
		echo 'frl: make fig1 FACES=faces.tsv, or DATA=DIR with flickr-face/faces.tsv in it' >&2; exit 2; }
	@test -f '$(fig1_faces)' || { \
		echo 'frl: no $(fig1_faces)' >&2; \
		echo 'hint: make flickr-face DATA=DIR finds the faces in what frl-flickr-fetch(1) collected' >&2; exit 3; }
	@mkdir -p '$(fig1_out)'
	@LC_ALL=C awk -f tables/fig1.awk '$(fig1_faces)' >'$(fig1_out)/fig1.tsv.tmp' || { \
		rm -f '$(fig1_out)/fig1.tsv.tmp'; exit 1; }
	@mv '$(fig1_out)/fig1.tsv.tmp' '$(fig1_out)/fig1.tsv'
	@$(call draw,fig1,tsv='$(fig1_out)/fig1.tsv'; scale='$(or $(SCALE),paper)',$(fig1_out)/fig1)

# Figure 2, cumulative error distributions of 3D faces on Florence, a panel for each share of the labels:
#   make fig2 [SCALE=paper] [CED='CELL/ced-florence.tsv ..'] [FRACTIONS='100 10 2'] [INITS=..] [OUT=DIR]
# CED: frl-eval mesh --ced, each in its cell's folder; by default those of tables/out/SCALE. OUT/fig2.tsv, .png, .svg.

FIG2_FRACTIONS = $(or $(FRACTIONS),100 10 2)
FIG2_INITS = $(or $(INITS),random imagenet vggface ours)
fig2_cells = $(or $(RESULTS),tables/out)/$(or $(SCALE),paper)
fig2_ced = $(sort $(or $(CED),$(foreach f,$(FIG2_FRACTIONS),$(foreach i,$(FIG2_INITS),\
	$(wildcard $(fig2_cells)/mesh/300w-lp/$(f)pct/$(i)/seed*/ced-florence.tsv)))))
fig2_out = $(if $(filter command,$(firstword $(origin OUT))),$(OUT),$(fig2_cells))

# With curves missing the figure says so, and so does the exit status.
fig2:
	@test -n '$(fig2_ced)' || { \
		echo "frl: make fig2 CED='CELL/ced-florence.tsv ..'; none is in $(fig2_cells)/mesh/300w-lp" >&2; exit 3; }
	@mkdir -p '$(fig2_out)'
	@LC_ALL=C awk -v fractions='$(FIG2_FRACTIONS:%=%%)' -v inits='$(FIG2_INITS)' -f tables/fig2.awk $(fig2_ced) \
		>'$(fig2_out)/fig2.tsv.tmp' || rc=$$?; \
	case $${rc:-0} in 0 | 4) ;; *) rm -f '$(fig2_out)/fig2.tsv.tmp'; exit 1 ;; esac; \
	if cmp -s '$(fig2_out)/fig2.tsv.tmp' '$(fig2_out)/fig2.tsv' && [ ! '$(fig2_out)/fig2.tsv' -nt '$(fig2_out)/fig2.png' ] && \
		[ ! '$(fig2_out)/fig2.tsv' -nt '$(fig2_out)/fig2.svg' ]; then rm '$(fig2_out)/fig2.tsv.tmp'; exit $${rc:-0}; fi; \
	mv '$(fig2_out)/fig2.tsv.tmp' '$(fig2_out)/fig2.tsv' || exit 1; \
	{ $(call draw,fig2,tsv='$(fig2_out)/fig2.tsv',$(fig2_out)/fig2); }; \
	exit $${rc:-0}

.PHONY: fig1 fig2
