# Table 1: twelve action units of DISFA from 1 % of the frames, ICC(3,1). Three folds by persons; the subset is drawn once over all
# persons and cut by fold, and the predictions of all folds are scored together.

TABLES += table1
table1_SETS = disfa
table1_TASK = au
table1_INITS = $(AU_INITS)
PRINTED_INITS_table1 = ours
table1_CELLS = $(call cells,au,disfa,1,$(AU_INITS))
# The tables of action units have ours beside other methods: AU_INITS='random imagenet vggface ours' has them all.
AU_INITS = $(filter ours,$(INITS))

define au_disfa
$(BEGIN)
for fold in 0 1 2; do
run=$$cell/run/fold$$fold rows=$$cell/fold$$fold.tsv
$(call TRAIN,--fold $$fold)
awk -v by=fold -v values=$$fold -f $(HERE)/split.awk $$sets/disfa/test.tsv >$$rows
frl-shard cat --keys $$rows $$sets/disfa/test.bin |
		frl-eval predict --no-pg --model $$run/last --rows $$rows $(continued)
		--threads $${THREADS:-0} -o $$cell/pred-fold$$fold.tsv
done
awk 'NR == 1 || FNR > 1' $$cell/pred-fold?.tsv >$$cell/pred.tsv
frl-eval au --truth $$sets/disfa/test.tsv --pred $$cell/pred.tsv $(continued)
		$(call tags,disfa) -o $$cell/eval.tsv
$(END)
endef
