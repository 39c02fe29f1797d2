# Figures of evaluations, from the TSV that frl-eval writes; PNG and SVG go beside the first file.
#   make figures [CED='a.tsv b.tsv'] [ROC='a.tsv ..'] [PR=curves.tsv] [FACES=faces.tsv] [OUT=DIR]
# CED: --ced of landmarks or mesh; ROC: --roc of recognition (ROC and DET); PR: --curves of detection; FACES: the histogram of face
# sizes (fig1).

figures_out = $(if $(filter command,$(firstword $(origin OUT))),$(OUT),$(patsubst %/,%,$(dir $(firstword $1))))

# A picture by tables/$(1).gp as $(3).png and $(3).svg, which appear whole or not at all; $(2) sets what the script reads.
draw = mkdir -p '$(dir $(3))' && for t in png svg; do \
	gnuplot -e "$(2); type='$$t'; out='$(3).$$t.tmp'" tables/$(1).gp && mv '$(3)'.$$t.tmp '$(3)'.$$t && echo '$(3)'.$$t || \
		{ rm -f '$(3)'.$$t.tmp; exit 1; }; done

figures:
	@test -n '$(CED)$(ROC)$(PR)$(FACES)' || { \
		echo "frl: make figures CED='a.tsv ..' ROC='a.tsv ..' PR=curves.tsv FACES=faces.tsv" >&2; exit 2; }
	@test -z '$(CED)' || { $(call draw,ced,files='$(CED)',$(call figures_out,$(CED))/ced); }
	@test -z '$(ROC)' || { $(call draw,roc,files='$(ROC)',$(call figures_out,$(ROC))/roc); \
		$(call draw,det,files='$(ROC)',$(call figures_out,$(ROC))/det); }
	@test -z '$(PR)' || { $(call draw,pr,tsv='$(PR)',$(call figures_out,$(PR))/pr); }
	@test -z '$(FACES)' || $(MAKE) --no-print-directory fig1

.PHONY: figures
