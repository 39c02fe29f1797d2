# Figures of evaluations, from the TSV that frl-eval writes; the PNG goes beside the first file.
#   make figures [CED='a.tsv b.tsv'] [ROC='a.tsv ..'] [PR=curves.tsv] [FACES=faces.tsv] [OUT=DIR]
# CED: --ced of landmarks or mesh (the paper's Figure 2 from several); ROC: --roc of recognition (ROC and DET); PR: --curves of
# detection; FACES: the histogram of face sizes (fig1).

figures_out = $(if $(filter command,$(firstword $(origin OUT))),$(OUT),$(patsubst %/,%,$(dir $(firstword $1))))

figures:
	@test -n '$(CED)$(ROC)$(PR)$(FACES)' || { \
		echo "frl: make figures CED='a.tsv ..' ROC='a.tsv ..' PR=curves.tsv FACES=faces.tsv" >&2; exit 2; }
	@test -z '$(CED)' || { gnuplot -e "files='$(CED)'; png='$(call figures_out,$(CED))/ced.png'" tables/ced.gp && \
		echo '$(call figures_out,$(CED))/ced.png'; }
	@test -z '$(ROC)' || { gnuplot -e "files='$(ROC)'; png='$(call figures_out,$(ROC))/roc.png'" tables/roc.gp && \
		gnuplot -e "files='$(ROC)'; png='$(call figures_out,$(ROC))/det.png'" tables/det.gp && \
		echo '$(call figures_out,$(ROC))/roc.png'; }
	@test -z '$(PR)' || { gnuplot -e "tsv='$(PR)'; png='$(call figures_out,$(PR))/pr.png'" tables/pr.gp && \
		echo '$(call figures_out,$(PR))/pr.png'; }
	@test -z '$(FACES)' || $(MAKE) --no-print-directory fig1

.PHONY: figures
