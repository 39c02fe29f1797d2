# Tables and figures of the paper. One fragment each; people look at the PNG, programs read the TSV beside it.

# Figure 1 of the supplement, the distribution of face sizes, of any manifest with boxes:
#   make fig1 FACES=faces.tsv [OUT=DIR]       DIR/fig1.tsv, DIR/fig1.png; DIR is that of FACES by default
OUT = $(patsubst %/,%,$(dir $(FACES)))

fig1:
	@test -n '$(FACES)' || { echo 'frl: make fig1 FACES=faces.tsv' >&2; exit 2; }
	@mkdir -p '$(OUT)'
	@LC_ALL=C awk -f tables/fig1.awk '$(FACES)' >'$(OUT)/fig1.tsv.tmp' || { rm -f '$(OUT)/fig1.tsv.tmp'; exit 1; }
	@mv '$(OUT)/fig1.tsv.tmp' '$(OUT)/fig1.tsv'
	@gnuplot -e "tsv='$(OUT)/fig1.tsv'; png='$(OUT)/fig1.png'" tables/fig1.gp

.PHONY: fig1
